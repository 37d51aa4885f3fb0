import {
  ConditionalCheckFailedException,
  type DynamoDBClient,
  PutItemCommand,
} from '@aws-sdk/client-dynamodb';
import type { Change, Changes } from '../ledger/fold.ts';
import { complete, type LedgerEvent, type Usage } from '../ledger/observation.ts';
import { tryReadItems } from './batch-get.ts';
import { type PlacedItem, putItems } from './batch-put.ts';
import { completenessAttributes, outdoes, rankCompleteness, supersedes } from './completeness.ts';
import { forEachConcurrently, maxRequests, waitBeforeRetry } from './concurrency.ts';
import { encodeEventItem, encodeUsageItem, findUsageExpiry, type Item, keepLaterExpiry } from './items.ts';
import type { LedgerTables, WriteOptions } from './ledger-tables.ts';
import { ContendedItemError, readItem, replaceItem } from './registers.ts';
import type { Outcome, Report } from './report.ts';
import { insertStatement, maxStatementsAtOnce, type StatementQueue } from './statements.ts';
import { eventsTable, usageTable } from './tables.ts';
import { UsageGains } from './usage-gains.ts';

/**
 * Usage and events: items that are put under their own id.
 *
 * A complete statement is put without a condition, 25 per request. A condition is needed in three cases. A statement
 * that another rendering of the same record may outdo is put only if no more complete one is stored. Usage that expires
 * must not replace an item that expires later. Usage whose gain is measured must not replace an item unnoticed: a put
 * without a condition does not tell whether an item was stored.
 */
interface Put extends PlacedItem {
  readonly completeness: number;
  /** Whether the item expires, and a stored one may expire later. */
  readonly mayShorten: boolean;
  readonly change: Change<Usage | LedgerEvent>;
}

const maxMerges = 24;

/** Puts all usage and events of a batch. */
export async function putAll(
  tables: LedgerTables,
  statements: StatementQueue,
  changes: Changes,
  options: WriteOptions,
  report: Report,
): Promise<void> {
  const { client } = tables;
  const all = makePuts(tables, changes, options);
  // For most puts, it matters only whether an item is stored and how complete it is; few need its content.
  const stored = options.readBeforeWrite
    ? await findStored(client, all, completenessAttributes)
    : new Map<Put, Item>();
  const puts = all.filter((put) => !isContained(put, stored.get(put), report));
  const gains = tables.measuresUsage === true ? new UsageGains() : undefined;
  const isPlain = (put: Put): boolean =>
    !put.mayShorten && put.completeness >= complete && !(gains !== undefined && isUsage(put));
  // If a file repeats a record, the more complete rendering stays.
  const takesPlace = (put: Put): typeof outdoes =>
    put.completeness >= complete && !options.readBeforeWrite ? supersedes : outdoes;
  const plain = puts.filter(isPlain);
  const careful = puts.filter((put) => !isPlain(put));
  await Promise.all([
    putPlainly({ client, report, gains }, plain),
    putCarefully({ client, statements, takesPlace, report, gains }, careful, (put) => stored.has(put)),
  ]);
  if (gains !== undefined) report.gains = await gains.settle(tables, options);
}

function isUsage({ change }: Put): boolean {
  return 'usageId' in change.state;
}

/** Notes the gain of an item that was put, and that may have replaced another one. */
function noteGain(gains: UsageGains | undefined, { change: { state } }: Put, before: Item | undefined): void {
  if (gains !== undefined && 'usageId' in state) gains.add(state, before);
}

async function putPlainly(
  { client, report, gains }: Pick<CarefulContext, 'client' | 'report' | 'gains'>,
  puts: readonly Put[],
): Promise<void> {
  const failed = await putItems(client, puts);
  for (const [{ change }, error] of failed) report.noteFailure(change, error);
  // Where gains are measured, only items that were read and are not stored get here.
  for (const put of puts) if (!failed.has(put)) noteGain(gains, put, undefined);
}

/** What {@link putCarefully} needs. */
interface CarefulContext {
  readonly client: DynamoDBClient;
  readonly statements: StatementQueue;
  /** Decides whether a put replaces the stored item. */
  readonly takesPlace: (put: Put) => (item: Item, stored: Item) => boolean;
  readonly report: Report;
  /** Collects what usage gains; undefined if that is not measured. */
  readonly gains: UsageGains | undefined;
}

/**
 * Puts items that no stored item outdoes. Inserts the items that are not known to be stored, by statements. For the
 * others, reads the stored items, 100 per request, and compares.
 *
 * @param isStored whether an item is known to be stored.
 */
async function putCarefully(
  { client, statements, takesPlace, report, gains }: CarefulContext,
  puts: readonly Put[],
  isStored: (put: Put) => boolean,
): Promise<void> {
  const left: {
    readonly put: Put;
    readonly stored?: Item | undefined;
    readonly unaccepted?: Error | undefined;
  }[] = [];
  const unseen: Put[] = [];
  await forEachConcurrently(puts, maxStatementsAtOnce, async (put) => {
    if (isStored(put)) {
      unseen.push(put);
      return;
    }
    const outcome = await statements.execute(() => insertStatement(put.tableName, put.key, put.item));
    if (outcome.kind === 'done') noteGain(gains, put, undefined);
    if (outcome.kind === 'failed') report.noteFailure(put.change, outcome.error);
    if (outcome.kind === 'unavailable') left.push({ put, unaccepted: outcome.error });
    if (outcome.kind === 'refused') {
      if (outcome.stored === undefined) unseen.push(put);
      else left.push({ put, stored: outcome.stored });
    }
  });
  const stored = await findStored(client, unseen);
  left.push(...unseen.map((put) => ({ put, stored: stored.get(put) })));
  await forEachConcurrently(left, maxRequests, ({ put, stored: seen, unaccepted }) =>
    report.noteOutcome(put.change, async () => {
      const onPut = (before: Item | undefined): void => noteGain(gains, put, before);
      const outcome = await putUnlessFuller(client, put, { seen, takesPlace: takesPlace(put), onPut });
      if (unaccepted !== undefined) statements.stop(unaccepted);
      return outcome;
    }),
  );
}

function makePuts(tables: LedgerTables, { usage, events }: Changes, { writtenAt = 0 }: WriteOptions): Put[] {
  const puts: Put[] = [];
  for (const change of usage) {
    const { state } = change;
    const expiresAt = findUsageExpiry(state, writtenAt, tables.usageRetentionDays);
    const item = encodeUsageItem(state, state.completeness >= complete, expiresAt);
    const { sim, usageId } = item;
    if (sim === undefined || usageId === undefined) continue;
    const key = { [usageTable.partitionKey]: sim, [usageTable.sortKey]: usageId };
    const { completeness } = state;
    const mayShorten = expiresAt !== undefined;
    puts.push({ tableName: tables.usage, key, item, completeness, mayShorten, change });
  }
  for (const change of events) {
    const { state } = change;
    const item = encodeEventItem(state, state.completeness >= complete, tables.eventRetentionDays);
    const { sim, eventKey } = item;
    if (sim === undefined || eventKey === undefined) continue;
    const key = { [eventsTable.partitionKey]: sim, [eventsTable.sortKey]: eventKey };
    const { completeness } = state;
    puts.push({ tableName: tables.events, key, item, completeness, mayShorten: false, change });
  }
  return puts;
}

/**
 * Reads the stored items of puts, 100 per request. Reading only saves writes: if a request fails, its items are written
 * as if they had not been read.
 *
 * @param attributes the attributes to read, besides the keys; all by default.
 * @returns the stored items, by put.
 */
async function findStored(
  client: DynamoDBClient,
  puts: readonly Put[],
  attributes?: readonly string[],
): Promise<ReadonlyMap<Put, Item>> {
  const stored = new Map<Put, Item>();
  const byTable = new Map<string, Map<string, Put>>();
  for (const put of puts) {
    const ofTable = byTable.get(put.tableName) ?? new Map<string, Put>();
    byTable.set(put.tableName, ofTable.set(formatKey(put.key), put));
  }
  await Promise.all(
    [...byTable].map(async ([tableName, byKey]) => {
      const keys = [...byKey.values()].map(({ key }) => key);
      const read = await tryReadItems(client, tableName, keys, {
        consistent: true,
        ...(attributes && { attributes: [...Object.keys(keys[0] ?? {}), ...attributes] }),
      });
      for (const item of read.items) {
        const put = byKey.get(formatKey(item));
        if (put !== undefined) stored.set(put, item);
      }
    }),
  );
  return stored;
}

function formatKey(item: Item): string {
  return `${item['sim']?.S}\n${item['usageId']?.S ?? item['eventKey']?.S}`;
}

/** Whether the stored item is as complete as the put, whose record is then a repetition. */
function isContained(put: Put, stored: Item | undefined, report: Report): boolean {
  if (stored === undefined || rankCompleteness(stored) < put.completeness) return false;
  if (put.completeness < complete && rankCompleteness(stored) === put.completeness) return false;
  report.noteUnchanged(put.change);
  return true;
}

/** What {@link putUnlessFuller} needs. */
interface PutContext {
  /** The stored item, if it is known. */
  readonly seen: Item | undefined;
  /** Decides whether the put replaces the stored item. */
  readonly takesPlace: (item: Item, stored: Item) => boolean;
  /** Called after the put with the item that it replaced. */
  readonly onPut: (before: Item | undefined) => void;
}

/** Puts an item, unless the stored one stays. */
async function putUnlessFuller(
  client: DynamoDBClient,
  put: Put,
  { seen, takesPlace, onPut }: PutContext,
): Promise<Outcome> {
  let stored = seen;
  for (let attempt = 0; attempt < maxMerges; attempt += 1) {
    if (stored === undefined) {
      const first = await putIfAbsent(client, put);
      if (first === 'changed') {
        onPut(undefined);
        return 'changed';
      }
      stored = first.stored ?? (await readItem(client, put.tableName, put.key));
      continue;
    }
    if (!takesPlace(put.item, stored)) return 'unchanged';
    const item = put.mayShorten ? keepLaterExpiry(put.item, stored) : put.item;
    // If another writer puts the item meanwhile, it differs in an attribute that the stored item has: at least in its
    // completeness.
    const table = { client, tableName: put.tableName, attributes: Object.keys(item) };
    const replaced = await replaceItem(table, stored, item);
    if (replaced.done) {
      onPut(stored);
      return 'changed';
    }
    stored = replaced.stored ?? (await readItem(client, put.tableName, put.key));
    await waitBeforeRetry(attempt);
  }
  throw new ContendedItemError(put.tableName);
}

async function putIfAbsent(
  client: DynamoDBClient,
  put: Put,
): Promise<'changed' | { stored: Item | undefined }> {
  try {
    await client.send(
      new PutItemCommand({
        TableName: put.tableName,
        Item: put.item,
        ConditionExpression: 'attribute_not_exists(sim)',
        ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
      }),
    );
    return 'changed';
  } catch (error) {
    if (!(error instanceof ConditionalCheckFailedException)) throw error;
    return { stored: error.Item };
  }
}
