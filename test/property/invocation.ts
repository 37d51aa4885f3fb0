import {
  BatchExecuteStatementCommand,
  BatchGetItemCommand,
  type BatchStatementRequest,
  type BatchStatementResponse,
  BatchWriteItemCommand,
  ConditionalCheckFailedException,
  DynamoDBServiceException,
  type KeysAndAttributes,
  PutItemCommand,
  type WriteRequest,
} from '@aws-sdk/client-dynamodb';
import type { Item } from '../../lambda/store/items.ts';
import type { WriteMode } from '../../lambda/store/ledger-tables.ts';
import type { Quarantine, Reject } from '../../lambda/store/quarantine.ts';
import { tables } from '../../lambda/store/tables.ts';
import { translateStatement } from './dynamodb-statements.ts';
import { errorOf, type Fault, type FaultKind, type FaultPlan } from './faults.ts';
import { type AnswerOptions, type Command, keyNames, type Sender } from './memory-dynamodb.ts';

/** What answers commands: the engine in memory, or a client of one that is reached by HTTP. */
export interface Engine {
  answer(command: Command, options: AnswerOptions): object | Promise<object>;
}

/** A point at which a path may be interleaved with others: it continues when the scheduler resumes it. */
export type Pause = (where: string) => Promise<unknown>;

/** An invocation that died. */
export class Crash extends Error {
  override readonly name = 'Crash';
}

/** What all calls of a path go through. */
export interface InvocationContext {
  readonly engine: Engine;
  readonly plan: FaultPlan;
  readonly pause: Pause;
  /** Whether failed conditions bring the old item, where no fault says otherwise. */
  readonly returnsOld: boolean;
  readonly writes: WriteMode;
  readonly quarantine: KeptRejects;
  /** Days that usage is kept; forever by default. */
  readonly usageRetentionDays?: number;
}

/** All that the quarantine keeps: for each name under which rejects are kept, those that came first. */
export class KeptRejects {
  readonly #kept = new Map<string, readonly Reject[]>();

  keep(rejects: readonly Reject[], group: string | undefined): void {
    const [first] = rejects;
    if (first === undefined) return;
    const texts = [...new Set(rejects.map(textOf))].sort();
    const name = group ?? JSON.stringify([first.source, first.code, texts]);
    if (!this.#kept.has(name)) this.#kept.set(name, rejects);
  }

  /** What is kept, each once: the source and the bytes. */
  get contents(): string[] {
    const all = [...this.#kept.values()].flat().map((reject) => `${reject.source} ${textOf(reject)}`);
    return [...new Set(all)].sort();
  }
}

/**
 * A reject's name among the endings, besides its position: one that comes again in a batch is not kept twice, and ends as
 * the first does.
 */
export function rejectName(reject: Pick<Reject, 'source' | 'bytes'>): string {
  return `${reject.source} ${textOf(reject)}`;
}

function textOf({ bytes }: Pick<Reject, 'bytes'>): string {
  return Buffer.from(bytes).toString('latin1');
}

/** How the last call about an item, or about a reject's position, ended. */
export type Ending = 'answered' | 'failed' | 'left';

/**
 * One process of a function: what it sends to AWS meets the path's faults. It outlives its invocations until one of
 * them crashes.
 */
export class FunctionProcess implements Sender, Quarantine {
  /** How the last call about each item, and about each reject, ended in this invocation. */
  readonly endings = new Map<string, Ending>();
  /** Rejects when the invocation dies. */
  readonly died: Promise<never>;
  readonly #context: InvocationContext;
  #die: (crash: Crash) => void = () => undefined;
  #isDead = false;

  constructor(context: InvocationContext) {
    this.#context = context;
    this.died = new Promise((_, reject) => {
      this.#die = reject;
    });
    this.died.catch(() => undefined);
  }

  async send(command: Command): Promise<object> {
    const { plan, pause } = this.#context;
    if (this.#isDead) return never();
    const fault = plan.next();
    await pause('is sent');
    await plan.arrivals();
    const answer = await this.#meet(command, fault);
    await pause('is answered');
    if (this.#isDead) return never();
    if (answer instanceof Error) throw answer;
    return answer;
  }

  async keep(rejects: readonly Reject[], group?: string): Promise<void> {
    const { plan, pause, quarantine } = this.#context;
    if (this.#isDead) return never();
    const fault = plan.next()?.kind;
    const error = errorOf(fault);
    await pause('is kept');
    const isLost = fault === 'crash before' || (error !== undefined && !fault?.endsWith('after'));
    if (!isLost) quarantine.keep(rejects, group);
    for (const reject of rejects) {
      for (const name of [reject.position, rejectName(reject)])
        this.endings.set(name, error === undefined ? 'answered' : 'failed');
    }
    if (fault?.startsWith('crash')) return this.#crash();
    if (this.#isDead) return never();
    if (error !== undefined) throw error;
  }

  /** The answer, or the error that the caller gets. */
  async #meet(command: Command, fault: Fault | undefined): Promise<object> {
    const { plan } = this.#context;
    switch (fault?.kind) {
      case 'crash before':
        return this.#crash();
      case 'crash after':
        await this.#apply(command, {});
        return this.#crash();
      case 'sent twice':
        await this.#apply(command, {});
        return this.#note(command, await this.#apply(command, {}));
      case 'arrives again later':
        plan.later(fault.part, () => this.#apply(command, {}));
        return this.#note(command, await this.#apply(command, {}));
      case 'timed out, arrives later':
        plan.later(fault.part, () => this.#apply(command, {}));
        break;
      case 'timed out after':
      case 'server error after':
        await this.#apply(command, {});
        break;
      case 'partly unprocessed':
        return this.#partly(command, fault.part);
      case 'in two parts':
        return this.#inTwoParts(command, fault.part);
      case 'crash within':
        await this.#applyBegin(command, fault.part);
        return this.#crash();
      case 'timed out within':
        await this.#applyBegin(command, fault.part);
        break;
      case 'partly failed':
      case 'partly failed after':
      case 'partly failed, unknown code':
      case 'partly denied':
        if (command instanceof BatchExecuteStatementCommand) return this.#failPartly(command, fault);
        break;
      case 'statements denied':
        if (command instanceof BatchExecuteStatementCommand) return this.#note(command, statementsDenied());
        break;
    }
    const error = errorOf(fault?.kind);
    if (error !== undefined) return this.#note(command, error);
    const stale = fault?.kind === 'stale';
    const { returnsOld } = this.#context;
    const options = { stale, returnsOld: returnsOld && fault?.kind !== 'without the old item' };
    return this.#note(command, await this.#apply(command, options));
  }

  async #apply(command: Command, options: AnswerOptions): Promise<object> {
    try {
      return await this.#context.engine.answer(command, {
        returnsOld: this.#context.returnsOld,
        ...options,
      });
    } catch (error) {
      if (error instanceof Error) return error;
      throw error;
    }
  }

  async #partly(command: Command, doneCount: number): Promise<object> {
    if (command instanceof BatchExecuteStatementCommand) {
      return this.#failPartly(command, { kind: 'partly unprocessed', part: doneCount });
    }
    const parts = partedBatch(command, doneCount);
    if (parts === undefined) return this.#note(command, await this.#apply(command, {}));
    const [first, rest] = parts;
    const answer = first === undefined ? {} : await this.#apply(first, {});
    if (answer instanceof Error) return this.#note(command, answer);
    this.#noteKeys(command, 'answered');
    if (rest !== undefined) this.#noteKeys(rest, 'left');
    if (command instanceof BatchGetItemCommand) {
      return { ...answer, UnprocessedKeys: rest?.input.RequestItems ?? {} };
    }
    return { UnprocessedItems: rest?.input.RequestItems ?? {} };
  }

  /** Applies only the first parts of a batch. Any other command is not applied. */
  async #applyBegin(command: Command, count: number): Promise<void> {
    const [first] = partedBatch(command, count) ?? partedStatements(command, count) ?? [];
    if (first !== undefined) await this.#apply(first, {});
  }

  /** The writes of a batch are not a transaction: others may come between them. */
  async #inTwoParts(command: Command, count: number): Promise<object> {
    const statements = command instanceof BatchExecuteStatementCommand ? command.input.Statements : [];
    const splits = (statements?.length ?? 0) - 1;
    const [first, rest] = splits < 1 ? [] : (partedStatements(command, 1 + (count % splits)) ?? []);
    if (first === undefined || rest === undefined) return this.#note(command, await this.#apply(command, {}));
    const last = await this.#apply(rest, {});
    await this.#context.pause('goes on');
    const begin = await this.#apply(first, {});
    const failure = [last, begin].find((answer) => answer instanceof Error);
    if (failure !== undefined) return this.#note(command, failure);
    return this.#note(command, { Responses: [...responsesIn(begin), ...responsesIn(last)] });
  }

  /** The statements from a number on, at least the last, fail inside an answer that is well otherwise. */
  async #failPartly(
    command: BatchExecuteStatementCommand,
    { kind, part }: Pick<Fault, 'kind' | 'part'>,
  ): Promise<object> {
    const statements = command.input.Statements ?? [];
    const wellCount = part % Math.max(statements.length, 1);
    const takesEffect = kind === 'partly failed after';
    const [first] = partedStatements(command, wellCount) ?? [];
    const applied = takesEffect ? command : first;
    const answer = applied === undefined ? {} : await this.#apply(applied, {});
    if (answer instanceof Error) return this.#note(command, answer);
    const Code = statementCodes[kind] ?? 'InternalServerError';
    const failed = { Error: { Code, Message: `${Code} of the test` } };
    const well = responsesIn(answer).slice(0, wellCount);
    return this.#note(command, { Responses: statements.map((_, index) => well[index] ?? failed) });
  }

  #note(command: Command, answer: object): object {
    const failed = answer instanceof Error && !(answer instanceof ConditionalCheckFailedException);
    if (command instanceof BatchExecuteStatementCommand && !failed) {
      for (const [index, statement] of (command.input.Statements ?? []).entries()) {
        const { Error: error } = responsesIn(answer)[index] ?? {};
        const isAnswered = error === undefined || answeredCodes.has(error.Code);
        this.endings.set(statementKey(statement), isAnswered ? 'answered' : 'failed');
      }
      return answer;
    }
    this.#noteKeys(command, failed ? 'failed' : 'answered');
    return answer;
  }

  #noteKeys(command: Command, ending: Ending): void {
    for (const key of keysOf(command)) this.endings.set(key, ending);
  }

  #crash(): Promise<never> {
    this.#isDead = true;
    this.#die(new Crash('The invocation died'));
    return never();
  }
}

/** An item's name among the endings. */
export function itemName(table: string, key: Item): string {
  return `${table} ${Object.values(key)
    .map(({ S }) => S)
    .join(' ')}`;
}

/** Codes with which statements fail inside a request that succeeds. */
const statementCodes: Partial<Record<FaultKind, string>> = {
  'partly unprocessed': 'ThrottlingError',
  'partly failed, unknown code': 'SomethingNew',
  'partly denied': 'AccessDenied',
};

/** Codes of statements that were executed and found their condition unmet. */
const answeredCodes: ReadonlySet<string | undefined> = new Set(['ConditionalCheckFailed', 'DuplicateItem']);

function statementsDenied(): Error {
  return new DynamoDBServiceException({
    name: 'AccessDeniedException',
    message: 'The role is not authorized to perform: dynamodb:PartiQLInsert',
    $fault: 'client',
    $metadata: { httpStatusCode: 400 },
  });
}

function responsesIn(answer: object): readonly BatchStatementResponse[] {
  return 'Responses' in answer && Array.isArray(answer.Responses) ? answer.Responses : [];
}

function statementKey(statement: BatchStatementRequest): string {
  const { tableName, key } = translateStatement(statement);
  return itemName(tableName, keyIn(tableName, key));
}

function keysOf(command: Command): string[] {
  if (command instanceof BatchExecuteStatementCommand) {
    return (command.input.Statements ?? []).map(statementKey);
  }
  if (command instanceof BatchWriteItemCommand) {
    return Object.entries(command.input.RequestItems ?? {}).flatMap(([table, requests]) =>
      requests.map(({ PutRequest }) => itemName(table, keyIn(table, PutRequest?.Item))),
    );
  }
  if (command instanceof BatchGetItemCommand) {
    return Object.entries(command.input.RequestItems ?? {}).flatMap(([table, { Keys = [] }]) =>
      Keys.map((key) => itemName(table, keyIn(table, key))),
    );
  }
  const { TableName = '' } = command.input;
  const attributes = command instanceof PutItemCommand ? command.input.Item : command.input.Key;
  return [itemName(TableName, keyIn(TableName, attributes))];
}

/** The attributes of a key in their order. */
function keyIn(name: string, attributes: Item | undefined): Item {
  const table = tables.find((definition) => definition.name === name);
  if (table === undefined) throw new Error(`There is no table ${name}`);
  return Object.fromEntries(
    keyNames(table).map((attribute) => [attribute, attributes?.[attribute] ?? { S: '' }]),
  );
}

/** The begin of a batch of statements, and its rest; undefined for any other command. */
function partedStatements(
  command: Command,
  count: number,
): readonly (BatchExecuteStatementCommand | undefined)[] | undefined {
  if (!(command instanceof BatchExecuteStatementCommand)) return undefined;
  const { Statements = [], ...options } = command.input;
  return [Statements.slice(0, count), Statements.slice(count)].map((part) =>
    part.length === 0 ? undefined : new BatchExecuteStatementCommand({ ...options, Statements: part }),
  );
}

/** The begin of a batch of reads or puts, and its rest; undefined for any other command. */
function partedBatch(
  command: Command,
  count: number,
): readonly (BatchWriteItemCommand | BatchGetItemCommand | undefined)[] | undefined {
  if (command instanceof BatchWriteItemCommand) {
    const parts = parted(command.input.RequestItems, count, (table, requests: WriteRequest[]) =>
      requests.map((request) => ({ table, request })),
    );
    return parts.map((part) =>
      part.length === 0
        ? undefined
        : new BatchWriteItemCommand({ RequestItems: group(part, ({ request }) => request) }),
    );
  }
  if (!(command instanceof BatchGetItemCommand)) return undefined;
  const parts = parted(
    command.input.RequestItems,
    count,
    (table, { Keys = [], ...settings }: KeysAndAttributes) => Keys.map((key) => ({ table, key, settings })),
  );
  return parts.map((part) =>
    part.length === 0 ? undefined : new BatchGetItemCommand({ RequestItems: keysByTable(part) }),
  );
}

interface InTable {
  readonly table: string;
}

function parted<Requests, Part extends InTable>(
  items: Record<string, Requests> | undefined,
  count: number,
  partsOf: (table: string, requests: Requests) => Part[],
): [Part[], Part[]] {
  const parts = Object.entries(items ?? {}).flatMap(([table, requests]) => partsOf(table, requests));
  return [parts.slice(0, count), parts.slice(count)];
}

function group<Part extends InTable, Request>(
  parts: readonly Part[],
  requestOf: (part: Part) => Request,
): Record<string, Request[]> {
  const groups: Record<string, Request[]> = {};
  for (const part of parts) {
    const ofTable = groups[part.table] ?? [];
    groups[part.table] = ofTable;
    ofTable.push(requestOf(part));
  }
  return groups;
}

function keysByTable(
  parts: readonly (InTable & { readonly key: Item; readonly settings: Omit<KeysAndAttributes, 'Keys'> })[],
): Record<string, KeysAndAttributes> {
  return Object.fromEntries(
    Object.entries(group(parts, (part) => part)).map(([table, ofTable]) => [
      table,
      { Keys: ofTable.map(({ key }) => key), ...ofTable[0]?.settings },
    ]),
  );
}

function never(): Promise<never> {
  return new Promise(() => undefined);
}
