import { RemovalPolicy, Validations } from 'aws-cdk-lib';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import type { Construct } from 'constructs';

/** What a secret is made from. */
export interface GeneratedSecretProps {
  readonly description: string;
  /** The members of its JSON object that are known. */
  readonly members: Readonly<Record<string, string>>;
  /** The member that Secrets Manager makes up: 40 letters and digits. */
  readonly generated: string;
  /** Why only a person can rotate it, as a sentence. */
  readonly rotation: string;
}

/** A secret of a caller, made by Secrets Manager when the stack is; of no use without what is called. */
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
