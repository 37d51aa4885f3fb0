import { compareContents, type EventContent, type UsageContent } from './contents.ts';
import type { LedgerEvent, Observations, Session, Sim, Usage } from './observation.ts';
import { mergeSessions } from './session.ts';
import { mergeSims } from './sim.ts';

/** A batch's change of one item, and the records that it comes from. */
export interface Change<State> {
  readonly state: State;
  /** Indexes of the records, as passed to {@link Fold.add}. */
  readonly indexes: readonly number[];
}

interface OpenChange<State> {
  state: State;
  readonly indexes: number[];
}

/** The changes of a batch: at most one per item. */
export interface Changes {
  readonly sessions: readonly Change<Session>[];
  readonly usage: readonly Change<Usage>[];
  readonly events: readonly Change<LedgerEvent>[];
  readonly sims: readonly Change<Sim>[];
}

/** Folds a batch's observations into changes. It has no other state, and knows neither time nor order. */
export class Fold {
  readonly #sessions = new Map<string, OpenChange<Session>>();
  readonly #usage = new Map<string, OpenChange<Usage>>();
  readonly #events = new Map<string, OpenChange<LedgerEvent>>();
  readonly #sims = new Map<string, OpenChange<Sim>>();

  /**
   * Adds the statements of one record.
   *
   * @param index index of the record in the batch.
   * @returns whether the record is a repetition: this batch had already stated each of its items.
   */
  add(index: number, { session, usage, event, sim }: Observations): boolean {
    if (session !== undefined) {
      join(this.#sessions, `${session.sim}\n${session.sessionId}`, session, index, mergeSessions);
    }
    if (sim !== undefined) join(this.#sims, sim.sim, sim, index, mergeSims);
    const newUsage =
      usage !== undefined &&
      join(this.#usage, `${usage.sim}\n${usage.usageId}`, usage, index, pickMoreComplete);
    const newEvent =
      event !== undefined &&
      join(this.#events, `${event.sim}\n${event.eventKey}`, event, index, pickMoreComplete);
    return (usage !== undefined || event !== undefined) && !newUsage && !newEvent;
  }

  listChanges(): Changes {
    return {
      sessions: [...this.#sessions.values()],
      usage: [...this.#usage.values()],
      events: [...this.#events.values()],
      sims: [...this.#sims.values()],
    };
  }
}

/** @returns whether the item is new in this batch. */
function join<State>(
  changes: Map<string, OpenChange<State>>,
  key: string,
  state: State,
  index: number,
  merge: (a: State, b: State) => State,
): boolean {
  const change = changes.get(key);
  if (change === undefined) {
    changes.set(key, { state, indexes: [index] });
    return true;
  }
  change.state = merge(change.state, state);
  change.indexes.push(index);
  return false;
}

/**
 * Picks the statement about one usage record or event that says more. Equally complete statements that differ are
 * ordered by content.
 */
export function pickMoreComplete<Item extends (UsageContent | EventContent) & Pick<Usage, 'completeness'>>(
  a: Item,
  b: Item,
): Item {
  if (a.completeness !== b.completeness) return a.completeness > b.completeness ? a : b;
  return compareContents(a, b) >= 0 ? a : b;
}
