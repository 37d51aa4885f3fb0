import {
  complete,
  completeWithSession,
  type Device,
  type Fullness,
  type Session,
  type Sim,
  type Usage,
} from '../ledger/observation.ts';
import { countryOf } from './country.ts';
import { type Identity, type IdentityFields, identityGroups, identityOf } from './datastreamer-identity.ts';
import { parseDecimal, timesWhole } from './decimal.ts';
import { unknownMembers } from './extra.ts';
import { identifier, identifierFault, imeiOf } from './identifier.ts';
import { type JsonObject, jsonObject } from './json.ts';
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
import { startOfDay } from './time.ts';

/** A usage record's members under one name each, whatever the dialect; values as they were sent. */
export interface UsageFields extends IdentityFields {
  readonly start: unknown;
  readonly end: unknown;
  readonly sessionId: unknown;
  readonly trafficTypeId: unknown;
  readonly trafficTypeWord: unknown;
  readonly volumeTotal: unknown;
  readonly volumeUp: unknown;
  readonly volumeDown: unknown;
  readonly cost: unknown;
  readonly currency: unknown;
  readonly operatorName: unknown;
  readonly mcc: unknown;
  readonly mnc: unknown;
  readonly countryName: unknown;
  readonly imei: unknown;
  readonly tariff: unknown;
  readonly rateZone: unknown;
  /** What the carrier has added since, as text. */
  readonly extra: string | undefined;
  /** Whether the dialect leaves out what another dialect of the same carrier states. */
  readonly abridged: boolean;
}

/** Members that the carriers document, of the nested and the flat record. */
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

/** The members of a JSON usage record: nested in both generations, and flat. WIRE-FORMATS section 2.3. */
export function usageFields(record: JsonObject): UsageFields {
  const sim = jsonObject(record['sim']);
  const endpoint = jsonObject(record['endpoint']);
  const operator = jsonObject(record['operator']);
  const country = jsonObject(operator?.['country']);
  const tariff = jsonObject(record['tariff']);
  const trafficType = jsonObject(record['traffic_type']);
  const volume = jsonObject(record['volume']);
  const imsi = record['imsi'];
  return {
    id: record['id'],
    start: record['start_timestamp'],
    end: record['end_timestamp'],
    sessionId: record['session_id'] ?? record['ipcan_session_id'],
    iccid: sim?.['iccid'] ?? record['sim_iccid'] ?? record['iccid'],
    simId: sim?.['id'] ?? record['sim_id'],
    msisdn: sim?.['msisdn'] ?? record['msisdn_msisdn'] ?? record['msisdn'],
    endpointName: endpoint?.['name'] ?? record['endpoint_name'],
    imei: endpoint?.['imei'] ?? record['endpoint_imei'],
    imsi: jsonObject(imsi)?.['imsi'] ?? record['imsi_imsi'] ?? imsi,
    organisationId: jsonObject(record['organisation'])?.['id'] ?? record['organisation_id'],
    trafficTypeId: trafficType?.['id'] ?? record['traffic_type_id'],
    trafficTypeWord:
      trafficType?.['description'] ?? trafficType?.['name'] ?? record['traffic_type_description'],
    volumeTotal:
      volume?.['total'] ?? record['volume_total'] ?? (volume === undefined ? record['volume'] : undefined),
    volumeUp: volume?.['tx'] ?? record['volume_tx'],
    volumeDown: volume?.['rx'] ?? record['volume_rx'],
    cost: record['cost'],
    currency: jsonObject(record['currency'])?.['code'] ?? record['currency_code'],
    operatorName: operator?.['name'] ?? record['operator_name'],
    mcc: country?.['mcc'] ?? record['operator_country_mcc'] ?? record['country_mcc'],
    mnc: operator?.['mnc'] ?? record['operator_mnc'],
    countryName: country?.['name'] ?? record['operator_country_name'],
    tariff: tariff?.['name'] ?? record['tariff_name'],
    rateZone: jsonObject(tariff?.['ratezone'])?.['name'] ?? record['tariff_ratezone_name'],
    abridged: false,
    extra: unknownMembers(record, documented),
  };
}

/** What a usage record states. */
export function interpretUsage(fields: UsageFields, arrival: Arrival): Reading {
  const identity = identityOf(fields, arrival);
  if (isFault(identity)) return identity;
  const { sim } = identity;
  if (sim === undefined) return fault('missing-identity', 'Neither an ICCID nor a SIM id names the SIM');
  const start = requiredTime(fields.start, 'start_timestamp', arrival);
  if (isFault(start)) return start;
  const end = optionalTime(fields.end, 'end_timestamp', arrival) ?? start;
  if (isFault(end)) return end;
  const sessionId = identifier(fields.sessionId);
  const wrong = sessionId === undefined ? undefined : identifierFault(sessionId);
  if (wrong !== undefined) return fault(wrong, `session_id can not be used: ${shown(sessionId)}`);
  const volumes = volumesOf(fields, arrival.source.bytesPerMegabyte);
  if (isFault(volumes)) return volumes;
  const cost = decimalOf(fields.cost, 'cost');
  if (isFault(cost)) return cost;
  const usage = usageOf(fields, identity, sim, { start, end, sessionId, cost }, volumes);
  const imei = usage.imei;
  // A text message belongs to no data session, although emnify writes a session id on it.
  const session =
    sessionId === undefined || usage.trafficType === 'sms'
      ? undefined
      : sessionOf(usage, sessionId, identity);
  return observed(session, usage, undefined, simOf(sim, identity, start, imei));
}

interface Volumes {
  readonly trafficType: string;
  readonly volume: string | undefined;
  readonly messages: number | undefined;
  readonly dataUploaded: number;
  readonly dataDownloaded: number;
  readonly dataTotal: number;
}

const smsId = '6';
const dataId = '5';

function trafficTypeOf(fields: UsageFields): string {
  const id = identifier(fields.trafficTypeId);
  const word = freeText(fields.trafficTypeWord, 32)?.toLowerCase();
  if (id === smsId || word === 'sms') return 'sms';
  if (id === dataId || word === 'data' || (id === undefined && word === undefined)) return 'data';
  return freeText(fields.trafficTypeWord, 32) ?? `traffic-type.${id}`;
}

/** Bytes of data; messages of SMS, whose directions the carriers define in opposite ways; of other traffic neither. */
function volumesOf(fields: UsageFields, bytesPerMegabyte: number): Volumes | Fault {
  const total = decimalOf(fields.volumeTotal, 'volume');
  const up = decimalOf(fields.volumeUp, 'volume tx');
  const down = decimalOf(fields.volumeDown, 'volume rx');
  if (isFault(total)) return total;
  if (isFault(up)) return up;
  if (isFault(down)) return down;
  if (total === undefined && up === undefined && down === undefined) {
    return fault('unknown-shape', 'A usage record without a volume');
  }
  const trafficType = trafficTypeOf(fields);
  const nothing = { dataUploaded: 0, dataDownloaded: 0, dataTotal: 0, messages: undefined };
  if (trafficType !== 'data' && trafficType !== 'sms') return { ...nothing, trafficType, volume: total };
  if (trafficType === 'sms') {
    const messages =
      total === undefined
        ? (timesWhole(up ?? '0', 1) ?? 0) + (timesWhole(down ?? '0', 1) ?? 0)
        : timesWhole(total, 1);
    if (messages === undefined || messages < 0) {
      return fault('impossible-number', `volume is no number of messages: ${shown(fields.volumeTotal)}`);
    }
    return { ...nothing, trafficType, volume: total, messages };
  }
  const dataUploaded = timesWhole(up ?? '0', bytesPerMegabyte);
  const dataDownloaded = timesWhole(down ?? '0', bytesPerMegabyte);
  const dataTotal =
    total === undefined ? (dataUploaded ?? 0) + (dataDownloaded ?? 0) : timesWhole(total, bytesPerMegabyte);
  if (dataUploaded === undefined || dataDownloaded === undefined || dataTotal === undefined) {
    return fault('impossible-number', 'volume is more bytes than can be counted exactly');
  }
  if (dataUploaded < 0 || dataDownloaded < 0 || dataTotal < 0) {
    return fault('impossible-number', `volume is negative: ${shown(fields.volumeTotal)}`);
  }
  return { trafficType, volume: total, messages: undefined, dataUploaded, dataDownloaded, dataTotal };
}

function decimalOf(value: unknown, member: string): string | undefined | Fault {
  if (value === undefined || value === null || value === '') return undefined;
  const decimal = typeof value === 'string' || typeof value === 'number' ? parseDecimal(value) : undefined;
  return decimal ?? fault('impossible-number', `${member} is no decimal: ${shown(value)}`);
}

interface UsageKeys {
  readonly start: string;
  readonly end: string;
  readonly sessionId: string | undefined;
  readonly cost: string | undefined;
}

function usageOf(
  fields: UsageFields,
  identity: Identity,
  sim: string,
  { start, end, sessionId, cost }: UsageKeys,
  volumes: Volumes,
): Usage {
  const mcc = freeText(fields.mcc, 8);
  const usage = {
    sim,
    usageId: `${start}#${identity.recordId}`,
    source: identity.origin.source,
    carrier: identity.origin.carrier,
    iccid: identity.origin.iccid,
    imsi: identity.imsi,
    start,
    end,
    recordId: identity.recordId,
    sessionId,
    ...volumes,
    cost,
    currency: freeText(fields.currency, 8),
    operatorName: freeText(fields.operatorName, 64),
    mcc,
    mnc: freeText(fields.mnc, 16),
    country: countryOf({ name: freeText(fields.countryName, 64), mcc }),
    radio: undefined,
    apn: undefined,
    imei: imeiOf(fields.imei),
    tariff: freeText(fields.tariff, 64),
    rateZone: freeText(fields.rateZone, 64),
    dataModifier: undefined,
    extra: fields.extra,
  };
  return { ...usage, fullness: fullnessOf(usage, fields.abridged) };
}

/** How many of the attributes that dialects differ in are stated; all of them make a complete statement. */
function fullnessOf(usage: Omit<Usage, 'fullness'>, abridged: boolean): Fullness {
  const differing = [
    usage.iccid,
    usage.imsi,
    usage.operatorName,
    usage.mcc,
    usage.mnc,
    usage.tariff,
    usage.rateZone,
    usage.currency,
  ];
  const statedCount = differing.filter((value) => value !== undefined).length;
  if (statedCount < differing.length || abridged) return statedCount;
  return usage.sessionId === undefined ? complete : completeWithSession;
}

/** A usage record names its session and tells that it was alive; what the session's network is, events tell. */
function sessionOf(usage: Usage, sessionId: string, identity: Identity): Session {
  // Start may follow end in real records.
  const [earlier, later] = usage.start < usage.end ? [usage.start, usage.end] : [usage.end, usage.start];
  const { ids, label, subscriber } = identityGroups(identity, later);
  return {
    sim: usage.sim,
    sessionId,
    origin: stated(later, identity.origin),
    start: earlier,
    startStated: false,
    terminal: undefined,
    groups: {
      totals: undefined,
      network: undefined,
      cell: undefined,
      device: usage.imei === undefined ? undefined : stated<Device>(later, { imei: usage.imei }),
      address: undefined,
      subscriber,
      ids,
      label,
      trouble: undefined,
    },
  };
}

function simOf(sim: string, identity: Identity, start: string, imei: string | undefined): Sim {
  const at = startOfDay(start);
  return {
    sim,
    origin: stated(at, identity.origin),
    groups: {
      ...identityGroups(identity, at),
      device: imei === undefined ? undefined : stated<Device>(at, { imei }),
      network: undefined,
      cell: undefined,
      connection: undefined,
      lifecycle: undefined,
      lastEvent: undefined,
    },
  };
}
