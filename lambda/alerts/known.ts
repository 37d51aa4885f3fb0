import type { EventContent, UsageContent } from '../ledger/contents.ts';
import type { Session } from '../ledger/observation.ts';
import { toMilliseconds } from '../ledger/time.ts';

/**
 * What is known about a SIM when it is judged.
 *
 * All times in this folder are milliseconds since the epoch, by the carrier's clock.
 */

/** A record or finding that a span is based on, identified by its item. */
export interface RecordReference {
  /** The table. */
  readonly table: 'Sessions' | 'Usage' | 'Events' | 'Findings';
  /** The sort key: `sessionId`, `usageId` or `eventKey`; the id of a finding. */
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

/** What rules need of a usage record. A sweep reads millions of them. */
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
 * The records of one SIM that count, as the tables have them: of renderings a second apart only the more complete one.
 * Order and repetition do not matter.
 *
 * They must be complete from the beginning of what is judged, and include the latest earlier record of each kind that
 * the rule looks at, if there is one: a silence begins with the record before it, and a change is a change from an
 * earlier value.
 */
export interface Known {
  readonly sessions: readonly Session[];
  readonly usage: readonly KnownUsage[];
  readonly events: readonly EventContent[];
  readonly signs: readonly Sign[];
  /** The SIM's usage of sealed days, for rules about days and months. `usage` may then omit these days. */
  readonly sealed?: SealedUsage;
  /** Findings of closed days, for rules about findings. */
  readonly findings?: KnownFindings;
  /** What an open episode is based on, because its records may have expired. */
  readonly remembered?: readonly RememberedRecord[];
}

/** Usage of sealed days. */
export interface SealedUsage {
  /** The beginning of the first day that was read. */
  readonly from: number;
  /**
   * The end of the last sealed day. All usage that started before is in `days`, except on days that were never read
   * because the ledger is older than its first sealed day: these are in the records.
   */
  readonly until: number;
  /** Days on which the SIM was active: their beginning, and their bytes. */
  readonly days: readonly { readonly from: number; readonly bytes: bigint }[];
}

/** The parts of a finding that rules need. */
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

/** What is known about a SIM without records. */
export const nothingKnown: Known = { sessions: [], usage: [], events: [], signs: [] };

/**
 * Adds the record with which an open episode began, unless it cannot have expired. An episode must end because of what
 * is known, not because its first record has expired.
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

/** The reference to a usage record, at the end of its window. Its start may be later than its end. */
export function referToUsage({ usageId, start, end }: KnownUsage): RecordReference {
  return { table: 'Usage', key: usageId, at: toMilliseconds(start > end ? start : end) };
}

/** The reference to a session, at the time of a statement about it. */
export function referToSession({ sessionId }: Session, time: string): RecordReference {
  return { table: 'Sessions', key: sessionId, at: toMilliseconds(time) };
}

/** The order of records: by time, then by table and key, so that it is always the same. */
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

/** Values that are based on records, in the records' order, without repetitions. */
export function sortByRecord<Item extends { readonly record: RecordReference }>(
  items: readonly Item[],
): Item[] {
  const sorted = items.toSorted((a, b) => compareRecords(a.record, b.record));
  return sorted.filter((item, index) => {
    const before = sorted[index - 1];
    return before === undefined || compareRecords(before.record, item.record) !== 0;
  });
}

/** Records in order, without repetitions. */
export function sortRecords(records: readonly RecordReference[]): RecordReference[] {
  return sortByRecord(records.map((record) => ({ record }))).map(({ record }) => record);
}

/** The index of the first record at or after a time; the number of records if all are earlier. */
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
