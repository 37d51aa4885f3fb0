import type { Schemas } from '../api/client.ts';
import type { Selection } from '../timeline/layout.ts';
import type { LoadedRecords } from '../timeline/load.ts';
import { day, hour } from '../timeline/window.ts';

/** Which record of a SIM is chosen. The address names it, so that a colleague sees the same one. */

/** The rows of which records can be chosen. */
export type ChosenRow = Selection['row'];

/** A record as the address names it: `events:EZ…`. */
export interface ChosenRecord {
  readonly row: ChosenRow;
  /** Its id; of a sum of usage, when it begins. */
  readonly id: string;
}

const rows: readonly ChosenRow[] = ['alerts', 'findings', 'sessions', 'usage', 'events'];

/** Reads what the address names; undefined for anything else. */
export function readChosen(text: string | null): ChosenRecord | undefined {
  const [, name, id] = /^(\w+):(.+)$/s.exec(text ?? '') ?? [];
  const row = rows.find((one) => one === name);
  return row === undefined || id === undefined ? undefined : { row, id };
}

/** The opposite of {@link readChosen}. */
export function formatChosen({ row, id }: ChosenRecord): string {
  return `${row}:${id}`;
}

/** The ids of a row's records, in their order. */
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

/** What a record at a position is called in the address. */
export function chooseRecord(records: LoadedRecords, { row, index }: Selection): ChosenRecord | undefined {
  const id = listIds(records, row)[index];
  return id === undefined ? undefined : { row, id };
}

/** Where a chosen record stands; undefined where it is not loaded. */
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

/** The address parameters that show some hours around a time. */
export function showTime(time: string, length = 0): { readonly from: string; readonly to: string } {
  const at = Date.parse(time);
  return {
    from: new Date(at - 6 * hour).toISOString(),
    to: new Date(at + length + 6 * hour).toISOString(),
  };
}

/** The address parameters that show a record, and some hours around it, so that it is seen by itself. */
export function showRecord(time: string, chosen: ChosenRecord, length = 0): ReturnType<typeof readEvidence> {
  return { ...showTime(time, length), sel: formatChosen(chosen) };
}

/** The address parameters that show what an alert rests on. */
export function readEvidence({ type, key, time }: Schemas['EvidenceRecord']): {
  readonly from: string;
  readonly to: string;
  readonly sel: string;
} {
  const isKeyed = type === 'usage_record' || type === 'connection_event';
  const id = isKeyed ? key.slice(key.indexOf('#') + 1) : key;
  // A finding's time is the beginning of its day.
  return showRecord(time, { row: evidenceRows[type], id }, type === 'finding' ? day : 0);
}
