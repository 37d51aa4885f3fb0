import type { FunctionOperation } from './node-function.ts';
import type { CarrierSource } from './source.ts';
import type { Storage } from './storage.ts';

/** What each path of ingestion needs. */
export interface IngestProps {
  readonly sources: readonly CarrierSource[];
  readonly storage: Storage;
  /** Variables that every function which writes the ledger reads. */
  readonly environment: Record<string, string>;
  readonly operation: FunctionOperation;
}
