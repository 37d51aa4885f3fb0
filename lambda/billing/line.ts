import { createHash } from 'node:crypto';
import type { BillingPeriod } from './calendar.ts';
import { add, type Decimal, zero } from './decimal.ts';
import type { LineDimension, Unit } from './tariff.ts';

/** Lines of a bill. */

/**
 * - `usage`: usage at one price.
 * - `rounding`: what rounding the sum of a SIM, or of all SIMs, adds to the exact amounts.
 * - `minimum`, `commitment`: the amount missing to reach the minimum of a SIM or of the account.
 * - `fee`, `discount`, `tax`: as in the tariff.
 * - `carrier`: what the carrier's own records state, without a tariff.
 */
const lineKinds = [
  'usage',
  'rounding',
  'minimum',
  'fee',
  'discount',
  'commitment',
  'tax',
  'carrier',
] as const;
export type LineKind = (typeof lineKinds)[number];

/** Marks a dimension in which a line has several values: a session in two networks. */
export const several = '*';

/** What a line is grouped by. */
export type LineDimensions = Readonly<Partial<Record<LineDimension, string | undefined>>>;

/** A part of a quantity, and its price. */
export interface PricedPart {
  readonly quantity: Decimal;
  readonly price: Decimal;
}

/** A used quantity, in one unit. */
export interface LineQuantity {
  readonly unit: Unit;
  readonly records: number;
  /** How many times something was rounded up: the number of sessions, days or SIMs, depending on the increment. */
  readonly increments: number;
  readonly used: Decimal;
  /** After rounding up. */
  readonly rounded: Decimal;
  /** The part of `rounded` that allowances cover. */
  readonly included: Decimal;
  /** The quantity that the price applies to. */
  readonly billed: Decimal;
  /** The billed quantity by price; several parts if there are tiers. */
  readonly parts: readonly PricedPart[];
}

/** A line of a bill: what a SIM or the account pays for one thing. */
export interface BillLine {
  /** The same in every computation: derived from what the line is about. */
  readonly id: string;
  readonly tariff: string;
  /** ISO 4217; undefined if a carrier states none. */
  readonly currency: string | undefined;
  readonly kind: LineKind;
  /** Name of the charge, fee, discount or tax. */
  readonly name: string;
  readonly period: BillingPeriod;
  /** Undefined for the whole account. */
  readonly sim: string | undefined;
  /** Index of the charge's price; undefined if it has none. */
  readonly segment: number | undefined;
  /** Undefined if not stated, {@link several} if the line has several values. */
  readonly dimensions: LineDimensions;
  /** Undefined if it has none. */
  readonly quantity: LineQuantity | undefined;
  /** The amount before rounding. */
  readonly exact: Decimal;
  /**
   * The amount that counts towards the bill. Undefined if all SIMs share an allowance or tiers: the account's line
   * then holds it.
   */
  readonly amount: Decimal | undefined;
}

const idLength = 12;

/** The id of a line: a truncated hash of what it is about. */
export function identifyLine({
  tariff,
  kind,
  name,
  period,
  sim,
  dimensions,
  segment,
}: Pick<BillLine, 'tariff' | 'kind' | 'name' | 'period' | 'sim' | 'dimensions'> & {
  readonly segment?: number | undefined;
}): string {
  const { country, network, zone, day, session } = dimensions;
  const parts = [
    tariff,
    kind,
    name,
    period.from,
    period.to,
    sim,
    segment,
    country,
    network,
    zone,
    day,
    session,
  ];
  const text = JSON.stringify(parts.map((part) => part ?? null));
  return createHash('sha256').update(text).digest('hex').slice(0, idLength);
}

/** The sum of lines, without those whose amount is in a line of the account. */
export function addLineAmounts(lines: readonly BillLine[]): Decimal {
  return add(lines.map(({ amount }) => amount ?? zero));
}
