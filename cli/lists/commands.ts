import { AlertState } from '../../lambda/alerts/sweep/alert-state.ts';
import { startDay } from '../../lambda/days/day.ts';
import { findFirstKeptDay } from '../../lambda/days/kept-days.ts';
import { UsageError } from '../../lambda/errors.ts';
import { formatRecordTime, formatTime } from '../../lambda/ledger/time.ts';
import { listConnectionEvents } from '../../lambda/queries/connection-events.ts';
import { listDataSessions, type SessionsQuery } from '../../lambda/queries/data-sessions.ts';
import type { ReportPorts } from '../../lambda/queries/fleet-usage.ts';
import type { PageRequest } from '../../lambda/queries/page.ts';
import { granularities, readDuration } from '../../lambda/queries/parameters.ts';
import { findDefaultStart, includesEnd, type Period, shiftTime } from '../../lambda/queries/period.ts';
import type { QueryPorts } from '../../lambda/queries/ports.ts';
import type { Returned } from '../../lambda/queries/session-listing.ts';
import { decideSilentSims, type ListState, nominateSilentSims } from '../../lambda/queries/silent-sims.ts';
import { findSim } from '../../lambda/queries/sim-lookup.ts';
import { listSims, renderListedSim, type SimsQuery } from '../../lambda/queries/sims.ts';
import { listUsageRecords } from '../../lambda/queries/usage-records.ts';
import { listWatermarks } from '../../lambda/queries/watermarks.ts';
import type { UsageWord } from '../arguments.ts';
import { type CommandContext, type ExitCode, exitCode, pickColours, requireSource } from '../command.ts';
import { listExpiredUsageDays } from '../days/expired.ts';
import { describeExpiredUsage } from '../days/range.ts';
import { openLedgerReader } from '../deployment/ledger-reader.ts';
import { formatMinute } from '../terminal/figures.ts';
import { count } from '../terminal/progress.ts';
import { printBytes } from '../terminal/quantities.ts';
import { type ListedUsage, tables } from './columns.ts';
import { type ListOptions, showList } from './listing.ts';

/** `sims`, `silent`, `sessions`, `usage` and `events`, with the same queries as the query API. */

/** The filters of `sims`, in the form of the query. */
export type SimsOptions = ListOptions & Pick<SimsQuery, 'status' | 'online' | 'source' | 'fleet' | 'name'>;

/** Options of a list about one SIM. */
interface SimListOptions extends ListOptions, PeriodOptions {
  /** Any of its names. */
  readonly sim: string;
}

/** Options of `sessions SIM`. */
export interface SessionsOptions extends SimListOptions {
  readonly status?: SessionsQuery['status'];
}

/** Options of `usage SIM`. */
export interface SimUsageOptions extends SimListOptions {
  readonly by: readonly UsageWord[];
}

/** Options of `events SIM`. */
export interface EventsOptions extends SimListOptions {
  readonly type?: string | undefined;
}

/** `sims`: the fleet. */
export async function showSims(context: CommandContext, options: SimsOptions): Promise<ExitCode> {
  const { status, online, source, fleet, name } = options;
  if (source !== undefined) requireSource(context.deployment, source);
  const filters = { status, online, source, fleet, name };
  await showList(context, options, {
    open: async () => async (page: PageRequest<string>) => {
      const { resources, next } = await listSims({ ...filters, ...page }, queryPorts(context));
      return { resources: resources.map(({ fields }) => fields), next };
    },
    schema: 'SimFields',
    columns: () => tables.sims(context.terminal.now()),
    nothing: describeEmptyFleet(filters),
  });
  return exitCode.done;
}

/** Options of `silent`. */
export interface SilentOptions extends SimsOptions {
  /** A duration as {@link readDuration} reads it. */
  readonly for: string;
}

/** The most silent SIMs: they are sorted in memory. */
const maxSilentSims = 100_000;

/** `silent --for 24h`: SIMs that have been silent for 24 hours, the longest silence first. */
export async function showSilent(context: CommandContext, options: SilentOptions): Promise<ExitCode> {
  const { status, online, source, fleet, name, for: duration } = options;
  if (source !== undefined) requireSource(context.deployment, source);
  const filters = { status, online, source, fleet, name };
  const ports = queryPorts(context);
  const now = ports.now();
  await showList(context, options, {
    open: async () => {
      const silence = { milliseconds: readDuration(duration) ?? 0, filter: filters };
      const alerts = openAlertState(context);
      const nomination = await nominateSilentSims(silence, { ...ports, alerts }, maxSilentSims + 1);
      const { length: candidates } = nomination.nominees;
      if (candidates > maxSilentSims) {
        throw new UsageError(
          `More than ${count(maxSilentSims)} SIMs may be silent for ${duration}: give a longer --for, or limit the list with --source or --fleet`,
        );
      }
      context.terminal.err.write(describeQueries(candidates, nomination.scanned));
      if (nomination.list !== undefined) context.terminal.err.write(describeList(nomination.list));
      await showWatermarks(context, source);
      const silent = await decideSilentSims(nomination, ports);
      return async ({ size, after = 0, include }: PageRequest<number>) => ({
        resources: silent
          .slice(after, after + size)
          .map(({ sim, heard }) => renderListedSim(sim, heard, include).fields),
        next: after + size < silent.length ? after + size : undefined,
      });
    },
    schema: 'SimFields',
    columns: () => tables.silent(now),
    below: () => [
      `Nothing heard since ${formatMinute(formatRecordTime(now - (readDuration(duration) ?? 0)))} UTC`,
    ],
    nothing: describeNothingSilent(duration, filters),
  });
  return exitCode.done;
}

/** Prints up to when the records of each source are complete. */
async function showWatermarks(context: CommandContext, source: string | undefined): Promise<void> {
  const { places } = context.deployment;
  const alerts = openAlertState(context);
  if (alerts === undefined) return;
  const sources = source === undefined ? places.sources.all.map(({ name }) => name) : [source];
  const watermarks = await listWatermarks(sources, { alerts });
  const judged = watermarks.flatMap(({ source: name, watermark }) =>
    watermark === null ? [] : [`${name} ${formatMinute(watermark)} UTC`],
  );
  if (judged.length > 0) context.terminal.err.write(`Records read up to: ${judged.join(', ')}\n`);
}

/** The state that sweeps keep; undefined if the deployment has no alerts. */
function openAlertState({ deployment }: CommandContext): { readonly state: AlertState } | undefined {
  const { dynamoDb, places } = deployment;
  return places.alertTables && { state: new AlertState(dynamoDb, places.alertTables.state) };
}

/** For a large fleet, says what the list shows. */
function describeList({ listedAt, isComplete }: ListState): string {
  const which = isComplete ? 'Candidates' : 'Only the longest silent';
  return `${which} as of the sweep of ${formatMinute(listedAt)} UTC\n`;
}

/** The cost of the queries, printed before they begin. */
function describeQueries(candidates: number, scanned: number): string {
  const dollars = (candidates * readUnitsPerSilentSim * dollarsPerMillionReadUnits) / 1_000_000;
  const cost = dollars < 0.01 ? 'less than $0.01' : `about $${dollars.toFixed(2)}`;
  return `${count(candidates)} of ${count(scanned)} SIMs may be silent: up to ${count(2 * candidates)} queries, ${cost}\n`;
}

/**
 * Read units of a SIM's two queries: a page of usage records of some 500 bytes each, and a page of events of some 800.
 */
export const readUnitsPerSilentSim = 7;
/** On-demand price in us-east-1. */
export const dollarsPerMillionReadUnits = 0.125;

function describeNothingSilent(duration: string, filters: Filters): string {
  const stated = describeFilters(filters);
  const which = stated === undefined ? 'No SIM' : `No SIM with ${stated}`;
  return `${which} was silent for the last ${duration}.`;
}

/** `sessions SIM`: a SIM's data sessions, newest first. */
export async function showSessions(context: CommandContext, options: SessionsOptions): Promise<ExitCode> {
  const { status } = options;
  const ports = queryPorts(context);
  const period = readAnsweredPeriod('sessions', options, ports.now());
  await showList(context, options, {
    open: async () => {
      const sim = await findSim(ports.reader, options.sim);
      return (page: PageRequest<Returned>) =>
        listDataSessions({ sim, period: openPeriod(period), status, ...page }, ports);
    },
    schema: 'DataSession',
    columns: tables.sessions,
    below: () => [`Sessions that started ${formatPeriod(period)}`],
    nothing: describeNothing('session that started', formatPeriod(period), { status }),
  });
  return exitCode.done;
}

/** `usage SIM`: a SIM's usage, with a bar for each period, oldest first like a chart. */
export async function showSimUsage(context: CommandContext, options: SimUsageOptions): Promise<ExitCode> {
  const [granularity = 'day', second] = options.by.flatMap(
    (word) => granularities.find((one) => one === word) ?? [],
  );
  if (second !== undefined || options.by.length > 1 || options.by.some((word) => word !== granularity)) {
    throw new UsageError(
      `--by ${options.by.join(',')} is for --fleet: give one of ${granularities.join(', ')} for a SIM`,
    );
  }
  const ports = queryPorts(context);
  const period = readAnsweredPeriod('usage', options, ports.now());
  const { from, to } = period;
  await showList(context, options, {
    open: async () => {
      const sim = await findSim(ports.reader, options.sim);
      const query = { sim, period: { from, to }, granularity };
      return (page: PageRequest<string>) => listUsageRecords({ ...query, ...page }, ports);
    },
    schema: granularity === 'raw' ? 'RawUsageRecord' : 'UsageFields',
    columns: (records) => tables.usage(granularity, records, pickColours(context)),
    isReversed: true,
    below: (records, more) => [...describeUsageSum(records, more), `Usage ${formatPeriod(period)}`],
    nothing: `The SIM has no usage ${formatPeriod(period)}.`,
  });
  const expired = await listExpiredUsageDays(context, period);
  if (expired.length > 0) context.terminal.err.write(`${describeExpiredUsage(expired)}\n`);
  return exitCode.done;
}

function describeUsageSum(records: readonly ListedUsage[], more: boolean): string[] {
  if (records.length < 2) return [];
  const total = records.reduce((sum, record) => sum + record.data_total, 0);
  return [`${more ? 'in these' : 'in all'} ${printBytes(total)}`];
}

/** `events SIM`: a SIM's events, newest first. */
export async function showEvents(context: CommandContext, options: EventsOptions): Promise<ExitCode> {
  const { type } = options;
  const ports = queryPorts(context);
  const period = readAnsweredPeriod('events', options, ports.now());
  await showList(context, options, {
    open: async () => {
      const sim = await findSim(ports.reader, options.sim);
      return (page: PageRequest<string>) =>
        listConnectionEvents({ sim, period: openPeriod(period), type, ...page }, ports);
    },
    // The detail says why an event happened. Its personal values are masked.
    include: ['detail'],
    schema: 'ConnectionEvent',
    columns: () => tables.events(pickColours(context)),
    below: () => [`Events ${formatPeriod(period)}`],
    nothing: describeNothing('event', formatPeriod(period), { type }),
  });
  const { eventRetentionDays: days } = context.deployment.places;
  const kept = findFirstKeptDay(days, ports.now());
  const isForPeople = !context.json && !options.csv && !options.jsonl;
  if (isForPeople && kept !== undefined && period.from < startDay(kept)) {
    context.terminal.err.write(
      `Events before ${kept} have expired (they are kept ${days} days); explore has those of sealed days\n`,
    );
  }
  return exitCode.done;
}

/** What queries read from a deployment. */
export function queryPorts({ deployment, terminal }: CommandContext): QueryPorts & ReportPorts {
  return {
    ...openLedgerReader(deployment, terminal.now),
    now: terminal.now,
    sessionRefresh: deployment.places.sessionRefresh,
    usageDays: deployment.places.usageRetentionDays,
  };
}

type Filters = Readonly<Record<string, string | boolean | undefined>>;

function describeEmptyFleet(filters: Filters): string {
  const stated = describeFilters(filters);
  return stated === undefined
    ? 'There are no SIMs yet: they appear with their first record.'
    : `No SIM has ${stated}. Without these options, sims shows all.`;
}

/** The message if a SIM has nothing in a period, with the filters, which may be the reason. */
function describeNothing(what: string, period: string, filters: Filters): string {
  const stated = describeFilters(filters);
  return `The SIM has no ${what} ${period}${stated === undefined ? '' : `, with ${stated}`}.`;
}

/** Filters as the user gave them: `--status "open" and --type "x"`; undefined without filters. */
function describeFilters(filters: Filters): string | undefined {
  const stated = Object.entries(filters).flatMap(([name, value]) =>
    value === undefined ? [] : [`--${name} ${JSON.stringify(String(value))}`],
  );
  return stated.length === 0 ? undefined : stated.join(' and ');
}

/** The values of `--from` and `--to`: times in ISO 8601. */
export interface PeriodOptions {
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  /** A month instead of both. */
  readonly month?: string | undefined;
}

/** The period of a list. */
export interface AnsweredPeriod {
  readonly from: string;
  /** The time of the command if `isOpen`. */
  readonly to: string;
  /** Whether it lasts until now. */
  readonly isOpen: boolean;
}

/**
 * The period of the options: until now without `--to`, and 30 days without `--from`.
 *
 * @param now milliseconds since the epoch.
 * @throws UsageError in the command's terms if the start is not before the end.
 */
export function readAnsweredPeriod(
  list: keyof typeof includesEnd,
  options: PeriodOptions,
  now: number,
): AnsweredPeriod {
  const { from, to } = findRange(options);
  const end = to ?? formatTime(now);
  const start = from ?? findDefaultStart(end);
  if (to === undefined && start > end) {
    throw new UsageError(
      `--from ${start} is in the future: now is ${end}. Give an earlier time, or a --to after it`,
    );
  }
  if (to !== undefined && (start > to || (start === to && !includesEnd[list]))) {
    throw new UsageError(`--to ${to} is not after --from ${start}: give a later time`);
  }
  return { from: start, to: end, isOpen: to === undefined };
}

/** The ends from the options, or those of the month. */
function findRange({ from, to, month }: PeriodOptions): Pick<PeriodOptions, 'from' | 'to'> {
  if (month === undefined) return { from, to };
  const start = `${month}-01T00:00:00.000Z`;
  return { from: start, to: `${shiftTime(start, 31).slice(0, 7)}-01T00:00:00.000Z` };
}

/** The period for queries: a list up to now includes records whose carrier's clock is a little ahead. */
export function openPeriod({ from, to, isOpen }: AnsweredPeriod): Period {
  return { from, to: isOpen ? undefined : to };
}

/** A period as text for the user. */
export function formatPeriod({ from, to, isOpen }: AnsweredPeriod): string {
  return `from ${formatMinute(from)} to ${formatMinute(to)} UTC${isOpen ? ' (now)' : ''}`;
}
