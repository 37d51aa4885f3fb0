import type { S3Client } from '@aws-sdk/client-s3';
import type { KnownSource, KnownSources } from '../../lambda/aws/sources.ts';
import { formatReason, isFault } from '../../lambda/carriers/reading.ts';
import { type Interpret, readBodyEntries } from '../../lambda/ingest/entries.ts';
import { openFile } from '../../lambda/ingest/files/file-store.ts';
import { type ImportPorts, importFile } from '../../lambda/ingest/files/import-file.ts';
import { type Layout, parseLayout, readLayout } from '../../lambda/ingest/files/layout.ts';
import { type FileObject, formatObjectName } from '../../lambda/ingest/files/messages.ts';
import { interpretParsedRow } from '../../lambda/ingest/files/parts.ts';
import { parseRows } from '../../lambda/ingest/files/rows.ts';
import { openUnpacked } from '../../lambda/ingest/files/unpacking.ts';
import type { Entry } from '../../lambda/ingest/ingest.ts';
import { addReceipts, emptyReceipt, type Receipt } from '../../lambda/ledger/receipt.ts';
import { FilesTable } from '../../lambda/store/files.ts';
import type { RejectLine } from '../../lambda/store/quarantine.ts';
import type { LedgerWriter } from '../../lambda/store/writer.ts';
import type { Deployment } from '../deployment/deployment.ts';
import { makeImportPorts } from '../ledger.ts';

/** The result of reading a reject again. */
export type ReadAgain =
  /** Its records. */
  | { readonly entries: readonly Entry[] }
  /** Why it cannot be tried. */
  | { readonly trouble: string };

/** Reads rejects again with the current code. */
export class RejectReader {
  readonly #deployment: Deployment;
  readonly #interpret: Interpret;
  readonly #layouts: RowLayouts;

  constructor(deployment: Deployment, interpret: Interpret) {
    this.#deployment = deployment;
    this.#interpret = interpret;
    this.#layouts = new RowLayouts(deployment.s3);
  }

  /**
   * @param delivery index of the reject among those that are stored together.
   * @param arrivedAt now, in milliseconds since the epoch: the reject counts as delivered now, for times too far ahead
   *   and for the expiry of events.
   */
  async read(line: RejectLine, delivery: number, arrivedAt: number): Promise<ReadAgain> {
    const { sources } = this.#deployment.places;
    const source = sources.all.find(({ name }) => name === line.source);
    if (source === undefined) return { trouble: `The source ${line.source} is no longer configured` };
    const bytes = Buffer.from(line.body, line.encoding);
    const arrival = { delivery, source, arrivedAt, position: line.position };
    const file = parseFilePosition(line.position, sources);
    if (file === undefined) return { entries: [...readBodyEntries(bytes, arrival, this.#interpret)] };
    const layout =
      line.header === undefined ? await this.#layouts.findLayout(file) : parseLayout(line.header, file.key);
    if (typeof layout === 'string') return { trouble: layout };
    const rows = parseRows(bytes, [bytes.length], layout.delimiter);
    return {
      entries: rows.map((row) => ({
        ...arrival,
        isRow: true,
        reading: interpretParsedRow(row, layout.interpretRow, { source, arrivedAt }),
        readBytes: () => row.bytes,
      })),
    };
  }
}

/** How to read rows: their separator and their header. */
export type RowLayout = Pick<Layout, 'delimiter' | 'interpretRow'>;

/**
 * The most files whose layout is cached. Rejects of one file are stored together, so few layouts are needed at a time.
 */
const maxRemembered = 32;

/** Reads the headers of files with rejected rows: a rejected row cannot be read without its header. */
export class RowLayouts {
  readonly #client: S3Client;
  readonly #known = new Map<string, Promise<RowLayout | string>>();

  constructor(client: S3Client) {
    this.#client = client;
  }

  /** A file's layout, or why it cannot be read. */
  findLayout(object: FileObject): Promise<RowLayout | string> {
    const name = formatObjectName(object);
    const known = this.#known.get(name);
    if (known !== undefined) return known;
    const reading = this.#read(object);
    this.#known.set(name, reading);
    const [oldest] = this.#known.keys();
    if (this.#known.size > maxRemembered && oldest !== undefined) this.#known.delete(oldest);
    return reading;
  }

  async #read(object: FileObject): Promise<RowLayout | string> {
    const file = await openUnpacked((from) => openFile(this.#client, object, from), 0, false);
    if (file === undefined) return 'The file no longer exists, so its header cannot be read';
    try {
      if (file.damage !== undefined) return formatReason(file.damage);
      const read = await readLayout(object.key, file.bytes, undefined);
      return isFault(read) ? formatReason(read) : read.layout;
    } finally {
      await file.close();
    }
  }
}

/** The outcome of a file that was refused as a whole. */
export interface RedrivenFile {
  /** Its rows; if the file is still refused, the file as one record. */
  readonly receipt: Receipt;
  /** Whether all of its rows are in the ledger, or in the quarantine one by one. */
  readonly isTakenIn: boolean;
  /** Why it could not be tried. */
  readonly trouble?: string;
}

/** How to redrive refused files. */
export interface RefusedFileOptions {
  readonly dryRun: boolean;
  readonly signal: AbortSignal;
  readonly now: () => number;
  readonly writer: LedgerWriter;
}

/** Imports files again that were refused as a whole: from their copy in the quarantine, under their original name. */
export class RefusedFiles {
  readonly #deployment: Deployment;
  readonly #options: RefusedFileOptions;

  constructor(deployment: Deployment, options: RefusedFileOptions) {
    this.#deployment = deployment;
    this.#options = options;
  }

  async redrive(line: RejectLine): Promise<RedrivenFile> {
    const { sources } = this.#deployment.places;
    const file = parseFilePosition(line.position, sources);
    const source = sources.all.find(({ name }) => name === line.source);
    if (file === undefined || source === undefined) {
      return makeRefusedFile({ trouble: `The source ${line.source} is no longer configured` });
    }
    const copy = nameCopy(this.#deployment, line.object ?? '');
    if (!(await this.#hasLayout(file, copy))) return makeRefusedFile({});
    return this.#import(file, source, copy);
  }

  /** Whether the current code can read its header. */
  async #hasLayout({ key }: FileObject, copy: FileObject): Promise<boolean> {
    const opened = await openUnpacked((from) => openFile(this.#deployment.s3, copy, from), 0, false);
    if (opened === undefined) return false;
    try {
      return opened.damage === undefined && !isFault(await readLayout(key, opened.bytes, undefined));
    } finally {
      await opened.close();
    }
  }

  async #import(file: FileObject, source: KnownSource, copy: FileObject): Promise<RedrivenFile> {
    const { dryRun, now, writer } = this.#options;
    let receipt = emptyReceipt;
    const ports: ImportPorts = {
      ...makeImportPorts(this.#deployment, this.#options),
      writer,
      open: async (_, from) => {
        const opened = await openFile(this.#deployment.s3, copy, from);
        // It counts as delivered now.
        return opened && { ...opened, deliveredAt: now() };
      },
      count: (counted) => {
        receipt = addReceipts(receipt, counted);
      },
    };
    if (!dryRun) {
      const { dynamoDb, places } = this.#deployment;
      await new FilesTable(dynamoDb, places.tables.files).reopen(formatObjectName(file));
    }
    const { outcome } = await importFile(file, source, ports);
    // `repeated`: an earlier redrive imported it, but was interrupted before removing it.
    return { receipt, isTakenIn: outcome === 'done' || outcome === 'repeated' };
  }
}

function nameCopy({ places }: Deployment, key: string): FileObject {
  return { bucket: places.quarantineBucket, key, versionId: undefined, eTag: undefined };
}

function makeRefusedFile(more: { trouble?: string }): RedrivenFile {
  return { receipt: { ...emptyReceipt, received: 1, rejected: 1 }, isTakenIn: false, ...more };
}

/**
 * The object in the position of a file's row or a whole file: `bucket/key@version#row`. Undefined for any other
 * position, such as a stream's.
 */
export function parseFilePosition(position: string, sources: KnownSources): FileObject | undefined {
  const slash = position.indexOf('/');
  const bucket = position.slice(0, slash);
  if (slash === -1 || !sources.all.some((source) => source.bucket === bucket)) return undefined;
  const rest = position.slice(slash + 1).replace(/#\d+$/, '');
  const at = rest.lastIndexOf('@');
  if (at === -1) return undefined;
  const version = rest.slice(at + 1);
  const isETag = /^[0-9a-f]{32}(-\d+)?$/.test(version);
  return {
    bucket,
    key: rest.slice(0, at),
    versionId: isETag || version === 'current' ? undefined : version,
    eTag: isETag ? version : undefined,
  };
}
