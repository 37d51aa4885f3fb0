import { readFileSync } from 'node:fs';
import { beforeEach, describe, expect, test } from 'vitest';
import { isHeaderRow } from '../../../../lambda/carriers/datastreamer/csv.ts';
import { formatObjectName } from '../../../../lambda/ingest/files/messages.ts';
import { file, header, idOf, row } from './cdr.ts';
import { Importing } from './importing.ts';

const importing = new Importing();

beforeEach(() => importing.reset());

function fixture(name: string): Buffer {
  return readFileSync(new URL(`../../../fixtures/files/${name}`, import.meta.url));
}

/** Id, bytes up and down of each usage record in the ledger. */
async function stored(): Promise<(string | undefined)[][]> {
  const items = await importing.tables.items('Usage');
  return items
    .map(({ recordId, dataUploaded, dataDownloaded }) => [recordId?.S, dataUploaded?.N, dataDownloaded?.N])
    .sort();
}

/** Columns in another order, upload and download swapped. */
const swappedColumns = ['id', 'iccid', 'event_start_timestamp', 'volume_rx', 'volume_tx', 'volume'];
const swappedHeader = swappedColumns.join(',');

function swappedRow(number: number): string {
  return [
    idOf(number),
    '8988280666001000101',
    '2026-10-01 00:00:00',
    '0.000007',
    '0.000005',
    '0.000012',
  ].join(',');
}

const swapped = (number: number) => [idOf(number), '5', '7'];
const usual = (number: number) => [idOf(number), '1', '2'];

describe('a header among the rows', () => {
  test('of concatenated files applies to the rows after it', async () => {
    const result = await importing.import(await importing.put(importing.key, fixture('two-headers.csv')));
    expect(result.manifest).toMatchObject({ state: 'done', rows: 2, accepted: 2, rejected: 0 });
    expect((await stored()).map(([, up, down]) => [up, down])).toEqual([
      ['395', '346'],
      ['395', '346'],
    ]);
  });

  test.each([
    ['as it is', `${swappedHeader}\n${swappedRow(2)}\n`],
    ['with a byte-order mark', `\uFEFF${swappedHeader}\n${swappedRow(2)}\n`],
    ['with quotes and a byte-order mark', `\uFEFF"${swappedColumns.join('","')}"\r\n${swappedRow(2)}\r\n`],
    ['with another separator', `${swappedHeader}\n${swappedRow(2)}\n`.replaceAll(',', ';')],
    ['behind a stated separator', `sep=;\n${swappedHeader}\n${swappedRow(2)}\n`.replaceAll(',', ';')],
    ['behind blank lines and empty cells', `\n,,,\n${swappedHeader}\n${swappedRow(2)}\n`],
    ['twice', `${swappedHeader}\n${swappedHeader}\n${swappedRow(2)}\n`],
    ['with a column more', `${swappedHeader},slice\n${swappedRow(2)},iot\n`],
  ])('%s decides which columns are upload and download', async (_, rest) => {
    const text = `${header}\n${row(1)}\n${rest}${header}\n${row(3)}\n`;
    const { manifest } = await importing.import(await importing.put(importing.key, text));
    expect(manifest).toMatchObject({ state: 'done', rows: 3, accepted: 3, rejected: 0 });
    expect(await stored()).toEqual([usual(1), swapped(2), usual(3)]);
  });

  test('is remembered if the import continues in another invocation', async () => {
    const wide = { organisation_name: 'x'.repeat(40_000) };
    const lines = [1, 2, 3, 4, 5].map((number) => row(number, wide));
    const text = [
      header,
      ...lines,
      swappedHeader,
      swappedRow(6),
      header,
      ...lines,
      swappedHeader,
      swappedRow(7),
    ];
    const object = await importing.put(importing.key, `${text.join('\n')}\n`);
    const outcomes: string[] = [];
    while (outcomes.at(-1) !== 'done') {
      const { outcome } = await importing.import(object, { isTimeShort: () => true, blockBytes: 1_000 });
      outcomes.push(outcome);
    }
    expect(outcomes.length).toBeGreaterThan(5);
    expect(await stored()).toEqual([...[1, 2, 3, 4, 5].map(usual), swapped(6), swapped(7)]);
    expect(await importing.ports().files.read(formatObjectName(object))).toMatchObject({
      rows: 12,
      accepted: 12,
    });
  });

  test('without ids makes its rows rejects, which are kept with it', async () => {
    const noIds = 'iccid,event_start_timestamp,volume_rx,volume_tx,volume';
    const lost = '8988280666001000101,2026-10-01 00:00:00,0.1,0.2,0.3';
    const object = await importing.put(
      importing.key,
      `${header}\n${row(1)}\n${noIds}\n${lost}\n${header}\n${row(3)}\n`,
    );
    const { manifest } = await importing.import(object, { isTimeShort: () => true });
    expect(manifest?.state).toBe('importing');
    while ((await importing.import(object, { isTimeShort: () => true })).outcome !== 'done');
    expect(await stored()).toEqual([usual(1), usual(3)]);
    expect(
      (await importing.rejects(object)).map((line) => [line.code, line.position, line.body, line.header]),
    ).toEqual([['no-id-column', `${formatObjectName(object)}#2`, lost, noIds]]);
  });

  test('that contains rows is a reject, and so are the rows under it', async () => {
    const swallowing = `${swappedHeader},"note\n${swappedRow(2)}\n"`;
    const object = await importing.put(
      importing.key,
      `${header}\n${row(1)}\n${swallowing}\n${swappedRow(3)}\n${header}\n${row(4)}\n`,
    );
    const { manifest } = await importing.import(object);
    expect(manifest).toMatchObject({ state: 'done', rows: 4, accepted: 2, rejected: 2 });
    expect(await stored()).toEqual([usual(1), usual(4)]);
    expect((await importing.rejects(object)).map(({ code, body }) => [code, body])).toEqual([
      ['unknown-columns', swallowing],
      ['unknown-columns', swappedRow(3)],
    ]);
  });

  test('is kept with the rows that are rejected under it, unless it is the first', async () => {
    const broken = swappedRow(2).replace('0.000007', 'x');
    const text = `${header}\n"1"\n${swappedHeader}\n${broken}\n`;
    const object = await importing.put(importing.key, text);
    await importing.import(object);
    expect((await importing.rejects(object)).map((line) => [line.body, line.header])).toEqual([
      ['"1"', undefined],
      [broken, swappedHeader],
    ]);
  });

  test.each([
    [header.replaceAll('"', '').split(','), true],
    [swappedColumns, true],
    [['ID ', ' ICCID', 'Volume', 'whatever'], true],
    [['id', 'slice', 'colour'], false],
    [['id', 'iccid', 'a', 'b', 'c', 'd'], false],
    [row(1).replaceAll('"', '').split(','), false],
    [['5000000001', 'volume', 'cost', 'alert'], false],
    [['', '', ''], false],
  ])('is distinguished from a record: %j', (cells, expected) => {
    expect(isHeaderRow(cells)).toBe(expected);
  });
});

describe('a spreadsheet’s file', () => {
  test.each([['spreadsheet-empty-rows.csv'], ['sep-line.csv']])('%s holds one record', async (name) => {
    const { manifest } = await importing.import(await importing.put(importing.key, fixture(name)));
    expect(manifest).toMatchObject({ state: 'done', rows: 1, accepted: 1, rejected: 0 });
  });

  test.each([['sep=;'], ['SEP=;'], ['"sep=;"'], ['\uFEFFsep=;'], ['sep=;;;']])('states %s', async (line) => {
    const text = `${line}\n${swappedHeader.replaceAll(',', ';')}\n${swappedRow(1).replaceAll(',', ';')}\n`;
    const { manifest } = await importing.import(await importing.put(importing.key, text));
    expect(manifest).toMatchObject({ state: 'done', rows: 1, accepted: 1, rejected: 0 });
    expect(await stored()).toEqual([swapped(1)]);
  });
});

describe('an empty object', () => {
  test.each([['archive/'], ['2026/_SUCCESS'], ['_started'], ['archive_$folder$']])(
    '%s is a marker, of which nothing is noted',
    async (name) => {
      expect(await importing.import(await importing.put(name, ''))).toEqual({
        outcome: 'marker',
        manifest: undefined,
      });
      expect(await importing.tables.items('Files')).toEqual([]);
    },
  );

  test.each([['cdr_20261102_000000.csv'], ['cdr_20261102_000000.CSV.GZ']])('%s is a file', async (name) => {
    expect((await importing.import(await importing.put(name, ''))).manifest).toMatchObject({
      state: 'failed',
      reason: 'The file is empty',
    });
  });
});

describe('a file that is given up', () => {
  test('is listed even if it could not be opened', async () => {
    const object = await importing.put(importing.key, file(3));
    const denied = { open: () => Promise.reject(new Error('AccessDenied')) };
    await expect(importing.import(object, denied)).rejects.toThrow('AccessDenied');
    expect(await importing.ports().files.read(formatObjectName(object))).toMatchObject({
      state: 'importing',
      rows: 0,
      position: 0,
    });
    expect(await importing.import(object)).toMatchObject({ outcome: 'done', manifest: { rows: 3 } });
  });

  test('is listed even if its first rows were not stored', async () => {
    const object = await importing.put(importing.key, file(3));
    const writer = { write: () => Promise.reject(new Error('The process ended')) };
    await expect(importing.import(object, { writer })).rejects.toThrow('The process ended');
    expect(await importing.ports().files.read(formatObjectName(object))).toMatchObject({
      state: 'importing',
      rows: 0,
    });
  });
});
