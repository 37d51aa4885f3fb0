import { readQuestion } from '../lambda/queries/explore/question.ts';
import { athenaDialect, writeQuery } from '../lambda/queries/explore/sql.ts';

/** Queries that are saved with the stack, in SQL that both Athena and DuckDB understand. */

/** A saved query. */
export interface SavedQuery {
  readonly name: string;
  readonly description: string;
  /** Athena asks for the value of each `?` when the query runs. */
  readonly sql: string;
}

const most = readQuestion({ kind: 'usage', sum: 'bytes', count: true, by: 'sim', top: 100 });
const countries = readQuestion({
  kind: 'usage',
  sum: 'bytes,messages,cost',
  count: 'sim',
  by: 'country,tariff',
});
const records = readQuestion({ kind: 'usage' });

/** The queries, most useful first. */
export const savedQueries: readonly SavedQuery[] = [
  {
    name: 'SIMs that used most this month',
    description: 'Closed days of this month, by bytes',
    sql: writeQuery(
      most,
      { days: "day >= substr(CAST(current_date AS varchar), 1, 7) || '-01'" },
      athenaDialect,
    ).sql,
  },
  {
    name: 'What each country and tariff used',
    description: "Parameters: the first and the last day, such as '2026-10-01' and '2026-10-31'",
    sql: writeQuery(countries, { days: 'day BETWEEN ? AND ?' }, athenaDialect).sql,
  },
  {
    name: 'Usage records of a SIM',
    description:
      "Parameters: the SIM, the first and the last day, such as '8988303000000000001', '2026-10-01' and '2026-10-31'",
    sql: writeQuery(records, { days: 'sim = ? AND day BETWEEN ? AND ?' }, athenaDialect).sql,
  },
];
