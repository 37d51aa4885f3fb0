import type { IncomingMessage, ServerResponse } from 'node:http';
import { createRequire } from 'node:module';
import {
  type Attributes,
  type Condition,
  parseStatement,
  type Statement,
  StatementError,
  type Value,
} from './partiql.ts';

type Callback<Result> = (error: Error | null | undefined, result: Result) => void;
interface ItemDb {
  lock(key: string, locked: (release: (done: () => void) => () => void) => void): void;
  get(key: string, done: Callback<Attributes>): void;
  put(key: string, item: Attributes, done: Callback<unknown>): void;
}
interface Table {
  readonly KeySchema: readonly { readonly AttributeName: string }[];
}
/** What dynalite keeps its tables in. */
export interface Store {
  readonly options: { readonly maxItemSize: number };
  getTable(name: string, done: Callback<Table>): void;
  getItemDb(name: string): ItemDb;
}
interface Db {
  create(options: object): Store;
  validateKey(key: Attributes, table: Table): Error | undefined | null;
  validateItem(item: Attributes, table: Table): Error | undefined | null;
  createKey(item: Attributes, table: Table): string;
  itemSize(item: Attributes): number;
  capacityUnits(item: Attributes | undefined, isRead: boolean): number;
  updateIndexes(
    store: Store,
    table: Table,
    before: Attributes | undefined,
    after: Attributes,
    done: Callback<unknown>,
  ): void;
}
interface Big {
  cmp(other: string): number;
}

const require = createRequire(createRequire(import.meta.url).resolve('dynalite'));
const db: Db = require('./db');
const validations: {
  validateAttributeValue(value: Value): string | undefined | null;
} = require('./validations');
const makeBig: new (text: string) => Big = require('big.js');

/** Runs something that makes a dynalite and says which store it made. */
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

const maxStatements = 25;

interface StatementRequest {
  readonly Statement?: unknown;
  readonly Parameters?: readonly Value[];
  readonly ReturnValuesOnConditionCheckFailure?: string;
}
interface Failure {
  readonly Code: string;
  readonly Message: string;
  readonly Item?: Attributes;
}
/** What became of a statement. AWS names the table of those that were executed, whether or not they failed then. */
interface StatementAnswer {
  readonly TableName?: string;
  readonly Error?: Failure;
}
/** A statement's answer, and the write units that it costs. */
interface Executed {
  readonly answer: StatementAnswer;
  readonly units: number;
}
/** A statement with its table and key. */
interface Write {
  readonly statement: Statement;
  readonly parameters: readonly Value[];
  readonly table: Table;
  readonly key: Attributes;
  readonly returnsOld: boolean;
}

/** A request that is refused as a whole. */
class RequestError extends Error {
  override readonly name = 'RequestError';
}

/**
 * Answers `BatchExecuteStatement`: runs the statements in their order, each under the lock that dynalite's own writes of
 * the same item take, so that no write comes between reading an item, judging it and replacing it.
 */
export async function answerBatch(
  store: Store,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  let status = 200;
  let answer: object;
  try {
    answer = await runBatch(store, readRequest(Buffer.concat(chunks).toString()));
  } catch (error) {
    status = error instanceof RequestError ? 400 : 500;
    const type =
      error instanceof RequestError
        ? 'com.amazon.coral.validate#ValidationException'
        : 'com.amazonaws.dynamodb.v20120810#InternalServerError';
    answer = { __type: type, message: error instanceof Error ? error.message : String(error) };
  }
  response.writeHead(status, { 'content-type': 'application/x-amz-json-1.0' }).end(JSON.stringify(answer));
}

interface BatchRequest {
  readonly statements: readonly StatementRequest[];
  readonly returnsCapacity: boolean;
}

function readRequest(body: string): BatchRequest {
  let request: Record<string, unknown> = {};
  try {
    request = Object(JSON.parse(body));
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  const { Statements: statements, ReturnConsumedCapacity: capacity } = request;
  if (!Array.isArray(statements) || statements.length === 0 || statements.length > maxStatements) {
    throw new RequestError(`Statements must be a list of 1 to ${maxStatements} statements`);
  }
  return {
    statements: statements.map((statement) => Object(statement)),
    returnsCapacity: capacity === 'TOTAL' || capacity === 'INDEXES',
  };
}

async function runBatch(store: Store, { statements, returnsCapacity }: BatchRequest): Promise<object> {
  const writes = await Promise.all(statements.map((statement) => prepare(store, statement)));
  const seen = new Set<string>();
  for (const write of writes) {
    if ('Code' in write) continue;
    const name = `${write.statement.table}\n${db.createKey(write.key, write.table)}`;
    if (seen.has(name)) throw new RequestError('Provided list of item keys contains duplicates');
    seen.add(name);
  }
  const responses: StatementAnswer[] = [];
  const unitsByTable = new Map<string, number>();
  for (const write of writes) {
    if ('Code' in write) {
      responses.push({ Error: write });
      continue;
    }
    const { answer, units } = await run(store, write);
    responses.push(answer);
    const { table } = write.statement;
    unitsByTable.set(table, (unitsByTable.get(table) ?? 0) + units);
  }
  const ConsumedCapacity = [...unitsByTable].map(([TableName, CapacityUnits]) => ({
    TableName,
    CapacityUnits,
  }));
  return { Responses: responses, ...(returnsCapacity && { ConsumedCapacity }) };
}

async function prepare(store: Store, request: StatementRequest): Promise<Write | Failure> {
  try {
    const statement = parseStatement(String(request.Statement));
    const parameters = request.Parameters ?? [];
    if (parameters.length !== statement.parameterCount) {
      throw new StatementError(
        `The statement has ${statement.parameterCount} parameters, not ${parameters.length}`,
      );
    }
    for (const value of parameters) {
      const message = validations.validateAttributeValue(value);
      if (message) throw new StatementError(message);
    }
    if (statement.kind === 'update') for (const term of statement.terms) refuseUnordered(term, parameters);
    const table = await call<Table>((done) => store.getTable(statement.table, done));
    const key = keyIn(statement, parameters, table);
    const invalid = db.validateKey(key, table);
    if (invalid) throw new StatementError(messageIn(invalid));
    return {
      statement,
      parameters,
      table,
      key,
      returnsOld: request.ReturnValuesOnConditionCheckFailure === 'ALL_OLD',
    };
  } catch (error) {
    return failureOf(error);
  }
}

function keyIn(statement: Statement, parameters: readonly Value[], { KeySchema }: Table): Attributes {
  const key: Attributes = {};
  for (const { AttributeName: name } of KeySchema) {
    if (statement.kind === 'update' && (statement.sets.has(name) || statement.removes.includes(name))) {
      throw new StatementError(`Cannot update attribute ${name}. This attribute is part of the key`);
    }
    const parameter = statement.kind === 'insert' ? statement.item.get(name) : equalTo(statement.terms, name);
    const value = parameters[parameter ?? -1];
    if (value === undefined)
      throw new StatementError(`The statement does not state the key attribute ${name}`);
    key[name] = value;
  }
  return key;
}

/** Only strings, numbers and bytes have an order: DynamoDB refuses other operands, whatever is stored. */
function refuseUnordered(condition: Condition, parameters: readonly Value[]): void {
  if (condition.kind === 'and' || condition.kind === 'or') {
    for (const term of condition.terms) refuseUnordered(term, parameters);
  } else if (condition.kind === 'not') refuseUnordered(condition.term, parameters);
  else if (condition.kind === 'compare' && !['=', '<>'].includes(condition.sign)) {
    const [type = ''] = Object.keys(parameters[condition.parameter] ?? {});
    if (['S', 'N', 'B'].includes(type)) return;
    throw new StatementError(
      `Incorrect operand type for operator or function; operator or function: ${condition.sign}, operand type: ${type}`,
    );
  }
}

function equalTo(terms: readonly Condition[], name: string): number | undefined {
  for (const term of terms) {
    if (term.kind === 'compare' && term.name === name && term.sign === '=') return term.parameter;
  }
  return undefined;
}

async function run(store: Store, write: Write): Promise<Executed> {
  const { statement, table } = write;
  const items = store.getItemDb(statement.table);
  const key = db.createKey(write.key, table);
  const release = await new Promise<() => void>((resolve) => {
    items.lock(key, (unlock) => resolve(unlock(() => undefined)));
  });
  let units = 1;
  try {
    const stored = await readStored(items, key);
    const next = nextItem(write, stored);
    // A failed statement costs what stands there, as a failed condition does.
    units = Math.max(unitsOf(stored), 'item' in next ? unitsOf(next.item) : 1);
    if ('failure' in next) return { answer: { TableName: statement.table, Error: next.failure }, units };
    const invalid = db.validateItem(next.item, table);
    if (invalid) throw new StatementError(messageIn(invalid));
    if (db.itemSize(next.item) > store.options.maxItemSize) {
      throw new StatementError('Item size has exceeded the maximum allowed size');
    }
    await call((done) => db.updateIndexes(store, table, stored, next.item, done));
    await call((done) => items.put(key, next.item, done));
    return { answer: { TableName: statement.table }, units };
  } catch (error) {
    return { answer: { Error: failureOf(error) }, units };
  } finally {
    release();
  }
}

function unitsOf(item: Attributes | undefined): number {
  return db.capacityUnits(item, false);
}

function nextItem(
  { statement, parameters, returnsOld }: Write,
  stored: Attributes | undefined,
): { readonly item: Attributes } | { readonly failure: Failure } {
  const value = (parameter: number): Value => parameters[parameter] ?? {};
  if (statement.kind === 'insert') {
    // AWS does not promise the item here, so the local DynamoDB does not give it.
    if (stored !== undefined)
      return { failure: { Code: 'DuplicateItem', Message: 'Duplicate primary key exists in table' } };
    return {
      item: Object.fromEntries([...statement.item].map(([name, parameter]) => [name, value(parameter)])),
    };
  }
  if (stored === undefined || !statement.terms.every((term) => holds(term, stored, parameters))) {
    const item = returnsOld && stored !== undefined ? { Item: stored } : {};
    return {
      failure: { Code: 'ConditionalCheckFailed', Message: 'The conditional request failed', ...item },
    };
  }
  const item = { ...stored };
  for (const [name, parameter] of statement.sets) item[name] = value(parameter);
  for (const name of statement.removes) delete item[name];
  return { item };
}

function holds(condition: Condition, item: Attributes, parameters: readonly Value[]): boolean {
  switch (condition.kind) {
    case 'and':
      return condition.terms.every((term) => holds(term, item, parameters));
    case 'or':
      return condition.terms.some((term) => holds(term, item, parameters));
    case 'not':
      return !holds(condition.term, item, parameters);
    case 'missing':
      return item[condition.name] === undefined;
    case 'compare':
      return compares(condition.sign, item[condition.name], parameters[condition.parameter]);
  }
}

/** What is not there, or of another type, compares as false, but for `<>`. */
function compares(sign: string, left: Value | undefined, right: Value | undefined): boolean {
  const order = compareValues(left, right);
  if (sign === '<>') return order !== 0;
  if (order === undefined) return false;
  if (order === 0) return sign.includes('=');
  return sign.startsWith(order < 0 ? '<' : '>');
}

function compareValues(left: Value | undefined, right: Value | undefined): number | undefined {
  if (typeof left?.['S'] === 'string' && typeof right?.['S'] === 'string') {
    return Buffer.compare(Buffer.from(left['S']), Buffer.from(right['S']));
  }
  if (typeof left?.['N'] === 'string' && typeof right?.['N'] === 'string') {
    return new makeBig(left['N']).cmp(right['N']);
  }
  if (left?.['BOOL'] === undefined || right?.['BOOL'] === undefined) return undefined;
  return left['BOOL'] === right['BOOL'] ? 0 : undefined;
}

async function readStored(items: ItemDb, key: string): Promise<Attributes | undefined> {
  try {
    return await call<Attributes>((done) => items.get(key, done));
  } catch (error) {
    if (error instanceof Error && error.name === 'NotFoundError') return undefined;
    throw error;
  }
}

function call<Result>(run: (done: Callback<Result>) => void): Promise<Result> {
  return new Promise((resolve, reject) => {
    run((error, result) => (error ? reject(error) : resolve(result)));
  });
}

/** dynalite's errors carry the answer as `body`. */
function bodyIn(error: unknown): { readonly __type?: string; readonly message?: string } | undefined {
  return error instanceof Error && 'body' in error ? Object(error.body) : undefined;
}

function messageIn(error: Error): string {
  return bodyIn(error)?.message ?? error.message;
}

function failureOf(error: unknown): Failure {
  if (error instanceof StatementError) return { Code: 'ValidationError', Message: error.message };
  const body = bodyIn(error);
  if (body?.__type?.endsWith('ResourceNotFoundException')) {
    return { Code: 'ResourceNotFound', Message: body.message ?? 'Requested resource not found' };
  }
  return { Code: 'InternalServerError', Message: error instanceof Error ? error.message : String(error) };
}
