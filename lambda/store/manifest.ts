/** How far the import of a file is. The counts cover the rows before `position`, so they depend on the file alone. */
export interface Manifest {
  /** `bucket/key@version`. */
  readonly object: string;
  readonly source: string;
  readonly carrier: string;
  readonly state: 'importing' | 'done' | 'failed';
  readonly rows: number;
  readonly accepted: number;
  readonly rejected: number;
  /** Bytes that are imported, and so where to continue; for gzip, bytes of the CSV in it. */
  readonly position: number;
  /** Bytes of the file. */
  readonly size: number;
  /** When the file was delivered, ISO 8601. */
  readonly delivered: string;
  /** When this was noted, ISO 8601; absent in items of older versions. */
  readonly noted?: string | undefined;
  /** Whether the file is gzip. */
  readonly packed?: boolean | undefined;
  /** The header that applies at `position`, while the file is being imported: reading from there needs it. */
  readonly header?: string | undefined;
  /** How many headers were read, if more than one. */
  readonly headers?: number | undefined;
  /** Why the file failed. */
  readonly reason?: string | undefined;
}
