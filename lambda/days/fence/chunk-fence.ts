import { toError } from '../../errors.ts';
import type { Change, Changes } from '../../ledger/fold.ts';
import { maxCachedMilliseconds, maxSigningMilliseconds } from './durations.ts';
import { findLateChanges, type LateChange, type LateSubject, nameSubject } from './late-changes.ts';
import type { Marker } from './markers.ts';

/**
 * The fence as writers meet it. A chunk reads how far days are closed before it reads a record. Of every item whose day
 * is closed it puts a marker before the item, whether or not the item turns out to change anything, so that the day is
 * looked at again.
 */

/** What the fence works with. */
export interface FencePorts {
  /** The last day that is closed, by a consistent read; undefined where no day is. */
  readonly readClosedThrough: () => Promise<string | undefined>;
  /**
   * Puts markers in place of those that stand there.
   *
   * @returns those that were not put, with the reason.
   */
  readonly putMarkers: (markers: readonly Marker[]) => Promise<ReadonlyMap<Marker, Error>>;
  /** A text that no other marker has. */
  readonly makeToken: () => string;
  /** Starts to measure: the function tells how many milliseconds have passed since, never too few. */
  readonly startTimer: () => () => number;
}

/** Lets chunks in. */
export interface ChunkFence {
  /** Begins a chunk. Does not throw where the fence can't be read: then the chunk's changes are refused. */
  enter(): Promise<Passage>;
}

/** What a chunk may write. */
export interface Passage {
  /**
   * Puts the markers of changes whose day is closed.
   *
   * @returns the changes that may be written now, and those that may not.
   */
  mark(changes: Changes): Promise<MarkedChanges>;
  /**
   * Puts the markers of what is not a change, where its day is closed.
   *
   * @throws UnmarkedError if one is not put.
   */
  markDays(subjects: readonly LateSubject[]): Promise<void>;
  /** Ends the chunk, once the store has answered for all of its changes. */
  leave(): void;
}

/** Changes, divided. */
export interface MarkedChanges {
  readonly writable: Changes;
  /** Changes that must not be written, with the reason. */
  readonly refused: readonly { readonly change: Change<unknown>; readonly error: Error }[];
}

/** Where nobody closes days: for dry runs, which write nothing. */
export const noDaysClosed: ChunkFence = {
  enter: async () => ({
    mark: async (writable) => ({ writable, refused: [] }),
    markDays: async () => undefined,
    leave: () => undefined,
  }),
};

/** The fence was read too long ago for a chunk to go on: it must begin again. */
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

/** A reading of the fence. */
interface Reading {
  readonly closedThrough: Promise<string | undefined>;
  /** Milliseconds since it was sent. */
  readonly measureAge: () => number;
}

/** A chunk on its way. */
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
   * @param cacheMilliseconds how long chunks use one reading, a minute at most; 0 where each must read for itself, since
   *   the closing of days waits for running chunks only.
   */
  constructor(ports: FencePorts, cacheMilliseconds: number = maxCachedMilliseconds) {
    this.#ports = ports;
    this.#cacheMilliseconds = Math.min(cacheMilliseconds, maxCachedMilliseconds);
  }

  async enter(): Promise<Passage> {
    // Whatever is sent is refused while an expired chunk is on its way, so the others wait until it has failed.
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
   * Called when a request begins. What it returns is called each time that the request was signed, before it is sent: it
   * throws FenceExpiredError where the fence was read too long ago.
   *
   * Which chunk a request belongs to is not known, so it is bound by all that were open when it began. A request that
   * nobody waits for any more may go on after its chunk.
   */
  beginRequest(): () => void {
    const readings = [...this.#open].map(({ reading }) => reading);
    return () => {
      if (readings.some(isExpired)) throw new FenceExpiredError();
    };
  }

  /** The last reading, or a new one. Chunks that begin at the same time share it, if readings are shared at all. */
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

/** The fence could not be read, so it is not known which days are closed. */
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
