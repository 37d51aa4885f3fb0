import { DeleteItemCommand, GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import type { Session } from '../../../lambda/ledger/observation.ts';
import type { Item } from '../../../lambda/store/items.ts';
import { encodeSessionItem } from '../../../lambda/store/items.ts';
import type { LedgerWriter } from '../../../lambda/store/writer.ts';
import { permutations } from '../../records/permutations.ts';
import { share } from '../../records/runs.ts';
import { changesOf, minute, sessionAt, stamp } from './observations.ts';
import { runningTables } from './running-tables.ts';
import {
  intercept,
  replacesItem,
  returnOldItems,
  type Watch,
  watch,
  withholdOldItems,
} from './watched-client.ts';

const tables = runningTables();

let sim = '';
let count = 0;

beforeEach(() => {
  sim = `sim-${++count}`;
});

/** `changed`, `unchanged`, or the error's name. */
async function write(writer: LedgerWriter, ...sessions: Session[]): Promise<string> {
  const { repeated, failed, errors } = await writer.write(changesOf({ sessions }), {
    readBeforeWrite: false,
  });
  if (failed.size > 0) return errors.map(({ name }) => name).join();
  return repeated.size > 0 ? 'unchanged' : 'changed';
}

async function stored(ofSim = sim): Promise<Item | undefined> {
  const Key = { sim: { S: ofSim }, sessionId: { S: 'session' } };
  const { Item } = await tables.client.send(
    new GetItemCommand({ TableName: 'Sessions', Key, ConsistentRead: true }),
  );
  return Item;
}

/** What every item of these tests has. */
function always(ofSim = sim): Item {
  return {
    sim: { S: ofSim },
    sessionId: { S: 'session' },
    source: { S: 'main' },
    carrier: { S: 'twilio' },
    iccid: { S: `${ofSim}0` },
  };
}

const totals = (bytes: number) => ({ dataUploaded: 0, dataDownloaded: bytes, dataTotal: bytes });

const totalsItem = (bytes: number, at: string): Item => ({
  dataUploaded: { N: '0' },
  dataDownloaded: { N: String(bytes) },
  dataTotal: { N: String(bytes) },
  totalsAt: stamp(at),
});

const network = (operatorName: string) => ({
  radio: '4G',
  ratType: '4G LTE',
  mcc: '262',
  mnc: '01',
  operatorName,
  country: 'DE',
});

const networkItem = (operatorName: string, at: string): Item => ({
  radio: { S: '4G' },
  ratType: { S: '4G LTE' },
  mcc: { S: '262' },
  mnc: { S: '01' },
  operatorName: { S: operatorName },
  country: { S: 'DE' },
  networkAt: stamp(at),
});

describe.each([
  ['by single writes on an engine that returns the old item', 'single', true],
  ['by single writes on an engine that does not return the old item', 'single', false],
  ['by batched writes on an engine that returns the old item', 'batched', true],
  ['by batched writes on an engine that does not return the old item', 'batched', false],
] as const)('a session %s', (_, writes, returnsOldItems) => {
  let writer: LedgerWriter;
  let watched: Watch;

  beforeEach(() => {
    const client = tables.newClient();
    watched = watch(client);
    if (returnsOldItems) returnOldItems(client, tables.client);
    else if (writes === 'batched') withholdOldItems(client);
    writer = tables.newWriter(client, writes);
    return () => client.destroy();
  });

  const reading = returnsOldItems ? [] : ['GetItem Sessions'];
  const update = writes === 'single' ? ['UpdateItem Sessions'] : ['UPDATE Sessions'];
  const create = writes === 'single' ? update : [...update, 'INSERT Sessions'];
  const replace = writes === 'single' ? 'PutItem Sessions' : 'UPDATE Sessions';
  const begin = writes === 'single' ? update : ['INSERT Sessions'];
  /** An update whose condition fails, and the requests that are needed to read the stored item. */
  const refused =
    writes === 'batched' && !returnsOldItems
      ? ['UPDATE Sessions', 'INSERT Sessions', 'UpdateItem Sessions', 'GetItem Sessions']
      : [...update, ...reading];

  test('that begins is created by one request, without reading', async () => {
    const outcome = await write(writer, sessionAt(minute(5), sim, { start: minute(5) }));
    expect([outcome, watched.operations]).toEqual(['changed', begin]);
    expect(await stored()).toEqual({
      ...always(),
      status: { S: 'open' },
      start: { S: minute(5) },
      startStated: { BOOL: true },
      lastUpdated: { S: minute(5) },
    });
  });

  test('is created without reading', async () => {
    const outcome = await write(
      writer,
      sessionAt(minute(10), sim, { start: minute(5), network: network('T-Mobile') }),
    );
    expect([outcome, watched.operations]).toEqual(['changed', create]);
    expect(await stored()).toEqual({
      ...always(),
      status: { S: 'open' },
      start: { S: minute(5) },
      startStated: { BOOL: true },
      lastUpdated: { S: minute(10) },
      ...networkItem('T-Mobile', minute(10)),
    });
  });

  test('is updated in order by one request, without reading', async () => {
    await write(writer, sessionAt(minute(1), sim, { start: minute(0), totals: totals(10) }));
    watched.reset();
    await write(writer, sessionAt(minute(2), sim, { start: minute(0), totals: totals(20) }));
    await write(
      writer,
      sessionAt(minute(3), sim, {
        start: minute(0),
        totals: totals(30),
        terminal: { status: 'ended', end: minute(3) },
      }),
    );
    expect(watched.operations).toEqual([...update, ...update]);
    expect(await stored()).toEqual({
      ...always(),
      status: { S: 'ended' },
      start: { S: minute(0) },
      startStated: { BOOL: true },
      end: { S: minute(3) },
      lastUpdated: { S: minute(3) },
      ...totalsItem(30, minute(3)),
    });
  });

  test('is merged with an older record: newer statements stay, missing ones are added', async () => {
    await write(writer, sessionAt(minute(9), sim, { start: minute(0), totals: totals(90) }));
    watched.reset();
    const outcome = await write(
      writer,
      sessionAt(minute(4), sim, { start: minute(0), totals: totals(40), network: network('Vodafone') }),
    );
    expect([outcome, watched.operations]).toEqual(['changed', [...refused, replace]]);
    expect(await stored()).toEqual({
      ...always(),
      status: { S: 'open' },
      start: { S: minute(0) },
      startStated: { BOOL: true },
      lastUpdated: { S: minute(9) },
      ...totalsItem(90, minute(9)),
      ...networkItem('Vodafone', minute(4)),
    });
  });

  test('is not written again by a repeated or older record that states nothing new', async () => {
    const older = sessionAt(minute(1), sim, { start: minute(0), totals: totals(10) });
    const newer = sessionAt(minute(2), sim, { start: minute(0), totals: totals(20) });
    await write(writer, older);
    await write(writer, newer);
    const before = await stored();
    watched.reset();
    expect([await write(writer, newer), await write(writer, older)]).toEqual(['unchanged', 'unchanged']);
    expect(watched.operations).toEqual([...refused, ...refused]);
    expect(await stored()).toEqual(before);
  });

  test('that has ended is not reopened by later records, and keeps its end', async () => {
    await write(
      writer,
      sessionAt(minute(5), sim, { start: minute(0), terminal: { status: 'ended', end: minute(5) } }),
    );
    await write(writer, sessionAt(minute(7), sim, { start: minute(0), totals: totals(70) }));
    await write(writer, sessionAt(minute(3), sim, { start: minute(0), network: network('O2') }));
    expect(await stored()).toEqual({
      ...always(),
      status: { S: 'ended' },
      start: { S: minute(0) },
      startStated: { BOOL: true },
      end: { S: minute(5) },
      lastUpdated: { S: minute(7) },
      ...totalsItem(70, minute(7)),
      ...networkItem('O2', minute(3)),
    });
  });

  test('that has two ends keeps the later one, in either order', async () => {
    const ended = sessionAt(minute(5), sim, { terminal: { status: 'ended', end: minute(5) } });
    const failed = sessionAt(minute(6), sim, { terminal: { status: 'failed', end: minute(6) } });
    const expected = { status: { S: 'failed' }, end: { S: minute(6) }, lastUpdated: { S: minute(6) } };
    await write(writer, ended);
    await write(writer, failed);
    expect(await stored()).toEqual({ ...always(), start: { S: minute(5) }, ...expected });
    const other = `${sim}-reversed`;
    for (const session of [failed, ended]) await write(writer, { ...session, sim: other });
    expect(await stored(other)).toEqual({ ...(await stored()), sim: { S: other } });
  });

  test('that failed and ended at the same time failed, whichever record arrives later', async () => {
    const terminal = (status: 'ended' | 'failed') => ({ status, end: minute(5) });
    const failedFirst = [terminal('failed'), terminal('ended')];
    for (const [index, terminals] of [failedFirst, failedFirst.toReversed()].entries()) {
      const ofSim = `${sim}-${index}`;
      for (const [later, told] of terminals.entries()) {
        await write(writer, sessionAt(minute(5 + later), ofSim, { start: minute(1), terminal: told }));
      }
      const { status, end, lastUpdated } = (await stored(ofSim)) ?? {};
      expect([status?.S, end?.S, lastUpdated?.S]).toEqual(['failed', minute(5), minute(6)]);
    }
  });

  test('starts earlier if a later record states an earlier time, as a usage record may', async () => {
    await write(writer, sessionAt(minute(5), sim));
    await write(writer, sessionAt(minute(10), sim, { start: minute(2), startStated: false }));
    expect((await stored())?.['start']).toEqual({ S: minute(2) });
  });

  test('starts at the earliest observation until a start is stated, and then at that', async () => {
    const starts: unknown[] = [];
    for (const session of [
      sessionAt(minute(5), sim),
      sessionAt(minute(8), sim),
      sessionAt(minute(3), sim),
      sessionAt(minute(9), sim, { start: minute(4) }),
      sessionAt(minute(2), sim),
      sessionAt(minute(10), sim, { start: minute(6) }),
      sessionAt(minute(11), sim, { start: minute(1) }),
      sessionAt(minute(12), sim),
    ]) {
      await write(writer, session);
      const { start, startStated } = (await stored()) ?? {};
      starts.push([start?.S, startStated?.BOOL]);
    }
    expect(starts).toEqual([
      [minute(5), undefined],
      [minute(5), undefined],
      [minute(3), undefined],
      [minute(4), true],
      [minute(4), true],
      [minute(4), true],
      [minute(1), true],
      [minute(1), true],
    ]);
  });

  test('loses attributes of a group that its latest statement lacks, and none of groups that it does not mention', async () => {
    await write(
      writer,
      sessionAt(minute(1), sim, {
        start: minute(0),
        network: network('T-Mobile'),
        cell: { cellId: '1', lac: '2', lat: 52.5, lon: -0.25 },
        device: { imei: '358600842867678' },
        address: { apn: 'super', ipAddress: '100.68.56.159' },
        subscriber: { imsi: '732123200563187' },
        ids: { simSid: 'HS1', simId: undefined, accountId: 'AC1', fleetSid: 'HF1' },
        label: { simName: 'cold-chain-17' },
        trouble: { error: undefined },
      }),
    );
    await write(
      writer,
      sessionAt(minute(2), sim, {
        network: { ...network('KPN'), radio: undefined, ratType: undefined, country: undefined },
        cell: { cellId: '3', lac: undefined, lat: undefined, lon: undefined },
        trouble: { error: '93000: refused' },
      }),
    );
    expect(await stored()).toEqual({
      ...always(),
      status: { S: 'open' },
      start: { S: minute(0) },
      startStated: { BOOL: true },
      lastUpdated: { S: minute(2) },
      mcc: { S: '262' },
      mnc: { S: '01' },
      operatorName: { S: 'KPN' },
      networkAt: stamp(minute(2)),
      cellId: { S: '3' },
      cellAt: stamp(minute(2)),
      imei: { S: '358600842867678' },
      deviceAt: stamp(minute(1)),
      apn: { S: 'super' },
      ipAddress: { S: '100.68.56.159' },
      addressAt: stamp(minute(1)),
      imsi: { S: '732123200563187' },
      subscriberAt: stamp(minute(1)),
      simSid: { S: 'HS1' },
      accountId: { S: 'AC1' },
      fleetSid: { S: 'HF1' },
      idsAt: stamp(minute(1)),
      simName: { S: 'cold-chain-17' },
      labelAt: stamp(minute(1)),
      error: { S: '93000: refused' },
      troubleAt: stamp(minute(2)),
    });
  });

  /** What five records of one session say, and the item that they make in any order. */
  function fiveRecords(ofSim: string): { records: Session[]; item: Item } {
    return {
      records: [
        sessionAt(minute(2), ofSim, { start: minute(1), network: network('T-Mobile') }),
        sessionAt(minute(5), ofSim, { totals: totals(500), address: { apn: 'a', ipAddress: undefined } }),
        sessionAt(minute(5), ofSim, { totals: totals(400), network: network('O2') }),
        sessionAt(minute(4), ofSim, {
          totals: totals(600),
          terminal: { status: 'ended', end: minute(4) },
        }),
        sessionAt(minute(0), ofSim, { device: { imei: '358600842867678' } }),
      ],
      item: {
        ...always(ofSim),
        status: { S: 'ended' },
        start: { S: minute(1) },
        startStated: { BOOL: true },
        end: { S: minute(4) },
        lastUpdated: { S: minute(5) },
        ...totalsItem(500, minute(5)),
        ...networkItem('O2', minute(5)),
        apn: { S: 'a' },
        addressAt: stamp(minute(5)),
        imei: { S: '358600842867678' },
        deviceAt: stamp(minute(0)),
      },
    };
  }

  test('ends as the same item for any order of its records', async () => {
    const orders = share(permutations([0, 1, 2, 3, 4]));
    await Promise.all(
      orders.map(async (order) => {
        const { records, item } = fiveRecords(`${sim}-${order.join('')}`);
        for (const index of order) await write(writer, records[index]!);
        expect(await stored(item['sim']?.S)).toEqual(item);
      }),
    );
  });

  test('ends as the same item if many write it concurrently', async () => {
    const writers = Array.from({ length: 8 }, () => fiveRecords(sim).records).flat();
    const outcomes = await Promise.all(writers.map((record) => write(writer, record)));
    expect(new Set(outcomes)).toEqual(new Set(['changed', 'unchanged']));
    expect(await stored()).toEqual(fiveRecords(sim).item);
  });

  test('keeps what another writer adds between the read and the write of a merge', async () => {
    const interrupted = tables.newClient();
    if (returnsOldItems) returnOldItems(interrupted, tables.client);
    const others = [
      sessionAt(minute(3), sim, { address: { apn: 'a', ipAddress: undefined } }),
      sessionAt(minute(4), sim, { network: { ...network('O2'), country: 'XX' } }),
    ];
    intercept(interrupted, async (request, proceed) => {
      const other = replacesItem(request) ? others.shift() : undefined;
      if (other !== undefined) await write(tables.newWriter(), other);
      return proceed();
    });
    await write(
      writer,
      sessionAt(minute(9), sim, { start: minute(0) }),
      sessionAt(minute(4), `${sim}-neighbour`),
    );
    await write(writer, sessionAt(minute(4), sim, { network: { ...network('O2'), country: undefined } }));
    await write(tables.newWriter(interrupted, writes), sessionAt(minute(2), sim, { device: { imei: '1' } }));
    interrupted.destroy();
    expect(others).toEqual([]);
    expect(await stored()).toEqual({
      ...always(),
      status: { S: 'open' },
      start: { S: minute(0) },
      startStated: { BOOL: true },
      lastUpdated: { S: minute(9) },
      ...networkItem('O2', minute(4)),
      country: { S: 'XX' },
      apn: { S: 'a' },
      addressAt: stamp(minute(3)),
      imei: { S: '1' },
      deviceAt: stamp(minute(2)),
    });
  });

  test('that is deleted by hand during a merge is created again', async () => {
    await write(writer, sessionAt(minute(9), sim, { start: minute(0) }));
    const interrupted = tables.newClient();
    if (returnsOldItems) returnOldItems(interrupted, tables.client);
    let deleted = false;
    intercept(interrupted, async (request, proceed) => {
      if (replacesItem(request) && !deleted) {
        deleted = true;
        const Key = { sim: { S: sim }, sessionId: { S: 'session' } };
        await tables.client.send(new DeleteItemCommand({ TableName: 'Sessions', Key }));
      }
      return proceed();
    });
    const late = sessionAt(minute(2), sim, { device: { imei: '1' } });
    expect(await write(tables.newWriter(interrupted, writes), late)).toBe('changed');
    interrupted.destroy();
    expect(await stored()).toEqual(encodeSessionItem(late));
  });
});

test('a session that others keep overwriting is given up, and reported', async () => {
  vi.spyOn(Math, 'random').mockReturnValue(0);
  onTestFinished(() => void vi.restoreAllMocks());
  const client = tables.newClient();
  let bytes = 0;
  intercept(client, async (request, proceed) => {
    if (replacesItem(request)) {
      bytes += 1;
      const item = encodeSessionItem(sessionAt(minute(9), sim, { start: minute(0), totals: totals(bytes) }));
      await tables.client.send(new PutItemCommand({ TableName: 'Sessions', Item: item }));
    }
    return proceed();
  });
  await write(tables.newWriter(), sessionAt(minute(9), sim, { start: minute(0), totals: totals(0) }));
  const { failed, repeated, errors } = await tables
    .newWriter(client)
    .write(changesOf({ sessions: [sessionAt(minute(1), sim, { device: { imei: '1' } })] }), {
      readBeforeWrite: false,
    });
  client.destroy();
  expect({ failed: [...failed], repeated: [...repeated], errors: errors.map(({ name }) => name) }).toEqual({
    failed: [0],
    repeated: [],
    errors: ['ContendedItemError'],
  });
});
