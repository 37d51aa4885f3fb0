import {
  type AttributeValue,
  BatchExecuteStatementCommand,
  BatchGetItemCommand,
  type BatchStatementError,
  type BatchStatementRequest,
  type BatchStatementResponse,
  BatchWriteItemCommand,
  ConditionalCheckFailedException,
  DeleteItemCommand,
  type DeleteItemCommandInput,
  type DynamoDBClient,
  DynamoDBServiceException,
  type GetItemCommand,
  PutItemCommand,
  type PutItemCommandInput,
  QueryCommand,
  type QueryCommandInput,
  ScanCommand,
  type ScanCommandInput,
  UpdateItemCommand,
  type UpdateItemCommandInput,
} from '@aws-sdk/client-dynamodb';
import type { Item } from '../../lambda/store/items.ts';
import { type TableDefinition, tables } from '../../lambda/store/tables.ts';
import {
  type ExpressionInput,
  type Expressions,
  readExpressions,
  readProjection,
  validationException,
} from './dynamodb-expressions.ts';
import { answerQuery, answerScan, findQueriedPartition } from './dynamodb-queries.ts';
import { translateStatement } from './dynamodb-statements.ts';
import { normalNumber } from './dynamodb-values.ts';
import { bytesOf } from './write-units.ts';

/** The commands that the store sends. */
export type Command =
  | GetItemCommand
  | PutItemCommand
  | UpdateItemCommand
  | BatchGetItemCommand
  | BatchWriteItemCommand
  | BatchExecuteStatementCommand;

/** The commands that alerts send besides these. */
export type AlertCommand = DeleteItemCommand | QueryCommand | ScanCommand;

/** Whatever takes the store's commands: an engine, a client of the SDK, or something between the store and these. */
export interface Sender {
  send(command: Command): Promise<object>;
}

/** A sender in place of the SDK's client, of which the store uses only `send`. */
export function asClient(sender: Sender): DynamoDBClient {
  return sender as unknown as DynamoDBClient;
}

/** One item's change. */
export interface ItemWrite {
  readonly table: TableDefinition;
  readonly before: Item | undefined;
  readonly after: Item;
}

/** How one request is answered. */
export interface AnswerOptions {
  /** Whether a failed condition brings the item that made it fail, where that is asked for. AWS does. */
  readonly returnsOld?: boolean;
  /** Whether a read that need not be consistent sees items as they were before their last write. */
  readonly stale?: boolean;
}

interface Stored {
  readonly item: Item;
  readonly before: Item | undefined;
}

/** A statement that is right in itself. */
interface PreparedStatement {
  readonly table: Table;
  /** What an `INSERT` puts. */
  readonly item: Item | undefined;
  readonly key: Item;
  /** Its table and key, as text. */
  readonly place: string;
  readonly asksOld: boolean;
  readonly expressions: Expressions;
}

/** The answer to a statement that fails by itself. */
interface StatementFailure {
  readonly Error: BatchStatementError;
}

interface Table {
  readonly definition: TableDefinition;
  /** Attributes of the key. */
  readonly keys: readonly string[];
  /** Attributes of the keys of indexes. */
  readonly indexKeys: readonly string[];
  readonly items: Map<string, Stored>;
  /** The same by partition. */
  readonly partitions: Map<string, Map<string, Stored>>;
  /** The item of each partition that was written last, whose values others of it mostly repeat. */
  readonly newest: Map<string, Item>;
}

/** Limits of DynamoDB. */
const maxItemBytes = 400 * 1024;
const longestPartitionKey = 2048;
const longestSortKey = 1024;
const maxBatchWrites = 25;
const maxBatchReads = 100;
const maxStatementLength = 8_192;

/**
 * DynamoDB in memory, as far as the store uses it: single reads and writes are atomic, and requests that DynamoDB
 * would not take are refused with its ValidationException.
 */
export class MemoryDynamoDb implements Sender {
  /** Called for every item written. */
  onWrite: (write: ItemWrite) => void = () => undefined;
  /** Called for every write whose condition failed. */
  onRefusal: (table: TableDefinition) => void = () => undefined;
  readonly #tables: ReadonlyMap<string, Table>;
  readonly #pageSize: number;

  /** @param pageSize maximum items in a page of a query or scan: few, so that there are several pages. */
  constructor(definitions: readonly TableDefinition[] = tables, pageSize = 2) {
    this.#pageSize = pageSize;
    this.#tables = new Map(definitions.map((definition) => [definition.name, emptyTable(definition)]));
  }

  async send(command: Command | AlertCommand): Promise<object> {
    return this.answer(command);
  }

  /** All items of a table, in the order of their keys. */
  items(table: string): Item[] {
    return [...this.#table(table).items.entries()]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([, { item }]) => ({ ...item }));
  }

  /** Answers at once. */
  answer(command: Command | AlertCommand, options: AnswerOptions = {}): object {
    if (command instanceof BatchExecuteStatementCommand) {
      return this.#executeStatements(command.input.Statements, options);
    }
    if (command instanceof UpdateItemCommand) return this.#update(command.input, options);
    if (command instanceof PutItemCommand) return this.#put(command.input, options);
    if (command instanceof DeleteItemCommand) return this.#delete(command.input, options);
    if (command instanceof QueryCommand) return this.#query(command.input, options);
    if (command instanceof ScanCommand) return this.#scan(command.input, options);
    if (command instanceof BatchWriteItemCommand) return this.#batchWrite(command.input.RequestItems);
    if (command instanceof BatchGetItemCommand) return this.#batchGet(command.input.RequestItems, options);
    const { TableName, Key, ConsistentRead } = command.input;
    const table = this.#table(TableName);
    const item = this.#read(
      table,
      keyOf(table, Key, true),
      options.stale === true && ConsistentRead !== true,
    );
    return item === undefined ? {} : { Item: { ...item } };
  }

  /** Each statement succeeds or fails by itself, unless the request as a whole is wrong. */
  #executeStatements(requests: readonly BatchStatementRequest[] = [], options: AnswerOptions): object {
    if (requests.length === 0 || requests.length > maxBatchWrites) {
      throw validationException(`A batch has 1 to ${maxBatchWrites} statements, not ${requests.length}`);
    }
    for (const { Statement = '', Parameters } of requests) {
      if (Statement === '' || Statement.length > maxStatementLength || Parameters?.length === 0) {
        throw validationException('A statement is empty or too long, or has a list of no parameters');
      }
    }
    const reads = requests.filter(({ Statement = '' }) => Statement.trimStart().startsWith('SELECT '));
    if (reads.length > 0 && reads.length < requests.length) {
      throw validationException('A batch has either reads or writes');
    }
    const writes = requests.map((request) => this.#prepareStatement(request));
    refuseTwice(writes.flatMap((write) => ('Error' in write ? [] : write.place)));
    const Responses = writes.map((write) =>
      'Error' in write ? write : this.#executeStatement(write, options),
    );
    return { Responses };
  }

  #prepareStatement(request: BatchStatementRequest): PreparedStatement | StatementFailure {
    return answerWrongStatement((): PreparedStatement | StatementFailure => {
      const { tableName, item, key: stated, expressions } = translateStatement(request);
      for (const value of request.Parameters ?? []) checkedValue('a parameter', value);
      const table = this.#tables.get(tableName);
      if (table === undefined) {
        return { Error: { Code: 'ResourceNotFound', Message: 'Requested resource not found' } };
      }
      const key = keyOf(table, stated, item === undefined);
      const asksOld = request.ReturnValuesOnConditionCheckFailure === 'ALL_OLD';
      const place = `${tableName}\n${keyText(table, key)}`;
      return { table, item, key, place, asksOld, expressions: readStatement(table, expressions) };
    });
  }

  #executeStatement(
    { table, item, key, asksOld, expressions }: PreparedStatement,
    { returnsOld = true }: AnswerOptions,
  ): BatchStatementResponse {
    const stored = table.items.get(keyText(table, key))?.item;
    const isRefused =
      item === undefined ? stored === undefined || !expressions.holds(stored) : stored !== undefined;
    if (!isRefused) {
      return answerWrongStatement(() => {
        this.#store(table, stored, item ?? expressions.update(stored, key));
        return { TableName: table.definition.name };
      });
    }
    this.onRefusal(table.definition);
    const TableName = table.definition.name;
    if (item !== undefined) {
      const Message = 'Duplicate primary key exists in table';
      return { TableName, Error: { Code: 'DuplicateItem', Message } };
    }
    const old = asksOld && returnsOld && stored !== undefined ? { Item: { ...stored } } : {};
    const Message = 'The conditional request failed';
    return { TableName, Error: { Code: 'ConditionalCheckFailed', Message, ...old } };
  }

  #update(input: UpdateItemCommandInput, options: AnswerOptions): object {
    const table = this.#table(input.TableName);
    const key = keyOf(table, input.Key, true);
    const expressions = readExpressions(input);
    refuseKeyUpdate(table, expressions);
    const stored = table.items.get(keyText(table, key))?.item;
    this.#check(table, expressions.holds(stored), stored, input, options);
    const updated = expressions.update(stored, key);
    this.#store(table, stored, updated);
    return input.ReturnValues === 'ALL_NEW' ? { Attributes: { ...updated } } : {};
  }

  #put(input: PutItemCommandInput, options: AnswerOptions): object {
    const table = this.#table(input.TableName);
    const item = input.Item ?? {};
    const stored = table.items.get(keyText(table, keyOf(table, item, false)))?.item;
    this.#check(table, readExpressions(input).holds(stored), stored, input, options);
    this.#store(table, stored, item);
    return {};
  }

  #delete(input: DeleteItemCommandInput, options: AnswerOptions): object {
    const table = this.#table(input.TableName);
    const key = keyText(table, keyOf(table, input.Key, true));
    const stored = table.items.get(key)?.item;
    this.#check(table, readExpressions(input).holds(stored), stored, input, options);
    table.items.delete(key);
    table.partitions.get(stored?.[table.definition.partitionKey]?.S ?? '')?.delete(key);
    return input.ReturnValues === 'ALL_OLD' && stored !== undefined ? { Attributes: { ...stored } } : {};
  }

  #query(input: QueryCommandInput, options: AnswerOptions): object {
    const table = this.#table(input.TableName);
    const partition = findQueriedPartition(table.definition, input);
    const stored = partition === undefined ? table.items : (table.partitions.get(partition) ?? nothing);
    return answerQuery(table.definition, listVisible(stored, input, options), input, this.#pageSize);
  }

  #scan(input: ScanCommandInput, options: AnswerOptions): object {
    const table = this.#table(input.TableName);
    return answerScan(table.definition, listVisible(table.items, input, options), input, this.#pageSize);
  }

  #check(
    table: Table,
    holds: boolean,
    stored: Item | undefined,
    input: ExpressionInput & { readonly ReturnValuesOnConditionCheckFailure?: string | undefined },
    { returnsOld = true }: AnswerOptions,
  ): void {
    if (holds) return;
    this.onRefusal(table.definition);
    const asked = input.ReturnValuesOnConditionCheckFailure === 'ALL_OLD';
    throw new ConditionalCheckFailedException({
      message: 'The conditional request failed',
      $metadata: { httpStatusCode: 400 },
      ...(asked && returnsOld && stored !== undefined ? { Item: { ...stored } } : {}),
    });
  }

  #batchWrite(requestItems: BatchWriteItemCommand['input']['RequestItems']): object {
    const puts = Object.entries(requestItems ?? {}).flatMap(([name, requests]) =>
      requests.map(({ PutRequest, DeleteRequest }) => {
        if (PutRequest?.Item === undefined || DeleteRequest !== undefined) {
          throw validationException('Supplied WriteRequest is not one put');
        }
        const table = this.#table(name);
        return { table, item: PutRequest.Item, key: keyText(table, keyOf(table, PutRequest.Item, false)) };
      }),
    );
    if (puts.length === 0 || puts.length > maxBatchWrites) {
      throw validationException(`A batch has 1 to ${maxBatchWrites} requests, not ${puts.length}`);
    }
    refuseTwice(puts.map(({ table, key }) => `${table.definition.name}\n${key}`));
    const checked = puts.map((put) => ({ ...put, item: checkedItem(put.table, put.item) }));
    for (const { table, key, item } of checked) this.#store(table, table.items.get(key)?.item, item);
    return { UnprocessedItems: {} };
  }

  #batchGet(requestItems: BatchGetItemCommand['input']['RequestItems'], { stale }: AnswerOptions): object {
    const reads = Object.entries(requestItems ?? {}).flatMap(([name, { Keys = [], ...asked }]) => {
      const table = this.#table(name);
      const project = readProjection(asked.ProjectionExpression, asked.ExpressionAttributeNames);
      const isStale = stale === true && asked.ConsistentRead !== true;
      return Keys.map((key) => ({ name, table, isStale, project, key: keyOf(table, key, true) }));
    });
    if (reads.length === 0 || reads.length > maxBatchReads) {
      throw validationException(`A batch has 1 to ${maxBatchReads} keys, not ${reads.length}`);
    }
    refuseTwice(reads.map(({ name, table, key }) => `${name}\n${keyText(table, key)}`));
    const responses: Record<string, Item[]> = {};
    for (const { name, table, isStale, project, key } of reads) {
      const item = this.#read(table, key, isStale);
      const found = responses[name] ?? [];
      responses[name] = found;
      if (item !== undefined) found.push(project(item));
    }
    return { Responses: responses, UnprocessedKeys: {} };
  }

  #read(table: Table, key: Item, stale: boolean): Item | undefined {
    const stored = table.items.get(keyText(table, key));
    return stale ? stored?.before : stored?.item;
  }

  #store(table: Table, before: Item | undefined, unchecked: Item): void {
    const name = unchecked[table.definition.partitionKey]?.S ?? '';
    const after = checkedItem(table, unchecked, before ?? table.newest.get(name));
    const key = keyText(table, after);
    const one = { item: after, before };
    table.items.set(key, one);
    table.newest.set(name, after);
    const partition = table.partitions.get(name);
    if (partition === undefined) table.partitions.set(name, new Map([[key, one]]));
    else partition.set(key, one);
    this.onWrite({ table: table.definition, before, after });
  }

  #table(name: string | undefined): Table {
    const table = this.#tables.get(name ?? '');
    if (table === undefined) throw validationException(`There is no table ${name}`);
    return table;
  }
}

const nothing: ReadonlyMap<string, Stored> = new Map();

/** Items as a query or scan sees them. */
function* listVisible(
  items: ReadonlyMap<string, Stored>,
  { ConsistentRead }: QueryCommandInput | ScanCommandInput,
  { stale }: AnswerOptions,
): Generator<Item> {
  const isStale = stale === true && ConsistentRead !== true;
  for (const { item, before } of items.values()) {
    const seen = isStale ? before : item;
    if (seen !== undefined) yield seen;
  }
}

function readStatement(table: Table, input: ExpressionInput): Expressions {
  const expressions = readExpressions(input);
  refuseKeyUpdate(table, expressions);
  return expressions;
}

function refuseKeyUpdate(table: Table, { updated }: Expressions): void {
  const inKey = updated.find((name) => isKey(table, name));
  if (inKey === undefined) return;
  throw validationException(`Cannot update attribute ${inKey}. This attribute is part of the key`);
}

/** What would refuse a request of its own fails a statement of a batch by itself. */
function answerWrongStatement<Answer>(answer: () => Answer): Answer | StatementFailure {
  try {
    return answer();
  } catch (error) {
    if (!(error instanceof DynamoDBServiceException) || error.name !== 'ValidationException') throw error;
    return { Error: { Code: 'ValidationError', Message: error.message } };
  }
}

/** The attributes of an item's key. */
export function keyNames({ partitionKey, sortKey }: TableDefinition): string[] {
  return sortKey === undefined ? [partitionKey] : [partitionKey, sortKey];
}

function emptyTable(definition: TableDefinition): Table {
  const { localIndex, globalIndexes = [] } = definition;
  const indexKeys = [
    localIndex?.sortKey,
    ...globalIndexes.flatMap((index) => [index.partitionKey, index.sortKey]),
  ].filter((name) => name !== undefined);
  const keys = keyNames(definition);
  return { definition, keys, indexKeys, items: new Map(), partitions: new Map(), newest: new Map() };
}

function isKey({ keys }: Table, name: string): boolean {
  return keys.includes(name);
}

function keyOf({ keys }: Table, attributes: Item | undefined, only: boolean): Item {
  if (only && Object.keys(attributes ?? {}).length !== keys.length) {
    throw validationException('The provided key element does not match the schema');
  }
  const key: Item = {};
  for (const name of keys) key[name] = keyValue(attributes?.[name], name, name === keys[0]);
  return key;
}

function keyValue(value: AttributeValue | undefined, name: string, isPartition: boolean): AttributeValue {
  const text = value?.S;
  if (text === undefined || text === '') {
    throw validationException(
      `The AttributeValue for a key attribute must be a string with content: ${name}`,
    );
  }
  if (Buffer.byteLength(text) > (isPartition ? longestPartitionKey : longestSortKey)) {
    throw validationException(`Size of the key ${name} is beyond the limit`);
  }
  return { S: text };
}

function keyText({ keys }: Table, item: Item): string {
  return JSON.stringify(keys.map((name) => item[name]?.S));
}

/**
 * An item as it is stored: its keys and those of indexes are usable, its numbers are normal, its size is bearable.
 *
 * @param similar a stored item of which values are taken that are the same: a fleet's items take half of the memory.
 */
function checkedItem(table: Table, item: Item, similar?: Item): Item {
  keyOf(table, item, false);
  for (const name of table.indexKeys) {
    if (item[name] !== undefined) keyValue(item[name], name, false);
  }
  const checked: Item = {};
  let isLarge = false;
  for (const [name, value] of Object.entries(item)) {
    const stored = similar?.[name];
    const one = stored !== undefined && value === stored ? value : checkedValue(name, value);
    checked[name] = stored?.S !== undefined && stored.S === one.S ? stored : one;
    // Few strings come near the limit, and adding all up would take longer than all else.
    isLarge ||= (value.S !== undefined && value.S.length > 1_000) || value.L !== undefined;
  }
  if (isLarge && bytesOf(checked) > maxItemBytes) {
    throw validationException('Item size has exceeded the maximum allowed size');
  }
  return checked;
}

function checkedValue(name: string, value: AttributeValue): AttributeValue {
  const types = Object.keys(value);
  // Most values have one member.
  if (types.length !== 1 && Object.values(value).filter((one) => one !== undefined).length !== 1) {
    throw validationException(`Supplied AttributeValue of ${name} must have exactly one type`);
  }
  if (typeof value.S === 'string') {
    if (value.S.isWellFormed()) return value;
    throw validationException(`The string ${name} is not UTF-8`);
  }
  if (typeof value.BOOL === 'boolean') return value;
  if (value.L !== undefined) return { L: value.L.map((one) => checkedValue(name, one)) };
  if (value.M !== undefined) {
    const members = Object.entries(value.M).map(
      ([member, one]) => [member, checkedValue(member, one)] as const,
    );
    return { M: Object.fromEntries(members) };
  }
  const number = value.N === undefined ? undefined : normalNumber(value.N);
  if (number === undefined)
    throw validationException(`${name} is not a number that can be stored: ${value.N}`);
  return number === value.N ? value : { N: number };
}

function refuseTwice(keys: readonly string[]): void {
  if (new Set(keys).size === keys.length) return;
  throw validationException('Provided list of item keys contains duplicates');
}
