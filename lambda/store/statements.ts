import {
  type AttributeValue,
  BatchExecuteStatementCommand,
  type BatchStatementError,
  type BatchStatementResponse,
  type DynamoDBClient,
} from '@aws-sdk/client-dynamodb';
import { toError } from '../errors.ts';
import type { Item } from './codec.ts';
import { maxRequests, waitBeforeRetry } from './concurrency.ts';
import { FormTexts } from './form-texts.ts';

/** A PartiQL statement that writes one item. */
export interface Statement {
  /** The item's table and key. DynamoDB refuses a request that writes an item twice. */
  readonly target: string;
  readonly text: string;
  /** The values of the text's question marks, in order. */
  readonly parameters: AttributeValue[];
}

/** Identifies the item that a statement writes. */
export function formatTarget(tableName: string, key: Item): string {
  let target = tableName;
  for (const { S } of Object.values(key)) target += `\n${S}`;
  return target;
}

/** Inserts an item if none is stored under its key. */
export function insertStatement(tableName: string, key: Item, item: Item): Statement {
  return {
    target: formatTarget(tableName, key),
    text: formatInsertion(tableName, Object.keys(item)),
    parameters: Object.values(item),
  };
}

const insertions = new FormTexts();

function formatInsertion(tableName: string, attributes: readonly string[]): string {
  return insertions.find([tableName, ...attributes], () => {
    const members = attributes.map((attribute) => `'${attribute}': ?`);
    return `INSERT INTO "${tableName}" VALUE {${members.join(', ')}}`;
  });
}

/**
 * The outcome of a statement.
 *
 * `refused`: its condition failed, or the item to insert is already stored. `stored` is that item, if the engine
 * returned it.
 *
 * `unavailable`: the write must be sent as a request of its own, because statements are turned off, or because the
 * engine did not accept this one. In the second case `error` is set: pass it to {@link StatementQueue.stop} if that
 * request succeeds.
 */
export type StatementOutcome =
  | { readonly kind: 'done' }
  | { readonly kind: 'refused'; readonly stored: Item | undefined }
  | { readonly kind: 'failed'; readonly error: Error }
  | { readonly kind: 'unavailable'; readonly error: Error | undefined };

interface Waiting {
  readonly statement: Statement;
  /** How often it was sent. */
  readonly attempts: number;
  readonly settle: (outcome: StatementOutcome) => void;
}

/** The most statements that BatchExecuteStatement accepts. */
const maxStatements = 25;
/** How many statements a writer executes concurrently: enough to fill all requests. */
export const maxStatementsAtOnce = maxRequests * maxStatements;
/** How often a throttled statement is sent before giving up. */
const maxAttempts = 10;

/** Error codes of throttled statements. The SDK does not retry these, because the request itself succeeded. */
const busyCodes: ReadonlySet<string> = new Set([
  'InternalServerError',
  'ProvisionedThroughputExceeded',
  'RequestLimitExceeded',
  'ThrottlingError',
  'TransactionConflict',
]);

/** Errors of a whole request if DynamoDB, or a local engine, does not accept statements, or not from this role. */
const refusals: ReadonlySet<string> = new Set([
  'AccessDeniedException',
  'UnknownOperationException',
  'ValidationException',
]);

/**
 * Sends statements, 25 per request, for any of the tables. A request takes some 300 microseconds of CPU however much it
 * carries, so sharing it is what makes conditional writes cheap.
 *
 * A full request is sent immediately. Fewer than 25 statements wait until all that are made in the same tick have
 * joined, and until the running requests are answered, because their answers lead to more statements.
 */
export class StatementQueue {
  readonly #client: DynamoDBClient;
  readonly #onStop: (error: Error) => void;
  #isAvailable: boolean;
  #waiting: Waiting[] = [];
  #requests = 0;
  #isScheduled = false;

  /**
   * @param isAvailable whether to send statements at all.
   * @param onStop called at most once, with the error of an engine that does not accept statements.
   */
  constructor(client: DynamoDBClient, isAvailable: boolean, onStop: (error: Error) => void) {
    this.#client = client;
    this.#isAvailable = isAvailable;
    this.#onStop = onStop;
  }

  /** Sends a statement. It is made only if statements are available. Never rejects. */
  execute(makeStatement: () => Statement): Promise<StatementOutcome> {
    if (!this.#isAvailable) return Promise.resolve({ kind: 'unavailable', error: undefined });
    return new Promise((settle) => {
      this.#waiting.push({ statement: makeStatement(), attempts: 0, settle });
      this.#schedule();
    });
  }

  /** Turns statements off, because the engine does not accept them. */
  stop(error: Error): void {
    if (!this.#isAvailable) return;
    this.#isAvailable = false;
    this.#onStop(error);
  }

  #schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    // By the next tick, all writers that are ready now have queued their statements.
    process.nextTick(() => {
      this.#isScheduled = false;
      this.#flush();
    });
  }

  #flush(): void {
    while (this.#requests < maxRequests && this.#waiting.length > 0) {
      if (this.#waiting.length < maxStatements && this.#requests > 0) return;
      void this.#send(this.#take());
    }
  }

  /** Takes the statements of one request: the first in the queue, but only one for each item. */
  #take(): Waiting[] {
    const taken = new Map<string, Waiting>();
    const left: Waiting[] = [];
    for (const [index, waiting] of this.#waiting.entries()) {
      if (taken.size === maxStatements) {
        left.push(...this.#waiting.slice(index));
        break;
      }
      const { target } = waiting.statement;
      if (taken.has(target)) left.push(waiting);
      else taken.set(target, waiting);
    }
    this.#waiting = left;
    return [...taken.values()];
  }

  async #send(sent: readonly Waiting[]): Promise<void> {
    this.#requests += 1;
    const outcomes = this.#isAvailable ? await this.#request(sent) : [];
    this.#requests -= 1;
    const again: Waiting[] = [];
    for (const [index, { statement, attempts, settle }] of sent.entries()) {
      const outcome = outcomes[index] ?? { kind: 'unavailable', error: undefined };
      const isBusy = outcome.kind === 'failed' && busyCodes.has(outcome.error.name);
      if (isBusy && attempts + 1 < maxAttempts) again.push({ statement, attempts: attempts + 1, settle });
      else settle(outcome);
    }
    this.#schedule();
    if (again.length > 0) await this.#sendLater(again);
  }

  async #sendLater(again: readonly Waiting[]): Promise<void> {
    await waitBeforeRetry(Math.max(...again.map(({ attempts }) => attempts)));
    this.#waiting.push(...again);
    this.#schedule();
  }

  /** @returns the outcome of each statement. */
  async #request(sent: readonly Waiting[]): Promise<StatementOutcome[]> {
    try {
      const { Responses: responses = [] } = await this.#client.send(
        new BatchExecuteStatementCommand({
          Statements: sent.map(({ statement: { text, parameters } }) => ({
            Statement: text,
            Parameters: parameters,
            ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
          })),
        }),
      );
      const outcomes = sent.map((_, index) => readOutcome(responses[index]));
      const denied = responses.find((response) => response.Error?.Code === 'AccessDenied');
      if (denied?.Error !== undefined) this.stop(new StatementError(denied.Error));
      return outcomes;
    } catch (thrown) {
      const error = toError(thrown);
      if (!refusals.has(error.name)) return sent.map(() => ({ kind: 'failed', error }));
      this.stop(error);
      return sent.map(() => ({ kind: 'unavailable', error: undefined }));
    }
  }
}

function readOutcome(response: BatchStatementResponse | undefined): StatementOutcome {
  const error =
    response === undefined ? { Message: 'DynamoDB did not answer this statement' } : response.Error;
  if (error === undefined) return { kind: 'done' };
  switch (error.Code) {
    case 'ConditionalCheckFailed':
    case 'DuplicateItem':
      return { kind: 'refused', stored: error.Item };
    case 'AccessDenied':
    case 'ValidationError':
      return { kind: 'unavailable', error: new StatementError(error) };
    default:
      return { kind: 'failed', error: new StatementError(error) };
  }
}

/** A statement failed inside a request that succeeded. The error's name is DynamoDB's code. */
export class StatementError extends Error {
  override readonly name: string;

  constructor({ Code, Message }: Pick<BatchStatementError, 'Code' | 'Message'>) {
    super(Message ?? 'DynamoDB gives no reason');
    this.name = Code ?? 'StatementError';
  }
}
