import { makeDecimal } from '../billing/decimal.ts';
import type { OpeningBalance, RosterEntry } from '../billing/sim-records.ts';
import { parseStoredTariff, printTariff } from '../billing/stored-tariff.ts';
import type { Tariff } from '../billing/tariff.ts';
import { findBucket } from '../days/buckets.ts';
import type { Lake } from '../days/pass/ports.ts';
import { digest } from '../days/slots.ts';
import { bookKey, type ReadText, readText, tariffsPrefix, writeOnce, writeText } from './objects.ts';

/**
 * The book: which tariffs, roster and opening balances are in force. It refers to objects whose keys are derived from
 * their content, so that nothing is ever overwritten, and a bill can name what it was made from.
 */

/** A tariff in force. */
export interface BookTariff {
  readonly name: string;
  readonly key: string;
  /** When it was put: a fact of operation. */
  readonly putAt: string;
}

/** A roster or opening balances: entries of SIMs, in buckets of SIMs. */
export interface BookList {
  /** The prefix of its buckets' keys. */
  readonly prefix: string;
  readonly buckets: number;
  readonly sims: number;
  readonly entries: number;
  readonly putAt: string;
}

/** What is in force. */
export interface Book {
  /** From 1; incremented by each change. */
  readonly version: number;
  /** In the order in which they are matched. */
  readonly tariffs: readonly BookTariff[];
  readonly roster: BookList | undefined;
  readonly balances: BookList | undefined;
}

/** The book before anything was put. */
export const emptyBook: Book = { version: 0, tariffs: [], roster: undefined, balances: undefined };

/** A book that was read, and the tag to replace it with; undefined if nothing was ever put. */
export interface ReadBook {
  readonly book: Book;
  readonly tag: string | undefined;
}

/** Reads the book; {@link emptyBook} if nothing was ever put. */
export async function readBook(lake: Pick<Lake, 'open'>): Promise<ReadBook> {
  const read = await readText(lake, bookKey);
  if (read === undefined) return { book: emptyBook, tag: undefined };
  return { book: { ...emptyBook, ...(JSON.parse(read.text) as Book) }, tag: read.tag };
}

/**
 * Writes the next version of the book.
 *
 * @throws ConflictError if another process has changed it.
 */
export async function writeBook(
  lake: Pick<Lake, 'write'>,
  book: Omit<Book, 'version'>,
  before: ReadBook,
): Promise<Book> {
  const next = { ...book, version: before.book.version + 1 };
  await writeText(lake, bookKey, JSON.stringify(next), before.tag);
  return next;
}

/** Stores a tariff that a book can refer to. */
export async function storeTariff(
  lake: Pick<Lake, 'write'>,
  tariff: Tariff,
  putAt: string,
): Promise<BookTariff> {
  const text = printTariff(tariff);
  const key = `${tariffsPrefix}tariff=${digest(text)}.json`;
  await writeOnce(lake, key, text);
  return { name: tariff.name, key, putAt };
}

/**
 * Reads a tariff of the book.
 *
 * @throws Error if it does not exist, StoredTariffError if this version cannot read it.
 */
export async function readTariff(lake: Pick<Lake, 'open'>, { key }: BookTariff): Promise<Tariff> {
  return parseStoredTariff((await requireText(lake, key)).text);
}

/** Reads all tariffs of a book, in order. */
export function readTariffs(
  lake: Pick<Lake, 'open'>,
  { tariffs }: Pick<Book, 'tariffs'>,
): Promise<readonly Tariff[]> {
  return Promise.all(tariffs.map((one) => readTariff(lake, one)));
}

/** SIMs of a roster per object. */
const simsPerBucket = 20_000;

type Entries<Entry> = ReadonlyMap<string, readonly Entry[]>;

/** Stores a roster or opening balances that a book can refer to. */
export async function storeList<Entry extends RosterEntry | OpeningBalance>(
  lake: Pick<Lake, 'write'>,
  kind: 'roster' | 'balances',
  entries: Entries<Entry>,
  putAt: string,
): Promise<BookList> {
  const sims = [...entries].sort(([a], [b]) => (a < b ? -1 : 1));
  const buckets = Math.max(1, Math.ceil(sims.length / simsPerBucket));
  const texts = Array.from({ length: buckets }, (_, bucket) =>
    JSON.stringify(sims.filter(([sim]) => findBucket(sim, buckets) === bucket).flatMap(([, list]) => list)),
  );
  const prefix = `${tariffsPrefix}${kind}=${digest(texts.join('\n'))}/`;
  for (const [bucket, text] of texts.entries()) await writeOnce(lake, makeListKey(prefix, bucket), text);
  const number = sims.reduce((sum, [, list]) => sum + list.length, 0);
  return { prefix, buckets, sims: sims.length, entries: number, putAt };
}

function makeListKey(prefix: string, bucket: number): string {
  return `${prefix}bucket=${bucket}.json`;
}

/**
 * Reads the entries of a roster or of opening balances for a part of the fleet.
 *
 * @param list undefined for no entries.
 * @param part the SIMs whose entries are wanted.
 */
async function readList<Entry extends { readonly sim: string }>(
  lake: Pick<Lake, 'open'>,
  list: BookList | undefined,
  part: ListPart,
): Promise<Map<string, Entry[]>> {
  const entries = new Map<string, Entry[]>();
  for (const bucket of list === undefined ? [] : part.pickBuckets(list.buckets)) {
    const { text } = await requireText(lake, makeListKey(list?.prefix ?? '', bucket));
    const found = JSON.parse(text, (key, value: unknown) =>
      key === 'used' && typeof value === 'string' ? makeDecimal(value) : value,
    ) as readonly Entry[];
    for (const entry of found) {
      if (!part.has(entry.sim)) continue;
      const known = entries.get(entry.sim);
      if (known === undefined) entries.set(entry.sim, [entry]);
      else known.push(entry);
    }
  }
  return entries;
}

/** Which entries of a roster or of balances to read. */
export interface ListPart {
  /** The buckets, out of a number of buckets, that the SIMs may be in. */
  readonly pickBuckets: (count: number) => readonly number[];
  readonly has: (sim: string) => boolean;
}

/** All entries. */
export const wholeList: ListPart = {
  pickBuckets: (count) => Array.from({ length: count }, (_, bucket) => bucket),
  has: () => true,
};

/** Reads the roster of a book. */
export function readRoster(
  lake: Pick<Lake, 'open'>,
  { roster }: Pick<Book, 'roster'>,
  part: ListPart = wholeList,
): Promise<Entries<RosterEntry>> {
  return readList<RosterEntry>(lake, roster, part);
}

/** Reads the opening balances of a book. */
export function readBalances(
  lake: Pick<Lake, 'open'>,
  { balances }: Pick<Book, 'balances'>,
  part: ListPart = wholeList,
): Promise<Entries<OpeningBalance>> {
  return readList<OpeningBalance>(lake, balances, part);
}

async function requireText(lake: Pick<Lake, 'open'>, key: string): Promise<ReadText> {
  const read = await readText(lake, key);
  if (read === undefined) throw new Error(`The lake has no ${key}, which the book of tariffs names`);
  return read;
}
