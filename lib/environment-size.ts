import { CfnElement, CfnResource, Stack } from 'aws-cdk-lib';
import type { Construct } from 'constructs';

/**
 * How large a function's environment will be once it is deployed. Lambda allows {@link maxEnvironmentBytes}, and would
 * say so only then.
 */

/** Bytes of names and values that Lambda allows a function. */
export const maxEnvironmentBytes = 4096;

/** What CloudFormation adds to a name that it makes: a hyphen and up to 13 characters. */
const generatedSuffixBytes = 14;

/** The longest partition, region and account in an ARN: `arn:aws-us-gov:secretsmanager:ap-southeast-2:123456789012:`. */
const maxArnPrefixBytes = 'arn:aws-us-gov:secretsmanager:ap-southeast-2:123456789012:'.length;

/** Characters that a name of a type may have; CloudFormation shortens what it makes to this. */
const maxNameBytes: Readonly<Record<string, number>> = {
  'AWS::DynamoDB::Table': 255,
  'AWS::Kinesis::Stream': 128,
  'AWS::S3::Bucket': 63,
  'AWS::SQS::Queue': 80,
};

/** The part of an ARN or URL between account and name: `secret:`, `stream/`, and the random end of a secret's ARN. */
const maxKindBytes = 16;

/**
 * The bytes that the variables take at most, names included. References to resources count with the longest text that
 * they can become.
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

/** The longest text that a reference to a resource, or to a pseudo parameter such as `AWS::Region`, can become. */
function limitReferenceBytes(stack: Stack, logicalId: string, element: CfnElement | undefined): number {
  const generated = stack.stackName.length + 1 + logicalId.length + generatedSuffixBytes;
  const type = element instanceof CfnResource ? element.cfnResourceType : '';
  const name = Math.min(generated, maxNameBytes[type] ?? generated);
  return maxArnPrefixBytes + maxKindBytes + name;
}
