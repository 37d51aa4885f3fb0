import fc from 'fast-check';
import { beforeEach, describe, expect, it, test } from 'vitest';
import { makeRows, noItems } from '../../../lambda/days/rows.ts';
import { makeSimDay, type SimPeriod, type SimUsage, sumSimPeriods } from '../../../lambda/days/sim-days.ts';
import { DecimalSum } from '../../../lambda/json/decimal-sum.ts';
import { itemBytes } from '../../../lambda/store/items.ts';
import { decodeSimPeriod, encodeSimPeriod } from '../../../lambda/store/sim-day-items.ts';
import { SimDayStore } from '../../../lambda/store/sim-days.ts';
import { asClient, MemoryDynamoDb, type Sender } from '../../property/memory-dynamodb.ts';
import { faultTrials, timeLimit, trials } from '../../property/trials.ts';
import { makeUsage, sim, usageAroundMidnight } from '../days/records.ts';
import { runningTables } from './running-tables.ts';

const tables = runningTables();
let store: SimDayStore;

beforeEach(async () => {
  await tables.clear();
  store = new SimDayStore(tables.client, 'SimDays');
});

/** What a SIM did on a day: one usage record of so many bytes, if any. */
function makeDay(day: string, bytes: number, about: { sim?: string; country?: string } = {}): SimPeriod {
  const { sim: key = sim, country = 'DE' } = about;
  const usage = makeUsage({
    ...{ start: `${day}T10:00:00.000Z`, recordId: String(bytes), sim: key, country },
    ...{ dataTotal: bytes, cost: '0.1', currency: 'EUR' },
  });
  return makeSimDay(key, day, makeRows(day, { ...noItems, usage: bytes === 0 ? [] : [usage] }));
}

const stored = (period: SimPeriod) => ({ ...period, leftOut: [] });

describe('SIM-days', () => {
  it('are read back as they were put', async () => {
    const days = [makeDay('2026-11-01', 5), makeDay('2026-11-30', 2 ** 53 - 1, { country: 'a#b' })];
    await store.put(days, 1);
    expect(await store.readDays(sim, '2026-11-01', '2026-11-30')).toEqual(days.map(stored));
    expect(await store.readDays(sim, '2026-11-02', '2026-11-30')).toEqual(days.slice(1).map(stored));
    expect(await store.readPeriod(['other', sim], '2026-11-01')).toEqual(days.slice(0, 1).map(stored));
  });

  it('keep the greatest revision', async () => {
    for (const [bytes, revision] of [
      [5, 2],
      [6, 1],
      [7, 3],
    ] as const) {
      await store.put([makeDay('2026-11-02', bytes)], revision);
    }
    expect(await store.readPeriod([sim], '2026-11-02')).toEqual([stored(makeDay('2026-11-02', 7))]);
  });

  it('on which nothing is left are told of no more, and count in no month', async () => {
    await store.put([makeDay('2026-11-02', 5)], 1);
    await store.put([makeDay('2026-11-02', 0)], 2);
    expect([
      await store.readDays(sim, '2026-11-01', '2026-11-30'),
      await store.readPeriod([sim], '2026-11'),
      await store.listTop('2026-11', 9),
    ]).toEqual([[], [], []]);
  });

  it('make months, each of its own days, which are not told among days', async () => {
    const days = ['2026-10-31', '2026-11-01', '2026-11-30', '2026-12-01'].map((day, at) =>
      makeDay(day, at + 1),
    );
    for (const day of days) await store.put([day], 1);
    expect(await store.readPeriod([sim], '2026-11')).toEqual([
      stored(sumSimPeriods(sim, '2026-11', days.slice(1, 3))),
    ]);
    expect(await store.readDays(sim, '2026-10-01', '2026-12-31')).toEqual(days.map(stored));
  });
});

describe('SIM-days of partial passes', () => {
  const [six, noon] = ['2026-11-02T06:00:00.000Z', '2026-11-02T12:00:00.000Z'];
  const partial = (period: SimPeriod, asOf: string) => ({ ...stored(period), asOf });

  it('say as of when they are, and a later one takes the place of one before', async () => {
    for (const [bytes, asOf] of [
      [5, six],
      [6, noon],
      [7, six],
    ] as const)
      await store.putPartial([makeDay('2026-11-02', bytes)], asOf);
    expect(await store.readDays(sim, '2026-11-01', '2026-11-30')).toEqual([
      partial(makeDay('2026-11-02', 6), noon),
    ]);
  });

  it('never take the place of what was made of a closed day, and are replaced by that', async () => {
    await store.putPartial([makeDay('2026-11-02', 5)], six);
    await store.put([makeDay('2026-11-02', 6)], 1);
    await store.putPartial([makeDay('2026-11-02', 7)], noon);
    expect(await store.readDays(sim, '2026-11-01', '2026-11-30')).toEqual([stored(makeDay('2026-11-02', 6))]);
  });

  it('count in no month and in no list of those with most bytes, but where their day is asked for', async () => {
    await store.putPartial([makeDay('2026-11-02', 5)], six);
    await store.putPartial([makeDay('2026-11-03', 7)], six);
    await store.put([makeDay('2026-11-01', 6)], 1);
    expect(await store.readPeriod([sim], '2026-11')).toEqual([
      stored(sumSimPeriods(sim, '2026-11', [makeDay('2026-11-01', 6)])),
    ]);
    expect(await store.listTop('2026-11-02', 5)).toEqual([]);
    expect([
      await store.sumMonth([sim, 'other'], '2026-11', ['2026-11-02']),
      await store.sumMonth([sim], '2026-11', ['2026-11-01']),
    ]).toEqual([new Map([[sim, 11n]]), new Map([[sim, 6n]])]);
  });
});

describe('the SIMs with most bytes', () => {
  const bytesOfSims = Object.fromEntries(
    Array.from({ length: 40 }, (_, number) => [`89883070000${number}`, (number * 7) % 41]),
  );

  it('are listed by day and by month, the first ones of all', async () => {
    const days = Object.entries(bytesOfSims).map(([key, bytes]) =>
      makeDay('2026-11-02', bytes, { sim: key }),
    );
    await store.put(days, 1);
    const [first] = days;
    if (first === undefined) throw new Error('There is one');
    // More bytes than any other, by a digit more.
    const more = { ...makeDay('2026-11-03', 100, { sim: first.sim }) };
    await store.put([more], 1);
    const top = days.toSorted((a, b) => (bytesOfSims[b.sim] ?? 0) - (bytesOfSims[a.sim] ?? 0)).slice(0, 5);
    expect(await store.listTop('2026-11-02', 5)).toEqual(top.map(stored));
    const month = (await store.listTop('2026-11', 5)).map((one) => [one.sim, one.usage[0]?.dataTotal]);
    expect(month).toEqual([
      [first.sim, '100'],
      ...top.slice(0, 4).map((one) => [one.sim, String(bytesOfSims[one.sim])]),
    ]);
    expect(await store.listTop('2026-11-03', 5)).toEqual([stored(more)]);
    expect(await store.listTop('2026-12', 5)).toEqual([]);
  });
});

describe('a SIM-day of more combinations than an item holds', () => {
  const dimensions = ['country', 'mcc', 'mnc', 'operatorName', 'tariff', 'rateZone'] as const;
  const manyRecords = (count: number, differing: readonly (typeof dimensions)[number][]): SimPeriod => {
    const usage = Array.from({ length: count }, (_, number) =>
      makeUsage({
        start: '2026-11-02T10:00:00.000Z',
        recordId: String(number),
        cost: `0.${number + 1}`,
        currency: number % 2 === 0 ? 'EUR' : 'USD',
        ...Object.fromEntries(differing.map((name) => [name, `${number}`.padStart(64, 'x')])),
      }),
    );
    return makeSimDay(sim, '2026-11-02', makeRows('2026-11-02', { ...noItems, usage }));
  };

  const sumBy = (usage: readonly SimUsage[]): Record<string, string[]> => {
    const sums: Record<string, DecimalSum[]> = {};
    for (const { currency = '', dataTotal, cost = '0', records } of usage) {
      sums[currency] ??= [new DecimalSum(), new DecimalSum(), new DecimalSum()];
      for (const [at, value] of [dataTotal, cost, String(records)].entries())
        sums[currency]?.[at]?.add(value);
    }
    return Object.fromEntries(Object.entries(sums).map(([name, all]) => [name, all.map(String)]));
  };

  it.each([
    ['none', 600, ['tariff'], []],
    ['the zone', 2_000, ['rateZone'], ['rateZone']],
    ['zone, tariff and network', 2_000, ['mnc', 'tariff'], ['rateZone', 'tariff', 'network']],
    ['all but the country’s', 3_000, ['country'], ['rateZone', 'tariff', 'network', 'country']],
  ] as const)('leaves out dimensions, and keeps every sum: %s', (_, count, differing, leftOut) => {
    const day = manyRecords(count, differing);
    const item = encodeSimPeriod(day, 1);
    const read = decodeSimPeriod(item);
    expect(itemBytes(item)).toBeLessThan(400 * 1_024);
    expect(read.leftOut).toEqual(leftOut);
    expect(sumBy(read.usage)).toEqual(sumBy(day.usage));
  });

  it('is taken by the table, and so is its month, which says what the day left out', async () => {
    const day = manyRecords(2_000, ['rateZone']);
    await store.put([day, makeDay('2026-11-03', 5)], 1);
    const [month] = await store.readPeriod([sim], '2026-11');
    expect(month?.leftOut).toEqual(['rateZone']);
    expect(month?.usageRecords).toBe(2_001);
  });

  it('adds up no money where its currencies are too many, and no kinds of traffic', () => {
    const usage = Array.from({ length: 4_000 }, (_, number) => ({
      ...makeDay('2026-11-02', 5).usage[0],
      currency: `${number}`,
      trafficType: `${number}`.padStart(64, 'x'),
    })) as SimUsage[];
    const read = decodeSimPeriod(encodeSimPeriod({ ...makeDay('2026-11-02', 5), usage }, 1));
    expect([read.leftOut.slice(-2), read.usage]).toEqual([
      ['trafficType', 'cost'],
      [expect.objectContaining({ trafficType: 'other', dataTotal: '20000', records: 4_000 })],
    ]);
    expect([read.usage[0]?.cost, read.usage[0]?.currency]).toEqual([undefined, undefined]);
  });
});

/** What a run of a bucket stores. */
interface PlannedPut {
  readonly day: string;
  readonly revision: number;
  readonly usage: SimPeriod;
}

const puts: fc.Arbitrary<readonly PlannedPut[]> = fc.array(
  fc
    .record({
      day: fc.constantFrom('2026-11-01', '2026-11-02', '2026-11-03', '2026-12-01'),
      revision: fc.integer({ min: 1, max: 3 }),
      usage: fc.array(usageAroundMidnight, { maxLength: 3 }),
    })
    .map(({ day, revision, usage }) => {
      const items = { ...noItems, usage: usage.map((one) => ({ ...one, start: `${day}T01:00:00.000Z` })) };
      return { day, revision, usage: makeSimDay(sim, day, makeRows(day, items)) };
    }),
  { minLength: 1, maxLength: 6 },
);

/** Puts all at the same time, the requests in an order of chance, and compares each month with its days. */
async function playPuts(planned: readonly PlannedPut[], s: fc.Scheduler, change: (sender: Sender) => Sender) {
  const engine = new MemoryDynamoDb();
  const changed = change(engine);
  const scheduled: Sender = {
    send: async (command) => {
      await s.schedule(Promise.resolve());
      return changed.send(command);
    },
  };
  const inTurn = new SimDayStore(asClient(scheduled), 'SimDays');
  await s.waitFor(Promise.all(planned.map(({ usage, revision }) => inTurn.put([usage], revision))));
  const read = new SimDayStore(asClient(engine), 'SimDays');
  for (const month of ['2026-11', '2026-12']) {
    const days = await read.readDays(sim, `${month}-01`, `${month}-31`);
    const expected = sumSimPeriods(sim, month, days);
    expect(await read.readPeriod([sim], month)).toEqual(days.length === 0 ? [] : [stored(expected)]);
    for (const { period, usage } of days) {
      const its = planned.filter(({ day }) => day === period);
      const greatest = Math.max(...its.map(({ revision }) => revision));
      const possible = its.filter(({ revision }) => revision === greatest).map((one) => one.usage.usage);
      expect(possible).toContainEqual(usage);
    }
  }
}

type PutTrials = fc.Parameters<[readonly PlannedPut[], fc.Scheduler]>;

function makeProperty(change: (sender: Sender) => Sender) {
  return fc.asyncProperty(puts, fc.scheduler(), (planned, s) => playPuts(planned, s, change));
}

test(
  'months are the sums of their days, whoever stores days at the same time',
  async () => {
    await fc.assert(
      makeProperty((engine) => engine),
      trials(150) as PutTrials,
    );
  },
  timeLimit,
);

describe('the property finds', () => {
  /** What a command asks for, without some of it. */
  const without =
    (isMeant: (input: object) => boolean, change: (input: object) => object) =>
    (engine: Sender): Sender => ({
      send: (command) => {
        const input: object = command.input;
        if (isMeant(input)) Object.assign(command, { input: change(input) });
        return engine.send(command);
      },
    });
  const isPutOf = (length: number) => (input: object) =>
    'Item' in input && (input.Item as { period: { S: string } }).period.S.length === length;
  const unconditional = (input: object) => ({
    ...input,
    ConditionExpression: undefined,
    ExpressionAttributeValues: undefined,
  });

  test.each([
    ['months that are put whatever was put meanwhile', without(isPutOf(7), unconditional)],
    ['days that are put whatever revision is stored', without(isPutOf(10), unconditional)],
  ])(
    '%s',
    async (_, change) => {
      const { failed, errorInstance } = await fc.check(makeProperty(change), faultTrials(400) as PutTrials);
      expect([failed, (errorInstance as Error).name]).toEqual([true, 'AssertionError']);
    },
    timeLimit,
  );
});
