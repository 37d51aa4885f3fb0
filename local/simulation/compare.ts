import { eventsTable, sessionsTable, usageTable } from '../../lambda/store/tables.ts';
import type { ExpectedPartition, FleetTruth } from './truth.ts';

/** A table's item: attribute names and plain values. */
export type Item = Readonly<Record<string, string | number | boolean | undefined>>;

/** The tables to be compared, each as its items in any order. */
export interface LedgerTables {
  sessions(): AsyncIterable<Item>;
  usage(): AsyncIterable<Item>;
  events(): AsyncIterable<Item>;
}

/** What a comparison found. */
export interface Comparison {
  readonly equal: boolean;
  /** One sentence each, at most twenty: table, item, attribute, what was expected and what was found. */
  readonly differences: readonly string[];
  /** All differences, those that have no sentence included. */
  readonly differing: number;
  /** Items that the truth expects. */
  readonly checked: { readonly sessions: number; readonly usage: number; readonly events: number };
}

/** Sentences that a comparison gives at most. */
const mostSentences = 20;

/** Attributes that are compared in each table; the truth has them under the same names. */
export const comparedAttributes = {
  sessions: ['status', 'start', 'end', 'lastUpdated', 'dataUploaded', 'dataDownloaded', 'dataTotal'],
  usage: ['dataUploaded', 'dataDownloaded', 'dataTotal', 'messages'],
  events: ['type', 'carrierType'],
} as const;

interface ComparedTable {
  readonly name: string;
  readonly sortKey: string;
  readonly attributes: readonly string[];
  items(tables: LedgerTables): AsyncIterable<Item>;
  expected(partition: ExpectedPartition): ReadonlyMap<string, object>;
}

const comparedTables = {
  sessions: {
    name: sessionsTable.name,
    sortKey: sessionsTable.sortKey,
    attributes: comparedAttributes.sessions,
    items: (tables) => tables.sessions(),
    expected: (partition) => partition.sessions,
  },
  usage: {
    name: usageTable.name,
    sortKey: usageTable.sortKey,
    attributes: comparedAttributes.usage,
    items: (tables) => tables.usage(),
    expected: (partition) => partition.usage,
  },
  events: {
    name: eventsTable.name,
    sortKey: eventsTable.sortKey,
    attributes: comparedAttributes.events,
    items: (tables) => tables.events(),
    expected: (partition) => partition.events,
  },
} as const satisfies Record<string, ComparedTable>;

/**
 * Compares the ledger with what the simulator knows to be true: no item missing, none too many, none unequal.
 *
 * @param truth complete only after all deliveries have been generated.
 * @throws whatever reading the tables throws.
 */
export async function compareLedger(truth: FleetTruth, tables: LedgerTables): Promise<Comparison> {
  const findings = new Findings();
  const checked = {
    sessions: await compareTable(comparedTables.sessions, truth, tables, findings),
    usage: await compareTable(comparedTables.usage, truth, tables, findings),
    events: await compareTable(comparedTables.events, truth, tables, findings),
  };
  return { equal: findings.count === 0, differences: findings.sentences, differing: findings.count, checked };
}

class Findings {
  readonly sentences: string[] = [];
  count = 0;

  add(sentence: string): void {
    this.count++;
    if (this.sentences.length < mostSentences) this.sentences.push(sentence);
  }
}

async function compareTable(
  table: ComparedTable,
  truth: FleetTruth,
  tables: LedgerTables,
  findings: Findings,
): Promise<number> {
  const seen = new Map<string, Set<string>>();
  for await (const item of table.items(tables)) {
    const sim = String(item['sim']);
    const key = String(item[table.sortKey]);
    const keys = seen.get(sim) ?? new Set();
    seen.set(sim, keys.add(key));
    const partition = truth.partitions.get(sim);
    const expected = partition === undefined ? undefined : table.expected(partition).get(key);
    if (expected === undefined) findings.add(`${table.name} ${sim} ${key}: not expected`);
    else compareItem(table, item, expected, findings);
  }
  let count = 0;
  for (const [sim, partition] of truth.partitions) {
    for (const key of table.expected(partition).keys()) {
      count++;
      if (seen.get(sim)?.has(key) !== true) findings.add(`${table.name} ${sim} ${key}: missing`);
    }
  }
  return count;
}

function compareItem(table: ComparedTable, item: Item, expected: object, findings: Findings): void {
  for (const attribute of table.attributes) {
    if (!isStated(attribute, expected)) continue;
    const wanted: unknown = Reflect.get(expected, attribute);
    const found = item[attribute];
    if (found === wanted) continue;
    const place = `${table.name} ${item['sim']} ${item[table.sortKey]}`;
    findings.add(`${place}: ${attribute} expected ${shown(wanted)}, found ${shown(found)}`);
  }
}

/** An event is known by its name or its number, and only an ended session has an end that a carrier states. */
function isStated(attribute: string, expected: object): boolean {
  if (attribute === 'end' && Reflect.get(expected, 'status') === 'failed') return false;
  return attribute in expected;
}

function shown(value: unknown): string {
  return value === undefined ? 'none' : JSON.stringify(value);
}
