import { AlertOutbox } from '../../alerts/delivery/outbox.ts';
import type { ReceiverSettings } from '../../alerts/delivery/receiver.ts';
import { AlertState } from '../../alerts/sweep/alert-state.ts';
import { type SweepPorts, type SweepSettings, sweep } from '../../alerts/sweep/sweep.ts';
import { dynamoDbClient } from '../../aws/dynamodb-client.ts';
import { environment, service } from '../../aws/names.ts';
import { type AlertSourceDescription, requireEnvironment } from '../../aws/sources.ts';
import { createTelemetry, describeCause } from '../../aws/telemetry.ts';
import { epochMilliseconds, parseTime } from '../../ledger/time.ts';
import { EpisodesTable } from '../../store/episodes.ts';
import { MutesTable } from '../../store/mutes.ts';
import { LedgerReader } from '../../store/reader.ts';

/** What the schedule sends. */
export interface ScheduledEvent {
  /** Time for which the sweep was scheduled, ISO 8601. */
  readonly time: string;
}

const telemetry = createTelemetry(service.alertSweep);
const client = dynamoDbClient();
const settings = JSON.parse(requireEnvironment(environment.alertRules)) as SweepSettings;
const sources = JSON.parse(requireEnvironment(environment.alertSources)) as AlertSourceDescription[];
const ports: SweepPorts = {
  reader: new LedgerReader({
    client,
    sessions: requireEnvironment(environment.sessionsTable),
    usage: requireEnvironment(environment.usageTable),
    events: requireEnvironment(environment.eventsTable),
    sims: requireEnvironment(environment.simsTable),
    files: requireEnvironment(environment.filesTable),
  }),
  episodes: new EpisodesTable(client, requireEnvironment(environment.alertsTable)),
  state: new AlertState(client, requireEnvironment(environment.progressTable)),
  mutes: new MutesTable(client, requireEnvironment(environment.progressTable)),
  outbox: new AlertOutbox(client, requireEnvironment(environment.alertOutboxTable)),
  receivers: JSON.parse(requireEnvironment(environment.alertReceivers)) as ReceiverSettings[],
  // Nobody has noted how far a source is read, so no silence of it is judged.
  readMark: async () => ({ at: undefined, holds: [] }),
  onMessage: () => undefined,
  onFailure: (error) => telemetry.logger.error('A SIM could not be judged', describeCause(error)),
};

/**
 * Sweeps the fleet at the time of the event.
 *
 * @throws Error when the event has no time, and what the store throws while the fleet is read.
 */
export async function handler({ time }: ScheduledEvent): Promise<void> {
  const parsed = parseTime(time);
  if (parsed === undefined) throw new Error(`time: ${JSON.stringify(time)} given; accepted is ISO 8601`);
  const run = { ...settings, sources, now: epochMilliseconds(parsed), isWhole: false };
  const { sims, judged, failed, told } = await sweep(run, ports);
  telemetry.logger.info('Swept', { sims, judged, failed, told });
}
