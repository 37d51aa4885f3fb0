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
 * @throws Error if a stream belongs to no source.
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

/** Interprets a value of a carrier's JSON. */
export type Interpret = typeof interpret;

/** The carrier records in one body, and its unreadable parts. */
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
 * Returns the body, or one single broken part if too many of its parts are unreadable. Only bodies with more parts
 * than the limit are read twice, because parts at the end decide about those at the beginning.
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

/** Interprets a value. A value that exceeds the engine's limits becomes a fault. */
function interpretWithinLimits(value: unknown, arrival: Arrival, interpretValue: Interpret): Reading {
  try {
    return interpretValue(value, arrival);
  } catch (error) {
    // The engine limits stack depth and text length. It would throw again at every delivery, which would block the
    // shard.
    if (error instanceof RangeError) {
      return makeFault(
        'oversized-field',
        'The record has a member that is too long or too deeply nested to be read',
      );
    }
    throw error;
  }
}

/** When a record arrived, in milliseconds since the epoch. Kinesis states it, so it is the same for every retry. */
export function findArrival({ kinesis }: KinesisStreamRecord): number {
  return Math.round(kinesis.approximateArrivalTimestamp * 1000);
}

/** Where a record arrived: `stream/shard/sequence`. */
export function formatPosition({ eventSourceARN, eventID, kinesis }: KinesisStreamRecord): string {
  const stream = eventSourceARN.slice(eventSourceARN.lastIndexOf('/') + 1);
  return `${stream}/${eventID.slice(0, eventID.indexOf(':'))}/${kinesis.sequenceNumber}`;
}
