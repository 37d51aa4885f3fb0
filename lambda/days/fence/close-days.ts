import { awaitLanding, type OrderWork, type WaitingWork } from './waits.ts';

/**
 * How days are closed: the fence moves, whatever began before has time to land, and then the days are read. A range of
 * days is one move and one wait.
 */

/** Days that are read together; both ends are included. */
export interface DayRange {
  /** UTC day, `2026-11-02`. */
  readonly from: string;
  readonly through: string;
}

/** Days behind the fence that wait to be read since the fence was seen behind them. */
export interface ClosedDays extends DayRange, WaitingWork {}

/** What closing works with. */
export interface ClosingPorts {
  /** Moves the fence to a day, unless it is there or beyond: it never moves back. */
  readonly advance: (through: string) => Promise<void>;
  readonly orderReading: OrderWork<ClosedDays>;
}

/**
 * Moves the fence behind days and orders their reading. After a crash it is called again: the fence may have moved, but
 * when is not known, so it waits in full.
 */
export async function closeDays({ from, through }: DayRange, ports: ClosingPorts): Promise<void> {
  await ports.advance(through);
  await awaitLanding({ from, through, waitedMilliseconds: 0 }, ports.orderReading);
}

/**
 * Takes what was ordered.
 *
 * @returns whether the days may be read now; otherwise it has ordered them to come back.
 */
export function awaitReading(
  days: ClosedDays,
  { orderReading }: Pick<ClosingPorts, 'orderReading'>,
): Promise<boolean> {
  return awaitLanding(days, orderReading);
}
