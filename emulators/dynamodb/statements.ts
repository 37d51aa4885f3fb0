import type { IncomingMessage, ServerResponse } from 'node:http';
import { checkOperands, holds } from './conditions.ts';
import {
  type Attributes,
  countWriteUnits,
  db,
  makeErrorBody,
  type Place,
  type Rewritten,
  readTable,
  rewriteItems,
  type Store,
  type Table,
  type Value,
  validations,
} from './dynalite-store.ts';
import { maxStatementLength, parseStatement, type Statement, StatementError } from './partiql.ts';

/** The most bytes of a request that DynamoDB accepts. */
const maxRequestBytes = 16 * 2 ** 20;

/** The request's schema, for dynalite's own checks. */
const requestTypes = {
  ReturnConsumedCapacity: { type: 'String', enum: ['INDEXES', 'TOTAL', 'NONE'] },
  Statements: {
    type: 'List',
    notNull: true,
    lengthGreaterThanOrEqual: 1,
    lengthLessThanOrEqual: 25,
    children: {
      type: 'ValueStruct<BatchStatementRequest>',
      children: {
        Statement: {
          type: 'String',
          notNull: true,
          lengthGreaterThanOrEqual: 1,
          lengthLessThanOrEqual: maxStatementLength,
        },
        Parameters: { type: 'List', lengthGreaterThanOrEqual: 1, children: 'AttrStruct<ValueStruct>' },
        ReturnValuesOnConditionCheckFailure: { type: 'String', enum: ['ALL_OLD', 'NONE'] },
      },
    },
  },
};

interface BatchRequest {
  readonly ReturnConsumedCapacity?: string;
  readonly Statements: readonly StatementRequest[];
}
interface StatementRequest {
  readonly Statement: string;
  readonly Parameters?: readonly (Value | null)[];
  readonly ReturnValuesOnConditionCheckFailure?: string;
}
interface Failure {
  readonly Code: string;
  readonly Message: string;
  readonly Item?: Attributes;
}
/**
 * The response to a statement. Like AWS, it names the table only if the statement was executed, even if it failed then.
 */
interface StatementAnswer {
  readonly TableName?: string;
  readonly Error?: Failure;
}
/** A valid statement and its item. */
interface Write extends Place {
  readonly statement: Statement;
  readonly parameters: readonly Value[];
  readonly returnsOld: boolean;
  /** The item to insert; undefined for an update. */
  readonly inserted: Attributes | undefined;
}
/** A statement that was executed. */
interface Executed extends Rewritten {
  readonly answer: StatementAnswer;
}

/**
 * Answers `BatchExecuteStatement`. All statements run under the locks of dynalite's own writes, so that no other write
 * can happen while items are read, checked and replaced. All items are read together, and written together.
 *
 * An invalid request is refused as a whole, an invalid statement fails alone: see
 * https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchExecuteStatement.html
 */
export async function answerBatch(
  store: Store,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  let status = 200;
  let answer: object;
  try {
    answer = await executeBatch(store, checkRequest(await readBody(request)));
  } catch (error) {
    const body = makeErrorBody(error);
    status = body === undefined ? 500 : 400;
    answer = body ?? {
      __type: 'com.amazonaws.dynamodb.v20120810#InternalServerError',
      message: error instanceof Error ? error.message : String(error),
    };
  }
  response.writeHead(status, { 'content-type': 'application/x-amz-json-1.0' }).end(JSON.stringify(answer));
}

/** Reads the whole body, because the client reads the response only then, but keeps no more than a request may have. */
async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request) {
    length += chunk.length;
    if (length <= maxRequestBytes) chunks.push(chunk);
  }
  if (length > maxRequestBytes)
    throw db.validationError(`A request must have at most ${maxRequestBytes} bytes`);
  return Buffer.concat(chunks).toString();
}

function checkRequest(body: string): BatchRequest {
  const parsed = parseObject(body);
  const request = isOrdinary(parsed) ? parsed : checkAll(parsed);
  // dynalite accepts null as a member of a list.
  if (request.Statements.some((statement) => statement === null)) {
    throw db.validationError(
      "Value null at 'statements' failed to satisfy constraint: Member must not be null",
    );
  }
  const isRead = ({ Statement }: StatementRequest): boolean => /^\s*SELECT\b/i.test(Statement);
  if (new Set(request.Statements.map(isRead)).size > 1) {
    throw db.validationError('Read and write requests together in the same batch is not supported.');
  }
  return request;
}

/** @throws dynalite's errors. */
function checkAll(parsed: object): BatchRequest {
  const request = validations.checkTypes(parsed, requestTypes) as BatchRequest;
  validations.checkValidations(request, requestTypes);
  return request;
}

const ordinaryMembers = new Set(['Statement', 'Parameters', 'ReturnValuesOnConditionCheckFailure']);

/**
 * Whether {@link checkAll} would return a request unchanged. This holds for nearly all requests, and dynalite's checks
 * of each value take a sixth of the CPU. It may return false for a valid request.
 */
function isOrdinary(request: object): request is BatchRequest {
  const { Statements, ...others } = request as Partial<BatchRequest>;
  return (
    Object.entries(others).every(([name, value]) => name === 'ReturnConsumedCapacity' && value === 'TOTAL') &&
    Array.isArray(Statements) &&
    Statements.length >= 1 &&
    Statements.length <= 25 &&
    Statements.every(isOrdinaryStatement)
  );
}

function isOrdinaryStatement(statement: unknown): boolean {
  if (typeof statement !== 'object' || statement === null) return false;
  const {
    Statement,
    Parameters,
    ReturnValuesOnConditionCheckFailure: returns,
  } = statement as Partial<StatementRequest>;
  return (
    Object.keys(statement).every((name) => ordinaryMembers.has(name)) &&
    typeof Statement === 'string' &&
    Statement.length >= 1 &&
    Statement.length <= maxStatementLength &&
    Array.isArray(Parameters) &&
    Parameters.length >= 1 &&
    Parameters.every(isTextOrNumber) &&
    (returns === undefined || returns === 'ALL_OLD' || returns === 'NONE')
  );
}

/** Whether a value has exactly one member, `S` or `N`, that is a string. */
function isTextOrNumber(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  let members = 0;
  for (const name in value) {
    members += 1;
    const text = name === 'S' || name === 'N' ? (value as Value)[name] : undefined;
    if (members > 1 || typeof text !== 'string') return false;
  }
  return members === 1;
}

function parseObject(body: string): object {
  try {
    return Object(JSON.parse(body));
  } catch (error) {
    if (error instanceof SyntaxError) throw db.validationError(`The request is not JSON: ${error.message}`);
    throw error;
  }
}

async function executeBatch(store: Store, request: BatchRequest): Promise<object> {
  const prepared = await Promise.all(request.Statements.map((statement) => prepare(store, statement)));
  const writes = prepared.filter((one): one is Write => !('Code' in one));
  const executed = await rewriteItems(store, writes, (write, stored) => execute(store, write, stored));
  const Responses = prepared.map((one) =>
    'Code' in one ? { Error: one } : executed[writes.indexOf(one)]?.answer,
  );
  const returnsCapacity = ['INDEXES', 'TOTAL'].includes(request.ReturnConsumedCapacity ?? '');
  if (!returnsCapacity) return { Responses };
  const ConsumedCapacity = [...countWriteUnits(writes, executed)].map(([TableName, CapacityUnits]) => ({
    TableName,
    CapacityUnits,
  }));
  return { Responses, ConsumedCapacity };
}

/** Cached, because the same statements are repeated with other parameters. */
const parsed = new Map<string, Statement>();
const maxParsed = 1_000;

function parseOnce(text: string): Statement {
  const known = parsed.get(text);
  if (known !== undefined) return known;
  const statement = parseStatement(text);
  if (parsed.size >= maxParsed) parsed.clear();
  parsed.set(text, statement);
  return statement;
}

async function prepare(store: Store, request: StatementRequest): Promise<Write | Failure> {
  try {
    const statement = parseOnce(request.Statement);
    const parameters = checkParameters(statement, request.Parameters);
    const table = await readTable(store, statement.table);
    const inserted = statement.kind === 'insert' ? makeItem(statement, parameters) : undefined;
    if (inserted !== undefined) throwIfInvalid(db.validateItem(inserted, table));
    const key = statement.kind === 'update' ? findKey(statement, parameters, table) : inserted;
    return {
      statement,
      parameters,
      inserted,
      table,
      key: db.createKey(key ?? {}, table),
      returnsOld: request.ReturnValuesOnConditionCheckFailure === 'ALL_OLD',
    };
  } catch (error) {
    return readFailure(error);
  }
}

function checkParameters(statement: Statement, given: StatementRequest['Parameters'] = []): readonly Value[] {
  if (given.length !== statement.parameterCount) {
    throw new StatementError("Number of parameters in request and statement don't match.");
  }
  const parameters = given.map((value) => value ?? {});
  for (const value of parameters) {
    const message = validations.validateAttributeValue(value);
    if (message) throw new StatementError(message);
  }
  if (statement.kind === 'update') for (const term of statement.terms) checkOperands(term, parameters);
  return parameters;
}

type Insert = Extract<Statement, { kind: 'insert' }>;
type Update = Extract<Statement, { kind: 'update' }>;

function findKey({ sets, removes, terms }: Update, parameters: readonly Value[], table: Table): Attributes {
  const key: Attributes = {};
  for (const { AttributeName: name } of table.KeySchema) {
    if (sets.has(name) || removes.includes(name)) {
      throw new StatementError(`Cannot update attribute ${name}. This attribute is part of the key`);
    }
    const term = terms.find((one) => one.kind === 'compare' && one.name === name && one.sign === '=');
    const value = term?.kind === 'compare' ? parameters[term.parameter] : undefined;
    if (value === undefined) {
      throw new StatementError('Where clause does not contain a mandatory equality on all key attributes');
    }
    key[name] = value;
  }
  throwIfInvalid(db.validateKey(key, table));
  return key;
}

function throwIfInvalid(error: Error | undefined | null): void {
  if (error) throw new StatementError(makeErrorBody(error)?.message ?? error.message);
}

function makeItem({ item }: Insert, parameters: readonly Value[]): Attributes {
  const made: Attributes = {};
  for (const [name, parameter] of item) made[name] = parameters[parameter] ?? {};
  return made;
}

function execute(store: Store, write: Write, stored: Attributes | undefined): Executed {
  const { statement, parameters, inserted, table, key, returnsOld } = write;
  const { TableName } = table;
  const fail = (failure: Failure): Executed => ({
    answer: { TableName, Error: failure },
    sized: [stored],
  });
  if (statement.kind === 'insert' && stored !== undefined) {
    // AWS does not document that it returns the item here, so the local DynamoDB does not.
    return fail({ Code: 'DuplicateItem', Message: 'Duplicate primary key exists in table' });
  }
  if (statement.kind === 'update') {
    if (stored === undefined || !statement.terms.every((term) => holds(term, stored, parameters))) {
      const old = returnsOld && stored !== undefined ? { Item: stored } : {};
      return fail({ Code: 'ConditionalCheckFailed', Message: 'The conditional request failed', ...old });
    }
  }
  try {
    const after = statement.kind === 'update' ? updateItem(statement, stored, parameters) : (inserted ?? {});
    if (statement.kind === 'update') throwIfInvalid(db.validateItem(after, table));
    if (db.itemSize(after) > store.options.maxItemSize) {
      throw new StatementError('Item size has exceeded the maximum allowed size');
    }
    return {
      answer: { TableName },
      sized: [stored, after],
      replacement: { table, key, before: stored, after },
    };
  } catch (error) {
    return fail(readFailure(error));
  }
}

function updateItem(
  { sets, removes }: Update,
  stored: Attributes | undefined,
  parameters: readonly Value[],
): Attributes {
  const item = { ...stored };
  for (const [name, parameter] of sets) item[name] = parameters[parameter] ?? {};
  for (const name of removes) delete item[name];
  return item;
}

/** @throws errors that are not the outcome of a statement. */
function readFailure(error: unknown): Failure {
  if (error instanceof StatementError) return { Code: 'ValidationError', Message: error.message };
  const body = makeErrorBody(error);
  if (body?.__type?.endsWith('ResourceNotFoundException') !== true) throw error;
  return { Code: 'ResourceNotFound', Message: 'Requested resource not found' };
}
