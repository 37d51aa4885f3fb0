import { beforeAll, describe, expect, it } from 'vitest';
import { statements } from './statements.ts';
import { ofType, type Synthesised, synthesise } from './synthesised.ts';

const sources = [
  { name: 'kore', carrier: 'kore', bucket: true },
  { name: 'emnify', carrier: 'emnify', organisationId: '42' },
];
const kmsKeyArn = 'arn:aws:kms:eu-central-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab';

/** Where each bucket is logged. */
function logging(stack: Synthesised): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(ofType(stack, 'AWS::S3::Bucket')).map(([path, { Properties }]) => [
      path,
      Properties['LoggingConfiguration'],
    ]),
  );
}

/** What synth tells of access logs. */
function messages(stack: Synthesised): string[] {
  return [...stack.infos, ...stack.warnings.filter((text) => text.includes('log'))];
}

function keptFor(logDays: number): Synthesised {
  return synthesise({ simledger: { accessLogs: true, retention: { logDays } } });
}

describe('access logs in a bucket of the stack', () => {
  let stack: Synthesised;

  beforeAll(() => {
    stack = synthesise({ simledger: { sources, accessLogs: true, kmsKeyArn } });
  });

  it('are those of every other bucket, each below its own name', () => {
    const DestinationBucketName = 'AccessLogs';
    expect(logging(stack)).toEqual({
      AccessLogs: undefined,
      'Storage/Quarantine': { DestinationBucketName, LogFilePrefix: 'simledger/Storage/Quarantine/' },
      'Lake/Bucket': { DestinationBucketName, LogFilePrefix: 'simledger/Lake/Bucket/' },
      'Lake/Accounts': { DestinationBucketName, LogFilePrefix: 'simledger/Lake/Accounts/' },
      'Catalog/Results': { DestinationBucketName, LogFilePrefix: 'simledger/Catalog/Results/' },
      'SourceKore/Files': { DestinationBucketName, LogFilePrefix: 'simledger/SourceKore/Files/' },
      'SourceEmnify/Files': { DestinationBucketName, LogFilePrefix: 'simledger/SourceEmnify/Files/' },
    });
  });

  it('are private, encrypted with the only key that S3 logs with, and kept as long as other logs', () => {
    expect(stack.resources['AccessLogs']).toEqual({
      Type: 'AWS::S3::Bucket',
      Properties: {
        BucketEncryption: {
          ServerSideEncryptionConfiguration: [{ ServerSideEncryptionByDefault: { SSEAlgorithm: 'AES256' } }],
        },
        LifecycleConfiguration: {
          Rules: [
            {
              AbortIncompleteMultipartUpload: { DaysAfterInitiation: 7 },
              ExpirationInDays: 90,
              Status: 'Enabled',
            },
          ],
        },
        OwnershipControls: { Rules: [{ ObjectOwnership: 'BucketOwnerEnforced' }] },
        PublicAccessBlockConfiguration: {
          BlockPublicAcls: true,
          BlockPublicPolicy: true,
          IgnorePublicAcls: true,
          RestrictPublicBuckets: true,
        },
      },
      UpdateReplacePolicy: 'Retain',
      DeletionPolicy: 'Retain',
    });
  });

  it('can be written only by S3, and only for these buckets', () => {
    const delivery = (path: string) => ({
      Effect: 'Allow',
      Action: 's3:PutObject',
      Principal: { Service: 'logging.s3.amazonaws.com' },
      Resource: `AccessLogs.Arn/simledger/${path}/*`,
      Condition: {
        ArnLike: { 'aws:SourceArn': `${path}.Arn` },
        StringEquals: { 'aws:SourceAccount': 'AWS::AccountId' },
      },
    });
    expect(statements(stack)['AccessLogs/Policy']).toEqual([
      {
        Effect: 'Deny',
        Action: 's3:*',
        Principal: { AWS: '*' },
        Resource: ['AccessLogs.Arn', 'AccessLogs.Arn/*'],
        Condition: { Bool: { 'aws:SecureTransport': 'false' } },
      },
      delivery('Storage/Quarantine'),
      ...['Lake/Bucket', 'Lake/Accounts', 'Catalog/Results'].map(delivery),
      delivery('SourceKore/Files'),
      delivery('SourceEmnify/Files'),
    ]);
  });

  it('are shown in an output', () => {
    expect(stack.outputs['AccessLogBucket']).toBe('AccessLogs');
  });

  it('are kept for retention.logDays, which may mean forever', () => {
    const rules = (logDays: number) =>
      keptFor(logDays).resources['AccessLogs']?.Properties['LifecycleConfiguration'];
    const always = { AbortIncompleteMultipartUpload: { DaysAfterInitiation: 7 }, Status: 'Enabled' };
    expect(rules(7)).toEqual({ Rules: [{ ...always, ExpirationInDays: 7 }] });
    expect(rules(0)).toEqual({ Rules: [always] });
  });

  it('need no policy of a user’s bucket', () => {
    expect(messages(keptFor(7))).toEqual([]);
  });
});

describe('access logs in a bucket that exists', () => {
  let stack: Synthesised;

  beforeAll(() => {
    stack = synthesise({ simledger: { sources, accessLogs: 'company-logs' } });
  });

  it('are those of every bucket', () => {
    expect(Object.values(logging(stack))).toEqual(
      [
        ...['Storage/Quarantine', 'Lake/Bucket', 'Lake/Accounts', 'Catalog/Results'],
        ...['SourceKore/Files', 'SourceEmnify/Files'],
      ].map((path) => ({
        DestinationBucketName: 'company-logs',
        LogFilePrefix: `simledger/${path}/`,
      })),
    );
    expect(stack.outputs['AccessLogBucket']).toBe('company-logs');
  });

  it('need a policy of that bucket, which synth mentions', () => {
    expect(messages(stack)).toEqual([
      'The policy of the bucket company-logs must let S3 write logs below simledger/, or no log arrives: docs/operating.md#access-logs-of-the-buckets has the statement. [ack: simledger:access-logs:policy]',
    ]);
  });
});

describe('without the setting', () => {
  it('no bucket is logged', () => {
    expect(logging(synthesise({ simledger: { sources } }))).toEqual({
      'Storage/Quarantine': undefined,
      'Lake/Bucket': undefined,
      'Lake/Accounts': undefined,
      'Catalog/Results': undefined,
      'SourceKore/Files': undefined,
      'SourceEmnify/Files': undefined,
    });
  });
});
