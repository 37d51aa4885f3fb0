/** Usage files as the data streamer writes them: 34 columns, quoted, UTC. */

import { blockBytes } from '../../../../lambda/ingest/files/blocks.ts';

const columns = (
  'id event_start_timestamp event_stop_timestamp organisation_id organisation_name endpoint_id sim_id iccid imsi ' +
  'operator_id operator_name country_id operator_country_name traffic_type_id traffic_type_description volume ' +
  'volume_tx volume_rx cost currency_id currency_code currency_symbol ratezone_tariff_id ratezone_tariff_name ' +
  'ratezone_id ratezone_name endpoint_name endpoint_ip_address endpoint_tags endpoint_imei msisdn_msisdn ' +
  'sim_production_date operator_mncs country_mcc'
).split(' ');

/** The first row. */
export const header = quoted(columns);

/** One usage record; its number decides id, time and SIM. */
export function row(number: number, more: Readonly<Record<string, string>> = {}): string {
  const sim = number % 20;
  const minutes = Math.floor(number / 20);
  const time = (from: number): string =>
    new Date(Date.UTC(2026, 9, 1, 0, from)).toISOString().slice(0, 19).replace('T', ' ');
  const values: Record<string, string> = {
    id: String(5_000_000_000 + number),
    event_start_timestamp: time(minutes),
    event_stop_timestamp: time(minutes + 1),
    organisation_id: '12345',
    organisation_name: '8100xxxx',
    endpoint_id: String(1_500_100 + sim),
    sim_id: String(1_500_100 + sim),
    iccid: iccidOf(number),
    imsi: `9014051000001${String(sim).padStart(2, '0')}`,
    ...{ operator_id: '2', operator_name: 'T-Mobile', country_id: '74', operator_country_name: 'Germany' },
    ...{ traffic_type_id: '5', traffic_type_description: 'Data' },
    ...{ volume: '0.000003', volume_tx: '0.000001', volume_rx: '0.000002', cost: '0.0000030000' },
    ...{ currency_id: '1', currency_code: 'EUR', currency_symbol: '€' },
    ...{ ratezone_tariff_id: '442', ratezone_tariff_name: '1NCE Production 01' },
    ...{ ratezone_id: '2171', ratezone_name: 'Rate Zone 1 (DE)' },
    endpoint_name: `tracker-${sim}`,
    endpoint_ip_address: '10.0.0.10',
    endpoint_imei: '8635760478500101',
    msisdn_msisdn: `8822851000001${String(sim).padStart(2, '0')}`,
    sim_production_date: '2019-01-21 08:45:01',
    ...{ operator_mncs: '01', country_mcc: '262' },
    ...more,
  };
  return quoted(columns.map((column) => values[column] ?? ''));
}

/** The ICCID in a row. */
export function iccidOf(number: number): string {
  return `89882806660010001${String(number % 20).padStart(2, '0')}`;
}

/** The id in a row. */
export function idOf(number: number): string {
  return String(5_000_000_000 + number);
}

/** The ids in rows. */
export function ids(...numbers: number[]): string[] {
  return numbers.map(idOf);
}

/** A file of this many rows, numbered from the given number. */
export function file(rows: number, from = 0): Buffer {
  const lines = Array.from({ length: rows }, (_, number) => row(from + number));
  return Buffer.from(`${[header, ...lines].join('\n')}\n`);
}

/** A file of five blocks, every hundredth row broken. */
export function longFile(): { bytes: Buffer; rows: number; rejected: number } {
  const rows: string[] = [];
  const wide = { organisation_name: 'x'.repeat(1500) };
  for (let number = 1; rows.length * row(0, wide).length < 4.5 * blockBytes; number += 1) {
    rows.push(number % 100 === 0 ? '"broken"' : row(number, wide));
  }
  const rejected = rows.filter((one) => one === '"broken"').length;
  return { bytes: Buffer.from(`${[header, ...rows].join('\n')}\n`), rows: rows.length, rejected };
}

/** As the carriers do it: nothing is empty and unquoted. */
function quoted(values: readonly string[]): string {
  return values.map((value) => (value === '' ? '' : `"${value.replaceAll('"', '""')}"`)).join(',');
}
