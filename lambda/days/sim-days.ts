import type { AttributeTable } from '../ledger/attributes.ts';
import { findUsageTime, isHeardByEvent, isHeardByUsage } from '../ledger/heard.ts';
import { countEvents, type EventCounters, isEmptySession } from './counted-events.ts';
import type { Day } from './day.ts';
import type { SimRows } from './rows.ts';
import { type UsageDimensions, UsageGroups, type UsageSums, usageDimensions, usageSums } from './sums.ts';

/**
 * SIM-days: what one SIM did on one day. Computed from all of the day's rows, never incremented.
 *
 * A SIM's day is one item, including its usage, so it is replaced as a whole and keeps nothing of an older version.
 */

/** A day, for example `2026-11-02`, or a month, for example `2026-11`. */
export type Period = string;

/** A SIM's usage in a period, for one combination of dimensions. */
export interface SimUsage extends UsageDimensions, UsageSums {}

/** Counts of what happened in a period. */
export interface ActivityCounts extends EventCounters {
  /** How many usage records, and how many events. */
  readonly usageRecords: number;
  readonly events: number;
  /** Sessions that ended or failed, by the time of their end. */
  readonly sessionsEnded: number;
  readonly sessionsFailed: number;
  /** How many of these have 0 bytes as their last running total. Sessions without stated totals do not count. */
  readonly sessionsWithoutBytes: number;
}

/** What a SIM did in a period, in all its sources. */
export interface SimPeriod extends ActivityCounts {
  readonly sim: string;
  readonly period: Period;
  /** When the device was first and last heard, according to the period's records: docs/last-heard.md. */
  readonly firstHeard: string | undefined;
  readonly lastHeard: string | undefined;
  /** By dimensions, sorted by key. */
  readonly usage: readonly SimUsage[];
}

/** The attributes of {@link SimUsage}. */
export const simUsage = { ...usageDimensions, ...usageSums } as const satisfies AttributeTable<SimUsage>;

/** The attributes of {@link ActivityCounts}. */
export const activityCounts = {
  usageRecords: 'number',
  events: 'number',
  sessionsStarted: 'number',
  sessionsEnded: 'number',
  sessionsFailed: 'number',
  sessionsWithoutBytes: 'number',
  attachments: 'number',
  attachmentsRefused: 'number',
} as const satisfies AttributeTable<ActivityCounts>;

/** The attributes of {@link SimPeriod}, except its usage. */
export const simPeriod = {
  sim: 'text',
  period: 'text',
  ...activityCounts,
  firstHeard: 'text?',
  lastHeard: 'text?',
} as const satisfies AttributeTable<Omit<SimPeriod, 'usage'>>;

/** What a SIM did on a day. */
export function makeSimDay(sim: string, day: Day, { usage, events, sessions }: SimRows): SimPeriod {
  const groups = new UsageGroups();
  for (const record of usage) groups.add(record, 1);
  const heard = [
    ...usage.filter(isHeardByUsage).map(findUsageTime),
    ...events.filter(({ type }) => isHeardByEvent(type)).map(({ time }) => time),
  ];
  return {
    sim,
    period: day,
    usageRecords: usage.length,
    events: events.length,
    ...countEvents(events),
    sessionsEnded: sessions.filter(({ terminal }) => terminal.status === 'ended').length,
    sessionsFailed: sessions.filter(({ terminal }) => terminal.status === 'failed').length,
    sessionsWithoutBytes: sessions.filter(isEmptySession).length,
    ...findFirstAndLast(heard),
    usage: listUsage(groups),
  };
}

/** Whether a SIM was active in a period. */
export function isActive({ usageRecords, events, sessionsEnded, sessionsFailed }: ActivityCounts): boolean {
  return usageRecords + events + sessionsEnded + sessionsFailed > 0;
}

/** The bytes that a SIM used in a period. */
export function sumBytes({ usage }: Pick<SimPeriod, 'usage'>): bigint {
  return usage.reduce((sum, { dataTotal }) => sum + BigInt(dataTotal), 0n);
}

/** The month of a day, for example `2026-11`. */
export function findMonth(day: Day): Period {
  return day.slice(0, '2026-11'.length);
}

/** All counts, each made by a function of its name. */
export function mapCounts(count: (name: keyof ActivityCounts) => number): ActivityCounts {
  return {
    usageRecords: count('usageRecords'),
    events: count('events'),
    sessionsStarted: count('sessionsStarted'),
    sessionsEnded: count('sessionsEnded'),
    sessionsFailed: count('sessionsFailed'),
    sessionsWithoutBytes: count('sessionsWithoutBytes'),
    attachments: count('attachments'),
    attachmentsRefused: count('attachmentsRefused'),
  };
}

function listUsage(groups: UsageGroups): SimUsage[] {
  return groups.list().map(({ dimensions, sum }) => ({ ...dimensions, ...sum.sums }));
}

function findFirstAndLast(times: readonly string[]): Pick<SimPeriod, 'firstHeard' | 'lastHeard'> {
  const sorted = times.toSorted();
  return { firstHeard: sorted[0], lastHeard: sorted.at(-1) };
}
