import type { Session, Usage } from './observation.ts';

/** Length of the hour in a time: `2026-11-02T10`. */
const hourLength = 13;

/**
 * Whether an update writes its session if sessions are refreshed hourly. It does so if its window
 *
 * - crosses the turn of a UTC hour, including its end but not its beginning, so that exactly one of consecutive
 *   windows crosses each hour;
 * - is the session's first, so that the session exists even if its start was lost;
 * - has no known length: its beginning is not stated, or is after its end;
 *
 * or if it reports trouble, such as a reached data limit, which must not appear an hour late.
 */
export function refreshesHourly({ origin, start, startStated, groups }: Session, window: Usage): boolean {
  const from = window.start;
  const to = window.end;
  return (
    from >= to ||
    from.slice(0, hourLength) !== to.slice(0, hourLength) ||
    (startStated && from <= start) ||
    groups.trouble !== undefined ||
    origin.group.dataModifier !== undefined
  );
}

/** The usage item of an update that does not write its session. It includes when its running totals were observed. */
export function omitSession({ origin }: Session, window: Usage): Usage {
  return { ...window, observedAt: origin.at };
}
