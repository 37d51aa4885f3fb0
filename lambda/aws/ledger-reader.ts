import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { LedgerReader } from '../store/reader.ts';
import type { UsageArchive } from '../store/usage-archive.ts';
import { environment } from './names.ts';
import { readTableNames, requireEnvironment } from './sources.ts';

/**
 * Makes the reader of the tables that the environment names.
 *
 * @param archive the archive of expired usage; without it, only the table is read.
 */
export function makeLedgerReader(client: DynamoDBClient, archive?: UsageArchive): LedgerReader {
  return new LedgerReader({
    client,
    ...readTableNames(),
    files: requireEnvironment(environment.filesTable),
    archive,
  });
}
