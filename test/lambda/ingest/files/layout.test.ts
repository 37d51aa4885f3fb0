import { describe, expect, test } from 'vitest';
import { isFault } from '../../../../lambda/carriers/reading.ts';
import { parseLayout, readLayout, swallowsRows, takeHeader } from '../../../../lambda/ingest/files/layout.ts';
import type { ParsedRow } from '../../../../lambda/ingest/files/rows.ts';

const header = 'iccid,id,event_start_timestamp,volume_rx,volume_tx,volume';
const rows = '8988280666001000101,1,2026-10-01 00:00:00,0.1,0.2,0.3\n';

/** Reads the header of a file that arrives in chunks of this size. */
async function read(file: string | Buffer, chunk: number) {
  const bytes = Buffer.from(file);
  /** Chunks that were asked for, of the header and in all. */
  const asked = { header: 0, chunks: 0 };
  async function* arrive(): AsyncGenerator<Uint8Array> {
    for (let at = 0; at < bytes.length; at += chunk) {
      asked.chunks += 1;
      yield bytes.subarray(at, at + chunk);
    }
  }
  const found = await readLayout('cdr_1.csv', arrive(), undefined);
  asked.header = asked.chunks;
  if (isFault(found)) return { asked, fault: found };
  const { layout, headerBytes, blocks } = found;
  const block = await blocks.readNext(',');
  return { asked, header: layout.header, headerBytes, rest: block?.bytes.toString() ?? '' };
}

describe('the header of a file', () => {
  test.each([
    ['its first row', `${header}\n${rows}`, header, header.length + 1],
    ['its only row, without a line break', header, header, header.length],
    ['its first row without the byte-order mark', `\uFEFF${header}\r\n${rows}`, header, header.length + 5],
    ['its first row without blanks behind it', `${header} \t\r\n${rows}`, header, header.length + 4],
    ['its first row without blanks before it', ` \t\v\f${header}\n${rows}`, header, header.length + 5],
    ['the first row that is not blank', `\n \r\n,,\n${header}\n${rows}`, header, header.length + 8],
    ['the row behind a stated separator', `sep=,\n${header}\n${rows}`, header, header.length + 7],
    ['a row with a line break in quotes', `${header},"a\nb"\n${rows}`, `${header},"a\nb"`, header.length + 7],
  ])('is %s, in whatever chunks it arrives', async (_, file, found, headerBytes) => {
    const rest = file.endsWith(rows) ? rows : '';
    for (const chunk of [1, 7, 1_000]) {
      expect(await read(file, chunk)).toMatchObject({ header: found, headerBytes, rest });
    }
  });

  test.each([
    [61, 2],
    [64, 1],
    [70, 1],
  ])(
    'is read without the rest of the file, but for 64 bytes that show the format: %i, %i',
    async (chunk, chunks) => {
      expect((await read(`${header}\n${rows.repeat(100)}`, chunk)).asked.header).toBe(chunks);
    },
  );

  test.each([
    ['nothing', '', 'empty', 'The file is empty'],
    ['blanks and line breaks', ' \n\r\n', 'empty', 'The file is empty'],
    [
      'JSON',
      '{"id":1}\n',
      'unknown-columns',
      "The file is JSON, not CSV: put its records into the source's stream, as simledger import does",
    ],
    [
      'names that are not known',
      'id,price\n1,2\n',
      'unknown-columns',
      /^The header has the columns of neither/,
    ],
    ['a zero byte', `${header},\0\n`, 'not-utf8', /^The file is not UTF-8 text, but UTF-16 or binary data/],
    [
      'another encoding',
      Buffer.from(`${header},é\n`, 'latin1'),
      'not-utf8',
      /^The file is not UTF-8 text; save it/,
    ],
    [
      'a long first row',
      `${header}${',x'.repeat(33_000)}\n`,
      'unknown-columns',
      'The first row is longer than 65536 bytes',
    ],
    [
      'a long only row',
      `${header}${',x'.repeat(33_000)}`,
      'unknown-columns',
      'The first row is longer than 65536 bytes',
    ],
  ])('is missing where a file holds %s', async (_, file, code, problem) => {
    for (const chunk of [1_000, 100_000]) {
      const { fault } = await read(file, chunk);
      expect([fault?.code, fault?.problem]).toEqual([
        code,
        typeof problem === 'string' ? problem : expect.stringMatching(problem),
      ]);
    }
  });

  test('has at most 65,536 bytes with its line break', async () => {
    const long = `${header},`.padEnd(65_535, 'x');
    expect(await read(`${long}\n${rows}`, 10_000)).toMatchObject({ headerBytes: 65_536, rest: rows });
    expect((await read(`${long}x\n${rows}`, 10_000)).fault?.code).toBe('unknown-columns');
  });

  test('that does not end is not read much further than that', async () => {
    const { asked, fault } = await read('x'.repeat(1_000_000), 1_000);
    expect([asked.chunks, fault?.code]).toEqual([66, 'unknown-columns']);
  });

  test.each([
    ['"a\nb",c', false],
    ['"a\nb","c,d"', false],
    ['"a\r\nb",c', false],
    ['"a,b",c', false],
    ['"a\nb,c",d', true],
    ['"a\nb,c";d;e', false],
    ['a\rb,c', true],
    ['"a\n1,2', true],
  ])('%j swallows rows: %s', (text, swallows) => {
    expect(swallowsRows(text)).toBe(swallows);
  });
});

describe('columns that usage and events have', () => {
  test.each([
    ['events_1.csv', undefined],
    ['2026/events_1.csv', undefined],
    ['events_2026/cdr_1.csv', 'unknown-columns'],
    ['2026/all_events_1.csv', 'unknown-columns'],
  ])('are those of events by the name of the file, whatever its folder is: %s', (key, code) => {
    expect(parseLayout('id,timestamp,iccid', key).fault?.code).toBe(code);
  });
});

describe('a row among others', () => {
  const layout = parseLayout(header, 'cdr_1.csv');
  const other = 'id,iccid,event_start_timestamp,volume_rx,volume_tx,volume';
  const blank = 'iccid, id,event_start_timestamp,volume_rx,volume_tx,volume';

  /** A row as it is parsed: simple fields, or broken. */
  function parse(bytes: string | Buffer, more: Partial<ParsedRow> = {}): ParsedRow {
    return { fields: bytes.toString().split(','), isText: true, bytes: Buffer.from(bytes), ...more };
  }

  test.each([
    ['the header in force', parse(header), header],
    ['it with a byte-order mark and blanks behind it', parse(`\uFEFF${header} \t`), header],
    ['another one', parse(other), other],
    ['one with a mark inside of it', parse(`${other},\uFEFFx`), `${other},\uFEFFx`],
    ['one with a blank before the name of its column of ids', parse(blank), blank],
    ['one of 65,536 bytes', parse(`${other},`.padEnd(65_536, 'x')), `${other},`.padEnd(65_536, 'x')],
  ])('is a header if it is %s', (_, row, found) => {
    expect(takeHeader(row, layout)).toBe(found);
  });

  test('is a header if it is the one in force, whatever its names are', () => {
    expect(takeHeader(parse('a,b'), parseLayout('a,b', 'cdr_1.csv'))).toBe('a,b');
  });

  test.each([
    ['a record', parse(rows.trimEnd())],
    ['a record with a text as its id', parse('8988280666001000101,x1,2026-10-01 00:00:00,0.1,0.2,0.3')],
    ['shorter than up to its id', parse('8988280666001000101')],
    ['broken', parse('a"b,c', { fields: undefined })],
    ['of names that are not known', parse('a,b')],
    ['a header longer than 65,536 bytes', parse(`${other},`.padEnd(65_537, 'x'))],
    [
      'a header that is not UTF-8',
      parse(Buffer.from(`${other},é`, 'latin1'), { fields: undefined, isText: false }),
    ],
  ])('is not a header if it is %s', (_, row) => {
    expect(takeHeader(row, layout)).toBeUndefined();
  });
});
