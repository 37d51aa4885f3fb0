import {
  type AttributeValue,
  ConditionalCheckFailedException,
  type DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import type { Change } from '../ledger/fold.ts';
import { forEachConcurrently, maxRequests, waitBeforeRetry } from './concurrency.ts';
import { type ItemUpdate, replaceStatement, requireUnchanged } from './expressions.ts';
import type { Item } from './items.ts';
import type { Outcome } from './report.ts';
import {
  insertStatement,
  maxStatementsAtOnce,
  type StatementOutcome,
  type StatementQueue,
} from './statements.ts';

/** A table whose items are merged: how to encode, decode and merge their states. */
export interface RegisterTable<State> {
  readonly client: DynamoDBClient;
  readonly tableName: string;
  readonly makeKey: (state: State) => Item;
  /** All attributes that an item may have, besides its key. */
  readonly attributes: readonly string[];
  /** An update whose condition holds if overwriting equals merging, so that nothing must be read. */
  readonly update: (state: State) => ItemUpdate;
  readonly statements: StatementQueue;
  readonly encode: (state: State) => Item;
  readonly decode: (item: Item) => State;
  readonly merge: (a: State, b: State) => State;
  readonly isSame: (a: State, b: State) => boolean;
}

/** How often a merge is tried while other writers keep changing the item. The record is then delivered again. */
const maxMerges = 24;

/** Runs a write and notes its outcome. Must not reject. */
export type Settle<State> = (change: Change<State>, write: () => Promise<Outcome>) => Promise<void>;

/**
 * Writes changes of different items: first without reading, and if overwriting is not possible, by merging with what is
 * stored. Statements share requests; the writes that they do not settle are sent one by one.
 *
 * @param isFirst whether a state is probably the first of its item.
 * @param settle called with each write, which throws what the client throws, and {@link ContendedItemError} if other
 *   writers keep changing the item.
 */
export async function writeRegisters<State>(
  table: RegisterTable<State>,
  changes: readonly Change<State>[],
  isFirst: (state: State) => boolean,
  settle: Settle<State>,
): Promise<void> {
  const left: { readonly change: Change<State>; readonly outcome: Unsettled }[] = [];
  await forEachConcurrently(changes, maxStatementsAtOnce, async (change) => {
    const outcome = await writeByStatement(table, change.state, isFirst(change.state));
    if (outcome.kind === 'done') await settle(change, async () => 'changed');
    else if (outcome.kind === 'failed') await settle(change, () => Promise.reject(outcome.error));
    else left.push({ change, outcome });
  });
  await forEachConcurrently(left, maxRequests, ({ change, outcome }) =>
    settle(change, () => writeAfterStatement(table, change.state, outcome)),
  );
}

type Unsettled = Exclude<StatementOutcome, { kind: 'done' | 'failed' }>;

async function writeAfterStatement<State>(
  table: RegisterTable<State>,
  change: State,
  outcome: Unsettled,
): Promise<Outcome> {
  if (outcome.kind === 'refused') {
    return outcome.stored === undefined
      ? updateItem(table, change)
      : mergeWithStored(table, change, outcome.stored);
  }
  const written = await updateItem(table, change);
  if (outcome.error !== undefined) table.statements.stop(outcome.error);
  return written;
}

/** Writes a change by `UpdateItem`, which creates the item if none is stored. */
async function updateItem<State>(table: RegisterTable<State>, change: State): Promise<Outcome> {
  try {
    await table.client.send(
      new UpdateItemCommand({
        TableName: table.tableName,
        Key: table.makeKey(change),
        ...table.update(change).expressions,
        ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
      }),
    );
    return 'changed';
  } catch (error) {
    if (!(error instanceof ConditionalCheckFailedException)) throw error;
    return mergeWithStored(table, change, error.Item);
  }
}

/**
 * Updates or inserts an item, since no statement does both: tries the more probable one first, and the other if that is
 * refused. A wrong guess costs a write unit.
 */
async function writeByStatement<State>(
  { statements, tableName, ...table }: RegisterTable<State>,
  change: State,
  isFirst: boolean,
): Promise<StatementOutcome> {
  const key = table.makeKey(change);
  const update = () => statements.execute(() => table.update(change).toStatement(tableName, key));
  const insert = () => statements.execute(() => insertStatement(tableName, key, table.encode(change)));
  const [first, second] = isFirst ? [insert, update] : [update, insert];
  const outcome = await first();
  return outcome.kind === 'refused' && outcome.stored === undefined ? second() : outcome;
}

/**
 * Merges a change with the stored item.
 *
 * @param seen the stored item if it is known. If it is not, because an engine did not return it with the failed
 *   condition, it is read.
 */
export async function mergeWithStored<State>(
  table: RegisterTable<State>,
  change: State,
  seen: Item | undefined,
): Promise<Outcome> {
  let stored = seen;
  for (let attempt = 0; attempt < maxMerges; attempt += 1) {
    stored ??= await readItem(table.client, table.tableName, table.makeKey(change));
    // Somebody deleted the item meanwhile, so there is nothing to merge with.
    if (stored === undefined) return updateItem(table, change);
    const before = table.decode(stored);
    const merged = table.merge(before, change);
    if (table.isSame(before, merged)) return 'unchanged';
    const replaced = await replaceRegister(table, stored, merged);
    if (replaced.done) return 'changed';
    stored = replaced.stored;
    await waitBeforeRetry(attempt);
  }
  throw new ContendedItemError(table.tableName);
}

/** Other writers kept changing an item while a change was merged with it. */
export class ContendedItemError extends Error {
  override readonly name = 'ContendedItemError';

  constructor(tableName: string) {
    super(
      `Other writers changed an item of ${tableName} during each of ${maxMerges} attempts to merge a change with it`,
    );
  }
}

/**
 * The outcome of replacing an item. If it was not replaced, `stored` is the current item, if the engine returned it.
 */
type Replaced = { readonly done: true } | { readonly done: false; readonly stored: Item | undefined };

/**
 * Replaces an item, unless it has changed since it was read: by a statement, or by a request of its own if statements
 * are not available.
 */
async function replaceRegister<State>(
  table: RegisterTable<State>,
  stored: Item,
  merged: State,
): Promise<Replaced> {
  const { statements, tableName, attributes } = table;
  const item = table.encode(merged);
  const outcome = await statements.execute(() =>
    replaceStatement(tableName, table.makeKey(merged), stored, item, attributes),
  );
  switch (outcome.kind) {
    case 'done':
      return { done: true };
    case 'refused':
      return { done: false, stored: outcome.stored };
    case 'failed':
      throw outcome.error;
    case 'unavailable': {
      const replaced = await replaceItem(table, stored, item);
      if (outcome.error !== undefined) statements.stop(outcome.error);
      return replaced;
    }
  }
}

/** Replaces an item, unless it has changed since it was read; then returns the stored item, if the engine does. */
export async function replaceItem(
  { client, tableName, attributes }: Pick<RegisterTable<never>, 'client' | 'tableName' | 'attributes'>,
  stored: Item,
  item: Item,
): Promise<Replaced> {
  try {
    await client.send(
      new PutItemCommand({
        TableName: tableName,
        Item: item,
        ...requireUnchanged(stored, attributes),
        ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
      }),
    );
    return { done: true };
  } catch (error) {
    if (!(error instanceof ConditionalCheckFailedException)) throw error;
    return { done: false, stored: error.Item };
  }
}

/** Reads one item consistently. */
export async function readItem(
  client: DynamoDBClient,
  tableName: string,
  key: Record<string, AttributeValue>,
): Promise<Item | undefined> {
  const answer = await client.send(
    new GetItemCommand({ TableName: tableName, Key: key, ConsistentRead: true }),
  );
  return answer.Item;
}
