import {
  type BatchExecuteStatementCommandOutput,
  type BatchStatementRequest,
  ConditionalCheckFailedException,
  type DynamoDBClient,
  GetItemCommand,
} from '@aws-sdk/client-dynamodb';
import type { Item } from '../../../lambda/store/items.ts';
import { tables } from '../../../lambda/store/tables.ts';
import { keyAttributes } from './running-tables.ts';

/** A command that went through a client. */
export interface WatchedRequest {
  /** `UpdateItem`, `BatchWriteItem`, … */
  readonly operation: string;
  readonly input: Readonly<Record<string, unknown>>;
}

/** What was seen of a client's commands. */
export class Watch {
  readonly requests: WatchedRequest[] = [];
  /** Maximum number of commands that were open at the same time. */
  maxInFlight = 0;
  #inFlight = 0;

  /** The operations in order, such as `UpdateItem Sessions`; of statements, what they do to which table. */
  get operations(): string[] {
    return this.requests.map(({ operation, input }) => {
      if (operation === 'BatchExecuteStatement') return [...new Set(statementsIn(input))].join('+');
      const named = input['TableName'] ?? Object.keys(input['RequestItems'] ?? {}).join('+');
      return `${operation} ${named}`;
    });
  }

  /** Forgets what was seen. */
  reset(): void {
    this.requests.length = 0;
    this.maxInFlight = 0;
  }

  begin(request: WatchedRequest): void {
    this.requests.push(request);
    this.#inFlight += 1;
    this.maxInFlight = Math.max(this.maxInFlight, this.#inFlight);
  }

  end(): void {
    this.#inFlight -= 1;
  }
}

/** The statements of a request, such as `INSERT Sessions`. */
export function statementsIn(input: WatchedRequest['input']): string[] {
  const statements = (input['Statements'] ?? []) as BatchStatementRequest[];
  return statements.map(({ Statement = '' }) => Statement.replace(/^(\w+) (?:INTO )?"(\w+)".*$/, '$1 $2'));
}

/** Whether a request replaces an item that was read: only its condition makes no comparison by size. */
export function replacesItem({ operation, input }: WatchedRequest): boolean {
  const statements = (input['Statements'] ?? []) as BatchStatementRequest[];
  return (
    operation === 'PutItem' ||
    statements.some(({ Statement = '' }) => Statement.startsWith('UPDATE') && !Statement.includes('<'))
  );
}

/** What a test does with a command before, instead of or after letting it through. */
export type Intercept = (request: WatchedRequest, proceed: () => Promise<unknown>) => Promise<unknown>;

/** Puts a test between a client and the engine. The last one that was put is asked first. */
export function intercept(client: DynamoDBClient, take: Intercept): void {
  client.middlewareStack.add(
    (next, context) => async (args) => {
      const operation = String(context['commandName']).replace('Command', '');
      const input = { ...args.input } as Readonly<Record<string, unknown>>;
      let response: unknown;
      const output = await take({ operation, input }, async () => {
        const answer = await next(args);
        response = answer.response;
        return answer.output;
      });
      return { output: output as object & { $metadata: object }, response } as Awaited<
        ReturnType<typeof next>
      >;
    },
    { step: 'initialize', priority: 'high' },
  );
}

/** Notes the commands of a client. */
export function watch(client: DynamoDBClient): Watch {
  const watched = new Watch();
  intercept(client, async (request, proceed) => {
    watched.begin(request);
    try {
      return await proceed();
    } finally {
      watched.end();
    }
  });
  return watched;
}

/**
 * Makes a client get the item that made a condition fail with the failure, as DynamoDB does and the local engine
 * does not.
 */
export function returnOldItems(client: DynamoDBClient, lookWith: DynamoDBClient): void {
  intercept(client, async ({ input }, proceed) => {
    try {
      return await proceed();
    } catch (error) {
      const asked = input['ReturnValuesOnConditionCheckFailure'] === 'ALL_OLD';
      if (!(error instanceof ConditionalCheckFailedException) || !asked) throw error;
      const key = keyOf(input);
      const { Item } = await lookWith.send(
        new GetItemCommand({ TableName: String(input['TableName']), Key: key, ConsistentRead: true }),
      );
      if (Item !== undefined) error.Item = Item;
      throw error;
    }
  });
}

/** Makes statements whose condition fails not return the item that made it fail. AWS does not promise to. */
export function withholdOldItems(client: DynamoDBClient): void {
  intercept(client, async ({ operation }, proceed) => {
    const answer = await proceed();
    if (operation !== 'BatchExecuteStatement') return answer;
    const { Responses = [] } = answer as BatchExecuteStatementCommandOutput;
    for (const { Error: error } of Responses) if (error !== undefined) delete error.Item;
    return answer;
  });
}

/** An update has a key; a put item contains it. */
function keyOf({ Key, Item, TableName }: WatchedRequest['input']): Item {
  if (Key !== undefined) return Key as Item;
  const table = tables.find(({ name }) => name === TableName);
  if (table === undefined) throw new Error(`There is no table ${String(TableName)}`);
  return keyAttributes(table, Item as Item);
}
