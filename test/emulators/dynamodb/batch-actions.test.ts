import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import dynalite from 'dynalite';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { LocalDynamoDb } from '../../../emulators/dynamodb/start.ts';
import { startLedgerTables, tableRequests } from '../../../local/ledger-tables.ts';

/**
 * The batches of the emulator beside those of dynalite as its authors wrote it: both get the same requests, and must give
 * the same answers.
 */
let emulator: LocalDynamoDb;
const plain = dynalite({ createTableMs: 0 });
let endpoints: readonly string[];

beforeAll(async () => {
  emulator = await startLedgerTables({ port: 0 });
  plain.listen(0, '127.0.0.1');
  await once(plain, 'listening');
  const { port } = plain.address() as AddressInfo;
  endpoints = [emulator.endpoint, `http://127.0.0.1:${port}`];
  for (const request of tableRequests) await ask(`http://127.0.0.1:${port}`, 'CreateTable', request);
});

afterAll(async () => {
  await emulator.stop();
  plain.close();
});

async function ask(endpoint: string, operation: string, request: object): Promise<[number, unknown]> {
  const headers = {
    'content-type': 'application/x-amz-json-1.0',
    'x-amz-target': `DynamoDB_20120810.${operation}`,
    'x-amz-date': '20261130T000000Z',
    authorization: 'AWS4-HMAC-SHA256 Credential=a/b/c/d/aws4_request, SignedHeaders=host, Signature=0',
  };
  const answer = await fetch(endpoint, { method: 'POST', headers, body: JSON.stringify(request) });
  return [answer.status, order(await answer.json())];
}

/** Items and capacities in an order of their own: AWS promises none. */
function order(value: unknown): unknown {
  if (Array.isArray(value)) {
    return value.map(order).sort((one, other) => JSON.stringify(one).localeCompare(JSON.stringify(other)));
  }
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([one], [other]) => one.localeCompare(other))
      .map(([name, member]) => [name, order(member)]),
  );
}

async function askBoth(operation: string, request: object): Promise<[number, unknown]> {
  const [ours, theirs] = await Promise.all(endpoints.map((endpoint) => ask(endpoint, operation, request)));
  expect(ours).toEqual(theirs);
  return ours ?? [0, undefined];
}

const text = (values: readonly string[]) => fc.constantFrom(...values).map((S) => ({ S }));
const key = fc.record({ sim: text(['A', 'B']), sessionId: text(['1', '2', 'é']) });
const brokenKey = fc.constantFrom<object>(
  { sim: { S: 'A' } },
  { sim: { S: 'A' }, sessionId: { N: '1' } },
  { sim: { S: '' }, sessionId: { S: '1' } },
  { sim: { S: 'A' }, sessionId: { S: '1' }, more: { S: '1' } },
  { sim: { S: 'A' }, sessionId: { S: 'x'.repeat(1025) } },
);
const attributes = fc.record(
  {
    start: fc.oneof(
      { weight: 9, arbitrary: text(['a', 'b', 'c']) },
      { weight: 1, arbitrary: fc.constant({ N: '1' }) },
    ),
    count: fc.constantFrom({ N: '1' }, { N: '1.50' }, { N: '1e3' }, { N: 'one' }),
    long: fc.constantFrom({ S: 'x' }, { S: 'y'.repeat(5_000) }),
    list: fc.constant({ L: [{ M: { a: { S: '1' } } }, { BOOL: true }] }),
  },
  { requiredKeys: [] },
);
const often = <Value>(usual: fc.Arbitrary<Value>, seldom: fc.Arbitrary<Value>) =>
  fc.oneof({ weight: 19, arbitrary: usual }, { weight: 1, arbitrary: seldom });
const anyKey = often<object>(key, brokenKey);
const write = fc.oneof(
  {
    weight: 3,
    arbitrary: fc
      .tuple(anyKey, attributes)
      .map(([id, more]) => ({ PutRequest: { Item: { ...more, ...id } } })),
  },
  { weight: 1, arbitrary: anyKey.map((Key) => ({ DeleteRequest: { Key } })) },
);
const tableName = often(fc.constantFrom('Sessions'), fc.constant('Nothing'));
const capacity = fc.record(
  { ReturnConsumedCapacity: fc.constantFrom('TOTAL', 'INDEXES', 'NONE', 'ALL') },
  { requiredKeys: [] },
);
const read = fc.record(
  {
    Keys: fc.array(anyKey, { minLength: 1, maxLength: 4 }),
    ConsistentRead: fc.boolean(),
    ProjectionExpression: fc.constantFrom('sim, #list[0].a, #list[1]', 'sim.a', '#list', 'sim'),
    ExpressionAttributeNames: fc.constantFrom<object>({ '#list': 'list' }),
  },
  { requiredKeys: ['Keys'] },
);
const request = fc.oneof(
  fc
    .tuple(tableName, fc.array(write, { minLength: 1, maxLength: 4 }), capacity)
    .map(([name, writes, more]) => ({
      operation: 'BatchWriteItem',
      body: { RequestItems: { [name]: writes }, ...more },
    })),
  fc.tuple(tableName, read, capacity).map(([name, keys, more]) => ({
    operation: 'BatchGetItem',
    body: { RequestItems: { [name]: keys }, ...more },
  })),
);

test('batches return the same responses as dynalite, and leave the same items and index entries', async () => {
  const answers = new Map<string, number>();
  await fc.assert(
    fc.asyncProperty(fc.array(request, { minLength: 1, maxLength: 12 }), async (requests) => {
      for (const { operation, body } of requests) {
        const [status] = await askBoth(operation, body);
        answers.set(`${operation} ${status}`, (answers.get(`${operation} ${status}`) ?? 0) + 1);
      }
      for (const IndexName of ['byStart', undefined]) {
        await askBoth('Scan', { TableName: 'Sessions', ...(IndexName === undefined ? {} : { IndexName }) });
      }
    }),
    { numRuns: 40 },
  );
  // Each kind of request was answered and refused.
  expect([...answers.keys()].sort()).toEqual([
    'BatchGetItem 200',
    'BatchGetItem 400',
    'BatchWriteItem 200',
    'BatchWriteItem 400',
  ]);
});

test('a write to several tables is one LevelDB write, and a read from them one response', async () => {
  const RequestItems = {
    Sessions: [{ PutRequest: { Item: { sim: { S: 'several' }, sessionId: { S: '1' }, start: { S: 'a' } } } }],
    Usage: [{ PutRequest: { Item: { sim: { S: 'several' }, usageId: { S: '1' } } } }],
  };
  const [written] = await askBoth('BatchWriteItem', { RequestItems, ReturnConsumedCapacity: 'TOTAL' });
  const [, answer] = await askBoth('BatchGetItem', {
    RequestItems: {
      Sessions: { Keys: [{ sim: { S: 'several' }, sessionId: { S: '1' } }] },
      Usage: {
        Keys: [
          { sim: { S: 'several' }, usageId: { S: '1' } },
          { sim: { S: 'none' }, usageId: { S: '1' } },
        ],
      },
    },
    ReturnConsumedCapacity: 'INDEXES',
  });
  expect([written, answer]).toMatchObject([200, { Responses: { Usage: [{ sim: { S: 'several' } }] } }]);
});

test('keys beyond the size of a response are returned as unprocessed', async () => {
  const keys = ['1', '2', '3', '4', '5'].map((sessionId) => ({
    sim: { S: 'large' },
    sessionId: { S: sessionId },
  }));
  for (const one of keys) {
    await askBoth('BatchWriteItem', {
      RequestItems: { Sessions: [{ PutRequest: { Item: { ...one, text: { S: 'x'.repeat(380_000) } } } }] },
    });
  }
  const Sessions = { Keys: keys, ConsistentRead: true };
  const counts = await Promise.all(
    endpoints.map(async (endpoint) => {
      const [, answer] = await ask(endpoint, 'BatchGetItem', { RequestItems: { Sessions } });
      const { Responses, UnprocessedKeys } = Object(answer);
      return [
        Responses.Sessions.length,
        UnprocessedKeys.Sessions.Keys.length,
        UnprocessedKeys.Sessions.ConsistentRead,
      ];
    }),
  );
  expect(counts).toEqual([
    [3, 2, true],
    [3, 2, true],
  ]);
});
