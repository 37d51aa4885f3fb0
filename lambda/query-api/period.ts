import { epochMilliseconds, parseTime, timeOf } from '../carriers/time.ts';
import { badParameter } from './problem.ts';

/** The stretch of time that a list is about. Times are ISO 8601 with milliseconds and `Z`. */

const dayMilliseconds = 86_400_000;

/** How long a stretch may be, and how long it is by default. */
export interface PeriodRule {
  readonly mostDays: number;
  readonly defaultDays: number;
}

/** A stretch as it was asked for; what is left out is undefined. */
export interface GivenPeriod {
  readonly StartTime?: string | undefined;
  readonly EndTime?: string | undefined;
}

/** A stretch with its beginning; without an end it goes on for ever. */
export interface Period {
  readonly StartTime: string;
  readonly EndTime: string | undefined;
}

/**
 * Completes a stretch. Of one end that is given the other one lies `defaultDays` away; with none given it is the last
 * `defaultDays`, with an open end, so that what a carrier's clock dates a little ahead is not left out.
 *
 * @param now milliseconds since the epoch.
 * @throws Problem 400 where the ends are the wrong way round, or too far apart.
 */
export function completePeriod(given: GivenPeriod, now: number, rule: PeriodRule): Period {
  const { StartTime: start, EndTime: end } = given;
  // Parameters are times already; what a page token states need not be.
  if (start !== undefined) requireTime('StartTime', start);
  if (end !== undefined) requireTime('EndTime', end);
  if (start === undefined) {
    return { StartTime: shifted(end ?? timeOf(now), -rule.defaultDays), EndTime: end };
  }
  if (end === undefined) return { StartTime: start, EndTime: shifted(start, rule.defaultDays) };
  if (end < start) throw badParameter('EndTime', end, `a time at or after StartTime, which is ${start}`);
  if (epochMilliseconds(end) - epochMilliseconds(start) > rule.mostDays * dayMilliseconds) {
    const latest = shifted(start, rule.mostDays);
    throw badParameter('EndTime', end, `a time up to ${latest}, ${rule.mostDays} days after StartTime`);
  }
  return { StartTime: start, EndTime: end };
}

function requireTime(name: string, text: string): void {
  if (parseTime(text) !== text) throw badParameter(name, text, 'a time in ISO 8601');
}

/** A time some days later, or earlier. */
export function shifted(time: string, days: number): string {
  return timeOf(epochMilliseconds(time) + days * dayMilliseconds);
}
