import type { KnownSource } from '../../lambda/aws/sources.ts';
import { UsageError } from '../../lambda/errors.ts';
import { mapConcurrently } from '../../lambda/store/concurrency.ts';
import {
  type CommandContext,
  type ExitCode,
  exitCode,
  pickColours,
  print,
  printJson,
  requireSource,
  startProgress,
} from '../command.ts';
import { formatTable } from '../terminal/figures.ts';
import { maskText } from '../terminal/masking.ts';
import { count } from '../terminal/progress.ts';
import { importCsv } from './csv-import.ts';
import { type Imported, type Input, openInputs } from './inputs.ts';
import { importJson } from './json-import.ts';

/** `import`: imports files. */
export interface ImportOptions {
  readonly files: readonly string[];
  /** The source of the files. */
  readonly source?: string | undefined;
  /** Files that are imported concurrently. */
  readonly parallel: number;
  /** Seconds without progress after which the command stops watching the deployed importer. */
  readonly wait: number;
}

/** A file and the result of its import. */
interface Outcome extends Imported {
  readonly file: string;
  readonly source: string;
}

/** `import`: imports files from this machine or from S3. */
export async function importFiles(context: CommandContext, options: ImportOptions): Promise<ExitCode> {
  const { deployment } = context;
  if (options.source !== undefined) requireSource(deployment, options.source);
  const inputs: Input[] = [];
  for await (const input of openInputs(deployment.s3, options.files)) inputs.push(input);
  const tasks = inputs.map((input) => ({ input, source: findSource(context, input, options.source) }));
  const bytes = new Map<Input, number>();
  const total = inputs.reduce((sum, input) => sum + input.bytes, 0);
  const progress = startProgress(context, 'bytes');
  const outcomes = await mapConcurrently(tasks, options.parallel, async ({ input, source }) => {
    const onProgress = (done: number): void => {
      bytes.set(input, done);
      progress.show(
        [...bytes.values()].reduce((sum, one) => sum + one, 0),
        total,
      );
    };
    const take = input.kind === 'csv' ? importCsv : importJson;
    const imported = context.signal.aborted
      ? notStarted
      : await take({ context, input, source, maxWaitSeconds: options.wait, onProgress });
    return { file: input.name, source: source.name, ...imported };
  });
  progress.end();
  if (context.json) printJson(context, outcomes);
  else printOutcomes(context, outcomes);
  return chooseExitCode(outcomes);
}

const notStarted: Imported = { outcome: 'interrupted', rows: 0, accepted: 0, rejected: 0 };

/** The source of a file: the source whose bucket holds it, the named source, or the only source. */
function findSource(
  { deployment }: CommandContext,
  { name, object }: Input,
  named: string | undefined,
): KnownSource {
  const { all } = deployment.places.sources;
  const owner = all.find(({ bucket }) => bucket !== undefined && bucket === object?.bucket);
  if (owner !== undefined && (named === undefined || named === owner.name)) return owner;
  if (owner !== undefined) {
    throw new UsageError(
      `Source ${JSON.stringify(named)} does not own ${name}, which is in the bucket of ${owner.name}: leave out --source`,
    );
  }
  if (named !== undefined) return requireSource(deployment, named);
  const [only, other] = all;
  if (only !== undefined && other === undefined) return only;
  const standard = all.find((source) => source.name === 'default');
  if (standard !== undefined) return standard;
  throw new UsageError(
    `The source of ${name} is not known: give --source, one of ${all.map((one) => one.name).join(', ')}`,
  );
}

function printOutcomes(context: CommandContext, outcomes: readonly Outcome[]): void {
  if (outcomes.length === 0) {
    print(context, 'There are no files to import.');
    return;
  }
  const showReason = (reason: string): string => (context.reveal ? reason : maskText(reason));
  const rows = outcomes.map(({ file, source, outcome, rows: read, accepted, rejected, reason }) => [
    ...[file, source, outcome, count(read), count(accepted), count(rejected), showReason(reason ?? '')],
  ]);
  const head = ['file', 'source', 'state', 'records', 'accepted', 'rejected', ''];
  print(context, formatTable(pickColours(context), head, rows));
  if (outcomes.some(({ outcome }) => outcome === 'interrupted')) {
    context.terminal.err.write('Stopped early. Run it again to continue; nothing is done twice.\n');
  }
}

function chooseExitCode(outcomes: readonly Outcome[]): ExitCode {
  if (outcomes.some(({ outcome }) => outcome === 'interrupted')) return exitCode.interrupted;
  const isFine = outcomes.every(({ outcome }) => outcome !== 'failed' && outcome !== 'waiting');
  return isFine && outcomes.length > 0 ? exitCode.done : exitCode.attention;
}
