import { type JsonObject, toJsonObject } from '../../json/json.ts';
import { collectUnknownMembers } from '../extra.ts';
import { findFirstStated, isNothing } from '../nothing.ts';
import type { IdentityFields } from './identity.ts';
import type { Volume } from './megabytes.ts';

/** An event's members, under the same names for every dialect, with the values as sent. */
export interface EventFields extends IdentityFields {
  readonly time: unknown;
  readonly typeId: unknown;
  readonly typeWords: unknown;
  readonly severityId: unknown;
  readonly severityWord: unknown;
  readonly alert: unknown;
  readonly description: unknown;
  readonly imei: unknown;
  readonly ipAddress: unknown;
  /** Members that are not documented, as text. */
  readonly extra: string | undefined;
  /** Whether another dialect of the same carrier states more. */
  readonly abridged: boolean;
  readonly inDetail: DetailFields;
}

/** The content of an event's detail. */
export interface DetailFields extends Volume {
  /** The detail as sent, to be stored. */
  readonly detail: unknown;
  /** Whether it describes a PDP context. An event 3 without one is a refusal. */
  readonly hasContext: boolean;
  /** Whether it was sent as flat members, which say less. */
  readonly isFlat: boolean;
  readonly operatorName: unknown;
  readonly countryIsoCode: unknown;
  readonly countryName: unknown;
  /** The network's codes: those of the PDP context, and those of the operator, which may have several. */
  readonly contextMcc: unknown;
  readonly contextMnc: unknown;
  readonly countryMcc: unknown;
  readonly operatorMnc: unknown;
  readonly ratType: unknown;
  readonly lac: unknown;
  readonly cellId: unknown;
  readonly apn: unknown;
  /** The modem and the address of the PDP context, which take precedence over the endpoint's. */
  readonly imei: unknown;
  readonly ipAddress: unknown;
  readonly sessionId: unknown;
  readonly ipcanSessionId: unknown;
  readonly pdpContextId: unknown;
  readonly tunnelCreated: unknown;
}

const flatDetailPrefix = 'detail_';
const flatContextPrefix = 'detail_pdp_context_';

/** Documented members of the nested and the flat event; those of a flat detail are kept with it. */
const documented = {
  has: (name: string): boolean => documentedNames.has(name) || name.startsWith(flatDetailPrefix),
};
const documentedNames = new Set(
  (
    'id timestamp event_timestamp ingestion_timestamp event_type event_type_id event_type_description ' +
    'event_severity event_severity_id event_severity_description event_source event_source_id event_source_name ' +
    'event_source_description alert description detail organisation organisation_id organisation_name sim sim_id ' +
    'sim_iccid iccid msisdn_msisdn sim_production_date imsi imsi_id imsi_imsi endpoint endpoint_id endpoint_name ' +
    'endpoint_ip_address endpoint_tags endpoint_imei user user_id user_username user_name'
  ).split(' '),
);

/** Reads the members of a JSON event. */
export function readEventFields(record: JsonObject): EventFields {
  const inDetail = readDetail(record);
  const sim = toJsonObject(record['sim']);
  const endpoint = toJsonObject(record['endpoint']);
  const type = toJsonObject(record['event_type']);
  const severity = toJsonObject(record['event_severity']);
  const imsi = record['imsi'];
  return {
    id: record['id'],
    time: findFirstStated(record['timestamp'], record['event_timestamp']),
    typeId: findFirstStated(
      type?.['id'],
      record['event_type_id'],
      type === undefined ? record['event_type'] : undefined,
    ),
    typeWords: type?.['description'] ?? type?.['name'] ?? record['event_type_description'],
    severityId: findFirstStated(severity?.['id'], record['event_severity_id']),
    severityWord: findFirstStated(severity?.['description'], record['event_severity_description']),
    alert: record['alert'],
    description: record['description'],
    organisationId: findFirstStated(toJsonObject(record['organisation'])?.['id'], record['organisation_id']),
    iccid: findFirstStated(sim?.['iccid'], record['sim_iccid'], record['iccid']),
    simId: findFirstStated(sim?.['id'], record['sim_id']),
    msisdn: findFirstStated(sim?.['msisdn'], record['msisdn_msisdn']),
    imsi: findFirstStated(
      toJsonObject(imsi)?.['imsi'],
      record['imsi_imsi'],
      toJsonObject(imsi) === undefined ? imsi : undefined,
    ),
    endpointName: endpoint?.['name'] ?? record['endpoint_name'],
    imei: findFirstStated(endpoint?.['imei'], record['endpoint_imei']),
    ipAddress: findFirstStated(endpoint?.['ip_address'], record['endpoint_ip_address']),
    extra: collectUnknownMembers(record, documented),
    abridged: inDetail.isFlat,
    inDetail,
  };
}

/** Reads `detail`, which is an object, a text, or spread over flat members. */
function readDetail(record: JsonObject): DetailFields {
  const detail = toJsonObject(record['detail']);
  return detail === undefined && hasFlatDetail(record)
    ? readFlatDetail(record)
    : readNestedDetail(record, detail);
}

function readNestedDetail(record: JsonObject, detail: JsonObject | undefined): DetailFields {
  const country = toJsonObject(detail?.['country']);
  const context = toJsonObject(detail?.['pdp_context']);
  const volume = toJsonObject(detail?.['volume']);
  const sessionId = detail?.['session_id'];
  return {
    detail: record['detail'],
    hasContext: context !== undefined || !isNothing(sessionId),
    isFlat: false,
    operatorName: detail?.['name'],
    countryIsoCode: country?.['iso_code'],
    countryName: country?.['name'],
    contextMcc: context?.['mcc'],
    contextMnc: context?.['mnc'],
    countryMcc: country?.['mcc'],
    operatorMnc: detail?.['mnc'],
    ratType: context?.['rat_type'],
    lac: context?.['lac'],
    cellId: context?.['ci'],
    apn: context?.['apn'],
    imei: context?.['imeisv'],
    ipAddress: context?.['ue_ip_address'],
    sessionId,
    ipcanSessionId: context?.['ipcan_session_id'],
    pdpContextId: context?.['pdp_context_id'],
    tunnelCreated: context?.['tunnel_created'],
    volumeTotal: volume?.['total'],
    volumeUp: volume?.['tx'],
    volumeDown: volume?.['rx'],
  };
}

function hasFlatDetail(record: JsonObject): boolean {
  return Object.keys(record).some((name) => name.startsWith(flatDetailPrefix));
}

function readFlatDetail(record: JsonObject): DetailFields {
  const members = Object.entries(record).filter(
    ([name, value]) => name.startsWith(flatDetailPrefix) && value !== null && value !== '',
  );
  const context = (name: string): unknown => record[`${flatContextPrefix}${name}`];
  const sessionId = record['detail_session_id'];
  return {
    detail: Object.fromEntries(members.map(([name, value]) => [name.slice(flatDetailPrefix.length), value])),
    hasContext:
      !isNothing(sessionId) ||
      members.some(([name, value]) => name.startsWith(flatContextPrefix) && !isNothing(value)),
    isFlat: true,
    operatorName: record['detail_name'],
    countryIsoCode: record['detail_country_iso_code'],
    countryName: record['detail_country_name'],
    contextMcc: context('mcc'),
    contextMnc: context('mnc'),
    countryMcc: record['detail_country_mcc'],
    operatorMnc: record['detail_mnc'],
    ratType: context('rat_type'),
    lac: findFirstStated(context('gtp_v1_uli_lac'), context('lac')),
    cellId: findFirstStated(context('gtp_v1_uli_ci'), context('ci')),
    apn: context('apn'),
    imei: context('imeisv'),
    ipAddress: context('ue_ip_address'),
    sessionId,
    ipcanSessionId: context('ipcan_session_id'),
    pdpContextId: context('pdp_context_id'),
    tunnelCreated: context('tunnel_created'),
    volumeTotal: record['detail_volume_total'],
    volumeUp: record['detail_volume_tx'],
    volumeDown: record['detail_volume_rx'],
  };
}
