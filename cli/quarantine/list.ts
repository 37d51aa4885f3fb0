import { mapConcurrently } from '../../lambda/store/concurrency.ts';
import type { RejectLine } from '../../lambda/store/quarantine.ts';
import {
  type CommandContext,
  type ExitCode,
  exitCode,
  pickColours,
  print,
  startProgress,
} from '../command.ts';
import { formatAge, formatTable } from '../terminal/figures.ts';
import { maskText } from '../terminal/masking.ts';
import { count } from '../terminal/progress.ts';
import { formatJson, ResultWriter } from '../terminal/terminal.ts';
import {
  describeNothingFound,
  type RejectFilter,
  type RejectObject,
  readRejects,
  rejectObjects,
  requireRejectSource,
  UnreadableRejectsError,
} from './objects.ts';

/** `quarantine list`: counts rejects by source and reason, and lists the latest. */
export interface QuarantineListOptions extends RejectFilter {
  /** The number of latest objects to show; by default the last {@link shownObjects}, or all of them as JSON. */
  readonly limit?: number | undefined;
}

const shownObjects = 20;

/** Rejects with one source and reason. */
interface Group {
  readonly source: string;
  readonly reason: string;
  readonly objects: number;
  readonly bytes: number;
  /** ISO 8601. */
  readonly oldest: string;
  readonly newest: string;
}

/** A reject in the output. */
interface Shown {
  readonly key: string;
  readonly source: string;
  readonly reason: string;
  readonly sentence: string;
  readonly position: string;
  readonly arrivedAt: string;
  /** Number of rejects in the same object, including this one. */
  readonly records: number;
}

const concurrentReads = 32;

/** `quarantine list`: counts rejects, and shows the latest. */
export async function listQuarantine(
  context: CommandContext,
  { limit, ...filter }: QuarantineListOptions,
): Promise<ExitCode> {
  const { deployment, json } = context;
  await requireRejectSource(deployment, filter);
  const { groups, latest } = await survey(context, filter, limit ?? (json ? 0 : shownObjects));
  if (json) {
    const objects = limit === undefined ? rejectObjects(deployment, filter) : makePage(latest);
    await writeJson(context, groups, selectShownRejects(context, objects));
    return exitCode.done;
  }
  if (groups.length === 0) print(context, await describeNothingFound(deployment, filter));
  else {
    const rejects: Shown[] = [];
    for await (const one of selectShownRejects(context, makePage(latest))) rejects.push(one);
    printTables(context, groups, rejects);
  }
  return exitCode.done;
}

/** There may be many rejects, so they are written while they are read; groups are few. */
async function writeJson(
  { terminal }: CommandContext,
  groups: readonly Group[],
  latest: AsyncIterable<Shown>,
): Promise<void> {
  const writer = new ResultWriter(terminal.out);
  await writer.write(`{\n"groups": ${formatJson(groups)},\n"latest": `);
  await writer.writeArray(latest);
  await writer.write('\n}\n');
  await writer.flush();
}

async function* makePage(objects: readonly RejectObject[]): AsyncGenerator<readonly RejectObject[]> {
  yield objects;
}

/** Objects for the output, in order. */
async function* selectShownRejects(
  context: CommandContext,
  pages: AsyncIterable<readonly RejectObject[]>,
): AsyncGenerator<Shown> {
  for await (const page of pages) {
    for (let from = 0; from < page.length; from += concurrentReads) {
      context.signal.throwIfAborted();
      const objects = page.slice(from, from + concurrentReads);
      const shown = await mapConcurrently(objects, concurrentReads, (object) =>
        describeObject(context, object),
      );
      yield* shown.filter((one) => one !== undefined);
    }
  }
}

/** Reads all keys once, and keeps the latest few. */
async function survey(
  context: CommandContext,
  filter: RejectFilter,
  limit: number,
): Promise<{ groups: Group[]; latest: RejectObject[] }> {
  const groups = new Map<string, Group>();
  let latest: RejectObject[] = [];
  let objects = 0;
  const progress = startProgress(context, 'objects');
  for await (const page of rejectObjects(context.deployment, filter)) {
    for (const object of page) addTo(groups, object);
    latest = [...latest, ...page].sort((a, b) => b.keptAt - a.keptAt).slice(0, limit);
    objects += page.length;
    progress.show(objects, undefined);
    context.signal.throwIfAborted();
  }
  progress.end();
  return { groups: [...groups.values()], latest };
}

function addTo(groups: Map<string, Group>, { source, code, bytes, keptAt }: RejectObject): void {
  const at = new Date(keptAt).toISOString();
  const known = groups.get(`${source}/${code}`);
  groups.set(`${source}/${code}`, {
    source,
    reason: code,
    objects: (known?.objects ?? 0) + 1,
    bytes: (known?.bytes ?? 0) + bytes,
    oldest: known === undefined || at < known.oldest ? at : known.oldest,
    newest: known === undefined || at > known.newest ? at : known.newest,
  });
}

async function describeObject(
  context: CommandContext,
  { key, source, code }: RejectObject,
): Promise<Shown | undefined> {
  const { reveal } = context;
  const lines = await readLines(context, key);
  const [first] = lines;
  if (first === undefined) return undefined;
  return {
    ...{ key, source, reason: code, records: lines.length },
    sentence: reveal ? first.reason : maskText(first.reason),
    position: first.position,
    arrivedAt: first.arrivedAt,
  };
}

/** An object's rejects; none, and a warning, if it holds something else. */
async function readLines({ deployment, terminal }: CommandContext, key: string): Promise<RejectLine[]> {
  try {
    return (await readRejects(deployment, key)) ?? [];
  } catch (error) {
    if (!(error instanceof UnreadableRejectsError)) throw error;
    terminal.err.write(`! ${error.message}\n`);
    return [];
  }
}

function printTables(context: CommandContext, groups: readonly Group[], rejects: readonly Shown[]): void {
  const now = context.terminal.now();
  const age = (time: string): string => formatAge(time, now);
  const total = groups.reduce((sum, { objects }) => sum + objects, 0);
  const counted = groups.map(({ source, reason, objects, bytes, oldest, newest }) => [
    ...[source, reason, count(objects), count(bytes), age(oldest), age(newest)],
  ]);
  const head = ['source', 'reason', 'objects', 'bytes', 'oldest', 'newest'];
  print(
    context,
    formatTable(pickColours(context), head, [...counted, ['all', '', count(total), '', '', '']]),
  );
  if (rejects.length === 0) return;
  print(
    context,
    `\nThe latest ${count(rejects.length)} of ${count(total)} objects (simledger quarantine show ID shows one)`,
  );
  print(
    context,
    formatTable(
      pickColours(context),
      ['ID', 'source', 'reason', 'age', 'records', 'position'],
      rejects.map(({ key, source, sentence, arrivedAt, records, position }) => [
        ...[readObjectId(key), source, cut(sentence, 60), age(arrivedAt), count(records), cut(position, 60)],
      ]),
    ),
  );
}

/** The first characters of an object's name, enough to tell it from others. */
export function readObjectId(key: string): string {
  return key.slice(key.lastIndexOf('/') + 1).slice(0, 12);
}

function cut(text: string, maxLength: number): string {
  return text.length <= maxLength ? text : `${text.slice(0, maxLength - 1)}…`;
}
