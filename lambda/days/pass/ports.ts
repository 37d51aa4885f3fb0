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

/** What the day pass works with. Each part is small, so that it is easily made of tables, a bucket and a queue, or of memory. */

/** The ledger's tables. All reads of closed days are consistent. */
export interface DayTables extends FiledHashes, NamedFiles {
  /** The keys of all SIMs, and of the accounts that have events, in no order, some at a time. */
  listSims(): AsyncIterable<readonly string[]>;
  /**
   * A SIM's usage and events whose times are in a span. What older versions stored is as today's would be; decimals are in
   * the canonical form of `parseDecimal`.
   */
  readRecords(
    sim: string,
    span: TimeSpan,
  ): Promise<{ readonly usage: readonly Usage[]; readonly events: readonly EventRow[] }>;
  /** A SIM's usage whose times are in a span, likewise. */
  readUsage(sim: string, span: TimeSpan): Promise<readonly Usage[]>;
  /** Whether usage of a day may have expired. */
  mayLackUsage(day: Day, closedThrough: Day): boolean;
  /** A SIM's sessions that began in a span, and those of some ids. */
  readSessions(sim: string, startedIn: TimeSpan, ids: readonly string[]): Promise<readonly Session[]>;
}

/** In which day's rows sessions stand. */
export interface SessionNotes {
  /** The notes of some of a SIM's sessions, by their ids. A consistent read. */
  read(sim: string, sessionIds: readonly string[]): Promise<ReadonlyMap<string, SessionNote>>;
  /**
   * Writes a note if it is still what was read, or is what is to be written: who writes may be answered only when it tries
   * again.
   *
   * @returns whether it was.
   */
  write(sim: string, sessionId: string, note: SessionNote, before: SessionNote | undefined): Promise<boolean>;
}

/** Where SIM-days are kept, each as one item. */
export interface SimDays {
  /** Stores each SIM-day unless a greater revision of it is stored. */
  put(days: readonly SimPeriod[], revision: number): Promise<void>;
  /**
   * The bytes of SIMs in a month, by those of its days that are stored. A consistent read.
   *
   * @returns by SIM.
   */
  sumMonth(sims: readonly string[], month: Period): Promise<ReadonlyMap<string, bigint>>;
}

/** Where SIM-days of partial passes are kept: beside those of closed days, and never in their place. */
export interface PartialSimDays {
  /**
   * Stores each SIM-day, unless it was made of a closed day, or by a later pass.
   *
   * @param asOf of the pass.
   */
  putPartial(days: readonly SimPeriod[], asOf: string): Promise<void>;
  /**
   * The bytes of SIMs in a month, as far as they are known of days that are closed, and of some that are not.
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
  /** None, where what was found before is found no more. */
  readonly findings: readonly Finding[];
}

/** Where findings are kept, those of a SIM's day as one item, so that a fleet's are listed without the lake. */
export interface FindingStore {
  /** Stores the findings of SIM's days unless a greater revision of them is stored. */
  put(found: readonly SimFindings[], revision: number): Promise<void>;
  /** The findings of a SIM from one day to another one, both included. A consistent read. */
  read(sim: string, from: Day, through: Day): Promise<readonly SimFindings[]>;
}

/** Markers of SIMs' days, and of sessions, that late records touched. */
export interface Markers {
  /** The markers of a day. A consistent read. */
  list(day: Day): Promise<readonly Marker[]>;
  /** Puts markers with new tokens, in place of those that are there. Throws if one is not put. */
  put(subjects: readonly LateSubject[]): Promise<void>;
  /** Removes markers whose tokens are still the same. */
  remove(markers: readonly Marker[]): Promise<void>;
}

/** An object, in the state in which it was opened. */
export interface StoredObject extends ParquetSource {
  /** Different for each content that is written: an entity tag. */
  readonly tag: string;
}

/** The lake's bucket. Reads after a write see it. */
export interface Lake {
  /**
   * Opens an object; undefined if it does not exist. Its bytes are those of its tag: reading them throws a
   * {@link ConflictError} where the object was written again.
   */
  open(key: string): Promise<StoredObject | undefined>;
  /**
   * Writes an object on condition.
   *
   * @param before the tag that it must have; undefined if there must be no object.
   * @throws ConflictError if that is not so.
   * @returns its new tag.
   */
  write(key: string, bytes: Uint8Array, before: string | undefined): Promise<string>;
}

/** One bucket's part of the work on a day. What it reads is in the lake, beside the plan: messages are small. */
export interface BucketJob {
  readonly day: Day;
  /** The round of the plan to which it belongs. */
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

/** What a partial pass works with. */
export interface PartialPorts {
  /** Reads need not be consistent. */
  readonly tables: DayTables;
  readonly simDays: PartialSimDays;
  readonly lake: Lake;
  readonly jobs: { readonly send: (jobs: readonly PartialJob[]) => Promise<void> };
  /** The most SIMs of a fleet that has no partial passes; those of `maxLiveSims` by default. */
  readonly maxLiveSims?: number | undefined;
}

/** All that the pass works with. */
export interface DayPorts {
  readonly tables: DayTables;
  readonly notes: SessionNotes;
  readonly simDays: SimDays;
  readonly findings: FindingStore;
  readonly markers: Markers;
  readonly lake: Lake;
  readonly jobs: Jobs;
}

/** Somebody else wrote what was about to be written: begin again from reading. */
export class ConflictError extends Error {
  override readonly name = 'ConflictError';
}
