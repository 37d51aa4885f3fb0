import { createRequire } from 'node:module';

/**
 * The parts of dynalite that {@link import('./statements.ts')} and {@link import('./batch-actions.ts')} use, for which
 * it has no types: its store, the checks of its writes, and their errors.
 */

/** An attribute value as in a request's JSON: one type and its value. */
export type Value = Readonly<Record<string, unknown>>;
/** Attributes by name. */
export type Attributes = Record<string, Value>;

type Callback<Result> = (error: Error | null | undefined, result: Result) => void;

/** The items of a table, or the entries of an index. */
interface ItemDb {
  /** Waits for the locks of all keys. Each lock is granted in the order of requests. */
  lock(keys: readonly string[], locked: (release: (done: () => void) => () => void) => void): void;
  get(key: string, done: Callback<Attributes>): void;
}
type Change =
  | { readonly type: 'put'; readonly key: string; readonly value: Attributes }
  | { readonly type: 'del'; readonly key: string };

interface LevelDb {
  readonly status: string;
  /**
   * Opens the database with other options than dynalite's. Call it in the same turn of the event loop that created it.
   */
  open(options: { readonly writeBufferSize: number }): Promise<void>;
  getSync(key: string): Attributes | undefined;
  /** Makes all changes or none. */
  batch(changes: readonly Change[], done: Callback<unknown>): void;
}

/** The descriptions of tables. */
interface TableDb {
  put(name: string, table: Table, done: Callback<unknown>): void;
  del(name: string, done: Callback<unknown>): void;
}
interface GetTable {
  (name: string, done: Callback<Table>): void;
  (name: string, checkStatus: boolean, done: Callback<Table>): void;
}

type KeySchema = readonly { readonly AttributeName: string }[];

interface Index {
  readonly IndexName: string;
}

/** A table as `DescribeTable` describes it. */
export interface Table {
  readonly TableName: string;
  readonly KeySchema: KeySchema;
  readonly LocalSecondaryIndexes?: readonly Index[];
  readonly GlobalSecondaryIndexes?: readonly Index[];
}
/** dynalite's store. */
export interface Store {
  readonly options: { readonly maxItemSize: number };
  /** The LevelDB database of all tables. */
  readonly db: LevelDb;
  readonly tableDb: TableDb;
  /** Reads a table's description. Without `checkStatus`, fails if the table is not ready. */
  getTable: GetTable;
  getItemDb(name: string): ItemDb;
}
/** A parsed `ProjectionExpression`. */
export interface Projection {
  readonly paths: readonly unknown[];
  readonly nestedPaths: unknown;
}
interface Db {
  create(options: object): Store;
  validationError(message: string): Error;
  validateKey(key: Attributes, table: Table): Error | undefined | null;
  validateItem(item: Attributes, table: Table): Error | undefined | null;
  validateKeyPaths(nestedPaths: unknown, table: Table): Error | undefined | null;
  /** The attributes of an item that the paths select. */
  mapPaths(paths: readonly unknown[], item: Attributes): Attributes;
  /** An item's key in LevelDB, which sorts like the table or the index. */
  createKey(item: Attributes, table: Table, keySchema?: KeySchema): string;
  /** A sort key as text that sorts like its value. */
  toRangeStr(value: unknown, type: string): string;
  itemSize(item: Attributes): number;
  capacityUnits(item: Attributes | undefined, isRead: boolean, isConsistent?: boolean): number;
  /** The index entries to remove and to add when an item replaces another. */
  getIndexActions(
    indexes: readonly Index[],
    before: Attributes | undefined,
    after: Attributes | undefined,
    table: Table,
  ): {
    readonly deletes: readonly { readonly index: string; readonly key: string }[];
    readonly puts: readonly { readonly index: string; readonly key: string; readonly item: Attributes }[];
  };
}
interface Validations {
  /** Copies the members that the types declare; throws if one has the wrong type. */
  checkTypes(data: object, types: object): object;
  /** Throws if a value breaks a constraint. */
  checkValidations(data: object, types: object): void;
  /** Also changes numbers to their canonical form. */
  validateAttributeValue(value: Value): string | undefined | null;
}

const require = createRequire(createRequire(import.meta.url).resolve('dynalite'));
/** dynalite's item checks and calculations. */
export const db: Db = require('./db');
/** dynalite's request checks. */
export const validations: Validations = require('./validations');
/** Exact numbers, which dynalite uses for comparison. */
export const makeBig: new (text: string) => { cmp(other: string): number } = require('big.js');

/** Answers a request that dynalite has checked. Rejects with one of dynalite's errors. */
export type Action<Request> = (store: Store, request: Request) => Promise<object>;

/**
 * Loads dynalite with some of its actions replaced. dynalite must not have been loaded before, because it keeps the
 * actions that it finds when it is loaded.
 */
export function loadDynalite<Actions extends object>(
  actions: {
    readonly [Name in keyof Actions]: Action<Actions[Name]>;
  },
): typeof import('dynalite').default {
  for (const [name, action] of Object.entries<Action<never>>(actions)) {
    const path = require.resolve(`./actions/${name}`);
    require(path);
    const loaded = require.cache[path];
    if (loaded === undefined) throw new Error(`dynalite has no action ${name}`);
    loaded.exports = (store: Store, request: never, done: Callback<object | undefined>): void => {
      action(store, request).then(
        (answer) => process.nextTick(done, null, answer),
        (error: unknown) => process.nextTick(done, error),
      );
    };
  }
  return require('dynalite');
}

/** Runs a function that creates a dynalite server, and returns the server's store. */
export function captureStore<Made>(make: () => Made): { readonly made: Made; readonly store: Store } {
  const { create } = db;
  let store: Store | undefined;
  db.create = (options) => {
    store = create(options);
    return store;
  };
  try {
    const made = make();
    if (store === undefined) throw new Error('dynalite created no store');
    return { made, store };
  } finally {
    db.create = create;
  }
}

/**
 * Caches the descriptions of tables, which dynalite otherwise reads and parses for every item that it reads or writes.
 * Operations that change a description read it without the cache and write it before they answer; each write clears the
 * cache.
 */
export function rememberTables(store: Store): void {
  const { tableDb } = store;
  const known = new Map<string, Table>();
  /** How often a description was written. A description that was read before the latest write is not cached. */
  let written = 0;
  const forget = (): void => {
    written += 1;
    known.clear();
  };
  const [put, del] = [tableDb.put.bind(tableDb), tableDb.del.bind(tableDb)];
  tableDb.put = (name, table, done) => {
    forget();
    put(name, table, (error, result) => {
      forget();
      done(error, result);
    });
  };
  tableDb.del = (name, done) => {
    forget();
    del(name, (error, result) => {
      forget();
      done(error, result);
    });
  };
  const getTable = store.getTable;
  store.getTable = ((name: string, first: boolean | Callback<Table>, second?: Callback<Table>): void => {
    if (typeof first !== 'function') {
      if (second !== undefined) getTable(name, first, second);
      return;
    }
    const table = known.get(name);
    if (table !== undefined) {
      first(null, table);
      return;
    }
    const before = written;
    getTable(name, (error, read) => {
      if (!error && written === before) known.set(name, read);
      first(error, read);
    });
  }) as GetTable;
}

/** How many key prefixes are cached: those of some ten thousand SIMs, in a few megabytes. */
const maxBeginnings = 10_000;

/**
 * Caches dynalite's prefixes for partition keys, which are digests. The same few keys are read and written all the
 * time, and digests took 5 % of the CPU. Call it once.
 */
export function rememberPartitions(): void {
  const { createKey } = db;
  const known = new Map<string, string>();
  db.createKey = (item, table, keySchema = table.KeySchema) => {
    const [partition, sort] = keySchema;
    const value = item[partition?.AttributeName ?? '']?.['S'];
    const sortValue = item[sort?.AttributeName ?? '']?.['S'];
    // For values of other types, dynalite's form of a key varies.
    if (partition === undefined || typeof value !== 'string' || typeof sortValue !== 'string') {
      return createKey(item, table, keySchema);
    }
    let beginning = known.get(value);
    if (beginning === undefined) {
      beginning = createKey(item, table, [partition]);
      if (known.size >= maxBeginnings) known.clear();
      known.set(value, beginning);
    }
    return `${beginning}${db.toRangeStr(sortValue, 'S')}/`;
  };
}

/**
 * Reads items synchronously in this thread. Nearly all of them are in memory, where handing each read to another thread
 * takes 25 % of the CPU, and dynalite's six promises for it another 5 %.
 */
export function readInThread(store: Store): void {
  const { getItemDb } = store;
  const known = new WeakSet<ItemDb>();
  store.getItemDb = (name) => {
    const itemDb = getItemDb(name);
    if (known.has(itemDb)) return itemDb;
    known.add(itemDb);
    const { get } = itemDb;
    itemDb.get = (key, done) => {
      if (store.db.status !== 'open') return get(key, done);
      let item: Attributes | undefined;
      try {
        item = store.db.getSync(readItemKey(name, key));
      } catch (error) {
        process.nextTick(done, error);
        return;
      }
      process.nextTick(done, null, item);
    };
    return itemDb;
  };
}

/** The LevelDB key of an item. */
function readItemKey(table: string, key: string): string {
  return `item-${table}~${key}`;
}

/** Where an item is in the store. */
export interface Place {
  readonly table: Table;
  /** The item's key, as made by {@link Db.createKey}. */
  readonly key: string;
}

/**
 * Waits for the locks that dynalite's own writes use.
 *
 * Requests all of them in one turn of the event loop, so that two callers that lock the same items get them in the same
 * order and cannot deadlock.
 *
 * @returns a function that releases the locks.
 */
async function lockItems(store: Store, places: readonly Place[]): Promise<() => void> {
  const keys = new Map<string, string[]>();
  for (const { table, key } of places) {
    const known = keys.get(table.TableName);
    if (known === undefined) keys.set(table.TableName, [key]);
    else known.push(key);
  }
  const locks = [...keys].map(
    ([name, ofTable]) =>
      new Promise<() => void>((resolve) => {
        store.getItemDb(name).lock(ofTable, (release) => resolve(release(() => undefined)));
      }),
  );
  const releases = await Promise.all(locks);
  return () => {
    for (const release of releases) release();
  };
}

/** Reads items, in the order of `places`; undefined where no item is stored. */
export async function readItems(
  store: Store,
  places: readonly Place[],
): Promise<readonly (Attributes | undefined)[]> {
  if (store.db.status !== 'open') return Promise.all(places.map((place) => readItem(store, place)));
  return places.map(({ table, key }) => store.db.getSync(readItemKey(table.TableName, key)));
}

/** Reads an item while the store may still be opening. */
async function readItem(store: Store, { table, key }: Place): Promise<Attributes | undefined> {
  try {
    return await toPromise<Attributes>((done) => store.getItemDb(table.TableName).get(key, done));
  } catch (error) {
    if (error instanceof Error && error.name === 'NotFoundError') return undefined;
    throw error;
  }
}

/** The replacement or removal of an item. */
export interface Replacement extends Place {
  readonly before: Attributes | undefined;
  readonly after: Attributes | undefined;
}

/** What a write decides about an item. */
export interface Rewritten {
  /** Undefined if the item does not change. */
  readonly replacement?: Replacement;
  /** The items before and after. The larger one determines the write units, even if the write failed. */
  readonly sized: readonly (Attributes | undefined)[];
}

/**
 * Reads items, decides about each, and replaces those that change. All reads come first, and all changes are one write.
 * No other write can happen in between, because dynalite's own writes wait for the same locks.
 *
 * @throws dynalite's error for a request that writes an item twice.
 */
export async function rewriteItems<Write extends Place, Result extends Rewritten>(
  store: Store,
  writes: readonly Write[],
  decide: (write: Write, stored: Attributes | undefined) => Result,
): Promise<readonly Result[]> {
  const places = new Set(writes.map(({ table, key }) => `${table.TableName}\n${key}`));
  if (places.size < writes.length) {
    throw db.validationError('Provided list of item keys contains duplicates');
  }
  const release = await lockItems(store, writes);
  try {
    const stored = await readItems(store, writes);
    const results = writes.map((write, index) => decide(write, stored[index]));
    await replaceItems(
      store,
      results.flatMap(({ replacement }) => replacement ?? []),
    );
    return results;
  } finally {
    release();
  }
}

/** The consumed write units, by table. */
export function countWriteUnits(
  writes: readonly Place[],
  results: readonly Rewritten[],
): ReadonlyMap<string, number> {
  const units = new Map<string, number>();
  for (const [index, { table }] of writes.entries()) {
    const sizes = results[index]?.sized.map((item) => db.capacityUnits(item, false)) ?? [];
    units.set(table.TableName, (units.get(table.TableName) ?? 0) + Math.max(0, ...sizes));
  }
  return units;
}

/** Replaces items and the entries of their indexes in one write. */
async function replaceItems(store: Store, replacements: readonly Replacement[]): Promise<void> {
  const changes: Change[] = [];
  const change = (key: string, value: Attributes | undefined): void => {
    changes.push(value === undefined ? { type: 'del', key } : { type: 'put', key, value });
  };
  for (const { table, key, before, after } of replacements) {
    for (const type of ['Local', 'Global'] as const) {
      const indexes = table[`${type}SecondaryIndexes`];
      if (indexes === undefined) continue;
      const beginning = `index-${type.toLowerCase()}~${table.TableName}~`;
      const { deletes, puts } = db.getIndexActions(indexes, before, after, table);
      for (const { index, key: entry } of deletes) change(`${beginning}${index}~${entry}`, undefined);
      for (const { index, key: entry, item } of puts) change(`${beginning}${index}~${entry}`, item);
    }
    change(readItemKey(table.TableName, key), after);
  }
  if (changes.length > 0) await toPromise((done) => store.db.batch(changes, done));
}

/** Reads a table's description. Rejects with dynalite's `ResourceNotFoundException` if the table does not exist. */
export function readTable(store: Store, name: string): Promise<Table> {
  return toPromise((done) => store.getTable(name, done));
}

function toPromise<Result>(run: (done: Callback<Result>) => void): Promise<Result> {
  return new Promise((resolve, reject) => {
    run((error, result) => (error ? reject(error) : resolve(result)));
  });
}

/** The response body of one of dynalite's errors; undefined for other errors. */
export function makeErrorBody(
  error: unknown,
): { readonly __type?: string; readonly message?: string } | undefined {
  return error instanceof Error && 'body' in error ? Object(error.body) : undefined;
}
