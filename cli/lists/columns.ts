import contract from '../../lambda/functions/query-api/openapi.json' with { type: 'json' };
import { parseObject, toJsonObject } from '../../lambda/json/json.ts';
import type { Alert, renderMute } from '../../lambda/queries/alerts.ts';
import type { ConnectionEvent } from '../../lambda/queries/connection-events.ts';
import type { DataSession } from '../../lambda/queries/data-sessions.ts';
import type { SimFields } from '../../lambda/queries/sims.ts';
import type { Granularity, RawUsageRecord, UsageRecord } from '../../lambda/queries/usage-records.ts';
import { describeAlertSims } from '../terminal/alert-sims.ts';
import { drawBar, formatAge, formatMinute } from '../terminal/figures.ts';
import { formatDuration, printBytes } from '../terminal/quantities.ts';
import type { Colours } from '../terminal/terminal.ts';

/** The columns of lists: the most important in a table, and all in CSV. */

/** A table column: its heading, and the function that makes its cell. */
export type Column<Resource> = readonly [heading: string, cell: (resource: Resource) => string];

/** Usage in a list. */
export type ListedUsage = UsageRecord | RawUsageRecord;

/** A mute in a list. */
export type ListedMute = ReturnType<typeof renderMute>;

const barWidth = 40;
const maxReasonLength = 60;

/** The tables of the lists. */
export const tables = {
  sims: (now: number): readonly Column<SimFields>[] => [
    ['ICCID', (sim) => sim.iccid || sim.sid],
    ['name', (sim) => formatText(sim.unique_name)],
    ['source', (sim) => sim.source],
    ['status', (sim) => formatText(sim.status)],
    ['online', (sim) => formatOnline(sim, now)],
    ['last activity', (sim) => formatMinute(sim.last_activity)],
    ['last event', (sim) => formatText(sim.last_event)],
    ['network', (sim) => formatNetwork(sim)],
  ],
  silent: (now: number): readonly Column<SimFields>[] => [
    ['ICCID', (sim) => sim.iccid || sim.sid],
    ['name', (sim) => formatText(sim.unique_name)],
    ['source', (sim) => sim.source],
    [
      'silent',
      (sim) => (sim.last_heard === null ? sim.last_heard_precision : formatAge(sim.last_heard, now)),
    ],
    ['last heard', (sim) => (sim.last_heard === null ? '' : formatMinute(sim.last_heard))],
    ['online', (sim) => formatOnline(sim, now)],
    ['last event', (sim) => formatText(sim.last_event)],
    ['device', (sim) => formatText(sim.imei)],
    ['network', (sim) => formatNetwork(sim)],
  ],
  alerts: (now: number): readonly Column<Alert>[] => [
    ['ID', (alert) => alert.id],
    ['rule', (alert) => alert.rule],
    ['severity', (alert) => alert.severity],
    ['state', (alert) => alert.state],
    ['SIM', describeAlertSims],
    ['source', (alert) => formatText(alert.source)],
    ['began', (alert) => formatMinute(alert.start_time)],
    ['lasts', (alert) => formatLength(alert, now)],
    ['told', (alert) => (alert.held ? 'held back' : (alert.told?.state ?? 'no'))],
  ],
  mutes: (now: number): readonly Column<ListedMute>[] => [
    ['ID', (mute) => mute.id],
    ['rule', (mute) => formatText(mute.rule)],
    ['SIM', (mute) => formatText(mute.sim)],
    ['source', (mute) => formatText(mute.source)],
    ['until', (mute) => formatMinute(mute.until)],
    ['left', (mute) => formatDuration((Date.parse(mute.until) - now) / 1000)],
    ['reason', (mute) => formatText(mute.reason)],
  ],
  sessions: (): readonly Column<DataSession>[] => [
    ['session', (session) => session.sid],
    ['status', (session) => session.status],
    ['start', (session) => formatMinute(session.start)],
    ['end', (session) => formatMinute(session.end)],
    ['up', (session) => makeBytesCell(session.data_uploaded)],
    ['down', (session) => makeBytesCell(session.data_downloaded)],
    ['total', (session) => makeBytesCell(session.data_total)],
    ['country', (session) => formatText(session.operator_country)],
    ['operator', (session) => formatText(session.operator_name)],
    ['radio', (session) => formatText(session.radio_link)],
  ],
  usage: (
    by: Granularity,
    records: readonly ListedUsage[],
    { cyan }: Colours,
  ): readonly Column<ListedUsage>[] => {
    const greatest = Math.max(0, ...records.map((record) => record.data_total));
    const single: readonly Column<ListedUsage & Partial<RawUsageRecord>>[] = [
      ['to', (record) => formatMinute(record.period.end_time)],
      ['type', (record) => formatText(record.traffic_type)],
      ['country', (record) => formatText(record.iso_country)],
      ['tariff', (record) => formatText(record.tariff)],
      ['messages', (record) => formatText(record.messages)],
    ];
    return [
      ['from', ({ period }) => formatMinute(period.start_time).slice(0, by === 'day' ? 10 : undefined)],
      ...(by === 'raw' ? single : []),
      ['up', (record) => makeBytesCell(record.data_upload)],
      ['down', (record) => makeBytesCell(record.data_download)],
      ['total', (record) => makeBytesCell(record.data_total)],
      ['', (record) => cyan(drawBar(record.data_total, greatest, barWidth))],
      [
        'cost',
        ({ billed_unit: unit, data_total_billed: cost }) =>
          unit === null ? '' : `${formatText(cost)} ${unit}`,
      ],
    ];
  },
  events: ({ red }: Colours): readonly Column<ConnectionEvent>[] => [
    ['time', (event) => event.timestamp.slice(0, 19).replace('T', ' ')],
    ['type', (event) => event.event_type],
    ['severity', (event) => formatText(event.severity)],
    ['alert', (event) => (event.alert === true ? red('yes') : '')],
    ['operator', (event) => formatText(event.operator_name)],
    ['error code', (event) => readError(event).code],
    ['reason', (event) => (event.description || readError(event).message).slice(0, maxReasonLength)],
  ],
};

/** Whether a SIM is online, with the age of its carrier's statement: a device without power still counts as online. */
function formatOnline({ online, online_stated_at: statedAt }: SimFields, now: number): string {
  if (online === null) return '';
  const word = online ? 'yes' : 'no';
  return statedAt === null ? word : `${word}, ${formatAge(statedAt, now)} ago`;
}

/** How long an alert lasts or lasted; empty for an alert of a single moment. */
export function formatLength({ start_time: start, end_time: end }: Alert, now: number): string {
  if (end === start) return '';
  return formatAge(start, end === null ? now : Date.parse(end));
}

function formatNetwork({ network }: SimFields): string {
  const parts = [network?.operator_country, network?.operator_name, network?.radio_link].map(formatText);
  return parts.filter((part) => part !== '').join(' ');
}

/** A Super SIM event's detail is the carrier's error; other carriers state an error only in `description`. */
function readError({ detail }: ConnectionEvent): { code: string; message: string } {
  const { code, message } = parseObject(formatText(detail)) ?? {};
  return { code: formatText(code), message: formatText(message) };
}

function makeBytesCell(bytes: number | null): string {
  return bytes === null ? '' : printBytes(bytes);
}

function formatText(value: unknown): string {
  return value === undefined || value === null ? '' : String(value);
}

/** Resources that commands list, by the names of their schemas in openapi.json. */
export type ResourceSchema =
  | 'SimFields'
  | 'DataSession'
  | 'UsageFields'
  | 'RawUsageRecord'
  | 'FleetUsageRecord'
  | 'ConnectionEvent'
  | 'AlertFields'
  | 'Finding'
  | 'Mute';

const schemas: Readonly<Record<string, object>> = contract.components.schemas;

/** Members that only the HTTP API has: the command line has no addresses. */
const addresses = /^(?:url|links)(?:\.|$)/;

/**
 * The CSV columns of a resource: all its members except addresses, in the order of the API's contract. Nested members
 * have names such as `period.start_time`. The columns do not depend on the listed resources.
 */
export function listCsvColumns(name: ResourceSchema): readonly string[] {
  return listColumns({ $ref: `#/components/schemas/${name}` }, '').filter(
    (column) => !addresses.test(column),
  );
}

/** The columns of a schema: itself if it has no members, otherwise those of its members. */
function listColumns(schema: object, path: string): string[] {
  const { $ref, allOf, properties } = schema as {
    readonly $ref?: string;
    readonly allOf?: readonly object[];
    readonly properties?: object;
  };
  const referred = $ref === undefined ? undefined : schemas[$ref.slice($ref.lastIndexOf('/') + 1)];
  if (referred !== undefined) return listColumns(referred, path);
  const inherited = (allOf ?? []).flatMap((part) => listColumns(part, path));
  const own = Object.entries(toJsonObject(properties) ?? {}).flatMap(([member, part]) =>
    listColumns(toJsonObject(part) ?? {}, path === '' ? member : `${path}.${member}`),
  );
  const columns = [...inherited, ...own];
  return columns.length === 0 ? [path] : columns;
}
