import { listAttributes, readAttribute, sim, simGroups } from './attributes.ts';
import type { Connection, Session, Sim, SimGroups } from './observation.ts';
import { later, sameStatement } from './register.ts';

const attributes = listAttributes(sim);
const groupNames = Object.keys(simGroups) as (keyof SimGroups)[];

/** Joins what is known of one SIM from two sets of records: commutative, associative and idempotent. */
export function mergeSims(a: Sim, b: Sim): Sim {
  const x = a.groups;
  const y = b.groups;
  return {
    sim: a.sim,
    origin: later(a.origin, b.origin) ?? a.origin,
    groups: {
      ids: later(x.ids, y.ids),
      label: later(x.label, y.label),
      phone: later(x.phone, y.phone),
      device: later(x.device, y.device),
      subscriber: later(x.subscriber, y.subscriber),
      network: later(x.network, y.network),
      cell: later(x.cell, y.cell),
      connection: later(x.connection, y.connection),
      lifecycle: later(x.lifecycle, y.lifecycle),
      lastEvent: later(x.lastEvent, y.lastEvent),
      signalled: later(x.signalled, y.signalled),
      bytes: later(x.bytes, y.bytes),
      session: later(x.session, y.session),
    },
  };
}

/** Whether two states of one SIM are the same. */
export function sameSim(a: Sim, b: Sim): boolean {
  return (
    attributes.every((attribute) => readAttribute(a, attribute) === readAttribute(b, attribute)) &&
    sameStatement(a.origin, b.origin) &&
    groupNames.every((name) => sameStatement(a.groups[name], b.groups[name]))
  );
}

/** Whether a SIM is online once an observation of its session holds, and since when. */
export function deriveConnection(session: Session): Connection {
  return session.terminal === undefined
    ? { online: true, onlineChanged: session.start }
    : { online: false, onlineChanged: session.terminal.end };
}
