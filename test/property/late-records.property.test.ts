import fc from 'fast-check';
import { expect, test } from 'vitest';
import { FenceTable } from '../../lambda/store/day-fence.ts';
import type { Item } from '../../lambda/store/items.ts';
import { deliveryPlan, layOut } from './delivery-path.ts';
import { orderlyPass, tablesOf } from './expectation.ts';
import { fleetOf } from './fleet.ts';
import { expectEqual, goesOn, type HostilePath, interleaved, pauseOf, withFaults } from './hostile-path.ts';
import type { Pause } from './invocation.ts';
import { asClient, type ItemWrite, MemoryDynamoDb } from './memory-dynamodb.ts';
import { seed, timeLimit, trials } from './trials.ts';
import { withoutClock } from './without-clock.ts';

/**
 * Records of days that are closed already, on the hostile path: whatever fails, each item is marked before it is written,
 * and the tables are what they would be if no day were closed.
 */

const path = fc
  .record({ fleet: fleetOf(), plan: deliveryPlan })
  .map(({ fleet, plan }) => layOut(fleet, plan));

/** The days of a fleet's records; one of them is the last that is closed. */
function chooseDay({ path: { delivered } }: HostilePath, choice: number): string {
  const days = [...new Set(delivered.map(({ record }) => new Date(record.at).toISOString().slice(0, 10)))];
  return days.sort()[choice % Math.max(days.length, 1)] ?? '2026-11-02';
}

/** The markers that must stand when an item is written: at least one of them. Undefined where none must. */
function listMarkers(
  { table, before, after }: ItemWrite,
  closedThrough: string,
): readonly string[] | undefined {
  const isClosed = (time: string | undefined) => time !== undefined && time.slice(0, 10) <= closedThrough;
  const sim = after['sim']?.S;
  if (table.name === 'Usage' || table.name === 'Events') {
    const time = after[table.name === 'Usage' ? 'start' : 'time']?.S;
    return isClosed(time) ? [`${sim} ${time?.slice(0, 10)}`] : undefined;
  }
  if (table.name !== 'Sessions' || !isClosed(after['lastUpdated']?.S)) return undefined;
  if (!isClosed(after['end']?.S) && !isClosed(before?.['end']?.S)) return undefined;
  return [`${sim} ${after['sessionId']?.S}`];
}

function nameMarker({ sim, day, sessionId }: Item): string {
  return `${sim?.S} ${sessionId?.S ?? day?.S}`;
}

let marked = 0;

async function expectMarkers(hostile: HostilePath, pause: Pause, choice: number): Promise<void> {
  const closedThrough = chooseDay(hostile, choice);
  const engine = new MemoryDynamoDb();
  await new FenceTable(asClient(engine), 'DayState').advance(closedThrough);
  const unmarked: string[] = [];
  engine.onWrite = (write) => {
    const wanted = listMarkers(write, closedThrough);
    if (wanted === undefined) return;
    marked += 1;
    const standing = engine.items('DayMarkers').map(nameMarker);
    if (!wanted.some((name) => standing.includes(name))) unmarked.push(JSON.stringify(write.after));
  };
  await hostile.deliver(engine, pause);
  expect(unmarked).toEqual([]);
  expectEqual(tablesOf(engine), tablesOf(await orderlyPass(hostile.path, 'all at once')));
}

test(`each item of a closed day is marked before it is written, whatever fails (seed ${seed})`, {
  timeout: timeLimit,
}, async () => {
  withoutClock(() => goesOn);
  marked = 0;
  await fc.assert(
    fc.asyncProperty(withFaults(path), fc.nat(), (hostile, choice) => expectMarkers(hostile, goesOn, choice)),
    trials(500),
  );
  expect(marked).toBeGreaterThan(1_000);
});

test(`each item of a closed day is marked before it is written, whatever runs at the same time (seed ${seed})`, {
  timeout: timeLimit,
}, async () => {
  let pause = goesOn;
  withoutClock(() => pause);
  await fc.assert(
    fc.asyncProperty(interleaved(path), fc.nat(), async (hostile, choice) => {
      pause = pauseOf(hostile);
      await expectMarkers(hostile, pause, choice);
    }),
    trials(300),
  );
});
