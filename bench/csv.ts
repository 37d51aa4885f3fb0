import { bundle, makeTemporaryFolder } from './bundles.ts';
import { type Delivery, deliveries, writeCsvFile } from './csv-file.ts';
import { type BenchmarkOptions, type Figure, makeFigure } from './figures.ts';
import { computeRatios, runInterleaved } from './pairs.ts';
import type { CsvCost, Way } from './probes/csv.ts';
import { makeFunctionEnvironment, makePeerEnvironment, probe, type Stub, startStub } from './processes.ts';
import { writeStubContents } from './stub-contents.ts';

/**
 * CSV files of a source that has a stream, as every configurable source does: CPU per row and peak memory, for parsing
 * and interpreting only, and including a DynamoDB stub that answers immediately. Fresh files are delivered minutes
 * after their rows, of which none or half are stored from the stream; old files are delivered later. Nine of ten SIMs
 * are known. Compared with CSV readers that only parse, and with the importer that people usually write.
 */

/** What to measure: a way to read a file, when it was delivered, and whether half of its rows are stored. */
interface Case {
  readonly title: string;
  readonly way: Way;
  readonly delivery: Delivery;
  readonly half?: boolean;
}

const cases = {
  interpret: { title: 'simledger, parsed and interpreted', way: 'interpret', delivery: 'fresh' },
  fresh: { title: 'simledger, a fresh file, no row stored, up to the stub', way: 'store', delivery: 'fresh' },
  half: {
    title: 'simledger, a fresh file, half of its rows stored, up to the stub',
    ...{ way: 'store', delivery: 'fresh', half: true },
  },
  old: { title: 'simledger, an old file, no row stored, up to the stub', way: 'store', delivery: 'old' },
  usual: { title: 'csv-parse, zod, lib-dynamodb, up to the stub', way: 'usual', delivery: 'fresh' },
  'csv-parse-arrays': { title: 'csv-parse, arrays', way: 'csv-parse-arrays', delivery: 'fresh' },
  'csv-parse-objects': { title: 'csv-parse, objects', way: 'csv-parse-objects', delivery: 'fresh' },
  papaparse: { title: 'papaparse, objects', way: 'papaparse', delivery: 'fresh' },
  udsv: { title: 'uDSV, typed objects', way: 'udsv', delivery: 'fresh' },
} as const satisfies Readonly<Record<string, Case>>;
type CaseName = keyof typeof cases;

const names = Object.keys(cases) as CaseName[];
const readers = ['csv-parse-arrays', 'csv-parse-objects', 'papaparse', 'udsv'] as const;
/** How many times less CPU than the usual importer it should take. */
const wantedOfUsual = 2;

export async function csv({ pairs, quick }: BenchmarkOptions): Promise<Figure[]> {
  const folder = makeTemporaryFolder();
  const program = await bundle('bench/probes/csv.ts', folder, 'csv');
  const rows = quick ? 5_000 : 50_000;
  const small = await runWithStub(folder, rows, (stub) =>
    compareRuns(rows, pairs, (one) => measure(program, folder, stub, rows, cases[one])),
  );
  if (quick) return small.figures;
  const many = 1_000_000;
  const large = await runWithStub(folder, many, async (stub) => ({
    fresh: await measure(program, folder, stub, many, cases.fresh),
    interpret: await measure(program, folder, stub, many, cases.interpret),
  }));
  return [
    ...small.figures,
    makeFigure(
      'csv.1000000.fresh.rate',
      '1,000,000 fresh rows up to the stub',
      [large.fresh.rows / large.fresh.seconds],
      'rows/s',
    ),
    makeFigure(
      'csv.1000000.interpret.rate',
      '1,000,000 rows parsed and interpreted',
      [large.interpret.rows / large.interpret.seconds],
      'rows/s',
    ),
    makeFigure('csv.1000000.fresh.memory', '  peak memory up to the stub', [large.fresh.megabytes], 'MB', {
      atMost: 160,
    }),
    makeFigure(
      'csv.memory-growth',
      '  relative to that of 50,000 rows',
      small.freshMegabytes.map((megabytes) => large.fresh.megabytes / megabytes),
      '×',
      { atMost: 1.3 },
    ),
  ];
}

async function runWithStub<Result>(
  folder: string,
  rows: number,
  run: (stub: Stub) => Promise<Result>,
): Promise<Result> {
  const stub = await startStub(await writeStubContents(folder, rows));
  try {
    return await run(stub);
  } finally {
    stub.stop();
  }
}

async function measure(
  program: string,
  folder: string,
  stub: Stub,
  rows: number,
  { way, delivery, half = false }: Case,
): Promise<CsvCost> {
  const path = await writeCsvFile(folder, rows);
  const endpoint = half ? stub.halfEndpoint : stub.endpoint;
  const isOurs = way === 'interpret' || way === 'store';
  const env = (isOurs ? makeFunctionEnvironment : makePeerEnvironment)(endpoint, 'fileImporter');
  return probe<CsvCost>(program, { arguments: [path, way, String(deliveries[delivery])], env, plain: true });
}

async function compareRuns(
  rows: number,
  pairs: number,
  measureCase: (name: CaseName) => Promise<CsvCost>,
): Promise<{ readonly figures: Figure[]; readonly freshMegabytes: readonly number[] }> {
  const megabytes = Object.fromEntries(names.map((name) => [name, [] as number[]])) as Record<
    CaseName,
    number[]
  >;
  const programs = Object.fromEntries(
    names.map((name) => [
      name,
      async () => {
        const cost = await measureCase(name);
        megabytes[name].push(cost.megabytes);
        return cost.micros;
      },
    ]),
  ) as Record<CaseName, () => Promise<number>>;
  const micros = await runInterleaved(programs, pairs);
  const perCase = names.flatMap((name) => [
    makeFigure(`csv.${rows}.${name}.micros`, `${cases[name].title}: CPU per row`, micros[name], 'µs'),
    makeFigure(`csv.${rows}.${name}.memory`, '  peak memory', megabytes[name], 'MB'),
  ]);
  const readerRatios = readers.map((reader) =>
    makeFigure(
      `csv.${rows}.interpret.${reader}`,
      `Parsed and interpreted, less CPU than ${cases[reader].title} by`,
      computeRatios(micros[reader], micros.interpret),
      '×',
      reader === 'csv-parse-objects' ? { atLeast: 1.5 } : undefined,
    ),
  );
  const usualRatios = (['fresh', 'half', 'old'] as const).map((name) =>
    makeFigure(
      `csv.${rows}.${name}.usual`,
      `${cases[name].title}: less CPU than the usual importer by`,
      computeRatios(micros.usual, micros[name]),
      '×',
      { atLeast: wantedOfUsual },
    ),
  );
  return { figures: [...perCase, ...readerRatios, ...usualRatios], freshMegabytes: megabytes.fresh };
}
