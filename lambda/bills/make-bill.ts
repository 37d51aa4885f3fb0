import { type BillRow, BillSum, makeRow } from '../billing/bill.ts';
import { type Month, shiftMonth } from '../billing/calendar.ts';
import { isFoldable } from '../billing/fold-usage.ts';
import { Rater, type RatingContext, readsSessions } from '../billing/rate.ts';
import { findBareDays, findPeriodDays, findRowDays } from '../billing/row-days.ts';
import type { Tariff } from '../billing/tariff.ts';
import { type Day, listDays } from '../days/day.ts';
import type { Manifest } from '../days/manifest.ts';
import { retryConflicts } from '../days/pass/conflicts.ts';
import { makeManifestKey, readJson } from '../days/pass/lake-objects.ts';
import type { Lake } from '../days/pass/ports.ts';
import type { ScheduleStart } from '../days/schedule-start.ts';
import { findMonth } from '../days/sim-days.ts';
import { digest } from '../days/slots.ts';
import { formatTime } from '../ledger/time.ts';
import { mapConcurrently } from '../store/concurrency.ts';
import {
  countParts,
  type FleetPart,
  type FurtherRecords,
  isInPart,
  listBuckets,
  walkLakePart,
} from '../store/lake-sims.ts';
import { type Book, type ListPart, readBalances, readBook, readRoster, readTariffs } from './book.ts';
import { readText, writeText } from './objects.ts';
import {
  type BillIndex,
  type BillPlan,
  type BillVersion,
  billBy,
  indexKey,
  type ListedBill,
  lineBy,
  makeBillKey,
  makeBillPlanKey,
  makeLinesKey,
  makePartKey,
  type PartResult,
  type StoredBill,
} from './stored-bill.ts';
import { parseStored, printStored } from './stored-form.ts';

/**
 * Makes the stored bills: for a month whose days are all sealed, and again when one of them is sealed anew or another
 * tariff is put. A bill is a function of tariffs, roster, balances and rows, so making it twice, concurrently or
 * after a crash, gives the same result. Only parts of the fleet in which something has changed are rated again.
 */

/** What making bills needs. */
export interface BillPorts {
  readonly lake: Pick<Lake, 'open' | 'write'>;
  /** The days for which the lake has objects. */
  readonly listDays: () => Promise<readonly Day[]>;
  readonly start: Pick<ScheduleStart, 'read'>;
  readonly queue: { readonly send: (orders: readonly BillOrder[]) => Promise<void> };
}

/** An order: to make a month's bill, or a part of the fleet for it. */
export type BillOrder =
  | { readonly kind: 'bill'; readonly month: Month }
  | { readonly kind: 'bill-part'; readonly month: Month; readonly plan: string; readonly part: number };

/** Number of objects that are read concurrently. */
const concurrentReads = 16;

/** Attempts when other processes keep changing the same objects. */
const maxAttempts = 8;

/** Months after a sealed day's month whose periods may reach back to it. */
const maxPeriodMonths = 14;

/**
 * Orders the bills that a sealed day belongs to. Does nothing while no tariff is put.
 *
 * @param now milliseconds since the epoch: no later month has a bill.
 */
export async function orderBills(day: Day, ports: BillPorts, now: number): Promise<void> {
  const { book } = await readBook(ports.lake);
  if (book.tariffs.length === 0) return;
  const tariffs = await readTariffs(ports.lake, book);
  const { bills } = await readIndex(ports.lake);
  const months = listBilledMonths(day, { tariffs, last: findMonth(formatTime(now)), stored: bills });
  await ports.queue.send(months.map((month) => ({ kind: 'bill', month })));
}

/** The months whose bills depend on a day: those whose periods may contain it, and stored ones whose history may. */
export function listBilledMonths(
  day: Day,
  {
    tariffs,
    last,
    stored,
  }: {
    readonly tariffs: readonly Tariff[];
    readonly last: Month;
    readonly stored: readonly Pick<ListedBill, 'month'>[];
  },
): readonly Month[] {
  const first = shiftMonth(findMonth(day), -2);
  const near = Array.from({ length: maxPeriodMonths }, (_, index) => shiftMonth(first, index)).filter(
    (month) => month <= last && isIn(findPeriodDays(tariffs, month), day),
  );
  const again = stored.map(({ month }) => month).filter((month) => isIn(findRowDays(tariffs, month), day));
  return [...new Set([...near, ...again])].sort();
}

function isIn({ from, through }: ReturnType<typeof findRowDays>, day: Day): boolean {
  return (from === undefined || day >= from) && day <= through;
}

/**
 * Carries out an order. Orders arrive at least once, in any order, and at any time.
 *
 * @returns the bill, if the order has made or confirmed it.
 * @throws ConflictError if other processes keep changing it, and errors of the lake and the queue: the order must be
 *   retried.
 */
export function takeBillOrder(
  order: BillOrder,
  ports: BillPorts,
  now: number,
): Promise<StoredBill | undefined> {
  return retryConflicts(maxAttempts, () =>
    order.kind === 'bill' ? planBill(order.month, ports, now) : makePart(order, ports, now),
  );
}

/** Plans a month's bill if all days of its periods are sealed, and orders the missing parts. */
async function planBill(month: Month, ports: BillPorts, now: number): Promise<StoredBill | undefined> {
  const { lake, queue } = ports;
  const plan = await makePlan(month, ports);
  if (plan === undefined) return undefined;
  const key = makeBillPlanKey(month);
  const before = await readText(lake, key);
  if (before === undefined || parseStored<BillPlan>(before.text).id !== plan.id)
    await writeText(lake, key, printStored(plan), before?.tag);
  const open = await listOpenParts(plan, lake);
  if (open.length === 0) return finishBill(plan, ports, now);
  await queue.send(open.map((part) => ({ kind: 'bill-part', month, plan: plan.id, part })));
  return undefined;
}

/** What a bill is currently made from; undefined if a day is not sealed, or no tariff is put. */
async function makePlan(
  month: Month,
  { lake, listDays: listLake, start }: BillPorts,
): Promise<BillPlan | undefined> {
  const { book } = await readBook(lake);
  if (book.tariffs.length === 0) return undefined;
  const tariffs = await readTariffs(lake, book);
  const inLake = await listLake();
  const began = (await start.read()) ?? inLake[0];
  if (began === undefined) return undefined;
  const period = findPeriodDays(tariffs, month);
  const wanted = listDays(period.from, period.through);
  const { through: last } = findBareDays(tariffs, month);
  const seals = new Map<Day, Manifest>();
  // Latest days first: if one of them is not sealed, nothing else needs to be read.
  for (const day of [...wanted].reverse()) {
    const manifest = inLake.includes(day) ? await readManifest(lake, day) : undefined;
    if (manifest !== undefined) seals.set(day, manifest);
    else if (day >= began && day <= last) return undefined;
  }
  const unsealed = wanted.filter((day) => !seals.has(day));
  const { from } = findRowDays(tariffs, month);
  const history = inLake.filter((day) => day < period.from && (from === undefined || day >= from));
  await mapConcurrently(history, concurrentReads, async (day) => {
    const manifest = await readManifest(lake, day);
    if (manifest !== undefined) seals.set(day, manifest);
  });
  if (seals.size === 0) return undefined;
  const manifests = [...seals.values()].sort((a, b) => (a.day < b.day ? -1 : 1));
  return describePlan(month, book, manifests, {
    missing: unsealed.filter((day) => day < began),
    pending: unsealed.filter((day) => day >= began),
  });
}

function describePlan(
  month: Month,
  book: Book,
  manifests: readonly Manifest[],
  unsealed: Pick<BillPlan, 'missing' | 'pending'>,
): BillPlan {
  const parts = countParts(manifests);
  const { tariffs, roster, balances } = book;
  // The time at which something was put does not matter.
  const about = [month, tariffs.map(({ name, key }) => [name, key]), roster?.prefix, balances?.prefix];
  const ids = Array.from({ length: parts }, (_, part) =>
    digest(
      JSON.stringify([
        ...[about, part, parts],
        // A bucket's revision increases whenever its rows may have changed.
        manifests.map(({ day, buckets, revisions }) => [
          ...[day, buckets],
          listBuckets(part, parts, buckets).map((bucket) => revisions[bucket] ?? 0),
        ]),
      ]),
    ),
  );
  const days = manifests.map(({ day, version, root, buckets }) => ({ day, version, root, buckets }));
  const id = digest(JSON.stringify([ids, days, unsealed]));
  return { month, book: { tariffs, roster, balances }, id, parts: ids, days, ...unsealed };
}

async function readManifest(lake: Pick<Lake, 'open'>, day: Day): Promise<Manifest | undefined> {
  return (await readJson<Manifest>(lake, makeManifestKey(day))).content;
}

/** The parts of a plan that are not stored, or are stored for another plan. */
async function listOpenParts(
  { month, parts }: BillPlan,
  lake: Pick<Lake, 'open'>,
): Promise<readonly number[]> {
  const open = await mapConcurrently([...parts.entries()], concurrentReads, async ([part, id]) =>
    (await readPart(lake, month, part))?.id === id ? [] : [part],
  );
  return open.flat();
}

async function readPart(
  lake: Pick<Lake, 'open'>,
  month: Month,
  part: number,
): Promise<PartResult | undefined> {
  const read = await readText(lake, makePartKey(month, part));
  return read && parseStored<PartResult>(read.text);
}

/** Rates a part of the fleet, and makes the bill if that was the last part. */
async function makePart(
  { month, plan: id, part }: Extract<BillOrder, { kind: 'bill-part' }>,
  ports: BillPorts,
  now: number,
): Promise<StoredBill | undefined> {
  const { lake } = ports;
  const stored = await readText(lake, makeBillPlanKey(month));
  const plan = stored && parseStored<BillPlan>(stored.text);
  const partId = plan?.parts[part];
  // Another plan has its own orders.
  if (plan?.id !== id || partId === undefined) return undefined;
  const before = await readText(lake, makePartKey(month, part));
  if (before === undefined || parseStored<PartResult>(before.text).id !== partId) {
    const fleetPart = { part, parts: plan.parts.length };
    const { sum, lines } = await ratePart(lake, plan, fleetPart);
    const linesKey = makeLinesKey(month, part);
    await writeText(lake, linesKey, lines, (await lake.open(linesKey))?.tag);
    const result: PartResult = { id: partId, sum: sum.part, lines: digest(lines) };
    await writeText(lake, makePartKey(month, part), printStored(result), before?.tag);
  }
  return finishBill(plan, ports, now, part);
}

/** The sums of a part of the fleet, and its lines as JSON. */
async function ratePart(
  lake: Pick<Lake, 'open'>,
  plan: BillPlan,
  fleetPart: FleetPart,
): Promise<{ readonly sum: BillSum; readonly lines: string }> {
  const context = await readRatingContext(lake, plan, fleetPart);
  const rater = new Rater(context);
  const sum = new BillSum(context, billBy);
  const lines: string[] = [];
  // SIMs without usage may still have fees.
  const further = new Map<string, FurtherRecords>(
    [...context.roster.keys()].map((sim) => [sim, { usage: [], sessions: [] }]),
  );
  for await (const records of walkLakePart(
    lake,
    {
      days: plan.days,
      readsSessions: readsSessions(context.tariffs),
      isFolded: isFoldable(context.tariffs),
      further,
    },
    fleetPart,
  )) {
    const bill = rater.rate(records);
    sum.add(bill);
    const own = new BillSum(context, lineBy);
    own.add(bill);
    for (const row of sortRows(own.part.rows)) lines.push(`${printStored(row)}\n`);
  }
  // S3 does not accept ranges of an empty object.
  return { sum, lines: lines.length === 0 ? '\n' : lines.join('') };
}

/** Sorts the rows of a SIM, so that equal content gives equal text. */
function sortRows(rows: readonly BillRow[]): readonly BillRow[] {
  return rows
    .map(
      (row) =>
        [printStored({ ...row.groups, kind: row.kind, tariff: row.tariff, name: row.name }), row] as const,
    )
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, row]) => row);
}

/** What rating a part of the fleet needs: as in the plan, even if something else was put meanwhile. */
async function readRatingContext(
  lake: Pick<Lake, 'open'>,
  { month, book }: Pick<BillPlan, 'month' | 'book'>,
  fleetPart: FleetPart,
): Promise<RatingContext> {
  const { part, parts } = fleetPart;
  const listPart: ListPart = {
    pickBuckets: (count) => listBuckets(part, parts, count),
    has: (sim) => isInPart(sim, fleetPart),
  };
  const [tariffs, roster, balances] = await Promise.all([
    readTariffs(lake, book),
    readRoster(lake, book, listPart),
    readBalances(lake, book, listPart),
  ]);
  return { month, tariffs, roster, balances };
}

/**
 * Makes the bill from its parts, if all of them exist.
 *
 * @param part the one that was just made: the others are checked first, so that most parts of a large fleet notice
 *   quickly that one is missing.
 */
async function finishBill(
  plan: BillPlan,
  { lake }: Pick<BillPorts, 'lake'>,
  now: number,
  part = 0,
): Promise<StoredBill | undefined> {
  const { month, book, parts } = plan;
  const key = makeBillKey(month);
  const before = await readText(lake, key);
  const previous = before && parseStored<StoredBill>(before.text);
  if (previous?.plan.id === plan.id) {
    // The process that made it may have died before listing it.
    await listBill(lake, previous);
    return previous;
  }
  const tariffs = await readTariffs(lake, book);
  const sum = new BillSum({ tariffs, month }, billBy);
  const lines = new Map<number, string>();
  for (let index = 1; index <= parts.length; index += 1) {
    const number = (part + index) % parts.length;
    const result = await readPart(lake, month, number);
    if (result === undefined || result.id !== parts[number]) return undefined;
    sum.addPart(result.sum);
    lines.set(number, result.lines);
  }
  const bill = joinVersions(plan, previous, {
    ...makeContent(sum),
    lines: digest([...lines].sort(([a], [b]) => a - b).join('\n')),
    madeAt: formatTime(now),
  });
  await writeText(lake, key, printStored(bill), before?.tag);
  await listBill(lake, bill);
  return bill;
}

type BillContent = Omit<StoredBill, 'plan' | 'version' | 'history'>;

/** The content of a bill, with all SIMs summed up. */
function makeContent(sum: BillSum): Omit<BillContent, 'lines' | 'madeAt'> {
  const { rows, accountLines, totals, sims, notRated, assumptions } = sum.finish();
  return {
    ...{ rows, totals, sims, notRated, assumptions },
    accountRows: accountLines.map(makeRow),
  };
}

/** The next version of a bill; the same version if only the versions of its days have changed. */
function joinVersions(plan: BillPlan, previous: StoredBill | undefined, content: BillContent): StoredBill {
  if (previous === undefined) return { plan, ...content, version: 1, history: [] };
  const { version, madeAt, totals, sims } = previous;
  if (printContent(previous) === printContent(content)) return { ...previous, plan };
  const history = [...previous.history, { version, madeAt, totals, sims }];
  return { plan, ...content, version: version + 1, history };
}

function printContent({
  rows,
  accountRows,
  totals,
  sims,
  notRated,
  assumptions,
  lines,
}: BillContent): string {
  return printStored({ rows, accountRows, totals, sims, notRated, assumptions, lines });
}

/** The list of all bills, and its tag. */
async function readIndex(
  lake: Pick<Lake, 'open'>,
): Promise<BillIndex & { readonly tag: string | undefined }> {
  const read = await readText(lake, indexKey);
  return read === undefined
    ? { bills: [], tag: undefined }
    : { ...parseStored<BillIndex>(read.text), tag: read.tag };
}

/** Adds a bill to the list of all bills, unless it is already there. */
async function listBill(lake: BillPorts['lake'], bill: StoredBill): Promise<void> {
  const listed = listVersion(bill);
  await retryConflicts(maxAttempts, async () => {
    const { bills, tag } = await readIndex(lake);
    const known = bills.find(({ month }) => month === listed.month);
    if (known !== undefined && printStored(known) === printStored(listed)) return;
    const others = bills.filter(({ month }) => month !== listed.month);
    const all = [...others, listed].sort((a, b) => (a.month < b.month ? 1 : -1));
    await writeText(lake, indexKey, printStored({ bills: all } satisfies BillIndex), tag);
  });
}

function listVersion({ plan, version, madeAt, totals, sims }: StoredBill): ListedBill {
  const names = plan.book.tariffs.map(({ name }) => name);
  return { month: plan.month, tariffs: names, version, madeAt, totals, sims } satisfies BillVersion &
    ListedBill;
}
