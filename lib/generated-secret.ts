import { RemovalPolicy, Validations } from 'aws-cdk-lib';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import type { Construct } from 'constructs';

/** What a secret consists of. */
export interface GeneratedSecretProps {
  readonly description: string;
  /** The known members of its JSON object. */
  readonly members: Readonly<Record<string, string>>;
  /** The member that Secrets Manager generates: 40 letters and digits. */
  readonly generated: string;
  /** Why the secret is not rotated automatically, as a sentence. */
  readonly rotation: string;
}

/** Creates a secret for a caller, deleted with the stack: without the API that it opens, it is of no use. */
export function makeGeneratedSecret(scope: Construct, id: string, props: GeneratedSecretProps): Secret {
  const { description, members, generated, rotation } = props;
  const secret = new Secret(scope, id, {
    description,
    generateSecretString: {
      secretStringTemplate: JSON.stringify(members),
      generateStringKey: generated,
      passwordLength: 40,
      excludePunctuation: true,
    },
    removalPolicy: RemovalPolicy.DESTROY,
  });
  Validations.of(secret).acknowledge({ id: 'AwsSolutions-SMG4', reason: rotation });
  return secret;
}
