import { type Day, findDay, listDays } from '../../lambda/days/day.ts';
import { UsageError } from '../../lambda/errors.ts';
import { formatTime, toMilliseconds } from '../../lambda/ledger/time.ts';
import { type AskedQuestion, type Question, readQuestion } from '../../lambda/queries/explore/question.ts';
import { findRuns, type Query, type Scope, writeQuery, writeRuns } from '../../lambda/queries/explore/sql.ts';
import { type ExploredKind, exploredKinds } from '../../lambda/queries/explore/words.ts';
import { type ExitCode, exitCode, print } from '../command.ts';
import { type DayRange, describeRange, findToday, isIn } from '../days/range.ts';
import { type AnsweredPeriod, type PeriodOptions, readAnsweredPeriod } from '../lists/commands.ts';
import type { ListOptions } from '../lists/listing.ts';
import { type Answer, countWantedRows, type ExploreContext, showAnswer } from './answer.ts';
import type { SqlEngine } from './engine.ts';
import { type FoundDays, findSealedDays, type LakeFiles } from './lake-files.ts';

/** Options of `explore`. */
export interface ExploreOptions extends ListOptions, PeriodOptions, Omit<AskedQuestion, 'kind'> {
  readonly kind?: ExploredKind | undefined;
  /** Instead of a question. */
  readonly sql?: string | undefined;
  /** Print the SQL without running it. */
  readonly print: boolean;
}

/** Where `explore` reads. */
export interface Explored {
  readonly lake: LakeFiles;
  /**
   * Whether SQL that the user wrote can read only the sealed days of the period; otherwise it must name days itself.
   */
  readonly limitsDays: boolean;
  readonly openEngine: (found: Pick<FoundDays, 'sealed'>) => Promise<SqlEngine>;
}

/** All days that a lake can have. */
const allDays: DayRange = { from: '0000-01-01', to: '9999-12-31' };

/** `explore`: queries the sealed days, by a question or by SQL. */
export async function explore(
  context: ExploreContext,
  options: ExploreOptions,
  explored: Explored,
): Promise<ExitCode> {
  const { kind, sql } = options;
  if (kind !== undefined && sql !== undefined) {
    throw new UsageError(`--sql names its tables itself: leave out ${kind}`);
  }
  if (sql !== undefined) return exploreBySql(context, options, sql, explored);
  if (kind === undefined) {
    throw new UsageError(`Name what to query: ${exploredKinds.join(', ')}, or give --sql`);
  }
  return exploreByQuestion(context, options, readQuestion({ ...options, kind }), explored);
}

async function exploreByQuestion(
  context: ExploreContext,
  options: ExploreOptions,
  asked: Question,
  { lake, openEngine }: Explored,
): Promise<ExitCode> {
  const shown = options.print ? undefined : countWantedRows(context, options, asked);
  // One row more than are shown tells whether there are more.
  const question: Question = { ...asked, limit: shown === undefined ? undefined : shown + 1 };
  const period = readAnsweredPeriod('usage', options, context.terminal.now());
  const range = findRange(period);
  const found = await findSealedDays(lake, range);
  const days = [...found.sealed.keys()];
  const engine = await openEngine(found);
  try {
    const scope = {
      days: writeRuns(days.length === 0 ? [range] : findRuns(days)),
      ...findCuts(period),
    };
    const query = writeQuery(question, scope, engine.dialect);
    if (options.print) {
      print(context, `${query.sql};`);
      return exitCode.done;
    }
    const { price, ...answer } =
      days.length === 0
        ? { ...answerNothing(query), price: undefined }
        : await engine.ask(query.sql, { days, kind: question.kind, signal: context.signal });
    await showAnswer(context, options, { ...answer, about: { question, columns: query.columns, period } });
    context.terminal.err.write(describeCoverage(found, range, findToday(context.terminal.now())));
    if (price !== undefined) context.terminal.err.write(`${price}\n`);
  } finally {
    await engine.close();
  }
  return exitCode.done;
}

async function exploreBySql(
  context: ExploreContext,
  options: ExploreOptions,
  sql: string,
  { lake, limitsDays, openEngine }: Explored,
): Promise<ExitCode> {
  if (options.print) throw new UsageError('--print shows the SQL of a question: leave out --sql, or --print');
  const isRangeGiven = (options.from ?? options.to ?? options.month) !== undefined;
  if (isRangeGiven && !limitsDays) {
    throw new UsageError(
      "With --sql, name the days in it, such as day >= '2026-11-01': leave out --from, --to and --month",
    );
  }
  const range = isRangeGiven
    ? findRange(readAnsweredPeriod('usage', options, context.terminal.now()))
    : allDays;
  const found: FoundDays = limitsDays
    ? await findSealedDays(lake, range)
    : { sealed: new Map(), first: undefined, last: undefined };
  const engine = await openEngine(found);
  try {
    const days = [...found.sealed.keys()];
    const { price, ...answer } = await engine.ask(sql, { days, kind: undefined, signal: context.signal });
    await showAnswer(context, options, { ...answer, about: undefined });
    if (limitsDays)
      context.terminal.err.write(describeCoverage(found, range, findToday(context.terminal.now())));
    if (price !== undefined) context.terminal.err.write(`${price}\n`);
  } finally {
    await engine.close();
  }
  return exitCode.done;
}

/** The answer if there are no days. */
function answerNothing({ columns }: Query): Omit<Answer, 'about'> {
  return { columns: columns.map(({ name }) => ({ name, kind: 'text' })), rows: listNothing() };
}

async function* listNothing(): AsyncGenerator<never> {}

/** The days of a period. */
function findRange({ from, to }: AnsweredPeriod): DayRange {
  return { from: findDay(from), to: findDay(formatTime(toMilliseconds(to) - 1)) };
}

const midnight = 'T00:00:00.000Z';

/** The ends of a period that fall within a day. */
function findCuts({ from, to, isOpen }: AnsweredPeriod): Pick<Scope, 'from' | 'to'> {
  return {
    from: from.endsWith(midnight) ? undefined : from,
    to: isOpen || to.endsWith(midnight) ? undefined : to,
  };
}

/**
 * Which days were read, and which are not sealed. Days before the lake's first day and in the future do not count as
 * missing.
 */
function describeCoverage({ sealed, first, last }: FoundDays, range: DayRange, today: Day): string {
  if (first === undefined || last === undefined)
    return 'No day is sealed yet: days list shows which are open\n';
  const asked = range.to < allDays.to ? range.to : last;
  const until = asked > today ? today : asked;
  const wanted = listDays(range.from > first ? range.from : first, until);
  const missing = wanted.filter((day) => !sealed.has(day));
  const counted = [...sealed.keys()].filter((day) => isIn(range, day));
  const sentences = [
    counted.length === 0 ? 'No sealed day is in this range.' : `Sealed days: ${describeRuns(counted)}.`,
    ...(missing.length === 0 ? [] : [`Not sealed, and not counted: ${describeRuns(missing)}.`]),
  ];
  return `${sentences.join(' ')}\n`;
}

/** The most runs of days that are named. Beyond that, they are only counted. */
const maxNamedRuns = 5;

function describeRuns(days: readonly Day[]): string {
  const runs = findRuns(days);
  const named = runs.slice(0, maxNamedRuns).map(describeRange).join(', ');
  return runs.length > maxNamedRuns ? `${named} and ${runs.length - maxNamedRuns} more ranges` : named;
}
