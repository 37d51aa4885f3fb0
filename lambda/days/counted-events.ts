import type { EventType } from '../ledger/heard.ts';
import type { EventRow, SessionRow } from './rows.ts';

/** What SIM-days count of events and sessions. */

/** Numbers of events. */
export interface EventCounters {
  /** Events that show that a session began. */
  readonly sessionsStarted: number;
  /** Events that show that the device attached; for data-streamer carriers, updates of its location. */
  readonly attachments: number;
  /** Attachments that the network refused, or that failed. */
  readonly attachmentsRefused: number;
}

const countedTypes: ReadonlyMap<string, keyof EventCounters> = new Map<EventType, keyof EventCounters>([
  ['data-session.started', 'sessionsStarted'],
  ['pdp-context.created', 'sessionsStarted'],
  ['attachment.accepted', 'attachments'],
  ['location.updated', 'attachments'],
  ['gprs-location.updated', 'attachments'],
  ['attachment.rejected', 'attachmentsRefused'],
  ['attachment.failed', 'attachmentsRefused'],
]);

const endingTypes: ReadonlySet<string> = new Set<EventType>([
  'data-session.ended',
  'data-session.failed',
  'pdp-context.deleted',
]);

/** Whether an event shows that a session has ended. */
export function endsSession({ type }: EventRow): boolean {
  return endingTypes.has(type);
}

/** Whether an event shows that a session has begun. */
export function startsSession({ type }: EventRow): boolean {
  return countedTypes.get(type) === 'sessionsStarted';
}

/** Counts events by what they show. */
export function countEvents(events: readonly EventRow[]): EventCounters {
  const counters = { sessionsStarted: 0, attachments: 0, attachmentsRefused: 0 };
  for (const { type } of events) {
    const name = countedTypes.get(type);
    if (name !== undefined) counters[name] += 1;
  }
  return counters;
}

/** Whether a session's last running total is 0 bytes. */
export function isEmptySession({ groups }: SessionRow): boolean {
  return groups.totals?.group.dataTotal === 0;
}
