import { ArnFormat, Stack } from 'aws-cdk-lib';
import type { Construct } from 'constructs';

/**
 * ARNs of a secret that the user names, by its name or its ARN. Secrets Manager ends each ARN in a hyphen and six random
 * characters, which a name lacks, and an ARN may lack.
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
