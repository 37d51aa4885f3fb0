import { parseTime, toMilliseconds } from '../ledger/time.ts';

/** The event that the schedule sends. */
export interface ScheduledEvent {
  /** The time for which the run was scheduled, ISO 8601. */
  readonly time: string;
}

/**
 * The time for which a run was scheduled, in milliseconds since the epoch.
 *
 * @throws Error if the event has no time.
 */
export function readScheduledTime({ time }: ScheduledEvent): number {
  const parsed = parseTime(time);
  if (parsed === undefined) throw new Error(`time: ${JSON.stringify(time)} given; accepted is ISO 8601`);
  return toMilliseconds(parsed);
}
