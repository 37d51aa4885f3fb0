import fc from 'fast-check';
import { beforeEach, describe, expect, it, test } from 'vitest';
import { makeRows, noItems } from '../../../lambda/days/rows.ts';
import {
  findMonth,
  makeSimDay,
  type SimPeriod,
  type SimUsage,
  sumBytes,
} from '../../../lambda/days/sim-days.ts';
import { DecimalSum } from '../../../lambda/json/decimal-sum.ts';
import { measureItem } from '../../../lambda/store/items.ts';
import { decodeSimPeriod, encodeSimPeriod } from '../../../lambda/store/sim-day-items.ts';
import { SimDayStore } from '../../../lambda/store/sim-days.ts';
import { asClient, MemoryDynamoDb, type Sender } from '../../property/memory-dynamodb.ts';
import { faultTrials, timeLimit, trials } from '../../property/trials.ts';
import { makeUsage, sim, usageAroundMidnight } from '../days/records.ts';
import { runningTables } from './running-tables.ts';

const tables = runningTables();
let store: SimDayStore;

beforeEach(async () => {
  await tables.clear('SimDays');
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
    expect(await store.readDays('other', '2026-11-01', '2026-11-30')).toEqual([]);
  });

  it('keep the greatest revision', async () => {
    for (const [bytes, revision] of [
      [5, 2],
      [6, 1],
      [7, 3],
    ] as const) {
      await store.put([makeDay('2026-11-02', bytes)], revision);
    }
    expect(await store.readDays(sim, '2026-11-02', '2026-11-02')).toEqual([stored(makeDay('2026-11-02', 7))]);
  });

  it('without any activity are no longer listed, and do not count in a month', async () => {
    await store.put([makeDay('2026-11-02', 5)], 1);
    await store.put([makeDay('2026-11-02', 0)], 2);
    expect([
      await store.readDays(sim, '2026-11-01', '2026-11-30'),
      await store.sumMonth([sim], '2026-11'),
    ]).toEqual([[], new Map([[sim, 0n]])]);
  });

  it('are added up by month, each month with its own days', async () => {
    const days = ['2026-10-31', '2026-11-01', '2026-11-30', '2026-12-01'];
    await store.put(
      days.map((day, at) => makeDay(day, 10 ** at)),
      1,
    );
    await store.put([makeDay('2026-11-30', 2 ** 53 - 1, { sim: 'other' })], 1);
    expect(await store.sumMonth([sim, 'other', 'third'], '2026-11')).toEqual(
      new Map([
        [sim, 110n],
        ['other', 2n ** 53n - 1n],
        ['third', 0n],
      ]),
    );
  });
});

describe('a SIM-day that is made again', () => {
  const day = '2026-11-02';

  it('is compared with the stored one regardless of its revision', async () => {
    await store.put([makeDay(day, 5)], 3);
    const found = await Promise.all(
      [makeDay(day, 5), makeDay(day, 6), makeDay(day, 0), makeDay('2026-11-03', 5)].map((one) =>
        store.holds(one),
      ),
    );
    expect(found).toEqual([true, false, false, false]);
  });

  it('need not be stored if nothing happened, and does not count if a partial pass made it', async () => {
    await store.putPartial([makeDay(day, 5)], `${day}T06:00:00.000Z`);
    expect([
      await store.holds(makeDay(day, 5)),
      await store.holds(makeDay(day, 0)),
      await store.holds(makeDay('2026-11-03', 0)),
    ]).toEqual([false, true, true]);
    await store.put([makeDay(day, 0)], 1);
    expect(await store.holds(makeDay(day, 0))).toBe(true);
  });
});

describe('SIM-days of partial passes', () => {
  const [six, noon] = ['2026-11-02T06:00:00.000Z', '2026-11-02T12:00:00.000Z'];
  const partial = (period: SimPeriod, asOf: string) => ({ ...stored(period), asOf });

  it('state their time, and a later one replaces an earlier one', async () => {
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

  it('never replace the SIM-day of a closed day, and are replaced by that', async () => {
    await store.putPartial([makeDay('2026-11-02', 5)], six);
    await store.put([makeDay('2026-11-02', 6)], 1);
    await store.putPartial([makeDay('2026-11-02', 7)], noon);
    expect(await store.readDays(sim, '2026-11-01', '2026-11-30')).toEqual([stored(makeDay('2026-11-02', 6))]);
  });

  it('count in a month only if their day is named', async () => {
    await store.putPartial([makeDay('2026-11-02', 5)], six);
    await store.putPartial([makeDay('2026-11-03', 7)], six);
    await store.put([makeDay('2026-11-01', 6)], 1);
    expect([
      await store.sumMonth([sim], '2026-11'),
      await store.sumPartialMonth([sim, 'other'], '2026-11', ['2026-11-02']),
      await store.sumPartialMonth([sim], '2026-11', ['2026-11-01']),
    ]).toEqual([
      new Map([[sim, 6n]]),
      new Map([
        [sim, 11n],
        ['other', 0n],
      ]),
      new Map([[sim, 6n]]),
    ]);
  });
});

describe('a SIM-day with more combinations than fit into an item', () => {
  const dimensions = ['country', 'mcc', 'mnc', 'operatorName', 'tariff', 'rateZone'] as const;
  // Names are longer than carriers', so that fewer records fill an item.
  const manyRecords = (count: number, differing: readonly (typeof dimensions)[number][]): SimPeriod => {
    const usage = Array.from({ length: count }, (_, number) =>
      makeUsage({
        start: '2026-11-02T10:00:00.000Z',
        recordId: String(number),
        cost: `0.${number + 1}`,
        currency: number % 2 === 0 ? 'EUR' : 'USD',
        ...Object.fromEntries(differing.map((name) => [name, `${number}`.padStart(640, 'x')])),
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
    ['none', 150, ['tariff'], []],
    ['the zone', 500, ['rateZone'], ['rateZone']],
    ['zone, tariff and network', 500, ['mnc', 'tariff'], ['rateZone', 'tariff', 'network']],
    ['all but the country’s', 750, ['country'], ['rateZone', 'tariff', 'network', 'country']],
  ] as const)('leaves out dimensions, and keeps every sum: %s', (_, count, differing, leftOut) => {
    const day = manyRecords(count, differing);
    const item = encodeSimPeriod(day, 1);
    const read = decodeSimPeriod(item);
    expect(measureItem(item)).toBeLessThan(400 * 1_024);
    expect(read.leftOut).toEqual(leftOut);
    expect(sumBy(read.usage)).toEqual(sumBy(day.usage));
  });

  it('is accepted by the table', async () => {
    const day = manyRecords(500, ['rateZone']);
    await store.put([day], 1);
    const [read] = await store.readDays(sim, day.period, day.period);
    expect([read?.leftOut, read?.usageRecords]).toEqual([['rateZone'], 500]);
  });

  it('omits money if it has too many currencies, and never adds up different kinds of traffic', () => {
    const usage = Array.from({ length: 600 }, (_, number) => ({
      ...makeDay('2026-11-02', 5).usage[0],
      currency: `${number}`.padStart(640, 'x'),
      trafficType: `${number}`,
    })) as SimUsage[];
    const read = decodeSimPeriod(encodeSimPeriod({ ...makeDay('2026-11-02', 5), usage }, 1));
    expect([read.leftOut.slice(-2), read.usage]).toEqual([
      ['trafficType', 'cost'],
      [expect.objectContaining({ trafficType: 'other', dataTotal: '3000', records: 600 })],
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

/** The parts that a planted fault replaces. */
interface Parts {
  readonly change: (sender: Sender) => Sender;
  /** Stores a day, and adds up its month. */
  readonly put: (
    store: () => Promise<void>,
    sum: () => Promise<bigint | undefined>,
  ) => Promise<bigint | undefined>;
}

const sound: Parts = {
  change: (engine) => engine,
  put: async (storeDay, sum) => {
    await storeDay();
    return sum();
  },
};

/**
 * Puts all at the same time, the requests in an order of chance. Each run adds its month up after it has stored its day, as
 * buckets do: one sum must have all days as they are at last.
 */
async function playPuts(planned: readonly PlannedPut[], s: fc.Scheduler, { change, put }: Parts) {
  const engine = new MemoryDynamoDb();
  const changed = change(engine);
  const scheduled: Sender = {
    send: async (command) => {
      await s.schedule(Promise.resolve());
      return changed.send(command);
    },
  };
  const inTurn = new SimDayStore(asClient(scheduled), 'SimDays');
  const sums = new Map<string, (bigint | undefined)[]>();
  await s.waitFor(
    Promise.all(
      planned.map(async ({ usage, revision, day }) => {
        const month = findMonth(day);
        const sum = await put(
          () => inTurn.put([usage], revision),
          async () => (await inTurn.sumMonth([sim], month)).get(sim),
        );
        sums.set(month, [...(sums.get(month) ?? []), sum]);
      }),
    ),
  );
  const read = new SimDayStore(asClient(engine), 'SimDays');
  for (const [month, found] of sums) {
    const days = await read.readDays(sim, `${month}-01`, `${month}-31`);
    expect(found).toContain(days.reduce((sum, day) => sum + sumBytes(day), 0n));
    for (const { period, usage } of days) {
      const its = planned.filter(({ day }) => day === period);
      const greatest = Math.max(...its.map(({ revision }) => revision));
      const possible = its.filter(({ revision }) => revision === greatest).map((one) => one.usage.usage);
      expect(possible).toContainEqual(usage);
    }
  }
}

type PutTrials = fc.Parameters<[readonly PlannedPut[], fc.Scheduler]>;

function makeProperty(parts: Partial<Parts> = {}) {
  return fc.asyncProperty(puts, fc.scheduler(), (planned, s) => playPuts(planned, s, { ...sound, ...parts }));
}

test(
  'a sum of a month has all of its days, also when others store days at the same time',
  async () => {
    await fc.assert(makeProperty(), trials(150) as PutTrials);
  },
  timeLimit,
);

describe('the property finds', () => {
  const unconditional = (engine: Sender): Sender => ({
    send: (command) => {
      const input: object = command.input;
      if ('Item' in input)
        Object.assign(command, {
          input: { ...input, ConditionExpression: undefined, ExpressionAttributeValues: undefined },
        });
      return engine.send(command);
    },
  });

  test.each<[string, Partial<Parts>]>([
    ['days that are put whatever revision is stored', { change: unconditional }],
    [
      'months that are added up while the day is stored',
      { put: async (storeDay, sum) => (await Promise.all([sum(), storeDay()]))[0] },
    ],
  ])(
    '%s',
    async (_, parts) => {
      const { failed, errorInstance } = await fc.check(makeProperty(parts), faultTrials(400) as PutTrials);
      expect([failed, (errorInstance as Error).name]).toEqual([true, 'AssertionError']);
    },
    timeLimit,
  );
});
