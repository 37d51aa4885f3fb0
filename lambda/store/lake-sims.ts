import { foldUsage } from '../billing/fold-usage.ts';
import type { BilledSession, SimRecords } from '../billing/sim-records.ts';
import type { BilledUsage } from '../billing/tariff.ts';
import { findBucket } from '../days/buckets.ts';
import type { Row } from '../days/columns.ts';
import type { Day } from '../days/day.ts';
import { type ColumnGroup, openColumns, openGroups } from '../days/parquet.ts';
import { makeFileKey } from '../days/pass/lake-objects.ts';
import type { Lake } from '../days/pass/ports.ts';
import { ListedRows, type RowList, SimRowReader } from '../days/pass/sim-row-reader.ts';
import { compareTexts, type RowKind } from '../days/rows.ts';
import { slotCount } from '../days/slots.ts';
import type { Carrier } from '../ledger/source.ts';
import { mapConcurrently } from './concurrency.ts';

/**
 * Reads the rows of several closed days, SIM by SIM: one part of the fleet at a time, and one row group of each day at
 * a time. Memory grows with the number of days, not with the fleet.
 */

/** A closed day. */
export interface ClosedDay {
  readonly day: Day;
  /** How many buckets the day's SIMs are divided into. */
  readonly buckets: number;
}

/** A SIM's rows that are not in the lake, for example those of days that are not closed. */
export interface FurtherRecords {
  readonly usage: readonly BilledUsage[];
  readonly sessions: readonly BilledSession[];
}

/** What to read, and how. */
export interface LakeWalk {
  readonly days: readonly ClosedDay[];
  /** Whether to read sessions as well. */
  readonly readsSessions: boolean;
  /** Whether to add up a SIM's usage of a day: see {@link foldUsage}. False by default. */
  readonly isFolded?: boolean;
  /** Rows that are not in the lake, by SIM. */
  readonly further: ReadonlyMap<string, FurtherRecords>;
}

/**
 * How many files are opened concurrently. Decoding a file's row group takes several times the memory that its rows
 * keep.
 */
const concurrentOpens = 4;

/** The columns of usage that its sums need. */
const foldedColumns = [
  ...['sim', 'source', 'carrier', 'trafficType'],
  ...['dataTotal', 'messages', 'messagesTx', 'messagesRx', 'volume', 'cost', 'currency'],
  ...['operatorName', 'mcc', 'mnc', 'country', 'tariff', 'rateZone'],
] as const;

/** The columns of usage that a bill needs. */
const usageColumns = [...foldedColumns, 'usageId', 'start', 'end', 'recordId', 'sessionId'] as const;

const sessionColumns = [
  'sim',
  'sessionId',
  'status',
  'start',
  'startStated',
  'end',
  'source',
  'carrier',
  'lastUpdated',
];

type SessionOfSim = BilledSession & { readonly sim: string };

/** One part of the fleet. */
export interface FleetPart {
  /** The number of the part, from 0. */
  readonly part: number;
  readonly parts: number;
}

/** Into how many parts the fleet is divided for reading: as many as the day with the fewest buckets has. */
export function countParts(days: readonly ClosedDay[]): number {
  if (days.length === 0) return 1;
  return Math.max(1, Math.min(...days.map(({ buckets }) => buckets), slotCount));
}

/** Whether a SIM is in a part of the fleet. */
export function isInPart(sim: string, { part, parts }: FleetPart): boolean {
  return findBucket(sim, parts) === part;
}

/**
 * Yields each SIM that has rows once: one part of the fleet after the other, and within a part in the order of their
 * keys.
 */
export async function* walkLakeSims(lake: Pick<Lake, 'open'>, walk: LakeWalk): AsyncGenerator<SimRecords> {
  const parts = countParts(walk.days);
  const byPart = new Map<number, Map<string, FurtherRecords>>();
  for (const [sim, records] of walk.further) {
    const part = findBucket(sim, parts);
    const others = byPart.get(part);
    if (others === undefined) byPart.set(part, new Map([[sim, records]]));
    else others.set(sim, records);
  }
  for (let part = 0; part < parts; part += 1) {
    const further = byPart.get(part) ?? new Map();
    yield* walkLakePart(lake, { ...walk, further }, { part, parts });
  }
}

/** Yields the SIMs of a part of the fleet that have rows, in the order of their keys. */
export async function* walkLakePart(
  lake: Pick<Lake, 'open'>,
  { days, readsSessions, isFolded = false, further }: LakeWalk,
  fleetPart: FleetPart,
): AsyncGenerator<SimRecords> {
  const { part, parts } = fleetPart;
  const openWanted = isFolded ? openFoldedUsage : openUsage;
  const [usage, sessions] = await Promise.all([
    openReaders(lake, days, part, parts, openWanted),
    readsSessions ? openReaders(lake, days, part, parts, openSessions) : [],
  ]);
  const others = [...further.keys()].filter((sim) => isInPart(sim, fleetPart)).sort();
  let next = 0;
  for (;;) {
    const peeked = await Promise.all([...usage, ...sessions].map((reader) => reader.peekSim()));
    const [sim] = [...peeked, others[next]].filter((one) => one !== undefined).sort(compareTexts);
    if (sim === undefined) break;
    const records: { usage: BilledUsage[]; sessions: BilledSession[] } = { usage: [], sessions: [] };
    for (const reader of usage) records.usage.push(...(await reader.take(sim)));
    for (const reader of sessions) records.sessions.push(...(await reader.take(sim)));
    if (sim === others[next]) {
      next += 1;
      const more = further.get(sim);
      records.usage.push(...(more?.usage ?? []));
      records.sessions.push(...(more?.sessions ?? []));
    }
    // A bucket of another day may extend into the next part.
    if (isInPart(sim, fleetPart)) yield { sim, ...records };
  }
}

/** Opens a bucket's file and yields its rows in groups. */
type OpenRows<Row> = (
  lake: Pick<Lake, 'open'>,
  day: Day,
  bucket: number,
  buckets: number,
) => AsyncGenerator<readonly Row[] | RowList<Row>>;

/** Opens the files of a part of the fleet, of all days. */
export async function openReaders<Row extends { readonly sim: string }>(
  lake: Pick<Lake, 'open'>,
  days: readonly ClosedDay[],
  part: number,
  parts: number,
  open: OpenRows<Row>,
): Promise<SimRowReader<Row>[]> {
  const files = days.flatMap(({ day, buckets }) =>
    listBuckets(part, parts, buckets).map((bucket) => ({ day, bucket, buckets })),
  );
  return mapConcurrently(files, concurrentOpens, async ({ day, bucket, buckets }) => {
    const reader = new SimRowReader(open(lake, day, bucket, buckets));
    await reader.peekSim();
    return reader;
  });
}

/** The buckets of a day that contain SIMs of a part of the fleet: those of the part's first to its last slot. */
export function listBuckets(part: number, parts: number, buckets: number): number[] {
  const first = Math.ceil((part * slotCount) / parts);
  const last = Math.ceil(((part + 1) * slotCount) / parts) - 1;
  const from = Math.floor((first * buckets) / slotCount);
  const to = Math.floor((last * buckets) / slotCount);
  return Array.from({ length: to - from + 1 }, (_, index) => from + index);
}

/** All rows of a file with all columns; nothing if the file does not exist. */
export async function* readFile<K extends RowKind>(
  lake: Pick<Lake, 'open'>,
  key: string,
  kind: K,
): AsyncGenerator<Row<K>[]> {
  for (const readGroup of await openFile(lake, key, kind)) yield await readGroup();
}

/** The row groups of a file, with all or some of its columns; nothing if the file does not exist. */
async function openFile<K extends RowKind>(
  lake: Pick<Lake, 'open'>,
  key: string,
  kind: K,
  columns?: readonly string[],
): ReturnType<typeof openGroups<K>> {
  const object = await lake.open(key);
  return object === undefined ? [] : openGroups(kind, object, undefined, columns);
}

/**
 * Yields each group, mapped. It is a function of its own so that a waiting generator keeps only what it yielded last,
 * not the group that it was made of: files of many days are open at the same time.
 */
async function* mapGroups<Group, Mapped>(
  groups: Promise<readonly (() => Promise<Group>)[]>,
  map: (group: Group) => Mapped,
): AsyncGenerator<Mapped> {
  for (const readGroup of await groups) yield await mapGroup(readGroup, map);
}

async function mapGroup<Group, Mapped>(
  readGroup: () => Promise<Group>,
  map: (group: Group) => Mapped,
): Promise<Mapped> {
  return map(await readGroup());
}

function openUsage(
  lake: Pick<Lake, 'open'>,
  day: Day,
  bucket: number,
  buckets: number,
): AsyncGenerator<UsageRows> {
  const groups = openUsageColumns(lake, makeFileKey('usage', day, bucket, buckets), usageColumns);
  return mapGroups(groups, (group) => new UsageRows(group));
}

/**
 * SIMs' usage, added up. A file is read completely, because its sums are small. A SIM may have sums of several row
 * groups.
 */
async function* openFoldedUsage(
  lake: Pick<Lake, 'open'>,
  day: Day,
  bucket: number,
  buckets: number,
): AsyncGenerator<RowList<BilledUsage>> {
  const groups = openUsageColumns(lake, makeFileKey('usage', day, bucket, buckets), foldedColumns);
  const folded = mapGroups(groups, (group) => {
    const rows = new UsageRows(group);
    return foldUsage(
      day,
      Array.from({ length: rows.length }, (_, row) => rows.read(row)),
    );
  });
  yield new ListedRows((await readAll(folded)).flat());
}

/** The row groups of a usage file, with some of its columns; nothing if the file does not exist. */
async function openUsageColumns(
  lake: Pick<Lake, 'open'>,
  key: string,
  columns: readonly string[],
): ReturnType<typeof openColumns> {
  const object = await lake.open(key);
  return object === undefined ? [] : openColumns('usage', object, columns);
}

async function readAll<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const all: Item[] = [];
  for await (const item of items) all.push(item);
  return all;
}

/**
 * Rows of usage, each of which is built when it is read, because the rows of many days are in memory at the same time.
 */
class UsageRows implements RowList<BilledUsage> {
  readonly length: number;
  readonly #columns: ColumnGroup['columns'];

  constructor({ rows, columns }: ColumnGroup) {
    this.length = rows;
    this.#columns = columns;
  }

  readSim(row: number): string | undefined {
    return this.#readText('sim', row);
  }

  /** The members of a row that a bill needs. Empty cells become absent members. */
  read(row: number): BilledUsage {
    return {
      sim: this.#readText('sim', row) ?? '',
      usageId: this.#readText('usageId', row) ?? '',
      source: this.#readText('source', row) ?? '',
      // Our own lake files contain known carriers only.
      carrier: this.#readText('carrier', row) as Carrier,
      start: this.#readText('start', row) ?? '',
      end: this.#readText('end', row) ?? '',
      sessionId: this.#readText('sessionId', row),
      trafficType: this.#readText('trafficType', row) ?? '',
      dataTotal: this.#readNumber('dataTotal', row) ?? 0,
      messages: this.#readNumber('messages', row),
      messagesTx: this.#readNumber('messagesTx', row),
      messagesRx: this.#readNumber('messagesRx', row),
      volume: this.#readText('volume', row),
      cost: this.#readText('cost', row),
      currency: this.#readText('currency', row),
      operatorName: this.#readText('operatorName', row),
      mcc: this.#readText('mcc', row),
      mnc: this.#readText('mnc', row),
      country: this.#readText('country', row),
      tariff: this.#readText('tariff', row),
      rateZone: this.#readText('rateZone', row),
    };
  }

  #readText(name: string, row: number): string | undefined {
    const value = this.#columns.get(name)?.read(row);
    return typeof value === 'string' ? value : undefined;
  }

  #readNumber(name: string, row: number): number | undefined {
    const value = this.#columns.get(name)?.read(row);
    return typeof value === 'number' ? value : undefined;
  }
}

function openSessions(
  lake: Pick<Lake, 'open'>,
  day: Day,
  bucket: number,
  buckets: number,
): AsyncGenerator<SessionOfSim[]> {
  const key = makeFileKey('sessions', day, bucket, buckets);
  return mapGroups(openFile(lake, key, 'sessions', sessionColumns), (rows) =>
    rows.map(({ sim, sessionId, start, terminal, origin }) => ({
      ...{ sim, sessionId, start, end: terminal.end, source: origin.group.source },
    })),
  );
}
