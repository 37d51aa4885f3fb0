import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';

/** The ledger's tables, and how to write to them. */
export interface LedgerTables {
  readonly client: DynamoDBClient;
  readonly sessions: string;
  readonly usage: string;
  readonly events: string;
  readonly sims: string;
  /** Days that an event is kept; 0 means forever. */
  readonly eventRetentionDays: number;
  /**
   * Days that a usage record is kept, counted from its start or from when it was written, whichever is later; 0 means
   * forever.
   */
  readonly usageRetentionDays: number;
  /** How to send conditional writes: 25 per request, or one. */
  readonly writes: WriteMode;
  /**
   * Whether reports contain what usage gained. Complete usage is then put only if no item is stored, since otherwise it
   * is unknown whether it is new. This takes the same number of write units. False by default.
   */
  readonly measuresUsage?: boolean;
  /** Called with DynamoDB's error if it does not accept batched writes, which are then sent one by one. */
  readonly onSingleWrites?: (error: Error) => void;
}

/** `batched`: 25 conditional writes per request, as PartiQL statements. `single`: a request for each write. */
export const writeModes = ['batched', 'single'] as const;
export type WriteMode = (typeof writeModes)[number];

/** How a batch is written. */
export interface WriteOptions {
  /**
   * Read what is stored before putting usage and events, and skip what it already says. Use for file imports: most rows
   * already arrived by stream, so reading first is cheaper than rewriting.
   */
  readonly readBeforeWrite: boolean;
  /**
   * When the write was requested, in milliseconds since the epoch, if that is later than the arrival of the records. A
   * record that is delivered again after a long time must not expire immediately.
   */
  readonly writtenAt?: number;
}
