import type { Bill, BillGroup, BillRow, NotRatedRow } from '../../lambda/billing/bill.ts';
import { formatDecimal } from '../../lambda/billing/decimal.ts';
import { type LineKind, several } from '../../lambda/billing/line.ts';
import type { RatingContext } from '../../lambda/billing/rate.ts';
import type { NotRatedReason } from '../../lambda/billing/sim-bill.ts';
import { describeDayList, describeExpiredUsage } from '../days/range.ts';
import { countNoun, printBytes } from '../terminal/quantities.ts';
import type { OpenRecords } from './sim-records.ts';

/** A bill as JSON, CSV, table or page shows it. */

/** A row of the output. Decimals are text. */
export type ListedRow = Readonly<Record<BillGroup, string | null>> & {
  readonly tariff: string;
  readonly kind: LineKind;
  readonly name: string;
  readonly line: string | null;
  readonly lines: number;
  readonly records: number;
  readonly unit: string | null;
  readonly used: string | null;
  readonly rounded: string | null;
  readonly included: string | null;
  readonly billed: string | null;
  readonly currency: string | null;
  /** Before rounding. */
  readonly exact: string;
  /** Null if the amount is in the account's line. */
  readonly amount: string | null;
};

/** A bill as output shows it. */
export interface ListedBill {
  readonly month: string;
  readonly tariffs: readonly string[];
  readonly sims: number;
  readonly rows: readonly ListedRow[];
  readonly totals: readonly { readonly currency: string | null; readonly amount: string }[];
  readonly not_rated: readonly NotRatedRow[];
  /** Omissions and assumptions, in sentences. */
  readonly notes: readonly string[];
}

/** A bill with all its notes. */
export function listBill(
  { month, tariffs }: Pick<RatingContext, 'month' | 'tariffs'>,
  records: OpenRecords,
  bill: Bill,
): ListedBill {
  return {
    month,
    tariffs: tariffs.map(({ name }) => name),
    sims: bill.sims,
    rows: bill.rows.map(renderRow),
    totals: bill.totals.map(({ currency = null, amount }) => ({ currency, amount: formatDecimal(amount) })),
    not_rated: bill.notRated,
    notes: [
      ...describeDays(records),
      ...bill.notRated.map(describeNotRated),
      ...bill.assumptions.map(
        ({ kind, tariff, sims }) => `${countNoun(sims, 'SIM')}, ${tariff}: ${assumptionWords[kind]}`,
      ),
      ...tariffs.flatMap(({ name, notComputable }) =>
        notComputable.map((says) => `${name}, not computable: ${says}`),
      ),
    ],
  };
}

/** Only rows with a quantity have these. */
function renderRow(row: BillRow): ListedRow {
  const { groups, tariff, kind, name, line = null, lines, records, unit, currency = null } = row;
  const hasQuantity = kind === 'usage';
  const quantity = (value: BillRow['used']): string | null => (hasQuantity ? formatDecimal(value) : null);
  return {
    ...{ sim: groups.sim ?? null, fleet: groups.fleet ?? null, country: groups.country ?? null },
    ...{ network: groups.network ?? null, zone: groups.zone ?? null },
    ...{ day: groups.day ?? null, session: groups.session ?? null },
    ...{ tariff, kind, name, line, lines, records, unit: hasQuantity ? (unit ?? null) : null },
    ...{ used: quantity(row.used), rounded: quantity(row.rounded), included: quantity(row.included) },
    ...{ billed: quantity(row.billed), currency, exact: formatDecimal(row.exact) },
    amount: row.amount === undefined ? null : formatDecimal(row.amount),
  };
}

/** Assumptions, in words. */
export const assumptionWords = {
  'calendar-year': 'years begin on 1 January, since no roster says when the SIMs were activated',
  'nothing-before': 'nothing was used before the ledger began, since no opening balance is given',
} as const;

const reasonWords: Readonly<Record<NotRatedReason, string>> = {
  'no-tariff': 'no tariff matches',
  'no-charge': 'no charge of the tariff matches',
  'no-activation': 'the tariff needs the day of activation: give it in a roster',
  'not-stated': 'the records do not state what the charge counts',
  'open-session': 'the session has not ended',
  'no-cost': 'the records state no money',
};

/** Usage without a price, as a sentence. */
export function describeNotRated({
  reason,
  tariff,
  recordTariff,
  country,
  traffic,
  sims,
  records,
  bytes,
  messages,
}: NotRatedRow): string {
  const what = traffic === 'sms' ? countNoun(Number(messages), 'message') : printBytes(Number(bytes));
  const where = [tariff, recordTariff, country].filter((part) => part !== undefined).join(', ');
  return `Not rated: ${countNoun(records, 'record')} of ${countNoun(sims, 'SIM')}, ${traffic}, ${what}${where === '' ? '' : ` (${where})`}: ${reasonWords[reason]}`;
}

/** Which days are not sealed, as sentences. */
export function describeDays({ sealed, live, missing, expired }: OpenRecords): string[] {
  const notes: string[] = [];
  if (live.length > 0) notes.push(`Not sealed, added up from the records so far: ${describeDayList(live)}`);
  if (missing.length > 0) {
    notes.push(
      `Not in the bill, since they are not sealed and the fleet has more than 1,000 SIMs: ${describeDayList(missing)}`,
    );
  }
  if (expired.length > 0) notes.push(describeExpiredUsage(expired));
  if (sealed.length === 0 && live.length === 0) notes.push('No day of the bill has records');
  return notes;
}

/** CSV columns: the groups of rows, and the rest. */
export function listColumns(by: readonly BillGroup[]): (keyof ListedRow)[] {
  return [
    ...by.filter((group) => group !== 'tariff'),
    ...([
      'tariff',
      'kind',
      'name',
      'lines',
      'records',
      'unit',
      'used',
      'rounded',
      'included',
      'billed',
    ] as const),
    ...(['exact', 'amount', 'currency', 'line'] as const),
  ];
}

/** A cell of a table or page. */
export function formatCell(value: string | number | null): string {
  if (value === several) return 'several';
  return value === null ? '' : String(value);
}
