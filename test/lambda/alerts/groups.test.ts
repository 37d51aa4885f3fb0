import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import {
  type CountAlive,
  changeGroups,
  type Group,
  type GroupChanges,
  type GroupDimension,
  type SilentSim,
} from '../../../lambda/alerts/groups.ts';
import { runs } from '../../records/runs.ts';
import { at, hour, minute } from './records.ts';

const rule = { name: 'silent', after: 6 * hour };

function makeSims(
  count: number,
  values: Partial<Record<GroupDimension, string>>,
  {
    prefix = 'sim',
    from = (index: number) => index % 60,
  }: { prefix?: string; from?: (index: number) => number } = {},
): SilentSim[] {
  return Array.from({ length: count }, (_, index) => ({
    episode: `${prefix}-${String(index).padStart(5, '0')}`,
    from: at(from(index)),
    values,
    group: undefined,
  }));
}

/** The same number of active SIMs for each value, at any time. */
const alive =
  (counts: Readonly<Record<string, number>>): CountAlive =>
  (_, value) =>
    counts[value] ?? 0;

/** SIMs after the changes are written. */
function applyJoins(sims: readonly SilentSim[], { joined }: GroupChanges): SilentSim[] {
  const groups = new Map(joined.map(({ episode, group }) => [episode, group]));
  return sims.map((sim) => ({ ...sim, group: groups.get(sim.episode) ?? sim.group }));
}

function describeGroup({ dimension, value, common, state }: Group) {
  return { dimension, value, common, state };
}

test('5,000 devices lost with one network over an hour cause one incident, and no device pages', () => {
  const values = { network: '262-01', country: 'DE', source: 'fleet' };
  const sims = makeSims(5_000, values);
  const counts = alive({ '262-01': 6_000, DE: 20_000, fleet: 100_000 });
  let groups: readonly Group[] = [];
  let silent: SilentSim[] = [];
  const formed: ReturnType<typeof describeGroup>[] = [];
  const pagingAlone: number[] = [];
  // Every five minutes, a sweep finds the devices that fell silent six hours before.
  for (let minutes = 0; minutes <= 60; minutes += 5) {
    const known = new Set(silent.map(({ episode }) => episode));
    silent.push(...sims.filter(({ episode, from }) => !known.has(episode) && from <= at(minutes)));
    const changes = changeGroups(rule, groups, silent, counts);
    formed.push(
      ...changes.groups.filter(({ id }) => !groups.some((group) => group.id === id)).map(describeGroup),
    );
    const changed = new Map([...groups, ...changes.groups].map((group) => [group.id, group]));
    groups = [...changed.values()];
    silent = applyJoins(silent, changes);
    // The group wait of ten minutes has passed for devices that were found two sweeps before.
    pagingAlone.push(
      silent.filter(({ group, from }) => group === undefined && from <= at(minutes - 10)).length,
    );
  }
  expect(formed).toEqual([{ dimension: 'network', value: '262-01', common: values, state: 'open' }]);
  expect(pagingAlone.every((count) => count === 0)).toBe(true);
  expect(silent.every(({ group }) => group === groups[0]?.id)).toBe(true);
  expect(groups.map(({ from, lastFrom }) => [from, lastFrom])).toEqual([[at(0), at(59)]]);
});

describe('a group', () => {
  const network = { network: '262-01' };

  it.each([
    [20, 100, 0],
    [21, 100, 1],
    [21, 420, 0],
    [21, 419, 1],
    [50, 1_000, 0],
    [51, 1_000, 1],
  ])('of %i SIMs of %i that were alive: %i', (count, all, expected) => {
    const { groups } = changeGroups(rule, [], makeSims(count, network), alive({ '262-01': all }));
    expect(groups.length).toBe(expected);
  });

  it('counts only SIMs that fell silent within the rule’s time window', () => {
    const spread = (count: number) => makeSims(count, network, { from: (index) => index * 30 });
    // 13 SIMs half an hour apart span six hours.
    expect(changeGroups(rule, [], spread(40), alive({ '262-01': 40 })).groups).toEqual([]);
    const { joined } = changeGroups({ ...rule, after: 12 * hour }, [], spread(40), alive({ '262-01': 40 }));
    expect(joined.length).toBe(25);
  });

  it('has the cause that explains the largest share of its SIMs, and takes its members from other groups', () => {
    const inNetwork = makeSims(30, { network: '262-01', country: 'DE' }, { prefix: 'a' });
    const elsewhere = makeSims(25, { network: '262-02', country: 'DE' }, { prefix: 'b' });
    const counts = alive({ '262-01': 32, '262-02': 2_000, DE: 600 });
    const { groups, joined } = changeGroups(rule, [], [...elsewhere, ...inNetwork], counts);
    expect(groups.map(describeGroup)).toEqual([
      { dimension: 'network', value: '262-01', common: { network: '262-01', country: 'DE' }, state: 'open' },
    ]);
    // 25 of the country's 600 are left, less than 5 %.
    expect(joined.map(({ episode }) => episode.slice(0, 1)).join('')).toBe('a'.repeat(30));
  });

  it('adds SIMs that fall silent while it is open, unless too long before or after its members', () => {
    const members = makeSims(30, network);
    const first = changeGroups(rule, [], members, alive({ '262-01': 100 }));
    const late = makeSims(3, network, { prefix: 'late', from: (index) => [200, 360, 361][index] ?? 0 });
    const silent = [...applyJoins(members, first), ...late];
    const { groups, joined } = changeGroups(rule, first.groups, silent, alive({ '262-01': 100 }));
    const [group] = first.groups;
    expect(joined).toEqual(['late-00000', 'late-00001'].map((episode) => ({ episode, group: group?.id })));
    expect(groups).toEqual([{ ...group, lastFrom: at(360) }]);
  });

  it('closes at the threshold, with one message about the SIMs that are still silent', () => {
    const members = makeSims(30, network);
    const first = changeGroups(rule, [], members, alive({ '262-01': 100 }));
    const silent = applyJoins(members, first).slice(10);
    const { groups, joined, remaining } = changeGroups(rule, first.groups, silent, alive({ '262-01': 100 }));
    const [group] = first.groups;
    expect(groups).toEqual([{ ...group, state: 'closed' }]);
    expect(joined).toEqual([]);
    expect(remaining).toEqual([{ group: group?.id, episodes: silent.map(({ episode }) => episode) }]);
    // The remaining ones still belong to it, and form no other group.
    expect(changeGroups(rule, [], silent, alive({ '262-01': 100 })).groups).toEqual([]);
  });
});

const sims = fc
  .array(
    fc.record({
      // At whole hours and a minute later, so that some are just within the rule's time, and some are not.
      from: fc.tuple(fc.nat({ max: 9 }), fc.nat({ max: 1 })).map(([hours, more]) => hours * 60 + more),
      values: fc.record({
        network: fc.constantFrom('n1', 'n2', 'n3'),
        model: fc.constantFrom('m1', 'm2'),
        country: fc.constantFrom('DE', 'FR'),
      }),
    }),
    { minLength: 60, maxLength: 150, size: 'max' },
  )
  .map((all) =>
    all.map(({ from, values }, index): SilentSim => {
      return { episode: `e${String(index).padStart(3, '0')}`, from: at(from), values, group: undefined };
    }),
  );
const counts = fc.record({
  n1: fc.nat({ max: 500 }),
  n2: fc.nat({ max: 500 }),
  n3: fc.nat({ max: 500 }),
  m1: fc.nat({ max: 500 }),
  m2: fc.nat({ max: 500 }),
  DE: fc.nat({ max: 500 }),
  FR: fc.nat({ max: 500 }),
});

type Change = typeof changeGroups;

/** Whether SIMs of a value that fell silent together exceed the threshold, trying each SIM as the first one. */
function isOverSomewhere(silent: readonly SilentSim[], all: Readonly<Record<string, number>>): boolean {
  return (['network', 'model', 'country', 'source'] as const).some((dimension) =>
    silent.some((first) => {
      const value = first.values[dimension];
      const together = silent.filter(
        (other) =>
          value !== undefined &&
          other.values[dimension] === value &&
          other.from >= first.from &&
          other.from - first.from <= rule.after,
      );
      return together.length > 20 && together.length * 20 > (all[value ?? ''] ?? 0);
    }),
  );
}

/** The invariants of groups: no member twice, each group over the threshold, and no possible group missing. */
function describeGroups(change: Change): fc.IProperty<[SilentSim[], Record<string, number>]> {
  return fc.property(sims, counts, (silent, all: Record<string, number>) => {
    const { groups, joined } = change(rule, [], silent, alive(all));
    expect(new Set(joined.map(({ episode }) => episode)).size).toBe(joined.length);
    for (const { id, dimension, value, common, from, lastFrom } of groups) {
      const members = silent.filter(({ episode }) =>
        joined.some((one) => one.episode === episode && one.group === id),
      );
      expect(members.every(({ values }) => values[dimension] === value)).toBe(true);
      expect(members.length > 20 && members.length * 20 > (all[value] ?? 0)).toBe(true);
      const times = members.map((sim) => sim.from);
      expect([Math.min(...times), Math.max(...times)]).toEqual([from, lastFrom]);
      expect(lastFrom - from).toBeLessThanOrEqual(rule.after);
      for (const [name, shared] of Object.entries(common)) {
        expect(new Set(members.map(({ values }) => values[name as GroupDimension]))).toEqual(
          new Set([shared]),
        );
      }
    }
    const left = silent.filter(({ episode }) => joined.every((one) => one.episode !== episode));
    expect(isOverSomewhere(left, all)).toBe(false);
    expect(change(rule, [], silent.toReversed(), alive(all))).toEqual({ groups, joined, remaining: [] });
  });
}

describe('groups', () => {
  it('have members that fell silent together, each in one group, and no possible group is missing', () => {
    fc.assert(describeGroups(changeGroups), runs(150));
  });
});

const faults: Readonly<Record<string, Change>> = {
  'the share is of all SIMs': (given, open, silent) => changeGroups(given, open, silent, () => silent.length),
  'time does not matter': (given, open, silent, count) =>
    changeGroups({ ...given, after: 99 * hour }, open, silent, count),
  'a minute too much counts': (given, open, silent, count) =>
    changeGroups({ ...given, after: given.after + minute }, open, silent, count),
  'only networks are looked at': (given, open, silent, count) =>
    changeGroups(
      given,
      open,
      silent.map((sim) => ({ ...sim, values: { network: sim.values.network ?? '' } })),
      count,
    ),
  'the first SIM that came is the first member': (given, open, silent, count) => {
    const changes = changeGroups(given, open, silent, count);
    return {
      ...changes,
      joined: changes.joined.toSorted((a) => (a.episode === silent[0]?.episode ? -1 : 1)),
    };
  },
  'only one group is formed': (given, open, silent, count) => {
    const { groups, joined, remaining } = changeGroups(given, open, silent, count);
    return {
      groups: groups.slice(0, 1),
      joined: joined.filter(({ group }) => group === groups[0]?.id),
      remaining,
    };
  },
};

describe('the invariants of groups notice that', () => {
  it.each(Object.entries(faults))('%s', (_, change) => {
    expect(fc.check(describeGroups(change), { numRuns: 1_000, endOnFailure: true }).failed).toBe(true);
  });
});
