import { openFile } from '../lambda/file-importer/file-store.ts';
import type { ImportPorts } from '../lambda/file-importer/import-file.ts';
import { copySourceOf } from '../lambda/file-importer/messages.ts';
import { FilesTable, type Manifest } from '../lambda/store/files.ts';
import type { Deployment } from './deployment/deployment.ts';
import { bucketQuarantineOf, quarantineOf, writerOf } from './ledger.ts';

/** How a file is imported from here. */
export interface FileImportOptions {
  readonly dryRun: boolean;
  readonly signal: AbortSignal;
}

/**
 * What the importer works with, for an import from here with the caller's permissions. In a dry run manifests are in
 * memory, and each import begins at the file's beginning.
 */
export function importPortsOf(deployment: Deployment, { dryRun, signal }: FileImportOptions): ImportPorts {
  const { dynamoDb, s3, places } = deployment;
  return {
    writer: writerOf(deployment, { dryRun }),
    quarantine: quarantineOf(deployment, { dryRun }),
    files: dryRun ? new RehearsedFiles() : new FilesTable(dynamoDb, places.tables.files),
    open: (object, from) => openFile(s3, object, from),
    keepFile: async (object, reject) => {
      if (!dryRun) await bucketQuarantineOf(deployment).keepObject(reject, copySourceOf(object));
    },
    count: () => undefined,
    // It notes where it is, and ends; begun again, it goes on from there.
    timeIsShort: () => signal.aborted,
    now: Date.now,
  };
}

class RehearsedFiles {
  readonly #manifests = new Map<string, Manifest>();

  async read(object: string): Promise<Manifest | undefined> {
    return this.#manifests.get(object);
  }

  async write(manifest: Manifest): Promise<void> {
    this.#manifests.set(manifest.object, manifest);
  }
}
