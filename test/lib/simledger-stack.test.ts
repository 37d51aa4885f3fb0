import { beforeAll, describe, expect, it } from 'vitest';
import { environment } from '../../lambda/names.ts';
import { type TableDefinition, tables } from '../../lambda/store/tables.ts';
import { fileMapping, functions, streamMapping } from '../../lib/limits.ts';
import { ofType, type Synthesised, synthesise } from './synthesised.ts';

let stack: Synthesised;

beforeAll(() => {
  stack = synthesise();
});

describe('the default stack', () => {
  it('consists of these resources and no others: no function of CDK’s own', () => {
    const types = Object.entries(stack.resources).map(([path, { Type }]) => `${Type} ${path}`);
    expect(types.sort()).toEqual([
      'AWS::DynamoDB::Table Storage/Events',
      'AWS::DynamoDB::Table Storage/Files',
      'AWS::DynamoDB::Table Storage/Sessions',
      'AWS::DynamoDB::Table Storage/Sims',
      'AWS::DynamoDB::Table Storage/Usage',
      'AWS::IAM::Policy FileIngest/FileImporter/Role/DefaultPolicy',
      'AWS::IAM::Policy StreamIngest/KinesisConsumer/Role/DefaultPolicy',
      'AWS::IAM::Role FileIngest/FileImporter/Role',
      'AWS::IAM::Role StreamIngest/KinesisConsumer/Role',
      'AWS::Kinesis::Stream SourceDefault/Stream',
      'AWS::Lambda::EventSourceMapping FileIngest/Mapping',
      'AWS::Lambda::EventSourceMapping StreamIngest/SourceDefault',
      'AWS::Lambda::Function FileIngest/FileImporter/Function',
      'AWS::Lambda::Function StreamIngest/KinesisConsumer/Function',
      'AWS::Logs::LogGroup FileIngest/FileImporter/Logs',
      'AWS::Logs::LogGroup StreamIngest/KinesisConsumer/Logs',
      'AWS::S3::Bucket SourceDefault/Files',
      'AWS::S3::Bucket Storage/Quarantine',
      'AWS::S3::BucketPolicy SourceDefault/Files/Policy',
      'AWS::S3::BucketPolicy Storage/Quarantine/Policy',
      'AWS::SQS::Queue FileIngest/DeadLetters',
      'AWS::SQS::Queue FileIngest/Queue',
      'AWS::SQS::QueuePolicy FileIngest/DeadLetters/Policy',
      'AWS::SQS::QueuePolicy FileIngest/Queue/Policy',
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
    ];
    const fixed = Object.entries(stack.resources).flatMap(([path, { Type, Properties }]) =>
      names.filter((name) => name in Properties).map((name) => `${Type} ${path} ${name}`),
    );
    // A mapping's FunctionName is a reference, no name.
    expect(fixed).toEqual([
      'AWS::Lambda::EventSourceMapping StreamIngest/SourceDefault FunctionName',
      'AWS::Lambda::EventSourceMapping FileIngest/Mapping FunctionName',
    ]);
  });

  it('keeps everything that holds data when it is deleted', () => {
    const deleted = Object.entries(stack.resources)
      .filter(([, { Type }]) => /Table|Bucket$|Stream|LogGroup/.test(Type))
      .filter(([, { DeletionPolicy }]) => DeletionPolicy !== 'Retain');
    expect(deleted).toEqual([]);
  });

  it('shows where records go and where the ledger is', () => {
    expect(stack.outputs).toEqual({
      SourceDefaultStream: 'SourceDefault/Stream',
      SourceDefaultBucket: 'SourceDefault/Files',
      SessionsTable: 'Storage/Sessions',
      UsageTable: 'Storage/Usage',
      EventsTable: 'Storage/Events',
      SimsTable: 'Storage/Sims',
      FilesTable: 'Storage/Files',
      QuarantineBucket: 'Storage/Quarantine',
    });
  });
});

describe('the tables', () => {
  it('are those that the functions and the local run use', () => {
    expect(ofType(stack, 'AWS::DynamoDB::Table')).toEqual(
      Object.fromEntries(tables.map((table) => [`Storage/${table.name}`, deployed(table)])),
    );
  });
});

function deployed(table: TableDefinition): unknown {
  const key = (name: string, type: string) => ({ AttributeName: name, KeyType: type });
  const { partitionKey, sortKey, localIndex, expiryAttribute } = table;
  const attributes = [partitionKey, sortKey, localIndex?.sortKey].filter((name) => name !== undefined);
  return {
    Type: 'AWS::DynamoDB::Table',
    Properties: {
      AttributeDefinitions: attributes.map((name) => ({ AttributeName: name, AttributeType: 'S' })),
      KeySchema: [key(partitionKey, 'HASH'), ...(sortKey === undefined ? [] : [key(sortKey, 'RANGE')])],
      ...(localIndex && {
        LocalSecondaryIndexes: [
          {
            IndexName: localIndex.name,
            KeySchema: [key(partitionKey, 'HASH'), key(localIndex.sortKey, 'RANGE')],
            Projection: { ProjectionType: 'KEYS_ONLY' },
          },
        ],
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

const privateBucket = {
  BucketEncryption: {
    ServerSideEncryptionConfiguration: [{ ServerSideEncryptionByDefault: { SSEAlgorithm: 'AES256' } }],
  },
  OwnershipControls: { Rules: [{ ObjectOwnership: 'BucketOwnerEnforced' }] },
  PublicAccessBlockConfiguration: {
    BlockPublicAcls: true,
    BlockPublicPolicy: true,
    IgnorePublicAcls: true,
    RestrictPublicBuckets: true,
  },
};

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
    });
  });
});

const ledgerEnvironment = {
  NODE_OPTIONS: '--enable-source-maps',
  [environment.sessionsTable]: 'Storage/Sessions',
  [environment.usageTable]: 'Storage/Usage',
  [environment.eventsTable]: 'Storage/Events',
  [environment.simsTable]: 'Storage/Sims',
  [environment.quarantineBucket]: 'Storage/Quarantine',
  [environment.eventRetentionDays]: '90',
  [environment.sources]: JSON.stringify([
    {
      name: 'default',
      carrier: 'kore',
      bytesPerMegabyte: 1_000_000,
      streamArn: 'SourceDefault/Stream.Arn',
      bucket: 'SourceDefault/Files',
    },
  ]),
};

/** What every function has, its code aside. */
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
  it('consume Kinesis with the ledger’s tables, the quarantine and the sources at hand', () => {
    const path = 'StreamIngest/KinesisConsumer';
    expect(functionProperties(path)).toEqual({
      ...common(path, functions.kinesisConsumer),
      Description: "Takes carriers' records from Kinesis into the ledger",
      Environment: { Variables: ledgerEnvironment },
    });
  });

  it('import files with their manifests and their queue as well, and may go on as often as a file needs', () => {
    const path = 'FileIngest/FileImporter';
    expect(functionProperties(path)).toEqual({
      ...common(path, functions.fileImporter),
      Description: "Takes carriers' CSV files from S3 into the ledger",
      RecursiveLoop: 'Allow',
      Environment: {
        Variables: {
          ...ledgerEnvironment,
          [environment.filesTable]: 'Storage/Files',
          [environment.fileQueueUrl]: 'FileIngest/Queue',
        },
      },
    });
  });

  it('log for 90 days', () => {
    const groups = Object.values(ofType(stack, 'AWS::Logs::LogGroup'));
    expect(groups.map(({ Properties }) => Properties)).toEqual([
      { RetentionInDays: 90 },
      { RetentionInDays: 90 },
    ]);
  });
});

describe('a stack of five sources', () => {
  const sources = [
    { name: 'twilio', carrier: 'twilio' },
    { name: 'kore-eu', carrier: 'kore' },
    { name: '1nce', carrier: '1nce', bytesPerMegabyte: 1_048_576 },
    { name: 'emnify', carrier: 'emnify' },
    { name: 'telekom', carrier: 'telekom' },
  ];
  const ids = ['SourceTwilio', 'SourceKoreEu', 'Source1nce', 'SourceEmnify', 'SourceTelekom'];
  let several: Synthesised;

  beforeAll(() => {
    several = synthesise({
      stackName: 'fleet',
      simledger: { sources, streamRetentionHours: 24, eventRetentionDays: 0 },
    });
  });

  it('gives each a stream, a bucket, a mapping and outputs', () => {
    const paths = (suffix: string) => ids.map((id) => `${id}/${suffix}`).sort();
    expect(Object.keys(ofType(several, 'AWS::Kinesis::Stream')).sort()).toEqual(paths('Stream'));
    expect(Object.keys(ofType(several, 'AWS::S3::Bucket')).sort()).toEqual(
      [...paths('Files'), 'Storage/Quarantine'].sort(),
    );
    expect(ids.map((id) => several.resources[`StreamIngest/${id}`]?.Properties['EventSourceArn'])).toEqual(
      ids.map((id) => `${id}/Stream.Arn`),
    );
    expect(ids.map((id) => [several.outputs[`${id}Stream`], several.outputs[`${id}Bucket`]])).toEqual(
      ids.map((id) => [`${id}/Stream`, `${id}/Files`]),
    );
  });

  it('has one consumer and one importer for all, who know each source by its place', () => {
    const described = sources.map((source, index) => ({
      name: source.name,
      carrier: source.carrier,
      bytesPerMegabyte: source.bytesPerMegabyte ?? 1_000_000,
      streamArn: `${ids[index]}/Stream.Arn`,
      bucket: `${ids[index]}/Files`,
    }));
    const environments = Object.values(ofType(several, 'AWS::Lambda::Function')).map(
      ({ Properties }) => (Properties['Environment'] as { Variables: Record<string, string> }).Variables,
    );
    expect(environments.map((variables) => JSON.parse(variables[environment.sources] ?? ''))).toEqual([
      described,
      described,
    ]);
    expect(environments.map((variables) => variables[environment.eventRetentionDays])).toEqual(['0', '0']);
  });

  it('keeps records for the hours that are configured', () => {
    const hours = Object.values(ofType(several, 'AWS::Kinesis::Stream')).map(
      ({ Properties }) => Properties['RetentionPeriodHours'],
    );
    expect(hours).toEqual([24, 24, 24, 24, 24]);
  });
});

describe('a stack for a trial', () => {
  it('takes its data along when it is deleted', () => {
    const trial = synthesise({ simledger: { removal: 'destroy' } });
    const kept = Object.entries(trial.resources).filter(
      ([, { DeletionPolicy, Properties }]) =>
        DeletionPolicy === 'Retain' || Properties['DeletionProtectionEnabled'] === true,
    );
    expect(kept).toEqual([]);
    expect(Object.keys(ofType(trial, 'Custom::S3AutoDeleteObjects')).sort()).toEqual([
      'SourceDefault/Files/AutoDeleteObjectsCustomResource/Default',
      'Storage/Quarantine/AutoDeleteObjectsCustomResource/Default',
    ]);
  });
});
