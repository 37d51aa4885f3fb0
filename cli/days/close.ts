import { setTimeout as wait } from 'node:timers/promises';
import { DescribeTableCommand } from '@aws-sdk/client-dynamodb';
import { DayQueue } from '../../lambda/aws/day-queue.ts';
import { listDays } from '../../lambda/days/day.ts';
import { landedMilliseconds } from '../../lambda/days/fence/durations.ts';
import { makeManifestKey } from '../../lambda/days/pass/lake-objects.ts';
import type { Lake } from '../../lambda/days/pass/ports.ts';
import { orderDays } from '../../lambda/days/run-schedule.ts';
import { findReadFrom } from '../../lambda/days/schedule-start.ts';
import { UsageError } from '../../lambda/errors.ts';
import { mapConcurrently } from '../../lambda/store/concurrency.ts';
import { FenceTable } from '../../lambda/store/day-fence.ts';
import { OpenDaysTable } from '../../lambda/store/open-days.ts';
import { scanPages } from '../../lambda/store/query-pages.ts';
import { ScheduleStartTable } from '../../lambda/store/schedule-start.ts';
import { type CommandContext, type ExitCode, exitCode, print, printJson, startProgress } from '../command.ts';
import type { Deployment } from '../deployment/deployment.ts';
import { count } from '../terminal/progress.ts';
import { countNoun } from '../terminal/quantities.ts';
import { openLake, readClosedThrough } from './lake.ts';
import { type DayRange, describeRange, findToday, requireOrder } from './range.ts';

/** Options of `days close`. */
export interface CloseDaysOptions extends DayRange {
  readonly dryRun: boolean;
}

/**
 * US dollars for reading a million SIM-days: the cost of the day pass in docs/costs.md, rounded up. A test compares
 * them.
 */
export const dollarsPerMillionSimDays = 8;

/** Longer ranges, such as years of history, need several steps. */
const maxDays = 3_700;

/** How often to ask a local run, and how long to wait for another day to be sealed. */
const pollMilliseconds = 500;
const maxStillMilliseconds = 600_000;

/** Seals that are read concurrently. */
const concurrentReads = 16;

/**
 * `days close`: requests that days are closed and read. The fence moves to the last day, unless it is already beyond
 * it; a sealed day stays as it is. Before the schedule's first run, only these days are read: that run begins with the
 * newest day that is due.
 */
export async function closeDays(context: CommandContext, options: CloseDaysOptions): Promise<ExitCode> {
  const { dryRun } = options;
  const { deployment, terminal } = context;
  const now = terminal.now();
  const range = await findRange(deployment, requireRange(options, now));
  const days = listDays(range.from, range.to);
  const lake = openLake(deployment);
  const sealed = await countSealed(lake, days);
  const sims = await countSims(deployment);
  const open = days.length - sealed;
  terminal.err.write(`${describeWork(range, { sealed, open, sims })}\n`);
  if (!dryRun && open > 0) await order(deployment, range, now);
  const isAwaited = !dryRun && open > 0 && deployment.closesAtOnce;
  const reached = isAwaited ? await awaitSeals(context, lake, days) : sealed;
  if (context.json) {
    const closedThrough = (await readClosedThrough(deployment)) ?? null;
    printJson(context, { dryRun, ...range, sims, days: days.length, sealed: reached, closedThrough });
  } else print(context, describeResult({ dryRun, open, reached, isAwaited, days: days.length }));
  return isAwaited && reached < days.length ? exitCode.attention : exitCode.done;
}

/** Extends the range back to the last closed day: every day that the fence passes is read, except history. */
async function findRange(deployment: Deployment, { from, to }: DayRange): Promise<DayRange> {
  const { dynamoDb, places } = deployment;
  const start = new ScheduleStartTable(dynamoDb, places.dayTables.dayState);
  const closed = { closedThrough: await readClosedThrough(deployment), scheduledFrom: await start.read() };
  const first = findReadFrom(from, closed);
  const days = listDays(first, to);
  if (days.length > maxDays) throw makeTooManyError({ from: first, to }, days.length);
  return { from: first, to };
}

function requireRange({ from, to }: CloseDaysOptions, now: number): DayRange {
  requireOrder({ from, to });
  const today = findToday(now);
  if (to >= today) {
    throw new UsageError(`--to ${to} is not over: today is ${today} in UTC. Give an earlier day`);
  }
  const days = listDays(from, to);
  if (days.length > maxDays) throw makeTooManyError({ from, to }, days.length);
  return { from, to };
}

function makeTooManyError(range: DayRange, number: number): UsageError {
  return new UsageError(
    `${count(number)} days, ${describeRange(range)}, are too many at once: close ${count(maxDays)} at most`,
  );
}

/** An estimate: DynamoDB counts items every six hours, and dynalite never does. A table without a count is small. */
async function countSims({ dynamoDb, places }: Deployment): Promise<number> {
  const TableName = places.tables.sims;
  const { Table: { ItemCount: counted = 0 } = {} } = await dynamoDb.send(
    new DescribeTableCommand({ TableName }),
  );
  if (counted > 0) return counted;
  let found = 0;
  for await (const { Count = 0 } of scanPages(dynamoDb, { TableName, Select: 'COUNT' })) found += Count;
  return found;
}

async function countSealed(lake: Pick<Lake, 'open'>, days: readonly string[]): Promise<number> {
  const found = await mapConcurrently(days, concurrentReads, (day) => lake.open(makeManifestKey(day)));
  return found.filter((object) => object !== undefined).length;
}

async function order(deployment: Deployment, { from, to }: DayRange, now: number): Promise<void> {
  const { dynamoDb, sqs, places, closesAtOnce } = deployment;
  const { region, credentials } = sqs.config;
  const queue = new DayQueue({ region, credentials }, places.dayQueue);
  const { dayState } = places.dayTables;
  await orderDays(
    { from, through: to },
    {
      fence: new FenceTable(dynamoDb, dayState),
      openDays: new OpenDaysTable(dynamoDb, dayState),
      start: new ScheduleStartTable(dynamoDb, dayState),
      queue: {
        // A local run does not delay messages: it processes one when no batch is being written.
        send: (messages, delay) => queue.send(messages, closesAtOnce ? 0 : delay),
      },
    },
    now,
  );
}

/** Waits until days are sealed, as long as there is progress. */
async function awaitSeals(
  context: CommandContext,
  lake: Pick<Lake, 'open'>,
  days: readonly string[],
): Promise<number> {
  const progress = startProgress(context, 'days');
  let sealed = 0;
  let changedAt = performance.now();
  while (!context.signal.aborted && performance.now() - changedAt < maxStillMilliseconds) {
    const now = await countSealed(lake, days);
    if (now > sealed) changedAt = performance.now();
    sealed = now;
    progress.show(sealed, days.length);
    if (sealed === days.length) break;
    await wait(pollMilliseconds);
  }
  progress.end();
  return sealed;
}

/** The work to do, and its cost. */
function describeWork(
  range: DayRange,
  { sealed, open, sims }: { readonly sealed: number; readonly open: number; readonly sims: number },
): string {
  const simDays = open * sims;
  const dollars = (simDays / 1_000_000) * dollarsPerMillionSimDays;
  const sentences = [
    `${describeRange(range)}: ${countNoun(open, 'day')} to close, each of about ${countNoun(sims, 'SIM')}: ${countNoun(simDays, 'SIM-day')}.`,
    `On AWS, reading them costs about $${dollars < 0.01 ? '0.01' : dollars.toFixed(2)}.`,
  ];
  return [...sentences, ...(sealed > 0 ? [`${countNoun(sealed, 'day')} sealed already.`] : [])].join(' ');
}

function describeResult(result: {
  readonly dryRun: boolean;
  readonly open: number;
  readonly reached: number;
  readonly isAwaited: boolean;
  readonly days: number;
}): string {
  const { dryRun, open, reached, isAwaited, days: all } = result;
  if (open === 0) return 'All of these days are sealed.';
  if (dryRun) return 'Dry run: nothing is closed.';
  if (!isAwaited) {
    const minutes = Math.ceil(landedMilliseconds / 60_000);
    return `Closing: the days are read in ${minutes} minutes at the earliest. See: simledger days list`;
  }
  return reached === all
    ? `Sealed: ${countNoun(all, 'day')}. See: simledger --local days list`
    : `${count(reached)} of ${countNoun(all, 'day')} sealed: see what the local run printed, and close the days again`;
}
