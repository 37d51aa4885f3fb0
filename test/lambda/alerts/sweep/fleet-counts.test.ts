import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { countedSilences, FleetCounts } from '../../../../lambda/alerts/sweep/fleet-counts.ts';
import type { WatchedSim } from '../../../../lambda/alerts/sweep/watched-sim.ts';
import { runs } from '../../../records/runs.ts';

const now = Date.parse('2026-11-03T12:00:00Z');
const hour = 3_600_000;

describe('the counts of a fleet', () => {
  test('have each SIM once by country or network code, for each duration of silence', () => {
    const place = fc.constantFrom<Pick<WatchedSim, 'country' | 'network'>>(
      { country: 'DE', network: '262-01' },
      { country: 'DE', network: undefined },
      { country: undefined, network: '262-01' },
      { country: undefined, network: '208-' },
      { country: undefined, network: undefined },
    );
    const sim = fc.record({ place, age: fc.option(fc.integer({ min: 0, max: 800 }), { nil: undefined }) });
    fc.assert(
      fc.property(fc.array(sim, { maxLength: 60 }), (sims) => {
        const counts = new FleetCounts(now);
        for (const { place: where, age } of sims)
          counts.add({ ...where, bytesAt: age === undefined ? undefined : now - age * hour } as WatchedSim);
        const listed = counts
          .list()
          .map(({ country, mcc, sims: count, silent }) => [country ?? mcc ?? 'unknown', [count, ...silent]]);
        const names = sims.map(
          ({ place: { country, network } }) => country ?? network?.slice(0, 3) ?? 'unknown',
        );
        const expected = [...new Set(names)].map((name) => {
          const ages = sims
            .filter((_, index) => names[index] === name)
            .map(({ age = Number.POSITIVE_INFINITY }) => age);
          const silent = countedSilences.map(([, milliseconds]) =>
            ages.filter((age) => age * hour >= milliseconds),
          );
          return [name, [ages.length, ...silent.map(({ length }) => length)]];
        });
        expect(Object.fromEntries(listed)).toEqual(Object.fromEntries(expected));
        expect(listed).toHaveLength(expected.length);
      }),
      runs(50),
    );
  });

  test('have a bounded size, whatever carriers write instead of codes', () => {
    const counts = new FleetCounts(now);
    for (let number = 0; number < 2_000; number += 1)
      counts.add({ country: undefined, network: `x${number}-`, bytesAt: now } as WatchedSim);
    const listed = counts.list();
    expect(listed).toHaveLength(1_001);
    expect(listed.at(-1)).toEqual({
      ...{ country: undefined, mcc: undefined, sims: 1_000 },
      silent: [0, 0, 0, 0, 0, 0],
    });
  });
});
