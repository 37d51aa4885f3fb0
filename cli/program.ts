import { Argument, Command, Help, Option } from '@commander-js/extra-typings';
import { episodeStates } from '../lambda/alerts/episodes.ts';
import { severities } from '../lambda/alerts/rules.ts';
import { rejectCodes } from '../lambda/carriers/reading.ts';
import { checks } from '../lambda/days/findings/finding.ts';
import type { Interpret } from '../lambda/ingest/entries.ts';
import { exploredKinds, periods } from '../lambda/queries/explore/words.ts';
import {
  filters,
  parseWords,
  sessionStatuses,
  timeParameter,
  usageOrders,
} from '../lambda/queries/parameters.ts';
import manifest from '../package.json' with { type: 'json' };
import {
  billGroups,
  dayArgument,
  exportFormats,
  monthArgument,
  queryArgument,
  shells,
  timeArgument,
  usageWords,
  wholeNumberArgument,
  wordArgument,
} from './arguments.ts';
import type { CommandContext, CommandEnvironment, ExitCode, Perform, PerformAlone } from './command.ts';
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

/** Reads `--limit`, the number of lines or rows that are listed. */
const limit = wholeNumberArgument(1, 1_000_000);

type Program = ReturnType<typeof newProgram>;
type Performer = ReturnType<typeof performer>;
type PerformerAlone = ReturnType<typeof performWithoutDeployment>;

function newProgram({ terminal }: CommandEnvironment) {
  return new Command('simledger')
    .description('Operate simledger: a stack in your AWS account, or the local run')
    .version(manifest.version, '-V, --version', 'Print the version')
    .helpOption('-h, --help', 'Show this help')
    .helpCommand('help [command]', 'Show the help of a command')
    .addOption(
      new Option('--local', 'Use the local run (npm start) instead of a stack').conflicts([
        'region',
        'profile',
        'stack',
      ]),
    )
    .option('--stack <name>', 'Name of the stack', 'simledger')
    .option('--region <region>', 'AWS region (default: AWS_REGION, then profile)')
    .option('--profile <name>', 'AWS profile (default: AWS_PROFILE)')
    .option('--json', 'Print JSON instead of tables')
    .option('--reveal', 'Show personal values such as IMSI and addresses')
    .configureHelp({
      showGlobalOptions: true,
      // Every flag is off by default.
      optionDescription: (option) => new Help().optionDescription(option).replace(' (default: false)', ''),
    })
    .configureOutput({
      writeOut: (text) => terminal.out.write(text),
      writeErr: (text) => terminal.err.write(text),
    })
    .showHelpAfterError('(Run simledger --help, or a command with --help, to see what is accepted)')
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
      settleAll([load(), loadInterpret(environment), openDeployment(environment, program)]),
    );
    const context: CommandContext = { terminal, deployment, json, reveal, signal, interpret };
    if (effect === 'writes') {
      signal.addEventListener('abort', () =>
        terminal.err.write('\nStopping … (Ctrl-C again stops at once)\n'),
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

/** Runs a command that reads files of this machine only. */
function performWithoutDeployment(
  { terminal, signal }: CommandEnvironment,
  program: Program,
  onEnd: (code: ExitCode) => void,
) {
  return async <Options>(load: () => Promise<PerformAlone<Options>>, options: Options): Promise<void> => {
    const { json = false, reveal = false } = program.opts();
    const command = await unlessInterrupted(signal, load());
    onEnd(await unlessInterrupted(signal, command({ terminal, json, reveal, signal }, options)));
  };
}

/** Waits for all work, even if some of it fails, so that no code is being loaded when a command ends. */
async function settleAll<Results extends readonly unknown[]>(
  work: {
    readonly [Index in keyof Results]: Promise<Results[Index]>;
  },
): Promise<Results> {
  await Promise.allSettled(work);
  return (await Promise.all(work)) as unknown as Results;
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
  const quarantine = program.command('quarantine').description('List, show and redrive rejected records');
  quarantine
    .command('list')
    .description('Count rejects by source and reason, and list the latest')
    .option('--source <name>', 'Only this source')
    .addOption(wordOption('--reason <code>', 'Only this reason', rejectCodes))
    .option(
      '--limit <n>',
      'Maximum number of rejects to list (default: 20; all with --json)',
      wholeNumberArgument(0, 1_000),
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
    .addOption(wordOption('--reason <code>', 'Only this reason', rejectCodes))
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
      wholeNumberArgument(0, 1_000),
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
  const time = timeArgument(terminal.now);
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
    .option('--parallel <n>', 'Number of files to import at the same time', wholeNumberArgument(1, 64), 4)
    .option(
      '--wait <seconds>',
      'Seconds to wait for an importer that makes no progress',
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
  const { sims, events } = filters;
  const ofFleet = (name: string, description: string) =>
    program
      .command(name)
      .description(description)
      .option(
        '--status <word>',
        "Only SIMs with this status, in the carrier's words",
        queryArgument(sims.status),
      )
      .addOption(
        new Option('--online <boolean>', 'Only SIMs that are online, or are not')
          .choices(['true', 'false'])
          .argParser(queryArgument(sims.online)),
      )
      .option('--source <name>', 'Only this source', queryArgument(sims.source))
      .option('--fleet <sid>', 'Only this fleet', queryArgument(sims.fleet))
      .option('--name <part>', 'Only SIMs whose name contains this', queryArgument(sims.name))
      .option('--limit <n>', 'Maximum number of SIMs to list (default: 50 in a table, else all)', limit)
      .option('--jsonl', 'Print one JSON object per line', false)
      .option('--csv', 'Print CSV', false);
  ofFleet('sims', 'List SIMs').action((options) =>
    perform('reads', async () => (await import('./lists/commands.ts')).showSims, options),
  );
  ofFleet('silent', 'List SIMs not heard for some time')
    .requiredOption(
      '--for <duration>',
      'How long nothing was heard: 90m, 24h, 7d',
      queryArgument(sims.silent),
    )
    .action((options) =>
      perform('reads', async () => (await import('./lists/commands.ts')).showSilent, options),
    );
  const ofPeriod = (name: string, description: string) =>
    program
      .command(name)
      .description(description)
      .option('--from <time>', 'Start of the range (default: 30 days before its end)', time)
      .option('--to <time>', 'End of the range (default: now)', time)
      .addOption(
        new Option('--month <month>', 'A calendar month such as 2026-10, in UTC')
          .argParser(monthArgument)
          .conflicts(['from', 'to']),
      )
      .option('--limit <n>', 'Maximum number to list (default: 50 in a table, else all)', limit)
      .option('--jsonl', 'Print one JSON object per line', false)
      .option('--csv', 'Print CSV', false);
  const ofSim = (name: string, description: string) =>
    program
      .command(name)
      .description(description)
      .argument('<sim>', "ICCID, SID, carrier's id or name of the SIM")
      .option('--from <time>', 'Start of the range (default: 30 days before its end)', time)
      .option('--to <time>', 'End of the range (default: now)', time)
      .option('--limit <n>', 'Maximum number to list (default: 50 in a table, else all)', limit)
      .option('--jsonl', 'Print one JSON object per line', false)
      .option('--csv', 'Print CSV', false);
  ofSim('sessions', 'List the data sessions of a SIM, newest first')
    .addOption(wordOption('--status <word>', 'Only sessions with this status', sessionStatuses))
    .action((sim, options) =>
      perform('reads', async () => (await import('./lists/commands.ts')).showSessions, {
        sim,
        ...options,
      }),
    );
  ofPeriod('usage', 'Show the usage of a SIM by period, or of the fleet')
    .argument('[sim]', "ICCID, SID, carrier's id or name of the SIM")
    .option('--fleet [sid]', 'Usage of all SIMs, or of those of a fleet')
    .addOption(
      new Option(
        '--by <words>',
        'Period to sum up; of the fleet also what to tell apart (default: day for a SIM, all for the fleet)',
      )
        .choices(usageWords)
        .argParser(queryArgument(parseWords(usageWords))),
    )
    .action((sim, options) =>
      perform('reads', async () => (await import('./lists/fleet-usage.ts')).showUsage, {
        sim,
        ...options,
        by: options.by ?? [],
      }),
    );
  ofPeriod('top', 'List the SIMs that used most')
    .addOption(wordOption('--by <measure>', 'What to compare', usageOrders).default('bytes' as const))
    .action((options) =>
      perform('reads', async () => (await import('./lists/fleet-usage.ts')).showTop, options),
    );
  ofPeriod('findings', 'List what carriers lost, or delivered twice')
    .addOption(wordOption('--check <word>', 'Only findings of this check', checks))
    .option('--sim <sim>', 'Only findings of this SIM', queryArgument(filters.findings.sim))
    .option('--source <name>', 'Only this source', queryArgument(filters.findings.source))
    .action((options) =>
      perform('reads', async () => (await import('./findings/list.ts')).showFindings, options),
    );
  ofSim('events', 'List the events of a SIM, newest first')
    .option('--type <type>', 'Only events of this type', queryArgument(events.type))
    .action((sim, options) =>
      perform('reads', async () => (await import('./lists/commands.ts')).showEvents, { sim, ...options }),
    );
}

function addAlerts(program: Program, perform: Performer, { terminal }: CommandEnvironment): void {
  const time = timeArgument(terminal.now);
  const { rule, sim, source } = filters.alerts;
  const alerts = program.command('alerts').description('List, mute and back-test alerts');
  alerts
    .command('list')
    .description('List alerts, newest first')
    .addOption(wordOption('--state <word>', 'Only alerts in this state', episodeStates))
    .addOption(wordOption('--severity <word>', 'Only alerts of this severity', severities))
    .option('--rule <name>', 'Only alerts of this rule', queryArgument(rule))
    .option('--sim <sim>', 'Only alerts of this SIM', queryArgument(sim))
    .option('--source <name>', 'Only this source', queryArgument(source))
    .option('--from <time>', 'Start of the range (default: 400 days before its end)', time)
    .option('--to <time>', 'End of the range (default: now)', time)
    .option('--limit <n>', 'Maximum number to list (default: 50 in a table, else all)', limit)
    .option('--jsonl', 'Print one JSON object per line', false)
    .option('--csv', 'Print CSV', false)
    .action((options) =>
      perform('reads', async () => (await import('./alerts/list.ts')).showAlerts, options),
    );
  alerts
    .command('show')
    .description('Show an alert and the records that it rests on')
    .argument('<id>', 'ID that list shows')
    .action((id) => perform('reads', async () => (await import('./alerts/show.ts')).showAlert, { id }));
  alerts
    .command('mute')
    .description('Hold back messages about a rule, a SIM or a source for a time')
    .option('--rule <name>', 'Alerts of this rule', queryArgument(rule))
    .option('--sim <sim>', 'Alerts of this SIM', queryArgument(sim))
    .option('--source <name>', 'Alerts of this source', queryArgument(source))
    .option('--for <duration>', 'How long: 90m, 8h, 7d', queryArgument(filters.sims.silent))
    .option('--until <time>', 'When it ends', queryArgument(timeParameter))
    .option('--reason <text>', 'Why')
    .action((options) =>
      perform('writes', async () => (await import('./alerts/mutes.ts')).muteAlerts, options),
    );
  alerts
    .command('mutes')
    .description('List the mutes in force')
    .option('--limit <n>', 'Maximum number to list (default: 50 in a table, else all)', limit)
    .option('--jsonl', 'Print one JSON object per line', false)
    .option('--csv', 'Print CSV', false)
    .action((options) =>
      perform('reads', async () => (await import('./alerts/mutes.ts')).showMutes, options),
    );
  alerts
    .command('test')
    .description('Test rules on past records, beside what was sent')
    .argument('[rules]', 'JSON file of rules (default: the default rules)')
    .option('--from <time>', 'Start of the range (default: 30 days before its end)', time)
    .option('--to <time>', 'End of the range (default: now)', time)
    .option('--sim <sim>', 'Only this SIM', queryArgument(sim))
    .option('--jsonl', 'Print one JSON object per line', false)
    .option('--csv', 'Print CSV', false)
    .action((file, options) =>
      perform('reads', async () => (await import('./alerts/back-test.ts')).testRules, { file, ...options }),
    );
  alerts
    .command('unmute')
    .description('End a mute')
    .argument('<id>', 'ID that mutes shows')
    .action((id) => perform('writes', async () => (await import('./alerts/mutes.ts')).unmuteAlerts, { id }));
}

function addDays(program: Program, perform: Performer): void {
  const days = program.command('days').description('List, close and verify days');
  days
    .command('list')
    .description('List days and their seals, latest first')
    .option('--from <day>', 'First day (default: the oldest)', dayArgument)
    .option('--to <day>', 'Last day (default: today)', dayArgument)
    .option('--limit <n>', 'Maximum number to list (default: 50 in a table, else all)', limit)
    .option('--jsonl', 'Print one JSON object per line', false)
    .option('--csv', 'Print CSV', false)
    .action((options) => perform('reads', async () => (await import('./days/list.ts')).showDays, options));
  days
    .command('close')
    .description('Close days and have them read, such as years of history')
    .requiredOption('--from <day>', 'First day', dayArgument)
    .requiredOption('--to <day>', 'Last day', dayArgument)
    .option('--dry-run', 'Show what would happen, and write nothing', false)
    .action((options) => perform('writes', async () => (await import('./days/close.ts')).closeDays, options));
  days
    .command('verify')
    .description('Compare sealed days with their seals')
    .option('--day <day>', 'Only this day', dayArgument)
    .option('--from <day>', 'First day (default: the oldest)', dayArgument)
    .option('--to <day>', 'Last day (default: the latest)', dayArgument)
    .option('--full', 'Compare with the tables, too', false)
    .option('--jsonl', 'Print one JSON object per line', false)
    .option('--csv', 'Print CSV', false)
    .action((options) =>
      perform('reads', async () => (await import('./days/verify.ts')).verifyDays, options),
    );
}

function addExplore(
  program: Program,
  perform: Performer,
  performAlone: PerformerAlone,
  { terminal }: CommandEnvironment,
): void {
  const time = timeArgument(terminal.now);
  program
    .command('explore')
    .description('Ask closed days for sums, counts or rows')
    .addArgument(
      new Argument('[kind]', 'What to ask about')
        .choices(exploredKinds)
        .argParser(wordArgument(exploredKinds)),
    )
    .option('--sum <columns>', 'Add up these columns')
    .option('--count [columns]', 'Count rows, or the different values of these columns')
    .option('--max <columns>', 'Find the greatest value of these columns')
    .option('--percentile <percentiles>', 'Find percentiles such as 95:bytes')
    .option('--by <columns>', 'Tell these columns apart')
    .addOption(wordOption('--every <period>', 'Tell periods apart', periods))
    .option('--where <conditions>', 'Only these rows: country=DE,source!=kore,bytes>=1000')
    .option('--top <n>', 'Only the groups with the most', wholeNumberArgument(1, 10_000))
    .option('--sql <select>', 'Ask by SQL instead')
    .option('--from <time>', 'Start of the range (default: 30 days before its end)', time)
    .option('--to <time>', 'End of the range (default: now)', time)
    .addOption(
      new Option('--month <month>', 'A calendar month such as 2026-10, in UTC')
        .argParser(monthArgument)
        .conflicts(['from', 'to']),
    )
    .option('--lake <dir>', 'Read a lake in this folder, and no deployment')
    .option('--print', 'Print the SQL, and do not run it', false)
    .option('--limit <n>', 'Maximum number of rows (default: 50 in a table, else all)', limit)
    .option('--jsonl', 'Print one JSON object per line', false)
    .option('--csv', 'Print CSV', false)
    .action((kind, { lake, ...options }) =>
      lake === undefined
        ? perform('reads', async () => (await import('./explore/places.ts')).exploreDeployment, {
            kind,
            ...options,
          })
        : performAlone(async () => (await import('./explore/places.ts')).exploreFolder, {
            kind,
            lake,
            ...options,
          }),
    );
}

function addBill(program: Program, perform: Performer): void {
  const bill = program.command('bill').description('Make bills, and check those of carriers');
  /** What decides a bill besides records. */
  const ofMonth = (name: string, description: string, options?: { isDefault: boolean }) =>
    bill
      .command(name, options)
      .description(description)
      .requiredOption(
        '--month <month>',
        'The month in which the billing periods end, such as 2026-10',
        monthArgument,
      )
      .option('--roster <file>', 'CSV file of SIMs: what the ledger cannot know of them')
      .option('--balances <file>', 'CSV file of what SIMs had used before the ledger began')
      .option('--csv', 'Print CSV', false);
  ofMonth('show', 'Show what the usage of a month should cost', { isDefault: true })
    .option(
      '--tariff <file...>',
      "JSON files of tariffs (default: those that are put, or else the carriers' own cost)",
    )
    .addOption(
      new Option('--by <words>', 'What to tell apart')
        .choices(billGroups)
        .argParser(queryArgument(parseWords(billGroups))),
    )
    .option('--html <file>', 'Also write the bill as a page to this file')
    .option('--focus <account>', "Print the lines as CSV of FOCUS, with the carrier's id of your account")
    .option('--explain <line>', 'Show how a line came about, down to its records')
    .addOption(
      new Option('--stored', 'Show the bill that is stored').conflicts([
        ...(['tariff', 'roster', 'balances', 'by', 'explain'] as const),
      ]),
    )
    .addOption(
      new Option('--forecast', 'Show what the month will come to').conflicts([
        ...(['stored', 'against', 'by', 'explain', 'html', 'csv'] as const),
      ]),
    )
    .addOption(
      new Option('--against <month>', 'Say why the month differs from another one')
        .argParser(monthArgument)
        .conflicts([...(['stored', 'by', 'explain', 'html', 'csv'] as const)]),
    )
    .action((options) =>
      perform('reads', async () => (await import('./bill/show.ts')).showBill, {
        ...options,
        by: options.by ?? [],
        tariff: options.tariff ?? [],
        stored: options.stored ?? false,
        forecast: options.forecast ?? false,
      }),
    );
  bill
    .command('list')
    .description('List the bills that are stored, the newest month first')
    .option('--limit <n>', 'Maximum number to list (default: 50 in a table, else all)', limit)
    .option('--jsonl', 'Print one JSON object per line', false)
    .option('--csv', 'Print CSV', false)
    .action((options) => perform('reads', async () => (await import('./bill/list.ts')).showBills, options));
  ofMonth('check', 'Compare an invoice with what usage should cost, and say why they differ')
    .argument('<invoice>', 'CSV file of the invoice')
    .requiredOption('--tariff <file...>', 'JSON files of tariffs')
    .requiredOption('--map <file>', "JSON file that maps the invoice's columns")
    .option('--pack <dir>', 'Also write a dispute pack for the carrier to this folder')
    .action((invoice, options) =>
      perform('reads', async () => (await import('./bill/check.ts')).checkInvoice, { invoice, ...options }),
    );
  bill
    .command('savings')
    .description('Show what a month would have cost by each of several tariffs')
    .requiredOption(
      '--month <month>',
      'The month in which the billing periods end, such as 2026-10',
      monthArgument,
    )
    .requiredOption('--tariff <file...>', 'JSON files of tariffs')
    .option('--roster <file>', 'CSV file of SIMs: what the ledger cannot know of them')
    .option('--balances <file>', 'CSV file of what SIMs had used before the ledger began')
    .option('--csv', 'Print CSV', false)
    .action((options) =>
      perform('reads', async () => (await import('./bill/savings.ts')).showSavings, options),
    );
  bill
    .command('sims')
    .description('List SIMs that cost and do nothing, and the reverse')
    .requiredOption(
      '--month <month>',
      'The month in which the billing periods end, such as 2026-10',
      monthArgument,
    )
    .requiredOption('--tariff <file...>', 'JSON files of tariffs')
    .option('--invoice <file>', 'CSV file of the invoice (default: the tariffs say what is billed)')
    .option('--map <file>', "JSON file that maps the invoice's columns")
    .option('--silent <days>', 'Days without usage', wholeNumberArgument(1, 366), 30)
    .option('--roster <file>', 'CSV file of SIMs: what the ledger cannot know of them')
    .option('--balances <file>', 'CSV file of what SIMs had used before the ledger began')
    .option('--csv', 'Print CSV', false)
    .action((options) => perform('reads', async () => (await import('./bill/sims.ts')).showOddSims, options));
}

function addTariff(program: Program, perform: Performer, performAlone: PerformerAlone): void {
  const tariff = program.command('tariff').description('Check, put and list tariffs');
  /** Files that are read. */
  const ofFiles = (name: string, description: string) =>
    tariff
      .command(name)
      .description(description)
      .argument('[file...]', 'JSON files of tariffs')
      .option('--roster <file>', 'CSV file of SIMs: what the ledger cannot know of them')
      .option('--balances <file>', 'CSV file of what SIMs had used before the ledger began');
  ofFiles('check', 'Check files of tariffs, and store nothing').action((files, options) =>
    performAlone(async () => (await import('./tariff/check.ts')).checkTariffs, { files, ...options }),
  );
  ofFiles('put', 'Store tariffs, a roster and opening balances, and say what changes from which day')
    .option('--remove <name...>', 'Names of tariffs that hold no more')
    .option(
      '--bills-from <month>',
      'Make bills from this month on (default: last month, and those that are stored)',
      monthArgument,
    )
    .option('--dry-run', 'Show what would happen, and write nothing', false)
    .action((files, options) =>
      perform('writes', async () => (await import('./tariff/put.ts')).putTariffs, {
        ...options,
        files,
        remove: options.remove ?? [],
      }),
    );
  tariff
    .command('list')
    .description('List the tariffs by which bills are made')
    .action((options) =>
      perform('reads', async () => (await import('./tariff/list.ts')).listTariffs, options),
    );
}

function addExport(program: Program, perform: Performer, { terminal }: CommandEnvironment): void {
  const time = timeArgument(terminal.now);
  program
    .command('export')
    .description('Export sessions, usage, events and SIMs to files')
    .requiredOption('--out <dir>', 'Folder to write to')
    .option('--from <time>', 'Start of the range (default: the oldest item)', time)
    .option('--to <time>', 'End of the range (default: the latest item)', time)
    .addOption(wordOption('--format <format>', 'Format of the files', exportFormats).default('csv' as const))
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
    .option('--no-wait', 'Print what the portal asks for, and do not wait')
    .option(
      '--hint <seconds>',
      'Seconds without a record after which possible causes are named',
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
    .description('Print the completion script of a shell')
    .addArgument(new Argument('<shell>', 'Name of the shell').choices(shells).argParser(wordArgument(shells)))
    .action(async (shell) => {
      const { completionScript } = await import('./completion/completion.ts');
      terminal.out.write(completionScript(shell, script));
    });
  // What the printed scripts ask at each Tab.
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

/** An option that takes one of several words. */
function wordOption<Flags extends string, const Words extends readonly string[]>(
  flags: Flags,
  description: string,
  words: Words,
) {
  return new Option(flags, description).choices(words).argParser(wordArgument<Words[number]>(words));
}
