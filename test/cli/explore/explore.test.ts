import { mkdtemp, readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { loadDuckDb } from '../../../cli/explore/duckdb.ts';
import { drawSeries, listPeriods } from '../../../cli/explore/plot.ts';
import { UnreachableError } from '../../../lambda/errors.ts';
import { makeEvent, makeUsage } from '../../lambda/days/records.ts';
import { simledger } from '../running-ledger.ts';
import { LakeInFolder } from './lake-in-folder.ts';

const imsi = '901405100000101';
const imei = '358600842867678';

let lake: LakeInFolder;

beforeAll(async () => {
  lake = await LakeInFolder.make();
  const at = (start: string, about: object) => makeUsage({ start, recordId: start, imsi, imei, ...about });
  await lake.write(
    {
      usage: [
        at('2026-11-01T08:00:00.000Z', { country: 'DE', dataTotal: 1_000 }),
        at('2026-11-01T09:00:00.000Z', { country: 'FR', dataTotal: 3_000 }),
        at('2026-11-03T08:00:00.000Z', { country: 'DE', dataTotal: 4_000 }),
        at('2026-11-03T09:00:00.000Z', { country: '=1+1', dataTotal: 10 }),
      ],
      events: [
        makeEvent({ time: '2026-11-01T08:00:00.000Z', description: `Refused ${imsi} at 10.0.0.10`, imsi }),
      ],
    },
    { days: ['2026-11-02', '2026-11-04'], unsealed: ['2026-11-02'] },
  );
});

afterAll(() => lake.remove());

const october = ['--from', '2026-10-01', '--to', '2026-11-05'];

function ask(...args: readonly string[]) {
  return simledger([...args, '--lake', lake.path]);
}

describe('explore', () => {
  it('says which days are sealed and counted, and which are not', async () => {
    const { output, errors } = await ask('explore', 'usage', '--sum', 'bytes', '--by', 'country', ...october);
    expect(output).toBe(
      `country  sum_bytes
DE       5.00 kB    ████████████████████████████████████████
FR       3.00 kB    ████████████████████████
=1+1     10 B       ▏
Usage from 2026-10-01 00:00 to 2026-11-05 00:00 UTC
`,
    );
    expect(errors).toBe(
      'Sealed days: 2026-11-01, 2026-11-03 to 2026-11-04. Not sealed, and not counted: 2026-11-02.\n',
    );
    const { output: nothing, errors: why } = await ask(
      'explore',
      'usage',
      '--count',
      '--from',
      '2026-11-02',
      '--to',
      '2026-11-03',
    );
    expect([nothing, why]).toEqual([
      'Usage from 2026-11-02 00:00 to 2026-11-03 00:00 UTC: nothing matches.\n',
      'No sealed day is in this range. Not sealed, and not counted: 2026-11-02.\n',
    ]);
  });

  it('draws values over time, with gaps for missing values', async () => {
    const command = [
      'explore',
      'usage',
      '--sum',
      'bytes',
      '--by',
      'country',
      '--every',
      'day',
      '--top',
      '2',
      ...october,
    ];
    const { output } = await ask(...command);
    expect(output).toBe(
      `period      country  sum_bytes
2026-11-01  FR       3.00 kB
2026-11-01  DE       1.00 kB
2026-11-03  DE       4.00 kB

DE ▃ █
FR ▇
sum_bytes every day, at most 4.00 kB
Usage from 2026-10-01 00:00 to 2026-11-05 00:00 UTC
`,
    );
  });

  it('prints CSV and JSON lines, safe for spreadsheets', async () => {
    const command = ['explore', 'usage', '--sum', 'bytes', '--max', 'start', '--by', 'country', ...october];
    expect((await ask(...command, '--csv')).output).toBe(
      "country,sum_bytes,max_start\r\nDE,5000,2026-11-03T08:00:00.000Z\r\nFR,3000,2026-11-01T09:00:00.000Z\r\n'=1+1,10,2026-11-03T09:00:00.000Z\r\n",
    );
    expect((await ask(...command, '--jsonl', '--limit', '1')).output).toBe(
      '{"country":"DE","sum_bytes":5000,"max_start":"2026-11-03T08:00:00.000Z"}\n',
    );
  });

  it('masks personal values in groups, rows and SQL, unless they are requested', async () => {
    const commands = [
      ['explore', 'usage', '--by', 'imei,imsi', ...october],
      ['explore', 'usage', ...october, '--csv'],
      ['explore', 'events', ...october],
      ['explore', '--sql', 'SELECT imsi AS who, imei, [imsi, imei] AS both FROM usage'],
      ['explore', '--sql', "SELECT 'x' || imsi FROM usage"],
    ];
    for (const command of commands) {
      const { code, output } = await ask(...command);
      expect({
        command,
        code,
        isShown: [imsi, imei, '10.0.0.10'].some((value) => output.includes(value)),
      }).toEqual({
        ...{ command, code: 0, isShown: false },
      });
      expect((await ask('--reveal', ...command)).output).toContain(imsi);
    }
  });

  it.each([
    ["SELECT * FROM read_csv('/etc/hosts')", 'Permission Error'],
    [`SELECT * FROM glob('${tmpdir()}/*')`, 'Permission Error'],
    ["SELECT * FROM 'https://example.com/x.parquet'", 'Error'],
    ["COPY usage TO 'stolen.csv'", 'Permission Error'],
    ["ATTACH 'other.db'", '--sql only reads: give one SELECT'],
    ['SET enable_external_access = true', '--sql only reads: give one SELECT'],
    ['CREATE TABLE copied AS SELECT * FROM usage', '--sql only reads: give one SELECT'],
    ['SELECT 1; DROP VIEW usage', '--sql has 2 statements: give one SELECT'],
    ['SELECT planet FROM usage', 'DuckDB refuses the query: Binder Error'],
    ['SELECT FROM', 'Parser Error: syntax error'],
    ['SELECT * FROM usages', 'Tables are usage, sessions, events, findings'],
    ["SELECT * FROM read_text('/proc/self/environ')", 'Permission Error'],
    ['INSTALL httpfs', '--sql only reads: give one SELECT'],
    [' ; ', '--sql is empty: give one SELECT'],
  ])('takes only SQL that reads the lake: %s', async (sql, sentence) => {
    const { code, output, errors } = await ask('explore', '--sql', sql);
    expect([code, output]).toEqual([2, '']);
    expect(errors).toContain(sentence);
  });

  it('shows terminal control sequences as text', async () => {
    const sql = "SELECT chr(27) || '[2J' || chr(8) || chr(8238) || 'x' AS a";
    expect((await ask('explore', '--sql', sql)).output).toContain('\ufffd[2J\ufffd\ufffdx');
  });

  it('reads only the requested sealed days with SQL', async () => {
    const sql = 'SELECT day, count(*) AS n FROM usage GROUP BY day ORDER BY day';
    expect(JSON.parse((await ask('--json', 'explore', '--sql', sql)).output)).toEqual([
      { day: '2026-11-01', n: 2 },
      { day: '2026-11-03', n: 2 },
    ]);
    const later = await ask('--json', 'explore', '--sql', sql, '--from', '2026-11-02', '--to', '2026-11-05');
    expect(JSON.parse(later.output)).toEqual([{ day: '2026-11-03', n: 2 }]);
  });

  it('prints its SQL for other tools', async () => {
    expect((await ask('explore', 'usage', '--count', '--print', ...october)).output).toBe(
      "SELECT count(*) AS count\nFROM usage\nWHERE (day = '2026-11-01' OR day BETWEEN '2026-11-03' AND '2026-11-04');\n",
    );
  });

  it.each([
    [['explore'], 'Name what to query: usage, sessions, events, findings, or give --sql\n'],
    [['explore', 'usage', '--sql', 'SELECT 1'], '--sql names its tables itself: leave out usage\n'],
    [['explore', 'usage', '--by', 'planet'], /^--by: usage has no "planet"\. Give one of sim, /],
    [['explore', 'planets'], /^error: command-argument value 'planets' is invalid/],
  ])('refuses what it cannot ask: %j', async (command, sentence) => {
    const { code, errors } = await ask(...command);
    expect(code).toBe(2);
    expect(errors).toMatch(sentence);
  });

  it('reports that a folder has no lake', async () => {
    const { code, errors } = await simledger(['explore', 'usage', '--lake', join(lake.path, 'usage')]);
    expect([code, errors]).toEqual([
      1,
      `${join(lake.path, 'usage')} holds no lake: give the folder that has days/ and usage/, such as DIR/lake of npm start -- --data DIR\n`,
    ]);
  });

  it('leaves no file behind', async () => {
    const folder = await mkdtemp(join(lake.path, 'temporary-'));
    for (const variable of ['TMPDIR', 'TEMP', 'TMP']) vi.stubEnv(variable, folder);
    onTestFinished(() => {
      vi.unstubAllEnvs();
    });
    expect(tmpdir()).toBe(folder);
    await ask('explore', 'usage', '--count', ...october);
    await ask('explore', '--sql', 'SELECT planet FROM usage');
    expect(await readdir(folder)).toEqual([]);
  });

  it('says how to install DuckDB if it is missing', async () => {
    const load = loadDuckDb(() =>
      Promise.reject(new Error("Cannot find package '@duckdb/node-api'\n  at …")),
    );
    await expect(load).rejects.toThrow(UnreachableError);
    await expect(load).rejects.toThrow(
      /^Cannot load DuckDB, which runs the query: run npm install --no-save @duckdb\/node-api@\d+\.\d+\.\d+-r\.\d+ in the folder of simledger \(Cannot find package '@duckdb\/node-api'\)$/,
    );
  });
});

describe('a series in a terminal', () => {
  it('has a character for each period, or for the greatest of several', () => {
    const periods = listPeriods('month', '2026-10-01T00:00:00.000Z', '2027-01-01T00:00:00.000Z');
    expect(periods.map((period) => period.slice(0, 7))).toEqual(['2026-10', '2026-11', '2026-12', '2027-01']);
    const points = [periods[0], periods[1], periods[3]].map((period, index) => ({
      period: period ?? '',
      value: index * 4,
    }));
    expect(drawSeries(points, { periods, greatest: 8, width: 10 })).toBe('▁▅ █');
    expect(drawSeries(points, { periods, greatest: 8, width: 2 })).toBe('▅█');
    expect(drawSeries(points, { periods, greatest: 0, width: 10 })).toBe('▁▁ ▁');
  });
});
