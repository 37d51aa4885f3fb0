import { writeFileSync } from 'node:fs';
import { availableParallelism, cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { cliStart } from './cli-start.ts';
import { coldStart } from './cold-start.ts';
import { csv } from './csv.ts';
import { endToEnd } from './end-to-end.ts';
import { type BenchmarkOptions, type Figure, formatFigures, isReached } from './figures.ts';
import { growth } from './growth.ts';
import { handlerCpu } from './handler-cpu.ts';
import { money } from './money.ts';
import { ownPart } from './own-part.ts';
import { writeUnits } from './write-units.ts';

/**
 * Measures simledger beside the limit and beside what one would otherwise pick.
 *
 *   npm run bench                            everything, an hour or so
 *   npm run bench -- --quick                 a look, within a minute
 *   npm run bench -- handler-cpu csv         some
 *   npm run bench -- --json figures.json     every figure under its stable name, as well
 */

type Benchmark = (options: BenchmarkOptions) => Promise<Figure[]>;

const benchmarks: Readonly<Record<string, { readonly title: string; readonly run: Benchmark }>> = {
  'handler-cpu': { title: 'Handler CPU beside the peers', run: handlerCpu },
  'own-part': { title: 'The part that is ours', run: ownPart },
  'write-units': { title: 'Requests and write units of 1,000 records', run: writeUnits },
  'end-to-end': { title: 'End to end, in the local run', run: endToEnd },
  csv: { title: 'CSV files', run: csv },
  'cold-start': { title: 'Cold start', run: coldStart },
  growth: { title: 'Growth', run: growth },
  'cli-start': { title: 'The command line’s start', run: cliStart },
};

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { quick: { type: 'boolean' }, json: { type: 'string' }, pairs: { type: 'string' } },
});
const quick = values.quick ?? false;
const pairs = Number(values.pairs ?? (quick ? 1 : 5));
if (!Number.isInteger(pairs) || pairs < 1)
  fail(`--pairs takes a whole number from 1 on, not ${values.pairs}`);
const unknown = positionals.find((name) => !(name in benchmarks));
if (unknown !== undefined)
  fail(`There is no benchmark ${unknown}, but ${Object.keys(benchmarks).join(', ')}`);

const figures: Figure[] = [];
for (const [name, { title, run }] of Object.entries(benchmarks)) {
  if (positionals.length > 0 && !positionals.includes(name)) continue;
  const measured = await run({ pairs, quick });
  figures.push(...measured);
  console.log(`\n${title}\n${formatFigures(measured)}`);
}
const dollars = money(figures);
if (dollars.length > 0) console.log(`\nMoney\n${formatFigures(dollars)}`);
figures.push(...dollars);
if (values.json !== undefined) {
  const machine = { node: process.version, processor: cpus()[0]?.model, cores: availableParallelism() };
  writeFileSync(values.json, `${JSON.stringify({ machine, pairs, quick, figures }, undefined, 2)}\n`);
}
const missed = figures.filter((one) => isReached(one) === false);
if (missed.length > 0) console.log(`\nNot reached: ${missed.map(({ name }) => name).join(', ')}`);
process.exit();

function fail(sentence: string): never {
  console.error(sentence);
  process.exit(2);
}
