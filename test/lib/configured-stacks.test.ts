import { beforeAll, describe, expect, it } from 'vitest';
import { environment } from '../../lambda/aws/names.ts';
import { usageTable } from '../../lambda/store/tables.ts';
import { describeDeployed } from './deployed-table.ts';
import { ofType, type Synthesised, synthesise, withoutApi } from './synthesised.ts';

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

  it('lets usage expire if configured', () => {
    expect(several.resources['Storage/Usage']).toEqual(describeDeployed(usageTable));
  });

  it('has the configured streams', () => {
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

describe('a stack with configured limits', () => {
  it('uses them for its mappings and functions', () => {
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
