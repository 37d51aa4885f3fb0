import { type Day, shiftDay, type TimeSpan } from '../days/day.ts';
import type { NamedFile } from '../days/named-files.ts';
import type { DayTables } from '../days/pass/ports.ts';
import type { EventRow } from '../days/rows.ts';
import { parseDecimal } from '../json/decimal.ts';
import { makeAccountKey } from '../ledger/accounts.ts';
import type { Session, Usage } from '../ledger/observation.ts';
import { cutToSecond } from '../ledger/time.ts';
import { readItems } from './batch-get.ts';
import { rankCompleteness } from './completeness.ts';
import { eventRecords, type RecordTable, usageRecords } from './counted-items.ts';
import { FiledRecordReader } from './filed-record-reader.ts';
import { readText } from './item-attributes.ts';
import { decodeSession, type Item } from './items.ts';
import { queryAll, scanPages } from './query-pages.ts';
import { type ReadableTables, scanSegments } from './reader.ts';
import { decodeEvent, decodeUsage } from './records.ts';
import { sessionsTable, simsTable } from './tables.ts';

/** The tables that the day pass reads. */
export interface DayRecordTables extends Omit<ReadableTables, 'files'> {
  /** The name of DayState. */
  readonly dayState: string;
  /** Days that usage is kept; 0 means forever. */
  readonly usageDays: number;
}

/** How many days before its expiry usage is treated as possibly expired, because the day pass may run late. */
const expiryMarginDays = 7;

/** Reads the ledger for the day pass. It returns each item as today's version would have written it. */
export class DayRecordReader implements DayTables {
  readonly #tables: DayRecordTables;
  readonly #isConsistent: boolean;

  /** @param options whether to read consistently, as is the default. */
  constructor(tables: DayRecordTables, { consistent = true }: { readonly consistent?: boolean } = {}) {
    this.#tables = tables;
    this.#isConsistent = consistent;
  }

  /** The keys of all SIMs, and the keys under which the events of their accounts are stored. */
  async *listSims(): AsyncGenerator<readonly string[]> {
    const accounts = new Set<string>();
    for await (const items of this.#scanSims()) {
      for (const item of items) {
        const accountId = item['accountId']?.S;
        if (accountId !== undefined) accounts.add(makeAccountKey(readText(item, 'source'), accountId));
      }
      yield items.map((item) => readText(item, simsTable.partitionKey));
    }
    yield [...accounts];
  }

  async readRecords(
    sim: string,
    span: TimeSpan,
  ): Promise<{ readonly usage: readonly Usage[]; readonly events: readonly EventRow[] }> {
    const { events } = this.#tables;
    const [usageRows, eventItems] = await Promise.all([
      this.readUsage(sim, span),
      this.#readItems(events, eventRecords, sim, span),
    ]);
    return { usage: usageRows, events: eventItems.map(readEvent) };
  }

  async readUsage(sim: string, span: TimeSpan): Promise<Usage[]> {
    return (await this.#readItems(this.#tables.usage, usageRecords, sim, span)).map(readUsage);
  }

  readNamedFiles(day: Day): Promise<readonly NamedFile[]> {
    const { client, dayState } = this.#tables;
    return new FiledRecordReader(client, dayState).readNamedFiles(day);
  }

  readFiledHashes(day: Day, part: string): AsyncIterable<Uint8Array> {
    const { client, dayState } = this.#tables;
    return new FiledRecordReader(client, dayState).readFiledHashes(day, part);
  }

  mayLackUsage(day: Day, closedThrough: Day): boolean {
    const { usageDays } = this.#tables;
    return usageDays > 0 && shiftDay(day, usageDays - expiryMarginDays) <= closedThrough;
  }

  async readSessions(sim: string, startedIn: TimeSpan, ids: readonly string[]): Promise<readonly Session[]> {
    const started = await this.#listStarted(sim, startedIn);
    const keys = [...new Set([...ids, ...started])].map((sessionId) => ({
      [sessionsTable.partitionKey]: { S: sim },
      [sessionsTable.sortKey]: { S: sessionId },
    }));
    const { client, sessions } = this.#tables;
    const items = await readItems(client, sessions, keys, { consistent: this.#isConsistent });
    return items.map(decodeSession);
  }

  /** Scans the fleet, one page of each segment concurrently. */
  async *#scanSims(): AsyncGenerator<Item[]> {
    const { client, sims, segments: total = scanSegments } = this.#tables;
    let segments = Array.from({ length: total }, (_, Segment) =>
      scanPages(client, {
        TableName: sims,
        ConsistentRead: this.#isConsistent,
        ProjectionExpression: '#sim, #source, accountId',
        ExpressionAttributeNames: { '#sim': simsTable.partitionKey, '#source': 'source' },
        ...{ TotalSegments: total, Segment },
      }),
    );
    while (segments.length > 0) {
      const pages = await Promise.all(segments.map((segment) => segment.next()));
      for (const { value } of pages) if (value !== undefined) yield value.Items ?? [];
      segments = segments.filter((_, at) => pages[at]?.done !== true);
    }
  }

  async #readItems(
    tableName: string,
    { sortKey, time }: RecordTable,
    sim: string,
    { from, to }: TimeSpan,
  ): Promise<Item[]> {
    const items = await queryAll(this.#tables.client, {
      TableName: tableName,
      ConsistentRead: this.#isConsistent,
      KeyConditionExpression: `sim = :sim AND ${sortKey} BETWEEN :from AND :to`,
      // The time of a key may be cut to the second.
      ExpressionAttributeValues: { ':sim': { S: sim }, ':from': { S: cutToSecond(from) }, ':to': { S: to } },
    });
    return items.filter((item) => {
      const at = readText(item, time);
      return at >= from && at < to;
    });
  }

  /** The ids of a SIM's sessions that began in a time span. */
  async #listStarted(sim: string, { from, to }: TimeSpan): Promise<string[]> {
    const { name, sortKey } = sessionsTable.localIndex;
    const items = await queryAll(this.#tables.client, {
      TableName: this.#tables.sessions,
      IndexName: name,
      ConsistentRead: this.#isConsistent,
      KeyConditionExpression: 'sim = :sim AND #start BETWEEN :from AND :to',
      ExpressionAttributeNames: { '#start': sortKey },
      ExpressionAttributeValues: { ':sim': { S: sim }, ':from': { S: from }, ':to': { S: to } },
    });
    return items.map((item) => readText(item, 'sessionId'));
  }
}

function readUsage(item: Item): Usage {
  const { volume, cost, costVolume, ...usage } = decodeUsage(item);
  return {
    ...usage,
    volume: writeCanonical(volume),
    cost: writeCanonical(cost),
    costVolume: writeCanonical(costVolume),
    completeness: rankCompleteness(item),
  };
}

function readEvent(item: Item): EventRow {
  return { ...decodeEvent(item), completeness: rankCompleteness(item) };
}

/**
 * A decimal as {@link parseDecimal} writes it: DynamoDB, and older versions of simledger, may have written it
 * differently.
 */
function writeCanonical(decimal: string | undefined): string | undefined {
  return decimal === undefined ? undefined : (parseDecimal(decimal) ?? decimal);
}
