import { Duration } from 'aws-cdk-lib';
import { type IMetric, MathExpression, Metric } from 'aws-cdk-lib/aws-cloudwatch';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { EventSourceMapping } from 'aws-cdk-lib/aws-lambda';
import { FilterPattern, LogGroup, MetricFilter } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { gateway, hold, measure, metric, service, webhook } from '../lambda/aws/names.ts';
import { type AlarmDefinition, Alarms } from './alarms.ts';
import { findSweepPeriod, watchReceiver, watchSweep } from './alert-alarms.ts';
import type { AlertDelivery } from './alert-delivery.ts';
import type { AlertSweep } from './alert-sweep.ts';
import { watchDays } from './day-alarms.ts';
import type { DayPass } from './day-pass.ts';
import type { FileIngest } from './file-ingest.ts';
import { LedgerDashboard } from './ledger-dashboard.ts';
import { LedgerMetrics } from './ledger-metrics.ts';
import { fileMapping } from './limits.ts';
import { watchMetrics } from './metrics-alarms.ts';
import type { MetricsExport } from './metrics-export.ts';
import type { NodeFunction } from './node-function.ts';
import type { QueryApi } from './query-api.ts';
import type { Configuration, SourceSettings } from './settings.ts';
import type { CarrierSource } from './source.ts';
import { makeSourceAlarmId, type SourceAlarm } from './source-ids.ts';
import type { Storage } from './storage.ts';
import type { StreamIngest } from './stream-ingest.ts';
import type { WebhookIngest } from './webhook-ingest.ts';

/** What the alarms and the dashboard cover. */
export interface MonitoringProps {
  readonly configuration: Pick<Configuration, 'alarmEmail' | 'runbook' | 'writes'>;
  /** The customer's key that encrypts the alarms' topic; undefined for none. */
  readonly dataKey: IKey | undefined;
  /** CloudWatch namespace of the functions' metrics. */
  readonly namespace: string;
  readonly sources: readonly CarrierSource[];
  readonly storage: Storage;
  readonly streams: StreamIngest;
  /** Undefined if no source delivers files. */
  readonly files: FileIngest | undefined;
  /** Undefined if no source has a webhook. */
  readonly webhooks: WebhookIngest | undefined;
  /** Undefined if no query API is deployed. */
  readonly queryApi: QueryApi | undefined;
  readonly alertSweep: AlertSweep;
  /** Undefined without receivers of alerts. */
  readonly alertDelivery: AlertDelivery | undefined;
  readonly dayPass: DayPass;
  /** Undefined if metrics are not exported. */
  readonly metricsExport: MetricsExport | undefined;
  /** Days that usage is kept; 0 forever. */
  readonly usageDays: number;
}

const fiveMinutes = Duration.minutes(5);
const fifteenMinutes = Duration.minutes(15);
const oneHour = Duration.hours(1);

/**
 * How far the consumer may fall behind: longer than a busy hour causes, but short compared with the stream's
 * retention.
 */
const longestDelay = Duration.minutes(15);

/** How long a file may wait: longer than a failed attempt hides its notification. */
const longestFileDelay = Duration.hours(2);

/** How long failing batches may hold back alerts: longer than an outage that ends by itself. */
const longestHold = Duration.hours(1);

/**
 * Percentage of an hour's records that are rejected if a format has changed. Carriers always send a few broken
 * records; those stay below it.
 */
const rejectedPercent = 5;

/** Minimum rejects per hour for the percentage to be meaningful, and for an hour in which everything is rejected. */
const fewestRejects = { ofMany: 10, ofAll: 3 };

/**
 * Combines several metrics. The expression says `FILL(…, 0)` where a period without data counts as 0: most metrics
 * have data only if there is something to count.
 */
function combine(
  expression: string,
  usingMetrics: Record<string, IMetric>,
  period: Duration,
  label: string,
): MathExpression {
  return new MathExpression({ expression, usingMetrics, period, label });
}

/** Says how long a source's stream keeps unprocessed records, as part of a sentence. */
function describeRetention({ stream }: SourceSettings): string {
  return `its stream keeps records for ${stream.retentionHours} hours`;
}

/** Alarms for everything that needs a person, and a dashboard. */
export class Monitoring extends Construct {
  readonly alarms: Alarms;
  readonly dashboard: LedgerDashboard;
  readonly #metrics: LedgerMetrics;

  constructor(scope: Construct, id: string, props: MonitoringProps) {
    super(scope, id);
    const { sources, storage, streams, files, webhooks, queryApi, alertSweep, alertDelivery, dayPass } =
      props;
    this.#metrics = new LedgerMetrics(props.namespace);
    const { alarmEmail, runbook, writes } = props.configuration;
    this.alarms = new Alarms(this, 'Alarms', { alarmEmail, runbook, dataKey: props.dataKey });
    for (const source of sources) this.#watchSource(source);
    for (const [source, mapping] of streams.mappings) this.#watchMapping(source, mapping);
    this.#watchConsumer(streams.consumer);
    if (files !== undefined) this.#watchFiles(files, sources);
    if (webhooks !== undefined) this.#watchWebhooks(webhooks);
    if (queryApi !== undefined) this.#watchQueryApi(queryApi);
    if (writes === 'batched') this.#watchBatchedWrites(files !== undefined);
    this.#watchAlerts(alertSweep, alertDelivery, sources);
    this.#watchDays(dayPass, props.usageDays);
    if (props.metricsExport !== undefined) this.#watchMetrics(props.metricsExport);
    this.#watchTables(storage);
    this.dashboard = new LedgerDashboard(this, 'Dashboard', {
      ...props,
      metrics: this.#metrics,
      alarms: this.alarms.all,
    });
  }

  #addOfSource(source: SourceSettings, id: SourceAlarm, definition: AlarmDefinition): void {
    this.alarms.add(makeSourceAlarmId(source, id), definition);
  }

  #watchSource(source: CarrierSource): void {
    const { settings, stream } = source;
    const { name } = settings;
    this.#watchArrivals(source);
    this.#addOfSource(settings, 'Late', {
      sentence: `Records of the source ${name} have waited in its stream for more than ${longestDelay.toMinutes()} minutes.`,
      consequence: `The ledger is behind; ${describeRetention(settings)}.`,
      page: 'iterator-age',
      metric: stream.metricGetRecordsIteratorAgeMilliseconds({ statistic: 'Maximum', period: fiveMinutes }),
      threshold: longestDelay.toMilliseconds(),
      periods: 3,
    });
    this.#addOfSource(settings, 'Refused', {
      sentence: `The stream of the source ${name} is full and refuses records.`,
      consequence: 'The carrier sends them again for a limited time; after that they are lost.',
      page: 'stream-full',
      metric: stream.metricWriteProvisionedThroughputExceeded({ statistic: 'Sum', period: fiveMinutes }),
      threshold: 1,
      periods: 3,
    });
    this.#watchRejects(settings);
    this.#addOfSource(settings, 'HandedBack', {
      sentence: `Records of the source ${name} repeatedly could not be written to the tables or the quarantine.`,
      consequence: `They are tried again; ${describeRetention(settings)}.`,
      page: 'handed-back',
      metric: this.#metrics.measureSource(metric.failed, name),
      threshold: 1,
      // A failed attempt is followed by a pause, which may leave a period without data.
      periods: 6,
      breachingPeriods: 3,
    });
    this.#addOfSource(settings, 'Unaccounted', {
      sentence: `The counts of the source ${name} do not add up: this is a bug in simledger.`,
      consequence:
        'Records may be missing from both the ledger and the quarantine; the stream still has them.',
      page: 'conservation',
      metric: this.#metrics.measureSource(measure.unaccounted, name),
      threshold: 1,
    });
  }

  /**
   * Watches that delivered records are processed. Whether anything is delivered is watched by the alerts about
   * sources.
   */
  #watchArrivals({ settings, stream }: CarrierSource): void {
    const { name } = settings;
    const arrived = stream.metricIncomingRecords({ statistic: 'Sum' });
    const received = this.#metrics.measureSource(metric.received, name);
    // Lambda reads each shard every second, even if nothing arrives.
    const reads = stream.metric('GetRecords.Success', { statistic: 'Sum' });
    this.#addOfSource(settings, 'Stuck', {
      sentence: `The stream of the source ${name} is not read, or none of its records are processed.`,
      consequence: `The fault is in the stack, not at the carrier; ${describeRetention(settings)}.`,
      page: 'not-taken-in',
      metric: combine(
        'IF(FILL(reads, 0) < 1 OR (FILL(arrived, 0) >= 1 AND FILL(received, 0) < 1), 1, 0)',
        { reads, arrived, received },
        fifteenMinutes,
        'Not processed',
      ),
      threshold: 1,
      // Records that arrive at the end of a period are processed in the next, and rows of files also count as
      // received.
      periods: 4,
      breachingPeriods: 3,
    });
  }

  #watchRejects(source: SourceSettings): void {
    const { name } = source;
    const { ofMany, ofAll } = fewestRejects;
    const rejects = 'FILL(rejected, 0)';
    this.#addOfSource(source, 'Rejected', {
      sentence: `At least ${rejectedPercent} % of the records of the source ${name} were rejected within an hour.`,
      consequence: 'They are in the quarantine with their bytes, and not in the ledger.',
      page: 'quarantine',
      metric: combine(
        `IF(${rejects} >= ${ofMany} OR (${rejects} >= ${ofAll} AND ${rejects} >= received), 100 * ${rejects} / received, 0)`,
        {
          rejected: this.#metrics.measureSource(metric.rejected, name),
          received: this.#metrics.measureSource(metric.received, name),
        },
        oneHour,
        'Rejected, percent',
      ),
      threshold: rejectedPercent,
    });
    this.#addOfSource(source, 'StopsConsumer', {
      sentence: `A record of the source ${name} crashed the consumer three times.`,
      consequence: 'It is in the quarantine, and not in the ledger; all other records are processed.',
      page: 'stops-consumer',
      metric: this.#metrics.measureRejects('stops-consumer', name),
      threshold: 1,
    });
  }

  #watchConsumer(consumer: NodeFunction): void {
    const consequence = 'Its records stay in the stream and are delivered again.';
    this.#watchFunction('Consumer', 'Kinesis consumer', consumer, consequence);
    this.alarms.add('ConsumerLate', {
      sentence: `The consumer receives records that are more than ${longestDelay.toMinutes()} minutes old: a shard is blocked or behind.`,
      consequence: 'The ledger is behind; records are safe while their stream keeps them.',
      page: 'iterator-age',
      // While Lambda retries a batch, it does not read on, so Kinesis does not report the age of waiting records.
      metric: consumer.handler.metric('IteratorAge', { statistic: 'Maximum', period: fiveMinutes }),
      threshold: longestDelay.toMilliseconds(),
      periods: 6,
      breachingPeriods: 3,
    });
    this.alarms.add('ConsumerDestinationFailures', {
      sentence: 'Lambda cannot write batches that it gave up to the failure destination.',
      consequence: 'Their records are lost once their stream deletes them.',
      page: 'records-lost',
      metric: consumer.handler.metric('DestinationDeliveryFailures', {
        statistic: 'Sum',
        period: fiveMinutes,
      }),
      threshold: 1,
    });
  }

  #watchQueryApi({ function: reader, secret }: QueryApi): void {
    const failing = 'Requests of clients fail; the ledger is not affected.';
    this.#watchFunction('QueryApi', 'query API', reader, failing);
    if (secret === undefined) return;
    const refusing = 'Within an hour it refuses all clients; the ledger is not affected.';
    this.#watchSecrets('QueryApi', 'query API', service.queryApi, refusing);
  }

  #watchAlerts(
    alertSweep: AlertSweep,
    alertDelivery: AlertDelivery | undefined,
    sources: readonly CarrierSource[],
  ): void {
    const unjudged = 'The next sweep does what this one left; the ledger is not affected.';
    this.#watchFunction('AlertSweep', 'sweep of alerts', alertSweep.function, unjudged);
    watchSweep(this.alarms, this.#metrics, alertSweep);
    for (const { settings } of sources) {
      this.#addOfSource(settings, 'ReadHeld', {
        sentence: `Batches of the source ${settings.name} that fail or were given up have held back its alerts for more than ${longestHold.toHours()} hour.`,
        consequence: 'No silence of its SIMs is judged beyond them, for 24 hours at most.',
        page: 'alert-read-held',
        metric: this.#metrics.measureSource(hold.seconds, settings.name, {
          statistic: 'Maximum',
          period: findSweepPeriod(alertSweep),
        }),
        threshold: longestHold.toSeconds(),
        periods: 2,
      });
    }
    if (alertDelivery === undefined) return;
    const untold = 'Alerts wait until it runs again; nothing is lost for 3 days.';
    this.#watchFunction('AlertDelivery', 'delivery of alerts', alertDelivery.function, untold);
    for (const { name } of alertDelivery.receivers) watchReceiver(this.alarms, this.#metrics, name);
  }

  #watchDays(dayPass: DayPass, usageDays: number): void {
    const again = 'Failed work is retried within an hour; the ledger is not affected.';
    this.#watchFunction('DayPlanner', 'planner of days', dayPass.planner, again);
    this.#watchFunction('DayWorker', 'worker of days', dayPass.worker, again);
    watchDays(this.alarms, this.#metrics, dayPass, usageDays);
  }

  #watchMetrics(metricsExport: MetricsExport): void {
    const waiting = 'Metrics wait until it runs again; the ledger is not affected.';
    this.#watchFunction('MetricsExporter', 'exporter of metrics', metricsExport.function, waiting);
    this.#watchSecrets('MetricsExporter', 'exporter of metrics', service.metricsExporter, waiting);
    watchMetrics(this.alarms, this.#metrics, metricsExport);
  }

  #watchSecrets(id: string, name: string, serviceName: string, consequence: string): void {
    this.alarms.add(`${id}SecretUnreadable`, {
      sentence: `The ${name} cannot read its secret.`,
      consequence,
      page: 'secret-unreadable',
      metric: this.#metrics.measureUnreadableSecrets(serviceName),
      threshold: 1,
      // A single failure does no harm, because the next read follows. In an hour without requests, nothing is read.
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
      sentence: `Records of the source ${settings.name} became too old before they were stored.`,
      consequence: 'They are in the failure destination, and not in the ledger until you redrive them.',
      page: 'failure-destination',
      metric: events(delivered, fiveMinutes),
      threshold: 1,
    });
    this.#addOfSource(settings, 'Dropped', {
      sentence: `Records of the source ${settings.name} became too old before they were stored, and are not in the failure destination.`,
      consequence: 'They are lost once the stream deletes them.',
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
    const consequence = 'Its files stay in their buckets and are tried again.';
    this.#watchFunction('Importer', 'file importer', importer, consequence);
    this.alarms.add('FilesLate', {
      sentence: `A file has waited for more than ${longestFileDelay.toHours()} hours to be imported.`,
      consequence: 'It stays in its bucket; its notification stays in the queue for 4 days.',
      page: 'files-late',
      metric: queue.metricApproximateAgeOfOldestMessage({ statistic: 'Maximum', period: fiveMinutes }),
      threshold: longestFileDelay.toSeconds(),
      periods: 3,
    });
    this.alarms.add('DeadLetters', {
      sentence: `Files could not be imported in ${fileMapping.maximumReceives} attempts.`,
      consequence:
        'Their rows may be missing from the ledger; the files stay in their buckets, their notifications in the dead-letter queue for 14 days.',
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
        consequence: 'The file is in the quarantine; nothing of it is in the ledger.',
        page: 'file-failed',
        metric: this.#metrics.measureSource(measure.filesFailed, settings.name),
        threshold: 1,
      });
    }
  }

  #watchWebhooks(webhooks: WebhookIngest): void {
    const { receiver, secrets } = webhooks;
    const failing = 'Carriers are answered with 5xx; records that they do not send again are lost.';
    this.#watchFunction('Webhooks', 'webhook receiver', receiver, failing);
    const refusing =
      'Within an hour it answers carriers with 5xx; records that they do not send again are lost.';
    this.#watchSecrets('Webhooks', 'webhook receiver', service.webhookReceiver, refusing);
    this.#watchGateway(webhooks);
    for (const { settings } of secrets.keys()) {
      this.#addOfSource(settings, 'CallsRefused', {
        sentence: `Requests of the carrier of the source ${settings.name} are answered with 4xx.`,
        consequence: 'Their records are not in the ledger; the carrier drops them or stops the stream.',
        page: 'calls-refused',
        metric: this.#metrics.measureSource(webhook.refused, settings.name),
        threshold: 1,
      });
      this.#addOfSource(settings, 'CallsFailed', {
        sentence: `Requests of the carrier of the source ${settings.name} are answered with 5xx.`,
        consequence: 'Their records are lost unless the carrier sends them again.',
        page: 'calls-failed',
        metric: this.#metrics.measureSource(webhook.failed, settings.name),
        threshold: 1,
        periods: 3,
      });
    }
  }

  /**
   * Counts the requests that API Gateway answers without the function, from the access log: the only place that shows
   * this for each request. API Gateway's metrics include the function's answers and assign them to other minutes than
   * the function does. A 404 for an unknown address, which any scanner gets, loses no record and does not count.
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
      sentence: 'API Gateway refuses requests of carriers before the receiver sees them.',
      consequence: 'Their records are lost unless the carrier sends them again.',
      page: 'gateway-refused',
      metric: this.#metrics.measureGatewayRefusals(),
      threshold: 1,
    });
  }

  #watchFunction(id: string, name: string, { handler }: NodeFunction, consequence: string): void {
    this.alarms.add(`${id}Errors`, {
      sentence: `The ${name} crashes or times out.`,
      consequence,
      page: 'function-errors',
      metric: handler.metricErrors({ statistic: 'Sum', period: fiveMinutes }),
      threshold: 1,
    });
    this.alarms.add(`${id}Throttles`, {
      sentence: `Lambda throttles the ${name}: the account or the function has reached its concurrency limit.`,
      consequence,
      page: 'function-throttles',
      metric: handler.metricThrottles({ statistic: 'Sum', period: fiveMinutes }),
      threshold: 1,
      periods: 3,
    });
  }

  #watchBatchedWrites(importsFiles: boolean): void {
    const metrics = {
      consumer: this.#metrics.measureRefusedBatches(service.kinesisConsumer),
      ...(importsFiles && { importer: this.#metrics.measureRefusedBatches(service.fileImporter) }),
    };
    const sum = Object.keys(metrics).map((name) => `FILL(${name}, 0)`);
    this.alarms.add('BatchedWritesRefused', {
      sentence: 'DynamoDB does not accept batched writes.',
      consequence:
        'Nothing is lost: each write is a request of its own, which takes more of the functions’ time.',
      page: 'batched-writes-refused',
      metric: combine(sum.join(' + '), metrics, fiveMinutes, 'Processes with single writes'),
      threshold: 1,
    });
  }

  #watchTables(storage: Storage): void {
    for (const table of storage.tables) {
      for (const kind of ['Read', 'Write'] as const) {
        this.alarms.add(`${table.node.id}${kind}Throttles`, {
          sentence: `DynamoDB throttles ${kind === 'Read' ? 'reads from' : 'writes to'} the table ${table.node.id}.`,
          consequence: 'They are tried again; records wait until they succeed.',
          page: 'table-throttles',
          // Without throttling, DynamoDB's metrics have no data, and an alarm on them alone would never end.
          metric: combine(
            'FILL(throttled, 0)',
            { throttled: table.metric(`${kind}ThrottleEvents`, { statistic: 'Sum' }) },
            fiveMinutes,
            'Throttled',
          ),
          threshold: 1,
          periods: 3,
        });
      }
    }
  }
}
