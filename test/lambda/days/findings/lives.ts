import fc from 'fast-check';
import type { EventRow } from '../../../../lambda/days/rows.ts';
import {
  complete,
  completeWithSession,
  type Session,
  type Usage,
} from '../../../../lambda/ledger/observation.ts';
import type { Carrier } from '../../../../lambda/ledger/source.ts';
import { makeEvent, makeSession, makeUsage, sim } from '../records.ts';

/** A SIM's sessions. Some records are lost, come twice, come only by file, or lack what a carrier may leave out. */

/** A record of a session, in the order of time. */
interface PlannedWindow {
  readonly minutes: number;
  readonly bytes: number;
  readonly fate: 'kept' | 'lost' | 'twice';
  /** Milliseconds from the end of the record before it to its start. */
  readonly shift: number;
  readonly statesTotal: boolean;
  readonly hasBeginning: boolean;
  readonly isByFile: boolean;
  /** Whether a record that came by stream came by file as well. */
  readonly isRepeatedByFile: boolean;
  readonly isMessage: boolean;
  /** By which paths the event at its end came. */
  readonly eventPaths: 'none' | 'stream' | 'file' | 'both';
}

export interface PlannedSession {
  readonly carrier: Extract<Carrier, 'twilio' | 'emnify' | '1nce'>;
  readonly pauseMinutes: number;
  readonly startStated: boolean;
  readonly windows: readonly PlannedWindow[];
  readonly ends: 'ended' | 'failed' | 'lost';
  readonly statesFinal: boolean;
  /** By how much the final total of a data streamer differs from the sum of its records. */
  readonly difference: number;
  readonly isSchema1: boolean;
}

/** The records of a plan that arrived. */
export interface Life {
  readonly usage: readonly Usage[];
  readonly sessions: readonly Session[];
  readonly events: readonly EventRow[];
  /** Records that came in a file. */
  readonly filed: { readonly usage: ReadonlySet<Usage>; readonly events: ReadonlySet<EventRow> };
}

const mostly = (share: number): fc.Arbitrary<boolean> => fc.nat(99).map((draw) => draw < share);

const window: fc.Arbitrary<PlannedWindow> = fc.record({
  minutes: fc.constantFrom(6, 6, 6, 360, 1_440),
  bytes: fc.constantFrom(0, 1, 500, 5_000),
  fate: fc.constantFrom('kept', 'kept', 'kept', 'kept', 'lost', 'lost', 'twice'),
  shift: fc.constantFrom(0, 0, 0, 0, -500, 1_000, 1_001),
  statesTotal: mostly(85),
  hasBeginning: mostly(85),
  isByFile: mostly(15),
  isRepeatedByFile: mostly(70),
  isMessage: mostly(10),
  eventPaths: fc.constantFrom('both', 'both', 'both', 'stream', 'file', 'none'),
});

export const lives: fc.Arbitrary<readonly PlannedSession[]> = fc.array(
  fc.record({
    carrier: fc.constantFrom('twilio' as const, 'twilio' as const, 'emnify' as const, '1nce' as const),
    pauseMinutes: fc.constantFrom(1, 10, 700),
    startStated: mostly(90),
    windows: fc.array(window, { maxLength: 6 }),
    ends: fc.constantFrom('ended', 'ended', 'ended', 'failed', 'lost'),
    statesFinal: mostly(85),
    difference: fc.constantFrom(0, 0, 900, 1_000, 1_001, -1_001),
    isSchema1: mostly(10),
  }),
  { minLength: 1, maxLength: 3 },
);

const minute = 60_000;
const iso = (at: number): string => new Date(at).toISOString();

/** Lets a SIM live as planned. */
export function live(plan: readonly PlannedSession[]): Life {
  let at = Date.UTC(2026, 10, 2, 20);
  const usage: Usage[] = [];
  const sessions: Session[] = [];
  const filed = { usage: new Set<Usage>(), events: new Set<EventRow>() };
  const events: EventRow[] = [];
  for (const [index, planned] of plan.entries()) {
    at += planned.pauseMinutes * minute;
    const lived = liveSession(planned, `s${index}`, at);
    usage.push(...lived.usage);
    sessions.push(lived.session);
    for (const record of lived.filed) filed.usage.add(record);
    for (const { event, isFiled } of lived.events) {
      events.push(event);
      if (isFiled) filed.events.add(event);
    }
    at = lived.end;
  }
  return { usage, events, sessions, filed };
}

function liveSession(
  planned: PlannedSession,
  sessionId: string,
  start: number,
): {
  readonly usage: Usage[];
  readonly filed: Usage[];
  readonly events: { readonly event: EventRow; readonly isFiled: boolean }[];
  readonly session: Session;
  readonly end: number;
} {
  const { carrier, windows } = planned;
  const isSuperSim = carrier === 'twilio';
  const statesTotals = isSuperSim && !planned.isSchema1;
  const usage: Usage[] = [];
  const filed: Usage[] = [];
  const events: { readonly event: EventRow; readonly isFiled: boolean }[] = [];
  let at = start;
  let sum = 0;
  for (const [index, one] of windows.entries()) {
    const end = at + one.minutes * minute;
    const isMessage = one.isMessage && !isSuperSim;
    const bytes = isMessage ? 0 : one.bytes;
    sum += bytes;
    const recordId = `${sessionId}-${index}`;
    const record = makeUsage({
      ...{ source: carrier, carrier, recordId, dataTotal: bytes, dataUploaded: bytes, dataDownloaded: 0 },
      start: iso(one.hasBeginning ? at + one.shift : end),
      end: iso(end),
      trafficType: isMessage ? 'sms' : 'data',
      sessionId: isSuperSim || (carrier === 'emnify' && !one.isByFile) ? sessionId : undefined,
      completeness: findCompleteness(carrier, one),
      sessionTotal: statesTotals && one.statesTotal ? sum : undefined,
      ...(carrier === 'emnify' && { cost: '0.01', currency: 'EUR' }),
    });
    if (one.fate !== 'lost') {
      usage.push(record);
      if (!isSuperSim && (one.isByFile || one.isRepeatedByFile)) filed.push(record);
    }
    if (one.fate === 'twice')
      usage.push({ ...record, recordId: `${recordId}b`, usageId: `${record.usageId}b` });
    if (one.eventPaths !== 'none') {
      const byStream = one.eventPaths !== 'file';
      const event = makeEvent({
        ...{ time: iso(end), eventId: recordId, source: carrier, carrier },
        completeness: byStream ? complete : 0,
      });
      events.push({ event, isFiled: !isSuperSim && one.eventPaths !== 'stream' });
    }
    at = end;
  }
  const total = (isSuperSim ? sum : Math.max(0, sum + planned.difference)) || 0;
  return {
    usage,
    filed,
    events,
    session: close(planned, { sessionId, start, end: at, usage, total }),
    end: at,
  };
}

function findCompleteness(carrier: PlannedSession['carrier'], { isByFile }: PlannedWindow): number {
  if (carrier === 'twilio') return complete;
  if (isByFile) return complete - 1;
  return carrier === 'emnify' ? completeWithSession : complete;
}

interface LivedSession {
  readonly sessionId: string;
  readonly start: number;
  readonly end: number;
  readonly usage: readonly Usage[];
  readonly total: number;
}

/** The final state of a session. */
function close(
  { carrier, ends, startStated, statesFinal, isSchema1 }: PlannedSession,
  { sessionId, start, end, usage, total }: LivedSession,
): Session {
  const status = ends === 'lost' ? undefined : carrier === 'twilio' ? ends : 'ended';
  const last = usage.filter(({ sessionTotal }) => sessionTotal !== undefined).at(-1);
  const isFinal = status === 'ended' && statesFinal && !(carrier === 'twilio' && isSchema1);
  const [at, dataTotal] = isFinal ? [iso(end), total] : [last?.end, last?.sessionTotal];
  const session = makeSession({
    ...{ sessionId, start: iso(start), startStated, observed: status === undefined ? iso(start) : iso(end) },
    ...(status !== undefined && { status, end: iso(end) }),
    groups: {
      totals:
        at === undefined || dataTotal === undefined
          ? undefined
          : { at, group: { dataTotal, dataUploaded: undefined, dataDownloaded: undefined } },
    },
  });
  const { origin } = session;
  const seen = status === undefined ? (usage.at(-1)?.end ?? origin.at) : origin.at;
  return { ...session, sim, origin: { at: seen, group: { ...origin.group, source: carrier, carrier } } };
}
