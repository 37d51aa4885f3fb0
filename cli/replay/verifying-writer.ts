import type { LedgerPorts } from '../../lambda/ingest/ingest.ts';
import type { Changes } from '../../lambda/ledger/fold.ts';
import { readItems } from '../../lambda/store/batch-get.ts';
import type { Item } from '../../lambda/store/items.ts';
import type { LedgerTables, WriteOptions } from '../../lambda/store/ledger-tables.ts';
import type { WriteReport } from '../../lambda/store/report.ts';

/** What a replay changed, item by item. */
export interface Verification {
  /** Items that the replayed records are about, and that were there before and after. */
  readonly before: number;
  readonly after: number;
  /** Items that appeared, and that changed. */
  readonly added: number;
  readonly changed: number;
  /** The first of those. */
  readonly examples: readonly Difference[];
}

/** An item that is not as it was. */
export interface Difference {
  readonly table: string;
  readonly key: string;
  readonly kind: 'added' | 'changed';
  /** Names of the attributes that differ. */
  readonly attributes: readonly string[];
}

const maxExamples = 20;

/**
 * Watches a writer: reads every item that a batch is about before and after it is written, and compares them; when an
 * item expires, which counts from its arrival, aside. What other writers do to the same item in between counts as well.
 */
export class VerifyingWriter {
  readonly #writer: LedgerPorts['writer'];
  readonly #tables: LedgerTables;
  readonly #examples: Difference[] = [];
  #before = 0;
  #after = 0;
  #added = 0;
  #changed = 0;

  constructor(writer: LedgerPorts['writer'], tables: LedgerTables) {
    this.#writer = writer;
    this.#tables = tables;
  }

  get verification(): Verification {
    return {
      before: this.#before,
      after: this.#after,
      added: this.#added,
      changed: this.#changed,
      examples: this.#examples,
    };
  }

  async write(changes: Changes, options: WriteOptions): Promise<WriteReport> {
    const keys = listKeys(this.#tables, changes);
    const before = await this.#read(keys);
    const report = await this.#writer.write(changes, options);
    const after = await this.#read(keys);
    this.#before += before.size;
    this.#after += after.size;
    for (const [name, item] of after) this.#compare(name, before.get(name), item);
    return report;
  }

  async #read(keys: ReadonlyMap<string, readonly Item[]>): Promise<ReadonlyMap<string, Item>> {
    const items = new Map<string, Item>();
    for (const [table, ofTable] of keys) {
      const found = await readItems(this.#tables.client, table, ofTable, { consistent: true });
      for (const { expiresAt, ...item } of found) items.set(`${table} ${keyText(item)}`, item);
    }
    return items;
  }

  #compare(name: string, before: Item | undefined, after: Item): void {
    const attributes = [...new Set([...Object.keys(before ?? {}), ...Object.keys(after)])].filter(
      (attribute) => JSON.stringify(before?.[attribute]) !== JSON.stringify(after[attribute]),
    );
    if (attributes.length === 0) return;
    const kind = before === undefined ? 'added' : 'changed';
    if (kind === 'added') this.#added += 1;
    else this.#changed += 1;
    if (this.#examples.length === maxExamples) return;
    const [table = '', ...key] = name.split(' ');
    this.#examples.push({ table, key: key.join(' '), kind, attributes });
  }
}

/** The keys of everything that a batch is about, by table. */
function listKeys(tables: LedgerTables, changes: Changes): ReadonlyMap<string, readonly Item[]> {
  return new Map([
    [
      tables.sessions,
      changes.sessions.map(({ state }) => ({ sim: { S: state.sim }, sessionId: { S: state.sessionId } })),
    ],
    [
      tables.usage,
      changes.usage.map(({ state }) => ({ sim: { S: state.sim }, usageId: { S: state.usageId } })),
    ],
    [
      tables.events,
      changes.events.map(({ state }) => ({ sim: { S: state.sim }, eventKey: { S: state.eventKey } })),
    ],
    [tables.sims, changes.sims.map(({ state }) => ({ sim: { S: state.sim } }))],
  ]);
}

function keyText({ sim, sessionId, usageId, eventKey }: Item): string {
  return [sim, usageId ?? eventKey ?? sessionId].flatMap((part) => part?.S ?? []).join(' ');
}
