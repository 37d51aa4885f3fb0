import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CloudFormationClient, DescribeStacksCommand } from '@aws-sdk/client-cloudformation';
import {
  CloudWatchClient,
  DescribeAlarmsCommand,
  GetMetricDataCommand,
  GetMetricStatisticsCommand,
} from '@aws-sdk/client-cloudwatch';
import { DescribeTableCommand, DynamoDBClient, GetItemCommand, QueryCommand } from '@aws-sdk/client-dynamodb';
import {
  GetRoleCommand,
  IAMClient,
  ListAccessKeysCommand,
  SimulatePrincipalPolicyCommand,
} from '@aws-sdk/client-iam';
import {
  DescribeStreamSummaryCommand,
  GetRecordsCommand,
  GetShardIteratorCommand,
  KinesisClient,
  ListShardsCommand,
} from '@aws-sdk/client-kinesis';
import {
  GetFunctionConfigurationCommand,
  LambdaClient,
  ListEventSourceMappingsCommand,
} from '@aws-sdk/client-lambda';
import {
  GetResourcesCommand,
  ResourceGroupsTaggingAPIClient,
} from '@aws-sdk/client-resource-groups-tagging-api';
import {
  GetBucketNotificationConfigurationCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { ListSubscriptionsByTopicCommand, SNSClient } from '@aws-sdk/client-sns';
import { GetQueueAttributesCommand, SQSClient } from '@aws-sdk/client-sqs';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { mockClient } from 'aws-sdk-client-mock';
import { afterAll, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import manifest from '../../../package.json' with { type: 'json' };
import { makeAwsError } from '../aws-answers.ts';
import { simledger } from '../running-ledger.ts';
import { WatchedCommand } from '../watched-command.ts';

const mocks = {
  cloudFormation: mockClient(CloudFormationClient),
  cloudWatch: mockClient(CloudWatchClient),
  dynamoDb: mockClient(DynamoDBClient),
  iam: mockClient(IAMClient),
  kinesis: mockClient(KinesisClient),
  lambda: mockClient(LambdaClient),
  s3: mockClient(S3Client),
  sns: mockClient(SNSClient),
  sqs: mockClient(SQSClient),
  sts: mockClient(STSClient),
  tagging: mockClient(ResourceGroupsTaggingAPIClient),
};

afterAll(() => {
  for (const mock of Object.values(mocks)) mock.restore();
});

const streamArn = 'arn:aws:kinesis:eu-central-1:123456789012:stream/stack-kore';
const sources = [
  { name: 'kore-eu', carrier: 'kore', bytesPerMegabyte: 1_000_000, streamArn, bucket: 'stack-files' },
  { name: 'telekom', carrier: 'telekom', bytesPerMegabyte: 1_000_000, streamArn: `${streamArn}-telekom` },
];
const outputs = {
  ...{ SessionsTable: 'S', UsageTable: 'U', EventsTable: 'E', SimsTable: 'I', FilesTable: 'F' },
  ...{
    DayStateTable: 'D',
    DayMarkersTable: 'M',
    SimDaysTable: 'SD',
    FindingsTable: 'FI',
    SessionDaysTable: 'SS',
  },
  ...{ LakeBucket: 'lake', AccountLakeBucket: 'accounts', DayQueue: 'https://sqs/days' },
  ...{
    QuarantineBucket: 'stack-quarantine',
    SessionRefresh: 'update',
    Writes: 'batched',
    EventRetentionDays: '90',
    UsageRetentionDays: '0',
    Version: manifest.version,
  },
  Sources: JSON.stringify(sources),
  FileQueue: 'https://sqs.eu-central-1.amazonaws.com/123456789012/stack-queue',
  DeadLetterQueue: 'https://sqs.eu-central-1.amazonaws.com/123456789012/stack-dead',
  ...{ ConsumerFunction: 'stack-consumer', ImporterFunction: 'stack-importer', AlarmTopic: 'arn:topic' },
  SourceKoreEuIAMRoleARN: 'arn:aws:iam::123456789012:role/stack-writer',
  SourceKoreEuExternalId: 'kore-eu-1',
  SourceTelekomIAMUserARN: 'arn:aws:iam::123456789012:user/stack-user',
};

function stackOf(
  named: Readonly<Record<string, string>>,
  StackStatus: 'UPDATE_COMPLETE' | 'ROLLBACK_COMPLETE',
) {
  const Outputs = Object.entries(named).map(([OutputKey, OutputValue]) => ({ OutputKey, OutputValue }));
  return { Stacks: [{ StackName: 'ledger', StackStatus, CreationTime: new Date(0), Outputs }] };
}

const stack = ['--stack', 'ledger', '--region', 'eu-central-1'];

beforeEach(() => {
  for (const mock of Object.values(mocks)) mock.reset();
  mocks.cloudFormation.on(DescribeStacksCommand).resolves(stackOf(outputs, 'UPDATE_COMPLETE'));
});

describe('the capacity of a stack', () => {
  const million = { ...outputs, Fleets: '{"kore-eu":{"sims":1000000,"updateMinutes":6}}' };

  async function capacityLines(shards: number, memory: number): Promise<string[]> {
    mocks.cloudFormation.on(DescribeStacksCommand).resolves(stackOf(million, 'UPDATE_COMPLETE'));
    mocks.kinesis.on(DescribeStreamSummaryCommand).resolves({
      StreamDescriptionSummary: {
        ...{ StreamName: 's', StreamARN: streamArn, StreamStatus: 'ACTIVE', RetentionPeriodHours: 168 },
        ...{ OpenShardCount: shards, StreamModeDetails: { StreamMode: 'PROVISIONED' } },
        ...{ StreamCreationTimestamp: new Date(0), EnhancedMonitoring: [] },
      },
    });
    mocks.lambda.on(ListEventSourceMappingsCommand).resolves({
      EventSourceMappings: [{ EventSourceArn: streamArn, State: 'Enabled', ParallelizationFactor: 1 }],
    });
    mocks.lambda.on(GetFunctionConfigurationCommand).resolves({ MemorySize: memory });
    const { output } = await simledger([...stack, '--json', 'doctor']);
    const checks: { subject: string; outcome: string; sentence: string }[] = JSON.parse(output).checks;
    return checks
      .filter(({ subject }) => subject.startsWith('capacity'))
      .map(({ subject, outcome, sentence }) => `${subject}: ${outcome}: ${sentence}`);
  }

  test('is compared with the fleet that it was sized for', async () => {
    expect(await capacityLines(38, 1769)).toEqual([
      'capacity of kore-eu: ok: 1000000 SIMs send 2778 records a second, and the deployment can handle ten times as many',
    ]);
    expect(await capacityLines(2, 512)).toEqual([
      expect.stringMatching(
        /^capacity of kore-eu: warning: The consumer processes 549 records a second .* Set stream\.shards to 38/,
      ),
    ]);
  });
});

describe('a deployed stack', () => {
  test('is found by its outputs, and has its status from CloudWatch, its queues and its files', async () => {
    const now = Date.now();
    const at = (minutes: number): Date => new Date(now - minutes * 60_000);
    mocks.cloudWatch.on(GetMetricDataCommand).resolves({
      MetricDataResults: [
        { Id: 'received0', Timestamps: [at(5), at(30), at(90)], Values: [10, 20, 30] },
        { Id: 'rejected0', Timestamps: [at(30)], Values: [2] },
        { Id: 'age0', Timestamps: [at(3), at(60)], Values: [1_500, 900_000] },
      ],
    });
    mocks.cloudWatch.on(DescribeAlarmsCommand).resolves({
      MetricAlarms: [
        {
          ...{ AlarmName: 'ours', AlarmDescription: 'Too late. docs/runbook.md#iterator-age' },
          ...{ AlarmActions: ['arn:topic'], StateTransitionedTimestamp: at(7) },
        },
        { AlarmName: 'others', AlarmActions: ['arn:other'] },
      ],
    });
    mocks.dynamoDb.on(QueryCommand).resolves({ Items: [] });
    mocks.sqs.on(GetQueueAttributesCommand).resolves({
      Attributes: { ApproximateNumberOfMessages: '3', ApproximateNumberOfMessagesNotVisible: '1' },
    });
    const { code, output, errors } = await simledger([...stack, '--json', 'status']);
    expect([code, errors]).toEqual([1, '']);
    expect(JSON.parse(output)).toEqual({
      deployment: 'the stack ledger in eu-central-1',
      sources: [
        {
          ...{ source: 'kore-eu', lastRecord: at(5).toISOString(), lagSeconds: 1.5 },
          ...{ hour: { received: 30, rejected: 2 }, day: { received: 60, rejected: 2 } },
          files: { importing: 0, stalled: 0, failed: 0, among: 0 },
        },
        {
          source: 'telekom',
          ...{ hour: { received: 0, rejected: 0 }, day: { received: 0, rejected: 0 } },
        },
      ],
      queues: [
        { queue: 'files to import', waiting: 3, inWork: 1 },
        { queue: 'dead letters', waiting: 3, inWork: 1 },
      ],
      openAlarms: [
        { name: 'ours', sentence: 'Too late. docs/runbook.md#iterator-age', since: at(7).toISOString() },
      ],
      missing: [],
    });
    const [call] = mocks.cloudWatch.commandCalls(GetMetricDataCommand);
    expect(call?.args[0].input.MetricDataQueries?.[0]?.MetricStat?.Metric).toEqual({
      Namespace: 'ledger',
      MetricName: 'received',
      Dimensions: [{ Name: 'source', Value: 'kore-eu' }],
    });
  });

  test('has a status without unreadable parts, which are named', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    onTestFinished(() => void vi.useRealTimers());
    mocks.cloudWatch.on(GetMetricDataCommand).resolves({ MetricDataResults: [] });
    const denied = makeAwsError('AccessDenied', 'User is not authorized');
    mocks.cloudWatch.on(DescribeAlarmsCommand).rejects(denied);
    mocks.dynamoDb.on(QueryCommand).resolves({ Items: [] });
    const asked = new Promise<void>((resolve) => {
      mocks.sqs.on(GetQueueAttributesCommand).callsFake(() => {
        resolve();
        return new Promise(() => undefined);
      });
    });
    const ended = simledger([...stack, '--json', 'status']);
    await asked;
    await vi.advanceTimersByTimeAsync(15_000);
    const { code, output, errors } = await ended;
    const alarms = 'User is not authorized. You are not permitted: docs/cli.md lists what each command needs';
    const queues =
      'the service did not answer within 15 seconds. Try again, or look at the AWS Health Dashboard';
    expect(code).toBe(1);
    expect(JSON.parse(output)).toMatchObject({
      sources: [{ source: 'kore-eu', files: { among: 0 } }, { source: 'telekom' }],
      ...{ queues: null, openAlarms: null },
      missing: [
        { what: 'open alarms', sentence: alarms },
        { what: 'queues', sentence: queues },
      ],
    });
    expect(errors).toBe(
      `! The open alarms cannot be read: ${alarms}\n! The queues cannot be read: ${queues}\n`,
    );
  });

  test('has no status if nothing can be read', async () => {
    const denied = makeAwsError('AccessDenied', 'No');
    mocks.cloudWatch.rejects(denied);
    mocks.dynamoDb.rejects(denied);
    mocks.sqs.rejects(denied);
    expect(await simledger([...stack, 'status'])).toEqual({
      ...{ code: 3, output: '' },
      errors: 'No\nYou are not permitted: docs/cli.md lists what each command needs\n',
    });
  });

  test('whose importer does not work ends an import with a hint where to look', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'simledger-stack-'));
    onTestFinished(() => rm(folder, { recursive: true, force: true }));
    const path = join(folder, 'cdr_1.csv');
    await writeFile(path, 'id\n1\n');
    mocks.s3.on(HeadObjectCommand).rejects(makeAwsError('NotFound', 'Not found'));
    mocks.s3.on(PutObjectCommand).resolves({ VersionId: 'v1', ETag: '"e"' });
    mocks.dynamoDb.on(GetItemCommand).resolves({});
    const { code, output } = await simledger([
      ...[...stack, '--json', 'import', path, '--source', 'kore-eu', '--wait', '1'],
    ]);
    expect([code, JSON.parse(output)]).toEqual([
      1,
      [
        {
          ...{ file: path, source: 'kore-eu', outcome: 'waiting', rows: 0, accepted: 0, rejected: 0 },
          reason: expect.stringMatching(
            /^the importer has made no progress for \d s: simledger status shows its queue, and simledger doctor /,
          ),
        },
      ],
    ]);
  });

  test('that is missing, is not simledger’s, or is not permitted is reported in a sentence', async () => {
    const missing = makeAwsError('ValidationError', 'Stack with id ledger does not exist');
    mocks.cloudFormation.on(DescribeStacksCommand).rejects(missing);
    expect(await simledger([...stack, 'sims'])).toEqual({
      code: 3,
      output: '',
      errors:
        'Cannot find the stack ledger in eu-central-1: give its name with --stack and its region with --region, or use --local for the local run\n',
    });
    mocks.cloudFormation.on(DescribeStacksCommand).resolves(stackOf({ Other: 'x' }, 'UPDATE_COMPLETE'));
    expect((await simledger([...stack, 'sims'])).errors).toBe(
      'Cannot use the stack ledger in eu-central-1: it has no output Sources. Give the name of a simledger stack with --stack, or deploy this version\n',
    );
    const denied = makeAwsError('AccessDenied', 'User is not authorized');
    mocks.cloudFormation.on(DescribeStacksCommand).rejects(denied);
    expect(await simledger([...stack, 'sims'])).toMatchObject({
      code: 3,
      errors: 'User is not authorized\nYou are not permitted: docs/cli.md lists what each command needs\n',
    });
  });
});

describe('doctor', () => {
  const trust = (ExternalId: string): string =>
    encodeURIComponent(
      JSON.stringify({
        Statement: [
          {
            ...{ Effect: 'Allow', Action: 'sts:AssumeRole' },
            Principal: { AWS: 'arn:aws:iam::177261743968:root' },
            Condition: { StringEquals: { 'sts:ExternalId': ExternalId } },
          },
        ],
      }),
    );

  function allIsWell(): void {
    mocks.sts.on(GetCallerIdentityCommand).resolves({ Arn: 'arn:aws:iam::123456789012:user/ada' });
    const role = { Path: '/', RoleName: 'stack-writer', RoleId: 'R', Arn: 'arn', CreateDate: new Date(0) };
    mocks.iam
      .on(GetRoleCommand)
      .resolves({ Role: { ...role, AssumeRolePolicyDocument: trust('kore-eu-1') } });
    mocks.iam.on(ListAccessKeysCommand).resolves({ AccessKeyMetadata: [{ Status: 'Active' }] });
    mocks.iam
      .on(SimulatePrincipalPolicyCommand)
      .resolves({ EvaluationResults: [{ EvalActionName: 'kinesis:PutRecord', EvalDecision: 'allowed' }] });
    const summary = {
      StreamName: 's',
      StreamARN: streamArn,
      RetentionPeriodHours: 168,
      EnhancedMonitoring: [],
    };
    mocks.kinesis.on(DescribeStreamSummaryCommand).resolves({
      StreamDescriptionSummary: {
        ...{ ...summary, StreamStatus: 'ACTIVE', StreamCreationTimestamp: new Date(0), OpenShardCount: 1 },
      },
    });
    mocks.dynamoDb.on(DescribeTableCommand).resolves({ Table: { TableStatus: 'ACTIVE' } });
    mocks.s3.on(HeadBucketCommand).resolves({});
    mocks.s3.on(GetBucketNotificationConfigurationCommand).resolves({
      QueueConfigurations: [{ QueueArn: 'q', Events: ['s3:ObjectCreated:*'] }],
    });
    mocks.sqs.on(GetQueueAttributesCommand).resolves({ Attributes: { ApproximateNumberOfMessages: '0' } });
    mocks.lambda.on(ListEventSourceMappingsCommand, { FunctionName: 'stack-consumer' }).resolves({
      EventSourceMappings: [streamArn, `${streamArn}-telekom`].map((EventSourceArn) => ({
        ...{ EventSourceArn, State: 'Enabled', LastProcessingResult: 'OK' },
      })),
    });
    const queueArn = 'arn:aws:sqs:eu-central-1:123456789012:stack-queue';
    mocks.lambda
      .on(ListEventSourceMappingsCommand, { FunctionName: 'stack-importer' })
      .resolves({ EventSourceMappings: [{ EventSourceArn: queueArn, State: 'Enabled' }] });
    mocks.sns
      .on(ListSubscriptionsByTopicCommand)
      .resolves({ Subscriptions: [{ SubscriptionArn: 'arn:sub' }] });
    mocks.cloudWatch.on(DescribeAlarmsCommand).resolves({ MetricAlarms: [] });
    mocks.tagging.on(GetResourcesCommand).resolves({});
  }

  /** Each check that is not ok, with its message. */
  async function found(): Promise<{ code: number; subjects: string[]; wrong: string[] }> {
    const { code, output } = await simledger([...stack, '--json', 'doctor']);
    const { checks } = JSON.parse(output) as {
      checks: { subject: string; outcome: string; sentence: string }[];
    };
    const wrong = checks
      .filter(({ outcome }) => outcome !== 'ok')
      .map(({ subject, outcome, sentence }) => `${outcome}: ${subject}: ${sentence}`);
    return { code, subjects: checks.map(({ subject }) => subject), wrong };
  }

  test('finds nothing if all is well, and checks everything', async () => {
    allIsWell();
    const { code, subjects, wrong } = await found();
    expect([code, wrong]).toEqual([0, []]);
    expect(subjects).toEqual([
      ...['caller', 'clock', 'stack', 'version', 'role of kore-eu', 'writing to kore-eu'],
      ...['access key of telekom', 'writing to telekom', 'stream of kore-eu', 'stream of telekom'],
      ...['table sessions', 'table usage', 'table events', 'table sims', 'table files', 'table dayState'],
      ...['table dayMarkers', 'table simDays', 'table findings', 'table sessionDays', 'bucket quarantine'],
      ...['bucket closed days', 'bucket accounts of closed days'],
      ...['bucket files of kore-eu', 'dead-letter queue', 'notifications of kore-eu', 'mapping of kore-eu'],
      ...['mapping of telekom', 'mapping of files', 'alarms', 'open alarms', 'orphans'],
    ]);
  });

  test('says what to do about each problem', async () => {
    allIsWell();
    mocks.cloudFormation
      .on(DescribeStacksCommand)
      .resolves(stackOf({ ...outputs, Version: '0.0.1' }, 'ROLLBACK_COMPLETE'));
    const role = { Path: '/', RoleName: 'stack-writer', RoleId: 'R', Arn: 'arn', CreateDate: new Date(0) };
    mocks.iam.on(GetRoleCommand).resolves({ Role: { ...role, AssumeRolePolicyDocument: trust('other') } });
    mocks.iam.on(ListAccessKeysCommand).resolves({ AccessKeyMetadata: [{ Status: 'Inactive' }] });
    mocks.iam.on(SimulatePrincipalPolicyCommand).resolves({
      EvaluationResults: [{ EvalActionName: 'kinesis:PutRecord', EvalDecision: 'implicitDeny' }],
    });
    mocks.dynamoDb
      .on(DescribeTableCommand, { TableName: 'F' })
      .rejects(makeAwsError('ResourceNotFoundException', 'no such table'));
    mocks.s3.on(GetBucketNotificationConfigurationCommand).resolves({});
    mocks.sqs.on(GetQueueAttributesCommand).resolves({ Attributes: { ApproximateNumberOfMessages: '2' } });
    mocks.lambda.on(ListEventSourceMappingsCommand, { FunctionName: 'stack-consumer' }).resolves({
      EventSourceMappings: [
        { EventSourceArn: streamArn, State: 'Disabled', StateTransitionReason: 'User action' },
      ],
    });
    mocks.sns
      .on(ListSubscriptionsByTopicCommand)
      .resolves({ Subscriptions: [{ SubscriptionArn: 'PendingConfirmation' }] });
    const { code, wrong } = await found();
    expect(code).toBe(1);
    const { version } = manifest;
    expect(wrong).toEqual([
      'warning: stack: is ROLLBACK_COMPLETE: see its events in the CloudFormation console',
      `warning: version: 0.0.1 is deployed, and this command line is ${version}: deploy ${version}, or use the command line of 0.0.1`,
      'problem: role of kore-eu: the external id that it requires is not kore-eu-1, the one in the outputs; deploy the stack again',
      'problem: writing to kore-eu: kinesis:PutRecord, kinesis:PutRecord is denied: a policy was changed by hand; deploy the stack again',
      "problem: access key of telekom: is not active: activate it in the IAM console, or raise the source's keySerial and deploy",
      'problem: writing to telekom: kinesis:PutRecord is denied: a policy was changed by hand; deploy the stack again',
      'problem: table files: could not be checked: no such table. AWS refused the request: ResourceNotFoundException',
      'warning: dead-letter queue: 2 file notifications wait: simledger failures redrive imports their files',
      'problem: notifications of kore-eu: the bucket sends no notifications, so no file is imported: deploy the stack again',
      'problem: mapping of kore-eu: is Disabled (User action), so nothing is read: enable it in the Lambda console',
      'problem: mapping of telekom: does not exist, so nothing is read: deploy the stack again',
      'warning: alarms: 1 not confirmed yet, so alarms reach nobody: follow the link in the mail from AWS',
    ]);
  });
});

describe('connect', () => {
  const readKey = 'aws secretsmanager get-secret-value --secret-id key';
  const callback = 'https://api.example.com/v1/ingest';
  const connected = {
    ...outputs,
    ...{ ConsumerLogs: 'stack-consumer-logs', WebhookLogs: 'stack-webhook-logs' },
    SourceKoreEuAWSRegion: 'eu-central-1',
    SourceKoreEuStreamName: 'stack-kore',
    SourceKoreEuSink: '{"arn":"…"}',
    SourceKoreEuCallbackURL: `${callback}/kore-eu`,
    SourceKoreEuCallbackSecret: 'kore-secret',
    ...{ SourceTelekomAWSRegion: 'eu-central-1', SourceTelekomStreamName: 'stack-kore-telekom' },
    SourceTelekomReadAccessKey: readKey,
  };

  beforeEach(() => {
    mocks.cloudFormation.on(DescribeStacksCommand).resolves(stackOf(connected, 'UPDATE_COMPLETE'));
  });

  async function forms(source: string) {
    const { code, output } = await simledger([...stack, '--json', 'connect', source, '--no-wait']);
    expect(code).toBe(0);
    const printed = JSON.parse(output) as { forms: { fields: { field: string; value: string }[] }[] };
    return printed.forms.map(({ fields }) => fields.map(({ field, value }) => [field, value]));
  }

  test('prints each way to send to the source, from the outputs', async () => {
    expect(await forms('kore-eu')).toEqual([
      [
        ['Destination type', 'AWS Kinesis'],
        ['Kinesis stream ARN', streamArn],
        ['Role ARN', 'arn:aws:iam::123456789012:role/stack-writer'],
        ['External ID', 'kore-eu-1'],
        ['Or as one JSON text', '{"arn":"…"}'],
      ],
      [
        ['Destination type', 'Webhook'],
        ['Webhook URL', `${callback}/kore-eu`],
        [
          'Secret',
          `put the carrier’s in place: aws secretsmanager put-secret-value --region eu-central-1 --secret-id kore-secret --secret-string '{"secret":"…"}'`,
        ],
      ],
    ]);
    expect(await forms('telekom')).toEqual([
      [
        ['API type', 'AWS Kinesis'],
        ['Stream type', 'Usage & Event data'],
        ['Historic data', 'on, to start with the last 7 days'],
        ['AWS Region', 'eu-central-1'],
        ['Stream Name', 'stack-kore-telekom'],
        ['AWS Access Key, AWS Secret Key', `shown by: ${readKey}`],
      ],
    ]);
  });

  /** The output after a second without a record, with these sums of metrics. */
  async function hints(sums: Readonly<Record<string, number>>): Promise<string[]> {
    mocks.kinesis.on(ListShardsCommand).resolves({
      Shards: [
        {
          ...{ ShardId: 'shardId-0', HashKeyRange: { StartingHashKey: '0', EndingHashKey: '1' } },
          SequenceNumberRange: { StartingSequenceNumber: '0' },
        },
      ],
    });
    mocks.kinesis.on(GetShardIteratorCommand).resolves({ ShardIterator: 'latest' });
    mocks.kinesis.on(GetRecordsCommand).resolves({ Records: [], NextShardIterator: 'next' });
    mocks.lambda.on(ListEventSourceMappingsCommand).resolves({
      EventSourceMappings: [
        { EventSourceArn: streamArn, State: 'Disabled', StateTransitionReason: 'User action' },
      ],
    });
    mocks.cloudWatch.on(GetMetricStatisticsCommand).callsFake(({ MetricName }: { MetricName: string }) => {
      const Sum = sums[MetricName];
      return { Datapoints: Sum === undefined ? [] : [{ Sum: Sum - 1 }, { Sum: 1 }] };
    });
    const command = new WatchedCommand([...stack, 'connect', 'kore-eu', '--hint', '1']);
    await command.prints('CloudTrail shows whether');
    expect(await command.interrupt()).toBe(130);
    expect(mocks.kinesis.commandCalls(GetShardIteratorCommand)[0]?.args[0].input).toEqual({
      ...{ StreamARN: streamArn, ShardId: 'shardId-0', ShardIteratorType: 'LATEST' },
    });
    const [, said = ''] = command.output.split('These checks may show why:\n');
    return said.trimEnd().split('\n').slice(0, 5);
  }

  const mapping =
    '  ! mapping of kore-eu: is Disabled (User action), so nothing is read: enable it in the Lambda console';
  const elsewhere =
    '  CloudTrail shows whether the carrier assumes the role: aws cloudtrail lookup-events --region eu-central-1 --lookup-attributes AttributeKey=EventName,AttributeValue=AssumeRole';

  test('names possible causes if nothing arrives', async () => {
    expect(await hints({})).toEqual([
      '  ! stream of kore-eu: no record arrived in the last 15 minutes: compare the fields above with the portal',
      mapping,
      '    consumer function: did not fail in the last 15 minutes',
      '  ! calls of kore-eu: nobody called the address in the last 15 minutes',
      elsewhere,
    ]);
  });

  test('names possible causes if records arrive and are not stored', async () => {
    expect(await hints({ IncomingRecords: 7, Errors: 3, webhookRefused: 2 })).toEqual([
      '    stream of kore-eu: 7 records arrived in the last 15 minutes',
      mapping,
      '  ! consumer function: failed 3 times in the last 15 minutes: aws logs tail stack-consumer-logs --since 1h says why',
      '  ! calls of kore-eu: 2 calls were refused, usually because of their credential: aws logs tail stack-webhook-logs --since 1h says why',
      elsewhere,
    ]);
  });
});
