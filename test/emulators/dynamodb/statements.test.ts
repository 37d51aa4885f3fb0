import {
  BatchExecuteStatementCommand,
  BatchGetItemCommand,
  DynamoDBClient,
  GetItemCommand,
  QueryCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
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
  Statement: `UPDATE "Sessions" SET "end" = ? SET "count" = ? REMOVE "start" WHERE "sim" = ? AND "sessionId" = ? AND ("count" < ? OR NOT ("start" IS NOT MISSING))`,
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

test('only one of several concurrent inserts of a key succeeds', async () => {
  const sims = Array.from({ length: 25 }, (_, index) => `race-${index}`);
  const answers = await Promise.all(
    Array.from({ length: 20 }, () => run(...sims.map((sim) => insert(sim, 'b')))),
  );
  const successes = sims.map((_, index) => answers.filter((answer) => answer?.[index]?.Error === undefined));
  expect(successes.map(({ length }) => length)).toEqual(sims.map(() => 1));
});

test('the error names a key attribute that a statement sets, or what the local DynamoDB does not support', async () => {
  const key = [{ S: '5' }, { S: 'a' }];
  const answers = await run(
    {
      Statement: `UPDATE "Sessions" SET "sim" = ? WHERE "sim" = ? AND "sessionId" = ?`,
      Parameters: [{ S: '6' }, ...key],
    },
    { Statement: `DELETE FROM Sessions WHERE sim = ? AND sessionId = ?`, Parameters: key },
  );
  expect(answers?.map(({ Error: error }) => error?.Code)).toEqual(['ValidationError', 'ValidationError']);
  expect(answers?.[0]?.Error?.Message).toContain('Cannot update attribute sim');
  expect(answers?.[1]?.Error?.Message).toContain('DELETE');
});

test('an operand that cannot be ordered is refused with the message of AWS', async () => {
  const Statement = 'UPDATE "Sessions" SET "a" = ? WHERE "sim" = ? AND "sessionId" = ? AND NOT ("b" < ?)';
  const Parameters = [{ S: 'a' }, { S: '7' }, { S: 'a' }, { BOOL: true }];
  const { Responses } = await client.send(
    new BatchExecuteStatementCommand({ Statements: [{ Statement, Parameters }] }),
  );
  const Message =
    'Incorrect operand type for operator or function; operator or function: <, operand type: BOOL';
  expect(Responses).toEqual([{ Error: { Code: 'ValidationError', Message } }]);
});

test('batches that lock the same items in different orders all finish, with single writes at the same time', async () => {
  const sims = Array.from({ length: 25 }, (_, index) => `order-${index}`);
  await run(...sims.map((sim) => insert(sim, 'b')));
  // The greatest count stays, in any order of the batches.
  const raise = (sim: string, count: string) => ({
    Statement: `UPDATE "Sessions" SET "count" = ? WHERE "sim" = ? AND "sessionId" = ? AND "count" < ?`,
    Parameters: [{ N: count }, { S: sim }, { S: 'a' }, { N: count }],
  });
  const rounds = Array.from({ length: 20 }, (_, round) => round);
  await Promise.all(
    rounds.flatMap((round) => [
      run(...(round % 2 === 0 ? sims : sims.toReversed()).map((sim) => raise(sim, String(11 + round)))),
      ...sims.map((sim) =>
        client.send(
          new UpdateItemCommand({
            TableName,
            Key: { sim: { S: sim }, sessionId: { S: 'a' } },
            UpdateExpression: `SET alone${round} = :one`,
            ExpressionAttributeValues: { ':one': { N: '1' } },
          }),
        ),
      ),
    ]),
  );
  const { Responses } = await client.send(
    new BatchGetItemCommand({
      RequestItems: { Sessions: { Keys: sims.map((sim) => ({ sim: { S: sim }, sessionId: { S: 'a' } })) } },
    }),
  );
  const found = Responses?.[TableName] ?? [];
  expect(found.map((item) => [item['count']?.N, rounds.filter((round) => item[`alone${round}`])])).toEqual(
    sims.map(() => ['30', rounds]),
  );
});

test('a statement costs the units of the larger of the items before and after it, even if it is refused', async () => {
  const text = (length: number) => ({ S: 'x'.repeat(length) });
  const set = (sim: string, value: { S: string }, condition = '') => ({
    Statement: `UPDATE "Sessions" SET "a" = ? WHERE "sim" = ? AND "sessionId" = ?${condition}`,
    Parameters: [value, { S: sim }, { S: 'a' }],
  });
  const consumed = async (...Statements: ReturnType<typeof set>[]) => {
    const request = { Statements, ReturnConsumedCapacity: 'TOTAL' as const };
    return (await client.send(new BatchExecuteStatementCommand(request))).ConsumedCapacity;
  };
  await run(insert('cost-1', 'b'), insert('cost-2', 'b'));
  const units = (CapacityUnits: number) => [{ TableName, CapacityUnits }];
  expect(await consumed(set('cost-1', text(2_000)), set('cost-2', text(1)))).toEqual(units(3));
  expect(await consumed(set('cost-1', text(1)))).toEqual(units(2));
  expect(await consumed(set('cost-1', text(1_500)))).toEqual(units(2));
  expect(await consumed(set('cost-1', text(1), ' AND "a" IS MISSING'), set('cost-3', text(1)))).toEqual(
    units(3),
  );
});

test('an item that a statement moves is found at its new place in the index only', async () => {
  const sim = (statement: string, ...values: string[]) => ({
    Statement: statement,
    Parameters: values.map((S) => ({ S })),
  });
  const find = async (simName: string) => {
    const { Items } = await client.send(
      new QueryCommand({
        TableName: 'Sims',
        IndexName: 'bySimName',
        KeyConditionExpression: 'simName = :name',
        ExpressionAttributeValues: { ':name': { S: simName } },
      }),
    );
    return Items?.map((item) => item['sim']?.S);
  };
  await run(sim(`INSERT INTO "Sims" VALUE {'sim': ?, 'simName': ?}`, 'indexed', 'first'));
  expect([await find('first'), await find('second')]).toEqual([['indexed'], []]);
  await run(sim('UPDATE "Sims" SET "simName" = ? WHERE "sim" = ?', 'second', 'indexed'));
  expect([await find('first'), await find('second')]).toEqual([[], ['indexed']]);
});

test.each([
  ['no JSON', '{', /^The request is not JSON: /],
  ['no object', '5', /at 'statements' failed to satisfy constraint: Member must not be null/],
  ['a statement that is null', '{"Statements":[null]}', /at 'statements' .*Member must not be null/],
  [
    'a statement without text',
    '{"Statements":[{}]}',
    /at 'statements.1.member.statement' .*Member must not be null/,
  ],
  [
    'a member of another type',
    '{"Statements":[{"Statement":5}]}',
    /^NUMBER_VALUE cannot be converted to String$/,
  ],
  [
    'another setting',
    '{"Statements":[{"Statement":"x","ReturnValuesOnConditionCheckFailure":"ALL"}]}',
    /at 'statements.1.member.returnValuesOnConditionCheckFailure' .*\[ALL_OLD, NONE\]/,
  ],
  [
    'more than 16 MB',
    `{"Statements":["${'x'.repeat(16 * 2 ** 20)}"]}`,
    /^A request must have at most 16777216 bytes$/,
  ],
])('a request with %s is refused, and the engine continues', async (_, body, message) => {
  const headers = { 'x-amz-target': 'DynamoDB_20120810.BatchExecuteStatement' };
  const response = await fetch(dynamoDb.endpoint, { method: 'POST', headers, body });
  const answer: { message?: string; Message?: string } = Object(await response.json());
  expect([response.status, answer.message ?? answer.Message]).toEqual([400, expect.stringMatching(message)]);
  expect(await run(insert(`after ${_}`, 'b'))).toEqual([done]);
});

test('a statement with a null parameter fails', async () => {
  const body = JSON.stringify({
    Statements: [{ Statement: insert('null', 'b').Statement, Parameters: [null, null, null, null] }],
  });
  const headers = { 'x-amz-target': 'DynamoDB_20120810.BatchExecuteStatement' };
  const response = await fetch(dynamoDb.endpoint, { method: 'POST', headers, body });
  const Message = 'Supplied AttributeValue is empty, must contain exactly one of the supported datatypes';
  expect(await response.json()).toEqual({ Responses: [{ Error: { Code: 'ValidationError', Message } }] });
});
