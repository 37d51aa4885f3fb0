import {
  CreateTableCommand,
  type CreateTableCommandInput,
  DescribeTableCommand,
  type DynamoDBClient,
  ResourceInUseException,
  type TableDescription,
} from '@aws-sdk/client-dynamodb';

/**
 * Creates the tables that do not exist.
 *
 * @throws Error if a table exists with other keys, for example from an older version.
 */
export async function createTables(
  client: DynamoDBClient,
  tables: readonly CreateTableCommandInput[],
): Promise<void> {
  await Promise.all(tables.map((table) => createTable(client, table)));
}

async function createTable(client: DynamoDBClient, table: CreateTableCommandInput): Promise<void> {
  try {
    await client.send(new CreateTableCommand(table));
  } catch (error) {
    if (!(error instanceof ResourceInUseException)) throw error;
    const { Table: found } = await client.send(new DescribeTableCommand({ TableName: table.TableName }));
    const [wanted, there] = [formatKeys(table), formatKeys(found ?? {})];
    if (wanted !== there) throw new Error(`table ${table.TableName} has the keys ${there}, not ${wanted}`);
  }
}

/** A table's keys and indexes as text that can be compared and read. */
function formatKeys(
  table: Pick<TableDescription, 'KeySchema' | 'LocalSecondaryIndexes' | 'GlobalSecondaryIndexes'>,
): string {
  const names = (schema: TableDescription['KeySchema']) => schema?.map((key) => key.AttributeName).join('+');
  const indexes = [...(table.LocalSecondaryIndexes ?? []), ...(table.GlobalSecondaryIndexes ?? [])]
    .map((index) => `${index.IndexName}: ${names(index.KeySchema)}`)
    .sort();
  return [names(table.KeySchema), ...indexes].join(', ');
}
