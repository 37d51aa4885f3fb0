import type { Context } from 'aws-lambda';
import { AlertOutbox } from '../../alerts/delivery/outbox.ts';
import type { ReceiverSettings } from '../../alerts/delivery/receiver.ts';
import { findReadMark, type ReadMarkPorts } from '../../alerts/progress/read-marks.ts';
import { StreamNotes } from '../../alerts/progress/stream-notes.ts';
import { KinesisPositions } from '../../alerts/progress/stream-position.ts';
import { AlertState } from '../../alerts/sweep/alert-state.ts';
import { sweep } from '../../alerts/sweep/sweep.ts';
import type { SweepPorts, SweepSettings } from '../../alerts/sweep/sweep-run.ts';
import type { ReadMark } from '../../alerts/watermark.ts';
import { Deadline } from '../../aws/deadline.ts';
import { makeDynamoDbClient } from '../../aws/dynamodb-client.ts';
import { makeLedgerReader } from '../../aws/ledger-reader.ts';
import { environment, service } from '../../aws/names.ts';
import { readScheduledTime, type ScheduledEvent } from '../../aws/scheduled-event.ts';
import { type AlertSourceDescription, requireEnvironment } from '../../aws/sources.ts';
import { measureSweep } from '../../aws/sweep-telemetry.ts';
import { createTelemetry, describeCause } from '../../aws/telemetry.ts';
import { ClosedFindingsReader } from '../../store/closed-findings.ts';
import { EpisodesTable } from '../../store/episodes.ts';
import { LateRecordNotes } from '../../store/late-records.ts';
import { MutesTable } from '../../store/mutes.ts';
import { SealedUsageReader } from '../../store/sealed-usage.ts';
import { SimMarks } from '../../store/sim-marks.ts';

const telemetry = createTelemetry(service.alertSweep);
/** Time reserved for logging if the store does not answer. */
const spareMilliseconds = 5_000;

const deadline = new Deadline();
const client = makeDynamoDbClient({}, deadline);
const settings = JSON.parse(requireEnvironment(environment.alertRules)) as SweepSettings;
const sources = JSON.parse(requireEnvironment(environment.alertSources)) as AlertSourceDescription[];
const stateTable = requireEnvironment(environment.progressTable);
const reader = makeLedgerReader(client);
const readMarkPorts: ReadMarkPorts = {
  notes: new StreamNotes(client, stateTable, Date.now),
  positions: new KinesisPositions(client.config),
  reader,
};
/** Set only if a rule is about the usage of days or months. */
const simDays = process.env[environment.simDaysTable];
const sealedUsage =
  simDays === undefined
    ? undefined
    : new SealedUsageReader(client, { dayState: requireEnvironment(environment.dayStateTable), simDays });
/** Set only if a rule is about findings. */
const findings = process.env[environment.findingsTable];
const closedFindings =
  findings === undefined
    ? undefined
    : new ClosedFindingsReader(client, { dayState: requireEnvironment(environment.dayStateTable), findings });
const ports: SweepPorts = {
  reader,
  marks: new SimMarks(client, requireEnvironment(environment.simsTable)),
  episodes: new EpisodesTable(client, requireEnvironment(environment.alertsTable)),
  state: new AlertState(client, stateTable),
  mutes: new MutesTable(client, stateTable),
  late: new LateRecordNotes(client, stateTable),
  outbox: new AlertOutbox(client, requireEnvironment(environment.alertOutboxTable)),
  receivers: JSON.parse(requireEnvironment(environment.alertReceivers)) as ReceiverSettings[],
  sealedUsage,
  closedFindings,
  readMark,
  onMessage: () => undefined,
  onFailure: (error) => telemetry.logger.error('A SIM could not be judged', describeCause(error)),
};

/** Up to when a source was read. If that cannot be determined, nothing of it is judged. */
async function readMark(name: string, now: number): Promise<ReadMark> {
  const source = sources.find((one) => one.name === name);
  try {
    if (source !== undefined) return await findReadMark(source, readMarkPorts, now);
  } catch (error) {
    telemetry.logger.error('Cannot determine up to when a source is read', {
      source: name,
      ...describeCause(error),
    });
  }
  return { at: undefined, holds: [] };
}

/**
 * Sweeps the fleet at the time of the event.
 *
 * @throws Error if the event has no time, and the store's errors while the fleet is read, or when the time is up.
 */
export async function handler(event: ScheduledEvent, context: Context): Promise<void> {
  const run = { ...settings, sources, now: readScheduledTime(event), isWhole: false };
  const timeLeft = () => context.getRemainingTimeInMillis();
  const report = await deadline.runWithin(timeLeft() - spareMilliseconds, () =>
    sweep(run, { ...ports, measureTimeLeft: timeLeft }),
  );
  const configured = new Set(sources.map(({ name }) => name));
  const measured = report.sources.filter(({ name }) => configured.has(name));
  measureSweep(telemetry, { ...report, sources: measured }, run.now);
}
