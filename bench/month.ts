import { maxListedSims, maxScannedSims, silentParts } from '../lambda/alerts/sweep/silent-list.ts';
import { days, sweep } from '../lambda/aws/names.ts';
import { countBuckets } from '../lambda/days/buckets.ts';
import { maxLiveSims } from '../lambda/days/partial-days.ts';
import { concurrentReads } from '../lambda/days/pass/seal.ts';
import { lateRecordPartitions } from '../lambda/store/late-records.ts';
import { heardPageSize } from '../lambda/store/reader.ts';
import { functions, partialHours, streamMapping } from '../lib/limits.ts';
import { consumerRecordsPerCpuSecond, onDemandShards, simDaysPerCpuSecond } from '../lib/sizing.ts';
import { gigabytesPerCpu, monthDays, monthHours, prices } from './prices.ts';

/** What a month costs, from the prices and from what was measured of records, items, invocations and logs. */

/** Bytes of an item as DynamoDB counts them, made of carriers' own documents; a test measures them again. */
export const itemSizes = {
  superSimUsage: 523,
  /** With `sessionRefresh: "hourly"`, where the item keeps the session's totals. */
  hourlySuperSimUsage: 542,
  usage: 437,
  event: 831,
  session: 743,
  /** A SIM-day with usage in one country and tariff. */
  simDay: 496,
} as const;

/** Bytes of a usage record in a Parquet file, measured of always-on SIMs with ids as carriers make them. */
export const parquetRowBytes = 40;

/** What a SIM of a data streamer (1NCE, emnify, Telekom) does in a month. */
export const streamerSim = {
  usageRecords: 10 * monthDays,
  events: 6 * monthDays,
  sessions: 2 * monthDays,
  /** KB of a record, as it is read out of the stream. */
  recordKilobytes: 1.2,
} as const;

/** What a Super SIM that is always on sends in a month: an update every 6 minutes. */
export const alwaysOnSim = {
  updates: 240 * monthDays,
  refreshes: 24 * monthDays,
  recordKilobytes: 1.5,
} as const;

/**
 * Granules of a month, each of which moves the marks of a SIM once: 12 hours without rules, and 3 hours with one that
 * asks for a silence of 6.
 */
export const granules = { withoutRules: 2 * monthDays, ofThreeHours: 8 * monthDays } as const;

/** Metrics of a source: receipt by kind, lag, traffic, mapping. */
export const metricsPerSource = 22;
/** Metrics of a pair of country and operator. */
export const metricsPerNetwork = 4;
/** SIMs that a process of the consumer remembers; where there are more, a record reads its SIM again. */
export const rememberedSims = 100_000;
/** Milliseconds of an invocation beside its records' CPU. */
const invocationMilliseconds = 10;
/** KB that an invocation logs, and what each further network in it adds. */
const logKilobytes = { invocation: 2.3, network: 0.435 } as const;
/** Requests of a month by which the importer polls its queue, in millions, and a few thousand files. */
const pollingMillions = 1;

/** What a month of one fleet costs, in dollars a line. */
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
  /** Closed days and partial passes: what reading them costs, and the first month's storage of what is made of them. */
  readonly days: number;
}

/** What is deployed, counted from the template. */
export interface Deployed {
  readonly alarms: number;
  readonly dashboards: number;
}

/** How records come in batches. */
export interface Batches {
  readonly invocations: number;
  /** Batches of one record, each of which is noted in the table Deliveries: a write unit and a read unit. */
  readonly ofOneRecord: number;
  readonly recordsEach: number;
}

/**
 * Batches of a month: each lane (a shard's batch at a time) collects what comes within its window, and records come
 * independently of each other.
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

/** Dollars of Lambda for the consumer: its invocations, their waiting, and the CPU of their records. */
export function priceConsumer(records: number, invocations: number): number {
  const seconds = (invocations * invocationMilliseconds) / 1000 + records / consumerRecordsPerCpuSecond;
  const gigabytes = functions.kinesisConsumer.memoryMegabytes / 1024;
  return (
    millions(invocations) * prices.lambda.millionInvocations +
    seconds * gigabytes * prices.lambda.gigabyteSecond
  );
}

/** Dollars a month of items that are kept, with their backups. */
export function priceStorage(items: number, bytesEach: number): number {
  const { gigabyteMonth, backupGigabyteMonth, itemOverheadBytes } = prices.dynamoDb;
  return gigabytes(items * (bytesEach + itemOverheadBytes)) * (gigabyteMonth + backupGigabyteMonth);
}

/** Dollars of what goes through a stream on demand and is kept for 7 days. */
export function priceStreamData(records: number, kilobytes: number): number {
  const { gigabyteIn, gigabyteOut, keptGigabyteMonth } = prices.kinesis;
  const out = gigabytes(records * kilobytes * 1000);
  const keptMonths = 6 / monthDays;
  return (
    gigabytes(records * Math.ceil(kilobytes) * 1000) * gigabyteIn +
    out * (gigabyteOut + keptMonths * keptGigabyteMonth)
  );
}

/**
 * Dollars of reading SIMs, half a read unit each: before a mark is moved, and at each record where a process must
 * forget SIMs.
 */
export function priceSimReads(sims: number, records: number): number {
  const reads = sims <= rememberedSims ? sims * granules.withoutRules : records;
  return millions(reads / 2) * prices.dynamoDb.millionReadUnits;
}

/** Dollars of moving the marks of so many SIMs once a granule. */
export function priceMarks(sims: number, granulesOfMonth: number): number {
  return millions(sims * granulesOfMonth) * prices.dynamoDb.millionWriteUnits;
}

/** Bytes of a SIM's item with its marks, at most: the largest that one write unit takes. */
const maxSimBytes = 1_024;

/** Dollars at most of the sweeps of alerts, each of which reads all SIMs, eventually consistent: half a unit for 4 KB. */
export function priceSweeps(sims: number, minutes: number): number {
  const units = (sims * maxSimBytes) / 4_096 / 2;
  return millions(units * ((monthHours * 60) / minutes)) * prices.dynamoDb.millionReadUnits;
}

/** Seconds of a sweep of a million SIMs, at most: `npm run bench -- sweep` measures it. */
const sweepSecondsPerMillion = 40;

/** Dollars of the function that sweeps. */
export function priceSweepFunction(sims: number, minutes: number): number {
  const runs = (monthHours * 60) / minutes;
  const seconds = runs * Math.max(1, sweepSecondsPerMillion * millions(sims));
  const gigabytes = functions.alertSweep.memoryMegabytes / 1024;
  return (
    millions(runs) * prices.lambda.millionInvocations + seconds * gigabytes * prices.lambda.gigabyteSecond
  );
}

/** Bytes of a SIM with its mark in the list of silent SIMs. */
const listedSimBytes = 40;

/** Dollars of listing the longest silent SIMs of a source in each sweep, of fleets that are too large to go through. */
export function priceSilentList(sims: number, minutes: number): number {
  if (sims <= maxScannedSims) return 0;
  const units = silentParts * Math.ceil((maxListedSims * listedSimBytes) / 1_024);
  return millions(units * ((monthHours * 60) / minutes)) * prices.dynamoDb.millionWriteUnits;
}

/** Usage records of an always-on SIM that are read once a day: of two days, and a page of earlier ones. */
const dailyRecords = 2 * (alwaysOnSim.updates / monthDays) + 100;

/** Read units of judging an always-on SIM: its usage, and some for its episodes, events and sessions. */
const judgedUnits = (dailyRecords * itemSizes.superSimUsage) / 4_096 / 2 + 6;

/** Dollars of judging each always-on SIM once a day. */
export function priceDailyJudging(sims: number): number {
  return millions(sims * monthDays * judgedUnits) * prices.dynamoDb.millionReadUnits;
}

/** SIMs of a note of late records: a batch has some hundred, and what it has left fills the last note half. */
const simsPerNote = 18;

/**
 * Dollars of records that come later than their source's lateness, where an outage delays some of each SIM once a month:
 * notes are put, read and deleted, and each SIM is judged again. Each sweep looks for notes, consistently.
 */
export function priceLateRecords(sims: number, minutes: number): number {
  const looks = lateRecordPartitions * ((monthHours * 60) / minutes);
  const notes = sims / simsPerNote;
  const reads = millions(looks + notes + sims * judgedUnits) * prices.dynamoDb.millionReadUnits;
  return reads + millions(2 * notes) * prices.dynamoDb.millionWriteUnits;
}

/** Dollars of noting how far streams are read: two write units an invocation, at its beginning and its end. */
export function priceReadNotes(sims: number): number {
  const { invocations } = countBatches(sims * (streamerSim.usageRecords + streamerSim.events));
  return millions(2 * invocations) * prices.dynamoDb.millionWriteUnits;
}

/** Read units of a SIM's last usage, a page of it, and its last event: eventually consistent. */
const exactHeardUnits = Math.ceil((heardPageSize * itemSizes.usage) / 4_096) / 2 + 0.5;

/** Dollars of looking at each SIM of a small source in each sweep, as while it may be late. */
export function priceExactTimes(sims: number, minutes: number): number {
  const units = sims * exactHeardUnits * ((monthHours * 60) / minutes);
  return millions(units) * prices.dynamoDb.millionReadUnits;
}

/** Read units of an episode, and of an item that is small: by consistent reads. */
const smallReadUnits = 1;

/** Dollars of a rule about the usage of days: once a day, three SIM-days and the records since the last sealed one. */
export function priceDayRule(sims: number): number {
  const units = readDaysUnits(3) + unsealedDays * (countUsageReads(alwaysOnDay) / 2) + smallReadUnits;
  return millions(sims * monthDays * units) * prices.dynamoDb.millionReadUnits;
}

/** Dollars of a rule about the usage of months: once a day, all its SIM-days, and the records since. */
export function priceMonthRule(sims: number): number {
  const units = readDaysUnits(31) + unsealedDays * (countUsageReads(alwaysOnDay) / 2) + smallReadUnits;
  return millions(sims * monthDays * units) * prices.dynamoDb.millionReadUnits;
}

/** Days that are not sealed when a SIM is judged: today, half of it, and yesterday, until it is sealed. */
const unsealedDays = 1;

function readDaysUnits(simDays: number): number {
  return Math.ceil((simDays * itemSizes.simDay) / 4_096);
}

/** Of the SIM-days so many have findings. */
const findingShare = 0.01;

/** Bytes of an entry in the list of SIMs with findings. */
const findingKeyBytes = 150;

/**
 * Dollars of a rule about findings: each SIM once a day; once an hour the list of the SIMs with findings on two days, each of
 * which is judged.
 */
export function priceFindingRule(sims: number): number {
  const found = 2 * findingShare * sims;
  const list = (found * findingKeyBytes) / 4_096 / 2 + findingSlots / 2;
  const units = sims * monthDays * 2 * smallReadUnits + monthHours * (list + found * 2 * smallReadUnits);
  return millions(units) * prices.dynamoDb.millionReadUnits;
}

/** Parts of the list of SIMs with findings. */
const findingSlots = 16;

/** Dollars of the metrics of the sweep of alerts, however many rules and sources there are. */
export function priceSweepMetrics(): number {
  return Object.keys(sweep).length * prices.cloudWatch.metricMonth;
}

/**
 * Dollars of delivery of alerts that finds nothing due: each minute an invocation, the schedule's too, and for each
 * receiver its lease taken and given back, two write units, and half a read unit.
 */
export function priceIdleDelivery(receivers: number): number {
  const runs = monthHours * 60;
  const gigabytes = functions.alertDelivery.memoryMegabytes / 1024;
  const seconds = runs * idleDeliverySeconds;
  return (
    millions(runs) * (prices.lambda.millionInvocations + prices.scheduler.millionInvocations) +
    seconds * gigabytes * prices.lambda.gigabyteSecond +
    millions(runs * receivers * 2) * prices.dynamoDb.millionWriteUnits +
    millions((runs * receivers) / 2) * prices.dynamoDb.millionReadUnits
  );
}

/** Seconds of a run of delivery that finds nothing due, as assumed: three requests to DynamoDB. */
const idleDeliverySeconds = 0.1;

/**
 * Dollars of sending volumes as metrics, without what the receiver charges: each batch sends a message, of which ten are
 * received and deleted at once; each minute a run of the exporter, the schedule's too; alarms and the secret.
 */
export function priceMetricsExport(sims: number): number {
  const { invocations } = countBatches(sims * (streamerSim.usageRecords + streamerSim.events));
  const runs = monthHours * 60;
  const { lambda, scheduler, sqs, cloudWatch, secretMonth } = prices;
  const telling = invocations * tellingSeconds * (functions.kinesisConsumer.memoryMegabytes / 1024);
  const exporting = runs * exportSeconds * (functions.metricsExporter.memoryMegabytes / 1024);
  return (
    millions(invocations * (1 + 2 / 10) + runs) * sqs.millionRequests +
    millions(runs) * (lambda.millionInvocations + scheduler.millionInvocations) +
    (telling + exporting) * lambda.gigabyteSecond +
    metricsAlarms * cloudWatch.alarmMonth +
    secretMonth
  );
}

/** Seconds of an invocation for sending a message, and of a run of the exporter: it waits for its queue for a second. */
const tellingSeconds = 0.01;
const exportSeconds = 1.5;
/** Errors, throttles, secret, late and dropped metrics. */
const metricsAlarms = 5;

/** Dollars of logs, of a month's invocations with records of so many networks. */
export function priceLogs({ invocations, recordsEach }: Batches, networks: number): number {
  const met = networks * (1 - (1 - 1 / networks) ** recordsEach);
  const bytes = (logKilobytes.invocation + logKilobytes.network * (met - 1)) * 1000;
  return gigabytes(invocations * bytes) * prices.cloudWatch.logGigabyte;
}

/**
 * Write units of a SIM and month: usage item and session; event, session and SIM; the index of a new session; and marks
 * that usage moves.
 */
export const streamerWriteUnits =
  streamerSim.usageRecords * 2 + streamerSim.events * 3 + streamerSim.sessions + granules.withoutRules;

/**
 * A month of SIMs of a data streamer.
 *
 * @param networks pairs of country and operator that are measured by name, `other` among them.
 * @param months for which usage and sessions have been stored; events expire after three.
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
    writes: millions(sims * streamerWriteUnits + batches.ofOneRecord) * dynamoDb.millionWriteUnits,
    reads: millions(batches.ofOneRecord) * dynamoDb.millionReadUnits + priceSimReads(sims, records),
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

/** What a SIM does on a day. */
export interface SimDayShape {
  readonly usageRecords: number;
  /** Bytes of a usage item. */
  readonly usageBytes: number;
}

/** A day of a data-streamer SIM. */
export const streamerDay: SimDayShape = {
  usageRecords: streamerSim.usageRecords / monthDays,
  usageBytes: itemSizes.usage,
};

/** A day of a Super SIM that is always on. */
export const alwaysOnDay: SimDayShape = {
  usageRecords: alwaysOnSim.updates / monthDays,
  usageBytes: itemSizes.superSimUsage,
};

/** What closed days cost in a month, in dollars a line. */
export interface ClosedDays {
  readonly reads: number;
  readonly writes: number;
  readonly lambda: number;
  /** Requests to the lake. */
  readonly requests: number;
  readonly metrics: number;
  /** Of each month that SIM-days are kept. */
  readonly simDayStorage: number;
  /** Of each month that the lake has. */
  readonly lakeStorage: number;
}

/** Bytes of the days of a SIM that are stored of a month, on average. */
const monthBytes = 15 * itemSizes.simDay;

/**
 * Read units of a SIM-day beside its usage, consistent: events, the index of sessions, two sessions and their notes, half of
 * the month's days, and the SIM in the list of all, of which a unit holds four.
 */
export const otherDayReads = 1 + 1 + 2 + 2 + Math.ceil(monthBytes / 4_096) + 1 / 4;

/** Write units of a SIM-day: the day, and the notes of two sessions. */
export const dayWrites = 1 + 2;

/** Read units of a day's usage of a SIM. */
export function countUsageReads({ usageRecords, usageBytes }: SimDayShape): number {
  return Math.ceil((usageRecords * usageBytes) / 4_096);
}

/** Objects that are written for a bucket: rows of five kinds, a list, and its result before and after. */
const objectsPerBucket = 5 + 1 + 2;

/** A month of closed days: each SIM's day is read once. */
export function priceDays(sims: number, day: SimDayShape): ClosedDays {
  const simDays = sims * monthDays;
  const buckets = countBuckets(sims) + 1;
  const records = simDays * day.usageRecords;
  // What is read of a SIM takes time by its records.
  const seconds =
    (records / (alwaysOnDay.usageRecords * simDaysPerCpuSecond) + monthDays * buckets * idleBucketSeconds) *
    (functions.dayWorker.memoryMegabytes / 1024);
  const { dynamoDb, lambda, s3, cloudWatch } = prices;
  return {
    reads: millions(simDays * (countUsageReads(day) + otherDayReads)) * dynamoDb.millionReadUnits,
    writes: millions(simDays * dayWrites) * dynamoDb.millionWriteUnits,
    lambda: seconds * lambda.gigabyteSecond,
    // Each bucket that is done looks at some results of others, and the last one at all.
    requests:
      (monthDays / 1_000) *
      (buckets * objectsPerBucket * s3.thousandPuts +
        buckets * (concurrentReads + objectsPerBucket + 1) * s3.thousandGets),
    metrics: Object.keys(days).length * cloudWatch.metricMonth,
    simDayStorage: priceStorage(simDays, itemSizes.simDay),
    lakeStorage: gigabytes(records * parquetRowBytes) * s3.gigabyteMonth,
  };
}

/**
 * Dollars of one SIM-day: what is read and written, and the time of the function.
 *
 * @param perCpuSecond SIM-days that a second of a whole CPU makes.
 */
export function priceSimDay(day: SimDayShape, perCpuSecond: number): number {
  const { dynamoDb, lambda } = prices;
  return (
    millions(countUsageReads(day) + otherDayReads) * dynamoDb.millionReadUnits +
    millions(dayWrites) * dynamoDb.millionWriteUnits +
    (gigabytesPerCpu / perCpuSecond) * lambda.gigabyteSecond
  );
}

/**
 * Usage rows that a bill reads and rates in a second of CPU, where its tariffs need neither sessions nor single records: a
 * quarter of it where they do. Measured on 30 days of 30 always-on SIMs.
 */
const billedRowsPerCpuSecond = 90_000;

/** Usage rows that are read by one request to S3. */
const rowsPerRequest = 20_000;

/** What making a month's bill once costs, where tariffs are put, in dollars. */
export function priceBill(sims: number, day: SimDayShape): number {
  const rows = sims * monthDays * day.usageRecords;
  const files = monthDays * countBuckets(sims);
  const gigabytes = functions.dayWorker.memoryMegabytes / 1024;
  const { lambda, s3 } = prices;
  return (
    (rows / billedRowsPerCpuSecond) * gigabytes * lambda.gigabyteSecond +
    ((files + rows / rowsPerRequest) / 1_000) * s3.thousandGets
  );
}

/** What reading and storing a million SIM-days costs, in dollars: what `days close` tells before it begins. */
export function priceMillionSimDays(): number {
  return 1_000_000 * priceSimDay(alwaysOnDay, simDaysPerCpuSecond);
}

/**
 * Read units of a SIM in a partial pass beside its usage, not consistent: events, the index of sessions, two sessions, half of
 * the month's days, and the SIM in the list of all.
 */
export const otherPartialReads = (1 + 1 + 2 + Math.ceil(monthBytes / 4_096) + 1 / 4) / 2;

/** Read units of a day's usage of a SIM in all partial passes of the day, not consistent: each reads the day so far. */
export function countPartialReads(day: SimDayShape, hours: number = partialHours): number {
  const passes = Math.ceil(24 / hours);
  const units = Array.from({ length: passes }, (_, pass) => {
    const share = Math.min(1, ((pass + 1) * hours) / 24);
    return countUsageReads({ ...day, usageRecords: day.usageRecords * share }) / 2;
  });
  return units.reduce((sum, each) => sum + each, 0);
}

/** Objects that are written for a bucket of a partial pass: its list and its result. Both are read again, with the plan. */
const objectsPerPartialBucket = 2;

/** Dollars of a month of partial passes; small fleets have none. */
export function pricePartialPasses(sims: number, day: SimDayShape, hours: number = partialHours): number {
  if (sims <= maxLiveSims) return 0;
  const passes = Math.ceil(24 / hours);
  const simPasses = sims * monthDays * passes;
  const units = sims * monthDays * countPartialReads(day, hours) + simPasses * otherPartialReads;
  const buckets = countBuckets(sims);
  // On average a pass reads half of a day, and a part more.
  const records = (simPasses * day.usageRecords * (1 + 1 / passes)) / 2;
  const seconds =
    records / (alwaysOnDay.usageRecords * simDaysPerCpuSecond) +
    monthDays * passes * buckets * idleBucketSeconds;
  const gigabytes = functions.dayWorker.memoryMegabytes / 1024;
  const { dynamoDb, lambda, s3 } = prices;
  const objects = (monthDays * passes * buckets * objectsPerPartialBucket) / 1_000;
  return (
    millions(units) * dynamoDb.millionReadUnits +
    millions(simPasses) * dynamoDb.millionWriteUnits +
    seconds * gigabytes * lambda.gigabyteSecond +
    objects * (s3.thousandPuts + 2 * s3.thousandGets)
  );
}

/** Seconds of an invocation beside its SIMs. */
const idleBucketSeconds = 1;

/** What closed days cost in a month after so many. */
function sumDays({ simDayStorage, lakeStorage, ...month }: ClosedDays, months: number): number {
  return addUp(month) + months * (simDayStorage + lakeStorage);
}

/** Dollars a month of the usage of always-on SIMs that is kept for so many days. */
export function priceKeptUsage(sims: number, days: number): number {
  return priceStorage(sims * alwaysOnDay.usageRecords * days, itemSizes.superSimUsage);
}

/** Write units of a SIM-day with findings: the item, and its place in the list of the month. */
const findingWrites = 2;

/**
 * What findings add to closed days in a month, in dollars: the usage of sessions that began on a day before is read a second
 * time, and a SIM-day with findings is one item.
 */
export function priceFindings(
  sims: number,
  day: SimDayShape,
): { readonly reads: number; readonly writes: number } {
  const simDays = sims * monthDays;
  const { dynamoDb } = prices;
  return {
    reads: millions(simDays * countUsageReads(day)) * dynamoDb.millionReadUnits,
    writes: millions(simDays * findingWrites) * dynamoDb.millionWriteUnits,
  };
}

/** Rows of a carrier's file that the importer takes in at once: a block of 128 KiB. */
const blockRows = 400;

/** Parts of the fleet under which it notes which records came in files: each takes a write unit. */
const filedParts = 16;

/** Dollars of a million rows of files that may repeat a stream: the notes of which records came in them. */
export function priceFiledRows(): number {
  return (filedParts / blockRows) * prices.dynamoDb.millionWriteUnits;
}

/** Bytes of such a note besides its records: its keys, and the names of its attributes. */
const filedNoteBytes = 71;

/** Bytes of a record in it: base64 of 8 bytes. */
const filedRecordBytes = 32 / 3;

/** Bytes that are kept of a row, with those that AWS adds, and dollars a month after a year of a million rows a month. */
export function priceKeptFiledRows(): { readonly bytes: number; readonly year: number } {
  const rows = blockRows / filedParts;
  const bytes = filedNoteBytes + rows * filedRecordBytes;
  return {
    bytes: (bytes + prices.dynamoDb.itemOverheadBytes) / rows,
    year: 12 * priceStorage(1_000_000 / rows, bytes),
  };
}

/** What always-on Super SIMs add in a month, in dollars a line. */
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
 * Write units of an always-on Super SIM and month: its windows, its session each time or once an hour, and its marks
 * once a granule.
 */
export const alwaysOnWriteUnits = {
  update: alwaysOnSim.updates * 2 + granules.withoutRules,
  hourly: alwaysOnSim.updates + alwaysOnSim.refreshes + granules.withoutRules,
} as const;

/** A month of Super SIMs that are always on, by the setting `sessionRefresh`. */
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
    writes: millions(sims * alwaysOnWriteUnits[refresh] + batches.ofOneRecord) * millionWriteUnits,
    reads: millions(batches.ofOneRecord) * millionReadUnits + priceSimReads(sims, updates),
    streamData: priceStreamData(updates, alwaysOnSim.recordKilobytes),
    lambda: priceConsumer(updates, batches.invocations),
    logs: priceLogs(batches, networks),
    storage,
    yearStorage: 12 * storage,
  };
}

/** Dollars of a million calls of a webhook: the gateway, 30 ms of 1 GB, and 1.5 KB of logs. */
export function priceMillionCalls(): number {
  const { httpApi, lambda, cloudWatch } = prices;
  const gigabyteSeconds = 1e6 * 0.03 * (functions.webhookReceiver.memoryMegabytes / 1024);
  return (
    httpApi.millionRequests +
    lambda.millionInvocations +
    gigabyteSeconds * lambda.gigabyteSecond +
    gigabytes(1e6 * 1_500) * cloudWatch.logGigabyte
  );
}

/** The sum of a month's lines. */
export function addUp(lines: Readonly<Record<string, number>>): number {
  return Object.values(lines).reduce((sum, line) => sum + line, 0);
}

function millions(count: number): number {
  return count / 1e6;
}

function gigabytes(bytes: number): number {
  return bytes / 1e9;
}
