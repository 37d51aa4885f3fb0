import {
  CreateTableCommand,
  type CreateTableCommandInput,
  DescribeTableCommand,
  type DynamoDBClient,
  ResourceInUseException,
  type TableDescription,
} from '@aws-sdk/client-dynamodb';
import { type TableDefinition, tables } from '../../lambda/store/tables.ts';

/**
 * Creates the five tables under their fixed names, as far as they are not there yet.
 *
 * @throws Error when a table is there with other keys, as an older version may have left it.
 */
export async function createTables(client: DynamoDBClient): Promise<void> {
  await Promise.all(tables.map((table) => createTable(client, table)));
}

async function createTable(client: DynamoDBClient, table: TableDefinition): Promise<void> {
  const input = tableInput(table);
  try {
    await client.send(new CreateTableCommand(input));
  } catch (error) {
    if (!(error instanceof ResourceInUseException)) throw error;
    const { Table: found } = await client.send(new DescribeTableCommand({ TableName: table.name }));
    const [wanted, there] = [keysOf(input), keysOf(found ?? {})];
    if (wanted !== there) throw new Error(`table ${table.name} has the keys ${there}, not ${wanted}`);
  }
}

/** The request that makes a table as the stack does: paid by request, its local index with keys only. */
function tableInput({ name, partitionKey, sortKey, localIndex }: TableDefinition) {
  const key = (sort: string | undefined) => [
    { AttributeName: partitionKey, KeyType: 'HASH' as const },
    ...(sort === undefined ? [] : [{ AttributeName: sort, KeyType: 'RANGE' as const }]),
  ];
  const names = [partitionKey, sortKey, localIndex?.sortKey].filter((attribute) => attribute !== undefined);
  return {
    TableName: name,
    BillingMode: 'PAY_PER_REQUEST',
    AttributeDefinitions: names.map((AttributeName) => ({ AttributeName, AttributeType: 'S' })),
    KeySchema: key(sortKey),
    ...(localIndex === undefined
      ? {}
      : {
          LocalSecondaryIndexes: [
            {
              IndexName: localIndex.name,
              KeySchema: key(localIndex.sortKey),
              Projection: { ProjectionType: 'KEYS_ONLY' },
            },
          ],
        }),
  } satisfies CreateTableCommandInput;
}

/** A table's keys and its local index, in a form that can be compared and read. */
function keysOf(table: Pick<TableDescription, 'KeySchema' | 'LocalSecondaryIndexes'>): string {
  const names = (schema: TableDescription['KeySchema']) => schema?.map((key) => key.AttributeName).join('+');
  const indexes = table.LocalSecondaryIndexes?.map(
    (index) => `${index.IndexName}: ${names(index.KeySchema)}`,
  );
  return [names(table.KeySchema), ...(indexes ?? [])].join(', ');
}
