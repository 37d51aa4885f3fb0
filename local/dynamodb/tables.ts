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
 * Creates the tables under their fixed names, as far as they are not there yet.
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

/** The request that makes a table as the stack does: paid by request, its indexes with keys only. */
function tableInput({ name, partitionKey, sortKey, localIndex, globalIndexes = [] }: TableDefinition) {
  const names = [
    partitionKey,
    sortKey,
    localIndex?.sortKey,
    ...globalIndexes.flatMap((index) => [index.partitionKey, index.sortKey]),
  ].filter((attribute) => attribute !== undefined);
  return {
    TableName: name,
    BillingMode: 'PAY_PER_REQUEST',
    AttributeDefinitions: [...new Set(names)].map((AttributeName) => ({
      AttributeName,
      AttributeType: 'S' as const,
    })),
    KeySchema: keySchema(partitionKey, sortKey),
    ...(localIndex && {
      LocalSecondaryIndexes: [keysOnly(localIndex.name, partitionKey, localIndex.sortKey)],
    }),
    ...(globalIndexes.length > 0 && {
      GlobalSecondaryIndexes: globalIndexes.map((index) =>
        keysOnly(index.name, index.partitionKey, index.sortKey),
      ),
    }),
  } satisfies CreateTableCommandInput;
}

function keySchema(partitionKey: string, sortKey: string | undefined) {
  return [
    { AttributeName: partitionKey, KeyType: 'HASH' as const },
    ...(sortKey === undefined ? [] : [{ AttributeName: sortKey, KeyType: 'RANGE' as const }]),
  ];
}

function keysOnly(name: string, partitionKey: string, sortKey: string | undefined) {
  return {
    IndexName: name,
    KeySchema: keySchema(partitionKey, sortKey),
    Projection: { ProjectionType: 'KEYS_ONLY' as const },
  };
}

/** A table's keys and its indexes, in a form that can be compared and read. */
function keysOf(
  table: Pick<TableDescription, 'KeySchema' | 'LocalSecondaryIndexes' | 'GlobalSecondaryIndexes'>,
): string {
  const names = (schema: TableDescription['KeySchema']) => schema?.map((key) => key.AttributeName).join('+');
  const indexes = [...(table.LocalSecondaryIndexes ?? []), ...(table.GlobalSecondaryIndexes ?? [])]
    .map((index) => `${index.IndexName}: ${names(index.KeySchema)}`)
    .sort();
  return [names(table.KeySchema), ...indexes].join(', ');
}
