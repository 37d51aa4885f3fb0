import { Argument } from '@commander-js/extra-typings';
import { rejectCodes } from '../lambda/carriers/reading.ts';
import {
  addListOptions,
  exportFormats,
  makeTimeParser,
  makeWholeNumberParser,
  makeWordOption,
  makeWordParser,
  parseDayArgument,
  shells,
} from './arguments.ts';
import { addBill, addTariff } from './bill-commands.ts';
import type { CommandEnvironment, ExitCode } from './command.ts';
import { MissingStackError } from './deployment/deployment.ts';
import { addAlerts, addExplore, addPeriods, addSimHistory, addSimLists } from './ledger-commands.ts';
import { makeEmptyProgram, type Program } from './new-program.ts';
import { makePerformer, type Performer, performWithoutDeployment } from './performer.ts';

/** The command line: every command with its options and arguments. A command's code is loaded when it runs. */
export function makeProgram(environment: CommandEnvironment, onEnd: (code: ExitCode) => void) {
  const program = makeEmptyProgram(environment);
  const perform = makePerformer(environment, program, onEnd);
  addStatus(program, perform);
  addQuarantine(program, perform);
  addFailures(program, perform);
  addReplay(program, perform, environment);
  addImport(program, perform);
  addSimLists(program, perform);
  addSimHistory(program, perform, environment);
  addPeriods(program, perform, environment);
  addAlerts(program, perform, environment);
  addDays(program, perform);
  const performAlone = performWithoutDeployment(environment, program, onEnd);
  addExplore(program, perform, performAlone, environment);
  addBill(program, perform);
  addTariff(program, perform, performAlone);
  addExport(program, perform, environment);
  addDoctor(program, perform, environment);
  addConnect(program, perform);
  addCompletion(program, environment);
  return program;
}

function addQuarantine(program: Program, perform: Performer): void {
  const quarantine = program.command('quarantine').description('List, show and redrive rejected records');
  quarantine
    .command('list')
    .description('Count rejects by source and reason, and list the latest')
    .option('--source <name>', 'Only this source')
    .addOption(makeWordOption('--reason <code>', 'Only this reason', rejectCodes))
    .option(
      '--limit <n>',
      'Maximum number of rejects to list (default: 20; all with --json)',
      makeWholeNumberParser(0, 1_000),
    )
    .action((options) =>
      perform('reads', async () => (await import('./quarantine/list.ts')).listQuarantine, options),
    );
  quarantine
    .command('show')
    .description('Show a reject and its bytes')
    .argument('<id>', 'ID that list shows, or key of the object')
    .action((id) => perform('reads', async () => (await import('./quarantine/show.ts')).showReject, { id }));
  quarantine
    .command('redrive')
    .description('Reprocess rejects with the code in this folder')
    .option('--source <name>', 'Only this source')
    .addOption(makeWordOption('--reason <code>', 'Only this reason', rejectCodes))
    .option('--dry-run', 'Show what would happen, and write nothing', false)
    .action((options) =>
      perform('writes', async () => (await import('./quarantine/redrive.ts')).redriveQuarantine, options),
    );
}

function addStatus(program: Program, perform: Performer): void {
  program
    .command('status')
    .description('Show sources, files, queues and alarms')
    .action((options) =>
      perform('reads', async () => (await import('./status/status.ts')).showStatus, options),
    );
}

function addFailures(program: Program, perform: Performer): void {
  const failures = program.command('failures').description('List and redrive failed batches and files');
  failures
    .command('list')
    .description('List the batches that Lambda gave up, and the files in the dead-letter queue')
    .option(
      '--limit <n>',
      'Maximum number of batches to list (default: 20; all with --json)',
      makeWholeNumberParser(0, 1_000),
    )
    .action((options) =>
      perform('writes', async () => (await import('./failures/list.ts')).listFailures, options),
    );
  failures
    .command('redrive')
    .description('Reprocess failed batches and files')
    .option('--dry-run', 'Show what would happen, and write nothing', false)
    .action((options) =>
      perform('writes', async () => (await import('./failures/redrive.ts')).redriveFailures, options),
    );
}

function addReplay(program: Program, perform: Performer, { terminal }: CommandEnvironment): void {
  const time = makeTimeParser(terminal.now);
  program
    .command('replay')
    .description('Reprocess the records that streams still keep')
    .option('--from <time>', 'Start of the range, by arrival (default: the oldest record)', time)
    .option('--to <time>', 'End of the range, by arrival (default: now)', time)
    .option('--source <name>', 'Only this source')
    .option('--stream <name>', 'Read the stream of a removed source as that of --source')
    .option('--dry-run', 'Show what would happen, and write nothing', false)
    .option('--verify', 'Compare every affected item before and after', false)
    .action((options) => perform('writes', async () => (await import('./replay/replay.ts')).replay, options));
}

function addImport(program: Program, perform: Performer): void {
  program
    .command('import')
    .description('Import CSV and JSON files')
    .argument('<file...>', 'Files, folders, s3://bucket/key or s3://bucket/prefix/')
    .option('--source <name>', 'Source that the files belong to')
    .option('--parallel <n>', 'Number of files to import at the same time', makeWholeNumberParser(1, 64), 4)
    .option(
      '--wait <seconds>',
      'Seconds to wait for an importer that makes no progress',
      makeWholeNumberParser(1, 86_400),
      300,
    )
    .action((files, options) =>
      perform('writes', async () => (await import('./import/import.ts')).importFiles, {
        files,
        ...options,
      }),
    );
}

function addDays(program: Program, perform: Performer): void {
  const days = program.command('days').description('List, close and verify days');
  addListOptions(
    days
      .command('list')
      .description('List days and their seals, latest first')
      .option('--from <day>', 'First day (default: the oldest)', parseDayArgument)
      .option('--to <day>', 'Last day (default: today)', parseDayArgument),
  ).action((options) => perform('reads', async () => (await import('./days/list.ts')).showDays, options));
  days
    .command('close')
    .description('Close days and read them, such as years of history')
    .requiredOption('--from <day>', 'First day', parseDayArgument)
    .requiredOption('--to <day>', 'Last day', parseDayArgument)
    .option('--dry-run', 'Show what would happen, and write nothing', false)
    .action((options) => perform('writes', async () => (await import('./days/close.ts')).closeDays, options));
  days
    .command('verify')
    .description('Compare sealed days with their seals')
    .option('--day <day>', 'Only this day', parseDayArgument)
    .option('--from <day>', 'First day (default: the oldest)', parseDayArgument)
    .option('--to <day>', 'Last day (default: the latest)', parseDayArgument)
    .option('--full', 'Also compare with the tables', false)
    .option('--jsonl', 'Print one JSON object per line', false)
    .option('--csv', 'Print CSV', false)
    .action((options) =>
      perform('reads', async () => (await import('./days/verify.ts')).verifyDays, options),
    );
}

function addExport(program: Program, perform: Performer, { terminal }: CommandEnvironment): void {
  const time = makeTimeParser(terminal.now);
  program
    .command('export')
    .description('Export sessions, usage, events and SIMs to files')
    .requiredOption('--out <dir>', 'Folder to write to')
    .option('--from <time>', 'Start of the range (default: the oldest item)', time)
    .option('--to <time>', 'End of the range (default: the latest item)', time)
    .addOption(
      makeWordOption('--format <format>', 'Format of the files', exportFormats).default('csv' as const),
    )
    .action((options) =>
      perform('writes', async () => (await import('./export/export.ts')).exportLedger, options),
    );
}

function addDoctor(program: Program, perform: Performer, { terminal }: CommandEnvironment): void {
  program
    .command('doctor')
    .description('Check a deployment, and say what to fix')
    .action(async (options) => {
      try {
        await perform('reads', async () => (await import('./doctor/doctor.ts')).examine, options);
      } catch (error) {
        if (error instanceof MissingStackError) {
          const { examineMissing } = await import('./doctor/doctor.ts');
          await examineMissing({ terminal, json: program.opts().json === true }, error);
        }
        throw error;
      }
    });
}

function addConnect(program: Program, perform: Performer): void {
  program
    .command('connect')
    .description('Print portal settings, and wait for a record')
    .argument('<source>', 'Name of the source')
    .option('--no-wait', 'Print the values for the portal, and do not wait')
    .option(
      '--hint <seconds>',
      'Seconds without a record after which possible causes are named',
      makeWholeNumberParser(1, 86_400),
      120,
    )
    .action((source, options) =>
      perform('reads', async () => (await import('./connect/connect.ts')).connect, { source, ...options }),
    );
}

function addCompletion(program: Program, { terminal, script = 'simledger.mjs' }: CommandEnvironment): void {
  program
    .command('completion')
    .description('Print the completion script of a shell')
    .addArgument(
      new Argument('<shell>', 'Name of the shell').choices(shells).argParser(makeWordParser(shells)),
    )
    .action(async (shell) => {
      const { makeCompletionScript } = await import('./completion/completion.ts');
      terminal.out.write(makeCompletionScript(shell, script));
    });
  // Called by the printed scripts at each Tab.
  program
    .command('complete', { hidden: true })
    .argument('[before...]', "Words between the program's name and the cursor's word")
    .option('--word <text>', "The cursor's word", '')
    .action(async (before, { word }) => {
      const { complete } = await import('./completion/completion.ts');
      const completion = complete(program, before, word);
      const lines =
        completion === 'files'
          ? [':files']
          : completion.map((candidate) => `${candidate.word}\t${candidate.description}`);
      terminal.out.write(lines.map((line) => `${line}\n`).join(''));
    });
}
