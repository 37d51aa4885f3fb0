import { randomBytes } from 'node:crypto';
import {
  LambdaClient,
  paginateListEventSourceMappings,
  UpdateEventSourceMappingCommand,
} from '@aws-sdk/client-lambda';
import {
  GetBucketNotificationConfigurationCommand,
  GetBucketVersioningCommand,
  HeadObjectCommand,
  PutBucketNotificationConfigurationCommand,
  PutBucketVersioningCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import { GetQueueAttributesCommand, type SQSClient } from '@aws-sdk/client-sqs';
import * as z from 'zod';
import { sendSigned } from '../../lambda/aws/aws-request.ts';
import { parseObject } from '../../lambda/json/json.ts';
import type { Endpoint } from './endpoint.ts';
import type { Lacks } from './lacks.ts';
import type { StackAtEndpoint } from './stack.ts';
import { findReferences, type Substitutes, type Template } from './template.ts';

/** What an endpoint's CloudFormation leaves out and its services have: it is made by their own operations. */

const secretType = 'AWS::SecretsManager::Secret';

const generatedSecret = z.object({
  GenerateSecretString: z.object({ SecretStringTemplate: z.unknown(), GenerateStringKey: z.string() }),
});

/** Makes the secrets of a template, where CloudFormation does not; what names one of them gets its ARN. */
export async function createSecrets(
  endpoint: Endpoint,
  { Resources }: Template,
  missingTypes: ReadonlySet<string>,
): Promise<Substitutes> {
  if (!missingTypes.has(secretType)) return {};
  const secrets = Object.entries(Resources).filter(([, { Type }]) => Type === secretType);
  const made = secrets.map(async ([name, { Properties }]) => {
    // As CloudFormation names them: with one hyphen, by which templates cut the name out of the ARN.
    const answer = await callSecretsManager(endpoint, 'CreateSecret', {
      Name: `${name}-${randomBytes(6).toString('hex')}`,
      SecretString: JSON.stringify(generateContent(Properties)),
    });
    return [name, String(answer['ARN'])] as const;
  });
  return Object.fromEntries(await Promise.all(made));
}

/** The JSON object that a secret holds. */
export async function readSecret(endpoint: Endpoint, id: string): Promise<Readonly<Record<string, unknown>>> {
  const { SecretString } = await callSecretsManager(endpoint, 'GetSecretValue', { SecretId: id });
  return parseObject(String(SecretString)) ?? {};
}

async function callSecretsManager(
  { proxy, region, credentials }: Endpoint,
  operation: string,
  input: object,
): Promise<Readonly<Record<string, unknown>>> {
  const { status, body } = await sendSigned(
    { region: async () => region, credentials: async () => credentials },
    {
      ...{ service: 'secretsmanager', method: 'POST', url: new URL(proxy.url) },
      headers: {
        'content-type': 'application/x-amz-json-1.1',
        'x-amz-target': `secretsmanager.${operation}`,
      },
      body: JSON.stringify(input),
    },
  );
  if (status !== 200) throw new Error(`Secrets Manager answered ${status} to ${operation}`);
  return parseObject(body) ?? {};
}

/** What Secrets Manager makes of a secret's properties; the access key of a user is not made up. */
function generateContent(properties: unknown): Readonly<Record<string, unknown>> {
  const parsed = generatedSecret.safeParse(properties);
  if (!parsed.success) return {};
  const { SecretStringTemplate, GenerateStringKey } = parsed.data.GenerateSecretString;
  const members = parseObject(textWithout(SecretStringTemplate)) ?? {};
  return { ...members, [GenerateStringKey]: randomBytes(20).toString('hex') };
}

/** A text of a template in which everything that CloudFormation puts in is the same word. */
function textWithout(value: unknown): string {
  if (typeof value === 'string') return value;
  const join = (value as { readonly 'Fn::Join'?: readonly [string, unknown] } | undefined)?.['Fn::Join'];
  const [separator = '', parts] = join ?? [];
  return Array.isArray(parts) ? parts.map(textWithout).join(separator) : 'test';
}

const bucketProperties = z.object({
  VersioningConfiguration: z.object({ Status: z.literal('Enabled') }).optional(),
  NotificationConfiguration: z
    .object({ QueueConfigurations: z.array(z.object({ Event: z.string(), Queue: z.unknown() })) })
    .optional(),
});

/** Gives the stack's buckets their versions and announcements, where CloudFormation has left them out. */
export async function completeBuckets(
  { s3, sqs }: { s3: S3Client; sqs: SQSClient },
  { template, physicalIds }: StackAtEndpoint,
  lacks: Lacks,
): Promise<void> {
  for (const [name, { Type, Properties }] of Object.entries(template.Resources)) {
    if (Type !== 'AWS::S3::Bucket') continue;
    const Bucket = physicalIds.get(name) ?? '';
    const { VersioningConfiguration, NotificationConfiguration } = bucketProperties.parse(Properties);
    const versioning = await s3.send(new GetBucketVersioningCommand({ Bucket }));
    if (VersioningConfiguration !== undefined && versioning.Status !== 'Enabled') {
      lacks.add('CloudFormation AWS::S3::Bucket VersioningConfiguration', 'the bucket keeps no versions');
      await s3.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration }));
    }
    const announcing = await s3.send(new GetBucketNotificationConfigurationCommand({ Bucket }));
    if (NotificationConfiguration === undefined || announcing.QueueConfigurations !== undefined) continue;
    lacks.add('CloudFormation AWS::S3::Bucket NotificationConfiguration', 'the bucket announces nothing');
    const QueueConfigurations = NotificationConfiguration.QueueConfigurations.map(
      async ({ Event, Queue }) => {
        const QueueUrl = physicalIds.get(findReferences(Queue)[0] ?? '') ?? '';
        const { Attributes = {} } = await sqs.send(
          new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['QueueArn'] }),
        );
        return { Events: [Event as 's3:ObjectCreated:*'], QueueArn: Attributes['QueueArn'] };
      },
    );
    await s3.send(
      new PutBucketNotificationConfigurationCommand({
        Bucket,
        NotificationConfiguration: { QueueConfigurations: await Promise.all(QueueConfigurations) },
      }),
    );
  }
}

const announcement = z.looseObject({
  Records: z.array(
    z.looseObject({
      s3: z.looseObject({
        bucket: z.looseObject({ name: z.string() }),
        object: z.looseObject({ key: z.string(), versionId: z.string().optional() }),
      }),
    }),
  ),
});

/** Gives an announcement of S3 the version of its object, where the endpoint has left it out. */
export async function completeAnnouncement(s3: S3Client, body: string, lacks: Lacks): Promise<string> {
  const parsed = announcement.safeParse(parseObject(body));
  if (!parsed.success) return body;
  for (const { s3: place } of parsed.data.Records) {
    if (place.object.versionId !== undefined) continue;
    lacks.add('S3 announcements', 'they name no versionId, though the bucket keeps versions');
    const Key = decodeURIComponent(place.object.key.replaceAll('+', ' '));
    const { VersionId } = await s3.send(new HeadObjectCommand({ Bucket: place.bucket.name, Key }));
    place.object.versionId = VersionId;
  }
  return JSON.stringify(parsed.data);
}

/** Switches the mappings of functions, so that only the tests deliver to them. */
export async function switchMappings(
  { proxy, region, credentials }: Endpoint,
  functionNames: readonly string[],
  Enabled: boolean,
): Promise<void> {
  const client = new LambdaClient({ endpoint: proxy.url, region, credentials });
  try {
    for (const FunctionName of functionNames) {
      for await (const page of paginateListEventSourceMappings({ client }, { FunctionName })) {
        for (const { UUID } of page.EventSourceMappings ?? []) {
          await client.send(new UpdateEventSourceMappingCommand({ UUID, Enabled }));
        }
      }
    }
  } finally {
    client.destroy();
  }
}
