import type { Carrier } from '../sources.ts';
import type { StoredUsage } from '../store/records.ts';

/** Adds up what carriers charge, exactly. */

/** Carriers whose `cost` repeats the volume: it is not money. */
const withoutCost: ReadonlySet<Carrier> = new Set(['1nce', 'telekom']);

/** Digits behind the point that are added up; carriers state ten. */
const scale = 18;

/** An amount of money, in units of 10^-18 of its currency. */
export interface Bill {
  readonly units: bigint;
  /** ISO 4217; undefined while nothing was charged, null where several currencies were. */
  readonly currency: string | null | undefined;
}

export const nothingBilled: Bill = { units: 0n, currency: undefined };

/** A bill for data and the cost of one more usage record; text messages are not data. */
export function charged(bill: Bill, { carrier, trafficType, cost, currency }: StoredUsage): Bill {
  if (cost === undefined || trafficType === 'sms' || withoutCost.has(carrier)) return bill;
  const sole =
    bill.currency === undefined ? (currency ?? null) : bill.currency === currency ? currency : null;
  return { units: bill.units + unitsOf(cost), currency: sole };
}

/** The amount as a number, and its currency; of several currencies there is no sum. */
export function amountOf({ units, currency }: Bill): { amount: number | null; currency: string | null } {
  if (currency === undefined) return { amount: 0, currency: null };
  if (currency === null) return { amount: null, currency: null };
  const digits = (units < 0n ? -units : units).toString().padStart(scale + 1, '0');
  const text = `${units < 0n ? '-' : ''}${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
  return { amount: Number(text), currency };
}

/** A decimal as DynamoDB writes it; beyond 18 digits behind the point it is cut off. */
function unitsOf(decimal: string): bigint {
  const isNegative = decimal.startsWith('-');
  const [mantissa = '', exponent = '0'] = decimal.replace(/^[+-]/, '').toLowerCase().split('e');
  const [whole = '', fraction = ''] = mantissa.split('.');
  const shift = scale + Number(exponent) - fraction.length;
  const digits = BigInt(`${whole}${fraction}`);
  const units = shift >= 0 ? digits * 10n ** BigInt(shift) : digits / 10n ** BigInt(-shift);
  return isNegative ? -units : units;
}
