import fc, { type Arbitrary } from 'fast-check';
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from 'vitest';
import { DuckDbEngine } from '../../../cli/explore/duckdb.ts';
import { checks } from '../../../lambda/days/findings/finding.ts';
import { makeUsage } from '../../lambda/days/records.ts';
import { runs } from '../../records/runs.ts';
import { simledger } from '../running-ledger.ts';
import { type FindingOfDay, LakeInFolder } from './lake-in-folder.ts';

/**
 * Random questions over random usage and findings: the answer of `explore` with DuckDB over real files equals that of an oracle. The
 * oracle knows the words of questions from docs/explore.md, and shares no code with the SQL writer.
 */

/** A row, by the words of questions, without unstated values. */
interface Row {
  /** When it counts. */
  readonly at: string;
  readonly words: Readonly<Record<string, string | number>>;
}

const read = ({ words }: Row, word: string): string | number | undefined => words[word];

interface Comparison {
  readonly word: string;
  readonly operator: '=' | '!=' | '<' | '<=' | '>' | '>=';
  readonly values: readonly string[];
}

interface Asked {
  readonly kind: 'usage' | 'findings';
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

const option = <Value>(...values: readonly Value[]): Arbitrary<Value | undefined> =>
  fc.option(fc.constantFrom(...values), { nil: undefined });

const sims = ['8988307000000000001', '8988307000000000002'] as const;
const costs = ['0.1', '0.0000000001', '-3', '1234567890123456.25'] as const;

const usage = fc.record({
  start: fc.constantFrom(...times),
  sim: fc.constantFrom(...sims),
  country: option(...countries),
  operatorName: option('KPN', '=1+1'),
  mcc: option('262', '204'),
  mnc: option('01', '08'),
  trafficType: fc.constantFrom('data', 'sms'),
  dataTotal: fc.constantFrom(0, 1, 2, 1_000, Number.MAX_SAFE_INTEGER),
  dataUploaded: option(0, 1, 3, 5),
  messages: option(0, 1, 3),
  cost: option(...costs),
  currency: option('EUR', 'USD'),
});

type MadeUsage = typeof usage extends Arbitrary<infer Made> ? Made : never;

/** The missing data may be of another day than its finding. */
const finding: Arbitrary<FindingOfDay> = fc.record({
  day: fc.constantFrom('2026-10-31', '2026-11-01', '2026-11-02', '2026-11-04'),
  sim: fc.constantFrom(...sims),
  findingId: fc.stringMatching(/^[0-9a-f]{32}$/),
  check: fc.constantFrom(...checks),
  reason: fc.constantFrom('missing-windows', 'no-end', 'not-by-stream'),
  source: fc.constantFrom('twilio', 'emnify'),
  carrier: fc.constantFrom('twilio', 'emnify'),
  sessionId: option('s1', 's2'),
  start: fc.constantFrom(...times),
  end: fc.constantFrom(...times),
  bytes: option(-5, 0, 2, Number.MAX_SAFE_INTEGER),
  cost: option(...costs),
  currency: option('EUR', 'USD'),
  records: fc.constantFrom('', 'r1', 'r1 r2'),
});

/** The stated values, by their words. */
function nameWords(values: Readonly<Record<string, string | number | undefined>>): Row['words'] {
  const stated = Object.entries(values).filter(
    (entry): entry is [string, string | number] => entry[1] !== undefined,
  );
  return Object.fromEntries(stated);
}

function readUsage(made: MadeUsage): Row {
  const { start, mcc, mnc, operatorName: operator, trafficType: type } = made;
  const network = mcc !== undefined && mnc !== undefined ? `${mcc}-${mnc}` : operator;
  const moment = { day: start.slice(0, 10), hourOfDay: Number(start.slice(11, 13)) };
  const { dataTotal: bytes, dataUploaded: up } = made;
  return { at: start, words: nameWords({ ...made, ...moment, operator, network, type, bytes, up }) };
}

function readFinding(made: FindingOfDay): Row {
  return { at: `${made.day}T00:00:00.000Z`, words: nameWords({ ...made }) };
}

/** The words of a kind for questions, and values to compare with. */
interface Vocabulary {
  readonly kind: Asked['kind'];
  readonly texts: readonly string[];
  readonly numbers: readonly string[];
  readonly compared: readonly string[];
  readonly values: readonly string[];
  readonly sums: readonly string[];
  readonly counts: readonly string[];
  readonly percentiles: readonly string[];
  readonly periods: readonly NonNullable<Asked['every']>[];
}

const usageVocabulary: Vocabulary = {
  kind: 'usage',
  texts: ['sim', 'country', 'operator', 'network', 'type', 'currency', 'day', 'hourOfDay'],
  numbers: ['hourOfDay', 'bytes', 'up', 'messages'],
  compared: ['country', 'operator', 'network'],
  values: [...countries, 'KPN', '262-01'],
  sums: ['bytes', 'up', 'messages', 'cost'],
  counts: ['', 'sim', 'country', 'network'],
  percentiles: ['7:bytes', '50:up', '95:cost'],
  periods: ['hour', 'day', 'week', 'month'],
};

const findingsVocabulary: Vocabulary = {
  kind: 'findings',
  texts: ['sim', 'check', 'reason', 'source', 'sessionId', 'currency', 'day'],
  numbers: ['bytes'],
  compared: ['check', 'reason', 'sessionId', 'records', 'day'],
  values: ['chain', 'no-end', 's1', 'r1 r2', '2026-11-02'],
  sums: ['bytes', 'cost'],
  counts: ['', 'sim', 'sessionId'],
  percentiles: ['7:bytes', '95:cost'],
  periods: ['day', 'week', 'month'],
};

function makeQuestions(vocabulary: Vocabulary): Arbitrary<Asked[]> {
  const { kind, texts, numbers, compared, values, sums, counts, percentiles, periods } = vocabulary;
  const comparison: Arbitrary<Comparison> = fc.oneof(
    fc.record({
      word: fc.constantFrom(...compared),
      operator: fc.constantFrom('=', '!=', '!='),
      values: fc.oneof(
        fc.constant(['']),
        fc.uniqueArray(fc.constantFrom(...values), { minLength: 1, maxLength: 3 }),
      ),
    }),
    fc.record({
      word: fc.constantFrom(...numbers),
      operator: fc.constantFrom('=', '!=', '<', '<=', '>', '>='),
      values: fc.constantFrom(['0'], ['1'], ['2'], ['8']),
    }),
  );
  const measure = fc.oneof(
    fc.tuple(fc.constant('sum' as const), fc.constantFrom(...sums)),
    fc.tuple(fc.constant('count' as const), fc.constantFrom(...counts)),
    fc.tuple(fc.constant('max' as const), fc.constantFrom('bytes', 'cost')),
    fc.tuple(fc.constant('percentile' as const), fc.constantFrom(...percentiles)),
  );
  const question: Arbitrary<Asked> = fc.record({
    kind: fc.constant(kind),
    // An option occurs at most once, and may have several words.
    measures: fc.uniqueArray(measure, { minLength: 1, maxLength: 3, selector: ([name]) => name }),
    by: fc.uniqueArray(fc.constantFrom(...texts), { maxLength: 2 }),
    every: option(...periods),
    where: fc.array(comparison, { maxLength: 2 }),
    from: fc.constantFrom('2026-10-31T00:00:00.000Z', '2026-11-01T00:00:00.000Z', '2026-11-01T11:30:00.000Z'),
    to: fc.constantFrom('2026-11-02T00:00:00.000Z', '2026-11-02T08:15:00.000Z', '2026-11-08T00:00:00.000Z'),
  });
  return fc.array(question, { minLength: 4, maxLength: 4 });
}

function print({ word, operator, values }: Comparison): string {
  const quoted = values.map((value) => (/^\w*$/.test(value) ? value : `"${value.replaceAll('"', '""')}"`));
  return `${word}${operator}${quoted.join('|')}`;
}

function printCommand({ kind, measures, by, every, where, from, to }: Asked): string[] {
  return [
    ...['explore', kind, '--from', from, '--to', to],
    ...measures.flatMap(([name, word]) => [`--${name}`, word].filter((part) => part !== '')),
    ...(by.length > 0 ? ['--by', by.join(',')] : []),
    ...(every === undefined ? [] : ['--every', every]),
    ...(where.length > 0 ? ['--where', where.map(print).join(',')] : []),
  ];
}

/** Whether a question includes a row. */
function matches(row: Row, { kind, where, from, to }: Asked): boolean {
  // A finding counts if the range overlaps its day.
  const since = kind === 'findings' ? from.slice(0, 10) : from;
  return (
    row.at >= since &&
    row.at < to &&
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

/** The start of the calendar period that contains a time. */
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

/** A number in JSON: text for money, and if a number would not be exact. */
function printNumber(word: string, units: bigint): string | number {
  const text = printUnits(units);
  return word === 'cost' || !Number.isSafeInteger(Number(text)) ? text : Number(text);
}

function compute([option, given]: Asked['measures'][number], rows: readonly Row[]): [string, unknown] {
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

function readSlowly(rows: readonly Row[], question: Asked): Record<string, unknown>[] {
  const { by, every, measures } = question;
  // Money in several currencies is never added, and neither are findings of several checks.
  const computed = measures.flatMap(([name, word]) => (name === 'count' ? [] : [word]));
  const isMoney = computed.some((word) => word.endsWith('cost'));
  const isFound = question.kind === 'findings' && computed.length > 0;
  const told = new Set([...by, ...(isMoney ? ['currency'] : []), ...(isFound ? ['check'] : [])]);
  const groups = new Map<string, Row[]>();
  for (const row of rows.filter((one) => matches(one, question))) {
    const key = JSON.stringify([
      ...(every === undefined ? [] : [['period', findPeriod(row.at, every)]]),
      ...[...told].map((word) => [word, read(row, word) ?? null]),
    ]);
    groups.set(key, [...(groups.get(key) ?? []), row]);
  }
  // Without groups there is one row, even without matching rows.
  if (groups.size === 0 && told.size === 0 && every === undefined) groups.set('[]', []);
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

/** Rows without the order of rows and columns. */
const sorted = (rows: readonly object[]): string[] =>
  rows.map((row) => JSON.stringify(Object.entries(row).sort(([a], [b]) => (a < b ? -1 : 1)))).sort();

/** Asks questions, and fails if an answer differs from the oracle's. */
async function compareAnswers(questions: readonly Asked[], rows: readonly Row[]): Promise<void> {
  for (const question of questions) {
    const command = printCommand(question);
    const { code, output, errors } = await simledger(['--json', ...command, '--lake', lake.path]);
    expect({ command, code, errors: code === 0 ? '' : errors }).toEqual({ command, code: 0, errors: '' });
    const answer = JSON.parse(output) as Record<string, unknown>[];
    expect({ command, rows: sorted(answer) }).toEqual({
      command,
      rows: sorted(readSlowly(rows, question)),
    });
    const periods = answer.map(({ period }) => String(period));
    expect(periods).toEqual(periods.toSorted());
  }
}

let isFaulty = false;

/** Fails if an answer of `explore` about usage differs from the oracle's. */
async function compareUsage(numRuns: number): Promise<void> {
  const rows = fc.array(usage, { maxLength: 20 });
  await fc.assert(
    fc.asyncProperty(rows, makeQuestions(usageVocabulary), async (made, asked) => {
      const written = made.map((row, index) =>
        makeUsage({ ...row, recordId: `r${index}`, usageId: `${row.start}#r${index}` }),
      );
      await lake.write({ usage: written }, { days });
      await compareAnswers(asked, made.map(readUsage));
    }),
    { ...runs(numRuns), endOnFailure: isFaulty },
  );
}

/** The same for findings. */
async function compareFindings(numRuns: number): Promise<void> {
  const rows = fc.array(finding, { maxLength: 20 });
  await fc.assert(
    fc.asyncProperty(rows, makeQuestions(findingsVocabulary), async (findings, asked) => {
      await lake.write({ findings }, { days });
      await compareAnswers(asked, findings.map(readFinding));
    }),
    { ...runs(numRuns), endOnFailure: isFaulty },
  );
}

/** Asks with changed SQL, and expects that a comparison fails. */
async function plantFault(
  change: (sql: string) => string,
  compare: (numRuns: number) => Promise<void>,
): Promise<void> {
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
}

test('explore gives the same answers about usage as a slow oracle', () => compareUsage(6));

test('explore gives the same answers about findings as a slow oracle', () => compareFindings(3));

/** Faults in the SQL. The comparison must find each one. */
test.each<readonly [fault: string, change: (sql: string) => string]>([
  ['rows without a value are lost by !=', (sql) => sql.replaceAll('IS DISTINCT FROM', '<>')],
  ['different values are counted as often as they come', (sql) => sql.replaceAll('DISTINCT ', '')],
  ['money is rounded to cents', (sql) => sql.replaceAll('DECIMAL(38, 10)', 'DECIMAL(38, 2)')],
  ['the end of the range is counted', (sql) => sql.replaceAll(/(start) < (TIMESTAMP)/g, '$1 <= $2')],
  ['weeks are days', (sql) => sql.replaceAll("date_trunc('week'", "date_trunc('day'")],
  ['percentiles are of the row after', (sql) => sql.replaceAll(/quantile_disc\((.*?), 0\.5\)/g, 'max($1)')],
  ['the last day is left out', (sql) => sql.replaceAll(/AND '2026-11-0\d'/g, "AND '2026-11-01'")],
])('the comparison finds that %s', (_, change) => plantFault(change, compareUsage));

test.each<readonly [fault: string, change: (sql: string) => string]>([
  ['a finding counts when something was missing', (sql) => sql.replaceAll('CAST(day AS timestamp)', 'start')],
  [
    'a day that is requested in part is left out',
    (sql) => sql.replaceAll("N '2026-11-01'", "N '2026-11-02'"),
  ],
])('the comparison of findings finds that %s', (_, change) => plantFault(change, compareFindings));
