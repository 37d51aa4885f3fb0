import { identifyMute, isInForce, type MuteScope, maxReasonLength } from '../../lambda/alerts/mutes.ts';
import { UsageError } from '../../lambda/errors.ts';
import { formatTime } from '../../lambda/ledger/time.ts';
import { listAlerts, renderMute } from '../../lambda/queries/alerts.ts';
import { NotFoundError } from '../../lambda/queries/errors.ts';
import type { PageRequest } from '../../lambda/queries/page.ts';
import { readDuration } from '../../lambda/queries/parameters.ts';
import { defaultAlertDays, findDefaultStart } from '../../lambda/queries/period.ts';
import { findSim } from '../../lambda/queries/sim-lookup.ts';
import { type CommandContext, type ExitCode, exitCode, print, printJson, requireSource } from '../command.ts';
import { type ListedMute, tables } from '../lists/columns.ts';
import { type ListOptions, showList } from '../lists/listing.ts';
import { formatMinute } from '../terminal/figures.ts';
import { type AlertCommandPorts, openAlertPorts } from './ports.ts';

/** What to mute, and how long. */
export interface MuteOptions {
  readonly rule?: string | undefined;
  /** Any of its names. */
  readonly sim?: string | undefined;
  readonly source?: string | undefined;
  /** A duration as {@link readDuration} reads it. */
  readonly for?: string | undefined;
  /** ISO 8601. */
  readonly until?: string | undefined;
  readonly reason?: string | undefined;
}

/** `alerts mute`: holds back the messages of some alerts for a time. */
export async function muteAlerts(context: CommandContext, options: MuteOptions): Promise<ExitCode> {
  const ports = openAlertPorts(context);
  const { reason } = options;
  const until = readEnd(options, ports.now());
  if (reason !== undefined && reason.length > maxReasonLength) {
    throw new UsageError(`--reason has ${reason.length} characters: give at most ${maxReasonLength}`);
  }
  const scope = await readScope(context, options, ports);
  // Read before anything is muted, so that missing permissions fail first.
  const warning = context.json ? undefined : await findWarning(scope, ports);
  const mute = { ...scope, id: identifyMute(scope), until, reason, createdAt: formatTime(ports.now()) };
  await ports.alerts.mutes.put(mute);
  const shown = renderMute(mute);
  if (context.json) printJson(context, shown);
  else {
    print(context, `Muted ${describeScope(shown)} until ${formatMinute(shown.until)} UTC.`);
    print(
      context,
      `Alerts that are still open then are sent. To end the mute sooner: simledger alerts unmute ${mute.id}`,
    );
    if (warning !== undefined) print(context, warning);
  }
  return exitCode.done;
}

/**
 * A warning that a mute's rule may be misspelt, if no alert had that rule. Commands do not know a deployment's rules.
 */
async function findWarning({ rule }: MuteScope, ports: AlertCommandPorts): Promise<string | undefined> {
  if (rule === undefined) return undefined;
  const filter = { state: undefined, severity: undefined, sim: undefined, source: undefined };
  const to = formatTime(ports.now());
  const period = { from: findDefaultStart(to, defaultAlertDays), to };
  const { resources, next } = await listAlerts(
    { ...filter, rule, period, size: 100, after: undefined },
    ports,
  );
  if (resources.length > 0 || next !== undefined) return undefined;
  return `No alert of the rule ${rule} began in the last ${defaultAlertDays} days. Check its name.`;
}

/**
 * When a mute ends, ISO 8601.
 *
 * @throws UsageError unless exactly one end is given, and it is in the future.
 */
function readEnd({ for: duration, until }: MuteOptions, now: number): string {
  if ((duration === undefined) === (until === undefined)) {
    throw new UsageError('Give either --for, such as --for 8h, or --until with a time');
  }
  if (until === undefined) return formatTime(now + (readDuration(duration ?? '') ?? 0));
  if (until > formatTime(now)) return until;
  throw new UsageError(`--until ${until} is not in the future: give a later time`);
}

async function readScope(
  { deployment }: CommandContext,
  { rule, sim, source }: MuteOptions,
  { reader }: Pick<AlertCommandPorts, 'reader'>,
): Promise<MuteScope> {
  if (rule === undefined && sim === undefined && source === undefined) {
    throw new UsageError('Say what to mute: give --rule, --sim or --source, or several of them');
  }
  if (source !== undefined) requireSource(deployment, source);
  return { rule, sim: sim === undefined ? undefined : (await findSim(reader, sim)).sim, source };
}

function describeScope({ rule, sim, source }: ListedMute): string {
  const parts = [rule && `the rule ${rule}`, sim && `the SIM ${sim}`, source && `the source ${source}`];
  return parts.filter((part) => part !== null).join(', ');
}

/** `alerts mutes`: the mutes in force, those that end first. */
export async function showMutes(context: CommandContext, options: ListOptions): Promise<ExitCode> {
  const ports = openAlertPorts(context);
  const now = ports.now();
  await showList<ListedMute, number>(context, options, {
    open: async () => {
      const inForce = (await ports.alerts.mutes.list()).filter((mute) => isInForce(mute, now));
      const mutes = inForce.toSorted((a, b) => (a.until + a.id < b.until + b.id ? -1 : 1)).map(renderMute);
      return async ({ size, after = 0 }: PageRequest<number>) => ({
        resources: mutes.slice(after, after + size),
        next: after + size < mutes.length ? after + size : undefined,
      });
    },
    schema: 'Mute',
    columns: () => tables.mutes(now),
    nothing: 'Nothing is muted.',
  });
  return exitCode.done;
}

/** `alerts unmute ID`: ends a mute. */
export async function unmuteAlerts(context: CommandContext, { id }: { id: string }): Promise<ExitCode> {
  const { alerts } = openAlertPorts(context);
  const isKnown = /^[0-9a-f]{12}$/.test(id) && (await alerts.mutes.delete(id));
  if (!isKnown) throw new NotFoundError(`The mute ${JSON.stringify(id)}`);
  if (context.json) printJson(context, { id });
  else print(context, 'The mute has ended: the next sweep sends the alerts that are still open.');
  return exitCode.done;
}
