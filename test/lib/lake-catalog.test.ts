import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { DuckDBInstance, type DuckDBValue } from '@duckdb/node-api';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RowFile } from '../../lambda/days/parquet.ts';
import { makeFileKey } from '../../lambda/days/pass/lake-objects.ts';
import type { RowKind } from '../../lambda/days/rows.ts';
import { savedQueries } from '../../lib/saved-queries.ts';
import { makeUsage } from '../lambda/days/records.ts';
import { ofType, synthesise } from './synthesised.ts';

/** What Glue and Athena are told of the lake, beside the files as DuckDB reads them. */

interface GlueTable {
  readonly DatabaseName: string;
  readonly TableInput: {
    readonly Name: string;
    readonly TableType: string;
    readonly Parameters: Readonly<Record<string, unknown>>;
    readonly PartitionKeys: readonly { readonly Name: string; readonly Type: string }[];
    readonly StorageDescriptor: {
      readonly Columns: readonly { readonly Name: string; readonly Type: string }[];
      readonly Location: string;
    };
  };
}

/** A stack of another name, with another limit of queries. */
const otherFleet = { stackName: 'Fleet-2', simledger: { lake: { queryGigabytes: 5 } } };

/** Glue's tables by their names. */
function readTables(): Map<string, GlueTable> {
  const tables = Object.values(ofType(synthesise(), 'AWS::Glue::Table')).map(
    ({ Properties }) => Properties as unknown as GlueTable,
  );
  return new Map(tables.map((table) => [table.TableInput.Name, table]));
}

/** The types of Hive for those that DuckDB names. */
const hiveTypes: Readonly<Record<string, string>> = {
  VARCHAR: 'string',
  BIGINT: 'bigint',
  DOUBLE: 'double',
  BOOLEAN: 'boolean',
  TIMESTAMP: 'timestamp',
};

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'simledger-catalog-'));
});

afterAll(() => rm(folder, { recursive: true }));

async function query(sql: string, values: readonly DuckDBValue[] = [], before = ''): Promise<unknown[]> {
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  try {
    if (before !== '') await connection.run(before);
    return (await connection.runAndReadAll(sql, [...values])).getRowObjectsJson();
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

async function writeFileOf(key: string, file: RowFile<RowKind>): Promise<string> {
  const path = join(folder, key);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, file.finish());
  return path;
}

describe('the catalogue', () => {
  it('has a table for each kind that is queried, and one for accounts in a bucket of its own', () => {
    const described = [...readTables().values()].map(({ DatabaseName, TableInput: table }) => [
      ...[DatabaseName, table.Name, table.TableType, table.StorageDescriptor.Location],
    ]);
    expect(described).toEqual([
      ['Catalog/Database', 'usage', 'EXTERNAL_TABLE', 's3://Lake/Bucket/usage/'],
      ['Catalog/Database', 'sessions', 'EXTERNAL_TABLE', 's3://Lake/Bucket/sessions/'],
      ['Catalog/Database', 'events', 'EXTERNAL_TABLE', 's3://Lake/Bucket/events/'],
      ['Catalog/Database', 'findings', 'EXTERNAL_TABLE', 's3://Lake/Bucket/findings/'],
      ['Catalog/Database', 'account_events', 'EXTERNAL_TABLE', 's3://Lake/Accounts/account-events/'],
    ]);
  });

  it.each([
    ['usage', 'usage', 0],
    ['sessions', 'sessions', 0],
    ['events', 'events', 0],
    ['findings', 'findings', 0],
    ['account_events', 'events', 1],
  ] as const)('finds the files of %s by day, with the columns that they have', async (name, kind, bucket) => {
    const table = readTables().get(name)?.TableInput;
    const key = makeFileKey(kind, '2026-11-02', bucket, 1);
    const path = await writeFileOf(key, new RowFile(kind));
    const columns = await query(`DESCRIBE SELECT * FROM read_parquet('${path}', hive_partitioning = false)`);
    expect(table?.StorageDescriptor.Columns).toEqual(
      columns.map((column) => {
        const { column_name: columnName, column_type: type } = column as Readonly<Record<string, string>>;
        return { Name: columnName?.toLowerCase(), Type: hiveTypes[type ?? ''] };
      }),
    );
    const prefix = table?.StorageDescriptor.Location.split('/').at(-2);
    expect(key).toBe(`${prefix}/day=2026-11-02/bucket=000${bucket}.parquet`);
    expect(table?.PartitionKeys).toEqual([{ Name: 'day', Type: 'string' }]);
    expect(table?.Parameters).toMatchObject({
      'projection.enabled': 'true',
      'projection.day.type': 'date',
      'projection.day.format': 'yyyy-MM-dd',
      'projection.day.range': '2018-01-01,NOW',
    });
  });

  it('has columns whose names differ by more than capital letters', () => {
    for (const { TableInput: table } of readTables().values()) {
      const names = [...table.StorageDescriptor.Columns, ...table.PartitionKeys].map(({ Name }) => Name);
      expect(new Set(names).size).toBe(names.length);
    }
  });

  it('is named after the stack, so that stacks of one account have their own', () => {
    const stack = synthesise(otherFleet);
    const [database] = Object.values(ofType(stack, 'AWS::Glue::Database'));
    expect(database?.Properties['DatabaseInput']).toMatchObject({ Name: 'fleet_2' });
    expect([stack.outputs['LakeDatabase'], stack.outputs['LakeWorkGroup']]).toEqual([
      'Catalog/Database',
      'Fleet-2',
    ]);
  });
});

describe('the workgroup', () => {
  it('limits what a query scans, encrypts results, and accepts no other location for them', () => {
    const { resources } = synthesise(otherFleet);
    expect(resources['Catalog/WorkGroup']?.Properties).toEqual({
      Name: 'Fleet-2',
      Description: 'Queries of closed days',
      RecursiveDeleteOption: true,
      WorkGroupConfiguration: {
        BytesScannedCutoffPerQuery: 5_000_000_000,
        EnforceWorkGroupConfiguration: true,
        EngineVersion: { SelectedEngineVersion: 'Athena engine version 3' },
        ResultConfiguration: {
          OutputLocation: 's3://Catalog/Results',
          ExpectedBucketOwner: 'AWS::AccountId',
          EncryptionConfiguration: { EncryptionOption: 'SSE_S3' },
        },
      },
    });
    expect(resources['Catalog/Results']?.Properties['LifecycleConfiguration']).toEqual({
      Rules: [
        {
          AbortIncompleteMultipartUpload: { DaysAfterInitiation: 7 },
          ExpirationInDays: 7,
          Status: 'Enabled',
        },
      ],
    });
  });

  it('encrypts results with the customer’s key if there is one', () => {
    const kmsKeyArn = 'arn:aws:kms:eu-central-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab';
    const { resources } = synthesise({ simledger: { kmsKeyArn } });
    expect(resources['Catalog/WorkGroup']?.Properties['WorkGroupConfiguration']).toMatchObject({
      ResultConfiguration: { EncryptionConfiguration: { EncryptionOption: 'SSE_KMS', KmsKey: kmsKeyArn } },
    });
  });

  it('has the saved queries, of the database', () => {
    const saved = Object.values(ofType(synthesise(), 'AWS::Athena::NamedQuery')).map(
      ({ Properties }) => Properties,
    );
    expect(saved).toEqual(
      savedQueries.map(({ name, description, sql }) => ({
        ...{ Name: name, Description: description, QueryString: sql },
        ...{ Database: 'Catalog/Database', WorkGroup: 'simledger' },
      })),
    );
  });
});

describe('a saved query', () => {
  const [most, countries, records] = savedQueries.map(({ sql }) =>
    sql.replace('current_date', "DATE '2026-11-15'"),
  );
  const usage = [
    ['a', '2026-10-31', { dataTotal: 1_000, country: 'DE', cost: '0.0000000001', currency: 'EUR' }],
    ['a', '2026-11-01', { dataTotal: 5, country: 'DE', cost: '0.1', currency: 'EUR' }],
    ['b', '2026-11-02', { dataTotal: 7, country: 'FR', tariff: 'M2M' }],
    ['b', '2026-11-03', { dataTotal: 1, country: 'DE', cost: '0.2', currency: 'EUR' }],
  ] as const;
  let view: string;

  beforeAll(async () => {
    for (const [index, [sim, day, about]] of usage.entries()) {
      const file = new RowFile('usage');
      file.add([makeUsage({ sim, start: `${day}T10:00:00.000Z`, recordId: `r${index}`, ...about })]);
      await writeFileOf(`queried/usage/day=${day}/bucket=0000.parquet`, file);
    }
    view = `CREATE VIEW usage AS SELECT * FROM read_parquet('${join(folder, 'queried/usage/*/*.parquet').replaceAll('\\', '/')}', hive_partitioning = true, hive_types = { 'day': VARCHAR })`;
  });

  it('shows which SIMs used most this month', async () => {
    expect(await query(most ?? '', [], view)).toEqual([
      { sim: 'b', sum_bytes: '8', count: '2' },
      { sim: 'a', sum_bytes: '5', count: '1' },
    ]);
  });

  it('shows what each country and tariff used, to the last decimal', async () => {
    const row = { tariff: null, currency: null, sum_messages: null, sum_cost: null };
    expect(await query(countries ?? '', ['2026-10-31', '2026-11-03'], view)).toEqual([
      {
        ...{ ...row, country: 'DE', currency: 'EUR', count_sim: '2', sum_bytes: '1006' },
        sum_cost: '0.3000000001',
      },
      { ...row, country: 'FR', tariff: 'M2M', count_sim: '1', sum_bytes: '7' },
    ]);
  });

  it('shows the usage records of a SIM', async () => {
    const found = await query(records ?? '', ['b', '2026-11-01', '2026-11-02'], view);
    expect(found).toMatchObject([{ sim: 'b', recordId: 'r2', start: '2026-11-02 10:00:00', dataTotal: '7' }]);
    expect(found).toHaveLength(1);
  });
});
