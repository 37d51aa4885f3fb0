import { createRequire } from 'node:module';

/**
 * The parts of dynalite that {@link import('./statements.ts')} uses: the store, the checks of its own writes, and their
 * errors. dynalite has no types for them.
 */

/** An attribute value in a request's JSON: one type and its value. */
export type Value = Readonly<Record<string, unknown>>;
/** Attributes by name. */
export type Attributes = Record<string, Value>;

type Callback<Result> = (error: Error | null | undefined, result: Result) => void;

/** The items of a table, or the entries of an index. */
interface ItemDb {
  /** Waits for all keys; each is handed out in the order of requests. */
  lock(keys: readonly string[], locked: (release: (done: () => void) => () => void) => void): void;
  get(key: string, done: Callback<Attributes>): void;
  batch(changes: readonly Change[], done: Callback<unknown>): void;
}
type Change =
  | { readonly type: 'put'; readonly key: string; readonly value: Attributes }
  | { readonly type: 'del'; readonly key: string };

interface LevelDb {
  readonly status: string;
  getSync(key: string): Attributes | undefined;
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
type IndexType = 'Local' | 'Global';

/** A table as `DescribeTable` describes it. */
export interface Table {
  readonly TableName: string;
  readonly KeySchema: KeySchema;
  readonly LocalSecondaryIndexes?: readonly Index[];
  readonly GlobalSecondaryIndexes?: readonly Index[];
}
/** What dynalite keeps its tables in. */
export interface Store {
  readonly options: { readonly maxItemSize: number };
  /** The LevelDB of all tables. */
  readonly db: LevelDb;
  readonly tableDb: TableDb;
  /** Reads a description; without `checkStatus`, only of a table that is ready. */
  getTable: GetTable;
  getItemDb(name: string): ItemDb;
  getIndexDb(type: IndexType, table: string, index: string): ItemDb;
}
interface Db {
  create(options: object): Store;
  validationError(message: string): Error;
  validateKey(key: Attributes, table: Table): Error | undefined | null;
  validateItem(item: Attributes, table: Table): Error | undefined | null;
  /** Writes an item's key, in the order of a table or of an index. */
  createKey(item: Attributes, table: Table, keySchema?: KeySchema): string;
  /** Writes a sort key so that texts are in its order. */
  toRangeStr(value: unknown, type: string): string;
  itemSize(item: Attributes): number;
  capacityUnits(item: Attributes | undefined, isRead: boolean): number;
  /** The entries of indexes that are removed and added when an item replaces another. */
  getIndexActions(
    indexes: readonly Index[],
    before: Attributes | undefined,
    after: Attributes,
    table: Table,
  ): {
    readonly deletes: readonly { readonly index: string; readonly key: string }[];
    readonly puts: readonly { readonly index: string; readonly key: string; readonly item: Attributes }[];
  };
}
interface Validations {
  /** Copies the members that the types name; throws for a member of another type. */
  checkTypes(data: object, types: object): object;
  /** Throws if a constraint is not met. */
  checkValidations(data: object, types: object): void;
  /** Also brings numbers into their canonical form. */
  validateAttributeValue(value: Value): string | undefined | null;
}

const require = createRequire(createRequire(import.meta.url).resolve('dynalite'));
/** dynalite's checks and arithmetic of items. */
export const db: Db = require('./db');
/** dynalite's checks of requests. */
export const validations: Validations = require('./validations');
/** Exact numbers, which dynalite itself compares by. */
export const makeBig: new (text: string) => { cmp(other: string): number } = require('big.js');

/** Runs a function that creates a dynalite, and returns the store that it created. */
export function captureStore<Made>(make: () => Made): { readonly made: Made; readonly store: Store } {
  const { create } = db;
  let store: Store | undefined;
  db.create = (options) => {
    store = create(options);
    return store;
  };
  try {
    const made = make();
    if (store === undefined) throw new Error('dynalite made no store');
    return { made, store };
  } finally {
    db.create = create;
  }
}

/**
 * Keeps the descriptions of tables in memory: dynalite reads and parses one for each item that it reads or writes. The
 * operations that change a description read it themselves and write it before they answer, and a write forgets what
 * was kept.
 */
export function rememberTables(store: Store): void {
  const { tableDb } = store;
  const known = new Map<string, Table>();
  /** Descriptions written so far: one that was read before the latest was written is not kept. */
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

/** Beginnings of keys that are kept: those of some ten thousand SIMs, in a few megabytes. */
const maxBeginnings = 10_000;

/**
 * Keeps what dynalite writes of partition keys, which is a digest: the same few are read and written all the time, and
 * digests took a twentieth of the CPU. It must be called once.
 */
export function rememberPartitions(): void {
  const { createKey } = db;
  const known = new Map<string, string>();
  db.createKey = (item, table, keySchema = table.KeySchema) => {
    const [partition, sort] = keySchema;
    const value = item[partition?.AttributeName ?? '']?.['S'];
    const sortValue = item[sort?.AttributeName ?? '']?.['S'];
    // Of other types, dynalite writes more than one form.
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
 * Reads items at once, in this thread: nearly all are in memory, where handing each look-up to another thread takes a
 * quarter of the CPU, and dynalite's way there through six promises a twentieth.
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
        item = store.db.getSync(`item-${name}~${key}`);
      } catch (error) {
        process.nextTick(done, error);
        return;
      }
      process.nextTick(done, null, item);
    };
    return itemDb;
  };
}

/** An item's place in the store. */
export interface Place {
  readonly table: Table;
  /** Its key, as {@link Db.createKey} writes it. */
  readonly key: string;
}

/**
 * Waits for the locks that dynalite's own writes take.
 *
 * All are asked for in one turn of the event loop, so that two callers who lock the same items get them in the same
 * order, and cannot deadlock.
 *
 * @returns a function that releases the locks.
 */
export async function lockItems(store: Store, places: readonly Place[]): Promise<() => void> {
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

/** Reads an item; undefined where none is stored. */
export async function readItem(store: Store, { table, key }: Place): Promise<Attributes | undefined> {
  try {
    return await promise<Attributes>((done) => store.getItemDb(table.TableName).get(key, done));
  } catch (error) {
    if (error instanceof Error && error.name === 'NotFoundError') return undefined;
    throw error;
  }
}

/** An item that takes another's place. */
export interface Replacement extends Place {
  readonly before: Attributes | undefined;
  readonly after: Attributes;
}

/** Changes of the store, collected by what they are written to. */
class Changes {
  readonly #byDb = new Map<ItemDb, Change[]>();

  add(itemDb: ItemDb, change: Change): void {
    const known = this.#byDb.get(itemDb);
    if (known === undefined) this.#byDb.set(itemDb, [change]);
    else known.push(change);
  }

  async write(): Promise<void> {
    await Promise.all(
      [...this.#byDb].map(([itemDb, changes]) => promise((done) => itemDb.batch(changes, done))),
    );
  }
}

/** Replaces items, each table's in one write; before them, as dynalite does, the entries of their indexes. */
export async function replaceItems(store: Store, replacements: readonly Replacement[]): Promise<void> {
  const [entries, items] = [new Changes(), new Changes()];
  for (const { table, key, before, after } of replacements) {
    for (const type of ['Local', 'Global'] as const) {
      const indexes = table[`${type}SecondaryIndexes`] ?? [];
      const { deletes, puts } = db.getIndexActions(indexes, before, after, table);
      const indexDb = (index: string): ItemDb => store.getIndexDb(type, table.TableName, index);
      for (const { index, key: entry } of deletes) entries.add(indexDb(index), { type: 'del', key: entry });
      for (const { index, key: entry, item } of puts) {
        entries.add(indexDb(index), { type: 'put', key: entry, value: item });
      }
    }
    items.add(store.getItemDb(table.TableName), { type: 'put', key, value: after });
  }
  await entries.write();
  await items.write();
}

/** Reads a table's description. Rejects with dynalite's `ResourceNotFoundException` if the table does not exist. */
export function readTable(store: Store, name: string): Promise<Table> {
  return promise((done) => store.getTable(name, done));
}

function promise<Result>(run: (done: Callback<Result>) => void): Promise<Result> {
  return new Promise((resolve, reject) => {
    run((error, result) => (error ? reject(error) : resolve(result)));
  });
}

/** The answer that an error of dynalite carries; undefined for any other error. */
export function errorBody(
  error: unknown,
): { readonly __type?: string; readonly message?: string } | undefined {
  return error instanceof Error && 'body' in error ? Object(error.body) : undefined;
}
