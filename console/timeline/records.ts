import { joinStatements, type Statement } from './bands.ts';
import type { Volume } from './steps.ts';
import { day, type TimeWindow } from './window.ts';

/** A SIM's records as the timeline reads them. Each type has the fields of an openapi.yaml resource that it needs. */

/** A data session. */
export interface SessionRecord {
  readonly sid: string;
  readonly start: string;
  /** Null while it is open. */
  readonly end: string | null;
  readonly last_updated: string;
  readonly status: 'open' | 'ended' | 'failed';
  readonly data_total: number;
  readonly radio_link: string | null;
  readonly operator_mcc: string | null;
  readonly operator_mnc: string | null;
  readonly operator_name: string | null;
  readonly operator_country: string | null;
  readonly imei: string | null;
}

/** A usage record, or a sum of usage. */
export interface UsageVolume {
  readonly period: { readonly start_time: string; readonly end_time: string };
  /** A string above 2^53. */
  readonly data_total: number | string;
  readonly iso_country: string | null;
  /** The network's code or the operator's name, in a sum by network. */
  readonly network_sid: string | null;
  /** The record's id; a sum has none. */
  readonly sid?: string;
  readonly operator_mcc?: string | null;
  readonly operator_mnc?: string | null;
  readonly operator_name?: string | null;
  readonly imei?: string | null;
}

/** A connection event. */
export interface EventRecord {
  readonly sid: string;
  readonly event_type: string;
  readonly timestamp: string;
  readonly severity: string | null;
  readonly alert: boolean | null;
  readonly error_code: string | null;
  readonly operator_mcc: string | null;
  readonly operator_mnc: string | null;
  readonly operator_name: string | null;
  readonly operator_country: string | null;
}

/** An alert about the SIM. */
export interface AlertSpan {
  readonly id: string;
  readonly rule: string;
  readonly severity: 'info' | 'warning' | 'critical';
  readonly state: 'open' | 'closed' | 'merged' | 'withdrawn' | 'rule-changed';
  readonly start_time: string;
  readonly end_time: string | null;
}

/** A range in which data is missing or was delivered twice. */
export interface FindingRange {
  readonly id: string;
  readonly check: string;
  readonly reason: string;
  readonly start_time: string;
  readonly end_time: string;
}

/** A range in which something is not known. */
export interface Gap extends TimeWindow {
  /**
   * `missing`: the carrier did not deliver, or delivered twice. `silent`: the device sent nothing. `later`: not all records
   * have arrived. `unread`: there are too many records to load. `expired`: usage may have expired before it was sealed.
   */
  readonly kind: 'missing' | 'silent' | 'later' | 'unread' | 'expired';
}

/** All records of a timeline. The default types have only the fields that the timeline reads. */
export interface SimRecords<
  Session extends SessionRecord = SessionRecord,
  Usage extends UsageVolume = UsageVolume,
  Event extends EventRecord = EventRecord,
  Alert extends AlertSpan = AlertSpan,
  Finding extends FindingRange = FindingRange,
> {
  readonly sessions: readonly Session[];
  readonly usage: readonly Usage[];
  readonly events: readonly Event[];
  readonly alerts: readonly Alert[];
  readonly findings: readonly Finding[];
  /** Gaps other than findings. */
  readonly gaps: readonly Gap[];
}

/** No records. */
export const noRecords: SimRecords<never, never, never, never, never> = {
  ...{ sessions: [], usage: [], events: [] },
  ...{ alerts: [], findings: [], gaps: [] },
};

/** The range of a data session. */
export interface SessionRange extends TimeWindow {
  /** The time of its last record. After that, the session is only assumed to go on. */
  readonly statedTo: number;
}

/** Positions of the records in a window: usage that began in it, and other records that overlap it. */
export interface SeenRecords {
  readonly sessions: readonly number[];
  readonly usage: readonly number[];
  readonly events: readonly number[];
  readonly alerts: readonly number[];
}

/** Finds the records that are in a window. */
export function findSeen(ranges: TimelineRanges, { from, to }: TimeWindow): SeenRecords {
  const find = <Range extends TimeWindow>(list: readonly Range[], isSeen: (range: Range) => boolean) =>
    list.flatMap((range, index) => (isSeen(range) ? [index] : []));
  const meets = (range: TimeWindow) => range.from <= to && range.to >= from;
  return {
    sessions: find(ranges.sessions, meets),
    usage: find(ranges.usage, (range) => range.from >= from && range.from < to),
    events: find(ranges.events, meets),
    alerts: find(ranges.alerts, meets),
  };
}

/** The ranges to draw. Each has the same position as the record that it was made from. */
export interface TimelineRanges {
  readonly sessions: readonly SessionRange[];
  readonly usage: readonly Volume[];
  /** The period that a volume adds up, in milliseconds; 0 for stored records. */
  readonly usageUnit: number;
  readonly events: readonly TimeWindow[];
  readonly alerts: readonly TimeWindow[];
  readonly findings: readonly TimeWindow[];
  readonly gaps: readonly Gap[];
  readonly networks: readonly Statement[];
  readonly countries: readonly Statement[];
  readonly devices: readonly Statement[];
}

/** Options for reading records. */
export interface Reading {
  /** The end to use for open sessions and alerts, in milliseconds since the epoch. */
  readonly now: number;
  /** The period that a usage record adds up, in milliseconds; 0 for stored records. */
  readonly usageUnit: number;
  /** Returns the same name for a country's two-letter and three-letter codes. */
  readonly nameCountry: (code: string) => string;
  /** Returns the part of an IMEI that may be shown: it is personal data. */
  readonly nameDevice: (imei: string) => string;
}

/** Parses the times of records once, so that each movement only needs a new layout. */
export function readRanges(records: SimRecords, reading: Reading): TimelineRanges {
  const { now, usageUnit } = reading;
  const sessions = records.sessions.map(({ start, end, last_updated }): SessionRange => {
    const range = readRange(start, end, now);
    return { ...range, statedTo: Math.max(range.from, Math.min(range.to, Date.parse(last_updated))) };
  });
  const usage = records.usage.map(
    ({ period, data_total }): Volume => ({
      ...readRange(period.start_time, period.end_time, now),
      bytes: Number(data_total),
    }),
  );
  const events = records.events.map(({ timestamp }) => readRange(timestamp, timestamp, now));
  return {
    ...{ sessions, usage, usageUnit, events },
    alerts: records.alerts.map(({ start_time, end_time }) => readRange(start_time, end_time, now)),
    findings: records.findings.map(({ start_time, end_time }) => readRange(start_time, end_time, now)),
    gaps: records.gaps,
    ...readBands(records, { sessions, usage, events }, reading),
  };
}

function readRange(start: string, end: string | null, now: number): TimeWindow {
  const from = Date.parse(start);
  return { from, to: Math.max(from, end === null ? now : Date.parse(end)) };
}

/**
 * Makes bands from sessions, events and usage. A session says nothing after its last record. A daily sum covers the whole
 * day, so it counts only where no record is more exact.
 */
function readBands(
  records: SimRecords,
  ranges: Pick<TimelineRanges, 'sessions' | 'usage' | 'events'>,
  { nameCountry, nameDevice, usageUnit }: Reading,
): Pick<TimelineRanges, 'networks' | 'countries' | 'devices'> {
  const exact: Bands = { networks: [], countries: [], devices: [] };
  const names = new Map<string, string>();
  const state = ({ from, to }: TimeWindow, record: NetworkStatement & { readonly imei?: string | null }) => {
    const { operator_name: name, operator_country: country, imei } = record;
    const network = findNetworkName(record);
    if (name !== null && record.operator_mcc !== null) names.set(formatNetworkCode(record), name);
    if (network !== null) exact.networks.push({ from, to, value: network });
    if (country) exact.countries.push({ from, to, value: nameCountry(country) });
    if (imei) exact.devices.push({ from, to, value: nameDevice(imei) });
  };
  records.sessions.forEach((session, index) => {
    const { from, statedTo } = ranges.sessions[index]!;
    state({ from, to: statedTo }, session);
  });
  records.events.forEach((event, index) => {
    state(ranges.events[index]!, event);
  });
  const sums: Bands = { networks: [], countries: [], devices: [] };
  for (const [index, usage] of joinPeriods(records.usage)) {
    const range = ranges.usage[index]!;
    const push = (list: Statement[], values: readonly string[]) => {
      if (values.length > 0) list.push({ ...range, value: [...new Set(values)].sort().join(' + ') });
    };
    push(
      sums.networks,
      usage.networks.map((network) => names.get(network) ?? network),
    );
    push(sums.countries, usage.countries.map(nameCountry));
    push(sums.devices, usage.devices.map(nameDevice));
  }
  const join = (name: keyof Bands) =>
    joinStatements(usageUnit === 0 ? [...exact[name], ...sums[name]] : complete(exact[name], sums[name]));
  return { networks: join('networks'), countries: join('countries'), devices: join('devices') };
}

interface Bands {
  readonly networks: Statement[];
  readonly countries: Statement[];
  readonly devices: Statement[];
}

/** Adds those sums to exact statements that overlap none of them. */
function complete(exact: readonly Statement[], sums: readonly Statement[]): Statement[] {
  const days = new Set(exact.flatMap(({ from, to }) => listDays(from, to)));
  return [...exact, ...sums.filter(({ from }) => !days.has(Math.floor(from / day)))];
}

/** Lists the UTC days of a range, at most a year. */
function listDays(from: number, to: number): number[] {
  const first = Math.floor(from / day);
  return Array.from({ length: Math.min(400, Math.floor(to / day) - first + 1) }, (_, index) => first + index);
}

/** The fields of a record about its network. */
interface NetworkStatement extends Pick<SessionRecord, 'operator_name' | 'operator_mcc' | 'operator_mnc'> {
  readonly operator_country: string | null;
}

/** A network's name: the operator's name or, without one, the codes; null if the record states neither. */
export function findNetworkName(
  network: Pick<SessionRecord, 'operator_name' | 'operator_mcc' | 'operator_mnc'>,
): string | null {
  return network.operator_name ?? (network.operator_mcc === null ? null : formatNetworkCode(network));
}

/** Formats a network's codes as sums of usage have them. */
function formatNetworkCode({
  operator_mcc,
  operator_mnc,
}: Pick<SessionRecord, 'operator_mcc' | 'operator_mnc'>): string {
  return [operator_mcc, operator_mnc].filter(Boolean).join('-');
}

/** Returns the first eight digits of an IMEI. They identify the model but not the device. */
export function nameModel(imei: string): string {
  return `model ${imei.slice(0, 8)}`;
}

/** Joins the usage of each period, by the position of its first record. A period has a sum for each network. */
function joinPeriods(usage: readonly UsageVolume[]) {
  const periods = new Map<string, [number, Set<string>, Set<string>, Set<string>]>();
  usage.forEach((one, index) => {
    const { operator_name = null, operator_mcc = null, operator_mnc = null } = one;
    const key = `${one.period.start_time}/${one.period.end_time}`;
    const found = periods.get(key) ?? [index, new Set<string>(), new Set<string>(), new Set<string>()];
    periods.set(key, found);
    const network = one.network_sid ?? findNetworkName({ operator_name, operator_mcc, operator_mnc });
    if (network !== null) found[1].add(network);
    if (one.iso_country !== null) found[2].add(one.iso_country);
    if (one.imei) found[3].add(one.imei);
  });
  return [...periods.values()].map(
    ([index, networks, countries, devices]) =>
      [index, { networks: [...networks], countries: [...countries], devices: [...devices] }] as const,
  );
}
