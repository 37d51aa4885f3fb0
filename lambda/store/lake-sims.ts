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
 * The rows of several closed days, SIM by SIM. A part of the fleet is read at a time, of each day one group of rows: so
 * memory does not grow with the fleet, but with the days.
 */

/** A closed day. */
export interface ClosedDay {
  readonly day: Day;
  /** Buckets of SIMs. */
  readonly buckets: number;
}

/** Rows of a SIM that come from elsewhere, such as days that are not closed. */
export interface FurtherRecords {
  readonly usage: readonly BilledUsage[];
  readonly sessions: readonly BilledSession[];
}

/** What is read, and how. */
export interface LakeWalk {
  readonly days: readonly ClosedDay[];
  /** Whether sessions are read, too. */
  readonly readsSessions: boolean;
  /** Whether a SIM's usage of a day is added up: see {@link foldUsage}. */
  readonly isFolded?: boolean;
  /** By SIM. */
  readonly further: ReadonlyMap<string, FurtherRecords>;
}

/** Files that are opened at the same time: of each, a group of rows is decoded, which takes several times what is kept. */
const concurrentOpens = 4;

/** The attributes of a usage row that its sums need. */
const foldedColumns = [
  ...['sim', 'source', 'carrier', 'trafficType'],
  ...['dataTotal', 'messages', 'messagesTx', 'messagesRx', 'volume', 'cost', 'currency'],
  ...['operatorName', 'mcc', 'mnc', 'country', 'tariff', 'rateZone'],
] as const;

/** The attributes of a usage row that a bill needs. */
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

/** A part of the fleet: which one, and how many there are. */
export interface FleetPart {
  /** From 0. */
  readonly part: number;
  readonly parts: number;
}

/** The number of parts in which the fleet is read: each is a bucket of the day that has the fewest, at most. */
export function countParts(days: readonly ClosedDay[]): number {
  if (days.length === 0) return 1;
  return Math.max(1, Math.min(...days.map(({ buckets }) => buckets), slotCount));
}

/** Whether a SIM is in a part of the fleet. */
export function isInPart(sim: string, { part, parts }: FleetPart): boolean {
  return findBucket(sim, parts) === part;
}

/** Goes through the SIMs that have rows, each once: part of the fleet by part, and there in the order of their keys. */
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

/** Goes through the SIMs of a part of the fleet that have rows, in the order of their keys. */
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
    // A bucket of another day may reach into the next part.
    if (isInPart(sim, fleetPart)) yield { sim, ...records };
  }
}

/** Opens the rows of a bucket's file. */
type OpenRows<Row> = (
  lake: Pick<Lake, 'open'>,
  day: Day,
  bucket: number,
  buckets: number,
) => AsyncGenerator<readonly Row[] | RowList<Row>>;

/** Opens the files of a part of the fleet, on all days. */
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

/** The buckets of a day that have SIMs of a part of the fleet: of slots from the part's first to its last. */
export function listBuckets(part: number, parts: number, buckets: number): number[] {
  const first = Math.ceil((part * slotCount) / parts);
  const last = Math.ceil(((part + 1) * slotCount) / parts) - 1;
  const from = Math.floor((first * buckets) / slotCount);
  const to = Math.floor((last * buckets) / slotCount);
  return Array.from({ length: to - from + 1 }, (_, index) => from + index);
}

/** The rows of a file, all columns; nothing if there is no such file. */
export async function* readFile<K extends RowKind>(
  lake: Pick<Lake, 'open'>,
  key: string,
  kind: K,
): AsyncGenerator<Row<K>[]> {
  for (const readGroup of await openFile(lake, key, kind)) yield await readGroup();
}

/** The groups of rows of a file, some of their columns or all; none if there is no such file. */
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
 * Groups of rows, each as something else. Files of many days are open at once: each holds what it gave last, and nothing of
 * what that was made of, which a function that waits with it would.
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

/** Usage of SIMs, added up. All of a file is read at once: its sums are small. A SIM may have sums of several groups of rows. */
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

/** The groups of rows of a file of usage, some of their columns; none if there is no such file. */
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

/** Rows of usage, of which each is made when it is requested: those of many days are held at once. */
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

  /** What a bill needs of a row, and nothing else. What a column has no value of is absent. */
  read(row: number): BilledUsage {
    return {
      sim: this.#readText('sim', row) ?? '',
      usageId: this.#readText('usageId', row) ?? '',
      source: this.#readText('source', row) ?? '',
      // The ledger has written it.
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
