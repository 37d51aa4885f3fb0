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

/** A source whose carrier calls. */
export interface CalledSource {
  readonly source: CarrierSource;
  readonly settings: WebhookSettings;
}

/** Properties of {@link WebhookIngest}. */
export interface WebhookIngestProps {
  readonly called: readonly CalledSource[];
  /** CloudWatch namespace of the function's own metrics. */
  readonly namespace: string;
  readonly operation: FunctionOperation;
}

/**
 * Ingestion through HTTPS: an HTTP API with a route for each source, and one function that puts what carriers post into
 * the source's stream.
 */
export class WebhookIngest extends Construct {
  readonly receiver: NodeFunction;
  readonly api: HttpApi;
  readonly stage: HttpStage;
  /** JSON: the credential of each source's carrier. */
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
    // Without a limit here: API Gateway would answer with 429, after which KORE drops a request. The function has
    // limits.
    this.stage = makeLoggedStage(this, { api: this.api, operation: props.operation });
  }

  /** The address that a source's carrier calls. */
  formatUrl({ settings }: CarrierSource): string {
    return `${this.api.apiEndpoint}${makeWebhookPath(settings.name)}`;
  }

  /** A generated secret; Twilio's auth token and KORE's secret replace it by hand. */
  #createSecret(source: CarrierSource): Secret {
    const { name, carrier } = source.settings;
    const { generated, hasUser } = findAuthentication(carrier);
    return makeGeneratedSecret(this, `${source.node.id}${callbackCredentials}`, {
      description: `The credential with which ${carrier} calls the source ${name}`,
      members: hasUser ? { username: name } : {},
      generated,
      rotation:
        'It is typed into the carrier’s portal by hand, or comes from there: it is rotated by hand, with both valid meanwhile.',
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

  /** Each source's route, with an integration of its own: none changes when another comes or goes. */
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
