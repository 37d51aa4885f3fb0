import {
  BatchGetItemCommand,
  DynamoDBServiceException,
  PutItemCommand,
  type WriteRequest,
} from '@aws-sdk/client-dynamodb';
import { beforeEach, describe, expect, test } from 'vitest';
import type { Usage } from '../../../lambda/ledger/observation.ts';
import { encodeEventItem, encodeUsageItem, type Item } from '../../../lambda/store/items.ts';
import { LedgerWriter } from '../../../lambda/store/writer.ts';
import { asClient, MemoryDynamoDb } from '../../property/memory-dynamodb.ts';
import { changesOf, eventAt, minute, usageAt } from './observations.ts';
import { ledgerTablesOf, runningTables } from './running-tables.ts';
import { intercept, type WatchedRequest, watch } from './watched-client.ts';
import { withoutWaiting } from './without-waiting.ts';

import { asTheyCome, nothingSpecial, outcome } from './write-outcomes.ts';

const tables = runningTables();

let sim = '';
let count = 0;

beforeEach(() => {
  sim = `sim-${++count}`;
});

const lookingFirst = { readBeforeWrite: true };

function makeUsageRecords(many: number): Usage[] {
  return Array.from({ length: many }, (_, n) => usageAt(minute(n), sim, `${n}`));
}

function usageKey(recordId: string): Item {
  return { sim: { S: sim }, usageId: { S: `${minute(0)}#${recordId}` } };
}

function puts({ input }: WatchedRequest): WriteRequest[] {
  return Object.values((input['RequestItems'] ?? {}) as Record<string, WriteRequest[]>).flat();
}

describe('usage and events', () => {
  test('are put 25 in a request, of both tables together, and read as they were written', async () => {
    const client = tables.newClient();
    const watched = watch(client);
    const usage = makeUsageRecords(40);
    const events = Array.from({ length: 20 }, (_, n) => eventAt(minute(n), sim, `${n}`));
    const report = await tables.newWriter(client).write(changesOf({ usage, events }), asTheyCome);
    client.destroy();
    expect(outcome(report)).toEqual(nothingSpecial);
    expect(watched.operations.toSorted()).toEqual([
      'BatchWriteItem Events',
      'BatchWriteItem Usage',
      'BatchWriteItem Usage+Events',
    ]);
    expect(watched.requests.map((request) => puts(request).length).toSorted()).toEqual([10, 25, 25]);
    expect(await tables.items('Usage', sim)).toEqual(usage.map((one) => encodeUsageItem(one, true)));
    expect(await tables.items('Events', sim)).toEqual(events.map((one) => encodeEventItem(one, true, 90)));
  });

  test('expire counted from their arrival, events only, and never where retention is 0', () => {
    const event = eventAt('2020-01-01T00:00:00.000Z', sim, '1', { arrivedAt: 1_800_000_000_999 });
    expect(encodeEventItem(event, true, 90)['expiresAt']).toEqual({ N: String(1_800_000_000 + 90 * 86_400) });
    expect(encodeEventItem(event, true, 0)['expiresAt']).toBeUndefined();
    expect(encodeUsageItem(usageAt(minute(0), sim, '1'), true)['expiresAt']).toBeUndefined();
  });

  test('that are left unprocessed are put again, and only those', async () => {
    withoutWaiting();
    const client = tables.newClient();
    const watched = watch(client);
    let left = 12;
    intercept(client, async (request, proceed) => {
      const { input } = request;
      const requests = puts(request);
      if (left === 0) return proceed();
      left -= 4;
      const RequestItems = input['RequestItems'] as Record<string, WriteRequest[]>;
      RequestItems['Usage'] = requests.slice(left + 4);
      const answer = RequestItems['Usage'].length === 0 ? {} : await proceed();
      return { ...(answer as object), UnprocessedItems: { Usage: requests.slice(0, left + 4) } };
    });
    const usage = makeUsageRecords(20);
    const report = await tables.newWriter(client).write(changesOf({ usage }), asTheyCome);
    client.destroy();
    expect(outcome(report)).toEqual(nothingSpecial);
    expect(watched.requests.map((request) => puts(request).length)).toEqual([8, 4, 4, 4]);
    expect(await tables.items('Usage', sim)).toEqual(usage.map((one) => encodeUsageItem(one, true)));
  });

  test('that stay unprocessed fail their records, and only theirs', async () => {
    withoutWaiting();
    const client = tables.newClient();
    intercept(client, async (request, proceed) => {
      const RequestItems = request.input['RequestItems'] as Record<string, WriteRequest[]>;
      const isStuck = ({ PutRequest }: WriteRequest) =>
        ['3', '7'].includes(PutRequest?.Item?.['recordId']?.S ?? '');
      const stuck = puts(request).filter(isStuck);
      RequestItems['Usage'] = puts(request).filter((one) => !isStuck(one));
      const answer = RequestItems['Usage'].length === 0 ? {} : await proceed();
      return { ...(answer as object), UnprocessedItems: { Usage: stuck } };
    });
    const usage = makeUsageRecords(10);
    const report = await tables.newWriter(client).write(changesOf({ usage }), asTheyCome);
    client.destroy();
    expect(outcome(report)).toEqual({ failed: [3, 7], repeated: [], errors: ['UnprocessedItemsError'] });
    expect((await tables.items('Usage', sim)).map(({ recordId }) => recordId?.S)).toEqual([
      '0',
      '1',
      '2',
      '4',
      '5',
      '6',
      '8',
      '9',
    ]);
  });

  test('that the engine refuses are found by halving, and their neighbours are stored', async () => {
    const usage = makeUsageRecords(25);
    usage[6] = { ...usage[6]!, extra: 'x'.repeat(400 * 1024) };
    usage[20] = { ...usage[20]!, cost: 'no number' };
    const client = tables.newClient();
    const watched = watch(client);
    const report = await tables.newWriter(client).write(changesOf({ usage }), asTheyCome);
    client.destroy();
    expect(outcome(report)).toEqual({ failed: [6, 20], repeated: [], errors: ['ValidationException'] });
    expect(watched.requests.length).toBeLessThanOrEqual(2 * 2 * Math.ceil(Math.log2(25)) + 1);
    const expected = usage.filter((_, n) => n !== 6 && n !== 20).map((one) => encodeUsageItem(one, true));
    expect(await tables.items('Usage', sim)).toEqual(expected);
  });

  test('of a request that fails fail their records, and no others', async () => {
    const client = tables.newClient();
    intercept(client, async (request, proceed) => {
      if (puts(request).some(({ PutRequest }) => PutRequest?.Item?.['recordId']?.S === '30'))
        throw throttled();
      return proceed();
    });
    const report = await tables
      .newWriter(client)
      .write(changesOf({ usage: makeUsageRecords(60) }), asTheyCome);
    client.destroy();
    expect(outcome(report)).toEqual({
      failed: Array.from({ length: 25 }, (_, n) => 25 + n),
      repeated: [],
      errors: ['ProvisionedThroughputExceededException'],
    });
    expect((await tables.items('Usage', sim)).length).toBe(35);
  });

  test('that are stored already are read, and not put again, where that is asked for', async () => {
    const usage = makeUsageRecords(30);
    const events = [eventAt(minute(0), sim, '1')];
    await tables.newWriter().write(changesOf({ usage: usage.slice(0, 28), events }), asTheyCome);
    const client = tables.newClient();
    const watched = watch(client);
    const report = await tables.newWriter(client).write(changesOf({ usage, events }), lookingFirst);
    client.destroy();
    expect(outcome(report)).toEqual({
      failed: [],
      repeated: [...Array.from({ length: 28 }, (_, n) => n), 30],
      errors: [],
    });
    expect(watched.operations).toEqual(['BatchGetItem Usage', 'BatchGetItem Events', 'BatchWriteItem Usage']);
    expect(puts(watched.requests[2]!).length).toBe(2);
    expect(await tables.items('Usage', sim)).toEqual(usage.map((one) => encodeUsageItem(one, true)));
  });

  test('that were written a moment ago are found, although a plain read may miss them', async () => {
    const fuller = usageAt(minute(0), sim, '0', { completeness: 5, tariff: 'known' });
    const less = usageAt(minute(0), sim, '0', { completeness: 3 });
    const engine = new MemoryDynamoDb();
    const client = asClient({ send: async (command) => engine.answer(command, { stale: true }) });
    for (const one of [fuller, less])
      await tables.newWriter(client).write(changesOf({ usage: [one] }), lookingFirst);
    expect(engine.items('Usage')).toEqual([encodeUsageItem(fuller, false)]);
  });

  test('are read a hundred at a time, and what is left unread is read again', async () => {
    withoutWaiting();
    const usage = makeUsageRecords(230);
    await tables.newWriter().write(changesOf({ usage }), asTheyCome);
    const client = tables.newClient();
    const watched = watch(client);
    let leave = 2;
    intercept(client, async ({ input }, proceed) => {
      if (leave === 0) return proceed();
      leave -= 1;
      const { Keys, ...settings } = (input['RequestItems'] as Record<string, { Keys: Item[] }>)['Usage']!;
      const UnprocessedKeys = { Usage: { ...settings, Keys: Keys.slice(5) } };
      const RequestItems = { Usage: { ...settings, Keys: Keys.slice(0, 5) } };
      const answer = await tables.client.send(new BatchGetItemCommand({ RequestItems }));
      return { ...answer, UnprocessedKeys };
    });
    const report = await tables.newWriter(client).write(changesOf({ usage }), lookingFirst);
    client.destroy();
    expect(report.repeated.size).toBe(230);
    const keys = watched.requests.map(
      ({ input }) => (input['RequestItems'] as Record<string, { Keys: Item[] }>)['Usage']?.Keys.length,
    );
    expect(keys).toEqual([100, 100, 30, 95, 95]);
  });

  test('are read by their keys and completeness, and whole only where that does not decide', async () => {
    const render = (tariff: string, completeness: number) =>
      usageAt(minute(0), sim, '0', { completeness, tariff });
    const steps: unknown[] = [];
    const whole = { Usage: { Keys: [usageKey('0')], ConsistentRead: true } };
    const partial = { Usage: { ...whole.Usage, ProjectionExpression: 'sim, usageId, fullness, sessionId' } };
    for (const usage of [render('b', 3), render('a', 3), render('c', 3), render('d', 2), render('e', 5)]) {
      const client = tables.newClient();
      const watched = watch(client);
      await tables.newWriter(client).write(changesOf({ usage: [usage] }), lookingFirst);
      client.destroy();
      const reads = watched.requests.filter(({ operation }) => operation === 'BatchGetItem');
      const [stored] = await tables.items('Usage', sim);
      steps.push([stored?.['tariff']?.S, ...reads.map(({ input }) => input['RequestItems'])]);
    }
    expect(steps).toEqual([
      ['b', partial],
      ['b', partial, whole],
      ['c', partial, whole],
      ['c', partial],
      ['e', partial, whole],
    ]);
  });

  test('of a read that fails are written as without the read, and the others are not', async () => {
    const usage = makeUsageRecords(150);
    await tables.newWriter().write(changesOf({ usage }), asTheyCome);
    const client = tables.newClient();
    const watched = watch(client);
    intercept(client, async ({ input, operation }, proceed) => {
      const { Keys = [] } = (input['RequestItems'] as Record<string, { Keys?: Item[] }>)['Usage'] ?? {};
      if (operation === 'BatchGetItem' && Keys.length === 100) throw throttled();
      return proceed();
    });
    const report = await tables.newWriter(client).write(changesOf({ usage }), lookingFirst);
    client.destroy();
    expect(outcome(report)).toEqual({
      ...{ failed: [], errors: [] },
      repeated: Array.from({ length: 50 }, (_, n) => 100 + n),
    });
    expect(watched.operations).toEqual([
      ...Array(2).fill('BatchGetItem Usage'),
      ...Array(4).fill('BatchWriteItem Usage'),
    ]);
    expect(await tables.items('Usage', sim)).toEqual(usage.map((one) => encodeUsageItem(one, true)));
  });

  test('that another path brings between reading and writing stay, if they are fuller', async () => {
    const fuller = usageAt(minute(0), sim, '0', { completeness: 5, tariff: 'known' });
    const less = usageAt(minute(0), sim, '0', { completeness: 3 });
    const client = tables.newClient();
    let isFirstWrite = true;
    intercept(client, async ({ operation }, proceed) => {
      if (operation !== 'BatchGetItem' && isFirstWrite) {
        isFirstWrite = false;
        await tables.newWriter().write(changesOf({ usage: [fuller] }), asTheyCome);
      }
      return proceed();
    });
    await tables.newWriter(client).write(changesOf({ usage: [less] }), lookingFirst);
    client.destroy();
    expect(await tables.items('Usage', sim)).toEqual([encodeUsageItem(fuller, false)]);
  });

  test('that stay unread are put only where nothing fuller stands', async () => {
    withoutWaiting();
    const render = (id: string, completeness: number) =>
      usageAt(minute(0), sim, id, { completeness, tariff: `${completeness}` });
    const stored = [render('0', 5), render('1', 3), render('2', 2)];
    await tables.newWriter().write(changesOf({ usage: stored }), lookingFirst);
    const client = tables.newClient();
    intercept(client, async ({ input, operation }, proceed) =>
      operation === 'BatchGetItem' ? { Responses: {}, UnprocessedKeys: input['RequestItems'] } : proceed(),
    );
    const usage = [render('0', 3), render('1', 3), render('2', 3), render('3', 3)];
    const report = await tables.newWriter(client).write(changesOf({ usage }), lookingFirst);
    client.destroy();
    expect(outcome(report)).toEqual({ failed: [], repeated: [0, 1], errors: [] });
    expect((await tables.items('Usage', sim)).map(({ tariff }) => tariff?.S)).toEqual(['5', '3', '3', '3']);
  });
});

function throttled(): DynamoDBServiceException {
  return new DynamoDBServiceException({
    name: 'ProvisionedThroughputExceededException',
    message: 'The level of configured provisioned throughput for the table was exceeded',
    $fault: 'client',
    $metadata: {},
  });
}

test('usage that others keep replacing is given up after a while, and reported', async () => {
  withoutWaiting();
  const engine = new MemoryDynamoDb();
  const put = (completeness: number, tariff: string) => {
    const Item = encodeUsageItem(usageAt(minute(0), 'sim', '1', { completeness, tariff }), false);
    engine.answer(new PutItemCommand({ TableName: 'Usage', Item }));
  };
  put(2, 'first');
  let replaced = 0;
  const client = asClient({
    send: async (command) => {
      if (command instanceof PutItemCommand) {
        replaced += 1;
        put(2, `${replaced}`);
      }
      return engine.answer(command);
    },
  });
  const usage = usageAt(minute(0), 'sim', '1', { completeness: 5 });
  const report = await new LedgerWriter(ledgerTablesOf(client)).write(
    changesOf({ usage: [usage] }),
    asTheyCome,
  );
  expect(outcome(report)).toEqual({ failed: [0], repeated: [], errors: ['ContendedItemError'] });
  expect(replaced).toBe(24);
});
