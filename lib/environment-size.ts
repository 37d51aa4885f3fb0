import { CfnElement, CfnResource, Stack } from 'aws-cdk-lib';
import type { Construct } from 'constructs';

/**
 * Estimates the size of a function's environment once it is deployed. Lambda refuses more than {@link
 * maxEnvironmentBytes}, but only during the deployment.
 */

/** Bytes of names and values that Lambda allows per function. */
export const maxEnvironmentBytes = 4096;

/** What CloudFormation appends to a generated name: a hyphen and up to 13 characters. */
const generatedSuffixBytes = 14;

/**
 * The longest partition, region and account of an ARN: `arn:aws-us-gov:secretsmanager:ap-southeast-2:123456789012:`.
 */
const maxArnPrefixBytes = 'arn:aws-us-gov:secretsmanager:ap-southeast-2:123456789012:'.length;

/** Maximum length of the names that CloudFormation generates, by resource type. */
const maxNameBytes: Readonly<Record<string, number>> = {
  'AWS::DynamoDB::Table': 255,
  'AWS::Kinesis::Stream': 128,
  'AWS::S3::Bucket': 63,
  'AWS::SQS::Queue': 80,
};

/**
 * The rest of an ARN or URL, apart from account and name: `secret:`, `stream/`, and the random suffix of a secret's
 * ARN.
 */
const maxKindBytes = 16;

/**
 * Bytes of the variables, names included. References to resources count as the longest text that they can resolve to.
 */
export function countEnvironmentBytes(scope: Construct, variables: Readonly<Record<string, string>>): number {
  const stack = Stack.of(scope);
  const elements = new Map(
    stack.node
      .findAll()
      .filter((construct) => CfnElement.isCfnElement(construct))
      .map((element) => [String(stack.resolve(element.logicalId)), element]),
  );
  const bytes = (value: unknown): number => {
    if (typeof value === 'string') return Buffer.byteLength(value);
    if (Array.isArray(value)) return value.reduce<number>((sum, part) => sum + bytes(part), 0);
    const [[intrinsic, argument] = []] = Object.entries(Object(value));
    if (intrinsic === 'Fn::Join' && Array.isArray(argument)) {
      const [separator, parts] = argument as [string, unknown[]];
      return bytes(parts) + Buffer.byteLength(separator) * Math.max(0, parts.length - 1);
    }
    const [target] = intrinsic === 'Fn::GetAtt' && Array.isArray(argument) ? argument : [argument];
    return limitReferenceBytes(stack, String(target), elements.get(String(target)));
  };
  return Object.entries(variables).reduce(
    (sum, [name, value]) => sum + Buffer.byteLength(name) + bytes(stack.resolve(value)),
    0,
  );
}

/**
 * Bytes of the longest text that a reference to a resource, or to a pseudo parameter such as `AWS::Region`, can
 * resolve to.
 */
function limitReferenceBytes(stack: Stack, logicalId: string, element: CfnElement | undefined): number {
  const generated = stack.stackName.length + 1 + logicalId.length + generatedSuffixBytes;
  const type = element instanceof CfnResource ? element.cfnResourceType : '';
  const name = Math.min(generated, maxNameBytes[type] ?? generated);
  return maxArnPrefixBytes + maxKindBytes + name;
}
