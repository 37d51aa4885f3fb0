import { landedMilliseconds, planDelay } from './durations.ts';

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

/** Days behind the fence that wait to be read, and how long: by the delays of messages, not by clocks. */
export interface ClosedDays extends DayRange {
  /** Milliseconds that have certainly passed since the fence was seen behind them. */
  readonly waitedMilliseconds: number;
}

/** What closing works with. */
export interface ClosingPorts {
  /** Moves the fence to a day, unless it is there or beyond: it never moves back. */
  readonly advance: (through: string) => Promise<void>;
  /** Has days come back after a delay, with what they have waited by then. Locally, once no chunk is on its way. */
  readonly orderReading: (days: ClosedDays, delayMilliseconds: number) => Promise<void>;
}

/**
 * Moves the fence behind days and orders their reading. After a crash it is called again: the fence may have moved, but
 * when is not known, so it waits in full.
 */
export async function closeDays({ from, through }: DayRange, ports: ClosingPorts): Promise<void> {
  await ports.advance(through);
  await orderNext({ from, through, waitedMilliseconds: 0 }, ports);
}

/**
 * Takes what was ordered.
 *
 * @returns whether the days may be read now; otherwise it has ordered them to come back.
 */
export async function awaitReading(
  days: ClosedDays,
  ports: Pick<ClosingPorts, 'orderReading'>,
): Promise<boolean> {
  if (days.waitedMilliseconds >= landedMilliseconds) return true;
  await orderNext(days, ports);
  return false;
}

async function orderNext(
  days: ClosedDays,
  { orderReading }: Pick<ClosingPorts, 'orderReading'>,
): Promise<void> {
  const delay = planDelay(days.waitedMilliseconds) ?? 0;
  await orderReading({ ...days, waitedMilliseconds: days.waitedMilliseconds + delay }, delay);
}
