import { describe, expect, it } from 'vitest';
import { type AskedQuestion, readQuestion } from '../../../../lambda/queries/explore/question.ts';
import {
  athenaDialect,
  type Dialect,
  duckDbDialect,
  findRuns,
  type Scope,
  writeQuery,
  writeRuns,
} from '../../../../lambda/queries/explore/sql.ts';

const november: Scope = { days: writeRuns(findRuns(['2026-11-01', '2026-11-02'])) };

function write(asked: AskedQuestion, scope = november, dialect: Dialect = athenaDialect): string {
  return writeQuery(readQuestion(asked), scope, dialect).sql;
}

describe('a question in SQL', () => {
  it('adds up by columns, largest first', () => {
    expect(write({ kind: 'usage', sum: 'bytes', by: 'country,tariff', top: 5 })).toBe(
      `SELECT country, tariff, sum(dataTotal) AS sum_bytes
FROM usage
WHERE day BETWEEN '2026-11-01' AND '2026-11-02'
GROUP BY 1, 2
ORDER BY 3 DESC NULLS LAST, 1, 2
LIMIT 5`,
    );
  });

  it('never adds money of several currencies, nor volumes in several units', () => {
    expect(write({ kind: 'usage', sum: 'cost,volume', by: 'sim' })).toBe(
      `SELECT sim, currency, trafficType, sum(CAST(cost AS DECIMAL(38, 10))) AS sum_cost, sum(CAST(volume AS DECIMAL(38, 10))) AS sum_volume
FROM usage
WHERE day BETWEEN '2026-11-01' AND '2026-11-02'
GROUP BY 1, 2, 3
ORDER BY 4 DESC NULLS LAST, 1, 2, 3`,
    );
    expect(write({ kind: 'usage', sum: 'volume', by: 'type' })).toContain('SELECT trafficType AS type, sum(');
  });

  it('adds up by period, oldest first, for the largest groups', () => {
    expect(write({ kind: 'sessions', count: true, by: 'operator', every: 'week', top: 3 })).toBe(
      `WITH chosen AS (
SELECT operatorName AS by1
FROM sessions
WHERE day BETWEEN '2026-11-01' AND '2026-11-02'
GROUP BY 1
ORDER BY count(*) DESC NULLS LAST, 1
LIMIT 3)
SELECT date_trunc('week', "end") AS period, operatorName AS operator, count(*) AS count
FROM sessions JOIN chosen ON by1 IS NOT DISTINCT FROM operatorName
WHERE day BETWEEN '2026-11-01' AND '2026-11-02'
GROUP BY 1, 2
ORDER BY 1, 3 DESC NULLS LAST, 2`,
    );
  });

  it('counts a finding on its day, and never adds up several checks', () => {
    const scope = { ...november, from: '2026-11-01T08:00:00.000Z' };
    const asked = { kind: 'findings', sum: 'bytes,cost', every: 'week', where: 'check!=orphan' } as const;
    expect(write(asked, scope)).toBe(
      `SELECT date_trunc('week', CAST(day AS timestamp)) AS period, "check", currency, sum(bytes) AS sum_bytes, sum(CAST(cost AS DECIMAL(38, 10))) AS sum_cost
FROM findings
WHERE day BETWEEN '2026-11-01' AND '2026-11-02'
  AND "check" IS DISTINCT FROM 'orphan'
GROUP BY 1, 2, 3
ORDER BY 1, 4 DESC NULLS LAST, 2, 3`,
    );
    expect(write({ kind: 'findings' })).toBe(
      `SELECT day, sim, findingId, "check", reason, source, carrier, sessionId, start, "end", bytes, cost, currency, records
FROM findings
WHERE day BETWEEN '2026-11-01' AND '2026-11-02'
ORDER BY day, sim`,
    );
  });

  it('uses each engine’s percentiles, and counts distinct values', () => {
    const asked = {
      kind: 'sessions',
      count: 'sim',
      max: 'end',
      percentile: '95:duration',
      by: 'hourOfDay',
    } as const;
    const duration =
      'CASE WHEN startStated THEN CAST(date_diff(\'millisecond\', start, "end") AS DECIMAL(18, 0)) * 0.001 END';
    const rest = `
FROM sessions
WHERE day BETWEEN '2026-11-01' AND '2026-11-02'
GROUP BY 1
ORDER BY 2 DESC NULLS LAST, 1`;
    const start =
      'SELECT extract(hour FROM "end") AS hourOfDay, count(DISTINCT sim) AS count_sim, max("end") AS max_end,';
    expect(write(asked)).toBe(
      `${start} approx_percentile(CAST(${duration} AS double), 0.95) AS p95_duration${rest}`,
    );
    expect(write(asked, november, duckDbDialect)).toBe(
      `${start} quantile_disc(${duration}, 0.95) AS p95_duration${rest}`,
    );
  });

  it('lists rows by time if nothing is computed', () => {
    const sql = write({ kind: 'events', where: 'sim=8988303000000000001' });
    expect(sql).toMatch(
      /^SELECT sim, eventKey, eventId, time, type, [\w, ]+\nFROM events\nWHERE day BETWEEN '2026-11-01' AND '2026-11-02'\n {2}AND sim = '8988303000000000001'\nORDER BY time, sim$/,
    );
    expect(sql).not.toContain('fullness');
  });

  it('reads only sealed days, and cuts the first and the last to the requested range', () => {
    const days = writeRuns(findRuns(['2026-10-30', '2026-10-31', '2026-11-01', '2026-11-03', '2026-11-05']));
    const scope = { days, from: '2026-10-30T08:00:00.000Z', to: '2026-11-05T09:30:00.000Z' };
    expect(write({ kind: 'usage', count: true }, scope)).toBe(
      `SELECT count(*) AS count
FROM usage
WHERE (day BETWEEN '2026-10-30' AND '2026-11-01' OR day = '2026-11-03' OR day = '2026-11-05')
  AND start >= TIMESTAMP '2026-10-30 08:00:00.000'
  AND start < TIMESTAMP '2026-11-05 09:30:00.000'`,
    );
  });

  it.each([
    ['country=DE', "country = 'DE'"],
    ['country=DE|FR', "country IN ('DE', 'FR')"],
    ['country!=DE', "country IS DISTINCT FROM 'DE'"],
    ['country!=DE|FR', "(country IS NULL OR country NOT IN ('DE', 'FR'))"],
    ['country=', 'country IS NULL'],
    ['country!=', 'country IS NOT NULL'],
    ['bytes>=1000', 'dataTotal >= 1000'],
    ['cost<0.10', "CAST(cost AS DECIMAL(38, 10)) < CAST('0.1' AS DECIMAL(38, 10))"],
    ['start>2026-11-01', "start > TIMESTAMP '2026-11-01 00:00:00.000'"],
    ['operator="A, ""B"" | C"', 'operatorName = \'A, "B" | C\''],
    ["country='de'", "country = 'DE'"],
    ["operator= 'O''Neil' | 't Hof", "operatorName IN ('O''Neil', '''t Hof')"],
    ['operator="x\' OR 1=1 --"', "operatorName = 'x'' OR 1=1 --'"],
    ["operator=\\'; DROP TABLE usage", "operatorName = '\\''; DROP TABLE usage'"],
    ['network=262-01', "coalesce(mcc || '-' || mnc, operatorName) = '262-01'"],
  ])('has each value of a condition as a literal: %s', (where, sql) => {
    expect(write({ kind: 'usage', count: true, where }).split('\n  AND ').slice(1)).toEqual([sql]);
  });

  it('treats a missing flag as false', () => {
    expect(write({ kind: 'events', count: true, where: 'alert=false,type=attachment.failed' })).toContain(
      "coalesce(alert, false) = false\n  AND type = 'attachment.failed'",
    );
  });
});

describe('an invalid question', () => {
  it.each([
    [
      { kind: 'findings', every: 'hour' },
      /^--every hour: findings belong to days\. Give day, week or month$/,
    ],
    [{ by: 'planet' }, /^--by: usage has no "planet"\. Give one of sim, usageId, /],
    [{ by: 'sim; DROP' }, /^--by: usage has no "sim; DROP"/],
    [{ sum: 'country' }, /^--sum country is not a number: give one of dataUploaded, /],
    [{ max: 'sim' }, /^--max sim is neither a number nor a time/],
    [{ percentile: 'bytes' }, /^--percentile "bytes": give a whole number from 1 to 99/],
    [{ percentile: '0:bytes' }, /^--percentile "0:bytes": give/],
    [{ percentile: '50:start' }, /^--percentile 50:start: start is not a number/],
    [{ count: true, top: 3 }, /^--top lists the groups with the most: say by what with --by/],
    [{ where: 'country' }, /^--where cannot be read from "country" on/],
    [{ where: 'country=DE"x"' }, /^--where cannot be read from/],
    [{ where: 'country==DE' }, /^--where country==DE: give one of != <= >= = < > between name and value/],
    [{ where: "operator=x' OR 1=1 --" }, /, and values that hold =, < or > in quotes$/],
    [{ where: 'country=DE and bytes>5' }, /: give one of .*, a comma between conditions/],
    [{ where: 'country>DE' }, /^--where country>: country is neither a number nor a time/],
    [{ where: 'bytes>=1|2' }, /^--where bytes>=: give one value$/],
    [{ where: 'bytes>=many' }, /^--where bytes>=many: accepted is a whole number of up to 18 digits$/],
    [{ where: 'start>yesterday' }, /^--where start>yesterday: accepted is a time in ISO 8601/],
    [{ where: 'cost=0.00000000001' }, /^--where cost=0\.00000000001: accepted is a decimal/],
    [{ where: 'country=DE|' }, /^--where country=: give values with \| between them, or none of them$/],
    [{ where: 'country=\u0000' }, /accepted is a text without control characters$/],
  ] as const)('is refused with what is accepted: %j', (asked, sentence) => {
    expect(() => write({ kind: 'usage', ...asked })).toThrow(sentence);
  });
});
