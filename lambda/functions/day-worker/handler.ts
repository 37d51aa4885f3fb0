import type { Context, SQSBatchResponse, SQSEvent } from 'aws-lambda';
import { makeBillWork } from '../../aws/bill-work.ts';
import { makeDayPorts, makePartialPorts, readDayTables } from '../../aws/day-ports.ts';
import { DayQueue } from '../../aws/day-queue.ts';
import { measureWork } from '../../aws/day-telemetry.ts';
import { makeDynamoDbClient } from '../../aws/dynamodb-client.ts';
import { LakeBucket } from '../../aws/lake-bucket.ts';
import { MetricsSender } from '../../aws/metrics-queue.ts';
import { environment, service } from '../../aws/names.ts';
import { requireEnvironment } from '../../aws/sources.ts';
import { createTelemetry, describeCause } from '../../aws/telemetry.ts';
import type { Manifest } from '../../days/manifest.ts';
import type { DayPorts } from '../../days/pass/ports.ts';
import { makeJobs, makePartialJobs, type WorkPorts } from '../../days/take-message.ts';
import { takeMessages } from '../../days/take-messages.ts';
import { formatTime } from '../../ledger/time.ts';
import { describeSealedDay } from '../../metrics/gains.ts';
import { FenceTable } from '../../store/day-fence.ts';
import { OpenDaysTable } from '../../store/open-days.ts';
import { ScheduleStartTable } from '../../store/schedule-start.ts';

/** Time that must be left for another message: most buckets are read in less. */
const reserveMilliseconds = 120_000;

const telemetry = createTelemetry(service.dayWorker);
const client = makeDynamoDbClient();
const queue = new DayQueue(client.config, requireEnvironment(environment.dayQueue));
const lake = new LakeBucket(client.config, {
  lake: requireEnvironment(environment.lakeBucket),
  accounts: requireEnvironment(environment.accountLakeBucket),
});
const stateName = requireEnvironment(environment.dayStateTable);
const tables = readDayTables(client);
const days: DayPorts = makeDayPorts(tables, { lake, jobs: makeJobs(queue) });
const ports: Omit<WorkPorts, 'days'> = {
  partial: makePartialPorts(tables, { lake, jobs: makePartialJobs(queue) }),
  queue,
  openDays: new OpenDaysTable(client, stateName),
  fence: new FenceTable(client, stateName),
  bills: makeBillWork(lake, { start: new ScheduleStartTable(client, stateName), queue }),
};

const metricsQueue = process.env[environment.metricsQueue];
const metrics = metricsQueue === undefined ? undefined : new MetricsSender(client.config, metricsQueue);

/**
 * Processes messages of the day pass. A message that fails, or for which there is no time left, is reported and
 * delivered again.
 */
export async function handler(event: SQSEvent, context: Context): Promise<SQSBatchResponse> {
  let sealed = 0;
  let simDays = 0;
  const counted: DayPorts = {
    ...days,
    simDays: {
      sumMonth: (sims, month) => days.simDays.sumMonth(sims, month),
      put: async (stored, revision) => {
        await days.simDays.put(stored, revision);
        simDays += stored.length;
      },
    },
  };
  let failed = 0;
  const answer = await takeMessages(
    event.Records,
    { ...ports, days: counted },
    {
      findNow: ({ attributes }) => Number(attributes.ApproximateFirstReceiveTimestamp),
      isTimeLeft: () => context.getRemainingTimeInMillis() >= reserveMilliseconds,
      onSeal: async (manifest, now) => {
        // Also if the day was sealed before, because that invocation may have died before it sent this message.
        await metrics?.send(describeSealedDay(manifest));
        if (manifest.sealedAt !== formatTime(now)) return;
        sealed += 1;
        logSeal(manifest);
      },
      onFailure: (error) => {
        failed += 1;
        telemetry.logger.error('The message will be delivered again', describeCause(error));
      },
    },
  );
  measureWork(telemetry, { sealed, simDays, failed });
  return answer;
}

function logSeal({ day, version, root, kinds, changes }: Manifest): void {
  const rows = Object.fromEntries(Object.entries(kinds).map(([kind, { rows: count }]) => [kind, count]));
  telemetry.logger.info('Sealed', { day, version, root, rows, changes });
}
