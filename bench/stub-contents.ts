import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { readSources } from '../lambda/aws/sources.ts';
import { interpret } from '../lambda/carriers/index.ts';
import { encodeSimItem, encodeUsageItem } from '../lambda/store/items.ts';
import { writeUsage } from '../simulator/datastreamer-dialect.ts';
import { deliveries, makeUsageRecords } from './csv-file.ts';
import { readDeployedFunction } from './deployed.ts';
import type { StubItem } from './stub-dynamodb.ts';

/**
 * The contents of the tables when a file arrives: nine of ten SIMs, as the day's stream records leave them, and one
 * usage record of the stream that represents all rows that were stored before.
 */

const unknownEvery = 10;

/**
 * Writes the contents for a file with so many rows.
 *
 * @returns the path.
 */
export async function writeStubContents(folder: string, rows: number): Promise<string> {
  const path = join(folder, `stored-${rows}.jsonl`);
  const { all } = readSources(readDeployedFunction('fileImporter').environment);
  const source = all.find(({ carrier }) => carrier === '1nce');
  if (source === undefined) throw new Error('No 1NCE source is deployed');
  const file = createWriteStream(path);
  const write = (item: StubItem) => file.write(`${JSON.stringify(item)}\n`) || once(file, 'drain');
  const seen = new Set<string>();
  for (const record of makeUsageRecords(rows)) {
    if (seen.has(record.sim.sim)) break;
    const isKnown = seen.size % unknownEvery !== 0;
    const isFirst = seen.size === 0;
    seen.add(record.sim.sim);
    if (!isKnown && !isFirst) continue;
    const reading = interpret(JSON.parse(writeUsage(record)), { source, arrivedAt: deliveries.fresh });
    if (reading.kind !== 'observed' || reading.sim === undefined || reading.usage === undefined)
      throw new Error('A simulated record could not be read');
    if (isFirst) await write({ table: 'Usage', item: encodeUsageItem(reading.usage, true) });
    if (isKnown) await write({ table: 'Sims', item: encodeSimItem(reading.sim) });
  }
  file.end();
  await once(file, 'close');
  return path;
}
