import { BatchWriteItemCommand, QueryCommand } from '@aws-sdk/client-dynamodb';
import { describe, expect, it, test } from 'vitest';
import { FleetFold } from '../../../lambda/days/fleet-days.ts';
import { LakeReader } from '../../../lambda/days/lake-reader.ts';
import { makeManifestKey, makeTopKey } from '../../../lambda/days/pass/lake-objects.ts';
import { makeRows, noItems } from '../../../lambda/days/rows.ts';
import { findMonth, makeSimDay, type SimPeriod, sumBytes } from '../../../lambda/days/sim-days.ts';
import { TopFold } from '../../../lambda/days/top-sims.ts';
import type { Usage } from '../../../lambda/ledger/observation.ts';
import {
  type FleetUsageQuery,
  listFleetUsage,
  type ReportPorts,
} from '../../../lambda/queries/fleet-usage.ts';
import { divideIntoChunks } from '../../../lambda/store/concurrency.ts';
import { LedgerReader } from '../../../lambda/store/reader.ts';
import { SimDayStore } from '../../../lambda/store/sim-days.ts';
import { StoredDays } from '../../../lambda/store/stored-days.ts';
import { LedgerWriter } from '../../../lambda/store/writer.ts';
import { asClient, MemoryDynamoDb, type Sender } from '../../property/memory-dynamodb.ts';
import { MemoryPorts } from '../days/pass/memory-ports.ts';
import { changesOf, simAt, usageAt } from '../store/observations.ts';
import { ledgerTablesOf } from '../store/running-tables.ts';
import { ClosedLedger } from './closed-ledger.ts';

/** Reports of fleets that are too large for reports to read records. */

const now = '2026-11-03T15:00:00.000Z';
const november = { from: '2026-11-01T00:00:00.000Z', to: '2026-12-01T00:00:00.000Z' };
const nameSim = (number: number): string => `8988307000000${String(number).padStart(6, '0')}`;
const span = (from: string, to: string) => ({ start_time: from, end_time: to });
const [first, second, third] = [1, 2, 3].map((day) => `2026-11-0${day}T00:00:00.000Z`) as [
  string,
  string,
  string,
];

describe('a fleet of more SIMs than reports read records of', () => {
  const open = (ports: Partial<ReportPorts> = {}) => {
    const client = asClient(new MemoryDynamoDb());
    const tables = { client, newWriter: () => new LedgerWriter(ledgerTablesOf(client)) };
    const ledger = new ClosedLedger(tables, () => Date.parse(now));
    const ask = async (about: Partial<FleetUsageQuery> = {}) => {
      const { resources, coverage } = await listFleetUsage(
        { groups: [], granularity: 'all', period: november, size: 100, after: undefined, ...about },
        { reader: ledger.reader, days: ledger.days, now: () => Date.parse(now), maxLiveSims: 2, ...ports },
      );
      const rows = resources.map(({ sim_sid, iso_country, period, data_total, live }) => [
        ...[sim_sid ?? iso_country ?? period.start_time.slice(0, 10), Number(data_total), live],
      ]);
      return { rows, coverage };
    };
    const use = (number: number, time: string, dataTotal: number, about: Partial<Usage> = {}) => {
      const sim = nameSim(number);
      return ledger.write(
        [usageAt(`2026-11-0${time}:00.000Z`, sim, time, { dataTotal, ...about })],
        [simAt(first, sim)],
      );
    };
    return { ledger, ask, use };
  };

  it('is added up from the last partial passes, whose times are shown, until its days are sealed', async () => {
    const { ledger, ask, use } = open();
    for (const number of [1, 2, 3, 4]) await use(number, '1T10:00', 1_000 * number, { country: 'DE' });
    await ledger.close(['2026-11-01']);
    await use(1, '2T10:00', 5_000, { country: 'FR' });
    await use(2, '3T10:00', 6_000, { country: 'DE' });
    const day = { granularity: 'day' } as const;
    expect(await ask(day)).toEqual({
      rows: [['2026-11-01', 10_000, false]],
      coverage: { as_of: now, live: [], partial: [], missing: [span(second, now)], expired: [] },
    });
    await ledger.passPartly('2026-11-02', third);
    await ledger.passPartly('2026-11-03', '2026-11-03T12:00:00.000Z');
    // Comes after the passes.
    await use(3, '2T11:00', 7);
    const partial = [
      { ...span(second, third), as_of: third },
      { ...span(third, now), as_of: '2026-11-03T12:00:00.000Z' },
    ];
    expect(await ask(day)).toEqual({
      rows: [
        ['2026-11-03', 6_000, true],
        ['2026-11-02', 5_000, true],
        ['2026-11-01', 10_000, false],
      ],
      coverage: { as_of: now, live: [], partial, missing: [], expired: [] },
    });
    expect((await ask({ groups: ['isoCountry'] })).rows).toEqual([
      ['DE', 16_000, true],
      ['FR', 5_000, true],
    ]);
    const bySim = [
      [nameSim(2), 8_000, true],
      [nameSim(1), 6_000, true],
      [nameSim(4), 4_000, false],
      [nameSim(3), 3_000, false],
    ];
    const bySimKey = (a: unknown[], b: unknown[]) => (String(a[0]) < String(b[0]) ? -1 : 1);
    expect((await ask({ groups: ['sim'] })).rows.sort(bySimKey)).toEqual(bySim.toSorted(bySimKey));
    expect((await ask({ groups: ['sim'], order: 'bytes' })).rows).toEqual(bySim);
    expect(
      (await ask({ groups: ['sim'], order: 'bytes', size: 2, period: { ...november, to: now } })).rows,
    ).toEqual(bySim.slice(0, 2));
    expect((await ask({ groups: ['sim'], order: 'bytes', period: { from: third, to: now } })).rows).toEqual([
      [nameSim(2), 6_000, true],
    ]);
    await ledger.close(['2026-11-02']);
    expect(await ask(day)).toEqual({
      rows: [
        ['2026-11-03', 6_000, true],
        ['2026-11-02', 5_007, false],
        ['2026-11-01', 10_000, false],
      ],
      coverage: { as_of: now, live: [], partial: partial.slice(1), missing: [], expired: [] },
    });
    // A late pass does not change the sealed day.
    await ledger.passPartly('2026-11-02', '2026-11-03T06:00:00.000Z');
    expect(
      (await ask({ groups: ['sim'], order: 'bytes', period: { from: second, to: third } })).rows,
    ).toEqual([
      [nameSim(1), 5_000, false],
      [nameSim(3), 7, false],
    ]);
  });

  it('reports missing parts of unsealed days, whatever passes were made', async () => {
    const { ledger, ask, use } = open();
    for (const number of [1, 2, 3]) await use(number, '3T10:00', 1_000);
    await ledger.passPartly('2026-11-03', '2026-11-03T12:00:00.000Z');
    const period = { from: '2026-11-03T01:00:00.000Z', to: now };
    expect(await ask({ period })).toEqual({
      rows: [['2026-11-03', 0, false]],
      coverage: { as_of: now, live: [], partial: [], missing: [span(period.from, now)], expired: [] },
    });
    await expect(ask({ granularity: 'hour' })).rejects.toThrow('unless Sim or Fleet leaves at most 2 SIMs');
  });

  it.each([2, 100])('says for which unsealed ranges usage may have expired, up to %d SIMs', async (most) => {
    const { ledger, ask, use } = open({ usageDays: 1, maxLiveSims: most });
    for (const number of [1, 2, 3]) await use(number, '1T10:00', 1_000);
    await ledger.close(['2026-11-01']);
    const before = '2026-10-30T06:00:00.000Z';
    const expired = [span(before, first), span(second, third)];
    const { coverage } = await ask({ period: { from: before, to: november.to } });
    expect(coverage.expired).toEqual(expired);
  });
});

describe('1,001 SIMs of which two days are sealed', () => {
  const size = 1_001;
  const memory = new MemoryPorts();
  const engine = new MemoryDynamoDb();
  /** Queries of a SIM's days. */
  let queriesBySim = 0;
  const counted: Sender = {
    send: (command) => {
      const { TableName } = command.input as { TableName?: string };
      if (TableName === 'SimDays' && command instanceof QueryCommand) queriesBySim += 1;
      return engine.send(command);
    },
  };
  const client = asClient(counted);
  const store = new SimDayStore(client, 'SimDays');
  const days = new StoredDays(store, new LakeReader(memory.lake), () => Date.parse(now));
  const names = { ...ledgerTablesOf(client), files: 'Files' };
  const ports = { reader: new LedgerReader({ ...names, archive: days }), days, now: () => Date.parse(now) };
  const ask = (about: Partial<FleetUsageQuery>) =>
    listFleetUsage(
      {
        groups: ['sim'],
        granularity: 'all',
        period: november,
        size: 20,
        after: undefined,
        order: 'bytes',
        ...about,
      },
      ports,
    );

  /** Usage on a day: each SIM whose number is a multiple of `every` has the bytes that `read` returns. */
  const makeDay = (day: string, every: number, read: (number: number) => number): SimPeriod[] =>
    Array.from({ length: size }, (_, number) => number)
      .filter((number) => number % every === 0)
      .map((number) => {
        const usage = usageAt(`${day}T10:00:00.000Z`, nameSim(number), 'a', { dataTotal: read(number) });
        return makeSimDay(nameSim(number), day, makeRows(day, { ...noItems, usage: [usage] }));
      });

  const seal = async (day: string, simDays: readonly SimPeriod[]): Promise<void> => {
    await store.put(simDays, 1);
    const fold = new FleetFold(day);
    const top = { day: new TopFold(), month: new TopFold() };
    const months = await store.sumMonth(
      simDays.map(({ sim }) => sim),
      findMonth(day),
    );
    for (const simDay of simDays) {
      fold.addSim(simDay);
      top.day.add(simDay.sim, sumBytes(simDay));
      top.month.add(simDay.sim, months.get(simDay.sim) ?? 0n);
    }
    const lists = JSON.stringify({ day: top.day.result, month: top.month.result });
    await memory.lake.write(makeTopKey(day), new TextEncoder().encode(lists), undefined);
    const seal = JSON.stringify({ sealedAt: third, fleet: fold.result });
    await memory.lake.write(makeManifestKey(day), new TextEncoder().encode(seal), undefined);
  };

  const begun = (async () => {
    const items = Array.from({ length: size }, (_, number) => ({
      sim: { S: nameSim(number) },
      source: { S: 'main' },
      carrier: { S: 'twilio' },
      iccid: { S: nameSim(number) },
      lastUpdated: { S: first },
    }));
    for (const chunk of divideIntoChunks(items, 25)) {
      const Sims = chunk.map((Item) => ({ PutRequest: { Item } }));
      await client.send(new BatchWriteItemCommand({ RequestItems: { Sims } }));
    }
    await seal(
      '2026-11-01',
      makeDay('2026-11-01', 1, (number) => 1_000 + ((number * 7) % size)),
    );
    // The first SIM has more rate zones than fit into an item.
    const zones = Array.from({ length: 1_200 }, (_, zone) =>
      usageAt('2026-11-02T10:00:00.000Z', nameSim(0), String(zone), {
        ...{ dataTotal: 1, rateZone: String(zone).padStart(64, 'z'), tariff: 't'.repeat(64) },
        operatorName: 'o'.repeat(64),
      }),
    );
    await new LedgerWriter(ledgerTablesOf(client)).write(changesOf({ usage: zones }), {
      readBeforeWrite: false,
    });
    const many = makeSimDay(nameSim(0), '2026-11-02', makeRows('2026-11-02', { ...noItems, usage: zones }));
    const others = makeDay('2026-11-02', 10, (number) => 5_000 - number).slice(1);
    await seal('2026-11-02', [many, ...others]);
  })();

  /** Bytes by SIM in the two days, largest first. */
  const bytes = Array.from({ length: size }, (_, number) => {
    const onSecond = number === 0 ? 1_200 : number % 10 === 0 ? 5_000 - number : 0;
    return { sim: nameSim(number), onFirst: 1_000 + ((number * 7) % size), onSecond };
  });

  test('the SIMs with the most usage of a month and a day are found with only the lists of days', async () => {
    await begun;
    queriesBySim = 0;
    const { resources, coverage } = await ask({});
    const most = bytes.toSorted((a, b) => b.onFirst + b.onSecond - (a.onFirst + a.onSecond)).slice(0, 20);
    expect(resources.map(({ sim_sid, data_total }) => [sim_sid, data_total])).toEqual(
      most.map(({ sim, onFirst, onSecond }) => [sim, onFirst + onSecond]),
    );
    expect(coverage).toEqual({ as_of: now, live: [], partial: [], missing: [span(third, now)], expired: [] });
    // On pages of any size. Only SIMs that are shown are read, and the next one.
    expect(queriesBySim).toBeLessThan(21 * 4);

    const ofDay = await ask({ period: { from: first, to: second }, size: 3 });
    const onFirst = bytes.toSorted((a, b) => b.onFirst - a.onFirst).slice(0, 3);
    expect(ofDay.resources.map(({ sim_sid, data_total }) => [sim_sid, data_total])).toEqual(
      onFirst.map((one) => [one.sim, one.onFirst]),
    );
    expect([ofDay.coverage.missing, ofDay.next]).toEqual([[], { rank: 3 }]);
  });

  test('a SIM-day with too many combinations of dimensions is read from its records', async () => {
    await begun;
    const sim = { sim: nameSim(0), isKnown: true };
    const { resources } = await ask({ groups: ['zone'], sim, order: undefined, size: 2_000 });
    // One record of the first day has no zone.
    expect([resources.length, new Set(resources.map(({ rate_zone }) => rate_zone)).size]).toEqual([
      1_201, 1_201,
    ]);
    expect(resources.every(({ live }) => !live)).toBe(true);
    const whole = await ask({ groups: [], order: undefined });
    expect(whole.resources.map(({ data_total }) => data_total)).toEqual([
      bytes.reduce((sum, { onFirst, onSecond }) => sum + onFirst + onSecond, 0),
    ]);
  });
});
