import { describe, expect, it } from 'vitest';
import { isFault, makeFault, readRequiredTime, showValue } from '../../../lambda/carriers/reading.ts';
import { arrivalFrom } from '../../records/arrival.ts';

describe('a fault', () => {
  it.each([null, undefined, 'fault', 7, {}, { kind: 'observed' }, [makeFault('empty', 'It is empty')]])(
    'is not %j',
    (value) => {
      expect(isFault(value)).toBe(false);
    },
  );

  it('is distinguished from a value by its kind', () => {
    expect(isFault(makeFault('empty', 'It is empty'))).toBe(true);
  });
});

it.each<[unknown, string]>([
  [null, 'null'],
  [undefined, 'undefined'],
  [true, 'true'],
  [1.5, '1.5'],
  [[], 'an array'],
  [{}, 'an object'],
  ['', '""'],
  ['a "text"\n', String.raw`"a \"text\"\n"`],
  ['x'.repeat(58), `"${'x'.repeat(58)}"`],
  ['x'.repeat(59), `"${'x'.repeat(59)}…`],
  ['x'.repeat(60), `"${'x'.repeat(59)}…`],
  ['\n'.repeat(60), `"${String.raw`\n`.repeat(29)}\\…`],
  [`${'x'.repeat(58)}\u{1F4E1}`, `"${'x'.repeat(58)}\ufffd…`],
])('a sentence shows %j as %s', (value, shown) => {
  expect(showValue(value)).toBe(shown);
});

it('a time is judged by the arrival of its record, whatever arrived before', () => {
  const at = (arrivedAt: string) => ({ ...arrivalFrom('1nce'), arrivedAt: Date.parse(arrivedAt) });
  const time = '2026-11-04T00:00:00.000Z';
  const judge = (arrivedAt: string): unknown => {
    const read = readRequiredTime(time, 'timestamp', at(arrivedAt));
    return isFault(read) ? read.code : read;
  };
  expect(
    [
      '2026-11-05T12:00:00Z',
      '2026-11-02T23:59:59.999Z',
      '2026-11-03T00:00:00Z',
      '2026-11-01T00:00:00Z',
      '2026-11-04T00:00:00Z',
      '2026-11-02T23:59:59.999Z',
    ].map(judge),
  ).toEqual([time, 'future-time', time, 'future-time', time, 'future-time']);
});
