import type { LateSubject } from './late-changes.ts';
import { awaitLanding, type OrderWork, type WaitingWork } from './waits.ts';

/**
 * Markers of late records, and how they end.
 *
 * A marker is put before the items that it stands for, which may land up to 40 minutes later. So the first visit of a day
 * only notes the markers that stand, as a round of the day's plan, and orders the second one, by a message that waits for
 * so long. The second visit reads what the round's markers stand for, stores it, and then removes the markers that still
 * have the noted tokens. Of others a writer has put a new one, which the next visits find.
 *
 * Visits may come at any time, twice, or not to their end: a marker that stands is found by each listing.
 */

/** A late item was written, or is about to be. */
export interface Marker extends LateSubject {
  /** Each put has one of its own. */
  readonly token: string;
}

/** The second visit of a day, which waits since its round was planned. */
export interface DayVisit extends WaitingWork {
  /** UTC day, `2026-11-02`. */
  readonly day: string;
  readonly round: number;
}

/** What visits work with. */
export interface VisitPorts {
  /**
   * Plans a round of a day, of the markers that stand now. A round that is planned and not done stays.
   *
   * @returns its number; undefined if there is nothing to do.
   */
  readonly planRound: (day: string) => Promise<number | undefined>;
  readonly orderVisit: OrderWork<DayVisit>;
  /** Reads what the markers of a round stand for, stores it, and removes them. Nothing, if the day has another round by now. */
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

/** The second visit, once enough was waited; until then it waits on. */
export async function settleVisit(
  visit: DayVisit,
  { orderVisit, readRound }: Omit<VisitPorts, 'planRound'>,
): Promise<void> {
  if (await awaitLanding(visit, orderVisit)) await readRound(visit.day, visit.round);
}
