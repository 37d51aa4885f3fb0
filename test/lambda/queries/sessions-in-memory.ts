import type { Session } from '../../../lambda/ledger/observation.ts';
import type { SessionSource } from '../../../lambda/queries/session-listing.ts';
import { noSessionGroups } from '../store/observations.ts';

/** A session that states only what a test needs. */
export function session(sessionId: string, start: string, changes: Partial<Session> = {}): Session {
  return {
    sim: '8988307000000120011',
    sessionId,
    origin: { at: start, group: { source: 'kore', carrier: 'kore', iccid: undefined } },
    start,
    startStated: true,
    terminal: undefined,
    groups: noSessionGroups,
    ...changes,
  };
}

/** Sessions of one SIM, in place of the index by start. */
export class SessionsInMemory implements SessionSource {
  readonly stored = new Map<string, Session>();

  put(state: Session): void {
    this.stored.set(state.sessionId, state);
  }

  async listSessionKeys(
    ...[{ from, to }, limit, { after, oldestFirst = false } = {}]: Parameters<
      SessionSource['listSessionKeys']
    >
  ) {
    const keyOf = (start: string, sessionId: string): string => `${start} ${sessionId}`;
    const direction = oldestFirst ? 1 : -1;
    return [...this.stored.values()]
      .filter(({ start }) => start >= from && start <= to)
      .map(({ sessionId, start }) => ({ sessionId, start, key: keyOf(start, sessionId) }))
      .sort((a, b) => (a.key < b.key ? -direction : direction))
      .filter(({ key }) => {
        if (after === undefined) return true;
        const boundary = keyOf(after.start, after.sessionId);
        return oldestFirst ? key > boundary : key < boundary;
      })
      .slice(0, limit)
      .map(({ sessionId, start }) => ({ sessionId, start }));
  }

  async readSessions(_sim: string, sessionIds: readonly string[]) {
    return sessionIds.flatMap((sessionId) => this.stored.get(sessionId) ?? []);
  }
}
