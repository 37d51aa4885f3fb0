import { existsSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus } from 'node:os';
import { dirname, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { bill } from './bill.ts';
import { capacity } from './capacity.ts';
import { cliRates } from './cli-rates.ts';
import { cliStart } from './cli-start.ts';
import { coldStart } from './cold-start.ts';
import { consolePages } from './console.ts';
import { csv } from './csv.ts';
import { days } from './days.ts';
import { endToEnd } from './end-to-end.ts';
import { type BenchmarkOptions, type Figure, formatFigures, isReached } from './figures.ts';
import { growth } from './growth.ts';
import { handlerCpu } from './handler-cpu.ts';
import { localImport } from './local-import.ts';
import { localStart } from './local-start.ts';
import { money } from './money.ts';
import { ownPart } from './own-part.ts';
import { queryYear } from './query-year.ts';
import { sweep } from './sweep.ts';
import { writeUnits } from './write-units.ts';

/**
 * `npm run bench`: compares simledger with the theoretical limit and with the alternatives that people usually choose.
 */

type Benchmark = (options: BenchmarkOptions) => Promise<Figure[]>;

const benchmarks: Readonly<Record<string, { readonly title: string; readonly run: Benchmark }>> = {
  'handler-cpu': { title: 'Handler CPU compared with the peers', run: handlerCpu },
  'own-part': { title: 'simledger’s own part', run: ownPart },
  'write-units': { title: 'Requests and write units of 1,000 records', run: writeUnits },
  'end-to-end': { title: 'End to end, in the local run', run: endToEnd },
  csv: { title: 'CSV files', run: csv },
  'cold-start': { title: 'Cold start', run: coldStart },
  growth: { title: 'Growth', run: growth },
  sweep: { title: 'Sweeps of alerts, and marks', run: sweep },
  days: { title: 'Closed days', run: days },
  bill: { title: 'Bills, and invoices checked', run: bill },
  'query-year': { title: 'The query API on a year of history', run: queryYear },
  'cli-rates': { title: 'The command line’s export and replay', run: cliRates },
  'local-import': { title: 'A file in the local run', run: localImport },
  'local-start': { title: 'The local run’s start', run: localStart },
  console: { title: 'The console in a browser', run: consolePages },
  'cli-start': { title: 'The command line’s start', run: cliStart },
};

// The SDK recommends a newer Node.js at each start. That matters for deployed functions, not here.
process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] = 'true';
const names = Object.keys(benchmarks);
const help = `Usage: npm run bench -- [options] [benchmark...]

Compares simledger with its peers, each program in fresh processes and alternately.
Without a name it runs every benchmark, some 35 minutes on two idle cores.

Options:
  --quick         measure less of everything, for a first look
  --full          measure all of what is otherwise sampled (days: an hour)
  --pairs COUNT   runs of each program (2; 1 with --quick)
  --json FILE     also write every figure under its stable name to FILE
  --help          show this text

Benchmarks:
${Object.entries(benchmarks)
  .map(([name, { title }]) => `  ${name.padEnd(15)} ${title}`)
  .join('\n')}`;

const { values, positionals } = readArguments();
if (values.help) {
  console.log(help);
  process.exit();
}
const { quick = false, full = false } = values;
const pairs = Number(values.pairs ?? (quick ? 1 : 2));
if (!Number.isInteger(pairs) || pairs < 1)
  fail(`Invalid --pairs "${values.pairs}". Accepted: a whole number from 1.`);
const unknown = positionals.find((name) => !names.includes(name));
if (unknown !== undefined) fail(`Unknown benchmark "${unknown}". Benchmarks: ${names.join(', ')}.`);
if (values.json !== undefined && !existsSync(dirname(resolve(values.json))))
  fail(`Invalid --json "${values.json}". Accepted: a file in a folder that exists.`);

const figures: Figure[] = [];
for (const [name, { title, run }] of Object.entries(benchmarks)) {
  if (positionals.length > 0 && !positionals.includes(name)) continue;
  const measured = await run({ pairs, quick, full });
  figures.push(...measured);
  console.log(`\n${title}\n${formatFigures(measured)}`);
}
for (const [title, derive] of [
  ['Money', money],
  ['What one process can handle', capacity],
] as const) {
  const derived = derive(figures);
  if (derived.length > 0) console.log(`\n${title}\n${formatFigures(derived)}`);
  figures.push(...derived);
}
if (values.json !== undefined) {
  const machine = { node: process.version, processor: cpus()[0]?.model, cores: availableParallelism() };
  writeFileSync(values.json, `${JSON.stringify({ machine, pairs, quick, figures }, undefined, 2)}\n`);
}
const missed = figures.filter((one) => isReached(one) === false);
if (missed.length > 0) console.log(`\nNot reached: ${missed.map(({ name }) => name).join(', ')}`);
process.exit();

function readArguments() {
  try {
    return parseArgs({
      allowPositionals: true,
      options: {
        quick: { type: 'boolean' },
        full: { type: 'boolean' },
        json: { type: 'string' },
        pairs: { type: 'string' },
        help: { type: 'boolean', short: 'h' },
      },
    });
  } catch (error) {
    const [sentence] = error instanceof Error ? error.message.split('. ') : [String(error)];
    return fail(`${sentence}. Options: npm run bench -- --help.`);
  }
}

function fail(sentence: string): never {
  console.error(sentence);
  process.exit(2);
}
