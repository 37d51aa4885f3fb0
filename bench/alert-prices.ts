import { maxListedSims, maxScannedSims, silentParts } from '../lambda/alerts/sweep/silent-list.ts';
import { sweep } from '../lambda/aws/names.ts';
import { lateRecordPartitions } from '../lambda/store/late-records.ts';
import { heardPageSize } from '../lambda/store/reader.ts';
import { functions } from '../lib/limits.ts';
import { countUsageReads } from './day-prices.ts';
import { countBatches } from './month.ts';
import { monthDays, monthHours, prices, toMillions } from './prices.ts';
import { alwaysOnDay, alwaysOnSim, itemSizes, streamerSim } from './sim-shapes.ts';

/** What alerts cost per month: marks, sweeps, judging and delivery. */

/** Dollars for the writes that move SIMs' marks, once per granule. */
export function priceMarks(sims: number, granulesOfMonth: number): number {
  return toMillions(sims * granulesOfMonth) * prices.dynamoDb.millionWriteUnits;
}

/** The most bytes of a SIM's item with its marks: what one write unit covers. */
const maxSimBytes = 1_024;

/**
 * Dollars at most for the reads of alert sweeps. Each sweep reads all SIMs, eventually consistently: half a unit per 4
 * KB.
 */
export function priceSweeps(sims: number, minutes: number): number {
  const units = (sims * maxSimBytes) / 4_096 / 2;
  return toMillions(units * ((monthHours * 60) / minutes)) * prices.dynamoDb.millionReadUnits;
}

/** The most seconds of a sweep of a million SIMs, as `npm run bench -- sweep` measures. */
const sweepSecondsPerMillion = 40;

/** Dollars for the sweep function. */
export function priceSweepFunction(sims: number, minutes: number): number {
  const runs = (monthHours * 60) / minutes;
  const seconds = runs * Math.max(1, sweepSecondsPerMillion * toMillions(sims));
  const gigabytes = functions.alertSweep.memoryMegabytes / 1024;
  return (
    toMillions(runs) * prices.lambda.millionInvocations + seconds * gigabytes * prices.lambda.gigabyteSecond
  );
}

/** Bytes of a SIM and its mark in the list of silent SIMs. */
const listedSimBytes = 40;

/**
 * Dollars for listing, in each sweep, the SIMs of a source that have been silent longest. Only for fleets that are too
 * large to scan.
 */
export function priceSilentList(sims: number, minutes: number): number {
  if (sims <= maxScannedSims) return 0;
  const units = silentParts * Math.ceil((maxListedSims * listedSimBytes) / 1_024);
  return toMillions(units * ((monthHours * 60) / minutes)) * prices.dynamoDb.millionWriteUnits;
}

/** Usage records of an always-on SIM that are read once a day: those of two days, and a page of earlier ones. */
const dailyRecords = 2 * (alwaysOnSim.updates / monthDays) + 100;

/** Read units for judging an always-on SIM: its usage, and some for its episodes, events and sessions. */
const judgedUnits = (dailyRecords * itemSizes.superSimUsage) / 4_096 / 2 + 6;

/** Dollars for judging each always-on SIM once a day. */
export function priceDailyJudging(sims: number): number {
  return toMillions(sims * monthDays * judgedUnits) * prices.dynamoDb.millionReadUnits;
}

/** SIMs per note of late records: a batch has some hundred, and its last note is half full. */
const simsPerNote = 18;

/**
 * Dollars for records that arrive later than their source usually is, if an outage delays some records of each SIM once
 * a month. Notes are put, read and deleted, and each SIM is judged again. Each sweep looks for notes with consistent
 * reads.
 */
export function priceLateRecords(sims: number, minutes: number): number {
  const looks = lateRecordPartitions * ((monthHours * 60) / minutes);
  const notes = sims / simsPerNote;
  const reads = toMillions(looks + notes + sims * judgedUnits) * prices.dynamoDb.millionReadUnits;
  return reads + toMillions(2 * notes) * prices.dynamoDb.millionWriteUnits;
}

/** Dollars for noting how far streams were read: two write units per invocation, at its beginning and its end. */
export function priceReadNotes(sims: number): number {
  const { invocations } = countBatches(sims * (streamerSim.usageRecords + streamerSim.events));
  return toMillions(2 * invocations) * prices.dynamoDb.millionWriteUnits;
}

/** Read units for a SIM's latest usage (a page) and its latest event, eventually consistent. */
const exactHeardUnits = Math.ceil((heardPageSize * itemSizes.usage) / 4_096) / 2 + 0.5;

/** Dollars for looking at each SIM of a small source in each sweep, as happens while the source may be late. */
export function priceExactTimes(sims: number, minutes: number): number {
  const units = sims * exactHeardUnits * ((monthHours * 60) / minutes);
  return toMillions(units) * prices.dynamoDb.millionReadUnits;
}

/** Read units of an episode, or of another small item, read consistently. */
const smallReadUnits = 1;

/**
 * Dollars for a rule about daily usage: once a day, it reads three SIM-days and the records since the last sealed day.
 */
export function priceDayRule(sims: number): number {
  const units = readDaysUnits(3) + unsealedDays * (countUsageReads(alwaysOnDay) / 2) + smallReadUnits;
  return toMillions(sims * monthDays * units) * prices.dynamoDb.millionReadUnits;
}

/**
 * Dollars for a rule about monthly usage: once a day, it reads all SIM-days of the month and the records since then.
 */
export function priceMonthRule(sims: number): number {
  const units = readDaysUnits(31) + unsealedDays * (countUsageReads(alwaysOnDay) / 2) + smallReadUnits;
  return toMillions(sims * monthDays * units) * prices.dynamoDb.millionReadUnits;
}

/** Days that are not sealed when a SIM is judged: half of today, and yesterday until it is sealed. */
const unsealedDays = 1;

function readDaysUnits(simDays: number): number {
  return Math.ceil((simDays * itemSizes.simDay) / 4_096);
}

/** Share of SIM-days that have findings. */
const findingShare = 0.01;

/** Bytes of an entry in the list of SIMs with findings. */
const findingKeyBytes = 150;

/**
 * Dollars for a rule about findings: once a day each SIM, and once an hour the list of SIMs with findings on two days,
 * each of which is judged.
 */
export function priceFindingRule(sims: number): number {
  const found = 2 * findingShare * sims;
  const list = (found * findingKeyBytes) / 4_096 / 2 + findingSlots / 2;
  const units = sims * monthDays * 2 * smallReadUnits + monthHours * (list + found * 2 * smallReadUnits);
  return toMillions(units) * prices.dynamoDb.millionReadUnits;
}

/** Slots of the list of SIMs with findings. */
const findingSlots = 16;

/** Dollars for the metrics of alert sweeps, which do not depend on the number of rules and sources. */
export function priceSweepMetrics(): number {
  return Object.keys(sweep).length * prices.cloudWatch.metricMonth;
}

/**
 * Dollars for alert delivery that finds nothing due: each minute an invocation and its schedule, and for each receiver
 * two write units to take and return its lease, and half a read unit.
 */
export function priceIdleDelivery(receivers: number): number {
  const runs = monthHours * 60;
  const gigabytes = functions.alertDelivery.memoryMegabytes / 1024;
  const seconds = runs * idleDeliverySeconds;
  return (
    toMillions(runs) * (prices.lambda.millionInvocations + prices.scheduler.millionInvocations) +
    seconds * gigabytes * prices.lambda.gigabyteSecond +
    toMillions(runs * receivers * 2) * prices.dynamoDb.millionWriteUnits +
    toMillions((runs * receivers) / 2) * prices.dynamoDb.millionReadUnits
  );
}

/** Assumed seconds of a delivery run that finds nothing due: three requests to DynamoDB. */
const idleDeliverySeconds = 0.1;
