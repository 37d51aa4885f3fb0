import type { Sim } from '../ledger/observation.ts';
import type { TimeRange } from './counted-items.ts';
import type { StoredEvent } from './records.ts';

/** A session's keys in the index by start. */
export interface SessionKey {
  readonly sessionId: string;
  readonly start: string;
}

/** A file's keys in the index by source. */
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

/** A SIM's records in a range of times. */
export interface RecordRange extends TimeRange {
  readonly sim: string;
}

/** A page of the fleet. */
export interface SimRange {
  readonly sims: readonly Sim[];
  /** The key to continue after; undefined at the end. */
  readonly next: string | undefined;
}

/** Which events to read. */
export interface EventOptions {
  readonly type?: string | undefined;
  /** If set, only events before this sort key. */
  readonly before?: string | undefined;
}

/** A page of a SIM's events. */
export interface EventRange {
  readonly events: readonly StoredEvent[];
  /** The key to continue before; undefined at the end. */
  readonly next: string | undefined;
}

/** How to read a page. */
export interface PageOptions {
  /** The most items of a page. */
  readonly limit?: number | undefined;
  /** If set, only records before this sort key. */
  readonly before?: string | undefined;
}

/** How to read usage. */
export interface UsageOptions extends PageOptions {
  /** Whether to return all stored renderings of a record, for callers that merge them and add nothing up. */
  readonly everyRendering?: boolean;
}
