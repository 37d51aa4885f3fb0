import { beforeAll, describe, expect, it } from 'vitest';
import manifest from '../../package.json' with { type: 'json' };
import { type Synthesised, synthesise, withoutApi } from './synthesised.ts';

let stack: Synthesised;

beforeAll(() => {
  stack = synthesise(withoutApi());
});

describe('the default stack, its query API aside,', () => {
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
