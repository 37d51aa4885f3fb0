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

/** What closed days cost per month: the passes, the lake, findings and bills. */

/** What closed days cost per month, in dollars per line. */
export interface ClosedDays {
  readonly reads: number;
  readonly writes: number;
  readonly lambda: number;
  /** Requests to the lake. */
  readonly requests: number;
  readonly metrics: number;
  /** For each month of SIM-days that are kept. */
  readonly simDayStorage: number;
  /** For each month of rows in the lake. */
  readonly lakeStorage: number;
}

/** Average bytes of a SIM's days of the month that are already stored. */
const monthBytes = 15 * itemSizes.simDay;

/**
 * Read units of a SIM-day besides its usage, consistent: events, the index of sessions, two sessions and their notes,
 * half of the month's days, and the SIM in the list of all SIMs, of which a unit covers four.
 */
export const otherDayReads = 1 + 1 + 2 + 2 + Math.ceil(monthBytes / 4_096) + 1 / 4;

/** Write units of a SIM-day: the day, and the notes of two sessions. */
export const dayWrites = 1 + 2;

/** Read units of a SIM's usage of a day. */
export function countUsageReads({ usageRecords, usageBytes }: SimDayShape): number {
  return Math.ceil((usageRecords * usageBytes) / 4_096);
}

/** Objects that are written per bucket: rows of five kinds, a list, and its result before and after. */
const objectsPerBucket = 5 + 1 + 2;

/** A month of closed days: each SIM's day is read once. */
export function priceDays(sims: number, day: SimDayShape): ClosedDays {
  const simDays = sims * monthDays;
  const buckets = countBuckets(sims) + 1;
  const records = simDays * day.usageRecords;
  // The time per SIM depends on how many records it has.
  const seconds =
    (records / (alwaysOnDay.usageRecords * simDaysPerCpuSecond) + monthDays * buckets * idleBucketSeconds) *
    (functions.dayWorker.memoryMegabytes / 1024);
  const { dynamoDb, lambda, s3, cloudWatch } = prices;
  return {
    reads: toMillions(simDays * (countUsageReads(day) + otherDayReads)) * dynamoDb.millionReadUnits,
    writes: toMillions(simDays * dayWrites) * dynamoDb.millionWriteUnits,
    lambda: seconds * lambda.gigabyteSecond,
    // Each bucket that is done looks at some results of others, and the last one at all of them.
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
 * Dollars for one SIM-day: reads, writes, and the function's time.
 *
 * @param perCpuSecond how many SIM-days a second of a whole CPU processes.
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
 * Usage rows that a bill reads and rates per second of CPU, if its tariffs need neither sessions nor single records; a
 * quarter of it if they do. Measured on 30 days of 30 always-on SIMs.
 */
const billedRowsPerCpuSecond = 90_000;

/** Usage rows that are read by one request to S3. */
const rowsPerRequest = 20_000;

/** Dollars for making a month's bill once, if there are tariffs. */
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

/** Dollars for reading and storing a million SIM-days, which `days close` shows before it begins. */
export function priceMillionSimDays(): number {
  return 1_000_000 * priceSimDay(alwaysOnDay, simDaysPerCpuSecond);
}

/**
 * Read units of a SIM in a partial pass besides its usage, eventually consistent: events, the index of sessions, two
 * sessions, half of the month's days, and the SIM in the list of all SIMs.
 */
export const otherPartialReads = (1 + 1 + 2 + Math.ceil(monthBytes / 4_096) + 1 / 4) / 2;

/**
 * Read units of a SIM's usage in all partial passes of a day, eventually consistent: each pass reads the day so far.
 */
export function countPartialReads(day: SimDayShape, hours: number = partialHours): number {
  const passes = Math.ceil(24 / hours);
  const units = Array.from({ length: passes }, (_, pass) => {
    const share = Math.min(1, ((pass + 1) * hours) / 24);
    return countUsageReads({ ...day, usageRecords: day.usageRecords * share }) / 2;
  });
  return units.reduce((sum, each) => sum + each, 0);
}

/**
 * Objects that are written per bucket of a partial pass: its list and its result. Both are read again, with the plan.
 */
const objectsPerPartialBucket = 2;

/** Dollars for a month of partial passes; small fleets have none. */
export function pricePartialPasses(sims: number, day: SimDayShape, hours: number = partialHours): number {
  if (sims <= maxLiveSims) return 0;
  const passes = Math.ceil(24 / hours);
  const simPasses = sims * monthDays * passes;
  const units = sims * monthDays * countPartialReads(day, hours) + simPasses * otherPartialReads;
  const buckets = countBuckets(sims);
  // On average, a pass reads half of the day, plus half of the time between two passes.
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

/** Seconds of an invocation besides its SIMs. */
const idleBucketSeconds = 1;

/** What closed days cost in the last of so many months. */
export function sumDays({ simDayStorage, lakeStorage, ...month }: ClosedDays, months: number): number {
  return addUp(month) + months * (simDayStorage + lakeStorage);
}

/** Write units of a SIM-day with findings: the item, and its entry in the list of the month. */
const findingWrites = 2;

/**
 * Dollars that findings add to closed days per month: the usage of sessions that began on an earlier day is read a
 * second time, and a SIM-day with findings is one more item.
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
