import type { Sim } from './identity.ts';

/** Bytes in each direction. */
export interface Volume {
  /** From the device: Super SIM's upload, data streamer's tx. */
  readonly up: number;
  /** To the device: Super SIM's download, data streamer's rx. */
  readonly down: number;
}

/** What happens to a Super SIM: the last part of the event's type. */
export type ConnectionType =
  | 'attachment.accepted'
  | 'attachment.rejected'
  | 'attachment.failed'
  | 'data-session.started'
  | 'data-session.updated'
  | 'data-session.ended'
  | 'data-session.failed';

/**
 * A Super SIM connection event, before it is written in a carrier's dialect. Times are milliseconds since the epoch.
 */
export interface ConnectionEvent {
  readonly kind: 'connection';
  readonly sim: Sim;
  readonly type: ConnectionType;
  /** Null in a record that lost its identity on the way. */
  readonly eventSid: string | null;
  readonly at: number;
  readonly session?: { readonly sid: string; readonly start: number };
  /** The window since the session's previous record, from `start` to `at`. */
  readonly window?: Volume & { readonly start: number };
  readonly runningTotal?: Volume;
}

/** A packet data session of a data-streamer SIM. */
export interface PdpContext {
  readonly id: number;
  readonly tunnelCreated: number;
  /** The UUID that is `session_id` at emnify and `ipcan_session_id` in 1NCE's 2.0. */
  readonly uuid: string;
  readonly ratType: number;
}

/** A data-streamer event. Times are milliseconds since the epoch. */
export interface CarrierEvent {
  readonly kind: 'event';
  readonly source: Sim['carrier'];
  /** Absent on events about a user of the portal. */
  readonly sim?: Sim;
  readonly typeId: number;
  /** Decimal digits, sometimes beyond 2^53. Null in a record that lost its identity on the way. */
  readonly id: string | null;
  readonly at: number;
  /** On events of types 3, 4 and 5, except a refused activation (3). */
  readonly context?: PdpContext;
  /** Volume of the whole session, on events of type 5. */
  readonly volume?: Volume;
  /** `file`: as a row of an events file. */
  readonly path: 'stream' | 'file' | 'both';
}

/** A data-streamer usage record. Times are milliseconds since the epoch. */
export interface UsageRecord {
  readonly kind: 'usage';
  readonly sim: Sim;
  /** As in {@link CarrierEvent.id}. Events and usage are numbered separately, so an id may occur in both. */
  readonly id: string | null;
  readonly at: number;
  readonly start: number;
  readonly end: number;
  readonly volume: Volume;
  /** How many short messages the record is about; 0 for data usage. */
  readonly messages: number;
  /** The session that the record names, if its dialect names one. */
  readonly sessionId?: string;
  readonly path: 'stream' | 'file' | 'both';
}

/** Any record of the fleet. It is first sent at `at`. */
export type FleetRecord = ConnectionEvent | CarrierEvent | UsageRecord;

/** The simulated time span, in milliseconds since the epoch; `to` is excluded. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

/** Milliseconds. */
export const second = 1000;
export const minute = 60 * second;
export const hour = 60 * minute;

let lastTime = 0;
let lastIso = '1970-01-01T00:00:00.000Z';

/** ISO 8601, UTC, with milliseconds, as the ledger formats times. */
export function formatIso(at: number): string {
  // Cached, because a record states the same time several times in a row.
  if (at === lastTime) return lastIso;
  lastTime = at;
  lastIso = new Date(at).toISOString();
  return lastIso;
}
