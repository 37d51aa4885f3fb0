import { toError } from '../errors.ts';
import type { UsageContent } from '../ledger/contents.ts';
import type { Change } from '../ledger/fold.ts';

/** A usage record that was not stored before, or a fuller rendering of one that was. */
export interface UsageGain {
  readonly usage: UsageContent;
  /** The rendering that was stored before. */
  readonly before: UsageContent | undefined;
}

/** The outcome of the records that a batch's changes come from. Records are named by their index in the batch. */
export interface WriteReport {
  /** Records whose change was there before. */
  readonly repeated: ReadonlySet<number>;
  /** Records that were not stored completely and must be delivered again. */
  readonly failed: ReadonlySet<number>;
  /** The errors behind `failed`, one a kind. */
  readonly errors: readonly Error[];
  /** What usage gained, whatever became of the rest of its records. Empty unless the tables are told to measure it. */
  readonly gains: readonly UsageGain[];
}

/** Whether a write changed what is stored. */
export type Outcome = 'changed' | 'unchanged';

/** Gathers the outcome of records. */
export class Report implements WriteReport {
  readonly repeated = new Set<number>();
  readonly failed = new Set<number>();
  gains: readonly UsageGain[] = [];
  readonly #errors = new Map<string, Error>();

  get errors(): readonly Error[] {
    return [...this.#errors.values()];
  }

  /** Runs a write and notes its outcome for the records of a change. */
  async noteOutcome(change: Change<unknown>, write: () => Promise<Outcome>): Promise<void> {
    try {
      if ((await write()) === 'unchanged') this.noteUnchanged(change);
    } catch (error) {
      this.noteFailure(change, error);
    }
  }

  noteUnchanged(change: Change<unknown>): void {
    for (const index of change.indexes) this.repeated.add(index);
  }

  noteFailure(change: Change<unknown>, error: unknown): void {
    for (const index of change.indexes) this.failed.add(index);
    const known = toError(error);
    this.#errors.set(known.name, known);
  }
}
