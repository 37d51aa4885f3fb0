import type { Episode } from '../alerts/episodes.ts';
import type { RecordReference } from '../alerts/known.ts';
import { findMute, type Mute } from '../alerts/mutes.ts';
import type { Severity } from '../alerts/rules.ts';
import { formatTime, parseTime } from '../ledger/time.ts';
import { timeOfKey } from '../store/counted-items.ts';
import { type EpisodeKey, type EpisodeReader, splitAlert } from '../store/episode-reader.ts';
import { isKey } from '../store/keys.ts';
import type { MutesTable } from '../store/mutes.ts';
import { NotFoundError, shorten } from './errors.ts';
import type { Page, PageRequest } from './page.ts';
import { type Period, shiftTime } from './period.ts';
import type { QueryPorts } from './ports.ts';

/** Alerts: the stored episodes, as those who ask see them. */

/** How many times one page reads in search of alerts that pass the filters. */
const maxRounds = 8;

/** Where alerts are read. */
export interface AlertPorts extends Pick<QueryPorts, 'reader' | 'now'> {
  /** Undefined where a deployment judges no rules: it has no alerts. */
  readonly alerts: { readonly episodes: EpisodeReader; readonly mutes: Pick<MutesTable, 'list'> } | undefined;
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

/** Which page of the alerts is asked for. */
export interface AlertsQuery extends AlertsFilter, Omit<PageRequest<EpisodeKey>, 'include'> {
  /** When they began; both ends included. */
  readonly period: Period;
}

/** An alert as a resource of a list. */
export type Alert = ReturnType<typeof renderAlert>;

/** An alert with all that is stored of it. */
export type AlertDetail = ReturnType<typeof renderDetail>;

/** Lists alerts, those that began last first. A page may hold fewer than asked for, with more to come. */
export async function listAlerts(
  { period, size, after: begin, ...filter }: AlertsQuery,
  { alerts, now }: Pick<AlertPorts, 'alerts' | 'now'>,
): Promise<Page<Alert, EpisodeKey>> {
  if (alerts === undefined) return { resources: [], next: undefined };
  const range = { from: period.from, to: period.to ?? shiftTime(formatTime(now()), maxDaysAhead) };
  const found: Alert[] = [];
  let after = begin;
  for (let round = 0; round < maxRounds; round += 1) {
    const keys = await alerts.episodes.keys(range, size + 1, after);
    const shown = keys.slice(0, size);
    for (const { key, episode } of await readMatching(alerts.episodes, shown, filter)) {
      found.push(renderAlert(episode));
      if (found.length === size) return { resources: found, next: key === keys.at(-1) ? undefined : key };
    }
    if (keys.length <= size) return { resources: found, next: undefined };
    after = shown.at(-1);
  }
  return { resources: found, next: after };
}

/** How far ahead of now an alert may begin, where a carrier's clock is ahead: records are refused that are dated later. */
const maxDaysAhead = 2;

async function readMatching(
  reader: EpisodeReader,
  keys: readonly EpisodeKey[],
  { state, severity, rule, sim, source }: AlertsFilter,
): Promise<{ readonly key: EpisodeKey; readonly episode: Episode }[]> {
  // Rule and SIM stand in the key: the others need not be read.
  const wanted = keys.filter(({ alert }) => {
    const [ofRule, ofSim] = splitAlert(alert);
    return (rule === undefined || ofRule === rule) && (sim === undefined || ofSim === sim);
  });
  const found = await reader.episodes(wanted);
  return found.filter(
    ({ episode }) =>
      (state === undefined || episode.state === state) &&
      (severity === undefined || episode.severity === severity) &&
      (source === undefined || episode.source === source),
  );
}

/**
 * Fetches an alert by its id.
 *
 * @throws NotFoundError
 */
export async function fetchAlert(
  { id }: { readonly id: string },
  { alerts, reader, now }: AlertPorts,
): Promise<AlertDetail> {
  const episode = isEpisodeId(id) ? await alerts?.episodes.episode(id) : undefined;
  if (alerts === undefined || episode === undefined) {
    throw new NotFoundError(`The alert ${JSON.stringify(shorten(id))}`);
  }
  const [mutes, starts] = await Promise.all([alerts.mutes.list(), findSessionStarts(episode, reader)]);
  return renderDetail(episode, findMute(mutes, episode, now()), starts);
}

/** Ids are 32 hexadecimal digits; nothing else is asked for. */
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

function renderAlert(episode: Episode) {
  const { told } = episode;
  return {
    id: episode.id,
    rule: episode.rule,
    kind: episode.kind,
    rule_version: episode.ruleVersion,
    severity: episode.severity,
    state: episode.state,
    sim: episode.sim,
    source: episode.source,
    start_time: formatTime(episode.from),
    met_time: formatTime(episode.metAt),
    end_time: renderTime(episode.to),
    records: episode.evidence.count,
    merged_into: episode.mergedInto ?? null,
    group: episode.group ?? null,
    messages: episode.sequence,
    held: episode.isHeld,
    told: told === undefined ? null : renderTold(told),
    judged_until: formatTime(episode.watermark),
    created: formatTime(episode.writtenAt),
  };
}

function renderDetail(episode: Episode, mute: Mute | undefined, starts: ReadonlyMap<string, string>) {
  const { begin, before, last, end } = episode.evidence;
  const render = (record: RecordReference | undefined) =>
    record === undefined ? null : renderRecord(record, starts);
  return {
    ...renderAlert(episode),
    evidence: {
      begin: renderRecord(begin, starts),
      before: render(before),
      last: renderRecord(last, starts),
      end: render(end),
    },
    undelivered: episode.messages.map(({ sequence, kind, foundAt, ...told }) => ({
      sequence,
      kind,
      found: formatTime(foundAt),
      ...renderTold(told),
    })),
    mute: mute === undefined ? null : renderMute(mute),
  };
}

function renderTold({ state, from, to }: NonNullable<Episode['told']>) {
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
const lists = { Sessions: 'data_session', Usage: 'usage_record', Events: 'connection_event' } as const;

/** A record of the evidence: which one, of when, and when the list begins that shows it. */
export interface EvidenceRecord {
  readonly type: (typeof lists)[RecordReference['table']];
  /** The sort key of its item. */
  readonly key: string;
  /** The moment of which it tells. */
  readonly time: string;
  /** The time by which its list finds it: its start; null for a session that has gone. */
  readonly listed_at: string | null;
}

function renderRecord(
  { table, key, at }: RecordReference,
  starts: ReadonlyMap<string, string>,
): EvidenceRecord {
  const listedAt =
    table === 'Sessions' ? starts.get(key) : table === 'Events' ? formatTime(at) : timeOfKey(key);
  return { type: lists[table], key, time: formatTime(at), listed_at: listedAt ?? null };
}

/** When the sessions of the evidence started. */
async function findSessionStarts(
  { sim, evidence: { begin, before, last, end } }: Episode,
  reader: QueryPorts['reader'],
): Promise<Map<string, string>> {
  const records = [begin, before, last, end].filter((record) => record !== undefined);
  const ids = new Set(records.flatMap(({ table, key }) => (table === 'Sessions' ? [key] : [])));
  const sessions = ids.size === 0 ? [] : await reader.sessions(sim, [...ids]);
  return new Map(sessions.map(({ sessionId, start }) => [sessionId, start]));
}
