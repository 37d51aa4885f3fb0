import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';

/** Where the ledger is, and how to write to it. */
export interface LedgerTables {
  readonly client: DynamoDBClient;
  readonly sessions: string;
  readonly usage: string;
  readonly events: string;
  readonly sims: string;
  /** Days that an event is kept; 0 forever. */
  readonly eventRetentionDays: number;
  /** Days that a usage record is kept, counted from its start or when it was written, whichever is later; 0 forever. */
  readonly usageRetentionDays: number;
  /** How conditional writes are sent: 25 in a request, or one by one. */
  readonly writes: WriteMode;
  /**
   * Whether reports tell what usage gains. Complete usage is then put only where no item is stored, for as many write
   * units: else nobody knows whether it is new. False by default.
   */
  readonly measuresUsage?: boolean;
  /** Called with the error of a store that does not accept batched writes; they are then sent one by one. */
  readonly onSingleWrites?: (error: Error) => void;
}

/** `batched`: conditional writes go 25 in a request, as PartiQL statements. `single`: each is a request. */
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
   * When the writing was requested, in milliseconds since the epoch, where that is later than the arrival of the
   * records: what comes again long after is not to expire at once.
   */
  readonly writtenAt?: number;
}
