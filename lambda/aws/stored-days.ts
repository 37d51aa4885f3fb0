import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { LakeReader } from '../days/lake-reader.ts';
import { SimDayStore } from '../store/sim-days.ts';
import { StoredDays } from '../store/stored-days.ts';
import { LakeBucket } from './lake-bucket.ts';
import { environment } from './names.ts';
import { requireEnvironment } from './sources.ts';

/**
 * Closed days in the table and bucket that the environment names.
 *
 * @param now returns milliseconds since the epoch.
 * @returns undefined if it names no bucket, so that there are no closed days.
 */
export function openStoredDays(client: DynamoDBClient, now: () => number): StoredDays | undefined {
  const lake = process.env[environment.lakeBucket];
  if (lake === undefined) return undefined;
  // Objects about accounts, which name people, are not read.
  const bucket = new LakeBucket(client.config, { lake, accounts: lake });
  const simDays = new SimDayStore(client, requireEnvironment(environment.simDaysTable));
  return new StoredDays(simDays, new LakeReader(bucket), now);
}
