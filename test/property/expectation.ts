import { interpret } from '../../lambda/carriers/index.ts';
import type { Entry } from '../../lambda/ingest/ingest.ts';
import { type Carrier, carriers } from '../../lambda/ledger/source.ts';
import type { Item } from '../../lambda/store/items.ts';
import type { WriteMode } from '../../lambda/store/ledger-tables.ts';
import { compareLedger, type Item as PlainItem } from '../../simulator/compare.ts';
import { hour, second } from '../../simulator/records.ts';
import { type FleetTruth, makeAccountPartition, PartitionTruth } from '../../simulator/truth.ts';
import { readAll } from '../records/read-all.ts';
import { importAtOnce, ingestAtOnce } from './delivery.ts';
import { type Delivered, type DeliveryPath, fileOf, type Parcel, sourceOf } from './delivery-path.ts';
import { FaultPlan } from './faults.ts';
import { type InvocationContext, KeptRejects } from './invocation.ts';
import { MemoryDynamoDb } from './memory-dynamodb.ts';

/** What the ledger must hold in the end, from two independent sides: an orderly pass, and what the model knows. */

/** The tables that every path must leave equal; the files' manifests depend on the files' names. */
export const comparedTables = ['Sessions', 'Usage', 'Events', 'Sims'] as const;

/**
 * Items by table, in the order of their keys, each with its attributes in order; without expiry, which tells when a
 * record arrived. Equal tables are equal as text.
 */
export type Tables = Readonly<Record<(typeof comparedTables)[number], readonly Item[]>>;

/** What an engine holds. */
export function tablesOf(engine: MemoryDynamoDb): Tables {
  const items = (table: string) => engine.items(table).map(comparable);
  return {
    Sessions: items('Sessions'),
    Usage: items('Usage'),
    Events: items('Events'),
    Sims: items('Sims'),
  };
}

/** An item without its expiry, its attributes in order. */
export function comparable(item: Item): Item {
  const sorted: Item = {};
  for (const name of Object.keys(item).sort()) {
    const value = item[name];
    if (name !== 'expiresAt' && value !== undefined) sorted[name] = value;
  }
  return sorted;
}

/** Conditions in which nothing goes wrong. */
export function calm(
  engine: MemoryDynamoDb,
  writes: WriteMode = 'batched',
  usageRetentionDays = 0,
): InvocationContext {
  const pause = async () => undefined;
  const quarantine = new KeptRejects();
  return { engine, plan: new FaultPlan(), pause, returnsOld: true, writes, quarantine, usageRetentionDays };
}

/** How an orderly pass cuts what was delivered. */
export type Cut = 'all at once' | 'one by one';

/** Each distinct record once, in the order of what happened, by its stream and then by its files; nothing goes wrong. */
export async function orderlyPass(
  path: DeliveryPath,
  cut: Cut,
  watch: Partial<Pick<MemoryDynamoDb, 'onWrite' | 'onRefusal'>> = {},
  writes: WriteMode = 'single',
  usageRetentionDays = 0,
): Promise<MemoryDynamoDb> {
  const engine = Object.assign(new MemoryDynamoDb(), watch);
  const context = calm(engine, writes, usageRetentionDays);
  const arrivedAt = Math.max(...path.delivered.map(({ record }) => record.at), 0) + second;
  const parcels = path.delivered.flatMap((delivered) => delivered.parcels);
  const entries = parcels
    .filter(({ form }) => form === 'record')
    .map((parcel, index) => entryOf(parcel, index, arrivedAt));
  const batches = cut === 'all at once' ? [entries] : entries.map((entry) => [entry]);
  for (const batch of batches) await ingestAtOnce(batch, context);
  for (const form of ['usage row', 'event row'] as const) {
    for (const source of carriers) {
      await importRows(parcels.filter((parcel) => parcel.form === form && parcel.source === source));
    }
  }
  return engine;

  async function importRows(rows: readonly Parcel[]): Promise<void> {
    const [first] = rows;
    if (first === undefined) return;
    const bytes = fileOf(rows, path.plan.files);
    const key = `${first.form === 'usage row' ? 'cdr' : 'events'}_orderly.csv`;
    const source = sourceOf(first.source);
    const file = { source, key, version: 'v1', bytes, deliveredAt: arrivedAt, parcels: rows };
    await importAtOnce(file, context);
  }
}

function entryOf({ source: name, text }: Parcel, delivery: number, arrivedAt: number): Entry {
  const source = sourceOf(name);
  const [value] = readAll(Buffer.from(text)).values;
  return {
    reading: interpret(value, { source, arrivedAt }),
    delivery,
    position: `orderly#${delivery}`,
    source,
    arrivedAt,
    readBytes: () => Buffer.from(text),
  };
}

/** What the model knows of what was delivered. */
export function truthOf(delivered: readonly Delivered[]): FleetTruth {
  const partitions = new Map<string, PartitionTruth>();
  for (const { record, parcels } of delivered) {
    const carrier: Carrier = record.kind === 'event' ? record.source : record.sim.carrier;
    const partition = record.sim?.sim ?? makeAccountPartition(carrier);
    const [{ source } = { source: carrier }] = parcels;
    const truth = partitions.get(partition) ?? new PartitionTruth(sourceOf(source).sessionRefresh);
    partitions.set(partition, truth);
    tell(truth, { record, parcels });
  }
  const counts = { delivered: 0, distinct: delivered.length, ignored: 0, rejected: 0 };
  return { partitions, counts };
}

function tell(truth: PartitionTruth, { record, parcels }: Delivered): void {
  const byStream = parcels.some(({ form }) => form === 'record');
  if (record.kind === 'connection') truth.addConnection(record);
  // A row says nothing of a session.
  else if (record.kind === 'usage') truth.addUsageRecord({ ...record, path: byStream ? 'stream' : 'file' });
  else if (byStream) truth.addEvent(record);
  else {
    const { context, ...bare } = record;
    truth.addEvent(bare);
  }
}

/** What is wrong with the tables by the model's truth: a sentence each; empty where they are equal. */
export async function differencesFromTruth(truth: FleetTruth, tables: Tables): Promise<string[]> {
  const { differences } = await compareLedger(truth, {
    sessions: () => plainItems(tables.Sessions),
    usage: () => plainItems(tables.Usage),
    events: () => plainItems(tables.Events),
  });
  return [...differences, ...wrongTotals(truth, tables), ...wrongMarks(truth, tables)];
}

/**
 * Marks of SIMs that are not within a granule before the last sign of life, or missing, or there without any. Files
 * cut times to the second.
 */
function wrongMarks({ partitions }: FleetTruth, { Sims }: Tables): string[] {
  const wrong: string[] = [];
  for (const [partition, { signs }] of partitions) {
    const item = Sims.find(({ sim }) => sim?.S === partition);
    for (const name of ['signalled', 'bytes', 'session'] as const) {
      const last = signs[name];
      const mark = item?.[`${name}At`]?.N;
      if (last === undefined && mark === undefined) continue;
      const { granuleMilliseconds = 12 * hour } = sourceOf(item?.['source']?.S ?? '');
      const age = (last ?? 0) - Number(mark ?? 0);
      if (last !== undefined && mark !== undefined && age >= 0 && age < granuleMilliseconds + second)
        continue;
      wrong.push(
        `${partition}: ${name} at ${mark ?? 'no time'}, not up to a granule before ${last ?? 'never'}`,
      );
    }
  }
  return wrong;
}

/** Bytes and messages of each SIM, added up, against the model's. */
function wrongTotals({ partitions }: FleetTruth, { Usage }: Tables): string[] {
  const wrong: string[] = [];
  for (const [partition, { total }] of partitions) {
    const own = Usage.filter(({ sim }) => sim?.S === partition);
    const sum = (name: string) => own.reduce((bytes, item) => bytes + Number(item[name]?.N ?? 0), 0);
    const found = {
      uploaded: sum('dataUploaded'),
      downloaded: sum('dataDownloaded'),
      messages: sum('messages'),
    };
    const both = sum('dataTotal');
    if (JSON.stringify(found) !== JSON.stringify(total) || both !== total.uploaded + total.downloaded) {
      wrong.push(`${partition}: used ${JSON.stringify({ ...found, both })}, not ${JSON.stringify(total)}`);
    }
  }
  return wrong;
}

/** The texts that the quarantine must hold. */
export function expectedRejects({ rejected }: DeliveryPath): string[] {
  const texts = rejected.map(({ source, text }) => `${source} ${Buffer.from(text).toString('latin1')}`);
  return [...new Set(texts)].sort();
}

async function* plainItems(items: readonly Item[]): AsyncGenerator<PlainItem> {
  for (const item of items) {
    yield Object.fromEntries(
      Object.entries(item).map(([name, { S, N, BOOL }]) => [name, S ?? BOOL ?? Number(N)]),
    );
  }
}
