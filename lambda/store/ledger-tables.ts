import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';

/** Where the ledger is, and how to write to it. */
export interface LedgerTables {
  readonly client: DynamoDBClient;
  readonly sessions: string;
  readonly usage: string;
  readonly events: string;
  readonly sims: string;
  /** Days that an event is kept; 0 for ever. */
  readonly eventRetentionDays: number;
}

/** How a batch is written. */
export interface WriteOptions {
  /**
   * Look at what is stored before usage and events are put, and leave it where it says as much. For paths that bring
   * again what another path brought: a file. The reads cost less than the writes that they save.
   */
  readonly readBeforeWrite: boolean;
  /**
   * With `readBeforeWrite`: records from before this time that are not stored are put many at once, however complete,
   * since no other path can bring them at the same moment.
   */
  readonly finalBefore?: string;
}
