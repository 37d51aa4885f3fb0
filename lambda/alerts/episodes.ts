import { digest } from './digest.ts';
import type { Episode, EpisodeWrite, StoredEpisode, Told, TransitionKind } from './episode.ts';
import { nameRecord, type RecordReference } from './known.ts';
import { planWrites } from './plan-writes.ts';
import { findDecidingTime, type Rule } from './rules.ts';
import type { JoinedSpan } from './span.ts';

/**
 * Episodes: what was stored for a rule and a SIM, and is sent as one incident.
 *
 * Spans are recomputed from the records each time; episodes are facts. `reconcileEpisodes` makes the stored episodes
 * agree with the current spans, and decides what to write and what to send. It is a pure function: repeated, run twice
 * at the same time, or after a crash between any two writes, it results in the same episodes.
 */

/** The judgement of a rule for a SIM. */
export interface Judgement {
  /** Undefined if the rule was removed, or does not match the SIM any more. */
  readonly rule:
    | (Pick<Rule, 'name' | 'kind' | 'severity' | 'pending' | 'recovery'> & { readonly within?: number })
    | undefined;
  readonly ruleVersion: string | undefined;
  readonly sim: string;
  readonly source: string;
  /** When the condition held according to the records, the rule and the watermark, in order. */
  readonly spans: readonly JoinedSpan[];
  /** From when on the records are complete; what ended before is not judged. */
  readonly since: number;
  /** From when on no record has expired; absent if records never expire. */
  readonly keptSince?: number;
  /** See {@link findJudgingTime}. */
  readonly watermark: number;
  /** When the sweep began, by its clock. */
  readonly now: number;
  /** Whether a mute is in force, or the source lags or is read late: episodes are then written, but not sent. */
  readonly isHeld: boolean;
  /** How long to wait before an episode is sent alone, so that a group can include it. */
  readonly groupWait: number;
  /** Whether open episodes are not sent yet: groups are formed first, and {@link tellAlone} sends the rest. */
  readonly isGroupedFirst?: boolean;
  /**
   * Whether history was delivered, which may continue: episodes that have already ended are then written, but not sent.
   */
  readonly isHistory?: boolean;
}

/**
 * The watermark by which a rule and a SIM are judged. Never earlier than before, although a source's watermark may go
 * back when the source begins to lag.
 */
export function findJudgingTime(stored: readonly StoredEpisode[], watermark: number): number {
  return stored.reduce((latest, { episode }) => Math.max(latest, episode.watermark), watermark);
}

/** An episode that is found more than this time after its end, as in replayed history, is written but not sent. */
export const maxToldAge = 24 * 3_600_000;

/** The id of an episode that begins with a record. `attempt` is 1 unless another episode has that id. */
export function identifyEpisode(rule: string, sim: string, begin: RecordReference, attempt = 1): string {
  const parts = [rule, sim, nameRecord(begin), String(begin.at)];
  if (attempt > 1) parts.push(String(attempt));
  return digest(JSON.stringify(parts)).slice(0, 32);
}

/**
 * What to write so that the stored episodes of a rule and a SIM agree with the current spans.
 *
 * - A span that overlaps a stored episode amends it; if it overlaps several, the oldest stays and the others are
 *   merged.
 * - An episode that overlaps several spans stays with the earliest; the others get their own episodes.
 * - A span that overlaps none amends one that began with, or was compared with, the same record.
 * - A span without an episode gets one; an episode without a span is withdrawn, or closed as `rule-changed`.
 *
 * A crash may interrupt the writes anywhere, and a sweep must stop at the first one whose condition does not hold: the
 * next sweep continues from what is stored.
 *
 * @param stored the live episode, and the others that end at or after `judgement.since` or are held.
 */
export function reconcileEpisodes(stored: readonly StoredEpisode[], judgement: Judgement): EpisodeWrite[] {
  const episodes = listCurrent(stored).map(({ episode }) => episode);
  const pairs = matchSpans(episodes, judgement);
  const next = [
    ...pairs.spans.map(({ span, episode, taken }) => amendEpisode(span, episode, taken, judgement)),
    ...pairs.merged.map(({ episode, into }) =>
      settle(episode, { state: 'merged', mergedInto: into }, judgement),
    ),
    ...pairs.others.map((episode) => endEpisode(episode, judgement)),
  ];
  return planWrites(stored, next);
}

/**
 * Makes an open episode a member of a group, whose messages include it. An episode that was already sent alone keeps
 * its own messages, because its receivers must learn when it ends.
 *
 * @returns undefined if it is already a member of that group.
 */
export function joinGroup({ slot, episode }: StoredEpisode, group: string): EpisodeWrite | undefined {
  if (episode.group === group) return undefined;
  const { revision } = episode;
  return { action: 'put', slot, episode: { ...episode, group, revision: revision + 1 }, replaces: revision };
}

/**
 * Sends an open episode that belongs to no group and was not sent yet, if it is due. If its group has ended, it is sent
 * alone again.
 *
 * @returns undefined if there is nothing to send.
 */
export function tellAlone(
  { slot, episode }: StoredEpisode,
  judgement: Pick<Judgement, 'groupWait' | 'watermark' | 'now'> & { readonly isSourceInDoubt: boolean },
): EpisodeWrite | undefined {
  if (episode.told !== undefined || episode.state !== 'open') return undefined;
  const alone: Episode = { ...episode, group: undefined, isHeld: false };
  const kinds = findMessages(alone, alone, judgement);
  if (kinds.length === 0) return undefined;
  const told = kinds.reduce<Episode>((one, kind) => tell(one, kind, judgement.now), alone);
  const messages = judgement.isSourceInDoubt
    ? told.messages.map((message) => ({ ...message, isSourceInDoubt: true as const }))
    : told.messages;
  const { revision } = episode;
  return { action: 'put', slot, episode: { ...told, messages, revision: revision + 1 }, replaces: revision };
}

/** Each stored episode once: of two copies the latest one, and no marks. */
export function listCurrent(stored: readonly StoredEpisode[]): StoredEpisode[] {
  const current = new Map<string, StoredEpisode>();
  for (const one of stored) {
    const known = current.get(one.episode.id);
    if (one.hasLeft === true || (known !== undefined && known.episode.revision >= one.episode.revision))
      continue;
    current.set(one.episode.id, one);
  }
  return [...current.values()];
}

/** A span and its episode; `taken` are ids that a new episode must not get. */
interface MatchedSpan {
  readonly span: JoinedSpan;
  readonly episode: Episode | undefined;
  readonly taken: ReadonlySet<string>;
}

interface Matches {
  readonly spans: readonly MatchedSpan[];
  readonly merged: readonly { readonly episode: Episode; readonly into: string }[];
  /** Episodes without a span. */
  readonly others: readonly Episode[];
}

function matchSpans(episodes: readonly Episode[], { rule, sim, spans, since }: Judgement): Matches {
  const judged = spans.filter(({ to }) => to === undefined || to >= since);
  const active = episodes.filter(isActive).toSorted((a, b) => a.from - b.from || (a.id < b.id ? -1 : 1));
  const owners = new Map<JoinedSpan, Episode[]>(judged.map((span) => [span, []]));
  const unmatched = new Set(episodes);
  const assign = (span: JoinedSpan | undefined, episode: Episode): void => {
    if (span === undefined) return;
    owners.get(span)?.push(episode);
    unmatched.delete(episode);
  };
  for (const episode of active)
    assign(
      judged.find((span) => overlaps(episode, span)),
      episode,
    );
  const isFree = (span: JoinedSpan): boolean => owners.get(span)?.length === 0;
  for (const episode of active) {
    if (unmatched.has(episode))
      assign(
        judged.find((span) => isFree(span) && sharesCause(episode, span)),
        episode,
      );
  }
  // An episode that ended as withdrawn or because the rule changed returns with the record that began it.
  for (const span of judged.filter(isFree)) {
    const id = rule && identifyEpisode(rule.name, sim, span.evidence.begin);
    const ended = episodes.find(
      (episode) => episode.id === id && unmatched.has(episode) && !isActive(episode),
    );
    if (ended !== undefined) assign(span, ended);
  }
  const taken = new Set(episodes.map(({ id }) => id));
  const merged: { episode: Episode; into: string }[] = [];
  const matched = judged.map((span): MatchedSpan => {
    const [episode, ...younger] = owners.get(span) ?? [];
    if (episode !== undefined) merged.push(...younger.map((one) => ({ episode: one, into: episode.id })));
    return { span, episode, taken };
  });
  return { spans: matched, merged, others: [...unmatched] };
}

function isActive({ state }: Episode): boolean {
  return state === 'open' || state === 'closed';
}

/** A time span that may not have ended. */
interface Period {
  readonly from: number;
  readonly to: number | undefined;
}

function overlaps(a: Period, b: Period): boolean {
  const isBefore = (to: number | undefined, from: number): boolean => to !== undefined && to <= from;
  if (a.from === b.from || contains(a, b) || contains(b, a)) return true;
  return !isBefore(a.to, b.from) && !isBefore(b.to, a.from);
}

/** Whether a moment lies in a period, including its last one, because moments end where they begin. */
function contains({ from, to }: Period, moment: Period): boolean {
  return moment.to === moment.from && moment.from >= from && (to === undefined || moment.from <= to);
}

/** Whether an episode and a span begin with the same record, or with a change from the same record. */
function sharesCause({ evidence: a }: Episode, { evidence: b }: JoinedSpan): boolean {
  const isSame = (x: RecordReference | undefined, y: RecordReference | undefined): boolean =>
    x !== undefined && y !== undefined && nameRecord(x) === nameRecord(y) && x.at === y.at;
  return isSame(a.begin, b.begin) || isSame(a.before, b.before);
}

/** The episode of a span: the existing one, updated from the span, or a new one. */
function amendEpisode(
  span: JoinedSpan,
  episode: Episode | undefined,
  taken: ReadonlySet<string>,
  judgement: Judgement,
): Episode {
  const { rule, ruleVersion, sim, source, since, watermark, now } = judgement;
  if (rule === undefined || ruleVersion === undefined) {
    throw new Error(`A span of the SIM ${sim} was given without the rule that found it`);
  }
  const state = span.isOver ? 'closed' : 'open';
  const { metAt, to, evidence } = span;
  if (episode !== undefined) {
    // What precedes the known records stays as it was written.
    const isOlder = episode.from < since || (mayHaveExpired(episode, judgement) && episode.from < span.from);
    const begun = isOlder
      ? { from: episode.from, metAt: episode.metAt, evidence: { ...evidence, begin: episode.evidence.begin } }
      : { from: span.from, metAt, evidence };
    const changes = {
      ...begun,
      to,
      state,
      ruleVersion,
      kind: rule.kind,
      severity: rule.severity,
      mergedInto: undefined,
    } as const;
    return settle(episode, changes, judgement);
  }
  const created: Episode = {
    id: findFreeId(rule.name, sim, evidence.begin, taken),
    rule: rule.name,
    ruleVersion,
    kind: rule.kind,
    severity: rule.severity,
    sim,
    source,
    state,
    from: span.from,
    metAt,
    to,
    evidence,
    mergedInto: undefined,
    group: undefined,
    watermark,
    told: undefined,
    isHeld: false,
    sequence: 0,
    messages: [],
    writtenAt: now,
    revision: 0,
  };
  return settle(created, {}, judgement);
}

function findFreeId(rule: string, sim: string, begin: RecordReference, taken: ReadonlySet<string>): string {
  for (let attempt = 1; ; attempt += 1) {
    const id = identifyEpisode(rule, sim, begin, attempt);
    if (!taken.has(id)) return id;
  }
}

/** Whether the record that an episode began with, or was compared with, may have expired. */
function mayHaveExpired({ evidence: { begin, before = begin } }: Episode, { keptSince }: Judgement): boolean {
  return Math.min(begin.at, before.at) < (keptSince ?? Number.NEGATIVE_INFINITY);
}

/** Ends an episode that no longer overlaps a span. */
function endEpisode(episode: Episode, judgement: Judgement): Episode {
  const { since, ruleVersion } = judgement;
  const isOtherRule = episode.ruleVersion !== ruleVersion;
  if (!isActive(episode)) return settle(episode, {}, judgement);
  if (episode.state === 'closed') {
    // Findings of a rule that has changed since, or from records that may have expired, stay.
    const stands = isOtherRule || mayHaveExpired(episode, judgement) || episode.from < since;
    return settle(episode, stands ? {} : { state: 'withdrawn' }, judgement);
  }
  if (isOtherRule) return settle(episode, { state: 'rule-changed' }, judgement);
  if (episode.from >= since) return settle(episode, { state: 'withdrawn' }, judgement);
  // Its records may have expired; according to the known ones, its condition does not hold.
  return settle(episode, { state: 'closed', to: Math.max(episode.metAt, episode.to ?? since) }, judgement);
}

/** An episode with changes, and with messages about them, unless these are held back. */
function settle(episode: Episode, changes: Partial<Episode>, judgement: Judgement): Episode {
  const { watermark, now } = judgement;
  const settled: Episode = { ...episode, ...changes, watermark, isHeld: false };
  const changed = { ...settled, ...describeDecidingTime(settled, judgement) };
  const kinds = findMessages(episode, changed, judgement);
  // An episode that was never sent and has ended is not sent later either.
  const isToldLater = changed.told !== undefined || changed.state === 'open';
  if (kinds.length > 0 && judgement.isHeld) return { ...changed, isHeld: isToldLater };
  if (judgement.isGroupedFirst === true && changed.told === undefined && changed.state === 'open') {
    return changed;
  }
  return kinds.reduce<Episode>((told, kind) => tell(told, kind, now), changed);
}

/** The time that decides about an episode. It stays if the rule has changed since. */
function describeDecidingTime(
  { from, to, ruleVersion, ...stored }: Episode,
  { rule, ruleVersion: current }: Judgement,
): Pick<Episode, 'decidedFrom' | 'decidedTo'> {
  const { decidedFrom, decidedTo } = stored;
  if (rule === undefined || ruleVersion !== current) return { decidedFrom, decidedTo };
  const time = to === undefined ? undefined : findDecidingTime(rule, { from, to });
  return { decidedFrom: time?.from, decidedTo: time?.to };
}

/** What to send about an episode, considering what was sent before. */
function findMessages(
  before: Episode,
  episode: Episode,
  { groupWait, watermark, isHistory = false }: Pick<Judgement, 'groupWait' | 'watermark' | 'isHistory'>,
): TransitionKind[] {
  const { state, told, from, to } = episode;
  if (told === undefined) {
    const tellsFrom = episode.metAt + groupWait;
    if (episode.group !== undefined || !isActive(episode)) return [];
    if (state === 'open') return watermark >= tellsFrom ? ['opened'] : [];
    // It ended before a sweep sent it: beginning and end are sent, unless it was too short to be sent alone, or was
    // held back.
    const closesNow = before.revision === 0 || (before.state === 'open' && !before.isHeld);
    const isRecent = !isHistory && (to ?? 0) > watermark - maxToldAge;
    return closesNow && isRecent && (to ?? 0) >= tellsFrom ? ['opened', 'closed'] : [];
  }
  if (told.state !== state) return [state === 'open' ? 'reopened' : state];
  if (!isActive(episode)) return [];
  return told.from !== from || (state === 'closed' && told.to !== to) ? ['amended'] : [];
}

/**
 * Adds a message. A waiting `amended` is replaced by a later one, so that few messages wait however long a receiver
 * fails.
 */
function tell(episode: Episode, kind: TransitionKind, foundAt: number): Episode {
  const state = kind === 'opened' ? 'open' : episode.state;
  const told: Told = { state, from: episode.from, to: state === 'open' ? undefined : episode.to };
  const sequence = episode.sequence + 1;
  const waiting = episode.messages.filter((message) => kind !== 'amended' || message.kind !== 'amended');
  return { ...episode, told, sequence, messages: [...waiting, { ...told, sequence, kind, foundAt }] };
}
