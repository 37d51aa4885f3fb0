import { days } from '../lambda/aws/names.ts';
import { countBuckets } from '../lambda/days/buckets.ts';
import { maxLiveSims } from '../lambda/days/partial-days.ts';
import { concurrentReads } from '../lambda/days/pass/seal.ts';
import { functions, partialHours } from '../lib/limits.ts';
import { simDaysPerCpuSecond } from '../lib/sizing.ts';
import {
  addUp,
  gigabytesPerCpu,
  monthDays,
  priceStorage,
  prices,
  toGigabytes,
  toMillions,
} from './prices.ts';
import { alwaysOnDay, itemSizes, parquetRowBytes, type SimDayShape } from './sim-shapes.ts';

/** What closed days cost in a month: the passes, the lake, findings and bills. */

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
    reads: toMillions(simDays * (countUsageReads(day) + otherDayReads)) * dynamoDb.millionReadUnits,
    writes: toMillions(simDays * dayWrites) * dynamoDb.millionWriteUnits,
    lambda: seconds * lambda.gigabyteSecond,
    // Each bucket that is done looks at some results of others, and the last one at all.
    requests:
      (monthDays / 1_000) *
      (buckets * objectsPerBucket * s3.thousandPuts +
        buckets * (concurrentReads + objectsPerBucket + 1) * s3.thousandGets),
    metrics: Object.keys(days).length * cloudWatch.metricMonth,
    simDayStorage: priceStorage(simDays, itemSizes.simDay),
    lakeStorage: toGigabytes(records * parquetRowBytes) * s3.gigabyteMonth,
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
    toMillions(countUsageReads(day) + otherDayReads) * dynamoDb.millionReadUnits +
    toMillions(dayWrites) * dynamoDb.millionWriteUnits +
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
    toMillions(units) * dynamoDb.millionReadUnits +
    toMillions(simPasses) * dynamoDb.millionWriteUnits +
    seconds * gigabytes * lambda.gigabyteSecond +
    objects * (s3.thousandPuts + 2 * s3.thousandGets)
  );
}

/** Seconds of an invocation beside its SIMs. */
const idleBucketSeconds = 1;

/** What closed days cost in a month after so many. */
export function sumDays({ simDayStorage, lakeStorage, ...month }: ClosedDays, months: number): number {
  return addUp(month) + months * (simDayStorage + lakeStorage);
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
    reads: toMillions(simDays * countUsageReads(day)) * dynamoDb.millionReadUnits,
    writes: toMillions(simDays * findingWrites) * dynamoDb.millionWriteUnits,
  };
}
