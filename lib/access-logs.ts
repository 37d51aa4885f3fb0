import { Annotations, Duration, type RemovalPolicy, Stack } from 'aws-cdk-lib';
import { Bucket, type IBucket } from 'aws-cdk-lib/aws-s3';
import type { Construct } from 'constructs';
import { PrivateBucket } from './private-bucket.ts';

/** Where requests to the stack's buckets are logged. */
export interface AccessLogsProps {
  /** Name of an existing bucket; `true` creates one. */
  readonly bucket: string | true;
  /** Days that a new bucket keeps logs; 0 forever. */
  readonly logDays: number;
  readonly removalPolicy: RemovalPolicy;
}

/**
 * The bucket that S3 writes access logs to. It uses S3-managed keys, because S3 does not deliver logs to a bucket
 * with
 *  another default encryption. It is not logged itself: each log would cause another.
 */
export function makeAccessLogBucket(scope: Construct, id: string, props: AccessLogsProps): IBucket {
  const { bucket, logDays, removalPolicy } = props;
  if (bucket === true) {
    const made = new PrivateBucket(scope, id, {
      versioned: false,
      lifecycleRules: [
        {
          ...(logDays > 0 && { expiration: Duration.days(logDays) }),
          abortIncompleteMultipartUploadAfter: Duration.days(7),
        },
      ],
      removalPolicy,
      dataKey: undefined,
      accessLogs: undefined,
      notLogged: 'It holds the access logs: if it were logged itself, each log would cause the next.',
    });
    // CDK declares the optional members of a bucket and of its interface differently.
    return made as IBucket;
  }
  Annotations.of(scope).addInfoV2(
    'simledger:access-logs:policy',
    `The policy of the bucket ${bucket} must let S3 write logs below ${Stack.of(scope).stackName}/, or no log arrives: docs/operating.md#access-logs-of-the-buckets has the statement.`,
  );
  return Bucket.fromBucketName(scope, id, bucket);
}
