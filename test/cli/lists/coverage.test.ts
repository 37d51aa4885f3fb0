import { expect, test } from 'vitest';
import { describeCoverage } from '../../../cli/lists/fleet-usage.ts';

test('live, partial, uncounted and incomplete results each have a line', () => {
  const span = (from: string, to: string) => ({
    start_time: `2026-11-${from}:00.000Z`,
    end_time: `2026-11-${to}:00.000Z`,
  });
  const coverage = {
    as_of: '2026-11-03T15:00:00.000Z',
    live: [span('03T00:00', '03T15:00')],
    partial: [{ ...span('03T00:00', '03T15:00'), as_of: '2026-11-03T12:00:00.000Z' }],
    missing: [span('01T06:00', '02T00:00')],
    expired: [span('01T00:00', '02T00:00')],
  };
  expect(describeCoverage(coverage).split('\n')).toEqual([
    'Live, added up from the records so far: 2026-11-03 00:00 to 2026-11-03 15:00 UTC',
    '2026-11-03 is not sealed, and counted as of 2026-11-03 12:00 UTC: more than 1,000 SIMs match',
    'Not counted, since more than 1,000 SIMs match: 2026-11-01 06:00 to 2026-11-02 00:00 UTC. Whole days are counted every few hours, and once they are sealed',
    'Incomplete where usage has expired, since these times are not sealed: 2026-11-01 00:00 to 2026-11-02 00:00 UTC',
    '',
  ]);
  expect(describeCoverage({ ...coverage, live: [], partial: [], missing: [], expired: [] })).toBe('');
});
