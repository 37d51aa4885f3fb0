import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { SessionRefresh } from '../lambda/ledger/source.ts';
import type { OtlpSecret } from '../lambda/metrics/otlp-receiver.ts';
import type { ClosedDays } from './days.ts';
import type { ApiCredentials, Ports } from './options.ts';
import type { Receipts } from './receipts.ts';

/** Options of the local ledger. */
export interface LocalLedgerOptions {
  readonly ports: Ports;
  /** Credentials of the API. */
  readonly apiCredentials: ApiCredentials;
  readonly dataDirectory?: string | undefined;
  /** Which Super SIM updates write their session; all by default. */
  readonly sessionRefresh?: SessionRefresh | undefined;
  /** Days that usage is kept; by default as deployed. */
  readonly usageRetentionDays?: number | undefined;
  /** The largest fleet that has no partial passes, in SIMs; by default as deployed. */
  readonly maxLiveSims?: number | undefined;
  /** Where to send volumes as metrics; nowhere by default. */
  readonly otlp?: OtlpSecret | undefined;
  /** Called with the functions' log lines, except metrics. */
  readonly onLog: (line: string) => void;
  /** Called with messages for the user: records were given up, or an engine has ended. */
  readonly onTrouble: (sentence: string) => void;
}

/** How much of a file was read. */
export interface FileRead {
  readonly bytes: number;
  readonly rows: number;
}

/** simledger on this machine: emulators, functions, and the mappings between them. */
export interface LocalLedger {
  readonly endpoints: { kinesis: string; s3: string; dynamoDb: string; api: string };
  readonly dynamoDb: DynamoDBClient;
  readonly receipts: Receipts;
  /** Peak memory of the functions' processes, in bytes. */
  measurePeakMemory(): { kinesisConsumer: number; fileImporter: number };
  /** How many records were given up to the failure destination, plus file notifications in the dead-letter queue. */
  countGivenUp(): number;
  /** Puts a record on a source's stream. Waits while the stream is full. */
  putRecord(source: string, data: Buffer, partitionKey: string): Promise<void>;
  /** Puts a file into a source's bucket. */
  putFile(source: string, key: string, bytes: Uint8Array): Promise<void>;
  /** How much of a source's file the importer has read. */
  fileRead(source: string, key: string): FileRead;
  /** How many records on a source's stream were not processed yet. */
  countPendingRecords(source: string): number;
  /** Resolves when everything that was put is in the ledger or given up. */
  waitUntilIdle(): Promise<void>;
  /**
   * Resolves when all batches that are being written now are stored, including those of commands. Later batches see
   * every day that was closed before.
   */
  waitUntilSettled(): Promise<void>;
  /**
   * Closes the days that have ended by a time, reads these and late records of earlier days, and waits until that is
   * done. Everything that was put must be in the ledger.
   *
   * @param now milliseconds since the epoch.
   */
  closeDays(now: number): Promise<ClosedDays>;
  /**
   * Sends what was stored since the last call as metrics, and tells the user if the receiver does not accept them. Does
   * nothing without a receiver.
   */
  exportMetrics(): Promise<void>;
  listQuarantined(): Promise<readonly string[]>;
  /**
   * Deletes expired items.
   *
   * @param now milliseconds since the epoch.
   */
  expire(now: number): Promise<void>;
  stop(): Promise<void>;
}
