import { beforeAll, describe, expect, it } from 'vitest';
import { tables, usageTable } from '../../lambda/store/tables.ts';
import { describeDeployed } from './deployed-table.ts';
import { privateBucket } from './private-bucket.ts';
import { ofType, type Synthesised, synthesise, withoutApi } from './synthesised.ts';

let stack: Synthesised;

beforeAll(() => {
  stack = synthesise(withoutApi());
});

describe('the tables', () => {
  it('are those that the functions and the local run use; usage never expires', () => {
    const { expiryAttribute: _, ...usage } = usageTable;
    expect(ofType(stack, 'AWS::DynamoDB::Table')).toEqual(
      Object.fromEntries(
        tables.map((table) => [
          `Storage/${table.name}`,
          describeDeployed(table === usageTable ? usage : table),
        ]),
      ),
    );
  });
});

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
