import { type Day, findDay, listDays, shiftDay, startDay } from '../days/day.ts';
import { formatTime, toMilliseconds } from '../ledger/time.ts';
import { countDays } from './calendar.ts';
import type { BilledSession, SimRecords } from './sim-records.ts';
import type { BilledUsage } from './tariff.ts';

/**
 * The expected cost of a running period: each future day is assumed to equal the last known day of the same weekday.
 * Its records are copied, so that steps, allowances, tiers and fees count as in any bill. Earlier weeks in place of the
 * last one give the range. A fleet that does the same each week is forecast exactly.
 */

/** A scenario of the remaining days. */
export interface Scenario {
  /** How many weeks before the last known week its days lie; 0 for that week. */
  readonly weeksBefore: number;
  /** The day whose records are copied, by the day that is left. */
  readonly sources: ReadonlyMap<Day, Day>;
}

/** The scenarios of a period. */
export interface ForecastPlan {
  /** The last known day. */
  readonly last: Day;
  /** Days of the period that are left. */
  readonly left: readonly Day[];
  /** The first is the forecast; all of them together are the range. */
  readonly scenarios: readonly Scenario[];
  /** Whether fewer than seven days are known, so that weekdays cannot be told apart. */
  readonly isShort: boolean;
}

/** Weeks of history that are used. */
export const maxWeeks = 4;

const weekDays = 7;

/**
 * Plans a forecast.
 *
 * @param known days whose records are all there, oldest first.
 * @param through the last day that is requested.
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

/** The latest days before the last known one that are a whole number of steps before those that are left. */
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

/** The records of a SIM, and those that it will have in a scenario. Records after the last known day are left out. */
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
 * Sessions that are open at the end of the last known day, and began less than a day before: they are assumed to end
 * then, since later records belong to other sessions. Nothing is assumed about sessions that are open for longer.
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

/** Another id, the same for all that is moved by so many days: what lasts over midnight stays one session. */
function moveId(id: string, days: number): string {
  return `${id} +${days} d`;
}

const dayMilliseconds = 86_400_000;

function moveTime(time: string, days: number): string {
  return formatTime(toMilliseconds(time) + days * dayMilliseconds);
}
