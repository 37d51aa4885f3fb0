import { type Fault, formatReason, isFault } from '../../carriers/reading.ts';
import { listJudgedDays, type NamedFile, readFileName } from '../../days/named-files.ts';
import { makeFilesKey } from '../../ledger/accounts.ts';
import { addReceipts, emptyReceipt, type Receipt } from '../../ledger/receipt.ts';
import type { Source } from '../../ledger/source.ts';
import { waitBeforeRetry } from '../../store/concurrency.ts';
import type { FilesTable } from '../../store/files.ts';
import type { Manifest } from '../../store/manifest.ts';
import { type Reject, rejectFault } from '../../store/quarantine.ts';
import { type ChunkOutcome, type Ingested, ingest, type LedgerPorts } from '../ingest.ts';
import { Measures } from '../measures.ts';
import type { OpenedFile } from './file-store.ts';
import { readLayout } from './layout.ts';
import { type FileObject, formatObjectName } from './messages.ts';
import { type Part, readParts } from './parts.ts';
import { openUnpacked, type UnpackedFile } from './unpacking.ts';

/** What an import needs. */
export interface ImportPorts extends Omit<LedgerPorts, 'beginChunk'> {
  readonly files: Pick<FilesTable, 'read' | 'write'>;
  /** Opens an object at a byte; undefined if it no longer exists. */
  readonly open: (object: FileObject, from: number) => Promise<OpenedFile | undefined>;
  /** Keeps a whole object in the quarantine. */
  readonly keepFile: (object: FileObject, reject: Omit<Reject, 'bytes'>) => Promise<void>;
  /** Notes a file whose name contains its time of creation. Undefined in dry runs. */
  readonly noteFile?: ((file: NamedFile) => Promise<void>) | undefined;
  /** Receives the outcome of the rows since the last call, whenever progress is noted. */
  readonly count: (receipt: Receipt, measures: Measures) => void;
  /** Whether the remaining time is too short for another block. */
  readonly isTimeShort: () => boolean;
  /** When the import was requested, in milliseconds since the epoch; the file may be much older. */
  readonly askedAt: number;
  /** Milliseconds since the epoch. Progress is noted with the time, to tell a dead import from a running one. */
  readonly now: () => number;
  /** Bytes of a block; by default as deployed. */
  readonly blockBytes?: number;
}

/** The result of one invocation of an import. */
export interface ImportResult {
  /**
   * `continue`: time was running out, and the manifest says where to continue. `marker`: an empty object that only
   * marks a folder or the end of a job.
   */
  readonly outcome: 'done' | 'failed' | 'continue' | 'gone' | 'repeated' | 'marker';
  readonly manifest: Manifest | undefined;
}

/**
 * Parts that are stored concurrently: the next is read while the store works. Parts may be stored in any order, but
 * progress is noted in order: after a crash, later parts are stored again, which changes nothing.
 */
const partsAtOnce = 2;
/**
 * Parts after which progress is noted: a few seconds of work, which is what a crash costs. Not fewer than {@link
 * partsAtOnce}, so that a retry stores again everything that an invocation left before it notes its own progress.
 */
const partsPerNote = 20;
/** Attempts per block while the store or the quarantine does not accept all of it. */
const maxAttempts = 4;

/**
 * Imports a CSV file, or continues its import: rows go to the ledger, rejects to the quarantine, and progress to the
 * manifest. Importing it again changes nothing.
 *
 * @throws Error if the store, the quarantine or the bucket keeps failing; the message is then delivered again.
 */
export async function importFile(
  object: FileObject,
  source: Source,
  ports: ImportPorts,
): Promise<ImportResult> {
  const name = formatObjectName(object);
  const known = await ports.files.read(name);
  if (known !== undefined && known.state !== 'importing') return { outcome: 'repeated', manifest: known };
  const from = known?.position ?? 0;
  const file = await openNoted(object, source, from, known, ports);
  if (file === undefined) return { outcome: 'gone', manifest: known && (await giveUp(known, ports)) };
  const manifest: Manifest = {
    ...(known ?? makeManifest(name, source, file, ports)),
    ...(file.isPacked && { packed: true }),
  };
  try {
    if (file.size === 0 && isMarker(object)) return { outcome: 'marker', manifest: undefined };
    if (known === undefined) await ports.files.write(manifest);
    return await importRows(object, source, file, { manifest, isRetry: known !== undefined }, ports);
  } finally {
    await file.close();
  }
}

/** Opens the file. If it cannot be opened, it is listed anyway, before its notification is given up. */
async function openNoted(
  object: FileObject,
  source: Source,
  from: number,
  known: Manifest | undefined,
  ports: ImportPorts,
) {
  try {
    return await openUnpacked((at) => ports.open(object, at), from, known?.packed === true);
  } catch (error) {
    if (known === undefined) {
      const unseen = { size: 0, deliveredAt: ports.now() };
      await ports.files.write(makeManifest(formatObjectName(object), source, unseen, ports));
    }
    throw error;
  }
}

/** Whether an empty object is a marker rather than a delivery: a folder, or a job's `_SUCCESS`. */
function isMarker({ key }: FileObject): boolean {
  return !/\.csv(\.gz)?$/i.test(key);
}

async function importRows(
  object: FileObject,
  source: Source,
  file: UnpackedFile,
  { manifest, isRetry }: { readonly manifest: Manifest; readonly isRetry: boolean },
  ports: ImportPorts,
): Promise<ImportResult> {
  if (file.damage !== undefined) return refuse(object, source, manifest, file.damage, ports);
  const read = await readLayout(object.key, file.bytes, manifest.header, ports.blockBytes);
  if (isFault(read)) return refuse(object, source, manifest, read, ports);
  const { layout, headerBytes, blocks } = read;
  const { deliveredAt: arrivedAt } = file;
  const begin = {
    ...manifest,
    header: layout.header,
    position: Math.max(manifest.position, headerBytes),
  };
  const parts = readParts({ key: object.key, source, arrivedAt, blocks }, layout, begin);
  return importParts({ object, source, ports, arrivedAt, isRetry }, parts, begin);
}

interface Task {
  readonly object: FileObject;
  readonly source: Source;
  readonly ports: ImportPorts;
  readonly arrivedAt: number;
  /** Whether an invocation that died may have stored parts: those until it would have noted its progress. */
  readonly isRetry: boolean;
}

function makeManifest(
  name: string,
  source: Source,
  file: Pick<OpenedFile, 'size' | 'deliveredAt'>,
  { now }: Pick<ImportPorts, 'now'>,
): Manifest {
  return {
    object: name,
    source: source.name,
    carrier: source.carrier,
    state: 'importing',
    rows: 0,
    accepted: 0,
    rejected: 0,
    position: 0,
    size: file.size,
    delivered: new Date(file.deliveredAt).toISOString(),
    noted: new Date(now()).toISOString(),
  };
}

/** Keeps a whole file of which no row can be read. */
async function refuse(
  object: FileObject,
  source: Source,
  { header, ...manifest }: Manifest,
  fault: Fault,
  ports: ImportPorts,
): Promise<ImportResult> {
  const arrivedAt = Date.parse(manifest.delivered);
  const { object: position } = manifest;
  await ports.keepFile(object, { ...rejectFault(fault), position, source: source.name, arrivedAt });
  await noteName({ object, source, ports }, undefined);
  const reason = formatReason(fault);
  const failed: Manifest = { ...manifest, state: 'failed', reason, noted: readClock(ports) };
  await ports.files.write(failed);
  const measures = new Measures();
  for (const count of ['received', 'rejected'] as const) measures.count(fault.code, count);
  ports.count({ ...emptyReceipt, received: 1, rejected: 1 }, measures);
  return { outcome: 'failed', manifest: failed };
}

/** Ends the import of a file that disappeared before its end; the imported rows stay. */
async function giveUp({ header, ...known }: Manifest, ports: ImportPorts): Promise<Manifest> {
  const reason = 'The file was deleted or replaced before all of it was imported';
  const failed: Manifest = { ...known, state: 'failed', reason, noted: readClock(ports) };
  await ports.files.write(failed);
  return failed;
}

function readClock({ now }: Pick<ImportPorts, 'now'>): string {
  return new Date(now()).toISOString();
}

async function importParts(task: Task, parts: AsyncIterator<Part>, begin: Manifest): Promise<ImportResult> {
  const { ports } = task;
  let manifest = begin;
  let uncounted = new Uncounted();
  let unnoted = 0;
  let { isRetry } = task;
  const note = async (noted: Manifest): Promise<Manifest> => {
    const timed = { ...noted, noted: readClock(ports) };
    await ports.files.write(timed);
    ports.count(uncounted.receipt, uncounted.measures);
    uncounted = new Uncounted();
    unnoted = 0;
    isRetry = false;
    return timed;
  };
  /** Parts that are being stored, oldest first. */
  const storing: StoredPart[] = [];
  let isOver = false;
  let timeIsShort = false;
  /** Whether all progress so far can be noted, because another invocation can resume after the last part. */
  let canStop = true;
  try {
    for (;;) {
      while (!isOver && !(timeIsShort && canStop) && storing.length < partsAtOnce) {
        const { value: part, done } = await parts.next();
        isOver = done === true;
        if (isOver) break;
        canStop = part.isResumable;
        storing.push({ part, outcome: startPart({ ...task, isRetry }, part, begin.object) });
      }
      const next = storing.shift();
      if (next === undefined) break;
      const { part, outcome } = next;
      const taken = await outcome;
      uncounted.add(taken);
      manifest = advanceManifest({ ...manifest, ...part.headers }, part, taken.receipt);
      unnoted += 1;
      timeIsShort ||= ports.isTimeShort();
      const isLast = timeIsShort && storing.length === 0 && !isOver;
      if (part.isResumable && (isLast || unnoted >= partsPerNote)) manifest = await note(manifest);
      if (part.isResumable && isLast) return { outcome: 'continue', manifest };
    }
  } finally {
    // The file is closed only when no part is being stored any more, whether the import succeeded or not.
    await Promise.allSettled(storing.map(({ outcome }) => outcome));
  }
  await noteName(task, manifest.rows);
  const { header, ...done } = manifest;
  const finished = await note({ ...done, state: 'done' });
  return { outcome: 'done', manifest: finished };
}

/**
 * Notes a file whose name contains its time of creation, after a marker, so that days from which it is missing are
 * read again.
 *
 * @param rows number of its rows; undefined if they could not be read.
 */
async function noteName(
  { object, source, ports }: Pick<Task, 'object' | 'source' | 'ports'>,
  rows: number | undefined,
): Promise<void> {
  const file = readFileName(object.key);
  if (file === undefined || ports.noteFile === undefined) return;
  const passage = await ports.fence.enter();
  try {
    const sim = makeFilesKey(source.name);
    await passage.markDays(listJudgedDays(file).map((day) => ({ sim, day })));
    await ports.noteFile({ ...file, source: source.name, carrier: source.carrier, rows });
  } finally {
    passage.leave();
  }
}

/** A part that is being stored. */
interface StoredPart {
  readonly part: Part;
  readonly outcome: Promise<Taken>;
}

/** The outcome of a part. */
type Taken = Pick<ChunkOutcome, 'receipt' | 'measures'>;

/** The outcome of the parts since progress was last noted. */
class Uncounted {
  receipt = emptyReceipt;
  readonly measures = new Measures();

  add({ receipt, measures }: Taken): void {
    this.receipt = addReceipts(this.receipt, receipt);
    this.measures.add(measures);
  }
}

/** Starts to store a part. Its failure is thrown when it is awaited, which may be later. */
function startPart(task: Task, part: Part, name: string): Promise<Taken> {
  const outcome = importPart(task, part, name);
  outcome.catch(() => undefined);
  return outcome;
}

function advanceManifest(manifest: Manifest, part: Part, { received, rejected }: Receipt): Manifest {
  return {
    ...manifest,
    rows: manifest.rows + received,
    accepted: manifest.accepted + received - rejected,
    rejected: manifest.rejected + rejected,
    position: manifest.position + part.length,
  };
}

/** Ingests the rows of a part, and repeats this until all of them are stored. */
async function importPart(
  task: Task,
  { entries, rowsBefore, rejectGroup }: Part,
  name: string,
): Promise<Taken> {
  if (entries.length === 0) return new Uncounted();
  const { ports } = task;
  const options = {
    readBeforeWrite: true,
    writtenAt: ports.askedAt,
    rejectGroup,
  };
  for (let attempt = 1; ; attempt += 1) {
    const ingested = await ingest(entries, ports, { ...options, isRetry: task.isRetry || attempt > 1 });
    if (ingested.receipt.failed === 0) return ingested;
    if (attempt === maxAttempts) throw new ImportError(name, rowsBefore, ingested);
    await waitBeforeRetry(attempt, 200);
  }
}

/** The store or the quarantine did not accept all rows. */
export class ImportError extends Error {
  override readonly name = 'ImportError';

  constructor(object: string, rowsBefore: number, { receipt, errors }: Ingested) {
    const causes = errors.map(({ name, message }) => `${name}: ${message}`).join('; ');
    super(`${receipt.failed} rows after row ${rowsBefore} of ${object} were not stored: ${causes}`);
  }
}
