import { listAttributes, readAttribute, session, sessionGroups } from './attributes.ts';
import type { Session, SessionGroups, Terminal } from './observation.ts';
import { chooseLater, sameStatement } from './register.ts';

const attributes = listAttributes(session);
const groupNames = Object.keys(sessionGroups) as (keyof SessionGroups)[];

/**
 * Merges two states of one session. Commutative, associative and idempotent: the result depends only on the set of
 * records, never on their order, repetition or grouping.
 */
export function mergeSessions(a: Session, b: Session): Session {
  const x = a.groups;
  const y = b.groups;
  return {
    sim: a.sim,
    sessionId: a.sessionId,
    origin: chooseLater(a.origin, b.origin) ?? a.origin,
    ...mergeStarts(a, b),
    terminal: mergeTerminals(a.terminal, b.terminal),
    groups: {
      totals: chooseLater(x.totals, y.totals),
      network: chooseLater(x.network, y.network),
      cell: chooseLater(x.cell, y.cell),
      device: chooseLater(x.device, y.device),
      address: chooseLater(x.address, y.address),
      subscriber: chooseLater(x.subscriber, y.subscriber),
      ids: chooseLater(x.ids, y.ids),
      label: chooseLater(x.label, y.label),
      trouble: chooseLater(x.trouble, y.trouble),
    },
  };
}

/** Whether two states of one session are the same. */
export function sameSession(a: Session, b: Session): boolean {
  return (
    attributes.every((attribute) => readAttribute(a, attribute) === readAttribute(b, attribute)) &&
    sameStatement(a.origin, b.origin) &&
    groupNames.every((name) => sameStatement(a.groups[name], b.groups[name]))
  );
}

/** A stated start wins over an observed one; otherwise the earlier one wins. */
function mergeStarts(a: Session, b: Session): Pick<Session, 'start' | 'startStated'> {
  if (a.startStated !== b.startStated) return pickStart(a.startStated ? a : b);
  return pickStart(a.start <= b.start ? a : b);
}

function pickStart({ start, startStated }: Session): Pick<Session, 'start' | 'startStated'> {
  return { start, startStated };
}

/** Nothing reopens a session. The later end wins; at the same time, a failure wins. */
function mergeTerminals(a: Terminal | undefined, b: Terminal | undefined): Terminal | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  if (a.end !== b.end) return a.end > b.end ? a : b;
  return a.status >= b.status ? a : b;
}
