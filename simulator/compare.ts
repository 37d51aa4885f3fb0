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

/** What a comparison of the query API's answers found. */
export interface AnswerComparison extends Pick<Comparison, 'differences' | 'differing'> {
  /** Sessions that the truth has an answer about. */
  readonly checked: number;
}

/** Sentences that a comparison gives at most. */
export const maxSentences = 20;

/** What is compared, key by key. The truth has the attributes under the same names. */
interface Compared {
  readonly name: string;
  readonly sortKey: string;
  readonly attributes: readonly string[];
  listExpected(partition: ExpectedPartition): ReadonlyMap<string, object>;
}

/** The tables that are compared, as docs/tables.md names them and their keys. All have the partition key `sim`. */
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
 * Compares the ledger with what the simulator knows to be true: no item may be missing, extra or different.
 *
 * @param truth complete only after all deliveries have been generated.
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
 * Compares what the query API answers about Super SIMs' sessions with what the simulator knows to be true.
 *
 * @param answers items as of the sessions table, of all SIMs whose partition has answers.
 * @throws what asking the API throws.
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

/** An event is known by its name or its number, and only an ended session has an end that a carrier states. */
function isStated(attribute: string, expected: object): boolean {
  if (attribute === 'end' && Reflect.get(expected, 'status') === 'failed') return false;
  return attribute in expected;
}

function showValue(value: unknown): string {
  return value === undefined ? 'none' : JSON.stringify(value);
}
