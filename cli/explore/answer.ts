import type { Question } from '../../lambda/queries/explore/question.ts';
import type { AnsweredColumn } from '../../lambda/queries/explore/sql.ts';
import { findSubject, type Term } from '../../lambda/queries/explore/terms.ts';
import { type ExploredPeriod, exploredKinds } from '../../lambda/queries/explore/words.ts';
import type { Page, PageRequest } from '../../lambda/queries/page.ts';
import { pickColours } from '../command.ts';
import type { Column } from '../lists/columns.ts';
import { type AnsweredPeriod, formatPeriod } from '../lists/commands.ts';
import { chooseFormat, type ListContext, type ListOptions, showList, tableRows } from '../lists/listing.ts';
import { drawBar } from '../terminal/figures.ts';
import { maskText } from '../terminal/masking.ts';
import { count } from '../terminal/progress.ts';
import { formatDuration, printBytes } from '../terminal/quantities.ts';
import { renderValue, type SqlAnswer, type SqlColumn, type SqlValue } from './engine.ts';
import { drawSeries, listPeriods } from './plot.ts';

/** Shows an engine's answer, in the formats of lists. */

/** The part of a command's context that `explore` needs: a lake in a folder belongs to no deployment. */
export type ExploreContext = ListContext;

/** An answer and its question. */
export interface Answer extends Pick<SqlAnswer, 'columns' | 'rows'> {
  /** Undefined for SQL that the user wrote. */
  readonly about: AskedAbout | undefined;
}

interface AskedAbout {
  readonly question: Question;
  /** The columns of the answer, in its order. */
  readonly columns: readonly AnsweredColumn[];
  readonly period: AnsweredPeriod;
}

/** A row of an answer, by column name. */
type AnsweredRow = Readonly<Record<string, SqlValue>>;

/** The most rows of a drawing. */
const maxDrawnRows = 10_000;
/** The most series of a drawing, and their width in characters. */
const maxSeries = 12;
const seriesWidth = 60;
const barWidth = 40;
const maxTextLength = 60;

/** How many rows to show or draw; undefined for all. */
export function countWantedRows(
  context: ExploreContext,
  options: ListOptions,
  { every }: Pick<Question, 'every'>,
): number | undefined {
  const isTable = chooseFormat(context, options) === 'table';
  if (isTable && every !== undefined) return maxDrawnRows;
  return options.limit ?? (isTable ? tableRows : undefined);
}

/** Shows an answer. */
export async function showAnswer(
  context: ExploreContext,
  options: ListOptions,
  answer: Answer,
): Promise<void> {
  const { about } = answer;
  const columns = nameColumns(answer);
  const rows = readRows(answer, columns, context);
  const isDrawn = chooseFormat(context, options) === 'table' && about?.question.every !== undefined;
  const drawn = isDrawn ? await collect(rows, maxDrawnRows) : undefined;
  await showList<AnsweredRow, true>(context, options, {
    open: async () => pageThrough(drawn === undefined ? rows : listAgain(drawn)),
    schema: columns.map(({ name }) => name),
    columns: (shown) => chooseColumns(context, columns, about, shown),
    below: () => [
      ...(drawn === undefined || about === undefined ? [] : drawAll(context, about, drawn)),
      ...(about === undefined ? [] : [`${capitalize(about.question.kind)} ${formatPeriod(about.period)}`]),
    ],
    nothing:
      about === undefined
        ? 'The answer has no rows.'
        : `${capitalize(about.question.kind)} ${formatPeriod(about.period)}: nothing matches.`,
  });
}

function capitalize(word: string): string {
  return word.slice(0, 1).toUpperCase() + word.slice(1);
}

/** The lake's column names by their lower-case form, which is the only one that Athena knows. */
const lakeNames: ReadonlyMap<string, string> = new Map(
  exploredKinds.flatMap((kind) =>
    findSubject(kind).columns.map((name) => [name.toLowerCase(), name] as const),
  ),
);

/** A column of an answer, with the name to show. */
interface NamedColumn extends SqlColumn {
  /** Whether it may hold any text under any name. Its personal values are then masked like those of a text. */
  readonly isUnknown: boolean;
}

function nameColumns({ columns, about }: Answer): readonly NamedColumn[] {
  const used = new Map<string, number>();
  return columns.map((column, index): NamedColumn => {
    const described = about?.columns[index];
    if (described !== undefined) {
      const { name, role } = described;
      return { name, kind: role === 'period' ? 'time' : column.kind, isUnknown: false };
    }
    const known = lakeNames.get(column.name.toLowerCase());
    const name = known ?? column.name;
    const times = (used.get(name) ?? 0) + 1;
    used.set(name, times);
    return {
      name: times === 1 ? name : `${name}_${times}`,
      kind: column.kind,
      // A second column with the same name is not masked by its name either.
      isUnknown: (known === undefined && name !== 'day') || times > 1,
    };
  });
}

async function* readRows(
  { rows }: Answer,
  columns: readonly NamedColumn[],
  { reveal }: ExploreContext,
): AsyncGenerator<AnsweredRow> {
  for await (const chunk of rows) {
    for (const values of chunk) {
      yield Object.fromEntries(
        columns.map(({ name, kind, isUnknown }, index) => {
          const value = renderValue(kind, values[index] ?? null);
          return [
            name,
            isUnknown && !reveal && typeof value === 'string' && kind === 'text' ? maskText(value) : value,
          ];
        }),
      );
    }
  }
}

async function collect(rows: AsyncGenerator<AnsweredRow>, max: number): Promise<AnsweredRow[]> {
  const collected: AnsweredRow[] = [];
  for await (const row of rows) {
    collected.push(row);
    if (collected.length === max) break;
  }
  return collected;
}

async function* listAgain(rows: readonly AnsweredRow[]): AsyncGenerator<AnsweredRow> {
  yield* rows;
}

/** Pages of rows that are read once, one after the other. */
function pageThrough(rows: AsyncGenerator<AnsweredRow>) {
  return async ({ size }: PageRequest<true>): Promise<Page<AnsweredRow, true>> => {
    const resources: AnsweredRow[] = [];
    while (resources.length < size) {
      const { done, value } = await rows.next();
      if (done === true) return { resources, next: undefined };
      resources.push(value);
    }
    return { resources, next: true };
  };
}

/** The columns of a table. */
function chooseColumns(
  context: ExploreContext,
  columns: readonly NamedColumn[],
  about: AskedAbout | undefined,
  rows: readonly AnsweredRow[],
): readonly Column<AnsweredRow>[] {
  if (about === undefined) {
    return columns.map(({ name }) => [name, (row) => cutText(formatPlain(row[name] ?? null))]);
  }
  const { question } = about;
  const { shown } = findSubject(question.kind);
  const described = about.columns.filter(({ name, role }) => role !== 'row' || shown.includes(name));
  const ordered =
    question.measures.length === 0
      ? described.toSorted((a, b) => shown.indexOf(a.name) - shown.indexOf(b.name))
      : described;
  const cells = ordered.map(
    (column): Column<AnsweredRow> => [
      column.name,
      (row) => formatValue(column, row[column.name] ?? null, question.every),
    ],
  );
  const measure = about.columns.find(({ role }) => role === 'measure');
  if (
    measure === undefined ||
    measure.term?.kind === 'time' ||
    question.every !== undefined ||
    rows.length < 2
  )
    return cells;
  const { cyan } = pickColours(context);
  const greatest = Math.max(...rows.map((row) => readNumber(row, measure)));
  return [...cells, ['', (row) => cyan(drawBar(readNumber(row, measure), greatest, barWidth))]];
}

function readNumber(row: AnsweredRow, { name }: AnsweredColumn): number {
  return Number(row[name] ?? 0);
}

const periodLengths: Readonly<Record<ExploredPeriod, number>> = { hour: 16, day: 10, week: 10, month: 7 };

/** A value for people. */
function formatValue(
  { role, term, isCount }: Pick<AnsweredColumn, 'role' | 'term' | 'isCount'>,
  value: SqlValue,
  every: ExploredPeriod | undefined,
): string {
  if (value === null) return '';
  if (role === 'period')
    return String(value)
      .slice(0, periodLengths[every ?? 'hour'])
      .replace('T', ' ');
  if (isCount) return formatPlain(value);
  return formatTerm(term, value);
}

function formatTerm(term: Term | undefined, value: SqlValue): string {
  if (term?.unit === 'bytes') return printBytes(Number(value));
  if (term?.unit === 'seconds') return formatDuration(Number(value));
  if (term?.kind === 'time') return String(value).slice(0, 19).replace('T', ' ');
  return cutText(formatPlain(value));
}

function formatPlain(value: SqlValue): string {
  if (typeof value === 'number' && Number.isInteger(value)) return count(value);
  return value === null ? '' : String(value);
}

function cutText(text: string): string {
  const line = text.replaceAll(/\s+/g, ' ');
  return line.length > maxTextLength ? `${line.slice(0, maxTextLength - 1)}…` : line;
}

/** Draws the first measure over time, one line per group. */
function drawAll(
  context: ExploreContext,
  { question, columns }: AskedAbout,
  rows: readonly AnsweredRow[],
): string[] {
  const { every } = question;
  const measure = columns.find(({ role }) => role === 'measure');
  const times = rows.map(({ period }) => String(period)).sort();
  const [from, to] = [times[0], times.at(-1)];
  if (every === undefined || measure === undefined || from === undefined || to === undefined || from === to)
    return [];
  if (measure.term?.kind === 'time') return [];
  const groups = columns.filter(({ role }) => role === 'group');
  const series = new Map<string, AnsweredRow[]>();
  for (const row of rows) {
    const label = groups.map((group) => formatValue(group, row[group.name] ?? null, every) || '-').join(' ');
    const others = series.get(label);
    if (others === undefined) series.set(label, [row]);
    else others.push(row);
  }
  const sum = (some: readonly AnsweredRow[]): number =>
    some.reduce((total, row) => total + readNumber(row, measure), 0);
  const drawn = [...series].sort(([, a], [, b]) => sum(b) - sum(a)).slice(0, maxSeries);
  const greatest = Math.max(...rows.map((row) => readNumber(row, measure)));
  const periods = listPeriods(every, from, to);
  const width = Math.max(...drawn.map(([label]) => label.length));
  const { cyan } = pickColours(context);
  const lines = drawn.map(([label, some]) => {
    const points = some.map((row) => ({ period: String(row['period']), value: readNumber(row, measure) }));
    return `${label.padEnd(width)} ${cyan(drawSeries(points, { periods, greatest, width: seriesWidth }))}`.trim();
  });
  const undrawn = series.size - drawn.length;
  return [
    '',
    ...lines,
    `${measure.name} every ${every}, at most ${formatValue(measure, greatest, every)}${undrawn > 0 ? `; ${count(undrawn)} more are not drawn` : ''}`,
  ];
}
