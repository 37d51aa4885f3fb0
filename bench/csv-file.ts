import { once } from 'node:events';
import { createWriteStream, existsSync } from 'node:fs';
import { join } from 'node:path';
import { usageColumns } from '../simulator/csv-dialect.ts';

/** A `cdr_*.csv` as 1NCE exports it, with as many rows as asked: one in fifty with a quoted field, all different. */

const begin = Date.parse('2026-11-01T00:00:00Z');

/** @returns the path of the file, which is made where it is not there yet. */
export async function csvFile(folder: string, rows: number): Promise<string> {
  const path = join(folder, `cdr_${rows}.csv`);
  if (existsSync(path)) return path;
  const file = createWriteStream(path);
  file.write(`${usageColumns.join(',')}\n`);
  for (let from = 0; from < rows; from += 1_000) {
    const lines: string[] = [];
    for (let row = from; row < Math.min(from + 1_000, rows); row += 1)
      lines.push(`${makeFields(row).join(',')}\n`);
    if (!file.write(lines.join(''))) await once(file, 'drain');
  }
  file.end();
  await once(file, 'close');
  return path;
}

/** One row's fields, in the header's order. */
function makeFields(row: number): string[] {
  const sim = row % 1_000;
  const start = new Date(begin + Math.floor(row / 1_000) * 900_000 + (row % 900) * 1_000);
  const fields: Readonly<Record<(typeof usageColumns)[number], string>> = {
    id: String(2_000_000_000 + row),
    event_start_timestamp: spaced(start),
    event_stop_timestamp: spaced(new Date(start.getTime() + 900_000)),
    organisation_id: '1234',
    organisation_name: '8100xxxx',
    endpoint_id: String(12_000_000 + sim),
    sim_id: String(1_500_000 + sim),
    iccid: `89882806660${String(sim).padStart(8, '0')}`,
    imsi: `90140510${String(sim).padStart(7, '0')}`,
    operator_id: '2',
    operator_name: row % 50 === 0 ? '"T-Mobile, Deutschland"' : 'T-Mobile',
    country_id: '74',
    operator_country_name: 'Germany',
    traffic_type_id: '5',
    traffic_type_description: 'Data',
    volume: `0.${String(row % 1_000_000).padStart(6, '0')}`,
    volume_tx: `0.${String(row % 1_000_000).padStart(6, '0')}`,
    volume_rx: '0.000000',
    cost: `0.${String(row % 1_000_000).padStart(6, '0')}0000`,
    currency_id: '1',
    currency_code: 'EUR',
    currency_symbol: '€',
    ratezone_tariff_id: '398',
    ratezone_tariff_name: '1NCE Production 01',
    ratezone_id: '2067',
    ratezone_name: 'Rate Zone 2 (EU - DE)',
    endpoint_name: `tracker-${sim}`,
    endpoint_ip_address: `10.0.${sim >> 8}.${sim & 255}`,
    endpoint_tags: '',
    endpoint_imei: `86357604${String(sim).padStart(6, '0')}01`,
    msisdn_msisdn: `88228510${String(sim).padStart(7, '0')}`,
    sim_production_date: '2018-04-17 15:01:50',
    operator_mncs: '01',
    country_mcc: '262',
  };
  return usageColumns.map((column) => fields[column]);
}

/** `YYYY-MM-DD HH:MM:SS` */
function spaced(time: Date): string {
  return time.toISOString().slice(0, 19).replace('T', ' ');
}
