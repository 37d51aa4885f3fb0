import { findUsageTime } from '../ledger/heard.ts';
import type { Observations } from '../ledger/observation.ts';
import type { Source } from '../ledger/source.ts';
import { toMilliseconds } from '../ledger/time.ts';

/** Records that come later than those of their source usually do. */

/**
 * Notes, of each SIM, the earliest moment that a late record tells of, in milliseconds since the epoch. Alerts judge it
 * again.
 */
export type NoteLate = (late: ReadonlyMap<string, number>) => Promise<void>;

/** A record that came later than its source's records may. */
export interface LateRecord {
  /** The record's index in its batch. */
  readonly index: number;
  readonly sim: string;
  /** The moment that it tells of, in milliseconds since the epoch. */
  readonly at: number;
}

/** How a record came. */
export interface Arrival {
  readonly source: Source;
  /** Milliseconds since the epoch. */
  readonly arrivedAt: number;
}

/** What a record tells of, if it came late. */
export function findLate(
  { event, usage, session }: Observations,
  { arrivedAt, source: { lateness } }: Arrival,
): Omit<LateRecord, 'index'> | undefined {
  const sim = event?.sim ?? usage?.sim ?? session?.sim;
  const time = event?.time ?? (usage && findUsageTime(usage)) ?? session?.origin.at;
  if (lateness === undefined || sim === undefined || time === undefined) return undefined;
  const at = toMilliseconds(time);
  return arrivedAt - at > lateness ? { sim, at } : undefined;
}
