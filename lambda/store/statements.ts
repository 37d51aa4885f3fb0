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

/** A PartiQL write of one item. */
export interface Statement {
  /** Table and key of the item. DynamoDB refuses a request that writes an item twice. */
  readonly target: string;
  readonly text: string;
  /** The values of the text's question marks, in their order. */
  readonly parameters: AttributeValue[];
}

/** Names the item that a statement writes. */
export function formatTarget(tableName: string, key: Item): string {
  let target = tableName;
  for (const { S } of Object.values(key)) target += `\n${S}`;
  return target;
}

/** Puts an item only if none is stored under its key. */
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
 * `refused`: its condition failed, or an item that it was to insert is stored; with that item, if the store returned it.
 *
 * `unavailable`: the write must be sent by itself, since statements are not sent, or since the store did not accept this
 * one: then with the store's error, which {@link StatementQueue.stop} takes if the write by itself succeeds.
 */
export type StatementOutcome =
  | { readonly kind: 'done' }
  | { readonly kind: 'refused'; readonly stored: Item | undefined }
  | { readonly kind: 'failed'; readonly error: Error }
  | { readonly kind: 'unavailable'; readonly error: Error | undefined };

interface Waiting {
  readonly statement: Statement;
  /** Times that it was sent. */
  readonly attempts: number;
  readonly settle: (outcome: StatementOutcome) => void;
}

/** Statements that one request may carry. */
const maxStatements = 25;
/** Statements that one writer hands over at once: enough to keep all requests full. */
export const maxStatementsAtOnce = maxRequests * maxStatements;
/** Times that a statement is sent which the store was too busy for. */
const maxAttempts = 10;

/** Codes of statements that the store was too busy for. The SDK does not retry them: the request itself succeeded. */
const busyCodes: ReadonlySet<string> = new Set([
  'InternalServerError',
  'ProvisionedThroughputExceeded',
  'RequestLimitExceeded',
  'ThrottlingError',
  'TransactionConflict',
]);

/** Errors of a whole request by which the store says that it accepts no such request, or none from this role. */
const refusals: ReadonlySet<string> = new Set([
  'AccessDeniedException',
  'UnknownOperationException',
  'ValidationException',
]);

/**
 * Sends statements, 25 in a request, whatever tables they are for. A request costs some 300 microseconds of CPU whatever
 * it carries, so this is what a conditional write costs.
 *
 * Full requests go at once. Fewer than 25 statements wait for those of this moment, and for the answer to the requests
 * under way, since these are what more statements follow from.
 */
export class StatementQueue {
  readonly #client: DynamoDBClient;
  readonly #onStop: (error: Error) => void;
  #isAvailable: boolean;
  #waiting: Waiting[] = [];
  #requests = 0;
  #isScheduled = false;

  /**
   * @param isAvailable whether statements are sent at all.
   * @param onStop called with the error of a store that does not accept statements, once at most.
   */
  constructor(client: DynamoDBClient, isAvailable: boolean, onStop: (error: Error) => void) {
    this.#client = client;
    this.#isAvailable = isAvailable;
    this.#onStop = onStop;
  }

  /** Sends a statement, which is made only if statements are sent. Never rejects. */
  execute(makeStatement: () => Statement): Promise<StatementOutcome> {
    if (!this.#isAvailable) return Promise.resolve({ kind: 'unavailable', error: undefined });
    return new Promise((settle) => {
      this.#waiting.push({ statement: makeStatement(), attempts: 0, settle });
      this.#schedule();
    });
  }

  /** Sends no more statements: the store does not accept them. */
  stop(error: Error): void {
    if (!this.#isAvailable) return;
    this.#isAvailable = false;
    this.#onStop(error);
  }

  #schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    // On the next tick, all other writers of this moment have handed over their statements.
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

  /** Takes the statements of one request: the first ones, but no two for one item. */
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
    response === undefined ? { Message: 'The store did not answer this statement' } : response.Error;
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

/** A statement failed inside a request that succeeded. Its name is the store's code. */
export class StatementError extends Error {
  override readonly name: string;

  constructor({ Code, Message }: Pick<BatchStatementError, 'Code' | 'Message'>) {
    super(Message ?? 'The store does not say why');
    this.name = Code ?? 'StatementError';
  }
}
