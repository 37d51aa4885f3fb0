import type { Carrier } from '../ledger/source.ts';
import { parseTime } from '../ledger/time.ts';
import { type Day, findDay, listDays, shiftDay } from './day.ts';

/**
 * Files whose names tell when they were made: `cdr_20261102_140000.csv` for usage, `events_20261102_140000.csv` for
 * events.
 */

/** A file that arrived. */
export interface NamedFile {
  readonly source: string;
  readonly carrier: Carrier;
  /** Its name without folders. */
  readonly name: string;
  /** When it was made, according to its name: ISO 8601. */
  readonly time: string;
  /** How many rows it has; undefined if they could not be read. */
  readonly rows: number | undefined;
}

/** Where to read which files arrived. */
export interface NamedFiles {
  /** The files whose names are of a day, in no particular order. */
  readNamedFiles(day: Day): Promise<readonly NamedFile[]>;
}

/** The most days whose files are compared: the day that is judged, and those before. */
export const comparedDays = 14;

/** The days whose findings a file may change because of its name. */
export function listJudgedDays({ time }: Pick<NamedFile, 'time'>): Day[] {
  const day = findDay(time);
  return listDays(day, shiftDay(day, comparedDays - 1));
}

const pattern = /(?:^|\/)((?:cdr|events)_(\d{4})(\d\d)(\d\d)_(\d\d)(\d\d)(\d\d)\.csv(?:\.gz)?)$/i;

/** What a name begins with, which is the kind of its records: `cdr` or `events`. */
export function readFileKind({ name }: Pick<NamedFile, 'name'>): string {
  return name.slice(0, name.indexOf('_')).toLowerCase();
}

/** The name of an object without folders, and when it was made; undefined if its name does not say. */
export function readFileName(key: string): Pick<NamedFile, 'name' | 'time'> | undefined {
  const [, name, year, month, day, hour, minute, second] = pattern.exec(key) ?? [];
  if (name === undefined) return undefined;
  const written = `${year}-${month}-${day}T${hour}:${minute}:${second}.000Z`;
  // There is no 31 November, no hour 25, and no file of the year 9999.
  return parseTime(written) === written ? { name, time: written } : undefined;
}
