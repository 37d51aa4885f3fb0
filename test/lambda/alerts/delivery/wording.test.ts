import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { AlertSim } from '../../../../lambda/alerts/delivery/transition.ts';
import { tellName, writeDetails, writeHeadline } from '../../../../lambda/alerts/delivery/wording.ts';
import { type SourceCause, sourceCauses } from '../../../../lambda/alerts/shared-episodes.ts';
import { runs } from '../../../records/runs.ts';
import { anyTransition, transitionWith } from './transitions.ts';

const to = '2026-11-02T17:12:30.000Z';
const sims = ['van 17', 'van 18', 'van 19', 'van 20'].map((name, index) => ({
  ...{ source: 'fleet', sim: `898830300000000000${index}`, name },
}));
const group = {
  ...({ kind: 'group', by: 'network', value: 'Telekom' } as const),
  members: { total: 34, first: sims },
};

test.each([
  [{}, 'Silent: van 17 since 2026-11-02 14:02 UTC'],
  [{ kind: 'closed', to }, 'Ended: Silent: van 17 from 2026-11-02 14:02 to 17:12 UTC (3 h 10 min)'],
  [
    { kind: 'closed', to: '2026-11-04T16:02:11.000Z' },
    'Ended: Silent: van 17 from 2026-11-02 14:02 to 2026-11-04 16:02 UTC (2 d 2 h)',
  ],
  [
    { to: '2026-11-02T14:02:11.000Z', rule: { ...transitionWith().rule, kind: 'device-changed' } },
    'Device changed: van 17 at 2026-11-02 14:02 UTC',
  ],
  [{ kind: 'withdrawn' }, 'Withdrawn: Silent: van 17 since 2026-11-02 14:02 UTC'],
  [{ subject: group }, 'Silent: 34 SIMs with network Telekom since 2026-11-02 14:02 UTC'],
  [
    {
      rule: { ...transitionWith().rule, kind: 'source' },
      subject: { kind: 'source', source: 'fleet', cause: 'carrier-late', members: { total: 0, first: [] } },
    },
    'Source behind: fleet since 2026-11-02 14:02 UTC',
  ],
  [
    { subject: { kind: 'sim', source: 'fleet', sim: '8988303000000000001' } },
    'Silent: 8988303000000000001 since 2026-11-02 14:02 UTC',
  ],
] as const)('the headline of %j', (more, headline) => {
  expect(writeHeadline(transitionWith(more))).toBe(headline);
});

test.each([
  [{}, ['Rule silent-24h (critical)', 'SIM 8988303000000000001 of source fleet, last in Telekom, DE']],
  [{ subject: group }, ['Rule silent-24h (critical)', 'van 17, van 18, van 19 and 31 more']],
  [
    { kind: 'merged', mergedInto: 'ep0', subject: { kind: 'sim', source: 'fleet', sim: '89' } },
    ['Rule silent-24h (critical)', 'SIM 89 of source fleet', 'Continues as episode ep0'],
  ],
  [
    { subject: { kind: 'sim', source: 'fleet', sim: '89', country: 'DE', isSourceInDoubt: true } },
    [
      'Rule silent-24h (critical)',
      'SIM 89 of source fleet, last in DE',
      'Nothing else arrived from source fleet since then: the source may be the cause',
    ],
  ],
] as const)('the details of %j', (more, lines) => {
  expect(writeDetails(transitionWith(more))).toEqual(lines);
});

const causes: Readonly<Record<SourceCause, string>> = {
  'carrier-late': 'The carrier delivers later than usual',
  'reading-late': 'The carrier’s records are not read yet',
  'carrier-or-devices': 'Nothing arrives from the carrier, or its few devices are silent',
};

describe('the message about a source that is behind', () => {
  function detail(cause: SourceCause, members: { total: number; first: readonly AlertSim[] }): string[] {
    const rule = { ...transitionWith().rule, name: 'source', kind: 'source' } as const;
    return writeDetails(
      transitionWith({ rule, subject: { kind: 'source', source: 'fleet', cause, members } }),
    );
  }

  test.each(sourceCauses)('has a separate sentence for %s', (cause) => {
    expect(detail(cause, { total: 0, first: [] })).toEqual(['Rule source (critical)', causes[cause]]);
  });

  test.each([
    [1, 'Alerts of 1 SIM are held back:', 'van 17'],
    [3, 'Alerts of 3 SIMs are held back:', 'van 17, van 18, van 19'],
    [40, 'Alerts of 40 SIMs are held back:', 'van 17, van 18, van 19 and 37 more'],
  ])('%i SIMs that wait are counted, and the first are named', (total, count, names) => {
    expect(detail('carrier-late', { total, first: sims.slice(0, total) })).toEqual([
      'Rule source (critical)',
      causes['carrier-late'],
      count,
      names,
    ]);
  });
});

test('a headline is one line, and short enough for a phone', () => {
  fc.assert(
    fc.property(anyTransition, (transition) => {
      const headline = writeHeadline(transition);
      expect(headline).not.toMatch(/\p{Cc}/u);
      expect(headline.length).toBeLessThan(250);
    }),
    runs(300),
  );
});

describe('a SIM’s name in a message', () => {
  const sim = '8988303000000000001';

  test.each([
    ['van 17', 'van 17'],
    ['  two\n lines\t', 'two lines'],
    ['8988303000000000001', '8988303000000000001'],
    ['meter 901405100000001', 'meter …'],
    ['IMEI 35630348000000', 'IMEI …'],
    ['Otto +49 (170) 123-4567', 'Otto …'],
    ['router at 10.1.2.3', 'router at …'],
    ['otto@example.com', undefined],
    ['901405100000001', undefined],
    ['', undefined],
    [undefined, undefined],
    ['line 2026-11-02', 'line 2026-11-02'],
    ['x'.repeat(81), `${'x'.repeat(79)}…`],
  ])('%j is %j', (name, told) => {
    expect(tellName({ sim, ...(name !== undefined && { name }) })).toBe(told);
  });

  test('never holds a number as long as an IMSI, IMEI or MSISDN', () => {
    const number = fc.stringMatching(/^\d{10,17}$/);
    const around = fc.string({ maxLength: 10 });
    fc.assert(
      fc.property(around, number, around, (before, digits, after) => {
        expect(tellName({ sim, name: `${before}${digits}${after}` }) ?? '').not.toContain(digits);
      }),
      runs(300),
    );
  });
});
