import { type Day, shiftDay, startDay } from '../days/day.ts';
import { toMilliseconds } from '../ledger/time.ts';
import { type Month, shiftMonth } from './calendar.ts';
import { add, type Decimal, zero } from './decimal.ts';
import type { SimBill } from './sim-bill.ts';
import type { SimRecords } from './sim-records.ts';
import type { BilledUsage, Tariff } from './tariff.ts';

/** SIMs that are billed but unused, and the reverse. */

/**
 * - `silent`: it is billed, but used nothing for a number of days before the month's end.
 * - `not-billed`: it was used in the month, but is not billed.
 * - `several-tariffs`: its records of the month state more than one tariff.
 * - `long-session`: a session lasted longer than the tariff allows.
 */
export const mismatchKinds = ['silent', 'not-billed', 'several-tariffs', 'long-session'] as const;
export type MismatchKind = (typeof mismatchKinds)[number];

/** A SIM, and its mismatch. */
export interface Mismatch {
  readonly kind: MismatchKind;
  readonly sim: string;
  /** The mismatch, in words. */
  readonly says: string;
  /** The amount billed for the SIM, if that is the mismatch. */
  readonly amount: Decimal | undefined;
}

/** The limits of a mismatch. */
export interface MismatchRules {
  readonly tariffs: readonly Tariff[];
  readonly month: Month;
  /** Days without usage after which a SIM is silent. */
  readonly silentDays: number;
}

const dayMilliseconds = 86_400_000;

/**
 * Finds the mismatches of a SIM.
 *
 * @param records those of the month, and of the days before its end in which a silent SIM has no usage.
 * @param invoiced the invoice's amount for the SIM; undefined if it does not list the SIM.
 * @param hasInvoice whether there is an invoice; otherwise our bill says what is billed.
 */
export function findMismatches(
  records: SimRecords,
  bill: SimBill,
  { hasInvoice, invoiced }: { readonly hasInvoice: boolean; readonly invoiced: Decimal | undefined },
  rules: MismatchRules,
): Mismatch[] {
  const { sim } = records;
  const { month, silentDays } = rules;
  const end = findNextMonth(month);
  const used = records.usage.filter(isUsed).map(({ start }) => start);
  const inMonth = records.usage.filter(({ start }) => start.startsWith(month));
  const billed = hasInvoice ? invoiced : addBill(bill);
  const isBilled = billed !== undefined && !billed.eq(zero);
  const since = shiftDay(end, -silentDays);
  const last = used
    .filter((start) => start < startDay(end))
    .sort()
    .at(-1);
  const found: Mismatch[] = [];
  if (isBilled && (last === undefined || last < startDay(since))) {
    const says =
      last === undefined ? `no usage in ${silentDays} days` : `no usage after ${last.slice(0, 10)}`;
    found.push({ kind: 'silent', sim, says, amount: billed });
  }
  if (!isBilled && inMonth.some(isUsed)) {
    const where = hasInvoice ? 'the invoice does not name it' : 'no tariff has a price for it';
    const bytes = inMonth.reduce((sum, { dataTotal }) => sum + dataTotal, 0);
    found.push({
      kind: 'not-billed',
      sim,
      says: `${bytes} bytes in the month, and ${where}`,
      amount: undefined,
    });
  }
  const names = [...new Set(inMonth.flatMap(({ tariff }) => tariff ?? []))].sort();
  if (names.length > 1) {
    found.push({ kind: 'several-tariffs', sim, says: names.join(', '), amount: undefined });
  }
  return [...found, ...findLongSessions(records, rules)];
}

function isUsed({ dataTotal, messages }: BilledUsage): boolean {
  return dataTotal > 0 || (messages ?? 0) > 0;
}

function addBill({ lines }: SimBill): Decimal {
  return add(lines.map(({ amount, exact }) => amount ?? exact));
}

/** Sessions of the month that lasted longer than every tariff allows, according to their rows or their records. */
function findLongSessions(
  { sim, usage, sessions }: SimRecords,
  { tariffs, month }: MismatchRules,
): Mismatch[] {
  const limit = Math.max(0, ...tariffs.map(({ sessionDays }) => sessionDays));
  if (limit === 0) return [];
  const spans = new Map<string, { start: string; end: string }>();
  const extend = (id: string, start: string, end: string): void => {
    const known = spans.get(id);
    spans.set(id, {
      start: known === undefined || start < known.start ? start : known.start,
      end: known === undefined || end > known.end ? end : known.end,
    });
  };
  for (const { trafficType, sessionId, start, end } of usage) {
    if (sessionId === undefined || trafficType !== 'data') continue;
    // In real records, the start may be after the end.
    const [first, last] = [start, end].sort();
    extend(sessionId, first ?? start, last ?? end);
  }
  for (const { sessionId, start, end } of sessions) extend(sessionId, start, end);
  return [...spans].flatMap(([id, { start, end }]): Mismatch[] => {
    const length = toMilliseconds(end) - toMilliseconds(start);
    if (
      length <= limit * dayMilliseconds ||
      end < startDay(findFirstDay(month)) ||
      start >= startDay(findNextMonth(month))
    )
      return [];
    const days = (length / dayMilliseconds).toFixed(1);
    return [
      {
        kind: 'long-session',
        sim,
        says: `session ${id}: ${days} days instead of ${limit}`,
        amount: undefined,
      },
    ];
  });
}

function findFirstDay(month: Month): Day {
  return `${month}-01`;
}

function findNextMonth(month: Month): Day {
  return findFirstDay(shiftMonth(month, 1));
}
