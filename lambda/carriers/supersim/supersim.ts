import { multiplyByWhole, parseDecimal } from '../../json/decimal.ts';
import { type JsonObject, parseObject, toJsonObject } from '../../json/json.ts';
import type { UnmarkedSim } from '../../ledger/heard.ts';
import {
  type Address,
  type Cell,
  type Completeness,
  complete,
  type Device,
  type Ids,
  type Label,
  type LedgerEvent,
  type Network,
  type Origin,
  type Session,
  type Subscriber,
  superseded,
  type Terminal,
  type Totals,
  type Trouble,
  type Usage,
} from '../../ledger/observation.ts';
import { omitSession, refreshesHourly } from '../../ledger/session-refresh.ts';
import { deriveConnection } from '../../ledger/sim.ts';
import { type Carrier, carrierTraits } from '../../ledger/source.ts';
import { startOfDay } from '../../ledger/time.ts';
import { readCountry } from '../country.ts';
import { formatDetail } from '../detail.ts';
import { collectUnknownMembers, extraRoom } from '../extra.ts';
import {
  checkIdentifier,
  checkSimId,
  maxSubscriberNumberBytes,
  readDevice,
  readIdentifier,
  readSubscriberNumber,
  readWrittenIccid,
} from '../identifier.ts';
import { isNothing } from '../nothing.ts';
import { nameRadio, readRatType } from '../radio.ts';
import {
  type Arrival,
  addDirections,
  type Fault,
  isFault,
  makeFault,
  makeIccidFault,
  makeLengthFault,
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

/**
 * Super SIM connection events (Twilio, now KORE): CloudEvents with string SIDs and whole bytes. Described in
 * docs/wire-formats.md.
 */

/**
 * Precedes the specific part of a type. KORE still uses `com.twilio` types, so the text before the marker does not
 * matter.
 */
const typeMarker = '.supersim.connection.';
const testType = /\.eventstreams\.test[.-]event$/;

/** The documented members of `data`, schema version 2. */
const documented = new Set(
  (
    'event_sid event_type timestamp account_sid sim_sid sim_iccid sim_unique_name fleet_sid apn imsi imei ip_address ' +
    'rat_type network location data_session_sid data_session_start_time data_session_end_time ' +
    'data_session_update_start_time data_session_update_end_time data_upload data_download data_total ' +
    'data_session_data_upload data_session_data_download data_session_data_total data_modifier error'
  ).split(' '),
);

/** Maximum length of a type. Known types have at most 60 characters. */
const maxTypeLength = 160;

/** Whether a record is a CloudEvent, or a Super SIM's data without the envelope. */
export function isSuperSimRecord(record: JsonObject): boolean {
  return isCloudEvent(record) || isBareData(record);
}

function isCloudEvent(record: JsonObject): boolean {
  return record['specversion'] !== undefined && typeof record['type'] === 'string';
}

/** Software between carrier and stream may have removed the envelope; the data repeats everything in it. */
function isBareData(record: JsonObject): boolean {
  const type = record['event_type'];
  return typeof type === 'string' && type.includes(typeMarker);
}

/** Interprets a CloudEvent, or its data alone. */
export function interpretSuperSim(record: JsonObject, arrival: Arrival): Reading {
  const envelope = isCloudEvent(record) ? record : { type: record['event_type'], data: record };
  return interpretCloudEvent(envelope, arrival);
}

function interpretCloudEvent(envelope: JsonObject, arrival: Arrival): Reading {
  const carrierType = String(envelope['type']);
  // One Kinesis writer sends data as a string.
  const sent = envelope['data'];
  const data = typeof sent === 'string' ? parseObject(sent) : toJsonObject(sent);
  const marker = carrierType.indexOf(typeMarker);
  if (marker === -1) return interpretOther(carrierType, data);
  if (data === undefined)
    return makeMemberFault(
      'unknown-shape',
      'data',
      'of a Super SIM event must be an object, or the text of one',
    );
  const identity = readIdentity(data);
  if (isFault(identity)) return identity;
  const sentAt = isNothing(data['timestamp']) ? envelope['time'] : data['timestamp'];
  const at = readRequiredTime(sentAt, 'timestamp', arrival);
  if (typeof at !== 'string') return at;
  if (carrierType.length > maxTypeLength)
    return makeMemberFault('oversized-field', 'type', 'is too long', carrierType);
  const type = readFreeText(carrierType.slice(marker + typeMarker.length)) ?? 'unknown';
  const carrier = chooseCarrier(envelope, arrival);
  return interpretRecord({ data, identity, at, type, carrierType, carrier, arrival, unread: new Unread() });
}

/** Interprets a test event of a sink, or rejects an event of another product. */
function interpretOther(carrierType: string, data: JsonObject | undefined): Reading {
  if (!testType.test(carrierType)) {
    return makeMemberFault(
      'unknown-shape',
      'type',
      'is not the type of a Super SIM connection event',
      carrierType,
    );
  }
  const testId = readFreeText(data?.['test_id'], 64);
  return testId === undefined
    ? { kind: 'ignored', reason: 'sink validation' }
    : { kind: 'ignored', reason: 'sink validation', testId };
}

/** A source with another format does not say which Super SIM carrier sent a record; the envelope may. */
function chooseCarrier(envelope: JsonObject, arrival: Arrival): Carrier {
  const { carrier } = arrival.source;
  if (carrierTraits[carrier].format === 'supersim') return carrier;
  const source = envelope['source'];
  return typeof source === 'string' && source.startsWith('kore') ? 'kore' : 'twilio';
}

/** The ids of a record, its SIM and its session. */
interface Identity {
  readonly eventSid: string;
  readonly sim: string;
  readonly iccid: string | undefined;
  readonly writtenIccid: string | undefined;
  readonly simSid: string | undefined;
  readonly sessionId: string | undefined;
}

function readIdentity(data: JsonObject): Identity | Fault {
  const eventSid = readIdentifier(data['event_sid']);
  const iccid = readIdentifier(data['sim_iccid']);
  const simSid = readIdentifier(data['sim_sid']);
  const sessionId = readIdentifier(data['data_session_sid']);
  const fault =
    checkIdentifier('event_sid', eventSid) ??
    checkIdentifier('sim_iccid', iccid) ??
    checkSimId('sim_sid', simSid) ??
    checkIdentifier('data_session_sid', sessionId);
  if (fault !== undefined) return fault;
  const written = readWrittenIccid(iccid);
  const sim = written?.sim ?? simSid;
  if (eventSid === undefined) return makeMemberFault('missing-identity', 'event_sid', 'is missing');
  if (sim === undefined) {
    if (iccid !== undefined) return makeIccidFault('sim_iccid', iccid, 'sim_sid');
    return makeFault('missing-identity', 'Neither sim_iccid nor sim_sid names the SIM');
  }
  const { iccid: shownIccid, writtenIccid } = written ?? {};
  return { eventSid, sim, iccid: shownIccid, writtenIccid, simSid, sessionId };
}

/** A record and what has been read from it. */
interface SuperSimRecord {
  readonly data: JsonObject;
  readonly identity: Identity;
  readonly at: string;
  /** The specific part of the type, `data-session.updated`. */
  readonly type: string;
  readonly carrierType: string;
  readonly carrier: Carrier;
  readonly arrival: Arrival;
  readonly unread: Unread;
}

/** The types of events about an existing or past session. */
const typesOfSessions = new Set(['data-session.started', 'data-session.updated', 'data-session.ended']);

function interpretRecord(record: SuperSimRecord): Reading {
  const { type, identity } = record;
  const isSession = type.startsWith('data-session.');
  // A session that failed to start has no id: the record is only an event.
  if (identity.sessionId === undefined && typesOfSessions.has(type)) {
    return makeMemberFault('missing-identity', 'data_session_sid', 'is missing');
  }
  const facts = readFacts(record);
  const totals = readRunningTotals(record);
  const session =
    isSession && identity.sessionId !== undefined
      ? interpretSession(record, identity.sessionId, facts, totals)
      : undefined;
  const usage = interpretUsage(record, facts, totals);
  if (isFault(usage)) return usage;
  const event = type === 'data-session.updated' ? undefined : interpretEvent(record, facts);
  // Only these items can keep unreadable members.
  if (usage === undefined && event === undefined && record.unread.fault !== undefined)
    return record.unread.fault;
  const sim = interpretSim(record, facts, event, session);
  const { sessionRefresh } = record.arrival.source;
  if (sessionRefresh === 'hourly' && session !== undefined && usage !== undefined && event === undefined) {
    if (!refreshesHourly(session, usage))
      return makeReading(
        { session: undefined, usage: omitSession(session, usage), event, sim },
        record.arrival,
      );
  }
  return makeReading({ session, usage, event, sim }, record.arrival);
}

/**
 * Every rendering is complete. During a migration, both carriers may deliver the same event, with the same
 * `event_sid`.
 */
function rankCompleteness({ source }: Arrival): Completeness {
  return source.superseded === true ? superseded : complete;
}

/** The groups that sessions, usage, events and SIMs share. */
interface Facts {
  readonly origin: Origin;
  readonly network: Network | undefined;
  readonly cell: Cell | undefined;
  readonly device: Device | undefined;
  readonly imsi: string | undefined;
  readonly apn: string | undefined;
  readonly ids: Ids;
  readonly simName: string | undefined;
  readonly dataModifier: string | undefined;
  readonly error: string | undefined;
}

function readFacts({ data, identity, carrier, arrival, unread }: SuperSimRecord): Facts {
  const code = (member: string, maxLength: number): string | undefined =>
    unread.readCode(data[member], maxLength, member);
  return {
    origin: { source: arrival.source.name, carrier, iccid: identity.iccid },
    network: interpretNetwork(data, unread),
    cell: interpretCell(data, unread),
    device: readDevice(data['imei']),
    imsi: unread.readCode(readSubscriberNumber(data['imsi']), maxSubscriberNumberBytes, 'imsi'),
    apn: code('apn', 100),
    ids: {
      simSid: identity.simSid,
      simId: undefined,
      accountId: unread.readCode(readIdentifier(data['account_sid']), 64, 'account_sid'),
      fleetSid: unread.readCode(readIdentifier(data['fleet_sid']), 64, 'fleet_sid'),
      writtenIccid: identity.writtenIccid,
    },
    simName: readFreeText(data['sim_unique_name'], 128),
    dataModifier: code('data_modifier', 32),
    error: readErrorText(data),
  };
}

function interpretNetwork(data: JsonObject, unread: Unread): Network | undefined {
  const network = toJsonObject(data['network']);
  const ratType = readRatType(data['rat_type']);
  if (network === undefined && ratType === undefined) return undefined;
  const mcc = unread.readCode(network?.['mcc'], 8, 'network.mcc');
  const isoCode = readCode(network?.['iso_country'], 8);
  return {
    radio: nameRadio(ratType),
    ratType,
    mcc,
    mnc: unread.readCode(network?.['mnc'], 8, 'network.mnc'),
    operatorName: readFreeText(network?.['friendly_name'], 64),
    country: readCountry({ isoCode, mcc }),
  };
}

function interpretCell(data: JsonObject, unread: Unread): Cell | undefined {
  const location = toJsonObject(data['location']);
  if (location === undefined) return undefined;
  const cellId = unread.readCode(location['cell_id'], 32, 'location.cell_id');
  const lac = unread.readCode(location['lac'], 16, 'location.lac');
  const position = readPosition(location);
  if (position === undefined) {
    unread.note('location.lat', location['lat']);
    unread.note('location.lon', location['lon']);
  }
  if (cellId === undefined && lac === undefined && position === undefined) return undefined;
  return { cellId, lac, lat: position?.lat, lon: position?.lon };
}

/** Both coordinates or neither, because one alone is meaningless. */
function readPosition(location: JsonObject): { readonly lat: number; readonly lon: number } | undefined {
  const lat = readDegrees(location['lat'], 90);
  const lon = readDegrees(location['lon'], 180);
  return lat === undefined || lon === undefined ? undefined : { lat, lon };
}

/** Less than a thousandth of a millimetre. */
const minDegrees = 1e-12;

/** Maximum number of characters of a coordinate: more than any real one has. */
const maxDegreesLength = 40;

const degreesSpelling = /^[+-]?\d+(?:\.\d*)?(?:[eE][+-]?\d+)?$/;

/** Degrees; undefined if the value is not a number or is out of range. */
function readDegrees(value: unknown, range: number): number | undefined {
  const degrees = typeof value === 'string' ? parseDegrees(value) : value;
  if (typeof degrees !== 'number' || !(Math.abs(degrees) <= range)) return undefined;
  // DynamoDB does not support negative zero, and refuses numbers closer to zero than 1E-130.
  return Math.abs(degrees) < minDegrees ? 0 : degrees;
}

/** Parses a number as text, which the JSON reader returns for 16 digits and more. */
function parseDegrees(value: string): number | undefined {
  if (value.length > maxDegreesLength) return undefined;
  const text = value.trim();
  return degreesSpelling.test(text) ? Number(text) : undefined;
}

/** Maximum bytes of a session's error. Events keep it as the carrier wrote it. */
const maxErrorBytes = 194;
/** Minimum bytes of a message that is still useful. */
const minMessageBytes = 16;

/** `{code, message}` on one line: the whole code, and the message truncated to fit. */
function readErrorText(data: JsonObject): string | undefined {
  const error = data['error'];
  if (typeof error === 'string') return readFreeText(error, maxErrorBytes);
  const members = toJsonObject(error);
  if (members === undefined) return undefined;
  const code = readFreeText(members['code'], maxErrorBytes);
  const room = maxErrorBytes - (code === undefined ? 0 : Buffer.byteLength(code) + 2);
  const message = room < minMessageBytes ? undefined : readFreeText(members['message'], room);
  return code !== undefined && message !== undefined ? `${code}: ${message}` : (code ?? message);
}

/** Reads whole bytes; undefined if not stated, a fault if impossible. */
function readBytes(data: JsonObject, member: string): number | undefined | Fault {
  const value = data[member];
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value;
  if (isNothing(value)) return undefined;
  const tooLong = makeLengthFault(value, member);
  if (tooLong !== undefined) return tooLong;
  // A number of bytes as a JSON number was returned above.
  const decimal = typeof value === 'string' ? parseDecimal(value) : undefined;
  const bytes = decimal === undefined || decimal.includes('.') ? undefined : multiplyByWhole(decimal, 1);
  // Stryker disable next-line ConditionalExpression: undefined is not at least 0 either
  if (bytes !== undefined && bytes >= 0) return bytes;
  return makeMemberFault('impossible-number', member, 'is not an exact number of bytes', value);
}

/** Reads the three members for bytes up, down and in total; undefined if all are absent. */
function readVolumes(data: JsonObject, prefix: string): Totals | undefined | Fault {
  const dataUploaded = readBytes(data, `${prefix}upload`);
  const dataDownloaded = readBytes(data, `${prefix}download`);
  const total = readBytes(data, `${prefix}total`);
  if (isFault(dataUploaded)) return dataUploaded;
  if (isFault(dataDownloaded)) return dataDownloaded;
  const dataTotal = total ?? addDirections(dataUploaded, dataDownloaded, `${prefix}total`);
  if (dataTotal === undefined || isFault(dataTotal)) return dataTotal;
  return { dataUploaded, dataDownloaded, dataTotal };
}

function interpretSession(
  record: SuperSimRecord,
  sessionId: string,
  facts: Facts,
  totals: Totals | undefined,
): Session {
  const { data, at, identity, unread } = record;
  const start = readNotedTime(record, 'data_session_start_time');
  const terminal = interpretTerminal(record);
  const ipAddress = unread.readCode(data['ip_address'], 45, 'ip_address');
  const { network, cell, device, imsi, apn, ids, simName, error, dataModifier } = facts;
  const address: Address | undefined =
    apn === undefined && ipAddress === undefined ? undefined : { apn, ipAddress };
  return {
    sim: identity.sim,
    sessionId,
    origin: makeStated(at, { ...facts.origin, dataModifier }),
    start: start ?? at,
    startStated: start !== undefined,
    terminal,
    groups: {
      totals: totals && makeStated(at, totals),
      network: network && makeStated(at, network),
      cell: cell && makeStated(at, cell),
      device: device && makeStated(at, device),
      address: address && makeStated(at, address),
      subscriber: imsi === undefined ? undefined : makeStated<Subscriber>(at, { imsi }),
      ids: makeStated(at, ids),
      label: simName === undefined ? undefined : makeStated<Label>(at, { simName }),
      trouble: error === undefined ? undefined : makeStated<Trouble>(at, { error }),
    },
  };
}

/** Reads an optional time; an unreadable one is noted. */
function readNotedTime({ data, arrival, unread }: SuperSimRecord, member: string): string | undefined {
  return unread.take(readOptionalTime(data[member], member, arrival), member, data[member]);
}

const totalsPrefix = 'data_session_data_';

/** Reads the session's running totals. If one is unreadable, all are noted, because they belong together. */
function readRunningTotals({ data, unread }: SuperSimRecord): Totals | undefined {
  const read = readVolumes(data, totalsPrefix);
  if (!isFault(read)) return read;
  for (const way of ['upload', 'download', 'total']) {
    const member = `${totalsPrefix}${way}`;
    unread.take(read, member, data[member]);
  }
  return undefined;
}

function interpretTerminal(record: SuperSimRecord): Terminal | undefined {
  const { at, type } = record;
  if (type !== 'data-session.ended' && type !== 'data-session.failed') return undefined;
  const end = readNotedTime(record, 'data_session_end_time');
  return { status: type === 'data-session.ended' ? 'ended' : 'failed', end: end ?? at };
}

/** Reads the window of an `updated`, or the last window of an `ended`. */
function interpretUsage(
  record: SuperSimRecord,
  facts: Facts,
  totals: Totals | undefined,
): Usage | undefined | Fault {
  const { data, at, arrival, identity } = record;
  const volumes = readVolumes(data, 'data_');
  if (volumes === undefined || isFault(volumes)) return volumes;
  const windowStart = readNotedTime(record, 'data_session_update_start_time');
  const windowEnd = readNotedTime(record, 'data_session_update_end_time');
  const end = windowEnd ?? at;
  // Some `ended` events state no beginning: their bytes belong to the time at which they were reported.
  const start = windowStart ?? end;
  const { network } = facts;
  return {
    sim: identity.sim,
    usageId: `${start}#${identity.eventSid}`,
    completeness: rankCompleteness(arrival),
    source: facts.origin.source,
    carrier: record.carrier,
    iccid: identity.iccid,
    imsi: facts.imsi,
    start,
    end,
    recordId: identity.eventSid,
    sessionId: identity.sessionId,
    trafficType: 'data',
    dataUploaded: volumes.dataUploaded,
    dataDownloaded: volumes.dataDownloaded,
    dataTotal: volumes.dataTotal ?? 0,
    messages: undefined,
    messagesTx: undefined,
    messagesRx: undefined,
    volume: undefined,
    cost: undefined,
    currency: undefined,
    costVolume: undefined,
    operatorName: network?.operatorName,
    mcc: network?.mcc,
    mnc: network?.mnc,
    country: network?.country,
    radio: network?.radio,
    apn: facts.apn,
    imei: facts.device?.imei,
    writtenImei: facts.device?.writtenImei,
    tariff: undefined,
    rateZone: undefined,
    dataModifier: facts.dataModifier,
    extra: record.unread.readTextBeside(collectUnknownMembers(data, documented), extraRoom),
    sessionUploaded: totals?.dataUploaded,
    sessionDownloaded: totals?.dataDownloaded,
    sessionTotal: totals?.dataTotal,
    observedAt: undefined,
  };
}

function interpretEvent(record: SuperSimRecord, facts: Facts): LedgerEvent {
  const { at, type, carrierType, identity, arrival, data, unread } = record;
  return {
    sim: identity.sim,
    eventKey: `${at}#${identity.eventSid}`,
    completeness: rankCompleteness(arrival),
    source: facts.origin.source,
    carrier: record.carrier,
    iccid: identity.iccid,
    imsi: facts.imsi,
    time: at,
    eventId: identity.eventSid,
    type,
    carrierType: readFreeText(carrierType) ?? type,
    severity: undefined,
    alert: undefined,
    description: undefined,
    detail: formatDetail(data['error'], undefined),
    sessionId: identity.sessionId,
    network: facts.network,
    cellId: facts.cell?.cellId,
    extra: unread.readTextBeside(collectUnknownMembers(data, documented), extraRoom),
    arrivedAt: arrival.arrivedAt,
  };
}

function interpretSim(
  record: SuperSimRecord,
  facts: Facts,
  event: LedgerEvent | undefined,
  session: Session | undefined,
): UnmarkedSim {
  const at = event === undefined ? startOfDay(record.at) : record.at;
  const { network, cell, device, imsi, ids, simName } = facts;
  return {
    sim: record.identity.sim,
    origin: makeStated(at, facts.origin),
    groups: {
      ids: makeStated(at, ids),
      label: simName === undefined ? undefined : makeStated<Label>(at, { simName }),
      phone: undefined,
      device: device && makeStated(at, device),
      subscriber: imsi === undefined ? undefined : makeStated<Subscriber>(at, { imsi }),
      network: event && network && makeStated(at, network),
      cell: event && cell && makeStated(at, cell),
      connection: event && session && makeStated(at, deriveConnection(session)),
      lifecycle: undefined,
      lastEvent: event && makeStated(at, { lastEvent: event.type, lastEventTime: at }),
    },
  };
}
