import { describe, expect, it } from 'vitest';
import { privateBucket } from './private-bucket.ts';
import { synthesise } from './synthesised.ts';

function bucketOf(path: string, simledger: Record<string, unknown> = {}) {
  return synthesise({ simledger }).resources[path];
}

/** Versions that were replaced expire; an object itself does only below a prefix. */
function keepOldVersions(days: number, ...others: readonly object[]) {
  return {
    VersioningConfiguration: { Status: 'Enabled' },
    LifecycleConfiguration: {
      Rules: [
        {
          AbortIncompleteMultipartUpload: { DaysAfterInitiation: 7 },
          NoncurrentVersionExpiration: { NoncurrentDays: days },
          Status: 'Enabled',
        },
        ...others,
      ],
    },
  };
}

const partialDaysExpire = { Prefix: 'partial-days/', ExpirationInDays: 14, Status: 'Enabled' };

describe('the lake', () => {
  it('is two private, versioned, retained buckets, of which the one for SIMs can be locked', () => {
    const kept = { Type: 'AWS::S3::Bucket', UpdateReplacePolicy: 'Retain', DeletionPolicy: 'Retain' };
    expect([bucketOf('Lake/Bucket'), bucketOf('Lake/Accounts')]).toEqual([
      {
        ...kept,
        Properties: {
          ...{ ...privateBucket, ...keepOldVersions(30, partialDaysExpire) },
          ObjectLockEnabled: true,
        },
      },
      { ...kept, Properties: { ...privateBucket, ...keepOldVersions(30) } },
    ]);
  });

  it('keeps old versions as long as those of files, even if no source delivers files', () => {
    const simledger = {
      sources: [{ name: 'a', carrier: 'kore' }],
      retention: { overwrittenFileDays: 7 },
    };
    expect(bucketOf('Lake/Bucket', simledger)?.Properties).toMatchObject(
      keepOldVersions(7, partialDaysExpire),
    );
    expect(bucketOf('Lake/Accounts', simledger)?.Properties).toMatchObject(keepOldVersions(7));
  });

  it.each([
    ['compliance', 'COMPLIANCE'],
    ['governance', 'GOVERNANCE'],
  ])('locks the rows of SIMs, and not those that name people, in the mode %s', (mode, name) => {
    const simledger = { lake: { objectLock: { mode, days: 365 } } };
    const lockOf = (path: string) => bucketOf(path, simledger)?.Properties['ObjectLockConfiguration'];
    expect([lockOf('Lake/Bucket'), lockOf('Lake/Accounts'), lockOf('Catalog/Results')]).toEqual([
      { ObjectLockEnabled: 'Enabled', Rule: { DefaultRetention: { Mode: name, Days: 365 } } },
      undefined,
      undefined,
    ]);
  });

  it('gets a lock later without a new bucket: no property that makes CloudFormation replace it changes', () => {
    const simledger = { lake: { objectLock: { mode: 'governance', days: 365 } } };
    const { ObjectLockConfiguration: _, ...locked } = bucketOf('Lake/Bucket', simledger)?.Properties ?? {};
    expect(locked).toEqual(bucketOf('Lake/Bucket')?.Properties);
  });
});
