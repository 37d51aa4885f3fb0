import { once } from 'node:events';
import { createWriteStream, existsSync } from 'node:fs';
import { join } from 'node:path';
import { usageColumns, writeRow, writeUsageRow } from '../simulator/csv-dialect.ts';
import { provideSim, type Sim } from '../simulator/identity.ts';
import { Random } from '../simulator/random.ts';
import { minute, second, type UsageRecord } from '../simulator/records.ts';

/**
 * Makes a `cdr_*.csv` as 1NCE delivers it, with any number of rows and all values in quotation marks: an hour of a
 * fleet in which each SIM has a usage record in every quarter of an hour.
 */

const begin = Date.parse('2026-11-01T12:00:00Z');
const rowsPerSim = 4;
const quarter = 15 * minute;

/** When the file is delivered: minutes after its last row, or when no other path can still deliver its rows. */
export const deliveries = {
  fresh: begin + rowsPerSim * quarter + 5 * minute,
  old: begin + 61 * 24 * 60 * minute,
} as const;
export type Delivery = keyof typeof deliveries;

/**
 * Writes the file, unless it exists.
 *
 * @param from when the hour of the file begins, in milliseconds since the epoch; that of {@link deliveries} by default.
 * @returns the path of the file.
 */
export async function writeCsvFile(folder: string, rows: number, from = begin): Promise<string> {
  const path = join(folder, `cdr_${rows}.csv`);
  if (existsSync(path)) return path;
  const file = createWriteStream(path);
  file.write(`${writeRow(usageColumns)}\n`);
  let lines: string[] = [];
  for (const record of makeUsageRecords(rows, from)) {
    if (lines.push(`${writeRow(writeUsageRow(record))}\n`) < 1_000) continue;
    if (!file.write(lines.join(''))) await once(file, 'drain');
    lines = [];
  }
  file.end(lines.join(''));
  await once(file, 'close');
  return path;
}

/** The usage records of a file with so many rows, in the file's order: by quarters of an hour. */
export function* makeUsageRecords(rows: number, from = begin): Generator<UsageRecord> {
  const sims = Array.from({ length: Math.ceil(rows / rowsPerSim) }, (_, index) => provideFileSim(index));
  for (let row = 0; row < rows; row += 1) {
    const sim = sims[row % sims.length];
    if (sim === undefined) return;
    const start = from + Math.floor(row / sims.length) * quarter + (row % 600) * second;
    yield {
      ...{ kind: 'usage', sim, id: String(2_000_000_000 + row), at: start, start, end: start + 5 * minute },
      ...{ volume: { up: 1_000 + row, down: 2_000 + row }, messages: 0, path: 'both' },
    };
  }
}

/** A SIM of 1NCE that sends nested records. */
function provideFileSim(index: number): Sim {
  const number = index * 10 + 1;
  const sim = provideSim(number, new Random(number));
  return { ...sim, dataStreamer: { ...sim.dataStreamer, generation: 'nested', numericIdentity: false } };
}
