import { toError } from '../errors.ts';
import type { Change } from '../ledger/fold.ts';

/** What became of records that a batch's changes come from. */
export interface WriteReport {
  /** Records whose change was there before. */
  readonly repeated: ReadonlySet<number>;
  /** Records that were not stored completely and must be delivered again. */
  readonly failed: ReadonlySet<number>;
  /** The errors behind `failed`, one a kind. */
  readonly errors: readonly Error[];
}

/** Whether a write changed what is stored. */
export type Outcome = 'changed' | 'unchanged';

/** Gathers what became of records. */
export class Report implements WriteReport {
  readonly repeated = new Set<number>();
  readonly failed = new Set<number>();
  readonly #errors = new Map<string, Error>();

  get errors(): readonly Error[] {
    return [...this.#errors.values()];
  }

  /** Runs a write and notes its outcome for the records of a change. */
  async of(change: Change<unknown>, write: () => Promise<Outcome>): Promise<void> {
    try {
      if ((await write()) === 'unchanged') this.unchanged(change);
    } catch (error) {
      this.failure(change, error);
    }
  }

  unchanged(change: Change<unknown>): void {
    for (const record of change.records) this.repeated.add(record);
  }

  failure(change: Change<unknown>, error: unknown): void {
    for (const record of change.records) this.failed.add(record);
    const known = toError(error);
    this.#errors.set(known.name, known);
  }
}
