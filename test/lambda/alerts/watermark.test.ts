import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import {
  type BatchNote,
  type DayLag,
  type DoneRecord,
  endBatch,
  findDelivered,
  findUsualLag,
  findWatermark,
  type LaneNote,
  maxRecordAge,
  noteBatch,
  noteLag,
  noteProgress,
  readSource,
  readStream,
  type Shard,
  type ShardNotes,
  type SourceProgress,
} from '../../../lambda/alerts/watermark.ts';
import { streamMapping } from '../../../lib/limits.ts';
import { runs } from '../../records/runs.ts';
import { at, hour, minute } from './records.ts';

const day = 24 * hour;
const now = at(0);

function makeShard(name: string, others: Partial<Shard> = {}): Shard {
  return { name, notes: [], newestDone: undefined, lanes: [], drainedAt: undefined, ...others };
}

function makeNote(oldestArrival: number, lastSequence = '20'): BatchNote {
  return { lastSequence, oldestArrival, notedAt: now };
}

function makeDone(arrival: number): { readonly newestDone: DoneRecord } {
  return { newestDone: { arrival, sequence: '30' } };
}

/** Seven days with a longest lag. */
function makeDays(longestLag: number, count = 7): DayLag[] {
  const today = Math.floor(now / day) * day;
  return Array.from({ length: count }, (_, index) => ({ day: today - (count - index) * day, longestLag }));
}

function makeProgress(others: Partial<SourceProgress> = {}): SourceProgress {
  return {
    isConfigured: true,
    read: { at: now, holds: [] },
    heard: Array.from({ length: 100 }, (_, index) => now - index * minute),
    lateness: 30 * minute,
    days: makeDays(10 * minute),
    now,
    ...others,
  };
}

describe('a stream is read', () => {
  it('to its newest finished record, if no batch has started', () => {
    expect(readStream([makeShard('s1', makeDone(now - 5))], now)).toEqual({ at: now - 5, holds: [] });
  });

  it('to the oldest record of an unfinished batch, even of a crashed function', () => {
    const shard = makeShard('s1', {
      ...makeDone(now - 5),
      notes: [makeNote(now - 100, '50'), makeNote(now - hour)],
    });
    expect(readStream([shard], now)).toEqual({
      at: now - hour,
      holds: [
        { cause: 'unfinished-batch', place: 's1', since: now - hour },
        { cause: 'unfinished-batch', place: 's1', since: now - 100 },
      ],
    });
  });

  it('to now if it is idle and has nothing after its newest record', () => {
    const idle = makeShard('s1', makeDone(now - 9 * hour));
    expect(readStream([idle], now).at).toBe(now - 9 * hour);
    expect(readStream([{ ...idle, drainedAt: now - minute }], now)).toEqual({ at: now - minute, holds: [] });
  });

  it('as far as its slowest shard, ignoring shards without records', () => {
    const shards = [
      makeShard('s1', makeDone(now - 5)),
      makeShard('s2', makeDone(now - hour)),
      makeShard('s3'),
    ];
    expect(readStream(shards, now)).toEqual({ at: now - hour, holds: [] });
  });

  it('to a batch that is retried, and for two hours more in case only its end was not noted', () => {
    const noted = (notedAt: number) => [
      makeShard('s1', { ...makeDone(now), notes: [{ ...makeNote(now - 6 * day), notedAt }] }),
    ];
    expect(readStream(noted(now - 2 * hour + 1), now).at).toBe(now - 6 * day);
    expect(readStream(noted(now - 2 * hour), now)).toEqual({ at: now, holds: [] });
  });

  it('to an abandoned batch, for a day after its last attempt', () => {
    expect(maxRecordAge).toBe(streamMapping.maximumRecordAgeHours * hour);
    const noted = (notedAt: number) => [
      makeShard('s1', { ...makeDone(now), notes: [{ ...makeNote(now - 8 * day), notedAt }] }),
    ];
    expect(readStream(noted(now - day + 1), now)).toEqual({
      at: now - 8 * day,
      holds: [{ cause: 'unfinished-batch', place: 's1', since: now - 8 * day }],
    });
    expect(readStream(noted(now - day), now)).toEqual({ at: now, holds: [] });
  });

  it('to a lane’s position, until the lane must have moved on', () => {
    const lane = { lastSequence: '20', since: now - 2 * hour, notedAt: now - 6 * minute + 1 };
    const newest = makeDone(now - hour);
    const read = (lanes: readonly LaneNote[]) => readStream([makeShard('s1', { ...newest, lanes })], now);
    expect(read([lane])).toEqual({
      at: lane.since,
      holds: [{ cause: 'late-lane', place: 's1', since: lane.since }],
    });
    expect(read([{ ...lane, notedAt: now - 6 * minute }])).toEqual({ at: now - hour, holds: [] });
    // Unfinished records of the newest record's lane are after it.
    expect(read([{ ...lane, lastSequence: newest.newestDone.sequence }])).toEqual({
      at: now - hour,
      holds: [],
    });
  });

  it('to an unknown time if nothing was read', () => {
    expect(readStream([], now)).toEqual({ at: undefined, holds: [] });
  });
});

describe('the note of a batch', () => {
  const records = [
    { sequence: '100', arrival: 7 },
    { sequence: '101', arrival: 5 },
    { sequence: '102', arrival: 9 },
  ];
  const begun = {
    notes: [makeNote(5, '102'), makeNote(3, '101.5'), makeNote(4, '101')],
    lanes: [],
    newestDone: undefined,
  };
  const end = { notedAt: now, parallelBatches: 2 };

  it('has the last record and the oldest arrival', () => {
    expect([noteBatch(records, now), noteBatch(records.slice(2), now), noteBatch([], now)]).toEqual([
      makeNote(5, '102'),
      makeNote(9, '102'),
      undefined,
    ]);
  });

  it('is reduced to unfinished records, and removed when all are finished', () => {
    expect(endBatch(begun, records, records.slice(2), end)).toEqual({
      notes: [makeNote(3, '101.5'), makeNote(9, '102')],
      lanes: [{ lastSequence: '101', since: 5, notedAt: now }],
      // Arrivals are not in the order of the sequence numbers.
      newestDone: { sequence: '101', arrival: 7 },
    });
    expect(endBatch(begun, records, [], end)).toEqual({
      notes: [makeNote(3, '101.5')],
      lanes: [{ lastSequence: '102', since: 9, notedAt: now }],
      newestDone: { sequence: '102', arrival: 9 },
    });
  });

  it('is followed by a note with its lane’s position, and the earliest notes stay, one for each lane', () => {
    const at = (minutes: number) => ({ sequence: String(1_000 + minutes), arrival: now + minutes * minute });
    const lane = (minutes: number) => {
      return { lastSequence: at(minutes).sequence, since: at(minutes).arrival, notedAt: now };
    };
    let notes: ShardNotes = { notes: [], lanes: [], newestDone: undefined };
    const listed = [60, 10, 61, 20].map((minutes) => {
      notes = endBatch(notes, [at(minutes)], [], end);
      return notes.lanes;
    });
    expect(listed).toEqual([[lane(60)], [lane(60), lane(10)], [lane(10), lane(61)], [lane(10), lane(20)]]);
    expect(notes.newestDone).toEqual(at(61));
    // It had the last record of a lane, so it is its own lane.
    expect(endBatch(notes, [at(10), at(30)], [], end).lanes).toEqual([lane(20), lane(30)]);
    expect(endBatch(notes, [at(70)], [], { ...end, notedAt: now + 6 * minute }).lanes).toEqual([
      { ...lane(70), notedAt: now + 6 * minute },
    ]);
  });
});

describe('a source is read', () => {
  const stream = { at: now, holds: [] };

  it('as far as its stream', () => {
    expect(readSource(stream, [], [], hour)).toEqual(stream);
    expect(readSource({ at: undefined, holds: [] }, [], [], hour)).toEqual({ at: undefined, holds: [] });
  });

  it('no further than the oldest record of an unread shard', () => {
    expect(readSource(stream, [{ name: 's2', oldestArrival: now - 5 }], [], hour)).toEqual({
      at: now - 5,
      holds: [{ cause: 'unread-shard', place: 's2', since: now - 5 }],
    });
  });

  it('no further than the records that a waiting, running or failed file may have', () => {
    const files = [
      { name: 'b.csv', deliveredAt: now - minute },
      { name: 'a.csv', deliveredAt: now - hour },
    ];
    expect(readSource(stream, [], files, 26 * hour)).toEqual({
      at: now - 27 * hour,
      holds: [
        { cause: 'unfinished-file', place: 'a.csv', since: now - 27 * hour },
        { cause: 'unfinished-file', place: 'b.csv', since: now - 26 * hour - minute },
      ],
    });
  });
});

describe('the carrier has delivered', () => {
  it.each([
    [[], undefined],
    [[5], 5],
    [[5, 9], 5],
    [[5, 9, 7], 5],
    [[5, 9, 7, 8, 6], 7],
  ])('to what three SIMs have reached: %j', (minutes, expected) => {
    const heard = minutes.map((when) => now - hour + when * minute);
    expect(findDelivered(heard, now)).toBe(
      expected === undefined ? undefined : now - hour + expected * minute,
    );
  });

  it('to the time that one in a hundred active SIMs has reached', () => {
    const heard = Array.from({ length: 1_000 }, (_, index) => now - index * minute);
    const dead = Array.from({ length: 5_000 }, () => now - 8 * day);
    expect(findDelivered([...dead, ...heard], now)).toBe(now - 9 * minute);
  });

  it('never later than now, whatever clocks say', () => {
    expect(findDelivered([now + hour, now + hour, now + hour], now)).toBe(now);
  });
});

describe('the usual lag', () => {
  it('is a day until seven days are known, and then the longest of them', () => {
    expect([makeDays(hour, 6), makeDays(hour, 7)].map((days) => findUsualLag(days, now))).toEqual([
      day,
      hour,
    ]);
  });

  it('is stored for each of seven days as the longest of that day', () => {
    let days: readonly DayLag[] = [];
    for (let index = 0; index < 12; index += 1) {
      days = noteLag(days, now + index * day, (index + 1) * minute);
      days = noteLag(days, now + index * day + hour, minute);
    }
    const today = Math.floor(now / day) * day;
    expect(days).toEqual(
      Array.from({ length: 8 }, (_, index) => ({
        day: today + (index + 4) * day,
        longestLag: (index + 5) * minute,
      })),
    );
  });
});

describe('the watermark', () => {
  it('is R while the carrier delivers as usual', () => {
    expect(findWatermark(makeProgress({ read: { at: now - 7, holds: [] } }))).toEqual({
      at: now - 7,
      read: { at: now - 7, holds: [] },
      delivered: now - 2 * minute,
      lag: 2 * minute,
      isBehind: false,
      isReadLate: false,
      isIndistinct: false,
    });
  });

  test('of an idle stream stays at what the carrier delivered, and SIM alerts are held', () => {
    const stopped = makeProgress().heard.map((at) => at - 5 * hour);
    const { at: known, isBehind, delivered } = findWatermark(makeProgress({ heard: stopped }));
    expect({ known, isBehind }).toEqual({ known: delivered, isBehind: true });
    expect(delivered).toBe(now - 5 * hour - 2 * minute);
  });

  test('of a carrier that replays a week is in that week until the replay ends', () => {
    const marks = [7, 5, 2, 0.01].map((days) =>
      findWatermark(makeProgress({ heard: Array.from({ length: 50 }, () => now - days * day + 1) })),
    );
    expect(marks.map(({ at, isBehind }) => [at, isBehind])).toEqual([
      [now - 7 * day + 1, true],
      [now - 5 * day + 1, true],
      [now - 2 * day + 1, true],
      [now, false],
    ]);
  });

  test('of a source that sends one file a day is not behind all day', () => {
    const daily = makeProgress({
      lateness: 26 * hour,
      days: makeDays(25 * hour),
      read: { at: now - 25 * hour, holds: [] },
      heard: Array.from({ length: 50 }, () => now - 25 * hour),
    });
    const { at: known, isBehind, isReadLate } = findWatermark(daily);
    expect({ known, isBehind, isReadLate }).toEqual({
      known: now - 25 * hour,
      isBehind: false,
      isReadLate: false,
    });
    const missed = { ...daily, heard: daily.heard.map((time) => time - 27 * hour) };
    expect(findWatermark(missed).isBehind).toBe(true);
  });

  test('of a fleet that reports at night is not behind all day', () => {
    const heard = Array.from({ length: 50 }, () => now - 14 * hour);
    expect(findWatermark(makeProgress({ heard, days: makeDays(15 * hour) })).isBehind).toBe(false);
    expect(findWatermark(makeProgress({ heard, days: makeDays(hour) })).isBehind).toBe(true);
  });

  it('is R if the source is not configured any more, or no SIM is active', () => {
    const old = Array.from({ length: 50 }, () => now - 6 * day);
    expect(findWatermark(makeProgress({ heard: old, isConfigured: false })).isBehind).toBe(false);
    const dead = findWatermark(makeProgress({ heard: old.map((time) => time - day) }));
    expect(dead).toEqual({
      at: now,
      read: { at: now, holds: [] },
      delivered: undefined,
      lag: undefined,
      isBehind: false,
      isReadLate: false,
      isIndistinct: true,
    });
  });

  it('says that the cause may be the source if it has few SIMs', () => {
    const heard = (count: number) => Array.from({ length: count }, () => now - minute);
    expect([4, 5].map((count) => findWatermark(makeProgress({ heard: heard(count) })).isIndistinct)).toEqual([
      true,
      false,
    ]);
  });

  it('is what the carrier has delivered if there are only files', () => {
    const heard = Array.from({ length: 100 }, () => now - 20 * hour);
    const source = makeProgress({ lateness: 26 * hour, heard });
    expect(findWatermark(source)).toMatchObject({ at: now, isBehind: false });
    const read = { at: now, holds: [], isByFiles: true } as const;
    expect(findWatermark({ ...source, read })).toMatchObject({ at: now - 20 * hour, isBehind: false });
  });

  it('says that R is late, and why', () => {
    const holds = [{ cause: 'unfinished-batch', place: 's1', since: now - hour }] as const;
    const { isReadLate, at: known, read } = findWatermark(makeProgress({ read: { at: now - hour, holds } }));
    expect({ isReadLate, known, holds: read.holds }).toEqual({ isReadLate: true, known: now - hour, holds });
  });

  it('does not count the lag of a source that is behind as usual', () => {
    const behind = makeProgress({ heard: [now - 5 * hour, now - 5 * hour, now - 5 * hour] });
    expect(noteProgress(behind, findWatermark(behind))).toEqual(behind.days);
    const usual = makeProgress();
    expect(noteProgress(usual, findWatermark(usual)).at(-1)).toEqual({
      day: Math.floor(now / day) * day,
      longestLag: 2 * minute,
    });
  });
});

type Delivered = typeof findDelivered;

/** Minutes before now at which SIMs were last heard. Some are before the week in which a SIM counts as active, or after now. */
const heardMinutes = fc.array(fc.integer({ min: -5, max: 400 }), { maxLength: 400, size: 'max' });
const week = 7 * 24 * 60;

/** E by its definition: the latest minute that enough SIMs have reached, counted separately for each minute. */
function describeDelivery(find: Delivered): fc.IPropertyWithHooks<[number[], boolean]> {
  return fc.property(heardMinutes, fc.boolean(), (minutes, withDead) => {
    const dead = withDead ? [week, week + 1, week + 2] : [];
    const alive = minutes.length;
    const enough = Math.min(alive, Math.max(3, alive / 100));
    let expected: number | undefined;
    for (let ago = 400; ago >= 0 && alive > 0; ago -= 1) {
      if (minutes.filter((one) => one <= ago).length >= enough) expected = now - ago * minute;
    }
    const heard = [...dead, ...minutes].map((ago) => now - ago * minute);
    expect(find(heard, now)).toBe(expected);
  });
}

describe('E', () => {
  it('is the latest minute that enough SIMs have reached', () => {
    fc.assert(describeDelivery(findDelivered), runs(300));
  });

  it.each<[string, Delivered]>([
    [
      'the latest SIM decides',
      (heard) => (heard.length === 0 ? undefined : Math.min(now, Math.max(...heard))),
    ],
    [
      'dead SIMs count',
      (heard, time) =>
        findDelivered(
          heard.map((one) => Math.max(one, time - 6 * day)),
          time,
        ),
    ],
    ['a SIM may be ahead of now', (heard, time) => findDelivered(heard, time + hour)],
    [
      'one SIM more is needed',
      (heard, time) => findDelivered(heard.toSorted((a, b) => a - b).slice(0, -1), time),
    ],
    ['one of a hundred is enough for few', (heard, time) => findDelivered([...heard, time, time], time)],
  ])('is wrong where %s', (_, find) => {
    expect(fc.check(describeDelivery(find), { numRuns: 1_000, endOnFailure: true }).failed).toBe(true);
  });
});

const progress = fc.record({
  read: fc.option(fc.integer({ min: 0, max: 3_000 }), { nil: undefined }),
  heard: fc.array(fc.integer({ min: 0, max: 4_000 }), { maxLength: 12 }),
  usualLag: fc.integer({ min: 0, max: 600 }),
  isConfigured: fc.boolean(),
});

type Find = typeof findWatermark;

interface Progress {
  readonly read: number | undefined;
  readonly heard: number[];
  readonly usualLag: number;
  readonly isConfigured: boolean;
}

/** The watermark is R, but while the source is behind, at most what the carrier has delivered. All in minutes ago. */
function describeWatermark(find: Find): fc.IPropertyWithHooks<[Progress]> {
  return fc.property(progress, ({ read, heard, usualLag, isConfigured }) => {
    const mark = find(
      makeProgress({
        isConfigured,
        read: { at: read === undefined ? undefined : now - read * minute, holds: [] },
        heard: heard.map((ago) => now - ago * minute),
        days: makeDays(usualLag * minute),
      }),
    );
    const third = heard.toSorted((a, b) => a - b)[Math.min(3, heard.length) - 1];
    const isBehind = isConfigured && third !== undefined && third > 30 + usualLag;
    const ago = isBehind ? Math.max(read ?? 0, third) : read;
    expect([mark.isBehind, mark.at]).toEqual([isBehind, ago === undefined ? undefined : now - ago * minute]);
  });
}

describe('W', () => {
  it('is R, or the earlier of R and E while the source is behind', () => {
    fc.assert(describeWatermark(findWatermark), runs(1_000));
  });

  it.each<[string, Find]>([
    ['E is ignored', (given) => ({ ...findWatermark(given), at: given.read.at })],
    ['the lateness is ignored', (given) => findWatermark({ ...given, lateness: 0 })],
    ['the usual lag is ignored', (given) => findWatermark({ ...given, days: makeDays(0) })],
    ['a removed source counts', (given) => findWatermark({ ...given, isConfigured: true })],
    [
      'nothing read is read to now',
      (given) => findWatermark({ ...given, read: { at: given.read.at ?? now, holds: [] } }),
    ],
  ])('is wrong where %s', (_, find) => {
    expect(fc.check(describeWatermark(find), { numRuns: 3_000, endOnFailure: true }).failed).toBe(true);
  });
});
