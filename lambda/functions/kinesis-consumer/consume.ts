import type { KinesisStreamBatchResponse, KinesisStreamEvent, KinesisStreamRecord } from 'aws-lambda';
import type { BatchProgress, ShardBatch } from '../../alerts/progress/stream-notes.ts';
import type { Deadline } from '../../aws/deadline.ts';
import type { Sources } from '../../aws/sources.ts';
import { describeCause, type Telemetry } from '../../aws/telemetry.ts';
import { interpret } from '../../carriers/index.ts';
import { makeFault } from '../../carriers/reading.ts';
import { findArrival, formatPosition, type Interpret, readEntries } from '../../ingest/entries.ts';
import { type ChunkOutcome, type Ingested, ingest, type LedgerPorts } from '../../ingest/ingest.ts';
import { Measures } from '../../ingest/measures.ts';
import { emptyReceipt } from '../../ledger/receipt.ts';
import type { DeliveryNotes, SingleDelivery } from './delivery-notes.ts';

/** What the consumer needs. */
export interface ConsumerContext {
  readonly sources: Sources;
  readonly ports: Omit<LedgerPorts, 'beginChunk'>;
  readonly notes: DeliveryNotes;
  /** Notes how far the stream was read, which alerts about silence depend on. */
  readonly progress: BatchProgress;
  readonly telemetry: Telemetry;
  /** Limits the time of requests to the store. */
  readonly deadline: Pick<Deadline, 'runWithin'>;
  /** Interprets a value of a carrier's JSON; by default with `lambda/carriers`. */
  readonly interpretValue?: Interpret;
}

/** How often a record may kill the function before it goes to the quarantine. */
export const maxDeaths = 3;

/** The kind that an unread record is counted as. */
const unread = 'unread';

/** How many milliseconds before its timeout the function stops working, to report what failed. */
const reserveMilliseconds = 5_000;

/** How many of these milliseconds may be used to note the end of a delivery. */
const endNoteMilliseconds = 3_000;

/**
 * Stores a batch of Kinesis records.
 *
 * Lambda delivers records until they are too old for the stream, so that an outage of hours loses nothing. A record
 * that crashes the function or makes it time out would block its shard for the same time. Lambda halves a failing batch
 * until that record is alone. From then on, the function notes each attempt before it reads the record. After {@link
 * maxDeaths} attempts without an end, it rejects the record unread.
 *
 * @param milliseconds until Lambda ends the function.
 * @returns the sequence numbers of exactly those records that were not stored, or not completely.
 */
export async function consume(
  { Records: records }: KinesisStreamEvent,
  context: ConsumerContext,
  milliseconds: number,
): Promise<KinesisStreamBatchResponse> {
  const [first] = records;
  if (first === undefined) return { batchItemFailures: [] };
  const time = milliseconds - reserveMilliseconds;
  const failed =
    records.length === 1
      ? await takeOne(first, context, time)
      : await context.deadline.runWithin(time, () => take(records, context));
  return { batchItemFailures: failed.map((itemIdentifier) => ({ itemIdentifier })) };
}

/** Stores a record that is alone in its batch. If it throws, the noted attempt has no end. */
async function takeOne(
  record: KinesisStreamRecord,
  context: ConsumerContext,
  milliseconds: number,
): Promise<string[]> {
  const { notes, telemetry, deadline } = context;
  const delivery = describeDelivery(record);
  const { started, failed } = await deadline.runWithin(milliseconds, async () => {
    let deaths: number;
    try {
      deaths = await notes.begin(delivery);
    } catch (error) {
      telemetry.logger.warn(
        'A record is delivered again: its delivery could not be noted',
        describeCause(error),
      );
      countUnread(record, context);
      return { started: false, failed: [record.kinesis.sequenceNumber] };
    }
    const work = deaths < maxDeaths ? take([record], context) : rejectUnread(record, context);
    return { started: true, failed: await work };
  });
  if (!started || failed.length === 0) return failed;
  try {
    await deadline.runWithin(endNoteMilliseconds, () => notes.end(delivery));
  } catch (error) {
    telemetry.logger.warn('The end of a delivery could not be noted', describeCause(error));
  }
  return failed;
}

/** Counts a record that is returned unread, like one that the store did not accept. */
function countUnread(record: KinesisStreamRecord, { sources, telemetry }: ConsumerContext): void {
  const measures = new Measures();
  measures.count(unread, 'failed');
  telemetry.count({ ...emptyReceipt, failed: 1 }, measures, sources.findByStream(record.eventSourceARN).name);
}

async function take(records: readonly KinesisStreamRecord[], context: ConsumerContext): Promise<string[]> {
  const { sources, interpretValue = interpret } = context;
  const ingested = await ingestEntries(readEntries(records, sources, interpretValue), records, context);
  return [...ingested.failedDeliveries].map((delivery) => records[delivery]?.kinesis.sequenceNumber ?? '');
}

async function rejectUnread(record: KinesisStreamRecord, context: ConsumerContext): Promise<string[]> {
  const reading = makeFault(
    'stops-consumer',
    `The consumer crashed or ran out of time on this record ${maxDeaths} times; it was not read`,
  );
  const source = context.sources.findByStream(record.eventSourceARN);
  const entry = {
    ...{ reading, source, delivery: 0, position: formatPosition(record) },
    arrivedAt: findArrival(record),
    readBytes: () => Buffer.from(record.kinesis.data, 'base64'),
  };
  context.telemetry.logger.error('A record stopped the consumer and goes to the quarantine', {
    source: source.name,
    position: entry.position,
  });
  const { failedDeliveries } = await ingestEntries([entry], [record], context);
  return failedDeliveries.size === 0 ? [] : [record.kinesis.sequenceNumber];
}

async function ingestEntries(
  entries: Parameters<typeof ingest>[0],
  records: readonly KinesisStreamRecord[],
  { sources, ports, telemetry, progress }: ConsumerContext,
): Promise<Ingested> {
  const source = sources.findByStream(records[0]?.eventSourceARN ?? '').name;
  const batch = describeBatch(source, records);
  const endChunk = async (outcome: ChunkOutcome): Promise<void> => {
    const { receipt, measures, testIds, errors, failedDeliveries } = outcome;
    // Lambda delivers all records again from the first one that failed.
    const firstFailed = Math.min(...failedDeliveries, records.length);
    await note(telemetry, () => progress.end(batch, batch.records.slice(firstFailed)));
    telemetry.count(receipt, measures, source);
    for (const testId of testIds) {
      telemetry.logger.info('Sink validation: hand this test_id back to the carrier', { testId, source });
    }
    for (const error of errors) {
      const { failed } = receipt;
      telemetry.logger.warn('Records will be delivered again', { source, failed, ...describeCause(error) });
    }
  };
  const beginChunk = async () => {
    await note(telemetry, () => progress.begin(batch));
    return endChunk;
  };
  return ingest(entries, { ...ports, beginChunk }, { readBeforeWrite: false });
}

/** Notes progress. The ledger does not wait for it: without the note, alerts may only be late, or early. */
async function note({ logger }: Telemetry, write: () => Promise<void>): Promise<void> {
  try {
    await write();
  } catch (error) {
    logger.warn('Cannot note up to when the stream is read', describeCause(error));
  }
}

function describeBatch(source: string, records: readonly KinesisStreamRecord[]): ShardBatch {
  const [first] = records;
  const { shard } = first === undefined ? { shard: '' } : describeDelivery(first);
  return {
    source,
    shard: shard.slice(shard.indexOf('/') + 1),
    records: records.map((record) => {
      const { sequenceNumber, arrivedAt } = describeDelivery(record);
      return { sequence: sequenceNumber, arrival: arrivedAt };
    }),
  };
}

function describeDelivery(record: KinesisStreamRecord): SingleDelivery {
  const position = formatPosition(record);
  return {
    shard: position.slice(0, position.lastIndexOf('/')),
    sequenceNumber: record.kinesis.sequenceNumber,
    arrivedAt: findArrival(record),
  };
}
