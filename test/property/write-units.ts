import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import type { Item } from '../../lambda/store/items.ts';
import type { TableDefinition } from '../../lambda/store/tables.ts';
import { numberBytes } from './dynamodb-values.ts';

/** What writes cost on demand: a unit for each begun kilobyte of the larger of before and after. */
const bytesPerUnit = 1024;

/** An item's bytes as DynamoDB counts them. */
export function bytesOf(item: Item): number {
  return Object.entries(item).reduce(
    (bytes, [name, value]) => bytes + Buffer.byteLength(name) + valueBytes(value),
    0,
  );
}

function valueBytes(value: AttributeValue): number {
  if (value.S !== undefined) return Buffer.byteLength(value.S);
  // 3 bytes, and one more for each member.
  if (value.L !== undefined) return value.L.reduce((bytes, one) => bytes + 1 + valueBytes(one), 3);
  if (value.M !== undefined) return 3 + Object.keys(value.M).length + bytesOf(value.M);
  return value.N === undefined ? 1 : numberBytes(value.N);
}

/** Write units of an item that is written, or whose condition fails. */
export function unitsOf(item: Item | undefined): number {
  return item === undefined ? 1 : Math.ceil(bytesOf(item) / bytesPerUnit);
}

/** Write units of a table's indexes: an entry costs one when it appears or goes; a key that changes moves it. */
export function indexUnits(
  { localIndex, globalIndexes = [] }: TableDefinition,
  before: Item | undefined,
  after: Item,
): number {
  const indexes = [
    ...(localIndex === undefined ? [] : [[localIndex.sortKey]]),
    ...globalIndexes.map((index) => [
      index.partitionKey,
      ...(index.sortKey === undefined ? [] : [index.sortKey]),
    ]),
  ];
  return indexes.reduce((units, names) => {
    const [was, is] = [entryOf(before, names), entryOf(after, names)];
    if (was === is) return units;
    return units + (was === undefined ? 0 : 1) + (is === undefined ? 0 : 1);
  }, 0);
}

function entryOf(item: Item | undefined, names: readonly string[]): string | undefined {
  const values = names.map((name) => item?.[name]?.S);
  return values.includes(undefined) ? undefined : JSON.stringify(values);
}
