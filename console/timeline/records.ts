import { joinStatements, type Statement } from './bands.ts';
import type { Volume } from './steps.ts';
import type { TimeWindow } from './window.ts';

/** What the API says of a SIM, as a timeline draws it. The members are those of openapi.yaml's resources that it reads. */

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
  /** Text beyond 2^53. */
  readonly data_total: number | string;
  readonly iso_country: string | null;
  /** Of a sum by network: its code, or the operator's name. */
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

/** What is missing or twice. */
export interface FindingRange {
  readonly id: string;
  readonly check: string;
  readonly reason: string;
  readonly start_time: string;
  readonly end_time: string;
}

/** A time of which something is not known. */
export interface Gap extends TimeWindow {
  /** `missing`: a carrier did not deliver. `later`: records may still come in. `unread`: too many records to load here. */
  readonly kind: 'missing' | 'later' | 'unread';
}

/** All that a timeline shows of a SIM; by default, no more of each resource than the timeline itself reads. */
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
  /** Besides findings. */
  readonly gaps: readonly Gap[];
}

/** The same with nothing in it. */
export const noRecords: SimRecords<never, never, never, never, never> = {
  ...{ sessions: [], usage: [], events: [] },
  ...{ alerts: [], findings: [], gaps: [] },
};

/** What is drawn, as ranges of time: positions are those of the records that they were made of. */
export interface TimelineRanges {
  readonly sessions: readonly TimeWindow[];
  readonly usage: readonly Volume[];
  /** What a volume sums up, in milliseconds; 0 of single records. */
  readonly usageUnit: number;
  readonly events: readonly TimeWindow[];
  readonly alerts: readonly TimeWindow[];
  readonly findings: readonly TimeWindow[];
  readonly gaps: readonly Gap[];
  readonly networks: readonly Statement[];
  readonly countries: readonly Statement[];
  readonly devices: readonly Statement[];
}

/** How records are read. */
export interface Reading {
  /** Until when open sessions and alerts last, in milliseconds since the epoch. */
  readonly now: number;
  /** What a usage record sums up, in milliseconds; 0 of single records. */
  readonly usageUnit: number;
  /** One name for a country, of two or three letters. */
  readonly nameCountry: (code: string) => string;
  /** What is shown of an IMEI, which is personal data. */
  readonly nameDevice: (imei: string) => string;
}

/** Reads the times of records once, so that the timeline can be laid out on each movement. */
export function readRanges(records: SimRecords, reading: Reading): TimelineRanges {
  const { now, usageUnit } = reading;
  const sessions = records.sessions.map(({ start, end }) => readRange(start, end, now));
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

/** Makes bands of what sessions, events and usage say. A session says nothing after its last record. */
function readBands(
  records: SimRecords,
  ranges: Pick<TimelineRanges, 'sessions' | 'usage' | 'events'>,
  { nameCountry, nameDevice }: Reading,
): Pick<TimelineRanges, 'networks' | 'countries' | 'devices'> {
  const networks: Statement[] = [];
  const countries: Statement[] = [];
  const devices: Statement[] = [];
  const state = (list: Statement[], range: TimeWindow, value: string | null) => {
    if (value !== null) list.push({ from: range.from, to: range.to, value });
  };
  records.sessions.forEach((session, index) => {
    const { from, to } = ranges.sessions[index]!;
    const range = { from, to: Math.max(from, Math.min(to, Date.parse(session.last_updated))) };
    state(networks, range, nameNetwork(session));
    state(countries, range, session.operator_country && nameCountry(session.operator_country));
    state(devices, range, session.imei && nameDevice(session.imei));
  });
  records.events.forEach((event, index) => {
    state(networks, ranges.events[index]!, nameNetwork(event));
    state(countries, ranges.events[index]!, event.operator_country && nameCountry(event.operator_country));
  });
  for (const [index, usage] of joinPeriods(records.usage)) {
    const range = ranges.usage[index]!;
    state(networks, range, usage.network);
    state(countries, range, joinValues(usage.countries.map(nameCountry)));
    state(devices, range, joinValues(usage.devices.map(nameDevice)));
  }
  return {
    networks: joinStatements(networks),
    countries: joinStatements(countries),
    devices: joinStatements(devices),
  };
}

/** The name of a network: what its operator is called, else its codes; null where a record states neither. */
export function nameNetwork({
  operator_name,
  operator_mcc,
  operator_mnc,
}: Pick<SessionRecord, 'operator_name' | 'operator_mcc' | 'operator_mnc'>): string | null {
  if (operator_name !== null) return operator_name;
  return operator_mcc === null ? null : [operator_mcc, operator_mnc].filter(Boolean).join('-');
}

/** The first eight digits of an IMEI name the model, and no device. */
export function nameModel(imei: string): string {
  return `model ${imei.slice(0, 8)}`;
}

/** What usage of one period says, by the position of its first record: sums by network come several for a period. */
function joinPeriods(usage: readonly UsageVolume[]) {
  const periods = new Map<string, [number, Set<string>, Set<string>, Set<string>]>();
  usage.forEach((one, index) => {
    const { operator_name = null, operator_mcc = null, operator_mnc = null } = one;
    const key = `${one.period.start_time}/${one.period.end_time}`;
    const found = periods.get(key) ?? [index, new Set<string>(), new Set<string>(), new Set<string>()];
    periods.set(key, found);
    const network = one.network_sid ?? nameNetwork({ operator_name, operator_mcc, operator_mnc });
    if (network !== null) found[1].add(network);
    if (one.iso_country !== null) found[2].add(one.iso_country);
    if (one.imei) found[3].add(one.imei);
  });
  return [...periods.values()].map(
    ([index, networks, countries, devices]) =>
      [
        index,
        { network: joinValues([...networks]), countries: [...countries], devices: [...devices] },
      ] as const,
  );
}

function joinValues(values: readonly string[]): string | null {
  return values.length === 0 ? null : [...new Set(values)].sort().join(' + ');
}
