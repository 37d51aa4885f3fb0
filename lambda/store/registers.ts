import {
  type AttributeValue,
  ConditionalCheckFailedException,
  type DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { backOff } from './concurrency.ts';
import { type Expressions, unchangedSince } from './expressions.ts';
import type { Item } from './items.ts';
import type { Outcome } from './report.ts';

/** A table whose items are joined: how its states become items and back, and how two of them join. */
export interface RegisterTable<State> {
  readonly client: DynamoDBClient;
  readonly tableName: string;
  readonly makeKey: (state: State) => Item;
  /** All attributes that an item may have besides its key. */
  readonly attributes: readonly string[];
  /** An update that does without reading wherever joining is the same as overwriting. */
  readonly update: (state: State) => Expressions;
  readonly encode: (state: State) => Item;
  readonly decode: (item: Item) => State;
  readonly merge: (a: State, b: State) => State;
  readonly same: (a: State, b: State) => boolean;
}

/** Joins that may be overtaken by others' before a key is given up, to be delivered again. */
const maxJoins = 24;

/**
 * Writes a change: first without reading; where a plain overwrite is not possible, by merging with what is stored.
 *
 * @throws what the store throws, and ContendedItemError when others keep writing the same item.
 */
export async function writeRegister<State>(table: RegisterTable<State>, change: State): Promise<Outcome> {
  try {
    await table.client.send(
      new UpdateItemCommand({
        TableName: table.tableName,
        Key: table.makeKey(change),
        ...table.update(change),
        ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
      }),
    );
    return 'changed';
  } catch (error) {
    if (!(error instanceof ConditionalCheckFailedException)) throw error;
    return joinStored(table, change, error.Item);
  }
}

/**
 * Joins a change with what is stored.
 *
 * @param seen the stored item where it is known already; engines that do not return it with a failed condition have
 *   it read.
 */
export async function joinStored<State>(
  table: RegisterTable<State>,
  change: State,
  seen: Item | undefined,
): Promise<Outcome> {
  let stored = seen;
  for (let attempt = 0; attempt < maxJoins; attempt += 1) {
    stored ??= await readItem(table.client, table.tableName, table.makeKey(change));
    // Deleted in between, by hand: then there is nothing to join with.
    if (stored === undefined) return writeRegister(table, change);
    const before = table.decode(stored);
    const joined = table.merge(before, change);
    if (table.same(before, joined)) return 'unchanged';
    const replaced = await replaceItem(table, stored, table.encode(joined));
    if (replaced.done) return 'changed';
    stored = replaced.stored;
    await backOff(attempt);
  }
  throw new ContendedItemError(table.tableName);
}

/** Too many others write the same item at the same time. */
export class ContendedItemError extends Error {
  override readonly name = 'ContendedItemError';

  constructor(tableName: string) {
    super(
      `An item of ${tableName} was written by others ${maxJoins} times while a change was joined with it`,
    );
  }
}

/** Replaces an item that was read, unless it has changed since; then returns the stored item, if the store does. */
export async function replaceItem(
  { client, tableName, attributes }: Pick<RegisterTable<never>, 'client' | 'tableName' | 'attributes'>,
  stored: Item,
  item: Item,
): Promise<{ done: true } | { done: false; stored: Item | undefined }> {
  try {
    await client.send(
      new PutItemCommand({
        TableName: tableName,
        Item: item,
        ...unchangedSince(stored, attributes),
        ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
      }),
    );
    return { done: true };
  } catch (error) {
    if (!(error instanceof ConditionalCheckFailedException)) throw error;
    return { done: false, stored: error.Item };
  }
}

/** Reads one item as it is now. */
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
