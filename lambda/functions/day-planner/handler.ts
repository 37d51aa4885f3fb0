import type { Context } from 'aws-lambda';
import { findReadMark, type ReadMarkPorts } from '../../alerts/progress/read-marks.ts';
import { StreamNotes } from '../../alerts/progress/stream-notes.ts';
import { KinesisPositions } from '../../alerts/progress/stream-position.ts';
import { DayQueue } from '../../aws/day-queue.ts';
import { measureSchedule } from '../../aws/day-telemetry.ts';
import { Deadline } from '../../aws/deadline.ts';
import { makeDynamoDbClient } from '../../aws/dynamodb-client.ts';
import { LakeBucket } from '../../aws/lake-bucket.ts';
import { makeLedgerReader } from '../../aws/ledger-reader.ts';
import { environment, service } from '../../aws/names.ts';
import { readScheduledTime, type ScheduledEvent } from '../../aws/scheduled-event.ts';
import { type AlertSourceDescription, requireEnvironment } from '../../aws/sources.ts';
import { createTelemetry, describeCause } from '../../aws/telemetry.ts';
import { runSchedule, type SchedulePorts } from '../../days/run-schedule.ts';
import type { SourceReading } from '../../days/schedule.ts';
import { FenceTable } from '../../store/day-fence.ts';
import { DayMarkers } from '../../store/day-markers.ts';
import { OpenDaysTable } from '../../store/open-days.ts';
import { ScheduleStartTable } from '../../store/schedule-start.ts';
import { TableExpiry } from '../../store/table-expiry.ts';
import { usageTable } from '../../store/tables.ts';
import { hasUsageBefore } from '../../store/usage-history.ts';

const telemetry = createTelemetry(service.dayPlanner);
/** Time reserved for logging if the store does not answer. */
const spareMilliseconds = 5_000;

const deadline = new Deadline();
const client = makeDynamoDbClient({}, deadline);
const sources = JSON.parse(requireEnvironment(environment.alertSources)) as AlertSourceDescription[];
const usageDays = Number(requireEnvironment(environment.usageRetentionDays));
const partialHours = Number(requireEnvironment(environment.partialHours));
const usageName = requireEnvironment(environment.usageTable);
const stateName = requireEnvironment(environment.dayStateTable);
const markers = new DayMarkers(client, requireEnvironment(environment.dayMarkersTable));
const readMarkPorts: ReadMarkPorts = {
  notes: new StreamNotes(client, requireEnvironment(environment.progressTable), Date.now),
  positions: new KinesisPositions(client.config),
  reader: makeLedgerReader(client),
};
const ports: SchedulePorts = {
  fence: new FenceTable(client, stateName),
  openDays: new OpenDaysTable(client, stateName),
  start: new ScheduleStartTable(client, stateName),
  queue: new DayQueue(client.config, requireEnvironment(environment.dayQueue)),
  lake: new LakeBucket(client.config, {
    lake: requireEnvironment(environment.lakeBucket),
    accounts: requireEnvironment(environment.accountLakeBucket),
  }),
  listMarkedDays: async () => (await markers.countByDay()).keys(),
  hasUsageBefore: (day) => hasUsageBefore(client, usageName, day),
  expiry: new TableExpiry(client, usageName, usageTable.expiryAttribute),
  onExpiryFailure: (error) =>
    telemetry.logger.error('Cannot switch the expiry of usage', describeCause(error)),
};

/**
 * How far each source was read; undefined if that cannot be determined for one of them, and no day can be closed now.
 */
async function readSources(now: number): Promise<readonly SourceReading[] | undefined> {
  try {
    return await Promise.all(sources.map((source) => findReadMark(source, readMarkPorts, now)));
  } catch (error) {
    telemetry.logger.error('Cannot determine up to when the sources are read', describeCause(error));
    return undefined;
  }
}

/**
 * Closes the days that are due, and continues unfinished work.
 *
 * @throws Error if the event has no time, and the errors of the store and the queue, also when the time is up.
 */
export async function handler(event: ScheduledEvent, context: Context): Promise<void> {
  const now = readScheduledTime(event);
  const report = await deadline.runWithin(context.getRemainingTimeInMillis() - spareMilliseconds, async () =>
    runSchedule(ports, { now, sources: await readSources(now), usageDays, partialHours }),
  );
  measureSchedule(telemetry, report);
}
