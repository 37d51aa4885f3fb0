import { type Day, shiftDay } from '../../days/day.ts';
import type { Condition, Measure, Question } from './question.ts';
import { decimalType, findSubject, quoteName, type Subject, type Term } from './terms.ts';
import type { ExploredPeriod } from './words.ts';

/**
 * SQL of questions, for Athena and DuckDB. Names come only from the schema, and each value is a literal. The text is
 * the same for both, except the parts in {@link Dialect}.
 */

/** What differs between the two engines. */
export interface Dialect {
  /** The SQL for a percentile of numbers. */
  readonly percentile: (term: Term, percent: number) => string;
}

/** DuckDB's dialect. Percentiles are exact. */
export const duckDbDialect: Dialect = {
  percentile: ({ sql }, percent) => `quantile_disc(${sql}, ${percent / 100})`,
};

/** Athena's dialect. Percentiles are approximate, because exact ones would keep all values of a group in memory. */
export const athenaDialect: Dialect = {
  percentile: ({ sql, kind }, percent) =>
    `approx_percentile(${kind === 'decimal' ? `CAST(${sql} AS double)` : sql}, ${percent / 100})`,
};

/** Which rows to read. */
export interface Scope {
  /** A condition on the day, so that only the files of these days are read: see {@link writeRuns}. */
  readonly days: string;
  /**
   * Times that cut a day: only rows from `from` on (included) and before `to`. ISO 8601. Rows without a time are not
   * cut.
   */
  readonly from?: string | undefined;
  readonly to?: string | undefined;
}

/** A column of an answer. */
export interface AnsweredColumn {
  readonly name: string;
  readonly role: 'period' | 'group' | 'measure' | 'row';
  /** The term of its values; undefined for numbers of rows, and for periods. */
  readonly term: Term | undefined;
  /** Whether its values are counts. */
  readonly isCount: boolean;
}

/** A question in SQL, and the columns of its answer in order. */
export interface Query {
  readonly sql: string;
  readonly columns: readonly AnsweredColumn[];
}

/** Writes a question in SQL. */
export function writeQuery(question: Question, scope: Scope, dialect: Dialect): Query {
  const subject = findSubject(question.kind);
  const where = writeWhere(question, scope, subject);
  const { sql, columns } =
    question.measures.length === 0
      ? writeRows(subject, where)
      : writeGroups(question, subject, where, dialect);
  const limit = findLimit(question);
  return { sql: limit === undefined ? sql : `${sql}\nLIMIT ${limit}`, columns };
}

/** With periods, `top` limits the groups, each of which has several rows. */
function findLimit({ every, top, limit }: Question): number | undefined {
  const limits = [every === undefined ? top : undefined, limit].filter((one) => one !== undefined);
  return limits.length === 0 ? undefined : Math.min(...limits);
}

/** The rows themselves, by time. */
function writeRows({ table, time, columns, terms }: Subject, where: string): Query {
  const order = [quoteName(time ?? 'day'), 'sim'].join(', ');
  return {
    sql: `SELECT ${columns.map(quoteName).join(', ')}\nFROM ${table}\n${where}\nORDER BY ${order}`,
    columns: columns.map((name) => ({ name, role: 'row', term: terms.get(name), isCount: false })),
  };
}

function writeGroups(
  { every, by, measures, top }: Question,
  subject: Subject,
  where: string,
  dialect: Dialect,
): Query {
  const { table } = subject;
  const groups = [
    ...(every === undefined ? [] : [{ ...describePeriod, sql: writePeriod(every, subject) }]),
    ...by.map((term) => ({ name: term.name, role: 'group' as const, term, isCount: false, sql: term.sql })),
  ];
  const measured = measures.map((measure) => describeMeasure(measure, dialect));
  const selected = [...groups, ...measured].map(({ name, sql }) =>
    sql === quoteName(name) ? sql : `${sql} AS ${quoteName(name)}`,
  );
  const first = groups.length + 1;
  const most = `${first} DESC NULLS LAST`;
  const numbers = groups.map((_, index) => index + 1);
  const order = every === undefined ? [most, ...numbers] : [1, most, ...numbers.slice(1)];
  const isCut = top !== undefined && every !== undefined;
  const lines = [
    ...(isCut ? [writeChosen({ by, top, first: measured[0]?.sql ?? '' }, table, where)] : []),
    `SELECT ${selected.join(', ')}`,
    isCut ? `FROM ${table} JOIN chosen ON ${by.map(matchChosen).join(' AND ')}` : `FROM ${table}`,
    where,
    ...(groups.length > 0 ? [`GROUP BY ${numbers.join(', ')}`, `ORDER BY ${order.join(', ')}`] : []),
  ];
  const columns = [...groups, ...measured].map(({ sql: _, ...column }) => column);
  return { sql: lines.join('\n'), columns };
}

const describePeriod = { name: 'period', role: 'period', term: undefined, isCount: false } as const;

/** The groups with the most over all periods. */
function writeChosen(
  { by, top, first }: { readonly by: readonly Term[]; readonly top: number; readonly first: string },
  table: string,
  where: string,
): string {
  const names = by.map(({ sql }, index) => `${sql} AS by${index + 1}`);
  const numbers = by.map((_, index) => index + 1);
  return [
    'WITH chosen AS (',
    `SELECT ${names.join(', ')}`,
    `FROM ${table}`,
    where,
    `GROUP BY ${numbers.join(', ')}`,
    `ORDER BY ${first} DESC NULLS LAST, ${numbers.join(', ')}`,
    `LIMIT ${top})`,
  ].join('\n');
}

/** Rows without a value are a group as well. */
function matchChosen({ sql }: Term, index: number): string {
  return `by${index + 1} IS NOT DISTINCT FROM ${sql}`;
}

function writePeriod(every: ExploredPeriod, { time }: Subject): string {
  return `date_trunc('${every}', ${time === undefined ? 'CAST(day AS timestamp)' : quoteName(time)})`;
}

function describeMeasure(measure: Measure, dialect: Dialect): AnsweredColumn & { readonly sql: string } {
  const role = 'measure' as const;
  if (measure.kind === 'count') {
    return { name: 'count', role, term: undefined, isCount: true, sql: 'count(*)' };
  }
  const { term } = measure;
  const { name, sql } = term;
  switch (measure.kind) {
    case 'distinct':
      return { name: `count_${name}`, role, term, isCount: true, sql: `count(DISTINCT ${sql})` };
    case 'percentile': {
      const { percent } = measure;
      return {
        name: `p${percent}_${name}`,
        role,
        term,
        isCount: false,
        sql: dialect.percentile(term, percent),
      };
    }
    default:
      return { name: `${measure.kind}_${name}`, role, term, isCount: false, sql: `${measure.kind}(${sql})` };
  }
}

function writeWhere({ where }: Question, { days, from, to }: Scope, { time }: Subject): string {
  const conditions = [
    days,
    ...(from === undefined || time === undefined ? [] : [`${quoteName(time)} >= ${writeTime(from)}`]),
    ...(to === undefined || time === undefined ? [] : [`${quoteName(time)} < ${writeTime(to)}`]),
    ...where.map(writeCondition),
  ];
  return `WHERE ${conditions.join('\n  AND ')}`;
}

/** Runs of days as a condition. */
export function writeRuns(runs: readonly DayRun[]): string {
  const conditions = runs.map(({ from, to }) =>
    from === to ? `day = ${writeText(from)}` : `day BETWEEN ${writeText(from)} AND ${writeText(to)}`,
  );
  return conditions.length === 1 ? (conditions[0] ?? '') : `(${conditions.join(' OR ')})`;
}

/** Consecutive days; both ends are included. */
export interface DayRun {
  readonly from: Day;
  readonly to: Day;
}

/** Joins consecutive days, which must be sorted, oldest first. */
export function findRuns(days: readonly Day[]): DayRun[] {
  const runs: { from: Day; to: Day }[] = [];
  for (const day of days) {
    const last = runs.at(-1);
    if (last !== undefined && shiftDay(last.to, 1) === day) last.to = day;
    else runs.push({ from: day, to: day });
  }
  return runs;
}

function writeCondition({ term, operator, values }: Condition): string {
  const [value = ''] = values;
  if (value === '') return `${term.sql} IS ${operator === '=' ? '' : 'NOT '}NULL`;
  const literals = values.map((one) => writeLiteral(term, one));
  // A flag that is not stated is not set.
  const sql = term.kind === 'flag' ? `coalesce(${term.sql}, false)` : term.sql;
  if (operator === '=')
    return literals.length === 1 ? `${sql} = ${literals[0]}` : `${sql} IN (${literals.join(', ')})`;
  // A row without a value differs from every value.
  if (operator === '!=') {
    return literals.length === 1
      ? `${sql} IS DISTINCT FROM ${literals[0]}`
      : `(${sql} IS NULL OR ${sql} NOT IN (${literals.join(', ')}))`;
  }
  return `${sql} ${operator} ${literals[0]}`;
}

function writeLiteral({ kind }: Term, value: string): string {
  switch (kind) {
    case 'whole':
    case 'flag':
      return value;
    case 'decimal':
      return `CAST(${writeText(value)} AS ${decimalType})`;
    case 'degrees':
      return `CAST(${writeText(value)} AS double)`;
    case 'time':
      return writeTime(value);
    default:
      return writeText(value);
  }
}

/** A time in UTC with milliseconds, in the form of the lake and the engines: without a zone. */
function writeTime(time: string): string {
  return `TIMESTAMP ${writeText(time.slice(0, 23).replace('T', ' '))}`;
}

/** A text as a literal. Both engines have one escape in it: a quote is doubled. */
export function writeText(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
