import { listCurrent } from '../../../lambda/alerts/episodes.ts';
import type { Known } from '../../../lambda/alerts/known.ts';
import type { Rule } from '../../../lambda/alerts/rules.ts';
import type { SharedEpisode } from '../../../lambda/alerts/shared-episodes.ts';
import type { SourceReport } from '../../../lambda/alerts/sweep/sweep-run.ts';
import { makeEvent, makeKnown, makeSign, makeUsage, minute } from '../../lambda/alerts/records.ts';
import { findTrueEpisodes, findTrueSpans, type TrueEpisode } from '../../lambda/alerts/truth.ts';
import { type Fact, finalHour, hour, lateness } from './plan.ts';
import { findingRule } from './plan-rules.ts';
import { imeis, type PlannedSim, sourceName, start } from './records.ts';
import type { RanSweep, Told, World } from './world.ts';

/**
 * What must hold of what was stored, told and sent, and does not: in sentences. What is true is computed from what the
 * devices did, minute by minute (an hour of the timeline is a minute of the oracle), by no code that judges alerts.
 */

/** Clocks differ, and a batch is noted a moment after it is handed over. */
const slack = 60_000;

/** How long a source may be behind, besides its lateness, before it has days to compare with. */
const usualLag = 24 * hour;

/** How long SIMs are alive that are heard no more: longer than the timeline, so that all are alive. */
const minAlive = 5;

const described = new WeakMap<readonly Fact[], Known>();

/** What a device did, as the oracle knows records. */
function describeFacts(facts: readonly Fact[]): Known {
  const known = described.get(facts) ?? describeAnew(facts);
  described.set(facts, known);
  return known;
}

function describeAnew(facts: readonly Fact[]): Known {
  const events = facts.flatMap(({ at: when, kind }, index) => {
    if (kind === 'usage') return [];
    return [
      makeEvent(when, kind === 'signal' ? 'attachment.accepted' : 'data-session.failed', { id: `e${index}` }),
    ];
  });
  const usage = facts.flatMap(({ at: when, kind, bytes, modem }, index) => {
    const imei = imeis[modem] ?? '';
    return kind === 'usage' ? [makeUsage(when, { id: `u${index}`, bytes, imei })] : [];
  });
  const signs = facts.map(({ at: when, kind, bytes }, index) => {
    const marks = kind === 'usage' ? (bytes > 0 ? 'bytes session' : 'session') : 'signal';
    return makeSign(when, marks, `s${index}`);
  });
  return makeKnown({ events, usage, signs });
}

/** The episodes of a rule and a SIM that are true by a watermark, in hours. */
function findTruth(rule: Rule, facts: readonly Fact[], watermark: number): TrueEpisode[] {
  const hours = (watermark - start) / hour;
  const spans = findTrueSpans(rule, describeFacts(facts), hours);
  const times = { pending: rule.pending / minute, recovery: rule.recovery / minute };
  return findTrueEpisodes(spans, times, hours);
}

interface Stored {
  readonly id: string;
  readonly from: number;
  readonly to: number | undefined;
  readonly isOver: boolean;
}

function describeTimes({ from, to, isOver }: TrueEpisode): string {
  return `${from}–${to ?? ''}${isOver ? '' : ' (open)'}`;
}

/** The episodes of a rule and a SIM that stand as open or closed, each once. */
function pickActive(stored: RanSweep['stored'], rule: Rule, sim: PlannedSim): Stored[] {
  const current = new Map<string, { revision: number; times: Stored; isActive: boolean }>();
  for (const { episode, hasLeft } of stored ?? []) {
    if (episode.rule !== rule.name || episode.sim !== sim.key || hasLeft === true) continue;
    const { id, from, to, state, revision } = episode;
    const known = current.get(id);
    if (known !== undefined && known.revision >= revision) continue;
    const inHours = (time: number): number => (time - start) / hour;
    const times = {
      id,
      from: inHours(from),
      to: to === undefined ? undefined : inHours(to),
      isOver: state === 'closed',
    };
    current.set(id, { revision, times, isActive: state === 'closed' || state === 'open' });
  }
  return [...current.values()]
    .filter(({ isActive }) => isActive)
    .map(({ times }) => times)
    .sort((a, b) => a.from - b.from);
}

/** All that is wrong with what happened. */
export async function findViolations(world: World): Promise<string[]> {
  const stored = await world.listStored();
  const shared = await world.listShared();
  return [
    ...findWrongSpans(
      world,
      stored,
      world.sims.map(({ facts }) => facts),
      start + finalHour * hour,
      'in the end',
    ),
    ...findWrongFindings(world, stored),
    ...world.sweeps.flatMap((sweep) => findWrongSweep(world, sweep)),
    ...findWrongMessages(world, stored, shared),
    ...findSmallGroups(world, shared),
    ...findWrongPages(world, shared),
    ...findWrongDelivery(world, new Set(await world.listUndeliverable())),
  ];
}

function listWatched(world: World): (readonly [Rule, PlannedSim, number])[] {
  const sims = world.sims.slice(0, world.plan.sims.length);
  return world.plan.rules.flatMap((rule) => sims.map((sim, index) => [rule, sim, index] as const));
}

/** Each span is one episode, and each episode that stands is a span. */
function findWrongSpans(
  world: World,
  stored: RanSweep['stored'],
  facts: readonly (readonly Fact[])[],
  watermark: number,
  when: string,
): string[] {
  return listWatched(world).flatMap(([rule, sim, index]) => {
    const known = facts[index] ?? [];
    const truth = findTruth(rule, known, watermark).map(describeTimes);
    const found = pickActive(stored, rule, sim).map(describeTimes);
    return truth.join() === found.join() ? [] : [`${when} ${describeDifference(rule, index, found, truth)}`];
  });
}

/** A SIM's closed days with two findings or more are episodes, each until the end of the next sealed day with fewer. */
function findWrongFindings(world: World, stored: RanSweep['stored']): string[] {
  const days = world.listDays(finalHour);
  return world.sims.slice(0, world.plan.sims.length).flatMap((sim, index) => {
    const truth: TrueEpisode[] = [];
    let begun: number | undefined;
    for (const [day, { isSealed, findings }] of days.entries()) {
      const isFound = (findings.get(index) ?? 0) >= 2;
      if (isFound) begun ??= day;
      if (isFound || !isSealed || begun === undefined) continue;
      truth.push({ from: begun * 24, to: (day + 1) * 24, isOver: true });
      begun = undefined;
    }
    if (begun !== undefined) truth.push({ from: begun * 24, to: undefined, isOver: false });
    // A SIM of which no record came is not known.
    const expected = sim.facts.length === 0 ? [] : truth.map(describeTimes);
    const found = pickActive(stored, findingRule, sim).map(describeTimes);
    return expected.join() === found.join()
      ? []
      : [`in the end ${describeDifference(findingRule, index, found, expected)}`];
  });
}

function describeDifference(
  rule: Rule,
  sim: number,
  found: readonly string[],
  truth: readonly string[],
): string {
  const list = (times: readonly string[]): string => times.join(', ') || 'nothing';
  return `${rule.name} (${rule.kind}) of SIM ${sim} has ${list(found)}, and true is ${list(truth)}`;
}

/** What was known at a time, by what had been taken in. */
function listKnown(world: World, time: number): Fact[][] {
  return world.sims.map((_, index) => [
    ...new Set(
      world.records
        .filter(({ sim, doneAt }) => sim === index && doneAt !== undefined && doneAt <= time)
        .map(({ fact }) => fact),
    ),
  ]);
}

/** How far the carrier has delivered: the third latest time at which a SIM was heard. */
function findDeliveredTime(known: readonly (readonly Fact[])[]): number | undefined {
  const heard = known.flatMap((facts) => {
    const times = facts.filter(isHeard).map(({ at: when }) => when);
    return times.length === 0 ? [] : [start + Math.max(...times) * hour];
  });
  return heard.sort((a, b) => b - a)[Math.min(heard.length, 3) - 1];
}

function isBehind(world: World, time: number): boolean {
  const known = listKnown(world, time);
  const delivered = findDeliveredTime(known);
  const heard = known.filter((facts) => facts.some(isHeard));
  return delivered !== undefined && heard.length >= minAlive && time - delivered > lateness + usualLag;
}

/** After a sweep that nothing disturbed, what is stored and told is what is true by then. */
function findWrongSweep(world: World, sweep: RanSweep): string[] {
  const { report, stored, shared = [], begin, end = begin, now } = sweep;
  const source = findSource(sweep);
  if (report === undefined || stored === undefined || source?.at === undefined) return [];
  const when = `after the sweep at ${((begin - start) / hour).toFixed(2)}`;
  const undone = world.records.some(
    ({ arrival, doneAt = Number.POSITIVE_INFINITY }) => arrival <= end && doneAt > begin,
  );
  const hasLater = world.sweeps.some(
    (other) =>
      other !== sweep && (other.report === undefined || (other.end ?? end) <= begin) && other.now > now,
  );
  if (undone || hasLater) return [];
  const wrong: string[] = [];
  const behind = isBehind(world, begin - slack) || isBehind(world, begin + slack);
  // What the consumer could not note holds the watermark for hours, and may hold it until its next batch.
  const isNoted = world.plan.consumers.every(({ faults }) => faults.length === 0);
  if (!behind && isNoted && source.at < begin - 7 * 60_000 - slack)
    wrong.push(`${when} the watermark is at ${(source.at - start) / hour}`);
  if (source.at > begin + slack) wrong.push(`${when} the watermark is ahead`);
  const groups = world.plan.rules.flatMap((rule) => findWrongGroups(world, sweep, rule));
  wrong.push(...[...groups, ...findWrongSourceAlert(world, sweep)].map((text) => `${when} ${text}`));
  // A source that has fallen behind is judged by an earlier watermark than before.
  if (source.at < findLatestWatermark(world, sweep)) return wrong;
  const known = listKnown(world, begin);
  for (const [rule, sim, index] of listWatched(world)) {
    // What only usage tells of a device is found in the course of a day.
    if (rule.kind === 'device-changed') continue;
    const truth = findTruth(rule, known[index] ?? [], source.at);
    const active = pickActive(stored, rule, sim);
    const expected = truth.map(describeTimes);
    const found = active.map(describeTimes);
    // What ended before a sweep saw it is found in the course of a day.
    const lasting = truth.filter(({ to }) => to === undefined).map(describeTimes);
    const isWrong =
      lasting.some((times) => !found.includes(times)) || found.some((times) => !expected.includes(times));
    if (isWrong) wrong.push(`${when} ${describeDifference(rule, index, found, expected)}`);
    const open = active.find(({ isOver }) => !isOver);
    if (open === undefined || isHeld(world, sweep, rule, sim)) continue;
    const isTold = stored.some(
      ({ episode: { id, sequence, group } }) =>
        id === open.id && (sequence > 0 || shared.some((one) => one.id === group && one.state === 'open')),
    );
    const metBy = findMetTime(rule, known[index] ?? [], open.from);
    const tellsFrom = metBy + (rule.kind === 'silent' ? world.plan.groupWait : 0);
    if (!isTold && source.at >= tellsFrom) wrong.push(`${when} ${rule.name} of SIM ${index} is not told`);
  }
  return wrong;
}

function findSource({ report }: RanSweep): SourceReport | undefined {
  return report?.sources.find(({ name }) => name === sourceName);
}

/** Groups are as large as their episodes say, and end with their last member; what could be one more is one. */
function findWrongGroups(world: World, sweep: RanSweep, rule: Rule): string[] {
  const { stored = [], shared = [] } = sweep;
  if (rule.kind !== 'silent') return [];
  const open = listCurrent(stored ?? [])
    .map(({ episode }) => episode)
    .filter((episode) => episode.rule === rule.name && episode.state === 'open');
  const groups = shared.filter((one) => one.subject.kind === 'group' && one.rule === rule.name);
  const wrong = groups.flatMap(({ id, state, members, sequence, isHeld: isGroupHeld }) => {
    const found = open.filter(({ group }) => group === id).length;
    return [
      ...((state === 'open') === found > 0 ? [] : [`a group of ${found} is ${state}`]),
      ...(members.total === found ? [] : [`a group of ${found} has ${members.total}`]),
      ...(sequence > 0 || isGroupHeld || state !== 'open' ? [] : ['a group is not told']),
    ];
  });
  const free = open
    .filter(({ group, sim }) => {
      const planned = world.sims.find(({ key }) => key === sim);
      return group === undefined && planned !== undefined && !isHeld(world, sweep, rule, planned);
    })
    .map(({ from }) => from);
  const after = (rule.after / minute) * hour;
  const isLarge = free.some(
    (from) => free.filter((other) => other >= from && other <= from + after).length > world.plan.groupsAbove,
  );
  return isLarge ? [...wrong, `${free.length} SIMs of ${rule.name} are not a group`] : wrong;
}

/** Heard SIMs below which a source and its devices can't be told apart; and how long it must be in order. */
const sourceRecovery = 10 * 60_000;

/** A source that is behind has an alert, which names those that wait; once it is in order for some minutes, it has none. */
function findWrongSourceAlert(world: World, sweep: RanSweep): string[] {
  const { stored = [], shared = [], begin, now } = sweep;
  const alerts = shared.filter(({ subject, state }) => subject.kind === 'source' && state === 'open');
  if (alerts.length > 1) return ['the source has two alerts'];
  const [alert] = alerts;
  const isMuted = world.mutes.some(
    (mute) => mute.rule === undefined && mute.sim === undefined && Date.parse(mute.until) > now,
  );
  if (isBehind(world, begin - slack) && isBehind(world, begin + slack)) {
    if (alert === undefined) return ['the source is behind and has no alert'];
    const waiting = new Set(
      listCurrent(stored ?? []).flatMap(({ episode }) => (episode.isHeld ? [episode.sim] : [])),
    );
    return [
      ...(alert.sequence > 0 || isMuted ? [] : ['the alert of the source is not told']),
      ...(alert.members.total === waiting.size
        ? []
        : [`${waiting.size} SIMs wait for the source, and its alert has ${alert.members.total}`]),
    ];
  }
  if (alert === undefined) return [];
  const since = world.sweeps.filter(
    (other) => other.begin <= begin && other.begin >= begin - 2 * sourceRecovery,
  );
  const isClear = since.every((other) => other.stored !== undefined && isInOrder(world, other));
  const isLong = since.some((other) => other.now <= now - sourceRecovery);
  return isClear && isLong ? ['the source has an alert and is in order'] : [];
}

/** Whether a sweep found the source in order for certain. */
function isInOrder(world: World, sweep: RanSweep): boolean {
  const { begin } = sweep;
  const source = findSource(sweep);
  if (source?.at === undefined || source.isReadLate || source.at < begin - slack) return false;
  const heard = listKnown(world, begin - slack).filter((facts) => facts.some(isHeard));
  return heard.length >= minAlive && !isBehind(world, begin - slack) && !isBehind(world, begin + slack);
}

function isHeard({ kind, bytes }: Fact): boolean {
  return kind !== 'usage' || bytes > 0;
}

/** When the condition of an episode was met. */
function findMetTime(rule: Rule, facts: readonly Fact[], from: number): number {
  const span = findTrueSpans(rule, describeFacts(facts), finalHour).find((one) => one.from === from);
  return span === undefined ? Number.POSITIVE_INFINITY : start + span.metAt * hour;
}

function findLatestWatermark(world: World, sweep: RanSweep): number {
  return Math.max(
    ...world.sweeps
      .filter(({ begin }) => begin < sweep.begin)
      .map(({ report, now }) => report?.sources.find(({ name }) => name === sourceName)?.at ?? now),
    0,
  );
}

/** Whether nothing may be told: a mute, or the source. */
function isHeld(world: World, sweep: RanSweep, rule: Rule, sim: PlannedSim): boolean {
  const { now, begin } = sweep;
  const source = findSource(sweep);
  if (source === undefined || source.isReadLate) return true;
  if (isBehind(world, begin - slack) || isBehind(world, begin + slack)) return true;
  return world.mutes.some(
    (mute) =>
      Date.parse(mute.until) > now &&
      (mute.rule === undefined || mute.rule === rule.name) &&
      (mute.sim === undefined || mute.sim === sim.key),
  );
}

/** One incident an episode; each message of it is passed on. */
function findWrongMessages(
  world: World,
  stored: NonNullable<RanSweep['stored']>,
  shared: readonly SharedEpisode[],
): string[] {
  const wrong = [...world.contradicted].map((name) => `message ${name} is passed on with two contents`);
  const sequences = new Map<string, number>();
  for (const { id, sequence } of shared) sequences.set(id, sequence);
  for (const { episode } of stored) {
    sequences.set(episode.id, Math.max(sequences.get(episode.id) ?? 0, episode.sequence));
  }
  for (const [id, sequence] of sequences) {
    for (let number = 1; number <= sequence; number += 1) {
      if (!world.told.has(`${id}-${number}`)) wrong.push(`message ${number} of ${id} is not passed on`);
    }
  }
  for (const { transition } of world.told.values()) {
    if (!sequences.has(transition.episode)) wrong.push(`${transition.episode} was told, and is not stored`);
  }
  return wrong;
}

/** Nobody is paged for a SIM that was heard, that is muted, or whose source is behind. */
function findWrongPages(world: World, shared: readonly SharedEpisode[]): string[] {
  return [...world.told.values()].flatMap((told) => {
    const { transition } = told;
    if (transition.kind !== 'opened' || transition.subject.kind !== 'sim') return [];
    return [
      ...findFalsePage(world, told),
      ...findHeldPage(world, told),
      ...findSecondPage(world, told, shared),
    ];
  });
}

/** A group that a sweep forms, and tells of at once, has as many SIMs as make one. */
function findSmallGroups(world: World, shared: readonly SharedEpisode[]): string[] {
  return [...world.told.values()].flatMap(({ transition: { episode, kind, subject, decidedAt } }) => {
    const found = shared.find(({ id }) => id === episode);
    if (kind !== 'opened' || subject.kind !== 'group' || found === undefined) return [];
    const sweep = world.sweeps.find(({ now, stored }) => now === found.writtenAt && stored !== undefined);
    if (sweep === undefined || Date.parse(decidedAt) !== found.writtenAt) return [];
    const { total } = subject.members;
    return total > world.plan.groupsAbove ? [] : [`${total} SIMs are a group`];
  });
}

/** Of a SIM that a group tells of, nobody is paged besides, as long as there is the group. */
function findSecondPage(world: World, { transition }: Told, shared: readonly SharedEpisode[]): string[] {
  const decidedAt = Date.parse(transition.decidedAt);
  const told = [...world.told.values()].map((one) => one.transition);
  const isTwice = world.sweeps.some((sweep) => {
    const { stored = [], end = Number.POSITIVE_INFINITY } = sweep;
    if (sweep.now >= decidedAt || end + slack > decidedAt) return false;
    const group = listCurrent(stored ?? []).find(({ episode }) => episode.id === transition.episode)?.episode
      .group;
    const found = shared.find(({ id, subject }) => id === group && subject.kind === 'group');
    if (found === undefined) return false;
    const over = told.find((one) => one.episode === group && one.kind !== 'amended' && one.state !== 'open');
    return over === undefined ? found.state === 'open' : Date.parse(over.decidedAt) > decidedAt;
  });
  return isTwice ? [`${transition.episode} is told alone and by its group`] : [];
}

function findFalsePage(world: World, { transition }: Told): string[] {
  const rule = world.plan.rules.find(({ name }) => name === transition.rule.name);
  const subject = transition.subject;
  const index = world.sims.findIndex(({ key }) => subject.kind === 'sim' && key === subject.sim);
  if (rule?.kind !== 'silent' || rule.missing !== 'everything') return [];
  const from = (Date.parse(transition.from) - start) / hour;
  const until = from + rule.after / minute;
  const heard = world.records.find(
    ({ sim, fact: { at: when, kind, bytes }, arrival }) =>
      sim === index &&
      (kind !== 'usage' || bytes > 0) &&
      when > from &&
      when <= until &&
      arrival <= start + until * hour - slack,
  );
  return heard === undefined
    ? []
    : [`SIM ${index} is paged as silent since ${from}, and was heard at ${heard.fact.at}`];
}

function findHeldPage(world: World, { transition }: Told): string[] {
  const decidedAt = Date.parse(transition.decidedAt);
  const sweeps = world.sweeps.filter(({ now }) => now === decidedAt);
  const name = `${transition.rule.name} ${transition.episode}`;
  const wrong: string[] = [];
  const isWrong = (test: (sweep: RanSweep) => boolean): boolean => sweeps.length > 0 && sweeps.every(test);
  if (isWrong(({ begin, end = begin }) => isBehind(world, begin - slack) && isBehind(world, end + slack)))
    wrong.push(`${name} is told while the source is behind`);
  const subject = transition.subject;
  const isMuted = (sweep: RanSweep): boolean =>
    world.mutes.some(
      (mute) =>
        mute.at < sweep.begin &&
        Date.parse(mute.until) > sweep.now &&
        (mute.rule === undefined || mute.rule === transition.rule.name) &&
        (mute.sim === undefined || (subject.kind === 'sim' && mute.sim === subject.sim)),
    );
  if (isWrong(isMuted)) wrong.push(`${name} is told while it is muted`);
  return wrong;
}

/** Each message is received, under one id, in order, and none is sent once a later one is done. */
function findWrongDelivery(world: World, undeliverable: ReadonlySet<string>): string[] {
  const wrong: string[] = [];
  const received = new Set<string>();
  const latest = new Map<string, number>();
  const ids = new Map<string, string>();
  for (const { what, id, episode, sequence } of world.sent) {
    const name = `${episode}-${sequence}`;
    if (what === 'received') received.add(name);
    if (what !== 'sent') continue;
    if ((ids.get(name) ?? id) !== id) wrong.push(`${name} is sent under two ids`);
    ids.set(name, id);
    const before = latest.get(episode) ?? 0;
    if (sequence < before) wrong.push(`${name} is sent after ${before}`);
    if (sequence > before + 1) wrong.push(`${name} is sent after ${before}, not what lies between`);
    latest.set(episode, Math.max(before, sequence));
  }
  if (new Set(ids.values()).size < ids.size) wrong.push('two messages have one id');
  for (const name of world.told.keys()) {
    if (!received.has(name) && !undeliverable.has(name)) wrong.push(`${name} is never received`);
  }
  return wrong;
}
