import { UsageError } from '../../errors.ts';
import { parseDecimal } from '../../json/decimal.ts';
import { timeParameter } from '../parameters.ts';
import { findSubject, type Subject, type Term } from './terms.ts';
import type { ExploredKind, ExploredPeriod } from './words.ts';

/** Questions about closed days: what to count or add up, how to group it, and which rows to use. */

/** What to compute for each group of rows. */
export type Measure =
  | { readonly kind: 'count' }
  /** How many different values there are. */
  | { readonly kind: 'distinct'; readonly term: Term }
  | { readonly kind: 'sum' | 'max'; readonly term: Term }
  /** The least value that so many percent of the rows with a value do not exceed. */
  | { readonly kind: 'percentile'; readonly term: Term; readonly percent: number };

export type Operator = (typeof operators)[number];

/** A condition on rows. An empty text as value means no value. */
export interface Condition {
  readonly term: Term;
  readonly operator: Operator;
  /** Values as text, checked by the term's kind; several only for `=` and `!=`. */
  readonly values: readonly string[];
}

/** A question about one kind of rows. */
export interface Question {
  readonly kind: ExploredKind;
  /** If empty, the rows themselves are requested. */
  readonly measures: readonly Measure[];
  readonly by: readonly Term[];
  readonly every: ExploredPeriod | undefined;
  readonly where: readonly Condition[];
  /** If set, only so many groups: those with the greatest first measure over all periods. */
  readonly top: number | undefined;
  /** The most rows of the answer. */
  readonly limit?: number | undefined;
}

/** A question as text, as it is typed. */
export interface AskedQuestion {
  readonly kind: ExploredKind;
  readonly sum?: string | undefined;
  /** True for the number of rows; otherwise the terms whose different values are counted. */
  readonly count?: string | true | undefined;
  readonly max?: string | undefined;
  /** For example `95:bytes`. */
  readonly percentile?: string | undefined;
  readonly by?: string | undefined;
  readonly every?: ExploredPeriod | undefined;
  readonly where?: string | undefined;
  readonly top?: number | undefined;
}

/**
 * Parses a question.
 *
 * @throws UsageError that names what is not accepted.
 */
export function readQuestion(asked: AskedQuestion): Question {
  const { kind, every, top } = asked;
  const subject = findSubject(kind);
  if (every === 'hour' && subject.time === undefined)
    throw new UsageError(`--every hour: ${kind} belong to days. Give day, week or month`);
  const measures = readMeasures(asked, subject);
  const named = splitList(asked.by ?? '').map((name) => requireTerm(subject, kind, '--by', name));
  const apart = measures.flatMap((measure) =>
    'term' in measure && measure.kind !== 'distinct' ? (measure.term.toldApartBy ?? []) : [],
  );
  const by = addTerms(named, apart, subject);
  if (top !== undefined && by.length === 0) {
    throw new UsageError('--top lists the groups with the most: say by what with --by, such as --by sim');
  }
  const isGrouped = by.length > 0 || every !== undefined;
  return {
    ...{ kind, by, every, top },
    measures: measures.length === 0 && isGrouped ? [{ kind: 'count' }] : measures,
    where: readConditions(asked.where ?? '', subject, kind),
  };
}

/** The given terms, and others by name, each column once. */
function addTerms(terms: readonly Term[], names: readonly string[], { terms: known }: Subject): Term[] {
  const added = new Map(terms.map((term) => [term.sql, term]));
  for (const name of names) {
    const term = known.get(name);
    if (term !== undefined && !added.has(term.sql)) added.set(term.sql, term);
  }
  return [...added.values()];
}

function readMeasures({ kind, sum, count, max, percentile }: AskedQuestion, subject: Subject): Measure[] {
  const find = (option: string, text: string | undefined): Term[] =>
    splitList(text ?? '').map((name) => requireTerm(subject, kind, option, name));
  const measures: Measure[] = find('--sum', sum).map((term) => {
    if (term.kind === 'whole' || term.kind === 'decimal') return { kind: 'sum', term };
    throw new UsageError(
      `--sum ${term.name} is not a number: give one of ${listNames(subject, ['whole', 'decimal'])}`,
    );
  });
  if (count === true) measures.push({ kind: 'count' });
  else measures.push(...find('--count', count).map((term): Measure => ({ kind: 'distinct', term })));
  measures.push(
    ...find('--max', max).map((term): Measure => {
      if (orderedKinds.includes(term.kind)) return { kind: 'max', term };
      throw new UsageError(
        `--max ${term.name} is neither a number nor a time: give one of ${listNames(subject, orderedKinds)}`,
      );
    }),
  );
  return [...measures, ...splitList(percentile ?? '').map((text) => readPercentile(text, subject, kind))];
}

/** Kinds of values that can be ordered. */
const orderedKinds: readonly Term['kind'][] = ['whole', 'decimal', 'time', 'degrees'];

function readPercentile(text: string, subject: Subject, kind: ExploredKind): Measure {
  const [, percent = '', name = ''] = /^(\d{1,2}):(.+)$/.exec(text) ?? [];
  if (name === '' || Number(percent) === 0) {
    throw new UsageError(
      `--percentile ${JSON.stringify(text)}: give a whole number from 1 to 99 and what it is of, such as 95:bytes`,
    );
  }
  const term = requireTerm(subject, kind, '--percentile', name);
  if (term.kind === 'whole' || term.kind === 'decimal') {
    return { kind: 'percentile', term, percent: Number(percent) };
  }
  throw new UsageError(
    `--percentile ${text}: ${name} is not a number. Give one of ${listNames(subject, ['whole', 'decimal'])}`,
  );
}

function requireTerm(subject: Subject, kind: ExploredKind, option: string, name: string): Term {
  const term = subject.terms.get(name);
  if (term !== undefined) return term;
  throw new UsageError(
    `${option}: ${kind} has no ${JSON.stringify(name)}. Give one of ${[...subject.terms.keys()].join(', ')}`,
  );
}

function listNames({ terms }: Subject, kinds: readonly Term['kind'][]): string {
  return [...terms.values()].flatMap(({ name, kind }) => (kinds.includes(kind) ? [name] : [])).join(', ');
}

function splitList(text: string): string[] {
  return text === '' ? [] : text.split(',').map((part) => part.trim());
}

/** Longer operators first, so that `<=` is not read as `<`. */
const operators = ['!=', '<=', '>=', '=', '<', '>'] as const;

/** The beginning of a condition: a name and an operator. Values follow, in quotes or up to the next comma. */
const conditionStart = /^\s*(\w+)\s*(!=|<=|>=|=|<|>)/;
/** A value in double quotes, with quotes doubled; or in single quotes, as in SQL; or without quotes. */
const conditionValue = /^\s*(?:"((?:[^"]|"")*)"|'((?:[^']|'')*)'(?=\s*(?:[|,]|$))|([^",|]*))\s*/;

/**
 * Parses conditions that are separated by commas: `country=DE,source!=x,bytes>=1000`. Several values are separated by
 * `|`.
 *
 * @throws UsageError that says where parsing failed.
 */
function readConditions(text: string, subject: Subject, kind: ExploredKind): Condition[] {
  const conditions: Condition[] = [];
  let rest = text;
  while (rest.trim() !== '') {
    const [start, name = '', sign] = conditionStart.exec(rest) ?? [];
    const operator = operators.find((one) => one === sign);
    if (start === undefined || operator === undefined) throw refuseCondition(rest);
    rest = rest.slice(start.length);
    const values: string[] = [];
    for (let separator = '|'; separator === '|'; ) {
      const [whole = '', quoted, single, bare = ''] = conditionValue.exec(rest) ?? [];
      if (/[=<>]/.test(bare)) throw refuseOperator(name, operator, bare);
      values.push(quoted?.replaceAll('""', '"') ?? single?.replaceAll("''", "'") ?? bare.trim());
      separator = rest.charAt(whole.length);
      if (separator !== '' && separator !== '|' && separator !== ',') throw refuseCondition(rest);
      rest = rest.slice(whole.length + 1);
    }
    const term = requireTerm(subject, kind, '--where', name);
    conditions.push(checkCondition({ term, operator, values }));
  }
  return conditions;
}

function refuseCondition(rest: string): UsageError {
  return new UsageError(
    `--where cannot be read from ${JSON.stringify(rest.slice(0, 60))} on: give conditions such as country=DE,bytes>=1000, with values that hold commas in quotes`,
  );
}

/** `country==DE` and `country=DE and bytes>5` would otherwise look for a value that does not exist. */
function refuseOperator(name: string, operator: Operator, bare: string): UsageError {
  return new UsageError(
    `--where ${name}${operator}${bare.trim()}: give one of ${operators.join(' ')} between name and value, a comma between conditions, and values that hold =, < or > in quotes`,
  );
}

function checkCondition({ term, operator, values }: Condition): Condition {
  const isEquality = operator === '=' || operator === '!=';
  const place = `--where ${term.name}${operator}`;
  if (!isEquality && !orderedKinds.includes(term.kind)) {
    throw new UsageError(`${place}: ${term.name} is neither a number nor a time, so give = or != with it`);
  }
  if (!isEquality && (values.length > 1 || values[0] === '')) {
    throw new UsageError(`${place}: give one value`);
  }
  if (values.length > 1 && values.includes('')) {
    throw new UsageError(`${place}: give values with | between them, or none of them`);
  }
  return {
    term,
    operator,
    values: values.map((value) => (value === '' ? value : readValue(term, value, place))),
  };
}

/** A value in the form that SQL expects. */
function readValue({ name, kind }: Term, value: string, place: string): string {
  const { accepted, read } = valueReaders[kind];
  // Country codes are in capital letters.
  const found = read(name === 'country' ? value.toUpperCase() : value);
  if (found !== undefined) return found;
  throw new UsageError(`${place}${value}: accepted is ${accepted}`);
}

interface ValueReader {
  readonly accepted: string;
  /** @returns undefined for text that is not accepted. */
  readonly read: (text: string) => string | undefined;
}

const valueReaders: Readonly<Record<Term['kind'], ValueReader>> = {
  text: {
    accepted: 'a text without control characters',
    read: (text) => (/\p{Cc}/u.test(text) ? undefined : text),
  },
  whole: {
    accepted: 'a whole number of up to 18 digits',
    read: (text) => (/^-?\d{1,18}$/.test(text) ? String(BigInt(text)) : undefined),
  },
  decimal: {
    accepted: 'a decimal with up to 28 digits before the point and 10 after it',
    read: (text) => {
      const decimal = parseDecimal(text);
      return decimal !== undefined && /^-?\d{1,28}(?:\.\d{1,10})?$/.test(decimal) ? decimal : undefined;
    },
  },
  degrees: {
    accepted: 'a number such as 52.5',
    read: (text) => (/^-?\d{1,3}(?:\.\d{1,15})?$/.test(text) ? text : undefined),
  },
  time: makeTimeReader(),
  flag: {
    accepted: 'true or false',
    read: (text) => (text === 'true' || text === 'false' ? text : undefined),
  },
};

function makeTimeReader(): ValueReader {
  return { accepted: timeParameter.accepted, read: timeParameter.parse };
}
