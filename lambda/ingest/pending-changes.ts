import type { MarkedChanges, Passage } from '../days/fence/chunk-fence.ts';
import { Fold } from '../ledger/fold.ts';
import type { Observations } from '../ledger/observation.ts';
import type { WriteOptions } from '../store/ledger-tables.ts';
import type { WriteReport } from '../store/report.ts';
import type { LedgerWriter } from '../store/writer.ts';
import type { BatchAccount } from './batch-account.ts';

/**
 * Records whose changes wait to be written together. Far more than a batch of ordinary deliveries has; small records in
 * gzip can be a hundred times as many, and their changes would not fit the memory.
 */
const maxRecords = 20_000;

/** What the changes of a batch are stored with. */
export interface StoringContext {
  readonly writer: Pick<LedgerWriter, 'write'>;
  /** Marks what belongs to closed days. */
  readonly passage: Passage;
  readonly options: WriteOptions;
  /** Takes what became of the records. */
  readonly account: BatchAccount;
}

/** The changes of a batch that wait to be stored. */
export class PendingChanges {
  readonly #context: StoringContext;
  #fold = new Fold();
  #records = 0;
  /** The newest arrival of a record, in milliseconds since the epoch. */
  #newestArrival = 0;

  constructor(context: StoringContext) {
    this.#context = context;
  }

  /** Whether more changes would take too much memory. */
  get areFull(): boolean {
    return this.#records >= maxRecords;
  }

  /** Folds what a record states into the changes. */
  fold(record: number, observations: Observations, arrivedAt: number): void {
    this.#records += 1;
    this.#newestArrival = Math.max(this.#newestArrival, arrivedAt);
    if (this.#fold.add(record, observations)) this.#context.account.repeat(record);
  }

  /** Stores the changes. Does not throw for what the store does not take: these records are noted as failed. */
  async store(): Promise<void> {
    const { writer, passage, options, account } = this.#context;
    const changes = this.#fold.changes();
    this.#fold = new Fold();
    this.#records = 0;
    const writtenAt = Math.max(options.writtenAt ?? 0, this.#newestArrival);
    const { writable, refused } = await passage.mark(changes);
    const report = await writer.write(writable, { ...options, writtenAt });
    account.noteWritten(changes, refused.length === 0 ? report : addRefused(report, refused));
  }
}

/** Adds the records of changes that were not written. */
function addRefused(
  { repeated, failed, errors }: WriteReport,
  refused: MarkedChanges['refused'],
): WriteReport {
  return {
    repeated,
    failed: new Set([...failed, ...refused.flatMap(({ change }) => change.records)]),
    errors: [...errors, ...refused.map(({ error }) => error)],
  };
}
