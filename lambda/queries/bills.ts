import type { BillRow } from '../billing/bill.ts';
import type { AsText, BillReader, LinesPosition } from '../bills/bill-reader.ts';
import type { BillVersion, ListedBill, StoredBill } from '../bills/stored-bill.ts';
import { ConflictError } from '../days/pass/ports.ts';
import { isKey } from '../store/keys.ts';
import { NotFoundError } from './errors.ts';
import type { Page } from './page.ts';

/** Bills that the day pass has made and stored. */

/** What queries of bills need. */
export interface BillPorts {
  /** Undefined if no days are closed. */
  readonly bills: Pick<BillReader, 'listBills' | 'readBill' | 'readLines'> | undefined;
}

/** A bill in a list. */
export type BillSummary = ReturnType<typeof renderSummary>;

/** A bill with its rows. */
export type BillDetail = ReturnType<typeof renderBill>;

/** A row of a bill, or a line, which is what one SIM costs. */
export type BillRowFields = ReturnType<typeof renderRow>;

/** Lists bills, latest month first. `next` is the month of the last one. */
export async function listBills(
  { size, after }: { readonly size: number; readonly after: string | undefined },
  { bills }: BillPorts,
): Promise<Page<BillSummary, string>> {
  const all = (await bills?.listBills()) ?? [];
  const rest = all.filter(({ month }) => after === undefined || month < after);
  return {
    resources: rest.slice(0, size).map(renderSummary),
    next: rest.length > size ? rest[size - 1]?.month : undefined,
  };
}

/** A position in the list of bills; undefined if the value is not one. */
export function readBillsPosition(value: unknown): string | undefined {
  return typeof value === 'string' && /^\d{4}-\d\d$/.test(value) ? value : undefined;
}

/**
 * A month's bill.
 *
 * @throws NotFoundError if none is stored.
 */
export async function fetchBill(
  { month }: { readonly month: string },
  ports: BillPorts,
): Promise<BillDetail> {
  return renderBill(await requireBill(month, ports));
}

/** How often lines are read again if they are written meanwhile. */
const maxAttempts = 3;

/**
 * Lists the lines of a month's bill: what each SIM costs by charge, country, network and zone.
 *
 * @throws NotFoundError if no bill is stored.
 */
export async function listBillLines(
  {
    month,
    sim,
    size,
    after,
  }: {
    readonly month: string;
    /** Key of a SIM. */
    readonly sim: string | undefined;
    readonly size: number;
    readonly after: LinesPosition | undefined;
  },
  ports: BillPorts,
): Promise<Page<BillRowFields, LinesPosition>> {
  for (let attempt = 1; ; attempt += 1) {
    const bill = await requireBill(month, ports);
    try {
      const read = await ports.bills?.readLines({ bill, sim, size, after });
      return { resources: (read?.lines ?? []).map(renderRow), next: read?.next };
    } catch (error) {
      if (!(error instanceof ConflictError) || attempt === maxAttempts) throw error;
    }
  }
}

/** A position in the lines of a bill; undefined if the value is not one. */
export function readLinesPosition(value: unknown): LinesPosition | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { part, offset, tag, sim, given } = value as Readonly<Record<string, unknown>>;
  if (!isCount(part) || !isCount(offset) || !isCount(given)) return undefined;
  if (typeof tag !== 'string' || typeof sim !== 'string' || (sim !== '' && !isKey(sim, 'partition')))
    return undefined;
  return { part, offset, tag, sim, given };
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0;
}

async function requireBill(month: string, { bills }: BillPorts): Promise<AsText<StoredBill>> {
  const isMonth = readBillsPosition(month) !== undefined;
  const bill = isMonth ? await bills?.readBill(month) : undefined;
  if (bill === undefined) throw new NotFoundError(`A bill of the month ${JSON.stringify(month)}`);
  return bill;
}

function renderVersion({ version, madeAt, sims, totals }: AsText<BillVersion>) {
  return {
    version,
    made_at: madeAt,
    sims,
    totals: totals.map(({ amount, currency = null }) => ({ amount, currency })),
  };
}

function renderSummary(bill: AsText<ListedBill>) {
  return { month: bill.month, ...renderVersion(bill), tariffs: bill.tariffs };
}

function renderBill(bill: AsText<StoredBill>) {
  const { plan, rows, accountRows, notRated, assumptions, history } = bill;
  return {
    month: plan.month,
    ...renderVersion(bill),
    tariffs: plan.book.tariffs.map(({ name }) => name),
    rows: rows.map(renderRow),
    account_rows: accountRows.map(renderRow),
    not_rated: notRated.map((row) => ({
      ...{ reason: row.reason, tariff: row.tariff ?? null, record_tariff: row.recordTariff ?? null },
      ...{ country: row.country ?? null, traffic_type: row.traffic, sims: row.sims, records: row.records },
      ...{ bytes: row.bytes, messages: row.messages },
    })),
    assumptions: assumptions.map(({ kind, tariff, sims }) => ({ kind, tariff, sims })),
    days: plan.days.map(({ day, version, root }) => ({ day, version, root })),
    missing_days: plan.missing,
    pending_days: plan.pending,
    history: history.map(renderVersion),
  };
}

/** Only usage has a quantity. */
function renderRow(row: AsText<BillRow>) {
  const { groups, tariff, kind, name, lines, records } = row;
  const isUsage = kind === 'usage';
  return {
    ...{ sim: groups.sim ?? null, country: groups.country ?? null, network: groups.network ?? null },
    ...{ zone: groups.zone ?? null, tariff, kind, name, line: row.line ?? null, lines, records },
    unit: isUsage ? (row.unit ?? null) : null,
    used: isUsage ? row.used : null,
    rounded: isUsage ? row.rounded : null,
    included: isUsage ? row.included : null,
    billed: isUsage ? row.billed : null,
    exact: row.exact,
    amount: row.amount ?? null,
    currency: row.currency ?? null,
  };
}
