import { type AttributeValue, DynamoDBClient, paginateScan } from '@aws-sdk/client-dynamodb';
import { eventsTable, sessionsTable, usageTable } from '../../lambda/store/tables.ts';
import { comparedAttributes, type Item, type LedgerTables } from './compare.ts';

/** The ledger's tables behind an endpoint of DynamoDB's protocol, under their local names. */
export function ledgerTablesAt(endpoint: string): LedgerTables {
  // A stand-in asks for no real key, but a client does not sign without one.
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
  return ledgerTables(new DynamoDBClient({ endpoint, region: 'us-east-1', credentials }));
}

/** The ledger's tables as a client reads them: whole, consistently, and only what is compared. */
export function ledgerTables(client: DynamoDBClient): LedgerTables {
  return {
    sessions: () => scan(client, sessionsTable, comparedAttributes.sessions),
    usage: () => scan(client, usageTable, comparedAttributes.usage),
    events: () => scan(client, eventsTable, comparedAttributes.events),
  };
}

async function* scan(
  client: DynamoDBClient,
  table: { readonly name: string; readonly partitionKey: string; readonly sortKey: string },
  attributes: readonly string[],
): AsyncGenerator<Item> {
  // Several of the names are reserved words.
  const names = [table.partitionKey, table.sortKey, ...attributes].map(
    (name, at) => [`#${at}`, name] as const,
  );
  const pages = paginateScan(
    { client },
    {
      TableName: table.name,
      ConsistentRead: true,
      ProjectionExpression: names.map(([placeholder]) => placeholder).join(','),
      ExpressionAttributeNames: Object.fromEntries(names),
    },
  );
  for await (const page of pages) for (const item of page.Items ?? []) yield plainItem(item);
}

function plainItem(item: Record<string, AttributeValue>): Item {
  return Object.fromEntries(Object.entries(item).map(([name, value]) => [name, plainValue(value)]));
}

/** Numbers that are not exact as such stay text, so that they equal no other. */
function plainValue(value: AttributeValue): string | number | boolean | undefined {
  if (value.S !== undefined) return value.S;
  if (value.BOOL !== undefined) return value.BOOL;
  if (value.N === undefined) return undefined;
  const number = Number(value.N);
  return Number.isSafeInteger(number) ? number : value.N;
}
