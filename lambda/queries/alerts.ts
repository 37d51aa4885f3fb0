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

/** Alerts: the stored episodes, as resources. */

/** How many times one page reads in search of alerts that pass the filters. */
const maxRounds = 8;

/** Where alerts are read. */
export interface AlertPorts extends Pick<QueryPorts, 'reader' | 'now'> {
  /** Undefined where a deployment judges no rules: it has no alerts. */
  readonly alerts: { readonly episodes: EpisodeReader; readonly mutes: Pick<MutesTable, 'list'> } | undefined;
  /** Which days are sealed; undefined where no days are closed. */
  readonly days: Pick<ClosedDays, 'isSealed'> | undefined;
}

/** Which alerts are listed. Each member that is undefined asks for all. */
export interface AlertsFilter {
  readonly state: Episode['state'] | undefined;
  readonly severity: Severity | undefined;
  readonly rule: string | undefined;
  /** Key of a SIM. */
  readonly sim: string | undefined;
  readonly source: string | undefined;
}

/** Which page of the alerts is requested. */
export interface AlertsQuery extends AlertsFilter, Omit<PageRequest<EpisodeKey>, 'include'> {
  /** When they began; both ends included. */
  readonly period: Period;
}

/** An alert as a resource of a list. */
export type Alert = ReturnType<typeof renderAlert>;

/** An alert with all that is stored of it. */
export interface AlertDetail extends Alert {
  /** The records that show it; null where the alerts of its SIMs do. */
  readonly evidence: {
    readonly begin: EvidenceRecord;
    readonly before: EvidenceRecord | null;
    readonly last: EvidenceRecord;
    readonly end: EvidenceRecord | null;
  } | null;
  /** Of an alert about many SIMs, the first of their own alerts. */
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

/** Lists alerts, those that began last first. A page may hold fewer than requested, although more follow. */
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

/** The names of the SIMs that alerts are about, by their keys. */
function readNames(episodes: readonly AnyEpisode[], reader: QueryPorts['reader']): Promise<SimNames> {
  return reader.readSimNames(episodes.flatMap((episode) => (isShared(episode) ? [] : [episode.sim])));
}

async function readMatching(
  reader: EpisodeReader,
  keys: readonly EpisodeKey[],
  { state, severity, rule, sim, source }: AlertsFilter,
): Promise<{ readonly key: EpisodeKey; readonly episode: AnyEpisode }[]> {
  // Rule and SIM stand in the key: the others need not be read.
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

/** Members of a group that are shown with it. */
const maxListedMembers = 100;

/** The source of an episode; of a group, that of all members, undefined where they have several. */
function findSource(episode: AnyEpisode): string | undefined {
  if (!isShared(episode)) return episode.source;
  return episode.subject.kind === 'source' ? episode.subject.source : episode.subject.common.source;
}

/** Ids are 32 hexadecimal digits; nothing else is requested. */
function isEpisodeId(id: string): boolean {
  return /^[0-9a-f]{32}$/.test(id);
}

/** A position in a list of alerts; undefined for anything else. */
export function readAlertsPosition(value: unknown, { from, to }: Period): EpisodeKey | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { alert, slot, begun } = value as Readonly<Record<string, unknown>>;
  if (!isKey(alert, 'partition') || !isKey(slot, 'sort') || typeof begun !== 'string') return undefined;
  if (parseTime(begun) !== begun || begun < from || (to !== undefined && begun > to)) return undefined;
  return { alert, slot, begun };
}

/** The names of SIMs by their keys. */
type SimNames = ReadonlyMap<string, string>;

/** What is known of episodes beside them. */
interface Beside {
  /** Those that are final. */
  readonly final: ReadonlySet<AnyEpisode>;
  readonly names: SimNames;
}

/** Seals that are looked for at the same time. */
const concurrentDays = 16;

/**
 * Which episodes nothing will change but late records: they are over, and all days that decide about them are sealed. Those
 * about many SIMs are not: they tell of the alerts of their SIMs.
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
  // The ends first: where one has no seal, the days between them need not be looked for.
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

/** What only an alert of one SIM has. */
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

/** What an alert about many SIMs has in place of it. */
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

/** An alert about many SIMs, with those that it tells of. Their own alerts show the records. */
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

/** The lists that show records, by the table that holds them. */
const lists = {
  Sessions: 'data_session',
  Usage: 'usage_record',
  Events: 'connection_event',
  Findings: 'finding',
} as const;

/** A record of the evidence: which one, of when, and when the list begins that shows it. */
export interface EvidenceRecord {
  readonly type: (typeof lists)[RecordReference['table']];
  /** The sort key of its item. */
  readonly key: string;
  /** Its time. */
  readonly time: string;
  /** The time by which its list finds it: its start, of a finding its day; null for a session that has gone. */
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
