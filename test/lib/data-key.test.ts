import { App, Stack } from 'aws-cdk-lib';
import { Key } from 'aws-cdk-lib/aws-kms';
import { beforeAll, describe, expect, it } from 'vitest';
import { permitKey } from '../../lib/data-key.ts';
import {
  calledSourceOfEachCarrier,
  ofType,
  type Resource,
  type Synthesised,
  synthesise,
} from './synthesised.ts';

const kmsKeyArn = 'arn:aws:kms:eu-central-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab';
const everything = { sources: calledSourceOfEachCarrier, tracing: true };

/** Where each kind of resource that holds data says with which key it is encrypted. */
const encryption: Readonly<Record<string, readonly [property: string, value: unknown]>> = {
  'AWS::Kinesis::Stream': ['StreamEncryption', { EncryptionType: 'KMS', KeyId: kmsKeyArn }],
  'AWS::DynamoDB::Table': [
    'SSESpecification',
    { SSEEnabled: true, SSEType: 'KMS', KMSMasterKeyId: kmsKeyArn },
  ],
  'AWS::S3::Bucket': [
    'BucketEncryption',
    {
      ServerSideEncryptionConfiguration: [
        {
          BucketKeyEnabled: true,
          ServerSideEncryptionByDefault: { SSEAlgorithm: 'aws:kms', KMSMasterKeyID: kmsKeyArn },
        },
      ],
    },
  ],
  'AWS::SQS::Queue': ['KmsMasterKeyId', kmsKeyArn],
  'AWS::SNS::Topic': ['KmsMasterKeyId', kmsKeyArn],
  'AWS::Athena::WorkGroup': [
    'WorkGroupConfiguration',
    expect.objectContaining({
      ResultConfiguration: expect.objectContaining({
        EncryptionConfiguration: { EncryptionOption: 'SSE_KMS', KmsKey: kmsKeyArn },
      }),
    }),
  ],
};

interface Statement {
  readonly Effect: string;
  readonly Action: string | string[];
  readonly Resource: unknown;
  readonly Condition?: unknown;
}

function readStatements({ Properties }: Resource): Statement[] {
  const document = Properties['PolicyDocument'];
  return (document as { Statement: Statement[] } | undefined)?.Statement ?? [];
}

function usesKey({ Action }: Statement): boolean {
  return [Action].flat().some((action) => action.startsWith('kms:'));
}

/** What is permitted on keys, by the policy's path. */
function keyPermissions({ resources }: Synthesised): Record<string, Statement[]> {
  return Object.fromEntries(
    Object.entries(resources)
      .map(([path, resource]) => [path, readStatements(resource).filter(usesKey)] as const)
      .filter(([, statements]) => statements.length > 0),
  );
}

/** The same resource without its encryption and what is permitted on keys. */
function withoutKey(resource: Resource): Resource {
  const properties = { ...resource.Properties };
  const [property] = encryption[resource.Type] ?? [];
  if (property !== undefined) delete properties[property];
  delete properties['SqsManagedSseEnabled'];
  if (properties['PolicyDocument'] !== undefined) {
    properties['PolicyDocument'] = readStatements(resource).filter((statement) => !usesKey(statement));
  }
  return { ...resource, Properties: properties };
}

function listWithoutKey({ resources }: Synthesised): Record<string, Resource> {
  return Object.fromEntries(
    Object.entries(resources).map(([path, resource]) => [path, withoutKey(resource)]),
  );
}

function through(service: string, Action: string | string[]): Statement {
  return {
    Effect: 'Allow',
    Action,
    Resource: kmsKeyArn,
    Condition: { StringLike: { 'kms:ViaService': `${service}.AWS::Region.amazonaws.com*` } },
  };
}

const [decrypt, generate] = ['kms:Decrypt', 'kms:GenerateDataKey'] as const;
const putRecords = through('kinesis', generate);
const putFiles = through('s3', [decrypt, generate]);

describe('the customer’s key', () => {
  let stack: Synthesised;

  beforeAll(() => {
    stack = synthesise({ simledger: { ...everything, kmsKeyArn } });
  });

  it.each(Object.entries(encryption))('encrypts every %s', (type, [property, value]) => {
    const found = Object.values(ofType(stack, type)).map(({ Properties }) => Properties[property]);
    expect(found.length).toBeGreaterThan(0);
    expect(found).toEqual(found.map(() => value));
  });

  it('may be used only through the services whose data a function reads or writes', () => {
    expect(keyPermissions(stack)).toEqual({
      'SourceTwilio/Writer/Policy': [putRecords],
      'SourceKore/Writer/Policy': [putRecords],
      'Source1nce/Writer/Policy': [putRecords, putFiles],
      'SourceEmnify/Writer/Policy': [putRecords, putFiles],
      'SourceTelekom/Writer/Policy': [putRecords, putFiles],
      'StreamIngest/KinesisConsumer/Role/DefaultPolicy': [
        through('dynamodb', decrypt),
        through('s3', generate),
        through('kinesis', decrypt),
      ],
      'FileIngest/FileImporter/Role/DefaultPolicy': [
        through('dynamodb', decrypt),
        through('s3', [decrypt, generate]),
        through('sqs', [decrypt, generate]),
      ],
      'QueryApi/Reader/Role/DefaultPolicy': [through('dynamodb', decrypt), through('s3', decrypt)],
      'DayPass/Planner/Role/DefaultPolicy': [
        through('dynamodb', decrypt),
        through('kinesis', decrypt),
        through('s3', decrypt),
        through('sqs', [decrypt, generate]),
      ],
      'DayPass/Worker/Role/DefaultPolicy': [
        through('dynamodb', decrypt),
        through('s3', [decrypt, generate]),
        through('sqs', [decrypt, generate]),
      ],
      'AlertSweep/Sweeper/Role/DefaultPolicy': [through('dynamodb', decrypt), through('kinesis', decrypt)],
      'WebhookIngest/Receiver/Role/DefaultPolicy': [putRecords],
    });
  });

  it('changes nothing else', () => {
    const without = synthesise({ simledger: everything });
    expect(listWithoutKey(stack)).toEqual(listWithoutKey(without));
    expect(stack.outputs).toEqual(without.outputs);
  });

  it('is not named if no key is given', () => {
    const without = synthesise({ simledger: everything });
    expect(keyPermissions(without)).toEqual({});
    const encrypted = Object.values(without.resources).filter((resource) =>
      /kms/i.test(JSON.stringify(resource)),
    );
    // With AWS's own key for Kinesis.
    expect(encrypted.map(({ Properties }) => Properties['StreamEncryption'])).toEqual(
      everything.sources.map(() => ({ EncryptionType: 'KMS', KeyId: 'alias/aws/kinesis' })),
    );
  });

  it('has a policy that only its owner can change, which synth mentions', () => {
    expect(synthesise({ simledger: { kmsKeyArn } }).infos).toEqual([
      `The policy of ${kmsKeyArn} must let S3 and CloudWatch use it, or files are not imported and alarms send no mail: docs/operating.md#your-own-kms-key has the statements. [ack: simledger:kms:policy]`,
    ]);
    expect(synthesise().infos).toEqual([]);
  });
});

describe('a permission on encrypted data', () => {
  it('must be listed with what it needs of the key', () => {
    const key = Key.fromKeyArn(new Stack(new App()), 'Key', kmsKeyArn);
    const error = 'lib/data-key.ts does not list what dynamodb:DeleteTable needs of the key';
    expect(() => permitKey(key, ['dynamodb:DeleteTable'])).toThrow(error);
    expect(() => permitKey(undefined, ['dynamodb:DeleteTable'])).toThrow(error);
    expect(permitKey(key, ['logs:PutLogEvents', 's3:ListBucket'])).toEqual([]);
    expect(permitKey(undefined, ['s3:GetObject'])).toEqual([]);
  });
});
