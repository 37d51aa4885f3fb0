import {
  AthenaClient,
  GetQueryExecutionCommand,
  GetQueryResultsCommand,
  InvalidRequestException,
  StartQueryExecutionCommand,
  StopQueryExecutionCommand,
} from '@aws-sdk/client-athena';
import { mockClient } from 'aws-sdk-client-mock';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { AthenaEngine } from '../../../cli/explore/athena.ts';
import { explore } from '../../../cli/explore/explore.ts';
import { openLakeFolder } from '../../../cli/explore/lake-files.ts';
import { makeUsage } from '../../lambda/days/records.ts';
import { LakeInFolder } from './lake-in-folder.ts';

const mock = mockClient(AthenaClient);
let lake: LakeInFolder;

beforeEach(async () => {
  mock.reset();
  lake ??= await LakeInFolder.make();
  await lake.write(
    { usage: [makeUsage({ start: '2026-11-02T10:00:00.000Z' })] },
    { days: ['2026-11-01', '2026-11-04'] },
  );
});

afterAll(async () => {
  mock.restore();
  await lake.remove();
});

interface Asked {
  readonly kind?: 'usage';
  readonly sum?: string;
  readonly max?: string;
  readonly every?: 'day';
  readonly by?: string;
  readonly sql?: string;
  readonly from?: string;
  readonly to?: string;
}

/** Runs the command as on a stack, but with a lake in a folder. */
async function ask(asked: Asked, signal = new AbortController().signal) {
  const output: string[] = [];
  const errors: string[] = [];
  const context = {
    terminal: {
      out: { write: (text: string) => output.push(text) },
      err: { write: (text: string) => errors.push(text) },
      env: {},
      now: () => Date.parse('2026-11-06T00:00:00.000Z'),
    },
    ...{ json: true, reveal: false, signal },
  };
  const code = await explore(
    context,
    { csv: false, jsonl: false, print: false, ...asked },
    {
      lake: await openLakeFolder(lake.path),
      limitsDays: false,
      openEngine: async () =>
        new AthenaEngine({ region: 'eu-central-1' }, { database: 'my_ledger', workGroup: 'my-ledger' }),
    },
  );
  return { code, rows: JSON.parse(output.join('')) as object[], errors: errors.join('') };
}

type Cell = string | undefined;

/** Makes Athena answer with two pages. */
function answer(
  columns: readonly [name: string, type: string][],
  pages: readonly (readonly Cell[])[][],
): void {
  mock.on(StartQueryExecutionCommand).resolves({ QueryExecutionId: 'q1' });
  mock
    .on(GetQueryExecutionCommand)
    .resolvesOnce({ QueryExecution: { Status: { State: 'RUNNING' } } })
    .resolves({
      QueryExecution: { Status: { State: 'SUCCEEDED' }, Statistics: { DataScannedInBytes: 30_000_000_000 } },
    });
  const ResultSetMetadata = { ColumnInfo: columns.map(([Name, Type]) => ({ Name, Type })) };
  const makeRow = (cells: readonly Cell[]) => ({
    Data: cells.map((VarCharValue) => (VarCharValue === undefined ? {} : { VarCharValue })),
  });
  const names = makeRow(columns.map(([name]) => name));
  const [first = [], second = []] = pages.map((rows) => rows.map(makeRow));
  mock
    .on(GetQueryResultsCommand, { QueryExecutionId: 'q1' })
    .resolves({ NextToken: 'more', ResultSet: { ResultSetMetadata, Rows: [names, ...first] } })
    .on(GetQueryResultsCommand, { QueryExecutionId: 'q1', NextToken: 'more' })
    .resolves({ ResultSet: { ResultSetMetadata, Rows: second } });
}

describe('explore on a stack', () => {
  it('queries sealed days with Athena in the stack’s workgroup, and says how much was read', async () => {
    answer(
      [
        ['period', 'timestamp'],
        ['country', 'varchar'],
        ['currency', 'varchar'],
        ['sum_bytes', 'bigint'],
        ['max_cost', 'decimal(38,10)'],
      ],
      [
        [['2026-11-02 00:00:00.000', 'DE', 'EUR', '30', '0.3000000000']],
        [['2026-11-02 00:00:00.000', undefined, undefined, '9007199254740993', undefined]],
      ],
    );
    const range = { from: '2026-11-01T00:00:00.000Z', to: '2026-11-05T00:00:00.000Z' };
    const { code, rows, errors } = await ask({
      ...{ kind: 'usage', sum: 'bytes', max: 'cost', every: 'day', by: 'country', ...range },
    });
    const period = '2026-11-02T00:00:00.000Z';
    expect(code).toBe(0);
    expect(rows).toEqual([
      { period, country: 'DE', currency: 'EUR', sum_bytes: 30, max_cost: '0.3' },
      { period, country: null, currency: null, sum_bytes: '9007199254740993', max_cost: null },
    ]);
    expect(errors).toBe(
      'Sealed days: 2026-11-01 to 2026-11-02, 2026-11-04. Not sealed, and not counted: 2026-11-03.\nAthena read 30.0 GB: about $0.15\n',
    );
    expect(mock.commandCalls(StartQueryExecutionCommand).map(({ args: [{ input }] }) => input)).toEqual([
      {
        QueryString: `SELECT date_trunc('day', start) AS period, country, currency, sum(dataTotal) AS sum_bytes, max(CAST(cost AS DECIMAL(38, 10))) AS max_cost
FROM usage
WHERE (day BETWEEN '2026-11-01' AND '2026-11-02' OR day = '2026-11-04')
GROUP BY 1, 2, 3
ORDER BY 1, 4 DESC NULLS LAST, 2, 3`,
        QueryExecutionContext: { Database: 'my_ledger' },
        WorkGroup: 'my-ledger',
      },
    ]);
  });

  it('runs SQL unchanged, and masks personal values under any name', async () => {
    answer(
      [
        ['sim', 'varchar'],
        ['ipaddress', 'varchar'],
        ['x', 'varchar'],
        ['_col3', 'bigint'],
      ],
      [[['8988303000000000001', '10.0.0.10', '901405100000101', '1234567890']], []],
    );
    const sql =
      "SELECT sim, ipAddress, imsi AS x, sum(dataTotal) FROM sessions WHERE day = '2026-11-02' GROUP BY 1, 2, 3";
    const { rows, errors } = await ask({ sql });
    expect(rows).toEqual([
      { sim: '8988303000000000001', ipAddress: '…0.10', x: '…0101', _col3: 1_234_567_890 },
    ]);
    expect(errors).toBe('Athena read 30.0 GB: about $0.15\n');
  });

  it.each([
    'DELETE FROM usage',
    ' -- SELECT\n DROP TABLE usage',
    "UNLOAD (SELECT * FROM usage) TO 's3://elsewhere/'",
    'CREATE TABLE copy AS SELECT * FROM usage',
    '/* SELECT */ INSERT INTO usage SELECT * FROM usage',
  ])('sends no SQL that writes: %s', async (sql) => {
    await expect(ask({ sql })).rejects.toThrow('--sql only reads: give one SELECT');
    expect(mock.calls()).toEqual([]);
  });

  it('refuses a range together with SQL, which names its own days', async () => {
    await expect(ask({ sql: 'SELECT 1', from: '2026-11-01T00:00:00.000Z' })).rejects.toThrow(
      /^With --sql, name the days in it/,
    );
  });

  it('says why Athena refuses a query, or fails', async () => {
    mock
      .on(StartQueryExecutionCommand)
      .rejectsOnce(new InvalidRequestException({ message: 'line 1:8: mismatched input', $metadata: {} }))
      .resolves({ QueryExecutionId: 'q1' });
    await expect(ask({ sql: 'SELECT FROM' })).rejects.toThrow(
      'Athena refuses the query: line 1:8: mismatched input',
    );
    mock.on(GetQueryExecutionCommand).resolves({
      QueryExecution: { Status: { State: 'FAILED', StateChangeReason: 'Bytes scanned limit was exceeded' } },
    });
    await expect(ask({ sql: 'SELECT 1' })).rejects.toThrow(
      'Athena did not answer the query: Bytes scanned limit was exceeded',
    );
  });

  it('stops the query at Ctrl-C', async () => {
    mock.on(StartQueryExecutionCommand).resolves({ QueryExecutionId: 'q1' });
    mock.on(StopQueryExecutionCommand).resolves({});
    const interruption = new AbortController();
    mock.on(GetQueryExecutionCommand).callsFake(() => {
      interruption.abort();
      return { QueryExecution: { Status: { State: 'RUNNING' } } };
    });
    await expect(ask({ sql: 'SELECT 1' }, interruption.signal)).rejects.toThrow();
    expect(mock.commandCalls(StopQueryExecutionCommand).map(({ args: [{ input }] }) => input)).toEqual([
      { QueryExecutionId: 'q1' },
    ]);
  });
});
