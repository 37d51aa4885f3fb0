import { type AttributeValue, type DynamoDBClient, paginateScan } from '@aws-sdk/client-dynamodb';
import { comparedTables, type Item, type LedgerTables } from './compare.ts';

/** The ledger's tables as a client reads them: whole, consistently, and only what is compared. */
export function ledgerTables(client: DynamoDBClient): LedgerTables {
  return {
    sessions: () => scan(client, comparedTables.sessions),
    usage: () => scan(client, comparedTables.usage),
    events: () => scan(client, comparedTables.events),
  };
}

async function* scan(
  client: DynamoDBClient,
  table: (typeof comparedTables)[keyof typeof comparedTables],
): AsyncGenerator<Item> {
  // Several of the names are reserved words.
  const names = ['sim', table.sortKey, ...table.attributes].map((name, at) => [`#${at}`, name] as const);
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
