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
 * Records whose changes wait to be written together. Far more than a batch of ordinary deliveries has; small records in
 * gzip can be a hundred times as many, and their changes would not fit the memory.
 */
const maxRecords = 20_000;

/** How the changes of a batch are stored. */
export interface StoringOptions extends WriteOptions {
  /**
   * Whether an attempt that failed or died may have stored some of the records and not noted that they came late. With
   * `readBeforeWrite`, late records that are stored already are noted only then.
   */
  readonly isRetry?: boolean;
}

/** What the changes of a batch are stored with. */
export interface StoringContext {
  readonly writer: Pick<LedgerWriter, 'write'>;
  /** Marks what belongs to closed days. */
  readonly passage: Passage;
  readonly noteLate: NoteLate | undefined;
  readonly noteFiled: NoteFiled | undefined;
  readonly options: StoringOptions;
  /** Takes the outcome of the records. */
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
  /** Records that came in a file, by index. */
  #filed = new Map<number, FiledRecord>();

  constructor(context: StoringContext) {
    this.#context = context;
  }

  /** Whether more changes would take too much memory. */
  get areFull(): boolean {
    return this.#records >= maxRecords;
  }

  /** Folds what a record states into the changes. */
  fold(index: number, observations: Observations, arrival: Arrival & { readonly isRow?: boolean }): void {
    this.#records += 1;
    const late = findLate(observations, arrival);
    if (late !== undefined) this.#late.push({ index, ...late });
    const filed = findFiled(observations, arrival);
    if (filed !== undefined) this.#filed.set(index, filed);
    this.#newestArrival = Math.max(this.#newestArrival, arrival.arrivedAt);
    if (this.#fold.add(index, observations)) this.#context.account.repeat(index);
  }

  /** Stores the changes. Does not throw for what the store does not take: these records are noted as failed. */
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

  /** Notes what came in a file, behind its markers: a day whose reading is under way is read again. */
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
   * Notes the late records that are stored. Those of a stream are noted whether or not they were stored before: a batch that
   * died may have stored them. Rows of files repeat what a stream has brought, hours later: of what is stored, only rows are
   * noted that an attempt before this one may have stored.
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
