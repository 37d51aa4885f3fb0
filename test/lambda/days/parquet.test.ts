import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type FlatRow, listRowColumns, type Row, rowFormats } from '../../../lambda/days/columns.ts';
import { printRow } from '../../../lambda/days/digests.ts';
import { openColumns, type ParquetSource, RowFile, readRows } from '../../../lambda/days/parquet.ts';
import type { RowKind } from '../../../lambda/days/rows.ts';
import type { Usage } from '../../../lambda/ledger/observation.ts';
import { event, session, usage } from '../../records/arbitraries.ts';
import { runs } from '../../records/runs.ts';
import { makeUsage } from './records.ts';

function writeRows<K extends RowKind>(kind: K, ...batches: readonly (readonly Row<K>[])[]): Uint8Array {
  const file = new RowFile(kind);
  for (const batch of batches) file.add(batch);
  return file.finish();
}

/** A file in memory, and the ranges that were read from it. */
function openBytes(bytes: Uint8Array): ParquetSource & { readonly ranges: number[] } {
  const ranges: number[] = [];
  return {
    ranges,
    byteLength: bytes.byteLength,
    slice(start, end = bytes.byteLength) {
      const from = start < 0 ? bytes.byteLength + start : start;
      ranges.push(end - from);
      return bytes.slice(from, end).buffer;
    },
  };
}

async function readAll<K extends RowKind>(kind: K, bytes: Uint8Array, sim?: string): Promise<Row<K>[]> {
  const rows: Row<K>[] = [];
  for await (const some of readRows(kind, openBytes(bytes), sim)) rows.push(...some);
  return rows;
}

/** Texts that formats often change. */
const text = fc.constantFrom(
  '',
  ' a ',
  '\uFEFFmark',
  'Ä',
  '😀',
  '\u0000',
  '00123',
  'NULL',
  '2026-11-02',
  'x'.repeat(400),
);
const decimal = fc.constantFrom('0.1', '-0.0000000001', `${'9'.repeat(36)}`, `0.${'1'.repeat(36)}`);
const time = fc.constantFrom(
  '2000-01-01T00:00:00.000Z',
  '9998-12-31T23:59:59.999Z',
  '2026-11-02T10:00:00.001Z',
);
const values: Readonly<Record<string, fc.Arbitrary<FlatRow[string]>>> = {
  text,
  decimal,
  time,
  whole: fc.constantFrom(0, 1, Number.MAX_SAFE_INTEGER, -Number.MAX_SAFE_INTEGER),
  degrees: fc.constantFrom(0, -1.5, 118.5720773, 1e-12),
  flag: fc.constant(true),
};

/** Rows of a kind with all possible attributes and any values of their columns. */
function anyRow(kind: RowKind): fc.Arbitrary<Row> {
  const columns = listRowColumns(kind).map(({ name, kind: valueKind, isRequired }) => {
    const value = values[valueKind] ?? text;
    return [name, isRequired ? value : fc.option(value, { nil: undefined })] as const;
  });
  return fc.record(Object.fromEntries(columns)).map((flat) => rowFormats[kind].decode(flat));
}

/** Rows as from real records, with keys that are made of times and ids, and with others. */
function listReal(kind: RowKind): readonly Row[] {
  if (kind === 'usage' || kind === 'usageRenderings') {
    return fc.sample(usage, { numRuns: 1, seed: 1 }).map((one) => ({ ...one, dataTotal: 1, ...noNumbers }));
  }
  if (kind === 'sessions') {
    const [one] = fc.sample(session, { numRuns: 1, seed: 1 });
    if (one === undefined) return [];
    const terminal = { status: 'ended' as const, end: one.start };
    return [{ ...one, terminal, groups: { ...one.groups, totals: undefined } }];
  }
  return fc.sample(event, { numRuns: 1, seed: 1 }).map(({ arrivedAt, ...one }) => one);
}

const noNumbers = {
  dataUploaded: undefined,
  dataDownloaded: undefined,
  messages: undefined,
  messagesTx: undefined,
  messagesRx: undefined,
  sessionUploaded: undefined,
  sessionDownloaded: undefined,
  sessionTotal: undefined,
  volume: '1',
  costVolume: undefined,
} as const satisfies Partial<Usage>;

/** Usage of always-on SIMs, one record every six minutes. */
function listUsage(sims: number, windows: number): Usage[] {
  return Array.from({ length: sims * windows }, (_, index) => {
    const window = index % windows;
    const start = new Date(Date.UTC(2026, 10, 2) + window * 360_000).toISOString();
    return makeUsage({
      sim: String(8_988_307_000_000_000_000n + BigInt(Math.floor(index / windows))),
      start,
      end: new Date(Date.UTC(2026, 10, 2) + (window + 1) * 360_000).toISOString(),
      recordId: `EZ${index}`,
      dataTotal: index,
      cost: `0.${String(index).padStart(10, '0')}`,
      currency: 'EUR',
      country: index % 3 === 0 ? 'DE' : undefined,
    });
  });
}

describe('a Parquet file of rows', () => {
  it.each(['usage', 'events', 'sessions', 'usageRenderings', 'eventRenderings'] as const)(
    'keeps everything in %s',
    async (kind) => {
      await fc.assert(
        fc.asyncProperty(fc.array(anyRow(kind), { maxLength: 5 }), async (made) => {
          const rows = [...made, ...listReal(kind)] as Row<typeof kind>[];
          const read = await readAll(kind, writeRows(kind, rows));
          expect(read.map((row) => printRow(kind, row))).toEqual(rows.map((row) => printRow(kind, row)));
        }),
        runs(60),
      );
    },
  );

  it.each(['usage', 'sessions'] as const)('has the same content column by column: %s', async (kind) => {
    const columns = listRowColumns(kind);
    await fc.assert(
      fc.asyncProperty(fc.array(anyRow(kind), { minLength: 1, maxLength: 5 }), async (made) => {
        const rows = [...made, ...listReal(kind)] as Row<typeof kind>[];
        const source = openBytes(writeRows(kind, rows));
        const names = columns.map(({ name }) => name);
        const [readGroup] = await openColumns(kind, source, names);
        const group = await readGroup?.();
        const found = rows.map((_, row) => names.map((name) => group?.columns.get(name)?.read(row)));
        expect(found).toEqual(rows.map((row) => columns.map(({ read }) => read(row))));
      }),
      runs(10),
    );
  });

  it('stores mostly distinct texts by row, and others in a dictionary', async () => {
    const rows = listUsage(20, 240);
    const [readGroup] = await openColumns('usage', openBytes(writeRows('usage', rows)), [
      ...['sim', 'recordId', 'usageId', 'start', 'country', 'cost'],
    ]);
    const { columns } = (await readGroup?.()) ?? { columns: new Map() };
    for (const row of [0, 999, 1_000, 2_500, 4_799]) {
      const { sim, recordId, usageId, start, country, cost } = rows[row] ?? {};
      expect(
        ['sim', 'recordId', 'usageId', 'start', 'country', 'cost'].map((name) =>
          columns.get(name)?.read(row),
        ),
      ).toEqual([sim, recordId, usageId, start, country, cost]);
    }
  });

  it('is the same for any batches of rows, on every machine', () => {
    const rows = listUsage(2, 240);
    const file = writeRows('usage', rows);
    expect(writeRows('usage', rows.slice(0, 7), [], rows.slice(7))).toEqual(file);
    // Another version of the writer may write other bytes; the rows and their root stay the same.
    expect(createHash('sha256').update(file).digest('hex')).toBe(
      '3ba4eb45d4387a5cc8733304071c82c504c37b9f8d584795e6517309414cc346',
    );
  });

  it('without rows can be read', async () => {
    expect(await readAll('usage', writeRows('usage'))).toEqual([]);
  });
});

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'simledger-lake-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function query(sql: string): Promise<unknown[]> {
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  try {
    return (await connection.runAndReadAll(sql)).getRowObjectsJson();
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

describe('a Parquet file of more than 20,000 rows', () => {
  let rows: Usage[];
  let bytes: Uint8Array;

  beforeAll(() => {
    rows = listUsage(101, 200);
    bytes = writeRows('usage', rows);
  });

  it('is read partly for a single SIM', async () => {
    const sim = rows.at(-1)?.sim ?? '';
    const source = openBytes(bytes);
    const found: Usage[] = [];
    for await (const some of readRows('usage', source, sim)) found.push(...some);
    expect(found).toEqual(rows.filter((row) => row.sim === sim));
    // The file's end is read first, and shows that the first 20,000 rows are another group.
    expect(source.ranges.slice(1).reduce((sum, range) => sum + range, 0)).toBeLessThan(bytes.byteLength / 2);
  });

  it('has several row groups, from which DuckDB reads types and exact sums', async () => {
    const path = join(folder, 'usage.parquet');
    await writeFile(path, bytes);
    const sum = rows.reduce((total, { dataTotal }) => total + BigInt(dataTotal), 0n);
    expect(
      await query(
        `SELECT count(*)::INT AS rows, sum(dataTotal)::VARCHAR AS bytes,
                sum(CAST(cost AS DECIMAL(38, 10)))::VARCHAR AS cost,
                count(country)::INT AS countries, min(sim) AS sim, max("end")::VARCHAR AS "end",
                any_value(typeof(start)) AS time, any_value(typeof(dataTotal)) AS whole
         FROM '${path}'`,
      ),
    ).toEqual([
      {
        rows: rows.length,
        bytes: String(sum),
        cost: `${sum / 10n ** 10n}.${String(sum % 10n ** 10n).padStart(10, '0')}`,
        countries: rows.filter(({ country }) => country !== undefined).length,
        sim: rows[0]?.sim,
        end: '2026-11-02 20:00:00',
        time: 'TIMESTAMP',
        whole: 'BIGINT',
      },
    ]);
    expect(await query(`SELECT DISTINCT compression FROM parquet_metadata('${path}')`)).toEqual([
      { compression: 'SNAPPY' },
    ]);
    expect(await query(`SELECT num_row_groups::INT AS groups FROM parquet_file_metadata('${path}')`)).toEqual(
      [{ groups: 2 }],
    );
  });
});

describe('DuckDB', () => {
  it.each(['usage', 'events', 'sessions'] as const)('reads every value of %s unchanged', async (kind) => {
    const rows = fc.sample(anyRow(kind), { numRuns: 50, seed: 1 }) as Row<typeof kind>[];
    const path = join(folder, `${kind}.parquet`);
    await writeFile(path, writeRows(kind, rows));
    const columns = listRowColumns(kind).filter(({ derivedFrom }) => derivedFrom === undefined);
    const selected = columns.map(({ name, kind: valueKind }) =>
      valueKind === 'time'
        ? `strftime("${name}", '%Y-%m-%dT%H:%M:%S.%gZ') AS "${name}"`
        : valueKind === 'whole'
          ? `"${name}"::VARCHAR AS "${name}"`
          : `"${name}"`,
    );
    // DuckDB's client drops a byte order mark at the beginning of a text.
    const expected = rows.map((row) =>
      Object.fromEntries(
        columns.map(({ name, kind: valueKind, read }) => {
          const value = read(row) ?? null;
          if (typeof value === 'string') return [name, value.replace(/^\uFEFF/, '')];
          return [name, valueKind === 'whole' && value !== null ? String(value) : value];
        }),
      ),
    );
    expect(await query(`SELECT ${selected.join(', ')} FROM '${path}'`)).toEqual(expected);
  });

  it('reads each row once from all files of a kind after a bucket was written again', async () => {
    const day = join(folder, 'day=2026-11-02');
    const rows = listUsage(4, 10);
    await mkdir(day);
    await writeFile(join(day, 'bucket=0000.parquet'), writeRows('usage', rows.slice(0, 20)));
    await writeFile(join(day, 'bucket=0001.parquet'), writeRows('usage', rows.slice(20, 39)));
    await writeFile(join(day, 'bucket=0001.parquet'), writeRows('usage', rows.slice(20)));
    const glob = join(folder, 'day=*', '*.parquet');
    expect(
      await query(`SELECT count(*)::INT AS rows, count(DISTINCT recordId)::INT AS ids, any_value(day)::VARCHAR AS day
                   FROM read_parquet('${glob}', hive_partitioning = true)`),
    ).toEqual([{ rows: 40, ids: 40, day: '2026-11-02' }]);
  });
});
