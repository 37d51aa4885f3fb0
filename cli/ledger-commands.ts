import { Argument, Option } from '@commander-js/extra-typings';
import { episodeStates } from '../lambda/alerts/episode.ts';
import { severities } from '../lambda/alerts/rules.ts';
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
  addListOptions,
  addRangeOptions,
  makeMonthOption,
  makeTimeParser,
  makeWholeNumberParser,
  makeWordOption,
  makeWordParser,
  queryArgument,
  usageWords,
} from './arguments.ts';
import type { CommandEnvironment } from './command.ts';
import type { Program } from './new-program.ts';
import type { Performer, PerformerAlone } from './performer.ts';

/** Commands that query the ledger: lists, usage, findings, alerts and queries of closed days. */

/** `sims` and `silent`. */
export function addSimLists(program: Program, perform: Performer): void {
  const { sims } = filters;
  const addFleetCommand = (name: string, description: string) =>
    addListOptions(
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
        .option('--name <part>', 'Only SIMs whose name contains this', queryArgument(sims.name)),
      'Maximum number of SIMs to list',
    );
  addFleetCommand('sims', 'List SIMs').action((options) =>
    perform('reads', async () => (await import('./lists/commands.ts')).showSims, options),
  );
  addFleetCommand('silent', 'List SIMs not heard for some time')
    .requiredOption(
      '--for <duration>',
      'Only SIMs not heard for this long: 90m, 24h, 7d',
      queryArgument(sims.silent),
    )
    .action((options) =>
      perform('reads', async () => (await import('./lists/commands.ts')).showSilent, options),
    );
}

/** `sessions` and `events` of a SIM. */
export function addSimHistory(program: Program, perform: Performer, { terminal }: CommandEnvironment): void {
  const addSimCommand = (name: string, description: string) =>
    addListOptions(
      addRangeOptions(
        program
          .command(name)
          .description(description)
          .argument('<sim>', "ICCID, SID, carrier's id or name of the SIM"),
        terminal.now,
      ),
    );
  addSimCommand('sessions', 'List the data sessions of a SIM, newest first')
    .addOption(makeWordOption('--status <word>', 'Only sessions with this status', sessionStatuses))
    .action((sim, options) =>
      perform('reads', async () => (await import('./lists/commands.ts')).showSessions, {
        sim,
        ...options,
      }),
    );
  addSimCommand('events', 'List the events of a SIM, newest first')
    .option('--type <type>', 'Only events of this type', queryArgument(filters.events.type))
    .action((sim, options) =>
      perform('reads', async () => (await import('./lists/commands.ts')).showEvents, { sim, ...options }),
    );
}

/** `usage`, `top` and `findings`. */
export function addPeriods(program: Program, perform: Performer, { terminal }: CommandEnvironment): void {
  const addPeriodCommand = (name: string, description: string) =>
    addListOptions(
      addRangeOptions(program.command(name).description(description), terminal.now).addOption(
        makeMonthOption(),
      ),
    );
  addPeriodCommand('usage', 'Show the usage of a SIM by period, or of the fleet')
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
  addPeriodCommand('top', 'List the SIMs that used most')
    .addOption(makeWordOption('--by <measure>', 'What to compare', usageOrders).default('bytes' as const))
    .action((options) =>
      perform('reads', async () => (await import('./lists/fleet-usage.ts')).showTop, options),
    );
  addPeriodCommand('findings', 'List what carriers lost, or delivered twice')
    .addOption(makeWordOption('--check <word>', 'Only findings of this check', checks))
    .option('--sim <sim>', 'Only findings of this SIM', queryArgument(filters.findings.sim))
    .option('--source <name>', 'Only this source', queryArgument(filters.findings.source))
    .action((options) =>
      perform('reads', async () => (await import('./findings/list.ts')).showFindings, options),
    );
}

/** `alerts`. */
export function addAlerts(program: Program, perform: Performer, { terminal }: CommandEnvironment): void {
  const time = makeTimeParser(terminal.now);
  const { rule, sim, source } = filters.alerts;
  const alerts = program.command('alerts').description('List, mute and back-test alerts');
  addListOptions(
    alerts
      .command('list')
      .description('List alerts, newest first')
      .addOption(makeWordOption('--state <word>', 'Only alerts in this state', episodeStates))
      .addOption(makeWordOption('--severity <word>', 'Only alerts of this severity', severities))
      .option('--rule <name>', 'Only alerts of this rule', queryArgument(rule))
      .option('--sim <sim>', 'Only alerts of this SIM', queryArgument(sim))
      .option('--source <name>', 'Only this source', queryArgument(source))
      .option('--from <time>', 'Start of the range (default: 400 days before its end)', time)
      .option('--to <time>', 'End of the range (default: now)', time),
  ).action((options) => perform('reads', async () => (await import('./alerts/list.ts')).showAlerts, options));
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
  addListOptions(alerts.command('mutes').description('List the mutes in force')).action((options) =>
    perform('reads', async () => (await import('./alerts/mutes.ts')).showMutes, options),
  );
  addRangeOptions(
    alerts
      .command('test')
      .description('Test rules on past records, and compare with what was sent')
      .argument('[rules]', 'JSON file of rules (default: the default rules)'),
    terminal.now,
  )
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

/** `explore`. */
export function addExplore(
  program: Program,
  perform: Performer,
  performAlone: PerformerAlone,
  { terminal }: CommandEnvironment,
): void {
  const explore = addRangeOptions(
    program
      .command('explore')
      .description('Query closed days: sums, counts or rows')
      .addArgument(
        new Argument('[kind]', 'Kind of rows to query')
          .choices(exploredKinds)
          .argParser(makeWordParser(exploredKinds)),
      )
      .option('--sum <columns>', 'Add up these columns')
      .option('--count [columns]', 'Count rows, or the different values of these columns')
      .option('--max <columns>', 'Show the largest value of these columns')
      .option('--percentile <percentiles>', 'Show percentiles such as 95:bytes')
      .option('--by <columns>', 'Group by these columns')
      .addOption(makeWordOption('--every <period>', 'Group by this period', periods))
      .option('--where <conditions>', 'Only these rows: country=DE,source!=kore,bytes>=1000')
      .option('--top <n>', 'Only the groups with the most', makeWholeNumberParser(1, 10_000))
      .option('--sql <select>', 'Run this SELECT instead'),
    terminal.now,
  )
    .addOption(makeMonthOption())
    .option('--lake <dir>', 'Read the lake in this folder instead of a deployment')
    .option('--print', 'Print the SQL without running it', false);
  addListOptions(explore, 'Maximum number of rows').action((kind, { lake, ...options }) =>
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
