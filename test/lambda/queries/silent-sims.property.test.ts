import { DeleteItemCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { interpret } from '../../../lambda/carriers/index.ts';
import { Fold } from '../../../lambda/ledger/fold.ts';
import { formatTime } from '../../../lambda/ledger/time.ts';
import {
  decideSilentSims,
  listSilentSims,
  nominateSilentSims,
  type SilentPosition,
} from '../../../lambda/queries/silent-sims.ts';
import { fetchSim } from '../../../lambda/queries/sims.ts';
import { LedgerReader } from '../../../lambda/store/reader.ts';
import { LedgerWriter } from '../../../lambda/store/writer.ts';
import { asClient, MemoryDynamoDb } from '../../property/memory-dynamodb.ts';
import { carrierEvent, contextEvent, pdpContext, usageRecord } from '../../records/datastreamer.ts';
import { runs } from '../../records/runs.ts';
import { connectionEvent, type Members, minimalData } from '../../records/supersim.ts';
import { ledgerTablesOf } from '../store/running-tables.ts';

/** Compares silent SIMs with an oracle that reads the records. */

const engine = new MemoryDynamoDb();
const client = asClient({ send: async (command) => engine.answer(command, {}) });
const minute = 60_000;
const now = Date.parse('2026-11-10T00:00:00.000Z');
const longest = 4 * 24 * 60;
const include = new Set<never>();

/** A record of a SIM before it is written as JSON: its time, and whether the device sent it. */
interface Told {
  /** Minutes before now. */
  readonly age: number;
  readonly isHeard: boolean;
  readonly write: (about: { readonly id: number; readonly sim: string; readonly at: number }) => Members;
}

const age = fc.integer({ min: 0, max: longest });
const bytes = fc.constantFrom(0, 0, 700);

const streamerEvent: fc.Arbitrary<Told> = fc
  .record({ age, typeId: fc.constantFrom(1, 2, 3, 4, 5, 8, 16, 18, 68) })
  .map(({ age, typeId }) => ({
    age,
    isHeard: typeId <= 4,
    write: ({ id, sim, at }) => {
      const about = { id, timestamp: formatTime(at), sim: { id: 1, iccid: sim } };
      return typeId === 4 || typeId === 5
        ? contextEvent(typeId, { ...pdpContext, pdp_context_id: id }, {}, about)
        : carrierEvent(typeId, { ...about, alert: typeId === 3 });
    },
  }));

const streamerUsage: fc.Arbitrary<Told> = fc
  .record({
    age,
    length: fc.integer({ min: 0, max: 20 * 60 }),
    up: bytes,
    down: bytes,
    isTurned: fc.boolean(),
  })
  .map(({ age, length, up, down, isTurned }) => ({
    age,
    isHeard: up > 0,
    write: ({ id, sim, at }) => {
      const [start, end] = isTurned ? [at, at - length * minute] : [at - length * minute, at];
      return {
        ...usageRecord,
        ...{
          id,
          sim: { id: 1, iccid: sim },
          start_timestamp: formatTime(start),
          end_timestamp: formatTime(end),
        },
        volume: { tx: up / 1e6, rx: down / 1e6, total: (up + down) / 1e6 },
      };
    },
  }));

const message: fc.Arbitrary<Told> = fc.record({ age, sent: fc.boolean() }).map(({ age, sent }) => ({
  age,
  isHeard: sent,
  write: ({ id, sim, at }) => ({
    ...usageRecord,
    ...{ id, sim: { id: 1, iccid: sim }, start_timestamp: formatTime(at), end_timestamp: formatTime(at) },
    traffic_type: { id: 6, description: 'SMS' },
    volume: { tx: Number(sent), rx: Number(!sent), total: 1 },
  }),
}));

const heardTypes = [
  'attachment.accepted',
  'attachment.rejected',
  'data-session.started',
  'data-session.failed',
];

const connection: fc.Arbitrary<Told> = fc
  .record({
    age,
    type: fc.constantFrom(
      ...heardTypes,
      'data-session.updated',
      'data-session.updated',
      'data-session.ended',
    ),
    length: fc.integer({ min: 0, max: 50 }),
    up: bytes,
    down: bytes,
  })
  .map(({ age, type, length, up, down }) => {
    const hasWindow = type === 'data-session.updated' || type === 'data-session.ended';
    return {
      age,
      isHeard: heardTypes.includes(type) || (hasWindow && up > 0),
      write: ({ id, sim, at }) =>
        connectionEvent(type, {
          ...minimalData,
          ...{ event_sid: `EZ${id}`, timestamp: formatTime(at), sim_iccid: sim, data_session_sid: 'PI1' },
          ...(hasWindow && {
            data_session_update_start_time: formatTime(at - length * minute),
            data_session_update_end_time: formatTime(at),
            ...{ data_upload: up, data_download: down, data_total: up + down },
          }),
        }),
    };
  });

interface Life {
  readonly records: readonly Told[];
  /** The SIM's marks are removed, as in a table that an older version wrote. */
  readonly isUpgraded: boolean;
}

const life: fc.Arbitrary<Life> = fc.record({
  records: fc.oneof(
    fc.array(fc.oneof(streamerEvent, streamerUsage, message), { minLength: 1, maxLength: 7 }),
    fc.array(connection, { minLength: 1, maxLength: 7 }),
  ),
  isUpgraded: fc.boolean(),
});

const fleet = fc.record({
  lives: fc.array(life, { minLength: 1, maxLength: 6 }),
  order: fc.array(fc.nat(1_000), { minLength: 1, maxLength: 20 }),
  batch: fc.integer({ min: 1, max: 9 }),
  silence: fc.constantFrom(1, 20, 180, 720, 1_440, 2 * 1_440),
  size: fc.integer({ min: 1, max: 4 }),
});

let run = 0;
let recordId = 0;

/** Writes the lives' records in any order, some of them twice, with a new process for each batch. */
async function store(
  source: string,
  sims: readonly string[],
  {
    lives,
    order,
    batch,
  }: { readonly lives: readonly Life[]; readonly order: readonly number[]; readonly batch: number },
): Promise<void> {
  const written = lives.flatMap(({ records }, number) =>
    records.map(({ age, write }) => {
      recordId += 1;
      return write({ id: recordId, sim: sims[number] ?? '', at: now - age * minute });
    }),
  );
  const keyed = [...written, ...written.slice(0, 3)].map(
    (record, index) => [order[index % order.length] ?? 0, record] as const,
  );
  const shuffled = keyed.toSorted(([a], [b]) => a - b).map(([, record]) => record);
  for (let from = 0; from < shuffled.length; from += batch) {
    const fold = new Fold();
    for (const [index, record] of shuffled.slice(from, from + batch).entries()) {
      const arrival = {
        source: { name: source, carrier: '1nce', bytesPerMegabyte: 1_000_000 },
        arrivedAt: now,
      } as const;
      const reading = interpret(record, arrival);
      if (reading.kind !== 'observed') throw new Error(JSON.stringify(reading));
      fold.add(index, reading);
    }
    await new LedgerWriter(ledgerTablesOf(client)).write(fold.listChanges(), { readBeforeWrite: false });
  }
}

async function removeMarks(sim: string): Promise<void> {
  await client.send(
    new UpdateItemCommand({
      TableName: 'Sims',
      Key: { sim: { S: sim } },
      UpdateExpression: 'REMOVE signalledAt, bytesAt, sessionAt',
    }),
  );
}

function newReader(): LedgerReader {
  return new LedgerReader({ ...ledgerTablesOf(client), files: 'Files' });
}

/** A SIM in a list: its key, and when its device was heard. */
type Row = readonly [sim: string, heard: string | null];

/** The expected list from the records: never heard first, then the longest silent. */
function findSilent(sims: readonly string[], lives: readonly Life[], silence: number): Row[] {
  const rows = lives.map(({ records }, number): Row => {
    const heard = records.filter(({ isHeard }) => isHeard).map((record) => record.age);
    const last = heard.length === 0 ? null : new Date(now - Math.min(...heard) * minute).toISOString();
    return [sims[number] ?? '', last];
  });
  return rows
    .filter(([, last]) => last === null || Date.parse(last) <= now - silence * minute)
    .sort(([a, aLast], [b, bLast]) => `${aLast ?? ''} ${a}`.localeCompare(`${bLast ?? ''} ${b}`, 'en'));
}

describe('silent SIMs', () => {
  test('are those without a sign of life for that long, in any order of delivery', async () => {
    await fc.assert(
      fc.asyncProperty(fleet, async ({ silence, size, ...delivery }) => {
        run += 1;
        const source = `run-${run}`;
        const sims = delivery.lives.map(
          (_, number) => `89882806${String(run).padStart(8, '0')}${String(number).padStart(3, '0')}`,
        );
        await store(source, sims, delivery);
        for (const [number, { isUpgraded }] of delivery.lives.entries()) {
          if (isUpgraded) await removeMarks(sims[number] ?? '');
        }
        const ports = { reader: newReader(), now: () => now };
        const query = { milliseconds: silence * minute, filter: { source } };
        const expected = findSilent(sims, delivery.lives, silence);

        // On one page: exactly in the expected order.
        const nomination = await nominateSilentSims(query, ports, 100);
        const silent = await decideSilentSims(nomination, ports);
        expect(silent.map(({ sim, heard }): Row => [sim.sim, heard.at ?? null])).toEqual(expected);

        // Page by page: each SIM once, and each page in the expected order.
        const listed: Row[] = [];
        let after: SilentPosition | undefined;
        do {
          const page = await listSilentSims({ ...query, size, after, include }, ports);
          const rows = page.resources.map(({ key, fields }): Row => [key, fields.last_heard]);
          expect(rows).toEqual(expected.filter((row) => rows.some(([key]) => key === row[0])));
          listed.push(...rows);
          after = page.next;
        } while (after !== undefined);
        expect(listed.toSorted()).toEqual(expected.toSorted());
      }),
      { ...runs(120), seed: 20261102 },
    );
  });
});

const hour = 60;

async function tell(sim: string, ...records: readonly Told[]): Promise<void> {
  await store('alone', [sim], { lives: [{ records, isUpgraded: false }], order: [0], batch: 50 });
}

async function heardOf(sim: string): Promise<readonly unknown[]> {
  const ports = { reader: newReader(), now: () => now, sessionRefresh: 'update' } as const;
  const { fields } = await fetchSim({ sim: { sim, isKnown: true }, include }, ports);
  return [fields.last_heard, fields.last_heard_precision];
}

function usage(age: number, length: number, up: number): Told {
  const [start, end] = [now - (age + length) * minute, now - age * minute].map(formatTime);
  const window = { start_timestamp: start, end_timestamp: end };
  const volume = { tx: up / 1e6, rx: 0, total: up / 1e6 };
  const write: Told['write'] = ({ id, sim }) => ({
    ...usageRecord,
    ...window,
    id,
    sim: { id: 1, iccid: sim },
    volume,
  });
  return { age, isHeard: up > 0, write };
}

function location(age: number): Told {
  const write: Told['write'] = ({ id, sim, at }) =>
    carrierEvent(1, { id, timestamp: formatTime(at), sim: { id: 1, iccid: sim } });
  return { age, isHeard: true, write };
}

describe('a SIM was last heard', () => {
  test('at the end of a record that started days before all others', async () => {
    const sim = '8988280700000000001';
    await tell(sim, usage(2 * hour, 3 * 24 * hour, 9), ...[3, 4, 5].map((age) => usage(age * hour, 1, 0)));
    expect(await heardOf(sim)).toEqual([formatTime(now - 2 * hour * minute), 'exact']);
  });

  test('before pages of records without bytes from a session that stays open', async () => {
    const sim = '8988280700000000002';
    const idle = Array.from({ length: 150 }, (_, index) => usage(10 * index, 10, 0));
    await tell(sim, usage(3_000, 5, 9), ...idle);
    expect(await heardOf(sim)).toEqual([formatTime(now - 3_000 * minute), 'exact']);
  });

  test('within a granule from its mark on, once its record has expired', async () => {
    const sim = '8988280700000000003';
    await tell(sim, location(5 * hour), usage(9 * 24 * hour, 1, 9));
    const [event] = engine.items('Events').filter((item) => item['sim']?.S === sim);
    const [item] = engine.items('Sims').filter((one) => one['sim']?.S === sim);
    await client.send(
      new DeleteItemCommand({
        TableName: 'Events',
        Key: { sim: { S: sim }, eventKey: { S: event?.['eventKey']?.S ?? '' } },
      }),
    );
    expect(await heardOf(sim)).toEqual([formatTime(Number(item?.['signalledAt']?.N)), 'granule']);
  });

  test('never, if all its records come from the carrier', async () => {
    const sim = '8988280700000000004';
    await tell(sim, usage(5 * hour, 1, 0));
    expect(await heardOf(sim)).toEqual([null, 'never']);
  });
});
