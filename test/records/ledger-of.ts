import { type Changes, Fold, pickMoreComplete } from '../../lambda/ledger/fold.ts';
import type { LedgerEvent, Observations, Session, Sim, Usage } from '../../lambda/ledger/observation.ts';
import { mergeSessions } from '../../lambda/ledger/session.ts';
import { mergeSims } from '../../lambda/ledger/sim.ts';

/** What a ledger holds, by key. Events are without their time of arrival, on which only the expiry depends. */
export interface LedgerContent {
  readonly sessions: ReadonlyMap<string, Session>;
  readonly usage: ReadonlyMap<string, Usage>;
  readonly events: ReadonlyMap<string, Omit<LedgerEvent, 'arrivedAt'>>;
  readonly sims: ReadonlyMap<string, Sim>;
}

/** Folds batches one by one, and joins what each of them means into what is there, as the store does. */
export function ledgerOf(batches: readonly (readonly Observations[])[]): LedgerContent {
  const sessions = new Map<string, Session>();
  const usage = new Map<string, Usage>();
  const events = new Map<string, LedgerEvent>();
  const sims = new Map<string, Sim>();
  for (const batch of batches) {
    const changes = foldOf(batch);
    for (const { state } of changes.sessions) {
      join(sessions, `${state.sim}/${state.sessionId}`, state, mergeSessions);
    }
    for (const { state } of changes.usage)
      join(usage, `${state.sim}/${state.usageId}`, state, pickMoreComplete);
    for (const { state } of changes.events)
      join(events, `${state.sim}/${state.eventKey}`, state, pickMoreComplete);
    for (const { state } of changes.sims) join(sims, state.sim, state, mergeSims);
  }
  const lasting = [...events].map(([key, { arrivedAt, ...event }]) => [key, event] as const);
  return { sessions, usage, events: new Map(lasting), sims };
}

/** What one batch means. */
export function foldOf(batch: readonly Observations[]): Changes {
  const fold = new Fold();
  for (const [record, observations] of batch.entries()) fold.add(record, observations);
  return fold.listChanges();
}

function join<State>(
  states: Map<string, State>,
  key: string,
  state: State,
  merge: (a: State, b: State) => State,
): void {
  const there = states.get(key);
  states.set(key, there === undefined ? state : merge(there, state));
}
