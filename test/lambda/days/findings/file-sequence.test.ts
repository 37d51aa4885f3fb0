import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { checkFileSequence } from '../../../../lambda/days/findings/file-sequence.ts';
import type { Finding } from '../../../../lambda/days/findings/finding.ts';
import { type NamedFile, readFileName } from '../../../../lambda/days/named-files.ts';
import { faultTrials, timeLimit, trials } from '../../../property/trials.ts';

/** Which files are found missing by the names of others. */

const day = '2026-11-03';
const start = Date.parse('2026-11-02T00:00:00Z');
const minute = 60_000;

/** A file that came so many minutes after the beginning of 2 November. */
function makeFile(minutes: number, rows: number | undefined = 20): NamedFile {
  const time = new Date(start + Math.round(minutes * minute)).toISOString();
  const name = `cdr_${time.replaceAll(/[-:]/g, '').replace('T', '_').slice(0, 15)}.csv`;
  return { source: '1nce', carrier: '1nce', name, time: `${time.slice(0, 19)}.000Z`, rows };
}

/** A file an hour over two days, but for some, by their hours. */
function makeHourly(lost: readonly number[], rows?: number): NamedFile[] {
  const hours = Array.from({ length: 48 }, (_, hour) => hour);
  return hours.filter((hour) => !lost.includes(hour)).map((hour) => makeFile(60 * hour, rows));
}

const list = (files: readonly NamedFile[]): string[] =>
  checkFileSequence(day, files).map(({ start: from, end, records }) => `${from} ${end} ${records}`);

describe('a file that is missing', () => {
  it('is found between the files on both sides, on the day of the one behind it', () => {
    expect(checkFileSequence(day, makeHourly([30]))).toMatchObject([
      {
        ...{ sim: 'files:1nce', check: 'path', reason: 'file-missing', source: '1nce', carrier: '1nce' },
        ...{ start: '2026-11-03T05:00:00.000Z', end: '2026-11-03T06:00:00.000Z', bytes: undefined },
        records: 'cdr_20261103_050000.csv cdr_20261103_070000.csv',
      },
    ]);
    expect(checkFileSequence('2026-11-02', makeHourly([30]))).toEqual([]);
  });

  it('ends by itself when the file comes', () => {
    expect(list(makeHourly([]))).toEqual([]);
  });

  it('is not the last one: no file behind it shows that', () => {
    expect(list(makeHourly([46, 47]))).toEqual([]);
  });

  it('keeps its id while files come that were missing behind it', () => {
    const [two] = checkFileSequence(day, makeHourly([30, 31]));
    const [one] = checkFileSequence(day, makeHourly([30]));
    expect([one?.findingId, one?.end]).toEqual([two?.findingId, '2026-11-03T06:00:00.000Z']);
  });

  it('may be one of several of a time, and come some minutes late or early', () => {
    const files = makeHourly([30]).flatMap((file, index) => [
      makeFile((Date.parse(file.time) - start) / minute + (index % 3), file.rows),
      makeFile((Date.parse(file.time) - start) / minute + (index % 3) + 0.5, 1),
    ]);
    expect(list(files)).toHaveLength(1);
  });

  it('is nothing that a carrier leaves out which has nothing to say', () => {
    expect(list(makeHourly([30], 9))).toEqual([]);
    expect(list(makeHourly([30], undefined).map((file) => ({ ...file, rows: undefined })))).toEqual([]);
    expect(list([...makeHourly([30, 40], 9), makeFile(60 * 40, 0)])).toHaveLength(1);
  });

  it('is nothing that is missing at the same time of both days', () => {
    expect(list(makeHourly([6, 30]))).toEqual([]);
  });

  it('is found behind a pause, in which nothing is lost', () => {
    expect(list(makeHourly([10, 11, 12, 13, 14, 15, 30]))).toHaveLength(1);
    expect(list(makeHourly([26, 27, 28, 29, 30, 31]))).toEqual([]);
  });

  it('is nothing where files come at no interval, where many are missing, or where few came', () => {
    expect(list([...makeHourly([30]), makeFile(60 * 20 + 25)])).toEqual([]);
    expect(list(makeHourly([25, 27, 29, 31, 33]))).toEqual([]);
    expect(list(makeHourly([30]).slice(26, 37))).toEqual([]);
  });
});

test('a name tells when a file of usage was made', () => {
  const time = '2026-11-03T05:00:00.000Z';
  expect(readFileName('a/cdr_20261103_050000.csv')).toEqual({ name: 'cdr_20261103_050000.csv', time });
  expect(readFileName('CDR_20261103_050000.csv.gz')?.time).toBe(time);
  const others = [
    'events_20261103_050000.csv',
    'cdr_20261131_050000.csv',
    'cdr_20261103_250000.csv',
    'cdr_19991231_235959.csv',
    'cdr_99991231_235959.csv',
    'cdr.csv',
  ];
  expect(others.flatMap((name) => readFileName(name) ?? [])).toEqual([]);
});

/** Files of two days: at which hours they are missing, how many minutes late each comes, and how many rows it has. */
interface Plan {
  readonly interval: number;
  readonly lost: readonly number[];
  readonly delays: readonly number[];
  readonly rows: readonly number[];
}

const plans: fc.Arbitrary<Plan> = fc.record({
  interval: fc.constantFrom(15, 60, 240),
  lost: fc
    .tuple(fc.array(fc.nat(200), { maxLength: 5 }), fc.constantFrom(0, 0, 0, 5, 7), fc.nat(48))
    .map(([single, length, from]) => [...single, ...Array.from({ length }, (_, place) => from + place)]),
  delays: fc.array(fc.constantFrom(0, 0, 0, 0, 1, 2, 13), { minLength: 1, maxLength: 9 }),
  rows: fc.array(fc.constantFrom(9, 10, 200, 200, 0), { minLength: 1, maxLength: 7 }),
});

/** When files are due, in minutes from the beginning, and which of them came. */
function carryOut({ interval, lost, delays, rows }: Plan): (NamedFile | undefined)[] {
  const places = Array.from({ length: (48 * 60) / interval }, (_, place) => place);
  return places.map((place) =>
    lost.includes(place)
      ? undefined
      : makeFile(place * interval + (delays[place % delays.length] ?? 0), rows[place % rows.length] ?? 0),
  );
}

/** The holes that must be found, from the table of checks in docs/days.md. */
function expectHoles({ interval }: Plan, files: readonly (NamedFile | undefined)[]): string[] {
  const came = files.filter((file) => file !== undefined);
  const minutes = came.map(({ time }) => (Date.parse(time) - start) / minute);
  const steps = minutes.slice(1).map((one, index) => one - (minutes[index] ?? 0));
  const usual = [...steps].sort((a, b) => a - b)[Math.floor(steps.length / 2)] ?? interval;
  const tolerance = Math.max(1, usual / 10);
  const places = steps.map((step) => Math.round(step / usual));
  // The files before and behind a gap of more than 5 intervals are judged apart.
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
  const isDaily = (at: number): boolean =>
    gone.some((other) => Math.abs(Math.abs(other.at - at) - 1_440) <= tolerance);
  return [...new Set(gone.map(({ index }) => index))].flatMap((index) => {
    const [before, after] = [came[index], came[index + 1]];
    if (before === undefined || after === undefined || after.time.slice(0, 10) !== day) return [];
    const speaks =
      came.some(({ rows }) => rows === 0) || ((before.rows ?? 0) >= 10 && (after.rows ?? 0) >= 10);
    const ofHole = gone.filter((one) => one.index === index);
    return speaks && !ofHole.some(({ at }) => isDaily(at)) ? [`${before.name} ${after.name}`] : [];
  });
}

type Check = (on: string, files: readonly NamedFile[]) => readonly Finding[];

const makeProperty = (check: Check) =>
  fc.property(plans, (plan: Plan) => {
    const files = carryOut(plan);
    const came = files.filter((file) => file !== undefined);
    const mixed = [
      ...came.filter((_, index) => index % 2 === 1),
      ...came.filter((_, index) => index % 2 === 0),
    ];
    expect(check(day, mixed).map(({ records }) => records)).toEqual(expectHoles(plan, files));
  });

test('files are found missing as an oracle says', () => {
  fc.assert(makeProperty(checkFileSequence), trials(300) as fc.Parameters<[Plan]>);
});

const planted: Readonly<Record<string, Check>> = {
  'holes of the day before are of this day': (on, files) => [
    ...checkFileSequence('2026-11-02', files),
    ...checkFileSequence(on, files),
  ],
  'only the day itself is looked at': (on, files) =>
    checkFileSequence(
      on,
      files.filter(({ time }) => time.startsWith(on)),
    ),
  'files without rows say nothing': (on, files) =>
    checkFileSequence(
      on,
      files.filter(({ rows }) => rows !== 0),
    ),
  'nine rows are enough': (on, files) =>
    checkFileSequence(
      on,
      files.map((file) => ({ ...file, rows: file.rows === 9 ? 10 : file.rows })),
    ),
  'each file must come on time': (on, files) =>
    checkFileSequence(on, [...files, ...files.slice(0, 1).map((file) => shift(file, 3))]),
  'what is missing every day is missing': (on, files) =>
    files.some(({ time }) => time.startsWith('2026-11-02'))
      ? checkFileSequence(on, [...files.filter(({ time }) => time.startsWith(on)), ...makeFull(files)])
      : [],
};

function shift(file: NamedFile, minutes: number): NamedFile {
  return { ...file, time: new Date(Date.parse(file.time) + minutes * minute).toISOString() };
}

/** The files of the day of which those of the day before are a copy. */
function makeFull(files: readonly NamedFile[]): NamedFile[] {
  const minutes = new Set(files.map(({ time }) => (Date.parse(time) - start) % (1_440 * minute)));
  return [...minutes].map((at) => makeFile(at / minute, 200));
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
