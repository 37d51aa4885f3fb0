import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { CreateTableCommandInput } from '@aws-sdk/client-dynamodb';
import { type DynamoDbOptions, type LocalDynamoDb, startDynamoDb } from '../emulators/dynamodb/start.ts';
import { type TableDefinition, tables } from '../lambda/store/tables.ts';

const projectDirectory = fileURLToPath(new URL('../', import.meta.url));
const compilation = {
  projectDirectory,
  cacheDirectory: join(projectDirectory, 'node_modules/.cache/simledger/engine'),
};

/** The requests that create the ledger's tables with their fixed names. */
export const tableRequests: readonly CreateTableCommandInput[] = tables.map(makeTableInput);

/**
 * Starts a local DynamoDB with the ledger's tables.
 *
 * @throws DynamoDbStartError, with `code` `EADDRINUSE` if the port is in use.
 */
export function startLedgerTables(options: Omit<DynamoDbOptions, 'tables'>): Promise<LocalDynamoDb> {
  return startDynamoDb({ compilation, ...options, tables: tableRequests });
}

/** The request that creates a table as the stack does: on demand, with indexes of keys only. */
function makeTableInput({ name, partitionKey, sortKey, localIndex, globalIndexes = [] }: TableDefinition) {
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
    KeySchema: makeKeySchema(partitionKey, sortKey),
    ...(localIndex && {
      LocalSecondaryIndexes: [makeKeysOnlyIndex(localIndex.name, partitionKey, localIndex.sortKey)],
    }),
    ...(globalIndexes.length > 0 && {
      GlobalSecondaryIndexes: globalIndexes.map((index) =>
        makeKeysOnlyIndex(index.name, index.partitionKey, index.sortKey),
      ),
    }),
  } satisfies CreateTableCommandInput;
}

function makeKeySchema(partitionKey: string, sortKey: string | undefined) {
  return [
    { AttributeName: partitionKey, KeyType: 'HASH' as const },
    ...(sortKey === undefined ? [] : [{ AttributeName: sortKey, KeyType: 'RANGE' as const }]),
  ];
}

function makeKeysOnlyIndex(name: string, partitionKey: string, sortKey: string | undefined) {
  return {
    IndexName: name,
    KeySchema: makeKeySchema(partitionKey, sortKey),
    Projection: { ProjectionType: 'KEYS_ONLY' as const },
  };
}
