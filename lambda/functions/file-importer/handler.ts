import { S3Client } from '@aws-sdk/client-s3';
import type { Context, SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda';
import { ClientBucket } from '../../aws/client-bucket.ts';
import { makeDynamoDbClient } from '../../aws/dynamodb-client.ts';
import { callQueue } from '../../aws/json-operations.ts';
import { makeLedgerPorts } from '../../aws/ledger-ports.ts';
import { environment, service } from '../../aws/names.ts';
import { readSources, requireEnvironment } from '../../aws/sources.ts';
import { createTelemetry, describeCause } from '../../aws/telemetry.ts';
import { openFile } from '../../ingest/files/file-store.ts';
import { type ImportPorts, importFile } from '../../ingest/files/import-file.ts';
import {
  type FileObject,
  formatCopySource,
  formatObjectName,
  makeContinuation,
  readMessage,
} from '../../ingest/files/messages.ts';
import { FiledRecordNotes } from '../../store/filed-records.ts';
import { FilesTable } from '../../store/files.ts';
import { keepFile } from '../../store/quarantine.ts';

/** Time that must be left for another block and the notes about it. */
const reserveMilliseconds = 20_000;

const telemetry = createTelemetry(service.fileImporter);
const sources = readSources();
const dynamoDb = makeDynamoDbClient();
const s3 = new S3Client({
  maxAttempts: 5,
  // TLS, and for puts the length, already ensure that all bytes arrive.
  requestChecksumCalculation: 'WHEN_REQUIRED',
  responseChecksumValidation: 'WHEN_REQUIRED',
  // Limits the time until the response begins; reading the file may then take any time.
  requestHandler: { connectionTimeout: 2_000, requestTimeout: 10_000, throwOnRequestTimeout: true },
});
const rejects = new ClientBucket(s3, requireEnvironment(environment.quarantineBucket));
const ledger = makeLedgerPorts(dynamoDb, rejects, telemetry);
const files = new FilesTable(dynamoDb, requireEnvironment(environment.filesTable));
const filed = new FiledRecordNotes(dynamoDb, requireEnvironment(environment.dayStateTable));
const queueUrl = requireEnvironment(environment.fileQueueUrl);

/** Imports the files that the messages name. A message that fails is reported and delivered again. */
export async function handler(event: SQSEvent, context: Context): Promise<SQSBatchResponse> {
  const batchItemFailures: SQSBatchResponse['batchItemFailures'] = [];
  for (const record of event.Records) {
    try {
      await takeMessage(record, context);
    } catch (error) {
      telemetry.logger.error('The message will be delivered again', describeCause(error));
      batchItemFailures.push({ itemIdentifier: record.messageId });
    }
  }
  return { batchItemFailures };
}

async function takeMessage(record: SQSRecord, context: Context): Promise<void> {
  const message = readMessage(record.body);
  if (message === undefined)
    throw new Error('The message is neither a notification of S3 nor a message of the importer');
  const askedAt = Number(record.attributes.SentTimestamp);
  for (const object of message.objects) await takeObject(object, askedAt, context);
}

/** @param askedAt when the message was sent, in milliseconds since the epoch. */
async function takeObject(object: FileObject, askedAt: number, context: Context): Promise<void> {
  const source = sources.findByBucket(object.bucket);
  const ports: ImportPorts = {
    ...ledger,
    files,
    noteFiled: (records) => filed.put(records),
    noteFile: (file) => filed.putFile(file),
    open: (file, from) => openFile(s3, file, from),
    keepFile: (file, reject) => keepFile(rejects, reject, formatCopySource(file)),
    count: (receipt, measures) => telemetry.count(receipt, measures, source.name),
    isTimeShort: () => context.getRemainingTimeInMillis() < reserveMilliseconds,
    askedAt,
    now: Date.now,
  };
  const { outcome, manifest } = await importFile(object, source, ports);
  // The reason is not logged, only stored in the manifest: it shows the first row, which may be a record.
  const { rows, accepted, rejected } = manifest ?? {};
  telemetry.logger.info('File', { object: formatObjectName(object), outcome, rows, accepted, rejected });
  if (outcome === 'failed') telemetry.fileFailed(source.name);
  if (outcome === 'continue') await sendContinuation(object);
}

/**
 * Sends the message with which another invocation continues. This single request is signed here, because the SDK's SQS
 * client would add 25 KB to the bundle, and so to every cold start.
 */
async function sendContinuation(object: FileObject): Promise<void> {
  const message = { MessageBody: makeContinuation(object) };
  const answer = await callQueue(dynamoDb.config, queueUrl, 'SendMessage', message);
  if (answer.status !== 200)
    throw new Error(`The queue answered ${answer.status}: ${answer.body.slice(0, 300)}`);
}
