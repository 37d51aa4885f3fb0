import {
  describeEvent,
  formatSpaced,
  makeTrafficType,
  nameEvent,
  nameSource,
  nameTariff,
  writeIccid,
  writeMegabytes,
} from './datastreamer-dialect.ts';
import { carrierIdentities, type Sim } from './identity.ts';
import type { CarrierEvent, UsageRecord } from './records.ts';

/** Header of a `cdr_*.csv`, as in 1NCE's export. */
export const usageColumns = [
  'id',
  'event_start_timestamp',
  'event_stop_timestamp',
  'organisation_id',
  'organisation_name',
  'endpoint_id',
  'sim_id',
  'iccid',
  'imsi',
  'operator_id',
  'operator_name',
  'country_id',
  'operator_country_name',
  'traffic_type_id',
  'traffic_type_description',
  'volume',
  'volume_tx',
  'volume_rx',
  'cost',
  'currency_id',
  'currency_code',
  'currency_symbol',
  'ratezone_tariff_id',
  'ratezone_tariff_name',
  'ratezone_id',
  'ratezone_name',
  'endpoint_name',
  'endpoint_ip_address',
  'endpoint_tags',
  'endpoint_imei',
  'msisdn_msisdn',
  'sim_production_date',
  'operator_mncs',
  'country_mcc',
] as const;

/** Header of an `events_*.csv`: the published columns, and probable names for those that are not published. */
export const eventColumns = [
  'id',
  'timestamp',
  'event_type_id',
  'event_type_description',
  'event_severity_id',
  'event_source_id',
  'event_source_name',
  'organisation_id',
  'organisation_name',
  'description',
  'alert',
  'endpoint_id',
  'endpoint_name',
  'endpoint_imei',
  'endpoint_ip_address',
  'endpoint_tags',
  'sim_id',
  'sim_iccid',
  'msisdn_msisdn',
  'sim_production_date',
  'imsi_id',
  'imsi_imsi',
  'user_id',
  'user_username',
  'user_name',
] as const;

/** A field of a row; null is written as empty, without quotation marks. */
type Field = string | number | null;

/** A row of a CSV file: values in quotation marks, null empty. */
export function writeRow(fields: readonly Field[]): string {
  return fields.map((field) => (field === null ? '' : `"${String(field).replaceAll('"', '""')}"`)).join(',');
}

/** A usage record's row. It states the same values as the stream, in the file's terms. */
export function writeUsageRow(record: UsageRecord): readonly Field[] {
  const { sim } = record;
  const { network } = sim;
  const traffic = makeTrafficType(record);
  const { total, tx, rx } = writeDecimals(record);
  // biome-ignore format: the columns in the header's order, grouped by meaning
  return [
    record.id, formatSpaced(record.start), formatSpaced(record.end), carrierIdentities[sim.carrier].account, 'Demo Company', sim.simId, sim.simId,
    writeIccid(sim, record.id), sim.imsi, network.operatorId, network.name, network.countryId, network.countryName,
    traffic.id, traffic.name, total, tx, rx, `${total}0000`, 1, 'EUR', '€',
    442, nameTariff(sim) ?? null, 2067, 'Rate Zone 1 (DE)', sim.sim, sim.ipAddress, null, sim.imeisv,
    sim.msisdn, '2019-01-21 08:45:01', network.mnc, network.mcc,
  ];
}

/** An event's row. Only events about a SIM are in files. */
export function writeEventRow(event: CarrierEvent, sim: Sim): readonly Field[] {
  const source = nameSource(event);
  // biome-ignore format: the columns in the header's order, grouped by meaning
  return [
    event.id, formatSpaced(event.at), event.typeId, nameEvent(event.typeId), 0, source.id, source.name,
    carrierIdentities[event.source].account, 'Demo Company', describeEvent(event), 0,
    sim.simId, sim.name, sim.imei, sim.ipAddress, null, sim.simId, sim.sim, sim.msisdn, '2019-01-21 08:45:01',
    sim.simId, sim.imsi, null, null, null,
  ];
}

/** All six decimals, as in the files. */
function writeDecimals(record: UsageRecord): { total: string; tx: string; rx: string } {
  if (record.messages > 0) {
    const messages = `${record.messages}.000000`;
    return { total: messages, tx: messages, rx: '0.000000' };
  }
  const { up, down } = record.volume;
  return { total: writeSixPlaces(up + down), tx: writeSixPlaces(up), rx: writeSixPlaces(down) };
}

function writeSixPlaces(bytes: number): string {
  const [whole = '0', fraction = ''] = writeMegabytes(bytes).split('.');
  return `${whole}.${fraction.padEnd(6, '0')}`;
}

/** How an exporter writes a file, which differs between exporters. */
export interface FileFraming {
  readonly byteOrderMark: boolean;
  readonly carriageReturns: boolean;
}

/** A CSV file: the header of its kind, then the rows. */
export function writeCsvFile(
  kind: 'usage row' | 'event row',
  rows: readonly string[],
  { byteOrderMark, carriageReturns }: FileFraming,
): Buffer {
  const header = writeRow(kind === 'usage row' ? usageColumns : eventColumns);
  const end = carriageReturns ? '\r\n' : '\n';
  return Buffer.from(`${byteOrderMark ? '\uFEFF' : ''}${[header, ...rows].join(end)}${end}`);
}
