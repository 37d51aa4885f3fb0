import { type AlertDetail, type EvidenceRecord, fetchAlert } from '../../lambda/queries/alerts.ts';
import { type CommandContext, type ExitCode, exitCode, pickColours, print, printJson } from '../command.ts';
import { formatLength } from '../lists/columns.ts';
import { formatMinute } from '../terminal/figures.ts';
import { openAlertPorts } from './ports.ts';

/** `alerts show ID`: an alert and the records that it is based on. */
export async function showAlert(context: CommandContext, { id }: { id: string }): Promise<ExitCode> {
  const ports = openAlertPorts(context);
  const alert = await fetchAlert({ id }, ports);
  if (context.json) printJson(context, alert);
  else print(context, describeAlert(context, alert, ports.now()));
  return exitCode.done;
}

function describeAlert(context: CommandContext, alert: AlertDetail, now: number): string {
  const { bold } = pickColours(context);
  const { mute, told } = alert;
  const length = formatLength(alert, now);
  const rows: readonly (readonly [string, string])[] = [
    ['rule', `${alert.rule} (${alert.severity}, version ${alert.rule_version})`],
    ['state', alert.state],
    ...listOptional('merged into', alert.merged_into),
    ...listOptional('told by', alert.group),
    ...describeSubject(alert),
    ['began', `${formatMinute(alert.start_time)} UTC`],
    ...listOptional('met', alert.met_time && `${formatMinute(alert.met_time)} UTC`),
    ['ended', alert.end_time === null ? `no, for ${length}` : `${formatMinute(alert.end_time)} UTC`],
    ...(alert.final === true ? [['final', 'all days that it depends on are sealed'] as const] : []),
    ['judged', `by the records up to ${formatMinute(alert.judged_until)} UTC`],
    ...describeEvidence(alert),
    ...describeMembers(alert),
    ['told', told === null ? 'nothing' : `${told.state}, message ${alert.messages}`],
    ...alert.undelivered.map(
      ({ sequence, kind, found }) =>
        ['waits', `message ${sequence}: ${kind}, found ${formatMinute(found)} UTC`] as const,
    ),
    ...(alert.held
      ? [['held back', 'a message waits for the end of a mute, or for a source that lags'] as const]
      : []),
    ...listOptional(
      'mute',
      mute &&
        `${mute.id} until ${formatMinute(mute.until)} UTC${mute.reason === null ? '' : `: ${mute.reason}`}`,
    ),
  ];
  return rows.map(([name, value]) => `${bold(name.padEnd(11))} ${value}`).join('\n');
}

type Row = readonly [name: string, value: string];

function listOptional(name: string, value: string | null): Row[] {
  return value === null ? [] : [[name, value]];
}

/** What an alert is about. */
function describeSubject({
  subject,
  sim,
  source,
  sims,
  shared_by: by,
  shared_value: value,
  cause,
}: AlertDetail): Row[] {
  if (subject === 'sim') return [['SIM', `${sim}, source ${source}`]];
  if (subject === 'group') {
    return [['SIMs', `${sims} silent now, with ${by} ${value}`], ...listOptional('source', source)];
  }
  return [
    ['source', `${source}: ${cause === null ? '' : causes[cause]}`],
    ['SIMs', `the alerts of ${sims} are held back`],
  ];
}

const causes: Readonly<Record<NonNullable<AlertDetail['cause']>, string>> = {
  'carrier-late': 'the carrier delivers later than usual',
  'reading-late': 'the carrier’s records are not read yet',
  'carrier-or-devices': 'nothing arrives from the carrier, or its few devices are silent',
};

function describeEvidence({ evidence }: AlertDetail): Row[] {
  if (evidence === null) return [];
  const { begin, before, last, end } = evidence;
  const record = (name: string, one: EvidenceRecord | null) => listOptional(name, one && describeRecord(one));
  return [
    ...record('first', begin),
    ...record('before', before),
    ...(last.key === begin.key ? [] : record('last', last)),
    ...record('end', end),
  ];
}

function describeMembers({ members }: AlertDetail): Row[] {
  return members.map(({ sim, source, alert, state, start_time: from, end_time: to }) => {
    const times = `${formatMinute(from)} to ${to === null ? 'now' : formatMinute(to)}`;
    return ['member', `${sim}, source ${source}, ${state}, ${times} UTC, alert ${alert}`];
  });
}

/** A record and the command that lists it. */
function describeRecord({ type, key, time }: EvidenceRecord): string {
  return `${formatMinute(time)} UTC, ${recordNames[type]} ${key}`;
}

const recordNames = {
  data_session: 'session',
  usage_record: 'usage',
  connection_event: 'event',
  finding: 'finding',
} as const;
