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

/** Where the ledger is read. */
export interface ReadableTables {
  readonly client: DynamoDBClient;
  readonly sessions: string;
  readonly usage: string;
  readonly events: string;
  readonly sims: string;
  readonly files: string;
  /** Where usage is that has expired; undefined where none expires. */
  readonly archive?: UsageArchive | undefined;
  /** Segments of the fleet that are read at once; {@link scanSegments} where it is left out. */
  readonly segments?: number | undefined;
}

/** Segments in which a fleet of any size is read in time. */
export const scanSegments = 8;

/** The names by which SIMs are found. */
export type SimAlias = (typeof simsTable.globalIndexes)[number]['name'];

/** Of a SIM's item, its name. */
const nameAttribute = 'simName';

/** SIMs of one name that are told apart; more than a reader can do anything about. */
const maxNamesakes = 5;

/**
 * Reads the ledger. All reads are eventually consistent: half the price, and behind by less than a second.
 *
 * Everything is found by its key; only {@link LedgerReader.scanSims} goes through a table.
 */
export class LedgerReader {
  readonly #tables: ReadableTables;

  constructor(tables: ReadableTables) {
    this.#tables = tables;
  }

  /** The partitions of SIMs that bear a name; more than one where carriers' names coincide. */
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
    return items.map((item) => item[simsTable.partitionKey]?.S ?? '');
  }

  /** What is known of SIMs by their keys, in the order asked for; those without an item are left out. */
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

  /** The names of SIMs by their keys; those without a name are left out. */
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

  /** What is known of a SIM; undefined for one of which no record has come. */
  async readSim(sim: string): Promise<Sim | undefined> {
    const item = await this.#get(this.#tables.sims, { [simsTable.partitionKey]: { S: sim } });
    return item && decodeSim(item);
  }

  /**
   * Keys of a SIM's sessions that started within a range, newest first.
   *
   * @param limit at most as many; fewer mean that there are no more.
   * @param after begin behind this one.
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
        keys.push({ sessionId: item['sessionId']?.S ?? '', start: item['start']?.S ?? '' });
      if (keys.length >= limit) return keys.slice(0, limit);
    }
    return keys;
  }

  /** Sessions by their ids, in the order asked for; ids without a session are left out. */
  async readSessions(sim: string, sessionIds: readonly string[]): Promise<Session[]> {
    const keys = sessionIds.map((sessionId) => ({ sim: { S: sim }, sessionId: { S: sessionId } }));
    const items = await readItems(this.#tables.client, this.#tables.sessions, keys, { consistent: false });
    const byId = new Map(items.map((item) => [item['sessionId']?.S ?? '', item]));
    return sessionIds.flatMap((sessionId) => {
      const item = byId.get(sessionId);
      return item === undefined ? [] : [decodeSession(item)];
    });
  }

  /**
   * A SIM's usage records that started within a range, newest first, in pages of up to a megabyte. Of two renderings
   * of one record, only the fuller one: see {@link CountedItems}.
   */
  async *readUsage(range: RecordRange, options: UsageOptions = {}): AsyncGenerator<StoredUsage[]> {
    const { archive } = this.#tables;
    if (archive === undefined) yield* this.#readStoredUsage(range, options);
    else yield* this.#readArchivedUsage(archive, range, options);
  }

  /** Usage as its table has it. */
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
   * The same as {@link LedgerReader.readUsage}, as alerts look at it: of each record only what they need. A record of some
   * 400 bytes costs more CPU to read than to judge.
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
      // Of two renderings that say equally much, all that they say decides.
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
   * Usage of days of which some may have expired: what is archived of a day, merged with what the table has, as the day
   * pass merges them. So it does not matter what has expired.
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

  /** A SIM's usage of a day, newest first: what counts, or every rendering. */
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
   * A SIM's events within a range, newest first; of two renderings of one event, only the fuller one.
   *
   * @param limit events wanted. There may be fewer although the end is not reached: in search of a type, only some
   *   megabytes are looked at.
   */
  async readEvents(
    range: RecordRange,
    limit: number,
    { type, before }: EventOptions = {},
  ): Promise<EventRange> {
    const events: StoredEvent[] = [];
    // A type is looked for here and not by DynamoDB: what an event's other rendering says decides whether it counts.
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
   * Goes through the fleet, in an order of its own that stays the same.
   *
   * @param limit SIMs wanted. There may be fewer although the end is not reached: of a large fleet that few SIMs of
   *   pass the filter, only some megabytes are looked at.
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
   * Goes through the whole fleet, in no order, several segments at once: the SIMs whose marks are not after a time, and
   * those without marks.
   *
   * @param take gets some SIMs at a time, and keeps of them what is wanted.
   * @returns how many SIMs were looked at.
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
   * Goes through the whole fleet, in no order, several segments at once, and reads of each SIM only what alerts look at.
   *
   * @param take gets some SIMs at a time.
   */
  async scanWatchedSims(take: (sims: readonly StoredWatchedSim[]) => void): Promise<void> {
    const attributes = watchedSimCodec.attributes.map(({ name }) => name);
    const input: ScanCommandInput = { TableName: this.#tables.sims, ...projectAttributes(attributes) };
    await this.#scanFleet(input, ({ Items = [] }) => take(Items.map(watchedSimCodec.decode)));
  }

  /** Goes through a table in segments, several at once, and hands on each page. */
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

  /** The time of a SIM's latest event of some types, from a time on; undefined without one. Every page is read. */
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
        const time = item[eventRecords.time]?.S ?? '';
        // Keys are cut to the second: within one, the order of times is not that of the keys.
        if (latest !== undefined && cutToSecond(time) < cutToSecond(latest)) return latest;
        if (isWanted(item['type']?.S ?? '') && (latest === undefined || time > latest)) latest = time;
      }
    }
    return latest;
  }

  /**
   * Keys of a source's files, newest first.
   *
   * @param after begin behind this one, which may be another source's: of files delivered at one moment, those of the
   *   source that comes first in the alphabet come first.
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
      object: item['object']?.S ?? '',
      source,
      delivered: item['delivered']?.S ?? '',
    }));
  }

  /** Files by name, in the order asked for; names without a manifest are left out. */
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
        // One more than wanted tells whether there are more. With a filter, what is looked at is not what is found.
        ...(expression === '' && filter.name === undefined && { Limit: limit + 1 }),
        ...(start !== undefined && { ExclusiveStartKey: { [simsTable.partitionKey]: { S: start } } }),
      }),
    );
  }

  /**
   * The items of a range that count, newest first, page by page; with each the sort key down to which it is known
   * what counts.
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
      const at = item[time]?.S ?? '';
      return at >= from && at < to && (before === undefined || (item[sortKey]?.S ?? '') < before);
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

/** A part of what items hold. */
interface ReadPart {
  readonly attributes: readonly string[];
  /** Whether an item says more than another rendering of its record, by that part. */
  readonly isFuller: (item: Item, other: Item) => boolean;
}

/**
 * What is read of a page of records beyond those that it gives: the one that tells that there are more, and neighbours
 * that tell whether the first and the last count.
 */
export const spareRecords = 4;

/** Days whose archived usage is read at once. */
const concurrentDays = 4;

/** Records that are read at once in search of the last one that a device sent. */
export const heardPageSize = 40;

const endOfTime = '9999';

/** The attribute that holds a mark. */
type MarkStamp = `${MarkName}At`;
const [signalledStamp, bytesStamp] = ['signalledAt', 'bytesAt'] as const satisfies readonly MarkStamp[];

/** Pages of a megabyte that one request goes through in search of something: at most some hundred milliseconds. */
const maxPages = 8;

/** The only attributes that are read, whatever their names. */
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
