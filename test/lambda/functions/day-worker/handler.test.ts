import type { SQSEvent } from 'aws-lambda';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { createKinesisEmulator } from '../../../../emulators/kinesis/emulator.ts';
import { parseEmbeddedMetrics } from '../../../../emulators/lambda-runtime/embedded-metrics.ts';
import type { LocalFunction } from '../../../../emulators/lambda-runtime/function.ts';
import { createSqsEmulator } from '../../../../emulators/sqs/emulator.ts';
import type { Queue } from '../../../../emulators/sqs/queue.ts';
import { environment } from '../../../../lambda/aws/names.ts';
import type { AlertSourceDescription } from '../../../../lambda/aws/sources.ts';
import { interpret } from '../../../../lambda/carriers/index.ts';
import type { Manifest } from '../../../../lambda/days/manifest.ts';
import { makeManifestKey } from '../../../../lambda/days/pass/lake-objects.ts';
import { Fold } from '../../../../lambda/ledger/fold.ts';
import { DayMarkers } from '../../../../lambda/store/day-markers.ts';
import {
  alertStateTable,
  dayMarkersTable,
  dayStateTable,
  findingsTable,
  sessionDaysTable,
  simDaysTable,
} from '../../../../lambda/store/tables.ts';
import { createDeployedFunction } from '../../../../local/deployed-function.ts';
import { runningS3 } from '../../../emulators/s3/running-emulator.ts';
import { usageRecord } from '../../../records/datastreamer.ts';
import { ledgerTablesOf, runningTables } from '../../store/running-tables.ts';

/** The deployed bundles of the day pass's two functions in separate processes, with emulators. */

const iccid = '8988280666000000001';
const tables = runningTables();
const storage = runningS3();
const streams = createKinesisEmulator();
const queues = createSqsEmulator();
const lines: string[] = [];
let queue: Queue;
let planner: LocalFunction;
let worker: LocalFunction;
/** Messages that were sent to the queue and not processed. */
let sent: { readonly body: string; readonly delaySeconds: number | undefined }[] = [];

beforeAll(async () => {
  const { port } = await streams.listen(0);
  streams.createStream('meters', 1);
  await queues.listen(0);
  queue = queues.createQueue('days');
  vi.spyOn(queue, 'send').mockImplementation((body, { delaySeconds } = {}) => {
    sent.push({ body, delaySeconds });
    return { messageId: 'id', md5OfBody: '' };
  });
  for (const bucket of ['lake', 'accounts']) storage.s3.createBucket(bucket, { versioned: true });
  const source: AlertSourceDescription = {
    ...{ name: 'meters', carrier: '1nce', lateness: 1_800_000, hasStream: true, streamName: 'meters' },
  };
  const { sessions, usage, events, sims } = ledgerTablesOf(tables.client);
  const shared = {
    AWS_ENDPOINT_URL_DYNAMODB: tables.endpoint,
    AWS_ENDPOINT_URL_KINESIS: `http://127.0.0.1:${port}`,
    AWS_ENDPOINT_URL_S3: storage.endpoint,
    [environment.sessionsTable]: sessions,
    [environment.usageTable]: usage,
    [environment.eventsTable]: events,
    [environment.simsTable]: sims,
    [environment.filesTable]: 'Files',
    [environment.progressTable]: alertStateTable.name,
    [environment.dayStateTable]: dayStateTable.name,
    [environment.dayMarkersTable]: dayMarkersTable.name,
    [environment.simDaysTable]: simDaysTable.name,
    [environment.findingsTable]: findingsTable.name,
    [environment.sessionDaysTable]: sessionDaysTable.name,
    [environment.lakeBucket]: 'lake',
    [environment.accountLakeBucket]: 'accounts',
    [environment.dayQueue]: queue.url,
    [environment.alertSources]: JSON.stringify([source]),
    [environment.usageRetentionDays]: '0',
    [environment.partialHours]: '6',
  };
  const make = (name: string, timeoutSeconds: number) =>
    createDeployedFunction({
      ...{ name, entry: `lambda/functions/${name}/handler.ts`, memoryMegabytes: 1769, timeoutSeconds },
      onLog: (line) => void lines.push(line),
      environment: shared,
    });
  [planner, worker] = await Promise.all([make('day-planner', 300), make('day-worker', 900)]);
});

afterAll(async () => {
  vi.restoreAllMocks();
  await planner.stop();
  await worker.stop();
  await streams.close();
  await queues.close();
});

async function storeUsage(hour: string): Promise<void> {
  const record = {
    ...usageRecord,
    ...{ id: Number(hour.replace(/\D/g, '')), sim: { id: 1, iccid } },
    ...{ start_timestamp: `${hour}:00:00Z`, end_timestamp: `${hour}:10:00Z` },
    volume: { tx: 0.01, rx: 0, total: 0.01 },
  };
  const source = { name: 'meters', carrier: '1nce', bytesPerMegabyte: 1_000_000 } as const;
  const reading = interpret(record, { source, arrivedAt: Date.parse(`${hour}:10:00Z`) });
  if (reading.kind !== 'observed') throw new Error(JSON.stringify(reading));
  const fold = new Fold();
  fold.add(0, reading);
  await tables.newWriter().write(fold.listChanges(), { readBeforeWrite: false });
}

async function readManifest(): Promise<Manifest> {
  const bytes = await storage.s3.getObject('lake', makeManifestKey('2026-11-09'));
  return JSON.parse(String(bytes)) as Manifest;
}

function makeEvent(bodies: readonly string[], time: string): SQSEvent {
  const attributes = { ApproximateFirstReceiveTimestamp: String(Date.parse(time)) };
  const Records = bodies.map((body, index) => ({ messageId: String(index), body, attributes }));
  return { Records } as unknown as SQSEvent;
}

/** Processes all messages, and those that they send. Returns the kinds and delays of the messages. */
async function takeAll(time: string): Promise<string[]> {
  const taken: string[] = [];
  while (sent.length > 0) {
    const batch = sent;
    sent = [];
    for (const { body, delaySeconds } of batch) {
      const { kind } = JSON.parse(body) as { kind: string };
      taken.push(`${kind} after ${delaySeconds}`);
    }
    const result = await worker.invoke(
      makeEvent(
        batch.map(({ body }) => body),
        time,
      ),
    );
    expect(result).toMatchObject({ ok: true, response: { batchItemFailures: [] } });
  }
  return taken;
}

test('a day is closed, read and sealed, and read again after late records', async () => {
  await storeUsage('2026-11-09T10');
  expect(await planner.invoke({ time: '2026-11-10T07:00:00Z' })).toMatchObject({ ok: true });
  expect(await takeAll('2026-11-10T08:00:00.000Z')).toEqual([
    // Reports read the records of such a small fleet, so it has no partial pass.
    ...['reading after 900', 'partial after 0', 'reading after 900', 'reading after 900'],
    ...['plan after 0', 'bucket after 0', 'bucket after 0'],
  ]);
  const { version, sealedAt, kinds } = await readManifest();
  expect([version, sealedAt, kinds.usage.rows]).toEqual([1, '2026-11-10T08:00:00.000Z', 1]);
  expect((await tables.items(simDaysTable.name)).map(({ period }) => period?.S)).toEqual(['2026-11-09']);
  // Only the fence and the schedule's first day are left.
  expect((await tables.items(dayStateTable.name)).map(({ subject }) => subject?.S).sort()).toEqual([
    ...['fence', 'schedule'],
  ]);
  expect(await planner.invoke({ time: '2026-11-10T08:00:00Z' })).toMatchObject({ ok: true });
  expect(await takeAll('2026-11-10T08:30:00.000Z')).toEqual(['partial after 0']);

  await new DayMarkers(tables.client, dayMarkersTable.name).put([{ day: '2026-11-09', sim: iccid }]);
  await storeUsage('2026-11-09T11');
  expect(await planner.invoke({ time: '2026-11-10T09:00:00Z' })).toMatchObject({ ok: true });
  expect(await takeAll('2026-11-10T10:00:00.000Z')).toEqual([
    ...[
      'round after 0',
      'partial after 0',
      'visit after 900',
      'visit after 900',
      'visit after 900',
      'bucket after 0',
    ],
  ]);
  const redone = await readManifest();
  expect([redone.version, redone.kinds.usage.rows, redone.changes]).toEqual([
    ...[2, 2, { added: 1, changed: 0, moved: 0 }],
  ]);
  expect(await tables.items(dayMarkersTable.name)).toEqual([]);
  expect(lines.flatMap((line) => parseEmbeddedMetrics(line) ?? [])).toEqual(
    expect.arrayContaining([
      expect.objectContaining({ name: 'simDaysStored', value: 1, dimensions: { service: 'day-worker' } }),
      expect.objectContaining({ name: 'daysSealed', value: 1, dimensions: { service: 'day-worker' } }),
    ]),
  );
  expect(lines.join('\n')).not.toContain(iccid);
  expect(lines.join('\n')).not.toContain('"level":"ERROR"');
});

test('a message that fails is delivered again, and the others are processed', async () => {
  const bodies = ['no message', JSON.stringify({ kind: 'plan', day: '2026-11-09' })];
  expect(await worker.invoke(makeEvent(bodies, '2026-11-10T09:00:00.000Z'))).toMatchObject({
    ok: true,
    response: { batchItemFailures: [{ itemIdentifier: '0' }] },
  });
  expect(lines.join('\n')).toContain('This is not a message of the day pass. It is not a JSON object');
});

test('a run without a time is an error', async () => {
  expect(await planner.invoke({ time: 'noon' })).toMatchObject({
    ok: false,
    error: { message: 'time: "noon" given; accepted is ISO 8601' },
  });
});
