import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Nominees } from '../../../../lambda/alerts/sweep/nominees.ts';
import {
  findJudgedMarks,
  findPlace,
  type Judged,
  type JudgedMarks,
  measureDistance,
  noteJudged,
} from '../../../../lambda/alerts/sweep/order.ts';
import type { WatchedSim } from '../../../../lambda/alerts/sweep/watched-sim.ts';
import { runs } from '../../../records/runs.ts';

/** Sweeps that run out of time, fail and are repeated, compared with what was really judged. */

const places = 2 ** 32;

/** One sweep: how many SIMs it has time for, whether one fails, and the watermark. */
const sweeps = fc.array(
  fc.record({
    time: fc.integer({ min: 0, max: 12 }),
    hasFailed: fc.boolean(),
    watermark: fc.integer({ min: 0, max: 50 }),
  }),
  { minLength: 1, maxLength: 30 },
);
const fleets = fc.uniqueArray(fc.integer({ min: 0, max: places - 1 }), { minLength: 1, maxLength: 10 });

/** The order in which a sweep judges, and the state that it leaves. */
function sweepOnce(
  before: Judged,
  fleet: readonly number[],
  { time, hasFailed, watermark, now }: { time: number; hasFailed: boolean; watermark: number; now: number },
): { readonly judged: readonly number[]; readonly after: Judged } {
  const start = before.resumeAt ?? 0;
  const order = fleet.toSorted((a, b) => measureDistance(start, a) - measureDistance(start, b));
  const judged = order.slice(0, time);
  const after = noteJudged(before, { watermark, now, stoppedAt: order[time], hasFailed });
  return { judged, after };
}

describe('how far SIMs are judged', () => {
  test('is never ahead of what sweeps have judged, whatever time they had', () => {
    fc.assert(
      fc.property(fleets, sweeps, (fleet, list) => {
        const judgedAt = new Map<number, { readonly watermark: number; readonly now: number }[]>();
        let state: Judged = { judgedThrough: undefined, sweptAt: undefined };
        for (const [now, one] of list.entries()) {
          const { judged, after } = sweepOnce(state, fleet, { ...one, now });
          // After a sweep that failed for some SIM it may be any SIM, so none counts.
          if (!one.hasFailed) {
            for (const place of judged) {
              judgedAt.set(place, [...(judgedAt.get(place) ?? []), { watermark: one.watermark, now }]);
            }
          }
          state = after;
          for (const place of fleet) {
            const { judgedThrough, sweptAt } = findJudgedMarks(state, place);
            if (judgedThrough === undefined || sweptAt === undefined) continue;
            const isJudged = judgedAt
              .get(place)
              ?.some((judging) => judging.now >= sweptAt && judging.watermark >= judgedThrough);
            expect(isJudged).toBe(true);
          }
        }
      }),
      runs(2_000),
    );
  });

  test('covers all SIMs in as many sweeps as needed, and the remaining ones come first', () => {
    fc.assert(
      fc.property(fleets, fc.integer({ min: 1, max: 4 }), (fleet, time) => {
        let state: Judged = { judgedThrough: undefined, sweptAt: undefined };
        const seen: number[] = [];
        const rounds = Math.ceil(fleet.length / time);
        for (let now = 1; now <= rounds; now += 1) {
          const { judged, after } = sweepOnce(state, fleet, { time, hasFailed: false, watermark: now, now });
          seen.push(...judged);
          state = after;
        }
        expect(seen.slice(0, fleet.length)).toEqual(fleet.toSorted((a, b) => a - b));
        expect(findJudgedMarks(state, fleet[0] ?? 0).sweptAt).toBeGreaterThanOrEqual(1);
        expect(state.judgedThrough).toBe(1);
      }),
    );
  });

  test('continues after a SIM that can never be judged', () => {
    const fleet = [1, 2, 3, 4];
    let state: Judged = { judgedThrough: 0, sweptAt: 0 };
    const seen: number[] = [];
    for (let now = 1; now <= 2; now += 1) {
      const { judged, after } = sweepOnce(state, fleet, { time: 2, hasFailed: true, watermark: now, now });
      seen.push(...judged);
      state = after;
    }
    expect(seen).toEqual(fleet);
    const nothing: JudgedMarks = { judgedThrough: 0, sweptAt: 0 };
    expect(fleet.map((place) => findJudgedMarks(state, place))).toEqual(fleet.map(() => nothing));
  });
});

function makeNominee(number: number) {
  const sim = `8988280666${String(number).padStart(9, '0')}`;
  return {
    sim: { sim, place: findPlace(sim), source: `source-${number % 3}` } as WatchedSim,
    rules: ['silent'],
  };
}

describe('the SIMs that a sweep is to judge', () => {
  test('are the first in the order, with the number of the others and where they begin', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.integer({ min: 0, max: 1_000 }), { maxLength: 60 }),
        fc.integer({ min: 1, max: 20 }),
        fc.nat(places - 1),
        (numbers, limit, start) => {
          const all = numbers.map(makeNominee);
          const nominees = new Nominees(limit);
          for (const one of all) nominees.add(one, start);
          const ordered = all.toSorted(
            (a, b) => measureDistance(start, a.sim.place) - measureDistance(start, b.sim.place),
          );
          const kept = ordered.slice(0, limit);
          const left = ordered.slice(limit);
          expect(nominees.take().map(({ sim }) => sim.sim)).toEqual(kept.map(({ sim }) => sim.sim));
          expect(nominees.leftSims).toBe(left.length);
          expect([...nominees.leftRules]).toEqual(left.length === 0 ? [] : ['silent']);
          for (const source of ['source-0', 'source-1', 'source-2']) {
            const first = left.find(({ sim }) => sim.source === source);
            expect(nominees.findStop(source)).toBe(first?.sim.place);
          }
        },
      ),
    );
  });
});
