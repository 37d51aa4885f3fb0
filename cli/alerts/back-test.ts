import {
  BackTest,
  type BackTestPeriod,
  findTrueAlerts,
  type RuleResult,
} from '../../lambda/alerts/back-test.ts';
import { isAboutFindings, matchesSim, type Rule } from '../../lambda/alerts/rules.ts';
import { describeWatchedSim, findLookback, type WatchedSim } from '../../lambda/alerts/sweep/watched-sim.ts';
import { findFirstKeptDay, listExpiredDays } from '../../lambda/days/kept-days.ts';
import { UsageError } from '../../lambda/errors.ts';
import { formatTime, toMilliseconds } from '../../lambda/ledger/time.ts';
import { findSim, makeUnknownSimError } from '../../lambda/queries/sim-lookup.ts';
import { isShared } from '../../lambda/store/episode-reader.ts';
import { type CommandContext, type ExitCode, exitCode, startProgress } from '../command.ts';
import {
  dollarsPerMillionReadUnits,
  formatPeriod,
  type PeriodOptions,
  readAnsweredPeriod,
} from '../lists/commands.ts';
import { type ListOptions, showList } from '../lists/listing.ts';
import { count } from '../terminal/progress.ts';
import { formatDuration } from '../terminal/quantities.ts';
import { type AlertCommandPorts, openAlertPorts } from './ports.ts';
import { readRules } from './rules-file.ts';
import { openSealedDays, type SealedDays } from './sealed-days.ts';

/** `alerts test`: the alerts that rules would have opened in a period, compared with the messages that were sent. */
export interface BackTestOptions extends Omit<ListOptions, 'limit'>, PeriodOptions {
  readonly file?: string | undefined;
  /** Any of its names. */
  readonly sim?: string | undefined;
}

/** The most SIMs that one back-test reads. */
const maxSims = 100_000;
/** Keys or SIMs that one request reads. */
const pageSize = 1_000;

/** A rule's result, as a resource. */
type ListedResult = ReturnType<typeof renderResult>;

/** `alerts test`: what rules would have found in past records. */
export async function testRules(context: CommandContext, options: BackTestOptions): Promise<ExitCode> {
  const ports = openAlertPorts(context);
  const period = readAnsweredPeriod('alerts', options, ports.now());
  // A silence may still go on at the end of the period.
  const times = {
    from: toMilliseconds(period.from),
    to: Math.min(toMilliseconds(period.to), ports.now()),
  };
  if (period.from === period.to)
    throw new UsageError(`--to ${period.to} is not after --from ${period.from}: give a later time`);
  if (times.from >= times.to)
    throw new UsageError(`--from ${period.from} is in the future: give an earlier time`);
  const rules = await readRules(options.file, context.deployment.places.sources.all);
  await showList<ListedResult, never>(context, options, {
    open: async () => {
      const results = await runBackTest(context, ports, rules, times, options.sim);
      return async () => ({ resources: results.map(renderResult), next: undefined });
    },
    schema: resultColumns,
    columns: () => tableColumns,
    below: () => [`What was true, and what was sent, ${formatPeriod(period)}`],
    nothing: 'There are no rules.',
  });
  return exitCode.done;
}

async function runBackTest(
  context: CommandContext,
  ports: AlertCommandPorts,
  rules: readonly Rule[],
  period: BackTestPeriod,
  name: string | undefined,
): Promise<RuleResult[]> {
  const { deployment, terminal } = context;
  const readFrom = period.from - Math.max(0, ...rules.map((rule) => findLookback(rule, 0)));
  const { sims, scanned } = await listSims(ports, rules, name);
  const now = ports.now();
  const sealed = await openSealedDays(deployment, { from: readFrom, to: period.to, now });
  terminal.err.write(
    [
      ...describeReading(sims.length, scanned, sealed),
      ...describeExpiry(deployment.places, sealed, now),
    ].join(''),
  );
  const backTest = new BackTest(rules, period);
  const progress = startProgress(context, 'SIMs');
  let done = 0;
  for await (const known of sealed.walk(sims, ports.reader, rules.some(isAboutFindings))) {
    context.signal.throwIfAborted();
    for (const rule of rules) {
      const { sim } = known;
      if (matchesSim(rule.match, sim))
        backTest.addTrue(rule.name, sim.sim, findTrueAlerts(rule, known.known, period, sealed.isSealed));
    }
    done += 1;
    progress.show(done, sims.length);
  }
  progress.end();
  await addStored(ports, backTest, { from: readFrom, to: period.to }, name === undefined ? undefined : sims);
  return backTest.list();
}

/** The SIMs that a rule watches now, or the named SIM. */
async function listSims(
  { reader }: Pick<AlertCommandPorts, 'reader'>,
  rules: readonly Rule[],
  name: string | undefined,
): Promise<{ sims: WatchedSim[]; scanned: number }> {
  if (name !== undefined) {
    const found = await findSim(reader, name);
    const sim = await reader.readSim(found.sim);
    if (sim === undefined) throw makeUnknownSimError(name);
    return { sims: [describeWatchedSim(sim)], scanned: 1 };
  }
  const sims: WatchedSim[] = [];
  let scanned = 0;
  let after: string | undefined;
  do {
    const range = await reader.scanSims({}, pageSize, after);
    scanned += range.sims.length;
    const watched = range.sims.map(describeWatchedSim);
    sims.push(...watched.filter((sim) => rules.some(({ match }) => matchesSim(match, sim))));
    if (sims.length > maxSims) {
      throw new UsageError(
        `The rules watch more than ${count(maxSims)} SIMs: give --sim, or rules that match fewer`,
      );
    }
    after = range.next;
  } while (after !== undefined);
  return { sims, scanned };
}

/** How much the test reads and what that costs, printed before it begins. */
function describeReading(sims: number, scanned: number, { days, open }: SealedDays): string[] {
  const units = sims * (otherReadUnits + open.length * readUnitsPerDay);
  const dollars = (units * dollarsPerMillionReadUnits) / 1_000_000;
  const cost = dollars < 0.01 ? 'less than $0.01' : `about $${dollars.toFixed(2)}`;
  const lake = days.length === 0 ? '' : `${count(days.length)} sealed days from the lake, and `;
  return [
    `Reads ${lake}${count(open.length)} days of ${count(sims)} of ${count(scanned)} SIMs, 5 queries each: ${cost} at a usage record every 15 minutes\n`,
  ];
}

/** Read units for a day of a SIM's usage: a record every 15 minutes, and 13 records to a unit. */
const readUnitsPerDay = 96 / 13;
/** Read units for a SIM's events and sessions. */
const otherReadUnits = 10;

/** Says from which day on records are missing. Sealed days do not expire. */
function describeExpiry(
  { eventRetentionDays, usageRetentionDays }: CommandContext['deployment']['places'],
  { open }: SealedDays,
  now: number,
): string[] {
  return [
    {
      what: 'Events',
      days: eventRetentionDays,
      effect: 'alerts from earlier events are missing, and a silence may appear to begin earlier',
    },
    { what: 'Usage', days: usageRetentionDays, effect: 'alerts from earlier usage are missing' },
  ].flatMap(({ what, days, effect }) => {
    const missing = listExpiredDays(open, days, now);
    const [first] = missing;
    if (first === undefined) return [];
    return [
      `${what} before ${findFirstKeptDay(days, now)} have expired (they are kept ${days} days), and ${count(missing.length)} of these days, from ${first} on, are not sealed: ${effect}\n`,
    ];
  });
}

/** Counts stored alerts: those of the whole fleet through the index by time, or those of one SIM. */
async function addStored(
  { alerts: { episodes } }: AlertCommandPorts,
  backTest: BackTest,
  { from, to }: BackTestPeriod,
  sims: readonly WatchedSim[] | undefined,
): Promise<void> {
  const range = { from: formatTime(Math.max(0, from)), to: formatTime(to) };
  let keys = await episodes.listKeys(range, pageSize, undefined);
  while (keys.length > 0) {
    const wanted = keys.filter(
      ({ alert }) => sims === undefined || sims.some(({ sim }) => alert.endsWith(`#${sim}`)),
    );
    for (const { episode } of await episodes.readEpisodes(wanted)) {
      // A group's members are counted, each with its own alert.
      if (!isShared(episode)) backTest.addStored(episode);
    }
    keys = keys.length < pageSize ? [] : await episodes.listKeys(range, pageSize, keys.at(-1));
  }
}

function renderResult({
  rule,
  kind,
  severity,
  found,
  final,
  foundPerWeek,
  sims,
  noisiest,
  longest,
  sent,
  withdrawn,
}: RuleResult) {
  return {
    ...{ rule, kind, severity },
    found: found ?? null,
    final: final ?? null,
    found_per_week: foundPerWeek ?? null,
    sims,
    noisiest,
    longest_sim: longest?.sim ?? null,
    longest_seconds: longest === undefined ? null : Math.round(longest.milliseconds / 1_000),
    ...{ sent, withdrawn },
  };
}

/** CSV columns. */
const resultColumns: readonly (keyof ListedResult)[] = [
  ...(['rule', 'kind', 'severity', 'found', 'final', 'found_per_week', 'sims', 'noisiest'] as const),
  ...(['longest_sim', 'longest_seconds', 'sent', 'withdrawn'] as const),
];

const tableColumns: readonly (readonly [string, (result: ListedResult) => string])[] = [
  ['rule', ({ rule }) => rule],
  ['true', ({ found }) => (found === null ? 'not tested' : count(found))],
  ['final', ({ final }) => (final === null ? '' : count(final))],
  ['a week', ({ found_per_week: rate }) => (rate === null ? '' : String(rate))],
  ['SIMs', ({ sims }) => count(sims)],
  ['longest', ({ longest_seconds: seconds }) => (seconds === null ? '' : formatDuration(seconds))],
  ['of SIM', ({ longest_sim: sim }) => sim ?? ''],
  ['noisiest', ({ noisiest: [first] }) => (first === undefined ? '' : `${first.sim}: ${count(first.found)}`)],
  ['sent', ({ sent }) => count(sent)],
  ['withdrawn', ({ withdrawn }) => count(withdrawn)],
];
