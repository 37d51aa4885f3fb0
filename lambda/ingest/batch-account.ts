import type { Reading } from '../carriers/reading.ts';
import { toError } from '../errors.ts';
import type { Changes } from '../ledger/fold.ts';
import type { Receipt } from '../ledger/receipt.ts';
import { addGains } from '../metrics/gains.ts';
import { VolumeSums } from '../metrics/volumes.ts';
import type { WriteReport } from '../store/report.ts';
import { classifyReading, Measures } from './measures.ts';

/** What a record is, before the store reports whether it accepted it. */
type Verdict = 'stored' | 'repeated' | 'ignored' | 'rejected';

const verdicts = { observed: 'stored', ignored: 'ignored', fault: 'rejected' } as const;

/** The outcome of each record of a batch. Records are identified by their index. */
export class BatchAccount {
  readonly measures = new Measures();
  /** What usage gained, if the store measures it. */
  readonly volumes = new VolumeSums();
  /** Ids of test events, which owners of Twilio and KORE sinks return to validate the sink. */
  readonly testIds = new Set<string>();
  readonly #verdicts: Verdict[] = [];
  readonly #kinds: string[] = [];
  readonly #deliveries: number[] = [];
  /** Records whose change was already stored. */
  readonly #unchanged = new Set<number>();
  readonly #failed = new Set<number>();
  /** One error per kind, by name. */
  readonly #writeErrors = new Map<string, Error>();
  readonly #rejectErrors = new Map<string, Error>();

  /**
   * Adds a record.
   *
   * @param delivery index of the delivery that contained it.
   * @returns the record's index.
   */
  add(reading: Reading, delivery: number, arrivedAt: number): number {
    if (reading.kind === 'ignored' && reading.testId !== undefined) this.testIds.add(reading.testId);
    this.#deliveries.push(delivery);
    this.#kinds.push(classifyReading(reading));
    this.measures.noteLag(reading, arrivedAt);
    return this.#verdicts.push(verdicts[reading.kind]) - 1;
  }

  /** Notes that a record repeats others of the batch. */
  repeat(index: number): void {
    this.#verdicts[index] = 'repeated';
  }

  /** Records the store's report about changes. */
  noteWritten(changes: Changes, { failed, repeated, errors, gains }: WriteReport): void {
    for (const index of failed) this.#failed.add(index);
    for (const index of repeated) this.#unchanged.add(index);
    for (const error of errors) {
      if (!this.#writeErrors.has(error.name)) this.#writeErrors.set(error.name, error);
    }
    addGains(this.volumes, gains);
    this.measures.addUsage(changes, (index) => !this.#failed.has(index) && !this.#unchanged.has(index));
  }

  /** Marks records as failed because the quarantine did not keep them or a required note was not written. */
  noteUnkept(indexes: readonly number[], error: unknown): void {
    for (const index of indexes) this.#failed.add(index);
    const known = toError(error);
    this.#rejectErrors.set(known.name, known);
  }

  /** Indexes of the deliveries that must be delivered again because one of their records failed. */
  get failedDeliveries(): ReadonlySet<number> {
    return new Set([...this.#failed].map((index) => this.#deliveries[index] ?? 0));
  }

  /** Why records failed, one error per kind. */
  get errors(): readonly Error[] {
    return [...this.#writeErrors.values(), ...this.#rejectErrors.values()];
  }

  /** Counts the records by outcome, and by kind in the measures. Must be called once, at the end. */
  makeReceipt(): Receipt {
    const counts = { stored: 0, repeated: 0, ignored: 0, rejected: 0 };
    this.#verdicts.forEach((verdict, index) => {
      const kind = this.#kinds[index] ?? '';
      if (this.#failed.has(index)) {
        this.measures.count(kind, 'failed');
        return;
      }
      const count = verdict === 'stored' && this.#unchanged.has(index) ? 'repeated' : verdict;
      counts[count] += 1;
      this.measures.count(kind, 'received');
      this.measures.count(kind, count);
    });
    return { received: this.#verdicts.length - this.#failed.size, ...counts, failed: this.#failed.size };
  }
}
