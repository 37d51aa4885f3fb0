import { formatObjectName } from '../../lambda/ingest/files/messages.ts';
import { type CommandContext, type ExitCode, exitCode, pickColours, print } from '../command.ts';
import { formatAge, formatTable } from '../terminal/figures.ts';
import { count } from '../terminal/progress.ts';
import { formatJson, ResultWriter } from '../terminal/terminal.ts';
import {
  type DeadLetter,
  type FailedBatchObject,
  giveBack,
  listFailedBatchObjects,
  readDeadLetters,
  readFailedBatch,
} from './given-up.ts';

/** `failures list`: batches that Lambda gave up, and files in the dead-letter queue. */
export interface FailuresListOptions {
  /** The number of latest batches to show; by default the last {@link shownBatches}, or all of them as JSON. */
  readonly limit?: number | undefined;
}

const shownBatches = 20;

/** A batch in the output. */
interface ShownBatch {
  readonly key: string;
  /** ISO 8601. */
  readonly givenUpAt: string;
  readonly records: number;
  readonly condition: string;
  readonly functionError: string | null;
}

/** `failures list`: what Lambda gave up, and files in the dead-letter queue. */
export async function listFailures(
  context: CommandContext,
  { limit }: FailuresListOptions,
): Promise<ExitCode> {
  const { deployment, json } = context;
  const { batches, latest } = await surveyBatches(context, limit ?? (json ? 0 : shownBatches));
  const files = await listNotifiedFiles(context);
  if (json) {
    const objects = limit === undefined ? listFailedBatchObjects(deployment) : listEach(latest);
    await writeJson(context, batches, describeBatches(context, objects), files);
  } else {
    const shown: ShownBatch[] = [];
    for await (const one of describeBatches(context, listEach(latest))) shown.push(one);
    printTables(context, batches, shown, files);
  }
  return exitCode.done;
}

async function surveyBatches(
  { deployment, signal }: CommandContext,
  limit: number,
): Promise<{ batches: number; latest: FailedBatchObject[] }> {
  let batches = 0;
  let latest: FailedBatchObject[] = [];
  for await (const object of listFailedBatchObjects(deployment)) {
    signal.throwIfAborted();
    batches += 1;
    latest = [...latest, object].sort((a, b) => b.writtenAt - a.writtenAt).slice(0, limit);
  }
  return { batches, latest };
}

async function writeJson(
  { terminal }: CommandContext,
  batches: number,
  latest: AsyncIterable<ShownBatch>,
  files: readonly object[],
): Promise<void> {
  const writer = new ResultWriter(terminal.out);
  await writer.write(`{\n"batches": ${batches},\n"latest": `);
  await writer.writeArray(latest);
  await writer.write(`,\n"files": ${formatJson(files)}\n}\n`);
  await writer.flush();
}

async function* listEach(objects: readonly FailedBatchObject[]): AsyncGenerator<FailedBatchObject> {
  yield* objects;
}

/** Batches for the output, in order. They are read one after the other, because a batch may have 6 MB. */
async function* describeBatches(
  { deployment, signal }: CommandContext,
  objects: AsyncIterable<FailedBatchObject>,
): AsyncGenerator<ShownBatch> {
  for await (const { key, writtenAt } of objects) {
    signal.throwIfAborted();
    const batch = await readFailedBatch(deployment, key);
    yield {
      key,
      givenUpAt: new Date(writtenAt).toISOString(),
      records: batch?.records.length ?? 0,
      condition: batch?.condition ?? 'unreadable',
      functionError: batch?.functionError ?? null,
    };
  }
}

/** Files whose notifications wait in the dead-letter queue, and since when. */
async function listNotifiedFiles({
  deployment,
  signal,
}: CommandContext): Promise<{ file: string; sentAt: string }[]> {
  const files: { file: string; sentAt: string }[] = [];
  const held: DeadLetter[] = [];
  for await (const message of readDeadLetters(deployment)) {
    if (signal.aborted) break;
    const sentAt = new Date(message.sentAt).toISOString();
    for (const object of message.objects ?? []) files.push({ file: formatObjectName(object), sentAt });
    if (message.objects === undefined) files.push({ file: 'not a file notification', sentAt });
    held.push(message);
  }
  for (const message of held) await giveBack(deployment, message);
  return files;
}

function printTables(
  context: CommandContext,
  batches: number,
  latest: readonly ShownBatch[],
  files: readonly { file: string; sentAt: string }[],
): void {
  const now = context.terminal.now();
  print(context, `${count(batches)} batches and ${count(files.length)} file notifications were given up.`);
  if (latest.length > 0) {
    const rows = latest.map(({ givenUpAt, records, condition, functionError, key }) => [
      ...[formatAge(givenUpAt, now), count(records), condition, functionError ?? '', key],
    ]);
    print(
      context,
      `\n${formatTable(pickColours(context), ['age', 'records', 'why', 'error', 'object'], rows)}`,
    );
  }
  if (files.length > 0) {
    const rows = files.map(({ file, sentAt }) => [formatAge(sentAt, now), file]);
    print(context, `\n${formatTable(pickColours(context), ['age', 'file'], rows)}`);
  }
}
