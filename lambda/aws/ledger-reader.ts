import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { LedgerReader } from '../store/reader.ts';
import { environment } from './names.ts';
import { requireEnvironment } from './sources.ts';

/** Makes the reader of the tables that the environment names. */
export function ledgerReaderFromEnvironment(client: DynamoDBClient): LedgerReader {
  return new LedgerReader({
    client,
    sessions: requireEnvironment(environment.sessionsTable),
    usage: requireEnvironment(environment.usageTable),
    events: requireEnvironment(environment.eventsTable),
    sims: requireEnvironment(environment.simsTable),
    files: requireEnvironment(environment.filesTable),
  });
}
