import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { deliveryPlan, deliveryPlanWithin, layOut } from './delivery-path.ts';
import { differencesFromTruth, expectedRejects, truthOf } from './expectation.ts';
import { fleetOf } from './fleet.ts';
import {
  expectOneLedger,
  goesOn,
  HostilePath,
  interleaved,
  pauseOf,
  settings,
  withFaults,
} from './hostile-path.ts';
import type { Pause } from './invocation.ts';
import { seed, timeLimit, trials } from './trials.ts';
import { withoutClock } from './without-clock.ts';

const path = fc
  .record({ fleet: fleetOf(), plan: deliveryPlan })
  .map(({ fleet, plan }) => layOut(fleet, plan));

async function expectTheTruth(hostile: HostilePath, pause: Pause): Promise<void> {
  const { tables, quarantine } = await expectOneLedger(hostile, pause);
  expect(await differencesFromTruth(truthOf(hostile.path.delivered), tables)).toEqual([]);
  expect(quarantine.contents).toEqual(expectedRejects(hostile.path));
}

describe(`the ledger (seed ${seed})`, () => {
  test('is the same whatever the order, repetition, packing and way of its records', {
    timeout: timeLimit,
  }, async () => {
    withoutClock(() => goesOn);
    // Some of it older than any carrier keeps: the rows of a file are then written in another way.
    const anyDeliveryPath = fc
      .record({ fleet: fleetOf(), plan: deliveryPlanWithin(60 * 24 * 60), setting: settings })
      .map(({ fleet, plan, setting }) => new HostilePath(layOut(fleet, plan), [], setting));
    await fc.assert(
      fc.asyncProperty(anyDeliveryPath, (hostile) => expectTheTruth(hostile, goesOn)),
      trials(600),
    );
  });

  test('is the same whatever fails on the path', { timeout: timeLimit }, async () => {
    withoutClock(() => goesOn);
    await fc.assert(
      fc.asyncProperty(withFaults(path), (hostile) => expectTheTruth(hostile, goesOn)),
      trials(1_600),
    );
  });

  test('is the same whatever runs at the same time', { timeout: timeLimit }, async () => {
    let pause = goesOn;
    withoutClock(() => pause);
    await fc.assert(
      fc.asyncProperty(interleaved(path), async (hostile) => {
        pause = pauseOf(hostile);
        await expectTheTruth(hostile, pause);
      }),
      trials(1_000),
    );
  });
});
