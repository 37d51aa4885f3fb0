import { type Day, listDays, shiftDay } from './day.ts';
import { closeDays, type DayRange } from './fence/close-days.ts';
import { type ExpirySwitch, guardUsageExpiry, mayUsageExpire } from './fence/usage-expiry.ts';
import type { Manifest } from './manifest.ts';
import { findUnsealedSince, type OpenDay, type OpenDays } from './open-days.ts';
import { findDuePass } from './partial-days.ts';
import { type DayPlan, makeManifestKey, makePlanKey, readJson } from './pass/lake-objects.ts';
import { needsPartialPass } from './pass/partial-pass.ts';
import type { Lake } from './pass/ports.ts';
import { findDelay, findDueDay, findGrace, type SourceReading } from './schedule.ts';
import { findNextDay, findReadFrom, type ScheduleStart } from './schedule-start.ts';
import { type Fence, makeReadingOrder } from './take-message.ts';
import type { DayMessage, MessageQueue } from './work.ts';

/** What is needed to order the closing of days. */
export interface OrderPorts {
  readonly fence: Fence;
  readonly start: ScheduleStart;
  readonly openDays: OpenDays;
  readonly queue: MessageQueue;
}

/** What a scheduled run needs. */
export interface SchedulePorts extends OrderPorts {
  readonly lake: Pick<Lake, 'open'>;
  /** The days that have markers. */
  readonly listMarkedDays: () => Promise<Iterable<Day>>;
  /** Whether there is usage before a day. */
  readonly hasUsageBefore: (day: Day) => Promise<boolean>;
  readonly expiry: ExpirySwitch;
  /**
   * Called with the error of switching the expiry: DynamoDB accepts one change an hour, so the next run may succeed.
   */
  readonly onExpiryFailure: (error: unknown) => void;
}

/** The input of a scheduled run. */
export interface ScheduleOptions {
  /** The schedule's time, in milliseconds since the epoch. */
  readonly now: number;
  /** How far each source was read; undefined if that could not be determined, so that no day is closed now. */
  readonly sources: readonly SourceReading[] | undefined;
  /** Days that usage is kept; 0 means forever. */
  readonly usageDays: number;
  /** Hours between partial passes; 0 for none. */
  readonly partialHours: number;
}

/** What a scheduled run did and found. */
export interface ScheduleReport {
  /** The days that it has closed. */
  readonly closed: DayRange | undefined;
  /** How many days are closed and not sealed. */
  readonly openDays: number;
  /** How many closed days have markers. Markers of other days wait until these are closed. */
  readonly markedDays: number;
  /** How many days a partial pass was ordered for. */
  readonly partialDays: number;
  /** How long the reading of days is overdue. */
  readonly overdueMilliseconds: number;
  /** Whether expiry is held back although usage is not kept forever. */
  readonly isExpiryHeld: boolean;
}

/** How many open days a run continues: the oldest. The others follow when these are sealed. */
const maxResumedDays = 31;

/**
 * Closes the days that are due, continues days that are not sealed, orders visits of markers and partial passes, and
 * ensures that usage expires only after it is sealed. Messages may be repeated, so it may send what was sent before.
 *
 * If a ledger has history, only the newest day that is due is closed automatically. `orderDays` closes others, also
 * before the first run.
 */
export async function runSchedule(ports: SchedulePorts, options: ScheduleOptions): Promise<ScheduleReport> {
  const { now, sources } = options;
  const scheduledFrom = (await ports.start.read()) ?? (await begin(ports, options));
  const closedThrough = await ports.fence.read();
  const openDays = await ports.openDays.list();
  const ordered = openDays.filter(({ orderedAt }) => orderedAt !== undefined).map(({ day }) => day);
  const nextDay = findNextDay({ closedThrough, scheduledFrom }, scheduledFrom);
  const due = sources === undefined ? undefined : findDueDay(now, sources);
  const range = due === undefined || due < nextDay ? undefined : { from: nextDay, through: due };
  const closed = range && (await orderDays(range, ports, now));
  const isClosed = (day: Day): boolean => closedThrough !== undefined && day <= closedThrough;
  await resumeDays(ordered.filter(isClosed), ports);
  const marked = [...new Set(await ports.listMarkedDays())].sort();
  // Markers of days that are read for the first time wait until these are sealed.
  await visitDays(
    marked.filter((day) => isClosed(day) && !ordered.includes(day)),
    ports,
  );
  const known = [...openDays, ...(closed === undefined ? [] : makeOpenDays(closed, now))];
  const next = closed === undefined ? nextDay : shiftDay(closed.through, 1);
  const partialDays = await orderPartialPasses(next, ports, options);
  return {
    closed,
    openDays: new Set(known.map(({ day }) => day)).size,
    markedDays: marked.filter(isClosed).length,
    partialDays,
    overdueMilliseconds: findDelay({
      openDays: known,
      nextDay: next,
      grace: findGrace(sources ?? []),
      now,
    }),
    isExpiryHeld: await guardExpiry(ports, options, findUnsealedSince(known, next)),
  };
}

/**
 * Starts the schedule with the newest day whose grace period is over. Notes that this day must be read, so that it is
 * known how long nothing could be closed, and also the day before, if old usage might expire that nobody has ordered to
 * be read.
 */
async function begin(ports: SchedulePorts, { now, sources = [], usageDays }: ScheduleOptions): Promise<Day> {
  const { openDays, start, hasUsageBefore } = ports;
  const first = findDueDay(
    now,
    sources.map(({ isByFiles }) => ({ at: undefined, isByFiles })),
  );
  const before = shiftDay(first, -1);
  if (usageDays > 0 && !(await isOrdered(before, ports)) && (await hasUsageBefore(first)))
    await openDays.note({ day: before, unreadAt: now });
  await openDays.note({ day: first, orderedAt: now });
  // Last, so that a run that dies begins again.
  await start.note(first);
  return first;
}

/** Whether somebody has ordered the reading of a day. */
async function isOrdered(
  day: Day,
  { openDays, lake }: Pick<SchedulePorts, 'openDays' | 'lake'>,
): Promise<boolean> {
  const noted = (await openDays.list()).find((one) => one.day === day);
  if (noted?.orderedAt !== undefined) return true;
  return (await readJson<Manifest>(lake, makeManifestKey(day))).content !== undefined;
}

/**
 * Closes days and orders their reading, and that of all days between the fence and them, from the schedule's first day
 * on: every day that the fence passes is read.
 *
 * @param range days that have ended.
 * @param now milliseconds since the epoch.
 * @returns the days that will be read.
 */
export async function orderDays(range: DayRange, ports: OrderPorts, now: number): Promise<DayRange> {
  const closed = { scheduledFrom: await ports.start.read(), closedThrough: await ports.fence.read() };
  const ordered = { from: findReadFrom(range.from, closed), through: range.through };
  // First, so that the days are found again if nothing else happens.
  for (const openDay of makeOpenDays(ordered, now)) await ports.openDays.note(openDay);
  await closeDays(ordered, {
    advance: (through) => ports.fence.advance(through),
    orderReading: makeReadingOrder(ports.queue),
  });
  return ordered;
}

function makeOpenDays({ from, through }: DayRange, orderedAt: number): OpenDay[] {
  return listDays(from, through).map((day) => ({ day, orderedAt }));
}

/** Continues days that were ordered before: with their plan or, if they have none, with the full wait. */
async function resumeDays(days: readonly Day[], { lake, queue }: SchedulePorts): Promise<void> {
  const messages: DayMessage[] = [];
  for (const day of days.slice(0, maxResumedDays)) {
    const { content: plan } = await readJson<DayPlan>(lake, makePlanKey(day));
    const isPlanned = plan !== undefined && plan.reads !== 'nothing';
    messages.push(
      isPlanned ? { kind: 'plan', day } : { kind: 'reading', from: day, through: day, waitedMilliseconds: 0 },
    );
  }
  await queue.send(messages, 0);
}

async function visitDays(days: readonly Day[], { queue }: SchedulePorts): Promise<void> {
  await queue.send(
    days.map((day) => ({ kind: 'round', day })),
    0,
  );
}

/**
 * Orders the partial pass that is due, for the days for which it is not done.
 *
 * @param nextDay the first day that is not closed.
 * @returns the number of days.
 */
export async function orderPartialPasses(
  nextDay: Day,
  { lake, queue }: Pick<SchedulePorts, 'lake' | 'queue'>,
  { now, partialHours }: Pick<ScheduleOptions, 'now' | 'partialHours'>,
): Promise<number> {
  const due = findDuePass({ now, nextDay, hours: partialHours });
  if (due === undefined) return 0;
  const messages: DayMessage[] = [];
  for (const day of due.days) {
    const pass = { day, asOf: due.asOf };
    if (await needsPartialPass(pass, lake)) messages.push({ kind: 'partial', ...pass });
  }
  await queue.send(messages, 0);
  return messages.length;
}

async function guardExpiry(
  { expiry, onExpiryFailure }: SchedulePorts,
  { now, usageDays }: ScheduleOptions,
  unsealedSince: number | undefined,
): Promise<boolean> {
  const state = { usageDays, unsealedSince, now };
  try {
    return await guardUsageExpiry(state, expiry);
  } catch (error) {
    onExpiryFailure(error);
    return usageDays > 0 && !mayUsageExpire(state);
  }
}
