import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { checkFileSequence } from '../../../../lambda/days/findings/file-sequence.ts';
import type { Finding } from '../../../../lambda/days/findings/finding.ts';
import { type NamedFile, readFileKind, readFileName } from '../../../../lambda/days/named-files.ts';
import { faultTrials, timeLimit, trials } from '../../../property/trials.ts';

/** Missing files that the names of other files reveal. */

const day = '2026-11-03';
const start = Date.parse('2026-11-02T00:00:00Z');
const minute = 60_000;

/** A file that came a number of minutes after the start of 2 November. */
function makeFile(minutes: number, rows: number | undefined = 20): NamedFile {
  const time = new Date(start + Math.round(minutes * minute)).toISOString();
  const name = `cdr_${time.replaceAll(/[-:]/g, '').replace('T', '_').slice(0, 15)}.csv`;
  return { source: '1nce', carrier: '1nce', name, time: `${time.slice(0, 19)}.000Z`, rows };
}

/** A file an hour over two days, without those of some hours. */
function makeHourly(lost: readonly number[], rows?: number): NamedFile[] {
  const hours = Array.from({ length: 48 }, (_, hour) => hour);
  return hours.filter((hour) => !lost.includes(hour)).map((hour) => makeFile(60 * hour, rows));
}

const list = (files: readonly NamedFile[], on = day): string[] =>
  checkFileSequence(on, files).map(({ start: from, end, records }) => `${from} ${end} ${records}`);

describe('a file that is missing', () => {
  it('is found between two files, on the day of the later one', () => {
    expect(checkFileSequence(day, makeHourly([30]))).toMatchObject([
      {
        ...{ sim: 'files:1nce', check: 'path', reason: 'file-missing', source: '1nce', carrier: '1nce' },
        ...{ start: '2026-11-03T05:00:00.000Z', end: '2026-11-03T06:00:00.000Z', bytes: undefined },
        records: 'cdr_20261103_050000.csv cdr_20261103_070000.csv',
      },
    ]);
    expect(checkFileSequence('2026-11-02', makeHourly([30]))).toEqual([]);
  });

  it('disappears when the file arrives', () => {
    expect(list(makeHourly([]))).toEqual([]);
  });

  it('is never the last one, as no later file proves it', () => {
    expect(list(makeHourly([46, 47]))).toEqual([]);
  });

  it('keeps its id while later missing files arrive', () => {
    const [two] = checkFileSequence(day, makeHourly([30, 31]));
    const [one] = checkFileSequence(day, makeHourly([30]));
    expect([one?.findingId, one?.end]).toEqual([two?.findingId, '2026-11-03T06:00:00.000Z']);
  });

  it('may be one of several at a time, some minutes late or early', () => {
    const files = makeHourly([30]).flatMap((file, index) => [
      makeFile((Date.parse(file.time) - start) / minute + (index % 3), file.rows),
      makeFile((Date.parse(file.time) - start) / minute + (index % 3) + 0.5, 1),
    ]);
    expect(list(files)).toHaveLength(1);
  });

  it('is not a file that the carrier omits because it would be empty', () => {
    expect(list(makeHourly([30], 9))).toEqual([]);
    expect(list(makeHourly([30], undefined).map((file) => ({ ...file, rows: undefined })))).toEqual([]);
    expect(list([...makeHourly([30, 40], 9), makeFile(60 * 40, 0)])).toHaveLength(1);
  });

  it('is not one that is missing at the same time on both days', () => {
    expect(list(makeHourly([6, 30]))).toEqual([]);
  });

  it('is found after a pause in which nothing is lost', () => {
    expect(list(makeHourly([10, 11, 12, 13, 14, 15, 30]))).toHaveLength(1);
    expect(list(makeHourly([26, 27, 28, 29, 30, 31]))).toEqual([]);
  });

  it('is not reported if files are irregular, many are missing, or few came', () => {
    expect(list([...makeHourly([30]), makeFile(60 * 20 + 25)])).toEqual([]);
    expect(list(makeHourly([25, 27, 29, 31, 33]))).toEqual([]);
    expect(list(makeHourly([30]).slice(26, 37))).toEqual([]);
  });
});

describe('a file that is sent a few times a day or less', () => {
  const lastDay = '2026-11-15';
  /** A file a day over two weeks, without those of some days. */
  const makeDaily = (lost: readonly number[], rows = 20): NamedFile[] =>
    Array.from({ length: 14 }, (_, index) => index)
      .filter((index) => !lost.includes(index))
      .map((index) => makeFile(1_440 * index + 180, rows));
  /** A file every six hours from one of two weeks on, without the last but two. */
  const makeSixHourly = (from: number): NamedFile[] =>
    Array.from({ length: 56 }, (_, index) => index)
      .filter((index) => index >= from && index !== 53)
      .map((index) => makeFile(360 * index));

  it('is found missing with two weeks of files', () => {
    expect(checkFileSequence(lastDay, makeDaily([12]))).toMatchObject([
      {
        ...{ reason: 'file-missing', start: '2026-11-13T03:00:00.000Z', end: '2026-11-14T03:00:00.000Z' },
        records: 'cdr_20261113_030000.csv cdr_20261115_030000.csv',
      },
    ]);
    expect(list(makeSixHourly(0), lastDay)).toEqual([
      '2026-11-15T00:00:00.000Z 2026-11-15T06:00:00.000Z cdr_20261115_000000.csv cdr_20261115_120000.csv',
    ]);
  });

  it('is not missing on a weekday without files, or if that is unknown', () => {
    expect(list(makeDaily([5, 12]), lastDay)).toEqual([]);
    expect(list(makeDaily([12], 9), lastDay)).toEqual([]);
    expect(list(makeSixHourly(42), lastDay)).toEqual([]);
  });

  it('is not looked for if files are frequent but few came', () => {
    expect(
      list([...makeHourly([]).slice(0, 40), makeFile(60 * 45), makeFile(60 * 47)], '2026-11-04'),
    ).toEqual([]);
  });
});

test('usage files and event files are separate sequences', () => {
  const events = makeHourly([]).map((file) => ({ ...file, name: file.name.replace('cdr', 'events') }));
  expect(list([...makeHourly([30]), ...events])).toHaveLength(1);
  expect(
    list([...makeHourly([]), ...events.filter(({ name }) => !name.includes('1103_06'))]).map((found) =>
      found.slice(50),
    ),
  ).toEqual(['events_20261103_050000.csv events_20261103_070000.csv']);
});

test('a file’s name has the time of its creation', () => {
  const time = '2026-11-03T05:00:00.000Z';
  expect(readFileName('a/cdr_20261103_050000.csv')).toEqual({ name: 'cdr_20261103_050000.csv', time });
  expect(readFileName('CDR_20261103_050000.csv.gz')?.time).toBe(time);
  expect(readFileName('events_20261103_050000.csv')?.time).toBe(time);
  const others = [
    'sms_20261103_050000.csv',
    'cdr_20261131_050000.csv',
    'cdr_20261103_250000.csv',
    'cdr_19991231_235959.csv',
    'cdr_99991231_235959.csv',
    'cdr.csv',
  ];
  expect(others.flatMap((name) => readFileName(name) ?? [])).toEqual([]);
  const names = ['Cdr_20261103_050000.csv', 'events_20261103_050000.csv.gz'];
  expect(names.map((name) => readFileKind({ name }))).toEqual(['cdr', 'events']);
});

/**
 * Files of some days: which are missing, counted from the last one, and the lateness in minutes and the rows of each.
 */
interface Plan {
  /** In minutes. */
  readonly interval: number;
  readonly lost: readonly number[];
  readonly delays: readonly number[];
  readonly rows: readonly number[];
}

const plans: fc.Arbitrary<Plan> = fc.record({
  interval: fc.constantFrom(15, 60, 240, 360, 1_440),
  lost: fc
    .tuple(
      fc.array(fc.oneof(fc.nat(200), fc.nat(8), fc.constantFrom(1, 1, 8)), { maxLength: 5 }),
      fc.constantFrom(0, 0, 0, 5, 7),
      fc.nat(48),
    )
    .map(([single, length, from]) => [...single, ...Array.from({ length }, (_, place) => from + place)]),
  delays: fc.array(fc.constantFrom(0, 0, 0, 0, 1, 2, 13), { minLength: 1, maxLength: 9 }),
  rows: fc.array(fc.constantFrom(9, 10, 200, 200, 0), { minLength: 1, maxLength: 7 }),
});

/** How many days the files of a plan cover: the last one is judged. */
const countDays = ({ interval }: Plan): number => (interval <= 60 ? 2 : 14);
const findLastDay = (plan: Plan): string => (countDays(plan) === 2 ? day : '2026-11-15');

/** Which files came. */
function carryOut(plan: Plan): NamedFile[] {
  const { interval, lost, delays, rows } = plan;
  const length = (countDays(plan) * 1_440) / interval;
  return Array.from({ length }, (_, place) => place)
    .filter((place) => !lost.includes(length - 1 - place))
    .map((place) =>
      makeFile(place * interval + (delays[place % delays.length] ?? 0), rows[place % rows.length] ?? 0),
    );
}

const minutesBy = ({ time }: NamedFile): number => (Date.parse(time) - start) / minute;
const listSteps = (minutes: readonly number[]): number[] =>
  minutes.slice(1).map((one, index) => one - (minutes[index] ?? 0));
const findUsual = (steps: readonly number[]): number =>
  [...steps].sort((a, b) => a - b)[Math.floor(steps.length / 2)] ?? 0;

/** The expected gaps, from docs/days.md. */
function expectHoles(plan: Plan, came: readonly NamedFile[]): string[] {
  const last = findLastDay(plan);
  const near = came.filter((file) => minutesBy(file) >= (countDays(plan) - 2) * 1_440);
  if (near.length >= 12) return expectAmong(near, last, 1);
  return findUsual(listSteps(came.map(minutesBy))) < 240 ? [] : expectAmong(came, last, 7);
}

/** @param days the interval after which a repeated gap is not a loss. */
function expectAmong(came: readonly NamedFile[], last: string, days: number): string[] {
  const minutes = came.map(minutesBy);
  const steps = listSteps(minutes);
  const usual = findUsual(steps);
  const tolerance = Math.max(1, usual / 10);
  const places = steps.map((step) => Math.round(step / usual));
  // Files before and after a gap of more than 5 intervals are judged separately.
  const ends = steps.flatMap((step, index) => (step > 5 * usual ? [index] : []));
  const parts = [...ends, steps.length].map((end, index) => ({ from: (ends[index - 1] ?? -1) + 1, end }));
  const gone = parts.flatMap(({ from, end }) => {
    const counts = places.slice(from, end);
    const isRegular = counts.every(
      (count, index) => count > 0 && Math.abs((steps[from + index] ?? 0) - count * usual) <= tolerance,
    );
    const missing = counts.reduce((sum, count) => sum + count - 1, 0);
    const files = counts.length + 1;
    if (files < 12 || !isRegular || missing > (files + missing) / 10) return [];
    return counts.flatMap((count, index) =>
      Array.from({ length: count - 1 }, (_, step) => ({
        index: from + index,
        at: (minutes[from + index] ?? 0) + (step + 1) * usual,
      })),
    );
  });
  const isUsual = (at: number): boolean =>
    gone.some((other) => Math.abs(Math.abs(other.at - at) - days * 1_440) <= tolerance) ||
    (days === 7 && at - days * 1_440 < (minutes[0] ?? 0));
  return [...new Set(gone.map(({ index }) => index))].flatMap((index) => {
    const [before, after] = [came[index], came[index + 1]];
    if (before === undefined || after === undefined || after.time.slice(0, 10) !== last) return [];
    const speaks =
      came.some(({ rows }) => rows === 0) || ((before.rows ?? 0) >= 10 && (after.rows ?? 0) >= 10);
    const ofHole = gone.filter((one) => one.index === index);
    return speaks && !ofHole.some(({ at }) => isUsual(at)) ? [`${before.name} ${after.name}`] : [];
  });
}

type Check = (on: string, files: readonly NamedFile[]) => readonly Finding[];

const toEvents = (text: string): string => text.replaceAll('cdr_', 'events_');

const makeProperty = (check: Check) =>
  fc.property(plans, (plan: Plan) => {
    const came = carryOut(plan);
    const mixed = [
      ...came.filter((_, index) => index % 2 === 1),
      ...came.map((file) => ({ ...file, name: toEvents(file.name) })),
      ...came.filter((_, index) => index % 2 === 0),
    ];
    const expected = expectHoles(plan, came);
    expect(
      check(findLastDay(plan), mixed)
        .map(({ records }) => records)
        .sort(),
    ).toEqual([...expected, ...expected.map(toEvents)].sort());
  });

test('missing files are those of an oracle', () => {
  fc.assert(makeProperty(checkFileSequence), trials(300) as fc.Parameters<[Plan]>);
});

const dayBefore = (on: string, days: number): string =>
  new Date(Date.parse(on) - days * 1_440 * minute).toISOString().slice(0, 10);

/** A check of only some of the files. */
const among =
  (isRead: (file: NamedFile, on: string) => boolean): Check =>
  (on, files) =>
    checkFileSequence(
      on,
      files.filter((file) => isRead(file, on)),
    );

/** A check of files in which one day or week is a copy of the next one. */
const repeating =
  (days: number, isSparse: boolean): Check =>
  (on, files) => {
    if (files.some(({ time }) => time.slice(0, 10) < dayBefore(on, 1)) !== isSparse)
      return checkFileSequence(on, files);
    const own = files.filter(({ time }) => time.slice(0, 10) > dayBefore(on, days));
    return checkFileSequence(on, [...own.map((file) => shift(file, -days * 1_440)), ...own]);
  };

const planted: Readonly<Record<string, Check>> = {
  'holes of the day before are of this day': (on, files) => [
    ...checkFileSequence(dayBefore(on, 1), files),
    ...checkFileSequence(on, files),
  ],
  'only the day itself is looked at': among(({ time }, on) => time.startsWith(on)),
  'only two days are looked at': among(({ time }, on) => time.slice(0, 10) >= dayBefore(on, 1)),
  'files without rows say nothing': among(({ rows }) => rows !== 0),
  'nine rows are enough': (on, files) =>
    checkFileSequence(
      on,
      files.map((file) => ({ ...file, rows: file.rows === 9 ? 10 : file.rows })),
    ),
  'each file must come on time': (on, files) =>
    checkFileSequence(on, [...files, ...files.slice(0, 1).map((file) => shift(file, 3))]),
  'what is missing every day is missing': repeating(1, false),
  'what is missing every week is missing': repeating(7, true),
  'files of events are files of usage': (on, files) =>
    checkFileSequence(
      on,
      files.map((file) => ({ ...file, name: file.name.replace('events_', 'cdr_') })),
    ),
};

function shift(file: NamedFile, minutes: number): NamedFile {
  return { ...file, time: new Date(Date.parse(file.time) + minutes * minute).toISOString() };
}

describe('the property finds a fault:', () => {
  test.each(Object.entries(planted))(
    '%s',
    (_name, check) => {
      const { failed } = fc.check(makeProperty(check), faultTrials(2_000) as fc.Parameters<[Plan]>);
      expect(failed).toBe(true);
    },
    timeLimit,
  );
});
