import { type Day, findDay, listDays, startDay } from '../../lambda/days/day.ts';
import { findFirstKeptDay } from '../../lambda/days/kept-days.ts';
import { formatTime } from '../../lambda/ledger/time.ts';
import type { CommandContext } from '../command.ts';
import { listLakeDays, listSealedDays } from './lake.ts';

/** From which day on records are missing: expired records remain only in sealed days. */

/** A time range, in the ledger's notation; the second end is exclusive. */
interface TimeRange {
  readonly from: string;
  readonly to: string;
}

/** The days that a range overlaps, oldest first. */
function listRangeDays({ from, to }: TimeRange): readonly Day[] {
  return listDays(findDay(from), findDay(to)).filter((day) => startDay(day) < to);
}

/** The days of a range that are not sealed, oldest first. */
export async function listUnsealedDays(
  { deployment }: Pick<CommandContext, 'deployment'>,
  range: TimeRange,
): Promise<readonly Day[]> {
  const days = new Set(listRangeDays(range));
  const sealed = await listSealedDays(deployment, (day) => days.has(day));
  for (const { day } of sealed) days.delete(day);
  return [...days];
}

/** Which days of a range were read. */
interface ReadDays {
  /** Days that are not sealed although a later one was read; all days until now if none was read. */
  readonly unread: readonly Day[];
  /** Whether any day is sealed. */
  readonly isAnySealed: boolean;
  /** The last day that was read, if the range goes beyond it. */
  readonly last: Day | undefined;
}

/** Finds which days of a range were read. */
export async function findReadDays(
  { deployment, terminal }: Pick<CommandContext, 'deployment' | 'terminal'>,
  { from, to }: TimeRange,
): Promise<ReadDays> {
  const now = formatTime(terminal.now());
  const [read] = (await listLakeDays(deployment)).slice(-1);
  const last = read ?? findDay(now);
  const past = { from, to: to < now ? to : now };
  const unsealed = await listUnsealedDays({ deployment }, past);
  return {
    unread: unsealed.filter((day) => day < last),
    isAnySealed: unsealed.length < listRangeDays(past).length,
    last: listRangeDays(past).some((day) => day > last) ? read : undefined,
  };
}

/** The days of a range whose usage may have expired unsealed. Makes no request if there can be none. */
export async function listExpiredUsageDays(
  { deployment, terminal }: Pick<CommandContext, 'deployment' | 'terminal'>,
  { from, to }: TimeRange,
): Promise<readonly Day[]> {
  const kept = findFirstKeptDay(deployment.places.usageRetentionDays, terminal.now());
  if (kept === undefined || from >= startDay(kept)) return [];
  return listUnsealedDays({ deployment }, { from, to: to < startDay(kept) ? to : startDay(kept) });
}
