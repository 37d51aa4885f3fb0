import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import {
  findGranule,
  type Match,
  matchesPattern,
  matchesSim,
  type Rule,
  versionRule,
} from '../../../lambda/alerts/rules.ts';
import { runs } from '../../records/runs.ts';
import { anyRule } from './arbitraries.ts';
import { hour, minute } from './records.ts';

const silent: Rule = { ...anyRule, kind: 'silent', missing: 'everything', after: 6 * hour };

describe('a rule watches', () => {
  const sim = { source: 'kore', fleet: 'HF1', name: 'van-7', country: 'DE' };
  const nothingKnown = { source: 'kore', fleet: undefined, name: undefined, country: undefined };

  it.each<[Partial<Match>, boolean, boolean]>([
    [{}, true, true],
    [{ sources: ['other', 'kore'] }, true, true],
    [{ sources: ['other'] }, false, false],
    [{ fleets: ['HF1'] }, true, false],
    [{ fleets: ['HF2'] }, false, false],
    [{ names: ['car-*', 'van-*'] }, true, false],
    [{ names: ['car-*'] }, false, false],
    [{ countries: ['DE', 'FR'] }, true, false],
    [{ countries: ['FR'] }, false, false],
    [{ sources: ['kore'], countries: ['FR'] }, false, false],
  ])('the SIMs that match %j', (match, known, unknown) => {
    const all = { ...anyRule.match, ...match };
    expect([matchesSim(all, sim), matchesSim(all, nothingKnown)]).toEqual([known, unknown]);
  });
});

describe('a pattern', () => {
  it('matches like its regular expression', () => {
    const text = fc.string({ unit: fc.constantFrom('a', 'b', '.', '-'), maxLength: 8 });
    const pattern = fc.string({ unit: fc.constantFrom('a', 'b', '.', '-', '*', '?'), maxLength: 8 });
    fc.assert(
      fc.property(pattern, text, (given, name) => {
        const expression = given.replaceAll('.', '\\.').replaceAll('*', '.*').replaceAll('?', '.');
        expect(matchesPattern(given, name)).toBe(new RegExp(`^${expression}$`).test(name));
      }),
      runs(5_000),
    );
  });

  it('with many stars needs time in proportion to the product of the lengths', () => {
    // A matcher that backtracks over each star would not finish.
    expect(matchesPattern('*a'.repeat(60), 'a'.repeat(59) + 'b'.repeat(60))).toBe(false);
  });
});

describe('the version of a rule', () => {
  it('changes with its conditions, and not with its severity', () => {
    const versions = [
      silent,
      { ...silent, severity: 'critical' } as const,
      { ...silent, name: 'other' },
      { ...silent, after: 7 * hour },
      { ...silent, recovery: minute },
      { ...silent, match: { ...silent.match, sources: ['kore'] } },
    ].map(versionRule);
    expect(versions.map((version) => versions.indexOf(version))).toEqual([0, 0, 0, 3, 4, 5]);
  });

  it('does not depend on the order of its members', () => {
    const reversed = Object.fromEntries(Object.entries(silent).reverse()) as unknown as Rule;
    expect(versionRule(reversed)).toBe(versionRule(silent));
  });
});

test.each<[readonly Rule[], number]>([
  [[], 12 * hour],
  [[silent], 3 * hour],
  [[silent, { ...anyRule, kind: 'stale-session', after: 4 * hour }], 2 * hour],
  [[{ ...silent, after: 20 * minute }], 15 * minute],
  [[{ ...silent, after: 48 * hour }], 12 * hour],
  [[silent, { ...silent, after: hour, match: { ...silent.match, sources: ['other'] } }], 3 * hour],
  [[silent, { ...silent, after: hour, match: { ...silent.match, sources: ['kore'] } }], 30 * minute],
  [[{ ...anyRule, kind: 'attach-loop', count: 3, within: hour }], 12 * hour],
])(
  'the granule of a source is half of the shortest silence that a rule of it asks for: %#',
  (rules, granule) => {
    expect(findGranule(rules, 'kore', { min: 15 * minute, max: 12 * hour })).toBe(granule);
  },
);
