import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { timeLimit, trials } from '../../../property/trials.ts';
import { planted } from './planted-faults.ts';
import {
  expectDays,
  type Parts,
  type PassCase,
  plans,
  playPass,
  sound,
  suspendedWriters,
} from './virtual-pass.ts';

const examples = suspendedWriters.map((given): [PassCase] => [given]);

function makeProperty(parts: Parts) {
  return fc.asyncProperty(plans, async ({ plan }) => {
    expect(await playPass(plan, parts)).toEqual(expectDays(plan));
  });
}

test(
  'rows, root, SIM-days and fleet-days are those of all records, whatever is suspended, dies, runs twice or expires',
  async () => {
    await fc.assert(makeProperty(sound), {
      ...(trials(200) as fc.Parameters<[PassCase]>),
      examples,
    });
  },
  timeLimit,
);

describe('the property finds', () => {
  test.each(Object.entries(planted))(
    '%s',
    async (_, parts) => {
      const { failed, counterexample } = await fc.check(makeProperty({ ...sound, ...parts }), {
        ...(trials(1_000) as fc.Parameters<[PassCase]>),
        examples,
        endOnFailure: true,
      });
      expect([failed, counterexample === null]).toEqual([true, false]);
    },
    timeLimit,
  );
});
