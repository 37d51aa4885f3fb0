import { beforeAll, describe, expect, it } from 'vitest';
import { rejectPrefix } from '../../lambda/aws/names.ts';
import { assumedBy, runByLambda, schedule, sinkWrite, statements, writeLogs } from './statements.ts';
import { ofType, type Synthesised, synthesise, withoutApi } from './synthesised.ts';

const ledgerWrite = [
  {
    Effect: 'Allow',
    Action: [
      'dynamodb:BatchGetItem',
      'dynamodb:GetItem',
      'dynamodb:PartiQLInsert',
      'dynamodb:PartiQLUpdate',
      'dynamodb:PutItem',
      'dynamodb:UpdateItem',
    ],
    Resource: ['Storage/Sessions.Arn', 'Storage/Sims.Arn'],
  },
  {
    Effect: 'Allow',
    Action: [
      'dynamodb:BatchGetItem',
      'dynamodb:BatchWriteItem',
      'dynamodb:GetItem',
      'dynamodb:PartiQLInsert',
      'dynamodb:PutItem',
      'dynamodb:UpdateItem',
    ],
    Resource: ['Storage/Events.Arn', 'Storage/Usage.Arn'],
  },
  { Effect: 'Allow', Action: 'dynamodb:GetItem', Resource: 'Storage/DayState.Arn' },
  {
    Effect: 'Allow',
    Action: 'dynamodb:BatchWriteItem',
    Resource: 'Storage/DayMarkers.Arn',
  },
  {
    Effect: 'Allow',
    Action: 'dynamodb:BatchWriteItem',
    Resource: 'Storage/AlertState.Arn',
    Condition: { 'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': ['late#*'] } },
  },
];

/** What the sweep may do: read the ledger, and keep what it finds. */
const sweeping = [
  {
    Effect: 'Allow',
    Action: ['dynamodb:GetItem', 'dynamodb:Scan', 'dynamodb:UpdateItem'],
    Resource: 'Storage/Sims.Arn',
  },
  {
    Effect: 'Allow',
    Action: 'dynamodb:Query',
    Resource: [
      'Storage/Events.Arn',
      'Storage/Sessions.Arn',
      'Storage/Usage.Arn',
      'Storage/Alerts.Arn/index/byGroup',
      'Storage/Alerts.Arn/index/byId',
      'Storage/Alerts.Arn/index/byLive',
      'Storage/Alerts.Arn/index/byTime',
      'Storage/Alerts.Arn/index/byWaits',
      'Storage/Files.Arn/index/bySource',
      'Storage/Sessions.Arn/index/byStart',
      'Storage/Sims.Arn/index/bySimId',
      'Storage/Sims.Arn/index/bySimName',
      'Storage/Sims.Arn/index/bySimSid',
      'Storage/Sims.Arn/index/byWrittenIccid',
    ],
  },
  {
    Effect: 'Allow',
    Action: 'dynamodb:BatchGetItem',
    Resource: ['Storage/Files.Arn', 'Storage/Sessions.Arn'],
  },
  {
    Effect: 'Allow',
    Action: ['dynamodb:BatchGetItem', 'dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:Query'],
    Resource: 'Storage/Alerts.Arn',
  },
  {
    Effect: 'Allow',
    Action: ['dynamodb:PutItem', 'dynamodb:Query'],
    Resource: 'Storage/AlertState.Arn',
  },
  {
    Effect: 'Allow',
    Action: 'dynamodb:DeleteItem',
    Resource: 'Storage/AlertState.Arn',
    Condition: { 'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': ['late#*'] } },
  },
  {
    Effect: 'Allow',
    Action: ['dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:UpdateItem'],
    Resource: 'Storage/AlertOutbox.Arn',
  },
  {
    Effect: 'Allow',
    Action: ['kinesis:GetRecords', 'kinesis:GetShardIterator', 'kinesis:ListShards'],
    Resource: 'SourceDefault/Stream.Arn',
  },
];

/** What the planner of days may do: move the fence, switch the expiry of usage, and see plans and seals, but no row. */
const planning = [
  {
    Effect: 'Allow',
    Action: ['dynamodb:GetItem', 'dynamodb:Query', 'dynamodb:UpdateItem'],
    Resource: 'Storage/DayState.Arn',
  },
  { Effect: 'Allow', Action: 'dynamodb:Scan', Resource: 'Storage/DayMarkers.Arn' },
  {
    Effect: 'Allow',
    Action: 'dynamodb:Query',
    Resource: ['Storage/AlertState.Arn', 'Storage/Files.Arn/index/bySource'],
  },
  { Effect: 'Allow', Action: 'dynamodb:BatchGetItem', Resource: 'Storage/Files.Arn' },
  {
    Effect: 'Allow',
    Action: ['dynamodb:DescribeTimeToLive', 'dynamodb:Scan', 'dynamodb:UpdateTimeToLive'],
    Resource: 'Storage/Usage.Arn',
  },
  {
    Effect: 'Allow',
    Action: ['kinesis:GetRecords', 'kinesis:GetShardIterator', 'kinesis:ListShards'],
    Resource: 'SourceDefault/Stream.Arn',
  },
  {
    Effect: 'Allow',
    Action: 's3:GetObject',
    Resource: ['Lake/Bucket.Arn/days/*', 'Lake/Bucket.Arn/partial-days/*'],
  },
  { Effect: 'Allow', Action: 's3:ListBucket', Resource: 'Lake/Bucket.Arn' },
  { Effect: 'Allow', Action: 'sqs:SendMessage', Resource: 'DayPass/Queue.Arn' },
];

/** What the worker of days may do: read the ledger, and write what it makes of it. It deletes nothing from the lake. */
const closing = [
  { Effect: 'Allow', Action: 'dynamodb:Scan', Resource: 'Storage/Sims.Arn' },
  {
    Effect: 'Allow',
    Action: 'dynamodb:Query',
    Resource: ['Storage/Events.Arn', 'Storage/Usage.Arn', 'Storage/Sessions.Arn/index/byStart'],
  },
  { Effect: 'Allow', Action: 'dynamodb:BatchGetItem', Resource: 'Storage/Sessions.Arn' },
  {
    Effect: 'Allow',
    Action: ['dynamodb:DeleteItem', 'dynamodb:GetItem', 'dynamodb:Query', 'dynamodb:UpdateItem'],
    Resource: 'Storage/DayState.Arn',
  },
  {
    Effect: 'Allow',
    Action: ['dynamodb:BatchWriteItem', 'dynamodb:DeleteItem', 'dynamodb:Scan'],
    Resource: 'Storage/DayMarkers.Arn',
  },
  {
    Effect: 'Allow',
    Action: ['dynamodb:PutItem', 'dynamodb:Query'],
    Resource: ['Storage/Findings.Arn', 'Storage/SimDays.Arn'],
  },
  {
    Effect: 'Allow',
    Action: ['dynamodb:BatchGetItem', 'dynamodb:PutItem'],
    Resource: 'Storage/SessionDays.Arn',
  },
  {
    Effect: 'Allow',
    Action: ['s3:GetObject', 's3:PutObject'],
    Resource: ['Lake/Accounts.Arn/*', 'Lake/Bucket.Arn/*'],
  },
  { Effect: 'Allow', Action: 's3:ListBucket', Resource: ['Lake/Accounts.Arn', 'Lake/Bucket.Arn'] },
  {
    Effect: 'Allow',
    Action: ['sqs:DeleteMessage', 'sqs:GetQueueAttributes', 'sqs:ReceiveMessage', 'sqs:SendMessage'],
    Resource: 'DayPass/Queue.Arn',
  },
];

function tlsOnly(action: string, resource: string | string[]) {
  return {
    Effect: 'Deny',
    Action: action,
    Principal: { AWS: '*' },
    Resource: resource,
    Condition: { Bool: { 'aws:SecureTransport': 'false' } },
  };
}

describe('the permissions of the default stack, its query API aside,', () => {
  let stack: Synthesised;

  beforeAll(() => {
    stack = synthesise(withoutApi());
  });

  it('are exactly these', () => {
    expect(statements(stack)).toEqual({
      'AlertSweep/Sweeper/Role': runByLambda,
      'AlertSweep/Sweeper/Role/DefaultPolicy': [writeLogs('AlertSweep/Sweeper'), ...sweeping],
      ...schedule('AlertSweep', 'Sweeper'),
      'DayPass/Planner/Role': runByLambda,
      'DayPass/Planner/Role/DefaultPolicy': [writeLogs('DayPass/Planner'), ...planning],
      ...schedule('DayPass', 'Planner'),
      'DayPass/Worker/Role': runByLambda,
      'DayPass/Worker/Role/DefaultPolicy': [writeLogs('DayPass/Worker'), ...closing],
      'DayPass/DeadLetters/Policy': [tlsOnly('sqs:*', 'DayPass/DeadLetters.Arn')],
      'DayPass/Queue/Policy': [tlsOnly('sqs:*', 'DayPass/Queue.Arn')],
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
          Action: ['dynamodb:GetItem', 'dynamodb:PutItem'],
          Resource: 'Storage/Deliveries.Arn',
        },
        {
          Effect: 'Allow',
          Action: ['dynamodb:GetItem', 'dynamodb:UpdateItem'],
          Resource: 'Storage/AlertState.Arn',
          Condition: { 'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': ['shards#*'] } },
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
          Action: ['dynamodb:BatchWriteItem', 'dynamodb:PutItem'],
          Resource: 'Storage/DayState.Arn',
          Condition: { 'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': ['files#*'] } },
        },
        {
          Effect: 'Allow',
          Action: ['s3:GetObject', 's3:GetObjectVersion'],
          Resource: 'SourceDefault/Files.Arn/*',
        },
        { Effect: 'Allow', Action: 's3:ListBucket', Resource: 'SourceDefault/Files.Arn' },
        {
          Effect: 'Allow',
          Action: ['sqs:DeleteMessage', 'sqs:GetQueueAttributes', 'sqs:ReceiveMessage'],
          Resource: ['FileIngest/DeadLetters.Arn', 'FileIngest/Queue.Arn'],
        },
        { Effect: 'Allow', Action: 'sqs:SendMessage', Resource: 'FileIngest/Queue.Arn' },
      ],
      'SourceDefault/Writer/Role': assumedBy('arn:aws:iam::177261743968:root', {
        StringEquals: { 'sts:ExternalId': 'default-AWS::StackId.split(/)[2]' },
      }),
      'SourceDefault/Writer/Policy': [
        ...sinkWrite('SourceDefault'),
        { Effect: 'Allow', Action: 's3:PutObject', Resource: 'SourceDefault/Files.Arn/*' },
      ],
      'Monitoring/Alarms/Topic/Policy': [
        {
          Sid: 'AllowPublishThroughSSLOnly',
          Effect: 'Deny',
          Action: 'sns:Publish',
          Principal: '*',
          Resource: 'Monitoring/Alarms/Topic',
          Condition: { Bool: { 'aws:SecureTransport': 'false' } },
        },
        {
          Sid: 'AllowAlarms',
          Effect: 'Allow',
          Action: 'sns:Publish',
          Principal: { Service: 'cloudwatch.amazonaws.com' },
          Resource: 'Monitoring/Alarms/Topic',
          Condition: {
            StringEquals: { 'aws:SourceAccount': 'AWS::AccountId' },
            ArnLike: {
              'aws:SourceArn': 'arn:AWS::Partition:cloudwatch:AWS::Region:AWS::AccountId:alarm:*',
            },
          },
        },
      ],
      ...Object.fromEntries(
        ['Lake/Bucket', 'Lake/Accounts', 'Catalog/Results'].map((path) => [
          `${path}/Policy`,
          [tlsOnly('s3:*', [`${path}.Arn`, `${path}.Arn/*`])],
        ]),
      ),
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

  it('come from no managed policy', () => {
    const attached = Object.values(ofType(stack, 'AWS::IAM::Role')).filter(
      ({ Properties }) => 'ManagedPolicyArns' in Properties || 'Policies' in Properties,
    );
    expect(attached).toEqual([]);
  });
});
