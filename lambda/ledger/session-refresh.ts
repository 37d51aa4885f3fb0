import type { Session, Usage } from './observation.ts';

/** `2026-11-02T10` of a time. */
const hourLength = 13;

/**
 * Whether an update writes its session where sessions are refreshed hourly: its window
 *
 * - crosses the turn of a UTC hour, its end included and its beginning not, so that of windows that follow each other
 *   exactly one crosses each hour;
 * - is the session's first, so that the session exists even if its start was lost;
 * - has no known length: its beginning is not stated, or follows its end;
 *
 * or if it reports trouble, such as a data limit that was reached, which must not show an hour late.
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

/** The usage item of an update that does not write its session: it states when its running totals were observed. */
export function omitSession({ origin }: Session, window: Usage): Usage {
  return { ...window, observedAt: origin.at };
}
