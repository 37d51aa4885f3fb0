import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { LedgerPorts } from '../ingest/ingest.ts';
import type { NoteLate } from '../ingest/late.ts';
import { LateRecordNotes } from '../store/late-records.ts';
import { BucketQuarantine, type Quarantine, type RejectBucket } from '../store/quarantine.ts';
import { LedgerWriter } from '../store/writer.ts';
import type { Deadline } from './deadline.ts';
import { MetricsSender, makeVolumeSender } from './metrics-queue.ts';
import { environment } from './names.ts';
import { makeProcessFence } from './process-fence.ts';
import { readTableNames, requireEnvironment, writeModeFromEnvironment } from './sources.ts';
import type { Telemetry } from './telemetry.ts';

/**
 * Makes the ledger from the tables that the environment names.
 *
 * @param rejects the bucket of the quarantine.
 * @param telemetry logs that DynamoDB does not accept batched writes, and that volumes are lost for metrics.
 * @param deadline limits the time of the quarantine's requests; the client has its own.
 */
export function makeLedgerPorts(
  client: DynamoDBClient,
  rejects: RejectBucket,
  telemetry: Pick<Telemetry, 'reportRefusedBatches' | 'reportLostVolumes'>,
  deadline?: Deadline,
): LedgerPorts {
  const metricsQueue = process.env[environment.metricsQueue];
  return {
    writer: new LedgerWriter({
      client,
      ...readTableNames(),
      eventRetentionDays: Number(requireEnvironment(environment.eventRetentionDays)),
      usageRetentionDays: Number(requireEnvironment(environment.usageRetentionDays)),
      writes: writeModeFromEnvironment(),
      measuresUsage: metricsQueue !== undefined,
      onSingleWrites: telemetry.reportRefusedBatches,
    }),
    ...(metricsQueue !== undefined && {
      reportVolumes: makeVolumeSender(
        new MetricsSender(client.config, metricsQueue),
        telemetry.reportLostVolumes,
      ),
    }),
    quarantine: addDeadline(new BucketQuarantine(rejects), deadline),
    noteLate: makeLateNotes(client, requireEnvironment(environment.progressTable)),
    fence: makeProcessFence(
      client,
      {
        dayState: requireEnvironment(environment.dayStateTable),
        dayMarkers: requireEnvironment(environment.dayMarkersTable),
      },
      { cacheMilliseconds: readFenceCache() },
    ),
  };
}

function readFenceCache(): number | undefined {
  const seconds = process.env[environment.fenceCacheSeconds];
  return seconds === undefined ? undefined : Number(seconds) * 1000;
}

/** Notes late records in the table AlertState. */
export function makeLateNotes(client: DynamoDBClient, tableName: string): NoteLate {
  const notes = new LateRecordNotes(client, tableName);
  return (late) => notes.put(late, Date.now());
}

function addDeadline(quarantine: Quarantine, deadline: Deadline | undefined): Quarantine {
  if (deadline === undefined) return quarantine;
  return { keep: (rejects, group) => deadline.waitForAnswer(() => quarantine.keep(rejects, group)) };
}
