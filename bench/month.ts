import { functions, streamMapping } from '../lib/limits.ts';
import { consumerRecordsPerCpuSecond, onDemandShards } from '../lib/sizing.ts';
import { priceDays, pricePartialPasses, sumDays } from './day-prices.ts';
import { monthDays, monthHours, priceStorage, prices, toGigabytes, toMillions } from './prices.ts';
import { alwaysOnDay, alwaysOnSim, granules, itemSizes, streamerDay, streamerSim } from './sim-shapes.ts';

/** What a month costs, from prices and from measurements of records, items, invocations and logs. */

/** Metrics per source: receipt by kind, lag, traffic, mapping. */
export const metricsPerSource = 22;

/** Metrics per pair of country and operator. */
export const metricsPerNetwork = 4;

/** SIMs that a process of the consumer remembers. If there are more, a record reads its SIM again. */
export const rememberedSims = 100_000;

/** Milliseconds of an invocation besides its records' CPU. */
const invocationMilliseconds = 10;

/** KB that an invocation logs, and what each further network in it adds. */
const logKilobytes = { invocation: 2.3, network: 0.435 } as const;

/** Requests per month with which the importer polls its queue, in millions, and a few thousand files. */
const pollingMillions = 1;

/** What a month of a fleet costs, in dollars per line. */
export interface Month {
  readonly writes: number;
  readonly reads: number;
  readonly storage: number;
  readonly streamHours: number;
  readonly streamData: number;
  readonly lambda: number;
  readonly metrics: number;
  readonly alarms: number;
  readonly dashboard: number;
  readonly logs: number;
  readonly requests: number;
  /** Closed days and partial passes: reading them, and the first month's storage of their results. */
  readonly days: number;
}

/** The deployed resources, counted in the template. */
export interface Deployed {
  readonly alarms: number;
  readonly dashboards: number;
}

/** The batches that records arrive in. */
export interface Batches {
  readonly invocations: number;
  /** Batches of one record, each of which is noted in the table Deliveries: a write unit and a read unit. */
  readonly ofOneRecord: number;
  readonly recordsEach: number;
}

/**
 * The batches of a month. Each lane (one concurrent batch of a shard) collects what arrives within its window, and
 * records arrive independently of each other.
 *
 * @param windowSeconds how long a batch is collected.
 */
export function countBatches(
  records: number,
  windowSeconds: number = streamMapping.batchingWindowSeconds,
): Batches {
  const lanes = onDemandShards * streamMapping.parallelizationFactor;
  const windows = (lanes * monthHours * 3600) / windowSeconds;
  const mean = records / windows;
  const invocations = windows * (1 - Math.exp(-mean));
  return { invocations, ofOneRecord: windows * mean * Math.exp(-mean), recordsEach: records / invocations };
}

/** Dollars for the consumer's Lambda: its invocations, their waiting, and the CPU of their records. */
export function priceConsumer(records: number, invocations: number): number {
  const seconds = (invocations * invocationMilliseconds) / 1000 + records / consumerRecordsPerCpuSecond;
  const gigabytes = functions.kinesisConsumer.memoryMegabytes / 1024;
  return (
    toMillions(invocations) * prices.lambda.millionInvocations +
    seconds * gigabytes * prices.lambda.gigabyteSecond
  );
}

/** Dollars for data that goes through an on-demand stream and is kept for 7 days. */
export function priceStreamData(records: number, kilobytes: number): number {
  const { gigabyteIn, gigabyteOut, keptGigabyteMonth } = prices.kinesis;
  const out = toGigabytes(records * kilobytes * 1000);
  const keptMonths = 6 / monthDays;
  return (
    toGigabytes(records * Math.ceil(kilobytes) * 1000) * gigabyteIn +
    out * (gigabyteOut + keptMonths * keptGigabyteMonth)
  );
}

/**
 * Dollars for reading SIMs, half a read unit each: before a mark is moved, and for each record if a process must forget
 * SIMs.
 */
export function priceSimReads(sims: number, records: number): number {
  const reads = sims <= rememberedSims ? sims * granules.withoutRules : records;
  return toMillions(reads / 2) * prices.dynamoDb.millionReadUnits;
}

/**
 * Dollars for sending volumes as metrics, without what the receiver charges: each batch sends a message, of which ten
 * are received and deleted together; each minute the exporter and its schedule run; alarms and the secret.
 */
export function priceMetricsExport(sims: number): number {
  const { invocations } = countBatches(sims * (streamerSim.usageRecords + streamerSim.events));
  const runs = monthHours * 60;
  const { lambda, scheduler, sqs, cloudWatch, secretMonth } = prices;
  const telling = invocations * tellingSeconds * (functions.kinesisConsumer.memoryMegabytes / 1024);
  const exporting = runs * exportSeconds * (functions.metricsExporter.memoryMegabytes / 1024);
  return (
    toMillions(invocations * (1 + 2 / 10) + runs) * sqs.millionRequests +
    toMillions(runs) * (lambda.millionInvocations + scheduler.millionInvocations) +
    (telling + exporting) * lambda.gigabyteSecond +
    metricsAlarms * cloudWatch.alarmMonth +
    secretMonth
  );
}

/**
 * Seconds for sending a message from an invocation, and for a run of the exporter, which waits for its queue for a
 * second.
 */
const tellingSeconds = 0.01;

const exportSeconds = 1.5;

/** Alarms about errors, throttles, the secret, late metrics and dropped metrics. */
const metricsAlarms = 5;

/** Dollars for the logs of a month's invocations, with records of so many networks. */
export function priceLogs({ invocations, recordsEach }: Batches, networks: number): number {
  const met = networks * (1 - (1 - 1 / networks) ** recordsEach);
  const bytes = (logKilobytes.invocation + logKilobytes.network * (met - 1)) * 1000;
  return toGigabytes(invocations * bytes) * prices.cloudWatch.logGigabyte;
}

/**
 * Write units per SIM and month: usage item and session; event, session and SIM; the index entry of a new session; and
 * marks that usage moves.
 */
export const streamerWriteUnits =
  streamerSim.usageRecords * 2 + streamerSim.events * 3 + streamerSim.sessions + granules.withoutRules;

/**
 * A month of SIMs of a data streamer.
 *
 * @param networks pairs of country and operator that are measured by name, including `other`.
 * @param months for how long usage and sessions have been stored; events expire after three months.
 */
export function priceMonth(
  { sims, networks }: { readonly sims: number; readonly networks: number },
  { alarms, dashboards }: Deployed,
  months = 1,
): Month {
  const records = sims * (streamerSim.usageRecords + streamerSim.events);
  const batches = countBatches(records);
  const { dynamoDb, kinesis, cloudWatch, sqs } = prices;
  return {
    writes: toMillions(sims * streamerWriteUnits + batches.ofOneRecord) * dynamoDb.millionWriteUnits,
    reads: toMillions(batches.ofOneRecord) * dynamoDb.millionReadUnits + priceSimReads(sims, records),
    storage:
      priceStorage(sims * streamerSim.usageRecords * months, itemSizes.usage) +
      priceStorage(sims * streamerSim.events * Math.min(months, 3), itemSizes.event) +
      priceStorage(sims * streamerSim.sessions * months, itemSizes.session),
    streamHours: monthHours * kinesis.onDemandHour,
    streamData: priceStreamData(records, streamerSim.recordKilobytes),
    lambda: priceConsumer(records, batches.invocations),
    metrics: (metricsPerSource + metricsPerNetwork * networks) * cloudWatch.metricMonth,
    alarms: alarms * cloudWatch.alarmMonth,
    dashboard: dashboards * cloudWatch.dashboardMonth,
    logs: priceLogs(batches, networks),
    requests: pollingMillions * sqs.millionRequests,
    days: sumDays(priceDays(sims, streamerDay), months) + pricePartialPasses(sims, streamerDay),
  };
}

/** Dollars per month for the usage of always-on SIMs that is kept for so many days. */
export function priceKeptUsage(sims: number, days: number): number {
  return priceStorage(sims * alwaysOnDay.usageRecords * days, itemSizes.superSimUsage);
}

/** Rows of a carrier's file that the importer processes together: a block of 128 KiB. */
const blockRows = 400;

/** Parts of the fleet by which it notes the records of files: each takes a write unit. */
const filedParts = 16;

/** Dollars per million rows of files that may repeat a stream: the notes of which records were in them. */
export function priceFiledRows(): number {
  return (filedParts / blockRows) * prices.dynamoDb.millionWriteUnits;
}

/** Bytes of such a note besides its records: its keys, and the names of its attributes. */
const filedNoteBytes = 71;

/** Bytes of a record in it: 8 bytes in base64. */
const filedRecordBytes = 32 / 3;

/**
 * Bytes that are kept per row, including AWS's overhead, and dollars per month after a year of a million rows per
 * month.
 */
export function priceKeptFiledRows(): { readonly bytes: number; readonly year: number } {
  const rows = blockRows / filedParts;
  const bytes = filedNoteBytes + rows * filedRecordBytes;
  return {
    bytes: (bytes + prices.dynamoDb.itemOverheadBytes) / rows,
    year: 12 * priceStorage(1_000_000 / rows, bytes),
  };
}

/** What always-on Super SIMs add per month, in dollars per line. */
export interface AlwaysOn {
  readonly writes: number;
  readonly reads: number;
  readonly streamData: number;
  readonly lambda: number;
  readonly logs: number;
  readonly storage: number;
  /** The storage line after a year. */
  readonly yearStorage: number;
}

/**
 * Write units per always-on Super SIM and month: its windows, its session with every update or once an hour, and its
 * marks once per granule.
 */
export const alwaysOnWriteUnits = {
  update: alwaysOnSim.updates * 2 + granules.withoutRules,
  hourly: alwaysOnSim.updates + alwaysOnSim.refreshes + granules.withoutRules,
} as const;

/** A month of always-on Super SIMs, by the setting `sessionRefresh`. */
export function priceAlwaysOn(
  { sims, networks }: { readonly sims: number; readonly networks: number },
  refresh: keyof typeof alwaysOnWriteUnits,
): AlwaysOn {
  const updates = sims * alwaysOnSim.updates;
  const refreshing = refresh === 'update' ? 1 : alwaysOnSim.refreshes / alwaysOnSim.updates;
  const bytes = itemSizes.superSimUsage * refreshing + itemSizes.hourlySuperSimUsage * (1 - refreshing);
  const storage = priceStorage(updates, bytes);
  const batches = countBatches(updates);
  const { millionWriteUnits, millionReadUnits } = prices.dynamoDb;
  return {
    writes: toMillions(sims * alwaysOnWriteUnits[refresh] + batches.ofOneRecord) * millionWriteUnits,
    reads: toMillions(batches.ofOneRecord) * millionReadUnits + priceSimReads(sims, updates),
    streamData: priceStreamData(updates, alwaysOnSim.recordKilobytes),
    lambda: priceConsumer(updates, batches.invocations),
    logs: priceLogs(batches, networks),
    storage,
    yearStorage: 12 * storage,
  };
}

/** Dollars per million calls of a webhook: the gateway, 30 ms of 1 GB, and 1.5 KB of logs. */
export function priceMillionCalls(): number {
  const { httpApi, lambda, cloudWatch } = prices;
  const gigabyteSeconds = 1e6 * 0.03 * (functions.webhookReceiver.memoryMegabytes / 1024);
  return (
    httpApi.millionRequests +
    lambda.millionInvocations +
    gigabyteSeconds * lambda.gigabyteSecond +
    toGigabytes(1e6 * 1_500) * cloudWatch.logGigabyte
  );
}
