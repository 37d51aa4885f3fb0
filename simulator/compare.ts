import type { ExpectedPartition, FleetTruth } from './truth.ts';

/** A table's item: attribute names with plain values. */
export type Item = Readonly<Record<string, string | number | boolean | undefined>>;

/** The tables to compare, each as its items in any order. */
export interface LedgerTables {
  sessions(): AsyncIterable<Item>;
  usage(): AsyncIterable<Item>;
  events(): AsyncIterable<Item>;
}

/** The result of a comparison. */
export interface Comparison {
  readonly equal: boolean;
  /** One sentence per difference, at most twenty: table, item, attribute, expected value, found value. */
  readonly differences: readonly string[];
  /** The number of all differences, including those without a sentence. */
  readonly differing: number;
  /** How many items the truth expects. */
  readonly checked: { readonly sessions: number; readonly usage: number; readonly events: number };
}

/** The result of comparing the query API's answers. */
export interface AnswerComparison extends Pick<Comparison, 'differences' | 'differing'> {
  /** How many sessions the truth has an answer for. */
  readonly checked: number;
}

/** The most sentences of a comparison. */
export const maxSentences = 20;

/** What to compare of a table. The truth has attributes with the same names. */
interface Compared {
  readonly name: string;
  readonly sortKey: string;
  readonly attributes: readonly string[];
  listExpected(partition: ExpectedPartition): ReadonlyMap<string, object>;
}

/** The tables to compare, with names and keys as in docs/tables.md. The partition key of all is `sim`. */
export const comparedTables = {
  sessions: {
    name: 'Sessions',
    sortKey: 'sessionId',
    attributes: ['status', 'start', 'end', 'lastUpdated', 'dataUploaded', 'dataDownloaded', 'dataTotal'],
    listExpected: (partition) => partition.sessions,
  },
  usage: {
    name: 'Usage',
    sortKey: 'usageId',
    attributes: ['dataUploaded', 'dataDownloaded', 'dataTotal', 'messages', 'messagesTx', 'messagesRx'],
    listExpected: (partition) => partition.usage,
  },
  events: {
    name: 'Events',
    sortKey: 'eventKey',
    attributes: ['type', 'carrierType'],
    listExpected: (partition) => partition.events,
  },
} as const satisfies Record<string, Compared>;

const comparedAnswers: Compared = {
  ...comparedTables.sessions,
  name: 'DataSessions',
  listExpected: (partition) => partition.answers(),
};

/**
 * Compares the ledger with the simulator's truth: no item may be missing, extra or different.
 *
 * @param truth complete only after all deliveries were generated.
 * @throws what reading the tables throws.
 */
export async function compareLedger(truth: FleetTruth, tables: LedgerTables): Promise<Comparison> {
  const findings = new Findings();
  const checked = {
    sessions: await compareItems(comparedTables.sessions, truth, tables.sessions(), findings),
    usage: await compareItems(comparedTables.usage, truth, tables.usage(), findings),
    events: await compareItems(comparedTables.events, truth, tables.events(), findings),
  };
  return { equal: findings.count === 0, differences: findings.sentences, differing: findings.count, checked };
}

/**
 * Compares the query API's answers about Super SIM sessions with the simulator's truth.
 *
 * @param answers like items of the sessions table, for all SIMs whose partition has answers.
 * @throws what calling the API throws.
 */
export async function compareAnswers(
  truth: FleetTruth,
  answers: AsyncIterable<Item>,
): Promise<AnswerComparison> {
  const findings = new Findings();
  const checked = await compareItems(comparedAnswers, truth, answers, findings);
  return { differences: findings.sentences, differing: findings.count, checked };
}

class Findings {
  readonly sentences: string[] = [];
  count = 0;

  add(sentence: string): void {
    this.count++;
    if (this.sentences.length < maxSentences) this.sentences.push(sentence);
  }
}

async function compareItems(
  table: Compared,
  truth: FleetTruth,
  items: AsyncIterable<Item>,
  findings: Findings,
): Promise<number> {
  const seen = new Map<string, Set<string>>();
  for await (const item of items) {
    const sim = String(item['sim']);
    const key = String(item[table.sortKey]);
    const keys = seen.get(sim) ?? new Set();
    seen.set(sim, keys.add(key));
    const partition = truth.partitions.get(sim);
    const expected = partition === undefined ? undefined : table.listExpected(partition).get(key);
    if (expected === undefined) findings.add(`${table.name} ${sim} ${key}: not expected`);
    else compareItem(table, item, expected, findings);
  }
  let count = 0;
  for (const [sim, partition] of truth.partitions) {
    for (const key of table.listExpected(partition).keys()) {
      count++;
      if (seen.get(sim)?.has(key) !== true) findings.add(`${table.name} ${sim} ${key}: missing`);
    }
  }
  return count;
}

function compareItem(table: Compared, item: Item, expected: object, findings: Findings): void {
  for (const attribute of table.attributes) {
    if (!isStated(attribute, expected)) continue;
    const wanted: unknown = Reflect.get(expected, attribute);
    const found = item[attribute];
    if (found === wanted) continue;
    const place = `${table.name} ${item['sim']} ${item[table.sortKey]}`;
    findings.add(`${place}: ${attribute} expected ${showValue(wanted)}, found ${showValue(found)}`);
  }
}

/**
 * Whether the truth states an attribute: an event has either a name or a number, and no carrier states the end of a
 * failed session.
 */
function isStated(attribute: string, expected: object): boolean {
  if (attribute === 'end' && Reflect.get(expected, 'status') === 'failed') return false;
  return attribute in expected;
}

function showValue(value: unknown): string {
  return value === undefined ? 'none' : JSON.stringify(value);
}
