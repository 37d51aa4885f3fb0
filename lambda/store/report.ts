import { toError } from '../errors.ts';
import type { UsageContent } from '../ledger/contents.ts';
import type { Change } from '../ledger/fold.ts';

/** A usage record that is new, or a more complete rendering of a stored one. */
export interface UsageGain {
  readonly usage: UsageContent;
  /** The rendering that it replaced; undefined if the record is new. */
  readonly before: UsageContent | undefined;
}

/** The outcome of a batch's records, which are identified by their index in the batch. */
export interface WriteReport {
  /** Records whose change was stored already. */
  readonly repeated: ReadonlySet<number>;
  /** Records that were not stored completely, and must be delivered again. */
  readonly failed: ReadonlySet<number>;
  /** The errors of the failed records, one of each kind. */
  readonly errors: readonly Error[];
  /** What usage gained, even if other writes of its record failed. Empty if the tables do not measure it. */
  readonly gains: readonly UsageGain[];
}

/** Whether a write changed what is stored. */
export type Outcome = 'changed' | 'unchanged';

/** Collects the outcome of records. */
export class Report implements WriteReport {
  readonly repeated = new Set<number>();
  readonly failed = new Set<number>();
  gains: readonly UsageGain[] = [];
  readonly #errors = new Map<string, Error>();

  get errors(): readonly Error[] {
    return [...this.#errors.values()];
  }

  /** Runs a write, and notes its outcome for the records of the change. */
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
