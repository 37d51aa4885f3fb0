import { compareContents, type EventContent, type UsageContent } from './contents.ts';
import type { LedgerEvent, Observations, Session, Sim, Usage } from './observation.ts';
import { mergeSessions } from './session.ts';
import { mergeSims } from './sim.ts';

/** What a batch means for one item, and which of the batch's records say so. */
export interface Change<State> {
  readonly state: State;
  /** Indexes of the records, as {@link Fold.add} was given them. */
  readonly indexes: readonly number[];
}

interface OpenChange<State> {
  state: State;
  readonly indexes: number[];
}

/** What a batch means: at most one change for each item. */
export interface Changes {
  readonly sessions: readonly Change<Session>[];
  readonly usage: readonly Change<Usage>[];
  readonly events: readonly Change<LedgerEvent>[];
  readonly sims: readonly Change<Sim>[];
}

/** Folds a batch's observations into changes. Pure but for its own state; knows no time and no order. */
export class Fold {
  readonly #sessions = new Map<string, OpenChange<Session>>();
  readonly #usage = new Map<string, OpenChange<Usage>>();
  readonly #events = new Map<string, OpenChange<LedgerEvent>>();
  readonly #sims = new Map<string, OpenChange<Sim>>();

  /**
   * Adds what one record states.
   *
   * @param index of the record in the batch.
   * @returns whether the record was seen to repeat: each item that it states was stated in this batch before.
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
 * The statement that says more of two about one usage record or event. Two that say equally much in different words
 * are ordered by their contents.
 */
export function pickMoreComplete<Item extends (UsageContent | EventContent) & Pick<Usage, 'completeness'>>(
  a: Item,
  b: Item,
): Item {
  if (a.completeness !== b.completeness) return a.completeness > b.completeness ? a : b;
  return compareContents(a, b) >= 0 ? a : b;
}
