import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import { planted } from '../lambda/days/pass/planted-faults.ts';
import {
  expectDays,
  type Parts,
  type PassCase,
  plans,
  playPass,
  sound,
} from '../lambda/days/pass/virtual-pass.ts';
import { timeLimit, trials } from './trials.ts';

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
    await fc.assert(makeProperty(sound), trials(Number(process.env['PROF_RUNS'] ?? '200')) as fc.Parameters<[PassCase]>);
  },
  timeLimit,
);

