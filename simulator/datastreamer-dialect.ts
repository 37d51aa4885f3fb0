import { carrierIdentities, type DataStreamerDialect, type Sim, type SimulatedCarrier } from './identity.ts';
import { type CarrierEvent, formatIso, type UsageRecord, type Volume } from './records.ts';

/** Bytes as the carrier's megabytes: a decimal with at most six places, made from digits to avoid rounding. */
export function writeMegabytes(bytes: number): string {
  const digits = String(bytes).padStart(7, '0');
  const fraction = digits.slice(-6).replace(/0+$/, '');
  return `${digits.slice(0, -6)}.${fraction === '' ? '0' : fraction}`;
}

/** Writes a usage record as JSON in its SIM's dialect: nested (old or new), or the flat names of 2.0. */
export function writeUsage(record: UsageRecord): string {
  if (record.sim.dataStreamer.generation === 'old') return writeOldUsage(record);
  return record.sim.dataStreamer.generation === 'flat' ? writeFlatUsage(record) : writeNestedUsage(record);
}

/** Writes an event as JSON in its SIM's dialect. An event without SIM is nested. */
export function writeEvent(event: CarrierEvent): string {
  const { sim } = event;
  // 1NCE's pages about 2.0 show both nested and flat records, so a session may have both.
  const flat = sim?.dataStreamer.generation === 'flat' && !(event.typeId === 4 || event.id?.endsWith('7'));
  return sim !== undefined && flat ? writeFlatEvent(event, sim) : writeNestedEvent(event);
}

const trafficTypes = { data: { id: 5, name: 'Data' }, sms: { id: 6, name: 'SMS' } } as const;

/** The carrier's names for data and short messages. */
export function makeTrafficType(record: UsageRecord): { readonly id: number; readonly name: string } {
  return record.messages > 0 ? trafficTypes.sms : trafficTypes.data;
}

/** `rx`, `tx` and the total as decimal text. Short messages are counted in the same members. */
export function writeVolumes(record: UsageRecord): { rx: string; tx: string; total: string } {
  if (record.messages > 0) return { rx: '0.0', tx: `${record.messages}.0`, total: `${record.messages}.0` };
  return formatVolume(record.volume);
}

function formatVolume({ up, down }: Volume): { rx: string; tx: string; total: string } {
  return { rx: writeMegabytes(down), tx: writeMegabytes(up), total: writeMegabytes(up + down) };
}

/** emnify sends the ICCID with or without its check digit; 1NCE and Telekom send it without. */
export function writeIccid(sim: Sim, recordId: string | null): string {
  return sim.carrier === 'emnify' && (recordId ?? '').endsWith('3') ? sim.iccidWithCheckDigit : sim.sim;
}

/** The tariff that a SIM's usage records name; undefined for the dialect that has only its number. */
export function nameTariff({ dataStreamer: { generation } }: Sim): string | undefined {
  if (generation === 'flat') return undefined;
  return generation === 'old' ? 'Global Pro I' : 'Production 01';
}

function writeNestedUsage(record: UsageRecord): string {
  const { sim, id } = record;
  const { network } = sim;
  const { rx, tx, total } = writeVolumes(record);
  const traffic = makeTrafficType(record);
  const session = sim.carrier === 'emnify' ? `,"session_id":"${record.sessionId}"` : '';
  return (
    `{"imsi":"${sim.imsi}",${writeOrganisation(sim.carrier)},"start_timestamp":"${formatZulu(record.start)}",` +
    `"sim":{"msisdn":"${sim.msisdn}","iccid":"${writeIccid(sim, id)}","id":${sim.simId},"production_date":"2018-04-17T15:01:50Z"},` +
    `"currency":{"id":1,"symbol":"€","code":"EUR"},` +
    `"operator":{"id":${network.operatorId},"name":"${network.name}","mnc":"${network.mnc}","country":{"id":${network.countryId},"mcc":"${network.mcc}","name":"${network.countryName}"}},` +
    `"tariff":{"ratezone":{"name":"Rate Zone 2 (EU - DE)","id":2067},"name":"${nameTariff(sim)}","id":398},"imsi_id":${sim.simId},` +
    `"traffic_type":{"description":"${traffic.name}","id":${traffic.id}},"id":${id},"end_timestamp":"${formatZulu(record.end)}",` +
    `"endpoint":{"tags":null,"ip_address":"${sim.ipAddress}","name":"${sim.name}","imei":"${sim.imeisv}","id":${sim.simId},"balance":null},` +
    `"cost":${total},"volume":{"total":${total},"tx":${tx},"rx":${rx}}${session}}`
  );
}

function writeOldUsage(record: UsageRecord): string {
  const { sim } = record;
  const { network } = sim;
  const { rx, tx, total } = writeVolumes(record);
  const traffic = makeTrafficType(record);
  return (
    `{"cost":${total},"id":${record.id},"operator":{"id":${network.operatorId},"name":"${network.name}","country":{"id":${network.countryId},"name":"${network.countryName}"}},` +
    `${writeOrganisation(sim.carrier)},"tariff":{"ratezone":{"id":83,"name":"Europe_I"},"id":64,"name":"${nameTariff(sim)}"},` +
    `"traffic_type":{"id":${traffic.id},"name":"${traffic.name}"},"endpoint":{"id":${sim.simId}},"imsi":${writeIdentity(sim, sim.imsi)},` +
    `"volume":{"rx":${rx},"tx":${tx},"total":${total}},"start_timestamp":"${formatSpaced(record.start)}",` +
    `"sim":{"iccid":${writeIdentity(sim, sim.sim)},"id":${sim.simId}},"currency":{"symbol":"€","code":"EUR","id":1},"end_timestamp":"${formatSpaced(record.end)}"}`
  );
}

function writeFlatUsage(record: UsageRecord): string {
  const { sim } = record;
  const { network } = sim;
  const { rx, tx, total } = writeVolumes(record);
  return (
    `{"id":${record.id},"start_timestamp":"${formatZulu(record.start)}","end_timestamp":"${formatZulu(record.end)}","ingestion_timestamp":"${formatZulu(record.end)}",` +
    `"cost":${total},"volume_rx":${rx},"volume_tx":${tx},"volume_total":${total},"traffic_type_id":${makeTrafficType(record).id},` +
    `"organisation_id":${carrierIdentities[sim.carrier].account},"operator_id":${network.operatorId},"operator_country_id":${network.countryId},"operator_mnc":"${network.mnc}",` +
    `"rat_type":6,"sim_id":${sim.simId},"imsi_id":${sim.simId},${writeFlatEndpoint(sim)},"ipcan_session_id":"${record.sessionId}",` +
    `"tariff_id":398,"tariff_ratezone_id":2067,"quota_id":null}`
  );
}

function writeFlatEvent(event: CarrierEvent, sim: Sim): string {
  const { context, volume } = event;
  const { network } = sim;
  let text =
    `{"id":${event.id},"timestamp":"${formatZulu(event.at)}","ingestion_timestamp":"${formatZulu(event.at)}","event_type_id":${event.typeId},` +
    `"event_severity_id":0,"event_source_id":0,"alert":false,"description":"${describeEvent(event)}","organisation_id":${carrierIdentities[sim.carrier].account},` +
    `"sim_id":${sim.simId},"imsi_id":${sim.simId},${writeFlatEndpoint(sim)},"detail_id":${network.operatorId},"detail_country_id":${network.countryId}`;
  if (context !== undefined) {
    text +=
      `,"detail_mnc":"${network.mnc}","detail_pdp_context_ipcan_session_id":"${context.uuid}","detail_pdp_context_pdp_context_id":"${context.id}",` +
      `"detail_pdp_context_tunnel_created":"${formatZulu(context.tunnelCreated).slice(0, 19)}","detail_pdp_context_apn":"iot.1nce.net",` +
      `"detail_pdp_context_rat_type":${context.ratType},"detail_pdp_context_gtp_v1_uli_lac":${sim.locationAreaCode},"detail_pdp_context_gtp_v1_uli_ci":${sim.cellId}`;
  }
  if (volume !== undefined) {
    const { rx, tx, total } = formatVolume(volume);
    text += `,"detail_volume_rx":${rx},"detail_volume_tx":${tx},"detail_volume_total":${total}`;
  }
  return `${text}}`;
}

/** 1NCE names endpoints by their ICCID. In a flat record, no other member has it. */
function writeFlatEndpoint(sim: Sim): string {
  return `"endpoint_id":${sim.simId},"endpoint_name":"${sim.sim}","endpoint_imei":"${sim.imeisv}","endpoint_ip_address":"${sim.ipAddress}"`;
}

function writeNestedEvent(event: CarrierEvent): string {
  const { sim } = event;
  const old = event.source === 'telekom';
  const refused = isRefusal(event);
  const level = refused ? (old ? 'Warn' : 'WARN') : old ? 'Info' : 'INFO';
  const source = nameSource(event);
  return (
    `{"id":${event.id},"alert":${old ? Number(refused) : refused},"description":"${describeEvent(event)}","timestamp":"${old ? formatOffset(event.at) : formatZulu(event.at)}",` +
    `"event_type":{"id":${event.typeId},"description":"${nameEvent(event.typeId)}"},` +
    `"event_source":{"id":${source.id},"${old ? 'name' : 'description'}":"${source.name}"},` +
    `"event_severity":{"id":${Number(refused)},"description":"${level}"},${writeOrganisation(event.source)}` +
    `${sim === undefined ? userMembers : writeSimMembers(event, sim)}${writeDetail(event)}}`
  );
}

const userMembers =
  ',"user":{"id":84993,"username":"user@example.com","name":"Scott Tiger"},"sim":null,"imsi":null,"endpoint":null';

function writeSimMembers(event: CarrierEvent, sim: Sim): string {
  const iccid = writeIdentity(sim, writeIccid(sim, event.id));
  return (
    `,"endpoint":{"id":${sim.simId},"name":"${sim.name}","ip_address":"${sim.ipAddress}","tags":null,"imei":"${sim.imei}"},` +
    `"imsi":{"id":${sim.simId},"imsi":${writeIdentity(sim, sim.imsi)},"import_date":"2019-01-21T09:36:17Z"},` +
    `"sim":{"id":${sim.simId},"iccid":${iccid},"msisdn":"${sim.msisdn}","production_date":"2019-01-21T09:36:17Z"},"user":null`
  );
}

function writeDetail(event: CarrierEvent): string {
  const { sim, typeId } = event;
  if (sim === undefined || isRefusal(event)) return '';
  if (typeId === 56) return `,"detail":${quotaAssigned}`;
  if (typeId === 18 || typeId === 20) {
    return ',"detail":{"quota":{"threshold_volume":100.0,"volume":"0.015085","threshold_percentage":20}}';
  }
  const { network } = sim;
  const country = `"country":{"id":${network.countryId},"name":"${network.countryName}","country_code":"${network.callingCode}","mcc":"${network.mcc}","iso_code":"${network.isoCountry.toLowerCase()}"}`;
  const operator = `"id":${network.operatorId},"name":"${network.name}",${country}`;
  if (event.context !== undefined) return `,"detail":{${operator}${writeContext(event, sim)}}`;
  if (typeId !== 1 && typeId !== 2) return ',"detail":null';
  return `,"detail":{${operator},"tapcode":[{"id":2,"tapcode":"${network.tapcode}"}],"mnc":[{"id":3,"mnc":"${network.mnc}"},{"id":4,"mnc":"16"}]}`;
}

/** A string that is not valid JSON, because the dates have no quotation marks: 1NCE and emnify send it like this. */
const quotaAssigned = JSON.stringify(
  '{"endpoint_quota_id":123123, "quota_status_id": 1,"volume": 500.000000, "expiry_date": 2031-03-31T00:00:00Z, "auto_refill": true,"threshold_volume": 100.000000}',
);

function writeContext(event: CarrierEvent, sim: Sim): string {
  const { context, volume } = event;
  if (context === undefined) return '';
  const { generation, statesTunnelCreated } = sim.dataStreamer;
  const old = generation === 'old';
  const tunnel = statesTunnelCreated ? `"${formatZulu(context.tunnelCreated).slice(0, 19)}"` : 'null';
  const session = sim.carrier === 'emnify' ? `,"session_id":"${context.uuid}"` : '';
  const ipcan = generation === 'flat' ? `,"ipcan_session_id":"${context.uuid}"` : '';
  let text =
    `,"pdp_context":{"mcc":"${sim.network.mcc}","mnc":"${sim.network.mnc}","tunnel_created":${tunnel},` +
    `"pdp_context_id":${old ? `"${context.id}"` : context.id},"gtp_version":${old ? '"1"' : 1},"imeisv":"${sim.imeisv}","region":"eu-west-1",` +
    `"lac":${sim.locationAreaCode},"ci":${sim.cellId},"rac":null,"rat_type":${context.ratType},"ue_ip_address":"${sim.ipAddress}",` +
    `"apn":"${carrierIdentities[event.source].apn}","imsi":"${sim.imsi}","sgsn_control_plane_ip_address":"192.0.2.1","ggsn_data_plane_ip_address":"198.51.100.7",` +
    `"nsapi":6,"breakout_ip":null${ipcan}}${session}`;
  if (volume !== undefined) {
    const { rx, tx, total } = formatVolume(volume);
    text += `,"volume":{"rx":${rx},"tx":${tx},"total":${total}}`;
  }
  return text;
}

const eventNames: Readonly<Record<number, string>> = {
  1: 'Update location',
  2: 'Update GPRS location',
  3: 'Create PDP Context',
  4: 'Update PDP Context',
  5: 'Delete PDP Context',
  6: 'User authentication failed',
  8: 'SIM activation',
  13: 'Support Access',
  15: 'Purge location',
  18: 'Data quota threshold reached',
  20: 'SMS quota threshold reached',
  41: 'User verified',
  56: 'Data quota assigned',
  67: 'User switched workspaces',
};

/** The carrier's name for an event type; an invented name for a number that no document lists. */
export function nameEvent(typeId: number): string {
  return eventNames[typeId] ?? `Event ${typeId}`;
}

/** Human-readable text. Nothing else says that an activation was refused. */
export function describeEvent(event: CarrierEvent): string {
  if (isRefusal(event)) return 'PDP Context Request rejected, because endpoint has no quota left.';
  return event.typeId === 5 ? 'PDP Context deleted.' : `${nameEvent(event.typeId)}.`;
}

/** Whether an event is a refused activation: these are of type 3 too, but have no context. */
export function isRefusal(event: CarrierEvent): boolean {
  return event.typeId === 3 && event.context === undefined;
}

/** The event's source: the network, the carrier's policy control, or a call of its API. */
export function nameSource(event: CarrierEvent): { readonly id: number; readonly name: string } {
  if (event.sim === undefined) return { id: 2, name: 'API' };
  return isRefusal(event) ? { id: 1, name: 'Policy Control' } : { id: 0, name: 'Network' };
}

/** An identifier as text, or as a number of up to 20 digits if the dialect does so. */
function writeIdentity(sim: Sim, digits: string): string {
  const dialect: DataStreamerDialect = sim.dataStreamer;
  return dialect.numericIdentity ? digits : `"${digits}"`;
}

function writeOrganisation(carrier: SimulatedCarrier): string {
  return `"organisation":{"name":"Demo Company","id":${carrierIdentities[carrier].account}}`;
}

/** A time in whole seconds without a fraction, otherwise in milliseconds: `2021-08-09T12:59:05Z`. */
function formatZulu(at: number): string {
  return at % 1000 === 0 ? `${formatIso(at).slice(0, 19)}Z` : formatIso(at);
}

/** The form in old events: `2019-07-17T16:28:00.000+0000`. */
function formatOffset(at: number): string {
  return `${formatIso(at).slice(0, 23)}+0000`;
}

/** The form in old usage and CSV: `2017-03-19 21:06:33`. */
export function formatSpaced(at: number): string {
  return `${formatIso(at).slice(0, 10)} ${formatIso(at).slice(11, 19)}`;
}
