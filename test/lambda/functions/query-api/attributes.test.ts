import { expect, it } from 'vitest';
import { listCsvColumns, type ResourceSchema } from '../../../../cli/lists/columns.ts';
import type {
  event,
  origin,
  session,
  sessionGroups,
  sessionOrigin,
  sim,
  simGroups,
  usage,
} from '../../../../lambda/ledger/attributes.ts';
import type { Manifest } from '../../../../lambda/store/manifest.ts';

/**
 * Compares openapi.yaml with the ledger's attributes, in both directions. Each attribute is shown as members of its
 * resource, or the table says why not; the compiler checks that the table is complete. Each member shows an attribute, or
 * is listed as made of something else.
 */

type KeysOf<Table> = Table extends object ? keyof Table : never;
type InGroups<Groups> = KeysOf<Groups[keyof Groups]>;

/** The members that show an attribute, or a sentence that says why none does. */
type Shown = readonly string[] | `${string} ${string}`;

const sessionMembers: Readonly<
  Record<
    | Exclude<keyof typeof session, 'terminal'>
    | keyof (typeof session)['terminal']
    | keyof typeof sessionOrigin
    | InGroups<typeof sessionGroups>
    | 'lastUpdated',
    Shown
  >
> = {
  sim: ['sim_sid'],
  sessionId: ['sid'],
  start: ['start'],
  startStated: 'The start is shown; how it is known is the ledger’s own affair',
  status: ['status'],
  end: ['end'],
  lastUpdated: ['last_updated'],
  source: ['source'],
  carrier: 'The source tells the carrier, and the SIM states it',
  iccid: 'The SIM states it',
  dataModifier: ['status'],
  dataUploaded: ['data_uploaded'],
  dataDownloaded: ['data_downloaded'],
  dataTotal: ['data_total'],
  radio: ['radio_link'],
  ratType: ['radio_link'],
  mcc: ['operator_mcc', 'operator_country'],
  mnc: ['operator_mnc'],
  operatorName: ['operator_name'],
  country: ['operator_country'],
  cellId: ['cell_id'],
  lac: 'The SIM states it; carriers’ resources of sessions do not',
  lat: ['cell_location_estimate.lat'],
  lon: ['cell_location_estimate.lon'],
  imei: ['imei'],
  writtenImei: 'It is another spelling of the IMEI',
  apn: ['apn'],
  ipAddress: ['ip_address'],
  imsi: ['imsi'],
  simSid: ['sim_sid'],
  simId: 'The SIM states it',
  accountId: ['account_sid'],
  fleetSid: 'The SIM states it',
  writtenIccid: 'The SIM is found by it',
  simName: 'The SIM states it',
  error: ['error'],
};

const simMembers: Readonly<
  Record<keyof typeof sim | keyof typeof origin | InGroups<typeof simGroups> | 'lastUpdated', Shown>
> = {
  sim: ['sid'],
  lastUpdated: ['last_activity', 'last_activity_precision'],
  source: ['source'],
  carrier: ['carrier'],
  iccid: ['iccid'],
  simSid: ['sid'],
  simId: ['sim_id'],
  accountId: ['account_sid', 'account_id'],
  fleetSid: ['fleet_sid'],
  writtenIccid: 'The SIM is found by it',
  simName: ['unique_name'],
  msisdn: ['msisdn'],
  imei: ['imei'],
  writtenImei: 'It is another spelling of the IMEI',
  imsi: ['imsi'],
  radio: ['network.radio_link'],
  ratType: ['network.radio_link'],
  mcc: ['network.operator_mcc', 'network.operator_country'],
  mnc: ['network.operator_mnc'],
  operatorName: ['network.operator_name'],
  country: ['network.operator_country'],
  cellId: ['cell.cell_id'],
  lac: ['cell.lac'],
  lat: ['cell.location_estimate.lat'],
  lon: ['cell.location_estimate.lon'],
  online: ['online'],
  onlineChanged: ['online_changed'],
  status: ['status'],
  lastEvent: ['last_event'],
  lastEventTime: ['last_event_time', 'last_activity'],
};

const usageMembers: Readonly<Record<keyof typeof usage, Shown>> = {
  sim: ['sim_sid'],
  usageId: 'It is start and id together',
  recordId: ['sid'],
  start: ['period.start_time'],
  end: ['period.end_time'],
  sessionId: ['data_session_sid'],
  trafficType: ['traffic_type'],
  dataUploaded: ['data_upload'],
  dataDownloaded: ['data_download'],
  dataTotal: ['data_total'],
  messages: ['messages'],
  messagesTx: ['messages_tx'],
  messagesRx: ['messages_rx'],
  volume: ['volume'],
  cost: ['cost', 'data_total_billed'],
  currency: ['currency', 'billed_unit'],
  costVolume: 'It repeats the volume',
  operatorName: ['operator_name'],
  mcc: ['operator_mcc'],
  mnc: ['operator_mnc'],
  country: ['iso_country'],
  radio: ['radio_link'],
  apn: ['apn'],
  imei: ['imei'],
  imsi: ['imsi'],
  tariff: ['tariff'],
  rateZone: ['rate_zone'],
  dataModifier: ['data_modifier'],
  extra: ['detail'],
  writtenImei: 'It is another spelling of the IMEI',
  observedAt: 'Sessions are completed with it',
  sessionUploaded: ['session_data_upload'],
  sessionDownloaded: ['session_data_download'],
  sessionTotal: ['session_data_total'],
  source: ['source'],
  carrier: 'The source tells the carrier, and the SIM states it',
  iccid: 'The SIM states it',
};

const eventMembers: Readonly<
  Record<Exclude<keyof typeof event, 'network'> | keyof (typeof event)['network'], Shown>
> = {
  sim: 'The address asks for it',
  eventKey: 'It is time and id together',
  eventId: ['sid'],
  time: ['timestamp'],
  type: ['event_type'],
  carrierType: ['carrier_event_type'],
  severity: ['severity'],
  alert: ['alert'],
  description: ['description', 'error_code', 'error_message'],
  detail: ['detail', 'error_code', 'error_message'],
  sessionId: ['data_session_sid'],
  radio: ['radio_link'],
  ratType: ['radio_link'],
  mcc: ['operator_mcc', 'operator_country'],
  mnc: ['operator_mnc'],
  operatorName: ['operator_name'],
  country: ['operator_country'],
  cellId: ['cell_id'],
  imsi: ['imsi'],
  extra: ['detail'],
  source: ['source'],
  carrier: 'The source tells the carrier, and the SIM states it',
  iccid: ['sim_iccid'],
};

const fileMembers: Readonly<Record<keyof Manifest, Shown>> = {
  object: ['id', 'bucket', 'key', 'version'],
  source: ['source'],
  carrier: ['carrier'],
  state: ['state', 'stalled'],
  rows: ['rows'],
  accepted: ['accepted'],
  rejected: ['rejected'],
  position: ['imported'],
  size: ['size'],
  delivered: ['delivered'],
  noted: ['noted', 'stalled'],
  packed: 'The file’s name tells',
  header: 'The import needs it to go on',
  headers: 'The import needs it to go on',
  reason: ['reason'],
};

it.each<[ResourceSchema | 'File', Readonly<Record<string, Shown>>, readonly string[]]>([
  // No stream counts packets.
  ['DataSession', sessionMembers, ['packets_uploaded', 'packets_downloaded']],
  // The stamp of the group with `online`, and the marks, which are stamps.
  ['SimFields', simMembers, ['online_stated_at', 'last_heard', 'last_heard_precision']],
  // The SIM's, or filters of the original API that are not supported.
  ['RawUsageRecord', usageMembers, ['account_sid', 'fleet_sid', 'network_sid']],
  ['ConnectionEvent', eventMembers, []],
  ['File', fileMembers, []],
])(
  '%s of openapi.yaml has a member for every attribute that is shown, and no other',
  (schema, members, others) => {
    const shown = Object.values(members).flatMap((one) => (typeof one === 'string' ? [] : one));
    const documented = listCsvColumns(schema as ResourceSchema);
    expect([...new Set([...shown, ...others])].sort()).toEqual([...documented].sort());
  },
);
