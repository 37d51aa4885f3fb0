import { Stack, Validations } from 'aws-cdk-lib';
import { type Bucket, CfnBucket } from 'aws-cdk-lib/aws-s3';
import type { IConstruct } from 'constructs';

/**
 * Tells cdk-nag why a policy may reach all objects below a prefix of a bucket: its checks require a reason for each
 * permission that ends in `*`. The acknowledgement covers this resource only.
 *
 * @param prefix as in the policy's resource, without the `*`.
 */
export function acknowledgeObjects(policy: IConstruct, bucket: Bucket, prefix: string, reason: string): void {
  const resource = bucket.node.defaultChild;
  if (!(resource instanceof CfnBucket)) throw new Error(`${bucket.node.path} has no CfnBucket`);
  const logicalId = Stack.of(bucket).getLogicalId(resource);
  Validations.of(policy).acknowledge({
    id: `AwsSolutions-IAM5[Resource::<${logicalId}.Arn>/${prefix}*]`,
    reason,
  });
}
