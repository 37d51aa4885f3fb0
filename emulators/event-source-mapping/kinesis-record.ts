import type { KinesisStreamRecord } from 'aws-lambda';

/** A record in a stream. */
export interface ShardRecord {
  readonly sequenceNumber: string;
  readonly partitionKey: string;
  readonly data: Buffer;
  /** Epoch seconds, with milliseconds. */
  readonly approximateArrivalTimestamp: number;
  /** The record's position in the shard; increases by one with each record. */
  readonly position: number;
}

/** The part of a shard that a mapping needs. */
export interface ShardReader {
  readonly shardId: string;
  /** Position of the oldest record that has not been dropped. */
  readonly start: number;
  /** Position that the next record will get. */
  readonly end: number;
  /**
   * Records from a position on, oldest first, or from the oldest record if that position was dropped. Empty only at the
   * end.
   */
  read(position: number, limit: { readonly records: number; readonly bytes: number }): readonly ShardRecord[];
  /** Tells the shard that the records before a position are done. */
  keepFrom(position: number): void;
}

/** The part of a stream that a mapping needs. */
export interface StreamReader {
  readonly arn: string;
  readonly shards: readonly ShardReader[];
  /** Calls a listener after each put, when the records can be read. Returns a function that removes the listener. */
  onPut(listener: () => void): () => void;
}

/** A record to deliver to a function. */
export interface DeliverableRecord {
  /** The record in the function's event. */
  readonly event: KinesisStreamRecord;
  readonly position: number;
  /** Bytes of the record as JSON, plus a comma. */
  readonly payloadBytes: number;
}

/** Converts a shard's records to those of an event. Encodes the data in base64, once. */
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
  // Bytes of the JSON without partition key, sequence number (which occurs twice), data and time.
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
