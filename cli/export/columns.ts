import { itemAttributes, sessionSchema, simSchema } from '../../lambda/store/schema.ts';

/** What of each table is exported, and by which attribute its time is known. */
export interface ExportedTable {
  readonly name: keyof typeof itemAttributes & ('sessions' | 'usage' | 'events' | 'sims');
  /** Columns of the CSV, in order. JSON lines have every attribute. */
  readonly columns: readonly string[];
  /** Undefined where items have no time of their own: all are exported. */
  readonly time: string | undefined;
}

/** When groups of attributes were observed, and how full a statement was, is the ledger's own affair. */
const ownAffairs: readonly string[] = [
  ...[...sessionSchema, ...simSchema].map(({ stamp }) => stamp),
  'fullness',
];

/** All attributes of a table's items but {@link ownAffairs}, in the order of the schema but for the first and the last. */
function listColumns(
  table: ExportedTable['name'],
  { first = [], last = [] }: { readonly first?: readonly string[]; readonly last?: readonly string[] } = {},
): readonly string[] {
  const placed = [...ownAffairs, ...first, ...last];
  const others = itemAttributes[table].map(({ name }) => name).filter((name) => !placed.includes(name));
  return [...first, ...others, ...last];
}

/** The tables that are exported. Columns stay where they are; what the schema gains comes among the others. */
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
