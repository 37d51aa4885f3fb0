import type { Usage } from '../../ledger/observation.ts';
import { toMilliseconds } from '../../ledger/time.ts';
import { startsSession } from '../counted-events.ts';
import { findDay, startDay } from '../day.ts';
import type { EventRow, SessionRow } from '../rows.ts';
import { type KnownSession, listOwnUsage } from './known-session.ts';

/**
 * Sessions that were open when the ledger began: what came before its first record is not lost. Their own records look
 * as if the first ones were lost, so other records decide: if there is no record of a SIM on that day before, it is
 * unknown whether the carrier delivered any.
 */

/** The time before the first usage of a session that began earlier. */
export interface UnknownBeginning {
  readonly session: SessionRow;
  /** The first moment of the day on which it began, ISO 8601. */
  readonly from: string;
  /** When its first usage began; when it ended, if it has no usage. ISO 8601. */
  readonly to: string;
}

/** How much later than a session its first usage may begin, in milliseconds. */
const touchMilliseconds = 1_000;

/** The time before the first usage of a session; undefined if the usage begins with the session. */
export function findUnknownBeginning(known: KnownSession): UnknownBeginning | undefined {
  const { session } = known;
  const [first = session.terminal.end] = listOwnUsage(known)
    .map(({ start }) => start)
    .sort();
  const isEarly = toMilliseconds(first) - toMilliseconds(session.start) <= touchMilliseconds;
  return isEarly ? undefined : { session, from: startDay(findDay(session.start)), to: first };
}

/**
 * Whether some records show that the ledger heard the SIM then: not the session's own records, except that of its
 * start.
 */
export function wasHeard(
  { session, from, to }: UnknownBeginning,
  { usage, events }: { readonly usage: readonly Usage[]; readonly events: readonly EventRow[] },
): boolean {
  const { sessionId } = session;
  const { source } = session.origin.group;
  const isThen = (time: string): boolean => time >= from && time <= to;
  return (
    usage.some((one) => one.source === source && one.sessionId !== sessionId && isThen(one.start)) ||
    events.some(
      (one) =>
        one.source === source && (one.sessionId !== sessionId || startsSession(one)) && isThen(one.time),
    )
  );
}
