import { awaitLanding, type OrderWork, type WaitingWork } from './waits.ts';

/**
 * How days are closed: the fence moves, everything that began before has time to land, and then the days are read. A
 * range of days has one move and one wait.
 */

/** Days that are read together; both ends are included. */
export interface DayRange {
  /** UTC day, for example `2026-11-02`. */
  readonly from: string;
  readonly through: string;
}

/** Days behind the fence that wait to be read, since it was known to be beyond them. */
export interface ClosedDays extends DayRange, WaitingWork {}

/** What closing days needs. */
export interface ClosingPorts {
  /** Moves the fence to a day. Does nothing if it is there or further on, because it never moves back. */
  readonly advance: (through: string) => Promise<void>;
  readonly orderReading: OrderWork<ClosedDays>;
}

/**
 * Moves the fence beyond days and orders their reading. After a crash it is called again: the fence may have moved, but
 * it is unknown when, so the full wait begins again.
 */
export async function closeDays({ from, through }: DayRange, ports: ClosingPorts): Promise<void> {
  await ports.advance(through);
  await awaitLanding({ from, through, waitedMilliseconds: 0 }, ports.orderReading);
}

/**
 * Continues an ordered reading.
 *
 * @returns whether the days may be read now; otherwise it has ordered them again.
 */
export function awaitReading(
  days: ClosedDays,
  { orderReading }: Pick<ClosingPorts, 'orderReading'>,
): Promise<boolean> {
  return awaitLanding(days, orderReading);
}
