import { isDeepStrictEqual } from 'node:util';
import { type DynamoDBClient, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { type Day, listDays } from '../days/day.ts';
import { type Finding, finding } from '../days/findings/finding.ts';
import type { FindingStore, SimFindings } from '../days/pass/ports.ts';
import { compareTexts } from '../days/rows.ts';
import { findMonth } from '../days/sim-days.ts';
import { findSlot } from '../days/slots.ts';
import { readItems } from './batch-get.ts';
import { compileCodec, type Item } from './codec.ts';
import { mapConcurrently } from './concurrency.ts';
import { holdsCondition } from './conditions.ts';
import { readNumber, readText } from './item-attributes.ts';
import { measureItem } from './items.ts';
import { queryAll, queryPages } from './query-pages.ts';
import { findingsTable } from './tables.ts';

/** Encodes and decodes a finding. All findings of a SIM's day are in one item. */

const findingCodec = compileCodec<Finding>(finding);

/** How many SIMs' findings are written concurrently. */
const concurrentSims = 16;

/** The most bytes of an item. DynamoDB accepts 400 KB. */
const maxItemBytes = 380_000;

/** Slots that spread the SIMs of a month over partitions of the index, each of which takes 1,000 writes a second. */
const slots = [...'0123456789abcdef'];

const [byMonth] = findingsTable.globalIndexes;

/** The stored findings of a SIM's day. */
export interface StoredFindings extends SimFindings {
  /** How many findings are only in the lake, because the item has no room for them; nearly always 0. */
  readonly leftOut: number;
}

/** The SIM and day of stored findings. */
export interface FindingsKey {
  readonly sim: string;
  readonly day: Day;
}

/** The findings of a deployment. */
export class FindingsTable implements FindingStore {
  readonly #client: DynamoDBClient;
  readonly #tableName: string;

  constructor(client: DynamoDBClient, tableName: string) {
    this.#client = client;
    this.#tableName = tableName;
  }

  async put(found: readonly SimFindings[], revision: number): Promise<void> {
    await mapConcurrently(found, concurrentSims, (one) =>
      holdsCondition(
        this.#client.send(
          new PutItemCommand({
            TableName: this.#tableName,
            Item: encodeFindings(one, revision),
            ConditionExpression: 'attribute_not_exists(revision) OR revision < :revision',
            ExpressionAttributeValues: { ':revision': { N: String(revision) } },
          }),
        ),
      ),
    );
  }

  async read(sim: string, from: Day, through: Day): Promise<StoredFindings[]> {
    const items = await queryAll(this.#client, {
      TableName: this.#tableName,
      ConsistentRead: true,
      KeyConditionExpression: '#sim = :sim AND #day BETWEEN :from AND :through',
      ExpressionAttributeNames: { '#sim': findingsTable.partitionKey, '#day': findingsTable.sortKey },
      ExpressionAttributeValues: { ':sim': { S: sim }, ':from': { S: from }, ':through': { S: through } },
    });
    return items.map(decodeFindings).filter(({ findings }) => findings.length > 0);
  }

  /** Whether exactly these findings are stored for a SIM's day. Reads consistently. */
  async holds(found: SimFindings): Promise<boolean> {
    const [stored] = await this.read(found.sim, found.day, found.day);
    const isEmpty = found.findings.length === 0;
    return isEmpty
      ? stored === undefined
      : isDeepStrictEqual(stored, decodeFindings(encodeFindings(found, 0)));
  }

  /** The SIMs with findings in a range of days, both ends included, in pages. A SIM occurs once per day. */
  async *listSims(from: Day, through: Day): AsyncGenerator<readonly string[]> {
    const months = new Set(listDays(from, through).map(findMonth));
    for (const month of months) {
      for (const slot of slots) {
        const range = { from: `${from}#`, to: `${through}$` };
        for await (const page of queryPages(this.#client, this.#describeMonth(month, slot, range)))
          yield page.map((item) => readText(item, findingsTable.partitionKey));
      }
    }
  }

  /**
   * The SIMs and days with findings in a month, latest day first.
   *
   * @param range the first and the last `<day>#<sim>` to list, both included.
   */
  async listKeys(
    month: string,
    range: { readonly from: string; readonly to: string },
    limit: number,
  ): Promise<FindingsKey[]> {
    const lists = await mapConcurrently(slots, slots.length, async (slot) => {
      const items: Item[] = [];
      const pages = queryPages(this.#client, {
        ...this.#describeMonth(month, slot, range),
        ScanIndexForward: false,
        Limit: limit,
      });
      for await (const page of pages) {
        items.push(...page);
        if (items.length >= limit) break;
      }
      return items;
    });
    return lists
      .flat()
      .map((item) => ({
        sim: readText(item, findingsTable.partitionKey),
        day: readText(item, findingsTable.sortKey),
      }))
      .sort((a, b) => compareTexts(makeEntry(b), makeEntry(a)))
      .slice(0, limit);
  }

  #describeMonth(month: string, slot: string, { from, to }: { readonly from: string; readonly to: string }) {
    return {
      TableName: this.#tableName,
      IndexName: byMonth.name,
      KeyConditionExpression: '#slot = :slot AND #entry BETWEEN :from AND :to',
      ExpressionAttributeNames: { '#slot': byMonth.partitionKey, '#entry': byMonth.sortKey },
      ExpressionAttributeValues: {
        ':slot': { S: `${month}#${slot}` },
        ':from': { S: from },
        ':to': { S: to },
      },
    };
  }

  /** The findings with the given keys, in the same order. */
  async readKeys(keys: readonly FindingsKey[]): Promise<StoredFindings[]> {
    const items = await readItems(
      this.#client,
      this.#tableName,
      keys.map(({ sim, day }) => ({
        [findingsTable.partitionKey]: { S: sim },
        [findingsTable.sortKey]: { S: day },
      })),
      { consistent: false },
    );
    const found = new Map(items.map(decodeFindings).map((one) => [makeEntry(one), one]));
    return keys.flatMap((key) => found.get(makeEntry(key)) ?? []);
  }
}

/** The sort key of a SIM's day in the index. */
export function makeEntry({ sim, day }: FindingsKey): string {
  return `${day}#${sim}`;
}

/** The findings of a SIM's day as an item, with as many findings as fit. */
export function encodeFindings({ sim, day, findings }: SimFindings, revision: number): Item {
  const keys: Item = {
    [findingsTable.partitionKey]: { S: sim },
    [findingsTable.sortKey]: { S: day },
    revision: { N: String(revision) },
  };
  if (findings.length === 0) return keys;
  const encoded = findings.map((one) => ({ M: findingCodec.encode(one) }));
  let bytes = 0;
  const kept = encoded.filter((one) => {
    bytes += measureItem({ one });
    return bytes <= maxItemBytes;
  });
  const leftOut = encoded.length - kept.length;
  return {
    ...keys,
    findings: { L: kept },
    ...(leftOut > 0 && { leftOut: { N: String(leftOut) } }),
    [byMonth.partitionKey]: { S: `${findMonth(day)}#${findSlot(sim).slice(0, 1)}` },
    [byMonth.sortKey]: { S: makeEntry({ sim, day }) },
  };
}

/** The findings that an item holds. */
export function decodeFindings(item: Item): StoredFindings {
  return {
    sim: readText(item, findingsTable.partitionKey),
    day: readText(item, findingsTable.sortKey),
    findings: (item['findings']?.L ?? []).map(({ M = {} }) => findingCodec.decode(M)),
    leftOut: readNumber(item, 'leftOut'),
  };
}
