import { type Bill, type BillGroup, BillSum } from '../../lambda/billing/bill.ts';
import type { Month } from '../../lambda/billing/calendar.ts';
import { addUpCarrierCost } from '../../lambda/billing/carrier-cost.ts';
import { Rater, type RatingContext, readsSessions } from '../../lambda/billing/rate.ts';
import { findRowDays } from '../../lambda/billing/row-days.ts';
import type { SimBill } from '../../lambda/billing/sim-bill.ts';
import type { OpeningBalance, RosterEntry, SimRecords } from '../../lambda/billing/sim-records.ts';
import type { Tariff } from '../../lambda/billing/tariff.ts';
import {
  readBook,
  readBalances as readBookBalances,
  readRoster as readBookRoster,
  readTariffs as readBookTariffs,
} from '../../lambda/bills/book.ts';
import { UsageError } from '../../lambda/errors.ts';
import { LedgerReader } from '../../lambda/store/reader.ts';
import { type CommandContext, startProgress } from '../command.ts';
import { openLake } from '../days/lake.ts';
import { readBalances, readRoster } from './roster-files.ts';
import { type DaySelection, type OpenRecords, openRecords } from './sim-records.ts';
import { readTariffs } from './tariff-files.ts';

/** The files that a bill needs. */
export interface BillFiles {
  readonly month: Month;
  /** Tariff files; without one, the bill adds up the carriers' own cost. */
  readonly tariff: readonly string[];
  readonly roster?: string | undefined;
  readonly balances?: string | undefined;
}

/**
 * Reads the files of a bill.
 *
 * @throws UsageError naming what is wrong in them.
 */
export async function readRatingContext({
  month,
  tariff,
  roster,
  balances,
}: BillFiles): Promise<RatingContext> {
  if (tariff.length === 0 && (roster ?? balances) !== undefined) {
    throw new UsageError(
      `${roster === undefined ? '--balances' : '--roster'} has no effect without --tariff: give a tariff, or leave it out`,
    );
  }
  const tariffs: readonly Tariff[] = await readTariffs(tariff);
  return {
    ...{ month, tariffs },
    roster:
      roster === undefined ? new Map<string, readonly RosterEntry[]>() : await readRoster(roster, tariffs),
    balances:
      balances === undefined
        ? new Map<string, readonly OpeningBalance[]>()
        : await readBalances(balances, tariffs),
  };
}

/**
 * What a bill is made with: the given files; without a tariff, those that `tariff put` stored, if any.
 *
 * @throws UsageError naming what is wrong in files.
 */
export async function openRatingContext(
  { deployment }: CommandContext,
  files: BillFiles,
): Promise<RatingContext> {
  const { month, tariff, roster, balances } = files;
  if (tariff.length > 0) return readRatingContext(files);
  const lake = openLake(deployment);
  const { book } = await readBook(lake);
  if (book.tariffs.length === 0) return readRatingContext(files);
  const tariffs = await readBookTariffs(lake, book);
  return {
    ...{ month, tariffs },
    roster: roster === undefined ? await readBookRoster(lake, book) : await readRoster(roster, tariffs),
    balances:
      balances === undefined ? await readBookBalances(lake, book) : await readBalances(balances, tariffs),
  };
}

/**
 * Opens the records that decide a bill.
 *
 * @param selection all records by default.
 */
export function openBillRecords(
  context: CommandContext,
  { tariffs, month }: Pick<RatingContext, 'tariffs' | 'month'>,
  selection: DaySelection = {},
): Promise<OpenRecords> {
  return openRecords(context, findRowDays(tariffs, month), readsSessions(tariffs), selection);
}

/** Rates a SIM; without a tariff, by the carrier's own cost. */
export function makeRating(rating: RatingContext): (records: SimRecords, isTraced?: boolean) => SimBill {
  if (rating.tariffs.length === 0) return (records) => addUpCarrierCost(records, rating.month);
  const rater = new Rater(rating);
  return (records, isTraced) => rater.rate(records, isTraced);
}

/** SIMs with records and those of the roster, one by one. */
export async function* walkRatedSims(
  context: CommandContext,
  rating: Pick<RatingContext, 'roster'>,
  records: Pick<OpenRecords, 'walk'>,
): AsyncGenerator<SimRecords> {
  const progress = startProgress(context, 'SIMs');
  let done = 0;
  for await (const one of records.walk(rating.roster.keys())) {
    context.signal.throwIfAborted();
    yield one;
    done += 1;
    progress.show(done, done);
  }
  progress.end();
}

/** Makes a bill of all SIMs. */
export async function makeBill(
  context: CommandContext,
  rating: RatingContext,
  records: Pick<OpenRecords, 'walk'>,
  by: readonly BillGroup[],
): Promise<Bill> {
  const fleets = by.includes('fleet') ? await readFleets(context) : new Map<string, string>();
  const sum = new BillSum(rating, by, (sim) => fleets.get(sim));
  const rate = makeRating(rating);
  for await (const one of walkRatedSims(context, rating, records)) sum.add(rate(one));
  return sum.finish();
}

/** SIMs that one request reads. */
const pageSize = 1_000;

/** The fleet to which each SIM belongs now. */
async function readFleets({ deployment }: CommandContext): Promise<ReadonlyMap<string, string>> {
  const reader = new LedgerReader({ client: deployment.dynamoDb, ...deployment.places.tables });
  const fleets = new Map<string, string>();
  let after: string | undefined;
  do {
    const { sims, next } = await reader.scanSims({}, pageSize, after);
    for (const { sim, groups } of sims) {
      const fleet = groups.ids?.group.fleetSid;
      if (fleet !== undefined) fleets.set(sim, fleet);
    }
    after = next;
  } while (after !== undefined);
  return fleets;
}
