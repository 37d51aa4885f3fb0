import { isFault } from '../../lambda/carriers/reading.ts';
import { openFile } from '../../lambda/file-importer/file-store.ts';
import { type ImportPorts, importFile } from '../../lambda/file-importer/import-file.ts';
import { readLayout } from '../../lambda/file-importer/layout.ts';
import { type FileObject, objectName } from '../../lambda/file-importer/messages.ts';
import { openUnpacked } from '../../lambda/file-importer/unpacking.ts';
import { addReceipts, emptyReceipt, type Receipt } from '../../lambda/ledger/receipt.ts';
import type { SourceDescription } from '../../lambda/sources.ts';
import { FilesTable } from '../../lambda/store/files.ts';
import type { RejectLine } from '../../lambda/store/quarantine.ts';
import type { LedgerWriter } from '../../lambda/store/writer.ts';
import type { Deployment } from '../deployment/deployment.ts';
import { importPortsOf } from '../file-import.ts';
import { fileOfPosition } from './positions.ts';

/** What became of a file that was refused as a whole. */
export interface RedrivenFile {
  /** Its rows; of a file that is still refused, the file as one record. */
  readonly receipt: Receipt;
  /** Whether all of its rows are in the ledger, or in the quarantine one by one. */
  readonly isTakenIn: boolean;
  /** Why it could not be tried. */
  readonly trouble?: string;
}

/** How refused files are redriven. */
export interface RefusedFileOptions {
  readonly dryRun: boolean;
  readonly signal: AbortSignal;
  readonly now: () => number;
  readonly writer: LedgerWriter;
}

/** Imports files again that were refused as a whole: from their copy in the quarantine, under their first name. */
export class RefusedFiles {
  readonly #deployment: Deployment;
  readonly #options: RefusedFileOptions;

  constructor(deployment: Deployment, options: RefusedFileOptions) {
    this.#deployment = deployment;
    this.#options = options;
  }

  async redrive(line: RejectLine): Promise<RedrivenFile> {
    const { sources } = this.#deployment.places;
    const file = fileOfPosition(line.position, sources);
    const source = sources.all.find(({ name }) => name === line.source);
    if (file === undefined || source === undefined) {
      return refused({ trouble: `The source ${line.source} is not configured any more` });
    }
    const copy = copyOf(this.#deployment, line.object ?? '');
    if (!(await this.#hasLayout(file, copy))) return refused({});
    return this.#import(file, source, copy);
  }

  /** Whether today's code knows what to do with its header. */
  async #hasLayout({ key }: FileObject, copy: FileObject): Promise<boolean> {
    const opened = await openUnpacked((from) => openFile(this.#deployment.s3, copy, from), 0, false);
    if (opened === undefined) return false;
    try {
      return opened.damage === undefined && !isFault(await readLayout(key, opened.bytes, undefined));
    } finally {
      await opened.close();
    }
  }

  async #import(file: FileObject, source: SourceDescription, copy: FileObject): Promise<RedrivenFile> {
    const { dryRun, now, writer } = this.#options;
    let receipt = emptyReceipt;
    const ports: ImportPorts = {
      ...importPortsOf(this.#deployment, this.#options),
      writer,
      open: async (_, from) => {
        const opened = await openFile(this.#deployment.s3, copy, from);
        // It is delivered again, now.
        return opened && { ...opened, deliveredAt: now() };
      },
      count: (counted) => {
        receipt = addReceipts(receipt, counted);
      },
    };
    if (!dryRun) {
      const { dynamoDb, places } = this.#deployment;
      await new FilesTable(dynamoDb, places.tables.files).reopen(objectName(file));
    }
    const { outcome } = await importFile(file, source, ports);
    // `repeated`: an earlier redrive brought it to its end, but could not take it away any more.
    return { receipt, isTakenIn: outcome === 'done' || outcome === 'repeated' };
  }
}

function copyOf({ places }: Deployment, key: string): FileObject {
  return { bucket: places.quarantineBucket, key, versionId: undefined, eTag: undefined };
}

function refused(more: { trouble?: string }): RedrivenFile {
  return { receipt: { ...emptyReceipt, received: 1, rejected: 1 }, isTakenIn: false, ...more };
}
