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

/** The context of an import. */
export interface ImportPorts extends Omit<LedgerPorts, 'beginChunk'> {
  readonly files: Pick<FilesTable, 'read' | 'write'>;
  /** Opens an object from a byte on; undefined if it does not exist any more. */
  readonly open: (object: FileObject, from: number) => Promise<OpenedFile | undefined>;
  /** Keeps a whole object in the quarantine. */
  readonly keepFile: (object: FileObject, reject: Omit<Reject, 'bytes'>) => Promise<void>;
  /** Notes a file whose name tells when it was made. Absent in dry runs. */
  readonly noteFile?: ((file: NamedFile) => Promise<void>) | undefined;
  /** Takes the outcome of the rows since it was last called, each time progress is noted. */
  readonly count: (receipt: Receipt, measures: Measures) => void;
  /** Whether the remaining time is too short for another block. */
  readonly isTimeShort: () => boolean;
  /** When the import was requested, in milliseconds since the epoch: a file may be much older. */
  readonly askedAt: number;
  /** Milliseconds since the epoch. Progress is noted with the time, so that a dead import differs from a running one. */
  readonly now: () => number;
  /** Bytes of a block; those of a deployed importer by default. */
  readonly blockBytes?: number;
}

/** The result of an invocation's part of an import. */
export interface ImportResult {
  /**
   * `continue`: time was running out; the manifest says where to continue. `marker`: an empty object that only marks a
   * folder or the end of a job.
   */
  readonly outcome: 'done' | 'failed' | 'continue' | 'gone' | 'repeated' | 'marker';
  readonly manifest: Manifest | undefined;
}

/**
 * Parts that are stored at the same time: the next is read while the store is at work. Their order does not matter, but
 * progress is noted in it: what is stored of later parts is stored again after a crash, which changes nothing.
 */
const partsAtOnce = 2;
/**
 * Parts after which progress is noted: a few seconds' work, so that a crash costs no more. Not fewer than are stored at the
 * same time, so that all that an invocation left behind is stored again before a retry notes its progress.
 */
const partsPerNote = 20;
/** How often a block is tried while the store or the quarantine does not take all of it. */
const maxAttempts = 4;

/**
 * Imports a CSV file, or continues its import: row by row into the ledger, rejects into the quarantine, progress into
 * the manifest. Importing it again changes nothing.
 *
 * @throws Error if the store, the quarantine or the bucket keeps failing: the message is then delivered again.
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

/** Opens the file. A file that cannot be opened is listed as well, before its notification is given up. */
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

/** Whether an empty object is a marker and not a delivery: a folder, or `_SUCCESS` of a job. */
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
  /** Whether an invocation that died may have stored some of the parts: those up to where it would have noted its progress. */
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

/** Keeps a file of which no row can be read as a whole. */
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

/** Closes the import of a file that disappeared before its end: the imported rows stay. */
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
  /** Parts that are being stored, the first one first. */
  const storing: StoredPart[] = [];
  let isOver = false;
  let timeIsShort = false;
  /** Whether all that was read can be noted: no part is read that another invocation could not begin with. */
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
    // Nothing is stored any more when the file is closed, whatever the import ended with.
    await Promise.allSettled(storing.map(({ outcome }) => outcome));
  }
  await noteName(task, manifest.rows);
  const { header, ...done } = manifest;
  const finished = await note({ ...done, state: 'done' });
  return { outcome: 'done', manifest: finished };
}

/**
 * Notes a file whose name tells when it was made, behind a marker: the days on which it is missed are read again.
 *
 * @param rows in it; undefined where they could not be read.
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

/** A part on its way into the store. */
interface StoredPart {
  readonly part: Part;
  readonly outcome: Promise<Taken>;
}

/** The outcome of a part. */
type Taken = Pick<ChunkOutcome, 'receipt' | 'measures'>;

/** The outcome of the parts since progress was noted. */
class Uncounted {
  receipt = emptyReceipt;
  readonly measures = new Measures();

  add({ receipt, measures }: Taken): void {
    this.receipt = addReceipts(this.receipt, receipt);
    this.measures.add(measures);
  }
}

/** Begins to store a part. Its failure is thrown where it is awaited, and that may be late. */
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

/** Takes in the rows of a part, and repeats until all of them are in. */
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

/** The store or the quarantine did not take all rows. */
export class ImportError extends Error {
  override readonly name = 'ImportError';

  constructor(object: string, rowsBefore: number, { receipt, errors }: Ingested) {
    const causes = errors.map(({ name, message }) => `${name}: ${message}`).join('; ');
    super(`${receipt.failed} rows after row ${rowsBefore} of ${object} were not stored: ${causes}`);
  }
}
