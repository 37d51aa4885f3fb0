import { type AttributeValue, type DynamoDBClient, paginateScan } from '@aws-sdk/client-dynamodb';
import { comparedTables, type Item, type LedgerTables } from './compare.ts';

/** Physical names of the tables. */
export type TableNames = Readonly<Record<keyof LedgerTables, string>>;

const localNames: TableNames = {
  sessions: comparedTables.sessions.name,
  usage: comparedTables.usage.name,
  events: comparedTables.events.name,
};

/** Reads the ledger's tables completely and consistently, but only the attributes to compare. */
export function readLedgerTables(client: DynamoDBClient, names = localNames): LedgerTables {
  return {
    sessions: () => scan(client, names.sessions, comparedTables.sessions),
    usage: () => scan(client, names.usage, comparedTables.usage),
    events: () => scan(client, names.events, comparedTables.events),
  };
}

async function* scan(
  client: DynamoDBClient,
  name: string,
  table: (typeof comparedTables)[keyof typeof comparedTables],
): AsyncGenerator<Item> {
  // Several of the names are reserved words.
  const named = ['sim', table.sortKey, ...table.attributes].map(
    (attribute, at) => [`#${at}`, attribute] as const,
  );
  const pages = paginateScan(
    { client },
    {
      TableName: name,
      ConsistentRead: true,
      ProjectionExpression: named.map(([placeholder]) => placeholder).join(','),
      ExpressionAttributeNames: Object.fromEntries(named),
    },
  );
  for await (const page of pages) for (const item of page.Items ?? []) yield toPlainItem(item);
}

function toPlainItem(item: Record<string, AttributeValue>): Item {
  return Object.fromEntries(Object.entries(item).map(([name, value]) => [name, toPlainValue(value)]));
}

/** A number that JavaScript cannot represent exactly stays text, so that it does not equal another one. */
function toPlainValue(value: AttributeValue): string | number | boolean | undefined {
  if (value.S !== undefined) return value.S;
  if (value.BOOL !== undefined) return value.BOOL;
  if (value.N === undefined) return undefined;
  const number = Number(value.N);
  return Number.isSafeInteger(number) ? number : value.N;
}
