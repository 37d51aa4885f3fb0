import type { KinesisStreamRecord } from 'aws-lambda';
import { readBody } from '../carriers/body.ts';
import { interpret } from '../carriers/index.ts';
import type { Reading } from '../carriers/reading.ts';
import type { Entry } from '../ingest.ts';
import type { Sources } from '../sources.ts';

/**
 * The carrier records in a batch of Kinesis records; one Kinesis record may hold several.
 *
 * @throws Error when a stream belongs to no source.
 */
export function* entriesOf(
  records: readonly KinesisStreamRecord[],
  sources: Sources,
  interpretValue: Interpret = interpret,
): Generator<Entry> {
  for (const [delivery, record] of records.entries()) {
    const source = sources.ofStream(record.eventSourceARN);
    // Kinesis' own mark, which is the same at every retry.
    const arrivedAt = Math.round(record.kinesis.approximateArrivalTimestamp * 1000);
    const data = Buffer.from(record.kinesis.data, 'base64');
    yield* entriesOfBody(data, { delivery, source, arrivedAt, position: positionOf(record) }, interpretValue);
  }
}

/** How and when a body arrived. */
export type BodyArrival = Pick<Entry, 'delivery' | 'source' | 'arrivedAt' | 'position'>;

/** Says what a value of a carrier's JSON states. */
export type Interpret = typeof interpret;

/** The carrier records in one body. */
export function* entriesOfBody(
  data: Buffer,
  arrival: BodyArrival,
  interpretValue: Interpret = interpret,
): Generator<Entry> {
  const { delivery, source, arrivedAt, position } = arrival;
  const body = readBody(data);
  const isOne = body.values.length + body.broken.length === 1;
  for (const [index, value] of body.values.entries()) {
    const reading = interpretValue(value, arrival);
    yield {
      reading,
      delivery,
      position: isOne ? position : `${position}#${index}`,
      source,
      arrivedAt,
      bytes: () => body.bytesOf(index),
    };
  }
  for (const [index, { code, reason, bytes }] of body.broken.entries()) {
    const reading: Reading = { kind: 'fault', code, reason };
    const at = isOne ? position : `${position}#${body.values.length + index}`;
    yield { reading, delivery, position: at, source, arrivedAt, bytes: () => bytes };
  }
}

/** Where a record arrived: `stream/shard/sequence`. */
export function positionOf({ eventSourceARN, eventID, kinesis }: KinesisStreamRecord): string {
  const stream = eventSourceARN.slice(eventSourceARN.lastIndexOf('/') + 1);
  return `${stream}/${eventID.slice(0, eventID.indexOf(':'))}/${kinesis.sequenceNumber}`;
}
