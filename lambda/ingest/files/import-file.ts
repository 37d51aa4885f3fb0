import type { RowInterpreter } from '../../carriers/datastreamer/csv.ts';
import {
  type Arrival,
  type Fault,
  fault,
  formatReason,
  isFault,
  type Reading,
} from '../../carriers/reading.ts';
import { findDay, shiftDay } from '../../days/day.ts';
import { type NamedFile, readFileName } from '../../days/named-files.ts';
import { makeFilesKey } from '../../ledger/accounts.ts';
import { addReceipts, emptyReceipt, type Receipt } from '../../ledger/receipt.ts';
import type { Source } from '../../ledger/source.ts';
import { formatTime } from '../../ledger/time.ts';
import { backOff } from '../../store/concurrency.ts';
import type { FilesTable } from '../../store/files.ts';
import type { Manifest } from '../../store/manifest.ts';
import { type Reject, rejectFault } from '../../store/quarantine.ts';
import { type Entry, type Ingested, ingest, type LedgerPorts } from '../ingest.ts';
import type { Block, BlockReader } from './blocks.ts';
import type { OpenedFile } from './file-store.ts';
import { headerIn, type Layout, parseLayout, readLayout, swallowsRows } from './layout.ts';
import { type FileObject, objectName } from './messages.ts';
import { type ParsedRow, parseRows } from './rows.ts';
import { openUnpacked, type UnpackedFile } from './unpacking.ts';

/** The context of an import. */
export interface ImportPorts extends LedgerPorts {
  readonly files: Pick<FilesTable, 'read' | 'write'>;
  /** Opens an object from a byte on; undefined if it does not exist any more. */
  readonly open: (object: FileObject, from: number) => Promise<OpenedFile | undefined>;
  /** Keeps a whole object in the quarantine. */
  readonly keepFile: (object: FileObject, reject: Omit<Reject, 'bytes'>) => Promise<void>;
  /** Notes a file whose name tells when it was made. Absent in dry runs. */
  readonly noteFile?: ((file: NamedFile) => Promise<void>) | undefined;
  /** Takes the receipt of the rows since the last one, each time progress is noted. */
  readonly count: (receipt: Receipt) => void;
  /** Whether the remaining time is too short for another block. */
  readonly timeIsShort: () => boolean;
  /** When the import was asked for, in milliseconds since the epoch: a file may be much older. */
  readonly askedAt: number;
  /** Milliseconds since the epoch. Progress is noted with the time, so that a dead import differs from a running one. */
  readonly now: () => number;
}

/** The result of an invocation's part of an import. */
export interface ImportResult {
  /**
   * `continue`: time was running out; the manifest says where to go on. `marker`: an empty object that only marks a folder
   * or the end of a job.
   */
  readonly outcome: 'done' | 'failed' | 'continue' | 'gone' | 'repeated' | 'marker';
  readonly manifest: Manifest | undefined;
}

/** Blocks after which progress is noted: a few seconds' work, so that a crash costs no more. */
const blocksPerNote = 20;
/**
 * Carriers send at most 20 days of history again, and a stream keeps a week unless configured otherwise: a record that is
 * older than this when its file is delivered does not arrive by stream at the same moment.
 */
const settledMilliseconds = 45 * 86_400_000;
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
  const name = objectName(object);
  const known = await ports.files.read(name);
  if (known !== undefined && known.state !== 'importing') return { outcome: 'repeated', manifest: known };
  const from = known?.position ?? 0;
  const file = await openNoted(object, source, from, known, ports);
  if (file === undefined) return { outcome: 'gone', manifest: known && (await giveUp(known, ports)) };
  const manifest: Manifest = {
    ...(known ?? newManifest(name, source, file, ports)),
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

/** Opens the file. A file that cannot be opened is listed as well, before its announcement is given up. */
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
      await ports.files.write(newManifest(objectName(object), source, unseen, ports));
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
  const read = await readLayout(object.key, file.bytes, manifest.header);
  if (isFault(read)) return refuse(object, source, manifest, read, ports);
  const { layout, headerBytes, blocks } = read;
  const task = { object, source, ports, arrivedAt: file.deliveredAt, blocks, isRetry };
  return importBlocks(task, layout, {
    ...manifest,
    header: layout.header,
    position: Math.max(manifest.position, headerBytes),
  });
}

interface Task {
  readonly object: FileObject;
  readonly source: Source;
  readonly ports: ImportPorts;
  readonly arrivedAt: number;
  /** The rows that are not yet imported. */
  readonly blocks: BlockReader;
  /** Whether an invocation that died may have stored some of them: those up to where it would have noted its progress. */
  readonly isRetry: boolean;
}

function newManifest(
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
  wrong: Fault,
  ports: ImportPorts,
): Promise<ImportResult> {
  const arrivedAt = Date.parse(manifest.delivered);
  const { object: position } = manifest;
  await ports.keepFile(object, { ...rejectFault(wrong), position, source: source.name, arrivedAt });
  await noteName({ object, source, ports }, undefined);
  const reason = formatReason(wrong);
  const failed: Manifest = { ...manifest, state: 'failed', reason, noted: timeNow(ports) };
  await ports.files.write(failed);
  ports.count({ ...emptyReceipt, received: 1, rejected: 1 });
  return { outcome: 'failed', manifest: failed };
}

/** Closes the import of a file that disappeared before its end: the imported rows stay. */
async function giveUp({ header, ...known }: Manifest, ports: ImportPorts): Promise<Manifest> {
  const reason = 'The file was deleted or replaced before all of it was imported';
  const failed: Manifest = { ...known, state: 'failed', reason, noted: timeNow(ports) };
  await ports.files.write(failed);
  return failed;
}

function timeNow({ now }: Pick<ImportPorts, 'now'>): string {
  return new Date(now()).toISOString();
}

async function importBlocks(task: Task, first: Layout, begin: Manifest): Promise<ImportResult> {
  const { object, ports, blocks } = task;
  let layout = first;
  let manifest = begin;
  let uncounted = emptyReceipt;
  let unnoted = 0;
  let { isRetry } = task;
  const note = async (noted: Manifest): Promise<Manifest> => {
    const timed = { ...noted, noted: timeNow(ports) };
    await ports.files.write(timed);
    ports.count(uncounted);
    uncounted = emptyReceipt;
    unnoted = 0;
    isRetry = false;
    return timed;
  };
  for (let block = await blocks.next(layout.delimiter); block !== undefined; ) {
    const section = cutAtHeader(block, layout);
    if (section.rest > 0) blocks.putBack(block.bytes.subarray(block.bytes.length - section.rest));
    if (section.header !== undefined) {
      layout = parseLayout(section.header, object.key);
      manifest = { ...manifest, header: layout.header, headers: (manifest.headers ?? 1) + 1 };
    }
    const counts =
      section.rows.length === 0
        ? emptyReceipt
        : await importSection({ ...task, isRetry }, section, layout, manifest);
    uncounted = addReceipts(uncounted, counts);
    manifest = advanced(manifest, section, counts);
    unnoted += 1;
    const timeIsShort = ports.timeIsShort();
    if (blocks.isResumable && (timeIsShort || unnoted >= blocksPerNote)) manifest = await note(manifest);
    if (blocks.isResumable && timeIsShort) return { outcome: 'continue', manifest };
    block = await blocks.next(layout.delimiter);
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
  const day = findDay(file.time);
  const passage = await ports.fence.enter();
  try {
    const sim = makeFilesKey(source.name);
    await passage.markDays([day, shiftDay(day, 1)].map((one) => ({ sim, day: one })));
    await ports.noteFile({ ...file, source: source.name, carrier: source.carrier, rows });
  } finally {
    passage.leave();
  }
}

/** The first rows of a block: up to the next header, or only that header. An unusable header is a row as well. */
interface Section {
  readonly rows: readonly ParsedRow[];
  /** Bytes that it takes. */
  readonly length: number;
  /** Bytes of the block behind it. */
  readonly rest: number;
  /** The header; undefined if these are rows. */
  readonly header?: string;
}

/** The header before them applies to rows, wherever it is in the file. */
function cutAtHeader({ bytes, ends }: Block, layout: Layout): Section {
  const rows = parseRows(bytes, ends, layout.delimiter);
  for (const [index, row] of rows.entries()) {
    const header = headerIn(row, layout);
    if (header === undefined) continue;
    const begin = row.bytes.byteOffset - bytes.byteOffset;
    if (index > 0) return { rows: rows.slice(0, index), length: begin, rest: bytes.length - begin };
    // A row that is broken by its quotes may end before the bytes that were cut as one row.
    const lineBreak = bytes.indexOf(newline, begin + row.bytes.length);
    const length = lineBreak === -1 ? bytes.length : lineBreak + 1;
    return { rows: swallowsRows(header) ? [row] : [], length, rest: bytes.length - length, header };
  }
  return { rows, length: bytes.length, rest: 0 };
}

const newline = 0x0a;

function advanced(manifest: Manifest, section: Section, { received, rejected }: Receipt): Manifest {
  return {
    ...manifest,
    rows: manifest.rows + received,
    accepted: manifest.accepted + received - rejected,
    rejected: manifest.rejected + rejected,
    position: manifest.position + section.length,
  };
}

/** Takes in rows, and repeats until all of them are in. */
async function importSection(
  task: Task,
  { rows }: Section,
  layout: Layout,
  manifest: Manifest,
): Promise<Receipt> {
  // The first header is at the beginning of the file; a later one is kept with the rows that need it.
  const header = (manifest.headers ?? 1) > 1 ? { header: layout.header } : {};
  const entries = rows.map((row, index): Entry => {
    const { source, arrivedAt } = task;
    return {
      ...header,
      reading: interpretParsedRow(row, layout.interpretRow, { source, arrivedAt }),
      delivery: index,
      position: `${manifest.object}#${manifest.rows + index + 1}`,
      source,
      arrivedAt,
      isRow: true,
      bytes: () => row.bytes,
    };
  });
  const options = {
    readBeforeWrite: true,
    writtenAt: task.ports.askedAt,
    finalBefore: formatTime(task.arrivedAt - settledMilliseconds),
    rejectGroup: `${manifest.object}#${manifest.position}`,
  };
  for (let attempt = 1; ; attempt += 1) {
    const ingested = await ingest(entries, task.ports, { ...options, isRetry: task.isRetry || attempt > 1 });
    if (ingested.receipt.failed === 0) return ingested.receipt;
    if (attempt === maxAttempts) throw new ImportError(manifest, ingested);
    await backOff(attempt, 200);
  }
}

/** Interprets a row under its header. */
export function interpretParsedRow(row: ParsedRow, interpretRow: RowInterpreter, arrival: Arrival): Reading {
  return row.fields === undefined ? brokenRow(row.isText) : interpretRow(row.fields, arrival);
}

function brokenRow(isText: boolean): Fault {
  return isText
    ? fault('broken-row', 'The row is not CSV: a quote is not closed, or characters follow a closed one')
    : fault('not-utf8', 'The row is not UTF-8 text');
}

/** The store or the quarantine did not take all rows. */
export class ImportError extends Error {
  override readonly name = 'ImportError';

  constructor(manifest: Manifest, { receipt, errors }: Ingested) {
    const causes = errors.map(({ name, message }) => `${name}: ${message}`).join('; ');
    super(
      `${receipt.failed} rows after row ${manifest.rows} of ${manifest.object} were not stored: ${causes}`,
    );
  }
}
