import { UsageError } from '../../lambda/errors.ts';
import { formatTime } from '../../lambda/ledger/time.ts';
import { findDefaultStart, includesEnd, type Period } from '../../lambda/queries/period.ts';

/** The time that a list of the command line is about. */

/** What `--from` and `--to` say: times in ISO 8601. */
export interface PeriodOptions {
  readonly from?: string | undefined;
  readonly to?: string | undefined;
}

/** A period that is listed. */
export interface AnsweredPeriod {
  readonly from: string;
  /** The time at which the command was given, where `isOpen`. */
  readonly to: string;
  /** Whether it goes on until now. */
  readonly isOpen: boolean;
}

/**
 * The period that options mean: until now where `--to` is left out, and 30 days where `--from` is.
 *
 * @param now milliseconds since the epoch.
 * @throws UsageError in the command's words where the ends are the wrong way round.
 */
export function answeredPeriod(
  list: keyof typeof includesEnd,
  { from, to }: PeriodOptions,
  now: number,
): AnsweredPeriod {
  const end = to ?? formatTime(now);
  const start = from ?? findDefaultStart(end);
  if (to === undefined && start > end) {
    throw new UsageError(
      `--from ${start} is in the future: now is ${end}. Give an earlier time, or a --to after it`,
    );
  }
  if (to !== undefined && (start > to || (start === to && !includesEnd[list]))) {
    throw new UsageError(`--to ${to} is not after --from ${start}: give a later time`);
  }
  return { from: start, to: end, isOpen: to === undefined };
}

/** The period as queries take it: what a carrier's clock dates a little ahead is part of a list that goes on until now. */
export function openPeriod({ from, to, isOpen }: AnsweredPeriod): Period {
  return { from, to: isOpen ? undefined : to };
}

/** A period for people. */
export function periodText({ from, to, isOpen }: AnsweredPeriod): string {
  return `from ${minuteText(from)} to ${minuteText(to)} UTC${isOpen ? ' (now)' : ''}`;
}

/** A time to the minute; an empty text without one. */
export function minuteText(time: string | null): string {
  return (time ?? '').slice(0, 16).replace('T', ' ');
}
