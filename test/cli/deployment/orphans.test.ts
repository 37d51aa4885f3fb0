import {
  CloudFormationClient,
  DescribeStacksCommand,
  ListStackResourcesCommand,
} from '@aws-sdk/client-cloudformation';
import { CloudWatchClient, GetMetricStatisticsCommand } from '@aws-sdk/client-cloudwatch';
import { DescribeTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DescribeStreamSummaryCommand, KinesisClient } from '@aws-sdk/client-kinesis';
import { GetFunctionConfigurationCommand, LambdaClient } from '@aws-sdk/client-lambda';
import {
  GetResourcesCommand,
  ResourceGroupsTaggingAPIClient,
} from '@aws-sdk/client-resource-groups-tagging-api';
import { ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';
import { mockClient } from 'aws-sdk-client-mock';
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { Clients } from '../../../cli/deployment/clients.ts';
import type { Check } from '../../../cli/deployment/deployment.ts';
import { checkOrphans } from '../../../cli/deployment/orphan-checks.ts';
import { tableNames } from '../../lambda/store/table-names.ts';
import { synthesise } from '../../lib/synthesised.ts';
import { makeAwsError } from '../aws-answers.ts';
import { simledger } from '../running-ledger.ts';

const mocks = {
  cloudFormation: mockClient(CloudFormationClient),
  cloudWatch: mockClient(CloudWatchClient),
  dynamoDb: mockClient(DynamoDBClient),
  kinesis: mockClient(KinesisClient),
  lambda: mockClient(LambdaClient),
  s3: mockClient(S3Client),
  tagging: mockClient(ResourceGroupsTaggingAPIClient),
};

afterAll(() => {
  for (const mock of Object.values(mocks)) mock.restore();
});

const region = 'eu-central-1';
const account = `${region}:123456789012`;
const id = `arn:aws:cloudformation:${account}:stack/ledger/2`;
const deployed = {
  ...{ access: { region }, name: 'ledger', id, status: 'UPDATE_COMPLETE' },
  outputs: { ConsumerFunction: 'ledger-consumer', SessionsTable: 'sessions-restored' },
};
const keep = 'To keep it, give it the tag simledger:keep';

/** A resource with the tags that CloudFormation puts on it. */
function tagged(ResourceARN: string, logicalId: string, { stackId = id, more = [] as string[] } = {}) {
  const tags = {
    'aws:cloudformation:stack-name': 'ledger',
    'aws:cloudformation:stack-id': stackId,
    'aws:cloudformation:logical-id': logicalId,
    ...Object.fromEntries(more.map((tag) => [tag, ''])),
  };
  return { ResourceARN, Tags: Object.entries(tags).map(([Key, Value]) => ({ Key, Value })) };
}

const stream = tagged(
  `arn:aws:kinesis:${account}:stream/ledger-SourceKoreStream0123ABCD-x1`,
  'SourceKoreStream0123ABCD',
);
const bucket = tagged('arn:aws:s3:::ledger-sourcekorefiles4567abcd-x2', 'SourceKoreFiles4567ABCD');
const quarantine = tagged('arn:aws:s3:::ledger-storagequarantine38-x3', 'StorageQuarantine381A7D7C');
const lake = tagged('arn:aws:s3:::ledger-lakebucketb1d32e10-x6', 'LakeBucketB1D32E10');
const table = tagged(
  `arn:aws:dynamodb:${account}:table/ledger-StorageUsage9ADDA69B-X4`,
  'StorageUsage9ADDA69B',
);
const secret = tagged(
  `arn:aws:secretsmanager:${account}:secret:SourceKoreWriterSecret89AB-x5-abcdef`,
  'SourceKoreWriterSecret89ABCDEF',
);

/** Resources that carry the stack's name, in pages of two. */
function carry(...resources: readonly ReturnType<typeof tagged>[]): void {
  const pages = Math.max(1, Math.ceil(resources.length / 2));
  for (let page = 0; page < pages; page += 1) {
    mocks.tagging.on(GetResourcesCommand, page === 0 ? {} : { PaginationToken: `${page}` }).resolves({
      ResourceTagMappingList: resources.slice(2 * page, 2 * page + 2),
      ...(page + 1 < pages && { PaginationToken: `${page + 1}` }),
    });
  }
}

function own(...names: readonly string[]): void {
  const StackResourceSummaries = names.map((PhysicalResourceId) => ({
    ...{ PhysicalResourceId, LogicalResourceId: 'x', ResourceType: 'x', LastUpdatedTimestamp: new Date(0) },
    ResourceStatus: 'CREATE_COMPLETE' as const,
  }));
  mocks.cloudFormation.on(ListStackResourcesCommand).resolves({ StackResourceSummaries });
}

function keepStream(arrivals: readonly number[]): void {
  mocks.kinesis.on(DescribeStreamSummaryCommand).resolves({
    StreamDescriptionSummary: {
      ...{ StreamName: 's', StreamARN: 's', StreamStatus: 'ACTIVE', RetentionPeriodHours: 168 },
      ...{ StreamCreationTimestamp: new Date(0), EnhancedMonitoring: [], OpenShardCount: 4 },
    },
  });
  mocks.cloudWatch.on(GetMetricStatisticsCommand).resolves({ Datapoints: arrivals.map((Sum) => ({ Sum })) });
}

const denied = makeAwsError('AccessDeniedException', 'No');

async function lines(): Promise<string[]> {
  const clients = new Clients(deployed.access);
  const checks: Check[] = [];
  for await (const one of checkOrphans(clients, deployed)) checks.push(one);
  clients.close();
  return checks.map(({ subject, outcome, sentence }) => `${outcome}: ${subject}: ${sentence}`);
}

beforeEach(() => {
  for (const mock of Object.values(mocks)) mock.reset();
  mocks.lambda.on(GetFunctionConfigurationCommand).resolves({ Environment: { Variables: {} } });
  own();
});

describe('a resource that a stack has left behind', () => {
  test('is listed with its content and what to do', async () => {
    vi.useFakeTimers({ toFake: ['Date'], now: Date.parse('2026-11-28T12:00:00Z') });
    onTestFinished(() => void vi.useRealTimers());
    carry(stream, bucket, quarantine, lake, table, secret);
    keepStream([1_200, 34]);
    mocks.s3
      .on(ListObjectsV2Command, { Bucket: 'ledger-sourcekorefiles4567abcd-x2' })
      .resolves({ KeyCount: 12 });
    mocks.s3
      .on(ListObjectsV2Command, { Bucket: 'ledger-storagequarantine38-x3' })
      .resolves({ KeyCount: 1_000, IsTruncated: true });
    mocks.s3.on(ListObjectsV2Command, { Bucket: 'ledger-lakebucketb1d32e10-x6' }).resolves({ KeyCount: 7 });
    mocks.dynamoDb
      .on(DescribeTableCommand)
      .resolves({ Table: { TableStatus: 'ACTIVE', ItemCount: 5_000, DeletionProtectionEnabled: true } });
    const remove = 'empty and delete it in the S3 console, which removes all versions';
    expect(await lines()).toEqual([
      `warning: orphaned table: ledger-StorageUsage9ADDA69B-X4 holds 5,000 items by DynamoDB's count, which is up to six hours old: to use it instead of today's table, "adopt": { "tables": { "Usage": "ledger-StorageUsage9ADDA69B-X4" } } (docs/operating.md#adopting-tables); to delete it, unless another stack has adopted it, aws dynamodb update-table --region eu-central-1 --table-name ledger-StorageUsage9ADDA69B-X4 --no-deletion-protection-enabled && aws dynamodb delete-table --region eu-central-1 --table-name ledger-StorageUsage9ADDA69B-X4. ${keep}`,
      `warning: orphaned stream: ledger-SourceKoreStream0123ABCD-x1 holds up to 1,234 records of the last 168 hours, which nothing reads, and its 4 shards cost by the hour: replay them with simledger replay --stream ledger-SourceKoreStream0123ABCD-x1 --source …; then aws kinesis delete-stream --region eu-central-1 --stream-name ledger-SourceKoreStream0123ABCD-x1. ${keep}`,
      `warning: orphaned bucket: ledger-lakebucketb1d32e10-x6 has 7 objects in it, rows of closed days, which may have expired from the tables: when you no longer need them, ${remove}. ${keep}`,
      `warning: orphaned bucket: ledger-sourcekorefiles4567abcd-x2 has 12 objects in it, files of a carrier: import missing files with simledger import s3://ledger-sourcekorefiles4567abcd-x2/; then ${remove}. ${keep}`,
      `warning: orphaned bucket: ledger-storagequarantine38-x3 has 1,000 objects or more in it, rejects and failed batches: when you no longer need them, ${remove}. ${keep}`,
      `warning: orphaned secret: SourceKoreWriterSecret89AB-x5-abcdef is no longer read: aws secretsmanager delete-secret --region eu-central-1 --secret-id ${secret.ResourceARN}. ${keep}`,
    ]);
    expect(mocks.tagging.commandCalls(GetResourcesCommand)[0]?.args[0].input).toMatchObject({
      TagFilters: [{ Key: 'aws:cloudformation:stack-name', Values: ['ledger'] }],
      ResourceTypeFilters: ['kinesis:stream', 'dynamodb:table', 's3', 'secretsmanager:secret'],
    });
    // All hours of the stream's retention, including the oldest, which is partly expired.
    expect(mocks.cloudWatch.commandCalls(GetMetricStatisticsCommand)[0]?.args[0].input).toMatchObject({
      ...{ StartTime: new Date('2026-11-21T11:00:00Z'), EndTime: new Date('2026-11-28T12:00:00Z') },
      ...{ Period: 3_600, Dimensions: [{ Name: 'StreamName', Value: 'ledger-SourceKoreStream0123ABCD-x1' }] },
    });
  });

  test('is listed even if it is empty', async () => {
    carry(stream, bucket, table);
    keepStream([]);
    mocks.s3.on(ListObjectsV2Command).resolves({ KeyCount: 0 });
    mocks.dynamoDb.on(DescribeTableCommand).resolves({ Table: { TableStatus: 'ACTIVE', ItemCount: 0 } });
    expect(await lines()).toEqual([
      `warning: orphaned table: ledger-StorageUsage9ADDA69B-X4 is empty by DynamoDB's count, which is up to six hours old: aws dynamodb delete-table --region eu-central-1 --table-name ledger-StorageUsage9ADDA69B-X4. ${keep}`,
      `warning: orphaned stream: ledger-SourceKoreStream0123ABCD-x1 is empty, and its 4 shards cost by the hour: aws kinesis delete-stream --region eu-central-1 --stream-name ledger-SourceKoreStream0123ABCD-x1. ${keep}`,
      `warning: orphaned bucket: ledger-sourcekorefiles4567abcd-x2 is empty: empty and delete it in the S3 console, which removes all versions. ${keep}`,
    ]);
  });

  test('is listed with its stack if that was an earlier one of the same name', async () => {
    carry(tagged(secret.ResourceARN, 'SourceKoreWriterSecret89ABCDEF', { stackId: `${id}-former` }));
    expect(await lines()).toEqual([
      expect.stringContaining('-abcdef, of an earlier stack of this name, is no longer read: '),
    ]);
  });
});

describe('a resource that is not an orphan', () => {
  const none = "ok: orphans: none: every resource with the stack's tags is part of the stack";

  test('belongs to the stack, is adopted by it, or receives writes from the consumer', async () => {
    own('ledger-SourceKoreStream0123ABCD-x1', secret.ResourceARN);
    const variables = { DELIVERIES_TABLE: 'ledger-StorageDeliveries-X9' };
    mocks.lambda
      .on(GetFunctionConfigurationCommand, { FunctionName: 'ledger-consumer' })
      .resolves({ Environment: { Variables: variables } });
    carry(
      ...[stream, secret],
      tagged(`arn:aws:dynamodb:${account}:table/sessions-restored`, 'StorageSessionsFCE686BD'),
      tagged(`arn:aws:dynamodb:${account}:table/ledger-StorageDeliveries-X9`, 'StorageDeliveriesE42B5069'),
    );
    expect(await lines()).toEqual([none]);
  });

  test('is kept on purpose, or was created by another program', async () => {
    carry(
      tagged(stream.ResourceARN, 'SourceKoreStream0123ABCD', { more: ['simledger:keep'] }),
      tagged('arn:aws:s3:::other', 'Photos'),
    );
    expect(await lines()).toEqual([none]);
  });

  test('is a deleted resource that the tagging API still lists', async () => {
    carry(stream, bucket, table);
    const gone = (name: string) => makeAwsError(name, 'Gone');
    mocks.kinesis.on(DescribeStreamSummaryCommand).rejects(gone('ResourceNotFoundException'));
    mocks.s3.on(ListObjectsV2Command).rejects(gone('NoSuchBucket'));
    mocks.dynamoDb.on(DescribeTableCommand).resolves({ Table: { TableStatus: 'DELETING' } });
    expect(await lines()).toEqual([none]);
  });
});

describe('without the permission', () => {
  test('to look for orphans, it names the permission and the page about it', async () => {
    mocks.tagging.on(GetResourcesCommand).rejects(denied);
    expect(await lines()).toEqual([
      'warning: orphans: cannot be searched for without tag:GetResources, cloudformation:ListStackResources and lambda:GetFunctionConfiguration; docs/operating.md#what-stays-behind shows how to search by hand',
    ]);
  });

  test('to read one of them, it names that one', async () => {
    carry(stream, bucket);
    keepStream([]);
    mocks.cloudWatch.on(GetMetricStatisticsCommand).rejects(denied);
    mocks.s3.on(ListObjectsV2Command).rejects(denied);
    expect(await lines()).toEqual([
      expect.stringContaining('-x1 may hold records of the last 168 hours, which nothing reads, '),
      `warning: orphaned bucket: ledger-sourcekorefiles4567abcd-x2 is not part of the stack. To see its content, you need s3:ListBucket. ${keep}`,
    ]);
  });

  test('an unexpected answer is a separate problem', async () => {
    mocks.tagging.on(GetResourcesCommand).rejects(new Error('Out of order'));
    expect(await lines()).toEqual(['problem: orphans: could not be checked: Error: Out of order']);
  });
});

describe('every stream, bucket, table and secret of a stack', () => {
  /** Names as CloudFormation generates them: the stack's name, the logical id and a random part. */
  const arnOf: Readonly<Record<string, (logicalId: string) => string>> = {
    'AWS::Kinesis::Stream': (logicalId) => `arn:aws:kinesis:${account}:stream/ledger-${logicalId}-Ab1`,
    'AWS::DynamoDB::Table': (logicalId) => `arn:aws:dynamodb:${account}:table/ledger-${logicalId}-AB1`,
    'AWS::S3::Bucket': (logicalId) => `arn:aws:s3:::ledger-${logicalId.toLowerCase()}-ab1`,
    'AWS::SecretsManager::Secret': (logicalId) =>
      `arn:aws:secretsmanager:${account}:secret:${logicalId}-Ab1-Ab2Cd3`,
  };

  const sources = [
    { name: 'twilio', carrier: 'twilio', webhook: true },
    { name: 'telekom', carrier: 'telekom' },
  ];

  let resources: Record<string, { readonly Type: string }>;

  beforeAll(() => {
    resources = synthesise({ simledger: { sources } }).template.toJSON()['Resources'];
  });

  test('is found when it is no longer part of the stack', async () => {
    const all = Object.entries(resources).flatMap(([logicalId, { Type }]) => {
      const arn = arnOf[Type]?.(logicalId);
      return arn === undefined ? [] : [tagged(arn, logicalId)];
    });
    carry(...all);
    keepStream([1]);
    mocks.s3.on(ListObjectsV2Command).resolves({ KeyCount: 1 });
    mocks.dynamoDb.on(DescribeTableCommand).resolves({ Table: { TableStatus: 'ACTIVE', ItemCount: 1 } });
    const said = await lines();
    const names = said.map((line) => /^warning: orphaned \w+: (\S+) /.exec(line)?.[1] ?? line);
    const expected = all.map(({ ResourceARN }) => ResourceARN.slice(ResourceARN.search(/[^:/]+$/)));
    expect(names.sort()).toEqual(expected.sort());
    expect(names.length).toBeGreaterThan(10);
    const adopted = said.flatMap((line) => /"adopt": \{ "tables": \{ "(\w+)"/.exec(line)?.[1] ?? []);
    expect(adopted.sort()).toEqual(tableNames);
  });
});

describe('doctor for a stack that does not exist', () => {
  const args = ['--stack', 'ledger', '--region', region];
  const missing = `Cannot find the stack ledger in ${region}: give its name with --stack and its region with --region, or use --local for the local run\n`;

  beforeEach(() => {
    mocks.cloudFormation
      .on(DescribeStacksCommand)
      .rejects(makeAwsError('ValidationError', 'Stack with id ledger does not exist'));
  });

  test('lists what the stack left behind, and says that it does not exist', async () => {
    carry(secret);
    const said = `SourceKoreWriterSecret89AB-x5-abcdef, of an earlier stack of this name, is no longer read: aws secretsmanager delete-secret --region eu-central-1 --secret-id ${secret.ResourceARN}. ${keep}`;
    expect(await simledger([...args, 'doctor'])).toEqual({
      ...{ code: 3, errors: missing },
      output: `warning  orphaned secret            ${said}\n`,
    });
    const { output, ...rest } = await simledger([...args, '--json', 'doctor']);
    expect([rest, JSON.parse(output)]).toEqual([
      { code: 3, errors: missing },
      {
        deployment: `the stack ledger in ${region}`,
        checks: [{ subject: 'orphaned secret', outcome: 'warning', sentence: said }],
      },
    ]);
  });

  test('says only that the stack does not exist if it left nothing behind', async () => {
    carry();
    expect(await simledger([...args, 'doctor'])).toEqual({ code: 3, output: '', errors: missing });
  });

  test('looks for orphans in no other command', async () => {
    expect(await simledger([...args, 'sims'])).toEqual({ code: 3, output: '', errors: missing });
    expect(mocks.tagging.calls()).toEqual([]);
  });
});
