import type { Receipt } from '../../lambda/ledger/receipt.ts';
import type { SourceDescription } from '../../lambda/sources.ts';
import type { CommandContext } from '../command.ts';
import type { Input } from './inputs.ts';

/** One import, as the ways of importing see it. */
export interface ImportTask {
  readonly context: Pick<CommandContext, 'deployment' | 'signal' | 'interpret' | 'terminal'>;
  readonly input: Input;
  readonly source: SourceDescription;
  /** Seconds without progress of the deployed importer after which it is no longer watched. */
  readonly maxWaitSeconds: number;
  /** Told of the bytes that are in. */
  readonly onProgress: (bytes: number) => void;
}

/** How an import ended. */
export interface Imported {
  /** `interrupted`: begun, and to be gone on with. `waiting`: the importer has it, and has not moved for too long. */
  readonly outcome: 'done' | 'done before' | 'failed' | 'interrupted' | 'waiting';
  readonly rows: number;
  readonly accepted: number;
  readonly rejected: number;
  /** What became of the records, where that is known here; a file's is in the importer's metrics. */
  readonly receipt?: Receipt;
  /** Why it failed. */
  readonly reason?: string;
}
