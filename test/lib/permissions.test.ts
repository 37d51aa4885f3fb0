import { beforeAll, describe, expect, it } from 'vitest';
import { rejectPrefix } from '../../lambda/names.ts';
import { ofType, type Synthesised, synthesise } from './synthesised.ts';

interface Statement {
  readonly Effect: 'Allow' | 'Deny';
  readonly Action: string | string[];
  readonly Resource?: string | string[];
}

function statements(synthesised: Synthesised): Record<string, Statement[]> {
  const documents = Object.entries(synthesised.resources).map(([path, { Properties }]) => [
    path,
    Properties['PolicyDocument'] ?? Properties['AssumeRolePolicyDocument'],
  ]);
  return Object.fromEntries(
    documents
      .filter(([, document]) => document !== undefined)
      .map(([path, document]) => [path, (document as { Statement: Statement[] }).Statement]),
  );
}

const ledgerWrite = [
  {
    Effect: 'Allow',
    Action: ['dynamodb:BatchGetItem', 'dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:UpdateItem'],
    Resource: ['Storage/Sessions.Arn', 'Storage/Sims.Arn'],
  },
  {
    Effect: 'Allow',
    Action: [
      'dynamodb:BatchGetItem',
      'dynamodb:BatchWriteItem',
      'dynamodb:GetItem',
      'dynamodb:PutItem',
      'dynamodb:UpdateItem',
    ],
    Resource: ['Storage/Events.Arn', 'Storage/Usage.Arn'],
  },
];

const runByLambda = [
  { Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { Service: 'lambda.amazonaws.com' } },
];

function writeLogs(path: string) {
  return {
    Effect: 'Allow',
    Action: ['logs:CreateLogStream', 'logs:PutLogEvents'],
    Resource: `${path}/Logs.Arn`,
  };
}

function tlsOnly(action: string, resource: string | string[]) {
  return {
    Effect: 'Deny',
    Action: action,
    Principal: { AWS: '*' },
    Resource: resource,
    Condition: { Bool: { 'aws:SecureTransport': 'false' } },
  };
}

describe('the permissions of the default stack', () => {
  let stack: Synthesised;

  beforeAll(() => {
    stack = synthesise();
  });

  it('are exactly these', () => {
    expect(statements(stack)).toEqual({
      'StreamIngest/KinesisConsumer/Role': runByLambda,
      'FileIngest/FileImporter/Role': runByLambda,
      'StreamIngest/KinesisConsumer/Role/DefaultPolicy': [
        writeLogs('StreamIngest/KinesisConsumer'),
        ...ledgerWrite,
        {
          Effect: 'Allow',
          Action: 's3:PutObject',
          Resource: ['Storage/Quarantine.Arn/aws/lambda/*', `Storage/Quarantine.Arn/${rejectPrefix}*`],
        },
        {
          Effect: 'Allow',
          Action: [
            'kinesis:DescribeStream',
            'kinesis:DescribeStreamSummary',
            'kinesis:GetRecords',
            'kinesis:GetShardIterator',
            'kinesis:ListShards',
          ],
          Resource: 'SourceDefault/Stream.Arn',
        },
        { Effect: 'Allow', Action: 's3:ListBucket', Resource: 'Storage/Quarantine.Arn' },
      ],
      'FileIngest/FileImporter/Role/DefaultPolicy': [
        writeLogs('FileIngest/FileImporter'),
        ...ledgerWrite,
        { Effect: 'Allow', Action: 's3:PutObject', Resource: `Storage/Quarantine.Arn/${rejectPrefix}*` },
        {
          Effect: 'Allow',
          Action: ['dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:UpdateItem'],
          Resource: 'Storage/Files.Arn',
        },
        {
          Effect: 'Allow',
          Action: ['s3:GetObject', 's3:GetObjectVersion'],
          Resource: 'SourceDefault/Files.Arn/*',
        },
        {
          Effect: 'Allow',
          Action: ['sqs:DeleteMessage', 'sqs:GetQueueAttributes', 'sqs:ReceiveMessage', 'sqs:SendMessage'],
          Resource: 'FileIngest/Queue.Arn',
        },
      ],
      'Storage/Quarantine/Policy': [tlsOnly('s3:*', ['Storage/Quarantine.Arn', 'Storage/Quarantine.Arn/*'])],
      'SourceDefault/Files/Policy': [
        tlsOnly('s3:*', ['SourceDefault/Files.Arn', 'SourceDefault/Files.Arn/*']),
      ],
      'FileIngest/DeadLetters/Policy': [tlsOnly('sqs:*', 'FileIngest/DeadLetters.Arn')],
      'FileIngest/Queue/Policy': [
        tlsOnly('sqs:*', 'FileIngest/Queue.Arn'),
        {
          Effect: 'Allow',
          Action: 'sqs:SendMessage',
          Principal: { Service: 's3.amazonaws.com' },
          Resource: 'FileIngest/Queue.Arn',
          Condition: { StringEquals: { 'aws:SourceAccount': 'AWS::AccountId' } },
        },
      ],
    });
  });

  it('come by no managed policy', () => {
    const attached = Object.values(ofType(stack, 'AWS::IAM::Role')).filter(
      ({ Properties }) => 'ManagedPolicyArns' in Properties || 'Policies' in Properties,
    );
    expect(attached).toEqual([]);
  });
});

describe('the permissions of a stack with several sources', () => {
  let several: Synthesised;

  beforeAll(() => {
    const sources = [
      { name: 'kore-eu', carrier: 'kore' },
      { name: '1nce', carrier: '1nce' },
    ];
    several = synthesise({ simledger: { sources } });
  });

  it('lets the consumer read their streams and the importer their files, and no others', () => {
    const resourcesOf = (path: string, action: string) =>
      statements(several)[path]?.find(({ Action }) => Action.includes(action))?.Resource;
    expect(resourcesOf('StreamIngest/KinesisConsumer/Role/DefaultPolicy', 'kinesis:GetRecords')).toEqual([
      'Source1nce/Stream.Arn',
      'SourceKoreEu/Stream.Arn',
    ]);
    expect(resourcesOf('FileIngest/FileImporter/Role/DefaultPolicy', 's3:GetObject')).toEqual([
      'Source1nce/Files.Arn/*',
      'SourceKoreEu/Files.Arn/*',
    ]);
  });

  it('allows no action by a wildcard and nothing on every resource', () => {
    const wide = Object.values(statements(several))
      .flat()
      .filter(({ Effect }) => Effect === 'Allow')
      .filter(
        ({ Action, Resource }) =>
          [Action].flat().some((action) => action.includes('*')) || [Resource].flat().includes('*'),
      );
    expect(wide).toEqual([]);
  });
});
