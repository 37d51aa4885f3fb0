import { type JsonObject, toJsonObject } from '../../json/json.ts';
import type { UnmarkedSim } from '../../ledger/heard.ts';
import {
  type Completeness,
  complete,
  completeWithSession,
  type Device,
  type Lifecycle,
  type Session,
  type Usage,
} from '../../ledger/observation.ts';
import { cutToSecond, startOfDay } from '../../ledger/time.ts';
import { isCostMoney } from '../cost.ts';
import { readCountry } from '../country.ts';
import { collectUnknownMembers, extraRoom } from '../extra.ts';
import { checkIdentifier, readDevice, readIdentifier } from '../identifier.ts';
import { findFirstStated, isNothing } from '../nothing.ts';
import {
  type Arrival,
  type Fault,
  isFault,
  makeFault,
  makeIccidFault,
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
import { activeStatus } from './event-types.ts';
import { type Identity, type IdentityFields, makeIdentityGroups, readIdentity } from './identity.ts';
import { convertToBytes, readDecimal, type Volume } from './megabytes.ts';

/** A usage record's members, under the same names for every dialect, with the values as sent. */
export interface UsageFields extends IdentityFields, Volume {
  readonly start: unknown;
  readonly end: unknown;
  readonly sessionId: unknown;
  readonly trafficTypeId: unknown;
  readonly trafficTypeWord: unknown;
  readonly cost: unknown;
  readonly currency: unknown;
  readonly operatorName: unknown;
  readonly mcc: unknown;
  readonly mnc: unknown;
  readonly countryName: unknown;
  readonly imei: unknown;
  readonly tariff: unknown;
  readonly rateZone: unknown;
  /** Members that are not documented, as text. */
  readonly extra: string | undefined;
  /** Whether another dialect of the same carrier states more. */
  readonly abridged: boolean;
}

/** Documented members of the nested and the flat record. */
const documented = new Set(
  (
    'id session_id ipcan_session_id start_timestamp end_timestamp ingestion_timestamp imsi imsi_id imsi_imsi sim ' +
    'sim_id sim_iccid iccid msisdn msisdn_msisdn sim_production_date endpoint endpoint_id endpoint_name ' +
    'endpoint_ip_address endpoint_tags endpoint_imei endpoint_balance organisation organisation_id ' +
    'organisation_name operator operator_id operator_name operator_mnc operator_country_id operator_country_name ' +
    'operator_country_mcc country_mcc tariff tariff_id tariff_name tariff_ratezone_id tariff_ratezone_name ' +
    'traffic_type traffic_type_id traffic_type_description volume volume_total volume_tx volume_rx cost currency ' +
    'currency_id currency_code currency_symbol quota_id rat_type'
  ).split(' '),
);

/** Reads the members of a JSON usage record, nested or flat; docs/wire-formats.md compares their names. */
export function readUsageFields(record: JsonObject): UsageFields {
  const sim = toJsonObject(record['sim']);
  const endpoint = toJsonObject(record['endpoint']);
  const operator = toJsonObject(record['operator']);
  const country = toJsonObject(operator?.['country']);
  const tariff = toJsonObject(record['tariff']);
  const trafficType = toJsonObject(record['traffic_type']);
  const volume = toJsonObject(record['volume']);
  const currency = toJsonObject(record['currency']);
  const imsi = record['imsi'];
  return {
    id: record['id'],
    start: record['start_timestamp'],
    end: record['end_timestamp'],
    sessionId: findFirstStated(record['session_id'], record['ipcan_session_id']),
    iccid: findFirstStated(sim?.['iccid'], record['sim_iccid'], record['iccid']),
    simId: findFirstStated(sim?.['id'], record['sim_id']),
    msisdn: findFirstStated(sim?.['msisdn'], record['msisdn_msisdn'], record['msisdn']),
    endpointName: endpoint?.['name'] ?? record['endpoint_name'],
    imei: findFirstStated(endpoint?.['imei'], record['endpoint_imei']),
    imsi: findFirstStated(toJsonObject(imsi)?.['imsi'], record['imsi_imsi'], imsi),
    organisationId: findFirstStated(toJsonObject(record['organisation'])?.['id'], record['organisation_id']),
    trafficTypeId: findFirstStated(trafficType?.['id'], record['traffic_type_id']),
    trafficTypeWord: findFirstStated(
      trafficType?.['description'],
      trafficType?.['name'],
      record['traffic_type_description'],
      trafficType === undefined ? record['traffic_type'] : undefined,
    ),
    volumeTotal: findFirstStated(
      volume?.['total'],
      record['volume_total'],
      volume === undefined ? record['volume'] : undefined,
    ),
    volumeUp: findFirstStated(volume?.['tx'], record['volume_tx']),
    volumeDown: findFirstStated(volume?.['rx'], record['volume_rx']),
    cost: record['cost'],
    // Flat records have no currency; they are in euros.
    currency: findFirstStated(
      currency?.['code'],
      record['currency_code'],
      currency === undefined ? record['currency'] : undefined,
      record['volume_total'] === undefined ? undefined : 'EUR',
    ),
    operatorName: operator?.['name'] ?? record['operator_name'],
    mcc: findFirstStated(country?.['mcc'], record['operator_country_mcc'], record['country_mcc']),
    mnc: findFirstStated(operator?.['mnc'], record['operator_mnc']),
    countryName: findFirstStated(country?.['name'], record['operator_country_name']),
    tariff: tariff?.['name'] ?? record['tariff_name'],
    rateZone: toJsonObject(tariff?.['ratezone'])?.['name'] ?? record['tariff_ratezone_name'],
    abridged: false,
    extra: collectUnknownMembers(record, documented),
  };
}

/** Interprets a usage record. */
export function interpretUsage(fields: UsageFields, arrival: Arrival): Reading {
  const unread = new Unread();
  const identity = readIdentity(fields, arrival, unread);
  if (isFault(identity)) return identity;
  const { sim } = identity;
  if (sim === undefined) {
    const { iccid } = identity.origin;
    if (iccid !== undefined) return makeIccidFault('iccid', iccid, 'the id of the SIM');
    return makeFault('missing-identity', 'Neither an ICCID nor a SIM id names the SIM');
  }
  const start = readRequiredTime(fields.start, 'start_timestamp', arrival);
  if (isFault(start)) return start;
  const volumes = readVolumes(fields, arrival.source.bytesPerMegabyte);
  if (isFault(volumes)) return volumes;
  const end = readOptionalTime(fields.end, 'end_timestamp', arrival) ?? start;
  const sessionId = unread.take(readSessionId(fields), 'session_id', fields.sessionId);
  const usage = interpretUsageItem(fields, { identity, sim, start, sessionId, unread }, volumes, {
    end: unread.take(end, 'end_timestamp', fields.end) ?? start,
    cost: unread.take(readDecimal(fields.cost, 'cost'), 'cost', fields.cost),
  });
  // A text message belongs to no data session, although emnify writes a session id on it.
  const session =
    sessionId === undefined || usage.trafficType === 'sms'
      ? undefined
      : interpretSession(usage, sessionId, identity);
  const observations = { session, usage, event: undefined, sim: interpretSim(usage, identity) };
  return makeReading(observations, arrival);
}

function readSessionId(fields: UsageFields): string | undefined | Fault {
  const sessionId = readIdentifier(fields.sessionId);
  return checkIdentifier('session_id', sessionId) ?? sessionId;
}

interface Volumes {
  readonly trafficType: string;
  readonly volume: string | undefined;
  readonly messages: number | undefined;
  readonly messagesTx: number | undefined;
  readonly messagesRx: number | undefined;
  readonly dataUploaded: number | undefined;
  readonly dataDownloaded: number | undefined;
  readonly dataTotal: number;
}

const smsId = '6';
const dataId = '5';

function readTrafficType(fields: UsageFields): string {
  const id = readIdentifier(fields.trafficTypeId);
  const word = readCode(fields.trafficTypeWord, 32)?.toLowerCase();
  if (id === smsId || word === 'sms' || word === smsId) return 'sms';
  if (id === dataId || word === 'data' || word === dataId || (id === undefined && word === undefined))
    return 'data';
  return readWord(fields.trafficTypeWord) ?? `traffic-type.${id}`;
}

/** The carrier's word for a kind of traffic; undefined if the text is too long to be a word. */
function readWord(word: unknown): string | undefined {
  const text = readCode(word, 65);
  return text !== undefined && Buffer.byteLength(text) <= 64 ? text : undefined;
}

/**
 * Reads bytes for data, messages for SMS (carriers define the directions in opposite ways), and neither for other
 * traffic.
 */
function readVolumes(fields: UsageFields, bytesPerMegabyte: number): Volumes | Fault {
  const trafficType = readTrafficType(fields);
  const volume = readDecimal(fields.volumeTotal, 'volume');
  if (isFault(volume)) return volume;
  if (trafficType === 'data') {
    const bytes = convertToBytes(fields, 'volume', bytesPerMegabyte);
    if (bytes === undefined) return noVolume;
    if (isFault(bytes)) return bytes;
    return { trafficType, volume, ...noMessages, ...bytes };
  }
  const nothing = { trafficType, volume, dataUploaded: 0, dataDownloaded: 0, dataTotal: 0 };
  if (trafficType !== 'sms') {
    const isStated = [fields.volumeTotal, fields.volumeUp, fields.volumeDown].some(
      (part) => !isNothing(part),
    );
    return isStated ? { ...nothing, ...noMessages } : noVolume;
  }
  for (const [member, value] of [
    ['volume', fields.volumeTotal],
    ['volume tx', fields.volumeUp],
    ['volume rx', fields.volumeDown],
  ] as const) {
    const decimal = readDecimal(value, member);
    if (isFault(decimal)) return decimal;
    if (decimal?.includes('.')) {
      return makeMemberFault('impossible-number', member, 'is not a number of messages', value);
    }
  }
  // Messages are converted like bytes, with a megabyte of one byte.
  const messages = convertToBytes(fields, 'volume', 1);
  if (isFault(messages)) return messages;
  if (messages === undefined) return noVolume;
  const { dataTotal, dataUploaded, dataDownloaded } = messages;
  return { ...nothing, messages: dataTotal, messagesTx: dataUploaded, messagesRx: dataDownloaded };
}

const noMessages = { messages: undefined, messagesTx: undefined, messagesRx: undefined };

const noVolume = makeFault(
  'unknown-shape',
  'This is a usage record without a volume: volume or volume_total is missing',
);

/** A usage record and what has been read from it. */
interface UsageRecord {
  readonly identity: Identity;
  readonly sim: string;
  readonly start: string;
  readonly sessionId: string | undefined;
  readonly unread: Unread;
}

function interpretUsageItem(
  fields: UsageFields,
  { identity, sim, start, sessionId, unread }: UsageRecord,
  volumes: Volumes,
  { end, cost }: Pick<Usage, 'end' | 'cost'>,
): Usage {
  const { iccid } = identity.origin;
  const { imsi } = identity;
  const mcc = unread.readCode(fields.mcc, 8, 'mcc');
  const mnc = unread.readCode(fields.mnc, 16, 'mnc');
  const operatorName = readFreeText(fields.operatorName, 64);
  const tariff = readFreeText(fields.tariff, 64);
  const rateZone = readFreeText(fields.rateZone, 64);
  const currency = unread.readCode(fields.currency, 8, 'currency');
  const isMoney = isCostMoney(identity.origin.carrier);
  const device = readDevice(fields.imei);
  // The attributes that only some dialects state. A statement with all of them is complete.
  const differing = [iccid, imsi, operatorName, mcc, mnc, tariff, rateZone, currency];
  return {
    sim,
    usageId: `${cutToSecond(start)}#${identity.recordId}`,
    completeness: rankCompleteness(differing, sessionId, fields.abridged || lacksDirections(volumes)),
    source: identity.origin.source,
    carrier: identity.origin.carrier,
    iccid,
    imsi,
    start,
    end,
    recordId: identity.recordId,
    sessionId,
    trafficType: volumes.trafficType,
    dataUploaded: volumes.dataUploaded,
    dataDownloaded: volumes.dataDownloaded,
    dataTotal: volumes.dataTotal,
    messages: volumes.messages,
    messagesTx: volumes.messagesTx,
    messagesRx: volumes.messagesRx,
    volume: volumes.volume,
    cost: isMoney ? cost : undefined,
    // Carriers whose cost repeats the volume still state a currency.
    currency: isMoney ? currency : undefined,
    costVolume: isMoney ? undefined : cost,
    operatorName,
    mcc,
    mnc,
    country: readCountry({ name: readCode(fields.countryName, 64), mcc }),
    radio: undefined,
    apn: undefined,
    imei: device?.imei,
    writtenImei: device?.writtenImei,
    tariff,
    rateZone,
    dataModifier: undefined,
    extra: unread.readTextBeside(fields.extra, extraRoom),
    sessionUploaded: undefined,
    sessionDownloaded: undefined,
    sessionTotal: undefined,
    observedAt: undefined,
  };
}

/** Whether another rendering may state the direction of text messages. */
function lacksDirections({ messages, messagesTx, messagesRx }: Volumes): boolean {
  return messages !== undefined && (messagesTx === undefined || messagesRx === undefined);
}

function rankCompleteness(
  differing: readonly (string | undefined)[],
  sessionId: string | undefined,
  abridged: boolean,
): Completeness {
  const statedCount = differing.filter((value) => value !== undefined).length;
  if (statedCount < differing.length || abridged) return statedCount;
  return sessionId === undefined ? complete : completeWithSession;
}

/** A usage record identifies its session and shows that it was alive; events state the session's network. */
function interpretSession(usage: Usage, sessionId: string, identity: Identity): Session {
  // In real records, the start may be after the end.
  const [earlier, later] = usage.start < usage.end ? [usage.start, usage.end] : [usage.end, usage.start];
  const { ids, label, subscriber } = makeIdentityGroups(identity, later);
  const device = interpretDevice(usage);
  return {
    sim: usage.sim,
    sessionId,
    origin: makeStated(later, identity.origin),
    start: earlier,
    startStated: false,
    terminal: undefined,
    groups: {
      totals: undefined,
      network: undefined,
      cell: undefined,
      device: device && makeStated(later, device),
      address: undefined,
      subscriber,
      ids,
      label,
      trouble: undefined,
    },
  };
}

/** The modem of a usage record. */
function interpretDevice({ imei, writtenImei }: Usage): Device | undefined {
  return imei === undefined ? undefined : { imei, writtenImei };
}

function interpretSim(usage: Usage, identity: Identity): UnmarkedSim {
  const { sim, start, dataTotal } = usage;
  const device = interpretDevice(usage);
  const at = startOfDay(start);
  const { ids, label, phone, subscriber } = makeIdentityGroups(identity, at);
  return {
    sim,
    origin: makeStated(at, identity.origin),
    groups: {
      ids,
      label,
      phone,
      subscriber,
      device: device && makeStated(at, device),
      network: undefined,
      cell: undefined,
      connection: undefined,
      // Bytes end a state from an event of an earlier day, such as that the SIM is blocked.
      lifecycle: dataTotal === 0 ? undefined : makeStated<Lifecycle>(at, { status: activeStatus }),
      lastEvent: undefined,
    },
  };
}
