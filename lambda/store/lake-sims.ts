import type { BilledSession, SimRecords } from '../billing/rate.ts';
import type { BilledUsage } from '../billing/tariff.ts';
import { findBucket } from '../days/buckets.ts';
import type { Row } from '../days/columns.ts';
import type { Day } from '../days/day.ts';
import { slotCount } from '../days/digests.ts';
import { readRows } from '../days/parquet.ts';
import { makeFileKey } from '../days/pass/lake-objects.ts';
import type { Lake } from '../days/pass/ports.ts';
import { SimRowReader } from '../days/pass/sim-row-reader.ts';
import { compareTexts, type RowKind } from '../days/rows.ts';
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
  /** By SIM. */
  readonly further: ReadonlyMap<string, FurtherRecords>;
}

/** Files that are opened at the same time: of each, a group of rows is decoded, which takes several times what is kept. */
const concurrentOpens = 4;

/** The attributes of a usage row that a bill needs. */
const usageColumns = [
  ...['sim', 'usageId', 'source', 'carrier', 'start', 'end', 'recordId', 'sessionId', 'trafficType'],
  ...['dataTotal', 'messages', 'messagesTx', 'messagesRx', 'volume', 'cost', 'currency'],
  ...['operatorName', 'mcc', 'mnc', 'country', 'tariff', 'rateZone'],
] as const;

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

/** In how many parts the fleet is gone through: each is a bucket of the day that has the fewest, at most. */
export function countParts(days: readonly ClosedDay[]): number {
  return Math.max(1, Math.min(...days.map(({ buckets }) => buckets), slotCount));
}

/** Whether a SIM is in a part of the fleet. */
export function isInPart(sim: string, { part, parts }: FleetPart): boolean {
  return findBucket(sim, parts) === part;
}

/** Goes through the SIMs that have rows, each once. */
export async function* walkLakeSims(lake: Pick<Lake, 'open'>, walk: LakeWalk): AsyncGenerator<SimRecords> {
  const parts = countParts(walk.days);
  for (let part = 0; part < parts; part += 1) yield* walkLakePart(lake, walk, { part, parts });
}

/** Goes through the SIMs of a part of the fleet that have rows, in the order of their keys. */
export async function* walkLakePart(
  lake: Pick<Lake, 'open'>,
  { days, readsSessions, further }: LakeWalk,
  fleetPart: FleetPart,
): AsyncGenerator<SimRecords> {
  const { part, parts } = fleetPart;
  const [usage, sessions] = await Promise.all([
    openReaders(lake, days, part, parts, openUsage),
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
) => AsyncGenerator<Row[]>;

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

/** The rows of a file, some of their columns or all; nothing if there is no such file. */
export async function* readFile<K extends RowKind>(
  lake: Pick<Lake, 'open'>,
  key: string,
  kind: K,
  columns?: readonly string[],
): AsyncGenerator<Row<K>[]> {
  const object = await lake.open(key);
  if (object !== undefined) yield* readRows(kind, object, undefined, columns);
}

async function* openUsage(
  lake: Pick<Lake, 'open'>,
  day: Day,
  bucket: number,
  buckets: number,
): AsyncGenerator<BilledUsage[]> {
  const key = makeFileKey('usage', day, bucket, buckets);
  const texts = new RepeatedTexts();
  for await (const rows of readFile(lake, key, 'usage', usageColumns)) {
    // The rows that were read are not kept while this generator waits.
    yield rows.splice(0).map((row) => pickBilledUsage(row, texts));
  }
}

/** Texts that most rows of a file have in common: each is kept once, since rows of many days are held. */
class RepeatedTexts {
  readonly #texts = new Map<string, string>();

  keep<Text extends string>(text: Text): Text;
  keep<Text extends string>(text: Text | undefined): Text | undefined;
  keep(text: string | undefined): string | undefined {
    if (text === undefined) return undefined;
    const known = this.#texts.get(text);
    if (known === undefined) this.#texts.set(text, text);
    return known ?? text;
  }
}

/**
 * What a bill needs of a row, and nothing else: rows of many days are held at once. One literal: an object that is spread
 * of parts takes several times the memory.
 */
function pickBilledUsage(row: BilledUsage, texts: RepeatedTexts): BilledUsage {
  return {
    sim: texts.keep(row.sim),
    usageId: row.usageId,
    source: texts.keep(row.source),
    carrier: texts.keep(row.carrier),
    start: row.start,
    end: row.end,
    sessionId: texts.keep(row.sessionId),
    trafficType: texts.keep(row.trafficType),
    dataTotal: row.dataTotal,
    messages: row.messages,
    messagesTx: row.messagesTx,
    messagesRx: row.messagesRx,
    volume: row.volume,
    cost: row.cost,
    currency: texts.keep(row.currency),
    operatorName: texts.keep(row.operatorName),
    mcc: texts.keep(row.mcc),
    mnc: texts.keep(row.mnc),
    country: texts.keep(row.country),
    tariff: texts.keep(row.tariff),
    rateZone: texts.keep(row.rateZone),
  };
}

async function* openSessions(
  lake: Pick<Lake, 'open'>,
  day: Day,
  bucket: number,
  buckets: number,
): AsyncGenerator<SessionOfSim[]> {
  const key = makeFileKey('sessions', day, bucket, buckets);
  for await (const rows of readFile(lake, key, 'sessions', sessionColumns)) {
    yield rows.map(({ sim, sessionId, start, terminal, origin }) => ({
      ...{ sim, sessionId, start, end: terminal.end, source: origin.group.source },
    }));
  }
}
