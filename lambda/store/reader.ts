import {
  type AttributeValue,
  type DynamoDBClient,
  GetItemCommand,
  QueryCommand,
  type QueryCommandInput,
  ScanCommand,
  type ScanCommandInput,
  type ScanCommandOutput,
} from '@aws-sdk/client-dynamodb';
import type { KnownUsage } from '../alerts/known.ts';
import { type Day, findDay, findReadSpan, shiftDay, startDay } from '../days/day.ts';
import { prefetch } from '../days/pass/prefetch.ts';
import { compareTexts, makeRows, mergeItems, noItems } from '../days/rows.ts';
import type { MarkName } from '../ledger/heard.ts';
import type { Session, Sim } from '../ledger/observation.ts';
import { cutToSecond } from '../ledger/time.ts';
import { readItems } from './batch-get.ts';
import { compareCompleteness, rankCompleteness } from './completeness.ts';
import { mapConcurrently } from './concurrency.ts';
import {
  eventRecords,
  listKeysToRead,
  type RecordTable,
  selectCountedItems,
  type TimeRange,
  usageRecords,
} from './counted-items.ts';
import { decodeManifest } from './files.ts';
import { readText } from './item-attributes.ts';
import { decodeSession, decodeSim, type Item, stampValue } from './items.ts';
import { decodeKnownUsage, knownUsageAttributes } from './known-usage.ts';
import type { Manifest } from './manifest.ts';
import { queryAll, queryPages, scanPages } from './query-pages.ts';
import type {
  EventOptions,
  EventRange,
  FileKey,
  KeyRange,
  PageOptions,
  RecordRange,
  SessionKey,
  SimRange,
  UsageOptions,
} from './read-ranges.ts';
import { decodeEvent, decodeUsage, type StoredEvent, type StoredUsage } from './records.ts';
import { filterExpression, isNamed, type SimFilter } from './sim-filter.ts';
import { filesTable, sessionsTable, simsTable, usageTable } from './tables.ts';
import type { UsageArchive } from './usage-archive.ts';
import { type StoredWatchedSim, watchedSimCodec } from './watched-sims.ts';

/** The tables that the ledger is read from. */
export interface ReadableTables {
  readonly client: DynamoDBClient;
  readonly sessions: string;
  readonly usage: string;
  readonly events: string;
  readonly sims: string;
  readonly files: string;
  /** The archive of expired usage; undefined if usage never expires. */
  readonly archive?: UsageArchive | undefined;
  /** Segments in which the fleet is scanned concurrently; {@link scanSegments} by default. */
  readonly segments?: number | undefined;
}

/** Enough segments to scan a fleet of any size within a function's time. */
export const scanSegments = 8;

/** The indexes that find SIMs by a name or id. */
export type SimAlias = (typeof simsTable.globalIndexes)[number]['name'];

/** The attribute of a SIM's item that holds its name. */
const nameAttribute = 'simName';

/** The most SIMs of one name that are returned; nobody needs more. */
const maxNamesakes = 5;

/**
 * Reads the ledger. All reads are eventually consistent: they cost half as much and lag by less than a second.
 *
 * All reads use keys, except those that scan the fleet.
 */
export class LedgerReader {
  readonly #tables: ReadableTables;

  constructor(tables: ReadableTables) {
    this.#tables = tables;
  }

  /** The keys of SIMs with a given name or id; more than one if names of several carriers coincide. */
  async findSims(alias: SimAlias, name: string): Promise<string[]> {
    const attribute = simsTable.globalIndexes.find((index) => index.name === alias)?.partitionKey ?? '';
    const { Items: items = [] } = await this.#tables.client.send(
      new QueryCommand({
        TableName: this.#tables.sims,
        IndexName: alias,
        KeyConditionExpression: '#name = :name',
        ExpressionAttributeNames: { '#name': attribute },
        ExpressionAttributeValues: { ':name': { S: name } },
        Limit: maxNamesakes,
      }),
    );
    return items.map((item) => readText(item, simsTable.partitionKey));
  }

  /** SIMs by their keys, in the order of `keys`. SIMs without an item are left out. */
  async readSims(keys: readonly string[]): Promise<Sim[]> {
    const items = await readItems(
      this.#tables.client,
      this.#tables.sims,
      keys.map((sim) => ({ [simsTable.partitionKey]: { S: sim } })),
      { consistent: false },
    );
    const sims = new Map(items.map(decodeSim).map((sim) => [sim.sim, sim]));
    return keys.flatMap((key) => sims.get(key) ?? []);
  }

  /** The names of SIMs by their keys. SIMs without a name are left out. */
  async readSimNames(keys: readonly string[]): Promise<ReadonlyMap<string, string>> {
    const { partitionKey } = simsTable;
    const items = await readItems(
      this.#tables.client,
      this.#tables.sims,
      [...new Set(keys)].map((sim) => ({ [partitionKey]: { S: sim } })),
      { consistent: false, attributes: [partitionKey, nameAttribute] },
    );
    return new Map(
      items.flatMap(({ [partitionKey]: key, [nameAttribute]: name }) =>
        key?.S === undefined || name?.S === undefined ? [] : [[key.S, name.S] as const],
      ),
    );
  }

  /** A SIM; undefined if no record of it was stored. */
  async readSim(sim: string): Promise<Sim | undefined> {
    const item = await this.#get(this.#tables.sims, { [simsTable.partitionKey]: { S: sim } });
    return item && decodeSim(item);
  }

  /**
   * The keys of a SIM's sessions that started within a range, newest first.
   *
   * @param limit the most keys to return; if there are fewer, the range has no more.
   * @param after the key to continue after.
   */
  async listSessionKeys(
    { sim, from, to }: KeyRange,
    limit: number,
    { after, oldestFirst = false }: { after?: SessionKey | undefined; oldestFirst?: boolean } = {},
  ): Promise<SessionKey[]> {
    const keys: SessionKey[] = [];
    const pages = queryPages(this.#tables.client, {
      TableName: this.#tables.sessions,
      IndexName: sessionsTable.localIndex.name,
      KeyConditionExpression: 'sim = :sim AND #start BETWEEN :from AND :to',
      ExpressionAttributeNames: { '#start': sessionsTable.localIndex.sortKey },
      ExpressionAttributeValues: makeRangeValues(sim, from, to),
      ScanIndexForward: oldestFirst,
      Limit: limit,
      ExclusiveStartKey: after && {
        sim: { S: sim },
        sessionId: { S: after.sessionId },
        start: { S: after.start },
      },
    });
    for await (const items of pages) {
      for (const item of items)
        keys.push({ sessionId: readText(item, 'sessionId'), start: readText(item, 'start') });
      if (keys.length >= limit) return keys.slice(0, limit);
    }
    return keys;
  }

  /** Sessions by their ids, in the order of `sessionIds`. Ids without a session are left out. */
  async readSessions(sim: string, sessionIds: readonly string[]): Promise<Session[]> {
    const keys = sessionIds.map((sessionId) => ({ sim: { S: sim }, sessionId: { S: sessionId } }));
    const items = await readItems(this.#tables.client, this.#tables.sessions, keys, { consistent: false });
    const byId = new Map(items.map((item) => [readText(item, 'sessionId'), item]));
    return sessionIds.flatMap((sessionId) => {
      const item = byId.get(sessionId);
      return item === undefined ? [] : [decodeSession(item)];
    });
  }

  /**
   * A SIM's usage records that started within a range, newest first, in pages of up to a megabyte. Of two renderings of
   * a record, only the more complete one: see {@link CountedItems}.
   */
  async *readUsage(range: RecordRange, options: UsageOptions = {}): AsyncGenerator<StoredUsage[]> {
    const { archive } = this.#tables;
    if (archive === undefined) yield* this.#readStoredUsage(range, options);
    else yield* this.#readArchivedUsage(archive, range, options);
  }

  /** Usage that is in its table. */
  async *#readStoredUsage(
    range: RecordRange,
    { everyRendering = false, ...options }: UsageOptions,
  ): AsyncGenerator<StoredUsage[]> {
    const table = this.#tables.usage;
    if (everyRendering) {
      const { sim, from, to } = range;
      const input = makeRecordQuery(table, usageTable.sortKey, sim, { from, to });
      for await (const items of queryPages(this.#tables.client, input)) yield items.map(decodeUsage);
      return;
    }
    for await (const { items } of this.#readCounted(table, usageRecords, range, options)) {
      if (items.length > 0) yield items.map(decodeUsage);
    }
  }

  /**
   * The same records as {@link LedgerReader.readUsage}, but only the members that alerts need: it takes more CPU to decode
   * a whole record of some 400 bytes than to judge it.
   */
  async *readKnownUsage(
    range: RecordRange,
    { limit, before }: PageOptions = {},
  ): AsyncGenerator<KnownUsage[]> {
    const { archive, usage: table } = this.#tables;
    if (archive !== undefined) {
      yield* this.#readArchivedUsage(archive, range, { limit, before });
      return;
    }
    let isTied = false;
    const isFuller = (item: Item, other: Item): boolean => {
      const order = compareCompleteness(item, other);
      isTied ||= order === 0;
      return order > 0;
    };
    let last = before;
    const part = { attributes: knownUsageAttributes, isFuller };
    for await (const { items } of this.#readCounted(table, usageRecords, range, { limit, before }, part)) {
      // If two renderings are equally complete, their whole content decides which one counts.
      if (isTied) {
        yield* this.#readStoredUsage(range, { limit, before: last });
        return;
      }
      if (items.length === 0) continue;
      yield items.map(decodeKnownUsage);
      last = items.at(-1)?.[usageTable.sortKey]?.S;
    }
  }

  /**
   * Usage of days that may have partly expired. Merges a day's archive with its table as the day pass does, so that it
   * does not matter what has expired.
   */
  async *#readArchivedUsage(
    archive: UsageArchive,
    { sim, from, to }: RecordRange,
    options: UsageOptions,
  ): AsyncGenerator<StoredUsage[]> {
    const { before } = options;
    const keptFrom = startDay(archive.findKeptFrom());
    const isWanted = (begin: string): boolean => before === undefined || begin < before;
    if (to > keptFrom && isWanted(keptFrom)) {
      yield* this.#readStoredUsage({ sim, from: from > keptFrom ? from : keptFrom, to }, options);
    }
    if (from >= keptFrom) return;
    let end = to > keptFrom ? keptFrom : to;
    const days = await archive.listDays(sim, findDay(from), findDay(end));
    async function* listWanted(): AsyncGenerator<Day> {
      yield* days.filter((day) => startDay(day) < end && isWanted(startDay(day)));
    }
    const merged = prefetch(listWanted(), concurrentDays, async (day) => ({
      day,
      usage: await this.#mergeDay(archive, sim, day, options.everyRendering === true),
    }));
    for await (const { day, usage } of merged) {
      const dayEnd = startDay(shiftDay(day, 1));
      if (dayEnd < end && isWanted(dayEnd))
        yield* this.#readStoredUsage({ sim, from: dayEnd, to: end }, options);
      const wanted = usage.filter(
        ({ start, usageId }) => start >= from && start < to && (before === undefined || usageId < before),
      );
      if (wanted.length > 0) yield wanted;
      end = startDay(day);
    }
    if (from < end && isWanted(from)) yield* this.#readStoredUsage({ sim, from, to: end }, options);
  }

  /** A SIM's usage of a day, newest first: the records that count, or every rendering. */
  async #mergeDay(
    archive: UsageArchive,
    sim: string,
    day: Day,
    everyRendering: boolean,
  ): Promise<StoredUsage[]> {
    const span = findReadSpan(day);
    const input = makeRecordQuery(
      this.#tables.usage,
      usageTable.sortKey,
      sim,
      listKeysToRead(span, undefined),
    );
    const [archived, items] = await Promise.all([
      archive.readUsage(sim, day),
      queryAll(this.#tables.client, input),
    ]);
    const stored = items.map((item) => ({
      ...decodeUsage(item),
      completeness: rankCompleteness(item),
    }));
    const merged = mergeItems({ ...noItems, usage: archived }, { ...noItems, usage: stored });
    const usage = everyRendering
      ? merged.usage.filter(({ start }) => findDay(start) === day)
      : makeRows(day, merged).usage;
    return usage.toSorted((a, b) => compareTexts(b.usageId, a.usageId));
  }

  /**
   * A SIM's events within a range, newest first. Of two renderings of an event, only the more complete one.
   *
   * @param limit the most events to return. There may be fewer before the end, because a search for a type reads at
   *   most some megabytes.
   */
  async readEvents(
    range: RecordRange,
    limit: number,
    { type, before }: EventOptions = {},
  ): Promise<EventRange> {
    const events: StoredEvent[] = [];
    // Types are filtered here, not by DynamoDB, because an event of another rendering may decide whether one counts.
    const options = { before, limit: type === undefined ? limit + spareRecords : undefined };
    let pages = 0;
    for await (const { items, decided } of this.#readCounted(
      this.#tables.events,
      eventRecords,
      range,
      options,
    )) {
      for (const item of items) {
        if (type !== undefined && item['type']?.S !== type) continue;
        if (events.length === limit) return { events, next: events.at(-1)?.eventKey };
        events.push(decodeEvent(item));
      }
      pages += 1;
      if (pages >= maxPages && decided !== undefined && decided < (before ?? range.to)) {
        return { events, next: decided };
      }
    }
    return { events, next: undefined };
  }

  /**
   * A page of the fleet, in an order that stays the same.
   *
   * @param limit the most SIMs to return. There may be fewer before the end, because a filter that few SIMs pass reads
   *   at most some megabytes.
   */
  async scanSims(filter: SimFilter, limit: number, after: string | undefined): Promise<SimRange> {
    const sims: Sim[] = [];
    let start = after;
    for (let page = 0; page < maxPages; page += 1) {
      const answer = await this.#scanPage(filter, limit, start);
      for (const item of answer.Items ?? []) {
        const sim = decodeSim(item);
        if (!isNamed(sim, filter.name)) continue;
        if (sims.length === limit) return { sims, next: sims.at(-1)?.sim };
        sims.push(sim);
      }
      start = answer.LastEvaluatedKey?.[simsTable.partitionKey]?.S;
      if (start === undefined) return { sims, next: undefined };
    }
    return { sims, next: start };
  }

  /**
   * Scans the whole fleet in concurrent segments for the SIMs whose marks are not after a time, and for those without
   * marks.
   *
   * @param take called with some SIMs at a time, in no particular order.
   * @returns how many SIMs were scanned.
   */
  async scanUnheardSims(
    filter: SimFilter,
    heardBy: string,
    take: (sims: readonly Sim[]) => void,
  ): Promise<number> {
    const { expression, names, values } = filterExpression(filter);
    const unheard = [signalledStamp, bytesStamp].map(
      (stamp) => `(attribute_not_exists(${stamp}) OR ${stamp} <= :heardBy)`,
    );
    const input: ScanCommandInput = {
      TableName: this.#tables.sims,
      FilterExpression: [...(expression === '' ? [] : [expression]), ...unheard].join(' AND '),
      ...(expression !== '' && { ExpressionAttributeNames: names }),
      ExpressionAttributeValues: { ...values, ':heardBy': stampValue(heardBy) },
    };
    let scanned = 0;
    await this.#scanFleet(input, ({ Items = [], ScannedCount = 0 }) => {
      scanned += ScannedCount;
      take(Items.map(decodeSim).filter((sim) => isNamed(sim, filter.name)));
    });
    return scanned;
  }

  /**
   * Scans the whole fleet in concurrent segments, and reads only what alerts need of each SIM.
   *
   * @param take called with some SIMs at a time, in no particular order.
   */
  async scanWatchedSims(take: (sims: readonly StoredWatchedSim[]) => void): Promise<void> {
    const attributes = watchedSimCodec.attributes.map(({ name }) => name);
    const input: ScanCommandInput = { TableName: this.#tables.sims, ...projectAttributes(attributes) };
    await this.#scanFleet(input, ({ Items = [] }) => take(Items.map(watchedSimCodec.decode)));
  }

  /** Scans the table of SIMs in concurrent segments, and passes on each page. */
  async #scanFleet(input: ScanCommandInput, take: (page: ScanCommandOutput) => void): Promise<void> {
    const { client, segments: total = scanSegments } = this.#tables;
    const segments = Array.from({ length: total }, (_, segment) => segment);
    await mapConcurrently(segments, total, async (segment) => {
      const pages = scanPages(client, {
        ...input,
        TotalSegments: total,
        Segment: segment,
      });
      for await (const page of pages) take(page);
    });
  }

  /**
   * The time of a SIM's latest event of certain types, not before `from`; undefined without such an event. Reads as many
   * pages as it needs.
   */
  async findLatestEventTime(
    sim: string,
    from: string,
    isWanted: (type: string) => boolean,
  ): Promise<string | undefined> {
    let latest: string | undefined;
    const range = { sim, from, to: endOfTime };
    const pages = this.#readCounted(this.#tables.events, eventRecords, range, { limit: heardPageSize });
    for await (const { items } of pages) {
      for (const item of items) {
        const time = readText(item, eventRecords.time);
        // Keys are cut to the second, so within a second, events are not in the order of their times.
        if (latest !== undefined && cutToSecond(time) < cutToSecond(latest)) return latest;
        if (isWanted(readText(item, 'type')) && (latest === undefined || time > latest)) latest = time;
      }
    }
    return latest;
  }

  /**
   * The keys of a source's files, newest first.
   *
   * @param after the key to continue after, which may be another source's: files that were delivered at the same time
   *   are ordered by source.
   */
  async fileKeys(source: string, limit: number, after: FileKey | undefined): Promise<FileKey[]> {
    const { name, partitionKey } = filesTable.globalIndexes[0];
    const bound =
      after !== undefined && (source < after.source ? ' AND delivered < :at' : ' AND delivered <= :at');
    const { Items: items = [] } = await this.#tables.client.send(
      new QueryCommand({
        TableName: this.#tables.files,
        IndexName: name,
        KeyConditionExpression: `#source = :source${bound || ''}`,
        ExpressionAttributeNames: { '#source': partitionKey },
        ExpressionAttributeValues: {
          ':source': { S: source },
          ...(after && { ':at': { S: after.delivered } }),
        },
        ScanIndexForward: false,
        Limit: limit,
        ...(after?.source === source && { ExclusiveStartKey: readFileStart(after) }),
      }),
    );
    return items.map((item) => ({
      object: readText(item, 'object'),
      source,
      delivered: readText(item, 'delivered'),
    }));
  }

  /** Files by name, in the order of `objects`. Names without a manifest are left out. */
  async readFiles(objects: readonly string[]): Promise<Manifest[]> {
    const keys = objects.map((object) => ({ [filesTable.partitionKey]: { S: object } }));
    const items = await readItems(this.#tables.client, this.#tables.files, keys, { consistent: false });
    const manifests = new Map(items.map(decodeManifest).map((manifest) => [manifest.object, manifest]));
    return objects.flatMap((object) => manifests.get(object) ?? []);
  }

  #scanPage(filter: SimFilter, limit: number, start: string | undefined): Promise<ScanCommandOutput> {
    const { expression, names, values } = filterExpression(filter);
    return this.#tables.client.send(
      new ScanCommand({
        TableName: this.#tables.sims,
        ...(expression === ''
          ? {}
          : {
              FilterExpression: expression,
              ExpressionAttributeNames: names,
              ExpressionAttributeValues: values,
            }),
        // One more than wanted tells whether there are more. With a filter, `Limit` would count items that do not pass
        // it.
        ...(expression === '' && filter.name === undefined && { Limit: limit + 1 }),
        ...(start !== undefined && { ExclusiveStartKey: { [simsTable.partitionKey]: { S: start } } }),
      }),
    );
  }

  /**
   * The items of a range that count, newest first, page by page. With each page comes the sort key down to which it is
   * decided what counts.
   */
  async *#readCounted(
    table: string,
    records: RecordTable,
    { sim, from, to }: RecordRange,
    { limit, before }: PageOptions,
    part?: ReadPart,
  ): AsyncGenerator<{ items: Item[]; decided: string | undefined }> {
    const { sortKey, time } = records;
    const counted = selectCountedItems(records, part?.isFuller);
    const isWanted = (item: Item): boolean => {
      const at = readText(item, time);
      return at >= from && at < to && (before === undefined || readText(item, sortKey) < before);
    };
    const input = {
      ...makeRecordQuery(table, sortKey, sim, listKeysToRead({ from, to }, before)),
      ...(part && projectAttributes(part.attributes)),
      Limit: limit,
    };
    for await (const items of queryPages(this.#tables.client, input)) {
      yield { items: counted.add(items).filter(isWanted), decided: counted.lastDecided?.[sortKey]?.S };
    }
    yield { items: counted.end().filter(isWanted), decided: undefined };
  }

  async #get(table: string, key: Record<string, AttributeValue>): Promise<Item | undefined> {
    const { Item: item } = await this.#tables.client.send(new GetItemCommand({ TableName: table, Key: key }));
    return item;
  }
}

/** A projection of items. */
interface ReadPart {
  readonly attributes: readonly string[];
  /** Whether an item is more complete than another rendering of its record, judged by the projection. */
  readonly isFuller: (item: Item, other: Item) => boolean;
}

/**
 * How many records to read beyond those that a page returns: one that tells whether there are more, and neighbours that
 * decide whether the first and the last count.
 */
export const spareRecords = 4;

/** How many days' archived usage is read concurrently. */
const concurrentDays = 4;

/** How many records to read at a time when searching for the last one that a device sent. */
export const heardPageSize = 40;

const endOfTime = '9999';

/** The attribute that holds a mark. */
type MarkStamp = `${MarkName}At`;
const [signalledStamp, bytesStamp] = ['signalledAt', 'bytesAt'] as const satisfies readonly MarkStamp[];

/** How many pages of a megabyte one request reads in a search: this takes at most some hundred milliseconds. */
const maxPages = 8;

/** Reads only these attributes, which may have reserved names. */
function projectAttributes(
  attributes: readonly string[],
): Required<Pick<ScanCommandInput, 'ProjectionExpression' | 'ExpressionAttributeNames'>> {
  return {
    ProjectionExpression: attributes.map((name) => `#${name}`).join(', '),
    ExpressionAttributeNames: Object.fromEntries(attributes.map((name) => [`#${name}`, name])),
  };
}

function makeRecordQuery(
  table: string,
  sortKey: string,
  sim: string,
  { from, to }: TimeRange,
): QueryCommandInput {
  return {
    TableName: table,
    KeyConditionExpression: `sim = :sim AND ${sortKey} BETWEEN :from AND :to`,
    ExpressionAttributeValues: makeRangeValues(sim, from, to),
    ScanIndexForward: false,
  };
}

function makeRangeValues(sim: string, from: string, to: string): Record<string, AttributeValue> {
  return { ':sim': { S: sim }, ':from': { S: from }, ':to': { S: to } };
}

function readFileStart({ object, source, delivered }: FileKey): Record<string, AttributeValue> {
  return { object: { S: object }, source: { S: source }, delivered: { S: delivered } };
}
