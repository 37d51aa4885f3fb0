import { Stack, Validations } from 'aws-cdk-lib';
import { type Bucket, CfnBucket } from 'aws-cdk-lib/aws-s3';
import type { IConstruct } from 'constructs';

/**
 * Says why a policy may reach all objects of a bucket below a prefix: the security checks of cdk-nag ask for a reason
 * wherever a permission ends in `*`. The acknowledgement covers this one resource and no other.
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
