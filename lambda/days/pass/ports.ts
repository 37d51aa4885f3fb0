import type { Session, Usage } from '../../ledger/observation.ts';
import type { Day, TimeSpan } from '../day.ts';
import type { LateSubject } from '../fence/late-changes.ts';
import type { Marker } from '../fence/markers.ts';
import type { FiledHashes } from '../filed-records.ts';
import type { Finding } from '../findings/finding.ts';
import type { NamedFiles } from '../named-files.ts';
import type { ParquetSource } from '../parquet.ts';
import type { EventRow } from '../rows.ts';
import type { SessionNote } from '../session-days.ts';
import type { Period, SimPeriod } from '../sim-days.ts';

/**
 * What the day pass needs. Each port is small, so that it can easily be implemented with tables, a bucket and a queue,
 * or in memory.
 */

/** The ledger's tables. All reads of closed days are consistent. */
export interface DayTables extends FiledHashes, NamedFiles {
  /** The keys of all SIMs, and of the accounts that have events, in pages, in no particular order. */
  listSims(): AsyncIterable<readonly string[]>;
  /**
   * A SIM's usage and events whose times are in a span. Items of older versions are returned as today's version would
   * store them; decimals are in the canonical form of `parseDecimal`.
   */
  readRecords(
    sim: string,
    span: TimeSpan,
  ): Promise<{ readonly usage: readonly Usage[]; readonly events: readonly EventRow[] }>;
  /** A SIM's usage whose times are in a span, in the same form. */
  readUsage(sim: string, span: TimeSpan): Promise<readonly Usage[]>;
  /** Whether usage of a day may have expired. */
  mayLackUsage(day: Day, closedThrough: Day): boolean;
  /** A SIM's sessions that began in a span, and those with the given ids. */
  readSessions(sim: string, startedIn: TimeSpan, ids: readonly string[]): Promise<readonly Session[]>;
}

/** Which day's rows include a session. */
export interface SessionNotes {
  /** The notes of some of a SIM's sessions, by id. Reads consistently. */
  read(sim: string, sessionIds: readonly string[]): Promise<ReadonlyMap<string, SessionNote>>;
  /**
   * Writes a note if the stored one is still as it was read, or is already the one to write, because a retry may follow
   * an attempt that succeeded.
   *
   * @returns whether it was.
   */
  write(sim: string, sessionId: string, note: SessionNote, before: SessionNote | undefined): Promise<boolean>;
}

/** Stores SIM-days, each as one item. */
export interface SimDays {
  /** Stores each SIM-day, unless a greater revision of it is stored. */
  put(days: readonly SimPeriod[], revision: number): Promise<void>;
  /**
   * The bytes of SIMs in a month, according to its stored days. Reads consistently.
   *
   * @returns by SIM.
   */
  sumMonth(sims: readonly string[], month: Period): Promise<ReadonlyMap<string, bigint>>;
}

/** Stores SIM-days of partial passes, which never replace those of closed days. */
export interface PartialSimDays {
  /**
   * Stores each SIM-day, unless the stored one was made from a closed day or by a later pass.
   *
   * @param asOf the pass.
   */
  putPartial(days: readonly SimPeriod[], asOf: string): Promise<void>;
  /**
   * The bytes of SIMs in a month, as far as known: on closed days, and on some that are not closed.
   *
   * @returns by SIM; those without bytes may be left out.
   */
  sumPartialMonth(
    sims: readonly string[],
    month: Period,
    unsealed: readonly Day[],
  ): Promise<ReadonlyMap<string, bigint>>;
}

/** The findings of a SIM's day. */
export interface SimFindings {
  readonly sim: string;
  readonly day: Day;
  /** Empty if earlier findings no longer hold. */
  readonly findings: readonly Finding[];
}

/** Stores findings, those of a SIM's day as one item, so that a fleet's findings can be listed without the lake. */
export interface FindingStore {
  /** Stores the findings of SIMs' days, unless a greater revision of them is stored. */
  put(found: readonly SimFindings[], revision: number): Promise<void>;
  /** A SIM's findings in a range of days, both ends included. Reads consistently. */
  read(sim: string, from: Day, through: Day): Promise<readonly SimFindings[]>;
}

/** Markers of SIMs' days, and of sessions, that late records have changed. */
export interface Markers {
  /** The markers of a day. Reads consistently. */
  list(day: Day): Promise<readonly Marker[]>;
  /** Puts markers with new tokens. Replaces those that are stored. Throws if one is not put. */
  put(subjects: readonly LateSubject[]): Promise<void>;
  /** Removes markers whose tokens are still the same. */
  remove(markers: readonly Marker[]): Promise<void>;
}

/** An object, as it was when it was opened. */
export interface StoredObject extends ParquetSource {
  /** An entity tag: different for each content. */
  readonly tag: string;
}

/** The lake's bucket. Reads after a write see it. */
export interface Lake {
  /**
   * Opens an object; undefined if it does not exist. Its bytes belong to its tag: reading them throws a {@link
   * ConflictError} if the object was written again.
   */
  open(key: string): Promise<StoredObject | undefined>;
  /**
   * Writes an object on condition.
   *
   * @param before the tag that it must have; undefined if the object must not exist.
   * @throws ConflictError if the condition does not hold.
   * @returns its new tag.
   */
  write(key: string, bytes: Uint8Array, before: string | undefined): Promise<string>;
}

/**
 * One bucket's part of the work on a day. What it reads is in the lake, next to the plan, so that messages are small.
 */
export interface BucketJob {
  readonly day: Day;
  /** The round of the plan that it belongs to. */
  readonly round: number;
  readonly bucket: number;
}

/** The queue of jobs. Each is delivered at least once, in any order, and again if it fails. */
export interface Jobs {
  send(jobs: readonly BucketJob[]): Promise<void>;
}

/** One bucket's part of a partial pass. */
export interface PartialJob {
  readonly day: Day;
  /** Which pass it is, in milliseconds since the epoch. */
  readonly asOf: number;
  readonly bucket: number;
}

/** What a partial pass needs. */
export interface PartialPorts {
  /** Reads need not be consistent. */
  readonly tables: DayTables;
  readonly simDays: PartialSimDays;
  readonly lake: Lake;
  readonly jobs: { readonly send: (jobs: readonly PartialJob[]) => Promise<void> };
  /** The largest fleet that has no partial passes, in SIMs; `maxLiveSims` by default. */
  readonly maxLiveSims?: number | undefined;
}

/** What the pass needs. */
export interface DayPorts {
  readonly tables: DayTables;
  readonly notes: SessionNotes;
  readonly simDays: SimDays;
  readonly findings: FindingStore;
  readonly markers: Markers;
  readonly lake: Lake;
  readonly jobs: Jobs;
}

/** Somebody else wrote what was about to be written: read again and repeat. */
export class ConflictError extends Error {
  override readonly name = 'ConflictError';
}
