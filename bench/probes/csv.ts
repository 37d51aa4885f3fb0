import { createReadStream, statSync } from 'node:fs';
import { parse } from 'csv-parse';
import Papa from 'papaparse';
import { inferSchema, initParser } from 'udsv';
import { readPeakMemory } from '../../emulators/lambda-runtime/peak-memory.ts';
import { makeDynamoDbClient } from '../../lambda/aws/dynamodb-client.ts';
import { makeLedgerPorts } from '../../lambda/aws/ledger-ports.ts';
import { service } from '../../lambda/aws/names.ts';
import { readSources } from '../../lambda/aws/sources.ts';
import { createTelemetry } from '../../lambda/aws/telemetry.ts';
import { noDaysClosed } from '../../lambda/days/fence/chunk-fence.ts';
import { importFile } from '../../lambda/ingest/files/import-file.ts';
import type { LedgerPorts } from '../../lambda/ingest/ingest.ts';
import { importCsv } from '../peers/csv-importer.ts';

/**
 * Measures one way to read a CSV file, in this process.
 *
 *   node csv.cjs FILE interpret DELIVERED
 *
 * DELIVERED is when the file was delivered, in milliseconds since the epoch. The source comes from the importer's
 * environment. The probe is bundled before it runs, because a TypeScript loader would take as much memory again.
 */

/** The cost. */
export interface CsvCost {
  readonly rows: number;
  /** Microseconds of CPU per row, user and system. */
  readonly micros: number;
  readonly seconds: number;
  /** Peak resident memory in megabytes (1,000,000 bytes); on Linux without the parent's. */
  readonly megabytes: number;
}

const ways = {
  /** simledger without sending. */
  interpret: (path: string, deliveredAt: number) =>
    importRows(path, deliveredAt, { write: async () => nothingRepeated }),
  /** simledger with a DynamoDB stub that answers immediately. */
  store: (path: string, deliveredAt: number) =>
    importRows(path, deliveredAt, makeLedgerPorts(makeDynamoDbClient(), noRejects, refusing).writer),
  'csv-parse-arrays': (path: string) => countRows(createReadStream(path).pipe(parse())),
  'csv-parse-objects': (path: string) => countRows(createReadStream(path).pipe(parse({ columns: true }))),
  papaparse: (path: string) =>
    countRows(createReadStream(path).pipe(Papa.parse(Papa.NODE_STREAM_INPUT, { header: true }))),
  udsv: readUdsvRows,
  /** csv-parse, zod, lib-dynamodb. */
  usual: importCsv,
} as const;

/** A way to read a file. */
export type Way = keyof typeof ways;

/** The benchmark's rows are all valid. */
const noRejects = { put: async () => undefined };

/** Fails if batched writes, which are to be measured, are refused. */
const refusing = {
  reportRefusedBatches: (error: Error): never => {
    throw error;
  },
  reportLostVolumes: () => undefined,
};

const nothingRepeated = { repeated: new Set<number>(), failed: new Set<number>(), errors: [], gains: [] };

/** Imports a file as the importer's handler does, but from a local file and without noting its progress. */
async function importRows(path: string, deliveredAt: number, writer: LedgerPorts['writer']): Promise<number> {
  const sources = readSources();
  const bucket = sources.all.find(({ carrier }) => carrier === '1nce')?.bucket;
  if (bucket === undefined) throw new Error('No 1NCE source with a bucket is configured');
  const source = sources.findByBucket(bucket);
  const telemetry = createTelemetry(service.fileImporter);
  let rows = 0;
  const { outcome } = await importFile(
    { bucket, key: 'cdr_1.csv', versionId: 'v1', eTag: undefined },
    source,
    {
      writer,
      quarantine: { keep: async () => undefined },
      fence: noDaysClosed,
      files: { read: async () => undefined, write: async () => undefined },
      open: async () => ({
        bytes: createReadStream(path),
        size: statSync(path).size,
        deliveredAt,
        close: async () => undefined,
      }),
      keepFile: async () => undefined,
      count: (receipt, measures) => {
        if (receipt.rejected > 0) throw new Error(`${receipt.rejected} rows were rejected`);
        rows += receipt.received;
        telemetry.count(receipt, measures, source.name);
      },
      askedAt: 0,
      isTimeShort: () => false,
      now: () => 0,
    },
  );
  if (outcome !== 'done') throw new Error(`The import ended with ${outcome}`);
  return rows;
}

async function countRows(rows: AsyncIterable<unknown>): Promise<number> {
  let count = 0;
  for await (const _ of rows) count += 1;
  return count;
}

/** uDSV reads text chunk by chunk, with the types of columns from the first chunk. */
async function readUdsvRows(path: string): Promise<number> {
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

async function main([path = '', way = '', deliveredAt = '']: readonly string[]): Promise<void> {
  if (!(way in ways)) throw new Error(`Unknown way ${JSON.stringify(way)}`);
  const before = process.cpuUsage();
  const begin = performance.now();
  const rows = await ways[way as Way](path, Number(deliveredAt));
  const seconds = (performance.now() - begin) / 1_000;
  const { user, system } = process.cpuUsage(before);
  const megabytes = readPeakMemory() / 1e6;
  process.send?.({ rows, micros: (user + system) / rows, seconds, megabytes } satisfies CsvCost);
}

main(process.argv.slice(2));
