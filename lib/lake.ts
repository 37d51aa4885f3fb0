import { Duration, type RemovalPolicy } from 'aws-cdk-lib';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { type IBucket, ObjectLockRetention } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import type { ObjectLockSettings } from './configuration.ts';
import { PrivateBucket, type PrivateBucketProps } from './private-bucket.ts';

/** Properties of {@link Lake}. */
export interface LakeProps {
  /** For how long a version that was replaced cannot be deleted; undefined for no lock. */
  readonly objectLock: ObjectLockSettings | undefined;
  /** Days for which an object that was replaced is kept as an old version. */
  readonly overwrittenDays: number;
  readonly removalPolicy: RemovalPolicy;
  /** The customer's key with which objects are encrypted; undefined for AWS's own. */
  readonly dataKey: IKey | undefined;
  /** Where requests to the buckets are logged; undefined for nowhere. */
  readonly accessLogs: IBucket | undefined;
}

const notLogged =
  'Only the functions write it, and each object is named in the manifest of its day. Set accessLogs to log each request.';

/**
 * The buckets of closed days. Each object has one key for ever: a day that is read again replaces its objects, and the
 * replaced ones stay as versions for a time.
 */
export class Lake extends Construct {
  /** Rows of SIMs, plans and manifests. */
  readonly bucket: PrivateBucket;
  /** Rows that name no SIM: they name people, so that fewer people may read them, and they can be erased. */
  readonly accounts: PrivateBucket;

  constructor(scope: Construct, id: string, props: LakeProps) {
    super(scope, id);
    const { objectLock } = props;
    // A bucket can be locked only if it was made for it. Without a retention nothing is locked, and one may be set later.
    this.bucket = this.#bucket('Bucket', props, { retention: objectLock && describeRetention(objectLock) });
    this.accounts = this.#bucket('Accounts', props);
  }

  #bucket(
    id: string,
    { overwrittenDays, removalPolicy, dataKey, accessLogs }: LakeProps,
    objectLock?: PrivateBucketProps['objectLock'],
  ): PrivateBucket {
    return new PrivateBucket(this, id, {
      versioned: true,
      lifecycleRules: [
        {
          noncurrentVersionExpiration: Duration.days(overwrittenDays),
          abortIncompleteMultipartUploadAfter: Duration.days(7),
        },
      ],
      ...{ removalPolicy, dataKey, accessLogs, notLogged },
      ...(objectLock !== undefined && { objectLock }),
    });
  }
}

function describeRetention({ mode, days }: ObjectLockSettings): ObjectLockRetention {
  const duration = Duration.days(days);
  return mode === 'compliance'
    ? ObjectLockRetention.compliance(duration)
    : ObjectLockRetention.governance(duration);
}
