import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import {
  BatchWriteItemCommand,
  CreateTableCommand,
  DeleteTableCommand,
  DescribeTableCommand,
  DynamoDBClient,
  GetItemCommand,
  ListTablesCommand,
  PutItemCommand,
  QueryCommand,
  ResourceNotFoundException,
  waitUntilTableExists,
  waitUntilTableNotExists,
} from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DynamoDbStartError, type LocalDynamoDb } from '../../../emulators/dynamodb/start.ts';
import { tables } from '../../../lambda/store/tables.ts';
import { startLedgerTables } from '../../../local/ledger-tables.ts';
import { tableNames } from '../../lambda/store/table-names.ts';

function clientOf({ endpoint }: LocalDynamoDb): DynamoDBClient {
  return new DynamoDBClient({
    endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: 'any', secretAccessKey: 'any' },
  });
}

const usage = (sim: string, usageId: string) => ({
  sim: { S: sim },
  usageId: { S: usageId },
  dataTotal: { N: '123456789012345678901234567890' },
});

describe('the DynamoDB emulator', () => {
  let dynamoDb: LocalDynamoDb;
  let client: DynamoDBClient;

  beforeAll(async () => {
    dynamoDb = await startLedgerTables({ port: 0 });
    client = clientOf(dynamoDb);
  });

  afterAll(async () => {
    client.destroy();
    await dynamoDb.stop();
  });

  test('has the tables that the stack defines', async () => {
    const { TableNames } = await client.send(new ListTablesCommand({}));
    expect(TableNames).toEqual(tableNames);
    const { Table } = await client.send(new DescribeTableCommand({ TableName: 'Sessions' }));
    expect(Table).toMatchObject({
      TableStatus: 'ACTIVE',
      TableArn: 'arn:aws:dynamodb:us-east-1:000000000000:table/Sessions',
      BillingModeSummary: { BillingMode: 'PAY_PER_REQUEST' },
      KeySchema: [
        { AttributeName: 'sim', KeyType: 'HASH' },
        { AttributeName: 'sessionId', KeyType: 'RANGE' },
      ],
      LocalSecondaryIndexes: [
        {
          IndexName: 'byStart',
          KeySchema: [
            { AttributeName: 'sim', KeyType: 'HASH' },
            { AttributeName: 'start', KeyType: 'RANGE' },
          ],
          Projection: { ProjectionType: 'KEYS_ONLY' },
        },
      ],
    });
  });

  test('notices immediately that a table was deleted, and created again with another key', async () => {
    const make = async (key: string): Promise<void> => {
      await client.send(
        new CreateTableCommand({
          TableName: 'Remade',
          BillingMode: 'PAY_PER_REQUEST',
          AttributeDefinitions: [{ AttributeName: key, AttributeType: 'S' }],
          KeySchema: [{ AttributeName: key, KeyType: 'HASH' }],
        }),
      );
      await waitUntilTableExists(
        { client, maxWaitTime: 10, minDelay: 0.01, maxDelay: 0.1 },
        { TableName: 'Remade' },
      );
    };
    const put = (key: string) =>
      client.send(new PutItemCommand({ TableName: 'Remade', Item: { [key]: { S: 'x' } } }));
    const get = (key: string) =>
      client.send(new GetItemCommand({ TableName: 'Remade', Key: { [key]: { S: 'x' } } }));
    await make('one');
    await put('one');
    await client.send(new DeleteTableCommand({ TableName: 'Remade' }));
    await waitUntilTableNotExists(
      { client, maxWaitTime: 10, minDelay: 0.01, maxDelay: 0.1 },
      { TableName: 'Remade' },
    );
    await expect(put('one')).rejects.toThrow(ResourceNotFoundException);
    await make('two');
    await expect(put('one')).rejects.toThrow('Missing the key two in the item');
    expect((await get('two')).Item).toBeUndefined();
    await put('two');
    expect((await get('two')).Item).toEqual({ two: { S: 'x' } });
    await client.send(new DeleteTableCommand({ TableName: 'Remade' }));
  });

  test('lists a SIM’s sessions in time order by the local index', async () => {
    const session = (sessionId: string, start: string) => ({
      PutRequest: { Item: { sim: { S: 'ordered' }, sessionId: { S: sessionId }, start: { S: start } } },
    });
    const RequestItems = {
      Sessions: [session('A', '2025-03-01'), session('B', '2025-01-01'), session('C', '2025-02-01')],
    };
    await client.send(new BatchWriteItemCommand({ RequestItems }));
    const { Items } = await client.send(
      new QueryCommand({
        TableName: 'Sessions',
        IndexName: 'byStart',
        KeyConditionExpression: 'sim = :sim',
        ExpressionAttributeValues: { ':sim': { S: 'ordered' } },
      }),
    );
    expect(Items?.map((item) => item['sessionId']?.S)).toEqual(['B', 'C', 'A']);
  });

  test('survives clients that abort during a request, and continues to read and write', async () => {
    const body = JSON.stringify({ TableName: 'Usage', Item: usage('aborted', 'x'.repeat(1000)) });
    await Promise.all(
      Array.from({ length: 300 }, () => abortAfter(dynamoDb.port, request('PutItem', body, 0.5), 0)),
    );
    const item = usage('after-aborted-requests', '1');
    await client.send(new PutItemCommand({ TableName: 'Usage', Item: item }));
    expect(await read(client, item)).toEqual(item);
  });

  test('survives clients that abort before or during a response', async () => {
    const items = Array.from({ length: 25 }, (_, n) => ({
      ...usage('large', `${n}`),
      filler: { S: 'x'.repeat(10_000) },
    }));
    const RequestItems = { Usage: items.map((Item) => ({ PutRequest: { Item } })) };
    await client.send(new BatchWriteItemCommand({ RequestItems }));
    const query = JSON.stringify({
      TableName: 'Usage',
      KeyConditionExpression: 'sim = :sim',
      ExpressionAttributeValues: { ':sim': { S: 'large' } },
    });
    const aborts = Array.from({ length: 300 }, (_, n) =>
      abortAfter(dynamoDb.port, request('Query', query, 1), n % 2),
    );
    await Promise.all(aborts);
    const item = usage('after-aborted-answers', '1');
    await client.send(new PutItemCommand({ TableName: 'Usage', Item: item }));
    expect(await read(client, item)).toEqual(item);
  });

  test('answers an invalid request, and continues', async () => {
    const headers = {
      'content-type': 'application/x-amz-json-1.0',
      'x-amz-target': 'DynamoDB_20120810.PutItem',
      'x-amz-date': '20250101T000000Z',
      authorization: 'AWS4-HMAC-SHA256 Credential=a/b/c/d/aws4_request, SignedHeaders=host, Signature=s',
    };
    const answer = await fetch(dynamoDb.endpoint, { method: 'POST', body: 'null', headers });
    expect([answer.status, await answer.json()]).toEqual([
      500,
      {
        __type: 'com.amazonaws.dynamodb.v20120810#InternalServerError',
        message: expect.stringContaining('TypeError'),
      },
    ]);
    const { TableNames } = await client.send(new ListTablesCommand({}));
    expect(TableNames?.length).toBe(tables.length);
  });

  test('fails with a code if the port is in use', async () => {
    const error = await startLedgerTables({ port: dynamoDb.port }).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(DynamoDbStartError);
    expect(error).toMatchObject({ code: 'EADDRINUSE' });
  });

  test('frees its port when it is stopped, and may be stopped twice', async () => {
    const other = await startLedgerTables({ port: 0 });
    await Promise.all([other.stop(), other.stop()]);
    await other.stop();
    const successor = createServer();
    await new Promise<void>((resolve) => successor.listen(other.port, '127.0.0.1', resolve));
    expect(successor.listening).toBe(true);
    successor.close();
  });
});

describe('the DynamoDB emulator with a data directory', () => {
  let directory: string;

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'simledger-dynamodb-'));
  });

  afterAll(() => rm(directory, { recursive: true, force: true }));

  test('keeps what it answered when its process is killed, and refuses a second process', async () => {
    const crashes: Error[] = [];
    const first = await startLedgerTables({
      port: 0,
      dataDirectory: directory,
      onCrash: (error) => crashes.push(error),
    });
    const error = await startLedgerTables({ port: 0, dataDirectory: directory }).catch(
      (reason: unknown) => reason,
    );
    expect(error).toMatchObject({ name: 'DynamoDbStartError', code: 'LEVEL_LOCKED' });

    const items = Array.from({ length: 200 }, (_, n) => usage('kept', `${n}`));
    const writer = clientOf(first);
    await Promise.all(items.map((Item) => writer.send(new PutItemCommand({ TableName: 'Usage', Item }))));
    process.kill(first.pid, 'SIGKILL');
    while (crashes.length === 0) await delay(5);
    writer.destroy();

    const second = await startLedgerTables({ port: 0, dataDirectory: directory });
    const reader = clientOf(second);
    const kept = await Promise.all(items.map((item) => read(reader, item)));
    reader.destroy();
    await second.stop();
    expect(kept).toEqual(items);
  });
});

async function read(client: DynamoDBClient, { sim, usageId }: ReturnType<typeof usage>) {
  const { Item } = await client.send(new GetItemCommand({ TableName: 'Usage', Key: { sim, usageId } }));
  return Item;
}

/** A request as bytes: all of its head and the given part of its body. */
function request(operation: string, body: string, part: number): string {
  const head = [
    'POST / HTTP/1.1',
    'host: 127.0.0.1',
    'content-type: application/x-amz-json-1.0',
    `x-amz-target: DynamoDB_20120810.${operation}`,
    'x-amz-date: 20250101T000000Z',
    'authorization: AWS4-HMAC-SHA256 Credential=a/b/c/d/aws4_request, SignedHeaders=host, Signature=s',
    `content-length: ${body.length}`,
  ];
  return `${head.join('\r\n')}\r\n\r\n${body.slice(0, body.length * part)}`;
}

/** Sends bytes and resets the connection: at once, or when so many chunks of the answer have come. */
function abortAfter(port: number, bytes: string, chunks: number): Promise<void> {
  return new Promise((resolve) => {
    const socket: Socket = connect(port, '127.0.0.1');
    let seen = 0;
    socket.on('data', () => ++seen >= chunks && socket.resetAndDestroy());
    socket.on('close', () => resolve());
    socket.write(bytes, () => {
      if (chunks === 0) setTimeout(() => socket.resetAndDestroy(), 5);
    });
  });
}
