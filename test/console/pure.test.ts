import { parse } from 'csv-parse/sync';
import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import { formatCsv } from '../../console/csv.ts';
import { formatBytes, formatCount, formatDuration, formatTime } from '../../console/format.ts';
import { groupSims } from '../../console/pages/sims.ts';
import { makeSeries, maxLines } from '../../console/pages/usage-series.ts';
import { formatPlace, parsePlace } from '../../console/place.ts';
import { runs } from '../records/runs.ts';

/** The parts of the console that need no browser. */

const text = fc.string({ unit: 'grapheme', maxLength: 30 });

describe('an address', () => {
  test('returns the parts that it was made from', () => {
    fc.assert(
      fc.property(
        fc.array(text.filter((part) => part !== '')),
        fc.dictionary(
          text,
          text.filter((value) => value !== ''),
        ),
        (path, query) => {
          const { path: readPath, query: readQuery } = parsePlace(formatPlace(path, query));
          expect(readPath).toEqual(path);
          expect(Object.fromEntries(readQuery)).toEqual({ ...query });
        },
      ),
      runs(100),
    );
  });

  test('may be any text that a user types', () => {
    fc.assert(
      fc.property(text, (hash) => void parsePlace(`#${hash}%`)),
      runs(100),
    );
  });
});

describe('CSV', () => {
  test('keeps every cell unchanged, except those that a spreadsheet would execute', () => {
    fc.assert(
      fc.property(fc.array(fc.array(text, { minLength: 2, maxLength: 2 })), (rows) => {
        const read = parse(formatCsv(['a', 'b'], rows), { relax_column_count: true }) as string[][];
        const guarded = rows.map((row) =>
          row.map((cell) => (/^[=+\-@\t\r]/.test(cell) && !/^-?\d+(\.\d+)?$/.test(cell) ? `'${cell}` : cell)),
        );
        expect(read).toEqual([['a', 'b'], ...guarded]);
      }),
      runs(100),
    );
  });
});

describe('a value', () => {
  test.each([
    [0, '0 B'],
    [999, '999 B'],
    [1_000, '1.00 kB'],
    [12_345, '12.3 kB'],
    [7_654_321, '7.65 MB'],
    ['9007199254740993000', '9007 PB'],
    [null, '–'],
  ])('of bytes has three digits and a unit: %s', (bytes, shown) => expect(formatBytes(bytes)).toBe(shown));

  test.each([
    [1_234_567, '1 234 567'],
    ['9007199254740993', '9 007 199 254 740 993'],
    [12, '12'],
  ])('of a count has separated thousands, and every digit: %s', (count, shown) =>
    expect(formatCount(count)).toBe(shown),
  );

  test.each([
    [119_000, '119 s'],
    [120_000, '2 min'],
    [7_200_000, '2 h'],
    [172_800_000, '2 d'],
    [-5, '0 s'],
  ])('of a duration is in the largest unit of which there are at least two: %s', (milliseconds, shown) =>
    expect(formatDuration(milliseconds)).toBe(shown),
  );

  test('of a time is in UTC, and text that is not a time stays unchanged', () => {
    expect(formatTime('2026-11-02T08:14:10.500Z', 'utc')).toBe('2026-11-02 08:14:10');
    expect(formatTime('never', 'utc')).toBe('never');
  });
});

test('a local time that occurs twice, when clocks are set back, says which one it is', () => {
  vi.stubEnv('TZ', 'America/New_York');
  expect(
    ['04:59:59', '05:30:00', '06:30:00', '07:00:00'].map((time) =>
      formatTime(`2026-11-01T${time}Z`, 'local'),
    ),
  ).toEqual([
    '2026-11-01 00:59:59',
    '2026-11-01 01:30:00 UTC−4',
    '2026-11-01 01:30:00 UTC−5',
    '2026-11-01 02:00:00',
  ]);
  vi.unstubAllEnvs();
});

const network = fc.option(
  fc.record({
    radio_link: fc.constant(null),
    operator_mcc: fc.constantFrom('262', null),
    operator_mnc: fc.constantFrom('01', null),
    operator_country: fc.constantFrom('DEU', 'FRA', null),
    operator_name: fc.constantFrom('KPN', null),
  }),
);
const sim = fc.record({
  network,
  last_heard: fc.option(fc.constantFrom('2026-11-01T00:00:00Z', '2026-11-02T00:00:00Z')),
});

test('silent SIMs are each in one group, largest first, with the time of the one heard first', () => {
  fc.assert(
    fc.property(fc.array(sim, { maxLength: 40 }), (sims) => {
      const groups = groupSims(sims);
      expect(groups.reduce((sum, group) => sum + group.sims, 0)).toBe(sims.length);
      expect(groups.map((group) => group.sims)).toEqual(
        groups.map((group) => group.sims).toSorted((a, b) => b - a),
      );
      const first = sims.map(({ last_heard: heard }) => heard ?? '').toSorted()[0];
      if (sims.length > 0) expect(groups.map(({ firstHeard }) => firstHeard ?? '').toSorted()[0]).toBe(first);
    }),
    runs(100),
  );
});

const hour = 3_600_000;
const usage = fc.record({
  at: fc.integer({ min: 0, max: 71 }),
  name: fc.integer({ min: 0, max: 2 * maxLines }).map(String),
  bytes: fc.nat(),
});

test('a chart of usage has every byte once, at its own time, and few lines', () => {
  const from = Date.parse('2026-11-01T00:00:00Z');
  fc.assert(
    fc.property(fc.array(usage), (records) => {
      const rows = records.map(({ at, name, bytes }) => ({
        period: { start_time: new Date(from + at * hour).toISOString() },
        data_total: bytes,
        source: name,
      }));
      const time = { from: '2026-11-01', to: '2026-11-04', step: 'hour' } as const;
      const { times, lines } = makeSeries(rows as never, ({ source }) => source ?? '', time);
      expect(lines.length).toBeLessThanOrEqual(maxLines);
      expect(times).toEqual(Array.from({ length: 72 }, (_, index) => (from + index * hour) / 1000));
      const drawn = times.map((_, index) => lines.reduce((sum, { bytes }) => sum + (bytes[index] ?? 0), 0));
      const stated = times.map((_, index) =>
        records.filter(({ at }) => at === index).reduce((sum, { bytes }) => sum + bytes, 0),
      );
      expect(drawn).toEqual(stated);
    }),
    runs(100),
  );
});
