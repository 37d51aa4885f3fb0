import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  formatRecordTime,
  formatTime,
  parseTime,
  startOfDay,
  toMilliseconds,
} from '../../../lambda/ledger/time.ts';
import { runs } from '../../records/runs.ts';

describe('a time', () => {
  it.each([
    ['2022-12-14T13:40:52Z', '2022-12-14T13:40:52.000Z'],
    ['2022-12-14T13:40:52.000Z', '2022-12-14T13:40:52.000Z'],
    ['2024-09-25T19:09:48.5842087+00:00', '2024-09-25T19:09:48.584Z'],
    ['2019-07-17T16:28:00.000+0000', '2019-07-17T16:28:00.000Z'],
    ['2017-03-19 21:06:33', '2017-03-19T21:06:33.000Z'],
    ['2021-08-09T12:00:27', '2021-08-09T12:00:27.000Z'],
    ['2021-08-09T12:00:27.1', '2021-08-09T12:00:27.100Z'],
    ['2021-08-09t12:00:27z', '2021-08-09T12:00:27.000Z'],
    [' 2021-08-09 12:00:27 UTC ', '2021-08-09T12:00:27.000Z'],
    ['2021-08-09T12:00:27+05:30', '2021-08-09T06:30:27.000Z'],
    ['2021-08-09T23:00:27-0400', '2021-08-10T03:00:27.000Z'],
    ['2021-08-09T12:00:27+02', '2021-08-09T10:00:27.000Z'],
    ['2021-08-09t12:00:27.5+05:30', '2021-08-09T06:30:27.500Z'],
    ['2021-08-09 12:00:27-00:00', '2021-08-09T12:00:27.000Z'],
    ['2021-08-09T12:00:27+23:59', '2021-08-08T12:01:27.000Z'],
    ['2021-08-09T12:00:27-23:59', '2021-08-10T11:59:27.000Z'],
    [`2021-08-09T12:00:27.${'123456789'.repeat(20)}Z`, '2021-08-09T12:00:27.123Z'],
    ['2016-12-31T23:59:60Z', '2016-12-31T23:59:59.999Z'],
    ['2016-12-31T23:59:60.25Z', '2016-12-31T23:59:59.999Z'],
    ['2017-01-01T05:29:60+05:30', '2016-12-31T23:59:59.999Z'],
    ['2015-06-30 23:59:60', '2015-06-30T23:59:59.999Z'],
    ['1990-12-31T15:59:60-08:00', undefined],
    ['2024-02-29T00:00:00Z', '2024-02-29T00:00:00.000Z'],
    ['2000-02-29T00:00:00Z', '2000-02-29T00:00:00.000Z'],
    ['2024-01-31T00:00:00Z', '2024-01-31T00:00:00.000Z'],
    ['2000-01-01 00:00:00', '2000-01-01T00:00:00.000Z'],
    ['9998-12-31T23:59:59Z', '9998-12-31T23:59:59.000Z'],
  ])('written %s is %s', (text, time) => {
    expect(parseTime(text)).toBe(time);
  });

  it.each([
    '',
    'now',
    '2026-11-02',
    '2026-11-02T10:00Z',
    '2026-11-02T10:00:00+24:00',
    '2026-11-02T10:00:00+05:60',
    '2026-11-02T23:59:60Z',
    '2016-12-31T23:59:60+01:00',
    '2016-12-31T23:59:61Z',
    '2016-12-31T22:59:60Z',
    `2026-11-02T10:00:00.${'0'.repeat(300)}Z`,
    '2026-11-02T10:00:00 CET',
    '2026-02-30T10:00:00Z',
    '2100-02-29T10:00:00Z',
    '2026-00-10T10:00:00Z',
    '2026-13-10T10:00:00Z',
    '2026-11-00T10:00:00Z',
    '2026-11-02T24:00:00Z',
    '2026-11-02T10:60:00Z',
    '2026-11-02T10:00:60Z',
    '1999-12-31T23:59:59Z',
    '2000-01-01T00:00:00+14:00',
    '9999-12-31T23:59:59Z',
    '1762077600',
    '02.11.2026 10:00:00',
    '２０２６-11-02T10:00:00Z',
  ])('is not what %s says', (text) => {
    expect(parseTime(text)).toBeUndefined();
  });

  it('is not one if one character of it changes', () => {
    for (const time of ['2026-11-02T10:00:00Z', '2026-11-02 10:00:00']) {
      const changed = [...time].flatMap((_, at) =>
        ['x', '/', ':', '-', '.'].map((sign) => `${time.slice(0, at)}${sign}${time.slice(at + 1)}`),
      );
      const read = changed.filter((text) => text !== time && parseTime(text) !== undefined);
      expect(read).toEqual([]);
    }
  });

  it('is read the same when it was read before', () => {
    const texts = ['2026-11-02T10:00:00Z', '2026-11-02T10:00:00Z', 'x', 'x', '', '2026-11-02T10:00:00Z'];
    expect(texts.map(parseTime)).toEqual([
      '2026-11-02T10:00:00.000Z',
      '2026-11-02T10:00:00.000Z',
      undefined,
      undefined,
      undefined,
      '2026-11-02T10:00:00.000Z',
    ]);
  });

  it('has a day that begins at midnight in UTC', () => {
    expect(startOfDay('2026-11-02T23:59:59.999Z')).toBe('2026-11-02T00:00:00.000Z');
  });
});

const milliseconds = fc.integer({ min: Date.parse('2000-01-02'), max: Date.parse('9998-12-30') });

/** The ways in which carriers write one moment, all of whole seconds. */
function spellings(time: string): string[] {
  const seconds = time.slice(0, 19);
  return [
    `${seconds}Z`,
    `${seconds}.000Z`,
    `${seconds}.0009999Z`,
    `${seconds}.0000000+00:00`,
    `${seconds}.000+0000`,
    seconds,
    seconds.replace('T', ' '),
  ];
}

describe('every moment', () => {
  it('is read as Date reads it', () => {
    fc.assert(
      fc.property(milliseconds, (at) => {
        const time = new Date(at).toISOString();
        expect([parseTime(time), toMilliseconds(time), formatTime(at)]).toEqual([time, at, time]);
      }),
      runs(500),
    );
  });

  it('is read the same in every spelling', () => {
    fc.assert(
      fc.property(milliseconds, (at) => {
        const time = new Date(Math.floor(at / 1000) * 1000).toISOString();
        expect(new Set(spellings(time).map(parseTime))).toEqual(new Set([time]));
      }),
      runs(300),
    );
  });

  it('is read as Date reads it with an offset', () => {
    fc.assert(
      fc.property(milliseconds, fc.integer({ min: -14 * 60, max: 14 * 60 }), (at, minutes) => {
        const time = new Date(at).toISOString();
        const [hours, rest] = [Math.floor(Math.abs(minutes) / 60), Math.abs(minutes) % 60];
        const offset = `${minutes < 0 ? '-' : '+'}${String(hours).padStart(2, '0')}:${String(rest).padStart(2, '0')}`;
        const text = time.replace('Z', offset);
        expect(parseTime(text)).toBe(new Date(text).toISOString());
      }),
      runs(300),
    );
  });

  it('that Date does not know is unknown', () => {
    const part = (length: number) =>
      fc.integer({ min: 0, max: 10 ** length - 1 }).map((value) => String(value).padStart(length, '0'));
    fc.assert(
      fc.property(part(4), part(2), part(2), part(2), part(2), part(2), (...parts) => {
        const [year, month, day, hour, minute, second] = parts;
        const text = `${year}-${month}-${day}T${hour}:${minute}:${second}Z`;
        const date = new Date(text);
        // Date carries February 30th over to March, and knows 24 o'clock.
        const known = !Number.isNaN(date.getTime()) && date.toISOString().startsWith(text.slice(0, 19));
        const within = Number(year) >= 2000 && Number(year) <= 9998;
        expect(parseTime(text)).toBe(known && within ? date.toISOString() : undefined);
      }),
      runs(500),
    );
  });
});

describe('a time of records', () => {
  it('is never before the earliest one, whatever is subtracted', () => {
    const [earliest, first] = ['2000-01-01T00:00:00.000Z', Date.UTC(2000, 0)];
    const times = [first + 1, first, first - 1, first - 999_999 * 86_400_000];
    expect(times.map(formatRecordTime)).toEqual(['2000-01-01T00:00:00.001Z', earliest, earliest, earliest]);
  });
});
