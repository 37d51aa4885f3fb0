import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import type { Observations } from '../../lambda/ledger/observation.ts';
import type { Item } from '../../lambda/store/items.ts';
import { readItem } from '../../lambda/store/registers.ts';
import { eventsTable, sessionsTable, simsTable, usageTable } from '../../lambda/store/tables.ts';
import type { Deployment, Places } from '../deployment/deployment.ts';

/** An item that a record is about, where it stands. */
export interface StoredItem {
  readonly table: keyof Places['tables'];
  /** Undefined while it is not there. */
  readonly item: Item | undefined;
}

/** The items that a record is about, as the tables hold them now. */
export function readStoredItems(
  { dynamoDb, places }: Pick<Deployment, 'dynamoDb' | 'places'>,
  { session, usage, event, sim }: Observations,
): Promise<readonly StoredItem[]> {
  const text = (S: string): AttributeValue => ({ S });
  const keys: (readonly [StoredItem['table'], Record<string, AttributeValue>])[] = [];
  if (session !== undefined) {
    const { partitionKey, sortKey } = sessionsTable;
    keys.push(['sessions', { [partitionKey]: text(session.sim), [sortKey]: text(session.sessionId) }]);
  }
  if (usage !== undefined) {
    const { partitionKey, sortKey } = usageTable;
    keys.push(['usage', { [partitionKey]: text(usage.sim), [sortKey]: text(usage.usageId) }]);
  }
  if (event !== undefined) {
    const { partitionKey, sortKey } = eventsTable;
    keys.push(['events', { [partitionKey]: text(event.sim), [sortKey]: text(event.eventKey) }]);
  }
  if (sim !== undefined) keys.push(['sims', { [simsTable.partitionKey]: text(sim.sim) }]);
  return Promise.all(
    keys.map(async ([table, key]) => ({
      table,
      item: await readItem(dynamoDb, places.tables[table], key),
    })),
  );
}
