import { BatchExecuteStatementCommand, DynamoDBClient, GetItemCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { LocalDynamoDb } from '../../../emulators/dynamodb/start.ts';
import { startLedgerTables } from '../../../local/ledger-tables.ts';

let dynamoDb: LocalDynamoDb;
let client: DynamoDBClient;

beforeAll(async () => {
  dynamoDb = await startLedgerTables({ port: 0 });
  const credentials = { accessKeyId: 'any', secretAccessKey: 'any' };
  client = new DynamoDBClient({ endpoint: dynamoDb.endpoint, region: 'us-east-1', credentials });
});

afterAll(async () => {
  client.destroy();
  await dynamoDb.stop();
});

const insert = (sim: string, start: string) => ({
  Statement: `INSERT INTO "Sessions" VALUE {'sim': ?, 'sessionId': ?, 'start': ?, 'count': ?}`,
  Parameters: [{ S: sim }, { S: 'a' }, { S: start }, { N: '10' }],
});
const update = (sim: string, count: string) => ({
  Statement: `UPDATE "Sessions" SET "end" = ? SET count = ? REMOVE "start" WHERE sim = ? AND sessionId = ? AND (count < ? OR NOT ("start" IS NOT MISSING))`,
  Parameters: [{ S: 'z' }, { N: count }, { S: sim }, { S: 'a' }, { N: count }],
  ReturnValuesOnConditionCheckFailure: 'ALL_OLD' as const,
});
const run = async (...Statements: { Statement: string; Parameters: ({ S: string } | { N: string })[] }[]) =>
  (await client.send(new BatchExecuteStatementCommand({ Statements }))).Responses;
const TableName = 'Sessions';
const done = { TableName };
const duplicate = {
  TableName,
  Error: { Code: 'DuplicateItem', Message: 'Duplicate primary key exists in table' },
};
const failed = { Code: 'ConditionalCheckFailed', Message: 'The conditional request failed' };

test('each statement of a batch succeeds or fails on its own, in order', async () => {
  expect(await run(insert('1', 'b'), update('2', '9'), insert('3', 'b'))).toEqual([
    done,
    { TableName, Error: failed },
    done,
  ]);
  const old = { sim: { S: '1' }, sessionId: { S: 'a' }, start: { S: 'b' }, count: { N: '10' } };
  // As numbers, 9 is not beyond 10; as text it would be.
  expect(await run(insert('3', 'c'), update('1', '9'))).toEqual([
    duplicate,
    { TableName, Error: { ...failed, Item: old } },
  ]);
  expect(await run(update('1', '11'))).toEqual([done]);
  const key = { sim: { S: '1' }, sessionId: { S: 'a' } };
  const { Item } = await client.send(new GetItemCommand({ TableName: 'Sessions', Key: key }));
  expect(Item).toEqual({ ...key, end: { S: 'z' }, count: { N: '11' } });
});

test('a batch with one key twice, or with more than 25 statements, writes nothing', async () => {
  await expect(run(insert('4', 'b'), update('4', '11'))).rejects.toMatchObject({
    name: 'ValidationException',
  });
  const many = Array.from({ length: 26 }, (_, index) => insert(`many-${index}`, 'b'));
  await expect(run(...many)).rejects.toMatchObject({ name: 'ValidationException' });
  expect(await run(update('4', '11'), update('many-0', '11'))).toEqual([
    { TableName, Error: failed },
    { TableName, Error: failed },
  ]);
});

test('of inserts of one key that arrive at once, one succeeds', async () => {
  const answers = await Promise.all(Array.from({ length: 10 }, () => run(insert('race', 'b'))));
  expect(answers.filter((answer) => answer?.[0]?.Error === undefined)).toHaveLength(1);
});

test('a key attribute that is set, and what the local DynamoDB does not know, are named', async () => {
  const key = [{ S: '5' }, { S: 'a' }];
  const answers = await run(
    {
      Statement: `UPDATE Sessions SET sim = ? WHERE sim = ? AND sessionId = ?`,
      Parameters: [{ S: '6' }, ...key],
    },
    { Statement: `DELETE FROM Sessions WHERE sim = ? AND sessionId = ?`, Parameters: key },
  );
  expect(answers?.map(({ Error: error }) => error?.Code)).toEqual(['ValidationError', 'ValidationError']);
  expect(answers?.[0]?.Error?.Message).toContain('Cannot update attribute sim');
  expect(answers?.[1]?.Error?.Message).toContain('DELETE');
});

test('an operand that has no order is refused with the words that AWS was seen to use', async () => {
  const Statement = 'UPDATE Sessions SET a = ? WHERE sim = ? AND sessionId = ? AND NOT (b < ?)';
  const Parameters = [{ S: 'a' }, { S: '7' }, { S: 'a' }, { BOOL: true }];
  const { Responses } = await client.send(
    new BatchExecuteStatementCommand({ Statements: [{ Statement, Parameters }] }),
  );
  const Message =
    'Incorrect operand type for operator or function; operator or function: <, operand type: BOOL';
  expect(Responses).toEqual([{ Error: { Code: 'ValidationError', Message } }]);
});
