import { beforeAll, describe, expect, it } from 'vitest';
import { environment } from '../../lambda/aws/names.ts';
import { fileMapping, formatNodeOptions, functions, streamMapping } from '../../lib/limits.ts';
import { ofType, type Synthesised, synthesise, withoutApi } from './synthesised.ts';

let stack: Synthesised;

beforeAll(() => {
  stack = synthesise(withoutApi());
});

describe('the mappings', () => {
  it('feed the Kinesis consumer with the limits of the local run', () => {
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

  it('feed the file importer with the limits of the local run', () => {
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
