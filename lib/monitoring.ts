import { Duration } from 'aws-cdk-lib';
import { Metric } from 'aws-cdk-lib/aws-cloudwatch';
import type { EventSourceMapping } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import { measure, metric, webhook } from '../lambda/names.ts';
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
const oneHour = Duration.hours(1);

/** How far the consumer may fall behind: long enough for a busy hour, short against the stream's retention. */
const longestDelay = Duration.minutes(15);

/** Alarms for whatever needs a person, and a dashboard that says whether all is well. */
export class Monitoring extends Construct {
  readonly alarms: Alarms;
  readonly dashboard: LedgerDashboard;
  readonly #metrics: LedgerMetrics;

  constructor(scope: Construct, id: string, props: MonitoringProps) {
    super(scope, id);
    const { sources, storage, streams, files, webhooks, queryApi } = props;
    this.#metrics = new LedgerMetrics(props.namespace);
    this.alarms = new Alarms(this, 'Alarms', props.configuration);
    for (const source of sources) this.#watchSource(source);
    for (const [source, mapping] of streams.mappings) this.#watchMapping(source, mapping);
    this.#watchFunction('Consumer', 'Kinesis consumer', streams.consumer);
    if (files !== undefined) this.#watchFiles(files, sources);
    if (webhooks !== undefined) this.#watchWebhooks(webhooks);
    if (queryApi !== undefined) this.#watchFunction('QueryApi', 'query API', queryApi.function);
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

  #watchSource({ settings, stream }: CarrierSource): void {
    const { name, silentHours } = settings;
    if (silentHours > 0) {
      this.#addOfSource(settings, 'Silent', {
        sentence: `The source ${name} has delivered nothing for ${silentHours} hours.`,
        page: 'no-data',
        metric: this.#metrics.ofSource(metric.received, name, { period: oneHour }),
        threshold: 1,
        periods: silentHours,
        whenBelow: true,
      });
    }
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
    this.#addOfSource(settings, 'Rejected', {
      sentence: `Records of the source ${name} could not be read and are in the quarantine.`,
      page: 'quarantine',
      metric: this.#metrics.ofSource(metric.rejected, name, { period: oneHour }),
      threshold: 1,
    });
    this.#addOfSource(settings, 'Unaccounted', {
      sentence: `The counts of the source ${name} do not add up: records may have been lost without a trace.`,
      page: 'conservation',
      metric: this.#metrics.ofSource(measure.unaccounted, name),
      threshold: 1,
    });
  }

  #watchMapping({ settings }: CarrierSource, mapping: EventSourceMapping): void {
    this.#addOfSource(settings, 'GivenUp', {
      sentence: `Records of the source ${settings.name} became too old before they could be stored, and are in the failure destination.`,
      page: 'failure-destination',
      metric: new Metric({
        namespace: 'AWS/Lambda',
        metricName: 'OnFailureDestinationDeliveredEventCount',
        dimensionsMap: { EventSourceMappingUUID: mapping.eventSourceMappingId },
        statistic: 'Sum',
        period: fiveMinutes,
      }),
      threshold: 1,
    });
  }

  #watchFiles({ importer, deadLetters }: FileIngest, sources: readonly CarrierSource[]): void {
    this.#watchFunction('Importer', 'file importer', importer);
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

  #watchWebhooks({ receiver, secrets }: WebhookIngest): void {
    this.#watchFunction('Webhooks', 'webhook receiver', receiver);
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
          metric: table.metric(`${kind}ThrottleEvents`, { statistic: 'Sum', period: fiveMinutes }),
          threshold: 1,
          periods: 3,
        });
      }
    }
  }
}
