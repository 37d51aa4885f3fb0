import type { BillingPeriod } from './calendar.ts';
import type { BillLine } from './line.ts';
import type { TracedIncrement } from './quantities.ts';
import type { BilledUsage, Tariff } from './tariff.ts';

/**
 * Why usage has no price.
 *
 * - `no-tariff`, `no-charge`: no tariff matches, or no charge of it.
 * - `no-activation`: the tariff's periods or years begin with the SIM's activation, which no roster states.
 * - `not-stated`: the carrier's records do not say what the charge counts, such as the direction of messages.
 * - `open-session`: the session has not ended, and the tariff bills it then.
 * - `no-cost`: without a tariff, and the carrier's records state no money.
 */
const notRatedReasons = [
  'no-tariff',
  'no-charge',
  'no-activation',
  'not-stated',
  'open-session',
  'no-cost',
] as const;

export type NotRatedReason = (typeof notRatedReasons)[number];

/** Usage without a price. */
export interface NotRated {
  readonly reason: NotRatedReason;
  /** Name of the tariff; undefined without one. */
  readonly tariff: string | undefined;
  readonly usage: BilledUsage;
}

/**
 * What was assumed about a SIM.
 *
 * - `calendar-year`: its years begin on 1 January, since no roster says when it was activated.
 * - `nothing-before`: of an allowance that lasts, only what the ledger has was used.
 */
export interface Assumption {
  readonly kind: 'calendar-year' | 'nothing-before';
  readonly tariff: string;
}

/** The bill of one SIM's usage. */
export interface SimBill {
  readonly sim: string;
  readonly lines: readonly BillLine[];
  readonly notRated: readonly NotRated[];
  readonly assumptions: readonly Assumption[];
  /** Of allowances that SIMs pool: names of the tariffs and periods in which the SIM was used. */
  readonly active: readonly { readonly tariff: Tariff; readonly period: BillingPeriod }[];
  /** With a trace: the increments of each usage line, by its id. */
  readonly trace: ReadonlyMap<string, readonly TracedIncrement[]>;
}
