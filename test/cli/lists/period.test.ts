import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { answeredPeriod, partsOf, periodText, type TimedListing } from '../../../cli/lists/period.ts';
import { timeOf } from '../../../lambda/carriers/time.ts';
import { eventPeriodRule } from '../../../lambda/queries/connection-events.ts';
import { sessionPeriodRule } from '../../../lambda/queries/data-sessions.ts';
import { usagePeriodRules } from '../../../lambda/queries/usage-records.ts';
import { completePeriod } from '../../../lambda/query-api/period.ts';
import { UsageError } from '../../../local/options.ts';

const now = Date.parse('2026-11-28T16:30:00Z');
const day = 86_400_000;

const rules = {
  listDataSessions: sessionPeriodRule,
  listConnectionEvents: eventPeriodRule,
  'listUsageRecords/hour': usagePeriodRules.hour,
  'listUsageRecords/day': usagePeriodRules.day,
  'listUsageRecords/all': usagePeriodRules.all,
  'listUsageRecords/raw': usagePeriodRules.raw,
} as const;
const listings = Object.keys(rules) as TimedListing[];

describe('the time that a command is about', () => {
  test('goes until now without --to, and begins 30 days before its end without --from', () => {
    const answered = (from?: string, to?: string) =>
      periodText(answeredPeriod('listUsageRecords/day', { from, to }, now));
    expect(answered('2026-10-01T00:00:00.000Z')).toBe('from 2026-10-01 00:00 to 2026-11-28 16:30 UTC (now)');
    expect(answered()).toBe('from 2026-10-29 16:30 to 2026-11-28 16:30 UTC (now)');
    expect(answered(undefined, '2026-10-01T00:00:00.000Z')).toBe(
      'from 2026-09-01 00:00 to 2026-10-01 00:00 UTC',
    );
    expect(answered(undefined, '2000-01-05T00:00:00.000Z')).toBe(
      'from 2000-01-01 00:00 to 2000-01-05 00:00 UTC',
    );
    expect(answered('2025-01-01T00:00:00.000Z', '2026-01-01T00:00:00.000Z')).toBe(
      'from 2025-01-01 00:00 to 2026-01-01 00:00 UTC',
    );
  });

  test('is refused in the command’s words where its ends are the wrong way round', () => {
    const refusal = (listing: TimedListing, from: string, to?: string): string => {
      try {
        answeredPeriod(listing, { from, to }, now);
      } catch (error) {
        if (error instanceof UsageError) return error.message;
        throw error;
      }
      return 'taken';
    };
    const [early, late] = ['2026-10-01T00:00:00.000Z', '2026-10-02T00:00:00.000Z'];
    const wrongWay = `--to ${early} is not after --from ${late}: give a later time`;
    expect(refusal('listDataSessions', late, early)).toBe(wrongWay);
    expect(refusal('listUsageRecords/raw', late, early)).toBe(wrongWay);
    expect(refusal('listUsageRecords/all', early, early)).toBe(
      `--to ${early} is not after --from ${early}: give a later time`,
    );
    expect(refusal('listConnectionEvents', early, early)).toBe('taken');
    expect(refusal('listUsageRecords/day', '2027-01-01T00:00:00.000Z')).toBe(
      '--from 2027-01-01T00:00:00.000Z is in the future: now is 2026-11-28T16:30:00.000Z. Give an earlier time, or a --to after it',
    );
  });

  test('is asked for in parts that the API takes, and that have each moment once', () => {
    const length = fc.oneof(
      fc.nat({ max: 900 * day }),
      fc.nat({ max: 900 }).map((days) => days * day),
    );
    const end = fc.oneof(
      fc.constant(undefined),
      fc.nat({ max: 90 * day }).map((before) => timeOf(now - before)),
    );
    fc.assert(
      fc.property(fc.constantFrom(...listings), length, end, (listing, milliseconds, to) => {
        const rule = rules[listing];
        const from = timeOf(Date.parse(to ?? timeOf(now)) - milliseconds - 1);
        const parts = partsOf(listing, answeredPeriod(listing, { from, to }, now));
        // The API completes each as it stands, a moment later.
        const taken = parts.map((part) => completePeriod(part, now + 2_000, rule));
        expect(taken).toEqual(parts);
        const oldestFirst = parts.toReversed();
        expect(oldestFirst[0]?.StartTime).toBe(from);
        expect(parts[0]?.EndTime).toBe(to ?? (rule.includesEnd ? undefined : timeOf(now)));
        for (const [index, { EndTime }] of oldestFirst.slice(0, -1).entries()) {
          const next = oldestFirst[index + 1]?.StartTime ?? '';
          expect(next).toMatch(/T00:00:00\.000Z$/);
          expect(Date.parse(EndTime ?? '') + (rule.includesEnd ? 1 : 0)).toBe(Date.parse(next));
        }
      }),
      { numRuns: 1_000 },
    );
  });
});
