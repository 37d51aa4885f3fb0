import { gzipSync } from 'node:zlib';
import type { KinesisStreamRecord } from 'aws-lambda';
import { writeRecord } from '../../simulator/corruption.ts';
import { usageColumns, writeRow, writeUsageRow } from '../../simulator/csv-dialect.ts';
import { provideSim } from '../../simulator/identity.ts';
import { Random } from '../../simulator/random.ts';
import type { UsageRecord } from '../../simulator/records.ts';
import { aggregateOf } from '../records/aggregate.ts';
import { kinesisRecord, sources } from './delivery-path.ts';

/** The largest deliveries that a function gets, for which its memory must suffice. */

export const megabyte = 2 ** 20;
/** Bytes that Lambda puts into one invocation, as base64. */
const largestPayload = 6 * megabyte;
/** When it arrives, milliseconds since the epoch. */
export const arrivedAt = Date.parse('2026-11-02T12:00:00.000Z');

const sims = Array.from({ length: 1_000 }, (_, index) => provideSim(index * 10 + 1, new Random(index)));

function usage(number: number): UsageRecord {
  const sim = sims[number % sims.length];
  if (sim === undefined) throw new RangeError('There is no SIM');
  const start = arrivedAt - 86_400_000 + (number % 80_000) * 1_000;
  const volume = { up: number, down: 2 * number };
  const common = {
    kind: 'usage',
    sim,
    id: String(4_000_000_000 + number),
    messages: 0,
    path: 'file',
  } as const;
  return { ...common, at: start, start, end: start + 1_000, volume };
}

/** A CSV file of this many megabytes, made while it is read. */
export async function* largeFile(megabytes: number): AsyncGenerator<Uint8Array> {
  yield Buffer.from(`${writeRow(usageColumns)}\n`);
  for (let number = 0, bytes = 0; bytes < megabytes * megabyte; ) {
    let text = '';
    while (text.length < 65_536) {
      text += `${writeRow(writeUsageRow(usage(number)))}\n`;
      number += 1;
    }
    const chunk = Buffer.from(text);
    bytes += chunk.length;
    yield chunk;
  }
}

/** The largest batch that Lambda hands over: half of it records as they are, half arrays in gzip. */
export function largestBatch(): KinesisStreamRecord[] {
  let number = 0;
  const next = (): string => {
    number += 1;
    return writeRecord(usage(number));
  };
  return batchOf(function* () {
    for (let record = 0; record < 100; record += 1) yield Buffer.from(next());
    yield gzipSync(`[${Array.from({ length: 500 }, next).join(',')}]`);
  });
}

/** Bytes that a body may have once it is unpacked; simledger refuses what is larger. */
const largestBody = 16 * megabyte;

/** Gzip bodies that are not JSON and unpack to the limit, in one member or in two, or to more than the limit. */
const bombs = {
  'as large as can be': () => gzipSync(Buffer.alloc(largestBody, 'no JSON ')),
  'of two members': () => {
    const half = gzipSync(Buffer.alloc(largestBody / 2, 'no JSON '));
    return Buffer.concat([half, half]);
  },
  'too large': () => gzipSync(Buffer.alloc(largestBody + megabyte, 'no JSON ')),
} as const;
export type BombKind = keyof typeof bombs;
export const bombKinds = Object.keys(bombs) as BombKind[];

/** A batch of as many of these as there is room for, alone and in aggregates. */
export function batchOfBombs(kind: BombKind = 'as large as can be'): KinesisStreamRecord[] {
  const bomb = bombs[kind]();
  return batchOf(function* () {
    yield bomb;
    yield aggregateOf(...Array.from({ length: 20 }, () => bomb));
  });
}

/** As many Kinesis records as Lambda hands over at once. */
function batchOf(bodies: () => Iterable<Buffer>): KinesisStreamRecord[] {
  const records: KinesisStreamRecord[] = [];
  for (let payload = 0; payload < largestPayload; ) {
    for (const body of bodies()) {
      const record = kinesisRecord(sources.findByBucket('1nce'), '1nce/0', records.length, arrivedAt, body);
      payload += record.kinesis.data.length + 500;
      if (payload < largestPayload) records.push(record);
    }
  }
  return records;
}
