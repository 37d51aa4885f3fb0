import type { KinesisStreamRecord } from 'aws-lambda';
import type { Sources } from '../aws/sources.ts';
import {
  type Body,
  type BodyPart,
  limitUnreadable,
  makeBrokenBody,
  makeUnreadableFault,
  readBody,
} from '../carriers/body.ts';
import { interpret } from '../carriers/index.ts';
import { type Arrival, makeFault, type Reading } from '../carriers/reading.ts';
import type { Entry } from './ingest.ts';

/**
 * The carrier records in a batch of Kinesis records; one Kinesis record may hold several.
 *
 * @throws Error when a stream belongs to no source.
 */
export function* readEntries(
  records: readonly KinesisStreamRecord[],
  sources: Sources,
  interpretValue: Interpret = interpret,
): Generator<Entry> {
  for (const [delivery, record] of records.entries()) {
    const source = sources.findByStream(record.eventSourceARN);
    const data = Buffer.from(record.kinesis.data, 'base64');
    yield* readBodyEntries(
      data,
      { delivery, source, arrivedAt: findArrival(record), position: formatPosition(record) },
      interpretValue,
    );
  }
}

/** How and when a body arrived. */
export type BodyArrival = Pick<Entry, 'delivery' | 'source' | 'arrivedAt' | 'position'>;

/** Says what a value of a carrier's JSON states. */
export type Interpret = typeof interpret;

/** The carrier records in one body, and what of it can't be read. */
export function* readBodyEntries(
  data: Buffer,
  arrival: BodyArrival,
  interpretValue: Interpret = interpret,
): Generator<Entry> {
  const { delivery, source, arrivedAt, position } = arrival;
  const read = (part: BodyPart): Reading =>
    part.kind === 'broken' ? part.fault : interpretWithinLimits(part.value, arrival, interpretValue);
  const body = checkLimits(readBody(data), data, read);
  let index = 0;
  for (const part of body.listParts()) {
    yield {
      reading: read(part),
      delivery,
      position: body.count === 1 ? position : `${position}#${index}`,
      source,
      arrivedAt,
      readBytes: part.readBytes,
    };
    index += 1;
  }
}

/**
 * A body, or one broken part where too many of its parts can't be read. Most bodies have fewer parts than that; one
 * with more is read twice, since what follows decides about what comes first.
 */
function checkLimits(body: Body, data: Buffer, read: (part: BodyPart) => Reading): Body {
  const limit = limitUnreadable(body);
  if (body.count <= limit) return body;
  let unreadable = 0;
  for (const part of body.listParts()) {
    if (read(part).kind === 'fault') unreadable += 1;
    if (unreadable > limit) return makeBrokenBody(makeUnreadableFault(body), data);
  }
  return body;
}

/** Says what a value states; of one that is too much for the engine, that it is. */
function interpretWithinLimits(value: unknown, arrival: Arrival, interpretValue: Interpret): Reading {
  try {
    return interpretValue(value, arrival);
  } catch (error) {
    // The engine's limits of its stack and of the length of texts: the same at each delivery, so the shard would stop.
    if (error instanceof RangeError) {
      return makeFault(
        'oversized-field',
        'The record has a member that is too long, or too deep, to be read',
      );
    }
    throw error;
  }
}

/** When a record arrived, in milliseconds since the epoch. Kinesis states it, so it is the same at every retry. */
export function findArrival({ kinesis }: KinesisStreamRecord): number {
  return Math.round(kinesis.approximateArrivalTimestamp * 1000);
}

/** Where a record arrived: `stream/shard/sequence`. */
export function formatPosition({ eventSourceARN, eventID, kinesis }: KinesisStreamRecord): string {
  const stream = eventSourceARN.slice(eventSourceARN.lastIndexOf('/') + 1);
  return `${stream}/${eventID.slice(0, eventID.indexOf(':'))}/${kinesis.sequenceNumber}`;
}
