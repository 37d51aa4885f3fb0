import { setImmediate } from 'node:timers/promises';
import type { Context, KinesisStreamEvent, SQSEvent, SQSRecord } from 'aws-lambda';
import fc, { type Arbitrary } from 'fast-check';
import { beforeAll, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { environment } from '../../lambda/aws/names.ts';
import type { FileObject } from '../../lambda/ingest/files/messages.ts';
import { carriers } from '../../lambda/ledger/source.ts';
import { personalValues } from '../personal-data.ts';
import { chunks, RunningFunction } from './delivery.ts';
import { deliveryPlan, kinesisRecord, layOut, sourceOf } from './delivery-path.ts';
import { type Fault, FaultPlan, faults } from './faults.ts';
import { fleetOf } from './fleet.ts';
import { anyJson, fuzzedBody, text } from './fuzz-values.ts';
import { goesOn } from './hostile-path.ts';
import { KeptRejects } from './invocation.ts';
import { asClient, MemoryDynamoDb } from './memory-dynamodb.ts';
import { seed, timeLimit, trials } from './trials.ts';
import { withoutClock } from './without-clock.ts';

/** The functions as Lambda calls them: with any event that AWS could send, and all that they write to their log. */

/** What the functions under test reach of AWS; each run has its own. */
const world = vi.hoisted(() => ({
  running: undefined as RunningFunction | undefined,
  file: Buffer.alloc(0) as Buffer,
  opened: [] as FileObject[],
  /** Keys that files were kept under in the quarantine, with what a copy was made from. */
  kept: [] as { readonly key: string; readonly copySource?: string }[],
}));

function running(): RunningFunction {
  if (world.running === undefined) throw new Error('No run has begun');
  return world.running;
}

vi.mock('../../lambda/aws/dynamodb-client.ts', () => ({
  makeDynamoDbClient: () =>
    Object.assign(asClient({ send: (command) => running().process.send(command) }), {
      config: { region: async () => 'us-east-1' },
    }),
}));
vi.mock('../../lambda/aws/ledger-ports.ts', () => ({
  makeLedgerPorts: () => ({
    writer: {
      write: (...given: Parameters<RunningFunction['writer']['write']>) => running().writer.write(...given),
    },
    fence: { enter: () => running().fence.enter() },
    quarantine: {
      keep: (...given: Parameters<RunningFunction['process']['keep']>) => running().process.keep(...given),
    },
  }),
}));
vi.mock('../../lambda/ingest/files/file-store.ts', () => ({
  openFile: async (_: unknown, object: FileObject, from: number) => {
    world.opened.push(object);
    const { file } = world;
    return {
      bytes: chunks(file.subarray(from), 100),
      size: file.length,
      deliveredAt: arrivedAt,
      close: async () => undefined,
    };
  },
}));
vi.mock('../../lambda/aws/client-bucket.ts', () => ({
  ClientBucket: class {
    async put(key: string): Promise<void> {
      world.kept.push({ key });
    }
    async copy(key: string, copySource: string): Promise<void> {
      world.kept.push({ key, copySource });
    }
  },
}));

const arrivedAt = Date.parse('2030-01-01T00:00:00.000Z');

let consume: (event: KinesisStreamEvent, context: Context) => Promise<unknown>;
let importFiles: (event: SQSEvent, context: Context) => Promise<unknown>;

beforeAll(async () => {
  const sources = carriers.map((carrier) => ({
    ...sourceOf(carrier),
    streamArn: `arn:aws:kinesis:us-east-1:000000000000:stream/${carrier}`,
    bucket: carrier,
  }));
  for (const [name, variable] of Object.entries(environment)) vi.stubEnv(variable, name);
  vi.stubEnv(environment.filesTable, 'Files');
  vi.stubEnv(environment.deliveriesTable, 'Deliveries');
  vi.stubEnv(environment.progressTable, 'AlertState');
  vi.stubEnv(environment.dayStateTable, 'DayState');
  vi.stubEnv(environment.sources, JSON.stringify(sources));
  vi.stubEnv(environment.sessionRefresh, 'update');
  vi.stubEnv(environment.eventRetentionDays, '90');
  vi.stubEnv(environment.measuredNetworks, '20');
  vi.stubEnv(environment.fileQueueUrl, 'https://sqs.us-east-1.amazonaws.com/000000000000/files');
  consume = (await import('../../lambda/functions/kinesis-consumer/handler.ts')).handler;
  importFiles = (await import('../../lambda/functions/file-importer/handler.ts')).handler;
  // What the SDK warns of when a client is made is written on the next tick, and is not a line of these functions.
  await setImmediate();
});

const lines: string[] = [];

beforeEach(() => {
  withoutClock(() => goesOn);
  vi.spyOn(process.stdout, 'write').mockImplementation((chunk) => lines.push(String(chunk)) > 0);
  vi.spyOn(process.stderr, 'write').mockImplementation((chunk) => lines.push(String(chunk)) > 0);
  onTestFinished(() => void vi.restoreAllMocks());
});

/** Begins a run with new tables and buckets. */
function begin(planned: readonly Fault[] = []): void {
  lines.length = 0;
  world.opened.length = 0;
  world.kept.length = 0;
  const quarantine = new KeptRejects();
  const plan = new FaultPlan(planned);
  const engine = new MemoryDynamoDb();
  world.running = new RunningFunction({
    engine,
    plan,
    pause: goesOn,
    returnsOld: true,
    writes: 'batched',
    quarantine,
  });
}

/** Every line is one JSON object, with any content of records: none can be forged. */
function expectWholeLines(): void {
  for (const line of lines) {
    expect(line.endsWith('\n')).toBe(true);
    expect(line.indexOf('\n')).toBe(line.length - 1);
    expect(typeof JSON.parse(line)).toBe('object');
  }
}

/** Faults that the invocation survives. */
const survivable = faults.map((planned) => planned.filter(({ kind }) => !kind.startsWith('crash')));

const path = fc
  .record({ fleet: fleetOf({ maxSims: 2 }), plan: deliveryPlan })
  .map(({ fleet, plan }) => layOut(fleet, plan));

const context = { getRemainingTimeInMillis: () => 600_000 } as Context;

describe(`the functions (seed ${seed})`, () => {
  test('answer any Kinesis records with the sequence numbers of those that failed', {
    timeout: timeLimit,
  }, async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fuzzedBody, { maxLength: 3 }),
        fc.constantFrom(...carriers),
        survivable,
        async (bodies, carrier, planned) => {
          const Records = bodies.map(({ bytes }, index) =>
            kinesisRecord(sourceOf(carrier), `${carrier}/0`, index, arrivedAt, bytes),
          );
          begin(planned);
          const answer = await consume({ Records }, context);
          const failed = (answer as { batchItemFailures: { itemIdentifier: string }[] }).batchItemFailures;
          const numbers = Records.map(({ kinesis }) => kinesis.sequenceNumber);
          expect(failed.filter(({ itemIdentifier }) => !numbers.includes(itemIdentifier))).toEqual([]);
          if (planned.length === 0) expect(failed).toEqual([]);
          expectWholeLines();
        },
      ),
      trials(400),
    );
  });

  test('write nothing personal to their log, whatever becomes of the records', {
    timeout: timeLimit,
  }, async () => {
    await fc.assert(
      fc.asyncProperty(path, survivable, async ({ streams }, planned) => {
        for (const { batches } of streams) {
          for (const batch of batches) {
            begin(planned);
            await consume({ Records: batch.map(({ record }) => record) }, context);
            expectWholeLines();
            expect(lines.length).toBeGreaterThan(0);
            const texts = batch.flatMap(({ parcels }) => parcels.map((parcel) => Buffer.from(parcel.text)));
            const values = [...personalValues(texts)].filter((value) => value.length > 5);
            expect(values.filter((value) => lines.some((line) => line.includes(value)))).toEqual([]);
          }
        }
      }),
      trials(150),
    );
  });

  test('answer any queue messages with those that failed, and open exactly the announced objects', {
    timeout: timeLimit,
  }, async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(message, { maxLength: 3 }), fileBytes, async (messages, bytes) => {
        begin();
        world.file = bytes;
        const attributes = { SentTimestamp: String(arrivedAt) };
        const Records = messages.map(
          ({ body }, index) => ({ messageId: `m${index}`, body, attributes }) as SQSRecord,
        );
        expect(await importFiles({ Records }, context)).toEqual({
          batchItemFailures: messages.flatMap(({ isGood }, index) =>
            isGood ? [] : [{ itemIdentifier: `m${index}` }],
          ),
        });
        const announced = messages.flatMap(({ object }) => (object === undefined ? [] : [object]));
        const opened = world.opened.map(({ bucket, key }) => ({ bucket, key }));
        const known = new Set(opened.map((one) => JSON.stringify(one)));
        expect([...known].sort()).toEqual([...new Set(announced.map((one) => JSON.stringify(one)))].sort());
        expectKeptInPlace();
        expectWholeLines();
      }),
      trials(400),
    );
  });
});

/** Whatever a key holds, it names a place neither in the quarantine nor in a request. */
function expectKeptInPlace(): void {
  for (const { key, copySource } of world.kept) {
    expect(key).toMatch(/^rejects\/[\w-]+\/[\w-]+\/[0-9a-f]{32}\.(csv|jsonl)$/);
    if (copySource !== undefined) expect(copySource).toMatch(/^[\w%.*'()!~/-]+(\?versionId=[\w%.-]+)?$/);
  }
}

interface QueueMessage {
  readonly body: string;
  readonly isGood: boolean;
  readonly object?: { readonly bucket: string; readonly key: string };
}

/** Bytes that a key may have in S3. */
const longestKey = 1_024;

const key = fc.oneof(
  fc.constantFrom(
    'cdr_20300101_000000.csv',
    '../../secrets.csv',
    '/etc/passwd',
    'a b+c%.csv',
    'ä/\n{"level":"x"}.csv',
  ),
  text.filter((one) => one !== '' && one.isWellFormed() && Buffer.byteLength(one) <= longestKey),
);

const announcement: Arbitrary<QueueMessage> = fc
  .record({
    bucket: fc.constantFrom('1nce', 'emnify', 'telekom'),
    key,
    event: fc.constantFrom('Put', 'Copy'),
  })
  .map(({ bucket, key: named, event }) => {
    const encoded = encodeURIComponent(named).replaceAll('%20', '+');
    const object = { key: encoded, versionId: 'v1', size: 1, eTag: 'e' };
    const record = { eventName: `ObjectCreated:${event}`, s3: { bucket: { name: bucket }, object } };
    return { body: JSON.stringify({ Records: [record] }), isGood: true, object: { bucket, key: named } };
  });

/** Messages that ask for nothing: S3's own, and those that announce something else than an object's creation. */
const emptyMessage: Arbitrary<QueueMessage> = fc.constantFrom(
  { body: '{"Service":"Amazon S3","Event":"s3:TestEvent"}', isGood: true },
  { body: '{"Records":[]}', isGood: true },
  { body: '{"Records":[{"eventName":"ObjectRemoved:Delete"}]}', isGood: true },
);

const badMessage: Arbitrary<QueueMessage> = fc
  .oneof(
    text,
    anyJson.map((value) => JSON.stringify(value)),
    anyJson.map((value) => JSON.stringify({ Records: [{ eventName: 'ObjectCreated:Put', s3: value }] })),
    fc.constantFrom(
      '{"Records":[{"eventName":"ObjectCreated:Put","s3":{"bucket":{"name":"1nce"},"object":{"key":"%"}}}]}',
      '{"Records":[{"eventName":"ObjectCreated:Put","s3":{"bucket":{"name":"nobody"},"object":{"key":"a"}}}]}',
      '{"continue":{"bucket":"nobody","key":"a.csv"}}',
    ),
  )
  .filter((body) => !/"Records":\s*\[\]|"Records":\[\{"eventName":"(?!ObjectCreated)/.test(body))
  .map((body) => ({ body, isGood: false }));

const message = fc.oneof(announcement, emptyMessage, badMessage);

const fileBytes = fc.constantFrom(
  Buffer.from(''),
  Buffer.from(
    '"id","event_start_timestamp","volume","iccid"\n"1","2026-10-01 08:00:00","0.1","8988280666000000001"\n',
  ),
  Buffer.from('no header\n'),
  Buffer.from([0xff, 0xfe, 0x00]),
);
