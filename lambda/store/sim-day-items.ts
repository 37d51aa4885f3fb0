import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { findSlot } from '../days/digests.ts';
import {
  type Period,
  type SimPeriod,
  type SimUsage,
  simPeriod,
  simUsage,
  sumBytes,
} from '../days/sim-days.ts';
import { UsageGroups } from '../days/sums.ts';
import { compileCodec } from './codec.ts';
import { type Item, itemBytes } from './items.ts';
import { simDaysTable } from './tables.ts';

/** SIM-days and SIM-months as items. */

export const simPeriodCodec = compileCodec<Omit<SimPeriod, 'usage'>>(simPeriod);
export const simUsageCodec = compileCodec<SimUsage>(simUsage);

/** A SIM's day or month as it is stored. */
export interface StoredSimPeriod extends SimPeriod {
  /** Dimensions by which its usage is not told apart, since there are too many combinations; nearly always none. */
  readonly leftOut: readonly LeftOut[];
  /** Of which partial pass it is; undefined where it was made of closed days. */
  readonly asOf: string | undefined;
}

/** The bytes that an item may have. DynamoDB takes 400 KB. */
const maxItemBytes = 380_000;

/** Slots over which the index by bytes spreads a period: each takes 1,000 writes a second. */
const topSlots = '0123456789abcdef';

/** Digits of the bytes in the index: more than 10^8 of the largest records have. */
const topDigits = 24;

const [byBytes] = simDaysTable.globalIndexes;

/** What is added together, step by step, until usage fits in an item: the finest dimensions first. */
const foldings = {
  rateZone: (usage) => ({ ...usage, rateZone: undefined }),
  tariff: (usage) => ({ ...usage, tariff: undefined }),
  network: (usage) => ({ ...usage, mcc: undefined, mnc: undefined, operatorName: undefined }),
  country: (usage) => ({ ...usage, country: undefined }),
  trafficType: (usage) => ({ ...usage, trafficType: 'other' }),
  // Amounts of several currencies are never added.
  cost: (usage) => ({ ...usage, currency: undefined, cost: undefined }),
} as const satisfies Readonly<Record<string, (usage: SimUsage) => SimUsage>>;

/** What usage may not be told apart by; of `cost`, it is not stated. */
export type LeftOut = keyof typeof foldings;

const leftOutNames = Object.keys(foldings) as LeftOut[];

/**
 * A SIM's day or month as its item, which is never too large: where there are too many combinations of dimensions for one
 * item, some dimensions are left out of all of them, so that bytes and money stay exact. The lake has them all.
 *
 * @param leftOut what the usage is not told apart by already.
 */
export function encodeSimPeriod(period: SimPeriod, revision: number, leftOut: readonly LeftOut[] = []): Item {
  const bytes = sumBytes(period);
  return encodeFitting(period, leftOut, {
    revision: { N: String(revision) },
    ...(bytes > 0n && {
      [byBytes.partitionKey]: { S: makeTopSlot(period.period, findTopSlot(period.sim)) },
      [byBytes.sortKey]: { S: String(bytes).padStart(topDigits, '0') },
    }),
  });
}

/** A SIM's day as a partial pass has found it. It has no revision, so that it is never taken for that of a closed day. */
export function encodePartialDay(period: SimPeriod, asOf: string): Item {
  return encodeFitting(period, [], { asOf: { S: asOf } });
}

/** @param about what the item says besides the period. */
function encodeFitting(period: SimPeriod, leftOut: readonly LeftOut[], about: Item): Item {
  let item = encodeFolded(period, leftOut, about);
  const folded: LeftOut[] = [];
  for (const name of leftOutNames) {
    if (itemBytes(item) <= maxItemBytes) break;
    folded.push(name);
    const all = leftOutNames.filter((one) => leftOut.includes(one) || folded.includes(one));
    item = encodeFolded({ ...period, usage: foldUsage(period.usage, folded) }, all, about);
  }
  return item;
}

function encodeFolded(period: SimPeriod, leftOut: readonly LeftOut[], about: Item): Item {
  const usage = period.usage.map((one): AttributeValue => ({ M: simUsageCodec.encode(one) }));
  return {
    ...simPeriodCodec.encode(period),
    usage: { L: usage },
    ...about,
    ...(leftOut.length > 0 && { leftOut: { S: leftOut.join() } }),
  };
}

function foldUsage(usage: readonly SimUsage[], names: readonly LeftOut[]): SimUsage[] {
  const groups = new UsageGroups();
  for (const one of usage) {
    const folded = names.reduce<SimUsage>((before, name) => foldings[name](before), one);
    groups.add(folded, folded.records);
  }
  return groups.list().map(({ dimensions, sum }) => ({ ...dimensions, ...sum.sums }));
}

/** The SIM's day or month that an item holds. */
export function decodeSimPeriod(item: Item): StoredSimPeriod {
  const leftOut = item['leftOut']?.S?.split(',') ?? [];
  return {
    ...simPeriodCodec.decode(item),
    usage: (item['usage']?.L ?? []).map(({ M = {} }) => simUsageCodec.decode(M)),
    leftOut: leftOutNames.filter((name) => leftOut.includes(name)),
    asOf: item['asOf']?.S,
  };
}

/** The revision by which an item was stored; 0 without an item. */
export function readRevision(item: Item | undefined): number {
  return Number(item?.['revision']?.N ?? 0);
}

/** The keys of a SIM's item of a period. */
export function makeSimPeriodKey(sim: string, period: Period): Item {
  return { [simDaysTable.partitionKey]: { S: sim }, [simDaysTable.sortKey]: { S: period } };
}

/** The partitions of the index by bytes that a period has. */
export function listTopSlots(period: Period): string[] {
  return [...topSlots].map((slot) => makeTopSlot(period, slot));
}

function makeTopSlot(period: Period, slot: string): string {
  return `${period}#${slot}`;
}

function findTopSlot(sim: string): string {
  return findSlot(sim).slice(0, 1);
}
