import { Readable } from 'node:stream';
import { setTimeout as wait } from 'node:timers/promises';
import { HeadObjectCommand } from '@aws-sdk/client-s3';
import { SendMessageCommand } from '@aws-sdk/client-sqs';
import { Upload } from '@aws-sdk/lib-storage';
import { UsageError } from '../../lambda/errors.ts';
import { type FileObject, formatObjectName, makeContinuation } from '../../lambda/ingest/files/messages.ts';
import { FilesTable } from '../../lambda/store/files.ts';
import type { Manifest } from '../../lambda/store/manifest.ts';
import { isNotFound } from '../errors.ts';
import { formatDuration } from '../terminal/quantities.ts';
import type { Imported, ImportTask } from './inputs.ts';

const pollMilliseconds = 500;
/** Seconds without progress before a hint appears. */
const hintSeconds = 30;
/** The metadata that identifies an uploaded file. */
const identityMetadata = 'simledger-identity';

/**
 * Imports CSV: uploads the file to the source's bucket, as the carrier would, and watches the deployed importer. A file
 * that is already there is not uploaded again; if the importer was never notified of it, the command notifies it.
 *
 * If the command ends early, the import continues; if it is run again, it watches the progress.
 */
export async function importCsv(task: ImportTask): Promise<Imported> {
  const { deployment } = task.context;
  const files = new FilesTable(deployment.dynamoDb, deployment.places.tables.files);
  const object = await placeFile(task);
  const known = await files.read(formatObjectName(object));
  if (known?.state === 'done') return { ...describeEnd(known), outcome: 'done before' };
  if (known === undefined && task.input.object?.bucket === object.bucket) await notifyImporter(task, object);
  return watch(task, files, formatObjectName(object));
}

/** The object in the source's bucket that holds the file: uploaded before, or now. */
async function placeFile(task: ImportTask): Promise<FileObject> {
  const { input, source } = task;
  const { bucket } = source;
  if (bucket === undefined) {
    throw new UsageError(
      `The source ${source.name} has no bucket for CSV files: set bucket to true for it and deploy, or choose another with --source`,
    );
  }
  if (input.object?.bucket === bucket) {
    const { key, versionId } = input.object;
    return { bucket, key, versionId, eTag: versionId === undefined ? input.identity : undefined };
  }
  return (await findPlacedFile(task, bucket)) ?? put(task, bucket);
}

async function findPlacedFile(
  { context, input }: ImportTask,
  bucket: string,
): Promise<FileObject | undefined> {
  try {
    const { Metadata, VersionId, ETag } = await context.deployment.s3.send(
      new HeadObjectCommand({ Bucket: bucket, Key: input.baseName }),
    );
    if (Metadata?.[identityMetadata] !== identifyInput(input)) return undefined;
    return { bucket, key: input.baseName, versionId: VersionId, eTag: ETag?.replaceAll('"', '') };
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

async function put({ context, input }: ImportTask, bucket: string): Promise<FileObject> {
  const upload = new Upload({
    client: context.deployment.s3,
    params: {
      ...{ Bucket: bucket, Key: input.baseName, ContentType: 'text/csv' },
      Body: Readable.from(input.open()),
      Metadata: { [identityMetadata]: identifyInput(input) },
    },
  });
  const stop = (): void => void upload.abort();
  context.signal.addEventListener('abort', stop);
  try {
    const { VersionId, ETag } = await upload.done();
    return { bucket, key: input.baseName, versionId: VersionId, eTag: ETag?.replaceAll('"', '') };
  } finally {
    context.signal.removeEventListener('abort', stop);
  }
}

/** The identity in ASCII, for metadata. */
function identifyInput({ identity, object }: ImportTask['input']): string {
  return object === undefined ? identity : encodeURIComponent(`${object.bucket}/${object.key}@${identity}`);
}

/** Notifies the importer of a file that was in the bucket before the bucket sent notifications. */
async function notifyImporter({ context }: ImportTask, object: FileObject): Promise<void> {
  const { sqs, places } = context.deployment;
  await sqs.send(
    new SendMessageCommand({ QueueUrl: places.queues?.files, MessageBody: makeContinuation(object) }),
  );
}

/** Watches until the file is imported, makes no progress for too long, or Ctrl-C. */
async function watch(
  { context, maxWaitSeconds, onProgress }: ImportTask,
  files: FilesTable,
  object: string,
): Promise<Imported> {
  let manifest: Manifest | undefined;
  let movedAt = performance.now();
  let isHinted = false;
  while (!context.signal.aborted) {
    const before = manifest?.position;
    manifest = await files.read(object);
    onProgress(manifest?.position ?? 0);
    if (manifest !== undefined && manifest.state !== 'importing') {
      return { ...describeEnd(manifest), outcome: manifest.state };
    }
    const now = performance.now();
    if (manifest?.position !== before) movedAt = now;
    const still = (now - movedAt) / 1000;
    if (still >= maxWaitSeconds)
      return { ...describeEnd(manifest), outcome: 'waiting', reason: describeWaiting(still) };
    if (still >= hintSeconds && !isHinted) {
      isHinted = true;
      context.terminal.err.write(`${object}: ${describeWaiting(still)}\n`);
    }
    await wait(pollMilliseconds);
  }
  return { ...describeEnd(manifest), outcome: 'interrupted' };
}

function describeWaiting(seconds: number): string {
  return (
    `the importer has made no progress for ${formatDuration(seconds)}: simledger status shows its queue, and simledger doctor ` +
    'shows what is wrong. The file stays in its bucket; import it again to watch its progress'
  );
}

function describeEnd(manifest: Manifest | undefined): Omit<Imported, 'outcome'> {
  const { rows = 0, accepted = 0, rejected = 0, reason } = manifest ?? {};
  return { rows, accepted, rejected, ...(reason !== undefined && { reason }) };
}
