import { digest } from './digest.ts';

/**
 * Groups: many SIMs that fell silent together are one incident, named by the cause that they share.
 *
 * A function of the silent SIMs, the open groups, and how many SIMs were alive.
 */

/** What SIMs that fell silent together may share, closest cause first. */
export const groupDimensions = ['network', 'model', 'country', 'source'] as const;

export type GroupDimension = (typeof groupDimensions)[number];

/** A group needs more members than this, and more than this share of the SIMs that were alive. */
export interface GroupThreshold {
  readonly members: number;
  readonly share: number;
}

/** The threshold of all rules. */
export const groupThreshold: GroupThreshold = { members: 20, share: 0.05 };

/** A SIM with an open episode of a silent rule. */
export interface SilentSim {
  /** The id of its episode. */
  readonly episode: string;
  /** When it was last heard. */
  readonly from: number;
  /** Its last visited network (MCC and MNC), the model of its device (type allocation code), country and source. */
  readonly values: Readonly<Partial<Record<GroupDimension, string>>>;
  /** The id of the group that it belongs to. */
  readonly group: string | undefined;
}

/** A group episode. */
export interface Group {
  /** A hash of the rule, the dimension, its value and the first member. */
  readonly id: string;
  readonly rule: string;
  readonly dimension: GroupDimension;
  readonly value: string;
  /** Everything that the members had in common when the group was formed, including the dimension's own value. */
  readonly common: Readonly<Partial<Record<GroupDimension, string>>>;
  /** When the first and the last member fell silent. */
  readonly from: number;
  readonly lastFrom: number;
  readonly state: 'open' | 'closed';
}

/** How many SIMs with a value were heard at or after a time, whether or not they are silent now. */
export type CountAlive = (dimension: GroupDimension, value: string, since: number) => number;

/** When SIMs that fell silent form a group. */
export interface GroupTerms {
  /** The rule's name, and its silence in milliseconds. */
  readonly rule: { readonly name: string; readonly after: number };
  readonly countAlive: CountAlive;
  readonly threshold: GroupThreshold;
}

/** The changes of groups to write. */
export interface GroupChanges {
  /** Groups to write: new ones, those with other times of silence, and those that close. */
  readonly groups: readonly Group[];
  /** Episodes that become members. */
  readonly joined: readonly { readonly episode: string; readonly group: string }[];
  /** For each group that closes, the members that are still silent: one message lists them. */
  readonly remaining: readonly { readonly group: string; readonly episodes: readonly string[] }[];
}

/**
 * Forms, extends and closes the groups of one silent rule.
 *
 * - SIMs that fell silent within `after` of each other and share a value form a group if they exceed the threshold. Of
 *   several causes, the one that explains the greatest share of its SIMs forms a group first; its members count for no
 *   other.
 * - A SIM that falls silent within `after` of all members of an open group with its value joins the group.
 * - A group at or below the threshold closes.
 *
 * @param open the rule's open groups.
 * @param silent the SIMs with an open episode of the rule, including members of groups.
 */
export function changeGroups(
  rule: GroupTerms['rule'],
  open: readonly Group[],
  silent: readonly SilentSim[],
  countAlive: CountAlive,
  threshold: GroupThreshold = groupThreshold,
): GroupChanges {
  const terms: GroupTerms = { rule, countAlive, threshold };
  const joined: { episode: string; group: string }[] = [];
  const groups: Group[] = [];
  const remaining: { group: string; episodes: string[] }[] = [];
  const free = new Set(silent.filter(({ group }) => group === undefined).toSorted(compareSims));
  const members = groupBy(silent, ({ group }) => group);
  for (const group of open.toSorted((a, b) => a.from - b.from || (a.id < b.id ? -1 : 1))) {
    const joining = findJoining(group, rule.after, free);
    for (const sim of joining.sims) free.delete(sim);
    const all = [...(members.get(group.id) ?? []), ...joining.sims];
    const alive = countAlive(group.dimension, group.value, joining.group.from - rule.after);
    const state = exceeds(all.length, alive, threshold) ? 'open' : 'closed';
    joined.push(...joining.sims.map(({ episode }) => ({ episode, group: group.id })));
    if (joining.sims.length > 0 || state === 'closed') groups.push({ ...joining.group, state });
    if (state === 'closed')
      remaining.push({ group: group.id, episodes: all.map(({ episode }) => episode).sort() });
  }
  // SIMs with one value may have fallen silent together at several times: each group takes those of one time.
  for (let formed = formGroups(terms, free); formed.length > 0; formed = formGroups(terms, free)) {
    for (const { group, sims } of formed) {
      groups.push(group);
      joined.push(...sims.map(({ episode }) => ({ episode, group: group.id })));
    }
  }
  return { groups, joined, remaining };
}

/** Forms a group for each cause, strongest first, and removes its members from those that are free. */
function formGroups(
  terms: GroupTerms,
  free: Set<SilentSim>,
): { readonly group: Group; readonly sims: readonly SilentSim[] }[] {
  return rankCauses(free, terms).flatMap(({ dimension, value, candidates }) => {
    const left = candidates.filter((sim) => free.has(sim));
    const cause = describeCause(dimension, value, left, terms);
    if (cause === undefined) return [];
    for (const sim of cause.sims) free.delete(sim);
    return [{ group: describeGroup(terms.rule.name, cause), sims: cause.sims }];
  });
}

function compareSims(a: SilentSim, b: SilentSim): number {
  return a.from - b.from || (a.episode < b.episode ? -1 : 1);
}

function exceeds(count: number, alive: number, { members, share }: GroupThreshold): boolean {
  return count > members && count > share * alive;
}

/** The free SIMs that join a group, and the group with the times of all its members. */
function findJoining(
  group: Group,
  after: number,
  free: ReadonlySet<SilentSim>,
): { group: Group; sims: SilentSim[] } {
  let { from, lastFrom } = group;
  const sims: SilentSim[] = [];
  for (const sim of free) {
    if (sim.values[group.dimension] !== group.value) continue;
    if (sim.from > from + after || sim.from < lastFrom - after) continue;
    from = Math.min(from, sim.from);
    lastFrom = Math.max(lastFrom, sim.from);
    sims.push(sim);
  }
  return { group: { ...group, from, lastFrom }, sims };
}

/** SIMs that fell silent together and share a value. */
interface Cause {
  readonly dimension: GroupDimension;
  readonly value: string;
  /** All silent SIMs with the value, in order. */
  readonly candidates: readonly SilentSim[];
  readonly sims: readonly SilentSim[];
  /** Their share of the SIMs that were alive. */
  readonly share: number;
}

/** The causes that exceed the threshold, strongest first. */
function rankCauses(free: Iterable<SilentSim>, terms: GroupTerms): Cause[] {
  const sorted = [...free];
  const causes = groupDimensions.flatMap((dimension) =>
    [...groupBy(sorted, ({ values }) => values[dimension])].flatMap(([value, candidates]) =>
      value === undefined ? [] : (describeCause(dimension, value, candidates, terms) ?? []),
    ),
  );
  const rank = ({ dimension }: Cause): number => groupDimensions.indexOf(dimension);
  return causes.sort(
    (a, b) =>
      b.share - a.share || b.sims.length - a.sims.length || rank(a) - rank(b) || (a.value < b.value ? -1 : 1),
  );
}

function groupBy<Item, Key>(items: Iterable<Item>, pick: (item: Item) => Key): Map<Key, Item[]> {
  const groups = new Map<Key, Item[]>();
  for (const item of items) {
    const group = groups.get(pick(item));
    if (group === undefined) groups.set(pick(item), [item]);
    else group.push(item);
  }
  return groups;
}

/** Describes the sorted SIMs of a value that fell silent within the rule's time, if they exceed the threshold. */
function describeCause(
  dimension: GroupDimension,
  value: string,
  candidates: readonly SilentSim[],
  { rule: { after }, countAlive, threshold }: GroupTerms,
): Cause | undefined {
  const sims = findTogether(candidates, after);
  const [first] = sims;
  if (first === undefined) return undefined;
  const alive = countAlive(dimension, value, first.from - after);
  if (!exceeds(sims.length, alive, threshold)) return undefined;
  return { dimension, value, candidates, sims, share: sims.length / Math.max(alive, sims.length) };
}

/** The largest number of sorted SIMs that fell silent within a time of each other; the earliest of several. */
function findTogether(sorted: readonly SilentSim[], after: number): SilentSim[] {
  let best = { begin: 0, end: 0 };
  let end = 0;
  for (const [begin, { from }] of sorted.entries()) {
    while ((sorted[end]?.from ?? Number.POSITIVE_INFINITY) <= from + after) end += 1;
    if (end - begin > best.end - best.begin) best = { begin, end };
  }
  return sorted.slice(best.begin, best.end);
}

function describeGroup(rule: string, { dimension, value, sims }: Cause): Group {
  const [first] = sims;
  const shared = groupDimensions.flatMap((name) => {
    const common = first?.values[name];
    return common !== undefined && sims.every(({ values }) => values[name] === common)
      ? [[name, common]]
      : [];
  });
  return {
    id: digest(JSON.stringify([rule, dimension, value, first?.episode])).slice(0, 32),
    rule,
    dimension,
    value,
    common: Object.fromEntries(shared),
    from: first?.from ?? 0,
    lastFrom: sims.at(-1)?.from ?? 0,
    state: 'open',
  };
}
