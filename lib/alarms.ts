import { ArnFormat, Aws, Stack } from 'aws-cdk-lib';
import { Alarm, ComparisonOperator, type IMetric, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import { Construct } from 'constructs';

/** Where alarms are sent, and where the runbook is. */
export interface AlarmsProps {
  readonly alarmEmail: string | undefined;
  /** Path or URL of the runbook. */
  readonly runbook: string;
  /** The customer's key that encrypts the topic; undefined for none. Its policy must let CloudWatch use it. */
  readonly dataKey: IKey | undefined;
}

/** What an alarm watches, and its description. */
export interface AlarmDefinition {
  /** A sentence: what happened. */
  readonly sentence: string;
  /** A sentence: what it means for the data. */
  readonly consequence: string;
  /** The alarm's page in the runbook: the anchor of its heading. */
  readonly page: string;
  readonly metric: IMetric;
  /** The alarm goes off if the metric is at least this, or below it with `whenBelow`. */
  readonly threshold: number;
  /** How many of the latest periods are evaluated; 1 by default. */
  readonly periods?: number;
  /** How many of these periods must breach the threshold; all by default. */
  readonly breachingPeriods?: number;
  /** Go off below the threshold, and if data is missing. */
  readonly whenBelow?: boolean;
}

/** The alarms of a stack, and the topic that they notify. */
export class Alarms extends Construct {
  readonly topic: Topic;
  readonly all: Alarm[] = [];
  readonly #runbook: string;

  constructor(scope: Construct, id: string, props: AlarmsProps) {
    super(scope, id);
    this.#runbook = props.runbook;
    this.topic = new Topic(this, 'Topic', {
      enforceSSL: true,
      ...(props.dataKey !== undefined && { masterKey: props.dataKey }),
    });
    this.#allowAlarms();
    if (props.alarmEmail !== undefined) this.topic.addSubscription(new EmailSubscription(props.alarmEmail));
  }

  /** Adds an alarm that notifies the topic when it goes off and when it ends. */
  add(id: string, definition: AlarmDefinition): void {
    const { sentence, consequence, page, metric, threshold, periods = 1, whenBelow = false } = definition;
    const { breachingPeriods = periods } = definition;
    const alarm = new Alarm(this, id, {
      alarmDescription: `${sentence} ${consequence} ${this.#runbook}#${page}`,
      metric,
      threshold,
      evaluationPeriods: periods,
      ...(breachingPeriods < periods && { datapointsToAlarm: breachingPeriods }),
      comparisonOperator: whenBelow
        ? ComparisonOperator.LESS_THAN_THRESHOLD
        : ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      treatMissingData: whenBelow ? TreatMissingData.BREACHING : TreatMissingData.NOT_BREACHING,
    });
    const notify = new SnsAction(this.topic);
    alarm.addAlarmAction(notify);
    alarm.addOkAction(notify);
    this.all.push(alarm);
  }

  /**
   * Allows CloudWatch to publish: a topic with a policy of its own accepts only the principals that the policy names.
   */
  #allowAlarms(): void {
    this.topic.addToResourcePolicy(
      new PolicyStatement({
        sid: 'AllowAlarms',
        principals: [new ServicePrincipal('cloudwatch.amazonaws.com')],
        actions: ['sns:Publish'],
        resources: [this.topic.topicArn],
        conditions: {
          StringEquals: { 'aws:SourceAccount': Aws.ACCOUNT_ID },
          ArnLike: {
            'aws:SourceArn': Stack.of(this).formatArn({
              service: 'cloudwatch',
              resource: 'alarm',
              resourceName: '*',
              arnFormat: ArnFormat.COLON_RESOURCE_NAME,
            }),
          },
        },
      }),
    );
  }
}
