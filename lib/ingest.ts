import type { FunctionOperation } from './node-function.ts';
import type { CarrierSource } from './source.ts';
import type { Storage } from './storage.ts';

/** What both paths of ingestion need. */
export interface IngestProps {
  readonly sources: readonly CarrierSource[];
  readonly storage: Storage;
  /** Variables of every function that writes the ledger. */
  readonly environment: Record<string, string>;
  readonly operation: FunctionOperation;
}
