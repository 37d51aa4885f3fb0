import type { Day } from '../days/day.ts';
import { isDay } from '../days/work.ts';
import { parseObject } from '../json/json.ts';
import type { VolumeGroup } from './volumes.ts';

/** Messages from functions that write the ledger to the metrics exporter, through a queue. They never name a SIM. */

/** What usage gained from a batch. */
export interface GainMessage {
  readonly kind: 'gain';
  readonly groups: readonly VolumeGroup[];
}

/** The volumes of one version of a sealed day. */
export interface DayVolumesMessage {
  readonly kind: 'day';
  readonly day: Day;
  readonly version: number;
  readonly groups: readonly VolumeGroup[];
}

/** A message to the metrics exporter. */
export type MetricsMessage = GainMessage | DayVolumesMessage;

/** The maximum groups in a message. A group has up to 500 bytes, and SQS accepts 256 KB. Batches usually have some tens. */
export const maxMessageGroups = 500;

/** A group as a list: texts (null for undefined), bytes, and cost. */
type Row = readonly [
  source: string,
  carrier: string,
  country: string | null,
  operator: string | null,
  radio: string | null,
  currency: string | null,
  bytes: number,
  uploaded: number,
  downloaded: number,
  cost: string,
];

/** Formats a message as the body of an SQS message. */
export function printMessage({ groups, ...message }: MetricsMessage): string {
  return JSON.stringify({ ...message, rows: groups.map(printRow) });
}

function printRow(group: VolumeGroup): Row {
  const { source, carrier, country, operator, radio, currency, bytes, uploaded, downloaded, cost } = group;
  return [
    ...([source, carrier, country ?? null, operator ?? null, radio ?? null, currency ?? null] as const),
    ...([bytes, uploaded, downloaded, cost] as const),
  ];
}

/** Reads the body of an SQS message. Returns undefined if it is not a message of {@link printMessage}. */
export function parseMessage(body: string): MetricsMessage | undefined {
  const message = parseObject(body);
  const rows: unknown = message?.['rows'];
  if (message === undefined || !Array.isArray(rows) || !rows.every(isRow)) return undefined;
  const groups = rows.map(readRow);
  const { kind, day, version } = message;
  if (kind === 'gain') return { kind, groups };
  if (kind !== 'day' || typeof day !== 'string' || !isDay(day)) return undefined;
  return typeof version === 'number' ? { kind, day, version, groups } : undefined;
}

function readRow([
  source,
  carrier,
  country,
  operator,
  radio,
  currency,
  bytes,
  uploaded,
  downloaded,
  cost,
]: Row): VolumeGroup {
  return {
    ...{ source, carrier, bytes, uploaded, downloaded, cost },
    country: country ?? undefined,
    operator: operator ?? undefined,
    radio: radio ?? undefined,
    currency: currency ?? undefined,
  };
}

const isText = (value: unknown): boolean => typeof value === 'string';
const isTextOrNull = (value: unknown): boolean => value === null || isText(value);
const isAmount = (value: unknown): boolean => typeof value === 'number' && value >= 0;
const isDecimal = (value: unknown): boolean => typeof value === 'string' && /^-?\d+(\.\d+)?$/.test(value);

const rowMembers = [
  ...[isText, isText],
  ...[isTextOrNull, isTextOrNull, isTextOrNull, isTextOrNull],
  ...[isAmount, isAmount, isAmount],
  isDecimal,
];

function isRow(value: unknown): value is Row {
  return (
    Array.isArray(value) &&
    value.length === rowMembers.length &&
    rowMembers.every((isMember, index) => isMember(value[index]))
  );
}
