import type { TableDefinition } from '../../lambda/store/tables.ts';

/** A table as the stack deploys it. */
export function describeDeployed(table: TableDefinition): unknown {
  const key = (name: string, type: string) => ({ AttributeName: name, KeyType: type });
  const { partitionKey, sortKey, localIndex, globalIndexes = [], expiryAttribute } = table;
  const indexed = globalIndexes.flatMap((index) => [index.partitionKey, index.sortKey]);
  const attributes = [partitionKey, sortKey, localIndex?.sortKey, ...indexed].filter(
    (name) => name !== undefined,
  );
  const keys = (hash: string, range?: string) => [
    key(hash, 'HASH'),
    ...(range === undefined ? [] : [key(range, 'RANGE')]),
  ];
  return {
    Type: 'AWS::DynamoDB::Table',
    Properties: {
      AttributeDefinitions: [...new Set(attributes)].map((name) => ({
        AttributeName: name,
        AttributeType: 'S',
      })),
      KeySchema: keys(partitionKey, sortKey),
      ...(localIndex && {
        LocalSecondaryIndexes: [
          {
            IndexName: localIndex.name,
            KeySchema: keys(partitionKey, localIndex.sortKey),
            Projection: { ProjectionType: 'KEYS_ONLY' },
          },
        ],
      }),
      ...(globalIndexes.length > 0 && {
        GlobalSecondaryIndexes: globalIndexes.map((index) => ({
          IndexName: index.name,
          KeySchema: keys(index.partitionKey, index.sortKey),
          Projection: { ProjectionType: 'KEYS_ONLY' },
        })),
      }),
      ...(expiryAttribute && { TimeToLiveSpecification: { AttributeName: expiryAttribute, Enabled: true } }),
      BillingMode: 'PAY_PER_REQUEST',
      DeletionProtectionEnabled: true,
      PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
    },
    UpdateReplacePolicy: 'Retain',
    DeletionPolicy: 'Retain',
  };
}
