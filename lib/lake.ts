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
  /** How long a replaced version cannot be deleted; undefined for no lock. */
  readonly objectLock: ObjectLockSettings | undefined;
  /** Days that a replaced object is kept as an old version. */
  readonly overwrittenDays: number;
  readonly removalPolicy: RemovalPolicy;
  /** The customer's key that encrypts objects; undefined for AWS's own. */
  readonly dataKey: IKey | undefined;
  /** Where requests to the buckets are logged; undefined if they are not. */
  readonly accessLogs: IBucket | undefined;
}

const notLogged =
  'Only the functions write it, and each object is named in the manifest of its day. Set accessLogs to log each request.';

/** Days that the output of partial passes is kept. Until the day is sealed, each pass writes it again. */
const partialDays = 14;

/** Why a function may reach all objects below a prefix, for cdk-nag. */
const namedByDay = 'Objects are named after days and buckets of SIMs.';

/**
 * The buckets of closed days. An object's key never changes: reading a day again overwrites its objects, and the old
 * versions are kept for a while.
 */
export class Lake extends Construct {
  /** Rows of SIMs, plans and manifests. */
  readonly bucket: PrivateBucket;
  /** Rows about accounts, not SIMs: they name people, so access is narrower, and they can be erased. */
  readonly accounts: PrivateBucket;

  constructor(scope: Construct, id: string, props: LakeProps) {
    super(scope, id);
    const { objectLock } = props;
    // Object Lock can only be enabled when a bucket is created. Without a retention nothing is locked, but one can be
    // set later.
    this.bucket = this.#createBucket('Bucket', props, {
      retention: objectLock && describeRetention(objectLock),
    });
    this.bucket.addLifecycleRule({
      prefix: partialDaysPrefix,
      expiration: Duration.days(partialDays),
    });
    this.accounts = this.#createBucket('Accounts', props);
  }

  /** The variables that tell a function where the buckets are. */
  get environment(): Record<string, string> {
    return {
      [environment.lakeBucket]: this.bucket.bucketName,
      [environment.accountLakeBucket]: this.accounts.bucketName,
    };
  }

  /** Lets a function list and read the SIMs' objects below some prefixes. */
  allowRead(reader: NodeFunction, prefixes: readonly string[]): void {
    reader.allow(
      ['s3:GetObject'],
      prefixes.map((prefix) => this.bucket.arnForObjects(`${prefix}*`)),
    );
    // Without permission to list, S3 answers 403 for a missing object, as for a forbidden one.
    reader.allow(['s3:ListBucket'], [this.bucket.bucketArn]);
    for (const prefix of prefixes) acknowledgeObjects(reader.role, this.bucket, prefix, namedByDay);
  }

  /** Lets a function read and write all objects, but not delete them. */
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
