import type { Schemas } from '../api/client.ts';
import type { Selection } from '../timeline/layout.ts';
import type { LoadedRecords } from '../timeline/load.ts';
import { day, hour } from '../timeline/window.ts';

/** The selected record of a SIM. It is part of the address, so that a shared link shows the same record. */

/** Rows whose records can be selected. */
export type ChosenRow = Selection['row'];

/** A record as in the address: `events:EZ…`. */
export interface ChosenRecord {
  readonly row: ChosenRow;
  /** The record's id or, for a sum of usage, its start time. */
  readonly id: string;
}

const rows: readonly ChosenRow[] = ['alerts', 'findings', 'sessions', 'usage', 'events'];

/** Reads a record from the address; undefined if it is malformed. */
export function readChosen(text: string | null): ChosenRecord | undefined {
  const [, name, id] = /^(\w+):(.+)$/s.exec(text ?? '') ?? [];
  const row = rows.find((one) => one === name);
  return row === undefined || id === undefined ? undefined : { row, id };
}

/** The reverse of {@link readChosen}. */
export function formatChosen({ row, id }: ChosenRecord): string {
  return `${row}:${id}`;
}

/** The ids of a row's records, in the same order. */
function listIds(records: LoadedRecords, row: ChosenRow): readonly string[] {
  switch (row) {
    case 'sessions':
    case 'events':
      return records[row].map(({ sid }) => sid);
    case 'usage':
      return records.usage.map(identifyUsage);
    default:
      return records[row].map(({ id }) => id);
  }
}

function identifyUsage(usage: LoadedRecords['usage'][number]): string {
  return 'sid' in usage ? usage.sid : usage.period.start_time;
}

/** Returns the address form of the record at a position. */
export function chooseRecord(records: LoadedRecords, { row, index }: Selection): ChosenRecord | undefined {
  const id = listIds(records, row)[index];
  return id === undefined ? undefined : { row, id };
}

/** Finds the position of a selected record; undefined if it is not loaded. */
export function findChosen(records: LoadedRecords, { row, id }: ChosenRecord): Selection | undefined {
  const index = listIds(records, row).indexOf(id);
  return index === -1 ? undefined : { row, index };
}

const evidenceRows = {
  data_session: 'sessions',
  usage_record: 'usage',
  connection_event: 'events',
  finding: 'findings',
} as const satisfies Record<Schemas['EvidenceRecord']['type'], ChosenRow>;

/** Address parameters that show some hours around a time. */
export function showTime(time: string, length = 0): { readonly from: string; readonly to: string } {
  const at = Date.parse(time);
  return {
    from: new Date(at - 6 * hour).toISOString(),
    to: new Date(at + length + 6 * hour).toISOString(),
  };
}

/** Address parameters that select a record and show some hours around it. */
export function showRecord(time: string, chosen: ChosenRecord, length = 0): ReturnType<typeof readEvidence> {
  return { ...showTime(time, length), sel: formatChosen(chosen) };
}

/** Address parameters that select a record that an alert is based on. */
export function readEvidence({ type, key, time }: Schemas['EvidenceRecord']): {
  readonly from: string;
  readonly to: string;
  readonly sel: string;
} {
  const isKeyed = type === 'usage_record' || type === 'connection_event';
  const id = isKeyed ? key.slice(key.indexOf('#') + 1) : key;
  // A finding's time is the start of its day.
  return showRecord(time, { row: evidenceRows[type], id }, type === 'finding' ? day : 0);
}
