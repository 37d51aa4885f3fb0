import { readFileSync } from 'node:fs';
import type { KinesisStreamEvent, KinesisStreamRecord } from 'aws-lambda';
import { makeRecordFactory } from '../emulators/event-source-mapping/kinesis-record.ts';
import { makeSourceId } from '../lib/source-ids.ts';

/**
 * The records to measure with: carriers' own documents, with varying SIMs, sessions, record ids and times; and batches
 * of them like those of Lambda.
 */

/** What a batch consists of: Super SIM updates, usage records, PDP events of the old or the new generation. */
export type Kind = 'session' | 'usage' | 'event' | 'context';

/** The records to measure with. */
export interface Workload {
  readonly kind: Kind;
  /** Records per session in a batch; only sessions can have more than one. */
  readonly perSession: number;
}

/** The workload's part of figures' names: `session.5`, `usage`, `event`. */
export function nameWorkload({ kind, perSession }: Workload): string {
  return kind === 'session' ? `${kind}.${perSession}` : kind;
}

/** The most bytes of an invocation. */
const payloadBytes = 6_000_000;

/** Names of the measured sources. */
export type MeasuredSource = 'kore' | '1nce' | 'emnify' | 'telekom';

/** The source of each kind's records. */
const sourceNames: Readonly<Record<Kind, MeasuredSource>> = {
  session: 'kore',
  usage: '1nce',
  event: 'telekom',
  context: '1nce',
};

/** The ARN of a source's stream with the given id. */
export function nameStream(id: string): string {
  return `arn:aws:kinesis:us-east-1:000000000000:stream/${id}`;
}

const usualBegin = Date.parse('2026-11-01T00:00:00Z');
const minute = 60_000;
/** Milliseconds from a batch's latest record to its arrival: about a second, as for live records. */
const deliveryMilliseconds = 1_000;
/** Super SIM sends an update of an open session every six minutes. */
const updateMinutes = 6;
/** The minutes that a usage record covers. */
const usageMinutes = 15;

/** What distinguishes one copy of a carrier's document from another. */
interface Variation {
  readonly number: number;
  /** Number of the session, and of its SIM. */
  readonly session: number;
  /** Number of the record within its session. */
  readonly update: number;
  readonly time: number;
  /** When the first round begins. */
  readonly begin: number;
}

/** Bytes in each direction between two updates of a session; its totals grow by these. */
const updateBytes = { uploaded: 1_840, downloaded: 5_260 } as const;

const templates: Readonly<Record<Kind, (variation: Variation) => string>> = {
  session: readDocument('twilio/data-session-updated.json', ({ number, session, update, time, begin }) => [
    ['EZeb42ec296e094786c6dd34aab7b15fac', `EZ${padNumber(number, 32)}`],
    ['PIc64fc7780f12ab694aad316d7b06f7a3', `PI${padNumber(session, 32)}`],
    ['HS2f71995b834d803ff5376799ba59bd1d', `HS${padNumber(session, 32)}`],
    ['89883070000005381783', `8988307${padNumber(session, 13)}`],
    ['732123200563187', `7321232${padNumber(session, 8)}`],
    ['358600842867678', `3586008${padNumber(session, 8)}`],
    ['Zeblaze Thor 6 Android Watch', `Android Watch ${padNumber(session, 14)}`],
    ['100.68.56.159', formatAddress(session)],
    ['2022-12-14T13:40:52', formatSecond(time)],
    ['2022-12-14T13:34:52', formatSecond(time - updateMinutes * minute)],
    ['2022-12-11T06:15:01', formatSecond(begin - 3 * 24 * 60 * minute)],
    ...describeBytes(update),
  ]),
  usage: readDocument('1nce/usage.json', ({ number, session, time }) => [
    ['1234567890', `2${padNumber(number, 9)}`],
    ['8988280666001000001', `898828066${padNumber(session, 10)}`],
    ['901405100000001', `9014051${padNumber(session, 8)}`],
    ['882285100000001', `8822851${padNumber(session, 8)}`],
    ['8635760478500001', `86357604${padNumber(session, 8)}`],
    ['"name":"tracker-1"', `"name":"tracker-${session}"`],
    ['10.0.0.10', formatAddress(session)],
    ['2021-08-09T12:59:05', formatSecond(time)],
    ['2021-08-09T12:51:20', formatSecond(time + usageMinutes * minute)],
  ]),
  event: readDocument('telekom/delete-pdp-context.json', ({ number, session, time, begin }) => [
    ['"id":201370712', `"id":4${padNumber(number, 9)}`],
    ['8988228066700001234', `898822806${padNumber(session, 10)}`],
    ['901405300000170', `9014053${padNumber(session, 8)}`],
    ['8627890398991601', `86278903${padNumber(session, 8)}`],
    ['162094787', `1${padNumber(session, 8)}`],
    ['"name":"GPS Tracker"', `"name":"GPS Tracker ${session}"`],
    ['100.105.197.123', formatAddress(session)],
    ['2019-07-12T17:04:59', formatSecond(time)],
    ['2019-12-11T05:49:29', formatSecond(begin - 24 * 60 * minute)],
  ]),
  context: readDocument('1nce/create-pdp-context.json', ({ number, session, time }) => [
    ['"id":1234567890', `"id":5${padNumber(number, 9)}`],
    ['8988280666001000001', `898828066${padNumber(session, 10)}`],
    ['901405100000001', `9014051${padNumber(session, 8)}`],
    ['901405100000000', `9014051${padNumber(session, 8)}`],
    ['882285100000001', `8822851${padNumber(session, 8)}`],
    ['8635760478500001', `86357604${padNumber(session, 8)}`],
    ['863576047850000', `86357604${padNumber(session, 7)}`],
    ['"name":"tracker-1"', `"name":"tracker-${session}"`],
    ['10.0.0.10', formatAddress(session)],
    ['"pdp_context_id":110753000', `"pdp_context_id":6${padNumber(number, 9)}`],
    ['2021-08-09T12:00:27', formatSecond(time)],
    ['"timestamp":"2019-01-21T09:36:17Z"', `"timestamp":"${formatSecond(time)}Z"`],
  ]),
};

/** What an update and its session transferred, instead of the zeros in Twilio's document. */
function describeBytes(update: number): readonly (readonly [string, string])[] {
  const { uploaded, downloaded } = updateBytes;
  const moved = { upload: uploaded, download: downloaded, total: uploaded + downloaded };
  return Object.entries(moved).flatMap(([name, bytes]) => [
    [`"data_${name}":0`, `"data_${name}":${bytes}`] as const,
    [`"data_session_data_${name}":0`, `"data_session_data_${name}":${bytes * (update + 1)}`] as const,
  ]);
}

function formatAddress(session: number): string {
  return `100.${64 + ((session >> 16) & 63)}.${(session >> 8) & 255}.${session & 255}`;
}

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

/** More records than a round can have. */
const roundRecords = 10_000_000;

/**
 * Records of one round of a workload, as a carrier puts them.
 *
 * @param round each round has other records, of the same sessions at later times.
 * @param skipped how many records of the round to skip.
 * @param begin when the first round begins, in milliseconds since the epoch.
 */
export function makeRecords(
  { kind, perSession }: Workload,
  count: number,
  round = 0,
  skipped = 0,
  begin = usualBegin,
): string[] {
  return Array.from({ length: count }, (_, offset) => {
    const index = skipped + offset;
    const update = round * perSession + (index % perSession);
    const time = findTime(update, begin);
    return templates[kind]({
      number: round * roundRecords + index,
      session: Math.floor(index / perSession),
      update,
      time,
      begin,
    });
  });
}

/** When a session's or SIM's record with this number was made, counted from 0 over all rounds. */
function findTime(update: number, begin = usualBegin): number {
  return begin + (update * updateMinutes + 1) * minute;
}

/** When a round's latest record is complete: a usage record ends a quarter of an hour after its start. */
function findLatest({ kind, perSession }: Workload, round: number): number {
  return findTime((round + 1) * perSession - 1) + (kind === 'usage' ? usageMinutes * minute : 0);
}

/**
 * A batch as Lambda delivers it: as many records of a round as fit into 6 MB, or fewer.
 *
 * @param most the most records of the batch.
 * @param skipped how many records of the round to skip.
 */
export function makeBatch(
  workload: Workload,
  round: number,
  most = Number.POSITIVE_INFINITY,
  skipped = 0,
): KinesisStreamEvent {
  const arn = nameStream(makeSourceId({ name: sourceNames[workload.kind] }));
  const stream = { arn, shards: [], onPut: () => () => undefined };
  const functionArn = 'arn:aws:lambda:us-east-1:000000000000:function:measured';
  const make = makeRecordFactory(stream, 'shardId-000000000000', functionArn);
  const records: KinesisStreamRecord[] = [];
  const arrival = findLatest(workload, round) + deliveryMilliseconds;
  let bytes = 0;
  for (const [index, text] of makeRecords(workload, Math.min(most, 8_000), round, skipped).entries()) {
    const { event, payloadBytes: size } = make({
      sequenceNumber: `4964${padNumber(round * roundRecords + skipped + index, 52)}`,
      partitionKey: padNumber(index, 32),
      data: Buffer.from(text),
      approximateArrivalTimestamp: (arrival + index) / 1_000,
      position: index,
    });
    bytes += size;
    if (bytes > payloadBytes) break;
    records.push(event);
  }
  return { Records: records };
}

function padNumber(number: number, length: number): string {
  return String(number).padStart(length, '0');
}

/** `YYYY-MM-DDTHH:MM:SS`, in UTC. */
function formatSecond(time: number): string {
  return new Date(time).toISOString().slice(0, 19);
}
