/**
 * The watermark of a source: up to it, a missing record means that there was none.
 *
 * R is how far the source was read, E how far the carrier has delivered. Both are functions of the functions' notes and
 * of the SIMs' items. Clocks are compared only when a note that was not renewed expires, minutes later.
 *
 * All times are milliseconds since the epoch.
 */

const hour = 3_600_000;
const day = 24 * hour;

/** A batch of a shard's records that an invocation has begun. It holds R back until it is done. */
export interface BatchNote {
  /**
   * The sequence number of its last record, which identifies it: when the rest of the batch is delivered again, it is
   * the same.
   */
  readonly lastSequence: string;
  /** The arrival of the oldest record that is not done. */
  readonly oldestArrival: number;
  /** When it was written: at the beginning of the last attempt, or at its end. */
  readonly notedAt: number;
}

/**
 * The progress of a lane. Several batches of a shard run concurrently, each with the records of some partition keys,
 * its *lane*. A lane without a batch at the moment must not be forgotten: its remaining records hold R back.
 */
export interface LaneNote {
  /** The sequence number of its last record that is done. */
  readonly lastSequence: string;
  /** The arrival of that record: the rest of the lane arrived later. */
  readonly since: number;
  /** When it was written. */
  readonly notedAt: number;
}

/** A record of a batch. */
export interface BatchRecord {
  readonly sequence: string;
  readonly arrival: number;
}

/** The newest record of a shard that is done. */
export interface DoneRecord {
  /** The greatest sequence number. */
  readonly sequence: string;
  /** The latest arrival, possibly of a record with a smaller sequence number. */
  readonly arrival: number;
}

/** The notes of a shard. */
export interface ShardNotes {
  /** The batches that were begun and are not done, including those of invocations that failed or died. */
  readonly notes: readonly BatchNote[];
  readonly lanes: readonly LaneNote[];
  /** Undefined if nothing is done. */
  readonly newestDone: DoneRecord | undefined;
}

/** What is known about how far a shard was read. */
export interface Shard extends ShardNotes {
  readonly name: string;
  /** When the stream last said that nothing follows the newest record; undefined if it did not. */
  readonly drainedAt: number | undefined;
}

/** What holds R back, for the source alert. */
export interface Hold {
  readonly cause: 'unfinished-batch' | 'late-lane' | 'unread-shard' | 'unfinished-file';
  /** The shard, or the file. */
  readonly place: string;
  /** The arrival of the oldest record that is not stored. */
  readonly since: number;
}

/** How far a source was read. */
export interface ReadMark {
  /** Undefined if nothing was read. */
  readonly at: number | undefined;
  /** What holds it back, oldest first. */
  readonly holds: readonly Hold[];
  /** Whether nothing arrives by its stream: R then says how far files reach, not that nothing arrived since. */
  readonly isByFiles?: true;
}

/**
 * A note holds R back for this long after its last attempt. Lambda retries a batch every few minutes until it gives up,
 * so a note without a recent attempt belongs to a batch whose end could not be noted.
 */
export const maxQuietHold = 2 * hour;

/** The same for a batch that was given up: it waits for its redrive, and after a day silence is judged again. */
export const maxGivenUpHold = day;

/** The age at which Lambda gives up records. */
export const maxRecordAge = 7 * day;

/**
 * A lane without a batch for this long has no more records: Lambda starts a batch immediately, or after the batching
 * window, which is 5 minutes at most.
 */
export const laneGrace = 6 * 60_000;

/** The note that an invocation writes when it begins; undefined if there are no records. */
export function noteBatch(records: readonly BatchRecord[], notedAt: number): BatchNote | undefined {
  const last = records.at(-1);
  if (last === undefined) return undefined;
  const oldestArrival = records.reduce((oldest, { arrival }) => Math.min(oldest, arrival), last.arrival);
  return { lastSequence: last.sequence, oldestArrival, notedAt };
}

/**
 * The notes of a shard after the end of a batch: its unfinished records replace each batch whose last record it
 * contained.
 *
 * Several batches of a shard run concurrently, and their sequence numbers overlap, so ranges do not show what is done.
 * But Lambda delivers records of one partition key in order, and repeats a failed batch, whole or halved, before what
 * follows it. So if a batch's last record was processed, all of the batch was.
 *
 * @param unfinished the batch's records that will be delivered again.
 * @param parallelBatches the most concurrent batches of a shard, which is its number of lanes.
 */
export function endBatch(
  { notes, lanes, newestDone }: ShardNotes,
  records: readonly BatchRecord[],
  unfinished: readonly BatchRecord[],
  { notedAt, parallelBatches }: { readonly notedAt: number; readonly parallelBatches: number },
): ShardNotes {
  const had = new Set(records.map(({ sequence }) => sequence));
  const rest = noteBatch(unfinished, notedAt);
  const others = notes.filter((note) => !had.has(note.lastSequence) && isHolding(note, notedAt));
  const left = new Set(unfinished.map(({ sequence }) => sequence));
  const done = records.filter(({ sequence }) => !left.has(sequence));
  const last = done.at(-1);
  return {
    notes: rest === undefined ? others : [...others, rest],
    lanes:
      last === undefined
        ? lanes
        : [
            ...dropLanes(lanes, had, { notedAt, max: parallelBatches - 1 }),
            { lastSequence: last.sequence, since: last.arrival, notedAt },
          ],
    newestDone: done.reduce(findNewest, newestDone),
  };
}

function findNewest(one: DoneRecord | undefined, other: DoneRecord): DoneRecord {
  if (one === undefined) return other;
  return {
    sequence: compareSequences(one.sequence, other.sequence) < 0 ? other.sequence : one.sequence,
    arrival: Math.max(one.arrival, other.arrival),
  };
}

/** Compares sequence numbers, which are whole numbers of up to 129 digits. */
export function compareSequences(one: string, other: string): number {
  if (one.length !== other.length) return one.length - other.length;
  return one < other ? -1 : Number(one > other);
}

/**
 * The notes of lanes that stay besides that of a batch.
 *
 * Nothing says which lane a batch belongs to, and so which note it replaces. If there are as many notes as lanes, the
 * latest is dropped: then the earliest of the notes is never later than the earliest of the lanes. If that was another
 * lane's note, a note stays without need, and holds R back for {@link laneGrace}.
 */
function dropLanes(
  lanes: readonly LaneNote[],
  had: ReadonlySet<string>,
  { notedAt, max }: { readonly notedAt: number; readonly max: number },
): LaneNote[] {
  return lanes
    .filter((note) => !had.has(note.lastSequence) && notedAt - note.notedAt < laneGrace)
    .sort((a, b) => a.since - b.since)
    .slice(0, max);
}

/** Whether a batch that was begun and is not done holds R back. */
export function isHolding({ oldestArrival, notedAt }: BatchNote, now: number): boolean {
  const isGivenUp = now - oldestArrival >= maxRecordAge;
  return now - notedAt < (isGivenUp ? maxGivenUpHold : maxQuietHold);
}

/**
 * How far a shard was read: to the newest record that is done, or to when nothing followed it, but no further than what
 * may not be done.
 */
function readShard({ name, notes, lanes, newestDone, drainedAt }: Shard, now: number): ReadMark {
  const holds: Hold[] = [
    ...notes
      .filter((note) => isHolding(note, now))
      .map(({ oldestArrival }) => ({ cause: 'unfinished-batch', since: oldestArrival }) as const),
    // The rest of the lane with the newest record follows that record.
    ...lanes
      .filter(({ lastSequence, notedAt }) => {
        return lastSequence !== newestDone?.sequence && now - notedAt < laneGrace;
      })
      .map(({ since }) => ({ cause: 'late-lane', since }) as const),
  ].map((hold) => ({ ...hold, place: name }));
  const sorted = sortHolds(holds);
  const times = [drainedAt ?? newestDone?.arrival, sorted[0]?.since].filter((time) => time !== undefined);
  return { at: times.length === 0 ? undefined : Math.min(...times), holds: sorted };
}

function sortHolds(holds: readonly Hold[]): Hold[] {
  return holds.toSorted((a, b) => a.since - b.since || (a.place < b.place ? -1 : 1));
}

/** How far a source with a stream was read: as far as its least read shard. */
export function readStream(shards: readonly Shard[], now: number): ReadMark {
  const marks = shards.map((shard) => readShard(shard, now));
  // A shard about which nothing is known was never written to, as happens after resharding.
  const times = marks.map(({ at }) => at).filter((at) => at !== undefined);
  const at = times.length === 0 ? undefined : Math.min(...times);
  return { at, holds: sortHolds(marks.flatMap((mark) => mark.holds)) };
}

/** A shard without notes, although it has records: none of them was read. */
export interface UnreadShard {
  readonly name: string;
  /** The arrival of its oldest record. */
  readonly oldestArrival: number;
}

/** A file whose import has not ended. */
export interface UnfinishedFile {
  readonly name: string;
  readonly deliveredAt: number;
}

/**
 * How far a source was read: as far as its stream, but no further than what a shard that was never read, or a file that
 * waits or is being imported, may contain.
 *
 * @param lateness how much older than its delivery the content of a file may be, in milliseconds.
 */
export function readSource(
  stream: ReadMark,
  unread: readonly UnreadShard[],
  files: readonly UnfinishedFile[],
  lateness: number,
): ReadMark {
  const holds = sortHolds([
    ...stream.holds,
    ...unread.map(({ name, oldestArrival }): Hold => {
      return { cause: 'unread-shard', place: name, since: oldestArrival };
    }),
    ...files.map(({ name, deliveredAt }): Hold => {
      return { cause: 'unfinished-file', place: name, since: deliveredAt - lateness };
    }),
  ]);
  const [oldest] = holds;
  if (oldest === undefined || stream.at === undefined) return { at: stream.at, holds };
  return { at: Math.min(stream.at, oldest.since), holds };
}

/** If fewer SIMs than this are alive, a silent SIM cannot be distinguished from a silent source. */
export const minDistinctSims = 5;

/** A SIM is alive if it was heard within this time. */
export const aliveWithin = 7 * day;

/**
 * How far the carrier has delivered: the latest event time that at least 3 SIMs, and 1 % of those alive, have reached;
 * never later than now. Undefined if no SIM is alive.
 *
 * @param heard when each SIM was last heard.
 */
export function findDelivered(heard: HeardList, now: number): number | undefined {
  const alive = listAlive(heard, now).sort();
  const count = Math.min(alive.length, Math.max(3, Math.ceil(alive.length / 100)));
  const reached = alive[alive.length - count];
  return reached === undefined ? undefined : Math.min(reached, now);
}

/** A typed array, which sorts as numbers. */
function listAlive(heard: HeardList, now: number): Float64Array {
  return Float64Array.from(heard).filter((at) => at > now - aliveWithin);
}

/** When SIMs were last heard, in no particular order: plain numbers, because a source may have a million SIMs. */
export type HeardList = readonly number[] | Float64Array;

/** The latest of some times, but not before an earliest one. */
export function findLatest(heard: HeardList, earliest: number): number {
  let latest = earliest;
  for (const at of heard) latest = Math.max(latest, at);
  return latest;
}

/** The longest lag of a source on a day, while no source alert was open. */
export interface DayLag {
  /** The beginning of the day. */
  readonly day: number;
  readonly longestLag: number;
}

/** Notes a lag for its day, and forgets days that ended more than 7 days ago. */
export function noteLag(days: readonly DayLag[], now: number, lag: number): DayLag[] {
  const today = Math.floor(now / day) * day;
  const kept = days.filter((one) => one.day > today - 8 * day && one.day !== today);
  const before = days.find((one) => one.day === today)?.longestLag ?? 0;
  return [...kept, { day: today, longestLag: Math.max(before, lag) }].sort((a, b) => a.day - b.day);
}

/** The usual lag of a source: the longest of its last 7 days; a day until it has 7. */
export function findUsualLag(days: readonly DayLag[], now: number): number {
  const today = Math.floor(now / day) * day;
  const past = days.filter((one) => one.day < today && one.day >= today - 7 * day);
  return past.length < 7 ? day : Math.max(...past.map(({ longestLag }) => longestLag));
}

/** What a source's watermark depends on. */
export interface SourceProgress {
  readonly isConfigured: boolean;
  readonly read: ReadMark;
  /** When each of its SIMs was last heard. */
  readonly heard: HeardList;
  /** How much later than their own time its records may arrive, in milliseconds. */
  readonly lateness: number;
  readonly days: readonly DayLag[];
  readonly now: number;
}

/** Up to when the records of a source are known. */
export interface Watermark {
  /** Up to when its SIMs are judged; undefined if nothing is known. */
  readonly at: number | undefined;
  /** R. */
  readonly read: ReadMark;
  /** E. */
  readonly delivered: number | undefined;
  /** How far E is behind now; undefined if no SIM is alive. */
  readonly lag: number | undefined;
  /** Whether the carrier delivers later than usual: its SIM alerts are then held, and the source alert lists them. */
  readonly isBehind: boolean;
  /** Whether R itself is further behind than the source's lateness: what holds it back must be reported. */
  readonly isReadLate: boolean;
  /** Whether so few SIMs are alive that the source may be the cause if all are silent: one message says both. */
  readonly isIndistinct: boolean;
}

/**
 * The watermark of a source: R; but the earlier of R and E while the source is behind, or if there are only files,
 * whose newest events are E. A source that is no longer configured, or of which no SIM is alive, is never behind.
 */
export function findWatermark(progress: SourceProgress): Watermark {
  const { isConfigured, read, heard, lateness, days, now } = progress;
  const delivered = findDelivered(heard, now);
  const lag = delivered === undefined ? undefined : now - delivered;
  const isBehind = isConfigured && lag !== undefined && lag > lateness + findUsualLag(days, now);
  const isAsDelivered = isBehind || read.isByFiles === true;
  const known = [read.at, isAsDelivered ? delivered : undefined].filter((time) => time !== undefined);
  return {
    at: known.length === 0 ? undefined : Math.min(...known),
    read,
    delivered,
    lag,
    isBehind,
    isReadLate: isConfigured && read.at !== undefined && now - read.at > lateness,
    isIndistinct: listAlive(heard, now).length < minDistinctSims,
  };
}

/** The days with the current lag added, unless the source is behind, which is not usual. */
export function noteProgress({ days, now }: SourceProgress, { lag, isBehind }: Watermark): readonly DayLag[] {
  return lag === undefined || isBehind ? days : noteLag(days, now, lag);
}
