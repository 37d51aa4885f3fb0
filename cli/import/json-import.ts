import { readBodyEntries } from '../../lambda/ingest/entries.ts';
import type { Entry } from '../../lambda/ingest/ingest.ts';
import { addReceipts, emptyReceipt } from '../../lambda/ledger/receipt.ts';
import { FilesTable } from '../../lambda/store/files.ts';
import type { Manifest } from '../../lambda/store/manifest.ts';
import { splitBodies } from '../../local/user-files.ts';
import { openLedgerPorts, takeIn } from '../ledger.ts';
import type { Imported, ImportTask } from './inputs.ts';

/** The most bodies, and the most bytes, that are stored together. */
const maxBodies = 1_000;
const maxBytes = 4 * 1024 * 1024;

/**
 * Imports JSON: the records go through `ingest` on this machine, as those of a stream do in the consumer. The table of
 * files keeps the progress after each batch, under `import/<name>@<identity>`: if the same file is imported again on
 * any machine, the import continues there.
 */
export async function importJson(task: ImportTask): Promise<Imported> {
  const { context, input, source } = task;
  const { deployment } = context;
  const files = new FilesTable(deployment.dynamoDb, deployment.places.tables.files);
  const object = `import/${formatPlace(input)}@${input.identity}`;
  const known = await files.read(object);
  if (known?.state === 'done') return { ...pickCounts(known), outcome: 'done before' };
  const manifest: Manifest = known ?? {
    ...{ object, source: source.name, carrier: source.carrier, state: 'importing' },
    ...{ rows: 0, accepted: 0, rejected: 0, position: 0, size: input.bytes },
    delivered: new Date(context.terminal.now()).toISOString(),
  };
  return new JsonImport(task, files, manifest).run();
}

/** A file by its name without the path, which is the same on every machine. */
function formatPlace({ baseName, object }: ImportTask['input']): string {
  return object === undefined ? baseName : `${object.bucket}/${object.key}`;
}

class JsonImport {
  readonly #task: ImportTask;
  readonly #files: FilesTable;
  readonly #ports: Parameters<typeof takeIn>[1];
  #manifest: Manifest;
  #receipt = emptyReceipt;

  constructor(task: ImportTask, files: FilesTable, manifest: Manifest) {
    this.#task = task;
    this.#files = files;
    this.#manifest = manifest;
    this.#ports = openLedgerPorts(task.context.deployment, { dryRun: false });
  }

  async run(): Promise<Imported> {
    const { input, context } = this.#task;
    let bodies: Buffer[] = [];
    let bytes = 0;
    let read = 0;
    for await (const body of splitBodies(input)) {
      // Positions count the bytes of bodies, so that they do not depend on the layout of the file.
      read += body.length;
      if (read <= this.#manifest.position) continue;
      bodies.push(body);
      bytes += body.length;
      if (bodies.length < maxBodies && bytes < maxBytes) continue;
      const failed = await this.#take(bodies, read);
      if (failed !== undefined) return failed;
      if (context.signal.aborted) return this.#makeOutcome('interrupted');
      bodies = [];
      bytes = 0;
    }
    const failed = bodies.length === 0 ? undefined : await this.#take(bodies, read);
    if (failed !== undefined) return failed;
    this.#manifest = { ...this.#manifest, state: 'done', position: input.bytes };
    await this.#files.write(this.#manifest);
    return this.#makeOutcome('done');
  }

  /** Stores some bodies and the progress, or returns why they could not be stored. */
  async #take(bodies: readonly Buffer[], position: number): Promise<Imported | undefined> {
    const arrivedAt = this.#task.context.terminal.now();
    const { receipt, errors } = await takeIn(() => this.#readEntries(bodies, arrivedAt), this.#ports);
    if (receipt.failed > 0) {
      const cause = errors.map(({ name, message }) => `${name}: ${message}`).join('; ');
      return {
        ...this.#makeOutcome('failed'),
        reason: `${receipt.failed} records were not stored: ${cause}`,
      };
    }
    this.#receipt = addReceipts(this.#receipt, receipt);
    const { rows, accepted, rejected } = this.#manifest;
    this.#manifest = {
      ...this.#manifest,
      rows: rows + receipt.received,
      accepted: accepted + receipt.received - receipt.rejected,
      rejected: rejected + receipt.rejected,
      position,
    };
    await this.#files.write(this.#manifest);
    this.#task.onProgress(position);
    return undefined;
  }

  *#readEntries(bodies: readonly Buffer[], arrivedAt: number): Generator<Entry> {
    const { source, context } = this.#task;
    const { object, rows } = this.#manifest;
    for (const [delivery, body] of bodies.entries()) {
      const position = `${object}#${rows + delivery + 1}`;
      yield* readBodyEntries(body, { delivery, source, arrivedAt, position }, context.interpret);
    }
  }

  #makeOutcome(outcome: Imported['outcome']): Imported {
    return { ...pickCounts(this.#manifest), outcome, receipt: this.#receipt };
  }
}

function pickCounts({
  rows,
  accepted,
  rejected,
}: Manifest): Pick<Imported, 'rows' | 'accepted' | 'rejected'> {
  return { rows, accepted, rejected };
}
