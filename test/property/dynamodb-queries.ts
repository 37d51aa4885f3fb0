import type { AttributeValue, QueryCommandInput, ScanCommandInput } from '@aws-sdk/client-dynamodb';
import type { Item } from '../../lambda/store/items.ts';
import type { TableDefinition } from '../../lambda/store/tables.ts';
import { readExpressions, validationException } from './dynamodb-expressions.ts';

/**
 * Queries and scans, as far as the store sends them: a partition of a table or of an index, a range of its sort keys,
 * segments, pages, and the attributes that are asked for.
 */

/** Keys of a table, or of an index, which holds keys only. */
interface Place {
  readonly partitionKey: string;
  readonly sortKey: string | undefined;
  /** The attributes that an item has there; undefined where it has all of them. */
  readonly attributes: ReadonlySet<string> | undefined;
}

/** Items of a page, and where the next one begins. */
export interface Page {
  readonly Items: readonly Item[];
  readonly Count: number;
  readonly ScannedCount: number;
  readonly LastEvaluatedKey?: Item;
}

type Compare = (key: string) => boolean;

/** The partition of the table that a query is about; undefined where it is one of an index. */
export function findQueriedPartition(table: TableDefinition, input: QueryCommandInput): string | undefined {
  const place = findPlace(table, input.IndexName);
  return place.partitionKey === table.partitionKey ? readKeyCondition(place, input).partition : undefined;
}

/** Answers a query of items, in pages of at most this many items. */
export function answerQuery(
  table: TableDefinition,
  items: Iterable<Item>,
  input: QueryCommandInput,
  pageSize: number,
): Page {
  const place = findPlace(table, input.IndexName);
  const { partition, isWithin } = readKeyCondition(place, input);
  const found: Item[] = [];
  for (const item of items) {
    if (item[place.partitionKey]?.S !== partition) continue;
    const sort = place.sortKey === undefined ? '' : item[place.sortKey]?.S;
    if (sort !== undefined && isWithin(sort)) found.push(item);
  }
  const direction = input.ScanIndexForward === false ? -1 : 1;
  const order = (a: Item, b: Item): number => direction * compareKeys(table, place, a, b);
  found.sort(order);
  const { ExclusiveStartKey: start } = input;
  const rest = start === undefined ? found : found.filter((item) => order(item, start) > 0);
  return makePage(table, place, rest, input, pageSize);
}

/** Answers a scan of a segment, in pages of at most this many items. */
export function answerScan(
  table: TableDefinition,
  items: Iterable<Item>,
  input: ScanCommandInput,
  pageSize: number,
): Page {
  const { Segment: segment = 0, TotalSegments: segments = 1, ExclusiveStartKey: start } = input;
  const place = findPlace(table, input.IndexName);
  const found = [...items]
    .filter((item) => hashText(item[table.partitionKey]?.S ?? '') % segments === segment)
    .sort((a, b) => compareKeys(table, place, a, b));
  const rest =
    start === undefined ? found : found.filter((item) => compareKeys(table, place, item, start) > 0);
  return makePage(table, place, rest, input, pageSize);
}

function findPlace(table: TableDefinition, index: string | undefined): Place {
  const { partitionKey, sortKey, localIndex, globalIndexes = [] } = table;
  if (index === undefined) return { partitionKey, sortKey, attributes: undefined };
  const keys = [partitionKey, sortKey].filter((name) => name !== undefined);
  if (localIndex?.name === index) {
    return { partitionKey, sortKey: localIndex.sortKey, attributes: new Set([...keys, localIndex.sortKey]) };
  }
  const found = globalIndexes.find(({ name }) => name === index);
  if (found === undefined) throw validationException(`The table does not have the specified index: ${index}`);
  const own = [found.partitionKey, found.sortKey].filter((name) => name !== undefined);
  return {
    partitionKey: found.partitionKey,
    sortKey: found.sortKey,
    attributes: new Set([...keys, ...own]),
  };
}

/** `partition = :value`, and behind an `AND` a comparison of the sort key. */
const keyCondition = /^([#\w]+) = (:\w+)(?: AND ([#\w]+) (?:(=|<=?|>=?) (:\w+)|BETWEEN (:\w+) AND (:\w+)))?$/;

function readKeyCondition(
  place: Place,
  {
    KeyConditionExpression: text = '',
    ExpressionAttributeNames,
    ExpressionAttributeValues,
  }: QueryCommandInput,
): { partition: string; isWithin: Compare } {
  const [, partitionName = '', partition = '', sortName, sign, bound, first, last] =
    keyCondition.exec(text) ?? [];
  const nameOf = (name: string): string => ExpressionAttributeNames?.[name] ?? name;
  const stringOf = (name: string): string => {
    const value = (ExpressionAttributeValues?.[name] as AttributeValue | undefined)?.S;
    if (value === undefined) throw validationException(`A key is a string, and ${name} is not one`);
    return value;
  };
  const isOfSort = sortName === undefined || nameOf(sortName) === place.sortKey;
  if (nameOf(partitionName) !== place.partitionKey || !isOfSort) {
    throw validationException(`Query condition missed key schema element: ${text}`);
  }
  if (first !== undefined && last !== undefined) {
    const [from, to] = [stringOf(first), stringOf(last)];
    if (from > to)
      throw validationException('The BETWEEN operator requires upper bound greater than lower bound');
    return { partition: stringOf(partition), isWithin: (key) => key >= from && key <= to };
  }
  return { partition: stringOf(partition), isWithin: makeComparison(sign, bound && stringOf(bound)) };
}

function makeComparison(sign: string | undefined, bound: string | undefined): Compare {
  if (sign === undefined || bound === undefined) return () => true;
  return {
    '=': (key: string) => key === bound,
    '<': (key: string) => key < bound,
    '<=': (key: string) => key <= bound,
    '>': (key: string) => key > bound,
    '>=': (key: string) => key >= bound,
  }[sign] as Compare;
}

/** By the sort key of the place, then by the keys of the table, which tell apart what an index holds under one key. */
function compareKeys({ partitionKey, sortKey }: TableDefinition, place: Place, a: Item, b: Item): number {
  for (const name of [place.sortKey, partitionKey, sortKey]) {
    const [x, y] = name === undefined ? ['', ''] : [a[name]?.S ?? '', b[name]?.S ?? ''];
    if (x !== y) return x < y ? -1 : 1;
  }
  return 0;
}

function makePage(
  { partitionKey, sortKey }: TableDefinition,
  place: Place,
  rest: readonly Item[],
  input: QueryCommandInput | ScanCommandInput,
  pageSize: number,
): Page {
  const looked = rest.slice(0, Math.min(input.Limit ?? pageSize, pageSize));
  const last = looked.at(-1);
  const isEnd = last === undefined || looked.length === rest.length;
  const keys = new Set([partitionKey, sortKey, place.partitionKey, place.sortKey]);
  const isAsked = readProjection(input);
  const isWanted = readFilter(input);
  const items = looked
    .filter(isWanted)
    .map((item) => pick(item, (name) => (place.attributes?.has(name) ?? true) && isAsked(name)));
  return {
    Items: items,
    Count: items.length,
    ScannedCount: looked.length,
    ...(!isEnd && { LastEvaluatedKey: pick(last, (name) => keys.has(name)) }),
  };
}

function readProjection({
  ProjectionExpression: text,
  ExpressionAttributeNames: names,
}: QueryCommandInput | ScanCommandInput): (name: string) => boolean {
  if (text === undefined) return () => true;
  const asked = new Set(text.split(',').map((name) => names?.[name.trim()] ?? name.trim()));
  return (name) => asked.has(name);
}

function readFilter({
  FilterExpression: text,
  ExpressionAttributeNames: names = {},
  ExpressionAttributeValues: values = {},
}: QueryCommandInput | ScanCommandInput): (item: Item) => boolean {
  if (text === undefined) return () => true;
  const isNamed = ([name]: [string, unknown]): boolean => new RegExp(`${name}\\b`).test(text);
  const used = <Value>(all: Record<string, Value>): Record<string, Value> | undefined => {
    const entries = Object.entries(all).filter(isNamed);
    return entries.length === 0 ? undefined : Object.fromEntries(entries);
  };
  const { holds } = readExpressions({
    ConditionExpression: text,
    ExpressionAttributeNames: used(names),
    ExpressionAttributeValues: used(values),
  });
  return holds;
}

function pick(item: Item, isWanted: (name: string) => boolean): Item {
  const picked: Item = {};
  for (const name in item) {
    const value = item[name];
    if (value !== undefined && isWanted(name)) picked[name] = value;
  }
  return picked;
}

/** Spreads partitions over segments, always in the same way. */
function hashText(text: string): number {
  let hash = 7;
  for (let index = 0; index < text.length; index += 1) hash = (hash * 31 + text.charCodeAt(index)) % 65_521;
  return hash;
}
