import type { BillingPeriod } from './calendar.ts';
import type { BillLine } from './line.ts';
import type { TracedIncrement } from './quantities.ts';
import type { BilledUsage, Tariff } from './tariff.ts';

/**
 * Why usage has no price.
 *
 * - `no-tariff`, `no-charge`: no tariff matches, or no charge of the tariff does.
 * - `no-activation`: the tariff's periods or years begin with the SIM's activation, which no roster states.
 * - `not-stated`: the carrier's records do not state what the charge counts, such as the direction of messages.
 * - `open-session`: the tariff bills a session when it ends, and it has not.
 * - `no-cost`: there is no tariff, and the carrier's records state no money.
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
 * An assumption about a SIM.
 *
 * - `calendar-year`: its years begin on 1 January, because no roster says when it was activated.
 * - `nothing-before`: nothing of a lasting allowance was used before the ledger began.
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
  /** For pooled allowances: the tariffs and periods in which the SIM was used. */
  readonly active: readonly { readonly tariff: Tariff; readonly period: BillingPeriod }[];
  /** The increments of each usage line, by its id, if traced. */
  readonly trace: ReadonlyMap<string, readonly TracedIncrement[]>;
}
