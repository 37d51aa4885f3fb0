import { type ColumnKind, listRowColumns } from '../../days/columns.ts';
import { findPrefixes } from '../../days/pass/lake-objects.ts';
import type { RowKind } from '../../days/rows.ts';
import { sessionGroups } from '../../ledger/attributes.ts';
import { type ExploredKind, exploredKinds } from './words.ts';

/** What questions about closed days may contain: the columns of the lake, and words that are derived from them. */

/** A column, or an expression over columns that means the same in Athena and DuckDB. */
export interface Term {
  readonly name: string;
  readonly kind: ColumnKind;
  readonly sql: string;
  /** The unit in which people read its values. */
  readonly unit?: 'bytes' | 'seconds' | undefined;
  /** Terms that must be distinguished when its values are added: euros and dollars are never added. */
  readonly toldApartBy?: readonly string[] | undefined;
}

/** A kind of rows that can be asked about. */
interface ExploredRows {
  readonly rows: RowKind;
  /**
   * The column whose time decides the day of a row, and its period; undefined for rows that belong to a day but have no
   * time.
   */
  readonly time: string | undefined;
  /** Terms whose values can only be added within the same values of other terms. */
  readonly toldApart: Readonly<Record<string, readonly string[]>>;
  /** Further words: another name for a column, or an expression. */
  readonly words: Readonly<Record<string, string | Omit<Term, 'name'>>>;
  /** The columns that a table of single rows shows. */
  readonly shown: readonly string[];
}

/** Decimals are text in the lake; digits beyond the tenth after the point are rounded. */
export const decimalType = 'DECIMAL(38, 10)';

const identifierOfNetwork = "coalesce(mcc || '-' || mnc, operatorName)";

/** In milliseconds, so that sums are exact. */
const milliseconds = 'CAST(date_diff(\'millisecond\', start, "end") AS DECIMAL(18, 0)) * 0.001';

const network = { operator: 'operatorName', network: { kind: 'text', sql: identifierOfNetwork } } as const;

const records = { cost: ['currency'], volume: ['trafficType'], costVolume: ['trafficType'] } as const;

const bytes = { bytes: 'dataTotal', up: 'dataUploaded', down: 'dataDownloaded' } as const;

/** The kinds of rows that questions can be about. */
const exploredRows = {
  usage: {
    rows: 'usage',
    time: 'start',
    toldApart: records,
    words: {
      ...bytes,
      ...network,
      type: 'trafficType',
      zone: 'rateZone',
      duration: { kind: 'decimal', sql: milliseconds, unit: 'seconds' },
    },
    shown: [
      'start',
      'sim',
      'source',
      'trafficType',
      'country',
      'operatorName',
      'tariff',
      'dataTotal',
      'cost',
    ],
  },
  sessions: {
    rows: 'sessions',
    time: 'end',
    toldApart: {},
    words: {
      ...bytes,
      ...network,
      fleet: 'fleetSid',
      name: 'simName',
      // The earliest observation is not a start.
      duration: { kind: 'decimal', sql: `CASE WHEN startStated THEN ${milliseconds} END`, unit: 'seconds' },
    },
    shown: ['end', 'sim', 'source', 'status', 'country', 'operatorName', 'radio', 'dataTotal', 'error'],
  },
  events: {
    rows: 'events',
    time: 'time',
    toldApart: {},
    words: network,
    shown: ['time', 'sim', 'source', 'type', 'severity', 'country', 'operatorName', 'description'],
  },
  // A finding's day is that of the session's end or of the record; what is missing may be days earlier.
  findings: {
    rows: 'findings',
    time: undefined,
    // One lost record may cause findings of several checks.
    toldApart: { bytes: ['check'], cost: ['check', 'currency'] },
    words: { duration: { kind: 'decimal', sql: milliseconds, unit: 'seconds' } },
    shown: ['day', 'sim', 'source', 'check', 'reason', 'start', 'end', 'bytes', 'cost', 'currency'],
  },
} as const satisfies Record<ExploredKind, ExploredRows>;

/** A kind of rows, as questions need it. */
export interface Subject extends Omit<ExploredRows, 'words' | 'toldApart'> {
  /** Its table in SQL: in Glue's database, or a view in DuckDB. */
  readonly table: string;
  /** Its terms, by name. */
  readonly terms: ReadonlyMap<string, Term>;
  /** The terms that are columns of the lake and describe a row. */
  readonly columns: readonly string[];
}

/** Words that SQL reserves: as names they must be quoted. */
const reserved: ReadonlySet<string> = new Set(['end', 'check']);

/** A column's name in SQL. */
export function quoteName(name: string): string {
  return reserved.has(name) ? `"${name}"` : name;
}

const byteColumns: ReadonlySet<string> = new Set([
  ...[
    'bytes',
    'dataTotal',
    'dataUploaded',
    'dataDownloaded',
    'sessionTotal',
    'sessionUploaded',
    'sessionDownloaded',
  ],
]);

/** Columns that only the ledger needs: stamps, and the completeness of a record's rendering. */
const ownAffairs: ReadonlySet<string> = new Set([
  ...Object.keys(sessionGroups).map((group) => `${group}At`),
  'fullness',
]);

const subjects: ReadonlyMap<ExploredKind, Subject> = new Map(
  exploredKinds.map((kind) => [kind, makeSubject(exploredRows[kind])]),
);

/** What questions about a kind may contain. */
export function findSubject(kind: ExploredKind): Subject {
  return subjects.get(kind) as Subject;
}

function makeSubject({ words, toldApart, ...others }: ExploredRows): Subject {
  const columns = listRowColumns(others.rows).filter(({ name }) => !ownAffairs.has(name));
  const terms = new Map(
    columns.map(({ name, kind }): [string, Term] => [
      name,
      {
        ...{ name, kind },
        sql: kind === 'decimal' ? `CAST(${quoteName(name)} AS ${decimalType})` : quoteName(name),
        unit: byteColumns.has(name) ? 'bytes' : undefined,
        toldApartBy: toldApart[name],
      },
    ]),
  );
  for (const [name, word] of Object.entries(words)) {
    const meant = typeof word === 'string' ? terms.get(word) : word;
    if (meant !== undefined) terms.set(name, { ...meant, name });
  }
  terms.set('day', { name: 'day', kind: 'text', sql: 'day' });
  const { time } = others;
  if (time !== undefined) {
    const sql = `extract(hour FROM ${quoteName(time)})`;
    terms.set('hourOfDay', { name: 'hourOfDay', kind: 'whole', sql });
  }
  const names = columns.map(({ name }) => name);
  return {
    ...others,
    table: findPrefixes(others.rows).sims.replaceAll('-', '_'),
    terms,
    columns: time === undefined ? ['day', ...names] : names,
  };
}
