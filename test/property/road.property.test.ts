import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { differencesFromTruth, expectedRejects, truthOf } from './expectation.ts';
import { fleetOf } from './fleet.ts';
import { expectOneLedger, goesOn, HostileRoad, interleaved, pauseOf, withFaults } from './hostile-road.ts';
import type { Pause } from './invocation.ts';
import { layOut, roadPlan, roadPlanWithin } from './road.ts';
import { seed, timeLimit, trials } from './trials.ts';
import { withoutClock } from './without-clock.ts';

const road = fc.record({ fleet: fleetOf(), plan: roadPlan }).map(({ fleet, plan }) => layOut(fleet, plan));

async function expectTheTruth(hostile: HostileRoad, pause: Pause): Promise<void> {
  const { tables, quarantine } = await expectOneLedger(hostile, pause);
  expect(await differencesFromTruth(truthOf(hostile.road.delivered), tables)).toEqual([]);
  expect(quarantine.contents).toEqual(expectedRejects(hostile.road));
}

describe(`the ledger (seed ${seed})`, () => {
  test('is the same whatever the order, repetition, packing and way of its records', {
    timeout: timeLimit,
  }, async () => {
    withoutClock(() => goesOn);
    // Some of it older than any carrier keeps: the rows of a file are then written in another way.
    const anyRoad = fc
      .record({ fleet: fleetOf(), plan: roadPlanWithin(60 * 24 * 60) })
      .map(({ fleet, plan }) => layOut(fleet, plan));
    await fc.assert(
      fc.asyncProperty(anyRoad, (laid) => expectTheTruth(new HostileRoad(laid, [], true), goesOn)),
      trials(600),
    );
  });

  test('is the same whatever fails on the road', { timeout: timeLimit }, async () => {
    withoutClock(() => goesOn);
    await fc.assert(
      fc.asyncProperty(withFaults(road), (hostile) => expectTheTruth(hostile, goesOn)),
      trials(1_600),
    );
  });

  test('is the same whatever runs at the same time', { timeout: timeLimit }, async () => {
    let pause = goesOn;
    withoutClock(() => pause);
    await fc.assert(
      fc.asyncProperty(interleaved(road), async (hostile) => {
        pause = pauseOf(hostile);
        await expectTheTruth(hostile, pause);
      }),
      trials(1_000),
    );
  });
});
