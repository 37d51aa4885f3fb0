import { Annotations, Duration, type RemovalPolicy, Stack } from 'aws-cdk-lib';
import { Bucket, type IBucket } from 'aws-cdk-lib/aws-s3';
import type { Construct } from 'constructs';
import { PrivateBucket } from './private-bucket.ts';

/** Where the requests to the stack's buckets are logged. */
export interface AccessLogsProps {
  /** Name of a bucket that exists; `true` for a new one. */
  readonly bucket: string | true;
  /** Days for which a new bucket keeps logs; 0 forever. */
  readonly logDays: number;
  readonly removalPolicy: RemovalPolicy;
}

/**
 * The bucket that S3 writes access logs into. It is encrypted with S3's own key, because S3 delivers logs to no other
 * bucket. It is not logged itself, because each log would cause the next.
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
