import type { AssumptionRow, BillGroup, BillPart, BillRow, NotRatedRow } from '../billing/bill.ts';
import type { Month } from '../billing/calendar.ts';
import type { Decimal } from '../billing/decimal.ts';
import type { Day } from '../days/day.ts';
import type { Book } from './book.ts';
import { billsPrefix } from './objects.ts';

/** Bills as they are stored: the plan, the sums and lines of each part of the fleet, the bill, and the list of all. */

/** What the rows of a stored bill are grouped by. */
export const billBy = ['country', 'network'] as const satisfies readonly BillGroup[];

/** What the lines of a SIM are grouped by: what differs only by day, session or price is one line. */
export const lineBy = ['sim', 'country', 'network', 'zone'] as const satisfies readonly BillGroup[];

/** A day of which a bill is made. */
export interface BilledDay {
  readonly day: Day;
  /** Of its seal. */
  readonly version: number;
  readonly root: string;
  /** Buckets of SIMs. */
  readonly buckets: number;
}

/** What a bill is made of. */
export interface BillPlan {
  readonly month: Month;
  /** Different for different tariffs, rosters, balances and rows. */
  readonly id: string;
  /** Of each part of the fleet: what decides its lines. */
  readonly parts: readonly string[];
  /** The tariffs, roster and balances. */
  readonly book: Omit<Book, 'version'>;
  readonly days: readonly BilledDay[];
  /** Days of the periods from before the ledger began. */
  readonly missing: readonly Day[];
  /** Days after the periods that are not sealed: they may have records of sessions that began in a period. */
  readonly pending: readonly Day[];
}

/** The sums of a part of the fleet. */
export interface PartResult {
  /** As in the plan. */
  readonly id: string;
  readonly sum: BillPart;
  /** SHA-256 of its lines. */
  readonly lines: string;
}

/** An amount by currency. */
export interface StoredTotal {
  /** ISO 4217; undefined where a carrier states none. */
  readonly currency: string | undefined;
  readonly amount: Decimal;
}

/** A version of a bill: what lists show. */
export interface BillVersion {
  /** From 1; goes up when an amount, a quantity or a line changes. */
  readonly version: number;
  /** When it was made. A fact of operation. */
  readonly madeAt: string;
  readonly totals: readonly StoredTotal[];
  /** SIMs with a line. */
  readonly sims: number;
}

/** A bill as a list shows it. */
export interface ListedBill extends BillVersion {
  readonly month: Month;
  /** Names of the tariffs. */
  readonly tariffs: readonly string[];
}

/** A bill that is stored. */
export interface StoredBill extends BillVersion {
  readonly plan: BillPlan;
  readonly rows: readonly BillRow[];
  /** What all SIMs share: pools, fees of the account, discounts, commitment, tax. Not in the lines of SIMs. */
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

/** The key of what a month's bill is made of. */
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

/** The key of the lines of a part of the fleet: JSON, one a line, in the order of SIMs. */
export function makeLinesKey(month: Month, part: number): string {
  return `${billsPrefix}month=${month}/part=${String(part).padStart(4, '0')}.jsonl`;
}
