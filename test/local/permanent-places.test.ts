import {
  CreateTableCommand,
  DeleteTableCommand,
  ExecuteStatementCommand,
  ListTablesCommand,
  TransactWriteItemsCommand,
  UpdateTableCommand,
  waitUntilTableExists,
  waitUntilTableNotExists,
} from '@aws-sdk/client-dynamodb';
import {
  CreateStreamCommand,
  DeleteStreamCommand,
  KinesisClient,
  ListStreamsCommand,
} from '@aws-sdk/client-kinesis';
import { CreateBucketCommand, DeleteBucketCommand, ListBucketsCommand, S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { localDescription } from '../../local/description.ts';
import type { LocalLedger } from '../../local/ledger-interface.ts';
import { startLocalLedger } from '../../local/local-ledger.ts';
import { localSources } from '../../local/places.ts';
import { tableNames } from '../lambda/store/table-names.ts';
import { optionsForTests } from './running-ledger.ts';

const account = { region: 'us-east-1', credentials: { accessKeyId: 'any', secretAccessKey: 'any' } };

let ledger: LocalLedger;
let kinesis: KinesisClient;
let s3: S3Client;

beforeAll(async () => {
  const silent = { onLog: () => undefined, onTrouble: () => undefined };
  ledger = await startLocalLedger({ ...optionsForTests(), ...silent });
  const answer = await fetch(`${ledger.endpoints.api}/local`);
  const { endpoints } = localDescription.parse(await answer.json());
  kinesis = new KinesisClient({ ...account, endpoint: endpoints.kinesis });
  s3 = new S3Client({ ...account, endpoint: endpoints.s3, forcePathStyle: true });
});

afterAll(async () => {
  for (const client of [kinesis, s3]) client.destroy();
  await ledger.stop();
});

/** The name and the message of the error that a request ends with. */
async function refusal(request: Promise<unknown>): Promise<readonly [string, string]> {
  const error = await request.then(
    () => expect.fail('The request was not refused'),
    (reason: unknown) => reason,
  );
  return error instanceof Error ? [error.name, error.message] : expect.fail(String(error));
}

describe('what the local run needs cannot be deleted, what a user created can:', () => {
  test('tables', async () => {
    for (const name of tableNames) {
      for (const TableName of [name, `arn:aws:dynamodb:us-east-1:000000000000:table/${name}`]) {
        const refused = [
          'ResourceInUseException',
          `The table ${name} belongs to the local run and cannot be deleted. You can delete a table that you created.`,
        ];
        expect(await refusal(ledger.dynamoDb.send(new DeleteTableCommand({ TableName })))).toEqual(refused);
      }
    }
    const GlobalSecondaryIndexUpdates = [{ Delete: { IndexName: 'bySid' } }];
    const update = new UpdateTableCommand({ TableName: 'Sims', GlobalSecondaryIndexUpdates });
    expect((await refusal(ledger.dynamoDb.send(update)))[0]).toBe('ResourceInUseException');
    const TableName = 'Mine';
    await ledger.dynamoDb.send(
      new CreateTableCommand({
        TableName,
        BillingMode: 'PAY_PER_REQUEST',
        AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
        KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
      }),
    );
    const waiting = { client: ledger.dynamoDb, maxWaitTime: 20, minDelay: 1 };
    await waitUntilTableExists(waiting, { TableName });
    await ledger.dynamoDb.send(new DeleteTableCommand({ TableName }));
    await waitUntilTableNotExists(waiting, { TableName });
    expect((await ledger.dynamoDb.send(new ListTablesCommand({}))).TableNames).toEqual(tableNames);
  });

  test('streams', async () => {
    const names = localSources.map(({ stream }) => stream).sort();
    for (const StreamName of names) {
      expect(await refusal(kinesis.send(new DeleteStreamCommand({ StreamName })))).toEqual([
        'ResourceInUseException',
        `The stream ${StreamName} belongs to the local run and cannot be deleted. You can delete a stream that you created.`,
      ]);
    }
    await kinesis.send(new CreateStreamCommand({ StreamName: 'mine', ShardCount: 1 }));
    await kinesis.send(new DeleteStreamCommand({ StreamName: 'mine' }));
    expect((await kinesis.send(new ListStreamsCommand({}))).StreamNames).toEqual(names);
  });

  test('buckets', async () => {
    const own = ['simledger-account-lake', 'simledger-lake', 'simledger-quarantine'];
    const names = [...localSources.map(({ bucket }) => bucket), ...own].sort();
    for (const Bucket of names) {
      expect(await refusal(s3.send(new DeleteBucketCommand({ Bucket })))).toEqual([
        'AccessDenied',
        `The bucket ${Bucket} belongs to the local run and cannot be deleted. You can delete a bucket that you created.`,
      ]);
    }
    await s3.send(new CreateBucketCommand({ Bucket: 'mine' }));
    await s3.send(new DeleteBucketCommand({ Bucket: 'mine' }));
    expect((await s3.send(new ListBucketsCommand({}))).Buckets?.map(({ Name }) => Name)).toEqual(names);
  });
});

test.each([
  ['TransactWriteItems', new TransactWriteItemsCommand({ TransactItems: [] })],
  ['ExecuteStatement', new ExecuteStatementCommand({ Statement: 'SELECT * FROM Sims' })],
] as const)(
  'the error for an operation that the local DynamoDB lacks names it: %s',
  async (name, command) => {
    // The client's overloads don't accept the union of two commands.
    const request =
      command instanceof TransactWriteItemsCommand
        ? ledger.dynamoDb.send(command)
        : ledger.dynamoDb.send(command);
    expect(await refusal(request)).toEqual([
      'UnknownOperationException',
      `The local DynamoDB does not have the operation ${name}. It has: BatchExecuteStatement, BatchGetItem, BatchWriteItem, CreateTable, DeleteItem, DeleteTable, DescribeTable, DescribeTimeToLive, GetItem, ListTables, ListTagsOfResource, PutItem, Query, Scan, TagResource, UntagResource, UpdateItem, UpdateTable.`,
    ]);
  },
);
