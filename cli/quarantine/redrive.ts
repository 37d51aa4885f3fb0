import {
  type CommandContext,
  type ExitCode,
  exitCode,
  pickColours,
  print,
  printJson,
  startProgress,
} from '../command.ts';
import { formatTable, printReceipts } from '../terminal/figures.ts';
import { maskText } from '../terminal/masking.ts';
import { count } from '../terminal/progress.ts';
import { describeNothingFound, type RejectFilter, rejectObjects, requireRejectSource } from './objects.ts';
import { type Redriven, redriveRejects } from './redrive-rejects.ts';

/** `quarantine redrive`: reads rejects again with the current code, and stores the valid records. */
export interface QuarantineRedriveOptions extends RejectFilter {
  readonly dryRun: boolean;
}

/** The number of most frequent sentences to show. */
const maxSentences = 20;

/** `quarantine redrive`: stores rejected records that can be read now. */
export async function redriveQuarantine(
  context: CommandContext,
  options: QuarantineRedriveOptions,
): Promise<ExitCode> {
  const { deployment, interpret, signal, terminal, json } = context;
  await requireRejectSource(deployment, options);
  const objects = await countObjects(context, options);
  const progress = startProgress(context, 'objects');
  const redriven = await redriveRejects(deployment, {
    ...{ ...options, interpret, signal, now: terminal.now },
    onProgress: (done) => progress.show(done, objects),
  });
  progress.end();
  if (json) printJson(context, formatJson(context, redriven, options.dryRun));
  else await printResult(context, redriven, options);
  if (redriven.interrupted) return exitCode.interrupted;
  return redriven.total.failed > 0 || redriven.troubles.length > 0 ? exitCode.attention : exitCode.done;
}

async function countObjects({ deployment }: CommandContext, filter: RejectFilter): Promise<number> {
  let objects = 0;
  for await (const page of rejectObjects(deployment, filter)) objects += page.length;
  return objects;
}

/** Sentences by frequency, without personal values unless requested. */
function formatSentences({ reveal }: CommandContext, { stillRejected }: Redriven): [string, number][] {
  return [...stillRejected]
    .sort(([, a], [, b]) => b - a)
    .slice(0, maxSentences)
    .map(([sentence, records]) => [reveal ? sentence : maskText(sentence), records]);
}

function formatJson(context: CommandContext, redriven: Redriven, dryRun: boolean): object {
  const { groups, total, removed, troubles, interrupted } = redriven;
  const stillRejected = formatSentences(context, redriven).map(([reason, records]) => ({ reason, records }));
  return { dryRun, total, groups, stillRejected, removedObjects: removed, troubles, interrupted };
}

async function printResult(
  context: CommandContext,
  redriven: Redriven,
  { dryRun, ...filter }: QuarantineRedriveOptions,
): Promise<void> {
  const { groups, removed, troubles, interrupted } = redriven;
  if (groups.length === 0 && troubles.length === 0) {
    const isFiltered = filter.source !== undefined || filter.reason !== undefined;
    print(
      context,
      isFiltered ? await describeNothingFound(context.deployment, filter) : 'There is nothing to redrive.',
    );
    return;
  }
  const rows = groups.map(({ source, reason, receipt }) => [[source, reason], receipt] as const);
  printReceipts(context, dryRun, ['source', 'reason'], rows);
  const sentences = formatSentences(context, redriven);
  if (sentences.length > 0) {
    print(context, dryRun ? '\nWould still be rejected' : '\nStill rejected');
    print(
      context,
      formatTable(
        pickColours(context),
        ['records', 'reason today'],
        sentences.map(([sentence, records]) => [count(records), sentence]),
      ),
    );
  }
  const verb = dryRun ? 'would be' : 'were';
  print(context, `\n${count(removed)} objects ${verb} removed from the quarantine.`);
  for (const trouble of troubles) context.terminal.err.write(`! ${trouble}\n`);
  if (interrupted)
    context.terminal.err.write('Stopped early. Run it again to continue; nothing is done twice.\n');
}
