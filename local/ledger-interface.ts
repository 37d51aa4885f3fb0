import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { SessionRefresh } from '../lambda/ledger/source.ts';
import type { OtlpSecret } from '../lambda/metrics/otlp-receiver.ts';
import type { ClosedDays } from './days.ts';
import type { ApiCredentials, Ports } from './options.ts';
import type { Receipts } from './receipts.ts';

/** How the local ledger is started. */
export interface LocalLedgerOptions {
  readonly ports: Ports;
  /** Who may call the API. */
  readonly apiCredentials: ApiCredentials;
  readonly dataDirectory?: string | undefined;
  /** Which Super SIM updates write their session; each by default. */
  readonly sessionRefresh?: SessionRefresh | undefined;
  /** Days that usage is kept; as deployed by default. */
  readonly usageRetentionDays?: number | undefined;
  /** The most SIMs of a fleet that has no partial passes; as deployed by default. */
  readonly maxLiveSims?: number | undefined;
  /** Where volumes are sent as metrics; nowhere by default. */
  readonly otlp?: OtlpSecret | undefined;
  /** Takes the functions' log lines, metrics left out. */
  readonly onLog: (line: string) => void;
  /** Called with messages for the user: records given up, an engine that ended. */
  readonly onTrouble: (sentence: string) => void;
}

/** How far a file was read. */
export interface FileRead {
  readonly bytes: number;
  readonly rows: number;
}

/** simledger as it runs on this machine: stand-ins, functions, and the mappings between them. */
export interface LocalLedger {
  readonly endpoints: { kinesis: string; s3: string; dynamoDb: string; api: string };
  readonly dynamoDb: DynamoDBClient;
  readonly receipts: Receipts;
  /** Peak memory of the functions' processes, in bytes. */
  measurePeakMemory(): { kinesisConsumer: number; fileImporter: number };
  /** Records that were given up and went to the failure destination, and files' messages to the dead-letter queue. */
  countGivenUp(): number;
  /** Puts a record on a source's stream; waits while the stream is full. */
  putRecord(source: string, data: Buffer, partitionKey: string): Promise<void>;
  /** Puts a file into a source's bucket. */
  putFile(source: string, key: string, bytes: Uint8Array): Promise<void>;
  /** How much of a source's file the importer has read. */
  fileRead(source: string, key: string): FileRead;
  /** Records on a source's stream that wait to be processed. */
  countPendingRecords(source: string): number;
  /** Resolves once everything that was put is in the ledger or given up. */
  waitUntilIdle(): Promise<void>;
  /**
   * Resolves once all batches are stored that are being written now, those of commands too. Later ones see each day that
   * was closed before.
   */
  waitUntilSettled(): Promise<void>;
  /**
   * Closes the days that are over by a time, reads them and late records of days before, and waits until that is done.
   * Everything that was put must be in the ledger.
   *
   * @param now milliseconds since the epoch.
   */
  closeDays(now: number): Promise<ClosedDays>;
  /**
   * Sends what was stored since the last time as metrics; says why the receiver does not take it. Does nothing without a
   * receiver.
   */
  exportMetrics(): Promise<void>;
  listQuarantined(): Promise<readonly string[]>;
  /**
   * Deletes the items that have expired.
   *
   * @param now milliseconds since the epoch.
   */
  expire(now: number): Promise<void>;
  stop(): Promise<void>;
}
