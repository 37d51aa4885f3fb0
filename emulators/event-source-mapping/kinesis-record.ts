import type { KinesisStreamRecord } from 'aws-lambda';

/** A record as a stream keeps it. */
export interface ShardRecord {
  readonly sequenceNumber: string;
  readonly partitionKey: string;
  readonly data: Buffer;
  /** Epoch seconds, with milliseconds. */
  readonly approximateArrivalTimestamp: number;
  /** The record's place in the shard; grows by one with each record put. */
  readonly position: number;
}

/** What a mapping needs of a shard. */
export interface ShardReader {
  readonly shardId: string;
  /** Position of the oldest record that is still there. */
  readonly start: number;
  /** Position that the next record will get. */
  readonly end: number;
  /** Records from a position on (or from what is left after it), oldest first: at least one unless at the end. */
  read(position: number, limit: { readonly records: number; readonly bytes: number }): readonly ShardRecord[];
  /** Tells the shard that the records before a position are done. */
  keepFrom(position: number): void;
}

/** What a mapping needs of a stream. */
export interface StreamReader {
  readonly arn: string;
  readonly shards: readonly ShardReader[];
  /** Calls a listener after each put, with the records readable. Returns what ends it. */
  onPut(listener: () => void): () => void;
}

/** A record on its way to a function. */
export interface DeliverableRecord {
  /** As the function gets it. */
  readonly event: KinesisStreamRecord;
  readonly position: number;
  /** Bytes of the event as JSON, and a comma. */
  readonly payloadBytes: number;
}

/** Makes the records of one shard into those of an event. The data becomes base64 here, once. */
export function makeRecordFactory(stream: Pick<StreamReader, 'arn'>, shardId: string, functionArn: string) {
  const [awsRegion = '', account = ''] = stream.arn.split(':').slice(3, 5);
  const name = functionArn.split(':').at(-1);
  const shared = {
    eventSource: 'aws:kinesis',
    eventVersion: '1.0',
    eventName: 'aws:kinesis:record',
    invokeIdentityArn: `arn:aws:iam::${account}:role/${name}`,
    awsRegion,
    eventSourceARN: stream.arn,
  };
  const make = (record: Omit<ShardRecord, 'position' | 'data'>, data: string): KinesisStreamRecord => ({
    kinesis: {
      kinesisSchemaVersion: '1.0',
      partitionKey: record.partitionKey,
      sequenceNumber: record.sequenceNumber,
      data,
      approximateArrivalTimestamp: record.approximateArrivalTimestamp,
    },
    eventSource: shared.eventSource,
    eventVersion: shared.eventVersion,
    eventID: `${shardId}:${record.sequenceNumber}`,
    eventName: shared.eventName,
    invokeIdentityArn: shared.invokeIdentityArn,
    awsRegion: shared.awsRegion,
    eventSourceARN: shared.eventSourceARN,
  });
  // Bytes of the JSON besides partition key, sequence number (twice), data and time.
  const empty = make({ sequenceNumber: '', partitionKey: '', approximateArrivalTimestamp: 0 }, '');
  const frameBytes = JSON.stringify(empty).length - '0'.length + ','.length;
  return (record: ShardRecord): DeliverableRecord => {
    const data = record.data.toString('base64');
    const keyBytes = Buffer.byteLength(JSON.stringify(record.partitionKey)) - 2;
    // A time whose milliseconds end in zeros has fewer digits.
    const timeBytes = JSON.stringify(record.approximateArrivalTimestamp).length;
    const payloadBytes = frameBytes + timeBytes + keyBytes + 2 * record.sequenceNumber.length + data.length;
    return { event: make(record, data), position: record.position, payloadBytes };
  };
}
