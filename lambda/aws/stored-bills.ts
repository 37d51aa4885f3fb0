import { BillReader } from '../bills/bill-reader.ts';
import { LakeBucket } from './lake-bucket.ts';
import { environment } from './names.ts';
import type { S3Configuration } from './object-url.ts';

/**
 * Stored bills in the bucket that the environment names.
 *
 * @returns undefined if it names none, so that there are no bills.
 */
export function openStoredBills(configuration: S3Configuration): BillReader | undefined {
  const lake = process.env[environment.lakeBucket];
  return lake === undefined
    ? undefined
    : new BillReader(new LakeBucket(configuration, { lake, accounts: lake }));
}
