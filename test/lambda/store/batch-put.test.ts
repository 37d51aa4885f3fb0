import { BatchWriteItemCommand, DynamoDBServiceException, type WriteRequest } from '@aws-sdk/client-dynamodb';
import { expect, test } from 'vitest';
import { type PlacedItem, putItems } from '../../../lambda/store/batch-put.ts';
import { asClient } from '../../property/memory-dynamodb.ts';
import { withoutWaiting } from './without-waiting.ts';

type Requests = Record<string, WriteRequest[]>;

/** A client whose batches a test answers with what is left unprocessed, and the batches. */
function leaving(leave: (requests: Requests, batch: number) => Requests | undefined) {
  const batches: Requests[] = [];
  const client = asClient({
    send: async (command) => {
      if (!(command instanceof BatchWriteItemCommand))
        throw new Error('Something else than a batch was sent');
      const requests = command.input.RequestItems ?? {};
      batches.push(requests);
      return { UnprocessedItems: leave(requests, batches.length) };
    },
  });
  return { client, batches };
}

function placeUsage(sim: string, usageId: string, tableName = 'Usage'): PlacedItem {
  const key = { sim: { S: sim }, usageId: { S: usageId } };
  return { tableName, key, item: { ...key, dataTotal: { N: '1' } } };
}

function placeEvent(sim: string, eventKey: string): PlacedItem {
  const key = { sim: { S: sim }, eventKey: { S: eventKey } };
  return { tableName: 'Events', key, item: { ...key, type: { S: 'a' } } };
}

/** The keys that batches put. */
function listPuts(batches: readonly Requests[]): string[][] {
  return batches.map((requests) =>
    Object.entries(requests).flatMap(([table, puts]) =>
      puts.map(({ PutRequest }) => {
        const { sim, usageId, eventKey } = PutRequest?.Item ?? {};
        return `${table} ${sim?.S} ${(usageId ?? eventKey)?.S}`;
      }),
    ),
  );
}

test('unprocessed items are identified by their whole key and their table, and put again', async () => {
  withoutWaiting();
  const { client, batches } = leaving(({ Usage = [], Events = [] }, batch) =>
    batch === 1 ? { Usage: Usage.slice(1, 2), Events: Events.slice(0, 1) } : undefined,
  );
  const puts = [
    ...[placeUsage('a', '1'), placeUsage('a', '2'), placeUsage('b', '2'), placeUsage('a', '2', 'Copies')],
    ...[placeEvent('a', '2'), placeEvent('a', '1'), placeEvent('b', '1')],
  ];
  expect(await putItems(client, puts)).toEqual(new Map());
  expect(listPuts(batches)).toEqual([
    ['Usage a 1', 'Usage a 2', 'Usage b 2', 'Copies a 2', 'Events a 2', 'Events a 1', 'Events b 1'],
    ['Usage a 2', 'Events a 2'],
  ]);
});

test('items that stay unprocessed are given up after ten requests, and no others', async () => {
  withoutWaiting();
  const { client, batches } = leaving(({ Usage = [] }, batch) => ({
    Usage: batch === 1 ? Usage.slice(1) : Usage,
  }));
  const puts = [placeUsage('a', '1'), placeUsage('a', '2'), placeUsage('b', '1')];
  const failed = await putItems(client, puts);
  expect([...failed.keys()]).toEqual(puts.slice(1));
  expect(failed.get(puts[1] as PlacedItem)).toMatchObject({
    name: 'UnprocessedItemsError',
    message: '2 items were left unprocessed 10 times',
  });
  expect(batches.length).toBe(10);
});

test('refused items are found by halving, and the others are put', async () => {
  const refusal = new DynamoDBServiceException({
    ...{ name: 'ValidationException', message: 'too large', $fault: 'client', $metadata: {} },
  });
  const { client, batches } = leaving(({ Usage = [] }) => {
    if (Usage.some(({ PutRequest }) => PutRequest?.Item?.['sim']?.S === 'bad')) throw refusal;
    return undefined;
  });
  const puts = ['a', 'b', 'bad', 'c', 'd'].map((sim) => placeUsage(sim, '1'));
  expect(await putItems(client, puts)).toEqual(new Map([[puts[2], refusal]]));
  expect(listPuts(batches).map((keys) => keys.length)).toEqual([5, 3, 2, 1, 2]);
});

test('if a request fails for another reason, all of its items fail, and it is not divided', async () => {
  const failure = new Error('The connection broke');
  const { client, batches } = leaving((_, batch) => {
    if (batch === 1) throw failure;
    return undefined;
  });
  const puts = Array.from({ length: 26 }, (_, index) => placeUsage(`${index}`, '1'));
  expect(await putItems(client, puts)).toEqual(new Map(puts.slice(0, 25).map((put) => [put, failure])));
  expect(listPuts(batches).map((keys) => keys.length)).toEqual([25, 1]);
});
