import { Annotations, RemovalPolicy, Validations } from 'aws-cdk-lib';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import {
  BlockPublicAccess,
  Bucket,
  BucketEncryption,
  type IBucket,
  type LifecycleRule,
  type ObjectLockRetention,
  ObjectOwnership,
} from 'aws-cdk-lib/aws-s3';
import type { Construct } from 'constructs';

/** What differs from bucket to bucket. */
export interface PrivateBucketProps {
  /** Keep overwritten and deleted objects as versions. */
  readonly versioned: boolean;
  /** When objects and versions expire. */
  readonly lifecycleRules: LifecycleRule[];
  /** With `DESTROY`, the bucket is emptied and deleted with the stack, by a function that CDK adds. */
  readonly removalPolicy: RemovalPolicy;
  /** The customer's key that encrypts objects; undefined for AWS's own. */
  readonly dataKey: IKey | undefined;
  /** Where S3 logs each request, under this construct's path; undefined if it does not. */
  readonly accessLogs: IBucket | undefined;
  /**
   * Why requests are not logged, as a sentence for cdk-nag. Used only without `accessLogs`.
   *
   * @default - that logging is a setting
   */
  readonly notLogged?: string;
  /**
   * Whether versions can be locked, and how long each is locked if a retention is given.
   *
   * @default - versions cannot be locked
   */
  readonly objectLock?: { readonly retention: ObjectLockRetention | undefined };
}

/** A bucket for carriers' data: encrypted, reached only over TLS, and closed to the public and to ACLs. */
export class PrivateBucket extends Bucket {
  constructor(scope: Construct, id: string, props: PrivateBucketProps) {
    const { versioned, lifecycleRules, removalPolicy, dataKey, accessLogs, objectLock } = props;
    super(scope, id, {
      ...{ versioned, lifecycleRules, removalPolicy },
      ...(dataKey === undefined
        ? { encryption: BucketEncryption.S3_MANAGED }
        : { encryption: BucketEncryption.KMS, encryptionKey: dataKey, bucketKeyEnabled: true }),
      ...(accessLogs !== undefined && {
        serverAccessLogsBucket: accessLogs,
        serverAccessLogsPrefix: `${scope.node.path}/${id}/`,
      }),
      ...(objectLock !== undefined && { objectLockEnabled: true }),
      ...(objectLock?.retention !== undefined && { objectLockDefaultRetention: objectLock.retention }),
      enforceSSL: true,
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      objectOwnership: ObjectOwnership.BUCKET_OWNER_ENFORCED,
      autoDeleteObjects: removalPolicy === RemovalPolicy.DESTROY,
    });
    if (accessLogs === undefined) {
      const {
        notLogged = 'Each object’s arrival is kept in the ledger or the quarantine. Set accessLogs to log each request.',
      } = props;
      Validations.of(this).acknowledge({ id: 'AwsSolutions-S1', reason: notLogged });
    } else {
      // Our own warning about an existing bucket's policy replaces CDK's.
      Annotations.of(this).acknowledgeWarning('@aws-cdk/aws-s3:accessLogsPolicyNotAdded');
    }
  }
}
