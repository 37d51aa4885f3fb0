import type { LocalDynamoDb } from '../../../../emulators/dynamodb/start.ts';
import { startLedgerTables } from '../../../../local/ledger-tables.ts';

/** Starts a DynamoDB with the outbox and the other tables. */
export function startOutboxTable(): Promise<LocalDynamoDb> {
  return startLedgerTables({ port: 0 });
}
