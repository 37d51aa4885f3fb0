import { Argument, Option } from '@commander-js/extra-typings';
import { episodeStates } from '../lambda/alerts/episode.ts';
import { severities } from '../lambda/alerts/rules.ts';
import { rejectCodes } from '../lambda/carriers/reading.ts';
import { checks } from '../lambda/days/findings/finding.ts';
import { exploredKinds, periods } from '../lambda/queries/explore/words.ts';
import {
  filters,
  parseWords,
  sessionStatuses,
  timeParameter,
  usageOrders,
} from '../lambda/queries/parameters.ts';
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
  wordOption,
} from './arguments.ts';
import type { CommandEnvironment, ExitCode } from './command.ts';
import { MissingStackError } from './deployment/deployment.ts';
import { newProgram, type Program } from './new-program.ts';
import { type Performer, type PerformerAlone, performer, performWithoutDeployment } from './performer.ts';

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
        new Option('--online <boolean>', 'Only SIMs that are online (true) or offline (false)')
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
      'Only SIMs not heard for this long: 90m, 24h, 7d',
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
        'Period to sum up; for the fleet also what to group by (default: day for a SIM, all for the fleet)',
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
    .description('Show an alert and the records behind it')
    .argument('<id>', 'ID that list shows')
    .action((id) => perform('reads', async () => (await import('./alerts/show.ts')).showAlert, { id }));
  alerts
    .command('mute')
    .description('Suppress messages about a rule, SIM or source for a time')
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
    .description('Test rules on past records, and compare with what was sent')
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
    .description('Close days and read them, such as years of history')
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
    .option('--full', 'Also compare with the tables', false)
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
    .description('Query closed days: sums, counts or rows')
    .addArgument(
      new Argument('[kind]', 'Kind of rows to query')
        .choices(exploredKinds)
        .argParser(wordArgument(exploredKinds)),
    )
    .option('--sum <columns>', 'Add up these columns')
    .option('--count [columns]', 'Count rows, or the different values of these columns')
    .option('--max <columns>', 'Show the largest value of these columns')
    .option('--percentile <percentiles>', 'Show percentiles such as 95:bytes')
    .option('--by <columns>', 'Group by these columns')
    .addOption(wordOption('--every <period>', 'Group by this period', periods))
    .option('--where <conditions>', 'Only these rows: country=DE,source!=kore,bytes>=1000')
    .option('--top <n>', 'Only the groups with the most', wholeNumberArgument(1, 10_000))
    .option('--sql <select>', 'Run this SELECT instead')
    .option('--from <time>', 'Start of the range (default: 30 days before its end)', time)
    .option('--to <time>', 'End of the range (default: now)', time)
    .addOption(
      new Option('--month <month>', 'A calendar month such as 2026-10, in UTC')
        .argParser(monthArgument)
        .conflicts(['from', 'to']),
    )
    .option('--lake <dir>', 'Read the lake in this folder instead of a deployment')
    .option('--print', 'Print the SQL without running it', false)
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
  const bill = program.command('bill').description('Make bills, and check invoices');
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
      .option('--roster <file>', 'CSV file with tariffs, activation and dates of SIMs')
      .option('--balances <file>', 'CSV file with usage from before the ledger began')
      .option('--csv', 'Print CSV', false);
  ofMonth('show', 'Show what the usage of a month should cost', { isDefault: true })
    .option(
      '--tariff <file...>',
      "JSON files of tariffs (default: the stored ones, else the carriers' own cost)",
    )
    .addOption(
      new Option('--by <words>', 'What to group by')
        .choices(billGroups)
        .argParser(queryArgument(parseWords(billGroups))),
    )
    .option('--html <file>', 'Also write the bill as a page to this file')
    .option('--focus <account>', "Print the lines as CSV of FOCUS, with the carrier's id of your account")
    .option('--explain <line>', 'Explain a line, down to its records')
    .addOption(
      new Option('--stored', 'Show the bill that is stored').conflicts([
        ...(['tariff', 'roster', 'balances', 'by', 'explain'] as const),
      ]),
    )
    .addOption(
      new Option('--forecast', 'Forecast what the month will cost').conflicts([
        ...(['stored', 'against', 'by', 'explain', 'html', 'csv'] as const),
      ]),
    )
    .addOption(
      new Option('--against <month>', 'Explain the difference from another month')
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
    .description('Compare what a month would have cost under several tariffs')
    .requiredOption(
      '--month <month>',
      'The month in which the billing periods end, such as 2026-10',
      monthArgument,
    )
    .requiredOption('--tariff <file...>', 'JSON files of tariffs')
    .option('--roster <file>', 'CSV file with tariffs, activation and dates of SIMs')
    .option('--balances <file>', 'CSV file with usage from before the ledger began')
    .option('--csv', 'Print CSV', false)
    .action((options) =>
      perform('reads', async () => (await import('./bill/savings.ts')).showSavings, options),
    );
  bill
    .command('sims')
    .description('List SIMs that are billed but unused, or used but not billed')
    .requiredOption(
      '--month <month>',
      'The month in which the billing periods end, such as 2026-10',
      monthArgument,
    )
    .requiredOption('--tariff <file...>', 'JSON files of tariffs')
    .option('--invoice <file>', 'CSV file of the invoice (default: the tariffs say what is billed)')
    .option('--map <file>', "JSON file that maps the invoice's columns")
    .option(
      '--silent <days>',
      'Days without usage after which a SIM is unused',
      wholeNumberArgument(1, 366),
      30,
    )
    .option('--roster <file>', 'CSV file with tariffs, activation and dates of SIMs')
    .option('--balances <file>', 'CSV file with usage from before the ledger began')
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
      .option('--roster <file>', 'CSV file with tariffs, activation and dates of SIMs')
      .option('--balances <file>', 'CSV file with usage from before the ledger began');
  ofFiles('check', 'Check files of tariffs without storing them').action((files, options) =>
    performAlone(async () => (await import('./tariff/check.ts')).checkTariffs, { files, ...options }),
  );
  ofFiles('put', 'Store tariffs, a roster and opening balances, and show what changes from which day')
    .option('--remove <name...>', 'Names of tariffs to remove')
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
    .description('List the stored tariffs')
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
      const { makeCompletionScript: completionScript } = await import('./completion/completion.ts');
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
