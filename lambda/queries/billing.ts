import { isCostMoney } from '../carriers/cost.ts';
import type { StoredUsage } from '../store/records.ts';

/** Adds up what carriers charge, exactly. */

/** How many digits after the point are added up; carriers state ten. */
const scale = 18;

/** An amount of money, in units of 10^-18 of its currency. */
export interface Bill {
  readonly units: bigint;
  /** ISO 4217; undefined while no cost in money was stated, null after costs in several currencies. */
  readonly currency: string | null | undefined;
}

/** The bill of no records. */
export const nothingBilled: Bill = { units: 0n, currency: undefined };

/** Adds the cost of a usage record to a bill for data; text messages are not data. */
export function sumCharges(bill: Bill, { carrier, trafficType, cost, currency }: StoredUsage): Bill {
  if (cost === undefined || trafficType === 'sms' || !isCostMoney(carrier)) return bill;
  const sole =
    bill.currency === undefined ? (currency ?? null) : bill.currency === currency ? currency : null;
  return { units: bill.units + parseUnits(cost), currency: sole };
}

/**
 * The amount as a number, and its currency. Both are null if no cost in money is stated, which does not mean that
 * nothing is charged, or if costs are in several currencies, which cannot be added.
 */
export function formatAmount({ units, currency }: Bill): { amount: number | null; currency: string | null } {
  if (currency === undefined || currency === null) return { amount: null, currency: null };
  const digits = (units < 0n ? -units : units).toString().padStart(scale + 1, '0');
  const text = `${units < 0n ? '-' : ''}${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
  return { amount: Number(text), currency };
}

/** Parses a decimal as DynamoDB writes it; digits beyond 18 after the point are dropped. */
function parseUnits(decimal: string): bigint {
  const isNegative = decimal.startsWith('-');
  const [mantissa = '', exponent = '0'] = decimal.replace(/^[+-]/, '').toLowerCase().split('e');
  const [whole = '', fraction = ''] = mantissa.split('.');
  const shift = scale + Number(exponent) - fraction.length;
  const digits = BigInt(`${whole}${fraction}`);
  const units = shift >= 0 ? digits * 10n ** BigInt(shift) : digits / 10n ** BigInt(-shift);
  return isNegative ? -units : units;
}
