import { Duration, type RemovalPolicy } from 'aws-cdk-lib';
import { Stream, StreamEncryption, StreamMode } from 'aws-cdk-lib/aws-kinesis';
import { type Bucket, CfnBucket } from 'aws-cdk-lib/aws-s3';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import type { Source, SourceDescription } from '../lambda/sources.ts';
import { PrivateBucket } from './private-bucket.ts';

/** What a carrier connection is made from. */
export interface CarrierSourceProps {
  readonly source: Source;
  /** Hours for which the stream keeps a record, 24 to 8,760. More than 24 cost extra per GB and hour. */
  readonly streamRetentionHours: number;
  readonly removalPolicy: RemovalPolicy;
}

/** Days for which the overwritten version of a file stays: longer than its import can wait in the queue. */
const overwrittenFileDays = 30;

/** One carrier connection's way in: the stream for its records and the bucket for its CSV files. */
export class CarrierSource extends Construct {
  readonly stream: Stream;
  readonly bucket: Bucket;
  readonly #source: Source;

  constructor(scope: Construct, id: string, props: CarrierSourceProps) {
    super(scope, id);
    this.#source = props.source;
    this.stream = new Stream(this, 'Stream', {
      streamMode: StreamMode.ON_DEMAND,
      retentionPeriod: Duration.hours(props.streamRetentionHours),
      // AWS's own key for Kinesis: a role of this account that may put records needs no permission on it.
      encryption: StreamEncryption.MANAGED,
      removalPolicy: props.removalPolicy,
    });
    this.bucket = new PrivateBucket(this, 'Files', {
      versioned: true,
      lifecycleRules: [
        {
          noncurrentVersionExpiration: Duration.days(overwrittenFileDays),
          abortIncompleteMultipartUploadAfter: Duration.days(7),
        },
      ],
      removalPolicy: props.removalPolicy,
    });
  }

  /** What a function has to know to recognise the source by the place where a record arrived. */
  get description(): SourceDescription {
    return { ...this.#source, streamArn: this.stream.streamArn, bucket: this.bucket.bucketName };
  }

  /**
   * Announces every object that appears in the bucket on a queue, whose policy must let S3 send to it.
   *
   * The notification is written on the bucket itself: CDK's `addEventNotification` would bring a function and a role
   * that may change every bucket's notifications.
   */
  announceFilesTo(queue: Queue): void {
    const bucket = this.bucket.node.defaultChild;
    if (!(bucket instanceof CfnBucket)) throw new Error(`${this.bucket.node.path} has no CfnBucket`);
    bucket.notificationConfiguration = {
      queueConfigurations: [{ event: 's3:ObjectCreated:*', queue: queue.queueArn }],
    };
    // S3 sends a test message when the notification is set, so the queue's policy has to be there before.
    bucket.node.addDependency(queue);
  }
}
