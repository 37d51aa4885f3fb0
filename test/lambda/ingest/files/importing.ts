import { S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, vi } from 'vitest';
import { createS3Emulator, type S3Emulator } from '../../../../emulators/s3/emulator.ts';
import { ClientBucket } from '../../../../lambda/aws/client-bucket.ts';
import { noDaysClosed } from '../../../../lambda/days/fence/chunk-fence.ts';
import { openFile } from '../../../../lambda/ingest/files/file-store.ts';
import {
  type ImportPorts,
  type ImportResult,
  importFile,
} from '../../../../lambda/ingest/files/import-file.ts';
import type { FileObject } from '../../../../lambda/ingest/files/messages.ts';
import { addReceipts, emptyReceipt, type Receipt } from '../../../../lambda/ledger/receipt.ts';
import type { Source } from '../../../../lambda/ledger/source.ts';
import { FilesTable } from '../../../../lambda/store/files.ts';
import { BucketQuarantine, keepFile, type RejectLine } from '../../../../lambda/store/quarantine.ts';
import { type RunningTables, runningTables } from '../../store/running-tables.ts';

const quarantineBucket = 'simledger-quarantine';
const credentials = { accessKeyId: 'any', secretAccessKey: 'any' };

/** All that an import needs, running for the tests of a file. */
export class Importing {
  readonly tables: RunningTables = runningTables();
  s3: S3Emulator = createS3Emulator();
  endpoint = '';
  /** What was counted since the last {@link reset}. */
  receipt: Receipt = emptyReceipt;
  readonly source: Source = { name: 'main', carrier: '1nce', bytesPerMegabyte: 1_000_000 };
  /** A name for the file of a test, which no test before it used. */
  key = '';
  #keys = 0;
  #client: S3Client | undefined;

  constructor() {
    beforeAll(async () => {
      const { port } = await this.s3.listen(0);
      this.endpoint = `http://127.0.0.1:${port}`;
      vi.stubEnv('AWS_ENDPOINT_URL_S3', this.endpoint);
      this.#client = new S3Client({ endpoint: this.endpoint, region: 'us-east-1', credentials });
      this.s3.createBucket('files', { versioned: true });
      this.s3.createBucket('unversioned');
      this.s3.createBucket(quarantineBucket);
    });
    afterAll(async () => {
      vi.unstubAllEnvs();
      this.#client?.destroy();
      await this.s3.close();
    });
  }

  get client(): S3Client {
    if (this.#client === undefined) throw new Error('S3 is not started');
    return this.#client;
  }

  /** Empties the ledger. */
  async reset(): Promise<void> {
    this.#keys += 1;
    this.key = `cdr_20261102_${String(this.#keys).padStart(6, '0')}.csv`;
    this.receipt = emptyReceipt;
    await this.tables.clear();
  }

  /** Puts a file, and returns it as it is announced. */
  async put(key: string, bytes: Uint8Array | string, bucket = 'files'): Promise<FileObject> {
    const { etag, versionId } = await this.s3.putObject(bucket, key, Buffer.from(bytes));
    return { bucket, key, versionId: bucket === 'files' ? versionId : undefined, eTag: etag };
  }

  /** Ports as the function has them, in a process that knows nothing yet; those given take their place. */
  ports(instead: Partial<ImportPorts> = {}): ImportPorts {
    const { client } = this.tables;
    const rejects = new ClientBucket(this.client, quarantineBucket);
    return {
      writer: this.tables.newWriter(),
      quarantine: new BucketQuarantine(rejects),
      fence: noDaysClosed,
      files: new FilesTable(client, 'Files'),
      open: (object, from) => openFile(this.client, object, from),
      keepFile: (object, reject) =>
        keepFile(rejects, reject, `${object.bucket}/${object.key}?versionId=${object.versionId}`),
      count: (receipt) => {
        this.receipt = addReceipts(this.receipt, receipt);
      },
      askedAt: 0,
      isTimeShort: () => false,
      now: Date.now,
      ...instead,
    };
  }

  import(object: FileObject, instead: Partial<ImportPorts> = {}): Promise<ImportResult> {
    return importFile(object, this.source, this.ports(instead));
  }

  /** The lines of all rejects whose position is in an object, in the order of their rows. */
  async rejects(object: FileObject): Promise<RejectLine[]> {
    const place = `${object.bucket}/${object.key}@${object.versionId ?? object.eTag}`;
    const lines = await this.#rejectLines();
    return lines
      .filter(({ position }) => position === place || position.startsWith(`${place}#`))
      .sort((a, b) => rowOf(a) - rowOf(b));
  }

  /** Ids of the usage records in the ledger. */
  async recordIds(): Promise<string[]> {
    return (await this.tables.items('Usage')).map(({ recordId }) => recordId?.S ?? '').sort();
  }

  async #rejectLines(): Promise<RejectLine[]> {
    const objects = this.s3.listObjects(quarantineBucket).filter(({ key }) => key.endsWith('.jsonl'));
    const bodies = await Promise.all(objects.map(({ key }) => this.s3.getObject(quarantineBucket, key)));
    return bodies.flatMap((body) =>
      (body?.toString() ?? '')
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as RejectLine),
    );
  }
}

function rowOf({ position }: RejectLine): number {
  return Number(position.split('#')[1] ?? 0);
}
