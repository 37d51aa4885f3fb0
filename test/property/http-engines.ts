import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import {
  BatchExecuteStatementCommand,
  BatchGetItemCommand,
  type BatchStatementResponse,
  BatchWriteItemCommand,
  type DynamoDBClient,
  GetItemCommand,
  ListTablesCommand,
  PutItemCommand,
  paginateQuery,
} from '@aws-sdk/client-dynamodb';
import { createTables } from '../../emulators/dynamodb/tables.ts';
import { makeDynamoDbClient } from '../../lambda/aws/dynamodb-client.ts';
import type { Item } from '../../lambda/store/items.ts';
import { startLedgerTables, tableRequests } from '../../local/ledger-tables.ts';
import { normalNumber } from './dynamodb-values.ts';
import { comparable, comparedTables, type Tables } from './expectation.ts';
import type { Engine } from './invocation.ts';
import type { Command } from './memory-dynamodb.ts';

/** An engine that speaks DynamoDB's protocol over HTTP, with the ledger's tables. */
export interface HttpEngine extends Engine {
  /** What the tables hold of some SIMs. */
  tablesOf(sims: readonly string[]): Promise<Tables>;
  stop(): Promise<void>;
}

/** dynalite in a process of its own. */
export async function startDynalite(): Promise<HttpEngine> {
  const { endpoint, stop } = await startLedgerTables({ port: 0 });
  return engineAt(endpoint, stop);
}

/** Where Dynoxide's program is: at `DYNOXIDE`, or in its package where that is installed; undefined where it is not. */
export function dynoxideProgram(): string | undefined {
  const named = process.env['DYNOXIDE'];
  if (named !== undefined) return named;
  const { resolve } = createRequire(import.meta.url);
  try {
    const program = join(dirname(resolve('@dynoxide/linux-x64/package.json')), 'dynoxide');
    return existsSync(program) ? program : undefined;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'MODULE_NOT_FOUND') return undefined;
    throw error;
  }
}

/** Dynoxide, another writer's DynamoDB: a second opinion where it is installed. */
export async function startDynoxide(program: string): Promise<HttpEngine> {
  const port = await freePort();
  const child = spawn(program, ['--host', '127.0.0.1', '--port', String(port)], { stdio: 'ignore' });
  const endpoint = `http://127.0.0.1:${port}`;
  const ended = new Promise((resolve) => child.once('exit', resolve));
  const stop = async (): Promise<void> => {
    child.kill();
    await ended;
  };
  const client = clientAt(endpoint);
  await answering(client);
  await createTables(client, tableRequests);
  client.destroy();
  const engine = engineAt(endpoint, stop);
  return { ...engine, answer: (command, options) => engine.answer(withCommas(command), options) };
}

/**
 * Statements as Dynoxide reads them: clauses that follow each other, as DynamoDB's reference has them, in one with commas.
 * Statements of the store have no literals that could look like clauses.
 */
function withCommas(command: Command): Command {
  if (!(command instanceof BatchExecuteStatementCommand)) return command;
  const { Statements = [], ...options } = command.input;
  return new BatchExecuteStatementCommand({
    ...options,
    Statements: Statements.map(({ Statement = '', ...rest }) => ({
      ...rest,
      Statement: Statement.replaceAll(' = ? SET ', ' = ?, ').replace(
        /( REMOVE "\w+")((?: REMOVE "\w+")+)/,
        (_, first: string, others: string) => first + others.replaceAll(' REMOVE ', ', '),
      ),
    })),
  });
}

/** A client as the functions have it. */
function clientAt(endpoint: string): DynamoDBClient {
  const credentials = { accessKeyId: 'any', secretAccessKey: 'any' };
  return makeDynamoDbClient({ endpoint, region: 'us-east-1', credentials });
}

function engineAt(endpoint: string, stop: () => Promise<void>): HttpEngine {
  const client = clientAt(endpoint);
  return {
    answer: async (command, { returnsOld = true }) => {
      const answer = await sent(client, command);
      return returnsOld ? answer : withoutOldItems(answer);
    },
    tablesOf: async (sims) => {
      const [Sessions, Usage, Events, Sims] = await Promise.all(
        comparedTables.map((table) => itemsOf(client, table, sims)),
      );
      return { Sessions: Sessions ?? [], Usage: Usage ?? [], Events: Events ?? [], Sims: Sims ?? [] };
    },
    stop: async () => {
      client.destroy();
      await stop();
    },
  };
}

/** An answer to statements without the items that made them fail; no engine returns them elsewhere. */
function withoutOldItems(answer: object): object {
  if (!('Responses' in answer) || !Array.isArray(answer.Responses)) return answer;
  const Responses = answer.Responses.map(({ Error: error, ...response }: BatchStatementResponse) => {
    if (error === undefined) return response;
    const { Item: _, ...rest } = error;
    return { ...response, Error: rest };
  });
  return { ...answer, Responses };
}

/** The client's `send` takes one kind of command at a time. */
function sent(client: DynamoDBClient, command: Command): Promise<object> {
  if (command instanceof GetItemCommand) return client.send(command);
  if (command instanceof PutItemCommand) return client.send(command);
  if (command instanceof BatchWriteItemCommand) return client.send(command);
  if (command instanceof BatchGetItemCommand) return client.send(command);
  if (command instanceof BatchExecuteStatementCommand) return client.send(command);
  return client.send(command);
}

/** Items of some SIMs in the order of their keys. Engines spell numbers in their own ways. */
async function itemsOf(client: DynamoDBClient, table: string, sims: readonly string[]): Promise<Item[]> {
  const items: Item[] = [];
  for (const sim of [...sims].sort()) {
    const pages = paginateQuery(
      { client },
      {
        TableName: table,
        ConsistentRead: true,
        KeyConditionExpression: 'sim = :sim',
        ExpressionAttributeValues: { ':sim': { S: sim } },
      },
    );
    for await (const page of pages) items.push(...(page.Items ?? []));
  }
  return items.map((item) => comparable(withPlainNumbers(item)));
}

function withPlainNumbers(item: Item): Item {
  return Object.fromEntries(
    Object.entries(item).map(([name, value]) => [
      name,
      value.N === undefined ? value : { N: normalNumber(value.N) ?? value.N },
    ]),
  );
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (typeof address !== 'object' || address === null) throw new Error('There is no free port');
  return address.port;
}

async function answering(client: DynamoDBClient): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      await client.send(new ListTablesCommand({}));
      return;
    } catch (error) {
      if (attempt === 600) throw error;
      await wait(100);
    }
  }
}
