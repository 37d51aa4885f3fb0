import type { Day } from '../days/day.ts';
import type { Decimal } from './decimal.ts';
import type { BilledUsage } from './tariff.ts';

/** What the ledger cannot know about a SIM. Days are in the tariff's time zone. */
export interface RosterEntry {
  readonly sim: string;
  /** Undefined for no lower bound. */
  readonly from: Day | undefined;
  /** The first day after it. */
  readonly to: Day | undefined;
  /** Name of the tariff; undefined to choose it by the records. */
  readonly tariff: string | undefined;
  readonly activated: Day | undefined;
}

/** What a SIM had used before the ledger began, of a charge that counts by year or of a lasting allowance. */
export interface OpeningBalance {
  readonly sim: string;
  /** Name of the charge or allowance. */
  readonly name: string;
  /** Undefined for all networks. */
  readonly network: string | undefined;
  /** Quantity in the unit of the charge or allowance. */
  readonly used: Decimal;
  /** Records from this day on are added to it. */
  readonly at: Day;
}

/** A session that has ended, or failed. */
export interface BilledSession {
  readonly source: string;
  readonly sessionId: string;
  readonly start: string;
  readonly end: string;
}

/** What is known about one SIM. */
export interface SimRecords {
  readonly sim: string;
  /** The records that count, each once, in any order. */
  readonly usage: readonly BilledUsage[];
  readonly sessions: readonly BilledSession[];
}
