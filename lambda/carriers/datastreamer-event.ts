import {
  type Address,
  type Cell,
  type Connection,
  complete,
  type Device,
  type LedgerEvent,
  type Lifecycle,
  type Network,
  type Session,
  type Sim,
  type Stated,
  type Terminal,
} from '../ledger/observation.ts';
import { connectionOf } from '../ledger/sim.ts';
import { countryOf } from './country.ts';
import type { DetailFields, EventFields } from './datastreamer-event-fields.ts';
import { type Identity, type IdentityGroups, identityGroups, identityOf } from './datastreamer-identity.ts';
import { detailText, extraBeside } from './detail.ts';
import { activeStatus, endsSessions, eventTypeName, statusAfter } from './event-types.ts';
import { identifier, identifierFault, imeiOf } from './identifier.ts';
import { bytesOf } from './megabytes.ts';
import { radioOf, ratTypeOf } from './radio.ts';
import {
  type Arrival,
  type Fault,
  fault,
  freeText,
  isFault,
  observed,
  optionalTime,
  type Reading,
  requiredTime,
  shown,
  stated,
} from './reading.ts';
import { wholeSecond } from './time.ts';

const contextCreated = '3';
const contextUpdated = '4';
const contextDeleted = '5';

/** An event with what is already known of it. */
interface EventRecord {
  readonly fields: EventFields;
  readonly identity: Identity;
  readonly at: string;
  readonly typeId: string;
  readonly arrival: Arrival;
  readonly groups: EventGroups;
}

/** What an event states. */
export function interpretEvent(fields: EventFields, arrival: Arrival): Reading {
  const identity = identityOf(fields, arrival);
  if (isFault(identity)) return identity;
  const at = requiredTime(fields.time, 'timestamp', arrival);
  if (isFault(at)) return at;
  const typeId = identifier(fields.typeId);
  if (typeId === undefined) return fault('unknown-shape', 'The event type has no id');
  if (typeId.length > 64) return fault('oversized-field', 'The event type id is too long');
  if (identity.sim === undefined && identity.ids.accountId === undefined) {
    return fault('missing-identity', 'Neither a SIM nor an organisation is named');
  }
  const record = { fields, identity, at, typeId, arrival, groups: groupsOf(fields, identity, at) };
  const session = sessionOf(record);
  if (isFault(session)) return session;
  const event = eventOf(record, session);
  return observed(session, undefined, event, simOf(record, event, session));
}

/** The PDP context of an event 3, 4 or 5. A refused activation has none: it is an event only. */
function sessionOf(record: EventRecord): Session | undefined | Fault {
  const { fields, identity, at, typeId, arrival, groups } = record;
  const isContext = typeId === contextCreated || typeId === contextUpdated || typeId === contextDeleted;
  if (!isContext || !fields.inDetail.hasContext || identity.sim === undefined) return undefined;
  const tunnelCreated = optionalTime(fields.inDetail.tunnelCreated, 'tunnel_created', arrival);
  if (isFault(tunnelCreated)) return tunnelCreated;
  const sessionId = sessionIdOf(fields.inDetail, tunnelCreated);
  if (sessionId === undefined) return fault('missing-identity', 'The PDP context has no id');
  if (isFault(sessionId)) return sessionId;
  // The volume of the whole session, which only its deletion states.
  const totals =
    typeId === contextDeleted
      ? bytesOf(fields.inDetail, 'detail.volume', arrival.source.bytesPerMegabyte)
      : undefined;
  if (isFault(totals)) return totals;
  const start = tunnelCreated ?? (typeId === contextCreated ? at : undefined);
  const terminal: Terminal | undefined = typeId === contextDeleted ? { status: 'ended', end: at } : undefined;
  return {
    sim: identity.sim,
    sessionId,
    origin: stated(at, identity.origin),
    start: start ?? at,
    startStated: start !== undefined,
    terminal,
    groups: {
      totals: totals && stated(at, totals),
      network: groups.network,
      cell: groups.cell,
      device: groups.device,
      address: groups.address,
      subscriber: groups.subscriber,
      ids: groups.ids,
      label: groups.label,
      trouble: undefined,
    },
  };
}

/** By generation: the session's own id, or that of the PDP context with its time, since those ids are used again. */
function sessionIdOf(inDetail: DetailFields, tunnelCreated: string | undefined): string | undefined | Fault {
  const own = identifier(inDetail.sessionId) ?? identifier(inDetail.ipcanSessionId);
  const context = identifier(inDetail.pdpContextId);
  const id = own ?? context;
  if (id === undefined) return undefined;
  const wrong = identifierFault(id);
  if (wrong !== undefined) return fault(wrong, `The session's id can not be used: ${shown(id)}`);
  return own !== undefined || tunnelCreated === undefined ? id : `${id}#${wholeSecond(tunnelCreated)}`;
}

/** What an event states of its SIM and session. */
interface EventGroups extends IdentityGroups {
  readonly network: Stated<Network> | undefined;
  readonly cell: Stated<Cell> | undefined;
  readonly device: Stated<Device> | undefined;
  readonly address: Stated<Address> | undefined;
}

function groupsOf(fields: EventFields, identity: Identity, at: string): EventGroups {
  const network = networkOf(fields);
  const cell = cellOf(fields.inDetail);
  const imei = imeiOf(fields.inDetail.imei) ?? imeiOf(fields.imei);
  const address: Address = {
    apn: freeText(fields.inDetail.apn, 100),
    ipAddress: freeText(fields.inDetail.ipAddress, 45) ?? freeText(fields.ipAddress, 45),
  };
  const { ids, label, phone, subscriber } = identityGroups(identity, at);
  return {
    ids,
    label,
    phone,
    subscriber,
    network: network && stated(at, network),
    cell: cell && stated(at, cell),
    device: imei === undefined ? undefined : stated<Device>(at, { imei }),
    address: address.apn === undefined && address.ipAddress === undefined ? undefined : stated(at, address),
  };
}

function networkOf(fields: EventFields): Network | undefined {
  const { inDetail } = fields;
  const ratType = ratTypeOf(inDetail.ratType) ?? ratTypeInText(fields);
  const mcc = freeText(inDetail.contextMcc, 8) ?? freeText(inDetail.countryMcc, 8);
  const network: Network = {
    radio: radioOf(ratType),
    ratType,
    mcc,
    mnc: networkCodeOf(inDetail.contextMnc) ?? operatorCodeIn(inDetail, mcc),
    operatorName: freeText(inDetail.operatorName, 64),
    country: countryOf({
      isoCode: freeText(inDetail.countryIsoCode, 8),
      name: freeText(inDetail.countryName, 64),
      mcc,
    }),
  };
  // A code without its country names no network.
  const isNamed = mcc !== undefined || network.operatorName !== undefined || ratType !== undefined;
  return isNamed ? network : undefined;
}

/** The operator's code, which means nothing beside another country's than its own. */
function operatorCodeIn(inDetail: DetailFields, mcc: string | undefined): string | undefined {
  const countryMcc = freeText(inDetail.countryMcc, 8);
  return countryMcc === undefined || countryMcc === mcc ? networkCodeOf(inDetail.operatorMnc) : undefined;
}

/** Location events name the radio access in their text only: `RAT type='E_UTRAN'`. */
function ratTypeInText(fields: EventFields): string | undefined {
  const description = freeText(fields.description, 512);
  return description === undefined ? undefined : /RAT type='?([\w -]{1,16})/i.exec(description)?.[1];
}

/** Location events list all codes of the operator; only a single one says which network it was. */
function networkCodeOf(mnc: unknown): string | undefined {
  if (!Array.isArray(mnc)) return freeText(mnc, 16);
  const only: unknown = mnc.length === 1 ? mnc[0] : undefined;
  return typeof only === 'object' && only !== null && 'mnc' in only
    ? freeText(only.mnc, 8)
    : freeText(only, 8);
}

function cellOf(inDetail: DetailFields): Cell | undefined {
  const cellId = freeText(inDetail.cellId, 32);
  const lac = freeText(inDetail.lac, 16);
  return cellId === undefined && lac === undefined
    ? undefined
    : { cellId, lac, lat: undefined, lon: undefined };
}

function eventOf(record: EventRecord, session: Session | undefined): LedgerEvent {
  const { fields, identity, at, typeId, arrival, groups } = record;
  const { source, carrier, iccid } = identity.origin;
  const description = freeText(fields.description, 400);
  const detail = detailText(fields.inDetail.detail, description);
  // A refusal raises an alert; without one, the dialect has only left the context out.
  const alert = alertOf(fields.alert);
  const refused = typeId === contextCreated && !fields.inDetail.hasContext && alert !== false;
  return {
    sim: identity.sim ?? `account:${source}:${identity.ids.accountId}`,
    eventKey: `${wholeSecond(at)}#${identity.recordId}`,
    fullness: fields.abridged ? 0 : complete,
    source,
    carrier,
    iccid,
    imsi: identity.imsi,
    time: at,
    eventId: identity.recordId,
    type: eventTypeName(typeId, freeText(fields.typeWords, 64), refused),
    carrierType: typeId,
    severity: severityOf(fields),
    alert,
    description,
    detail,
    sessionId: session?.sessionId,
    network: groups.network?.group,
    cellId: groups.cell?.group.cellId,
    extra: extraBeside(fields.extra, description, detail),
    arrivedAt: arrival.arrivedAt,
  };
}

const severities: ReadonlyMap<string, string> = new Map([
  ['0', 'info'],
  ['1', 'warn'],
  ['2', 'critical'],
]);

/** By id: the texts come in four spellings. */
function severityOf(fields: EventFields): string | undefined {
  const id = identifier(fields.severityId);
  return (
    (id === undefined ? undefined : severities.get(id)) ??
    freeText(fields.severityWord, 16)?.toLowerCase() ??
    id
  );
}

/** A boolean, sent as such, as 0 or 1, or as text. */
function alertOf(value: unknown): boolean | undefined {
  if (typeof value === 'boolean') return value;
  const text = identifier(value)?.toLowerCase();
  if (text === '1' || text === 'true' || text === 't') return true;
  return text === '0' || text === 'false' || text === 'f' ? false : undefined;
}

function simOf(record: EventRecord, event: LedgerEvent, session: Session | undefined): Sim | undefined {
  const { identity, at, typeId, groups } = record;
  if (identity.sim === undefined) return undefined;
  const isLive = session !== undefined && session.terminal === undefined;
  const status = isLive ? activeStatus : statusAfter(typeId);
  return {
    sim: identity.sim,
    origin: stated(at, identity.origin),
    groups: {
      ids: groups.ids,
      label: groups.label,
      phone: groups.phone,
      device: groups.device,
      subscriber: groups.subscriber,
      network: groups.network,
      cell: groups.cell,
      connection: connectionAfter(record, session),
      lifecycle: status === undefined ? undefined : stated<Lifecycle>(at, { status }),
      lastEvent: stated(at, { lastEvent: event.type, lastEventTime: at }),
    },
  };
}

function connectionAfter(
  { at, typeId }: EventRecord,
  session: Session | undefined,
): Stated<Connection> | undefined {
  if (session !== undefined) return stated(at, connectionOf(session));
  return endsSessions(typeId) ? stated(at, { online: false, onlineChanged: at }) : undefined;
}
