import { makeAccountKey } from '../../ledger/accounts.ts';
import type { UnmarkedSim } from '../../ledger/heard.ts';
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
  type Stated,
  type Terminal,
  type Totals,
} from '../../ledger/observation.ts';
import { deriveConnection } from '../../ledger/sim.ts';
import { cutToSecond } from '../../ledger/time.ts';
import { readCountry } from '../country.ts';
import { fitExtra, formatDetail } from '../detail.ts';
import { extraRoom } from '../extra.ts';
import { checkIdentifier, readDevice, readIdentifier } from '../identifier.ts';
import { nameRadio, readRatType } from '../radio.ts';
import {
  type Arrival,
  type Fault,
  isFault,
  makeFault,
  makeMemberFault,
  makeReading,
  makeStated,
  type Reading,
  readCode,
  readFreeText,
  readOptionalTime,
  readRequiredTime,
} from '../reading.ts';
import { Unread } from '../unread.ts';
import type { DetailFields, EventFields } from './event-fields.ts';
import { activeStatus, endsSessions, findStatusAfter, nameEventType } from './event-types.ts';
import { type Identity, type IdentityGroups, makeIdentityGroups, readIdentity } from './identity.ts';
import { convertToBytes } from './megabytes.ts';

/** Bytes of a description together with unreadable members; only the description is truncated. */
const maxDescriptionBytes = 400;

const contextCreated = '3';
const contextUpdated = '4';
const contextDeleted = '5';

/** An event and what has been read from it. */
interface EventRecord {
  readonly fields: EventFields;
  readonly identity: Identity;
  readonly at: string;
  readonly typeId: string;
  readonly arrival: Arrival;
  readonly groups: EventGroups;
  readonly unread: Unread;
}

/** Interprets an event. */
export function interpretEvent(fields: EventFields, arrival: Arrival): Reading {
  const unread = new Unread();
  const identity = readIdentity(fields, arrival, unread);
  if (isFault(identity)) return identity;
  const at = readRequiredTime(fields.time, 'timestamp', arrival);
  if (isFault(at)) return at;
  const typeId = readIdentifier(fields.typeId);
  if (typeId === undefined) return makeFault('unknown-shape', 'The event type has no id');
  if (typeId.length > 64) return makeMemberFault('oversized-field', 'event_type.id', 'is too long', typeId);
  if (identity.sim === undefined && identity.ids.accountId === undefined) {
    return makeFault('missing-identity', 'Neither a SIM nor an organisation is named');
  }
  const groups = interpretGroups(fields, identity, at, unread);
  const record = { fields, identity, at, typeId, arrival, groups, unread };
  const session = interpretSession(record);
  if (isFault(session)) return session;
  const event = interpretLedgerEvent(record, session);
  const sim = interpretSim(record, event, session);
  return makeReading({ session, usage: undefined, event, sim }, arrival);
}

/** The session of an event 3, 4 or 5 about a PDP context. A refused activation has none, and is only an event. */
function interpretSession(record: EventRecord): Session | undefined | Fault {
  const { fields, identity, at, typeId, arrival, groups, unread } = record;
  const isContext = typeId === contextCreated || typeId === contextUpdated || typeId === contextDeleted;
  if (!isContext || !fields.inDetail.hasContext || identity.sim === undefined) return undefined;
  const { tunnelCreated: written } = fields.inDetail;
  // Stryker disable next-line StringLiteral: an event shows its member as it was written, and not the fault
  const read = readOptionalTime(written, 'tunnel_created', arrival);
  const tunnelCreated = unread.take(read, 'tunnel_created', written);
  const sessionId = readSessionId(fields.inDetail, tunnelCreated);
  if (sessionId === undefined) return makeFault('missing-identity', 'The PDP context has no id');
  if (isFault(sessionId)) return sessionId;
  // Carriers reuse the context's own id, so without a readable time it does not identify a session, and only the
  // event is kept.
  if (isFault(read) && !hasOwnId(fields.inDetail)) return undefined;
  // Only the deletion states the volume of the whole session.
  const totals = typeId === contextDeleted ? interpretTotals(record) : undefined;
  const start = tunnelCreated ?? (typeId === contextCreated ? at : undefined);
  const terminal: Terminal | undefined = typeId === contextDeleted ? { status: 'ended', end: at } : undefined;
  return {
    sim: identity.sim,
    sessionId,
    origin: makeStated(at, identity.origin),
    start: start ?? at,
    startStated: start !== undefined,
    terminal,
    groups: {
      totals: totals && makeStated(at, totals),
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

/** Reads the volumes. If one is unreadable, all are noted, because they belong together. */
function interpretTotals({ fields, arrival, unread }: EventRecord): Totals | undefined {
  const { volumeUp, volumeDown, volumeTotal } = fields.inDetail;
  // Stryker disable next-line StringLiteral: an event shows its members as they were written, and not the fault
  const read = convertToBytes(fields.inDetail, 'detail.volume', arrival.source.bytesPerMegabyte);
  if (!isFault(read)) return read;
  unread.note('detail.volume.tx', volumeUp);
  unread.note('detail.volume.rx', volumeDown);
  unread.take(read, 'detail.volume.total', volumeTotal);
  return undefined;
}

/**
 * The session's own id, or in the older generation the PDP context's id with its time, because carriers reuse those
 * ids.
 */
function readSessionId(
  inDetail: DetailFields,
  tunnelCreated: string | undefined,
): string | undefined | Fault {
  const candidates = [
    ['session_id', inDetail.sessionId],
    ['ipcan_session_id', inDetail.ipcanSessionId],
    ['pdp_context_id', inDetail.pdpContextId],
  ] as const;
  for (const [member, value] of candidates) {
    const id = readIdentifier(value);
    if (id === undefined) continue;
    const fault = checkIdentifier(member, id);
    if (fault !== undefined) return fault;
    const isReused = member === 'pdp_context_id' && tunnelCreated !== undefined;
    return isReused ? `${id}#${cutToSecond(tunnelCreated)}` : id;
  }
  return undefined;
}

function hasOwnId({ sessionId, ipcanSessionId }: DetailFields): boolean {
  return (readIdentifier(sessionId) ?? readIdentifier(ipcanSessionId)) !== undefined;
}

/** The groups that an event states for its SIM and session. */
interface EventGroups extends IdentityGroups {
  readonly network: Stated<Network> | undefined;
  readonly cell: Stated<Cell> | undefined;
  readonly device: Stated<Device> | undefined;
  readonly address: Stated<Address> | undefined;
}

function interpretGroups(fields: EventFields, identity: Identity, at: string, unread: Unread): EventGroups {
  const network = interpretNetwork(fields, unread);
  const cell = interpretCell(fields.inDetail, unread);
  const device = readDevice(fields.inDetail.imei) ?? readDevice(fields.imei);
  const address: Address = {
    apn: unread.readCode(fields.inDetail.apn, 100, 'apn'),
    ipAddress:
      unread.readCode(fields.inDetail.ipAddress, 45, 'ue_ip_address') ??
      unread.readCode(fields.ipAddress, 45, 'ip_address'),
  };
  const { ids, label, phone, subscriber } = makeIdentityGroups(identity, at);
  return {
    ids,
    label,
    phone,
    subscriber,
    network: network && makeStated(at, network),
    cell: cell && makeStated(at, cell),
    device: device && makeStated(at, device),
    address:
      address.apn === undefined && address.ipAddress === undefined ? undefined : makeStated(at, address),
  };
}

function interpretNetwork(fields: EventFields, unread: Unread): Network | undefined {
  const { inDetail } = fields;
  const ratType = readRatType(inDetail.ratType) ?? findRatType(fields);
  const mcc =
    unread.readCode(inDetail.contextMcc, 8, 'mcc') ?? unread.readCode(inDetail.countryMcc, 8, 'country.mcc');
  const network: Network = {
    radio: nameRadio(ratType),
    ratType,
    mcc,
    mnc: readNetworkCode(inDetail.contextMnc) ?? findOperatorCode(inDetail, mcc),
    operatorName: readFreeText(inDetail.operatorName, 64),
    country: readCountry({
      isoCode: readCode(inDetail.countryIsoCode, 8),
      name: readCode(inDetail.countryName, 64),
      mcc,
    }),
  };
  // A code without its country does not identify a network.
  const isNamed = mcc !== undefined || network.operatorName !== undefined || ratType !== undefined;
  return isNamed ? network : undefined;
}

/** The operator's network code, which is meaningful only with the operator's own country. */
function findOperatorCode(inDetail: DetailFields, mcc: string | undefined): string | undefined {
  const countryMcc = readFreeText(inDetail.countryMcc, 8);
  return countryMcc === undefined || countryMcc === mcc ? readNetworkCode(inDetail.operatorMnc) : undefined;
}

/** Location events state the radio technology only in their text: `RAT type='E_UTRAN'`. */
function findRatType(fields: EventFields): string | undefined {
  // Stryker disable next-line StringLiteral: any default text that names no radio technology gives the same result
  const found = ratTypeText.exec(readFreeText(fields.description, 512) ?? '');
  return readCode(found?.[1] ?? found?.[2], 32);
}

const ratTypeText = /RAT type='([^']{1,32})|RAT type=([\w() -]{1,16})/i;

/** Location events list all codes of the operator; only a single code identifies the network. */
function readNetworkCode(mnc: unknown): string | undefined {
  if (!Array.isArray(mnc)) return readCode(mnc, 16);
  const only: unknown = mnc.length === 1 ? mnc[0] : undefined;
  return typeof only === 'object' && only !== null && 'mnc' in only
    ? readCode(only.mnc, 8)
    : readCode(only, 8);
}

function interpretCell(inDetail: DetailFields, unread: Unread): Cell | undefined {
  const cellId = unread.readCode(inDetail.cellId, 32, 'ci');
  const lac = unread.readCode(inDetail.lac, 16, 'lac');
  return cellId === undefined && lac === undefined
    ? undefined
    : { cellId, lac, lat: undefined, lon: undefined };
}

function interpretLedgerEvent(record: EventRecord, session: Session | undefined): LedgerEvent {
  const { fields, identity, at, typeId, arrival, groups, unread } = record;
  const { source, carrier, iccid } = identity.origin;
  const description = readFreeText(
    fields.description,
    maxDescriptionBytes - Buffer.byteLength(unread.text ?? ''),
  );
  const detail = formatDetail(fields.inDetail.detail, description, unread.text);
  const extra = unread.readTextBeside(fields.extra, extraRoom);
  const alert = readAlert(fields.alert);
  // A refusal raises an alert. Without an alert, the dialect has only left out the context.
  const refused = !fields.inDetail.hasContext && alert !== false;
  return {
    sim: identity.sim ?? makeAccountKey(source, `${identity.ids.accountId}`),
    eventKey: `${cutToSecond(at)}#${identity.recordId}`,
    completeness: fields.abridged ? 0 : complete,
    source,
    carrier,
    iccid,
    imsi: identity.imsi,
    time: at,
    eventId: identity.recordId,
    type: nameEventType(typeId, readFreeText(fields.typeWords, 64), refused),
    carrierType: typeId,
    severity: readSeverity(fields),
    alert,
    description,
    detail,
    sessionId: session?.sessionId,
    network: groups.network?.group,
    cellId: groups.cell?.group.cellId,
    extra: fitExtra(extra, description, detail, unread.text),
    arrivedAt: arrival.arrivedAt,
  };
}

const severities: ReadonlyMap<string, string> = new Map([
  ['0', 'info'],
  ['1', 'warn'],
  ['2', 'critical'],
]);

/** By id, because the texts have four spellings. */
function readSeverity(fields: EventFields): string | undefined {
  const id = readIdentifier(fields.severityId);
  return severities.get(id ?? '') ?? readCode(fields.severityWord, 16)?.toLowerCase() ?? id;
}

/** A boolean, sent as a boolean, as 0 or 1, or as text. */
function readAlert(value: unknown): boolean | undefined {
  if (typeof value === 'boolean') return value;
  const text = readIdentifier(value)?.toLowerCase();
  if (text === '1' || text === 'true' || text === 't') return true;
  return text === '0' || text === 'false' || text === 'f' ? false : undefined;
}

function interpretSim(
  record: EventRecord,
  event: LedgerEvent,
  session: Session | undefined,
): UnmarkedSim | undefined {
  const { identity, at, typeId, groups } = record;
  if (identity.sim === undefined) return undefined;
  const isLive = session !== undefined && session.terminal === undefined;
  const status = isLive ? activeStatus : findStatusAfter(typeId);
  return {
    sim: identity.sim,
    origin: makeStated(at, identity.origin),
    groups: {
      ids: groups.ids,
      label: groups.label,
      phone: groups.phone,
      device: groups.device,
      subscriber: groups.subscriber,
      network: groups.network,
      cell: groups.cell,
      connection: findConnectionAfter(record, session),
      lifecycle: status === undefined ? undefined : makeStated<Lifecycle>(at, { status }),
      lastEvent: makeStated(at, { lastEvent: event.type, lastEventTime: at }),
    },
  };
}

function findConnectionAfter(
  { at, typeId }: EventRecord,
  session: Session | undefined,
): Stated<Connection> | undefined {
  if (session !== undefined) return makeStated(at, deriveConnection(session));
  return endsSessions(typeId) ? makeStated(at, { online: false, onlineChanged: at }) : undefined;
}
