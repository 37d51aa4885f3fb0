import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { LedgerPorts } from './ingest.ts';
import { environment } from './names.ts';
import { requireEnvironment } from './sources.ts';
import { BucketQuarantine } from './store/quarantine.ts';
import { LedgerWriter } from './store/writer.ts';

/** Connections that one process keeps open to DynamoDB. */
const mostConnections = 64;

/** A DynamoDB client as the functions use it. */
export function dynamoDbClient(): DynamoDBClient {
  const client = new DynamoDBClient({
    // Commands of one kind go through the same middleware: putting it together once saves a tenth of a request.
    cacheMiddleware: true,
    // What still fails after these attempts is delivered again, so they need not go on for long.
    maxAttempts: 6,
    requestHandler: {
      connectionTimeout: 2_000,
      requestTimeout: 10_000,
      httpAgent: { keepAlive: true, maxSockets: mostConnections },
      httpsAgent: { keepAlive: true, maxSockets: mostConnections },
    },
  });
  // It prepares a copy of each input for a log that nobody reads; items are personal data and never logged.
  client.middlewareStack.remove('loggerMiddleware');
  return client;
}

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
