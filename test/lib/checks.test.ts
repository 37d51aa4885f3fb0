import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Validations } from 'aws-cdk-lib';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { AwsSolutionsChecks } from 'cdk-nag';
import { describe, expect, it } from 'vitest';
import { appWith, calledSourceOfEachCarrier, synthesise } from './synthesised.ts';

const run = promisify(execFile);

/** Everything that can be switched on, so that the checks see all resources. */
const everything = {
  sources: calledSourceOfEachCarrier,
  removal: 'destroy',
  alarmEmail: 'operations@example.com',
  otlp: { secret: 'simledger/otlp' },
  tracing: true,
  kmsKeyArn: 'arn:aws:kms:eu-central-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab',
  accessLogs: true,
};

/** Every acknowledgement in the tree, by the path of its construct. */
function acknowledgements(stack: ReturnType<typeof appWith>['stack']): string[] {
  return stack.node.findAll().flatMap(({ node }) =>
    node.metadata
      .filter(({ type }) => type === Validations.ACKNOWLEDGED_RULES_METADATA_KEY)
      .flatMap(({ data }) => Object.keys(data))
      .map((rule) => `${node.path.slice('simledger/'.length)} ${rule.replace('Annotation::', '')}`),
  );
}

describe('the security checks of AwsSolutions', () => {
  it.each([
    ['the default configuration', {}],
    ['a source of each carrier and all else switched on', { simledger: everything }],
  ])('find nothing in a stack of %s, and neither do CDK’s own', (_, context) => {
    const { app } = appWith(context, { builtinCloudFormationValidation: true });
    Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
    const assembly = app.synth();
    expect(assembly.stacks.map(({ stackName }) => stackName)).toEqual(['simledger']);
  });

  it('would find an open bucket', () => {
    const { app, stack } = appWith({});
    new Bucket(stack, 'Open');
    Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
    expect(() => app.synth()).toThrow('AwsSolutions-S10');
  });

  it('are acknowledged with a reason in these places only', () => {
    const { stack } = appWith({ simledger: everything });
    const places = acknowledgements(stack).map((place) =>
      place.replace(/([A-Z]\w+)[0-9A-F]{8}\.Arn/, '$1.Arn'),
    );
    expect(places.sort()).toEqual([
      'AccessLogs AwsSolutions-S1',
      'AlertDelivery/Deliverer/Role AwsSolutions-IAM5[Resource::*]',
      'AlertSweep/Sweeper/Role AwsSolutions-IAM5[Resource::*]',
      'DayPass/Planner/Role AwsSolutions-IAM5[Resource::*]',
      'DayPass/Planner/Role AwsSolutions-IAM5[Resource::<LakeBucket.Arn>/days/*]',
      'DayPass/Planner/Role AwsSolutions-IAM5[Resource::<LakeBucket.Arn>/partial-days/*]',
      'DayPass/Worker/Role AwsSolutions-IAM5[Resource::*]',
      'DayPass/Worker/Role AwsSolutions-IAM5[Resource::<LakeAccounts.Arn>/*]',
      'DayPass/Worker/Role AwsSolutions-IAM5[Resource::<LakeBucket.Arn>/*]',
      'FileIngest/FileImporter/Role AwsSolutions-IAM5[Resource::*]',
      'FileIngest/FileImporter/Role AwsSolutions-IAM5[Resource::<Source1nceFiles.Arn>/*]',
      'FileIngest/FileImporter/Role AwsSolutions-IAM5[Resource::<SourceEmnifyFiles.Arn>/*]',
      'FileIngest/FileImporter/Role AwsSolutions-IAM5[Resource::<SourceTelekomFiles.Arn>/*]',
      'FileIngest/FileImporter/Role AwsSolutions-IAM5[Resource::<StorageQuarantine.Arn>/rejects/*]',
      'MetricsExport/Exporter/Role AwsSolutions-IAM5[Resource::*]',
      'MetricsExport/Queue AwsSolutions-SQS3',
      'QueryApi AwsSolutions-APIG4',
      'QueryApi/Credentials AwsSolutions-SMG4',
      'QueryApi/Reader/Role AwsSolutions-IAM5[Resource::*]',
      'QueryApi/Reader/Role AwsSolutions-IAM5[Resource::<LakeBucket.Arn>/billing/bills/*]',
      'QueryApi/Reader/Role AwsSolutions-IAM5[Resource::<LakeBucket.Arn>/days/*]',
      'QueryApi/Reader/Role AwsSolutions-IAM5[Resource::<LakeBucket.Arn>/partial-days/*]',
      'QueryApi/Reader/Role AwsSolutions-IAM5[Resource::<LakeBucket.Arn>/usage-renderings/*]',
      'QueryApi/Reader/Role AwsSolutions-IAM5[Resource::<LakeBucket.Arn>/usage/*]',
      'Source1nce/Stream AwsSolutions-KDS3',
      'Source1nce/Writer/Policy AwsSolutions-IAM5[Resource::<Source1nceFiles.Arn>/*]',
      'SourceEmnify/Stream AwsSolutions-KDS3',
      'SourceEmnify/Writer/Policy AwsSolutions-IAM5[Resource::<SourceEmnifyFiles.Arn>/*]',
      'SourceKore/Stream AwsSolutions-KDS3',
      'SourceKore/Writer/Policy AwsSolutions-IAM5[Resource::*]',
      'SourceTelekom/Stream AwsSolutions-KDS3',
      'SourceTelekom/Writer/Policy AwsSolutions-IAM5[Resource::<SourceTelekomFiles.Arn>/*]',
      'SourceTelekom/Writer/Secret AwsSolutions-SMG4',
      'SourceTwilio/Stream AwsSolutions-KDS3',
      'SourceTwilio/Writer/Policy AwsSolutions-IAM5[Resource::*]',
      'StreamIngest/KinesisConsumer/Role AwsSolutions-IAM5[Resource::*]',
      'StreamIngest/KinesisConsumer/Role AwsSolutions-IAM5[Resource::<StorageQuarantine.Arn>/aws/lambda/*]',
      'StreamIngest/KinesisConsumer/Role AwsSolutions-IAM5[Resource::<StorageQuarantine.Arn>/rejects/*]',
      'WebhookIngest AwsSolutions-APIG4',
      'WebhookIngest/Receiver/Role AwsSolutions-IAM5[Resource::*]',
      'WebhookIngest/Source1nceCredentials AwsSolutions-SMG4',
      'WebhookIngest/SourceEmnifyCredentials AwsSolutions-SMG4',
      'WebhookIngest/SourceKoreCredentials AwsSolutions-SMG4',
      'WebhookIngest/SourceTelekomCredentials AwsSolutions-SMG4',
      'WebhookIngest/SourceTwilioCredentials AwsSolutions-SMG4',
    ]);
  });
});

const cfnLint = await run('cfn-lint', ['--version']).then(
  () => true,
  () => false,
);

describe.skipIf(!cfnLint)('cfn-lint', () => {
  it('finds nothing in the templates of the default configuration and of one with everything enabled', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'simledger-lint-'));
    const templates = { default: synthesise(), everything: synthesise({ simledger: everything }) };
    const files = Object.entries(templates).map(async ([name, { template }]) => {
      const file = join(folder, `${name}.json`);
      await writeFile(file, JSON.stringify(template.toJSON()));
      return file;
    });
    // CDK writes dependencies that a reference implies already.
    const options = [
      '--regions',
      'eu-central-1',
      '--ignore-checks',
      'W3005',
      '--',
      ...(await Promise.all(files)),
    ];
    const found = await run('cfn-lint', options).then(
      ({ stdout }) => stdout,
      ({ stdout }: { stdout: string }) => stdout,
    );
    await rm(folder, { recursive: true });
    expect(found).toBe('');
  });
});
