import { DeleteObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { SendMessageCommand } from '@aws-sdk/client-sqs';
import type { KinesisStreamRecord } from 'aws-lambda';
import { describe, expect, test } from 'vitest';
import { makeFailureObject } from '../../../emulators/event-source-mapping/invocation-record.ts';
import { StreamNotes } from '../../../lambda/alerts/progress/stream-notes.ts';
import { makeContinuation } from '../../../lambda/ingest/files/messages.ts';
import type { Receipt } from '../../../lambda/ledger/receipt.ts';
import { alertStateTable } from '../../../lambda/store/tables.ts';
import { findPlace, quarantineBucket } from '../../../local/places.ts';
import { header, row } from '../../lambda/ingest/files/cdr.ts';
import { simOf, usageOf } from '../records.ts';
import { runningLedger } from '../running-ledger.ts';

const ledger = runningLedger();

describe('failures', () => {
  const streamArn = findPlace('emnify').streamArn;

  function eventRecord(record: object, number: number): KinesisStreamRecord {
    return {
      kinesis: {
        ...{ kinesisSchemaVersion: '1.0', partitionKey: '1', sequenceNumber: String(number) },
        data: Buffer.from(JSON.stringify(record)).toString('base64'),
        approximateArrivalTimestamp: Date.now() / 1000,
      },
      ...{ eventSource: 'aws:kinesis', eventVersion: '1.0', eventName: 'aws:kinesis:record' },
      ...{ eventID: `shardId-000000000000:${number}`, invokeIdentityArn: '', awsRegion: 'us-east-1' },
      eventSourceARN: streamArn,
    };
  }

  test('redrive stores abandoned batches and files from the dead-letter queue, after a dry run', async () => {
    const deployment = await ledger.open();
    const broken = { ...usageOf(61), start_timestamp: 'never' };
    const { key, body } = makeFailureObject(
      {
        ...{ mappingId: 'm', functionArn: 'f', streamArn, shardId: 'shardId-000000000000' },
        ...{ condition: 'RetryAttemptsExhausted', invocations: 101 },
        records: [eventRecord(usageOf(60), 1), eventRecord(broken, 2)],
      },
      new Date(),
    );
    await deployment.s3.send(new PutObjectCommand({ Bucket: quarantineBucket, Key: key, Body: body }));
    const notes = new StreamNotes(deployment.dynamoDb, alertStateTable.name, Date.now);
    const records = ['1', '2'].map((sequence) => ({ sequence, arrival: Date.now() }));
    await notes.begin({ source: 'emnify', shard: 'shardId-000000000000', records });
    const listNotes = async () =>
      [...(await notes.list('emnify')).values()].flatMap((shard) =>
        shard.notes.map(({ lastSequence }) => lastSequence),
      );
    // A file whose notification was given up: here it is in a bucket without notifications.
    const bucket = findPlace('telekom').bucket;
    const content = Buffer.from([header, row(300), row(301)].join('\n'));
    const put = await deployment.s3.send(
      new PutObjectCommand({ Bucket: bucket, Key: 'late.txt', Body: content }),
    );
    await ledger.local.waitUntilIdle();
    const object = { bucket, key: 'late.txt', versionId: put.VersionId, eTag: undefined };
    const QueueUrl = deployment.places.queues?.deadLetters;
    await deployment.sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: makeContinuation(object) }));

    const listed = await ledger.json<{ batches: number; latest: object[]; files: object[] }>('failures list');
    expect(listed).toMatchObject({
      batches: 1,
      latest: [{ key, records: 2, condition: 'RetryAttemptsExhausted', functionError: null }],
      files: [{ file: `${bucket}/late.txt@${put.VersionId}` }],
    });
    const dry = await ledger.json<{ total: Receipt; removed: object }>('failures redrive --dry-run');
    expect(dry.total).toMatchObject({ received: 4, rejected: 1, failed: 0 });
    expect(await ledger.recordIds(simOf(60))).toEqual([]);
    expect(await listNotes()).toEqual(['2']);
    const real = await ledger.json<{ total: Receipt; removed: object }>('failures redrive');
    expect(real.removed).toEqual({ batches: 1, announcements: 1 });
    expect(real.total).toMatchObject({ received: 2, stored: 1, rejected: 1 });
    expect(await ledger.recordIds(simOf(60))).toEqual(['6000000060']);
    expect(await listNotes()).toEqual([]);
    expect((await ledger.local.listQuarantined()).some((line) => line.includes(simOf(61)))).toBe(true);
    expect((await ledger.run('failures redrive')).output).toBe('Nothing was given up.\n');
  });

  test('redrive leaves unknown objects, and says so', async () => {
    const deployment = await ledger.open();
    const Key = 'aws/lambda/m/s/other';
    await deployment.s3.send(new PutObjectCommand({ Bucket: quarantineBucket, Key, Body: '{}' }));
    const { code, errors } = await ledger.run('failures redrive');
    expect([code, errors]).toEqual([1, '! aws/lambda/m/s/other is not a batch that Lambda has given up\n']);
    await deployment.s3.send(new DeleteObjectCommand({ Bucket: quarantineBucket, Key }));
  });
});
