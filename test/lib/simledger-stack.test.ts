import { beforeAll, describe, expect, it } from 'vitest';
import { environment } from '../../lambda/aws/names.ts';
import { type TableDefinition, tables, usageTable } from '../../lambda/store/tables.ts';
import { fileMapping, formatNodeOptions, functions, streamMapping } from '../../lib/limits.ts';
import manifest from '../../package.json' with { type: 'json' };
import { privateBucket } from './private-bucket.ts';
import { ofType, type Synthesised, synthesise, withoutApi } from './synthesised.ts';

let stack: Synthesised;

beforeAll(() => {
  stack = synthesise(withoutApi());
});

describe('the default stack, its query API aside,', () => {
  it('consists of these resources and no others: no function of CDK’s own', () => {
    const types = Object.entries(stack.resources).map(([path, { Type }]) => `${Type} ${path}`);
    expect(types.sort()).toEqual([
      'AWS::Athena::NamedQuery Catalog/Query1',
      'AWS::Athena::NamedQuery Catalog/Query2',
      'AWS::Athena::NamedQuery Catalog/Query3',
      'AWS::Athena::WorkGroup Catalog/WorkGroup',
      'AWS::CloudWatch::Alarm Monitoring/Alarms/AlertOutboxReadThrottles',
      'AWS::CloudWatch::Alarm Monitoring/Alarms/AlertOutboxWriteThrottles',
      'AWS::CloudWatch::Alarm Monitoring/Alarms/AlertSimsFailed',
      'AWS::CloudWatch::Alarm Monitoring/Alarms/AlertStateReadThrottles',
      'AWS::CloudWatch::Alarm Monitoring/Alarms/AlertStateWriteThrottles',
      'AWS::CloudWatch::Alarm Monitoring/Alarms/AlertSweepErrors',
      'AWS::CloudWatch::Alarm Monitoring/Alarms/AlertSweepLate',
      'AWS::CloudWatch::Alarm Monitoring/Alarms/AlertSweepThrottles',
      'AWS::CloudWatch::Alarm Monitoring/Alarms/AlertsReadThrottles',
      'AWS::CloudWatch::Alarm Monitoring/Alarms/AlertsWriteThrottles',
      'AWS::CloudWatch::Alarm Monitoring/Alarms/BatchedWritesRefused',
      'AWS::CloudWatch::Alarm Monitoring/Alarms/ConsumerDestinationFailures',
      'AWS::CloudWatch::Alarm Monitoring/Alarms/ConsumerErrors',
      'AWS::CloudWatch::Alarm Monitoring/Alarms/ConsumerLate',
      'AWS::CloudWatch::Alarm Monitoring/Alarms/ConsumerThrottles',
      'AWS::CloudWatch::Alarm Monitoring/Alarms/DayDeadLetters',
      'AWS::CloudWatch::Alarm Monitoring/Alarms/DayMarkersReadThrottles',
      'AWS::CloudWatch::Alarm Monitoring/Alarms/DayMarkersWriteThrottles',
      'AWS::CloudWatch::Alarm Monitoring/Alarms/DayPlannerErrors',
      'AWS::CloudWatch::Alarm Monitoring/Alarms/DayPlannerLate',
      'AWS::CloudWatch::Alarm Monitoring/Alarms/DayPlannerThrottles',
      'AWS::CloudWatch::Alarm Monitoring/Alarms/DayStateReadThrottles',
      'AWS::CloudWatch::Alarm Monitoring/Alarms/DayStateWriteThrottles',
      'AWS::CloudWatch::Alarm Monitoring/Alarms/DayUnsealed',
      'AWS::CloudWatch::Alarm Monitoring/Alarms/DayWorkerErrors',
      'AWS::CloudWatch::Alarm Monitoring/Alarms/DayWorkerThrottles',
      'AWS::CloudWatch::Alarm Monitoring/Alarms/DeadLetters',
      'AWS::CloudWatch::Alarm Monitoring/Alarms/DefaultDropped',
      'AWS::CloudWatch::Alarm Monitoring/Alarms/DefaultFileFailed',
      'AWS::CloudWatch::Alarm Monitoring/Alarms/DefaultGivenUp',
      'AWS::CloudWatch::Alarm Monitoring/Alarms/DefaultHandedBack',
      'AWS::CloudWatch::Alarm Monitoring/Alarms/DefaultLate',
      'AWS::CloudWatch::Alarm Monitoring/Alarms/DefaultReadHeld',
      'AWS::CloudWatch::Alarm Monitoring/Alarms/DefaultRefused',
      'AWS::CloudWatch::Alarm Monitoring/Alarms/DefaultRejected',
      'AWS::CloudWatch::Alarm Monitoring/Alarms/DefaultStopsConsumer',
      'AWS::CloudWatch::Alarm Monitoring/Alarms/DefaultStuck',
      'AWS::CloudWatch::Alarm Monitoring/Alarms/DefaultUnaccounted',
      'AWS::CloudWatch::Alarm Monitoring/Alarms/DeliveriesReadThrottles',
      'AWS::CloudWatch::Alarm Monitoring/Alarms/DeliveriesWriteThrottles',
      'AWS::CloudWatch::Alarm Monitoring/Alarms/EventsReadThrottles',
      'AWS::CloudWatch::Alarm Monitoring/Alarms/EventsWriteThrottles',
      'AWS::CloudWatch::Alarm Monitoring/Alarms/FilesLate',
      'AWS::CloudWatch::Alarm Monitoring/Alarms/FilesReadThrottles',
      'AWS::CloudWatch::Alarm Monitoring/Alarms/FilesWriteThrottles',
      'AWS::CloudWatch::Alarm Monitoring/Alarms/FindingsReadThrottles',
      'AWS::CloudWatch::Alarm Monitoring/Alarms/FindingsWriteThrottles',
      'AWS::CloudWatch::Alarm Monitoring/Alarms/ImporterErrors',
      'AWS::CloudWatch::Alarm Monitoring/Alarms/ImporterThrottles',
      'AWS::CloudWatch::Alarm Monitoring/Alarms/SessionDaysReadThrottles',
      'AWS::CloudWatch::Alarm Monitoring/Alarms/SessionDaysWriteThrottles',
      'AWS::CloudWatch::Alarm Monitoring/Alarms/SessionsReadThrottles',
      'AWS::CloudWatch::Alarm Monitoring/Alarms/SessionsWriteThrottles',
      'AWS::CloudWatch::Alarm Monitoring/Alarms/SimDaysReadThrottles',
      'AWS::CloudWatch::Alarm Monitoring/Alarms/SimDaysWriteThrottles',
      'AWS::CloudWatch::Alarm Monitoring/Alarms/SimsReadThrottles',
      'AWS::CloudWatch::Alarm Monitoring/Alarms/SimsWriteThrottles',
      'AWS::CloudWatch::Alarm Monitoring/Alarms/UsageReadThrottles',
      'AWS::CloudWatch::Alarm Monitoring/Alarms/UsageWriteThrottles',
      'AWS::CloudWatch::Dashboard Monitoring/Dashboard/Dashboard',
      'AWS::DynamoDB::Table Storage/AlertOutbox',
      'AWS::DynamoDB::Table Storage/AlertState',
      'AWS::DynamoDB::Table Storage/Alerts',
      'AWS::DynamoDB::Table Storage/DayMarkers',
      'AWS::DynamoDB::Table Storage/DayState',
      'AWS::DynamoDB::Table Storage/Deliveries',
      'AWS::DynamoDB::Table Storage/Events',
      'AWS::DynamoDB::Table Storage/Files',
      'AWS::DynamoDB::Table Storage/Findings',
      'AWS::DynamoDB::Table Storage/SessionDays',
      'AWS::DynamoDB::Table Storage/Sessions',
      'AWS::DynamoDB::Table Storage/SimDays',
      'AWS::DynamoDB::Table Storage/Sims',
      'AWS::DynamoDB::Table Storage/Usage',
      'AWS::Glue::Database Catalog/Database',
      'AWS::Glue::Table Catalog/account-events/Table',
      'AWS::Glue::Table Catalog/events/Table',
      'AWS::Glue::Table Catalog/findings/Table',
      'AWS::Glue::Table Catalog/sessions/Table',
      'AWS::Glue::Table Catalog/usage/Table',
      'AWS::IAM::Policy AlertSweep/ScheduleRole/DefaultPolicy',
      'AWS::IAM::Policy AlertSweep/Sweeper/Role/DefaultPolicy',
      'AWS::IAM::Policy DayPass/Planner/Role/DefaultPolicy',
      'AWS::IAM::Policy DayPass/ScheduleRole/DefaultPolicy',
      'AWS::IAM::Policy DayPass/Worker/Role/DefaultPolicy',
      'AWS::IAM::Policy FileIngest/FileImporter/Role/DefaultPolicy',
      'AWS::IAM::Policy SourceDefault/Writer/Policy',
      'AWS::IAM::Policy StreamIngest/KinesisConsumer/Role/DefaultPolicy',
      'AWS::IAM::Role AlertSweep/ScheduleRole',
      'AWS::IAM::Role AlertSweep/Sweeper/Role',
      'AWS::IAM::Role DayPass/Planner/Role',
      'AWS::IAM::Role DayPass/ScheduleRole',
      'AWS::IAM::Role DayPass/Worker/Role',
      'AWS::IAM::Role FileIngest/FileImporter/Role',
      'AWS::IAM::Role SourceDefault/Writer/Role',
      'AWS::IAM::Role StreamIngest/KinesisConsumer/Role',
      'AWS::Kinesis::Stream SourceDefault/Stream',
      'AWS::Lambda::EventInvokeConfig AlertSweep/Sweeper/Function/EventInvokeConfig',
      'AWS::Lambda::EventInvokeConfig DayPass/Planner/Function/EventInvokeConfig',
      'AWS::Lambda::EventSourceMapping DayPass/Mapping',
      'AWS::Lambda::EventSourceMapping FileIngest/Mapping',
      'AWS::Lambda::EventSourceMapping FileIngest/Redrive',
      'AWS::Lambda::EventSourceMapping StreamIngest/SourceDefault',
      'AWS::Lambda::Function AlertSweep/Sweeper/Function',
      'AWS::Lambda::Function DayPass/Planner/Function',
      'AWS::Lambda::Function DayPass/Worker/Function',
      'AWS::Lambda::Function FileIngest/FileImporter/Function',
      'AWS::Lambda::Function StreamIngest/KinesisConsumer/Function',
      'AWS::Logs::LogGroup AlertSweep/Sweeper/Logs',
      'AWS::Logs::LogGroup DayPass/Planner/Logs',
      'AWS::Logs::LogGroup DayPass/Worker/Logs',
      'AWS::Logs::LogGroup FileIngest/FileImporter/Logs',
      'AWS::Logs::LogGroup StreamIngest/KinesisConsumer/Logs',
      'AWS::S3::Bucket Catalog/Results',
      'AWS::S3::Bucket Lake/Accounts',
      'AWS::S3::Bucket Lake/Bucket',
      'AWS::S3::Bucket SourceDefault/Files',
      'AWS::S3::Bucket Storage/Quarantine',
      'AWS::S3::BucketPolicy Catalog/Results/Policy',
      'AWS::S3::BucketPolicy Lake/Accounts/Policy',
      'AWS::S3::BucketPolicy Lake/Bucket/Policy',
      'AWS::S3::BucketPolicy SourceDefault/Files/Policy',
      'AWS::S3::BucketPolicy Storage/Quarantine/Policy',
      'AWS::SNS::Topic Monitoring/Alarms/Topic',
      'AWS::SNS::TopicPolicy Monitoring/Alarms/Topic/Policy',
      'AWS::SQS::Queue DayPass/DeadLetters',
      'AWS::SQS::Queue DayPass/Queue',
      'AWS::SQS::Queue FileIngest/DeadLetters',
      'AWS::SQS::Queue FileIngest/Queue',
      'AWS::SQS::QueuePolicy DayPass/DeadLetters/Policy',
      'AWS::SQS::QueuePolicy DayPass/Queue/Policy',
      'AWS::SQS::QueuePolicy FileIngest/DeadLetters/Policy',
      'AWS::SQS::QueuePolicy FileIngest/Queue/Policy',
      'AWS::Scheduler::Schedule AlertSweep/Schedule',
      'AWS::Scheduler::Schedule DayPass/Schedule',
    ]);
  });

  it('fixes no physical name', () => {
    const names = [
      'TableName',
      'BucketName',
      'QueueName',
      'Name',
      'RoleName',
      'FunctionName',
      'LogGroupName',
      'UserName',
      'TopicName',
      'AlarmName',
      'DashboardName',
      'PolicyName',
    ];
    const fixed = Object.entries(stack.resources).flatMap(([path, { Type, Properties }]) =>
      names.filter((name) => name in Properties).map((name) => `${Type} ${path} ${name}`),
    );
    // Athena wants a name, so that a workgroup has that of its stack, and each saved query the question.
    const named = /^AWS::Athena::(WorkGroup Catalog\/WorkGroup|NamedQuery Catalog\/Query\d) Name$/;
    // The FunctionName of a mapping and of asynchronous invocations is a reference, and an inline policy's name is unique within its role only.
    const inOrder = /EventSourceMapping|EventInvokeConfig|::IAM::Policy/;
    expect(fixed.filter((name) => !inOrder.test(name) && !named.test(name))).toEqual([]);
  });

  it('keeps everything that holds data when it is deleted', () => {
    const deleted = Object.entries(stack.resources)
      .filter(([, { Type }]) => /DynamoDB::Table|Bucket$|Stream|LogGroup/.test(Type))
      .filter(([, { DeletionPolicy }]) => DeletionPolicy !== 'Retain');
    expect(deleted).toEqual([]);
  });

  it('shows where records go and where the ledger is', () => {
    expect(stack.outputs).toEqual({
      SourceDefaultSink: JSON.stringify({
        arn: 'SourceDefault/Stream.Arn',
        role_arn: 'SourceDefault/Writer/Role.Arn',
        external_id: 'default-AWS::StackId.split(/)[2]',
      }),
      SourceDefaultAWSRegion: 'AWS::Region',
      SourceDefaultStreamName: 'SourceDefault/Stream',
      SourceDefaultS3Bucket: 'SourceDefault/Files',
      SourceDefaultIAMRoleARN: 'SourceDefault/Writer/Role.Arn',
      SourceDefaultExternalId: 'default-AWS::StackId.split(/)[2]',
      SessionsTable: 'Storage/Sessions',
      UsageTable: 'Storage/Usage',
      EventsTable: 'Storage/Events',
      SimsTable: 'Storage/Sims',
      DayStateTable: 'Storage/DayState',
      DayMarkersTable: 'Storage/DayMarkers',
      SimDaysTable: 'Storage/SimDays',
      FindingsTable: 'Storage/Findings',
      SessionDaysTable: 'Storage/SessionDays',
      AlertsTable: 'Storage/Alerts',
      AlertStateTable: 'Storage/AlertState',
      AlertOutboxTable: 'Storage/AlertOutbox',
      AlertSweepLogs: 'AlertSweep/Sweeper/Logs',
      FilesTable: 'Storage/Files',
      QuarantineBucket: 'Storage/Quarantine',
      LakeBucket: 'Lake/Bucket',
      AccountLakeBucket: 'Lake/Accounts',
      LakeDatabase: 'Catalog/Database',
      LakeWorkGroup: 'simledger',
      DayQueue: 'DayPass/Queue',
      DayPlannerLogs: 'DayPass/Planner/Logs',
      DayWorkerLogs: 'DayPass/Worker/Logs',
      ConsumerLogs: 'StreamIngest/KinesisConsumer/Logs',
      ImporterLogs: 'FileIngest/FileImporter/Logs',
      Sources: JSON.stringify([
        {
          name: 'default',
          carrier: 'kore',
          streamArn: 'SourceDefault/Stream.Arn',
          bucket: 'SourceDefault/Files',
        },
      ]),
      SessionRefresh: 'update',
      EventRetentionDays: '90',
      UsageRetentionDays: '0',
      ConsumerFunction: 'StreamIngest/KinesisConsumer/Function',
      ImporterFunction: 'FileIngest/FileImporter/Function',
      FileQueue: 'FileIngest/Queue',
      DeadLetterQueue: 'FileIngest/DeadLetters',
      AlarmTopic: 'Monitoring/Alarms/Topic',
      Version: manifest.version,
      Writes: 'batched',
    });
  });
});

describe('the tables', () => {
  it('are those that the functions and the local run use; usage never expires', () => {
    const { expiryAttribute: _, ...usage } = usageTable;
    expect(ofType(stack, 'AWS::DynamoDB::Table')).toEqual(
      Object.fromEntries(
        tables.map((table) => [`Storage/${table.name}`, deployed(table === usageTable ? usage : table)]),
      ),
    );
  });
});

function deployed(table: TableDefinition): unknown {
  const key = (name: string, type: string) => ({ AttributeName: name, KeyType: type });
  const { partitionKey, sortKey, localIndex, globalIndexes = [], expiryAttribute } = table;
  const indexed = globalIndexes.flatMap((index) => [index.partitionKey, index.sortKey]);
  const attributes = [partitionKey, sortKey, localIndex?.sortKey, ...indexed].filter(
    (name) => name !== undefined,
  );
  const keys = (hash: string, range?: string) => [
    key(hash, 'HASH'),
    ...(range === undefined ? [] : [key(range, 'RANGE')]),
  ];
  return {
    Type: 'AWS::DynamoDB::Table',
    Properties: {
      AttributeDefinitions: [...new Set(attributes)].map((name) => ({
        AttributeName: name,
        AttributeType: 'S',
      })),
      KeySchema: keys(partitionKey, sortKey),
      ...(localIndex && {
        LocalSecondaryIndexes: [
          {
            IndexName: localIndex.name,
            KeySchema: keys(partitionKey, localIndex.sortKey),
            Projection: { ProjectionType: 'KEYS_ONLY' },
          },
        ],
      }),
      ...(globalIndexes.length > 0 && {
        GlobalSecondaryIndexes: globalIndexes.map((index) => ({
          IndexName: index.name,
          KeySchema: keys(index.partitionKey, index.sortKey),
          Projection: { ProjectionType: 'KEYS_ONLY' },
        })),
      }),
      ...(expiryAttribute && { TimeToLiveSpecification: { AttributeName: expiryAttribute, Enabled: true } }),
      BillingMode: 'PAY_PER_REQUEST',
      DeletionProtectionEnabled: true,
      PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
    },
    UpdateReplacePolicy: 'Retain',
    DeletionPolicy: 'Retain',
  };
}

describe('a source', () => {
  it('has an on-demand stream, encrypted with AWS’s key for Kinesis', () => {
    expect(stack.resources['SourceDefault/Stream']?.Properties).toEqual({
      RetentionPeriodHours: 168,
      StreamEncryption: { EncryptionType: 'KMS', KeyId: 'alias/aws/kinesis' },
      StreamModeDetails: { StreamMode: 'ON_DEMAND' },
    });
  });

  it('has a private, versioned bucket that announces its files once the queue’s policy is there', () => {
    expect(stack.resources['SourceDefault/Files']).toEqual({
      Type: 'AWS::S3::Bucket',
      Properties: {
        ...privateBucket,
        VersioningConfiguration: { Status: 'Enabled' },
        LifecycleConfiguration: {
          Rules: [
            {
              AbortIncompleteMultipartUpload: { DaysAfterInitiation: 7 },
              NoncurrentVersionExpiration: { NoncurrentDays: 30 },
              Status: 'Enabled',
            },
          ],
        },
        NotificationConfiguration: {
          QueueConfigurations: [{ Event: 's3:ObjectCreated:*', Queue: 'FileIngest/Queue.Arn' }],
        },
      },
      DependsOn: ['FileIngest/Queue/Policy', 'FileIngest/Queue'],
      UpdateReplacePolicy: 'Retain',
      DeletionPolicy: 'Retain',
    });
  });
});

describe('the quarantine', () => {
  it('is a private bucket that keeps its objects for a year', () => {
    expect(stack.resources['Storage/Quarantine']?.Properties).toEqual({
      ...privateBucket,
      LifecycleConfiguration: {
        Rules: [
          {
            AbortIncompleteMultipartUpload: { DaysAfterInitiation: 7 },
            ExpirationInDays: 365,
            Status: 'Enabled',
          },
        ],
      },
    });
  });
});

describe('the mappings', () => {
  it('feed the Kinesis consumer by the numbers of the local run', () => {
    expect(stack.resources['StreamIngest/SourceDefault']?.Properties).toEqual({
      FunctionName: 'StreamIngest/KinesisConsumer/Function',
      EventSourceArn: 'SourceDefault/Stream.Arn',
      StartingPosition: 'TRIM_HORIZON',
      FunctionResponseTypes: ['ReportBatchItemFailures'],
      BatchSize: streamMapping.batchSize,
      MaximumBatchingWindowInSeconds: streamMapping.batchingWindowSeconds,
      ParallelizationFactor: streamMapping.parallelizationFactor,
      BisectBatchOnFunctionError: streamMapping.bisectOnError,
      MaximumRetryAttempts: streamMapping.retryAttempts,
      MaximumRecordAgeInSeconds: streamMapping.maximumRecordAgeHours * 3600,
      DestinationConfig: { OnFailure: { Destination: 'Storage/Quarantine.Arn' } },
      MetricsConfig: { Metrics: ['EventCount'] },
    });
  });

  it('feed the file importer by the numbers of the local run', () => {
    expect(stack.resources['FileIngest/Mapping']?.Properties).toEqual({
      FunctionName: 'FileIngest/FileImporter/Function',
      EventSourceArn: 'FileIngest/Queue.Arn',
      FunctionResponseTypes: ['ReportBatchItemFailures'],
      BatchSize: fileMapping.batchSize,
      ScalingConfig: { MaximumConcurrency: fileMapping.maximumConcurrency },
    });
  });

  it('include a disabled one that delivers dead letters to the importer again', () => {
    expect(stack.resources['FileIngest/Redrive']?.Properties).toEqual({
      FunctionName: 'FileIngest/FileImporter/Function',
      EventSourceArn: 'FileIngest/DeadLetters.Arn',
      FunctionResponseTypes: ['ReportBatchItemFailures'],
      BatchSize: fileMapping.batchSize,
      Enabled: false,
      ScalingConfig: { MaximumConcurrency: 2 },
    });
  });

  it('take file announcements from a queue that waits for the importer and keeps what fails', () => {
    expect(stack.resources['FileIngest/Queue']?.Properties).toEqual({
      SqsManagedSseEnabled: true,
      MessageRetentionPeriod: 4 * 24 * 3600,
      VisibilityTimeout: 6 * functions.fileImporter.timeoutSeconds,
      RedrivePolicy: {
        deadLetterTargetArn: 'FileIngest/DeadLetters.Arn',
        maxReceiveCount: fileMapping.maximumReceives,
      },
    });
    expect(stack.resources['FileIngest/DeadLetters']?.Properties).toEqual({
      SqsManagedSseEnabled: true,
      MessageRetentionPeriod: 14 * 24 * 3600,
      // Lambda refuses a queue that shows a message again before the function's time-out.
      VisibilityTimeout: 6 * functions.fileImporter.timeoutSeconds,
    });
  });
});

const ledgerEnvironment = {
  [environment.sessionsTable]: 'Storage/Sessions',
  [environment.usageTable]: 'Storage/Usage',
  [environment.eventsTable]: 'Storage/Events',
  [environment.simsTable]: 'Storage/Sims',
  [environment.dayStateTable]: 'Storage/DayState',
  [environment.dayMarkersTable]: 'Storage/DayMarkers',
  [environment.progressTable]: 'Storage/AlertState',
  [environment.quarantineBucket]: 'Storage/Quarantine',
  [environment.sessionRefresh]: 'update',
  [environment.writes]: 'batched',
  [environment.eventRetentionDays]: '90',
  [environment.usageRetentionDays]: '0',
  [environment.metricNamespace]: 'simledger',
  [environment.measuredNetworks]: '20',
  [environment.sources]: JSON.stringify([
    {
      name: 'default',
      carrier: 'kore',
      streamArn: 'SourceDefault/Stream.Arn',
      bucket: 'SourceDefault/Files',
    },
  ]),
};

/** What every function has, except its code. */
function functionProperties(path: string) {
  const { Code, ...properties } = stack.resources[`${path}/Function`]?.Properties ?? {};
  expect(Code).toBeDefined();
  return properties;
}

function common(
  path: string,
  { memoryMegabytes, timeoutSeconds }: (typeof functions)[keyof typeof functions],
) {
  return {
    Runtime: 'nodejs24.x',
    Architectures: ['arm64'],
    Handler: 'index.handler',
    MemorySize: memoryMegabytes,
    Timeout: timeoutSeconds,
    Role: `${path}/Role.Arn`,
    LoggingConfig: { LogFormat: 'JSON', LogGroup: `${path}/Logs` },
  };
}

describe('the functions', () => {
  it('consume Kinesis with the ledger’s tables, the quarantine and the sources', () => {
    const path = 'StreamIngest/KinesisConsumer';
    expect(functionProperties(path)).toEqual({
      ...common(path, functions.kinesisConsumer),
      Description: "Stores carriers' records from Kinesis in the ledger",
      Environment: {
        Variables: {
          ...ledgerEnvironment,
          NODE_OPTIONS: formatNodeOptions(functions.kinesisConsumer),
          [environment.parallelBatches]: '2',
          [environment.deliveriesTable]: 'Storage/Deliveries',
        },
      },
    });
  });

  it('import files with their manifests and their queue, and may continue as often as a file needs', () => {
    const path = 'FileIngest/FileImporter';
    expect(functionProperties(path)).toEqual({
      ...common(path, functions.fileImporter),
      Description: "Stores carriers' CSV files from S3 in the ledger",
      RecursiveLoop: 'Allow',
      Environment: {
        Variables: {
          ...ledgerEnvironment,
          NODE_OPTIONS: formatNodeOptions(functions.fileImporter),
          [environment.filesTable]: 'Storage/Files',
          [environment.fileQueueUrl]: 'FileIngest/Queue',
        },
      },
    });
  });

  it('log for 90 days', () => {
    const groups = Object.values(ofType(stack, 'AWS::Logs::LogGroup'));
    expect(groups.map(({ Properties }) => Properties)).toEqual(
      Object.values(ofType(stack, 'AWS::Lambda::Function')).map(() => ({ RetentionInDays: 90 })),
    );
  });
});

describe('the schedule of sweeps', () => {
  const schedules = (simledger = {}) =>
    Object.entries(ofType(synthesise(withoutApi(simledger)), 'AWS::Scheduler::Schedule')).map(
      ([path, { Properties }]) => [path, Properties['ScheduleExpression']],
    );

  it('passes the time of each sweep, and does not retry: the next one does its work', () => {
    expect(stack.resources['AlertSweep/Schedule']?.Properties).toEqual({
      FlexibleTimeWindow: { Mode: 'OFF' },
      ScheduleExpression: 'rate(5 minutes)',
      Target: {
        Arn: 'AlertSweep/Sweeper/Function.Arn',
        RoleArn: 'AlertSweep/ScheduleRole.Arn',
        Input: '{"time":"<aws.scheduler.scheduled-time>"}',
        RetryPolicy: { MaximumRetryAttempts: 0, MaximumEventAgeInSeconds: 60 },
      },
    });
    expect(stack.resources['AlertSweep/Sweeper/Function/EventInvokeConfig']?.Properties).toMatchObject({
      MaximumEventAgeInSeconds: 60,
      MaximumRetryAttempts: 0,
    });
  });

  it('is the configured one, and delivery runs each minute if there is a receiver', () => {
    const receivers = [{ name: 'programs', kind: 'bus' }];
    const planning = ['DayPass/Schedule', 'rate(60 minutes)'];
    expect(schedules({ alerts: { sweepMinutes: 1 } })).toEqual([
      planning,
      ['AlertSweep/Schedule', 'rate(1 minute)'],
    ]);
    expect(schedules({ receivers, alerts: { sweepMinutes: 15 } })).toEqual([
      planning,
      ['AlertSweep/Schedule', 'rate(15 minutes)'],
      ['AlertDelivery/Schedule', 'rate(1 minute)'],
    ]);
  });
});

describe('the variables of the functions of alerts', () => {
  const told = synthesise({
    simledger: {
      sources: [{ name: 'kore', carrier: 'kore' }],
      alerts: { rules: [{ name: 'gone', kind: 'silent', after: '6h' }] },
      receivers: [
        { name: 'programs', kind: 'bus', minimumSeverity: 'warning' },
        { name: 'phone', kind: 'pagerduty', secret: 'simledger/pagerduty', rules: ['gone'] },
      ],
    },
  });
  const variables = (path: string) => {
    const { Environment } = told.resources[path]?.Properties ?? {};
    return (Environment as { Variables: Record<string, string> }).Variables;
  };

  it('are the rules, the sources and the receivers without addresses, for the sweep', () => {
    const {
      ALERT_RULES = '',
      ALERT_SOURCES = '',
      ALERT_RECEIVERS = '',
    } = variables('AlertSweep/Sweeper/Function');
    expect([ALERT_RULES, ALERT_SOURCES, ALERT_RECEIVERS].map((text) => JSON.parse(text))).toEqual([
      {
        rules: [
          {
            ...{
              name: 'gone',
              kind: 'silent',
              severity: 'warning',
              after: 21_600_000,
              missing: 'everything',
            },
            ...{ pending: 0, recovery: 0, match: { sources: [], fleets: [], names: [], countries: [] } },
          },
        ],
        groupWait: 600_000,
        retention: 90 * 86_400_000,
      },
      [
        {
          ...{ name: 'kore', carrier: 'kore', lateness: 1_800_000 },
          ...{ hasStream: true, streamName: 'SourceKore/Stream' },
        },
      ],
      [
        { name: 'programs', kind: 'bus', minimumSeverity: 'warning' },
        { name: 'phone', kind: 'pagerduty', minimumSeverity: 'info', rules: ['gone'] },
      ],
    ]);
  });

  it('are the receivers with the stack’s own bus, and the API’s address without a slash, for delivery', () => {
    const { ALERT_RECEIVERS = '', ALERT_API_URL } = variables('AlertDelivery/Deliverer/Function');
    expect([JSON.parse(ALERT_RECEIVERS), ALERT_API_URL]).toEqual([
      [
        { name: 'programs', kind: 'bus', minimumSeverity: 'warning', arn: 'AlertDelivery/Bus.Arn' },
        {
          ...{ name: 'phone', kind: 'pagerduty', minimumSeverity: 'info', rules: ['gone'] },
          secret: 'simledger/pagerduty',
        },
      ],
      'QueryApi/Api.ApiEndpoint',
    ]);
  });

  it('tell the writers of the ledger how exact the marks must be for the rules', () => {
    const { SIMLEDGER_SOURCES = '' } = variables('StreamIngest/KinesisConsumer/Function');
    const sources = JSON.parse(SIMLEDGER_SOURCES) as { readonly granuleMilliseconds?: number }[];
    expect(sources.map(({ granuleMilliseconds }) => granuleMilliseconds)).toEqual([10_800_000]);
  });
});

describe('a stack of five sources', () => {
  const sources = [
    { name: 'twilio', carrier: 'twilio' },
    { name: 'kore-eu', carrier: 'kore', stream: { mode: 'provisioned', shards: 2, retentionHours: 48 } },
    { name: '1nce', carrier: '1nce', bytesPerMegabyte: 1_048_576, organisationId: '8100' },
    { name: 'emnify', carrier: 'emnify', organisationId: '42' },
    { name: 'telekom', carrier: 'telekom', keySerial: 2 },
  ];
  const ids = ['SourceTwilio', 'SourceKoreEu', 'Source1nce', 'SourceEmnify', 'SourceTelekom'];
  const withFiles = ['Source1nce', 'SourceEmnify', 'SourceTelekom'];
  let several: Synthesised;

  beforeAll(() => {
    several = synthesise({
      stackName: 'fleet',
      ...withoutApi({
        sources,
        sessionRefresh: 'hourly',
        writes: 'single',
        retention: { streamHours: 24, eventDays: 0, usageDays: 35 },
        measuredNetworks: 0,
      }),
    });
  });

  it('gives each a stream and a mapping, and a bucket if the carrier delivers files', () => {
    const paths = (of: readonly string[], suffix: string) => of.map((id) => `${id}/${suffix}`);
    expect(Object.keys(ofType(several, 'AWS::Kinesis::Stream')).sort()).toEqual(paths(ids, 'Stream').sort());
    expect(Object.keys(ofType(several, 'AWS::S3::Bucket')).sort()).toEqual(
      [
        ...paths(withFiles, 'Files'),
        'Catalog/Results',
        'Lake/Accounts',
        'Lake/Bucket',
        'Storage/Quarantine',
      ].sort(),
    );
    expect(ids.map((id) => several.resources[`StreamIngest/${id}`]?.Properties['EventSourceArn'])).toEqual(
      paths(ids, 'Stream.Arn'),
    );
  });

  it('shows the strings that each portal asks for, and no secret', () => {
    const outputs = Object.entries(several.outputs).filter(([id]) => /^Source[^s]/.test(id));
    const fields = (id: string, organisation: string) => ({
      [`${id}AWSRegion`]: 'AWS::Region',
      [`${id}StreamName`]: `${id}/Stream`,
      [`${id}S3Bucket`]: `${id}/Files`,
      [`${id}IAMRoleARN`]: `${id}/Writer/Role.Arn`,
      [`${id}ExternalId`]: organisation,
    });
    const sink = (id: string, externalId: string) => ({
      [`${id}Sink`]: JSON.stringify({
        arn: `${id}/Stream.Arn`,
        role_arn: `${id}/Writer/Role.Arn`,
        external_id: externalId,
      }),
      [`${id}AWSRegion`]: 'AWS::Region',
      [`${id}StreamName`]: `${id}/Stream`,
      [`${id}IAMRoleARN`]: `${id}/Writer/Role.Arn`,
      [`${id}ExternalId`]: externalId,
    });
    const secret = ['[0]', '[1]']
      .map((part) => `SourceTelekom/Writer/Secret.split(:)[6].split(-)${part}`)
      .join('-');
    expect(Object.fromEntries(outputs)).toEqual({
      ...sink('SourceTwilio', 'twilio-AWS::StackId.split(/)[2]'),
      ...sink('SourceKoreEu', 'kore-eu-AWS::StackId.split(/)[2]'),
      ...fields('Source1nce', 'org-8100'),
      ...fields('SourceEmnify', 'org-42'),
      SourceTelekomAWSRegion: 'AWS::Region',
      SourceTelekomStreamName: 'SourceTelekom/Stream',
      SourceTelekomS3Bucket: 'SourceTelekom/Files',
      SourceTelekomIAMUserARN: 'SourceTelekom/Writer/User.Arn',
      SourceTelekomAccessKeySecret: secret,
      SourceTelekomReadAccessKey: `aws secretsmanager get-secret-value --region AWS::Region --secret-id ${secret} --query SecretString --output text`,
    });
  });

  it('keeps the access key of an IAM user as a secret, and renews it with a larger serial', () => {
    expect(several.resources['SourceTelekom/Writer/AccessKey']?.Properties).toEqual({
      UserName: 'SourceTelekom/Writer/User',
      Serial: 2,
    });
    expect(several.resources['SourceTelekom/Writer/Secret']).toEqual({
      Type: 'AWS::SecretsManager::Secret',
      Properties: {
        Description: 'Access key for telekom to write the records of the source telekom',
        SecretString: JSON.stringify({
          accessKeyId: 'SourceTelekom/Writer/AccessKey',
          secretAccessKey: 'SourceTelekom/Writer/AccessKey.SecretAccessKey',
        }),
      },
      UpdateReplacePolicy: 'Delete',
      DeletionPolicy: 'Delete',
    });
  });

  it('has one consumer and one importer for all, which know each source by its stream or bucket', () => {
    const described = sources.map(({ name, carrier, bytesPerMegabyte }, index) => {
      const id = ids[index] ?? '';
      const bucket = withFiles.includes(id) && { bucket: `${id}/Files` };
      const bytes = bytesPerMegabyte !== undefined && { bytesPerMegabyte };
      return { name, carrier, ...bytes, streamArn: `${id}/Stream.Arn`, ...bucket };
    });
    const environments = ['StreamIngest/KinesisConsumer', 'FileIngest/FileImporter'].map((path) => {
      const { Environment } = several.resources[`${path}/Function`]?.Properties ?? {};
      return (Environment as { Variables: Record<string, string> }).Variables;
    });
    expect(environments.map((variables) => JSON.parse(variables[environment.sources] ?? ''))).toEqual([
      described,
      described,
    ]);
    const configured = [
      environment.sessionRefresh,
      environment.writes,
      environment.eventRetentionDays,
      environment.usageRetentionDays,
      environment.metricNamespace,
      environment.measuredNetworks,
    ].map((name) => environments.map((variables) => variables[name]));
    expect(configured).toEqual([
      ['hourly', 'hourly'],
      ['single', 'single'],
      ['0', '0'],
      ['35', '35'],
      ['fleet', 'fleet'],
      ['0', '0'],
    ]);
  });

  it('lets usage expire where that is configured', () => {
    expect(several.resources['Storage/Usage']).toEqual(deployed(usageTable));
  });

  it('has the streams that are configured', () => {
    const streams = ids.map((id) => {
      const { RetentionPeriodHours, StreamModeDetails, ShardCount } =
        several.resources[`${id}/Stream`]?.Properties ?? {};
      return [RetentionPeriodHours, StreamModeDetails, ShardCount];
    });
    const onDemand = [24, { StreamMode: 'ON_DEMAND' }, undefined];
    expect(streams).toEqual([onDemand, [48, { StreamMode: 'PROVISIONED' }, 2], onDemand, onDemand, onDemand]);
  });
});

describe('a stack of sources without files', () => {
  it('has no importer and no queue', () => {
    const streamsOnly = synthesise(withoutApi({ sources: [{ name: 'kore', carrier: 'kore' }] }));
    expect(Object.keys(streamsOnly.resources).filter((path) => path.startsWith('FileIngest'))).toEqual([]);
    expect(Object.keys(ofType(streamsOnly, 'AWS::Lambda::Function'))).toEqual([
      'StreamIngest/KinesisConsumer/Function',
      'DayPass/Planner/Function',
      'DayPass/Worker/Function',
      'AlertSweep/Sweeper/Function',
    ]);
  });
});

describe('a stack with an account’s own numbers', () => {
  it('feeds and runs the functions by them', () => {
    const own = synthesise({
      simledger: {
        sources: [{ name: 'emnify', carrier: 'emnify', organisationId: '1' }],
        retention: { logDays: 0, quarantineDays: 30, overwrittenFileDays: 7 },
        consumer: {
          batchSize: 500,
          batchingWindowSeconds: 5,
          parallelizationFactor: 4,
          reservedConcurrency: 8,
        },
        importer: { maximumConcurrency: 3 },
        tracing: true,
      },
    });
    const propertiesOf = (path: string) => own.resources[path]?.Properties;
    expect(propertiesOf('StreamIngest/SourceEmnify')).toMatchObject({
      BatchSize: 500,
      MaximumBatchingWindowInSeconds: 5,
      ParallelizationFactor: 4,
    });
    expect(propertiesOf('FileIngest/Mapping')).toMatchObject({ ScalingConfig: { MaximumConcurrency: 3 } });
    expect(propertiesOf('StreamIngest/KinesisConsumer/Function')).toMatchObject({
      ReservedConcurrentExecutions: 8,
      TracingConfig: { Mode: 'Active' },
    });
    expect(propertiesOf('FileIngest/FileImporter/Function')).toMatchObject({
      TracingConfig: { Mode: 'Active' },
    });
    expect(propertiesOf('StreamIngest/KinesisConsumer/Logs')).toEqual({});
    expect(propertiesOf('Storage/Quarantine')).toMatchObject({
      LifecycleConfiguration: { Rules: [{ ExpirationInDays: 30 }] },
    });
    expect(propertiesOf('SourceEmnify/Files')).toMatchObject({
      LifecycleConfiguration: { Rules: [{ NoncurrentVersionExpiration: { NoncurrentDays: 7 } }] },
    });
  });
});

describe('a stack for a trial', () => {
  it('deletes its data with the stack', () => {
    const trial = synthesise({ simledger: { removal: 'destroy' } });
    const kept = Object.entries(trial.resources).filter(
      ([, { DeletionPolicy, Properties }]) =>
        DeletionPolicy === 'Retain' || Properties['DeletionProtectionEnabled'] === true,
    );
    expect(kept).toEqual([]);
    expect(Object.keys(ofType(trial, 'Custom::S3AutoDeleteObjects')).sort()).toEqual([
      'Catalog/Results/AutoDeleteObjectsCustomResource/Default',
      'Lake/Accounts/AutoDeleteObjectsCustomResource/Default',
      'Lake/Bucket/AutoDeleteObjectsCustomResource/Default',
      'SourceDefault/Files/AutoDeleteObjectsCustomResource/Default',
      'Storage/Quarantine/AutoDeleteObjectsCustomResource/Default',
    ]);
  });
});
