import { expect, test } from 'vitest';
import { interpret } from '../../../lambda/carriers/index.ts';
import { type Changes, Fold } from '../../../lambda/ledger/fold.ts';
import { cutToGranule, maxGranuleMilliseconds } from '../../../lambda/ledger/heard.ts';
import { measureItem } from '../../../lambda/store/items.ts';
import { changesOf, eventAt, minute, sessionAt, simAt, usageAt } from './observations.ts';
import { runningTables } from './running-tables.ts';
import { watch } from './watched-client.ts';

const tables = runningTables();
const options = { readBeforeWrite: false };

function iccidOf(simNumber: number): string {
  return `8988307000${String(simNumber).padStart(9, '0')}`;
}

/** The number of SIMs with a granule that ends between two minutes. */
function countGranuleEnds(sims: number, from: number, to: number): number {
  return Array.from({ length: sims }, (_, number) =>
    [from, to].map((at) => cutToGranule(minute(at), iccidOf(number), maxGranuleMilliseconds)),
  ).filter(([before, after]) => before !== after).length;
}

/** A Super SIM update of one of many SIMs. */
function update(simNumber: number, number: number): object {
  const iccid = iccidOf(simNumber);
  const eventSid = `EZ${String(simNumber).padStart(16, '0')}${String(number).padStart(16, '0')}`;
  return {
    specversion: '1.0',
    type: 'com.twilio.iot.supersim.connection.data-session.updated',
    source: `/v1/SuperSim/ConnectionEvents/${eventSid}`,
    id: eventSid,
    time: minute(number),
    data: {
      event_sid: eventSid,
      timestamp: minute(number),
      account_sid: 'AC1',
      sim_sid: `HS${simNumber}`,
      sim_iccid: iccid,
      sim_unique_name: `meter-${simNumber}`,
      imsi: '732123200563187',
      imei: '358600842867678',
      data_session_sid: `PI${simNumber}`,
      data_session_start_time: minute(0),
      data_session_update_start_time: minute(number - 1),
      data_session_update_end_time: minute(number),
      ...{ data_upload: 1, data_download: 2, data_total: 3 },
      data_session_data_upload: number,
      data_session_data_download: 2 * number,
      data_session_data_total: 3 * number,
    },
  };
}

/** A folded batch of this many updates of each of this many SIMs. */
function batch(sims: number, from: number, updates: number): Changes {
  const source = { name: 'main', carrier: 'twilio', bytesPerMegabyte: 1_000_000 } as const;
  const fold = new Fold();
  let record = 0;
  for (let number = from; number < from + updates; number += 1) {
    for (let sim = 0; sim < sims; sim += 1) {
      const reading = interpret(update(sim, number), { source, arrivedAt: Date.parse(minute(number)) });
      if (reading.kind !== 'observed') throw new Error(reading.kind);
      fold.add(record++, reading);
    }
  }
  return fold.listChanges();
}

test.each([
  ['a request a session', 'single'],
  ['a request for 25 sessions', 'batched'],
] as const)('a batch costs %s and one for 25 usage records, once its SIMs are known', async (_, writes) => {
  const client = tables.newClient();
  const watched = watch(client);
  const writer = tables.newWriter(client, writes);
  await writer.write(batch(30, 1, 1), options);
  watched.reset();
  for (const from of [2, 7]) {
    const { failed, repeated } = await writer.write(batch(30, from, 5), options);
    expect([failed.size, repeated.size]).toEqual([0, 0]);
  }
  client.destroy();
  const counts: Record<string, number> = {};
  for (const operation of watched.operations) counts[operation] = (counts[operation] ?? 0) + 1;
  // The mark of a SIM whose granule ends within a batch moves.
  const moved = [1, 6].map((last) => countGranuleEnds(30, last, last + 5)).filter((ends) => ends > 0);
  const marks = moved.reduce((sum, ends) => sum + ends, 0);
  // The marks' statements are sent with those of the last sessions.
  const updates =
    writes === 'single'
      ? { 'UpdateItem Sessions': 2 * 30, 'PutItem Sims': marks }
      : { 'UPDATE Sessions': 2 * 2 - moved.length, 'UPDATE Sessions+UPDATE Sims': moved.length };
  expect(counts).toEqual({
    ...updates,
    'BatchWriteItem Usage': 2 * ((30 * 5) / 25),
    'BatchGetItem Sims': moved.length,
  });
  const sessions = await tables.items('Sessions');
  expect(sessions.map(({ dataTotal }) => dataTotal?.N)).toEqual(Array.from({ length: 30 }, () => '33'));
  expect((await tables.items('Usage')).length).toBe(30 * 11);
  expect((await tables.items('Sims')).length).toBe(30);
  await tables.clear();
});

test('items fit into a write unit', async () => {
  await tables.newWriter().write(batch(1, 1, 1), options);
  const { Sessions = [], Usage = [], Sims = [] } = await tables.everything();
  const sizes = [...Sessions, ...Usage, ...Sims].map(measureItem);
  expect([sizes.length, Math.max(...sizes) < 1024]).toEqual([3, true]);
  await tables.clear();
});

test('single writes run concurrently, at most 48 of one kind', async () => {
  const client = tables.newClient();
  const watched = watch(client);
  const many = Array.from({ length: 100 }, (_, n) => `sim-${n}`);
  const kinds: Parameters<typeof changesOf>[0][] = [
    { sessions: many.map((sim) => sessionAt(minute(1), sim)) },
    { usage: many.map((sim) => usageAt(minute(1), sim, '1', { completeness: 1 })) },
    { events: many.map((sim) => eventAt(minute(1), sim, '1', { completeness: 0 })) },
    {
      sims: many.map((sim) =>
        simAt(minute(1), sim, { lastEvent: { lastEvent: 'a', lastEventTime: minute(1) } }),
      ),
    },
    { sims: many.map((sim) => simAt(minute(0), `${sim}-2`)) },
  ];
  const writer = tables.newWriter(client, 'single');
  for (const states of kinds) {
    watched.reset();
    const { failed } = await writer.write(changesOf(states), options);
    expect([failed.size, watched.maxInFlight]).toEqual([0, 48]);
  }
  client.destroy();
  await tables.clear();
});

test('if DynamoDB refuses everything, each record is reported, and the writer does not throw', async () => {
  const client = tables.newClient('http://127.0.0.1:9');
  const writer = tables.newWriter(client);
  const states = {
    sessions: [sessionAt(minute(1), 'a')],
    usage: [usageAt(minute(1), 'a', '1'), usageAt(minute(1), 'a', '2', { completeness: 1 })],
    events: [eventAt(minute(1), 'a', '1')],
    sims: [simAt(minute(0), 'a')],
  };
  for (const readBeforeWrite of [false, true]) {
    const { failed, repeated, errors } = await writer.write(changesOf(states), {
      readBeforeWrite,
    });
    expect([...failed].toSorted()).toEqual([0, 1, 2, 3, 4]);
    expect([repeated.size, errors.length]).toEqual([0, 1]);
  }
  client.destroy();
});
