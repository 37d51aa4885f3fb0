import { objectName } from '../../lambda/file-importer/messages.ts';
import { count } from '../../local/progress.ts';
import { type CommandContext, colours, print, printJson } from '../command.ts';
import { mapConcurrently } from '../concurrently.ts';
import { type ExitCode, exitCode } from '../exit-code.ts';
import { type DeadLetter, deadLetters, giveBack } from '../failures/dead-letters.ts';
import { type FailedBatchObject, failedBatchObjects, readFailedBatch } from '../failures/failed-batches.ts';
import { ageOf } from '../output/ages.ts';
import { tableOf } from '../output/table.ts';

/** `failures list`: batches that Lambda has given up, and files whose announcement was. */
export interface FailuresListOptions {
  /** Batches that are shown, the latest. */
  readonly limit: number;
}

/** A batch as it is shown. */
interface ShownBatch {
  readonly key: string;
  /** ISO 8601. */
  readonly givenUpAt: string;
  readonly records: number;
  readonly condition: string;
  readonly functionError: string | null;
}

const concurrentReads = 8;

export async function listFailures(
  context: CommandContext,
  { limit }: FailuresListOptions,
): Promise<ExitCode> {
  const { batches, latest } = await surveyBatches(context, limit);
  const files = await announcedFiles(context);
  if (context.json) printJson(context, { batches, latest, files });
  else printTables(context, batches, latest, files);
  return exitCode.done;
}

async function surveyBatches(
  { deployment, signal }: CommandContext,
  limit: number,
): Promise<{ batches: number; latest: ShownBatch[] }> {
  let batches = 0;
  let newest: FailedBatchObject[] = [];
  for await (const object of failedBatchObjects(deployment)) {
    batches += 1;
    newest = [...newest, object].sort((a, b) => b.writtenAt - a.writtenAt).slice(0, limit);
    if (signal.aborted) break;
  }
  const latest = await mapConcurrently(newest, concurrentReads, async ({ key, writtenAt }) => {
    const batch = await readFailedBatch(deployment, key);
    return {
      key,
      givenUpAt: new Date(writtenAt).toISOString(),
      records: batch?.records.length ?? 0,
      condition: batch?.condition ?? 'unreadable',
      functionError: batch?.functionError ?? null,
    };
  });
  return { batches, latest };
}

/** Files whose announcements wait in the dead-letter queue, and since when. */
async function announcedFiles({ deployment }: CommandContext): Promise<{ file: string; sentAt: string }[]> {
  const files: { file: string; sentAt: string }[] = [];
  const held: DeadLetter[] = [];
  for await (const message of deadLetters(deployment)) {
    const sentAt = new Date(message.sentAt).toISOString();
    for (const object of message.objects ?? []) files.push({ file: objectName(object), sentAt });
    if (message.objects === undefined) files.push({ file: 'no announcement of a file', sentAt });
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
  print(context, `${count(batches)} batches were given up, ${count(files.length)} announcements of files.`);
  if (latest.length > 0) {
    const rows = latest.map(({ givenUpAt, records, condition, functionError, key }) => [
      ...[ageOf(givenUpAt, now), count(records), condition, functionError ?? '', key],
    ]);
    print(context, `\n${tableOf(colours(context), ['age', 'records', 'why', 'error', 'object'], rows)}`);
  }
  if (files.length > 0) {
    const rows = files.map(({ file, sentAt }) => [ageOf(sentAt, now), file]);
    print(context, `\n${tableOf(colours(context), ['age', 'file'], rows)}`);
  }
}
