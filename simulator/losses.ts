import type { Random } from './random.ts';
import type { CarrierEvent, ConnectionEvent, FleetRecord, UsageRecord } from './records.ts';
import { type ExpectedLoss, makeSessionId } from './truth.ts';

/** What a carrier does not deliver of one SIM, or delivers twice, and what must therefore be found missing. */

/** Of a hundred. */
const shares = {
  windowLost: 3,
  windowTwice: 1,
  endLost: 8,
  usageLost: 4,
  usageTwice: 2,
  usageNotByStream: 40,
};

/** Volumes of a data streamer may differ by so much. */
const toleratedBytes = 1_000;

/** What came of a session. */
interface Progress {
  /** Whether a record of it was delivered, and whether that of its end. */
  isKnown: boolean;
  isEnded: boolean;
  /** The day on which it began, by its first record. */
  readonly day: string;
  /** Records of usage so far. */
  usage: number;
  /** Bytes that were lost in all, and since the last record with a running total. */
  lostBytes: number;
  pendingBytes: number;
  pendingWindows: number;
  lastStated: string | undefined;
  /** What is found when it ends. */
  readonly chain: Omit<ExpectedLoss, 'sim' | 'sessionId'>[];
}

/** Loses records of one SIM on purpose, or none. */
export class RecordLosses {
  readonly #random: Random;
  readonly #isPlanted: boolean;
  readonly #sessions = new Map<string, Progress>();
  readonly #found: ExpectedLoss[] = [];
  #sim = '';

  /** @param isPlanted false for a carrier that delivers everything once. */
  constructor(random: Random, isPlanted: boolean) {
    this.#random = random;
    this.#isPlanted = isPlanted;
  }

  /** What is delivered of a record that happened. */
  take<Happened extends FleetRecord>(record: Happened): readonly Happened[] {
    if (record.sim !== undefined) this.#sim = record.sim.sim;
    // Each kind yields records of its own kind.
    switch (record.kind) {
      case 'connection':
        return this.#takeConnection(record) as readonly Happened[];
      case 'usage':
        return this.#takeUsage(record) as readonly Happened[];
      case 'event':
        return this.#takeEvent(record) as readonly Happened[];
    }
  }

  /** What must be found, once the life is over. */
  listExpected(): readonly ExpectedLoss[] {
    const open = [...this.#sessions].filter(([, { isKnown, isEnded }]) => isKnown && !isEnded);
    return [
      ...this.#found,
      ...open.map(([sessionId]) => ({
        ...({
          sim: this.#sim,
          check: 'orphan',
          reason: 'no-end',
          sessionId,
          bytes: undefined,
          records: [],
        } as const),
      })),
    ];
  }

  #takeConnection(event: ConnectionEvent): readonly ConnectionEvent[] {
    const { session, window, type, eventSid } = event;
    if (session === undefined || eventSid === null) return [event];
    const progress = this.#open(session.sid, session.start);
    const bytes = window === undefined ? 0 : window.up + window.down;
    if (type === 'data-session.ended' && this.#loses(shares.endLost)) return [];
    if (type === 'data-session.updated' && this.#loses(shares.windowLost)) {
      progress.pendingWindows += 1;
      progress.pendingBytes += bytes;
      progress.lostBytes += bytes;
      return [];
    }
    progress.isKnown = true;
    const copy = { ...event, eventSid: `EZ${this.#random.hex(4)}` };
    const isTwice = type === 'data-session.updated' && bytes > 0 && this.#loses(shares.windowTwice);
    const [first = eventSid, second = ''] = isTwice ? [eventSid, copy.eventSid].sort() : [eventSid];
    if (isTwice)
      this.#expect(session.sid, {
        check: 'duplicate',
        reason: 'same-window',
        bytes,
        records: [first, second],
      });
    if (window !== undefined) this.#passWindow(progress, event, first);
    if (type === 'data-session.ended' || type === 'data-session.failed')
      this.#end(session.sid, progress, event);
    return isTwice ? [event, copy] : [event];
  }

  /** A window that is delivered shows what is missing before it. */
  #passWindow(progress: Progress, { type, runningTotal }: ConnectionEvent, record: string): void {
    const { pendingWindows, pendingBytes, lastStated } = progress;
    const about = { check: 'chain', reason: 'missing-windows' } as const;
    const records = [lastStated ?? [], record].flat();
    if (runningTotal !== undefined) {
      // Of what is missing before the first window, only bytes are seen.
      if (pendingWindows > 0 && (lastStated !== undefined || pendingBytes > 0))
        progress.chain.push({ ...about, bytes: pendingBytes, records });
      progress.lastStated = record;
      progress.pendingWindows = 0;
      progress.pendingBytes = 0;
    } else if (type === 'data-session.ended' && pendingWindows > 0 && lastStated !== undefined) {
      progress.chain.push({ ...about, bytes: undefined, records });
    }
  }

  #end(sid: string, progress: Progress, { type, runningTotal }: ConnectionEvent): void {
    progress.isEnded = true;
    for (const missing of progress.chain) this.#expect(sid, missing);
    if (type === 'data-session.ended' && runningTotal !== undefined && progress.lostBytes > 0)
      this.#expect(sid, { check: 'close', reason: 'total-differs', bytes: progress.lostBytes, records: [] });
  }

  #takeUsage(record: UsageRecord): readonly UsageRecord[] {
    const { id, sessionId, messages, sim, start, end } = record;
    const { generation } = sim.dataStreamer;
    const bytes = record.volume.up + record.volume.down;
    if (messages > 0 || id === null) return [record];
    if (sessionId === undefined) return this.#takeUnnamed(record, id, bytes);
    const progress = this.#open(sessionId, start);
    progress.usage += 1;
    if (record.path === 'file') return [record];
    progress.isKnown = true;
    // So that the day of a session has a record that names it.
    if (progress.usage === 1 || progress.day !== dayBy(start)) return [record];
    if (record.path === 'both')
      return this.#loses(shares.usageNotByStream) ? this.#loseByStream(record, id, bytes) : [record];
    if (this.#loses(shares.usageLost)) {
      progress.lostBytes += bytes;
      return [];
    }
    if (generation === 'flat' || bytes === 0 || start === end || !this.#loses(shares.usageTwice))
      return [record];
    const copy = { ...record, id: `${id}7` };
    this.#expect(sessionId, { check: 'duplicate', reason: 'same-window', bytes, records: [id, copy.id] });
    return [record, copy];
  }

  /** The first record of a SIM is left as it is: others are compared with it. */
  #takeUnnamed(record: UsageRecord, id: string, bytes: number): readonly UsageRecord[] {
    const progress = this.#open(`stream of ${dayBy(record.start)}`, record.start);
    const isComplete = record.sim.dataStreamer.generation === 'nested';
    if (record.path === 'stream') progress.usage += 1;
    const isSeen = isComplete && progress.usage > 0;
    return record.path === 'both' && isSeen && this.#loses(shares.usageNotByStream)
      ? this.#loseByStream(record, id, bytes)
      : [record];
  }

  #loseByStream(record: UsageRecord, id: string, bytes: number): readonly UsageRecord[] {
    this.#expect(undefined, { check: 'path', reason: 'not-by-stream', bytes, records: [id] });
    if (record.sessionId !== undefined && bytes > 0)
      this.#expect(undefined, { check: 'orphan', reason: 'no-session', bytes, records: [id] });
    return [{ ...record, path: 'file' }];
  }

  #takeEvent(event: CarrierEvent): readonly CarrierEvent[] {
    const { context, sim, source, typeId, at } = event;
    if (context === undefined || sim === undefined) return [event];
    const sessionId = makeSessionId(source, sim.dataStreamer, context);
    const progress = this.#open(sessionId, at);
    if (typeId === 5 && this.#loses(shares.endLost)) return [];
    progress.isKnown = true;
    if (typeId !== 5) return [event];
    progress.isEnded = true;
    const { lostBytes } = progress;
    if (lostBytes > toleratedBytes)
      this.#expect(sessionId, { check: 'close', reason: 'total-differs', bytes: lostBytes, records: [] });
    return [event];
  }

  #open(sessionId: string, start: number): Progress {
    const progress = this.#sessions.get(sessionId) ?? {
      ...{ isKnown: false, isEnded: false, day: dayBy(start), usage: 0, lostBytes: 0 },
      ...{ pendingBytes: 0, pendingWindows: 0, lastStated: undefined, chain: [] },
    };
    this.#sessions.set(sessionId, progress);
    return progress;
  }

  #loses(share: number): boolean {
    return this.#isPlanted && this.#random.chance(share / 100);
  }

  #expect(sessionId: string | undefined, missing: Omit<ExpectedLoss, 'sim' | 'sessionId'>): void {
    this.#found.push({ sim: this.#sim, sessionId, ...missing });
  }
}

function dayBy(time: number): string {
  return new Date(time).toISOString().slice(0, '2026-11-02'.length);
}
