import { toMilliseconds } from '../../ledger/time.ts';
import { mapConcurrently } from '../../store/concurrency.ts';
import type { LedgerReader } from '../../store/reader.ts';
import {
  compareSequences,
  type DoneRecord,
  isHolding,
  maxGivenUpHold,
  type ReadMark,
  readSource,
  readStream,
  type Shard,
  type ShardNotes,
  type UnfinishedFile,
  type UnreadShard,
} from '../watermark.ts';
import type { StreamNotes } from './stream-notes.ts';
import type { StreamPositions } from './stream-position.ts';

/** R: how far a source was read, according to the consumer's notes, its stream and its files. */

/** A source whose progress is read. */
export interface ReadSource {
  readonly name: string;
  readonly streamName: string;
  /** In milliseconds. */
  readonly lateness: number;
}

/** What is needed to read progress. */
export interface ReadMarkPorts {
  readonly notes: Pick<StreamNotes, 'list'>;
  readonly positions: StreamPositions;
  readonly reader: Pick<LedgerReader, 'fileKeys' | 'readFiles'>;
}

/** Age of a shard's last record after which the stream is asked whether more records follow. */
const idleAfter = 60_000;

/** Concurrent requests to a stream. */
const concurrency = 8;

/** How many files are looked at; no carrier delivers more per day. */
const maxFiles = 1_000;

/**
 * Finds how far a source was read.
 *
 * @param now milliseconds since the epoch, not later than the time of the call: what exists by then counts.
 * @throws the errors of the store and the stream.
 */
export async function findReadMark(source: ReadSource, ports: ReadMarkPorts, now: number): Promise<ReadMark> {
  const { positions, notes } = ports;
  const [listed, all, files] = await Promise.all([
    positions.listShards(source.streamName),
    notes.list(source.name),
    listFiles(source.name, ports, now),
  ]);
  const noted = new Map([...all].filter(([, shard]) => isKnown(shard, now)));
  const shards = await mapConcurrently([...noted], concurrency, ([name, shard]) =>
    describeShard(name, shard, source, positions, now),
  );
  const others = await mapConcurrently(
    listed.filter((name) => !noted.has(name)),
    concurrency,
    (name) => describeUnknownShard(name, source, positions),
  );
  const empty = others
    .filter(({ behind }) => behind === 'nothing')
    .map(({ name }) => makeEmptyShard(name, now));
  const unread = others.flatMap(({ name, behind }): UnreadShard[] =>
    typeof behind === 'string' ? [] : [{ name, oldestArrival: behind.arrival }],
  );
  const stream = readStream([...shards, ...empty], now);
  const mark = readSource(stream, unread, files.unfinished, source.lateness);
  const isByFiles = files.areThere && shards.length === 0 && unread.length === 0;
  return isByFiles ? { ...mark, isByFiles } : mark;
}

/** Whether anything of a shard is done or begun. */
function isKnown({ newestDone, notes }: ShardNotes, now: number): boolean {
  return newestDone !== undefined || notes.some((note) => isHolding(note, now));
}

/** Describes a shard by its notes. If it was read up to a past time, nothing may have come since. */
async function describeShard(
  name: string,
  shard: ShardNotes,
  { streamName }: ReadSource,
  positions: StreamPositions,
  now: number,
): Promise<Shard> {
  const { newestDone, notes } = shard;
  const isAtWork = notes.some((note) => isHolding(note, now));
  const isIdle = newestDone !== undefined && !isAtWork && newestDone.arrival < now - idleAfter;
  const behind = isIdle
    ? await positions.findBehind(streamName, name, findLastDone(shard, newestDone))
    : 'unknown';
  return { name, ...shard, drainedAt: behind === 'nothing' ? now : undefined };
}

/**
 * The last record that is done: if a batch's note no longer holds anything back, the end of that batch could not be
 * noted.
 */
function findLastDone({ notes }: ShardNotes, { sequence }: DoneRecord): string {
  return notes
    .map(({ lastSequence }) => lastSequence)
    .reduce((last, other) => (compareSequences(last, other) < 0 ? other : last), sequence);
}

async function describeUnknownShard(name: string, { streamName }: ReadSource, positions: StreamPositions) {
  return { name, behind: await positions.findBehind(streamName, name, undefined) };
}

function makeEmptyShard(name: string, now: number): Shard {
  return { name, notes: [], lanes: [], newestDone: undefined, drainedAt: now };
}

/** Whether a source has files, and which imports have not ended or have failed, for files of the last day. */
async function listFiles(
  source: string,
  { reader }: ReadMarkPorts,
  now: number,
): Promise<{ readonly areThere: boolean; readonly unfinished: readonly UnfinishedFile[] }> {
  const keys = await reader.fileKeys(source, maxFiles, undefined);
  const recent = keys.filter(({ delivered }) => toMilliseconds(delivered) > now - maxGivenUpHold);
  const files = await reader.readFiles(recent.map(({ object }) => object));
  const unfinished = files
    .filter(({ state }) => state !== 'done')
    .map(({ object, delivered }) => ({ name: object, deliveredAt: toMilliseconds(delivered) }));
  return { areThere: keys.length > 0, unfinished };
}
