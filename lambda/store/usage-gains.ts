import { renderingDistance } from '../ledger/counted.ts';
import type { Usage } from '../ledger/observation.ts';
import { cutToSecond, formatTime, toMilliseconds } from '../ledger/time.ts';
import { tryReadItems } from './batch-get.ts';
import { readKeyTime } from './counted-items.ts';
import type { Item } from './items.ts';
import type { LedgerTables, WriteOptions } from './ledger-tables.ts';
import type { UsageGain } from './report.ts';
import { usageCodec } from './schema.ts';
import { usageTable } from './tables.ts';

/** What usage gained by the writes of a batch. */
export class UsageGains {
  readonly #gains: { readonly usage: Usage; readonly before: Item | undefined }[] = [];

  /** Adds a record that was put, in place of another rendering if there was one. */
  add(usage: Usage, before: Item | undefined): void {
    this.#gains.push({ usage, before });
  }

  /**
   * The gains, once everything is put. A file that rounds times brings a record under a key that is a second away from that of
   * the stream. The second of the two gains what it says beyond the first. One of which that cannot be read is left out: rather
   * too little than twice.
   */
  async settle(
    { client, usage: tableName }: Pick<LedgerTables, 'client' | 'usage'>,
    options: WriteOptions,
  ): Promise<readonly UsageGain[]> {
    const doubtful = this.#gains.filter(
      ({ usage, before }) => before === undefined && mayBeSecond(usage, options),
    );
    const keys = new Map(
      doubtful.flatMap(({ usage }) =>
        listNeighbourKeys(usage).map((key): [string, Item] => [printKey(key), key]),
      ),
    );
    const read = await tryReadItems(client, tableName, [...keys.values()], { consistent: true });
    const stored = new Map(read.items.map((item) => [printKey(item), item]));
    const unread = new Set(read.unread.map(printKey));
    return this.#gains.flatMap(({ usage, before }) => {
      const around =
        before === undefined && mayBeSecond(usage, options) ? listNeighbourKeys(usage).map(printKey) : [];
      if (around.some((key) => unread.has(key))) return [];
      const other = around
        .map((key) => stored.get(key))
        .find((item) => item !== undefined && rendersSame(item, usage));
      const first = before ?? other;
      return [{ usage, before: first && usageCodec.decode(first) }];
    });
  }
}

/** Milliseconds within which no file brings what a stream does: carriers write files for whole hours. */
const fileMilliseconds = 10 * 60_000;

/** Whether another path may have brought the record before, under another key. Only keys of whole seconds can differ. */
function mayBeSecond({ usageId, end }: Usage, { readBeforeWrite, writtenAt = 0 }: WriteOptions): boolean {
  const time = readKeyTime(usageId);
  if (cutToSecond(time) !== time) return false;
  return readBeforeWrite || writtenAt - toMilliseconds(end) > fileMilliseconds;
}

/** Keys of other renderings of a record whose key has its second: those a second before and after. */
function listNeighbourKeys({ sim, usageId }: Usage): Item[] {
  const time = readKeyTime(usageId);
  return [-renderingDistance, renderingDistance].map((distance) => ({
    [usageTable.partitionKey]: { S: sim },
    [usageTable.sortKey]: {
      S: `${formatTime(toMilliseconds(time) + distance)}${usageId.slice(time.length)}`,
    },
  }));
}

function printKey(item: Item): string {
  return `${item[usageTable.partitionKey]?.S}\n${item[usageTable.sortKey]?.S}`;
}

function rendersSame(item: Item, { source, start }: Usage): boolean {
  const distance = Math.abs(toMilliseconds(item['start']?.S ?? '') - toMilliseconds(start));
  return item['source']?.S === source && distance <= renderingDistance;
}
