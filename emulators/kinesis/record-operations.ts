import * as z from 'zod';
import { AwsError, defineOperation, localAccount, type Operation } from '../aws-json-protocol.ts';
import { shardId, streamReference } from './request-shapes.ts';
import type { Shard, StoredRecord } from './shard.ts';
import { decodeShardIterator, encodeShardIterator } from './shard-iterator.ts';
import type { KinesisStream, PutEntry, PutReceipt } from './stream.ts';
import { findShard, type StreamRegistry } from './stream-registry.ts';

/** The most bytes of a record's data and key: the highest limit that a stream on AWS can have since 2025. */
const maximumRecordBytes = 10 * 1024 * 1024;

const maximumPutRecords = 500;

/** The most bytes of data and keys in a PutRecords request. */
const maximumPutBytes = 10 * 1024 * 1024;

const maximumGetRecords = 10_000;

/** The most bytes of data in a GetRecords response. */
const maximumGetBytes = 10 * 1024 * 1024;

const maximumKeyCharacters = 256;

const iteratorLifeMilliseconds = 5 * 60 * 1000;

const sequenceNumber = z.string().regex(/^(0|[1-9]\d{0,128})$/, 'Member must be a sequence number');

const entryShape = {
  Data: z.string().transform(decodeBase64),
  PartitionKey: z
    .string()
    .min(1)
    .refine((key) => key.length <= maximumKeyCharacters || [...key].length <= maximumKeyCharacters, {
      error: `Member must have length less than or equal to ${maximumKeyCharacters}`,
    }),
  ExplicitHashKey: z
    .string()
    .regex(/^(0|[1-9]\d{0,38})$/, 'Member must satisfy regular expression pattern: 0|([1-9]\\d{0,38})')
    .transform(BigInt)
    .refine((key) => key < 1n << 128n, 'Member must be less than 2^128')
    .optional(),
};

const putRecordInput = z.strictObject({
  ...streamReference,
  ...entryShape,
  /** Numbers always increase here. */
  SequenceNumberForOrdering: sequenceNumber.optional(),
});

const putRecordsInput = z.strictObject({
  ...streamReference,
  Records: z.array(z.strictObject(entryShape)).min(1).max(maximumPutRecords),
});

const getShardIteratorInput = z.strictObject({
  ...streamReference,
  ShardId: shardId,
  ShardIteratorType: z.enum([
    'AT_SEQUENCE_NUMBER',
    'AFTER_SEQUENCE_NUMBER',
    'TRIM_HORIZON',
    'LATEST',
    'AT_TIMESTAMP',
  ]),
  StartingSequenceNumber: sequenceNumber.optional(),
  /** Epoch seconds. */
  Timestamp: z.number().optional(),
});

const getRecordsInput = z.strictObject({
  StreamARN: streamReference.StreamARN,
  ShardIterator: z.string().min(1).max(512),
  Limit: z.int().min(1).max(maximumGetRecords).default(maximumGetRecords),
});

/**
 * The operations that put and read records. An input with an unsupported member is refused.
 *
 * @param clock returns milliseconds since the epoch.
 */
export function createRecordOperations(
  streams: StreamRegistry,
  clock: () => number,
): Record<string, Operation> {
  return {
    PutRecord: defineOperation(putRecordInput, (input) => putRecord(streams.find(input), toEntry(input))),
    PutRecords: defineOperation(putRecordsInput, (input) =>
      putRecords(streams.find(input), input.Records.map(toEntry)),
    ),
    GetShardIterator: defineOperation(getShardIteratorInput, (input) => {
      const stream = streams.find(input);
      stream.trim();
      const shard = findShard(stream, input.ShardId);
      const position = findStartingPosition(stream, shard, input, clock());
      return { ShardIterator: makeIterator(stream, shard, position, clock()) };
    }),
    GetRecords: defineOperation(getRecordsInput, (input) => getRecords(streams, input, clock())),
  };
}

type Entry = Pick<z.output<typeof putRecordInput>, keyof typeof entryShape>;

function toEntry({ Data, PartitionKey, ExplicitHashKey }: Entry): PutEntry {
  return { data: Data, partitionKey: PartitionKey, explicitHashKey: ExplicitHashKey };
}

function putRecord(stream: KinesisStream, entry: PutEntry): object {
  checkSizes(stream, [entry]);
  const receipt = stream.put([entry])[0]!;
  if (receipt.sequenceNumber === undefined) {
    throw new AwsError('ProvisionedThroughputExceededException', describeRefusal(stream, receipt));
  }
  return { ShardId: receipt.shardId, SequenceNumber: receipt.sequenceNumber, EncryptionType: 'NONE' };
}

function putRecords(stream: KinesisStream, entries: readonly PutEntry[]): object {
  checkSizes(stream, entries);
  const records = stream.put(entries).map((receipt) =>
    receipt.sequenceNumber === undefined
      ? {
          ErrorCode: 'ProvisionedThroughputExceededException',
          ErrorMessage: describeRefusal(stream, receipt),
        }
      : { SequenceNumber: receipt.sequenceNumber, ShardId: receipt.shardId },
  );
  const failed = records.filter((record) => 'ErrorCode' in record).length;
  return { FailedRecordCount: failed, Records: records, EncryptionType: 'NONE' };
}

function checkSizes(stream: KinesisStream, entries: readonly PutEntry[]): void {
  let total = 0;
  for (const [index, { data, partitionKey }] of entries.entries()) {
    const bytes = data.length + Buffer.byteLength(partitionKey);
    total += bytes;
    if (bytes > maximumRecordBytes) {
      throw new AwsError(
        'ValidationException',
        `Record ${index + 1} for stream ${stream.name} has ${bytes} bytes of data and partition key; the maximum is ${maximumRecordBytes}.`,
      );
    }
  }
  if (total > maximumPutBytes) {
    throw new AwsError(
      'InvalidArgumentException',
      `The records have ${total} bytes of data and partition keys; the maximum is ${maximumPutBytes}.`,
    );
  }
}

function describeRefusal(stream: KinesisStream, receipt: PutReceipt): string {
  return `Rate exceeded for shard ${receipt.shardId} in stream ${stream.name} under account ${localAccount}, because its memory is full of records that its reader has not processed.`;
}

function findStartingPosition(
  stream: KinesisStream,
  shard: Shard,
  input: z.output<typeof getShardIteratorInput>,
  now: number,
): number {
  switch (input.ShardIteratorType) {
    case 'TRIM_HORIZON':
      return shard.start;
    case 'LATEST':
      return shard.end;
    case 'AT_SEQUENCE_NUMBER':
      return Math.max(0, findPosition(stream, shard, input.StartingSequenceNumber));
    case 'AFTER_SEQUENCE_NUMBER':
      return findPosition(stream, shard, input.StartingSequenceNumber) + 1;
    case 'AT_TIMESTAMP':
      return positionAtTime(shard, input.Timestamp, now);
  }
}

function findPosition(stream: KinesisStream, shard: Shard, number: string | undefined): number {
  if (number === undefined) {
    throw new AwsError(
      'InvalidArgumentException',
      'Must specify StartingSequenceNumber for this iterator type.',
    );
  }
  const position = shard.findPosition(number);
  if (position === undefined) {
    throw new AwsError(
      'InvalidArgumentException',
      `StartingSequenceNumber ${number} used in GetShardIterator on shard ${shard.shardId} in stream ${stream.name} under account ${localAccount} is invalid.`,
    );
  }
  return position;
}

function positionAtTime(shard: Shard, seconds: number | undefined, now: number): number {
  if (seconds === undefined) {
    throw new AwsError('InvalidArgumentException', 'Must specify Timestamp for iterator type AT_TIMESTAMP.');
  }
  if (seconds * 1000 > now) {
    throw new AwsError(
      'InvalidArgumentException',
      `The timestampInMillis parameter cannot be greater than the currentTimestampInMillis. timestampInMillis: ${seconds * 1000}, currentTimestampInMillis: ${now}`,
    );
  }
  return shard.positionAtTime(seconds);
}

function getRecords(streams: StreamRegistry, input: z.output<typeof getRecordsInput>, now: number): object {
  const { stream, shard, position } = openIterator(streams, input.ShardIterator, now);
  stream.trim();
  const records = shard.read(position, { records: input.Limit, bytes: maximumGetBytes });
  const last = records.at(-1);
  const next = last === undefined ? Math.max(position, shard.start) : last.position + 1;
  const unread = shard.read(next, { records: 1, bytes: maximumGetBytes })[0];
  return {
    Records: records.map(toWireRecord),
    NextShardIterator: makeIterator(stream, shard, next, now),
    MillisBehindLatest:
      unread === undefined ? 0 : Math.max(0, Math.round(now - unread.approximateArrivalTimestamp * 1000)),
  };
}

function openIterator(streams: StreamRegistry, token: string, now: number) {
  const state = decodeShardIterator(token);
  if (state === undefined) throw new AwsError('InvalidArgumentException', 'Invalid ShardIterator.');
  const stream = streams.find({ StreamName: state.streamName });
  const age = now - state.issuedMilliseconds;
  // The positions in an iterator of a stream that was deleted and recreated, or of an earlier run, are meaningless
  // here.
  if (age > iteratorLifeMilliseconds || state.streamCreatedMilliseconds !== stream.createdMilliseconds) {
    throw new AwsError(
      'ExpiredIteratorException',
      `Iterator expired. The iterator was created at time ${new Date(state.issuedMilliseconds).toISOString()} while right now it is ${new Date(now).toISOString()} which is further in the future than the tolerated delay of ${iteratorLifeMilliseconds} milliseconds.`,
    );
  }
  return { stream, shard: findShard(stream, state.shardId), position: state.position };
}

function makeIterator(stream: KinesisStream, shard: Shard, position: number, now: number): string {
  return encodeShardIterator({
    streamName: stream.name,
    streamCreatedMilliseconds: stream.createdMilliseconds,
    shardId: shard.shardId,
    position,
    issuedMilliseconds: now,
  });
}

function toWireRecord(record: StoredRecord): object {
  return {
    SequenceNumber: record.sequenceNumber,
    ApproximateArrivalTimestamp: record.approximateArrivalTimestamp,
    Data: record.data.toString('base64'),
    PartitionKey: record.partitionKey,
    EncryptionType: 'NONE',
  };
}

/** Node.js skips invalid base64 characters; the length shows whether it did. */
function decodeBase64(text: string, context: z.core.$RefinementCtx<string>): Buffer {
  const data = Buffer.from(text, 'base64');
  const padding = text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0;
  if (text.length % 4 !== 0 || data.length !== (text.length / 4) * 3 - padding) {
    context.addIssue({ code: 'custom', message: 'Member must be base64', input: text });
  }
  return data;
}
