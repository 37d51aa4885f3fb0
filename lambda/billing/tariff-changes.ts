import type { Day } from '../days/day.ts';
import { type JsonObject, parseObject, toJsonObject } from '../json/json.ts';
import { makePlain } from './stored-tariff.ts';
import type { Tariff } from './tariff.ts';

/** The differences between two versions of a tariff, and the day from which amounts may differ. */

/** When amounts may begin to differ: a day, `always` for all of time, `never` for a key that affects no amount. */
export type ChangeStart = Day | 'always' | 'never';

/** A difference. */
export interface TariffChange {
  /** Keys, or names and days of list entries: `charges.data.prices.2026-11-15.tiers`. */
  readonly path: string;
  /** As JSON; undefined if it did not exist. */
  readonly before: string | undefined;
  /** As JSON; undefined if it no longer exists. */
  readonly after: string | undefined;
  readonly from: ChangeStart;
}

/**
 * The differences, in the order of the keys. If one of the tariffs does not exist, the whole tariff is the
 * difference.
 */
export function compareTariffs(before: Tariff | undefined, after: Tariff | undefined): TariffChange[] {
  if (before === undefined || after === undefined) {
    const whole = (tariff: Tariff | undefined): string | undefined => tariff && JSON.stringify(tariff.name);
    if (before === after) return [];
    return [{ path: 'name', before: whole(before), after: whole(after), from: 'always' }];
  }
  return compareObjects(makePlain(before), makePlain(after), '', 'always');
}

/** The earliest start of all: bills may differ from then on. */
export function findFirstChange(changes: readonly { readonly from: ChangeStart }[]): ChangeStart {
  const starts = changes.map(({ from }) => from);
  if (starts.includes('always')) return 'always';
  return starts.filter((from) => from !== 'never').sort()[0] ?? 'never';
}

/** Keys that affect no amount. */
const silentKeys: ReadonlySet<string> = new Set(['facts', 'notComputable']);

type ReadKey = (entry: JsonObject) => unknown;

const readName: ReadKey = ({ name }) => name;
const readStart: ReadKey = ({ from }) => from;

/** Lists whose entries are identified by a member. */
const keyedLists: Readonly<Record<string, ReadKey>> = {
  charges: readName,
  allowances: readName,
  fees: readName,
  discounts: readName,
  prices: readStart,
};

function compareObjects(before: unknown, after: unknown, path: string, from: ChangeStart): TariffChange[] {
  const [a, b] = [toJsonObject(before) ?? {}, toJsonObject(after) ?? {}];
  const names = [...new Set([...Object.keys(a), ...Object.keys(b)])].sort();
  return names.flatMap((name) => {
    const start = silentKeys.has(name) ? 'never' : from;
    return compareValues(a[name], b[name], path === '' ? name : `${path}.${name}`, start);
  });
}

function compareValues(before: unknown, after: unknown, path: string, from: ChangeStart): TariffChange[] {
  const [textBefore, textAfter] = [printJson(before), printJson(after)];
  if (textBefore === textAfter) return [];
  const readKey = keyedLists[path.split('.').at(-1) ?? ''];
  if (readKey !== undefined && Array.isArray(before) && Array.isArray(after))
    return compareLists(before, after, { path, readKey, from });
  if (toJsonObject(before) !== undefined && toJsonObject(after) !== undefined)
    return compareObjects(before, after, path, from);
  return [{ path, before: textBefore, after: textAfter, from }];
}

/** Compares lists by the key of their entries. The order of charges matters, because the first match wins. */
function compareLists(
  before: readonly unknown[],
  after: readonly unknown[],
  { path, readKey, from }: { readonly path: string; readonly readKey: ReadKey; readonly from: ChangeStart },
): TariffChange[] {
  const [a, b] = [mapEntries(before, readKey), mapEntries(after, readKey)];
  const changes = [...new Set([...a.keys(), ...b.keys()])].flatMap((name) => {
    const [one, other] = [a.get(name), b.get(name)];
    const start = findStart(one, other, from);
    const entryPath = `${path}.${name}`;
    return one === undefined || other === undefined
      ? [{ path: entryPath, before: printJson(one), after: printJson(other), from: start }]
      : compareObjects(one, other, entryPath, start);
  });
  const listKept = (names: readonly string[], others: ReadonlyMap<string, unknown>): string =>
    JSON.stringify(names.filter((name) => others.has(name)));
  const [orderBefore, orderAfter] = [listKept([...a.keys()], b), listKept([...b.keys()], a)];
  if (orderBefore === orderAfter) return changes;
  return [...changes, { path, before: orderBefore, after: orderAfter, from }];
}

/** Entries by their key; a price without a start is the first. */
function mapEntries(list: readonly unknown[], readKey: ReadKey): ReadonlyMap<string, JsonObject> {
  return new Map(
    list.map((entry) => {
      const object = toJsonObject(entry) ?? {};
      return [String(readKey(object) ?? 'first'), object] as const;
    }),
  );
}

/** The first day on which one of two entries applies. */
function findStart(a: JsonObject | undefined, b: JsonObject | undefined, from: ChangeStart): ChangeStart {
  const days = [a, b].filter((entry) => entry !== undefined).map(readStart);
  const isDated = days.every((day) => typeof day === 'string');
  return from === 'always' && isDated ? ([...days].sort()[0] ?? from) : from;
}

function printJson(value: unknown): string | undefined {
  return value === undefined ? undefined : JSON.stringify(value);
}

/** The differences between two lists of entries about SIMs. */
export interface EntryChanges {
  /** Number of SIMs that only the later list has, that only the earlier list has, and whose entries differ. */
  readonly added: number;
  readonly removed: number;
  readonly changed: number;
  readonly from: ChangeStart;
}

type Entries = ReadonlyMap<string, readonly object[]>;

/** Compares rosters or opening balances, which have no start. */
export function compareEntries(before: Entries, after: Entries): EntryChanges {
  const changes = { added: 0, removed: 0, changed: 0 };
  const starts = new Set<unknown>();
  for (const sim of new Set([...before.keys(), ...after.keys()])) {
    const old = printEntries(before.get(sim));
    const now = printEntries(after.get(sim));
    const differing = [...old, ...now].filter((text) => !(old.has(text) && now.has(text)));
    if (differing.length === 0) continue;
    changes[old.size === 0 ? 'added' : now.size === 0 ? 'removed' : 'changed'] += 1;
    for (const text of differing) starts.add(readStart(parseObject(text) ?? {}));
  }
  if (starts.has(undefined)) return { ...changes, from: 'always' };
  return { ...changes, from: [...starts].map(String).sort()[0] ?? 'never' };
}

function printEntries(entries: readonly object[] = []): ReadonlySet<string> {
  return new Set(entries.map((entry) => JSON.stringify(makePlain(entry))));
}
