import { Validations } from 'aws-cdk-lib';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import type { MetricsSettings } from '../lambda/aws/metrics-receiver.ts';
import { environment } from '../lambda/aws/names.ts';
import { functions, metricsExport as limits } from './limits.ts';
import { type FunctionOperation, NodeFunction } from './node-function.ts';
import { makeQueue } from './queue.ts';
import { scheduleFunction } from './scheduled-function.ts';
import { listSecretArns } from './secret-arns.ts';
import type { OtlpSettings } from './settings.ts';

/** Properties of {@link MetricsExport}. */
export interface MetricsExportProps {
  readonly settings: OtlpSettings;
  /** CloudWatch namespace of the function's metrics. */
  readonly namespace: string;
  readonly operation: FunctionOperation;
}

/** Minutes between two runs. */
const exportMinutes = 1;

/**
 * Exports volumes as metrics: functions that write the ledger report volumes to a queue, and a function sums them up
 * and posts them. It reads neither ledger nor lake.
 */
export class MetricsExport extends Construct {
  readonly queue: Queue;
  readonly function: NodeFunction;
  /** Variables of a function that reports what it stores. */
  readonly environment: Record<string, string>;

  constructor(scope: Construct, id: string, { settings, namespace, operation }: MetricsExportProps) {
    super(scope, id);
    const { retentionDays, visibilityTimeoutSeconds } = limits;
    this.queue = makeQueue(this, 'Queue', {
      ...{ retentionDays, visibilityTimeoutSeconds },
      dataKey: operation.dataKey,
    });
    Validations.of(this.queue).acknowledge({
      id: 'AwsSolutions-SQS3',
      reason:
        'Volumes wait until the receiver accepts them, however often they are read from the queue; malformed messages are deleted.',
    });
    this.environment = { [environment.metricsQueue]: this.queue.queueUrl };
    const { secret, allowPrivateAddresses, series: maxSeries } = settings;
    const receiver: MetricsSettings = { secret, allowPrivateAddresses, maxSeries };
    this.function = new NodeFunction(this, 'Exporter', {
      definition: functions.metricsExporter,
      description: 'Sends volumes as metrics',
      environment: {
        ...this.environment,
        [environment.metricsReceiver]: JSON.stringify(receiver),
        [environment.metricNamespace]: namespace,
      },
      // Concurrent runs would send points for the same minute.
      reservedConcurrency: 1,
      operation,
    });
    this.function.allow(['sqs:DeleteMessage', 'sqs:ReceiveMessage'], [this.queue.queueArn]);
    this.function.allow(['secretsmanager:GetSecretValue'], listSecretArns(this, secret));
    scheduleFunction(this, 'Schedule', this.function, exportMinutes);
  }

  /** Lets a function report what it stores. */
  allowReports(reporter: NodeFunction): void {
    reporter.allow(['sqs:SendMessage'], [this.queue.queueArn]);
  }
}
