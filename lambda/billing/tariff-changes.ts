import type { Day } from '../days/day.ts';
import { type JsonObject, parseObject, toJsonObject } from '../json/json.ts';
import { makePlain } from './stored-tariff.ts';
import type { Tariff } from './tariff.ts';

/** What differs between two versions of a tariff, and from which day on amounts may differ. */

/** From when on amounts may differ: a day, `always` for all of time, `never` for what decides no amount. */
export type ChangeStart = Day | 'always' | 'never';

/** Something that differs. */
export interface TariffChange {
  /** Keys, and names or days where a list has them: `charges.data.prices.2026-11-15.tiers`. */
  readonly path: string;
  /** As JSON; undefined for what was not there. */
  readonly before: string | undefined;
  /** As JSON; undefined for what is not there any more. */
  readonly after: string | undefined;
  readonly from: ChangeStart;
}

/** What differs, in the order of the keys. Where there was no tariff before, that is the whole of it. */
export function compareTariffs(before: Tariff | undefined, after: Tariff | undefined): TariffChange[] {
  if (before === undefined || after === undefined) {
    const whole = (tariff: Tariff | undefined): string | undefined => tariff && JSON.stringify(tariff.name);
    if (before === after) return [];
    return [{ path: 'name', before: whole(before), after: whole(after), from: 'always' }];
  }
  return compareObjects(makePlain(before), makePlain(after), '', 'always');
}

/** The earliest of all: from then on bills may differ. */
export function findFirstChange(changes: readonly { readonly from: ChangeStart }[]): ChangeStart {
  const starts = changes.map(({ from }) => from);
  if (starts.includes('always')) return 'always';
  return starts.filter((from) => from !== 'never').sort()[0] ?? 'never';
}

/** Keys that decide no amount. */
const silentKeys: ReadonlySet<string> = new Set(['facts', 'notComputable']);

type ReadKey = (entry: JsonObject) => unknown;

const readName: ReadKey = ({ name }) => name;
const readStart: ReadKey = ({ from }) => from;

/** Lists whose entries are told apart by a member. */
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

/** Lists by the key of their entries; the order of charges decides which one a record has. */
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

/** Entries by their key; a price without a beginning is the first. */
function mapEntries(list: readonly unknown[], readKey: ReadKey): ReadonlyMap<string, JsonObject> {
  return new Map(
    list.map((entry) => {
      const object = toJsonObject(entry) ?? {};
      return [String(readKey(object) ?? 'first'), object] as const;
    }),
  );
}

/** The first day on which one of two entries is in force. */
function findStart(a: JsonObject | undefined, b: JsonObject | undefined, from: ChangeStart): ChangeStart {
  const days = [a, b].filter((entry) => entry !== undefined).map(readStart);
  const isDated = days.every((day) => typeof day === 'string');
  return from === 'always' && isDated ? ([...days].sort()[0] ?? from) : from;
}

function printJson(value: unknown): string | undefined {
  return value === undefined ? undefined : JSON.stringify(value);
}

/** How two lists of entries of SIMs differ. */
export interface EntryChanges {
  /** SIMs that only the later list has, that only the earlier one has, and of which the entries differ. */
  readonly added: number;
  readonly removed: number;
  readonly changed: number;
  readonly from: ChangeStart;
}

type Entries = ReadonlyMap<string, readonly object[]>;

/** Compares rosters, or opening balances, which have no beginning. */
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
