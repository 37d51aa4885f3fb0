import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { SessionRefresh } from '../../lambda/ledger/source.ts';
import { writeModes } from '../../lambda/store/ledger-tables.ts';
import type { TableDefinition } from '../../lambda/store/tables.ts';
import { provideSim } from '../../simulator/identity.ts';
import { Random } from '../../simulator/random.ts';
import { type ConnectionEvent, hour, minute } from '../../simulator/records.ts';
import { refreshesHourly } from '../../simulator/truth.ts';
import { type DeliveryPath, type DeliveryPlan, deliveryPlan, inSetting, layOut } from './delivery-path.ts';
import { comparedTables, orderlyPass, tablesOf } from './expectation.ts';
import { fleetOf, type ModelFleet } from './fleet.ts';
import type { ItemWrite } from './memory-dynamodb.ts';
import { seed, timeLimit, trials } from './trials.ts';
import { indexUnits, unitsOf } from './write-units.ts';

/** What an orderly day costs: records that come once, by stream, in the order of what happened. */

/** Units of a table's writes, and of its indexes. */
interface Cost {
  items: number;
  indexes: number;
  /** Writes whose condition failed. */
  refused: number;
}

/** Watches an engine and adds up what its writes cost. */
class Bill {
  readonly costs = new Map<string, Cost>();

  readonly onWrite = ({ table, before, after }: ItemWrite): void => {
    const cost = this.of(table.name);
    cost.items += Math.max(unitsOf(before), unitsOf(after));
    cost.indexes += indexUnits(table, before, after);
  };

  readonly onRefusal = ({ name }: TableDefinition): void => {
    this.of(name).refused += 1;
  };

  of(table: string): Cost {
    const cost = this.costs.get(table) ?? { items: 0, indexes: 0, refused: 0 };
    this.costs.set(table, cost);
    return cost;
  }
}

function byStream(path: DeliveryPath): DeliveryPath {
  const delivered = path.delivered.map(({ record, parcels }) => ({
    record,
    parcels: parcels.filter(({ form }) => form === 'record'),
  }));
  return { ...path, delivered };
}

const streamed = fc
  .record({ fleet: fleetOf({ maxSims: 3 }), plan: deliveryPlan })
  .map(({ fleet, plan }) => byStream(layOut(fleet, plan)));

/** Super SIM lives without two records of the same moment. */
function steady(sessionRefresh: SessionRefresh): fc.Arbitrary<DeliveryPath> {
  return fc
    .record({ fleet: fleetOf({ carriers: ['twilio', 'kore'], maxSims: 1 }), plan: deliveryPlan })
    .map(({ fleet, plan }) => layOut(inSetting(fleet, sessionRefresh), plan))
    .filter(({ delivered }) => new Set(delivered.map(({ record }) => record.at)).size === delivered.length);
}

/** The events that a setting has their session written by. */
const writesSession: Readonly<Record<SessionRefresh, (event: ConnectionEvent) => boolean>> = {
  update: ({ session }) => session !== undefined,
  hourly: (event) => event.session !== undefined && refreshesHourly(event),
};

/** Each record once, by stream. */
const wholePath: DeliveryPlan = {
  copies: [[{ when: 0, lane: 0, byFile: false }]],
  bodies: [{ size: 1, shape: 'single' }],
  batches: [1],
  again: [0],
  broken: [],
  testEvents: [],
  files: {
    byteOrderMark: false,
    carriageReturns: false,
    drops: [],
    chunk: 65_536,
    shortTimes: [false],
    blockBytes: 65_536,
  },
};

/** A day of a Super SIM that is always on: an update every six minutes, in a session that began a day before. */
function alwaysOn(sessionRefresh: SessionRefresh): DeliveryPath {
  const sim = provideSim(0, new Random(1));
  const from = Date.parse('2026-10-05T00:03:00.000Z');
  const session = { sid: `PI${'0'.repeat(32)}`, start: from - 24 * hour };
  const updates = Array.from({ length: 240 }, (_, index): ConnectionEvent => {
    const start = from + index * 6 * minute;
    const total = 1_000 * (240 + index + 1);
    return {
      ...{ kind: 'connection', type: 'data-session.updated', sim, session, at: start + 6 * minute },
      eventSid: `EZ${String(index).padStart(32, '0')}`,
      window: { start, up: 600, down: 400 },
      runningTotal: { up: 0.6 * total, down: 0.4 * total },
    };
  });
  const fleet: ModelFleet = { number: 0, lives: [{ source: sim.carrier, records: updates }] };
  return layOut(inSetting(fleet, sessionRefresh), wholePath);
}

describe(`the writes of records that come in order (seed ${seed})`, () => {
  test('cost one unit an item in a batch, and no condition fails', { timeout: timeLimit }, async () => {
    await fc.assert(
      fc.asyncProperty(streamed, async (path) => {
        const bill = new Bill();
        const engine = await orderlyPass(path, 'all at once', bill);
        const items = comparedTables.map((table) => engine.items(table).length);
        expect(comparedTables.map((table) => bill.of(table).items)).toEqual(items);
        expect(comparedTables.map((table) => bill.of(table).refused)).toEqual([0, 0, 0, 0]);
        // Sessions have one index, SIMs three, and only names that are there are indexed.
        expect(bill.of('Sessions').indexes).toBe(engine.items('Sessions').length);
        const names = engine.items('Sims').flatMap(({ simSid, simId, simName }) => [simSid, simId, simName]);
        expect(bill.of('Sims').indexes).toBe(names.filter((name) => name !== undefined).length);
        expect(bill.of('Usage').indexes + bill.of('Events').indexes).toBe(0);
      }),
      trials(400),
    );
  });

  test('cost the same where usage expires', { timeout: timeLimit }, async () => {
    await fc.assert(
      fc.asyncProperty(streamed, fc.constantFrom(...writeModes), async (path, writes) => {
        const [kept, expiring] = [new Bill(), new Bill()];
        await orderlyPass(path, 'all at once', kept, writes);
        const engine = await orderlyPass(path, 'all at once', expiring, writes, 35);
        expect(expiring.of('Usage')).toEqual(kept.of('Usage'));
        expect(engine.items('Usage').filter(({ expiresAt }) => expiresAt === undefined)).toEqual([]);
      }),
      trials(150),
    );
  });

  test('cost the same in batched writes, but for one unit more an item at most', {
    timeout: timeLimit,
  }, async () => {
    await fc.assert(
      fc.asyncProperty(streamed, fc.constantFrom('all at once', 'one by one'), async (path, cut) => {
        const [single, batched] = [new Bill(), new Bill()];
        const expected = tablesOf(await orderlyPass(path, cut, single, 'single'));
        const tables = tablesOf(await orderlyPass(path, cut, batched, 'batched'));
        expect(tables).toEqual(expected);
        for (const table of comparedTables) {
          const { refused: refusedBefore, ...costs } = single.of(table);
          const { refused, ...same } = batched.of(table);
          expect(same).toEqual(costs);
          expect(refused - refusedBefore).toBeLessThanOrEqual(tables[table].length);
        }
      }),
      trials(150),
    );
  });

  test.each(['update', 'hourly'] as const)(
    'cost one unit a session that is written by "%s", a usage record and an event of a record alone, without reading them',
    {
      timeout: timeLimit,
    },
    async (setting) => {
      await fc.assert(
        fc.asyncProperty(steady(setting), async (path) => {
          const bill = new Bill();
          await orderlyPass(path, 'one by one', bill);
          const records = path.delivered.map(({ record }) => record);
          const count = (isCounted: (record: (typeof records)[number]) => boolean) =>
            records.filter(isCounted).length;
          expect({
            sessions: bill.of('Sessions').items,
            usage: bill.of('Usage').items,
            events: bill.of('Events').items,
          }).toEqual({
            sessions: count((record) => record.kind === 'connection' && writesSession[setting](record)),
            usage: count((record) => record.kind === 'connection' && record.window !== undefined),
            events: count((record) => record.kind === 'connection' && record.type !== 'data-session.updated'),
          });
          expect(bill.of('Sessions').refused).toBe(0);
          // Its index is written when a session appears.
          const sessions = records.flatMap((record) =>
            record.kind === 'connection' && writesSession[setting](record) ? [record.session?.sid] : [],
          );
          const distinct = new Set(sessions.filter((sid) => sid !== undefined)).size;
          expect(bill.of('Sessions').indexes).toBe(distinct);
        }),
        trials(250),
      );
    },
  );

  test.each([
    ['update', 240, 4],
    ['hourly', 24, 97],
  ] as const)(
    'of a day’s 240 updates of a Super SIM that is always on write the session by "%s" %i times',
    async (setting, sessions, sims) => {
      const bill = new Bill();
      await orderlyPass(alwaysOn(setting), 'one by one', bill);
      const costs = Object.fromEntries(bill.costs);
      expect(costs).toEqual({
        Sessions: { items: sessions, indexes: 1, refused: 0 },
        Usage: { items: 240, indexes: 0, refused: 0 },
        // Its names, of which it is reminded once a day, and its marks: in a day two granules of 12 hours end, or 96 of
        // 15 minutes. Its names are indexed.
        Sims: { items: sims, indexes: 2, refused: 0 },
      });
    },
  );
});
