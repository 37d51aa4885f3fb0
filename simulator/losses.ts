import type { Sim, SimulatedCarrier } from './identity.ts';
import type { Random } from './random.ts';
import type { CarrierEvent, ConnectionEvent, FleetRecord, UsageRecord } from './records.ts';
import { hour, type Span } from './records.ts';
import { type ExpectedLoss, makeSessionId } from './truth.ts';

/** What a carrier loses of one SIM's records or delivers twice, and the findings that this must cause. */

/** In percent. */
const shares = {
  windowLost: 3,
  windowTwice: 1,
  endLost: 8,
  usageLost: 4,
  usageTwice: 2,
  usageNotByStream: 40,
  usageNotByFile: 6,
  eventNotByStream: 15,
  eventNotByFile: 10,
};

/** Sources whose usage and events are in files: one of each kind per hour. */
const fileSources: readonly SimulatedCarrier[] = ['1nce', 'emnify', 'telekom'];

/** What a file contains, with which its name begins. */
const fileKinds = ['cdr', 'events'] as const;
export type FileKind = (typeof fileKinds)[number];

/** By how many bytes data-streamer volumes may differ. */
const toleratedBytes = 1_000;

/** What was delivered of a session. */
interface Progress {
  /** Whether any of its records was delivered, and whether its end was. */
  isKnown: boolean;
  isEnded: boolean;
  /** The day on which it began, according to its first record. */
  readonly day: string;
  /** How many usage records so far. */
  usage: number;
  /** Bytes that were lost in total, and since the last record with a running total. */
  lostBytes: number;
  pendingBytes: number;
  pendingWindows: number;
  lastStated: string | undefined;
  /** The findings that it has when it ends. */
  readonly chain: Omit<ExpectedLoss, 'sim' | 'sessionId'>[];
}

/** The fate of a source's file at the end of an hour. An `empty` file has no rows; these come an hour later. */
export type FileFate = 'put' | 'empty' | 'lost';

/** The fate of one file. */
export interface FateOfFile {
  readonly source: SimulatedCarrier;
  readonly kind: FileKind;
  readonly fate: FileFate;
}

/**
 * Decides which files a carrier loses: one per day of each source and kind, at a different hour each day. Another file
 * per day is empty, as happens with carriers that send a file every hour.
 */
export class FileLosses {
  readonly #span: Span;
  readonly #isPlanted: boolean;

  /** @param isPlanted false for a carrier that loses no files. */
  constructor(span: Span, isPlanted: boolean) {
    this.#span = span;
    this.#isPlanted = isPlanted;
  }

  /** @param index the hour that ends, from 0. */
  listFates(index: number): readonly FateOfFile[] {
    return fileSources.flatMap((source) =>
      fileKinds.map((kind) => ({ source, kind, fate: this.#findFate(source, kind, index) })),
    );
  }

  #findFate(source: SimulatedCarrier, kind: FileKind, index: number): FileFate {
    if (index % 24 === 1) return 'empty';
    const place = fileSources.indexOf(source);
    const lost = 3 + ((5 * Math.floor(index / 24) + 7 * place + 3 * fileKinds.indexOf(kind)) % 17);
    return this.#isPlanted && place !== -1 && index % 24 === lost ? 'lost' : 'put';
  }

  /** Whether the file that would contain what happens at a time is lost. */
  isLost(source: SimulatedCarrier, kind: FileKind, at: number): boolean {
    return this.#findFate(source, kind, Math.floor((at - this.#span.from) / hour)) === 'lost';
  }
}

/** A usage record or event that was delivered. */
interface Delivered extends Pick<UsageRecord, 'start' | 'path'> {
  readonly id: string;
  readonly sessionId: string | undefined;
  /** Undefined for an event. */
  readonly bytes: number | undefined;
}

/** Loses records of one SIM on purpose, or none. */
export class RecordLosses {
  readonly #random: Random;
  readonly #isPlanted: boolean;
  readonly #sessions = new Map<string, Progress>();
  readonly #found: ExpectedLoss[] = [];
  readonly #files: FileLosses;
  /** Complete usage records and events, by kind and day. */
  readonly #delivered = new Map<string, Delivered[]>();
  #sim = '';

  /** @param isPlanted false for a carrier that delivers everything once. */
  constructor(random: Random, isPlanted: boolean, files: FileLosses) {
    this.#random = random;
    this.#isPlanted = isPlanted;
    this.#files = files;
  }

  /** The records to deliver for a record that happened. */
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

  /** The findings that must exist at the end of the life. */
  listExpected(): readonly ExpectedLoss[] {
    const open = [...this.#sessions].filter(([, { isKnown, isEnded }]) => isKnown && !isEnded);
    return [
      ...this.#found,
      ...[...this.#delivered.values()].flatMap((delivered) => [
        ...this.#listUnfiled(delivered),
        ...this.#listUnstreamed(delivered),
      ]),
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
    if (type === 'data-session.ended' && this.#mustLose(shares.endLost)) return [];
    if (type === 'data-session.updated' && this.#mustLose(shares.windowLost)) {
      progress.pendingWindows += 1;
      progress.pendingBytes += bytes;
      progress.lostBytes += bytes;
      return [];
    }
    progress.isKnown = true;
    const copy = { ...event, eventSid: `EZ${this.#random.drawHex(4)}` };
    const isTwice = type === 'data-session.updated' && bytes > 0 && this.#mustLose(shares.windowTwice);
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

  /** A delivered window reveals what is missing before it. */
  #passWindow(progress: Progress, { type, runningTotal }: ConnectionEvent, record: string): void {
    const { pendingWindows, pendingBytes, lastStated } = progress;
    const about = { check: 'chain', reason: 'missing-windows' } as const;
    const records = [lastStated ?? [], record].flat();
    if (runningTotal !== undefined) {
      // If the first windows are missing, only their bytes can be noticed.
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
    const { sim, messages, at, path } = record;
    if (messages > 0) return [record];
    const isLost = path !== 'stream' && this.#files.isLost(sim.carrier, 'cdr', at);
    if (isLost && path === 'file') return [];
    const delivered = this.#takeData(isLost ? { ...record, path: 'stream' } : record).map((one) =>
      one.path === 'both' && this.#mustLose(shares.usageNotByFile)
        ? { ...one, path: 'stream' as const }
        : one,
    );
    for (const { id, start, path: by, sessionId, volume } of delivered)
      if (id !== null)
        this.#note('usage', sim, { id, start, path: by, sessionId, bytes: volume.up + volume.down });
    return delivered;
  }

  #note(kind: 'usage' | 'event', sim: Sim, record: Delivered): void {
    if (sim.dataStreamer.generation !== 'nested') return;
    const key = `${kind} ${findDayBy(record.start)}`;
    const ofDay = this.#delivered.get(key) ?? [];
    this.#delivered.set(key, ofDay);
    ofDay.push(record);
  }

  /** What files lack on a day on which they have most of what the stream has, up to the last record that they have. */
  #listUnfiled(delivered: readonly Delivered[]): ExpectedLoss[] {
    const streamed = delivered.filter(({ path }) => path === 'stream');
    if (delivered.filter(({ path }) => path === 'both').length <= streamed.length) return [];
    const last = Math.max(...delivered.filter(({ path }) => path !== 'stream').map(({ start }) => start));
    return streamed
      .filter(({ start }) => start <= last)
      .map(({ id, sessionId, bytes }) => ({
        ...{ sim: this.#sim, sessionId, bytes, records: [id] },
        ...({ check: 'path', reason: 'not-by-file' } as const),
      }));
  }

  /**
   * Events that the stream lacks on a day on which it has most of what files have. Missing usage is expected when it is
   * lost.
   */
  #listUnstreamed(delivered: readonly Delivered[]): ExpectedLoss[] {
    const filed = delivered.filter(({ path, bytes }) => path === 'file' && bytes === undefined);
    if (delivered.filter(({ path }) => path === 'both').length <= filed.length) return [];
    return filed.map(({ id }) => ({
      ...{ sim: this.#sim, sessionId: undefined, bytes: undefined, records: [id] },
      ...({ check: 'path', reason: 'not-by-stream' } as const),
    }));
  }

  #takeData(record: UsageRecord): readonly UsageRecord[] {
    const { id, sessionId, sim, start, end } = record;
    const { generation } = sim.dataStreamer;
    const bytes = record.volume.up + record.volume.down;
    if (id === null) return [record];
    if (sessionId === undefined) return this.#takeUnnamed(record, id, bytes);
    const progress = this.#open(sessionId, start);
    progress.usage += 1;
    if (record.path === 'file') return [record];
    progress.isKnown = true;
    // Deliver the first record, so that the session's first day has a record that names it.
    if (progress.usage === 1 || progress.day !== findDayBy(start)) return [record];
    if (record.path === 'both')
      return this.#mustLose(shares.usageNotByStream) ? this.#loseByStream(record, id, bytes) : [record];
    if (this.#mustLose(shares.usageLost)) {
      progress.lostBytes += bytes;
      return [];
    }
    if (generation === 'flat' || bytes === 0 || start === end || !this.#mustLose(shares.usageTwice))
      return [record];
    const copy = { ...record, id: `${id}7` };
    this.#expect(sessionId, { check: 'duplicate', reason: 'same-window', bytes, records: [id, copy.id] });
    return [record, copy];
  }

  /** The first record of a SIM is never lost, because others are compared with it. */
  #takeUnnamed(record: UsageRecord, id: string, bytes: number): readonly UsageRecord[] {
    const progress = this.#open(`stream of ${findDayBy(record.start)}`, record.start);
    const isComplete = record.sim.dataStreamer.generation === 'nested';
    if (record.path === 'stream') progress.usage += 1;
    const isSeen = isComplete && progress.usage > 0;
    return record.path === 'both' && isSeen && this.#mustLose(shares.usageNotByStream)
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
    if (sim === undefined) return [event];
    const isLost = event.path !== 'stream' && this.#files.isLost(source, 'events', at);
    if (isLost && event.path === 'file') return [];
    const sent: CarrierEvent = isLost ? { ...event, path: 'stream' } : event;
    if (context === undefined) return [this.#takeSideEvent(sent, sim)];
    const sessionId = makeSessionId(source, sim.dataStreamer, context);
    const progress = this.#open(sessionId, at);
    if (typeId === 5 && this.#mustLose(shares.endLost)) return [];
    this.#noteEvent(sent, sim, sessionId);
    progress.isKnown = true;
    if (typeId !== 5) return [sent];
    progress.isEnded = true;
    const { lostBytes } = progress;
    if (lostBytes > toleratedBytes)
      this.#expect(sessionId, { check: 'close', reason: 'total-differs', bytes: lostBytes, records: [] });
    return [sent];
  }

  /** An event outside of sessions may come by one of two paths only. */
  #takeSideEvent(event: CarrierEvent, sim: Sim): CarrierEvent {
    const { path } = event;
    const isUnstreamed = path === 'both' && this.#mustLose(shares.eventNotByStream);
    const isUnfiled = path === 'both' && !isUnstreamed && this.#mustLose(shares.eventNotByFile);
    const taken: CarrierEvent = { ...event, path: isUnstreamed ? 'file' : isUnfiled ? 'stream' : path };
    this.#noteEvent(taken, sim);
    return taken;
  }

  #noteEvent({ id, at, path }: CarrierEvent, sim: Sim, sessionId?: string): void {
    if (id !== null) this.#note('event', sim, { id, start: at, path, sessionId, bytes: undefined });
  }

  #open(sessionId: string, start: number): Progress {
    const progress = this.#sessions.get(sessionId) ?? {
      ...{ isKnown: false, isEnded: false, day: findDayBy(start), usage: 0, lostBytes: 0 },
      ...{ pendingBytes: 0, pendingWindows: 0, lastStated: undefined, chain: [] },
    };
    this.#sessions.set(sessionId, progress);
    return progress;
  }

  #mustLose(share: number): boolean {
    return this.#isPlanted && this.#random.decide(share / 100);
  }

  #expect(sessionId: string | undefined, missing: Omit<ExpectedLoss, 'sim' | 'sessionId'>): void {
    this.#found.push({ sim: this.#sim, sessionId, ...missing });
  }
}

function findDayBy(time: number): string {
  return new Date(time).toISOString().slice(0, '2026-11-02'.length);
}
