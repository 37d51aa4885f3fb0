import { UserError } from '../lambda/errors.ts';
import { jsonObject, parseJson } from '../lambda/json/json.ts';
import { type LocalLedger, startLocalLedger } from './local-ledger.ts';
import { type ApiCredentials, help, type LocalOptions, readOptions } from './options.ts';
import { printable } from './printable.ts';
import { count } from './progress.ts';
import { replayExamples, replayFiles, replaySimulation, type Simulated } from './replay.ts';
import { ledgerTable, receiptTable, rejectTable, whereToLook } from './report.ts';
import { type UserFile, userFile } from './user-files.ts';

/** `npm start`: the whole of simledger on this machine. See {@link help}. */

/** Exit codes: done; the ledger differs from the truth, or records failed; wrong use. */
const exitCode = { done: 0, unequal: 1, wrongUse: 2 } as const;

async function main(): Promise<number> {
  const options = readOptions(process.argv.slice(2), process.env);
  if (options === undefined) {
    console.log(help);
    return exitCode.done;
  }
  const { replay } = options;
  const files = replay.kind === 'files' ? await Promise.all(replay.files.map(userFile)) : [];
  const interrupted = interruption();
  const ledger = await startLocalLedger({
    ports: options.ports,
    apiCredentials: options.apiCredentials,
    dataDirectory: options.dataDirectory,
    sessionRefresh: options.sessionRefresh,
    onLog: showLog,
    onTrouble: (sentence) => console.error(`! ${sentence}`),
  });
  try {
    // A run that ends by itself does not show what to do next.
    if (!options.once) showEndpoints(ledger, options.apiCredentials);
    const work = replayAndReport(ledger, options, files);
    const first = await Promise.race([work, interrupted]);
    if (first === undefined || options.once) return first ?? exitCode.done;
    console.log('\nReady for records. Press Ctrl-C to stop.');
    await interrupted;
    return first;
  } finally {
    await ledger.stop();
  }
}

/** A terminal and npm may both send the signal of one Ctrl-C: what follows within this time is the same. */
const sameInterruptMilliseconds = 500;
const parentPollMilliseconds = 250;

/** Resolves at the first Ctrl-C or SIGTERM, or when `npm start` is gone; a second signal ends at once. */
function interruption(): Promise<undefined> {
  return new Promise((resolve) => {
    let interrupted: number | undefined;
    const interrupt = (): void => {
      const now = performance.now();
      if (interrupted === undefined) {
        interrupted = now;
        console.error('\nStopping …');
        resolve(undefined);
      } else if (now - interrupted > sameInterruptMilliseconds) process.exit(130);
    };
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, interrupt);
    whenNpmEnds(() => {
      if (interrupted === undefined) interrupt();
    });
  });
}

/**
 * npm passes SIGTERM to the shell that it has started, and many shells end by it without passing it on. So a run that npm
 * has started ends when its parent does.
 */
function whenNpmEnds(ended: () => void): void {
  if (process.env['npm_lifecycle_event'] === undefined) return;
  const parent = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    ended();
  }, parentPollMilliseconds);
  timer.unref();
}

async function replayAndReport(
  ledger: LocalLedger,
  { replay, once, sessionRefresh, apiCredentials }: LocalOptions,
  files: readonly UserFile[],
): Promise<number> {
  switch (replay.kind) {
    case 'nothing':
      if (!once) console.log(`\n${whereToLook(ledger, apiCredentials)}`);
      return exitCode.done;
    case 'examples':
      console.log(
        '\nReplaying the bundled examples of five carriers, with duplicates, disorder and broken records …',
      );
      await reportReplay(ledger, await replayExamples(ledger, process.stdout));
      break;
    case 'files':
      console.log(`\nImporting ${replay.files.join(', ')} as the source ${replay.source} …`);
      await reportReplay(ledger, await replayFiles(ledger, files, replay.source, process.stdout));
      break;
    case 'simulation':
      console.log(
        `\nRunning ${count(replay.sims)} SIMs of five carriers for ${replay.hours} hours, seed ${replay.seed} …`,
      );
      return reportSimulation(
        ledger,
        await replaySimulation(ledger, { ...replay, sessionRefresh, apiCredentials }, process.stdout),
      );
  }
  if (!once) console.log(`\n${whereToLook(ledger, apiCredentials)}`);
  return ledger.givenUp() === 0 ? exitCode.done : exitCode.unequal;
}

async function reportReplay(ledger: LocalLedger, { seconds }: { seconds: number }): Promise<void> {
  const rejects = await ledger.quarantined();
  console.log(`\nThe ledger now\n${await ledgerTable(ledger.dynamoDb)}`);
  if (rejects.length > 0) console.log(`\nIn quarantine\n${rejectTable(rejects)}`);
  console.log(`\nReceipt, in records\n${receiptTable(ledger.receipts)}`);
  showSpeed(ledger, seconds);
}

function reportSimulation(ledger: LocalLedger, simulated: Simulated): number {
  const { comparison, answers, miscounts, seconds } = simulated;
  console.log(`\nReceipt, in records\n${receiptTable(ledger.receipts)}`);
  showSpeed(ledger, seconds);
  const { sessions, usage, events } = comparison.checked;
  const checked = `${count(sessions)} sessions, ${count(usage)} usage items, ${count(events)} events`;
  const differing = comparison.differing + answers.differing;
  if (differing === 0 && miscounts.length === 0 && ledger.givenUp() === 0) {
    console.log(`\nThe ledger equals the simulator's truth: ${checked}.`);
    console.log(`The API's answers about ${count(answers.checked)} sessions of Super SIMs equal it too.`);
    return exitCode.done;
  }
  console.log(`\nThe ledger DIFFERS from the simulator's truth (${checked}), in ${count(differing)} places:`);
  for (const sentence of [...miscounts, ...comparison.differences, ...answers.differences]) {
    console.log(`  ${sentence}`);
  }
  return exitCode.unequal;
}

function showSpeed(ledger: LocalLedger, seconds: number): void {
  const { received } = ledger.receipts.total();
  const { kinesisConsumer, fileImporter } = ledger.peakMemoryBytes();
  const megabytes = (bytes: number): string => `${Math.round(bytes / 2 ** 20)} MiB`;
  console.log(
    `${count(received)} records in ${seconds.toFixed(1)} s, ${count(received / seconds)} a second; ` +
      `peak memory: consumer ${megabytes(kinesisConsumer)}, importer ${megabytes(fileImporter)}`,
  );
}

function showEndpoints({ endpoints }: LocalLedger, { account, token }: ApiCredentials): void {
  console.log('simledger runs on this machine');
  for (const [name, url] of Object.entries(endpoints)) console.log(`  ${name.padEnd(9)} ${url}`);
  console.log(`  API credentials (account:token)  ${account}:${token}`);
}

/** Shows what the functions log as a warning or an error, and sink validations, which a user waits for. */
function showLog(line: string): void {
  const entry = jsonObject(parseJson(line));
  const testId = entry?.['testId'];
  if (testId !== undefined) console.log(`Sink validation: test_id ${printable(String(testId))}`);
  else if (entry === undefined || entry['level'] === 'WARN' || entry['level'] === 'ERROR') {
    console.error(`! ${printable(line)}`);
  }
}

// The reader of the output may be gone, as in `npm start | head`; the run must still end in order.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });
}

// The SDK advises a newer Node.js on each start; that matters where functions are deployed, not here.
process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] = 'true';

try {
  process.exitCode = await main();
} catch (error) {
  if (!(error instanceof UserError)) throw error;
  console.error(error.message);
  process.exitCode = exitCode.wrongUse;
}
