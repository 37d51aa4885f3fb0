import { bundle, temporaryFolder } from './bundles.ts';
import { csvFile } from './csv-file.ts';
import { type BenchmarkOptions, type Figure, figure } from './figures.ts';
import { interleaved, ratios } from './pairs.ts';
import type { CsvCost, Way } from './probes/csv.ts';
import { functionEnvironment, peerEnvironment, probe, startStub } from './processes.ts';

/**
 * CSV files: rows a second and peak memory, parsed and interpreted only and up to a DynamoDB that answers at once, beside
 * CSV readers that only parse, and beside the importer that one would otherwise write.
 */

const readers: readonly Way[] = ['csv-parse-arrays', 'csv-parse-objects', 'papaparse', 'udsv'];
const ways: readonly Way[] = ['interpret', 'store', ...readers, 'usual'];
const titles: Readonly<Record<Way, string>> = {
  interpret: 'simledger, parsed and interpreted',
  store: 'simledger, up to the stub',
  'csv-parse-arrays': 'csv-parse, arrays',
  'csv-parse-objects': 'csv-parse, objects',
  papaparse: 'papaparse, objects',
  udsv: 'uDSV, typed objects',
  usual: 'csv-parse, zod, lib-dynamodb, up to the stub',
};

export async function csv({ pairs, quick }: BenchmarkOptions): Promise<Figure[]> {
  const folder = temporaryFolder();
  const stub = await startStub();
  try {
    const program = await bundle('bench/probes/csv.ts', folder, 'csv');
    const measure = async (rows: number, way: Way): Promise<CsvCost> => {
      const path = await csvFile(folder, rows);
      const isOurs = way === 'interpret' || way === 'store';
      const env = (isOurs ? functionEnvironment : peerEnvironment)(stub.endpoint);
      return probe<CsvCost>(program, { arguments: [path, way], env, plain: true });
    };
    const rows = quick ? 10_000 : 100_000;
    const small = await compared(rows, pairs, measure);
    if (quick) return small.figures;
    const large = await measure(1_000_000, 'store');
    const largeInterpreted = await measure(1_000_000, 'interpret');
    return [
      ...small.figures,
      figure(
        'csv.1000000.store.rate',
        '1,000,000 rows up to the stub',
        [large.rows / large.seconds],
        'rows/s',
      ),
      figure(
        'csv.1000000.interpret.rate',
        '1,000,000 rows parsed and interpreted',
        [largeInterpreted.rows / largeInterpreted.seconds],
        'rows/s',
      ),
      figure('csv.1000000.store.memory', '  peak memory up to the stub', [large.megabytes], 'MB', {
        atMost: 160,
      }),
      figure(
        'csv.memory-growth',
        '  beside that of 100,000 rows',
        small.memory.map((megabytes) => large.megabytes / megabytes),
        '×',
        { atMost: 1.3 },
      ),
    ];
  } finally {
    stub.stop();
  }
}

async function compared(
  rows: number,
  pairs: number,
  measure: (rows: number, way: Way) => Promise<CsvCost>,
): Promise<{ readonly figures: Figure[]; readonly memory: readonly number[] }> {
  const costs = Object.fromEntries(ways.map((way) => [way, [] as CsvCost[]])) as Record<Way, CsvCost[]>;
  const programs = Object.fromEntries(
    ways.map((way) => [
      way,
      async () => {
        const cost = await measure(rows, way);
        costs[way].push(cost);
        return cost.micros;
      },
    ]),
  ) as Record<Way, () => Promise<number>>;
  const micros = await interleaved(programs, pairs);
  const perWay = ways.flatMap((way) => [
    figure(`csv.${rows}.${way}.micros`, `${titles[way]}: CPU a row`, micros[way], 'µs'),
    figure(
      `csv.${rows}.${way}.memory`,
      '  peak memory',
      costs[way].map(({ megabytes }) => megabytes),
      'MB',
    ),
  ]);
  const beside = readers.map((reader) =>
    figure(
      `csv.${rows}.interpret.${reader}`,
      `Parsed and interpreted, faster than ${titles[reader]} by`,
      ratios(micros[reader], micros.interpret),
      '×',
      reader === 'csv-parse-objects' ? { atLeast: 1.5 } : undefined,
    ),
  );
  const usual = figure(
    `csv.${rows}.store.usual`,
    'Up to the stub, less CPU than the usual importer by',
    ratios(micros.usual, micros.store),
    '×',
    { atLeast: 2 },
  );
  return { figures: [...perWay, ...beside, usual], memory: costs.store.map(({ megabytes }) => megabytes) };
}
