import { findUsageTime } from '../ledger/heard.ts';
import type { Observations } from '../ledger/observation.ts';
import type { Source } from '../ledger/source.ts';
import { toMilliseconds } from '../ledger/time.ts';

/** Records that arrive later than is normal for their source. */

/**
 * Notes for each SIM the earliest time that a late record is about, in milliseconds since the epoch. Alerts judge the
 * SIM again from there.
 */
export type NoteLate = (late: ReadonlyMap<string, number>) => Promise<void>;

/** A record that arrived later than its source's `lateness` allows. */
export interface LateRecord {
  /** The record's index in its batch. */
  readonly index: number;
  readonly sim: string;
  /** The time that it is about, in milliseconds since the epoch. */
  readonly at: number;
}

/** How a record arrived. */
export interface Arrival {
  readonly source: Source;
  /** Milliseconds since the epoch. */
  readonly arrivedAt: number;
}

/** The SIM and the time that a record is about, if it arrived late. */
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
