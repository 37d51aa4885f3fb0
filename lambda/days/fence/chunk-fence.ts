import { toError } from '../../errors.ts';
import type { Change, Changes } from '../../ledger/fold.ts';
import { maxCachedMilliseconds, maxSigningMilliseconds } from './durations.ts';
import { findLateChanges, type LateChange, type LateSubject, nameSubject } from './late-changes.ts';
import type { Marker } from './markers.ts';

/**
 * The fence, as writers use it. A chunk reads which days are closed before it reads a record. For every item whose day
 * is closed it puts a marker before the item, even if the item turns out to change nothing, so that the day is read
 * again.
 */

/** What the fence needs. */
export interface FencePorts {
  /** The last closed day, read consistently; undefined if no day is closed. */
  readonly readClosedThrough: () => Promise<string | undefined>;
  /**
   * Puts markers. Replaces those that are stored.
   *
   * @returns the markers that were not put, each with its error.
   */
  readonly putMarkers: (markers: readonly Marker[]) => Promise<ReadonlyMap<Marker, Error>>;
  /** Makes a text that no other marker has. */
  readonly makeToken: () => string;
  /** Starts to measure. Returns a function that returns the milliseconds since, never too few. */
  readonly startTimer: () => () => number;
}

/** Admits chunks. */
export interface ChunkFence {
  /** Begins a chunk. Does not throw if the fence cannot be read: the chunk's changes are then refused. */
  enter(): Promise<Passage>;
}

/** What a chunk may write. */
export interface Passage {
  /**
   * Puts the markers of changes whose day is closed.
   *
   * @returns the changes that may be written now, and those that must not.
   */
  mark(changes: Changes): Promise<MarkedChanges>;
  /**
   * Puts markers for subjects that are not changes, if their day is closed.
   *
   * @throws UnmarkedError if one is not put.
   */
  markDays(subjects: readonly LateSubject[]): Promise<void>;
  /** Ends the chunk, after the store has answered all of its changes. */
  leave(): void;
}

/** Changes, divided by whether they may be written. */
export interface MarkedChanges {
  readonly writable: Changes;
  /** Changes that must not be written, each with its error. */
  readonly refused: readonly { readonly change: Change<unknown>; readonly error: Error }[];
}

/** A fence for runs without closed days: for dry runs, which write nothing. */
export const noDaysClosed: ChunkFence = {
  enter: async () => ({
    mark: async (writable) => ({ writable, refused: [] }),
    markDays: async () => undefined,
    leave: () => undefined,
  }),
};

/** The chunk read the fence too long ago to continue, and must begin again. */
export class FenceExpiredError extends Error {
  override readonly name = 'FenceExpiredError';

  constructor() {
    super(
      `More than ${maxSigningMilliseconds / 60_000} minutes have passed since a batch began. It begins again, since a day may have been closed meanwhile`,
    );
  }
}

/** The markers of some changes could not be put. */
export class UnmarkedError extends Error {
  override readonly name = 'UnmarkedError';

  constructor(cause: Error) {
    super(`A late record could not be marked: ${cause.name}: ${cause.message}`, { cause });
  }
}

/** One reading of the fence. */
interface Reading {
  readonly closedThrough: Promise<string | undefined>;
  /** Milliseconds since the request was sent. */
  readonly measureAge: () => number;
}

/** A running chunk. */
interface OpenChunk {
  readonly reading: Reading;
  readonly left: Promise<void>;
}

/** The fence of a process. */
export class ProcessFence implements ChunkFence {
  readonly #ports: FencePorts;
  readonly #cacheMilliseconds: number;
  #reading: Reading | undefined;
  readonly #open = new Set<OpenChunk>();

  /**
   * @param cacheMilliseconds how long chunks use one reading, at most a minute; 0 if each must read it itself, because
   *   days may be closed as soon as no chunk is running.
   */
  constructor(ports: FencePorts, cacheMilliseconds: number = maxCachedMilliseconds) {
    this.#ports = ports;
    this.#cacheMilliseconds = Math.min(cacheMilliseconds, maxCachedMilliseconds);
  }

  async enter(): Promise<Passage> {
    // All requests are refused while an expired chunk is running, so the others wait until it has failed.
    await Promise.all([...this.#open].filter(({ reading }) => isExpired(reading)).map(({ left }) => left));
    const reading = this.#read();
    try {
      return this.#begin(reading, await reading.closedThrough);
    } catch (error) {
      if (this.#reading === reading) this.#reading = undefined;
      return refuseAll(new UnreadableFenceError(toError(error)));
    }
  }

  /**
   * Called when a request begins. The returned function is called each time the request was signed, before it is sent.
   * It throws FenceExpiredError if the fence was read too long ago.
   *
   * It is unknown which chunk a request belongs to, so all chunks that were open when it began count. A request that
   * nobody waits for any more may continue after its chunk.
   */
  beginRequest(): () => void {
    const readings = [...this.#open].map(({ reading }) => reading);
    return () => {
      if (readings.some(isExpired)) throw new FenceExpiredError();
    };
  }

  /**
   * The last reading, or a new one. Chunks that begin at the same time share it, unless each must read the fence
   * itself.
   */
  #read(): Reading {
    const cache = this.#cacheMilliseconds;
    if (cache > 0 && this.#reading !== undefined && this.#reading.measureAge() <= cache) return this.#reading;
    const age = this.#ports.startTimer();
    this.#reading = { measureAge: age, closedThrough: this.#ports.readClosedThrough() };
    return this.#reading;
  }

  #begin(reading: Reading, closedThrough: string | undefined): Passage {
    let leave = (): void => undefined;
    const left = new Promise<void>((resolve) => {
      leave = resolve;
    });
    const chunk = { reading, left };
    this.#open.add(chunk);
    return {
      mark: async (changes) =>
        closedThrough === undefined
          ? { writable: changes, refused: [] }
          : this.#mark(changes, findLateChanges(changes, closedThrough)),
      markDays: async (subjects) => {
        const late = closedThrough === undefined ? [] : subjects.filter(({ day }) => day <= closedThrough);
        const markers = late.map((subject) => ({ ...subject, token: this.#ports.makeToken() }));
        for (const error of (await this.#ports.putMarkers(markers)).values()) throw new UnmarkedError(error);
      },
      leave: () => {
        this.#open.delete(chunk);
        leave();
      },
    };
  }

  async #mark(changes: Changes, late: readonly LateChange[]): Promise<MarkedChanges> {
    if (late.length === 0) return { writable: changes, refused: [] };
    const markers = new Map<string, Marker>();
    for (const { subjects } of late) {
      for (const subject of subjects) {
        const name = nameSubject(subject);
        if (!markers.has(name)) markers.set(name, { ...subject, token: this.#ports.makeToken() });
      }
    }
    const failed = await this.#ports.putMarkers([...markers.values()]);
    if (failed.size === 0) return { writable: changes, refused: [] };
    const refused = late.flatMap(({ change, subjects }) => {
      const errors = subjects.flatMap((subject) => {
        const marker = markers.get(nameSubject(subject));
        return (marker && failed.get(marker)) ?? [];
      });
      return errors.slice(0, 1).map((error) => ({ change, error: new UnmarkedError(error) }));
    });
    return { writable: leaveOut(changes, new Set(refused.map(({ change }) => change))), refused };
  }
}

function isExpired({ measureAge }: Reading): boolean {
  return measureAge() > maxSigningMilliseconds;
}

function leaveOut(
  { sessions, usage, events, sims }: Changes,
  refused: ReadonlySet<Change<unknown>>,
): Changes {
  const isWritable = (change: Change<unknown>): boolean => !refused.has(change);
  return {
    sessions: sessions.filter(isWritable),
    usage: usage.filter(isWritable),
    events: events.filter(isWritable),
    sims,
  };
}

/** The fence could not be read, so it is unknown which days are closed. */
export class UnreadableFenceError extends Error {
  override readonly name = 'UnreadableFenceError';

  constructor(cause: Error) {
    super(`How far days are closed could not be read: ${cause.name}: ${cause.message}`, { cause });
  }
}

const nothing: Changes = { sessions: [], usage: [], events: [], sims: [] };

function refuseAll(error: Error): Passage {
  return {
    mark: async ({ sessions, usage, events, sims }) => ({
      writable: nothing,
      refused: [...sessions, ...usage, ...events, ...sims].map((change) => ({ change, error })),
    }),
    markDays: async () => {
      throw error;
    },
    leave: () => undefined,
  };
}
