import type { Sim } from '../ledger/observation.ts';
import type { TimeRange } from './counted-items.ts';
import type { StoredEvent } from './records.ts';

/** A session's keys, as the index by start holds them. */
export interface SessionKey {
  readonly sessionId: string;
  readonly start: string;
}

/** A file's keys, as the index by source holds them. */
export interface FileKey {
  readonly object: string;
  readonly source: string;
  /** When the file was delivered, ISO 8601. */
  readonly delivered: string;
}

/** A range of a SIM's sort keys, both ends included. */
export interface KeyRange {
  readonly sim: string;
  readonly from: string;
  readonly to: string;
}

/** Records of a SIM in a range of times. */
export interface RecordRange extends TimeRange {
  readonly sim: string;
}

/** A range of the fleet. */
export interface SimRange {
  readonly sims: readonly Sim[];
  /** The key after which to go on; undefined at the end. */
  readonly next: string | undefined;
}

/** Which events are wanted, and where to begin. */
export interface EventOptions {
  readonly type?: string | undefined;
  /** Only events before this sort key. */
  readonly before?: string | undefined;
}

/** A range of a SIM's events. */
export interface EventRange {
  readonly events: readonly StoredEvent[];
  /** The key before which to go on; undefined at the end. */
  readonly next: string | undefined;
}

/** How a range is read. */
export interface PageOptions {
  /** Items in a page, at most. */
  readonly limit?: number | undefined;
  /** Only records before this sort key. */
  readonly before?: string | undefined;
}

/** How usage is read. */
export interface UsageOptions extends PageOptions {
  /** Every rendering that is stored, for who joins what they state and adds nothing up. */
  readonly everyRendering?: boolean;
}
