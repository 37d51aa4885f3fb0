import type { Day } from '../../lambda/days/day.ts';
import { parseDecimal } from '../../lambda/json/decimal.ts';
import { formatTime } from '../../lambda/ledger/time.ts';
import type { Dialect } from '../../lambda/queries/explore/sql.ts';
import type { ExploredKind } from '../../lambda/queries/explore/words.ts';

/** Answers SQL on closed days: DuckDB on this machine, or Athena. */
export interface SqlEngine {
  readonly dialect: Dialect;
  /**
   * Answers a query.
   *
   * @param read the days and the kind of rows that it may read; all kinds if no kind is given.
   * @throws UserError if the engine refuses the SQL, or is not available.
   */
  ask(sql: string, read: Readable): Promise<SqlAnswer>;
  close(): Promise<void>;
}

/** What a query may read. */
export interface Readable {
  readonly days: readonly Day[];
  /** Undefined for SQL that the user wrote. */
  readonly kind: ExploredKind | undefined;
  readonly signal: AbortSignal;
}

/** An answer, which can be read once. */
export interface SqlAnswer {
  readonly columns: readonly SqlColumn[];
  /** Values as the engine writes them, in chunks; null if a row has no value. */
  readonly rows: AsyncIterable<readonly (readonly SqlValue[])[]>;
  /** How much was read and what it costs; undefined if it is free. */
  readonly price?: string | undefined;
}

/** A column of an answer. */
export interface SqlColumn {
  readonly name: string;
  readonly kind: ValueKind;
}

/** A value as an engine writes it; {@link renderValue} converts it to the form of answers. */
export type SqlValue = string | number | boolean | null;

/** How SQL values are shown. */
export type ValueKind = 'whole' | 'decimal' | 'number' | 'time' | 'flag' | 'text';

const kindsOfTypes: readonly (readonly [RegExp, ValueKind])[] = [
  [/^(?:u?(?:tiny|small|big|huge)?int(?:eger)?)$/, 'whole'],
  [/^decimal/, 'decimal'],
  [/^(?:double|float|real)$/, 'number'],
  [/^timestamp/, 'time'],
  [/^boolean$/, 'flag'],
];

/** How to show values of a type, by its name in DuckDB or Athena. */
export function findValueKind(type: string): ValueKind {
  const found = kindsOfTypes.find(([pattern]) => pattern.test(type.toLowerCase()));
  return found?.[1] ?? 'text';
}

/**
 * A value in the form of answers: whole numbers as numbers, or as text if JSON's would not be exact; decimals as text
 * without trailing zeros; times in ISO 8601.
 */
export function renderValue(kind: ValueKind, value: SqlValue): SqlValue {
  if (value === null) return null;
  const text = String(value);
  switch (kind) {
    case 'whole':
      return Number.isSafeInteger(Number(text)) ? Number(text) : text;
    case 'decimal':
      return parseDecimal(text) ?? text;
    case 'number':
      return Number.isFinite(Number(text)) ? Number(text) : text;
    case 'flag':
      return text === 'true';
    case 'time':
      return renderTime(text);
    default:
      return text;
  }
}

/** `2026-11-02[ 10:00:00[.000]]`, in UTC; any other text stays as it is. */
function renderTime(text: string): string {
  const [, day, time = '00:00:00'] =
    /^(\d{4}-\d{2}-\d{2})(?: (\d{2}:\d{2}:\d{2}(?:\.\d{1,3})?))?/.exec(text) ?? [];
  return day === undefined ? text : formatTime(Date.parse(`${day}T${time}Z`));
}
