import { createHash } from 'node:crypto';
import type { BillingPeriod } from './calendar.ts';
import { add, type Decimal, zero } from './decimal.ts';
import type { LineDimension, Unit } from './tariff.ts';

/** Lines of a bill. */

/**
 * - `usage`: what was used, at one price.
 * - `rounding`: what rounding the sum of a SIM, or of all, adds to exact amounts.
 * - `minimum`, `commitment`: what is missing to the least amount of a SIM, or of the account.
 * - `fee`, `discount`, `tax`: as the tariff has them.
 * - `carrier`: what the carrier's own records say, without a tariff.
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

/** Stands for a dimension of which a line has several values: a session in two networks. */
export const several = '*';

/** What a line is grouped by. */
export type LineDimensions = Readonly<Partial<Record<LineDimension, string | undefined>>>;

/** A part of a quantity, and its price. */
export interface PricedPart {
  readonly quantity: Decimal;
  readonly price: Decimal;
}

/** How much was used. All in one unit. */
export interface LineQuantity {
  readonly unit: Unit;
  readonly records: number;
  /** How many times something was rounded up: sessions, days, SIMs, whatever the increment is per. */
  readonly increments: number;
  readonly used: Decimal;
  /** Rounded up. */
  readonly rounded: Decimal;
  /** Of it, what an allowance covers. */
  readonly included: Decimal;
  /** What the price is for. */
  readonly billed: Decimal;
  /** The billed quantity by price; several in tiers. */
  readonly parts: readonly PricedPart[];
}

/** A line of a bill: what a SIM or the account pays for one thing. */
export interface BillLine {
  /** The same for the same line in each computation: made of what the line is about. */
  readonly id: string;
  readonly tariff: string;
  /** ISO 4217; undefined where a carrier states none. */
  readonly currency: string | undefined;
  readonly kind: LineKind;
  /** Of the charge, fee, discount or tax. */
  readonly name: string;
  readonly period: BillingPeriod;
  /** Undefined for what is of the whole account. */
  readonly sim: string | undefined;
  /** Which of the charge's prices it has, from 0; undefined for what has none. */
  readonly segment: number | undefined;
  /** Undefined where nothing is stated, {@link several} where the line has several. */
  readonly dimensions: LineDimensions;
  /** Undefined for what has none. */
  readonly quantity: LineQuantity | undefined;
  /** Before rounding. */
  readonly exact: Decimal;
  /** What adds up to the bill. Undefined if all SIMs together share an allowance or tiers: the account's line has it. */
  readonly amount: Decimal | undefined;
}

const idLength = 12;

/** The id of a line: part of a hash of what it is about. */
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

/** The sum of lines, without those whose amount stands in a line of the account. */
export function addLineAmounts(lines: readonly BillLine[]): Decimal {
  return add(lines.map(({ amount }) => amount ?? zero));
}
