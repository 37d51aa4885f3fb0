import { Argument, Command, Option } from '@commander-js/extra-typings';
import { rejectCodes } from '../lambda/carriers/reading.ts';
import type { Interpret } from '../lambda/ingest/entries.ts';
import { filters, granularities, sessionStatuses } from '../lambda/queries/parameters.ts';
import manifest from '../package.json' with { type: 'json' };
import {
  exportFormats,
  queryArgument,
  shells,
  timeArgument,
  wholeNumberArgument,
  wordArgument,
} from './arguments.ts';
import type { CommandContext, CommandEnvironment, ExitCode, Perform } from './command.ts';
import { type Deployment, MissingStackError } from './deployment/deployment.ts';

/** The command line: every command, its options and what they take. A command's code is loaded when it is run. */
export function makeProgram(environment: CommandEnvironment, onEnd: (code: ExitCode) => void) {
  const program = newProgram(environment);
  const perform = performer(environment, program, onEnd);
  addStatus(program, perform);
  addQuarantine(program, perform);
  addFailures(program, perform);
  addReplay(program, perform, environment);
  addImport(program, perform);
  addLedger(program, perform, environment);
  addExport(program, perform, environment);
  addDoctor(program, perform, environment);
  addConnect(program, perform);
  addCompletion(program, environment);
  return program;
}

type Program = ReturnType<typeof newProgram>;
type Performer = ReturnType<typeof performer>;

function newProgram({ terminal }: CommandEnvironment) {
  return new Command('simledger')
    .description('Operates simledger: a stack in your AWS account, or the local run.')
    .version(manifest.version)
    .addOption(
      new Option('--local', 'the local run of this machine (npm start) instead of a stack').conflicts([
        'region',
        'profile',
        'stack',
      ]),
    )
    .option('--stack <name>', 'name of the stack', 'simledger')
    .option('--region <region>', 'AWS region; else that of AWS_REGION or of the profile')
    .option('--profile <name>', 'profile of the AWS configuration; else AWS_PROFILE')
    .option('--json', 'print JSON for programs instead of tables')
    .option('--reveal', 'show personal values: IMSI, IMEI, phone numbers, addresses, names')
    .configureHelp({ showGlobalOptions: true })
    .configureOutput({
      writeOut: (text) => terminal.out.write(text),
      writeErr: (text) => terminal.err.write(text),
    })
    .showHelpAfterError('(simledger --help, or --help behind a command, shows what is accepted)')
    .exitOverride();
}

/** Whether a command changes anything. */
type Effect = 'reads' | 'writes';

/** Runs a command on the deployment that the options name. */
function performer(environment: CommandEnvironment, program: Program, onEnd: (code: ExitCode) => void) {
  const { terminal, signal } = environment;
  return async <Options>(
    effect: Effect,
    load: () => Promise<Perform<Options>>,
    options: Options,
  ): Promise<void> => {
    const { json = false, reveal = false } = program.opts();
    const [command, interpret, deployment] = await unlessInterrupted(
      signal,
      Promise.all([load(), loadInterpret(environment), openDeployment(environment, program)]),
    );
    const context: CommandContext = { terminal, deployment, json, reveal, signal, interpret };
    if (effect === 'writes') {
      signal.addEventListener('abort', () =>
        terminal.err.write('\nEnding … (Ctrl-C again leaves at once)\n'),
      );
    }
    try {
      const ended = command(context, options);
      onEnd(await (effect === 'reads' ? unlessInterrupted(signal, ended) : ended));
    } finally {
      deployment.close();
    }
  };
}

/**
 * Waits for something, but not beyond Ctrl-C.
 *
 * @throws the signal's reason.
 */
async function unlessInterrupted<Result>(signal: AbortSignal, work: Promise<Result>): Promise<Result> {
  let stop: () => void = () => undefined;
  const interruption = new Promise<never>((_, reject) => {
    stop = () => reject(signal.reason);
    signal.addEventListener('abort', stop);
    if (signal.aborted) stop();
  });
  try {
    return await Promise.race([interruption, work]);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

async function loadInterpret({ interpret }: CommandEnvironment): Promise<Interpret> {
  return interpret ?? (await import('../lambda/carriers/index.ts')).interpret;
}

async function openDeployment({ terminal }: CommandEnvironment, program: Program): Promise<Deployment> {
  const { local, stack, region, profile } = program.opts();
  if (local === true) {
    const { openLocalRun } = await import('./deployment/local-run.ts');
    return openLocalRun(terminal.env);
  }
  const { openStack } = await import('./deployment/stack.ts');
  return openStack({ stack, region, profile });
}

function addQuarantine(program: Program, perform: Performer): void {
  const quarantine = program.command('quarantine').description('what could not be read');
  quarantine
    .command('list')
    .description('what was rejected: counts by source and reason, and the latest')
    .option('--source <name>', 'of this source only')
    .addOption(wordOption('--reason <code>', 'of this reason only', rejectCodes))
    .option(
      '--limit <n>',
      'how many of the latest to show; else 20, as JSON all',
      wholeNumberArgument(0, 1_000),
    )
    .action((options) =>
      perform('reads', async () => (await import('./quarantine/list.ts')).listQuarantine, options),
    );
  quarantine
    .command('show')
    .description('a reject and its bytes, personal values masked')
    .argument('<id>', 'the ID that list shows, or the key of the object')
    .action((id) => perform('reads', async () => (await import('./quarantine/show.ts')).showReject, { id }));
  quarantine
    .command('redrive')
    .description("reads rejects again with today's code, and puts the good into the ledger")
    .option('--source <name>', 'of this source only')
    .addOption(wordOption('--reason <code>', 'of this reason only', rejectCodes))
    .option('--dry-run', 'say what would become of them, and write nothing', false)
    .action((options) =>
      perform('writes', async () => (await import('./quarantine/redrive.ts')).redriveQuarantine, options),
    );
}

function addStatus(program: Program, perform: Performer): void {
  program
    .command('status')
    .description('whether all is well: sources, files, queues and alarms on one screen')
    .action((options) =>
      perform('reads', async () => (await import('./status/status.ts')).showStatus, options),
    );
}

function addFailures(program: Program, perform: Performer): void {
  const failures = program.command('failures').description('what could be read, but was given up');
  failures
    .command('list')
    .description('batches of streams that Lambda gave up, and files in the dead-letter queue')
    .option(
      '--limit <n>',
      'how many of the latest batches to show; else 20, as JSON all',
      wholeNumberArgument(0, 1_000),
    )
    .action((options) =>
      perform('writes', async () => (await import('./failures/list.ts')).listFailures, options),
    );
  failures
    .command('redrive')
    .description('takes them into the ledger again')
    .option('--dry-run', 'say what would become of them, and write nothing', false)
    .action((options) =>
      perform('writes', async () => (await import('./failures/redrive.ts')).redriveFailures, options),
    );
}

function addReplay(program: Program, perform: Performer, { terminal }: CommandEnvironment): void {
  const time = timeArgument(terminal.now);
  program
    .command('replay')
    .description('takes in again what streams still keep, as the consumer does; nothing is counted twice')
    .option('--from <time>', 'records that arrived since then; else all that are kept', time)
    .option('--to <time>', 'records that arrived until then; else until now', time)
    .option('--source <name>', 'of this source only')
    .option('--stream <name>', 'what this stream keeps, which a source has left behind; with --source')
    .option('--dry-run', 'say what would become of them, and write nothing', false)
    .option('--verify', 'compare every item that they are about before and after', false)
    .action((options) => perform('writes', async () => (await import('./replay/replay.ts')).replay, options));
}

function addImport(program: Program, perform: Performer): void {
  program
    .command('import')
    .description('takes in files: CSV by the deployed importer, JSON and JSON lines from here')
    .argument('<file...>', 'files, folders, s3://bucket/key, or s3://bucket/prefix/')
    .option('--source <name>', 'whose they are')
    .option('--parallel <n>', 'files at the same time', wholeNumberArgument(1, 64), 4)
    .option(
      '--wait <seconds>',
      'how long to wait for an importer that does not move',
      wholeNumberArgument(1, 86_400),
      300,
    )
    .action((files, options) =>
      perform('writes', async () => (await import('./import/import.ts')).importFiles, {
        files,
        ...options,
      }),
    );
}

function addLedger(program: Program, perform: Performer, { terminal }: CommandEnvironment): void {
  const time = timeArgument(terminal.now);
  const most = wholeNumberArgument(1, 1_000_000);
  const { sims, events } = filters;
  program
    .command('sims')
    .description('the fleet')
    .option('--status <word>', "of this status, in the carrier's words", queryArgument(sims.status))
    .addOption(
      new Option('--online <yes>', 'online or not')
        .choices(['true', 'false'])
        .argParser(queryArgument(sims.online)),
    )
    .option('--source <name>', 'of this source', queryArgument(sims.source))
    .option('--fleet <sid>', 'of this fleet', queryArgument(sims.fleet))
    .option('--name <part>', 'whose name has this part', queryArgument(sims.name))
    .option('--limit <n>', 'SIMs, at most; else 50 in a table, and all as JSON or CSV', most)
    .option('--jsonl', 'print a JSON object a line', false)
    .option('--csv', 'print CSV', false)
    .action((options) =>
      perform('reads', async () => (await import('./lists/commands.ts')).showSims, options),
    );
  const ofSim = (name: string, description: string) =>
    program
      .command(name)
      .description(description)
      .argument('<sim>', "ICCID, SID, the carrier's id, or name")
      .option('--from <time>', 'since then; else from 30 days before the end', time)
      .option('--to <time>', 'until then; else until now', time)
      .option('--limit <n>', 'how many, at most; else 50 in a table, and all as JSON or CSV', most)
      .option('--jsonl', 'print a JSON object a line', false)
      .option('--csv', 'print CSV', false);
  ofSim('sessions', "a SIM's data sessions, newest first")
    .addOption(wordOption('--status <word>', 'of this status only', sessionStatuses))
    .action((sim, options) =>
      perform('reads', async () => (await import('./lists/commands.ts')).showSessions, {
        sim,
        ...options,
      }),
    );
  ofSim('usage', 'what a SIM used, with a bar for each period')
    .addOption(
      wordOption('--by <period>', 'sums of these periods, or the records', granularities).default(
        'day' as const,
      ),
    )
    .action((sim, options) =>
      perform('reads', async () => (await import('./lists/commands.ts')).showUsage, { sim, ...options }),
    );
  ofSim('events', "a SIM's events, newest first")
    .option('--type <type>', 'of this type', queryArgument(events.type))
    .action((sim, options) =>
      perform('reads', async () => (await import('./lists/commands.ts')).showEvents, { sim, ...options }),
    );
}

function addExport(program: Program, perform: Performer, { terminal }: CommandEnvironment): void {
  const time = timeArgument(terminal.now);
  program
    .command('export')
    .description('the ledger as files for a spreadsheet, Athena or DuckDB, one a table')
    .requiredOption('--out <dir>', 'folder to write to')
    .option('--from <time>', 'what began since then; else from the beginning on', time)
    .option('--to <time>', 'what began before then; else to the end', time)
    .addOption(wordOption('--format <format>', 'of the files', exportFormats).default('csv' as const))
    .action((options) =>
      perform('writes', async () => (await import('./export/export.ts')).exportLedger, options),
    );
}

function addDoctor(program: Program, perform: Performer, { terminal }: CommandEnvironment): void {
  program
    .command('doctor')
    .description('looks after what can be wrong with a deployment, and says what to do')
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
    .description("what a carrier's portal asks for, and then whether its records come")
    .argument('<source>', 'whose portal is filled in')
    .option('--no-wait', 'print what the portal asks for, and end')
    .option(
      '--hint <seconds>',
      'after how long without a record to look for causes',
      wholeNumberArgument(1, 86_400),
      120,
    )
    .action((source, options) =>
      perform('reads', async () => (await import('./connect/connect.ts')).connect, { source, ...options }),
    );
}

function addCompletion(program: Program, { terminal, script = 'simledger.mjs' }: CommandEnvironment): void {
  program
    .command('completion')
    .description('prints what a shell loads to complete commands and options by Tab')
    .addArgument(new Argument('<shell>', 'whose').choices(shells).argParser(wordArgument(shells)))
    .action(async (shell) => {
      const { completionScript } = await import('./completion/scripts.ts');
      terminal.out.write(completionScript(shell, script));
    });
  // What the printed scripts ask at each Tab.
  program
    .command('complete', { hidden: true })
    .argument('[before...]', "words between the program's name and the cursor's word")
    .option('--word <text>', "the cursor's word", '')
    .action(async (before, { word }) => {
      const { complete } = await import('./completion/candidates.ts');
      const completion = complete(program, before, word);
      const lines =
        completion === 'files'
          ? [':files']
          : completion.map((candidate) => `${candidate.word}\t${candidate.description}`);
      terminal.out.write(lines.map((line) => `${line}\n`).join(''));
    });
}

/** An option that takes one of several words. */
function wordOption<Flags extends string, const Words extends readonly string[]>(
  flags: Flags,
  description: string,
  words: Words,
) {
  return new Option(flags, description).choices(words).argParser(wordArgument<Words[number]>(words));
}
