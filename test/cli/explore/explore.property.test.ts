import fc, { type Arbitrary } from 'fast-check';
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from 'vitest';
import { DuckDbEngine } from '../../../cli/explore/duckdb.ts';
import type { Usage } from '../../../lambda/ledger/observation.ts';
import { makeUsage } from '../../lambda/days/records.ts';
import { runs } from '../../records/runs.ts';
import { simledger } from '../running-ledger.ts';
import { LakeInFolder } from './lake-in-folder.ts';

/**
 * Random questions over random usage: what `explore` answers by DuckDB over real files equals a slow reading of the rows. The
 * reading knows the words of questions from docs/explore.md, and shares no code with what writes SQL.
 */

/** What the words stand for, as texts and numbers; undefined where the record does not say. */
const words: Readonly<Record<string, (usage: Usage) => string | number | undefined>> = {
  sim: ({ sim }) => sim,
  country: ({ country }) => country,
  operator: ({ operatorName }) => operatorName,
  network: ({ mcc, mnc, operatorName }) =>
    mcc !== undefined && mnc !== undefined ? `${mcc}-${mnc}` : operatorName,
  type: ({ trafficType }) => trafficType,
  currency: ({ currency }) => currency,
  day: ({ start }) => start.slice(0, 10),
  hourOfDay: ({ start }) => Number(start.slice(11, 13)),
  bytes: ({ dataTotal }) => dataTotal,
  up: ({ dataUploaded }) => dataUploaded,
  messages: ({ messages }) => messages,
};
const read = (usage: Usage, word: string): string | number | undefined =>
  word === 'cost' ? usage.cost : words[word]?.(usage);

interface Comparison {
  readonly word: string;
  readonly operator: '=' | '!=' | '<' | '<=' | '>' | '>=';
  readonly values: readonly string[];
}

interface Asked {
  readonly measures: readonly (readonly [option: 'sum' | 'count' | 'max' | 'percentile', word: string])[];
  readonly by: readonly string[];
  readonly every: 'hour' | 'day' | 'week' | 'month' | undefined;
  readonly where: readonly Comparison[];
  readonly from: string;
  readonly to: string;
}

const times = [
  '2026-10-31T23:59:59.999Z',
  '2026-11-01T00:00:00.000Z',
  '2026-11-01T11:30:00.000Z',
  '2026-11-01T23:59:59.999Z',
  '2026-11-02T00:00:00.001Z',
  '2026-11-02T08:15:00.000Z',
  '2026-11-04T08:59:59.000Z',
];
const countries = ['DE', 'FR', "l'île", 'a,b|"c"', '%_\\', ' '];

const usage: Arbitrary<Usage> = fc
  .record({
    start: fc.constantFrom(...times),
    sim: fc.constantFrom('8988307000000000001', '8988307000000000002'),
    country: fc.option(fc.constantFrom(...countries), { nil: undefined }),
    operatorName: fc.option(fc.constantFrom('KPN', '=1+1'), { nil: undefined }),
    mcc: fc.option(fc.constantFrom('262', '204'), { nil: undefined }),
    mnc: fc.option(fc.constantFrom('01', '08'), { nil: undefined }),
    trafficType: fc.constantFrom('data', 'sms'),
    dataTotal: fc.constantFrom(0, 1, 2, 1_000, Number.MAX_SAFE_INTEGER),
    dataUploaded: fc.option(fc.integer({ min: 0, max: 5 }), { nil: undefined }),
    messages: fc.option(fc.integer({ min: 0, max: 3 }), { nil: undefined }),
    cost: fc.option(fc.constantFrom('0.1', '0.0000000001', '-3', '1234567890123456.25'), { nil: undefined }),
    currency: fc.option(fc.constantFrom('EUR', 'USD'), { nil: undefined }),
  })
  .map((about) => makeUsage(about));

const texts = ['sim', 'country', 'operator', 'network', 'type', 'currency', 'day'];
const numbers = ['hourOfDay', 'bytes', 'up', 'messages'];

const comparison: Arbitrary<Comparison> = fc.oneof(
  fc.record({
    word: fc.constantFrom('country', 'operator', 'network'),
    operator: fc.constantFrom('=', '!=', '!='),
    values: fc.oneof(
      fc.constant(['']),
      fc.uniqueArray(fc.constantFrom(...countries, 'KPN', '262-01'), { minLength: 1, maxLength: 3 }),
    ),
  }),
  fc.record({
    word: fc.constantFrom(...numbers),
    operator: fc.constantFrom('=', '!=', '<', '<=', '>', '>='),
    values: fc.constantFrom(['0'], ['1'], ['2'], ['8']),
  }),
);

const measure = fc.oneof(
  fc.tuple(fc.constant('sum' as const), fc.constantFrom('bytes', 'up', 'messages', 'cost')),
  fc.tuple(fc.constant('count' as const), fc.constantFrom('', 'sim', 'country', 'network')),
  fc.tuple(fc.constant('max' as const), fc.constantFrom('bytes', 'cost')),
  fc.tuple(fc.constant('percentile' as const), fc.constantFrom('7:bytes', '50:up', '95:cost')),
);

const asked: Arbitrary<Asked> = fc.record({
  // An option is given once, with several words or none.
  measures: fc.uniqueArray(measure, { minLength: 1, maxLength: 3, selector: ([option]) => option }),
  by: fc.uniqueArray(fc.constantFrom(...texts, 'hourOfDay'), { maxLength: 2 }),
  every: fc.option(fc.constantFrom('hour', 'day', 'week', 'month'), { nil: undefined }),
  where: fc.array(comparison, { maxLength: 2 }),
  from: fc.constantFrom('2026-10-31T00:00:00.000Z', '2026-11-01T00:00:00.000Z', '2026-11-01T11:30:00.000Z'),
  to: fc.constantFrom('2026-11-02T00:00:00.000Z', '2026-11-02T08:15:00.000Z', '2026-11-08T00:00:00.000Z'),
});

function print({ word, operator, values }: Comparison): string {
  const quoted = values.map((value) => (/^\w*$/.test(value) ? value : `"${value.replaceAll('"', '""')}"`));
  return `${word}${operator}${quoted.join('|')}`;
}

function printCommand({ measures, by, every, where, from, to }: Asked): string[] {
  return [
    ...['explore', 'usage', '--from', from, '--to', to],
    ...measures.flatMap(([option, word]) => [`--${option}`, word].filter((part) => part !== '')),
    ...(by.length > 0 ? ['--by', by.join(',')] : []),
    ...(every === undefined ? [] : ['--every', every]),
    ...(where.length > 0 ? ['--where', where.map(print).join(',')] : []),
  ];
}

/** Whether a row is asked for. */
function matches(row: Usage, { where, from, to }: Asked): boolean {
  return (
    row.start >= from &&
    row.start < to &&
    where.every(({ word, operator, values }) => {
      const found = read(row, word);
      const isAmong = values.some((value) =>
        value === '' ? found === undefined : String(found) === value && found !== undefined,
      );
      if (operator === '=') return isAmong;
      if (operator === '!=') return !isAmong;
      if (typeof found !== 'number') return false;
      const limit = Number(values[0]);
      return { '<': found < limit, '<=': found <= limit, '>': found > limit, '>=': found >= limit }[operator];
    })
  );
}

/** The beginning of the period of a time, by the calendar. */
function findPeriod(start: string, every: NonNullable<Asked['every']>): string {
  if (every === 'hour') return `${start.slice(0, 13)}:00:00.000Z`;
  if (every === 'month') return `${start.slice(0, 7)}-01T00:00:00.000Z`;
  const day = new Date(`${start.slice(0, 10)}T00:00:00.000Z`);
  if (every === 'week') day.setUTCDate(day.getUTCDate() - ((day.getUTCDay() + 6) % 7));
  return day.toISOString();
}

const scale = 10n ** 10n;

/** A decimal in units of 10^-10. */
function toUnits(value: string | number): bigint {
  const [whole = '', fraction = ''] = String(value).replace('-', '').split('.');
  const units = BigInt(whole) * scale + BigInt(fraction.padEnd(10, '0'));
  return String(value).startsWith('-') ? -units : units;
}

function printUnits(units: bigint): string {
  const digits = String(units < 0n ? -units : units).padStart(11, '0');
  const text = `${digits.slice(0, -10)}.${digits.slice(-10)}`.replace(/\.?0+$/, '');
  return units < 0n ? `-${text}` : text;
}

/** What JSON has for a number: text for money, and where a number would not be exact. */
function printNumber(word: string, units: bigint): string | number {
  const text = printUnits(units);
  return word === 'cost' || !Number.isSafeInteger(Number(text)) ? text : Number(text);
}

function compute([option, given]: Asked['measures'][number], rows: readonly Usage[]): [string, unknown] {
  if (option === 'count' && given === '') return ['count', rows.length];
  const [percent, word = given] = given.includes(':') ? given.split(':') : [];
  const values = rows.flatMap((row) => read(row, word) ?? []);
  if (option === 'count') return [`count_${word}`, new Set(values).size];
  const name = option === 'percentile' ? `p${percent}_${word}` : `${option}_${word}`;
  const units = values.map(toUnits).sort((a, b) => (a < b ? -1 : 1));
  if (units.length === 0) return [name, null];
  if (option === 'sum')
    return [
      name,
      printNumber(
        word,
        units.reduce((sum, one) => sum + one, 0n),
      ),
    ];
  const rank = option === 'max' ? units.length : Math.ceil((Number(percent) * units.length) / 100);
  return [name, printNumber(word, units[rank - 1] ?? 0n)];
}

function readSlowly(rows: readonly Usage[], question: Asked): Record<string, unknown>[] {
  const { by, every, measures } = question;
  // Money in several currencies is never added.
  const isMoney = measures.some(([option, word]) => option !== 'count' && word.endsWith('cost'));
  const told = isMoney && !by.includes('currency') ? [...by, 'currency'] : by;
  const groups = new Map<string, Usage[]>();
  for (const row of rows.filter((one) => matches(one, question))) {
    const key = JSON.stringify([
      ...(every === undefined ? [] : [['period', findPeriod(row.start, every)]]),
      ...told.map((word) => [word, read(row, word) ?? null]),
    ]);
    groups.set(key, [...(groups.get(key) ?? []), row]);
  }
  // Without groups there is one row, also of nothing.
  if (groups.size === 0 && told.length === 0 && every === undefined) groups.set('[]', []);
  const options = ['sum', 'count', 'max', 'percentile'];
  const ordered = measures.toSorted(([a], [b]) => options.indexOf(a) - options.indexOf(b));
  return [...groups].map(([key, some]) =>
    Object.fromEntries([
      ...(JSON.parse(key) as [string, unknown][]),
      ...ordered.map((one) => compute(one, some)),
    ]),
  );
}

/** All of them are sealed. */
const days = ['2026-10-31', '2026-11-01', '2026-11-02', '2026-11-03', '2026-11-04'];

let lake: LakeInFolder;
beforeAll(async () => {
  lake = await LakeInFolder.make();
});
afterAll(() => lake.remove());

const sorted = (rows: readonly object[]): string[] => rows.map((row) => JSON.stringify(row)).sort();

/** Fails where what `explore` answers is not what a slow reading does. */
async function compare(numRuns: number): Promise<void> {
  await fc.assert(
    fc.asyncProperty(
      fc.array(usage, { maxLength: 20 }),
      fc.array(asked, { minLength: 4, maxLength: 4 }),
      async (made, questions) => {
        const rows = made.map((row, index) => ({
          ...row,
          recordId: `r${index}`,
          usageId: `${row.start}#r${index}`,
        }));
        await lake.write({ usage: rows }, { days });
        for (const question of questions) {
          const command = printCommand(question);
          const { code, output, errors } = await simledger(['--json', ...command, '--lake', lake.path]);
          expect({ command, code, errors: code === 0 ? '' : errors }).toEqual({
            command,
            code: 0,
            errors: '',
          });
          const answer = JSON.parse(output) as Record<string, unknown>[];
          expect({ command, rows: sorted(answer) }).toEqual({
            command,
            rows: sorted(readSlowly(rows, question)),
          });
          const periods = answer.map(({ period }) => String(period));
          expect(periods).toEqual(periods.toSorted());
        }
      },
    ),
    { ...runs(numRuns), endOnFailure: isFaulty },
  );
}

let isFaulty = false;

test('explore answers as a slow reading of the rows does, whatever is asked', () => compare(6));

/** Faults in SQL, each of which the comparison must find. */
test.each<readonly [fault: string, change: (sql: string) => string]>([
  ['rows without a value are lost by !=', (sql) => sql.replaceAll('IS DISTINCT FROM', '<>')],
  ['different values are counted as often as they come', (sql) => sql.replaceAll('DISTINCT ', '')],
  ['money is rounded to cents', (sql) => sql.replaceAll('DECIMAL(38, 10)', 'DECIMAL(38, 2)')],
  ['the end of the range is counted', (sql) => sql.replaceAll(/(start) < (TIMESTAMP)/g, '$1 <= $2')],
  ['weeks are days', (sql) => sql.replaceAll("date_trunc('week'", "date_trunc('day'")],
  ['percentiles are of the row after', (sql) => sql.replaceAll(/quantile_disc\((.*?), 0\.5\)/g, 'max($1)')],
  ['the last day is left out', (sql) => sql.replaceAll(/AND '2026-11-0\d'/g, "AND '2026-11-01'")],
])('the comparison finds that %s', async (_, change) => {
  const ask = DuckDbEngine.prototype.ask;
  vi.spyOn(DuckDbEngine.prototype, 'ask').mockImplementation(function (this: DuckDbEngine, sql, read) {
    return ask.call(this, change(sql), read);
  });
  isFaulty = true;
  onTestFinished(() => {
    vi.restoreAllMocks();
    isFaulty = false;
  });
  await expect(compare(60)).rejects.toThrow(/Property failed/);
});
