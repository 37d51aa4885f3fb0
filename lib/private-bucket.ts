import { RemovalPolicy, Validations } from 'aws-cdk-lib';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import {
  BlockPublicAccess,
  Bucket,
  BucketEncryption,
  type LifecycleRule,
  ObjectOwnership,
} from 'aws-cdk-lib/aws-s3';
import type { Construct } from 'constructs';

/** How one private bucket differs from the other. */
export interface PrivateBucketProps {
  /** Keep what was overwritten or deleted, as versions. */
  readonly versioned: boolean;
  /** When objects and versions expire. */
  readonly lifecycleRules: LifecycleRule[];
  /** With `DESTROY` the bucket is emptied and deleted with the stack, by a function that CDK adds for that. */
  readonly removalPolicy: RemovalPolicy;
  /** The customer's key with which objects are encrypted; undefined for AWS's own. */
  readonly dataKey: IKey | undefined;
}

/** A bucket that holds carriers' data: encrypted, reached by TLS only, closed to the public and to ACLs. */
export class PrivateBucket extends Bucket {
  constructor(scope: Construct, id: string, props: PrivateBucketProps) {
    const { versioned, lifecycleRules, removalPolicy, dataKey } = props;
    super(scope, id, {
      ...{ versioned, lifecycleRules, removalPolicy },
      ...(dataKey === undefined
        ? { encryption: BucketEncryption.S3_MANAGED }
        : { encryption: BucketEncryption.KMS, encryptionKey: dataKey, bucketKeyEnabled: true }),
      enforceSSL: true,
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      objectOwnership: ObjectOwnership.BUCKET_OWNER_ENFORCED,
      autoDeleteObjects: removalPolicy === RemovalPolicy.DESTROY,
    });
    Validations.of(this).acknowledge({
      id: 'AwsSolutions-S1',
      reason:
        'Each object’s arrival is kept in the ledger or the quarantine. Who wants each request logged switches on CloudTrail’s data events for the account.',
    });
  }
}
