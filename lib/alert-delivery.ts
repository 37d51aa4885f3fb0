import { Stack } from 'aws-cdk-lib';
import { EventBus } from 'aws-cdk-lib/aws-events';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import { Construct } from 'constructs';
import type { ReceiverSettings } from '../lambda/alerts/delivery/receiver.ts';
import { environment } from '../lambda/aws/names.ts';
import { alertOutboxTable } from '../lambda/store/tables.ts';
import { functions } from './limits.ts';
import { type FunctionOperation, NodeFunction } from './node-function.ts';
import type { ConfiguredReceiver } from './receivers.ts';
import { scheduleFunction } from './scheduled-function.ts';
import { listSecretArns } from './secret-arns.ts';
import { listIndexArns, type Storage } from './storage.ts';

/** Properties of {@link AlertDelivery}. */
export interface AlertDeliveryProps {
  /** At least one. */
  readonly receivers: readonly ConfiguredReceiver[];
  /** Address that is subscribed to the stack's own topic; undefined for none. */
  readonly alarmEmail: string | undefined;
  readonly storage: Storage;
  /** URL of the query API, which alerts link to; undefined without an API. */
  readonly apiUrl: string | undefined;
  /** CloudWatch namespace of the function's metrics. */
  readonly namespace: string;
  readonly operation: FunctionOperation;
}

/** Minutes between two runs. A run with nothing due costs two write units per receiver. */
const deliveryMinutes = 1;

/**
 * Delivers alerts: a function that sends due messages, and a bus and a topic for receivers that are configured
 * without an ARN.
 */
export class AlertDelivery extends Construct {
  readonly function: NodeFunction;
  /** Undefined unless a bus receiver has no ARN. */
  readonly bus: EventBus | undefined;
  /** Undefined unless a topic receiver has no ARN. */
  readonly topic: Topic | undefined;
  /** The receivers. Those of kind bus or topic have their ARN. */
  readonly receivers: readonly ReceiverSettings[];

  constructor(scope: Construct, id: string, props: AlertDeliveryProps) {
    super(scope, id);
    const lacks = (kind: 'bus' | 'topic') =>
      props.receivers.some((receiver) => receiver.kind === kind && receiver.arn === undefined);
    this.bus = lacks('bus') ? new EventBus(this, 'Bus') : undefined;
    this.topic = lacks('topic') ? this.#createTopic(props) : undefined;
    this.receivers = props.receivers.map((receiver) => this.#complete(receiver));
    this.function = this.#createFunction(props);
    this.#allow(props.storage);
    scheduleFunction(this, 'Schedule', this.function, deliveryMinutes);
  }

  #createTopic({ alarmEmail, operation: { dataKey } }: AlertDeliveryProps): Topic {
    const topic = new Topic(this, 'Topic', {
      enforceSSL: true,
      ...(dataKey !== undefined && { masterKey: dataKey }),
    });
    if (alarmEmail !== undefined) topic.addSubscription(new EmailSubscription(alarmEmail));
    return topic;
  }

  #complete(receiver: ConfiguredReceiver): ReceiverSettings {
    if ('secret' in receiver) return receiver;
    const own = receiver.kind === 'bus' ? this.bus?.eventBusArn : this.topic?.topicArn;
    const arn = receiver.arn ?? own;
    if (arn === undefined) throw new Error(`${this.node.path} has no ${receiver.kind}`);
    return { ...receiver, arn };
  }

  #createFunction({ storage, apiUrl, namespace, operation }: AlertDeliveryProps): NodeFunction {
    return new NodeFunction(this, 'Deliverer', {
      definition: functions.alertDelivery,
      description: 'Delivers alerts to receivers',
      environment: {
        [environment.alertReceivers]: Stack.of(this).toJsonString(this.receivers),
        [environment.alertOutboxTable]: storage.alertOutbox.tableName,
        ...(apiUrl !== undefined && { [environment.alertApiUrl]: apiUrl }),
        [environment.metricNamespace]: namespace,
      },
      // An overlapping run would find every receiver taken.
      reservedConcurrency: 1,
      largeEnvironment: {
        key: 'simledger.receivers',
        advice: 'Shorten their names and those of their secrets and rules, or leave some out',
      },
      operation,
    });
  }

  #allow({ alertOutbox }: Storage): void {
    this.function.allow(
      ['dynamodb:DeleteItem', 'dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:UpdateItem'],
      [alertOutbox.tableArn],
    );
    this.function.allow(
      ['dynamodb:Query'],
      [alertOutbox.tableArn, ...listIndexArns(alertOutbox, alertOutboxTable)],
    );
    const arns = (kind: 'bus' | 'topic') =>
      this.receivers.flatMap((receiver) => (receiver.kind === kind ? [receiver.arn] : []));
    const permissions = [
      ['events:PutEvents', arns('bus')],
      ['sns:Publish', arns('topic')],
      ['secretsmanager:GetSecretValue', this.#listSecrets()],
    ] as const;
    for (const [action, resources] of permissions) {
      if (resources.length > 0) this.function.allow([action], [...new Set(resources)]);
    }
  }

  #listSecrets(): string[] {
    return this.receivers.flatMap((receiver) =>
      'secret' in receiver ? listSecretArns(this, receiver.secret) : [],
    );
  }
}
