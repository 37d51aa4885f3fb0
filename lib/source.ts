import { Duration, type RemovalPolicy, Validations } from 'aws-cdk-lib';
import { Stream, StreamEncryption, StreamMode } from 'aws-cdk-lib/aws-kinesis';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { type Bucket, CfnBucket, type IBucket } from 'aws-cdk-lib/aws-s3';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import {
  type AlertSourceDescription,
  defaultBytesPerMegabyte,
  defaultLateness,
  type SourceDescription,
} from '../lambda/aws/sources.ts';
import { maxGranuleMilliseconds } from '../lambda/ledger/heard.ts';
import type { NodeFunction } from './node-function.ts';
import { PrivateBucket } from './private-bucket.ts';
import type { SourceSettings } from './settings.ts';
import { RoleWriter, UserWriter } from './writer.ts';

/** Properties of {@link CarrierSource}. */
export interface CarrierSourceProps {
  readonly source: SourceSettings;
  /** Precision of when a SIM was last heard, in milliseconds. */
  readonly granuleMilliseconds: number;
  /** Whether rules of alerts watch its SIMs. */
  readonly isWatched: boolean;
  /** Days that an overwritten version of a file is kept. */
  readonly overwrittenFileDays: number;
  readonly removalPolicy: RemovalPolicy;
  /** The customer's key that encrypts the stream and the bucket; undefined for AWS's own. */
  readonly dataKey: IKey | undefined;
  /** Where requests to the bucket are logged; undefined if they are not. */
  readonly accessLogs: IBucket | undefined;
}

/**
 * A carrier connection: the stream for its records, the bucket for its CSV files, and the principal that writes to
 * them.
 */
export class CarrierSource extends Construct {
  readonly stream: Stream;
  /** Undefined if the carrier delivers no files. */
  readonly bucket: Bucket | undefined;
  readonly settings: SourceSettings;
  /** Undefined if the carrier only calls a webhook. */
  readonly writer: RoleWriter | UserWriter | undefined;
  readonly #granuleMilliseconds: number;
  readonly #isWatched: boolean;

  constructor(scope: Construct, id: string, props: CarrierSourceProps) {
    super(scope, id);
    this.settings = props.source;
    this.#granuleMilliseconds = props.granuleMilliseconds;
    this.#isWatched = props.isWatched;
    this.stream = this.#createStream(props);
    this.bucket = props.source.bucket ? this.#createBucket(props) : undefined;
    this.writer = this.#createWriter(props);
  }

  /** What a function needs to recognise the source by where a record arrived. */
  get description(): SourceDescription {
    const { name, carrier, bytesPerMegabyte } = this.settings;
    const bucket = this.bucket && { bucket: this.bucket.bucketName };
    const granuleMilliseconds = this.#granuleMilliseconds;
    // The longest granule is the default, so it is left out.
    const granule = granuleMilliseconds < maxGranuleMilliseconds && { granuleMilliseconds };
    const late = describeLateness(this.#isWatched ? this.settings.lateness : null);
    const bytes = bytesPerMegabyte !== defaultBytesPerMegabyte && { bytesPerMegabyte };
    return { name, carrier, ...bytes, streamArn: this.stream.streamArn, ...bucket, ...granule, ...late };
  }

  /**
   * Notifies a queue of each new object in the bucket, if there is one. The queue's policy must let S3 send to it.
   *
   * The notification is set on the bucket itself: CDK's `addEventNotification` would add a function and a role that
   * may change the notifications of every bucket.
   */
  notifyOfFiles(queue: Queue): void {
    if (this.bucket === undefined) return;
    const bucket = this.bucket.node.defaultChild;
    if (!(bucket instanceof CfnBucket)) throw new Error(`${this.bucket.node.path} has no CfnBucket`);
    bucket.notificationConfiguration = {
      queueConfigurations: [{ event: 's3:ObjectCreated:*', queue: queue.queueArn }],
    };
    // S3 sends a test message when a notification is set, so the queue's policy must exist first.
    bucket.node.addDependency(queue);
  }

  #createStream({ source, removalPolicy, dataKey }: CarrierSourceProps): Stream {
    const { shards, retentionHours } = source.stream;
    const stream = new Stream(this, 'Stream', {
      ...(shards === undefined
        ? { streamMode: StreamMode.ON_DEMAND }
        : { streamMode: StreamMode.PROVISIONED, shardCount: shards }),
      retentionPeriod: Duration.hours(retentionHours),
      ...(dataKey === undefined
        ? // AWS's own key for Kinesis: roles of this account that may put records need no permission on it.
          { encryption: StreamEncryption.MANAGED }
        : { encryption: StreamEncryption.KMS, encryptionKey: dataKey }),
      removalPolicy,
    });
    if (dataKey !== undefined) {
      Validations.of(stream).acknowledge({
        id: 'AwsSolutions-KDS3',
        reason: 'The configuration names the key, and pays for it.',
      });
    }
    return stream;
  }

  #createBucket({ overwrittenFileDays, removalPolicy, dataKey, accessLogs }: CarrierSourceProps): Bucket {
    return new PrivateBucket(this, 'Files', {
      versioned: true,
      lifecycleRules: [
        {
          noncurrentVersionExpiration: Duration.days(overwrittenFileDays),
          abortIncompleteMultipartUploadAfter: Duration.days(7),
        },
      ],
      removalPolicy,
      dataKey,
      accessLogs,
    });
  }

  #createWriter({ source, dataKey }: CarrierSourceProps): RoleWriter | UserWriter | undefined {
    const { stream, bucket } = this;
    const { writer: settings } = source;
    if (settings === undefined) return undefined;
    return settings.kind === 'role'
      ? new RoleWriter(this, 'Writer', { source, settings, stream, bucket, dataKey })
      : new UserWriter(this, 'Writer', { source, settings, stream, bucket, dataKey });
  }
}

function describeLateness(lateness: number | null): Pick<SourceDescription, 'lateness'> {
  return lateness === defaultLateness ? {} : { lateness };
}

/** What a function needs to find how far each source is read. */
export function describeReadSources(sources: readonly CarrierSource[]): AlertSourceDescription[] {
  return sources.map(({ stream, settings: { name, carrier, lateness } }) => {
    return { name, carrier, lateness, hasStream: true, streamName: stream.streamName };
  });
}

/** Lets a function check whether a shard has records beyond the last one that was read. */
export function allowPositions(reader: NodeFunction, sources: readonly CarrierSource[]): void {
  reader.allow(
    ['kinesis:GetRecords', 'kinesis:GetShardIterator', 'kinesis:ListShards'],
    sources.map(({ stream }) => stream.streamArn),
  );
}
