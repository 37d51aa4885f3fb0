import type { RowInterpreter } from '../carriers/datastreamer-csv.ts';
import { type Arrival, type Fault, fault, isFault, type Reading } from '../carriers/reading.ts';
import { timeOf } from '../carriers/time.ts';
import { type Entry, type Ingested, ingest, type LedgerPorts } from '../ingest.ts';
import { addReceipts, emptyReceipt, type Receipt } from '../ledger/receipt.ts';
import type { Source } from '../sources.ts';
import { backOff } from '../store/concurrency.ts';
import type { FilesTable, Manifest } from '../store/files.ts';
import type { Reject } from '../store/quarantine.ts';
import type { Block } from './blocks.ts';
import type { OpenedFile } from './file-store.ts';
import { type Layout, readLayout } from './layout.ts';
import { type FileObject, objectName } from './messages.ts';
import { type ParsedRow, parseRows } from './rows.ts';

/** What the import of a file needs besides the file. */
export interface ImportPorts extends LedgerPorts {
  readonly files: Pick<FilesTable, 'read' | 'write'>;
  /** Opens an object from a byte on; undefined when it is not there any more. */
  readonly open: (object: FileObject, from: number) => Promise<OpenedFile | undefined>;
  /** Keeps a whole object in the quarantine. */
  readonly keepFile: (object: FileObject, reject: Omit<Reject, 'bytes'>) => Promise<void>;
  /** Takes the receipt of the rows since the last one, whenever progress is noted. */
  readonly count: (receipt: Receipt) => void;
  /** Whether the time left is too short for another block. */
  readonly timeIsShort: () => boolean;
}

/** How an import ended for now. */
export interface ImportResult {
  /** `continue`: the time was short; the manifest says where to go on. */
  readonly outcome: 'done' | 'failed' | 'continue' | 'gone' | 'repeated';
  readonly manifest: Manifest | undefined;
}

/** Blocks after which progress is noted: a few seconds' work, so that a crash costs no more. */
const blocksPerNote = 20;
/**
 * Carriers send at most 20 days of history again, and a stream keeps a week unless configured otherwise: what is older
 * than this when its file is delivered comes by no stream at the same moment.
 */
const settledMilliseconds = 45 * 86_400_000;
/** Times that a block is tried, while store or quarantine do not take all of it. */
const mostAttempts = 4;

/**
 * Imports a CSV file, or goes on importing it: row by row into the ledger, rejects into the quarantine, progress into
 * the manifest. Importing it again changes nothing.
 *
 * @throws Error when the store, the quarantine or the bucket keep failing: the message is then delivered again.
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
  const file = await ports.open(object, from);
  if (file === undefined) return { outcome: 'gone', manifest: known && (await giveUp(known, ports)) };
  const manifest = known ?? newManifest(name, source, file);
  try {
    const layout = await readLayout(object.key, file, known?.header);
    if (isFault(layout)) return await refuse(object, source, manifest, layout, ports);
    const task = { object, source, ports, arrivedAt: file.deliveredAt, ...layout };
    return await importBlocks(task, {
      ...manifest,
      header: layout.header,
      position: Math.max(from, layout.headerBytes),
    });
  } finally {
    await file.close();
  }
}

interface Task extends Layout {
  readonly object: FileObject;
  readonly source: Source;
  readonly ports: ImportPorts;
  readonly arrivedAt: number;
}

function newManifest(name: string, source: Source, file: OpenedFile): Manifest {
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
  };
}

/** A file of which no row can be read: kept whole. */
async function refuse(
  object: FileObject,
  source: Source,
  manifest: Manifest,
  { code, reason }: Fault,
  ports: ImportPorts,
): Promise<ImportResult> {
  const arrivedAt = Date.parse(manifest.delivered);
  await ports.keepFile(object, { code, reason, position: manifest.object, source: source.name, arrivedAt });
  const failed: Manifest = { ...manifest, state: 'failed', reason };
  await ports.files.write(failed);
  ports.count({ ...emptyReceipt, received: 1, rejected: 1 });
  return { outcome: 'failed', manifest: failed };
}

/** A file that vanished before all of it was in: what is in stays in. */
async function giveUp({ header, ...known }: Manifest, { files }: ImportPorts): Promise<Manifest> {
  const reason = 'The file was deleted or replaced before all of it was imported';
  const failed: Manifest = { ...known, state: 'failed', reason };
  await files.write(failed);
  return failed;
}

async function importBlocks(task: Task, begin: Manifest): Promise<ImportResult> {
  const { ports, blocks } = task;
  let manifest = begin;
  let uncounted = emptyReceipt;
  const note = async (noted: Manifest): Promise<void> => {
    await ports.files.write(noted);
    ports.count(uncounted);
    uncounted = emptyReceipt;
  };
  for (let number = 1; ; number += 1) {
    const block = await blocks.next();
    if (block === undefined) break;
    const counts = await importBlock(task, block, manifest);
    uncounted = addReceipts(uncounted, counts);
    manifest = advanced(manifest, block, counts);
    const timeIsShort = ports.timeIsShort();
    if (timeIsShort || number % blocksPerNote === 0) await note(manifest);
    if (timeIsShort) return { outcome: 'continue', manifest };
  }
  const { header, ...done } = manifest;
  const finished: Manifest = { ...done, state: 'done' };
  await note(finished);
  return { outcome: 'done', manifest: finished };
}

function advanced(manifest: Manifest, block: Block, { received, rejected }: Receipt): Manifest {
  return {
    ...manifest,
    rows: manifest.rows + received,
    accepted: manifest.accepted + received - rejected,
    rejected: manifest.rejected + rejected,
    position: manifest.position + block.bytes.length,
  };
}

/** Takes in a block's rows, again and again until all of them are in. */
async function importBlock(task: Task, block: Block, manifest: Manifest): Promise<Receipt> {
  const rows = parseRows(block.bytes, block.ends, task.delimiter);
  const entries = rows.map((row, index): Entry => {
    const { source, arrivedAt } = task;
    return {
      reading: readingOf(row, task.interpretRow, { source, arrivedAt }),
      delivery: index,
      position: `${manifest.object}#${manifest.rows + index + 1}`,
      source,
      arrivedAt,
      bytes: () => row.bytes,
    };
  });
  const options = {
    lookFirst: true,
    settledBefore: timeOf(task.arrivedAt - settledMilliseconds),
    rejectGroup: `${manifest.object}#${manifest.position}`,
  };
  for (let attempt = 1; ; attempt += 1) {
    const ingested = await ingest(entries, task.ports, options);
    if (ingested.receipt.failed === 0) return ingested.receipt;
    if (attempt === mostAttempts) throw new ImportError(manifest, ingested);
    await backOff(attempt, 200);
  }
}

/** What a row states, under its file's header. */
export function readingOf(row: ParsedRow, interpretRow: RowInterpreter, arrival: Arrival): Reading {
  return row.fields === undefined ? brokenRow(row.isText) : interpretRow(row.fields, arrival);
}

function brokenRow(isText: boolean): Fault {
  return isText
    ? fault('broken-row', 'The row is no CSV: a quote is not closed, or something follows one')
    : fault('not-utf8', 'The row is not UTF-8 text');
}

/** Rows that the store or the quarantine would not take. */
export class ImportError extends Error {
  override readonly name = 'ImportError';

  constructor(manifest: Manifest, { receipt, errors }: Ingested) {
    const causes = errors.map(({ name, message }) => `${name}: ${message}`).join('; ');
    super(
      `${receipt.failed} rows behind row ${manifest.rows} of ${manifest.object} were not taken in: ${causes}`,
    );
  }
}
