import type { KinesisStreamRecord } from 'aws-lambda';
import { StreamNotes } from '../../lambda/alerts/progress/stream-notes.ts';
import { Deadline } from '../../lambda/aws/deadline.ts';
import { service } from '../../lambda/aws/names.ts';
import { createTelemetry } from '../../lambda/aws/telemetry.ts';
import { noDaysClosed } from '../../lambda/days/fence/chunk-fence.ts';
import { type ConsumerContext, consume } from '../../lambda/functions/kinesis-consumer/consume.ts';
import { StoredDeliveryNotes } from '../../lambda/functions/kinesis-consumer/delivery-notes.ts';
import { importFile } from '../../lambda/ingest/files/import-file.ts';
import type { Carrier } from '../../lambda/ledger/source.ts';
import { FilesTable } from '../../lambda/store/files.ts';
import { LedgerWriter } from '../../lambda/store/writer.ts';
import { functions } from '../../lib/limits.ts';
import { makeLogicalName } from '../../lib/source-ids.ts';
import type { FleetDelivery } from '../../simulator/delivery-path.ts';
import { fleetStart, simulateFleet } from '../../simulator/fleet.ts';
import { simulatedCarriers } from '../../simulator/identity.ts';
import { Random } from '../../simulator/random.ts';
import { sourceOf, sources } from '../property/delivery-path.ts';
import { asClient, MemoryDynamoDb, type Sender } from '../property/memory-dynamodb.ts';
import type { Sample, Series } from './alarm-evaluator.ts';
import { planMinutes, planner, sweeper, sweepMinutes } from './alarm-series.ts';

/**
 * Series of metrics that a simulated fleet makes. What its carriers deliver goes through the consumer and the importer as
 * they are, with a store in memory, and what these measure is read from their own lines of metrics. Only what AWS counts
 * by itself (Kinesis, SQS, the age of what Lambda hands over) is counted here, from the same deliveries.
 */

/** The simulated fleet, and what goes wrong. */
export interface FleetRun {
  /** SIMs, spread over the carriers; each carrier is a source of its own. */
  readonly sims: number;
  readonly hours: number;
  readonly seed: number;
  /** What arrives instead of a body that is put on a stream. */
  readonly change?: (body: Buffer, source: Carrier, minute: number) => Buffer;
  /** Whether the carrier delivers nothing. */
  readonly isSilent?: (source: Carrier, minute: number) => boolean;
  /** Whether the tables refuse all writes. */
  readonly isStoreAway?: (minute: number) => boolean;
  /** Whether the event source mapping of the source's stream is on. */
  readonly isMapped?: (source: Carrier, minute: number) => boolean;
}

/** What a run measured. */
export interface FleetSeries {
  readonly series: Series;
  readonly minutes: number;
  /** Adds up a metric of a source. */
  readonly sum: (metric: string, source: Carrier) => number;
}

/** Minutes of the fleet's life that are delivered together. */
const sliceMinutes = 5;

/** Successful readings of a stream of four shards in a minute: one a second and shard. */
const readings = 240;

/** Maximum number of records per batch. */
const maxBatch = 10_000;

/** Minutes from a try that failed to the next: it takes most of one, and Lambda pauses before it tries again. */
const retryMinutes = 2;

const milliseconds = { minute: 60_000, timeout: functions.kinesisConsumer.timeoutSeconds * 1000 };
const begin = Date.parse(fleetStart);
const queue = '{QueueName=FileIngest/Queue.QueueName}';
const consumerFunction = '{FunctionName=StreamIngest/KinesisConsumer/Function}';

/** Runs a fleet, minute by minute. The same run makes the same series. */
export async function runFleet(run: FleetRun): Promise<FleetSeries> {
  const running = new RunningFleet(run);
  const random = Random.derive(run.seed, -3);
  let slice = 0;
  for (const batch of simulateFleet(run).deliveries) {
    // Records of five minutes exist when these are over. Each carrier delivers them in one of the next.
    slice += 1;
    const times = new Map<Carrier, number>(
      simulatedCarriers.map((source) => [source, random.drawInteger(sliceMinutes)]),
    );
    for (let after = 0; after < sliceMinutes; after += 1) {
      const due = batch.filter(({ source }) => times.get(source) === after);
      await running.pass(slice * sliceMinutes + after, due);
    }
  }
  return {
    series: running.series,
    minutes: (slice + 1) * sliceMinutes,
    sum: (metric, source) => running.sum(metric, source),
  };
}

/** A DynamoDB that throttles every request while it is away. */
class LeavingDynamoDb implements Sender {
  isAway = false;
  readonly #engine = new MemoryDynamoDb();

  async send(...[command]: Parameters<Sender['send']>): Promise<object> {
    if (!this.isAway) return this.#engine.send(command);
    throw Object.assign(new Error('The table is throttled'), { name: 'ThrottlingException' });
  }
}

/** A stream, and how far it is read. */
interface StreamState {
  readonly waiting: { readonly minute: number; readonly record: KinesisStreamRecord }[];
  /** Records from the beginning of those waiting that are in a batch which is tried again. */
  open: number;
  nextTry: number;
}

class RunningFleet {
  readonly series = new Map<string, Sample[]>();
  readonly #run: FleetRun;
  readonly #dynamoDb = new LeavingDynamoDb();
  readonly #context: ConsumerContext;
  readonly #streams = new Map<Carrier, StreamState>(
    simulatedCarriers.map((source) => [source, { waiting: [], open: 0, nextTry: 0 }]),
  );
  readonly #files: { readonly minute: number; readonly file: FleetDelivery & { readonly kind: 'file' } }[] =
    [];
  readonly #importer = createTelemetry(service.fileImporter, { write: (line) => this.#measure(line) });
  readonly #manifests: FilesTable;
  #minute = 0;
  #sequence = 0;

  constructor(run: FleetRun) {
    this.#run = run;
    const client = asClient(this.#dynamoDb);
    this.#manifests = new FilesTable(client, 'Files');
    this.#context = {
      sources,
      ports: {
        writer: new LedgerWriter({
          client,
          ...{ sessions: 'Sessions', usage: 'Usage', events: 'Events', sims: 'Sims', eventRetentionDays: 90 },
          usageRetentionDays: 0,
          writes: 'batched',
        }),
        quarantine: { keep: async () => undefined },
        fence: noDaysClosed,
      },
      notes: new StoredDeliveryNotes(client, 'Deliveries'),
      progress: new StreamNotes(client, 'AlertState', () => this.#minute * 60_000),
      telemetry: createTelemetry(service.kinesisConsumer, { write: (line) => this.#measure(line) }),
      deadline: new Deadline(),
    };
  }

  /** Simulates a minute in which records arrive. */
  async pass(minute: number, arrivals: readonly FleetDelivery[]): Promise<void> {
    this.#minute = minute;
    if (minute % sweepMinutes === 0) this.#add(`AWS/Lambda Invocations${sweeper}`, 1);
    if (minute % planMinutes === 0) this.#add(`AWS/Lambda Invocations${planner}`, 1);
    this.#dynamoDb.isAway = this.#run.isStoreAway?.(minute) ?? false;
    for (const delivery of arrivals) this.#arrive(delivery);
    for (const [source, stream] of this.#streams) await this.#consume(source, stream);
    await this.#importFiles();
  }

  sum(metric: string, source: Carrier): number {
    const samples = this.series.get(`simledger ${metric}{source=${source}}`) ?? [];
    return samples.reduce((sum, { value }) => sum + value, 0);
  }

  #arrive(delivery: FleetDelivery): void {
    const { source } = delivery;
    if (this.#run.isSilent?.(source, this.#minute) === true) return;
    if (delivery.kind === 'file') {
      this.#files.push({ minute: this.#minute, file: delivery });
      return;
    }
    const { change = (body: Buffer) => body } = this.#run;
    const body = change(delivery.data, source, this.#minute);
    this.#add(`AWS/Kinesis IncomingRecords${streamDimension(source)}`, 1);
    this.#sequence += 1;
    const record = describeRecord(source, this.#sequence, body, begin + this.#minute * milliseconds.minute);
    this.#streams.get(source)?.waiting.push({ minute: this.#minute, record });
  }

  /** All waiting records are handed over within the minute, as long as they are stored. */
  async #consume(source: Carrier, stream: StreamState): Promise<void> {
    if (this.#run.isMapped?.(source, this.#minute) === false) return;
    const { waiting } = stream;
    // While a batch is tried again, Lambda reads nothing behind it.
    if (stream.open > 0 && this.#minute < stream.nextTry) return;
    const age = this.#ageOf(stream);
    do {
      const batch = waiting.slice(0, stream.open > 0 ? stream.open : maxBatch);
      if (batch.length === 0) break;
      this.#add(`AWS/Lambda IteratorAge${consumerFunction}`, this.#ageOf(stream));
      const records = batch.map(({ record }) => record);
      const { batchItemFailures } = await consume({ Records: records }, this.#context, milliseconds.timeout);
      const failed = new Set(batchItemFailures.map(({ itemIdentifier }) => itemIdentifier));
      const first = records.findIndex(({ kinesis }) => failed.has(kinesis.sequenceNumber));
      waiting.splice(0, first < 0 ? batch.length : first);
      stream.open = first < 0 ? 0 : batch.length - first;
      stream.nextTry = this.#minute + retryMinutes;
    } while (stream.open === 0);
    if (stream.open > 0) return;
    this.#add(`AWS/Kinesis GetRecords.Success${streamDimension(source)}`, readings);
    this.#add(`AWS/Kinesis GetRecords.IteratorAgeMilliseconds${streamDimension(source)}`, age);
  }

  #ageOf({ waiting }: StreamState): number {
    return (this.#minute - (waiting[0]?.minute ?? this.#minute)) * milliseconds.minute;
  }

  /** While the store is away, files wait in the queue. */
  async #importFiles(): Promise<void> {
    const oldest = this.#files[0]?.minute ?? this.#minute;
    this.#add(`AWS/SQS ApproximateAgeOfOldestMessage${queue}`, (this.#minute - oldest) * 60);
    this.#add(`AWS/SQS ApproximateNumberOfMessagesVisible${queue}`, this.#files.length);
    if (this.#dynamoDb.isAway) return;
    for (const { file } of this.#files.splice(0)) await this.#importFile(file);
  }

  async #importFile({ source, key, bytes }: FleetDelivery & { readonly kind: 'file' }): Promise<void> {
    const object = { bucket: source, key, versionId: 'v1', eTag: '"e"' };
    const now = begin + this.#minute * milliseconds.minute;
    const { outcome } = await importFile(object, sourceOf(source), {
      ...this.#context.ports,
      files: this.#manifests,
      open: async (_, from) => ({
        bytes: (async function* () {
          yield bytes.subarray(from);
        })(),
        ...{ size: bytes.length, deliveredAt: now, close: async () => undefined },
      }),
      keepFile: async () => undefined,
      count: (receipt, measures) => this.#importer.count(receipt, measures, source),
      ...{ isTimeShort: () => false, askedAt: now, now: () => now },
    });
    if (outcome === 'failed') this.#importer.fileFailed(source);
  }

  #add(key: string, value: number): void {
    const samples = this.series.get(key);
    const sample = { minute: this.#minute, value };
    if (samples === undefined) this.series.set(key, [sample]);
    else samples.push(sample);
  }

  /** Takes a line of metrics, each of which counts under each of the line's sets of dimensions. */
  #measure(line: string): void {
    const values = JSON.parse(line) as EmbeddedMetrics;
    for (const { Namespace, Dimensions, Metrics } of values._aws.CloudWatchMetrics) {
      for (const { Name } of Metrics) {
        const value = [values[Name]].flat().reduce((sum: number, one) => sum + Number(one), 0);
        for (const set of Dimensions) {
          const named = [...set].sort().map((dimension) => `${dimension}=${String(values[dimension])}`);
          this.#add(`${Namespace} ${Name}{${named.join()}}`, value);
        }
      }
    }
  }
}

interface EmbeddedMetrics {
  readonly _aws: {
    readonly CloudWatchMetrics: readonly {
      readonly Namespace: string;
      readonly Dimensions: readonly (readonly string[])[];
      readonly Metrics: readonly { readonly Name: string }[];
    }[];
  };
  readonly [name: string]: unknown;
}

function streamDimension(source: Carrier): string {
  return `{StreamName=Source${makeLogicalName({ name: source })}/Stream}`;
}

function describeRecord(source: string, count: number, data: Buffer, arrival: number): KinesisStreamRecord {
  const sequenceNumber = `4960${String(count).padStart(52, '0')}`;
  return {
    kinesis: {
      ...{ kinesisSchemaVersion: '1.0', partitionKey: 'sim', sequenceNumber, data: data.toString('base64') },
      approximateArrivalTimestamp: arrival / 1000,
    },
    ...{ eventSource: 'aws:kinesis', eventVersion: '1.0', eventID: `shardId-000000000000:${sequenceNumber}` },
    ...{ eventName: 'aws:kinesis:record', invokeIdentityArn: '', awsRegion: 'eu-central-1' },
    eventSourceARN: `arn:aws:kinesis:eu-central-1:000000000000:stream/${source}`,
  };
}
