import {
  BatchGetItemCommand,
  DynamoDBServiceException,
  PutItemCommand,
  type WriteRequest,
} from '@aws-sdk/client-dynamodb';
import { beforeEach, describe, expect, test } from 'vitest';
import { makeRowInterpreter } from '../../../lambda/carriers/datastreamer/csv.ts';
import { interpret } from '../../../lambda/carriers/index.ts';
import { type Arrival, isFault, type Reading } from '../../../lambda/carriers/reading.ts';
import { completeWithSession, type Usage } from '../../../lambda/ledger/observation.ts';
import type { Carrier } from '../../../lambda/ledger/source.ts';
import { encodeEventItem, encodeUsageItem, findUsageExpiry, type Item } from '../../../lambda/store/items.ts';
import type { WriteMode } from '../../../lambda/store/ledger-tables.ts';
import type { WriteReport } from '../../../lambda/store/report.ts';
import { LedgerWriter } from '../../../lambda/store/writer.ts';
import { asClient, MemoryDynamoDb } from '../../property/memory-dynamodb.ts';
import { changesOf, eventAt, minute, permutations, usageAt } from './observations.ts';
import { ledgerTablesOf, runningTables } from './running-tables.ts';
import { intercept, returnOldItems, type WatchedRequest, watch } from './watched-client.ts';
import { withoutWaiting } from './without-waiting.ts';

const tables = runningTables();

let sim = '';
let count = 0;

beforeEach(() => {
  sim = `sim-${++count}`;
});

const asTheyCome = { readBeforeWrite: false };
const lookingFirst = { readBeforeWrite: true };

function outcome({ failed, repeated, errors }: WriteReport) {
  const inOrder = (records: ReadonlySet<number>) => [...records].sort((a, b) => a - b);
  return { failed: inOrder(failed), repeated: inOrder(repeated), errors: errors.map(({ name }) => name) };
}

const nothingSpecial = { failed: [], repeated: [], errors: [] };

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

/** Records of one usage in each rendering of a carrier, and the path of each. */
const dialects = {
  nested: (usageId: number, sessionId?: string) => ({
    ...{ id: usageId, imsi: '901405100000101', imsi_id: 1500101 },
    organisation: { id: 12345, name: '8100xxxx' },
    start_timestamp: '2026-11-02T12:00:27Z',
    end_timestamp: '2026-11-02T12:15:27Z',
    sim: { msisdn: '882285100000101', iccid: '8988280666001000101', id: 1500101 },
    currency: { id: 1, symbol: '€', code: 'EUR' },
    operator: { id: 2, name: 'T-Mobile', mnc: '01', country: { id: 74, mcc: '262', name: 'Germany' } },
    tariff: { ratezone: { name: 'Rate Zone 1', id: 2067 }, name: '1NCE Production 01', id: 398 },
    traffic_type: { description: 'Data', id: 5 },
    endpoint: {
      tags: null,
      ip_address: '10.0.0.10',
      name: 'tracker-1',
      imei: '8635760478500101',
      id: 1500101,
    },
    cost: 0.101176,
    volume: { total: 0.101176, tx: 0.101176, rx: 0 },
    ...(sessionId === undefined ? {} : { session_id: sessionId }),
  }),
  flat: (usageId: number, sessionId?: string) => ({
    id: usageId,
    ...{ start_timestamp: '2026-11-02T12:00:27Z', end_timestamp: '2026-11-02T12:15:27Z' },
    ...{ organisation_id: 12345, endpoint_name: '8988280666001000101', sim_id: 1500101, imsi_id: 1500101 },
    ...{ operator_id: 2, operator_mnc: '01', operator_country_id: 74, tariff_id: 398, traffic_type_id: 5 },
    ...{ volume_total: 0.101176, volume_tx: 0.101176, volume_rx: 0, cost: 0.101176 },
    ...(sessionId === undefined ? {} : { ipcan_session_id: sessionId }),
  }),
  csv: (usageId: number) => ({
    ...{
      id: usageId,
      event_start_timestamp: '2026-11-02 12:00:27',
      event_stop_timestamp: '2026-11-02 12:15:27',
    },
    ...{ organisation_id: 12345, sim_id: 1500101, iccid: '8988280666001000101', imsi: '901405100000101' },
    ...{ operator_name: 'T-Mobile', operator_country_name: 'Germany', traffic_type_id: 5 },
    ...{ volume: '0.101176', volume_tx: '0.101176', volume_rx: '0.000000', cost: '0.1011760000' },
    ...{
      currency_code: 'EUR',
      ratezone_tariff_name: '1NCE Production 01',
      ratezone_name: 'Rate Zone 1 (DE)',
    },
    ...{
      endpoint_name: 'tracker-1',
      endpoint_imei: '8635760478500101',
      operator_mncs: '01',
      country_mcc: '262',
    },
  }),
};

function arrivalOf(carrier: Carrier): Arrival {
  const source = { name: 'main', carrier, bytesPerMegabyte: 1_000_000 };
  return { source, arrivedAt: Date.parse('2026-11-02T13:00:00Z') };
}

function usageIn(reading: Reading): Usage {
  if (reading.kind !== 'observed' || reading.usage === undefined) throw new Error('This is not usage');
  return reading.usage;
}

type Delivered = { readonly usage: Usage; readonly readBeforeWrite: boolean };

function byStream(record: object, carrier: Carrier): Delivered {
  return { usage: usageIn(interpret(record, arrivalOf(carrier))), readBeforeWrite: false };
}

function byFile(row: object, carrier: Carrier): Delivered {
  const interpretRow = makeRowInterpreter(Object.keys(row), 'cdr_20261102_130000.csv');
  if (isFault(interpretRow)) throw new Error(interpretRow.problem);
  const reading = interpretRow(Object.values(row).map(String), arrivalOf(carrier));
  return { usage: usageIn(reading), readBeforeWrite: true };
}

describe.each([
  ['by single writes on an engine that returns the old item', 'single', true],
  ['by single writes on an engine that does not return the old item', 'single', false],
  ['by batched writes', 'batched', true],
] as const)('a usage record in several dialects %s', (_, writes, returnsOldItems) => {
  async function finalItems(deliveries: readonly Delivered[]): Promise<Item[]> {
    const client = tables.newClient();
    if (returnsOldItems) returnOldItems(client, tables.client);
    const items = await Promise.all(
      permutations(deliveries).map(async (order, number) => {
        const ofSim = `${sim}-${number}`;
        for (const { usage, readBeforeWrite } of [...order, ...order]) {
          await tables
            .newWriter(client, writes)
            .write(changesOf({ usage: [{ ...usage, sim: ofSim }] }), { readBeforeWrite });
        }
        const [{ sim: _sim, ...item } = {}, ...more] = await tables.items('Usage', ofSim);
        expect(more).toEqual([]);
        return item;
      }),
    );
    client.destroy();
    return items;
  }

  const full: Item = {
    usageId: { S: '2026-11-02T12:00:27.000Z#1234567890' },
    source: { S: 'main' },
    carrier: { S: '1nce' },
    iccid: { S: '8988280666001000101' },
    imsi: { S: '901405100000101' },
    start: { S: '2026-11-02T12:00:27.000Z' },
    end: { S: '2026-11-02T12:15:27.000Z' },
    recordId: { S: '1234567890' },
    trafficType: { S: 'data' },
    dataUploaded: { N: '101176' },
    dataDownloaded: { N: '0' },
    dataTotal: { N: '101176' },
    volume: { S: '0.101176' },
    costVolume: { S: '0.101176' },
    operatorName: { S: 'T-Mobile' },
    mcc: { S: '262' },
    mnc: { S: '01' },
    country: { S: 'DE' },
    imei: { S: '863576047850016' },
    writtenImei: { S: '8635760478500101' },
    tariff: { S: '1NCE Production 01' },
    rateZone: { S: 'Rate Zone 1' },
  };

  test('ends as its nested rendering, with the session, whatever came in which order and how often', async () => {
    const items = await finalItems([
      byStream(dialects.nested(1234567890, 'session-1'), '1nce'),
      byStream(dialects.flat(1234567890, 'session-1'), '1nce'),
      byFile(dialects.csv(1234567890), '1nce'),
    ]);
    expect(items).toEqual(items.map(() => ({ ...full, sessionId: { S: 'session-1' } })));
  });

  test('ends as its nested rendering where no session is named', async () => {
    const items = await finalItems([
      byStream(dialects.nested(1234567890), '1nce'),
      byFile(dialects.csv(1234567890), '1nce'),
    ]);
    expect(items).toEqual(items.map(() => full));
  });

  test('ends as its row in a file where the stream says less', async () => {
    const items = await finalItems([
      byStream(dialects.flat(1234567890), '1nce'),
      byFile(dialects.csv(1234567890), '1nce'),
    ]);
    const row = { ...full, rateZone: { S: 'Rate Zone 1 (DE)' }, fullness: { N: '8' } };
    expect(items).toEqual(items.map(() => row));
  });

  test('ends as its nested rendering, which names the session that its files leave out', async () => {
    const items = await finalItems([
      byStream(dialects.nested(1234567890, 'session-1'), 'emnify'),
      byFile(dialects.csv(1234567890), 'emnify'),
    ]);
    const { costVolume, ...rest } = full;
    const money = { cost: { N: '0.101176' }, currency: { S: 'EUR' } };
    expect(items).toEqual(
      items.map(() => ({ ...rest, ...money, carrier: { S: 'emnify' }, sessionId: { S: 'session-1' } })),
    );
  });

  test('keeps a note of how full it is until its complete rendering comes', async () => {
    const flat = byStream(dialects.flat(1234567890), '1nce');
    const [item] = await finalItems([flat]);
    expect(item?.['fullness']).toEqual({ N: String(flat.usage.completeness) });
    expect(flat.usage.completeness).toBeLessThan(completeWithSession);
  });

  test('of which two renderings say equally much ends as the same one in either order', async () => {
    const one = {
      usage: usageAt(minute(0), sim, '1', { completeness: 3, tariff: 'a' }),
      readBeforeWrite: false,
    };
    const other = {
      usage: usageAt(minute(0), sim, '1', { completeness: 3, tariff: 'b' }),
      readBeforeWrite: true,
    };
    const items = await finalItems([one, other]);
    expect(items.map(({ tariff }) => tariff?.S)).toEqual(['b', 'b']);
  });

  test('is not overwritten by one that read before a fuller one was written', async () => {
    const less = usageAt(minute(0), sim, '1', { completeness: 3 });
    const some = usageAt(minute(0), sim, '1', { completeness: 4, tariff: 'b' });
    const more = usageAt(minute(0), sim, '1', { completeness: 5, rateZone: 'z' });
    await tables.newWriter().write(changesOf({ usage: [less] }), asTheyCome);
    const client = tables.newClient();
    if (returnsOldItems) returnOldItems(client, tables.client);
    let interrupted = false;
    intercept(client, async ({ input }, proceed) => {
      const replaces = String(input['ConditionExpression'] ?? '').includes('=');
      if (replaces && !interrupted) {
        interrupted = true;
        await tables.newWriter().write(changesOf({ usage: [more] }), asTheyCome);
      }
      return proceed();
    });
    const report = await tables.newWriter(client, writes).write(changesOf({ usage: [some] }), asTheyCome);
    client.destroy();
    expect([interrupted, outcome(report).repeated]).toEqual([true, [0]]);
    expect(await tables.items('Usage', sim)).toEqual([encodeUsageItem(more, false)]);
  });
});

describe('usage that expires', () => {
  const day = 86_400;
  const written = Date.parse('2026-11-10T00:00:00.000Z');

  /** Writes usage that is kept for some days. @returns what became of it, and the requests. */
  async function write(
    usage: Usage,
    { days = 35, writtenAt = written, writes = 'batched' as WriteMode, readBeforeWrite = false } = {},
  ) {
    const client = tables.newClient();
    const watched = watch(client);
    const writer = new LedgerWriter({ ...ledgerTablesOf(client), writes, usageRetentionDays: days });
    const report = await writer.write(changesOf({ usage: [usage] }), { readBeforeWrite, writtenAt });
    client.destroy();
    return { outcome: outcome(report), operations: watched.operations };
  }

  /** The expiry of what is stored, in days after the writing, and its tariff. */
  async function readStored(): Promise<unknown> {
    const [item, ...others] = await tables.items('Usage', sim);
    expect(others).toEqual([]);
    const expiry = item?.['expiresAt']?.N;
    return [expiry === undefined ? undefined : (Number(expiry) - written / 1_000) / day, item?.['tariff']?.S];
  }

  test('is kept so many days after it was written, or after its start where that is later', async () => {
    const old = usageAt('2026-01-01T00:00:00.000Z', sim, '1');
    expect([
      findUsageExpiry(old, written, 35),
      findUsageExpiry({ start: '2026-11-12T00:00:00.001Z' }, written, 35),
    ]).toEqual([written / 1_000 + 35 * day, written / 1_000 + 37 * day + 1]);
    await write(old);
    expect(await readStored()).toEqual([35, undefined]);
  });

  test.each(['batched', 'single'] as const)(
    'is inserted, and left alone by a repeat, whenever that comes: %s writes',
    async (writes) => {
      const usage = usageAt(minute(0), sim, '1', { tariff: 'a' });
      const insert = writes === 'batched' ? 'INSERT Usage' : 'PutItem Usage';
      expect(await write(usage, { writes })).toEqual({ outcome: nothingSpecial, operations: [insert] });
      for (const writtenAt of [written - 5 * day * 1_000, written + 5 * day * 1_000]) {
        const repeated = { ...nothingSpecial, repeated: [0] };
        expect((await write(usage, { writes, writtenAt })).outcome).toEqual(repeated);
        expect(await readStored()).toEqual([35, 'a']);
      }
    },
  );

  test.each(['batched', 'single'] as const)(
    'keeps the later expiry where a rendering replaces another: %s writes',
    async (writes) => {
      const least = usageAt(minute(0), sim, '1', { completeness: 3, tariff: 'a' });
      const more = usageAt(minute(0), sim, '1', { completeness: 5, tariff: 'b' });
      const whole = usageAt(minute(0), sim, '1', { tariff: 'c' });
      await write(least, { writes });
      await write(more, { writes, writtenAt: written - 5 * day * 1_000, readBeforeWrite: true });
      expect(await readStored()).toEqual([35, 'b']);
      await write(whole, { writes, writtenAt: written + 5 * day * 1_000 });
      expect(await readStored()).toEqual([40, 'c']);
      await write({ ...whole, tariff: 'd' }, { writes, writtenAt: written - 5 * day * 1_000 });
      expect(await readStored()).toEqual([40, 'd']);
      await write(least, { writes, writtenAt: written + 50 * day * 1_000 });
      expect(await readStored()).toEqual([40, 'd']);
    },
  );

  test('never expires where it was stored to be kept forever, nor once that is asked for', async () => {
    const less = usageAt(minute(0), sim, '1', { completeness: 3, tariff: 'a' });
    const whole = usageAt(minute(0), sim, '1', { tariff: 'b' });
    await write(less, { days: 0 });
    await write(whole);
    expect(await readStored()).toEqual([undefined, 'b']);
    await tables.clear();
    await write(less);
    await write(whole, { days: 0 });
    expect(await readStored()).toEqual([undefined, 'b']);
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

test('of two complete renderings of usage that expires the last one stays, as of usage that is kept forever', async () => {
  for (const usageRetentionDays of [0, 35]) {
    for (const order of permutations(['a', 'b'])) {
      const engine = new MemoryDynamoDb();
      const writer = new LedgerWriter({ ...ledgerTablesOf(asClient(engine)), usageRetentionDays });
      for (const tariff of order) {
        const usage = usageAt(minute(0), 'sim', '1', { tariff });
        await writer.write(changesOf({ usage: [usage] }), asTheyCome);
      }
      expect(engine.items('Usage').map(({ tariff }) => tariff?.S)).toEqual(order.slice(1));
    }
  }
});

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
