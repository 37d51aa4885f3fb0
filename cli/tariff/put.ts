import { DayQueue } from '../../lambda/aws/day-queue.ts';
import { type Month, shiftMonth } from '../../lambda/billing/calendar.ts';
import type { Tariff } from '../../lambda/billing/tariff.ts';
import {
  type ChangeStart,
  compareEntries,
  compareTariffs,
  type EntryChanges,
  findFirstChange,
  type TariffChange,
} from '../../lambda/billing/tariff-changes.ts';
import { BillReader } from '../../lambda/bills/bill-reader.ts';
import {
  type Book,
  readBalances,
  readBook,
  readRoster,
  readTariffs,
  storeList,
  storeTariff,
  writeBook,
} from '../../lambda/bills/book.ts';
import { ConflictError, type Lake } from '../../lambda/days/pass/ports.ts';
import { findMonth } from '../../lambda/days/sim-days.ts';
import { AttentionError, UsageError } from '../../lambda/errors.ts';
import { formatTime } from '../../lambda/ledger/time.ts';
import { readBalances as readBalancesFile, readRoster as readRosterFile } from '../bill/roster-files.ts';
import { readTariffs as readTariffFiles } from '../bill/tariff-files.ts';
import { type CommandContext, type ExitCode, exitCode, print, printJson } from '../command.ts';
import { openLake } from '../days/lake.ts';
import type { Deployment } from '../deployment/deployment.ts';
import { count } from '../terminal/progress.ts';
import { countNoun } from '../terminal/quantities.ts';
import type { TariffFiles } from './check.ts';

/** Options of `tariff put`. */
export interface PutOptions extends TariffFiles {
  /** Names of tariffs to remove. */
  readonly remove: readonly string[];
  /** Earlier months have a bill only if they already have one. */
  readonly billsFrom?: Month | undefined;
  readonly dryRun: boolean;
}

/** What a put changes. */
interface BookChange {
  readonly tariffs: readonly Tariff[];
  /** By the names of tariffs that change. */
  readonly changes: ReadonlyMap<string, readonly TariffChange[]>;
  readonly roster: EntryChanges | undefined;
  readonly balances: EntryChanges | undefined;
  readonly from: ChangeStart;
}

/** `tariff put`: stores tariffs, a roster and opening balances, which all later bills use. */
export async function putTariffs(context: CommandContext, options: PutOptions): Promise<ExitCode> {
  const { files, remove, roster, balances, dryRun } = options;
  if (files.length + remove.length === 0 && (roster ?? balances) === undefined)
    throw new UsageError('Nothing to store: give tariff files, --roster, --balances or --remove');
  const lake = openLake(context.deployment);
  const before = await readBook(lake);
  const given = await readTariffFiles(files);
  const held = await readTariffs(lake, before.book);
  const tariffs = joinTariffs(held, given, remove);
  const rosterGiven = roster === undefined ? undefined : await readRosterFile(roster, tariffs);
  const balancesGiven = balances === undefined ? undefined : await readBalancesFile(balances, tariffs);
  if (rosterGiven === undefined) await requireRosterNames(lake, before.book, tariffs);
  const change = await compareBooks(lake, before.book, { held, tariffs, rosterGiven, balancesGiven });
  const isChanged = change.from !== 'never' || change.changes.size > 0;
  if (!dryRun && isChanged) {
    const putAt = formatTime(context.terminal.now());
    const book = {
      tariffs: await Promise.all(
        tariffs.map(async (tariff) => {
          const known = before.book.tariffs.find(({ name }) => name === tariff.name);
          const isSame = known !== undefined && !change.changes.has(tariff.name);
          return isSame ? known : storeTariff(lake, tariff, putAt);
        }),
      ),
      roster:
        rosterGiven === undefined ? before.book.roster : await storeList(lake, 'roster', rosterGiven, putAt),
      balances:
        balancesGiven === undefined
          ? before.book.balances
          : await storeList(lake, 'balances', balancesGiven, putAt),
    };
    await writeBook(lake, book, before).catch((error: unknown) => {
      if (!(error instanceof ConflictError)) throw error;
      throw new AttentionError('Another command stored tariffs in the meantime: run the command again', {
        cause: error,
      });
    });
  }
  const now = context.terminal.now();
  const months =
    isChanged || options.billsFrom !== undefined ? await listMonths(lake, change, options, now) : [];
  if (!dryRun) await orderBills(context.deployment, months);
  if (context.json) printJson(context, renderChange(change, months, dryRun));
  else showChange(context, change, { dryRun, isChanged, months });
  return exitCode.done;
}

/** The months whose bills are made or remade: stored months that the change affects, and the latest. */
async function listMonths(
  lake: Pick<Lake, 'open'>,
  { from }: BookChange,
  { billsFrom }: PutOptions,
  now: number,
): Promise<readonly Month[]> {
  const last = findMonth(formatTime(now));
  const bills = await new BillReader(lake).listBills();
  const stored = bills
    .map(({ month }) => month)
    .filter((month) => from === 'always' || month >= findMonth(from));
  const months = new Set(from === 'never' ? [] : stored);
  for (let month = billsFrom ?? shiftMonth(last, -1); month <= last; month = shiftMonth(month, 1))
    months.add(month);
  return [...months].sort();
}

async function orderBills({ sqs, places }: Deployment, months: readonly Month[]): Promise<void> {
  const { region, credentials } = sqs.config;
  const queue = new DayQueue({ region, credentials }, places.dayQueue);
  await queue.send(
    months.map((month) => ({ kind: 'bill', month })),
    0,
  );
}

/** Tariffs with the new ones in place of those with the same names, and the others at the end. */
function joinTariffs(
  held: readonly Tariff[],
  given: readonly Tariff[],
  remove: readonly string[],
): readonly Tariff[] {
  const heldNames = held.map(({ name }) => name);
  for (const name of remove) {
    if (heldNames.includes(name)) continue;
    throw new UsageError(
      `--remove ${JSON.stringify(name)}: accepted is the name of a stored tariff: ${heldNames.join(', ') || 'there are no tariffs'}`,
    );
  }
  const kept = held
    .filter(({ name }) => !remove.includes(name))
    .map((tariff) => given.find(({ name }) => name === tariff.name) ?? tariff);
  return [...kept, ...given.filter(({ name }) => !kept.some((one) => one.name === name))];
}

/** @throws UsageError if the future roster names a tariff that will not exist. */
async function requireRosterNames(
  lake: Pick<Lake, 'open'>,
  book: Book,
  tariffs: readonly Tariff[],
): Promise<void> {
  const names = new Set(tariffs.map(({ name }) => name));
  if (book.tariffs.every(({ name }) => names.has(name))) return;
  for (const [sim, entries] of await readRoster(lake, book)) {
    const lost = entries.find(({ tariff }) => tariff !== undefined && !names.has(tariff));
    if (lost === undefined) continue;
    throw new UsageError(
      `The roster gives SIM ${sim} the tariff ${lost.tariff}, which --remove names: give a --roster without it`,
    );
  }
}

async function compareBooks(
  lake: Pick<Lake, 'open'>,
  book: Book,
  {
    held,
    tariffs,
    rosterGiven,
    balancesGiven,
  }: {
    readonly held: readonly Tariff[];
    readonly tariffs: readonly Tariff[];
    readonly rosterGiven: Awaited<ReturnType<typeof readRosterFile>> | undefined;
    readonly balancesGiven: Awaited<ReturnType<typeof readBalancesFile>> | undefined;
  },
): Promise<BookChange> {
  const names = new Set([...held, ...tariffs].map(({ name }) => name));
  const changes = new Map<string, readonly TariffChange[]>();
  for (const name of names) {
    const find = (list: readonly Tariff[]) => list.find((one) => one.name === name);
    const found = compareTariffs(find(held), find(tariffs));
    if (found.length > 0) changes.set(name, found);
  }
  const roster = rosterGiven && compareEntries(await readRoster(lake, book), rosterGiven);
  const balances = balancesGiven && compareEntries(await readBalances(lake, book), balancesGiven);
  const starts = [...[...changes.values()].flat(), roster, balances].filter((one) => one !== undefined);
  return { tariffs, changes, roster, balances, from: findFirstChange(starts) };
}

function renderChange(
  { changes, roster, balances, from }: BookChange,
  months: readonly Month[],
  dryRun: boolean,
) {
  return {
    dryRun,
    from,
    bills: months,
    tariffs: Object.fromEntries(
      [...changes].map(([name, list]) => [
        name,
        list.map(({ before = null, after = null, ...change }) => ({ ...change, before, after })),
      ]),
    ),
    roster: roster ?? null,
    balances: balances ?? null,
  };
}

const startWords = { always: 'for all time', never: 'no amount' } as const;

function describeStart(from: ChangeStart): string {
  return from === 'always' || from === 'never' ? startWords[from] : `from ${from} on`;
}

function showChange(
  context: CommandContext,
  { changes, roster, balances, from }: BookChange,
  {
    dryRun,
    isChanged,
    months,
  }: { readonly dryRun: boolean; readonly isChanged: boolean; readonly months: readonly Month[] },
): void {
  for (const [name, list] of changes) {
    for (const { path, before, after, from: start } of list) {
      print(
        context,
        `${name}: ${path}: ${before ?? 'nothing'} becomes ${after ?? 'nothing'}, ${describeStart(start)}`,
      );
    }
  }
  for (const [name, entries] of [
    ['Roster', roster],
    ['Opening balances', balances],
  ] as const) {
    if (entries === undefined) continue;
    const { added, removed, changed } = entries;
    print(
      context,
      `${name}: ${countNoun(added, 'SIM')} added, ${count(removed)} removed, ${count(changed)} changed, ${describeStart(entries.from)}`,
    );
  }
  if (!isChanged) print(context, 'All of it is stored already: nothing changes.');
  else if (dryRun) print(context, `Dry run: nothing is stored. Bills would change ${describeStart(from)}.`);
  else print(context, `Stored. Bills change ${describeStart(from)}.`);
  if (!dryRun && months.length > 0)
    print(
      context,
      `Bills are made for ${months.join(', ')}, each once its days are sealed. See: simledger bill list`,
    );
}
