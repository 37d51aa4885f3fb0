import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { type SimPeriod, type SimUsage, simPeriod, simUsage } from '../days/sim-days.ts';
import { UsageGroups } from '../days/sums.ts';
import { compileCodec } from './codec.ts';
import { type Item, measureItem } from './items.ts';

/** SIM-days as items. */

/** Encodes and decodes a SIM-day's item, without its usage. */
export const simPeriodCodec = compileCodec<Omit<SimPeriod, 'usage'>>(simPeriod);
/** Encodes and decodes an entry of a SIM-day's usage. */
export const simUsageCodec = compileCodec<SimUsage>(simUsage);

/** A stored SIM-day. */
export interface StoredSimPeriod extends SimPeriod {
  /** Dimensions that its usage is not divided by, because there are too many combinations; nearly always empty. */
  readonly leftOut: readonly LeftOut[];
  /** The time of the partial pass that wrote it; undefined if it was computed from a closed day. */
  readonly asOf: string | undefined;
}

/** The most bytes of an item. DynamoDB accepts 400 KB. */
const maxItemBytes = 380_000;

/** How usage is added up, step by step, until it fits into an item: the finest dimension goes first. */
const foldings = {
  rateZone: (usage) => ({ ...usage, rateZone: undefined }),
  tariff: (usage) => ({ ...usage, tariff: undefined }),
  network: (usage) => ({ ...usage, mcc: undefined, mnc: undefined, operatorName: undefined }),
  country: (usage) => ({ ...usage, country: undefined }),
  trafficType: (usage) => ({ ...usage, trafficType: 'other' }),
  // Amounts in different currencies are never added: `cost` leaves them out.
  cost: (usage) => ({ ...usage, currency: undefined, cost: undefined }),
} as const satisfies Readonly<Record<string, (usage: SimUsage) => SimUsage>>;

/** A dimension that usage is not divided by; for `cost`, money is not stated. */
export type LeftOut = keyof typeof foldings;

const leftOutNames = Object.keys(foldings) as LeftOut[];

/**
 * A SIM-day as its item, which never exceeds DynamoDB's limit. If there are too many combinations of dimensions, some
 * dimensions are left out of all entries, so that bytes and money stay exact. The lake has all dimensions.
 */
export function encodeSimPeriod(day: SimPeriod, revision: number): Item {
  return encodeFitting(day, { revision: { N: String(revision) } });
}

/** A SIM-day of a partial pass. It has no revision, so that it is never taken for that of a closed day. */
export function encodePartialDay(period: SimPeriod, asOf: string): Item {
  return encodeFitting(period, { asOf: { S: asOf } });
}

/** @param about the item's other attributes. */
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

/** Decodes a SIM-day. */
export function decodeSimPeriod(item: Item): StoredSimPeriod {
  const leftOut = item['leftOut']?.S?.split(',') ?? [];
  return {
    ...simPeriodCodec.decode(item),
    usage: (item['usage']?.L ?? []).map(({ M = {} }) => simUsageCodec.decode(M)),
    leftOut: leftOutNames.filter((name) => leftOut.includes(name)),
    asOf: item['asOf']?.S,
  };
}
