import { type LocalDynamoDb, startDynamoDb } from '../../../../emulators/dynamodb/start.ts';
import { alertOutboxTable } from '../../../../lambda/store/tables.ts';

/** Starts a DynamoDB that has the outbox alone. */
export function startOutboxTable(): Promise<LocalDynamoDb> {
  const { name, partitionKey, sortKey, localIndex } = alertOutboxTable;
  const keySchema = (sort: string) => [
    { AttributeName: partitionKey, KeyType: 'HASH' as const },
    { AttributeName: sort, KeyType: 'RANGE' as const },
  ];
  const definition = {
    TableName: name,
    BillingMode: 'PAY_PER_REQUEST' as const,
    AttributeDefinitions: [partitionKey, sortKey, localIndex.sortKey].map((AttributeName) => ({
      AttributeName,
      AttributeType: 'S' as const,
    })),
    KeySchema: keySchema(sortKey),
    LocalSecondaryIndexes: [
      {
        IndexName: localIndex.name,
        KeySchema: keySchema(localIndex.sortKey),
        Projection: { ProjectionType: 'KEYS_ONLY' as const },
      },
    ],
  };
  return startDynamoDb({ port: 0, tables: [definition] });
}
