import { GetQueueAttributesCommand } from '@aws-sdk/client-sqs';
import { UnreachableError } from '../../lambda/errors.ts';
import { mapConcurrently } from '../../lambda/store/concurrency.ts';
import { isStalled } from '../../lambda/store/files.ts';
import { LedgerReader } from '../../lambda/store/reader.ts';
import { type CommandContext, type ExitCode, exitCode, pickColours, print, printJson } from '../command.ts';
import type { Counted, Deployment, OpenAlarm, SourceTraffic } from '../deployment/deployment.ts';
import { explainInOneLine } from '../errors.ts';
import { formatAge, formatTable } from '../terminal/figures.ts';
import { count } from '../terminal/progress.ts';
import { formatDuration } from '../terminal/quantities.ts';

/** `status`: the state of the deployment, on one screen. */

/** The number of latest files that are read for each source. */
const maxFiles = 50;
const concurrentReads = 8;

/** The state of a source. */
interface SourceStatus {
  readonly source: string;
  /** Undefined if it could not be read. */
  readonly traffic: SourceTraffic | undefined;
  readonly files: FileStatus | undefined;
}

/** The latest files of a source. */
interface FileStatus {
  /** When the last one was delivered, ISO 8601. */
  readonly last: string | undefined;
  /** Files whose import is running. */
  readonly importing: number;
  /** Files whose import stalled: they are being retried, or wait in the dead-letter queue. */
  readonly stalled: number;
  readonly failed: number;
  /** The number of files that these counts cover. */
  readonly among: number;
}

/** A queue and its number of messages. */
interface QueueStatus {
  readonly queue: string;
  readonly waiting: number;
  readonly inWork: number;
}

/** A part of the status that could not be read. */
interface Missing {
  /** `queues`, `open alarms`, … */
  readonly what: string;
  /** Why, and what to do. */
  readonly sentence: string;
}

/** A service that does not answer within these milliseconds is left out. */
const maxWaitMilliseconds = 15_000;

/** `status`: shows what arrives, what waits and what is wrong. */
export async function showStatus(context: CommandContext, _: object): Promise<ExitCode> {
  const { deployment } = context;
  const parts = new Parts();
  const [traffic, alarms, queues, files] = await Promise.all([
    parts.read('records', () => deployment.readTraffic()),
    parts.read('open alarms', () => deployment.openAlarms()),
    parts.read('queues', () => readQueueStatus(deployment)),
    parts.read('files', () => readFilesBySource(deployment, context.terminal.now())),
  ]);
  const { missing } = parts;
  if (parts.answered === 0) throw parts.errors[0];
  const sources = deployment.places.sources.all.map(
    ({ name: source }): SourceStatus => ({
      source,
      traffic: traffic?.find((one) => one.source === source),
      files: files?.get(source),
    }),
  );
  if (context.json) {
    printJson(context, {
      deployment: deployment.title,
      sources: sources.map((one) => ({
        source: one.source,
        ...(one.traffic ?? { hour: null, day: null }),
        files: one.files,
      })),
      queues: queues ?? null,
      openAlarms: alarms ?? null,
      missing,
    });
  } else printStatus(context, sources, queues ?? [], alarms);
  for (const { what, sentence } of missing) {
    context.terminal.err.write(`! The ${what} cannot be read: ${sentence}\n`);
  }
  const isWell = missing.length === 0 && (alarms === undefined || alarms.length === 0);
  return isWell ? exitCode.done : exitCode.attention;
}

/** Reads the parts of a status independently: it notes a failed part, and shows the others. */
class Parts {
  readonly missing: Missing[] = [];
  readonly errors: unknown[] = [];
  answered = 0;

  /** A part; undefined if its service failed or did not answer in time. */
  async read<Part>(what: string, read: () => Promise<Part>): Promise<Part | undefined> {
    const waiting = new AbortController();
    try {
      const part = await Promise.race([read(), rejectAfterTimeout(waiting.signal)]);
      this.answered += 1;
      return part;
    } catch (error) {
      this.errors.push(error);
      this.missing.push({ what, sentence: explainInOneLine(error) });
      return undefined;
    } finally {
      waiting.abort();
    }
  }
}

async function rejectAfterTimeout(signal: AbortSignal): Promise<never> {
  await new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, maxWaitMilliseconds);
    signal.addEventListener('abort', () => {
      clearTimeout(timer);
      resolve();
    });
  });
  throw new UnreachableError(
    `the service did not answer within ${maxWaitMilliseconds / 1000} seconds. Try again, or look at the AWS Health Dashboard`,
  );
}

/** The files of sources that have or could have any. */
async function readFilesBySource(
  deployment: Deployment,
  now: number,
): Promise<ReadonlyMap<string, FileStatus>> {
  const names = deployment.places.sources.all.map(({ name }) => name);
  const found = await mapConcurrently(names, concurrentReads, async (name) => ({
    name,
    files: await readFileStatus(deployment, name, now),
  }));
  return new Map(found.flatMap(({ name, files }) => (files === undefined ? [] : [[name, files]])));
}

async function readFileStatus(
  deployment: Deployment,
  source: string,
  now: number,
): Promise<FileStatus | undefined> {
  const { places, dynamoDb } = deployment;
  const reader = new LedgerReader({ client: dynamoDb, ...places.tables });
  const keys = await reader.fileKeys(source, maxFiles, undefined);
  const hasBucket = places.sources.all.some(({ name, bucket }) => name === source && bucket !== undefined);
  if (keys.length === 0 && !hasBucket) return undefined;
  const manifests = await reader.readFiles(keys.map(({ object }) => object));
  return {
    last: keys[0]?.delivered,
    importing: manifests.filter((one) => one.state === 'importing' && !isStalled(one, now)).length,
    stalled: manifests.filter((one) => isStalled(one, now)).length,
    failed: manifests.filter(({ state }) => state === 'failed').length,
    among: manifests.length,
  };
}

async function readQueueStatus({ sqs, places }: Deployment): Promise<QueueStatus[]> {
  const { files, deadLetters } = places.queues ?? {};
  const named = [
    ['files to import', files],
    ['dead letters', deadLetters],
  ] as const;
  const queues = named.flatMap(([queue, url]) => (url === undefined ? [] : [{ queue, url }]));
  return mapConcurrently(queues, concurrentReads, async ({ queue, url }) => {
    const { Attributes = {} } = await sqs.send(
      new GetQueueAttributesCommand({
        QueueUrl: url,
        AttributeNames: ['ApproximateNumberOfMessages', 'ApproximateNumberOfMessagesNotVisible'],
      }),
    );
    return {
      queue,
      waiting: Number(Attributes['ApproximateNumberOfMessages'] ?? 0),
      inWork: Number(Attributes['ApproximateNumberOfMessagesNotVisible'] ?? 0),
    };
  });
}

function printStatus(
  context: CommandContext,
  sources: readonly SourceStatus[],
  queues: readonly QueueStatus[],
  alarms: readonly OpenAlarm[] | undefined,
): void {
  const { bold, red, green } = pickColours(context);
  const now = context.terminal.now();
  print(context, bold(`Status of ${context.deployment.title}`));
  const head = [
    'source',
    'last record',
    'lag',
    'last hour',
    'rejected',
    'last day',
    'rejected',
    'last file',
    'files',
  ];
  const formatRejected = ({ rejected: number }: Counted): string => (number === 0 ? '0' : red(count(number)));
  const trafficCells = (traffic: SourceTraffic | undefined): string[] => {
    if (traffic === undefined) return ['?', '?', '?', '?', '?', '?'];
    const { lastRecord, lagSeconds, hour, day } = traffic;
    return [
      lastRecord === undefined ? 'none in a day' : `${formatAge(lastRecord, now)} ago`,
      lagSeconds === undefined ? '' : formatDuration(lagSeconds),
      ...[count(hour.received), formatRejected(hour), count(day.received), formatRejected(day)],
    ];
  };
  const rows = sources.map(({ source, traffic, files }) => [
    ...[source, ...trafficCells(traffic)],
    files?.last === undefined ? '' : `${formatAge(files.last, now)} ago`,
    files === undefined ? '' : describeFiles(files),
  ]);
  print(context, formatTable(pickColours(context), head, rows));
  for (const { queue, waiting, inWork } of queues) {
    const words = `${count(waiting)} waiting, ${count(inWork)} in progress`;
    print(context, `${queue.padEnd(16)} ${queue === 'dead letters' && waiting > 0 ? red(words) : words}`);
  }
  if (alarms === undefined) return;
  print(
    context,
    `${'open alarms'.padEnd(16)} ${alarms.length === 0 ? green('none') : red(count(alarms.length))}`,
  );
  for (const { sentence, since } of alarms)
    print(context, `  ${formatAge(since, now).padEnd(8)} ${sentence}`);
}

function describeFiles({ importing, stalled, failed, among }: FileStatus): string {
  if (among === 0) return 'none';
  const words = [
    importing === 0 ? '' : `${count(importing)} importing`,
    stalled === 0 ? '' : `${count(stalled)} stalled`,
    failed === 0 ? '' : `${count(failed)} failed`,
  ].filter((word) => word !== '');
  return words.length === 0 ? 'all imported' : `${words.join(', ')} of the last ${count(among)}`;
}
