import { readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { openLocalRun } from '../cli/deployment/local-run.ts';
import { formatObjectName } from '../lambda/ingest/files/messages.ts';
import { FilesTable } from '../lambda/store/files.ts';
import { startLedgerTables } from '../local/ledger-tables.ts';
import { findPlace } from '../local/places.ts';
import { bundle, makeTemporaryFolder } from './bundles.ts';
import { deliveries, writeCsvFile } from './csv-file.ts';
import { type BenchmarkOptions, type Figure, makeFigure } from './figures.ts';
import { LocalRun } from './local-run.ts';
import { computeRatios, runInterleaved } from './pairs.ts';
import type { CsvCost } from './probes/csv.ts';
import { makePeerEnvironment, probe } from './processes.ts';

/**
 * How long the first file of a new user takes in `npm start`, from its put to the end of its import: a fresh file of a
 * source that has a stream. Compared with the usual importer (csv-parse, zod, and lib-dynamodb in batches), which puts
 * each row once without reading anything, against the same local engine alone.
 */

const { bucket } = findPlace('1nce');
const pollMilliseconds = 20;

export async function localImport({ pairs, quick }: BenchmarkOptions): Promise<Figure[]> {
  const folder = makeTemporaryFolder();
  const rows = quick ? 5_000 : 50_000;
  // Rows of the last two hours, as in a carrier's file.
  const path = await writeCsvFile(folder, rows, Date.now() - 2 * 3_600_000);
  const program = await bundle('bench/probes/csv.ts', folder, 'csv');
  const seconds = await runInterleaved(
    {
      ours: () => measureImport(path, rows),
      usual: () => measureUsual(program, path),
    },
    pairs,
  );
  return [
    makeFigure(
      'local-import.rate',
      `A fresh file of ${rows.toLocaleString('en-US')} rows, from its put until it is done`,
      seconds.ours.map((taken) => rows / taken),
      'rows/s',
      { atLeast: 5_000 },
    ),
    makeFigure(
      'local-import.usual',
      '  csv-parse, zod, lib-dynamodb on the same engine',
      seconds.usual.map((taken) => rows / taken),
      'rows/s',
    ),
    makeFigure('local-import.ratio', '  as fast as that', computeRatios(seconds.usual, seconds.ours), '×'),
  ];
}

/**
 * Imports a file in a local run that has just started.
 *
 * @returns seconds.
 */
async function measureImport(path: string, rows: number): Promise<number> {
  const { run, env } = await LocalRun.start();
  const deployment = await openLocalRun(env);
  try {
    const files = new FilesTable(deployment.dynamoDb, deployment.places.tables.files);
    const [key, Body] = ['cdr_1.csv', await readFile(path)];
    const begin = performance.now();
    const put = await deployment.s3.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body }));
    const object = formatObjectName({ bucket, key, versionId: put.VersionId, eTag: undefined });
    for (;;) {
      const manifest = await files.read(object);
      const taken = (performance.now() - begin) / 1_000;
      if (manifest?.state === 'done' && manifest.accepted === rows) return taken;
      if (manifest !== undefined && manifest.state !== 'importing')
        throw new Error(`The import has ended: ${JSON.stringify(manifest)}`);
      await delay(pollMilliseconds);
    }
  } finally {
    deployment.close();
    await run.stop();
  }
}

/**
 * Imports a file the usual way, in a process of its own.
 *
 * @returns seconds.
 */
async function measureUsual(program: string, path: string): Promise<number> {
  const engine = await startLedgerTables({ port: 0 });
  try {
    const { seconds } = await probe<CsvCost>(program, {
      arguments: [path, 'usual', String(deliveries.fresh)],
      env: makePeerEnvironment(engine.endpoint, 'fileImporter'),
      plain: true,
    });
    return seconds;
  } finally {
    await engine.stop();
  }
}
