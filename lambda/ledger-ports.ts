import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { LedgerPorts } from './ingest.ts';
import { environment } from './names.ts';
import { requireEnvironment } from './sources.ts';
import { BucketQuarantine } from './store/quarantine.ts';
import { LedgerWriter } from './store/writer.ts';

/** The ledger that the environment names. */
export function ledgerPortsFromEnvironment(client: DynamoDBClient): LedgerPorts {
  return {
    writer: new LedgerWriter({
      client,
      sessions: requireEnvironment(environment.sessionsTable),
      usage: requireEnvironment(environment.usageTable),
      events: requireEnvironment(environment.eventsTable),
      sims: requireEnvironment(environment.simsTable),
      eventRetentionDays: Number(requireEnvironment(environment.eventRetentionDays)),
    }),
    quarantine: new BucketQuarantine(client.config, requireEnvironment(environment.quarantineBucket)),
  };
}
