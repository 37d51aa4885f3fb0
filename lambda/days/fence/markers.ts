import type { LateSubject } from './late-changes.ts';
import { awaitLanding, type OrderWork, type WaitingWork } from './waits.ts';

/**
 * Markers of late records, and how they are removed.
 *
 * A marker is put before its items, which may land up to 40 minutes later. So the first visit of a day only notes the
 * stored markers, as a round of the day's plan, and orders the second visit by a message that waits so long. The second
 * visit reads what the round's markers mark, stores the result, and then removes the markers that still have the noted
 * tokens. Others were put again by a writer, and the next visits find these.
 *
 * Visits may come at any time, twice, or be interrupted: every listing finds all stored markers.
 */

/** A late item was written, or is about to be. */
export interface Marker extends LateSubject {
  /** Each put has its own token. */
  readonly token: string;
}

/** The second visit of a day, which waits since its round was planned. */
export interface DayVisit extends WaitingWork {
  /** UTC day, for example `2026-11-02`. */
  readonly day: string;
  readonly round: number;
}

/** What visits need. */
export interface VisitPorts {
  /**
   * Plans a round of a day with the markers that are stored now. A round that is planned but not done stays.
   *
   * @returns its number; undefined if there is nothing to do.
   */
  readonly planRound: (day: string) => Promise<number | undefined>;
  readonly orderVisit: OrderWork<DayVisit>;
  /**
   * Reads what the markers of a round mark, stores the result, and removes them. Does nothing if the day has another
   * round by now.
   */
  readonly readRound: (day: string, round: number) => Promise<void>;
}

/** The first visit of a day. */
export async function visitDay(
  day: string,
  { planRound, orderVisit }: Omit<VisitPorts, 'readRound'>,
): Promise<void> {
  const round = await planRound(day);
  if (round !== undefined) await awaitLanding({ day, round, waitedMilliseconds: 0 }, orderVisit);
}

/** The second visit, after the full wait; until then it continues to wait. */
export async function settleVisit(
  visit: DayVisit,
  { orderVisit, readRound }: Omit<VisitPorts, 'planRound'>,
): Promise<void> {
  if (await awaitLanding(visit, orderVisit)) await readRound(visit.day, visit.round);
}
