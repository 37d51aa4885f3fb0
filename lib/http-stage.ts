import { AccessLogFormat } from 'aws-cdk-lib/aws-apigateway';
import { type HttpApi, HttpStage, LogGroupLogDestination } from 'aws-cdk-lib/aws-apigatewayv2';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import type { FunctionOperation } from './node-function.ts';

/** Properties of a stage. */
export interface LoggedStageProps {
  readonly api: HttpApi;
  /**
   * Limit over all clients and routes, with bursts of twice the limit; requests beyond it are answered with 429. If
   * undefined, only the account's limit for all its APIs applies.
   */
  readonly requestsPerSecond?: number;
  readonly operation: FunctionOperation;
}

/**
 * Creates the stage at the root of an HTTP API. Its log shows requests and their status, but neither callers nor
 * SIMs.
 */
export function makeLoggedStage(scope: Construct, props: LoggedStageProps): HttpStage {
  const { api, requestsPerSecond, operation } = props;
  const { logDays, removalPolicy } = operation;
  const accessLog = new LogGroup(scope, 'AccessLog', {
    retention: logDays === 0 ? RetentionDays.INFINITE : logDays,
    removalPolicy,
  });
  return new HttpStage(scope, 'Stage', {
    httpApi: api,
    autoDeploy: true,
    ...(requestsPerSecond !== undefined && {
      throttle: { rateLimit: requestsPerSecond, burstLimit: 2 * requestsPerSecond },
    }),
    accessLogSettings: {
      destination: new LogGroupLogDestination(accessLog),
      format: AccessLogFormat.custom(
        JSON.stringify({
          requestId: '$context.requestId',
          time: '$context.requestTimeEpoch',
          route: '$context.routeKey',
          status: '$context.status',
          // The function's own status; `-` if API Gateway answered without invoking it.
          answered: '$context.integration.status',
          milliseconds: '$context.responseLatency',
          error: '$context.integrationErrorMessage',
        }),
      ),
    },
  });
}
