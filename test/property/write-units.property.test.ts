import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { TableDefinition } from '../../lambda/store/tables.ts';
import { comparedTables, orderlyPass } from './expectation.ts';
import { fleetOf } from './fleet.ts';
import type { ItemWrite } from './memory-dynamodb.ts';
import { layOut, type Road, roadPlan } from './road.ts';
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

function byStream(road: Road): Road {
  const delivered = road.delivered.map(({ record, parcels }) => ({
    record,
    parcels: parcels.filter(({ form }) => form === 'record'),
  }));
  return { ...road, delivered };
}

const streamed = fc
  .record({ fleet: fleetOf({ mostSims: 3 }), plan: roadPlan })
  .map(({ fleet, plan }) => byStream(layOut(fleet, plan)));

/** Super SIM lives in which each record has a moment of its own. */
const steady = fc
  .record({ fleet: fleetOf({ carriers: ['twilio', 'kore'], mostSims: 1 }), plan: roadPlan })
  .map(({ fleet, plan }) => layOut(fleet, plan))
  .filter(({ delivered }) => new Set(delivered.map(({ record }) => record.at)).size === delivered.length);

describe(`the writes of records that come in order (seed ${seed})`, () => {
  test('cost one unit an item in a batch, and no condition fails', { timeout: timeLimit }, async () => {
    await fc.assert(
      fc.asyncProperty(streamed, async (road) => {
        const bill = new Bill();
        const engine = await orderlyPass(road, 'all at once', bill);
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

  test('cost one unit a session, usage record and event of a record alone, without reading them', {
    timeout: timeLimit,
  }, async () => {
    await fc.assert(
      fc.asyncProperty(steady, async (road) => {
        const bill = new Bill();
        await orderlyPass(road, 'one by one', bill);
        const records = road.delivered.map(({ record }) => record);
        const count = (isCounted: (record: (typeof records)[number]) => boolean) =>
          records.filter(isCounted).length;
        expect({
          sessions: bill.of('Sessions').items,
          usage: bill.of('Usage').items,
          events: bill.of('Events').items,
        }).toEqual({
          sessions: count((record) => record.kind === 'connection' && record.session !== undefined),
          usage: count((record) => record.kind === 'connection' && record.window !== undefined),
          events: count((record) => record.kind === 'connection' && record.type !== 'data-session.updated'),
        });
        expect(bill.of('Sessions').refused).toBe(0);
        // Its index is written when a session appears.
        const sessions = records.flatMap((record) =>
          record.kind === 'connection' ? [record.session?.sid] : [],
        );
        const distinct = new Set(sessions.filter((sid) => sid !== undefined)).size;
        expect(bill.of('Sessions').indexes).toBe(distinct);
      }),
      trials(250),
    );
  });
});
