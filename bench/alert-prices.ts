import { maxListedSims, maxScannedSims, silentParts } from '../lambda/alerts/sweep/silent-list.ts';
import { sweep } from '../lambda/aws/names.ts';
import { lateRecordPartitions } from '../lambda/store/late-records.ts';
import { heardPageSize } from '../lambda/store/reader.ts';
import { functions } from '../lib/limits.ts';
import { countUsageReads } from './day-prices.ts';
import { countBatches } from './month.ts';
import { monthDays, monthHours, prices, toMillions } from './prices.ts';
import { alwaysOnDay, alwaysOnSim, itemSizes, streamerSim } from './sim-shapes.ts';

/** What alerts cost in a month: marks, sweeps, judging and delivery. */

/** Dollars of moving the marks of so many SIMs once a granule. */
export function priceMarks(sims: number, granulesOfMonth: number): number {
  return toMillions(sims * granulesOfMonth) * prices.dynamoDb.millionWriteUnits;
}

/** Bytes of a SIM's item with its marks, at most: the largest that one write unit takes. */
const maxSimBytes = 1_024;

/** Dollars at most of the sweeps of alerts, each of which reads all SIMs, eventually consistent: half a unit for 4 KB. */
export function priceSweeps(sims: number, minutes: number): number {
  const units = (sims * maxSimBytes) / 4_096 / 2;
  return toMillions(units * ((monthHours * 60) / minutes)) * prices.dynamoDb.millionReadUnits;
}

/** Seconds of a sweep of a million SIMs, at most: `npm run bench -- sweep` measures it. */
const sweepSecondsPerMillion = 40;

/** Dollars of the function that sweeps. */
export function priceSweepFunction(sims: number, minutes: number): number {
  const runs = (monthHours * 60) / minutes;
  const seconds = runs * Math.max(1, sweepSecondsPerMillion * toMillions(sims));
  const gigabytes = functions.alertSweep.memoryMegabytes / 1024;
  return (
    toMillions(runs) * prices.lambda.millionInvocations + seconds * gigabytes * prices.lambda.gigabyteSecond
  );
}

/** Bytes of a SIM with its mark in the list of silent SIMs. */
const listedSimBytes = 40;

/** Dollars of listing the longest silent SIMs of a source in each sweep, of fleets that are too large to go through. */
export function priceSilentList(sims: number, minutes: number): number {
  if (sims <= maxScannedSims) return 0;
  const units = silentParts * Math.ceil((maxListedSims * listedSimBytes) / 1_024);
  return toMillions(units * ((monthHours * 60) / minutes)) * prices.dynamoDb.millionWriteUnits;
}

/** Usage records of an always-on SIM that are read once a day: of two days, and a page of earlier ones. */
const dailyRecords = 2 * (alwaysOnSim.updates / monthDays) + 100;

/** Read units of judging an always-on SIM: its usage, and some for its episodes, events and sessions. */
const judgedUnits = (dailyRecords * itemSizes.superSimUsage) / 4_096 / 2 + 6;

/** Dollars of judging each always-on SIM once a day. */
export function priceDailyJudging(sims: number): number {
  return toMillions(sims * monthDays * judgedUnits) * prices.dynamoDb.millionReadUnits;
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
  const reads = toMillions(looks + notes + sims * judgedUnits) * prices.dynamoDb.millionReadUnits;
  return reads + toMillions(2 * notes) * prices.dynamoDb.millionWriteUnits;
}

/** Dollars of noting how far streams are read: two write units an invocation, at its beginning and its end. */
export function priceReadNotes(sims: number): number {
  const { invocations } = countBatches(sims * (streamerSim.usageRecords + streamerSim.events));
  return toMillions(2 * invocations) * prices.dynamoDb.millionWriteUnits;
}

/** Read units of a SIM's last usage, a page of it, and its last event: eventually consistent. */
const exactHeardUnits = Math.ceil((heardPageSize * itemSizes.usage) / 4_096) / 2 + 0.5;

/** Dollars of looking at each SIM of a small source in each sweep, as while it may be late. */
export function priceExactTimes(sims: number, minutes: number): number {
  const units = sims * exactHeardUnits * ((monthHours * 60) / minutes);
  return toMillions(units) * prices.dynamoDb.millionReadUnits;
}

/** Read units of an episode, and of an item that is small: by consistent reads. */
const smallReadUnits = 1;

/** Dollars of a rule about the usage of days: once a day, three SIM-days and the records since the last sealed one. */
export function priceDayRule(sims: number): number {
  const units = readDaysUnits(3) + unsealedDays * (countUsageReads(alwaysOnDay) / 2) + smallReadUnits;
  return toMillions(sims * monthDays * units) * prices.dynamoDb.millionReadUnits;
}

/** Dollars of a rule about the usage of months: once a day, all its SIM-days, and the records since. */
export function priceMonthRule(sims: number): number {
  const units = readDaysUnits(31) + unsealedDays * (countUsageReads(alwaysOnDay) / 2) + smallReadUnits;
  return toMillions(sims * monthDays * units) * prices.dynamoDb.millionReadUnits;
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
  return toMillions(units) * prices.dynamoDb.millionReadUnits;
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
    toMillions(runs) * (prices.lambda.millionInvocations + prices.scheduler.millionInvocations) +
    seconds * gigabytes * prices.lambda.gigabyteSecond +
    toMillions(runs * receivers * 2) * prices.dynamoDb.millionWriteUnits +
    toMillions((runs * receivers) / 2) * prices.dynamoDb.millionReadUnits
  );
}

/** Seconds of a run of delivery that finds nothing due, as assumed: three requests to DynamoDB. */
const idleDeliverySeconds = 0.1;
