import { readRules } from '../cli/alerts/rules-file.ts';
import { count } from '../cli/terminal/progress.ts';
import type { Rule } from '../lambda/alerts/rules.ts';
import { findDay } from '../lambda/days/day.ts';
import { findMonth } from '../lambda/days/sim-days.ts';
import { UserError } from '../lambda/errors.ts';
import { parseJson, toJsonObject } from '../lambda/json/json.ts';
import type { FindingComparison } from '../simulator/compare-findings.ts';
import { fleetStart } from '../simulator/fleet.ts';
import { LocalAlerts, type LocalSweep } from './alerts.ts';
import { listLocalBills, putExampleTariffs } from './example-tariffs.ts';
import type { LocalLedger } from './ledger-interface.ts';
import { startLocalLedger } from './local-ledger.ts';
import { exportMilliseconds } from './metrics.ts';
import { type ApiCredentials, help, type LocalOptions, readOptions } from './options.ts';
import { localSources } from './places.ts';
import { makePrintable } from './printable.ts';
import { RepeatedRuns } from './repeated-runs.ts';
import { replayExamples, replayFiles, replaySimulation, type Simulated, sweepHours } from './replay.ts';
import {
  describeBills,
  describeEndpoints,
  describeSealedDays,
  formatLedger,
  formatMessages,
  formatReceipt,
  openAlertsTable,
  rejectTable,
} from './report.ts';
import { openUserFile, type UserFile } from './user-files.ts';

/** `npm start`: all of simledger on this machine. See {@link help}. */

/** Exit codes: success; the ledger or its alerts differ from the truth, or records failed; invalid options. */
const exitCode = { done: 0, unequal: 1, wrongUse: 2 } as const;

async function main(): Promise<number> {
  const options = readOptions(process.argv.slice(2), process.env);
  if (options === undefined) {
    console.log(help);
    return exitCode.done;
  }
  const { replay } = options;
  const files = replay.kind === 'files' ? await Promise.all(replay.files.map(openUserFile)) : [];
  const rules = await readRules(options.rulesFile, localSources);
  const interrupted = waitForInterruption();
  const ledger = await startLocalLedger({
    ports: options.ports,
    apiCredentials: options.apiCredentials,
    dataDirectory: options.dataDirectory,
    sessionRefresh: options.sessionRefresh,
    otlp: options.otlp,
    onLog: showLog,
    onTrouble: showTrouble,
  });
  const alerts = new LocalAlerts({
    ...{ client: ledger.dynamoDb, rules, notify: options.notify, onTrouble: showTrouble },
  });
  let repeated: readonly RepeatedRuns[] = [];
  try {
    // With `--once`, the run ends by itself, so the addresses would be useless.
    if (!options.once) showEndpoints(ledger, options.apiCredentials);
    const work = replayAndReport({ ledger, alerts, rules, options, files }).then(async (code) => {
      await ledger.exportMetrics();
      return code;
    });
    const first = await Promise.race([work, interrupted]);
    if (first === undefined || options.once) return first ?? exitCode.done;
    repeated = [keepSweeping(ledger, alerts, replay.kind === 'nothing'), keepExporting(ledger)];
    console.log('\nReady for records. Press Ctrl-C to stop.');
    await interrupted;
    return first;
  } finally {
    for (const one of repeated) one.stop();
    await alerts.stop();
    await ledger.stop();
  }
}

const sweepMilliseconds = 60_000;

/**
 * Sweeps every minute.
 *
 * @param isLive whether to use the machine's clock. Otherwise the clock is the time of the newest record: replayed
 *   records are in the past, and the silence since then must not cause alerts.
 */
function keepSweeping(ledger: LocalLedger, alerts: LocalAlerts, isLive: boolean): RepeatedRuns {
  return new RepeatedRuns({
    interval: sweepMilliseconds,
    run: async () => {
      const now = Date.now();
      await ledger.waitUntilIdle();
      await expireHourly(ledger, now);
      const swept = isLive ? { ...(await alerts.sweep(now, false)), now } : await alerts.sweepPast(now);
      showMessages(swept);
      if (swept !== undefined) await ledger.closeDays(swept.now);
    },
    onFailure: (error) =>
      showTrouble(`Alerts could not be judged, or days could not be closed: ${String(error)}`),
  });
}

/** Sends metrics regularly, if they have a receiver. */
function keepExporting(ledger: LocalLedger): RepeatedRuns {
  return new RepeatedRuns({
    interval: exportMilliseconds,
    run: () => ledger.exportMetrics(),
    onFailure: (error) => showTrouble(`Metrics could not be sent: ${String(error)}`),
  });
}

let nextExpiry = 0;

/**
 * Deletes expired items: when the run has started, because it may continue with the items of an earlier run, and every
 * hour.
 */
async function expireHourly(ledger: LocalLedger, now: number): Promise<void> {
  if (now < nextExpiry) return;
  nextExpiry = now + 3_600_000;
  await ledger.expire(now);
}

function showTrouble(sentence: string): void {
  console.error(`! ${sentence}`);
}

function showMessages(swept: LocalSweep | undefined): void {
  const lines = formatMessages(swept?.told ?? []);
  if (lines.length > 0) console.log(lines.join('\n'));
}

/** A terminal and npm may both pass on a single Ctrl-C, so signals within this time count as one. */
const sameInterruptMilliseconds = 500;
const parentPollMilliseconds = 250;

/** Resolves at the first Ctrl-C or SIGTERM, or when `npm start` has ended. A second signal ends the run immediately. */
function waitForInterruption(): Promise<undefined> {
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
    onNpmEnd(() => {
      if (interrupted === undefined) interrupt();
    });
  });
}

/**
 * npm passes SIGTERM to its shell, and many shells end without passing it on. So a run that npm has started also ends
 * when its parent does.
 */
function onNpmEnd(ended: () => void): void {
  if (process.env['npm_lifecycle_event'] === undefined) return;
  const parent = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    ended();
  }, parentPollMilliseconds);
  timer.unref();
}

/** What a replay needs. */
interface ReplayContext {
  readonly ledger: LocalLedger;
  readonly alerts: LocalAlerts;
  readonly rules: readonly Rule[];
  readonly options: LocalOptions;
  readonly files: readonly UserFile[];
}

async function replayAndReport({ ledger, alerts, rules, options, files }: ReplayContext): Promise<number> {
  const { replay, once, sessionRefresh, apiCredentials } = options;
  let isUndelivered = false;
  switch (replay.kind) {
    case 'nothing':
      if (!once) console.log(`\n${describeEndpoints(ledger, apiCredentials)}`);
      return exitCode.done;
    case 'examples':
      console.log(
        '\nReplaying the bundled examples of five carriers, with duplicates, disorder and broken records …',
      );
      await putExampleTariffs(ledger);
      await reportReplay(ledger, await replayExamples(ledger, process.stdout));
      isUndelivered = await reportAlertsAndDays(ledger, alerts, options);
      break;
    case 'files':
      console.log(`\nImporting ${replay.files.join(', ')} as the source ${replay.source} …`);
      await reportReplay(ledger, await replayFiles(ledger, files, replay.source, process.stdout));
      isUndelivered = await reportAlertsAndDays(ledger, alerts, options);
      break;
    case 'simulation':
      console.log(
        `\nRunning ${count(replay.sims)} SIMs of five carriers for ${replay.hours} hours, seed ${replay.seed} …`,
      );
      console.log(`Alerts, judged every ${sweepHours} hours of the fleet's life and at its end:`);
      return reportSimulation(
        { ledger, alerts, options },
        await replaySimulation(
          ledger,
          alerts,
          { ...replay, sessionRefresh, apiCredentials, rules },
          process.stdout,
          showMessages,
        ),
      );
  }
  if (!once) console.log(`\n${describeEndpoints(ledger, apiCredentials)}`);
  return ledger.countGivenUp() === 0 && !isUndelivered ? exitCode.done : exitCode.unequal;
}

/**
 * Judges the replayed records by their own time, closes the days that have ended by then, and shows both.
 *
 * @returns whether a message still waits for the receiver of `--notify`.
 */
async function reportAlertsAndDays(
  ledger: LocalLedger,
  alerts: LocalAlerts,
  options: LocalOptions,
): Promise<boolean> {
  const swept = await alerts.sweepPast(Date.now());
  if (swept === undefined) return false;
  const upTo = new Date(swept.now).toISOString().slice(0, 16).replace('T', ' ');
  console.log(`\nAlerts up to the newest record, ${upTo} UTC`);
  showMessages(swept);
  console.log(openAlertsTable(await alerts.list()));
  const { sealed } = await ledger.closeDays(swept.now);
  console.log(`\n${describeSealedDays(sealed, options)}`);
  const bills = describeBills(await listLocalBills(ledger), options);
  if (bills !== undefined) console.log(`\n${bills}`);
  return swept.isUndelivered;
}

async function reportReplay(ledger: LocalLedger, { seconds }: { seconds: number }): Promise<void> {
  const rejects = await ledger.listQuarantined();
  console.log(`\nThe ledger now\n${await formatLedger(ledger.dynamoDb)}`);
  if (rejects.length > 0) console.log(`\nIn quarantine\n${rejectTable(rejects)}`);
  console.log(`\nReceipt, in records\n${formatReceipt(ledger.receipts)}`);
  showSpeed(ledger, seconds);
}

async function reportSimulation(
  { ledger, alerts, options }: Omit<ReplayContext, 'rules' | 'files'>,
  simulated: Simulated,
): Promise<number> {
  const { comparison, answers, findings, miscounts, seconds, isUndelivered } = simulated;
  console.log(`\nOpen alerts at the end\n${openAlertsTable(await alerts.list())}`);
  console.log(`\nReceipt, in records\n${formatReceipt(ledger.receipts)}`);
  showSpeed(ledger, seconds);
  const { sessions, usage, events } = comparison.checked;
  const checked = `${count(sessions)} sessions, ${count(usage)} usage items, ${count(events)} events`;
  const compared = [comparison, answers, simulated.alerts, ...(findings === undefined ? [] : [findings])];
  const differing = compared.reduce((sum, one) => sum + one.differing, 0);
  if (differing === 0 && miscounts.length === 0 && ledger.countGivenUp() === 0) {
    console.log(`\nThe ledger equals the simulator's truth: ${checked}.`);
    console.log(`The API's answers about ${count(answers.checked)} sessions of Super SIMs equal it too.`);
    console.log(findings === undefined ? describeAlerts(simulated.alerts) : describeFindings(findings));
    const month = findMonth(findDay(fleetStart));
    if (!options.once) console.log(`  missing      npx simledger --local findings --month ${month}`);
    return isUndelivered ? exitCode.unequal : exitCode.done;
  }
  console.log(`\nThe ledger DIFFERS from the simulator's truth (${checked}), in ${count(differing)} places:`);
  const sentences = [...miscounts, ...compared.flatMap(({ differences }) => differences)];
  for (const sentence of sentences) console.log(`  ${sentence}`);
  return exitCode.unequal;
}

/** For example `The alerts are those that the simulator caused: 12 silent, 1 attach-loop.` */
function describeAlerts({ byRule, grouped, corrected, unchecked }: Simulated['alerts']): string {
  const counts = [...byRule].map(([rule, alerts]) => `${count(alerts)} ${rule}`).join(', ');
  const sentences = [`The alerts are those that the simulator caused: ${counts === '' ? 'none' : counts}.`];
  if (grouped > 0)
    sentences.push(`One incident includes ${count(grouped)} SIMs whose network had an outage.`);
  if (corrected > 0) sentences.push(`Late records merged or withdrew ${count(corrected)} more.`);
  if (unchecked.length > 0)
    sentences.push(`The simulator cannot tell what these rules must find: ${unchecked.join(', ')}.`);
  return sentences.join(' ');
}

/** For example `The findings are those that the simulator caused: 12 chain missing-windows, 1 path file-missing.` */
function describeFindings({ byReason }: FindingComparison): string {
  const counts = [...byReason].map(([reason, findings]) => `${count(findings)} ${reason}`).join(', ');
  return `The findings are those that the simulator caused: ${counts === '' ? 'none' : counts}.`;
}

function showSpeed(ledger: LocalLedger, seconds: number): void {
  const { received } = ledger.receipts.addUp();
  const { kinesisConsumer, fileImporter } = ledger.measurePeakMemory();
  const megabytes = (bytes: number): string => `${Math.round(bytes / 2 ** 20)} MiB`;
  console.log(
    `${count(received)} records in ${seconds.toFixed(1)} s, ${count(received / seconds)} a second; ` +
      `peak memory: consumer ${megabytes(kinesisConsumer)}, importer ${megabytes(fileImporter)}`,
  );
}

function showEndpoints({ endpoints }: LocalLedger, { account, token }: ApiCredentials): void {
  console.log(`The console: ${endpoints.api}/\n`);
  console.log('simledger runs on this machine');
  for (const [name, url] of Object.entries(endpoints)) console.log(`  ${name.padEnd(9)} ${url}`);
  console.log(`  API credentials (account:token)  ${account}:${token}`);
}

/** Shows functions' warnings and errors, and sink validations, because a user waits for these. */
function showLog(line: string): void {
  const entry = toJsonObject(parseJson(line));
  const testId = entry?.['testId'];
  if (testId !== undefined) console.log(`Sink validation: test_id ${makePrintable(String(testId))}`);
  else if (entry === undefined || entry['level'] === 'WARN' || entry['level'] === 'ERROR') {
    console.error(`! ${makePrintable(line)}`);
  }
}

// The process that reads the output may have ended, as in `npm start | head`. The run must still end properly.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });
}

// The SDK recommends a newer Node.js at each start. That matters for deployed functions, not here.
process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] = 'true';

try {
  process.exitCode = await main();
} catch (error) {
  if (!(error instanceof UserError)) throw error;
  console.error(error.message);
  process.exitCode = exitCode.wrongUse;
}
