import type { MarkedChanges, Passage } from '../days/fence/chunk-fence.ts';
import type { FiledRecord } from '../days/filed-records.ts';
import { Fold } from '../ledger/fold.ts';
import type { Observations } from '../ledger/observation.ts';
import type { WriteOptions } from '../store/ledger-tables.ts';
import type { WriteReport } from '../store/report.ts';
import type { LedgerWriter } from '../store/writer.ts';
import type { BatchAccount } from './batch-account.ts';
import { findFiled, type NoteFiled } from './filed.ts';
import { type Arrival, findLate, type LateRecord, type NoteLate } from './late.ts';

/**
 * Maximum number of records whose changes wait to be written together. Ordinary batches have far fewer; gzip can pack
 * a hundred times as many small records, whose changes would not fit into memory.
 */
const maxRecords = 20_000;

/** How to store the changes of a batch. */
export interface StoringOptions extends WriteOptions {
  /**
   * Whether a previous attempt that failed or died may have stored records without noting that they were late. With
   * `readBeforeWrite`, late records that are already stored are noted only then.
   */
  readonly isRetry?: boolean;
}

/** What storing the changes of a batch needs. */
export interface StoringContext {
  readonly writer: Pick<LedgerWriter, 'write'>;
  /** Marks changes of closed days. */
  readonly passage: Passage;
  readonly noteLate: NoteLate | undefined;
  readonly noteFiled: NoteFiled | undefined;
  readonly options: StoringOptions;
  /** Receives the outcome of the records. */
  readonly account: BatchAccount;
}

/** The changes of a batch that wait to be stored. */
export class PendingChanges {
  readonly #context: StoringContext;
  #fold = new Fold();
  #records = 0;
  /** The newest arrival of a record, in milliseconds since the epoch. */
  #newestArrival = 0;
  #late: LateRecord[] = [];
  /** Records that arrived in a file, by index. */
  #filed = new Map<number, FiledRecord>();

  constructor(context: StoringContext) {
    this.#context = context;
  }

  /** Whether more changes would take too much memory. */
  get areFull(): boolean {
    return this.#records >= maxRecords;
  }

  /** Folds a record's statements into the changes. */
  fold(index: number, observations: Observations, arrival: Arrival & { readonly isRow?: boolean }): void {
    this.#records += 1;
    const late = findLate(observations, arrival);
    if (late !== undefined) this.#late.push({ index, ...late });
    const filed = findFiled(observations, arrival);
    if (filed !== undefined) this.#filed.set(index, filed);
    this.#newestArrival = Math.max(this.#newestArrival, arrival.arrivedAt);
    if (this.#fold.add(index, observations)) this.#context.account.repeat(index);
  }

  /** Stores the changes. Does not throw if the store fails: the affected records are marked as failed. */
  async store(): Promise<void> {
    const { writer, passage, options, account } = this.#context;
    const late = this.#late;
    this.#late = [];
    const filed = this.#filed;
    this.#filed = new Map();
    const changes = this.#fold.listChanges();
    this.#fold = new Fold();
    this.#records = 0;
    const writtenAt = Math.max(options.writtenAt ?? 0, this.#newestArrival);
    const { writable, refused } = await passage.mark(changes);
    const report = await writer.write(writable, { ...options, writtenAt });
    account.noteWritten(changes, refused.length === 0 ? report : addRefused(report, refused));
    await this.#noteLate(late, report);
    await this.#noteFiled(filed);
  }

  /** Notes records that arrived in a file, after their markers, so that a day that is being read is read again. */
  async #noteFiled(filed: ReadonlyMap<number, FiledRecord>): Promise<void> {
    const { noteFiled, account } = this.#context;
    if (noteFiled === undefined || filed.size === 0) return;
    try {
      await noteFiled([...filed.values()]);
    } catch (error) {
      account.noteUnkept([...filed.keys()], error);
    }
  }

  /**
   * Notes the late records that are stored. Those of a stream are noted even if they were stored before, because a
   * batch that died may have stored them. Rows of files usually repeat what the stream delivered hours before, so
   * rows that were already stored are noted only if a previous attempt may have stored them.
   */
  async #noteLate(late: readonly LateRecord[], { failed, repeated }: WriteReport): Promise<void> {
    const { noteLate, options, account } = this.#context;
    const notesRepeats = !options.readBeforeWrite || options.isRetry === true;
    const noted = late.filter(({ index }) => !failed.has(index) && (notesRepeats || !repeated.has(index)));
    if (noted.length === 0 || noteLate === undefined) return;
    const earliest = new Map<string, number>();
    for (const { sim, at } of noted) earliest.set(sim, Math.min(at, earliest.get(sim) ?? at));
    try {
      await noteLate(earliest);
    } catch (error) {
      account.noteUnkept(
        noted.map(({ index }) => index),
        error,
      );
    }
  }
}

/** Adds the records of changes that were not written. */
function addRefused(
  { repeated, failed, errors, gains }: WriteReport,
  refused: MarkedChanges['refused'],
): WriteReport {
  return {
    ...{ repeated, gains },
    failed: new Set([...failed, ...refused.flatMap(({ change }) => change.indexes)]),
    errors: [...errors, ...refused.map(({ error }) => error)],
  };
}
