import type { AssumptionRow, BillGroup, BillPart, BillRow, NotRatedRow } from '../billing/bill.ts';
import type { Month } from '../billing/calendar.ts';
import type { Decimal } from '../billing/decimal.ts';
import type { Day } from '../days/day.ts';
import type { Book } from './book.ts';
import { billsPrefix } from './objects.ts';

/**
 * Bills as they are stored: the plan, the sums and lines of each part of the fleet, the bill, and the list of all
 * bills.
 */

/** What the rows of a stored bill are grouped by. */
export const billBy = ['country', 'network'] as const satisfies readonly BillGroup[];

/** What the lines of a SIM are grouped by: lines that differ only by day, session or price become one. */
export const lineBy = ['sim', 'country', 'network', 'zone'] as const satisfies readonly BillGroup[];

/** A day that a bill is made from. */
export interface BilledDay {
  readonly day: Day;
  /** Version of its seal. */
  readonly version: number;
  readonly root: string;
  /** Number of buckets of SIMs. */
  readonly buckets: number;
}

/** What a bill is made from. */
export interface BillPlan {
  readonly month: Month;
  /** Differs for different tariffs, rosters, balances and rows. */
  readonly id: string;
  /** For each part of the fleet, a hash of what its lines depend on. */
  readonly parts: readonly string[];
  /** The tariffs, roster and balances. */
  readonly book: Omit<Book, 'version'>;
  readonly days: readonly BilledDay[];
  /** Days of the periods that are before the ledger began. */
  readonly missing: readonly Day[];
  /** Days after the periods that are not sealed; they may contain records of sessions that began in a period. */
  readonly pending: readonly Day[];
}

/** The sums of a part of the fleet. */
export interface PartResult {
  /** The part's id in the plan. */
  readonly id: string;
  readonly sum: BillPart;
  /** SHA-256 of its lines. */
  readonly lines: string;
}

/** An amount by currency. */
export interface StoredTotal {
  /** ISO 4217; undefined if a carrier states none. */
  readonly currency: string | undefined;
  readonly amount: Decimal;
}

/** A version of a bill, as in lists. */
export interface BillVersion {
  /** From 1; incremented when an amount, a quantity or a line changes. */
  readonly version: number;
  /** When it was made: a fact of operation. */
  readonly madeAt: string;
  readonly totals: readonly StoredTotal[];
  /** Number of SIMs with a line. */
  readonly sims: number;
}

/** A bill as shown in a list. */
export interface ListedBill extends BillVersion {
  readonly month: Month;
  /** Names of the tariffs. */
  readonly tariffs: readonly string[];
}

/** A stored bill. */
export interface StoredBill extends BillVersion {
  readonly plan: BillPlan;
  readonly rows: readonly BillRow[];
  /** What all SIMs share, and SIMs' lines do not contain: pools, fees of the account, discounts, commitment, tax. */
  readonly accountRows: readonly BillRow[];
  readonly notRated: readonly NotRatedRow[];
  readonly assumptions: readonly AssumptionRow[];
  /** SHA-256 of all lines. */
  readonly lines: string;
  /** Previous versions, oldest first. */
  readonly history: readonly BillVersion[];
}

/** The list of all bills. */
export interface BillIndex {
  /** Newest month first. */
  readonly bills: readonly ListedBill[];
}

/** The key of the list of all bills. */
export const indexKey = `${billsPrefix}index.json`;

/** The key of a month's plan. */
export function makeBillPlanKey(month: Month): string {
  return `${billsPrefix}month=${month}/plan.json`;
}

/** The key of a month's bill. */
export function makeBillKey(month: Month): string {
  return `${billsPrefix}month=${month}/bill.json`;
}

/** The key of the sums of a part of the fleet. */
export function makePartKey(month: Month, part: number): string {
  return `${billsPrefix}month=${month}/part=${String(part).padStart(4, '0')}.json`;
}

/** The key of the lines of a part of the fleet: one JSON object per line, in the order of SIMs. */
export function makeLinesKey(month: Month, part: number): string {
  return `${billsPrefix}month=${month}/part=${String(part).padStart(4, '0')}.jsonl`;
}
