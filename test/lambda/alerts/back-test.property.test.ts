import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { BackTest, findTrueAlerts } from '../../../lambda/alerts/back-test.ts';
import { joinSpans } from '../../../lambda/alerts/span.ts';
import { findSpans } from '../../../lambda/alerts/spans.ts';
import { runs } from '../../records/runs.ts';
import { known, rule, watermark } from './arbitraries.ts';
import { at, minute } from './records.ts';

/** A rule with a pending time and a recovery time. */
const ruleWithTimes = fc
  .tuple(rule, fc.nat({ max: 10 }), fc.nat({ max: 10 }))
  .map(([given, pending, recovery]) => ({
    ...given,
    pending: pending * minute,
    recovery: recovery * minute,
  }));

describe('a back-test', () => {
  test('counts each alert once, so that two adjacent ranges have the alerts of both together', () => {
    let counted = 0;
    fc.assert(
      fc.property(
        ruleWithTimes,
        known,
        watermark,
        fc.integer({ min: 1, max: 100 }),
        (given, records, minutes, more) => {
          const [begin, middle, end] = [at(-100), at(minutes), at(minutes + more)];
          const first = findTrueAlerts(given, records, { from: begin, to: middle });
          const second = findTrueAlerts(given, records, { from: middle + 1, to: end });
          const whole = findTrueAlerts(given, records, { from: begin, to: end });
          expect([...first, ...second].map(({ from }) => from)).toEqual(whole.map(({ from }) => from));
          // The alerts that are due at a time are those that a sweep finds at that time.
          expect(whole).toHaveLength(joinSpans(findSpans(given, records, end), given, end).length);
          counted += whole.length;
        },
      ),
      runs(500),
    );
    expect(counted).toBeGreaterThan(runs(100).numRuns);
  });

  test('has the same sums in any order of SIMs', () => {
    const perSim = fc.array(
      fc.record({
        sim: fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f', 'g'),
        alerts: fc.array(
          fc.record({
            from: fc.nat({ max: 9 }),
            to: fc.option(fc.integer({ min: 9, max: 20 }), { nil: undefined }),
            isFinal: fc.boolean(),
          }),
          { maxLength: 3 },
        ),
      }),
    );
    const shuffled = perSim.chain((all) =>
      fc.tuple(fc.constant(all), fc.shuffledSubarray(all, { minLength: all.length })),
    );
    fc.assert(
      fc.property(rule, shuffled, (given, [one, other]) => {
        const [a, b] = [one, other].map((order) => {
          const backTest = new BackTest([given], { from: 0, to: 15 });
          for (const { sim, alerts } of order) backTest.addTrue(given.name, sim, alerts);
          return backTest.list();
        });
        expect(a).toEqual(b);
        const final = one.flatMap(({ alerts }) => alerts.filter(({ isFinal }) => isFinal));
        expect(a?.[0]?.final).toBe(final.length);
        expect(a?.[0]?.found).toBe(one.reduce((sum, { alerts }) => sum + alerts.length, 0));
      }),
    );
  });
});
