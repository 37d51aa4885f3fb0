import { Fold } from '../ledger/fold.ts';
import type { Observations } from '../ledger/observation.ts';
import type { WriteOptions } from '../store/ledger-tables.ts';
import type { LedgerWriter } from '../store/writer.ts';
import type { BatchAccount } from './batch-account.ts';

/**
 * Records whose changes wait to be written together. Far more than a batch of ordinary deliveries has; small records in
 * gzip can be a hundred times as many, and their changes would not fit the memory.
 */
const maxRecords = 20_000;

/** The changes of a batch that wait to be stored. */
export class PendingChanges {
  readonly #writer: Pick<LedgerWriter, 'write'>;
  readonly #options: WriteOptions;
  readonly #account: BatchAccount;
  #fold = new Fold();
  #records = 0;

  /** @param account takes what became of the records. */
  constructor(writer: Pick<LedgerWriter, 'write'>, options: WriteOptions, account: BatchAccount) {
    this.#writer = writer;
    this.#options = options;
    this.#account = account;
  }

  /** Whether more changes would take too much memory. */
  get areFull(): boolean {
    return this.#records >= maxRecords;
  }

  /** Folds what a record states into the changes. */
  fold(record: number, observations: Observations): void {
    this.#records += 1;
    if (this.#fold.add(record, observations)) this.#account.repeat(record);
  }

  /** Stores the changes. Does not throw for what the store does not take: these records are noted as failed. */
  async store(): Promise<void> {
    const changes = this.#fold.changes();
    this.#fold = new Fold();
    this.#records = 0;
    this.#account.noteWritten(changes, await this.#writer.write(changes, this.#options));
  }
}
