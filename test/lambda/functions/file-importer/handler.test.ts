import type { SQSBatchResponse } from 'aws-lambda';
import { afterAll, beforeAll, beforeEach, expect, onTestFinished, test } from 'vitest';
import type { EventSourceMapping } from '../../../../emulators/event-source-mapping/mapping.ts';
import { createSqsMapping } from '../../../../emulators/event-source-mapping/sqs.ts';
import type { LocalFunction } from '../../../../emulators/lambda-runtime/function.ts';
import { createS3Emulator, type S3Emulator } from '../../../../emulators/s3/emulator.ts';
import { createSqsEmulator, type SqsEmulator } from '../../../../emulators/sqs/emulator.ts';
import type { Queue } from '../../../../emulators/sqs/queue.ts';
import { environment } from '../../../../lambda/aws/names.ts';
import { makeContinuation } from '../../../../lambda/ingest/files/messages.ts';
import { fileMapping, functions } from '../../../../lib/limits.ts';
import { createDeployedFunction } from '../../../../local/deployed-function.ts';
import { readExampleDeliveries } from '../../../../local/examples/index.ts';
import { findPlace, localSources, quarantineBucket } from '../../../../local/places.ts';
import { Receipts } from '../../../../local/receipts.ts';
import { expectNone, personalValues } from '../../../personal-data.ts';
import { dynamoDbError, FaultyEndpoint } from '../../faulty-endpoint.ts';
import { file, header, row } from '../../ingest/files/cdr.ts';
import { runningTables } from '../../store/running-tables.ts';
import { ingestEnvironment } from '../ingest-environment.ts';

/** Shorter than the time reserve, so that each invocation stops after a block. */
const shortSeconds = 19;

/** The log's message about a failed message. */
const again = 'The message will be delivered again';

const tables = runningTables();
const { bucket } = findPlace('1nce');
let lines: string[];
let receipts: Receipts;
let s3: S3Emulator;
let sqs: SqsEmulator;
let queue: Queue;
let deadLetters: Queue;
let dynamoDb: FaultyEndpoint;
let importer: LocalFunction;
let hurried: LocalFunction;

beforeAll(async () => {
  s3 = createS3Emulator();
  sqs = createSqsEmulator();
  dynamoDb = new FaultyEndpoint(tables.endpoint);
  const [{ port: s3Port }, { port: sqsPort }, dynamoDbEndpoint] = await Promise.all([
    s3.listen(0),
    sqs.listen(0),
    dynamoDb.listen(),
  ]);
  deadLetters = sqs.createQueue('dead-letters');
  queue = sqs.createQueue('files', {
    maxReceives: fileMapping.maximumReceives,
    deadLetterQueue: deadLetters,
  });
  s3.createBucket(quarantineBucket);
  s3.createBucket('of-nobody', { versioned: true });
  for (const source of localSources) s3.createBucket(source.bucket, { versioned: true });
  const variables = {
    AWS_ENDPOINT_URL_DYNAMODB: dynamoDbEndpoint,
    AWS_ENDPOINT_URL_S3: `http://127.0.0.1:${s3Port}`,
    AWS_ENDPOINT_URL_SQS: `http://127.0.0.1:${sqsPort}`,
    ...ingestEnvironment,
    [environment.filesTable]: 'Files',
    [environment.fileQueueUrl]: queue.url,
  };
  const start = (name: string, timeoutSeconds: number) =>
    createDeployedFunction({
      ...functions.fileImporter,
      ...{ name, timeoutSeconds, concurrency: 2, environment: variables },
      onLog: (line) => {
        lines.push(line);
        receipts.takeLine(line);
      },
    });
  [importer, hurried] = await Promise.all([
    start('file-importer', functions.fileImporter.timeoutSeconds),
    start('hurried-importer', shortSeconds),
  ]);
});

afterAll(async () => {
  await Promise.all([importer.stop(), hurried.stop()]);
  dynamoDb.close();
  await Promise.all([s3.close(), sqs.close()]);
});

beforeEach(async () => {
  lines = [];
  receipts = new Receipts();
  queue.purge();
  deadLetters.purge();
  dynamoDb.repair();
  await tables.clear();
});

/** Delivers the queue to a function until the test ends, and failed messages again immediately. */
function mapTo(target: LocalFunction): EventSourceMapping {
  const mapping = createSqsMapping({ queue, target, rules: fileMapping, retryDelaySeconds: 0 });
  mapping.start();
  onTestFinished(() => mapping.stop());
  return mapping;
}

/** Sends notifications of a bucket's objects to the queue, as the stack does. */
function announce(from: string): void {
  onTestFinished(s3.onObjectCreated(from, (message) => queue.send(JSON.stringify(message))));
}

/** Waits for the notification of a file that was just put. */
async function announced(): Promise<void> {
  await expect.poll(() => queue.counts().visible + queue.counts().inFlight).toBeGreaterThan(0);
}

async function manifests(): Promise<unknown[]> {
  return (await tables.items('Files')).map(({ object, state, rows, accepted, rejected }) => ({
    key: object?.S?.split('@')[0],
    state: state?.S,
    counts: [rows?.N, accepted?.N, rejected?.N].map(Number),
  }));
}

function logged(message: string): Record<string, unknown>[] {
  return lines
    .filter((line) => line.includes(`"message":"${message}"`))
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

async function invoke(...bodies: string[]): Promise<string[]> {
  const Records = bodies.map((body, number) => ({
    messageId: `message-${number}`,
    body,
    attributes: { SentTimestamp: String(Date.now()) },
  }));
  const result = await importer.invoke({ Records });
  if (!result.ok) throw new Error(result.error.message);
  const { batchItemFailures } = result.response as SQSBatchResponse;
  return batchItemFailures.map(({ itemIdentifier }) => itemIdentifier);
}

test('files that are put into a bucket are imported, whatever their keys are', async () => {
  announce(bucket);
  const keys = ['cdr_1.csv', 'a folder/cdr 2+3%.csv', 'Ünïcode €/cdr.csv'];
  for (const [number, key] of keys.entries()) await s3.putObject(bucket, key, file(4, number * 100));
  await announced();
  await mapTo(importer).waitUntilIdle();
  expect(await manifests()).toEqual(
    keys.toSorted().map((key) => ({ key: `${bucket}/${key}`, state: 'done', counts: [4, 4, 0] })),
  );
  expect((await tables.items('Usage')).map(({ source, carrier }) => [source?.S, carrier?.S])).toEqual(
    Array.from({ length: 12 }, () => ['1nce', '1nce']),
  );
  expect(receipts.listEntries()).toEqual([
    ['1nce', { received: 12, stored: 12, repeated: 0, ignored: 0, rejected: 0, failed: 0 }],
  ]);
});

test('a file that takes longer than an invocation continues with a new message, and its counts are exact', async () => {
  announce(bucket);
  const wide = { organisation_name: 'x'.repeat(2000) };
  const rows = Array.from({ length: 700 }, (_, n) => (n % 100 === 50 ? '"broken"' : row(n, wide)));
  await s3.putObject(bucket, 'long.csv', Buffer.from(`${[header, ...rows].join('\n')}\n`));
  await announced();
  await mapTo(hurried).waitUntilIdle();
  expect(await manifests()).toEqual([{ key: `${bucket}/long.csv`, state: 'done', counts: [700, 693, 7] }]);
  const outcomes = logged('File').map(({ outcome, rows: so }) => [outcome, so]);
  expect(outcomes.length).toBeGreaterThan(3);
  expect(outcomes.slice(0, -1).every(([outcome]) => outcome === 'continue')).toBe(true);
  expect(outcomes.at(-1)).toEqual(['done', 700]);
  expect(receipts.addUp()).toEqual({
    received: 700,
    stored: 693,
    repeated: 0,
    ignored: 0,
    rejected: 7,
    failed: 0,
  });
  expect((await tables.items('Usage')).length).toBe(693);
  expect(deadLetters.counts().visible).toBe(0);
});

test('a message that fails is delivered again, and a file is not lost', async () => {
  announce(bucket);
  let failures = 2;
  dynamoDb.fail = ({ operation }) =>
    operation === 'GetItem' && failures-- > 0 ? dynamoDbError('AccessDeniedException') : undefined;
  await s3.putObject(bucket, 'again.csv', file(3));
  await announced();
  await mapTo(importer).waitUntilIdle();
  expect(logged(again).map(({ cause }) => cause)).toEqual([
    'AccessDeniedException: AccessDeniedException of the test',
    'AccessDeniedException: AccessDeniedException of the test',
  ]);
  expect(await manifests()).toEqual([{ key: `${bucket}/again.csv`, state: 'done', counts: [3, 3, 0] }]);
});

test('a message that keeps failing goes to the dead-letter queue', async () => {
  announce('of-nobody');
  await s3.putObject('of-nobody', 'cdr.csv', file(1));
  await announced();
  await mapTo(importer).waitUntilIdle();
  const causes = logged(again).map(({ cause }) => cause);
  expect(causes).toEqual(
    Array.from(
      { length: fileMapping.maximumReceives },
      () => 'Error: No source is configured for bucket of-nobody',
    ),
  );
  expect(deadLetters.counts().visible).toBe(1);
});

test('a notification of several files imports each one, and S3’s test message imports nothing', async () => {
  const objects = await Promise.all(
    [1, 2].map(async (number) => {
      const key = `several_${number}.csv`;
      const { versionId, etag } = await s3.putObject(bucket, key, file(2, number * 10));
      const s3Part = { bucket: { name: bucket }, object: { key, versionId, eTag: etag } };
      return { eventName: 'ObjectCreated:CompleteMultipartUpload', s3: s3Part };
    }),
  );
  const testMessage = JSON.stringify({ Service: 'Amazon S3', Event: 's3:TestEvent', Bucket: bucket });
  expect(await invoke(testMessage, JSON.stringify({ Records: objects }))).toEqual([]);
  expect(await manifests()).toEqual([
    { key: `${bucket}/several_1.csv`, state: 'done', counts: [2, 2, 0] },
    { key: `${bucket}/several_2.csv`, state: 'done', counts: [2, 2, 0] },
  ]);
});

test('exactly the failed messages of a batch are reported', async () => {
  const { versionId, etag } = await s3.putObject(bucket, 'good.csv', file(2));
  const good = makeContinuation({ bucket, key: 'good.csv', versionId, eTag: etag });
  const gone = makeContinuation({ bucket, key: 'gone.csv', versionId: undefined, eTag: 'e' });
  expect(await invoke('{"what":1}', good, good, gone, 'no JSON')).toEqual(['message-0', 'message-4']);
  expect(logged('File').map(({ object, outcome }) => [object, outcome])).toEqual([
    [`${bucket}/good.csv@${versionId}`, 'done'],
    [`${bucket}/good.csv@${versionId}`, 'repeated'],
    [`${bucket}/gone.csv@e`, 'gone'],
  ]);
});

test('no personal data is logged, whatever is wrong with a file', async () => {
  announce(bucket);
  const { files } = await readExampleDeliveries();
  const withoutHeader = file(5).subarray(header.length + 1);
  const namesFirst = Buffer.from('"901405100000101","8988280666001000101","user@example.com"\n');
  const bodies = [...files.map(({ bytes }) => bytes), withoutHeader, namesFirst, file(30)];
  dynamoDb.fail = ({ operation, body }) =>
    /^(PutItem|BatchExecuteStatement)$/.test(operation) &&
    body.includes('5000000011') &&
    logged(again).length === 0
      ? dynamoDbError('ValidationException')
      : undefined;
  for (const [number, bytes] of bodies.entries()) await s3.putObject(bucket, `cdr_${number}.csv`, bytes);
  await announced();
  await mapTo(importer).waitUntilIdle();
  expect(new Set(logged('File').map(({ outcome }) => outcome))).toEqual(new Set(['done', 'failed']));
  expect(logged(again).length).toBe(1);
  const values = personalValues(bodies);
  expect(values.has('901405100000101')).toBe(true);
  expectNone(values, lines);
});
