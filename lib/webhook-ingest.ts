import { Aws, Duration, Stack, Validations } from 'aws-cdk-lib';
import { HttpApi, HttpMethod, HttpRoute, HttpRouteKey, type HttpStage } from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import type { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import { environment } from '../lambda/aws/names.ts';
import type { WebhookSourceDescription } from '../lambda/aws/sources.ts';
import { findAuthentication } from '../lambda/functions/webhook-receiver/authentication.ts';
import { makeWebhookPath } from '../lambda/functions/webhook-receiver/routes.ts';
import { makeGeneratedSecret } from './generated-secret.ts';
import { makeLoggedStage } from './http-stage.ts';
import { functions } from './limits.ts';
import { type FunctionOperation, NodeFunction } from './node-function.ts';
import type { WebhookSettings } from './settings.ts';
import type { CarrierSource } from './source.ts';
import { callbackCredentials } from './source-ids.ts';

/** A source with a webhook. */
export interface CalledSource {
  readonly source: CarrierSource;
  readonly settings: WebhookSettings;
}

/** Properties of {@link WebhookIngest}. */
export interface WebhookIngestProps {
  readonly called: readonly CalledSource[];
  /** CloudWatch namespace of the function's metrics. */
  readonly namespace: string;
  readonly operation: FunctionOperation;
}

/**
 * Ingestion over HTTPS: an HTTP API with a route for each source, and one function that puts posted records into the
 * source's stream.
 */
export class WebhookIngest extends Construct {
  readonly receiver: NodeFunction;
  readonly api: HttpApi;
  readonly stage: HttpStage;
  /** The secret with the credential of each source's carrier, as JSON. */
  readonly secrets: ReadonlyMap<CarrierSource, Secret>;

  constructor(scope: Construct, id: string, props: WebhookIngestProps) {
    super(scope, id);
    const sources = props.called.map(({ source }) => source);
    this.secrets = new Map(sources.map((source) => [source, this.#createSecret(source)]));
    this.receiver = this.#createReceiver(props);
    this.receiver.allow(
      ['kinesis:PutRecords'],
      sources.map(({ stream }) => stream.streamArn),
    );
    this.receiver.allow(
      ['secretsmanager:GetSecretValue'],
      [...this.secrets.values()].map(({ secretArn }) => secretArn),
    );
    this.api = new HttpApi(this, 'Api', {
      apiName: `${Aws.STACK_NAME} webhooks`,
      description: 'Receives what carriers post to simledger',
      createDefaultStage: false,
    });
    this.#createRoutes(props);
    // No limit here: API Gateway would answer 429, after which KORE drops a request. The function enforces the
    // limits.
    this.stage = makeLoggedStage(this, { api: this.api, operation: props.operation });
  }

  /** The address that a source's carrier calls. */
  formatUrl({ settings }: CarrierSource): string {
    return `${this.api.apiEndpoint}${makeWebhookPath(settings.name)}`;
  }

  /** Generates a secret; the user replaces it with Twilio's auth token or KORE's secret. */
  #createSecret(source: CarrierSource): Secret {
    const { name, carrier } = source.settings;
    const { generated, hasUser } = findAuthentication(carrier);
    return makeGeneratedSecret(this, `${source.node.id}${callbackCredentials}`, {
      description: `The credential with which ${carrier} calls the source ${name}`,
      members: hasUser ? { username: name } : {},
      generated,
      rotation:
        'It is copied to or from the carrier’s portal by hand, so it is rotated by hand, while both are valid.',
    });
  }

  #createReceiver({ called, namespace, operation }: WebhookIngestProps): NodeFunction {
    const descriptions = called.map(({ source, settings }): WebhookSourceDescription => {
      const { name, carrier } = source.settings;
      const secret = this.secrets.get(source)?.secretArn ?? '';
      const { requestsPerSecond } = settings;
      return { name, carrier, streamArn: source.stream.streamArn, secret, requestsPerSecond };
    });
    return new NodeFunction(this, 'Receiver', {
      definition: functions.webhookReceiver,
      description: 'Puts what carriers post into their streams',
      environment: {
        [environment.webhookSources]: Stack.of(this).toJsonString(descriptions),
        [environment.metricNamespace]: namespace,
      },
      operation,
    });
  }

  /** Gives each route its own integration, so that no route changes when sources are added or removed. */
  #createRoutes({ called }: WebhookIngestProps): void {
    Validations.of(this).acknowledge({
      id: 'AwsSolutions-APIG4',
      reason:
        'The function checks what carriers send, which no authorizer of API Gateway can: some sign the body.',
    });
    for (const { source } of called) {
      new HttpRoute(this, source.node.id, {
        httpApi: this.api,
        routeKey: HttpRouteKey.with(makeWebhookPath(source.settings.name), HttpMethod.POST),
        integration: new HttpLambdaIntegration('Function', this.receiver.handler, {
          timeout: Duration.seconds(functions.webhookReceiver.timeoutSeconds),
        }),
      });
    }
  }
}
