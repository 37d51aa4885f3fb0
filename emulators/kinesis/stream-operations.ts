import * as z from 'zod';
import { AwsError, defineOperation, type Operation } from '../aws-json-protocol.ts';
import { shardId, streamName, streamReference } from './request-shapes.ts';
import type { Shard } from './shard.ts';
import { type KinesisStream, retentionHours } from './stream.ts';
import type { StreamRegistry } from './stream-registry.ts';

/** The most shards of a new stream. On AWS, the quota depends on account and region. */
const maximumShards = 10_000;

/** How many shards an on-demand stream starts with. */
const onDemandShards = 4;

const listStreamsInput = z.strictObject({
  Limit: z.int().min(1).max(10_000).default(100),
  ExclusiveStartStreamName: streamName.optional(),
  /** The name of the last stream of the previous page. */
  NextToken: z.string().min(1).optional(),
});

const listShardsInput = z.strictObject({
  ...streamReference,
  MaxResults: z.int().min(1).max(10_000).default(1000),
  NextToken: z.string().min(1).optional(),
  ExclusiveStartShardId: shardId.optional(),
  /** All shards are open from the stream's creation on, so only AFTER_SHARD_ID excludes any. */
  ShardFilter: z
    .strictObject({ Type: z.string(), ShardId: shardId.optional(), Timestamp: z.number().optional() })
    .optional(),
});

/** The operations that create, delete and describe streams. An input with an unsupported member is refused. */
export function createStreamOperations(streams: StreamRegistry): Record<string, Operation> {
  return {
    CreateStream: defineOperation(
      z.strictObject({
        StreamName: streamName,
        ShardCount: z.int().min(1).max(maximumShards).optional(),
        StreamModeDetails: z.strictObject({ StreamMode: z.enum(['PROVISIONED', 'ON_DEMAND']) }).optional(),
      }),
      ({ StreamName, ShardCount, StreamModeDetails }) => {
        const shardCount =
          StreamModeDetails?.StreamMode === 'ON_DEMAND' ? (ShardCount ?? onDemandShards) : ShardCount;
        if (shardCount === undefined) {
          throw new AwsError('ValidationException', 'ShardCount is required for a PROVISIONED stream.');
        }
        streams.create(StreamName, shardCount);
      },
    ),
    DeleteStream: defineOperation(
      // Streams have no consumers here.
      z.strictObject({ ...streamReference, EnforceConsumerDeletion: z.boolean().optional() }),
      (input) => streams.delete(input),
    ),
    ListStreams: defineOperation(listStreamsInput, (input) => listStreams(streams, input)),
    DescribeStreamSummary: defineOperation(z.strictObject(streamReference), (input) => ({
      StreamDescriptionSummary: summarise(streams.find(input)),
    })),
    ListShards: defineOperation(listShardsInput, (input) => listShards(streams, input)),
  };
}

function listStreams(streams: StreamRegistry, input: z.output<typeof listStreamsInput>): object {
  const after = input.NextToken ?? input.ExclusiveStartStreamName ?? '';
  const rest = streams.names.filter((name) => name > after);
  const page = rest.slice(0, input.Limit);
  const more = page.length < rest.length;
  return {
    StreamNames: page,
    StreamSummaries: page.map((name) => identify(streams.find({ StreamName: name }))),
    HasMoreStreams: more,
    NextToken: more ? page.at(-1) : undefined,
  };
}

function identify(stream: KinesisStream): object {
  return {
    StreamName: stream.name,
    StreamARN: stream.arn,
    StreamStatus: 'ACTIVE',
    StreamModeDetails: { StreamMode: 'PROVISIONED' },
    StreamCreationTimestamp: stream.createdMilliseconds / 1000,
  };
}

function summarise(stream: KinesisStream): object {
  return {
    ...identify(stream),
    RetentionPeriodHours: retentionHours,
    EnhancedMonitoring: [{ ShardLevelMetrics: [] }],
    EncryptionType: 'NONE',
    OpenShardCount: stream.shards.length,
    ConsumerCount: 0,
  };
}

function listShards(streams: StreamRegistry, input: z.output<typeof listShardsInput>): object {
  const token = input.NextToken === undefined ? undefined : decodeShardPage(input.NextToken);
  const stream = streams.find(token ?? input);
  const filterAfter = input.ShardFilter?.Type === 'AFTER_SHARD_ID' ? input.ShardFilter.ShardId : undefined;
  const rest = listShardsAfter(stream, token?.shardId ?? input.ExclusiveStartShardId ?? filterAfter);
  const page = rest.slice(0, input.MaxResults);
  const last = page.at(-1);
  return {
    Shards: page.map(describeShard),
    NextToken:
      last !== undefined && page.length < rest.length ? encodeShardPage(stream, last.shardId) : undefined,
  };
}

function listShardsAfter(stream: KinesisStream, id: string | undefined): readonly Shard[] {
  return id === undefined ? stream.shards : stream.shards.filter((shard) => shard.shardId > id);
}

function describeShard(shard: Shard): object {
  return {
    ShardId: shard.shardId,
    HashKeyRange: {
      StartingHashKey: BigInt(`0x${shard.hashKeyRange.starting}`).toString(),
      EndingHashKey: BigInt(`0x${shard.hashKeyRange.ending}`).toString(),
    },
    SequenceNumberRange: { StartingSequenceNumber: shard.startingSequenceNumber },
  };
}

function encodeShardPage(stream: KinesisStream, lastShardId: string): string {
  return Buffer.from(`${stream.name}/${lastShardId}`).toString('base64');
}

function decodeShardPage(token: string): { StreamName: string; shardId: string } {
  const [StreamName, lastShardId] = Buffer.from(token, 'base64').toString().split('/');
  if (StreamName === undefined || lastShardId === undefined) {
    throw new AwsError('InvalidArgumentException', `NextToken ${token} is invalid.`);
  }
  return { StreamName, shardId: lastShardId };
}
