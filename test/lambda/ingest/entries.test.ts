import { gzipSync } from 'node:zlib';
import type { KinesisStreamRecord } from 'aws-lambda';
import { describe, expect, it } from 'vitest';
import { maxBytes } from '../../../lambda/carriers/body.ts';
import { readEntries } from '../../../lambda/ingest/entries.ts';
import type { Source } from '../../../lambda/ledger/source.ts';
import { aggregateOf } from '../../records/aggregate.ts';
import { arrivalFrom, arrivedAt } from '../../records/arrival.ts';
import { carrierEvent, readStreamer, usageRecord } from '../../records/datastreamer.ts';
import { connectionEvent, readConnectionEvent } from '../../records/supersim.ts';

const { source: twilio } = arrivalFrom('twilio');
const { source: streamer } = arrivalFrom('1nce');
const arns = new Map<string, Source>([
  ['arn:aws:kinesis:eu-west-1:123456789012:stream/twilio-stream', twilio],
  ['arn:aws:kinesis:eu-west-1:123456789012:stream/1nce-stream', streamer],
]);
const sources = {
  findByStream(arn: string): Source {
    const source = arns.get(arn);
    if (source === undefined) throw new Error(`No source is configured for stream ${arn}`);
    return source;
  },
  findByBucket: (): Source => streamer,
};

function kinesisRecord(bytes: Uint8Array | string, sequenceNumber: string, stream = '1nce-stream') {
  const record: KinesisStreamRecord = {
    awsRegion: 'eu-west-1',
    eventID: `shardId-000000000007:${sequenceNumber}`,
    eventName: 'aws:kinesis:record',
    eventSource: 'aws:kinesis',
    eventSourceARN: `arn:aws:kinesis:eu-west-1:123456789012:stream/${stream}`,
    eventVersion: '1.0',
    invokeIdentityArn: 'arn:aws:iam::123456789012:role/consumer',
    kinesis: {
      approximateArrivalTimestamp: arrivedAt / 1000,
      data: Buffer.from(bytes).toString('base64'),
      kinesisSchemaVersion: '1.0',
      partitionKey: 'key',
      sequenceNumber,
    },
  };
  return record;
}

/** Entries as plain values. */
function entriesIn(...records: readonly KinesisStreamRecord[]) {
  return [...readEntries(records, sources)].map(({ readBytes, ...entry }) => ({
    ...entry,
    bytes: Buffer.from(readBytes()).toString(),
  }));
}

const common = { source: streamer, arrivedAt };
const text = JSON.stringify(usageRecord);
const usage = readStreamer(usageRecord);

describe('the records in a batch', () => {
  it('are as many as the bodies hold, each with its delivery, position and original bytes', () => {
    const event = JSON.stringify(carrierEvent(1));
    expect(
      entriesIn(kinesisRecord(` ${text}\n`, '49001'), kinesisRecord(`[${text},${event}]`, '49002')),
    ).toEqual([
      {
        ...common,
        delivery: 0,
        position: '1nce-stream/shardId-000000000007/49001',
        reading: usage,
        bytes: ` ${text}\n`,
      },
      {
        ...common,
        delivery: 1,
        position: '1nce-stream/shardId-000000000007/49002#0',
        reading: usage,
        bytes: text,
      },
      {
        ...common,
        delivery: 1,
        position: '1nce-stream/shardId-000000000007/49002#1',
        reading: readStreamer(carrierEvent(1)),
        bytes: event,
      },
    ]);
  });

  it('belong to the source of their stream', () => {
    const record = connectionEvent('attachment.accepted');
    expect(entriesIn(kinesisRecord(JSON.stringify(record), '1', 'twilio-stream'))).toEqual([
      {
        source: twilio,
        arrivedAt,
        delivery: 0,
        position: 'twilio-stream/shardId-000000000007/1',
        reading: readConnectionEvent('attachment.accepted'),
        bytes: JSON.stringify(record),
      },
    ]);
  });

  it('are found in gzip and in aggregates', () => {
    const bodies = [gzipSync(`${text}\n${text}`), aggregateOf(Buffer.from(text), gzipSync(text))];
    expect(bodies.map((body) => entriesIn(kinesisRecord(body, '1')).map(({ reading }) => reading))).toEqual([
      [usage, usage],
      [usage, usage],
    ]);
  });

  it('are kept next to a broken one, which has its own position and bytes', () => {
    const broken = text.slice(0, 100);
    expect(entriesIn(kinesisRecord(`${text}\n${broken}\n${text}`, '5'))).toEqual([
      {
        ...common,
        delivery: 0,
        position: '1nce-stream/shardId-000000000007/5#0',
        reading: usage,
        bytes: text,
      },
      {
        ...common,
        delivery: 0,
        position: '1nce-stream/shardId-000000000007/5#1',
        reading: { kind: 'fault', code: 'broken-json', problem: 'This is not JSON' },
        bytes: broken,
      },
      {
        ...common,
        delivery: 0,
        position: '1nce-stream/shardId-000000000007/5#2',
        reading: usage,
        bytes: text,
      },
    ]);
  });

  it('are rejected individually if one record of an array is wrong', () => {
    const wrong = '{ "id": null,  "start_timestamp": "2026-11-02T10:00:00Z", "volume": {"total": 1.50} }';
    const [first, second] = entriesIn(kinesisRecord(`[${text},${wrong}]`, '6'));
    expect([first?.reading, second?.reading, second?.bytes]).toEqual([
      usage,
      {
        kind: 'fault',
        code: 'missing-identity',
        member: 'id',
        problem: 'id is missing, or not a whole number',
      },
      wrong,
    ]);
  });

  it('are one reject for an empty body, and none for an empty array', () => {
    expect([entriesIn(kinesisRecord('', '7')), entriesIn(kinesisRecord('[]', '8'))]).toEqual([
      [
        {
          ...common,
          delivery: 0,
          position: '1nce-stream/shardId-000000000007/7',
          reading: { kind: 'fault', code: 'empty', problem: 'The body is empty' },
          bytes: '',
        },
      ],
      [],
    ]);
  });

  it('are one reject with the original bytes if too many values are unreadable', () => {
    const good = text;
    const bodies = ['{"log":1}'.repeat(1_001), `[${good},${'{"log":1},'.repeat(1_001)}${good}]`];
    for (const body of bodies) {
      const packed = gzipSync(body);
      expect(entriesIn(kinesisRecord(packed, '9'))).toEqual([
        {
          ...common,
          delivery: 0,
          position: '1nce-stream/shardId-000000000007/9',
          reading: {
            kind: 'fault',
            code: 'too-many-values',
            problem: expect.stringMatching(/^(The body holds m|M)ore than 1000 values/i),
          },
          bytes: packed.toString(),
        },
      ]);
    }
  });

  it('are all read if the number of unreadable ones is exactly the limit', () => {
    const readings = entriesIn(kinesisRecord(`${text}\n${'{"log":1}'.repeat(999)}`, '9'));
    expect([readings.length, readings[0]?.reading]).toEqual([1_000, usage]);
  });

  it('are one reject if more of a long body is unreadable than one value per 100 bytes', () => {
    const unreadable = `{"log":"${'x'.repeat(60)}"}`;
    // A body of 1,100 to 1,200 of them is long enough for as many values, and for 1,000 that are unreadable.
    const read = (wrong: number): string[] =>
      entriesIn(kinesisRecord(`${text}\n${unreadable.repeat(wrong)}`, '9')).map(({ reading }) =>
        reading.kind === 'fault' ? reading.code : reading.kind,
      );
    expect(new Set(read(1_200))).toEqual(new Set(['too-many-values']));
    expect(read(1_200).length).toBe(1);
    const [first, ...others] = read(1_000);
    expect([first, others.length, others.includes('too-many-values')]).toEqual(['observed', 1_000, false]);
  });

  it('are not rejected for a bug of the program', () => {
    const failing = () => {
      throw new TypeError('undefined is not a function');
    };
    expect(() => [...readEntries([kinesisRecord(text, '9')], sources, failing)]).toThrow(TypeError);
  });

  it('never exceed the limit in a body full of the smallest ones', () => {
    const smallest = [
      '{"id":1,"sim_id":1,"start_timestamp":"2026-11-02 10:00:00","volume":1}',
      '{"id":1,"sim_id":1,"timestamp":"2026-11-02 10:00:00","event_type":1}',
      '{"specversion":1,"type":".supersim.connection.","data":{"event_sid":1,"sim_sid":1,"timestamp":"2026-11-02 10:00:00"}}',
      '{"specversion":1,"type":".eventstreams.test-event"}',
    ];
    // The shortest as often as a body holds it; the others, of which fewer fit, as often as their density is looked at.
    const shortest = Math.min(...smallest.map((record) => record.length));
    for (const record of smallest) {
      const fits = Math.floor(maxBytes / (record.length + 1));
      const count = record.length === shortest ? fits : 5_000;
      const line = `${record}\n`;
      let read = 0;
      for (const { reading } of readEntries([kinesisRecord(gzipSync(line.repeat(count)), '9')], sources)) {
        if (reading.kind === 'fault') expect.fail(`${record}: ${reading.problem}`);
        read += 1;
      }
      expect([record, read]).toEqual([record, count]);
    }
  });

  it('are rejected if they exceed the engine’s limits', () => {
    const overflowing = () => {
      throw new RangeError('Maximum call stack size exceeded');
    };
    const [entry, ...others] = readEntries([kinesisRecord(text, '9')], sources, overflowing);
    expect([entry?.reading, others]).toEqual([
      {
        kind: 'fault',
        code: 'oversized-field',
        problem: 'The record has a member that is too long or too deeply nested to be read',
      },
      [],
    ]);
  });

  it('cannot be attributed if no source has the stream', () => {
    expect(() => entriesIn(kinesisRecord(text, '1', 'other-stream'))).toThrow(
      'No source is configured for stream arn:aws:kinesis:eu-west-1:123456789012:stream/other-stream',
    );
  });
});
