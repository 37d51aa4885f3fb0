import { readFileSync } from 'node:fs';
import type { KinesisStreamEvent, KinesisStreamRecord } from 'aws-lambda';
import { eventRecordMaker } from '../emulators/event-source-mapping/kinesis-record.ts';

/**
 * The records that are measured with: carriers' own documents, with the names of SIMs, sessions and records, and the
 * times, made different; and batches of them as Lambda makes them.
 */

/** What a batch is of. */
export type Kind = 'session' | 'usage' | 'event';

/** What is measured with. */
export interface Workload {
  readonly kind: Kind;
  /** Records of one session in a batch; only sessions have more than one. */
  readonly perSession: number;
}

/** A name for figures: `session.5`, `usage`, `event`. */
export function workloadName({ kind, perSession }: Workload): string {
  return kind === 'session' ? `${kind}.${perSession}` : kind;
}

/** What an invocation may carry. */
const payloadBytes = 6_000_000;

/** Where the records arrive. */
export const streamArn = 'arn:aws:kinesis:us-east-1:000000000000:stream/measured';

const begin = Date.parse('2026-11-01T00:00:00Z');
/** When the batches arrive. */
const arrivalSeconds = begin / 1_000 + 30 * 86_400;
const minute = 60_000;
/** Super SIM tells of an open session every six minutes. */
const updateMinutes = 6;

/** Texts that make a carrier's document into others of its kind. */
interface Variation {
  readonly number: number;
  readonly session: number;
  readonly time: number;
}

const templates: Readonly<Record<Kind, (variation: Variation) => string>> = {
  session: readDocument('twilio/data-session-updated.json', ({ number, session, time }) => [
    ['EZeb42ec296e094786c6dd34aab7b15fac', `EZ${padded(number, 32)}`],
    ['PIc64fc7780f12ab694aad316d7b06f7a3', `PI${padded(session, 32)}`],
    ['HS2f71995b834d803ff5376799ba59bd1d', `HS${padded(session, 32)}`],
    ['89883070000005381783', `8988307${padded(session, 13)}`],
    ['2022-12-14T13:40:52', formatSecond(time)],
    ['2022-12-14T13:34:52', formatSecond(time - updateMinutes * minute)],
    ['2022-12-11T06:15:01', formatSecond(begin - 3 * 24 * 60 * minute)],
  ]),
  usage: readDocument('1nce/usage.json', ({ number, session, time }) => [
    ['1234567890', `2${padded(number, 9)}`],
    ['8988280666001000001', `898828066${padded(session, 10)}`],
    ['2021-08-09T12:59:05', formatSecond(time)],
    ['2021-08-09T12:51:20', formatSecond(time + 15 * minute)],
  ]),
  event: readDocument('telekom/delete-pdp-context.json', ({ number, session, time }) => [
    ['"id":201370712', `"id":4${padded(number, 9)}`],
    ['8988228066700001234', `898822806${padded(session, 10)}`],
    ['2019-07-12T17:04:59', formatSecond(time)],
  ]),
};

function readDocument(
  path: string,
  replacements: (variation: Variation) => readonly (readonly [string, string])[],
): (variation: Variation) => string {
  const document = readFileSync(new URL(`../test/fixtures/${path}`, import.meta.url), 'utf8');
  const text = JSON.stringify(JSON.parse(document));
  return (variation) => {
    let record = text;
    for (const [from, to] of replacements(variation)) record = record.replaceAll(from, to);
    return record;
  };
}

/** More records than a round has. */
const roundRecords = 10_000_000;

/**
 * Records of one round of a workload, as a carrier puts them.
 *
 * @param round each has other records, of the same sessions at later times.
 * @param skipped records of the round that come before.
 */
export function makeRecords({ kind, perSession }: Workload, count: number, round = 0, skipped = 0): string[] {
  return Array.from({ length: count }, (_, offset) => {
    const index = skipped + offset;
    const update = round * perSession + (index % perSession);
    const time = begin + (update * updateMinutes + 1) * minute;
    return templates[kind]({
      number: round * roundRecords + index,
      session: Math.floor(index / perSession),
      time,
    });
  });
}

/**
 * A batch as Lambda hands it over: as many records of a round as 6 MB of its payload hold, or fewer.
 *
 * @param most records in it, at most.
 * @param skipped records of the round that come before.
 */
export function makeBatch(
  workload: Workload,
  round: number,
  most = Number.POSITIVE_INFINITY,
  skipped = 0,
): KinesisStreamEvent {
  const stream = { arn: streamArn, shards: [], onPut: () => () => undefined };
  const functionArn = 'arn:aws:lambda:us-east-1:000000000000:function:measured';
  const make = eventRecordMaker(stream, 'shardId-000000000000', functionArn);
  const records: KinesisStreamRecord[] = [];
  let bytes = 0;
  for (const [index, text] of makeRecords(workload, Math.min(most, 8_000), round, skipped).entries()) {
    const { event, payloadBytes: size } = make({
      sequenceNumber: `4964${padded(round * roundRecords + skipped + index, 52)}`,
      partitionKey: padded(index, 32),
      data: Buffer.from(text),
      approximateArrivalTimestamp: arrivalSeconds + index / 1_000,
      position: index,
    });
    bytes += size;
    if (bytes > payloadBytes) break;
    records.push(event);
  }
  return { Records: records };
}

function padded(number: number, length: number): string {
  return String(number).padStart(length, '0');
}

/** `YYYY-MM-DDTHH:MM:SS`, in UTC. */
function formatSecond(time: number): string {
  return new Date(time).toISOString().slice(0, 19);
}
