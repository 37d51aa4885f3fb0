import { ArnFormat, Stack } from 'aws-cdk-lib';
import type { Construct } from 'constructs';

/**
 * ARNs of a secret that the user gives by name or ARN. Secrets Manager appends a hyphen and six random characters to
 * each ARN; a name never has them, and an ARN may lack them.
 */
export function listSecretArns(scope: Construct, secret: string): string[] {
  if (secret.startsWith('arn:')) return [secret, `${secret}-??????`];
  const arn = Stack.of(scope).formatArn({
    service: 'secretsmanager',
    resource: 'secret',
    resourceName: secret,
    arnFormat: ArnFormat.COLON_RESOURCE_NAME,
  });
  return [`${arn}-??????`];
}
