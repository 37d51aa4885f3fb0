import type { LocalDynamoDb } from '../../../../emulators/dynamodb/start.ts';
import { startLedgerTables } from '../../../../local/ledger-tables.ts';

/** Starts a DynamoDB that has the outbox, among the other tables. */
export function startOutboxTable(): Promise<LocalDynamoDb> {
  return startLedgerTables({ port: 0 });
}
