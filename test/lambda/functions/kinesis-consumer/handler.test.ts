import type { KinesisStreamBatchResponse, KinesisStreamRecord } from 'aws-lambda';
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { parseEmbeddedMetrics } from '../../../../emulators/lambda-runtime/embedded-metrics.ts';
import type { LocalFunction } from '../../../../emulators/lambda-runtime/function.ts';
import { createS3Emulator, type S3Emulator } from '../../../../emulators/s3/emulator.ts';
import { environment } from '../../../../lambda/aws/names.ts';
import { carriers } from '../../../../lambda/ledger/source.ts';
import { FenceTable } from '../../../../lambda/store/day-fence.ts';
import { functions } from '../../../../lib/limits.ts';
import { createDeployedFunction } from '../../../../local/deployed-function.ts';
import { readExampleDeliveries } from '../../../../local/examples/index.ts';
import { findPlace, localSources, quarantineBucket } from '../../../../local/places.ts';
import { Receipts } from '../../../../local/receipts.ts';
import { expectedStreamReceipt } from '../../../local/examples/truth.ts';
import { expectNone, personalValues } from '../../../personal-data.ts';
import { dynamoDbError, FaultyEndpoint } from '../../faulty-endpoint.ts';
import { runningTables } from '../../store/running-tables.ts';
import { ingestEnvironment } from '../ingest-environment.ts';

const tables = runningTables();
const lines: string[] = [];
let receipts = new Receipts();
let s3: S3Emulator;
let dynamoDb: FaultyEndpoint;
let storage: FaultyEndpoint;
let dynamoDbEndpoint = '';
let storageEndpoint = '';
let consumer: LocalFunction;

beforeAll(async () => {
  s3 = createS3Emulator();
  const { port } = await s3.listen(0);
  s3.createBucket(quarantineBucket);
  dynamoDb = new FaultyEndpoint(tables.endpoint);
  storage = new FaultyEndpoint(`http://127.0.0.1:${port}`);
  dynamoDbEndpoint = await dynamoDb.listen();
  storageEndpoint = await storage.listen();
  consumer = await startConsumer();
});

afterAll(async () => {
  await consumer.stop();
  dynamoDb.close();
  storage.close();
  await s3.close();
});

beforeEach(async () => {
  receipts = new Receipts();
  dynamoDb.repair();
  storage.repair();
  await tables.clear();
});

/** A consumer in a separate process, with an empty memory. */
function startConsumer(): Promise<LocalFunction> {
  return createDeployedFunction({
    ...functions.kinesisConsumer,
    name: 'kinesis-consumer',
    onLog: (line) => {
      lines.push(line);
      receipts.takeLine(line);
    },
    environment: {
      AWS_ENDPOINT_URL_DYNAMODB: dynamoDbEndpoint,
      AWS_ENDPOINT_URL_S3: storageEndpoint,
      ...ingestEnvironment,
      [environment.deliveriesTable]: 'Deliveries',
    },
  });
}

let sequence = 0;
const arrived = Date.parse('2026-11-02T18:00:00Z') / 1000;

function kinesisRecord(source: string, data: Uint8Array | string): KinesisStreamRecord {
  sequence += 1;
  const sequenceNumber = `4960${String(sequence).padStart(52, '0')}`;
  return {
    kinesis: {
      kinesisSchemaVersion: '1.0',
      partitionKey: 'any',
      sequenceNumber,
      data: Buffer.from(data).toString('base64'),
      approximateArrivalTimestamp: arrived,
    },
    eventSource: 'aws:kinesis',
    eventVersion: '1.0',
    eventID: `shardId-000000000000:${sequenceNumber}`,
    eventName: 'aws:kinesis:record',
    invokeIdentityArn: 'arn:aws:iam::000000000000:role/any',
    awsRegion: 'us-east-1',
    eventSourceARN: findPlace(source).streamArn,
  };
}

/** Invokes the function, and returns the sequence numbers that it reports as failed. */
async function consume(records: readonly KinesisStreamRecord[], by = consumer): Promise<string[]> {
  const result = await by.invoke({ Records: records });
  if (!result.ok) throw new Error(`${result.error.name}: ${result.error.message}`);
  const { batchItemFailures } = result.response as KinesisStreamBatchResponse;
  return batchItemFailures.map(({ itemIdentifier }) => itemIdentifier).sort();
}

function sequenceNumbers(records: readonly (KinesisStreamRecord | undefined)[]): string[] {
  return records.map((record) => record?.kinesis.sequenceNumber ?? 'none').sort();
}

/** A Super SIM record of a session. Updates have usage, all others have an event. */
function superSim(sim: number, type: string, minute: number): object {
  const eventSid = `EZ${type}${sim}${minute}`;
  const at = `2026-11-02T10:${String(minute).padStart(2, '0')}:00Z`;
  return {
    specversion: '1.0',
    type: `com.twilio.iot.supersim.connection.data-session.${type}`,
    source: `/v1/SuperSim/ConnectionEvents/${eventSid}`,
    id: eventSid,
    time: at,
    data: {
      event_sid: eventSid,
      timestamp: at,
      sim_sid: `HS${sim}`,
      sim_iccid: `8988307000000120${String(sim).padStart(3, '0')}0`,
      sim_unique_name: `meter-${sim}`,
      imsi: `73212320056${String(sim).padStart(4, '0')}`,
      imei: '358600842867678',
      ip_address: '100.68.56.159',
      data_session_sid: `PI${sim}`,
      data_session_start_time: '2026-11-02T10:00:00Z',
      ...(type === 'updated'
        ? {
            data_session_update_start_time: at,
            data_session_update_end_time: at,
            ...{ data_upload: 1, data_download: 2, data_total: 3 },
          }
        : {}),
    },
  };
}

const testEvent = {
  specversion: '1.0',
  type: 'com.twilio.eventstreams.test-event',
  source: 'Sink',
  id: 'AC1',
  time: '2026-11-02T10:00:00.000Z',
  data: { test_id: 'cae2f9e2-c277-4612-8ad3-93c1a7a3ef88' },
};

const one = (record: object): KinesisStreamRecord => kinesisRecord('twilio', JSON.stringify(record));

describe('the Kinesis consumer', () => {
  test('stores the examples of all carriers, counts each record once, and logs no personal data', async () => {
    const { stream } = await readExampleDeliveries();
    const from = lines.length;
    for (const { name } of localSources) {
      const records = stream.filter(({ source }) => source === name);
      if (records.length === 0) continue;
      expect(await consume(records.map(({ data }) => kinesisRecord(name, data)))).toEqual([]);
    }
    const { received, stored, repeated, ignored, rejected, failed } = receipts.addUp();
    expect(stored + repeated + ignored + rejected).toBe(received);
    expect({ received, ignored, rejected, failed }).toEqual({ ...expectedStreamReceipt, failed: 0 });
    expect(receipts.listEntries().map(([source]) => source)).toEqual(carriers);
    const values = personalValues(stream.map(({ data }) => data));
    expect(values.size).toBeGreaterThan(40);
    expectNone(values, lines.slice(from));
  });

  test('logs the validation id of a sink, and does not store it', async () => {
    const from = lines.length;
    expect(await consume([one(testEvent)])).toEqual([]);
    const logged = lines.slice(from).flatMap((line) => (line.includes('test_id') ? [JSON.parse(line)] : []));
    expect(logged).toEqual([
      expect.objectContaining({
        level: 'INFO',
        service: 'kinesis-consumer',
        message: 'Sink validation: hand this test_id back to the carrier',
        testId: 'cae2f9e2-c277-4612-8ad3-93c1a7a3ef88',
        source: 'twilio',
      }),
    ]);
    expect(await tables.everything()).toEqual({ Sessions: [], Usage: [], Events: [], Sims: [], Files: [] });
  });

  test('counts records by source, in CloudWatch’s embedded metric format', async () => {
    const from = lines.length;
    const updated = one(superSim(1, 'updated', 5));
    await consume([updated, updated, one(testEvent), kinesisRecord('twilio', '{"broken":')]);
    const metrics = lines.slice(from).flatMap((line) => parseEmbeddedMetrics(line) ?? []);
    expect(metrics.length).toBeGreaterThan(0);
    expect(new Set(metrics.map(({ namespace }) => namespace))).toEqual(new Set(['simledger']));
    expect(receipts.listEntries()).toEqual([
      ['twilio', { received: 4, stored: 1, repeated: 1, ignored: 1, rejected: 1, failed: 0 }],
    ]);
  });

  test('retries throttled requests, and reports no failure if they then succeed', async () => {
    let throttles = 4;
    dynamoDb.fail = () =>
      throttles-- > 0 ? dynamoDbError('ProvisionedThroughputExceededException') : undefined;
    expect(await consume([1, 2, 3].map((sim) => one(superSim(sim, 'started', 0))))).toEqual([]);
    expect(dynamoDb.failures).toBe(4);
    expect((await tables.items('Sessions')).length).toBe(3);
  });

  test('reports exactly the records that were not stored whole, and stores the others', async () => {
    const records = [
      one(superSim(1, 'started', 0)),
      one(superSim(1, 'updated', 5)),
      one(superSim(2, 'updated', 5)),
      one(superSim(2, 'updated', 6)),
      one(superSim(3, 'started', 0)),
      one(superSim(4, 'started', 0)),
      kinesisRecord('twilio', JSON.stringify([superSim(5, 'started', 0), superSim(5, 'updated', 5)])),
      one(superSim(6, 'updated', 5)),
      one(testEvent),
      kinesisRecord('twilio', '{"broken":'),
    ];
    const [started1, updated1, , refusedUsage, refusedEvent, refusedSim, refusedPart] = records;
    dynamoDb.fail = ({ operation, body }) => {
      if (operation === 'UpdateItem' && body.includes('"Sessions"') && body.includes('"PI1"')) {
        return dynamoDbError('AccessDeniedException');
      }
      if (operation === 'UpdateItem' && body.includes('"Sims"') && body.includes('"HS4"')) {
        return dynamoDbError('AccessDeniedException');
      }
      const refused = ['EZupdated26', 'EZstarted30', 'EZupdated55'];
      return operation !== 'UpdateItem' && refused.some((sid) => body.includes(`"${sid}"`))
        ? dynamoDbError('ValidationException')
        : undefined;
    };
    const from = lines.length;
    const failed = await consume(records);
    expect(failed).toEqual(
      sequenceNumbers([started1, updated1, refusedUsage, refusedEvent, refusedSim, refusedPart]),
    );
    expect(receipts.addUp()).toEqual({
      received: 5,
      stored: 3,
      repeated: 0,
      ignored: 1,
      rejected: 1,
      failed: 6,
    });
    const warnings = lines.slice(from).flatMap((line) => (line.includes('"WARN"') ? [JSON.parse(line)] : []));
    expect(
      warnings.map(({ message, source, failed, cause }) => ({ message, source, failed, cause })),
    ).toEqual(
      ['AccessDeniedException', 'ValidationException'].map((name) => ({
        message: 'Records will be delivered again',
        source: 'twilio',
        failed: 6,
        cause: `${name}: ${name} of the test`,
      })),
    );
    expectNone(
      personalValues(records.map(({ kinesis }) => Buffer.from(kinesis.data, 'base64'))),
      lines.slice(from),
    );
    const sids = (await tables.items('Usage')).map(({ recordId }) => recordId?.S);
    expect(sids).toEqual(['EZupdated15', 'EZupdated25', 'EZupdated65']);

    dynamoDb.repair();
    const again = records.filter(({ kinesis }) => failed.includes(kinesis.sequenceNumber));
    expect(await consume(again)).toEqual([]);
    const afterFailure = await tables.everything();
    await tables.clear();
    const other = await startConsumer();
    onTestFinished(() => other.stop());
    expect(await consume(records.toReversed(), other)).toEqual([]);
    expect(afterFailure).toEqual(await tables.everything());
  });

  test('marks records of closed days before it stores them, and retries a SIM’s day whose marker fails', async () => {
    await new FenceTable(tables.client, 'DayState').advance('2026-11-02');
    const late = await startConsumer();
    onTestFinished(() => late.stop());
    const records = [1, 2, 3].map((sim) => one(superSim(sim, 'updated', 5)));
    dynamoDb.fail = ({ operation, body }) =>
      operation === 'BatchWriteItem' && body.includes('"DayMarkers"') && body.includes('8988307000000120002')
        ? dynamoDbError('ValidationException')
        : undefined;
    expect(await consume(records, late)).toEqual(sequenceNumbers([records[1]]));
    expect((await tables.items('Usage')).map(({ recordId }) => recordId?.S)).toEqual([
      'EZupdated15',
      'EZupdated35',
    ]);
    expect((await tables.items('Sessions')).map(({ sessionId }) => sessionId?.S)).toEqual(['PI1', 'PI3']);
    dynamoDb.repair();
    expect(await consume(records.slice(1, 2), late)).toEqual([]);
    const markers = await tables.items('DayMarkers');
    expect(markers.map(({ sim, entry }) => `${sim?.S} ${entry?.S}`).sort()).toEqual(
      [1, 2, 3].flatMap((sim) => [
        `898830700000012000${sim} 2026-11-02`,
        `898830700000012000${sim} 2026-11-02#PI${sim}`,
      ]),
    );
  });

  test('reports records whose rejects the quarantine does not accept, and keeps the rejects once it does', async () => {
    const records = [
      one(superSim(1, 'started', 0)),
      kinesisRecord('twilio', '{"broken": 1'),
      kinesisRecord('twilio', Buffer.from([0xff, 0xfe, 0x00])),
      kinesisRecord('twilio', `[${JSON.stringify(superSim(2, 'started', 0))},{"imsi":"901405100000101"}]`),
    ];
    storage.fail = () => ({ status: 403, body: '<Error><Code>AccessDenied</Code></Error>' });
    const before = s3.listObjects(quarantineBucket).length;
    const failed = await consume(records);
    expect(failed).toEqual(sequenceNumbers(records.slice(1)));
    expect((await tables.items('Sessions')).length).toBe(2);
    expect(s3.listObjects(quarantineBucket).length).toBe(before);

    storage.repair();
    expect(await consume(records.slice(1))).toEqual([]);
    const kept = await Promise.all(
      s3.listObjects(quarantineBucket).map(({ key }) => s3.getObject(quarantineBucket, key)),
    );
    const bodies = kept
      .map(
        (bytes) =>
          JSON.parse(bytes?.toString() ?? '') as { position: string; encoding: string; body: string },
      )
      .filter(({ position }) => failed.some((number) => position.includes(number)))
      .map(({ encoding, body }) => `${encoding} ${body}`);
    expect(bodies.toSorted()).toEqual([
      'base64 //4A',
      'utf8 {"broken": 1',
      'utf8 {"imsi":"901405100000101"}',
    ]);
  });

  test('reports every record that it cannot process while the store and the quarantine are down', async () => {
    const records = [
      one(superSim(1, 'started', 0)),
      one(testEvent),
      one(superSim(2, 'updated', 5)),
      kinesisRecord('twilio', 'broken'),
    ];
    dynamoDb.fail = () => dynamoDbError('InternalServerError', 500);
    storage.fail = () => ({ status: 503, body: '<Error><Code>SlowDown</Code></Error>' });
    expect(await consume(records)).toEqual(sequenceNumbers([records[0], records[2], records[3]]));
    expect(receipts.addUp()).toEqual({
      received: 1,
      stored: 0,
      repeated: 0,
      ignored: 1,
      rejected: 0,
      failed: 3,
    });
  });

  test('fails for a stream without a source, so that nothing is lost', async () => {
    const record = {
      ...one(superSim(1, 'started', 0)),
      eventSourceARN: 'arn:aws:kinesis:us-east-1:0:stream/x',
    };
    expect(await consumer.invoke({ Records: [record] })).toMatchObject({
      ok: false,
      error: { message: 'No source is configured for stream arn:aws:kinesis:us-east-1:0:stream/x' },
    });
  });

  test('accepts an empty batch', async () => {
    expect(await consume([])).toEqual([]);
  });
});
