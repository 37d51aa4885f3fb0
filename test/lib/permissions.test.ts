import { beforeAll, describe, expect, it } from 'vitest';
import { rejectPrefix } from '../../lambda/aws/names.ts';
import { ofType, type Synthesised, synthesise, withoutApi } from './synthesised.ts';

interface Statement {
  readonly Effect: 'Allow' | 'Deny';
  readonly Action: string | string[];
  readonly Resource?: string | string[];
  readonly Condition?: unknown;
  readonly Principal?: unknown;
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

/** What EventBridge Scheduler may do for a schedule: invoke the one function. */
function schedule(path: string, handler: string) {
  return {
    [`${path}/ScheduleRole`]: [
      {
        Effect: 'Allow',
        Action: 'sts:AssumeRole',
        Principal: { Service: 'scheduler.amazonaws.com' },
        Condition: { StringEquals: { 'aws:SourceAccount': 'AWS::AccountId' } },
      },
    ],
    [`${path}/ScheduleRole/DefaultPolicy`]: [
      { Effect: 'Allow', Action: 'lambda:InvokeFunction', Resource: `${path}/${handler}/Function.Arn` },
    ],
  };
}

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

const runByLambda = [
  { Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { Service: 'lambda.amazonaws.com' } },
];

function assumedBy(principal: string, condition: unknown) {
  return [{ Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { AWS: principal }, Condition: condition }];
}

/** What Twilio and KORE may do with the stream of a source. */
function sinkWrite(source: string) {
  return [
    {
      Effect: 'Allow',
      Action: ['kinesis:ListShards', 'kinesis:PutRecord', 'kinesis:PutRecords'],
      Resource: `${source}/Stream.Arn`,
    },
    { Effect: 'Allow', Action: 'kinesis:DescribeLimits', Resource: '*' },
  ];
}

/** What a data streamer may do with the stream and the bucket of a source. */
function streamerWrite(source: string) {
  return [
    {
      Effect: 'Allow',
      Action: ['kinesis:PutRecord', 'kinesis:PutRecords'],
      Resource: `${source}/Stream.Arn`,
    },
    { Effect: 'Allow', Action: 's3:PutObject', Resource: `${source}/Files.Arn/*` },
  ];
}

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

describe('the permissions of a stack with a source of each carrier', () => {
  const sources = [
    { name: 'twilio', carrier: 'twilio', externalId: 'chosen' },
    { name: 'kore-eu', carrier: 'kore', principal: 'arn:aws:iam::123456789012:role/event-streams' },
    { name: '1nce', carrier: '1nce', organisationId: '8100' },
    { name: 'emnify', carrier: 'emnify', organisationId: '42' },
    { name: 'telekom', carrier: 'telekom' },
  ];
  let all: Record<string, Statement[]>;

  beforeAll(() => {
    all = statements(synthesise(withoutApi({ sources, tracing: true })));
  });

  const writers = [
    [
      'SourceTwilio',
      assumedBy('arn:aws:iam::177261743968:root', { StringEquals: { 'sts:ExternalId': 'chosen' } }),
      sinkWrite('SourceTwilio'),
    ],
    [
      'SourceKoreEu',
      assumedBy('arn:aws:iam::123456789012:role/event-streams', {
        StringEquals: { 'sts:ExternalId': 'kore-eu-AWS::StackId.split(/)[2]' },
      }),
      sinkWrite('SourceKoreEu'),
    ],
    [
      'Source1nce',
      assumedBy('arn:aws:iam::884047677700:role/1nce-datastreamer', {
        'ForAnyValue:StringEquals': { 'sts:ExternalId': ['org-8100'] },
      }),
      streamerWrite('Source1nce'),
    ],
    [
      'SourceEmnify',
      assumedBy('arn:aws:iam::884047677700:role/datastreamer', {
        'ForAnyValue:StringEquals': { 'sts:ExternalId': ['org-42'] },
      }),
      streamerWrite('SourceEmnify'),
    ],
    ['SourceTelekom', undefined, streamerWrite('SourceTelekom')],
  ] as const;

  it.each(writers)('let the carrier of %s write to its own stream and bucket, and no more', (...expected) => {
    const [source] = expected;
    expect([source, all[`${source}/Writer/Role`], all[`${source}/Writer/Policy`]]).toEqual(expected);
  });

  it('let the consumer read their streams and the importer their files, and no others', () => {
    const resourcesOf = (path: string, action: string) =>
      all[path]?.find(({ Action }) => Action.includes(action))?.Resource;
    expect(resourcesOf('StreamIngest/KinesisConsumer/Role/DefaultPolicy', 'kinesis:GetRecords')).toEqual([
      'Source1nce/Stream.Arn',
      'SourceEmnify/Stream.Arn',
      'SourceKoreEu/Stream.Arn',
      'SourceTelekom/Stream.Arn',
      'SourceTwilio/Stream.Arn',
    ]);
    expect(resourcesOf('FileIngest/FileImporter/Role/DefaultPolicy', 's3:GetObject')).toEqual([
      'Source1nce/Files.Arn/*',
      'SourceEmnify/Files.Arn/*',
      'SourceTelekom/Files.Arn/*',
    ]);
  });

  it('allow no action by a wildcard', () => {
    const wide = Object.values(all)
      .flat()
      .filter(
        ({ Effect, Action }) => Effect === 'Allow' && [Action].flat().some((name) => name.includes('*')),
      );
    expect(wide).toEqual([]);
  });

  it('allow on every resource only what AWS has no resource for', () => {
    const wide = Object.entries(all).flatMap(([path, list]) =>
      list
        .filter(({ Effect, Resource }) => Effect === 'Allow' && [Resource].flat().includes('*'))
        .map(({ Action }) => [path, Action]),
    );
    const trace = ['xray:PutTelemetryRecords', 'xray:PutTraceSegments'];
    expect(wide).toEqual([
      ['SourceTwilio/Writer/Policy', 'kinesis:DescribeLimits'],
      ['SourceKoreEu/Writer/Policy', 'kinesis:DescribeLimits'],
      ['StreamIngest/KinesisConsumer/Role/DefaultPolicy', trace],
      ['FileIngest/FileImporter/Role/DefaultPolicy', trace],
      ['DayPass/Planner/Role/DefaultPolicy', trace],
      ['DayPass/Worker/Role/DefaultPolicy', trace],
      ['AlertSweep/Sweeper/Role/DefaultPolicy', trace],
    ]);
  });
});

describe('the permissions of the delivery of alerts', () => {
  it('are the outbox, the secrets, the bus and the topic of its receivers, and no others', () => {
    const arn = 'arn:aws:secretsmanager:eu-central-1:123456789012:secret:slack-AbCdEf';
    const receivers = [
      { name: 'phone', kind: 'pagerduty', secret: 'simledger/pagerduty' },
      { name: 'chat', kind: 'slack', secret: arn },
      { name: 'programs', kind: 'bus' },
      { name: 'mail', kind: 'topic' },
      { name: 'others', kind: 'topic', arn: 'arn:aws:sns:eu-central-1:123456789012:theirs' },
    ];
    const own = Object.entries(statements(synthesise(withoutApi({ receivers })))).filter(([path]) =>
      path.startsWith('AlertDelivery/'),
    );
    const named = 'arn:AWS::Partition:secretsmanager:AWS::Region:AWS::AccountId:secret:simledger/pagerduty';
    expect(Object.fromEntries(own)).toEqual({
      'AlertDelivery/Deliverer/Role': runByLambda,
      'AlertDelivery/Deliverer/Role/DefaultPolicy': [
        writeLogs('AlertDelivery/Deliverer'),
        {
          Effect: 'Allow',
          Action: ['dynamodb:DeleteItem', 'dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:UpdateItem'],
          Resource: 'Storage/AlertOutbox.Arn',
        },
        {
          Effect: 'Allow',
          Action: 'dynamodb:Query',
          Resource: ['Storage/AlertOutbox.Arn', 'Storage/AlertOutbox.Arn/index/byDue'],
        },
        { Effect: 'Allow', Action: 'events:PutEvents', Resource: 'AlertDelivery/Bus.Arn' },
        {
          Effect: 'Allow',
          Action: 'sns:Publish',
          Resource: ['arn:aws:sns:eu-central-1:123456789012:theirs', 'AlertDelivery/Topic'],
        },
        {
          Effect: 'Allow',
          Action: 'secretsmanager:GetSecretValue',
          Resource: [arn, `${arn}-??????`, `${named}-??????`],
        },
      ],
      'AlertDelivery/Topic/Policy': [
        {
          Sid: 'AllowPublishThroughSSLOnly',
          Effect: 'Deny',
          Action: 'sns:Publish',
          Principal: '*',
          Resource: 'AlertDelivery/Topic',
          Condition: { Bool: { 'aws:SecureTransport': 'false' } },
        },
      ],
      ...schedule('AlertDelivery', 'Deliverer'),
    });
  });
});

describe('the permissions of the sweep of alerts', () => {
  it('include SIM-days, and which days are sealed, where a rule is about days or months', () => {
    const rules = [{ name: 'month', kind: 'usage', moreThan: 5, per: 'month' }];
    const found = statements(synthesise(withoutApi({ alerts: { rules } })));
    expect(found['AlertSweep/Sweeper/Role/DefaultPolicy']).toEqual(
      expect.arrayContaining([
        {
          Effect: 'Allow',
          Action: ['dynamodb:GetItem', 'dynamodb:Query'],
          Resource: 'Storage/DayState.Arn',
        },
      ]),
    );
    const queried = found['AlertSweep/Sweeper/Role/DefaultPolicy']?.find(
      ({ Action }) => Action === 'dynamodb:Query',
    );
    expect(queried?.Resource).toContain('Storage/SimDays.Arn');
    expect(queried?.Resource).not.toContain('Storage/Findings.Arn');
  });

  it('include findings, and which days are sealed, where a rule is about findings', () => {
    const rules = [{ name: 'lost', kind: 'finding' }];
    const found = statements(synthesise(withoutApi({ alerts: { rules } })));
    const own = found['AlertSweep/Sweeper/Role/DefaultPolicy'] ?? [];
    const queried = own.find(({ Action }) => Action === 'dynamodb:Query');
    expect(queried?.Resource).toEqual(
      expect.arrayContaining(['Storage/Findings.Arn', 'Storage/Findings.Arn/index/byMonth']),
    );
    expect(queried?.Resource).not.toContain('Storage/SimDays.Arn');
    expect(own).toContainEqual({
      Effect: 'Allow',
      Action: ['dynamodb:GetItem', 'dynamodb:Query'],
      Resource: 'Storage/DayState.Arn',
    });
  });
});

describe('the permissions of the sending of metrics', () => {
  it('are the queue and the secret of the receiver; functions that store may only send to the queue', () => {
    const found = statements(synthesise(withoutApi({ otlp: { secret: 'simledger/otlp' } })));
    const own = Object.entries(found).filter(([path]) => path.startsWith('MetricsExport/Exporter/'));
    const named = 'arn:AWS::Partition:secretsmanager:AWS::Region:AWS::AccountId:secret:simledger/otlp';
    expect(Object.fromEntries(own)).toEqual({
      'MetricsExport/Exporter/Role': runByLambda,
      'MetricsExport/Exporter/Role/DefaultPolicy': [
        writeLogs('MetricsExport/Exporter'),
        {
          Effect: 'Allow',
          Action: ['sqs:DeleteMessage', 'sqs:ReceiveMessage'],
          Resource: 'MetricsExport/Queue.Arn',
        },
        { Effect: 'Allow', Action: 'secretsmanager:GetSecretValue', Resource: `${named}-??????` },
      ],
    });
    const telling = Object.entries(found).flatMap(([path, given]) =>
      given
        .filter(({ Effect, Resource }) => {
          return Effect === 'Allow' && [Resource].flat().includes('MetricsExport/Queue.Arn');
        })
        .map(({ Action }) => [path.replace('/Role/DefaultPolicy', ''), Action]),
    );
    expect(telling.sort()).toEqual([
      ['DayPass/Worker', 'sqs:SendMessage'],
      ['FileIngest/FileImporter', 'sqs:SendMessage'],
      ['MetricsExport/Exporter', ['sqs:DeleteMessage', 'sqs:ReceiveMessage']],
      ['StreamIngest/KinesisConsumer', 'sqs:SendMessage'],
    ]);
  });
});
