import { beforeAll, describe, expect, it } from 'vitest';
import {
  assumedBy,
  runByLambda,
  type Statement,
  schedule,
  sinkWrite,
  statements,
  streamerWrite,
  writeLogs,
} from './statements.ts';
import { synthesise, withoutApi } from './synthesised.ts';

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

  it('allow on all resources only actions that have no resource-level permissions', () => {
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
