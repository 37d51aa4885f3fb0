import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import { type DeliveryPlan, deliveryPlan, layOut } from './delivery-path.ts';
import { expectedRejects, orderlyPass, tablesOf } from './expectation.ts';
import { fleetOf } from './fleet.ts';
import { expectEqual, goesOn, withFaults } from './hostile-path.ts';
import { dynoxideProgram, type HttpEngine, startDynalite, startDynoxide } from './http-engines.ts';
import { seed, timeLimit, trials } from './trials.ts';

/**
 * The same promise over HTTP, on engines that others wrote: what a hostile path leaves in their tables equals what an
 * orderly one leaves in the engine in memory, so that each engine also checks the other.
 */

/** Fleets share an engine; each has SIMs of its own. */
let fleets = 0;

/** Requests take their time here, so that paths are shorter. */
function shorter(plan: DeliveryPlan): DeliveryPlan {
  return { ...plan, copies: plan.copies.map((copies) => copies.slice(0, 2)) };
}

const path = fc
  .record({
    fleet: fleetOf({ number: () => ++fleets, maxSims: 2, withUsers: false }),
    plan: deliveryPlan.map(shorter),
  })
  .map(({ fleet, plan }) => layOut(fleet, plan));

const dynoxide = dynoxideProgram();

describe.each([
  { name: 'dynalite', start: startDynalite },
  { name: 'Dynoxide', start: dynoxide === undefined ? undefined : () => startDynoxide(dynoxide) },
])(`the ledger in $name (seed ${seed})`, ({ start }) => {
  let engine: HttpEngine | undefined;

  beforeAll(async () => {
    engine = await start?.();
  });
  afterAll(() => engine?.stop());

  test('is the same whatever fails on the path', { timeout: timeLimit }, async ({ skip }) => {
    skip(start === undefined, 'npm install --no-save @dynoxide/linux-x64, or DYNOXIDE names the program');
    // A process that backs off waits for the shortest time.
    vi.spyOn(Math, 'random').mockReturnValue(0);
    onTestFinished(() => void vi.restoreAllMocks());
    await fc.assert(
      fc.asyncProperty(withFaults(path), async (hostile) => {
        if (engine === undefined) throw new Error('The engine is not started');
        const quarantine = await hostile.deliver(engine, goesOn, 'at once');
        const sims = new Set(hostile.path.delivered.map(({ record }) => record.sim?.sim ?? ''));
        const expected = tablesOf(await orderlyPass(hostile.path, 'all at once'));
        expectEqual(await engine.tablesOf([...sims]), expected);
        expect(quarantine.contents).toEqual(expectedRejects(hostile.path));
      }),
      trials(300),
    );
  });
});
