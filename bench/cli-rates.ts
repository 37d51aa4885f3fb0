import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { paginateScan } from '@aws-sdk/client-dynamodb';
import { eventsTable, sessionsTable, simsTable, usageTable } from '../lambda/store/tables.ts';
import type { LocalLedger } from '../local/ledger-interface.ts';
import { portVariables } from '../local/options.ts';
import { makeTemporaryFolder } from './bundles.ts';
import { type BenchmarkOptions, type Figure, makeFigure } from './figures.ts';
import { begin, measuredSource, measureIntake, startMeasuredLedger } from './measured-ledger.ts';
import { computeRatios, runInterleaved } from './pairs.ts';
import { makeRecords } from './workloads.ts';

/**
 * How fast the command line exports a ledger, compared with a scan of its tables, and how fast it replays streams,
 * compared with the consumer. Measured against the local run, including the start of the process.
 */

const simledger = fileURLToPath(new URL('../cli/simledger.mjs', import.meta.url));

export async function cliRates({ pairs, quick }: BenchmarkOptions): Promise<Figure[]> {
  const records = quick ? 2_000 : 20_000;
  const folder = makeTemporaryFolder();
  const ledger = await startMeasuredLedger();
  try {
    const taken = await measureIntake(
      ledger,
      makeRecords({ kind: 'session', perSession: 5 }, records, 0, 0, begin),
    );
    const items = await scanTables(ledger);
    // The first start of the command line builds its bundle.
    await runCommand(ledger, ['--version']);
    const rounds = Math.min(pairs, 3);
    const seconds = await runInterleaved(
      {
        scan: () => measureSeconds(() => scanTables(ledger)),
        export: () => measureSeconds(() => runCommand(ledger, ['export', '--out', join(folder, 'export')])),
        replay: () => measureSeconds(() => runCommand(ledger, ['replay', '--source', measuredSource])),
      },
      rounds,
    );
    const rates = (count: number, taking: readonly number[]) => taking.map((one) => count / one);
    return [
      makeFigure('cli-rates.export', 'export', rates(items, seconds.export), 'items/s'),
      makeFigure(
        'cli-rates.export-ratio',
        '  as long as a scan of the tables',
        computeRatios(seconds.export, seconds.scan),
        '×',
      ),
      makeFigure('cli-rates.replay', 'replay', rates(records, seconds.replay), 'records/s'),
      makeFigure(
        'cli-rates.replay-ratio',
        '  as fast as the consumer took them in',
        rates(records, seconds.replay).map((rate) => rate / taken),
        '×',
      ),
    ];
  } finally {
    await ledger.stop();
  }
}

/**
 * Reads all items of the exported tables.
 *
 * @returns the number of items.
 */
async function scanTables({ dynamoDb: client }: LocalLedger): Promise<number> {
  let items = 0;
  for (const { name } of [sessionsTable, usageTable, eventsTable, simsTable]) {
    for await (const page of paginateScan({ client }, { TableName: name })) items += page.Items?.length ?? 0;
  }
  return items;
}

/** @throws Error if the command fails. */
async function runCommand({ endpoints }: LocalLedger, args: readonly string[]): Promise<void> {
  const { PATH = '' } = process.env;
  const child = spawn(process.execPath, [simledger, '--local', ...args], {
    env: { PATH, [portVariables.api.variable]: new URL(endpoints.api).port },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const [code] = await once(child, 'close');
  if (code !== 0) throw new Error(`simledger ${args.join(' ')} ended with ${code}`);
}

async function measureSeconds(run: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await run();
  return (performance.now() - started) / 1_000;
}
