import { ProcessFence } from '../../lambda/days/fence/chunk-fence.ts';
import type { Marker } from '../../lambda/days/fence/markers.ts';
import { readEntries } from '../../lambda/ingest/entries.ts';
import { type ImportPorts, importFile } from '../../lambda/ingest/files/import-file.ts';
import type { FileObject } from '../../lambda/ingest/files/messages.ts';
import { type Entry, type Ingested, ingest } from '../../lambda/ingest/ingest.ts';
import type { Receipt } from '../../lambda/ledger/receipt.ts';
import { FenceTable, fenceKey } from '../../lambda/store/day-fence.ts';
import { DayMarkers } from '../../lambda/store/day-markers.ts';
import { FilesTable } from '../../lambda/store/files.ts';
import type { Manifest } from '../../lambda/store/manifest.ts';
import { LedgerWriter } from '../../lambda/store/writer.ts';
import {
  cyclic,
  type DroppedFile,
  type FileLane,
  type StreamLane,
  type StreamRecord,
  sources,
} from './delivery-path.ts';
import { errorOf } from './faults.ts';
import {
  Crash,
  type Ending,
  FunctionProcess,
  type InvocationContext,
  itemName,
  rejectName,
} from './invocation.ts';
import { asClient } from './memory-dynamodb.ts';

/** Deliveries of one batch or message after which something does not come to its end. */
const maxDeliveries = 200;

/** Something that must hold in each invocation does not. */
export class BrokenPromise extends Error {
  override readonly name = 'BrokenPromise';
}

/** A function's process, with the writer that it keeps from invocation to invocation. */
export class RunningFunction {
  readonly process: FunctionProcess;
  readonly writer: LedgerWriter;
  readonly files: FilesTable;
  readonly fence: ProcessFence;

  /** @param cacheMilliseconds how long a reading of the fence is used, in a process in whose life no time passes. */
  constructor(context: InvocationContext, cacheMilliseconds?: number) {
    this.process = new FunctionProcess(context);
    const client = asClient(this.process);
    this.files = new FilesTable(client, 'Files');
    this.fence = makeFence(client, cacheMilliseconds);
    this.writer = new LedgerWriter({
      client,
      sessions: 'Sessions',
      usage: 'Usage',
      events: 'Events',
      sims: 'Sims',
      eventRetentionDays: 90,
      usageRetentionDays: context.usageRetentionDays ?? 0,
      writes: context.writes,
    });
  }
}

function makeFence(client: ReturnType<typeof asClient>, cacheMilliseconds: number | undefined): ProcessFence {
  const fence = new FenceTable(client, 'DayState');
  const markers = new DayMarkers(client, 'DayMarkers');
  let tokens = 0;
  const ports = {
    readClosedThrough: () => fence.read(),
    putMarkers: (late: readonly Marker[]) => markers.tryPut(late),
    makeToken: () => {
      tokens += 1;
      return String(tokens);
    },
    startTimer: () => () => 0,
  };
  return new ProcessFence(ports, cacheMilliseconds);
}

/**
 * Delivers a shard's batches one after the other, as Lambda's event source mapping does: what is reported as failed,
 * and what comes behind it, comes again, and so does the whole batch of an invocation that died.
 */
export async function deliverStream(lane: StreamLane, context: InvocationContext): Promise<void> {
  let running = new RunningFunction(context);
  for (const batch of lane.batches) {
    let open = batch;
    for (let delivery = 1; open.length > 0; delivery += 1) {
      if (delivery > maxDeliveries) throw new BrokenPromise(`${lane.name}: a batch never ends`);
      const ingested = await invokeConsumer(open, running);
      if (ingested === undefined) {
        running = new RunningFunction(context);
        continue;
      }
      const failed = [...ingested.failedDeliveries];
      open = failed.length === 0 ? [] : open.slice(Math.min(...failed));
    }
  }
}

/** @returns undefined when the invocation died. */
async function invokeConsumer(
  batch: readonly StreamRecord[],
  { process, writer, fence }: RunningFunction,
): Promise<Ingested | undefined> {
  process.endings.clear();
  const records = batch.map(({ record }) => record);
  try {
    const ingested = await Promise.race([
      ingest(
        readEntries(records, sources),
        { writer, fence, quarantine: process },
        { readBeforeWrite: false },
      ),
      process.died,
    ]);
    checkReceipt(ingested.receipt, batch.flatMap(({ parcels }) => parcels).length);
    checkFailures(batch, ingested, process);
    return ingested;
  } catch (error) {
    if (error instanceof Crash) return undefined;
    throw error;
  }
}

/** `received = stored + repeated + ignored + rejected`, and nothing of the batch is missing. */
function checkReceipt(receipt: Receipt, records: number): void {
  const { received, stored, repeated, ignored, rejected, failed } = receipt;
  if (received === stored + repeated + ignored + rejected && received + failed === records) return;
  throw new BrokenPromise(`The receipt of ${records} records does not conserve: ${JSON.stringify(receipt)}`);
}

/** Exactly those Kinesis records are reported of which something was not answered well in the end. */
function checkFailures(
  batch: readonly StreamRecord[],
  ingested: Ingested,
  { endings }: FunctionProcess,
): void {
  if (ingested.failedDeliveries.size === 0 && ![...endings.values()].some(isLost)) return;
  const expected = batch.flatMap(({ record }, delivery) => {
    const entries = [...readEntries([record], sources)];
    const isFailed = entries.some((entry) =>
      namesOf(entry, endings).some((name) => isLost(endings.get(name))),
    );
    return isFailed ? [delivery] : [];
  });
  const reported = [...ingested.failedDeliveries].sort((a, b) => a - b);
  if (JSON.stringify(expected) === JSON.stringify(reported)) return;
  throw new BrokenPromise(`Reported as failed: ${reported}; of these something failed: ${expected}`);
}

function isLost(ending: string | undefined): boolean {
  return ending === 'failed' || ending === 'left';
}

/** The items that a record states and their markers, the fence, or the reject that was kept for it. */
function namesOf(entry: Entry, endings: ReadonlyMap<string, Ending>): string[] {
  const { reading, position, source } = entry;
  if (reading.kind === 'fault') {
    return [endings.has(position) ? position : rejectName({ source: source.name, bytes: entry.readBytes() })];
  }
  if (reading.kind === 'ignored') return [];
  const { session, usage, event, sim } = reading;
  const key = (...parts: readonly string[]) =>
    Object.fromEntries(parts.map((part, index) => [index, { S: part }]));
  return [
    itemName('DayState', fenceKey),
    ...(session === undefined ? [] : [itemName('Sessions', key(session.sim, session.sessionId))]),
    ...(usage === undefined ? [] : [itemName('Usage', key(usage.sim, usage.usageId))]),
    ...(event === undefined ? [] : [itemName('Events', key(event.sim, event.eventKey))]),
    ...(sim === undefined ? [] : [itemName('Sims', key(sim.sim))]),
    ...[usage?.start, event?.time].flatMap((time) =>
      time === undefined
        ? []
        : daysAround(time).map((day) => itemName('DayMarkers', key((usage ?? event)?.sim ?? '', day))),
    ),
    ...[...endings.keys()].filter(
      (name) =>
        session !== undefined &&
        name.startsWith(itemName('DayMarkers', key(session.sim))) &&
        name.endsWith(`#${session.sessionId}`),
    ),
  ];
}

/** The days of a time, and of the second before and after it. */
function daysAround(time: string): string[] {
  const at = Date.parse(time);
  return [...new Set([-1_000, 0, 1_000].map((shift) => new Date(at + shift).toISOString().slice(0, 10)))];
}

/** How files are read while they are delivered. */
export interface FileReading {
  readonly chunk: number;
  readonly shortTimes: readonly boolean[];
  /** Bytes of a block: the fewer, the more parts of a file are stored at the same time. */
  readonly blockBytes: number;
}

/** Delivers a lane's files one after the other, as messages of a queue that come again until they are done with. */
export async function deliverFiles(
  lane: FileLane,
  reading: FileReading,
  context: InvocationContext,
): Promise<Manifest[]> {
  let running = new RunningFunction(context);
  const manifests: Manifest[] = [];
  let blocks = 0;
  for (const file of lane.files) {
    for (let delivery = 1; ; delivery += 1) {
      if (delivery > maxDeliveries) throw new BrokenPromise(`${lane.name}: a file never ends`);
      const ports = portsOf(file, reading, running, context, () => {
        blocks += 1;
        return cyclic(reading.shortTimes, blocks);
      });
      const result = await importOnce(file, ports, running);
      if (result === 'died') running = new RunningFunction(context);
      else if (result !== 'failed') {
        manifests.push(result);
        break;
      }
    }
  }
  return manifests;
}

async function importOnce(
  file: DroppedFile,
  ports: ImportPorts,
  { process }: RunningFunction,
): Promise<Manifest | 'failed' | 'died'> {
  try {
    const { outcome, manifest } = await Promise.race([
      importFile(objectOf(file), file.source, ports),
      process.died,
    ]);
    return outcome === 'continue' || manifest === undefined ? 'failed' : manifest;
  } catch (error) {
    if (error instanceof Crash) return 'died';
    if (error instanceof BrokenPromise || !(error instanceof Error)) throw error;
    // The message comes again.
    return 'failed';
  }
}

/** The announced version of a file. */
export function objectOf({ source, key, version }: DroppedFile): FileObject {
  return { bucket: source.name, key, versionId: version, eTag: undefined };
}

function portsOf(
  file: DroppedFile,
  { chunk, blockBytes }: FileReading,
  { process, writer, files, fence }: RunningFunction,
  { plan, pause }: InvocationContext,
  timeIsShort: () => boolean,
): ImportPorts {
  return {
    writer,
    quarantine: process,
    fence,
    files,
    open: async (_, from) => {
      await pause('is opened');
      const error = errorOf(plan.next()?.kind);
      if (error !== undefined) throw error;
      const bytes = chunks(file.bytes.subarray(from), chunk, () => errorOf(plan.next()?.kind));
      const { length: size } = file.bytes;
      return { bytes, size, deliveredAt: file.deliveredAt, close: async () => undefined };
    },
    keepFile: async (_, { code, reason }) => {
      throw new BrokenPromise(`The file is refused: ${code}, ${reason}`);
    },
    count: (receipt) => checkReceipt(receipt, receipt.received),
    askedAt: 0,
    isTimeShort: timeIsShort,
    now: () => 0,
    blockBytes,
  };
}

/** A file's bytes in chunks; the connection may break between any two. */
export async function* chunks(
  bytes: Buffer,
  size: number,
  breaks: () => Error | undefined = () => undefined,
): AsyncGenerator<Uint8Array> {
  for (let from = 0; from < bytes.length; from += size) {
    // A file of many small chunks has not one fault's chance for each of them.
    const error = from % (16 * size) === 0 ? breaks() : undefined;
    if (error !== undefined) throw error;
    yield bytes.subarray(from, from + size);
  }
}

/**
 * A source's records in one invocation, without faults.
 *
 * @param running the process that takes them: a new one, unless another one is given.
 */
export async function ingestAtOnce(
  entries: Iterable<Entry>,
  context: InvocationContext,
  { process, writer, fence }: RunningFunction = new RunningFunction(context),
): Promise<Ingested> {
  return ingest(entries, { writer, fence, quarantine: process }, { readBeforeWrite: false });
}

/** Imports a file at once, without faults. */
export async function importAtOnce(
  file: DroppedFile,
  context: InvocationContext,
  instead: Partial<ImportPorts> = {},
  running: RunningFunction = new RunningFunction(context),
): Promise<Manifest | undefined> {
  const ports = portsOf(
    file,
    { chunk: 65_536, shortTimes: [false], blockBytes: 65_536 },
    running,
    context,
    () => false,
  );
  return (await importFile(objectOf(file), file.source, { ...ports, ...instead })).manifest;
}
