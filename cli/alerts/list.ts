import type { Severity } from '../../lambda/alerts/rules.ts';
import { formatTime } from '../../lambda/ledger/time.ts';
import { type Alert, type AlertsFilter, listAlerts } from '../../lambda/queries/alerts.ts';
import type { PageRequest } from '../../lambda/queries/page.ts';
import { defaultAlertDays, findDefaultStart } from '../../lambda/queries/period.ts';
import { findSim } from '../../lambda/queries/sim-lookup.ts';
import type { EpisodeKey } from '../../lambda/store/episode-reader.ts';
import { type CommandContext, type ExitCode, exitCode, requireSource } from '../command.ts';
import { tables } from '../lists/columns.ts';
import { formatPeriod, openPeriod, type PeriodOptions, readAnsweredPeriod } from '../lists/commands.ts';
import { type ListOptions, showList } from '../lists/listing.ts';
import { openAlertPorts } from './ports.ts';

/** Which alerts `alerts list` shows. */
export interface AlertsOptions extends ListOptions, PeriodOptions {
  readonly state?: AlertsFilter['state'];
  readonly severity?: Severity | undefined;
  readonly rule?: string | undefined;
  /** Any of its names. */
  readonly sim?: string | undefined;
  readonly source?: string | undefined;
}

/** `alerts list`: alerts, those that began last first. */
export async function showAlerts(context: CommandContext, options: AlertsOptions): Promise<ExitCode> {
  const { state, severity, rule, source } = options;
  if (source !== undefined) requireSource(context.deployment, source);
  const ports = openAlertPorts(context);
  const now = ports.now();
  const { to, from = findDefaultStart(to ?? formatTime(now), defaultAlertDays) } = options;
  const period = readAnsweredPeriod('alerts', { from, to }, now);
  await showList<Alert, EpisodeKey>(context, options, {
    open: async () => {
      const sim = options.sim === undefined ? undefined : (await findSim(ports.reader, options.sim)).sim;
      const filter = { state, severity, rule, sim, source };
      return ({ size, after }: PageRequest<EpisodeKey>) =>
        listAlerts({ ...filter, period: openPeriod(period), size, after }, ports);
    },
    schema: 'AlertFields',
    columns: () => tables.alerts(now),
    below: () => [`Alerts that began ${formatPeriod(period)}`],
    nothing: `No alert${describeFilters(options)} began ${formatPeriod(period)}.`,
  });
  return exitCode.done;
}

function describeFilters({ state, severity, rule, sim, source }: AlertsOptions): string {
  const stated = Object.entries({ state, severity, rule, sim, source }).flatMap(([name, value]) =>
    value === undefined ? [] : [`--${name} ${JSON.stringify(value)}`],
  );
  return stated.length === 0 ? '' : ` with ${stated.join(' and ')}`;
}
