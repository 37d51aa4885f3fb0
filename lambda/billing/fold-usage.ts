import { type Day, startDay } from '../days/day.ts';
import { DecimalSum } from '../json/decimal-sum.ts';
import type { BilledUsage, Tariff } from './tariff.ts';

/**
 * Sums up a SIM's usage of a day, if the bill does not depend on individual records and sessions: a few entries
 * replace all of them, and the bill is the same.
 */

/**
 * Whether daily sums are enough for some tariffs: they need no session times, and round quantities up by the day or
 * by longer periods.
 */
export function isFoldable(tariffs: readonly Tariff[]): boolean {
  return tariffs.every(
    ({ timeZone, attribution, lines, charges }) =>
      timeZone === 'UTC' &&
      attribution === 'record' &&
      !lines.includes('session') &&
      charges.every(
        ({ increment: { step, minimum, per, by } }) =>
          !by.includes('session') &&
          ((step ?? minimum) === undefined || (per !== 'record' && per !== 'session')),
      ),
  );
}

/** What records must have in common to be summed up, so that sums say no less than the records. */
const dimensions = [
  ...(['sim', 'source', 'carrier', 'trafficType', 'country', 'mcc', 'mnc', 'operatorName'] as const),
  ...(['tariff', 'rateZone', 'currency'] as const),
] as const;

const decimals = ['volume', 'cost'] as const;
const counts = ['messages', 'messagesTx', 'messagesRx'] as const;

/** Usage that is summed up. A sum is present if every record states the value. */
interface Fold {
  readonly sample: BilledUsage;
  records: number;
  dataTotal: number;
  readonly decimals: Readonly<Record<(typeof decimals)[number], DecimalSum>>;
  readonly counts: Record<(typeof counts)[number], number>;
}

/** Sums up the usage rows of a day by what bills distinguish, in order of first occurrence. */
export function foldUsage(day: Day, usage: readonly BilledUsage[]): BilledUsage[] {
  const folds = new Map<string, Fold>();
  let last: Fold | undefined;
  for (const record of usage) {
    if (last === undefined || !isAlike(last.sample, record)) last = openFold(folds, record);
    last.records += record.records ?? 1;
    last.dataTotal += record.dataTotal;
    for (const name of decimals) last.decimals[name].add(record[name] ?? 0);
    for (const name of counts) last.counts[name] += record[name] ?? 0;
  }
  const start = startDay(day);
  return [...folds.values()].map(({ sample, records, dataTotal, decimals: sums, counts: numbers }, index) => {
    const { sim, source, carrier, trafficType, country, mcc, mnc, operatorName } = sample;
    const { tariff, rateZone, currency, volume, cost, messages, messagesTx, messagesRx } = sample;
    return {
      ...{ sim, source, carrier, trafficType, country, mcc, mnc, operatorName, tariff, rateZone, currency },
      ...{ usageId: `${start}#${index}`, start, end: start, sessionId: undefined, records, dataTotal },
      volume: volume === undefined ? undefined : sums.volume.toString(),
      cost: cost === undefined ? undefined : sums.cost.toString(),
      messages: messages === undefined ? undefined : numbers.messages,
      messagesTx: messagesTx === undefined ? undefined : numbers.messagesTx,
      messagesRx: messagesRx === undefined ? undefined : numbers.messagesRx,
    };
  });
}

function isAlike(a: BilledUsage, b: BilledUsage): boolean {
  return (
    dimensions.every((name) => a[name] === b[name]) &&
    decimals.every((name) => (a[name] === undefined) === (b[name] === undefined)) &&
    counts.every((name) => (a[name] === undefined) === (b[name] === undefined))
  );
}

function openFold(folds: Map<string, Fold>, record: BilledUsage): Fold {
  const isStated = [...decimals, ...counts].map((name) => (record[name] === undefined ? 0 : 1));
  const key = JSON.stringify([...dimensions.map((name) => record[name] ?? null), ...isStated]);
  const known = folds.get(key);
  if (known !== undefined) return known;
  const fold: Fold = {
    ...{ sample: record, records: 0, dataTotal: 0 },
    decimals: { volume: new DecimalSum(), cost: new DecimalSum() },
    counts: { messages: 0, messagesTx: 0, messagesRx: 0 },
  };
  folds.set(key, fold);
  return fold;
}
