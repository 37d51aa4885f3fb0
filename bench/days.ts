import { statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { readSources } from '../lambda/aws/sources.ts';
import { interpret } from '../lambda/carriers/index.ts';
import { countBuckets } from '../lambda/days/buckets.ts';
import { shiftDay } from '../lambda/days/day.ts';
import { RowFile } from '../lambda/days/parquet.ts';
import { maxLiveSims } from '../lambda/days/partial-days.ts';
import type { Sim, Usage } from '../lambda/ledger/observation.ts';
import { encodeSimItem, encodeUsageItem } from '../lambda/store/items.ts';
import { functions } from '../lib/limits.ts';
import { bundle, makeTemporaryFolder } from './bundles.ts';
import { priceSimDay } from './day-prices.ts';
import { readDeployedFunction } from './deployed.ts';
import { type BenchmarkOptions, type Figure, makeFigure } from './figures.ts';
import { type MadeUpFleet, makeUsage, nameSim } from './made-up-days.ts';
import { computeRatios, runInterleaved } from './pairs.ts';
import type { WorkerCost, WorkerTask } from './probes/day-worker.ts';
import type { DaysCost, DaysTask } from './probes/days.ts';
import { makeFunctionEnvironment, probe, startFleet } from './processes.ts';
import { alwaysOnDay } from './sim-shapes.ts';
import { makeRecords } from './workloads.ts';

/**
 * Closed days of always-on Super SIMs: the worker as it is deployed, the part of it that is simledger's own, how that
 * grows with the fleet, and the size of its files compared with those that other programs write of the same rows.
 */

const minute = 60_000;
const day = '2026-11-02';
const windows = 240;
/** SIMs of the day that is measured as it is deployed, and how many of its buckets are read by default. */
const fleetSims = 100_000;
const sampledBuckets = 2;

/** Measures closed days. */
export async function days({ pairs, quick, full }: BenchmarkOptions): Promise<Figure[]> {
  const record = readRecord();
  const worker = await measureWorker(record, { quick, full });
  const partial = await measureWorker(record, { quick, full, asOf: Date.parse(day) + 24 * 60 * minute });
  const [early, late] = worker.megabytes;
  const dollars = priceSimDay(alwaysOnDay, worker.simDays / worker.cpuSeconds) * 1e6;
  return [
    makeFigure(
      'days.worker.rate',
      `SIM-days of ${windows} records: a second of the worker’s CPU`,
      [worker.simDays / worker.cpuSeconds],
      '',
    ),
    makeFigure(
      'days.worker.clock',
      '  a second, while tables and lake answer at once',
      [worker.simDays / worker.seconds],
      '',
    ),
    makeFigure('days.worker.megabytes', '  peak memory', [late], 'MB', {
      atMost: functions.dayWorker.memoryMegabytes,
    }),
    makeFigure(
      'days.worker.memory-growth',
      '  relative to that after its first bucket',
      [late / early],
      '×',
      {
        atMost: 1.2,
      },
    ),
    makeFigure('days.worker.dollars', '  a million, requests and CPU', [dollars], '$'),
    makeFigure(
      'days.partial.rate',
      'partial passes of whole days: SIM-days a second of the worker’s CPU',
      [partial.simDays / partial.cpuSeconds],
      '',
    ),
    makeFigure('days.partial.megabytes', '  peak memory', [partial.megabytes[1]], 'MB', {
      atMost: functions.dayWorker.memoryMegabytes,
    }),
    ...(await measureOwnPart(record.usage, { pairs, quick })),
    ...(await measureGrowth(record.usage, { pairs, quick, full })),
    ...(await measureFiles(record.usage, quick)),
  ];
}

/** What one record of the workloads states about a SIM and its usage. */
export function readRecord(): { readonly sim: Sim; readonly usage: Usage; readonly source: string } {
  const { all } = readSources(readDeployedFunction('kinesisConsumer').environment);
  const source = all.find(({ carrier }) => carrier === 'kore');
  const [record = ''] = makeRecords({ kind: 'session', perSession: 1 }, 1);
  if (source === undefined) throw new Error('No KORE source is deployed');
  const reading = interpret(JSON.parse(record), { source, arrivedAt: Date.parse(day) });
  if (reading.kind !== 'observed' || reading.sim === undefined || reading.usage === undefined)
    throw new Error('A record could not be read');
  return { sim: reading.sim, usage: reading.usage, source: source.name };
}

async function measureWorker(
  { sim, usage, source }: ReturnType<typeof readRecord>,
  { quick, full, asOf }: Pick<BenchmarkOptions, 'quick' | 'full'> & Pick<WorkerTask, 'asOf'>,
): Promise<WorkerCost> {
  // Small fleets have no partial passes.
  const sims = quick ? maxLiveSims + 500 : fleetSims;
  const buckets = countBuckets(sims);
  const path = await bundle(functions.dayWorker.entry, makeTemporaryFolder(), 'day-worker');
  const fleet = await startFleet({
    ...{ sims, silentEvery: 0, source, sim: encodeSimItem(sim), usage: encodeUsageItem(usage, true) },
    now: Date.parse(day) + 24 * 60 * minute,
    history: 24 * 60 * minute,
    updateMilliseconds: (24 * 60 * minute) / windows,
    ...(asOf !== undefined && { closedThrough: shiftDay(day, -1) }),
  });
  const task: WorkerTask = {
    ...{ day, asOf, endpoint: fleet.endpoint },
    buckets: Array.from({ length: full ? buckets : Math.min(buckets, sampledBuckets) }, (_, index) => index),
  };
  try {
    return await probe<WorkerCost>('probes/day-worker.ts', {
      arguments: [path, JSON.stringify(task)],
      env: makeFunctionEnvironment(fleet.endpoint, 'dayWorker'),
    });
  } finally {
    fleet.stop();
  }
}

function probeOwnPart(task: DaysTask): Promise<DaysCost> {
  const env = { PATH: process.env['PATH'] ?? '', NODE_OPTIONS: '--max-old-space-size=884' };
  return probe<DaysCost>('probes/days.ts', { arguments: [JSON.stringify(task)], env });
}

/** Microseconds of CPU per row. */
async function measureOwnPart(
  usage: Usage,
  { pairs, quick }: Pick<BenchmarkOptions, 'pairs' | 'quick'>,
): Promise<Figure[]> {
  const sims = quick ? 200 : 1_000;
  const results = await runInterleaved(
    {
      own: async () => {
        const { cpuSeconds, simDays } = await probeOwnPart({ sims, windows, day, usage });
        return (cpuSeconds * 1e6) / (simDays * windows);
      },
    },
    pairs,
  );
  return [makeFigure('days.own.micros', 'CPU per row, nothing sent', results.own, 'µs')];
}

/** What a SIM-day costs, compared with one of a small fleet. */
async function measureGrowth(usage: Usage, { pairs, quick, full }: BenchmarkOptions): Promise<Figure[]> {
  const few = 1_000;
  const many = quick ? 4_000 : full ? 1_000_000 : 50_000;
  const measure = (sims: number) => async () => {
    // Buckets have the same size in both, so that only their number grows.
    const { cpuSeconds, simDays } = await probeOwnPart({ sims, windows: 4, day, usage, simsPerBucket: few });
    return (cpuSeconds * 1e6) / simDays;
  };
  const results = await runInterleaved({ few: measure(few), many: measure(many) }, full ? 1 : pairs);
  return [
    makeFigure(
      'days.growth.micros',
      'SIM-days of 4 records: CPU, nothing sent, 1,000 SIMs',
      results.few,
      'µs',
    ),
    makeFigure(
      'days.growth.ratio',
      `  ${many.toLocaleString('en-US')} SIMs relative to these`,
      computeRatios(results.many, results.few),
      '×',
      { atMost: 1.2 },
    ),
  ];
}

/** Bytes per row of one row group after the other, of this writer and of DuckDB's. */
async function measureFiles(usage: Usage, quick: boolean): Promise<Figure[]> {
  const fleet: MadeUpFleet = { sims: quick ? 40 : 400, windows, day, usage };
  const file = new RowFile('usage');
  for (let number = 0; number < fleet.sims; number += 1) file.add(makeUsage(nameSim(number), fleet));
  const folder = makeTemporaryFolder();
  const own = join(folder, 'own.parquet');
  writeFileSync(own, file.finish());
  const rows = fleet.sims * windows;
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  const copy = async (name: string, options: string): Promise<number> => {
    const path = join(folder, name);
    await connection.run(`COPY (SELECT * FROM '${own}') TO '${path}' (${options})`);
    return statSync(path).size / rows;
  };
  try {
    const snappy = await copy('snappy.parquet', 'FORMAT parquet, COMPRESSION snappy, ROW_GROUP_SIZE 20480');
    const zstd = await copy('zstd.parquet', 'FORMAT parquet, COMPRESSION zstd');
    const csv = await copy('rows.csv.gz', 'FORMAT csv, COMPRESSION gzip');
    const ours = statSync(own).size / rows;
    return [
      makeFigure('days.file.bytes', 'Parquet: bytes per row', [ours], 'B'),
      makeFigure(
        'days.file.snappy',
        '  relative to DuckDB’s writer with the same codec',
        [ours / snappy],
        '×',
      ),
      makeFigure('days.file.zstd', '  relative to DuckDB’s writer with Zstandard', [ours / zstd], '×'),
      makeFigure('days.file.csv', '  relative to CSV with gzip', [ours / csv], '×'),
    ];
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}
