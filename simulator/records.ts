import type { Sim } from './identity.ts';

/** Bytes that went each way. */
export interface Volume {
  /** From the device: Super SIM's upload, the data streamer's tx. */
  readonly up: number;
  /** To the device: Super SIM's download, the data streamer's rx. */
  readonly down: number;
}

/** What happens to a Super SIM, by the last part of the event type. */
export type ConnectionType =
  | 'attachment.accepted'
  | 'attachment.rejected'
  | 'attachment.failed'
  | 'data-session.started'
  | 'data-session.updated'
  | 'data-session.ended'
  | 'data-session.failed';

/** A Super SIM connection event, before it is written in a carrier's dialect. Times are epoch milliseconds. */
export interface ConnectionEvent {
  readonly kind: 'connection';
  readonly sim: Sim;
  readonly type: ConnectionType;
  /** Null in a record that lost its identity on the way. */
  readonly eventSid: string | null;
  readonly at: number;
  readonly session?: { readonly sid: string; readonly start: number };
  /** The window since the session's last record: from there to `at`. */
  readonly window?: Volume & { readonly start: number };
  readonly runningTotal?: Volume;
}

/** A packet data session of a data-streamer SIM. */
export interface PdpContext {
  readonly id: number;
  readonly tunnelCreated: number;
  /** UUID that emnify states as `session_id` and 1NCE's 2.0 as `ipcan_session_id`. */
  readonly uuid: string;
  readonly ratType: number;
}

/** A data-streamer event. Times are epoch milliseconds. */
export interface CarrierEvent {
  readonly kind: 'event';
  readonly source: Sim['carrier'];
  /** Absent on events that concern a user of the portal. */
  readonly sim?: Sim;
  readonly typeId: number;
  /** Decimal digits, beyond 2^53 at times. Null in a record that lost its identity on the way. */
  readonly id: string | null;
  readonly at: number;
  /** On events 3, 4 and 5; a refused activation (3) has none. */
  readonly context?: PdpContext;
  /** Volume of the whole session, on event 5. */
  readonly volume?: Volume;
  /** `file`: as a row of an events file. */
  readonly path: 'stream' | 'file' | 'both';
}

/** A data-streamer usage record. Times are epoch milliseconds. */
export interface UsageRecord {
  readonly kind: 'usage';
  readonly sim: Sim;
  /** As in {@link CarrierEvent.id}; events and usage count apart, so that an id may occur in both. */
  readonly id: string | null;
  readonly at: number;
  readonly start: number;
  readonly end: number;
  readonly volume: Volume;
  /** Short messages that this record is about; 0 on data usage. */
  readonly messages: number;
  /** Session that the record names, if its dialect names one. */
  readonly sessionId?: string;
  readonly path: 'stream' | 'file' | 'both';
}

/** Anything that a carrier sends about the fleet; `at` is when it is first sent. */
export type FleetRecord = ConnectionEvent | CarrierEvent | UsageRecord;

/** The range of time that is simulated, in epoch milliseconds; `to` is excluded. */
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

/** ISO 8601, UTC, with milliseconds: the ledger's form of time. */
export function formatIso(at: number): string {
  // A record states the same moment several times, one after the other.
  if (at === lastTime) return lastIso;
  lastTime = at;
  lastIso = new Date(at).toISOString();
  return lastIso;
}
