import type { Episode, Told, Transition } from '../alerts/episode.ts';
import type { RecordReference } from '../alerts/known.ts';
import { findMute, type Mute } from '../alerts/mutes.ts';
import type { Severity } from '../alerts/rules.ts';
import type { SharedEpisode } from '../alerts/shared-episodes.ts';
import { type Day, findDay, listDays } from '../days/day.ts';
import { formatTime, parseTime } from '../ledger/time.ts';
import { mapConcurrently } from '../store/concurrency.ts';
import { readKeyTime } from '../store/counted-items.ts';
import {
  type AnyEpisode,
  type EpisodeKey,
  type EpisodeReader,
  isShared,
  splitAlert,
} from '../store/episode-reader.ts';
import { isKey } from '../store/keys.ts';
import type { MutesTable } from '../store/mutes.ts';
import { isSharedPartition, readSharedRule } from '../store/shared-episodes.ts';
import type { ClosedDays } from './closed-days.ts';
import { NotFoundError, shorten } from './errors.ts';
import type { Page, PageRequest } from './page.ts';
import { type Period, shiftTime } from './period.ts';
import type { QueryPorts } from './ports.ts';
import { maxDaysAhead } from './report-time.ts';

/** Alerts: the stored episodes as resources. */

/** How often one page reads to find alerts that pass the filters. */
const maxRounds = 8;

/** What alert queries need. */
export interface AlertPorts extends Pick<QueryPorts, 'reader' | 'now'> {
  /** Undefined if a deployment has no rules and so no alerts. */
  readonly alerts: { readonly episodes: EpisodeReader; readonly mutes: Pick<MutesTable, 'list'> } | undefined;
  /** Which days are sealed; undefined if no days are closed. */
  readonly days: Pick<ClosedDays, 'isSealed'> | undefined;
}

/** Which alerts to list. An undefined member allows all. */
export interface AlertsFilter {
  readonly state: Episode['state'] | undefined;
  readonly severity: Severity | undefined;
  readonly rule: string | undefined;
  /** Key of a SIM. */
  readonly sim: string | undefined;
  readonly source: string | undefined;
}

/** Which page of the alerts to return. */
export interface AlertsQuery extends AlertsFilter, Omit<PageRequest<EpisodeKey>, 'include'> {
  /** When they began; both ends included. */
  readonly period: Period;
}

/** An alert in a list. */
export type Alert = ReturnType<typeof renderAlert>;

/** An alert with everything that is stored about it. */
export interface AlertDetail extends Alert {
  /** The records that prove it; null if it is about many SIMs, whose own alerts have them. */
  readonly evidence: {
    readonly begin: EvidenceRecord;
    readonly before: EvidenceRecord | null;
    readonly last: EvidenceRecord;
    readonly end: EvidenceRecord | null;
  } | null;
  /** For an alert about many SIMs, the first of their own alerts. */
  readonly members: readonly {
    readonly sim: string;
    readonly sim_name: string | null;
    readonly source: string;
    /** The SIM's own alert. */
    readonly alert: string;
    readonly state: Episode['state'];
    readonly start_time: string;
    readonly end_time: string | null;
  }[];
  readonly undelivered: readonly ReturnType<typeof renderMessage>[];
  readonly mute: ReturnType<typeof renderMute> | null;
}

/** Lists alerts, latest start first. A page may have fewer than requested although more follow. */
export async function listAlerts(query: AlertsQuery, ports: AlertPorts): Promise<Page<Alert, EpisodeKey>> {
  const { resources, next } = await listEpisodes(query, ports);
  const [final, names] = await Promise.all([areFinal(resources, ports), readNames(resources, ports.reader)]);
  return { resources: resources.map((episode) => renderAlert(episode, { final, names })), next };
}

async function listEpisodes(
  { period, size, after: begin, ...filter }: AlertsQuery,
  { alerts, now }: Pick<AlertPorts, 'alerts' | 'now'>,
): Promise<Page<AnyEpisode, EpisodeKey>> {
  if (alerts === undefined) return { resources: [], next: undefined };
  const range = { from: period.from, to: period.to ?? shiftTime(formatTime(now()), maxDaysAhead) };
  const found: AnyEpisode[] = [];
  let after = begin;
  for (let round = 0; round < maxRounds; round += 1) {
    const keys = await alerts.episodes.listKeys(range, size + 1, after);
    const shown = keys.slice(0, size);
    for (const { key, episode } of await readMatching(alerts.episodes, shown, filter)) {
      found.push(episode);
      if (found.length === size) return { resources: found, next: key === keys.at(-1) ? undefined : key };
    }
    if (keys.length <= size) return { resources: found, next: undefined };
    after = shown.at(-1);
  }
  return { resources: found, next: after };
}

/** The names of the SIMs that alerts are about, by key. */
function readNames(episodes: readonly AnyEpisode[], reader: QueryPorts['reader']): Promise<SimNames> {
  return reader.readSimNames(episodes.flatMap((episode) => (isShared(episode) ? [] : [episode.sim])));
}

async function readMatching(
  reader: EpisodeReader,
  keys: readonly EpisodeKey[],
  { state, severity, rule, sim, source }: AlertsFilter,
): Promise<{ readonly key: EpisodeKey; readonly episode: AnyEpisode }[]> {
  // Rule and SIM are part of the key, so other alerts need not be read.
  const wanted = keys.filter(({ alert }) => {
    if (isSharedPartition(alert)) {
      return sim === undefined && (rule === undefined || readSharedRule(alert) === rule);
    }
    const [ofRule, ofSim] = splitAlert(alert);
    return (rule === undefined || ofRule === rule) && (sim === undefined || ofSim === sim);
  });
  const found = await reader.readEpisodes(wanted);
  return found.filter(
    ({ episode }) =>
      (state === undefined || episode.state === state) &&
      (severity === undefined || episode.severity === severity) &&
      (source === undefined || findSource(episode) === source),
  );
}

/**
 * Fetches an alert by its id.
 *
 * @throws NotFoundError
 */
export async function fetchAlert({ id }: { readonly id: string }, ports: AlertPorts): Promise<AlertDetail> {
  const { alerts, reader, now } = ports;
  const episode = isEpisodeId(id) ? await alerts?.episodes.readEpisode(id) : undefined;
  if (alerts === undefined || episode === undefined) {
    throw new NotFoundError(`The alert ${JSON.stringify(shorten(id))}`);
  }
  const mutes = await alerts.mutes.list();
  if (isShared(episode)) {
    const muted = { rule: episode.rule, sim: '', source: findSource(episode) ?? '' };
    const members = await alerts.episodes.readMembers(id, maxListedMembers);
    const names = await readNames(members, reader);
    const alert = renderAlert(episode, { final: await areFinal([episode], ports), names });
    return renderSharedDetail(alert, episode, findMute(mutes, muted, now()), members, names);
  }
  const [starts, names, final] = await Promise.all([
    findSessionStarts(episode, reader),
    readNames([episode], reader),
    areFinal([episode], ports),
  ]);
  const alert = renderAlert(episode, { final, names });
  return renderDetail(alert, episode, findMute(mutes, episode, now()), starts);
}

/** How many members of a group are shown with it. */
const maxListedMembers = 100;

/** The source of an episode; for a group that of all members, undefined if they have several. */
function findSource(episode: AnyEpisode): string | undefined {
  if (!isShared(episode)) return episode.source;
  return episode.subject.kind === 'source' ? episode.subject.source : episode.subject.common.source;
}

/** Ids are 32 hexadecimal digits; other texts need not be looked up. */
function isEpisodeId(id: string): boolean {
  return /^[0-9a-f]{32}$/.test(id);
}

/** A position in a list of alerts; undefined if the value is not one. */
export function readAlertsPosition(value: unknown, { from, to }: Period): EpisodeKey | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { alert, slot, begun } = value as Readonly<Record<string, unknown>>;
  if (!isKey(alert, 'partition') || !isKey(slot, 'sort') || typeof begun !== 'string') return undefined;
  if (parseTime(begun) !== begun || begun < from || (to !== undefined && begun > to)) return undefined;
  return { alert, slot, begun };
}

/** The names of SIMs, by key. */
type SimNames = ReadonlyMap<string, string>;

/** What is known about episodes from elsewhere. */
interface Beside {
  /** Episodes that are final. */
  readonly final: ReadonlySet<AnyEpisode>;
  readonly names: SimNames;
}

/** How many seals are read concurrently. */
const concurrentDays = 16;

/**
 * Which episodes only late records can change: they have ended, and all days that decide about them are sealed.
 * Episodes about many SIMs are not final, because they depend on the alerts of their SIMs.
 */
async function areFinal(
  episodes: readonly AnyEpisode[],
  { days }: Pick<AlertPorts, 'days'>,
): Promise<ReadonlySet<AnyEpisode>> {
  if (days === undefined) return new Set();
  const decided = episodes.flatMap((episode) => {
    if (isShared(episode) || episode.state === 'open') return [];
    const { decidedFrom: from, decidedTo: to } = episode;
    return from === undefined || to === undefined
      ? []
      : [{ episode, first: nameDay(from), last: nameDay(to) }];
  });
  const seals = new Map<Day, boolean>();
  const look = async (wanted: readonly Day[]): Promise<void> => {
    const unknown = [...new Set(wanted)].filter((day) => !seals.has(day));
    await mapConcurrently(unknown, concurrentDays, async (day) => seals.set(day, await days.isSealed(day)));
  };
  // First the ends: if one has no seal, the days in between need not be looked up.
  await look(decided.flatMap(({ first, last }) => [first, last]));
  const likely = decided.filter(({ first, last }) => seals.get(first) === true && seals.get(last) === true);
  await look(likely.flatMap(({ first, last }) => listDays(first, last)));
  return new Set(
    likely
      .filter(({ first, last }) => listDays(first, last).every((day) => seals.get(day) === true))
      .map(({ episode }) => episode),
  );
}

function nameDay(at: number): Day {
  return findDay(formatTime(Math.max(0, at)));
}

function renderAlert(episode: AnyEpisode, { final, names }: Beside) {
  const { told } = episode;
  const about = isShared(episode) ? renderShared(episode) : renderSingle(episode, names);
  return {
    id: episode.id,
    rule: episode.rule,
    kind: episode.kind,
    rule_version: episode.ruleVersion,
    severity: episode.severity,
    state: episode.state,
    subject: about.subject,
    sim: about.sim,
    sim_name: about.sim_name,
    source: findSource(episode) ?? null,
    shared_by: about.shared_by,
    shared_value: about.shared_value,
    cause: about.cause,
    sims: about.sims,
    start_time: formatTime(episode.from),
    met_time: about.met_time,
    end_time: renderTime(episode.to),
    final: isShared(episode) ? null : final.has(episode),
    records: about.records,
    merged_into: about.merged_into,
    group: about.group,
    messages: episode.sequence,
    held: episode.isHeld,
    told: told === undefined ? null : renderTold(told),
    judged_until: about.judged_until,
    created: formatTime(episode.writtenAt),
  };
}

/** The members of an alert about one SIM only. */
function renderSingle(episode: Episode, names: SimNames) {
  return {
    subject: 'sim' as const,
    sim: episode.sim,
    sim_name: names.get(episode.sim) ?? null,
    ...{ shared_by: null, shared_value: null, cause: null, sims: 1 },
    met_time: formatTime(episode.metAt),
    records: episode.evidence.count,
    merged_into: episode.mergedInto ?? null,
    group: episode.group ?? null,
    judged_until: formatTime(episode.watermark),
  };
}

/** The members of an alert about many SIMs instead. */
function renderShared({ subject, members, sweptAt }: SharedEpisode) {
  return {
    subject: subject.kind,
    ...{ sim: null, sim_name: null, met_time: null, records: 0, merged_into: null, group: null },
    shared_by: subject.kind === 'group' ? subject.by : null,
    shared_value: subject.kind === 'group' ? subject.value : null,
    cause: subject.kind === 'source' ? subject.cause : null,
    sims: members.total,
    judged_until: formatTime(sweptAt),
  };
}

/** An alert about many SIMs, with its SIMs. Their own alerts have the records. */
function renderSharedDetail(
  alert: Alert,
  episode: SharedEpisode,
  mute: Mute | undefined,
  members: readonly Episode[],
  names: SimNames,
): AlertDetail {
  return {
    ...alert,
    evidence: null,
    members: members.map(({ id, sim, source, state, from, to }) => ({
      ...{ sim, sim_name: names.get(sim) ?? null, source, alert: id, state },
      start_time: formatTime(from),
      end_time: renderTime(to),
    })),
    undelivered: episode.messages.map(renderMessage),
    mute: mute === undefined ? null : renderMute(mute),
  };
}

function renderMessage({ sequence, kind, foundAt, state, from, to }: Transition) {
  return { sequence, kind, found: formatTime(foundAt), ...renderTold({ state, from, to }) };
}

function renderDetail(
  alert: Alert,
  episode: Episode,
  mute: Mute | undefined,
  starts: ReadonlyMap<string, string>,
): AlertDetail {
  const { begin, before, last, end } = episode.evidence;
  const render = (record: RecordReference | undefined) =>
    record === undefined ? null : renderRecord(record, starts);
  return {
    ...alert,
    evidence: {
      begin: renderRecord(begin, starts),
      before: render(before),
      last: renderRecord(last, starts),
      end: render(end),
    },
    members: [],
    undelivered: episode.messages.map(renderMessage),
    mute: mute === undefined ? null : renderMute(mute),
  };
}

function renderTold({ state, from, to }: Told) {
  return { state, start_time: formatTime(from), end_time: renderTime(to) };
}

/** A mute as a resource. */
export function renderMute({ id, rule, sim, source, until, reason, createdAt }: Mute) {
  return {
    id,
    rule: rule ?? null,
    sim: sim ?? null,
    source: source ?? null,
    until,
    reason: reason ?? null,
    created: createdAt,
  };
}

function renderTime(at: number | undefined): string | null {
  return at === undefined ? null : formatTime(at);
}

/** The lists that show records, by the records' table. */
const lists = {
  Sessions: 'data_session',
  Usage: 'usage_record',
  Events: 'connection_event',
  Findings: 'finding',
} as const;

/** A record of the evidence: its type, key and time, and where the list begins that shows it. */
export interface EvidenceRecord {
  readonly type: (typeof lists)[RecordReference['table']];
  /** The sort key of its item. */
  readonly key: string;
  /** Its time. */
  readonly time: string;
  /**
   * The time by which its list finds it: its start, or the day of a finding; null for a session that no longer exists.
   */
  readonly listed_at: string | null;
}

function renderRecord(
  { table, key, at }: RecordReference,
  starts: ReadonlyMap<string, string>,
): EvidenceRecord {
  const listedAt = findListedAt({ table, key, at }, starts);
  return { type: lists[table], key, time: formatTime(at), listed_at: listedAt ?? null };
}

function findListedAt(
  { table, key, at }: RecordReference,
  starts: ReadonlyMap<string, string>,
): string | undefined {
  switch (table) {
    case 'Sessions':
      return starts.get(key);
    case 'Usage':
      return readKeyTime(key);
    default:
      return formatTime(at);
  }
}

/** When the sessions of the evidence started. */
async function findSessionStarts(
  { sim, evidence: { begin, before, last, end } }: Episode,
  reader: QueryPorts['reader'],
): Promise<Map<string, string>> {
  const records = [begin, before, last, end].filter((record) => record !== undefined);
  const ids = new Set(records.flatMap(({ table, key }) => (table === 'Sessions' ? [key] : [])));
  const sessions = ids.size === 0 ? [] : await reader.readSessions(sim, [...ids]);
  return new Map(sessions.map(({ sessionId, start }) => [sessionId, start]));
}
