import { renderingDistance } from '../ledger/counted.ts';
import type { Usage } from '../ledger/observation.ts';
import { cutToSecond, formatTime, toMilliseconds } from '../ledger/time.ts';
import { tryReadItems } from './batch-get.ts';
import { readKeyTime } from './counted-items.ts';
import { readText } from './item-attributes.ts';
import type { Item } from './items.ts';
import type { LedgerTables, WriteOptions } from './ledger-tables.ts';
import type { UsageGain } from './report.ts';
import { usageCodec } from './schema.ts';
import { usageTable } from './tables.ts';

/** Collects what usage gained by the writes of a batch. */
export class UsageGains {
  readonly #gains: { readonly usage: Usage; readonly before: Item | undefined }[] = [];

  /** Adds a record that was put, and that may have replaced another rendering. */
  add(usage: Usage, before: Item | undefined): void {
    this.#gains.push({ usage, before });
  }

  /**
   * The gains, after everything is put. A file that rounds times stores a record under a key one second away from that
   * of the stream. The second of the two gains only what it states beyond the first. If the other key cannot be read,
   * the record is left out: better to count too little than to count twice.
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

/** In this time after a record's end, no file repeats what the stream brought: carriers write files of whole hours. */
const fileMilliseconds = 10 * 60_000;

/**
 * Whether another source path may have stored the record before, under another key. Only keys of whole seconds can
 * differ.
 */
function mayBeSecond({ usageId, end }: Usage, { readBeforeWrite, writtenAt = 0 }: WriteOptions): boolean {
  const time = readKeyTime(usageId);
  if (cutToSecond(time) !== time) return false;
  return readBeforeWrite || writtenAt - toMilliseconds(end) > fileMilliseconds;
}

/** The keys that other renderings of a record with a whole-second key may have: one second before and after. */
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
  const distance = Math.abs(toMilliseconds(readText(item, 'start')) - toMilliseconds(start));
  return item['source']?.S === source && distance <= renderingDistance;
}
