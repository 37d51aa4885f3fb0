import { describe, expect, test } from 'vitest';
import { formatPeriod, openPeriod, readAnsweredPeriod } from '../../../cli/lists/commands.ts';
import { UsageError } from '../../../lambda/errors.ts';

const now = Date.parse('2026-11-28T16:30:00Z');

describe('the range of a command', () => {
  test('lasts until now without --to, and starts 30 days before its end without --from', () => {
    const answered = (from?: string, to?: string) =>
      formatPeriod(readAnsweredPeriod('usage', { from, to }, now));
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

  test('has an open end for queries if it lasts until now', () => {
    const [from, to] = ['2026-10-01T00:00:00.000Z', '2026-10-02T00:00:00.000Z'];
    expect([
      openPeriod(readAnsweredPeriod('events', { from }, now)),
      openPeriod(readAnsweredPeriod('events', { from, to }, now)),
    ]).toEqual([
      { from, to: undefined },
      { from, to },
    ]);
  });

  test('is refused in the command’s terms if its start is not before its end', () => {
    const refusal = (list: 'sessions' | 'usage' | 'events', from: string, to?: string): string => {
      try {
        readAnsweredPeriod(list, { from, to }, now);
      } catch (error) {
        if (error instanceof UsageError) return error.message;
        throw error;
      }
      return 'taken';
    };
    const [early, late] = ['2026-10-01T00:00:00.000Z', '2026-10-02T00:00:00.000Z'];
    const wrongWay = `--to ${early} is not after --from ${late}: give a later time`;
    expect(refusal('sessions', late, early)).toBe(wrongWay);
    expect(refusal('usage', late, early)).toBe(wrongWay);
    expect(refusal('usage', early, early)).toBe(
      `--to ${early} is not after --from ${early}: give a later time`,
    );
    expect(refusal('events', early, early)).toBe('taken');
    expect(refusal('usage', '2027-01-01T00:00:00.000Z')).toBe(
      '--from 2027-01-01T00:00:00.000Z is in the future: now is 2026-11-28T16:30:00.000Z. Give an earlier time, or a --to after it',
    );
  });
});
