import type { Day } from '../days/day.ts';
import type { Decimal } from './decimal.ts';
import type { BilledUsage } from './tariff.ts';

/** What the ledger cannot know of a SIM. Days are those of the tariff's time zone. */
export interface RosterEntry {
  readonly sim: string;
  /** Undefined for always. */
  readonly from: Day | undefined;
  /** The first day without it. */
  readonly to: Day | undefined;
  /** Name of the tariff; undefined to let records decide. */
  readonly tariff: string | undefined;
  readonly activated: Day | undefined;
}

/** What a SIM had used before the ledger began, of a charge that counts by the year or an allowance that lasts. */
export interface OpeningBalance {
  readonly sim: string;
  /** Name of the charge or allowance. */
  readonly name: string;
  /** Undefined for all. */
  readonly network: string | undefined;
  /** In the unit of the charge or allowance. */
  readonly used: Decimal;
  /** Records from this day on are added. */
  readonly at: Day;
}

/** A session that has ended, or failed. */
export interface BilledSession {
  readonly source: string;
  readonly sessionId: string;
  readonly start: string;
  readonly end: string;
}

/** What is known of one SIM. */
export interface SimRecords {
  readonly sim: string;
  /** Those that count, each once, in any order. */
  readonly usage: readonly BilledUsage[];
  readonly sessions: readonly BilledSession[];
}
