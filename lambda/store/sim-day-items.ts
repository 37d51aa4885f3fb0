import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { type SimPeriod, type SimUsage, simPeriod, simUsage } from '../days/sim-days.ts';
import { UsageGroups } from '../days/sums.ts';
import { compileCodec } from './codec.ts';
import { type Item, measureItem } from './items.ts';

/** SIM-days as items. */

/** A SIM-day's item without its usage. */
export const simPeriodCodec = compileCodec<Omit<SimPeriod, 'usage'>>(simPeriod);
/** An entry of a SIM-day's usage. */
export const simUsageCodec = compileCodec<SimUsage>(simUsage);

/** A SIM's day as it is stored. */
export interface StoredSimPeriod extends SimPeriod {
  /** Dimensions by which its usage is not told apart, since there are too many combinations; nearly always none. */
  readonly leftOut: readonly LeftOut[];
  /** Of which partial pass it is; undefined where it was made of closed days. */
  readonly asOf: string | undefined;
}

/** The bytes that an item may have. DynamoDB takes 400 KB. */
const maxItemBytes = 380_000;

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
 * A SIM's day as its item, which is never too large: where there are too many combinations of dimensions for one
 * item, some dimensions are left out of all of them, so that bytes and money stay exact. The lake has them all.
 */
export function encodeSimPeriod(day: SimPeriod, revision: number): Item {
  return encodeFitting(day, { revision: { N: String(revision) } });
}

/** A SIM's day as a partial pass has found it. It has no revision, so that it is never taken for that of a closed day. */
export function encodePartialDay(period: SimPeriod, asOf: string): Item {
  return encodeFitting(period, { asOf: { S: asOf } });
}

/** @param about what the item says besides the period. */
function encodeFitting(period: SimPeriod, about: Item): Item {
  let { usage } = period;
  let item = encodeFolded(period, [], about);
  const folded: LeftOut[] = [];
  for (const name of leftOutNames) {
    if (measureItem(item) <= maxItemBytes) break;
    folded.push(name);
    usage = foldUsage(usage, name);
    item = encodeFolded({ ...period, usage }, folded, about);
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

function foldUsage(usage: readonly SimUsage[], name: LeftOut): SimUsage[] {
  const groups = new UsageGroups();
  for (const one of usage) groups.add(foldings[name](one), one.records);
  return groups.list().map(({ dimensions, sum }) => ({ ...dimensions, ...sum.sums }));
}

/** The SIM's day that an item holds. */
export function decodeSimPeriod(item: Item): StoredSimPeriod {
  const leftOut = item['leftOut']?.S?.split(',') ?? [];
  return {
    ...simPeriodCodec.decode(item),
    usage: (item['usage']?.L ?? []).map(({ M = {} }) => simUsageCodec.decode(M)),
    leftOut: leftOutNames.filter((name) => leftOut.includes(name)),
    asOf: item['asOf']?.S,
  };
}
