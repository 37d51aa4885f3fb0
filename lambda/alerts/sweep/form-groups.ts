import { mapConcurrently } from '../../store/concurrency.ts';
import type { EpisodesTable } from '../../store/episodes.ts';
import { printCanonical } from '../digest.ts';
import type { StoredEpisode } from '../episode.ts';
import { joinGroup, listCurrent } from '../episodes.ts';
import { type CountAlive, changeGroups, type Group, type GroupThreshold } from '../groups.ts';
import type { SilentRule } from '../rules.ts';
import type { SharedFacts, SharedJudgement } from '../shared-episodes.ts';
import type { Entry, Register } from './register.ts';
import { listMembers, type SharedPorts, updateShared } from './shared.ts';
import { listSharedValues, type WatchedSim } from './watched-sim.ts';

/**
 * The groups of a silent rule, after its SIMs were judged: which SIMs are reported as one incident.
 *
 * One entry lists the groups, and changes as a whole: if two sweeps find the same outage, one forms its group, and the
 * other sees it. Everything else follows from the entry and may be interrupted by a crash: the next sweep makes the
 * members join and writes the group's episode.
 */

/** A group in the entry. A closed one accepts no more SIMs; it stays until none of its members is silent. */
export interface RegisteredGroup extends Group {
  /** When the latest member was heard again, as far as sweeps have seen. */
  readonly backAt?: number;
}

/** A SIM with an open episode of a silent rule, as it was judged. */
export interface SilentMember {
  readonly sim: WatchedSim;
  /** The id of its episode. */
  readonly episode: string;
  readonly from: number;
  /** From when on it is sent alone. */
  readonly tellsFrom: number;
  /** The watermark by which it was judged. */
  readonly watermark: number;
  readonly group: string | undefined;
  /** When its episode was first written, by the sweep's clock. */
  readonly writtenAt: number;
  readonly isTold: boolean;
  /** Whether a mute is in force, or its source lags or is read late: then it cannot join a group. */
  readonly isHeld: boolean;
}

/** What a sweep knows about a silent rule. */
export interface SilentSims {
  readonly name: string;
  /** Undefined if the rule was removed. */
  readonly rule: SilentRule | undefined;
  readonly version: string | undefined;
  readonly silent: readonly SilentMember[];
  /** Whether all SIMs of the rule were judged. If not, no group ends, because its members may still be silent. */
  readonly isComplete: boolean;
  /** When the latest member of a group was heard again, by group id. */
  readonly backAt: ReadonlyMap<string, number>;
}

/** What groups need. */
export interface GroupPorts extends SharedPorts {
  readonly episodes: EpisodesTable;
  /** Whether the time is up: SIMs then join in the next sweep. */
  readonly isOver?: () => boolean;
  readonly state: { readonly groups: Pick<Register<RegisteredGroup>, 'list' | 'write'> };
}

/** How groups are judged. */
export interface GroupJudgement extends Pick<SharedJudgement, 'now'> {
  readonly countAlive: CountAlive;
  readonly threshold: GroupThreshold;
  /** Whether messages about a rule's group are muted; `source` is that of all members. */
  readonly isMuted: (rule: string, source: string | undefined) => boolean;
  /** The ids of open source alerts, whose members belong to no group. */
  readonly sourceAlerts: ReadonlySet<string>;
}

/** The result for a rule's groups. */
export interface GroupResult {
  /** The episodes that a group includes; undefined if other sweeps are writing it, and no SIM may be reported alone. */
  readonly grouped: ReadonlySet<string> | undefined;
  /** The existing groups. */
  readonly groups: ReadonlySet<string>;
  readonly told: number;
}

/**
 * The most groups per rule: if there are more outages, their SIMs are reported one by one. The entry stays below its
 * limit of 400 KB.
 */
export const maxGroups = 500;

/** How often a sweep tries to write the entry while others do. */
const maxAttempts = 3;

/** How many SIMs are written and read concurrently. */
const concurrency = 24;

/** Forms, extends and ends the groups of a rule. */
export async function formGroups(
  sims: SilentSims,
  judgement: GroupJudgement,
  ports: GroupPorts,
  known: Entry<RegisteredGroup>,
): Promise<GroupResult> {
  let entry = known;
  for (let attempt = 1; attempt <= maxAttempts; attempt += 1) {
    const ended = await listEnded(sims, entry.content, ports);
    const plan = planGroups(sims, entry.content, ended, judgement);
    const isSame = printCanonical(plan.groups) === printCanonical(entry.content);
    if (isSame || (await ports.state.groups.write(sims.name, plan.groups, entry.revision))) {
      return settleGroups(sims, plan, judgement, ports);
    }
    entry = (await ports.state.groups.list()).get(sims.name) ?? { revision: 0, content: [] };
  }
  return { grouped: undefined, groups: new Set(entry.content.map(({ id }) => id)), told: 0 };
}

/** Closed groups whose episode has ended as well: they need no more work. */
async function listEnded(
  { name: rule }: SilentSims,
  groups: readonly RegisteredGroup[],
  { episodes }: GroupPorts,
): Promise<ReadonlySet<string>> {
  const ended = new Set<string>();
  await mapConcurrently(
    groups.filter(({ state }) => state === 'closed'),
    concurrency,
    async (group) => {
      const episode = await episodes.shared.read({ id: group.id, rule, subject: describeSubject(group) });
      const isOver = episode === undefined || (episode.state !== 'open' && episode.messages.length === 0);
      if (isOver && !(episode?.isHeld ?? false)) ended.add(group.id);
    },
  );
  return ended;
}

/** The groups after this sweep, and which episodes join them. */
export interface GroupPlan {
  readonly groups: readonly RegisteredGroup[];
  /** The group that each episode joins. */
  readonly joined: ReadonlyMap<string, string>;
}

/** The groups after this sweep: a function of what was judged and of the existing groups. */
export function planGroups(
  { name, rule, silent, isComplete, backAt }: SilentSims,
  known: readonly RegisteredGroup[],
  ended: ReadonlySet<string>,
  { countAlive, threshold, sourceAlerts }: Pick<GroupJudgement, 'countAlive' | 'threshold' | 'sourceAlerts'>,
): GroupPlan {
  const ids = new Set(known.map(({ id }) => id));
  const populated = new Set(silent.map(({ group }) => group));
  const next = new Map(
    known
      .filter(({ id, state }) => state === 'open' || populated.has(id) || !isComplete || !ended.has(id))
      .map((group) => [group.id, noteReturn(group, backAt.get(group.id))]),
  );
  if (rule === undefined) {
    const groups = [...next.values()].map((group) => ({ ...group, state: 'closed' as const }));
    return { groups, joined: new Map() };
  }
  const sims = silent.flatMap(({ sim, episode, from, group, isHeld }) => {
    const current = group !== undefined && ids.has(group) ? group : undefined;
    const isFree = !isHeld && (group === undefined || !sourceAlerts.has(group));
    return current === undefined && !isFree
      ? []
      : [{ episode, from, values: listSharedValues(sim), group: current }];
  });
  const open = [...next.values()].filter(({ state }) => state === 'open');
  const changes = changeGroups({ name, after: rule.after }, open, sims, countAlive, threshold);
  for (const group of changes.groups) {
    const before = next.get(group.id);
    if (before === undefined && next.size >= maxGroups) continue;
    const state = isComplete ? group.state : 'open';
    next.set(group.id, { ...before, ...group, state });
  }
  const joined = changes.joined.filter(({ group }) => next.has(group));
  return {
    groups: [...next.values()],
    joined: new Map(joined.map(({ episode, group }) => [episode, group])),
  };
}

function noteReturn(group: RegisteredGroup, backAt: number | undefined): RegisteredGroup {
  return backAt === undefined ? group : { ...group, backAt: Math.max(backAt, group.backAt ?? backAt) };
}

/** Makes the members join, and updates the groups' episodes. */
async function settleGroups(
  sims: SilentSims,
  { groups, joined }: GroupPlan,
  judgement: GroupJudgement,
  ports: GroupPorts,
): Promise<GroupResult> {
  const ids = new Set(groups.map(({ id }) => id));
  const members = new Map<string, SilentMember[]>(groups.map(({ id }) => [id, []]));
  const grouped = new Set<string>();
  const take = (member: SilentMember, group: string): void => {
    members.get(group)?.push(member);
    grouped.add(member.episode);
  };
  const joining: { readonly member: SilentMember; readonly group: string }[] = [];
  for (const member of sims.silent) {
    const group = joined.get(member.episode);
    if (group !== undefined) joining.push({ member, group });
    else if (member.group !== undefined && ids.has(member.group)) take(member, member.group);
  }
  await mapConcurrently(joining, concurrency, async ({ member, group }) => {
    // A SIM that could not join now is not reported alone either: the next sweep decides.
    grouped.add(member.episode);
    if (ports.isOver?.() === true) return;
    if (await join(sims.name, member, group, ids, ports)) take(member, group);
  });
  let told = 0;
  for (const group of groups) {
    const facts = await describeGroup(sims, group, members.get(group.id) ?? [], ports);
    if (facts === undefined) continue;
    const isHeld = judgement.isMuted(sims.name, group.common.source);
    told += (await updateShared(facts, { now: judgement.now, isHeld }, ports)).told;
  }
  return { grouped, groups: ids, told };
}

/** @returns whether the episode is a member now; false if it has ended, or another sweep is writing it. */
async function join(
  rule: string,
  { sim, episode }: SilentMember,
  group: string,
  groups: ReadonlySet<string>,
  { episodes }: GroupPorts,
): Promise<boolean> {
  const stored = findOpen(await episodes.read(rule, sim.sim), episode);
  if (stored === undefined) return false;
  const current = stored.episode.group;
  if (current !== undefined && current !== group && groups.has(current)) return false;
  const write = joinGroup(stored, group);
  return write === undefined || episodes.write([write]);
}

/** An episode by its id, if it is open. */
export function findOpen(stored: readonly StoredEpisode[], id: string): StoredEpisode | undefined {
  return listCurrent(stored).find(({ episode }) => episode.id === id && episode.state === 'open');
}

/** The current episode of a group; undefined if it cannot be determined. It is open until no member is silent. */
async function describeGroup(
  { name, rule, version, isComplete }: SilentSims,
  group: RegisteredGroup,
  members: readonly SilentMember[],
  { episodes }: GroupPorts,
): Promise<SharedFacts | undefined> {
  const subject = describeSubject(group);
  const stored = await episodes.shared.read({ id: group.id, rule: name, subject });
  const severity = rule?.severity ?? stored?.severity;
  const ruleVersion = version ?? stored?.ruleVersion;
  if (severity === undefined || ruleVersion === undefined) return undefined;
  // A SIM that was not judged may still be silent.
  if (!isComplete && stored !== undefined && members.length < stored.members.total) return undefined;
  const isOpen = members.length > 0;
  const isChanged = stored !== undefined && ruleVersion !== stored.ruleVersion;
  const sorted = members.toSorted((a, b) => a.from - b.from || (a.episode < b.episode ? -1 : 1));
  return {
    id: group.id,
    rule: name,
    ruleVersion: isOpen ? ruleVersion : (stored?.ruleVersion ?? ruleVersion),
    kind: 'silent',
    severity,
    subject,
    state: isOpen ? 'open' : rule === undefined || isChanged ? 'rule-changed' : 'closed',
    from: group.from,
    to: isOpen ? undefined : Math.max(group.backAt ?? group.lastFrom, group.from),
    members: listMembers(sorted.map(({ sim }) => sim)),
    isGrowing: group.state === 'open',
  };
}

function describeSubject({ dimension, value, common }: Group) {
  return { kind: 'group', by: dimension, value, common } as const;
}
