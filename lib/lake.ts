import { Duration, type RemovalPolicy } from 'aws-cdk-lib';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { type IBucket, ObjectLockRetention } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { environment } from '../lambda/aws/names.ts';
import { partialDaysPrefix } from '../lambda/days/pass/lake-objects.ts';
import { acknowledgeObjects } from './acknowledgements.ts';
import type { NodeFunction } from './node-function.ts';
import { PrivateBucket, type PrivateBucketProps } from './private-bucket.ts';
import type { ObjectLockSettings } from './settings.ts';

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

/** Days for which what partial passes wrote is kept: until the day is sealed, it is written again. */
const partialDays = 14;

/** Why a function may reach all objects below a prefix. */
const namedByDay = 'Objects are named after days and buckets of SIMs.';

/**
 * The buckets of closed days. Each object has one key forever: a day that is read again replaces its objects, and the
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
    this.bucket = this.#createBucket('Bucket', props, {
      retention: objectLock && describeRetention(objectLock),
    });
    this.bucket.addLifecycleRule({
      prefix: partialDaysPrefix,
      expiration: Duration.days(partialDays),
    });
    this.accounts = this.#createBucket('Accounts', props);
  }

  /** The variables by which a function finds the buckets. */
  get environment(): Record<string, string> {
    return {
      [environment.lakeBucket]: this.bucket.bucketName,
      [environment.accountLakeBucket]: this.accounts.bucketName,
    };
  }

  /** Lets a function read the objects of SIMs below some prefixes, and see which there are. */
  allowRead(reader: NodeFunction, prefixes: readonly string[]): void {
    reader.allow(
      ['s3:GetObject'],
      prefixes.map((prefix) => this.bucket.arnForObjects(`${prefix}*`)),
    );
    // Without the right to list, S3 does not tell an object that does not exist from one that is forbidden.
    reader.allow(['s3:ListBucket'], [this.bucket.bucketArn]);
    for (const prefix of prefixes) acknowledgeObjects(reader.role, this.bucket, prefix, namedByDay);
  }

  /** Lets a function read and write all objects. It can't delete any. */
  allowWrite(writer: NodeFunction): void {
    const buckets = [this.bucket, this.accounts];
    writer.allow(
      ['s3:GetObject', 's3:PutObject'],
      buckets.map((bucket) => bucket.arnForObjects('*')),
    );
    writer.allow(
      ['s3:ListBucket'],
      buckets.map(({ bucketArn }) => bucketArn),
    );
    for (const bucket of buckets) acknowledgeObjects(writer.role, bucket, '', namedByDay);
  }

  #createBucket(
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
