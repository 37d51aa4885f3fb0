import { AccessLogFormat } from 'aws-cdk-lib/aws-apigateway';
import { type HttpApi, HttpStage, LogGroupLogDestination } from 'aws-cdk-lib/aws-apigatewayv2';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import type { FunctionOperation } from './node-function.ts';

/** What a stage is made from. */
export interface LoggedStageProps {
  readonly api: HttpApi;
  /**
   * Limit over all clients and routes, with bursts of twice as many; more are answered with 429. Undefined for the
   * account's limit of all APIs only.
   */
  readonly requestsPerSecond?: number;
  readonly operation: FunctionOperation;
}

/**
 * The stage at the root of an HTTP API's address. Its log says what was requested and how it was answered, not by whom
 * or about which SIM.
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
          // The function's own status; `-` where API Gateway answered without it.
          answered: '$context.integration.status',
          milliseconds: '$context.responseLatency',
          error: '$context.integrationErrorMessage',
        }),
      ),
    },
  });
}
