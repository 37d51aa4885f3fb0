import type { Carrier } from '../ledger/source.ts';
import { parseTime } from '../ledger/time.ts';
import type { Day } from './day.ts';

/** Files of usage whose names tell when they were made: `cdr_20261102_140000.csv`. */

/** A file of usage that came. */
export interface NamedFile {
  readonly source: string;
  readonly carrier: Carrier;
  /** Its name without folders. */
  readonly name: string;
  /** When it was made, by its name: ISO 8601. */
  readonly time: string;
  /** Rows in it; undefined where they could not be read. */
  readonly rows: number | undefined;
}

/** Where the files that came are read. */
export interface NamedFiles {
  /** The files whose names are of a day, in no order. */
  readNamedFiles(day: Day): Promise<readonly NamedFile[]>;
}

const pattern = /(?:^|\/)(cdr_(\d{4})(\d\d)(\d\d)_(\d\d)(\d\d)(\d\d)\.csv(?:\.gz)?)$/i;

/** The name of an object without folders, and when it was made; undefined where its name does not say, or is of other records. */
export function readFileName(key: string): Pick<NamedFile, 'name' | 'time'> | undefined {
  const [, name, year, month, day, hour, minute, second] = pattern.exec(key) ?? [];
  if (name === undefined) return undefined;
  const written = `${year}-${month}-${day}T${hour}:${minute}:${second}.000Z`;
  // There is no 31 November, no hour 25, and no file of the year 9999.
  return parseTime(written) === written ? { name, time: written } : undefined;
}
