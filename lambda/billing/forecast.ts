import { type Day, findDay, listDays, shiftDay, startDay } from '../days/day.ts';
import { formatTime, toMilliseconds } from '../ledger/time.ts';
import { countDays } from './calendar.ts';
import type { BilledSession, SimRecords } from './sim-records.ts';
import type { BilledUsage } from './tariff.ts';

/**
 * The expected cost of a running period: each future day is assumed to equal the last known day of the same weekday.
 * Its records are copied, so that steps, allowances, tiers and fees apply as in any bill. Earlier weeks instead of the
 * last one give the range. For a fleet that does the same every week, the forecast is exact.
 */

/** A scenario of the remaining days. */
export interface Scenario {
  /** How many weeks its days are before the last known week; 0 for that week. */
  readonly weeksBefore: number;
  /** The day whose records are copied, by remaining day. */
  readonly sources: ReadonlyMap<Day, Day>;
}

/** The scenarios of a period. */
export interface ForecastPlan {
  /** The last known day. */
  readonly last: Day;
  /** The remaining days of the period. */
  readonly left: readonly Day[];
  /** The first one is the forecast; all of them together are the range. */
  readonly scenarios: readonly Scenario[];
  /** Whether fewer than seven days are known, so that weekdays cannot be distinguished. */
  readonly isShort: boolean;
}

/** Weeks of history that are used. */
export const maxWeeks = 4;

const weekDays = 7;

/**
 * Plans a forecast.
 *
 * @param known days with complete records, oldest first.
 * @param through the last requested day.
 * @returns undefined if no day is known.
 */
export function planForecast(known: readonly Day[], through: Day): ForecastPlan | undefined {
  const last = known.filter((day) => day <= through).at(-1);
  if (last === undefined) return undefined;
  const all = new Set(known);
  const left = listDays(shiftDay(last, 1), through);
  const scenarios: Scenario[] = [];
  for (let weeksBefore = 0; weeksBefore < maxWeeks; weeksBefore += 1) {
    const sources = findSources(left, { step: weekDays, shift: weeksBefore * weekDays });
    if ([...sources.values()].some((day) => !all.has(day))) break;
    scenarios.push({ weeksBefore, sources });
  }
  if (scenarios.length > 0) return { last, left, scenarios, isShort: false };
  let run = 1;
  while (all.has(shiftDay(last, -run)) && run < weekDays - 1) run += 1;
  const sources = findSources(left, { step: run, shift: 0 });
  return { last, left, scenarios: [{ weeksBefore: 0, sources }], isShort: true };
}

/** For each remaining day, the latest known day that is a whole number of steps before it. */
function findSources(
  left: readonly Day[],
  { step, shift }: { readonly step: number; readonly shift: number },
): ReadonlyMap<Day, Day> {
  return new Map(
    left.map((day, index) => {
      const steps = Math.floor(index / step) + 1;
      return [day, shiftDay(day, -(steps * step + shift))] as const;
    }),
  );
}

/** A SIM's records, plus those that it will have in a scenario. Records after the last known day are left out. */
export function extendRecords(
  { sim, usage, sessions }: SimRecords,
  { last }: Pick<ForecastPlan, 'last'>,
  { sources }: Pick<Scenario, 'sources'>,
): SimRecords {
  const targets = new Map<Day, Day[]>();
  for (const [target, source] of sources) targets.set(source, [...(targets.get(source) ?? []), target]);
  const knownUsage = usage.filter(({ start }) => findDay(start) <= last);
  const knownSessions = sessions.filter(({ end }) => findDay(end) <= last);
  return {
    sim,
    usage: [
      ...knownUsage,
      ...knownUsage.flatMap((one) => copyTo(one.start, targets, (by) => moveUsage(one, by))),
    ],
    sessions: [
      ...knownSessions,
      ...(sources.size === 0 ? [] : closeSessions(knownUsage, knownSessions, last)),
      ...knownSessions.flatMap((one) => copyTo(one.end, targets, (by) => moveSession(one, by))),
    ],
  };
}

/**
 * Closes sessions that are open at the end of the last known day and began less than a day before: they are assumed
 * to end then, because later records belong to other sessions. Sessions that are open for longer stay open.
 */
function closeSessions(
  usage: readonly BilledUsage[],
  ended: readonly BilledSession[],
  last: Day,
): readonly BilledSession[] {
  const end = toMilliseconds(startDay(last)) + dayMilliseconds - 1;
  const known = new Set(ended.map(({ source, sessionId }) => `${source}\n${sessionId}`));
  const open = new Map<string, BilledSession>();
  for (const { source, sessionId, start } of usage) {
    const key = `${source}\n${sessionId}`;
    if (sessionId === undefined || known.has(key)) continue;
    const begun = open.get(key);
    if (begun !== undefined && begun.start <= start) continue;
    open.set(key, { source, sessionId, start, end: formatTime(end) });
  }
  return [...open.values()].filter(({ start }) => toMilliseconds(start) > end - dayMilliseconds);
}

function copyTo<Copy>(
  time: string,
  targets: ReadonlyMap<Day, readonly Day[]>,
  copy: (days: number) => Copy,
): Copy[] {
  const source = findDay(time);
  return (targets.get(source) ?? []).map((target) => copy(countDays(source, target)));
}

function moveUsage(usage: BilledUsage, days: number): BilledUsage {
  const { start, end, usageId, sessionId } = usage;
  return {
    ...usage,
    ...{ start: moveTime(start, days), end: moveTime(end, days), usageId: moveId(usageId, days) },
    sessionId: sessionId === undefined ? undefined : moveId(sessionId, days),
  };
}

function moveSession({ source, sessionId, start, end }: BilledSession, days: number): BilledSession {
  return {
    ...{ source, sessionId: moveId(sessionId, days) },
    ...{ start: moveTime(start, days), end: moveTime(end, days) },
  };
}

/**
 * A new id that is the same for everything that is moved by the same number of days, so that a session over midnight
 * stays one session.
 */
function moveId(id: string, days: number): string {
  return `${id} +${days} d`;
}

const dayMilliseconds = 86_400_000;

function moveTime(time: string, days: number): string {
  return formatTime(toMilliseconds(time) + days * dayMilliseconds);
}
