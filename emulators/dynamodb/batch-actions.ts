/**
 * `BatchGetItem` and `BatchWriteItem`, faster than dynalite's own, which run a complete operation with its checks,
 * locks and promises for each item. dynalite still checks the requests and sends the responses.
 */
import {
  type Attributes,
  countWriteUnits,
  db,
  makeErrorBody,
  type Place,
  type Projection,
  readItems,
  readTable,
  rewriteItems,
  type Store,
  type Table,
} from './dynalite-store.ts';

/** Whether the response states the consumed capacity (`TOTAL`), and also that of each table (`INDEXES`). */
type ReturnConsumedCapacity = 'INDEXES' | 'TOTAL' | 'NONE';

/** A table's consumed capacity in the response. */
interface TableCapacity {
  readonly CapacityUnits: number;
  readonly TableName: string;
  readonly Table?: { readonly CapacityUnits: number };
}

/** A `BatchGetItem` request that dynalite has checked. */
interface BatchGetRequest {
  readonly RequestItems: Readonly<Record<string, KeysAndAttributes>>;
  readonly ReturnConsumedCapacity?: ReturnConsumedCapacity;
}
interface KeysAndAttributes {
  readonly Keys: readonly Attributes[];
  readonly AttributesToGet?: readonly string[];
  readonly ConsistentRead?: boolean;
  readonly ProjectionExpression?: string;
  readonly ExpressionAttributeNames?: Readonly<Record<string, string>>;
  /** The parsed `ProjectionExpression`. */
  readonly _projection?: Projection;
}

/** The most bytes of items in a response of dynalite; keys beyond that are returned as unprocessed. */
const maxAnswerBytes = 2 ** 20;

/**
 * Reads items of one or more tables.
 *
 * @throws dynalite's errors.
 */
export async function batchGet(store: Store, request: BatchGetRequest): Promise<object> {
  const Responses: Record<string, Attributes[]> = {};
  const UnprocessedKeys: Record<string, object> = {};
  const capacities: TableCapacity[] = [];
  let bytes = 0;
  for (const [name, wanted] of Object.entries(request.RequestItems)) {
    const table = await readTable(store, name);
    const places = wanted.Keys.map((key) => findPlace(key, table));
    throwIfInvalid(db.validateKeyPaths(wanted._projection?.nestedPaths, table));
    const paths = wanted._projection?.paths ?? wanted.AttributesToGet;
    const items: Attributes[] = [];
    const left: Attributes[] = [];
    let units = 0;
    for (const [index, item] of (await readItems(store, places)).entries()) {
      const shown = item === undefined || paths === undefined ? item : db.mapPaths(paths, item);
      const after = bytes + (shown === undefined ? 0 : db.itemSize(shown));
      if (after > maxAnswerBytes + store.options.maxItemSize - 3) {
        units += 1;
        left.push(wanted.Keys[index] ?? {});
        continue;
      }
      bytes = after;
      units += db.capacityUnits(item, true, wanted.ConsistentRead);
      if (shown !== undefined) items.push(shown);
    }
    Responses[name] = shuffle(items);
    if (left.length > 0) UnprocessedKeys[name] = leaveKeys(wanted, left);
    capacities.push(describeCapacity(name, units, request.ReturnConsumedCapacity));
  }
  return answerWith({ Responses, UnprocessedKeys }, capacities, request.ReturnConsumedCapacity);
}

function leaveKeys({ _projection, ...wanted }: KeysAndAttributes, Keys: readonly Attributes[]): object {
  return { ...wanted, Keys };
}

/** AWS promises no order. A random one keeps callers from relying on it. */
function shuffle(items: Attributes[]): Attributes[] {
  for (let end = items.length - 1; end > 0; end -= 1) {
    const other = Math.floor(Math.random() * (end + 1));
    const [one, two] = [items[end], items[other]];
    if (one !== undefined && two !== undefined) [items[end], items[other]] = [two, one];
  }
  return items;
}

/** A `BatchWriteItem` request that dynalite has checked. */
interface BatchWriteRequest {
  readonly RequestItems: Readonly<Record<string, readonly WriteRequest[]>>;
  readonly ReturnConsumedCapacity?: ReturnConsumedCapacity;
}
interface WriteRequest {
  readonly PutRequest?: { readonly Item: Attributes };
  readonly DeleteRequest?: { readonly Key: Attributes };
}
interface Write extends Place {
  readonly after: Attributes | undefined;
}

/**
 * Puts and deletes items of one or more tables, all in one LevelDB write.
 *
 * @throws dynalite's errors.
 */
export async function batchWrite(store: Store, request: BatchWriteRequest): Promise<object> {
  const writes: Write[] = [];
  for (const [name, requests] of Object.entries(request.RequestItems)) {
    const table = await readTable(store, name);
    for (const write of requests) writes.push(checkWrite(write, table));
  }
  const results = await rewriteItems(store, writes, (write, before) => ({
    replacement: { ...write, before },
    sized: [before, write.after],
  }));
  const capacities = [...countWriteUnits(writes, results)].map(([name, taken]) =>
    describeCapacity(name, taken, request.ReturnConsumedCapacity),
  );
  return answerWith({ UnprocessedItems: {} }, capacities, request.ReturnConsumedCapacity);
}

function checkWrite({ PutRequest, DeleteRequest }: WriteRequest, table: Table): Write {
  if (PutRequest === undefined) return { ...findPlace(DeleteRequest?.Key ?? {}, table), after: undefined };
  const item = PutRequest.Item;
  throwIfInvalid(db.validateItem(item, table), hideKey);
  return { table, key: db.createKey(item, table), after: item };
}

/** For a key that is missing or has the wrong type, AWS gives less detail in a batch than for a single item. */
function hideKey(error: Error): Error {
  const message = makeErrorBody(error)?.message ?? '';
  return /Missing the key|Type mismatch for key/.test(message)
    ? db.validationError('The provided key element does not match the schema')
    : error;
}

function findPlace(key: Attributes, table: Table): Place {
  throwIfInvalid(db.validateKey(key, table));
  return { table, key: db.createKey(key, table) };
}

function throwIfInvalid(error: Error | undefined | null, change = (found: Error): Error => found): void {
  if (error) throw change(error);
}

function describeCapacity(
  TableName: string,
  CapacityUnits: number,
  wanted: ReturnConsumedCapacity | undefined,
): TableCapacity {
  return { CapacityUnits, TableName, ...(wanted === 'INDEXES' && { Table: { CapacityUnits } }) };
}

function answerWith(
  answer: object,
  capacities: readonly TableCapacity[],
  wanted: ReturnConsumedCapacity | undefined,
): object {
  return wanted === 'INDEXES' || wanted === 'TOTAL' ? { ...answer, ConsumedCapacity: capacities } : answer;
}
