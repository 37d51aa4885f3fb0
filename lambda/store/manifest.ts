/** How far a file is in. The counts are those of the rows before `position`, so they depend on the file alone. */
export interface Manifest {
  /** `bucket/key@version`. */
  readonly object: string;
  readonly source: string;
  readonly carrier: string;
  readonly state: 'importing' | 'done' | 'failed';
  readonly rows: number;
  readonly accepted: number;
  readonly rejected: number;
  /** Bytes that are in; where to go on. Of gzip, bytes of the CSV in it. */
  readonly position: number;
  /** Bytes of the file. */
  readonly size: number;
  /** When the file was delivered, ISO 8601. */
  readonly delivered: string;
  /** When this was noted, ISO 8601; absent in items of older versions. */
  readonly noted?: string | undefined;
  /** Whether it is gzip. */
  readonly packed?: boolean | undefined;
  /** The header in force, while the file is being imported: reading that begins further on needs it. */
  readonly header?: string | undefined;
  /** Headers so far, where there is more than the first. */
  readonly headers?: number | undefined;
  /** Why a file failed. */
  readonly reason?: string | undefined;
}
