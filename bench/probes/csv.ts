import { createReadStream, statSync } from 'node:fs';
import { parse } from 'csv-parse';
import Papa from 'papaparse';
import { inferSchema, initParser } from 'udsv';
import { dynamoDbClient } from '../../lambda/aws/dynamodb-client.ts';
import { importFile } from '../../lambda/ingest/files/import-file.ts';
import { LedgerWriter } from '../../lambda/store/writer.ts';
import { importCsv } from '../peers/csv-importer.ts';

/**
 * Measures one way to read a CSV file, in this process.
 *
 *   node csv.cjs FILE interpret
 *
 * Bundled before it runs, since a loader for TypeScript would take as much memory again.
 */

/** What it costs. */
export interface CsvCost {
  readonly rows: number;
  /** Microseconds of CPU, user and system, a row. */
  readonly micros: number;
  readonly seconds: number;
  /** Megabytes (1,000,000 bytes) of the process at its peak. */
  readonly megabytes: number;
}

const ways = {
  /** simledger, nothing sent. */
  interpret: (path: string) => imported(path, { write: async () => nothingRepeated }),
  /** simledger, to the DynamoDB that answers at once. */
  store: (path: string) => {
    const tables = { sessions: 'Sessions', usage: 'Usage', events: 'Events', sims: 'Sims' };
    return imported(path, new LedgerWriter({ client: dynamoDbClient(), ...tables, eventRetentionDays: 90 }));
  },
  'csv-parse-arrays': (path: string) => counted(createReadStream(path).pipe(parse())),
  'csv-parse-objects': (path: string) => counted(createReadStream(path).pipe(parse({ columns: true }))),
  papaparse: (path: string) =>
    counted(createReadStream(path).pipe(Papa.parse(Papa.NODE_STREAM_INPUT, { header: true }))),
  udsv: udsvRows,
  /** csv-parse, zod, lib-dynamodb. */
  usual: importCsv,
} as const;

/** A way to read a file. */
export type Way = keyof typeof ways;

const nothingRepeated = { repeated: new Set<number>(), failed: new Set<number>(), errors: [] };

async function imported(path: string, writer: Pick<LedgerWriter, 'write'>): Promise<number> {
  let rows = 0;
  const { outcome } = await importFile(
    { bucket: 'bucket', key: 'cdr_1.csv', versionId: 'v1', eTag: undefined },
    // A source that has a stream as well, whose rows must not take the place of fuller ones, writes more carefully.
    { name: 'default', carrier: '1nce', bytesPerMegabyte: 1_000_000, filesOnly: true },
    {
      writer,
      quarantine: { keep: async () => undefined },
      files: { read: async () => undefined, write: async () => undefined },
      open: async () => ({
        bytes: createReadStream(path),
        size: statSync(path).size,
        deliveredAt: Date.parse('2026-12-01T00:00:00Z'),
        close: async () => undefined,
      }),
      keepFile: async () => undefined,
      count: ({ received }) => {
        rows += received;
      },
      timeIsShort: () => false,
      now: () => 0,
    },
  );
  if (outcome !== 'done') throw new Error(`The import ended with ${outcome}`);
  return rows;
}

async function counted(rows: AsyncIterable<unknown>): Promise<number> {
  let count = 0;
  for await (const _ of rows) count += 1;
  return count;
}

/** uDSV reads texts: chunk by chunk, the columns' types from the first. */
async function udsvRows(path: string): Promise<number> {
  let parser: ReturnType<typeof initParser> | undefined;
  let count = 0;
  for await (const chunk of createReadStream(path, { encoding: 'utf8', highWaterMark: 1 << 18 })) {
    parser ??= initParser(inferSchema(chunk));
    parser.chunk<Record<string, unknown>>(chunk, parser.typedObjs, () => {
      count += 1;
    });
  }
  parser?.end();
  return count;
}

async function main([path = '', way = '']: readonly string[]): Promise<void> {
  if (!(way in ways)) throw new Error(`There is no way ${way}`);
  const before = process.cpuUsage();
  const begin = performance.now();
  const rows = await ways[way as Way](path);
  const seconds = (performance.now() - begin) / 1_000;
  const { user, system } = process.cpuUsage(before);
  const megabytes = (process.resourceUsage().maxRSS * 1_024) / 1e6;
  process.send?.({ rows, micros: (user + system) / rows, seconds, megabytes } satisfies CsvCost);
}

main(process.argv.slice(2));
