import type { EventContent, UsageContent } from '../ledger/contents.ts';
import type { Session } from '../ledger/observation.ts';
import { toMilliseconds } from '../ledger/time.ts';

/**
 * What is known of a SIM when it is judged.
 *
 * All times in this folder are milliseconds since the epoch, by the carrier's clock.
 */

/** A record or finding that a span is based on: the item that holds it. */
export interface RecordReference {
  /** The table. */
  readonly table: 'Sessions' | 'Usage' | 'Events' | 'Findings';
  /** The sort key: `sessionId`, `usageId` or `eventKey`; of a finding its id. */
  readonly key: string;
  /** The time of the record. */
  readonly at: number;
}

/** A record that shows that the SIM is alive, and how: see docs/last-heard.md. */
export interface Sign {
  readonly record: RecordReference;
  /** Whether the device signalled: an attachment, a location update, a context or session that began or failed. */
  readonly isSignal: boolean;
  /** Whether the device moved bytes. */
  readonly hasBytes: boolean;
  /** Whether it is a record of an open session. */
  readonly isSession: boolean;
}

/** What rules look at of a usage record. A sweep reads millions of them. */
export type KnownUsage = Pick<
  UsageContent,
  | 'usageId'
  | 'start'
  | 'end'
  | 'sessionId'
  | 'trafficType'
  | 'dataUploaded'
  | 'dataDownloaded'
  | 'dataTotal'
  | 'messagesTx'
  | 'messagesRx'
  | 'country'
  | 'imei'
  | 'writtenImei'
  | 'dataModifier'
  | 'sessionTotal'
  | 'carrier'
>;

/**
 * The records of one SIM, as the tables hold them, of which each counts: of renderings a second apart only the fuller.
 * Order and repetition do not matter.
 *
 * They must be complete from the beginning of what is judged, and have the latest earlier record of each kind that the
 * rule looks at, if there is one: a silence begins with the record before it, a change is one from a value before.
 */
export interface Known {
  readonly sessions: readonly Session[];
  readonly usage: readonly KnownUsage[];
  readonly events: readonly EventContent[];
  readonly signs: readonly Sign[];
  /** The SIM's usage of sealed days, where rules about days and months ask for it. `usage` need not have it then, and may. */
  readonly sealed?: SealedUsage;
  /** What was found on closed days, where rules about findings ask for it. */
  readonly findings?: KnownFindings;
  /** What an open episode is based on, since its records may have expired. */
  readonly remembered?: readonly RememberedRecord[];
}

/** Usage of sealed days. */
export interface SealedUsage {
  /** The beginning of the first day that was looked at. */
  readonly from: number;
  /**
   * The end of the last sealed day. All usage that started before is in `days`, but for days that were never read since the
   * ledger is older than its first sealed day: that is in the records.
   */
  readonly until: number;
  /** Days on which the SIM did anything: their beginning, and their bytes. */
  readonly days: readonly { readonly from: number; readonly bytes: bigint }[];
}

/** The parts of a finding that rules use. */
export interface KnownFinding {
  readonly findingId: string;
  readonly check: string;
  readonly bytes: number | undefined;
}

/** Findings of closed days. */
export interface KnownFindings {
  /** The end of the last closed day. */
  readonly closedUntil: number;
  /** The beginnings of closed days that are not sealed. */
  readonly unsealed: readonly number[];
  /** Days with findings, each with its beginning, in order. */
  readonly days: readonly { readonly from: number; readonly findings: readonly KnownFinding[] }[];
}

/** The record with which an open episode began. */
export interface RememberedRecord {
  readonly record: RecordReference;
  /** When the condition of the episode was met. */
  readonly metAt: number;
}

/** What is known of a SIM of which there is no record. */
export const nothingKnown: Known = { sessions: [], usage: [], events: [], signs: [] };

/**
 * Adds the record with which an open episode began, unless it is kept for certain. What is known ends the episode, and not
 * that its first record has expired.
 *
 * @param keptSince from when on no record has expired.
 */
export function rememberRecords(known: Known, begin: RememberedRecord | undefined, keptSince: number): Known {
  return begin === undefined || begin.record.at >= keptSince ? known : { ...known, remembered: [begin] };
}

/** The reference to an event. */
export function referToEvent({ eventKey, time }: EventContent): RecordReference {
  return { table: 'Events', key: eventKey, at: toMilliseconds(time) };
}

/** The reference to a usage record, which tells of the last moment of its window. Its start may follow its end. */
export function referToUsage({ usageId, start, end }: KnownUsage): RecordReference {
  return { table: 'Usage', key: usageId, at: toMilliseconds(start > end ? start : end) };
}

/** The reference to a session, of which a statement was made at a moment. */
export function referToSession({ sessionId }: Session, time: string): RecordReference {
  return { table: 'Sessions', key: sessionId, at: toMilliseconds(time) };
}

/** The order of records: by time, and at one moment by table and key, so that it is always the same. */
export function compareRecords(a: RecordReference, b: RecordReference): number {
  if (a.at !== b.at) return a.at - b.at;
  const x = nameRecord(a);
  const y = nameRecord(b);
  return x < y ? -1 : x > y ? 1 : 0;
}

/** A record's table and key as one text. */
export function nameRecord({ table, key }: RecordReference): string {
  return `${table}/${key}`;
}

/** Values that are based on records, in the records' order, each moment of a record once. */
export function sortByRecord<Item extends { readonly record: RecordReference }>(
  items: readonly Item[],
): Item[] {
  const sorted = items.toSorted((a, b) => compareRecords(a.record, b.record));
  return sorted.filter((item, index) => {
    const before = sorted[index - 1];
    return before === undefined || compareRecords(before.record, item.record) !== 0;
  });
}

/** Records in their order, each moment of a record once. */
export function sortRecords(records: readonly RecordReference[]): RecordReference[] {
  return sortByRecord(records.map((record) => ({ record }))).map(({ record }) => record);
}

/** The index of the first record at or after a time: as many as there are, if none is. */
export function findFirst(sorted: readonly RecordReference[], at: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sorted[middle]?.at ?? at) < at) low = middle + 1;
    else high = middle;
  }
  return low;
}
