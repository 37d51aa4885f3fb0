import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { isCostMoney } from '../../lambda/carriers/cost.ts';
import { carriers } from '../../lambda/ledger/source.ts';
import type { Item } from '../../lambda/store/items.ts';
import { itemAttributes, sessionSchema, simSchema } from '../../lambda/store/schema.ts';
import type { ExportFormatName } from '../arguments.ts';
import { maskFields } from '../terminal/masking.ts';
import { formatCsvRow } from '../terminal/terminal.ts';

/** How items are written to files. */
export interface ExportFormat {
  readonly ending: string;
  /** The beginning of a file. */
  readonly writeHead: (columns: readonly string[]) => string;
  readonly writeLine: (item: Item, columns: readonly string[]) => string;
}

/** The formats by name. Numbers are written digit by digit, never through a float. */
export const formats: Readonly<Record<ExportFormatName, ExportFormat>> = {
  csv: {
    ending: 'csv',
    writeHead: (columns) => formatCsvRow(columns),
    writeLine: (item, columns) => formatCsvRow(columns.map((name) => formatValue(item[name]))),
  },
  jsonl: { ending: 'jsonl', writeHead: () => '', writeLine: (item) => formatJsonLine(item) },
};

/** An item without personal values. */
export function maskItem(item: Item): Item {
  const texts = Object.fromEntries(
    Object.entries(item).flatMap(([name, value]) => (value.S === undefined ? [] : [[name, value.S]])),
  );
  const masked = Object.entries(maskFields(texts)).map(([name, S]) => [name, { S }] as const);
  return { ...item, ...Object.fromEntries(masked) };
}

/**
 * An item of an older version in the current form: a cost that repeats the volume is not money, and becomes
 * `costVolume`, without a currency.
 */
export function omitFalseCost(item: Item): Item {
  const { cost, currency, ...rest } = item;
  const carrier = carriers.find((name) => name === item['carrier']?.S);
  if (cost?.N === undefined || carrier === undefined || isCostMoney(carrier)) return item;
  return { ...rest, costVolume: { S: cost.N } };
}

function formatValue(value: AttributeValue | undefined): string | boolean | undefined {
  return value?.S ?? value?.N ?? value?.BOOL;
}

/** DynamoDB writes numbers as JSON does, so the digits stay the same. */
function formatJsonLine(item: Item): string {
  const members = Object.entries(item)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, { S, N, BOOL }]) => `${JSON.stringify(name)}:${N ?? JSON.stringify(S ?? BOOL ?? null)}`);
  return `{${members.join(',')}}\n`;
}

/** The columns of an exported table, and the attribute that holds its time. */
export interface ExportedTable {
  readonly name: keyof typeof itemAttributes & ('sessions' | 'usage' | 'events' | 'sims');
  /** CSV columns, in order. JSON lines have every attribute. */
  readonly columns: readonly string[];
  /** Undefined if items have no time of their own: all are exported. */
  readonly time: string | undefined;
}

/** Internal attributes of the ledger: stamps, and the completeness of a rendering. */
const ownAffairs: readonly string[] = [
  ...[...sessionSchema, ...simSchema].map(({ stamp }) => stamp),
  'fullness',
];

/** All attributes of a table's items except {@link ownAffairs}, in schema order except for the first and the last. */
function listColumns(
  table: ExportedTable['name'],
  { first = [], last = [] }: { readonly first?: readonly string[]; readonly last?: readonly string[] } = {},
): readonly string[] {
  const placed = [...ownAffairs, ...first, ...last];
  const others = itemAttributes[table].map(({ name }) => name).filter((name) => !placed.includes(name));
  return [...first, ...others, ...last];
}

/** The exported tables. The first and last columns are fixed; new attributes of the schema come between them. */
export const exportedTables: readonly ExportedTable[] = [
  {
    name: 'sessions',
    columns: listColumns('sessions', {
      first: ['sim', 'sessionId', 'status', 'start', 'startStated', 'end'],
    }),
    time: 'start',
  },
  { name: 'usage', columns: listColumns('usage'), time: 'start' },
  {
    name: 'events',
    columns: listColumns('events', { last: ['expiresAt', 'source', 'carrier', 'iccid'] }),
    time: 'time',
  },
  { name: 'sims', columns: listColumns('sims'), time: undefined },
];
