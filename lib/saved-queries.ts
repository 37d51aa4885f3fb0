/** Questions that are saved with the stack, in SQL that Athena and DuckDB understand alike. */

/** A question that is saved with the stack. */
export interface SavedQuery {
  readonly name: string;
  readonly description: string;
  /** Each `?` is asked for when the query is run. */
  readonly sql: string;
}

/** The questions, in the order in which they are asked first. */
export const savedQueries: readonly SavedQuery[] = [
  {
    name: 'SIMs that used most this month',
    description: 'Closed days of this month, by bytes',
    sql: `SELECT sim, sum(dataTotal) AS bytes, count(*) AS records
FROM usage
WHERE day >= substr(CAST(current_date AS varchar), 1, 7) || '-01'
GROUP BY sim
ORDER BY bytes DESC
LIMIT 100`,
  },
  {
    name: 'What each country and tariff used',
    description: "Asks for the first and the last day, such as '2026-10-01' and '2026-10-31'",
    sql: `SELECT country, tariff, currency,
  count(DISTINCT sim) AS sims,
  sum(dataTotal) AS bytes,
  sum(messages) AS messages,
  sum(CAST(cost AS decimal(38, 10))) AS cost,
  count(*) AS records
FROM usage
WHERE day BETWEEN ? AND ?
GROUP BY country, tariff, currency
ORDER BY bytes DESC`,
  },
  {
    name: 'Usage records of a SIM',
    description:
      "Asks for the SIM and for the first and the last day, such as '8988303000000000001', '2026-10-01' and '2026-10-31'",
    sql: `SELECT *
FROM usage
WHERE sim = ? AND day BETWEEN ? AND ?
ORDER BY start`,
  },
];
