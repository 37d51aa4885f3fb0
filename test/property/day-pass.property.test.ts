import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import { expectDays } from '../lambda/days/pass/expected-days.ts';
import { type PassCase, plans } from '../lambda/days/pass/pass-plans.ts';
import { planted } from '../lambda/days/pass/planted-faults.ts';
import { type Parts, playPass, sound } from '../lambda/days/pass/virtual-pass.ts';
import { faultTrials, timeLimit, trials } from './trials.ts';

// As cheap as the pass itself, so that it can be tried often. stored-pass.property.test.ts has the files that are deployed.
vi.mock('../../lambda/days/parquet.ts', () => import('../lambda/days/pass/json-files.ts'));

function makeProperty(parts: Parts) {
  return fc.asyncProperty(plans, async ({ plan }) => {
    expect(await playPass(plan, parts)).toEqual(expectDays(plan));
  });
}

test(
  'rows, root, SIM-days and fleet-days are those of all records, whatever is suspended, dies, runs twice or expires',
  async () => {
    await fc.assert(makeProperty(sound), trials(1_350) as fc.Parameters<[PassCase]>);
  },
  timeLimit,
);

/** Of faults that few plans show. */
const quickSeeds: Readonly<Record<string, number>> = {
  'a day that is read as soon as the fence moves': 20261112,
  'markers that are removed as soon as they are found': 20261110,
};

describe('the property finds', () => {
  test.each(Object.entries(planted))(
    '%s',
    async (name, parts) => {
      const { failed, counterexample } = await fc.check(
        makeProperty({ ...sound, ...parts }),
        faultTrials(3_000, quickSeeds[name]) as fc.Parameters<[PassCase]>,
      );
      expect([failed, counterexample === null]).toEqual([true, false]);
    },
    timeLimit,
  );
});
