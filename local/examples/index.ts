import { readFile } from 'node:fs/promises';
import { gzipSync } from 'node:zlib';
import { type Carrier, carriers } from '../../lambda/ledger/source.ts';

/** The example records, to be replayed in this order. Sources have the names of their carriers. */
export interface ExampleDeliveries {
  /** Kinesis records. */
  readonly stream: readonly {
    readonly source: Carrier;
    readonly data: Buffer;
    readonly partitionKey: string;
  }[];
  /** CSV files, by the key that the carrier gives them in its bucket. */
  readonly files: readonly { readonly source: Carrier; readonly key: string; readonly bytes: Buffer }[];
}

/** Files that are one body each: history that a carrier sends in bulk, as JSON lines. */
const bulkFiles = [
  { source: '1nce', name: '1nce.history.jsonl', compressed: false },
  { source: 'emnify', name: 'emnify.history.jsonl', compressed: true },
] as const satisfies readonly { source: Carrier; name: string; compressed: boolean }[];

const csvFiles = [
  { source: '1nce', key: 'cdr_20261102_130000.csv' },
  { source: 'emnify', key: 'cdr_20261102_093000.csv' },
  { source: 'telekom', key: 'events_20261102_170000.csv' },
] as const satisfies readonly { source: Carrier; key: string }[];

/**
 * Reads the example records. The streams alternate line by line, as deliveries of several carriers do; history comes
 * after the live records.
 *
 * @throws if a file of this folder cannot be read.
 */
export async function readExampleDeliveries(): Promise<ExampleDeliveries> {
  const live = await Promise.all(carriers.map(readLines));
  const bulk = bulkFiles.map(async ({ source, name, compressed }) => {
    const bytes = await read(name);
    return { source, data: compressed ? gzipSync(bytes) : bytes, partitionKey: name };
  });
  const files = csvFiles.map(async ({ source, key }) => ({
    source,
    key,
    bytes: await read(`${source}/${key}`),
  }));
  return { stream: [...interleave(live), ...(await Promise.all(bulk))], files: await Promise.all(files) };
}

/** A carrier's example: a file in which each line is one body. */
async function readLines(source: Carrier): Promise<ExampleDeliveries['stream']> {
  const text = (await read(`${source}.jsonl`)).toString('utf8');
  const lines = text.split(/\r?\n/).filter((line) => line !== '');
  return lines.map((line, at) => ({ source, data: Buffer.from(line), partitionKey: `${source}-${at + 1}` }));
}

function interleave<Thing>(lists: readonly (readonly Thing[])[]): Thing[] {
  const longest = Math.max(...lists.map((list) => list.length));
  return Array.from({ length: longest }, (_, at) => lists.flatMap((list) => list.slice(at, at + 1))).flat();
}

async function read(name: string): Promise<Buffer> {
  return await readFile(new URL(name, import.meta.url));
}
