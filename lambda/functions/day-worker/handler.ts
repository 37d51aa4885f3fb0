import type { Context, SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda';
import { dayPortsFromEnvironment } from '../../aws/day-ports.ts';
import { DayQueue } from '../../aws/day-queue.ts';
import { measureWork } from '../../aws/day-telemetry.ts';
import { dynamoDbClient } from '../../aws/dynamodb-client.ts';
import { LakeBucket } from '../../aws/lake-bucket.ts';
import { MetricsSender } from '../../aws/metrics-queue.ts';
import { environment, service } from '../../aws/names.ts';
import { requireEnvironment } from '../../aws/sources.ts';
import { createTelemetry, describeCause } from '../../aws/telemetry.ts';
import type { DayPorts } from '../../days/pass/ports.ts';
import { makeJobs, takeMessage, type WorkPorts } from '../../days/take-message.ts';
import { parseMessage } from '../../days/work.ts';
import { formatTime } from '../../ledger/time.ts';
import { describeSealedDay } from '../../metrics/gains.ts';
import { FenceTable } from '../../store/day-fence.ts';
import { OpenDaysTable } from '../../store/open-days.ts';

/** Time that must be left for one more message: most buckets are read in less. */
const reserveMilliseconds = 120_000;

const telemetry = createTelemetry(service.dayWorker);
const client = dynamoDbClient();
const queue = new DayQueue(client.config, requireEnvironment(environment.dayQueue));
const lake = new LakeBucket(client.config, {
  lake: requireEnvironment(environment.lakeBucket),
  accounts: requireEnvironment(environment.accountLakeBucket),
});
const stateName = requireEnvironment(environment.dayStateTable);
const days = dayPortsFromEnvironment(client, { lake, jobs: makeJobs(queue) });
const ports: Omit<WorkPorts, 'days'> = {
  queue,
  openDays: new OpenDaysTable(client, stateName),
  fence: new FenceTable(client, stateName),
};

const metricsQueue = process.env[environment.metricsQueue];
const metrics = metricsQueue === undefined ? undefined : new MetricsSender(client.config, metricsQueue);

/** Takes messages of the day pass. One that fails, or for which no time is left, is reported, and delivered again. */
export async function handler(event: SQSEvent, context: Context): Promise<SQSBatchResponse> {
  const batchItemFailures: SQSBatchResponse['batchItemFailures'] = [];
  let sealed = 0;
  let simDays = 0;
  const counted: DayPorts = {
    ...days,
    simDays: {
      put: async (stored, revision) => {
        await days.simDays.put(stored, revision);
        simDays += stored.length;
      },
    },
  };
  let failed = 0;
  for (const record of event.Records) {
    const isTimeLeft =
      record === event.Records[0] || context.getRemainingTimeInMillis() >= reserveMilliseconds;
    try {
      if (isTimeLeft && (await takeRecord(record, counted))) sealed += 1;
    } catch (error) {
      telemetry.logger.error('The message will be delivered again', describeCause(error));
      failed += 1;
      batchItemFailures.push({ itemIdentifier: record.messageId });
    }
    if (!isTimeLeft) batchItemFailures.push({ itemIdentifier: record.messageId });
  }
  measureWork(telemetry, { sealed, simDays, failed });
  return { batchItemFailures };
}

/** @returns whether it has sealed a version of a day. */
async function takeRecord({ body, attributes }: SQSRecord, counted: DayPorts): Promise<boolean> {
  const now = Number(attributes.ApproximateFirstReceiveTimestamp);
  const message = parseMessage(body);
  const manifest = await takeMessage(message, { ...ports, days: counted }, { now });
  // Also if it was sealed before: that invocation may have died before it told so.
  if (manifest !== undefined) await metrics?.send(describeSealedDay(manifest));
  if (manifest === undefined || manifest.sealedAt !== formatTime(now)) return false;
  const { day, version, root, kinds, changes } = manifest;
  const rows = Object.fromEntries(Object.entries(kinds).map(([kind, { rows: count }]) => [kind, count]));
  telemetry.logger.info('Sealed', { day, version, root, rows, changes });
  return true;
}
