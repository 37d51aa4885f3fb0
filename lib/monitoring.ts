import { Duration } from 'aws-cdk-lib';
import { type IMetric, MathExpression, Metric } from 'aws-cdk-lib/aws-cloudwatch';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { EventSourceMapping } from 'aws-cdk-lib/aws-lambda';
import { FilterPattern, LogGroup, MetricFilter } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { gateway, measure, metric, service, webhook } from '../lambda/aws/names.ts';
import { type AlarmDefinition, Alarms } from './alarms.ts';
import type { Configuration, SourceSettings } from './configuration.ts';
import type { FileIngest } from './file-ingest.ts';
import { LedgerDashboard } from './ledger-dashboard.ts';
import { LedgerMetrics } from './ledger-metrics.ts';
import type { NodeFunction } from './node-function.ts';
import type { QueryApi } from './query-api.ts';
import type { CarrierSource } from './source.ts';
import { logicalName, type SourceAlarm } from './source-ids.ts';
import type { Storage } from './storage.ts';
import type { StreamIngest } from './stream-ingest.ts';
import type { WebhookIngest } from './webhook-ingest.ts';

/** What is watched. */
export interface MonitoringProps {
  readonly configuration: Pick<Configuration, 'alarmEmail' | 'runbook'>;
  /** The customer's key with which the alarms' topic is encrypted; undefined for none. */
  readonly dataKey: IKey | undefined;
  /** CloudWatch namespace of the functions' own metrics. */
  readonly namespace: string;
  readonly sources: readonly CarrierSource[];
  readonly storage: Storage;
  readonly streams: StreamIngest;
  /** Absent where no source delivers files. */
  readonly files: FileIngest | undefined;
  /** Absent where no source's carrier calls. */
  readonly webhooks: WebhookIngest | undefined;
  /** Absent where no query API is deployed. */
  readonly queryApi: QueryApi | undefined;
}

const fiveMinutes = Duration.minutes(5);
const fifteenMinutes = Duration.minutes(15);
const oneHour = Duration.hours(1);

/** How far the consumer may fall behind: long enough for a busy hour, short against the stream's retention. */
const longestDelay = Duration.minutes(15);

/** How long a file may wait: longer than a try that failed keeps it out of sight. */
const longestFileDelay = Duration.hours(2);

/**
 * Of what arrives in an hour, the percentage that is rejected when a format has changed. Carriers send some broken
 * records all the time; those stay below it.
 */
const rejectedPercent = 5;

/** Rejects an hour below which a percentage says nothing, and below which not even an hour of nothing but rejects does. */
const fewestRejects = { ofMany: 10, ofAll: 3 };

/**
 * Several metrics as one. A period without data of a metric counts as 0 where the expression says `FILL(…, 0)`: most
 * metrics have data only where there is something to count.
 */
function combine(
  expression: string,
  usingMetrics: Record<string, IMetric>,
  period: Duration,
  label: string,
): MathExpression {
  return new MathExpression({ expression, usingMetrics, period, label });
}

/** Alarms for whatever needs a person, and a dashboard that says whether all is well. */
export class Monitoring extends Construct {
  readonly alarms: Alarms;
  readonly dashboard: LedgerDashboard;
  readonly #metrics: LedgerMetrics;

  constructor(scope: Construct, id: string, props: MonitoringProps) {
    super(scope, id);
    const { sources, storage, streams, files, webhooks, queryApi } = props;
    this.#metrics = new LedgerMetrics(props.namespace);
    const { alarmEmail, runbook } = props.configuration;
    this.alarms = new Alarms(this, 'Alarms', { alarmEmail, runbook, dataKey: props.dataKey });
    for (const source of sources) this.#watchSource(source, files);
    for (const [source, mapping] of streams.mappings) this.#watchMapping(source, mapping);
    this.#watchConsumer(streams.consumer);
    if (files !== undefined) this.#watchFiles(files, sources);
    if (webhooks !== undefined) this.#watchWebhooks(webhooks);
    if (queryApi !== undefined) this.#watchQueryApi(queryApi);
    this.#watchTables(storage);
    this.dashboard = new LedgerDashboard(this, 'Dashboard', {
      ...props,
      metrics: this.#metrics,
      alarms: this.alarms.all,
    });
  }

  #addOfSource(source: SourceSettings, id: SourceAlarm, definition: AlarmDefinition): void {
    this.alarms.add(`${logicalName(source)}${id}`, definition);
  }

  #watchSource(source: CarrierSource, files: FileIngest | undefined): void {
    const { settings, stream } = source;
    const { name } = settings;
    this.#watchArrivals(source, files);
    this.#addOfSource(settings, 'Late', {
      sentence: `Records of the source ${name} wait in its stream for more than ${longestDelay.toMinutes()} minutes.`,
      page: 'iterator-age',
      metric: stream.metricGetRecordsIteratorAgeMilliseconds({ statistic: 'Maximum', period: fiveMinutes }),
      threshold: longestDelay.toMilliseconds(),
      periods: 3,
    });
    this.#addOfSource(settings, 'Refused', {
      sentence: `The stream of the source ${name} is full: the carrier’s records are refused.`,
      page: 'stream-full',
      metric: stream.metricWriteProvisionedThroughputExceeded({ statistic: 'Sum', period: fiveMinutes }),
      threshold: 1,
      periods: 3,
    });
    this.#watchRejects(settings);
    this.#addOfSource(settings, 'HandedBack', {
      sentence: `Records of the source ${name} are handed back again and again: the store does not take them.`,
      page: 'handed-back',
      metric: this.#metrics.ofSource(metric.failed, name),
      threshold: 1,
      // A try that fails is followed by a pause, which may leave out a period.
      periods: 6,
      breachingPeriods: 3,
    });
    this.#addOfSource(settings, 'Unaccounted', {
      sentence: `The counts of the source ${name} do not add up: records may have been lost without a trace.`,
      page: 'conservation',
      metric: this.#metrics.ofSource(measure.unaccounted, name),
      threshold: 1,
    });
  }

  /** Tells a carrier that delivers nothing from a consumer that takes in nothing of what is delivered. */
  #watchArrivals({ settings, stream, bucket }: CarrierSource, files: FileIngest | undefined): void {
    const { name, silentHours } = settings;
    const arrived = stream.metricIncomingRecords({ statistic: 'Sum' });
    const received = this.#metrics.ofSource(metric.received, name);
    if (silentHours > 0) {
      const silent = {
        sentence: `The source ${name} has delivered nothing for ${silentHours} hours.`,
        page: 'no-data',
        threshold: 1,
        periods: silentHours,
        whenBelow: true,
      };
      if (bucket === undefined || files === undefined) {
        this.#addOfSource(settings, 'Silent', { ...silent, metric: arrived.with({ period: oneHour }) });
      } else {
        // Nothing counts a source's files before they are imported; while the queue is never empty, some may be its own.
        const waiting = files.queue.metricApproximateNumberOfMessagesVisible({ statistic: 'Minimum' });
        const all = 'FILL(arrived, 0) + FILL(received, 0) + FILL(waiting, 0)';
        const metrics = { arrived, received, waiting };
        this.#addOfSource(settings, 'Silent', {
          ...silent,
          metric: combine(all, metrics, oneHour, 'Records and waiting files'),
        });
      }
    }
    // Lambda reads each shard every second, also while nothing arrives.
    const reads = stream.metric('GetRecords.Success', { statistic: 'Sum' });
    this.#addOfSource(settings, 'Stuck', {
      sentence: `The stream of the source ${name} is not read, or nothing of what arrives in it is taken in.`,
      page: 'not-taken-in',
      metric: combine(
        'IF(FILL(reads, 0) < 1 OR (FILL(arrived, 0) >= 1 AND FILL(received, 0) < 1), 1, 0)',
        { reads, arrived, received },
        fifteenMinutes,
        'Not taken in',
      ),
      threshold: 1,
      // What arrives at the end of a period is taken in in the next, and rows of a file count as received too.
      periods: 4,
      breachingPeriods: 3,
    });
  }

  #watchRejects(source: SourceSettings): void {
    const { name } = source;
    const { ofMany, ofAll } = fewestRejects;
    const rejects = 'FILL(rejected, 0)';
    this.#addOfSource(source, 'Rejected', {
      sentence: `More than ${rejectedPercent} % of what the source ${name} delivers can not be read and is in the quarantine.`,
      page: 'quarantine',
      metric: combine(
        `IF(${rejects} >= ${ofMany} OR (${rejects} >= ${ofAll} AND ${rejects} >= received), 100 * ${rejects} / received, 0)`,
        {
          rejected: this.#metrics.ofSource(metric.rejected, name),
          received: this.#metrics.ofSource(metric.received, name),
        },
        oneHour,
        'Rejected, percent',
      ),
      threshold: rejectedPercent,
    });
    this.#addOfSource(source, 'StopsConsumer', {
      sentence: `A record of the source ${name} crashed the consumer three times and is in the quarantine.`,
      page: 'stops-consumer',
      metric: this.#metrics.rejectedAs('stops-consumer', name),
      threshold: 1,
    });
  }

  #watchConsumer(consumer: NodeFunction): void {
    this.#watchFunction('Consumer', 'Kinesis consumer', consumer);
    this.alarms.add('ConsumerLate', {
      sentence: `The consumer is given records that have waited for more than ${longestDelay.toMinutes()} minutes: a shard is held up.`,
      page: 'iterator-age',
      // While a batch is tried again, Lambda does not read on, and Kinesis says nothing of the age of what waits.
      metric: consumer.handler.metric('IteratorAge', { statistic: 'Maximum', period: fiveMinutes }),
      threshold: longestDelay.toMilliseconds(),
      periods: 6,
      breachingPeriods: 3,
    });
    this.alarms.add('ConsumerDestinationFailures', {
      sentence: 'Lambda can not write what it gave up to the failure destination: these records are lost.',
      page: 'records-lost',
      metric: consumer.handler.metric('DestinationDeliveryFailures', {
        statistic: 'Sum',
        period: fiveMinutes,
      }),
      threshold: 1,
    });
  }

  #watchQueryApi({ function: reader, secret }: QueryApi): void {
    this.#watchFunction('QueryApi', 'query API', reader);
    if (secret !== undefined) this.#watchSecrets('QueryApi', 'query API', service.queryApi);
  }

  #watchSecrets(id: string, name: string, serviceName: string): void {
    this.alarms.add(`${id}SecretUnreadable`, {
      sentence: `The ${name} can not read its secret: within an hour nobody gets in.`,
      page: 'secret-unreadable',
      metric: this.#metrics.unreadableSecrets(serviceName),
      threshold: 1,
      // One reading that fails is made up for by the next. Where nobody calls for an hour, nothing is read.
      periods: 24,
      breachingPeriods: 2,
    });
  }

  #watchMapping({ settings }: CarrierSource, mapping: EventSourceMapping): void {
    const events = (metricName: string, period: Duration) =>
      new Metric({
        namespace: 'AWS/Lambda',
        metricName,
        dimensionsMap: { EventSourceMappingUUID: mapping.eventSourceMappingId },
        statistic: 'Sum',
        period,
      });
    const delivered = 'OnFailureDestinationDeliveredEventCount';
    this.#addOfSource(settings, 'GivenUp', {
      sentence: `Records of the source ${settings.name} became too old before they could be stored, and are in the failure destination.`,
      page: 'failure-destination',
      metric: events(delivered, fiveMinutes),
      threshold: 1,
    });
    this.#addOfSource(settings, 'Dropped', {
      sentence: `Records of the source ${settings.name} became too old before they could be stored, and are not in the failure destination.`,
      page: 'records-lost',
      metric: combine(
        'FILL(dropped, 0) - FILL(delivered, 0)',
        {
          dropped: events('DroppedEventCount', fifteenMinutes),
          delivered: events(delivered, fifteenMinutes),
        },
        fifteenMinutes,
        'Lost',
      ),
      threshold: 1,
    });
  }

  #watchFiles({ importer, queue, deadLetters }: FileIngest, sources: readonly CarrierSource[]): void {
    this.#watchFunction('Importer', 'file importer', importer);
    this.alarms.add('FilesLate', {
      sentence: `A file has waited for more than ${longestFileDelay.toHours()} hours to be imported.`,
      page: 'files-late',
      metric: queue.metricApproximateAgeOfOldestMessage({ statistic: 'Maximum', period: fiveMinutes }),
      threshold: longestFileDelay.toSeconds(),
      periods: 3,
    });
    this.alarms.add('DeadLetters', {
      sentence: 'Files could not be imported, and their announcements wait in the dead-letter queue.',
      page: 'dead-letter-queue',
      metric: deadLetters.metricApproximateNumberOfMessagesVisible({
        statistic: 'Maximum',
        period: fiveMinutes,
      }),
      threshold: 1,
    });
    for (const { settings, bucket } of sources) {
      if (bucket === undefined) continue;
      this.#addOfSource(settings, 'FileFailed', {
        sentence: `No row of a file of the source ${settings.name} could be read.`,
        page: 'file-failed',
        metric: this.#metrics.ofSource(measure.filesFailed, settings.name),
        threshold: 1,
      });
    }
  }

  #watchWebhooks(webhooks: WebhookIngest): void {
    const { receiver, secrets } = webhooks;
    this.#watchFunction('Webhooks', 'webhook receiver', receiver);
    this.#watchSecrets('Webhooks', 'webhook receiver', service.webhookReceiver);
    this.#watchGateway(webhooks);
    for (const { settings } of secrets.keys()) {
      this.#addOfSource(settings, 'CallsRefused', {
        sentence: `Calls of the carrier of the source ${settings.name} are refused: it drops them, or stops.`,
        page: 'calls-refused',
        metric: this.#metrics.ofSource(webhook.refused, settings.name),
        threshold: 1,
      });
      this.#addOfSource(settings, 'CallsFailed', {
        sentence: `Calls of the carrier of the source ${settings.name} can not be taken, and it has to send them again.`,
        page: 'calls-failed',
        metric: this.#metrics.ofSource(webhook.failed, settings.name),
        threshold: 1,
        periods: 3,
      });
    }
  }

  /**
   * Counts in the access log what API Gateway answers by itself: the one place that says for each request whether the
   * function was asked. The gateway's own metrics count the function's answers too, and in other minutes than the
   * function does; and its 404 for an address that is none of ours, which any scanner gets, is no carrier's loss.
   */
  #watchGateway(webhooks: WebhookIngest): void {
    const logGroup = webhooks.node.findChild('AccessLog');
    if (!(logGroup instanceof LogGroup)) throw new Error(`${webhooks.node.path} has no access log`);
    new MetricFilter(this, 'GatewayRefused', {
      logGroup,
      filterPattern: FilterPattern.literal(
        '{ ($.answered = "-") && (($.status = "429") || ($.status = "413") || ($.status = "5*")) }',
      ),
      metricNamespace: this.#metrics.namespace,
      metricName: gateway.refused,
      metricValue: '1',
    });
    this.alarms.add('WebhooksGatewayRefused', {
      sentence: 'API Gateway refuses calls of carriers by itself: those that are not sent again are lost.',
      page: 'gateway-refused',
      metric: this.#metrics.gatewayRefused(),
      threshold: 1,
    });
  }

  #watchFunction(id: string, name: string, { handler }: NodeFunction): void {
    this.alarms.add(`${id}Errors`, {
      sentence: `The ${name} crashes or runs out of time.`,
      page: 'function-errors',
      metric: handler.metricErrors({ statistic: 'Sum', period: fiveMinutes }),
      threshold: 1,
    });
    this.alarms.add(`${id}Throttles`, {
      sentence: `Lambda holds the ${name} back: the account’s concurrency is used up.`,
      page: 'function-throttles',
      metric: handler.metricThrottles({ statistic: 'Sum', period: fiveMinutes }),
      threshold: 1,
      periods: 3,
    });
  }

  #watchTables(storage: Storage): void {
    for (const table of storage.tables) {
      for (const kind of ['Read', 'Write'] as const) {
        this.alarms.add(`${table.node.id}${kind}Throttles`, {
          sentence: `DynamoDB holds back ${kind === 'Read' ? 'reads from' : 'writes to'} the table ${table.node.id}.`,
          page: 'table-throttles',
          // An alarm of DynamoDB's metrics stays as it is where they have no data, which is where nothing is held back.
          metric: combine(
            'FILL(throttled, 0)',
            { throttled: table.metric(`${kind}ThrottleEvents`, { statistic: 'Sum' }) },
            fiveMinutes,
            'Held back',
          ),
          threshold: 1,
          periods: 3,
        });
      }
    }
  }
}
