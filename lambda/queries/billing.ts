import { isCostMoney } from '../carriers/cost.ts';
import type { StoredUsage } from '../store/records.ts';

/** Adds up what carriers charge, exactly. */

/** Digits behind the point that are added up; carriers state ten. */
const scale = 18;

/** An amount of money, in units of 10^-18 of its currency. */
export interface Bill {
  readonly units: bigint;
  /** ISO 4217; undefined while no cost in money was stated, null where costs in several currencies were. */
  readonly currency: string | null | undefined;
}

export const nothingBilled: Bill = { units: 0n, currency: undefined };

/** A bill for data and the cost of one more usage record; text messages are not data. */
export function charged(bill: Bill, { carrier, trafficType, cost, currency }: StoredUsage): Bill {
  if (cost === undefined || trafficType === 'sms' || !isCostMoney(carrier)) return bill;
  const sole =
    bill.currency === undefined ? (currency ?? null) : bill.currency === currency ? currency : null;
  return { units: bill.units + parseUnits(cost), currency: sole };
}

/**
 * The amount as a number, and its currency. Both are null where no cost in money is stated, which does not mean that
 * nothing is charged, and where there are several currencies, of which there is no sum.
 */
export function formatAmount({ units, currency }: Bill): { amount: number | null; currency: string | null } {
  if (currency === undefined || currency === null) return { amount: null, currency: null };
  const digits = (units < 0n ? -units : units).toString().padStart(scale + 1, '0');
  const text = `${units < 0n ? '-' : ''}${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
  return { amount: Number(text), currency };
}

/** A decimal as DynamoDB writes it; beyond 18 digits behind the point it is cut off. */
function parseUnits(decimal: string): bigint {
  const isNegative = decimal.startsWith('-');
  const [mantissa = '', exponent = '0'] = decimal.replace(/^[+-]/, '').toLowerCase().split('e');
  const [whole = '', fraction = ''] = mantissa.split('.');
  const shift = scale + Number(exponent) - fraction.length;
  const digits = BigInt(`${whole}${fraction}`);
  const units = shift >= 0 ? digits * 10n ** BigInt(shift) : digits / 10n ** BigInt(-shift);
  return isNegative ? -units : units;
}
