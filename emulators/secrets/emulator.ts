import * as z from 'zod';
import {
  AwsError,
  createAwsJsonServer,
  defineOperation,
  localAccount,
  localRegion,
} from '../aws-json-protocol.ts';
import type { LoopbackServer } from '../loopback-server.ts';

/**
 * An emulator for Secrets Manager that speaks its wire protocol (AWS JSON 1.1) on loopback. It has the one operation
 * that functions use: `GetSecretValue`, of the current version.
 *
 * @param secrets the secrets' values, by name.
 */
export function createSecretsEmulator(secrets: Readonly<Record<string, string>>): LoopbackServer {
  return createAwsJsonServer({
    targetPrefix: 'secretsmanager',
    jsonVersion: '1.1',
    operations: {
      GetSecretValue: defineOperation(
        z.strictObject({
          SecretId: z.string().min(1).max(2048),
          VersionStage: z.literal('AWSCURRENT').optional(),
        }),
        ({ SecretId: name }) => {
          const secret = Object.hasOwn(secrets, name) ? secrets[name] : undefined;
          if (secret === undefined) {
            throw new AwsError(
              'ResourceNotFoundException',
              "Secrets Manager can't find the specified secret.",
            );
          }
          return {
            ARN: `arn:aws:secretsmanager:${localRegion}:${localAccount}:secret:${name}-AbCdEf`,
            Name: name,
            SecretString: secret,
            VersionId: '00000000-0000-4000-8000-000000000000',
            VersionStages: ['AWSCURRENT'],
            CreatedDate: 0,
          };
        },
      ),
    },
    makeInvalidInput: (message) => new AwsError('InvalidParameterException', message),
  });
}
