import { listAttributes, readAttribute, sim, simGroups } from './attributes.ts';
import type { Connection, Session, Sim, SimGroups } from './observation.ts';
import { chooseLater, sameStatement } from './register.ts';

const attributes = listAttributes(sim);
const groupNames = Object.keys(simGroups) as (keyof SimGroups)[];

/** Merges two states of one SIM: commutative, associative and idempotent. */
export function mergeSims(a: Sim, b: Sim): Sim {
  const x = a.groups;
  const y = b.groups;
  return {
    sim: a.sim,
    origin: chooseLater(a.origin, b.origin) ?? a.origin,
    groups: {
      ids: chooseLater(x.ids, y.ids),
      label: chooseLater(x.label, y.label),
      phone: chooseLater(x.phone, y.phone),
      device: chooseLater(x.device, y.device),
      subscriber: chooseLater(x.subscriber, y.subscriber),
      network: chooseLater(x.network, y.network),
      cell: chooseLater(x.cell, y.cell),
      connection: chooseLater(x.connection, y.connection),
      lifecycle: chooseLater(x.lifecycle, y.lifecycle),
      lastEvent: chooseLater(x.lastEvent, y.lastEvent),
      signalled: chooseLater(x.signalled, y.signalled),
      bytes: chooseLater(x.bytes, y.bytes),
      session: chooseLater(x.session, y.session),
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

/** Whether an observation of a session says that its SIM is online, and since when. */
export function deriveConnection(session: Session): Connection {
  return session.terminal === undefined
    ? { online: true, onlineChanged: session.start }
    : { online: false, onlineChanged: session.terminal.end };
}
