import type { AttributeTable } from '../ledger/attributes.ts';
import { findUsageTime, isHeardByEvent, isHeardByUsage } from '../ledger/heard.ts';
import { countEvents, type EventCounters, isEmptySession } from './counted-events.ts';
import type { Day } from './day.ts';
import type { SimRows } from './rows.ts';
import { type UsageDimensions, UsageGroups, type UsageSums, usageDimensions, usageSums } from './sums.ts';

/**
 * SIM-days: what one SIM did on one day. Computed from the day's rows as a whole, never incremented. Months are folded from
 * days, and have the same shape.
 */

/** A day, `2026-11-02`, or a month, `2026-11`. */
export type Period = string;

/** A SIM's usage in a period, of one combination of dimensions. */
export interface SimUsage extends UsageDimensions, UsageSums {
  readonly sim: string;
  /** `<period>#<dimensions>`. */
  readonly periodKey: string;
}

/** What else a SIM did in a period: the rows of all its sources. */
export interface SimActivity extends EventCounters {
  readonly sim: string;
  /** `<period>`: it comes before all usage of the period. */
  readonly periodKey: string;
  /** Number of usage records, and of events. */
  readonly usageRecords: number;
  readonly events: number;
  /** Sessions that ended or failed, by the time of their end. */
  readonly sessionsEnded: number;
  readonly sessionsFailed: number;
  /** Those of both whose last running total is 0 bytes. Sessions whose totals nothing states are not among them. */
  readonly sessionsWithoutBytes: number;
  /** When the device was heard first and last, by the records of the period: docs/last-heard.md. */
  readonly firstHeard: string | undefined;
  readonly lastHeard: string | undefined;
}

/** The attributes of {@link SimUsage}. */
export const simUsage = {
  sim: 'text',
  periodKey: 'text',
  ...usageDimensions,
  ...usageSums,
} as const satisfies AttributeTable<SimUsage>;

/** The attributes of {@link SimActivity}. */
export const simActivity = {
  sim: 'text',
  periodKey: 'text',
  usageRecords: 'number',
  events: 'number',
  sessionsStarted: 'number',
  sessionsEnded: 'number',
  sessionsFailed: 'number',
  sessionsWithoutBytes: 'number',
  attachments: 'number',
  attachmentsRefused: 'number',
  firstHeard: 'text?',
  lastHeard: 'text?',
} as const satisfies AttributeTable<SimActivity>;

/** What one SIM did in a period. */
export interface SimPeriod {
  /** In the order of their keys. */
  readonly usage: readonly SimUsage[];
  readonly activity: SimActivity;
}

/** What a SIM did on a day; undefined if the day has no row that counts. */
export function makeSimDay(sim: string, day: Day, rows: SimRows): SimPeriod | undefined {
  const { usage, events, sessions } = rows;
  if (usage.length + events.length + sessions.length === 0) return undefined;
  const groups = new UsageGroups();
  for (const record of usage) groups.add(record, 1);
  const heard = [
    ...usage.filter(isHeardByUsage).map(findUsageTime),
    ...events.filter(({ type }) => isHeardByEvent(type)).map(({ time }) => time),
  ];
  return {
    usage: listUsage(sim, day, groups),
    activity: {
      sim,
      periodKey: day,
      usageRecords: usage.length,
      events: events.length,
      ...countEvents(events),
      sessionsEnded: sessions.filter(({ terminal }) => terminal.status === 'ended').length,
      sessionsFailed: sessions.filter(({ terminal }) => terminal.status === 'failed').length,
      sessionsWithoutBytes: sessions.filter(isEmptySession).length,
      ...findFirstAndLast(heard),
    },
  };
}

/**
 * Adds up what a SIM did in several periods that do not overlap: the days of a month, or of any other time.
 *
 * @param period what the sum is called.
 * @returns undefined if there are none.
 */
export function sumSimPeriods(period: Period, parts: readonly SimPeriod[]): SimPeriod | undefined {
  const [first] = parts;
  if (first === undefined) return undefined;
  const { sim } = first.activity;
  const groups = new UsageGroups();
  for (const sums of parts.flatMap(({ usage }) => usage)) groups.add(sums, sums.records);
  const activities = parts.map(({ activity }) => activity);
  const sum = (name: ActivityCount): number => activities.reduce((total, one) => total + one[name], 0);
  return {
    usage: listUsage(sim, period, groups),
    activity: {
      sim,
      periodKey: period,
      ...sumCounts(sum),
      ...findFirstAndLast(
        activities.flatMap(({ firstHeard, lastHeard }) => [firstHeard ?? [], lastHeard ?? []].flat()),
      ),
    },
  };
}

/** The counts of an activity. */
export type ActivityCount = {
  [Name in keyof SimActivity]: SimActivity[Name] extends number ? Name : never;
}[keyof SimActivity];

/** All counts of activities, each by a function of its name. */
export function sumCounts(sum: (name: ActivityCount) => number): Pick<SimActivity, ActivityCount> {
  return {
    usageRecords: sum('usageRecords'),
    events: sum('events'),
    sessionsStarted: sum('sessionsStarted'),
    sessionsEnded: sum('sessionsEnded'),
    sessionsFailed: sum('sessionsFailed'),
    sessionsWithoutBytes: sum('sessionsWithoutBytes'),
    attachments: sum('attachments'),
    attachmentsRefused: sum('attachmentsRefused'),
  };
}

function listUsage(sim: string, period: Period, groups: UsageGroups): SimUsage[] {
  return groups.list().map(({ key, dimensions, sum }) => ({
    sim,
    periodKey: `${period}#${key}`,
    ...dimensions,
    ...sum.sums,
  }));
}

function findFirstAndLast(times: readonly string[]): Pick<SimActivity, 'firstHeard' | 'lastHeard'> {
  const sorted = times.toSorted();
  return { firstHeard: sorted[0], lastHeard: sorted.at(-1) };
}
