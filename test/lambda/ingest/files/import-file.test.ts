import { deflateSync, gzipSync } from 'node:zlib';
import { beforeEach, describe, expect, test } from 'vitest';
import { formatObjectName } from '../../../../lambda/ingest/files/messages.ts';
import { file, header, ids, row } from './cdr.ts';
import { Importing } from './importing.ts';

const importing = new Importing();

beforeEach(() => importing.reset());

/** A file that is imported, with what is expected of it. */
interface Case {
  readonly bytes: Uint8Array | string;
  /** Numbers of the rows that are in the ledger. */
  readonly stored: readonly number[];
  /** Code, row and the original bytes of each reject. */
  readonly rejects?: readonly (readonly [code: string, row: number, body: string])[];
}

const latin1Row = Buffer.from(row(2, { operator_name: 'Télécom' }), 'latin1');

const cases: Readonly<Record<string, Case>> = {
  'a header only': { bytes: `${header}\n`, stored: [] },
  'a header without a line break': { bytes: header, stored: [] },
  'rows, the last without a line break': { bytes: `${header}\n${row(1)}\n${row(2)}`, stored: [1, 2] },
  'lines that end with CRLF': { bytes: `${header}\r\n${row(1)}\r\n${row(2)}\r\n`, stored: [1, 2] },
  'a byte order mark': { bytes: `\uFEFF${header}\n${row(1)}\n`, stored: [1] },
  'semicolons between fields': {
    bytes: `${header}\n${row(1)}\n`.replaceAll('","', '";"').replaceAll(',,', ';;').replaceAll(',"', ';"'),
    stored: [1],
  },
  'tabs between fields': {
    bytes: `${header}\n${row(1)}\n`
      .replaceAll('","', '"\t"')
      .replaceAll(',,', '\t\t')
      .replaceAll(',"', '\t"'),
    stored: [1],
  },
  'no quotes at all': { bytes: `${header}\n${row(1)}\n${row(2)}\n`.replaceAll('"', ''), stored: [1, 2] },
  'blank lines': { bytes: `${header}\n\n${row(1)}\n\r\n\n${row(2)}\n\n`, stored: [1, 2] },
  'line breaks and quotes inside quotes': {
    bytes: `${header}\n${row(1, { organisation_name: 'a\nb\r\n"c"' })}\n${row(2)}\n`,
    stored: [1, 2],
  },
  'columns that no document lists': {
    bytes: `${header},"slice"\n${row(1)},"iot"\n${row(2)},\n`,
    stored: [1, 2],
  },
  'a field of a megabyte that is of no use': {
    bytes: `${header}\n${row(1, { organisation_name: 'x'.repeat(1024 * 1024) })}\n${row(2)}\n`,
    stored: [1, 2],
  },
  'a row with too few columns': {
    bytes: `${header}\n${row(1)}\n"1","2"\n${row(3)}\n`,
    stored: [1, 3],
    rejects: [['broken-row', 2, '"1","2"']],
  },
  'a row with too many columns': {
    bytes: `${header}\n${row(1)},"more"\n${row(2)},,\n`,
    stored: [2],
    rejects: [['broken-row', 1, `${row(1)},"more"`]],
  },
  'a row that is not UTF-8': {
    bytes: Buffer.concat([Buffer.from(`${header}\n${row(1)}\n`), latin1Row, Buffer.from(`\n${row(3)}\n`)]),
    stored: [1, 3],
    rejects: [['not-utf8', 2, latin1Row.toString('base64')]],
  },
  'a quote that is not closed': {
    bytes: `${header}\n${row(1)}\n${row(2).replace('","', ',"')}\n${row(3)}\n`,
    stored: [1, 3],
    rejects: [['broken-row', 2, row(2).replace('","', ',"')]],
  },
  'a quote that is not closed, and no other behind it': {
    bytes: `${header}\n${row(1)}\n"oops\n${row(3).replaceAll('"', '')}\n`,
    stored: [1, 3],
    rejects: [['broken-row', 2, '"oops']],
  },
  'an id that a spreadsheet has spoilt': {
    bytes: `${header}\n${row(1, { id: '4.42726E+12' })}\n${row(2, { iccid: '8.98828E+18' })}\n${row(3)}\n`,
    stored: [3],
    rejects: [
      ['scientific-notation', 1, row(1, { id: '4.42726E+12' })],
      ['scientific-notation', 2, row(2, { iccid: '8.98828E+18' })],
    ],
  },
  'an impossible time and a far future': {
    bytes: `${header}\n${row(1, { event_start_timestamp: '2026-02-30 00:00:00' })}\n${row(2, {
      event_start_timestamp: '2199-01-01 00:00:00',
    })}\n${row(3)}\n`,
    stored: [3],
    rejects: [
      ['impossible-time', 1, row(1, { event_start_timestamp: '2026-02-30 00:00:00' })],
      ['future-time', 2, row(2, { event_start_timestamp: '2199-01-01 00:00:00' })],
    ],
  },
  'a row without an id': {
    bytes: `${header}\n${row(1, { id: '' })}\n${row(2)}\n`,
    stored: [2],
    rejects: [['missing-identity', 1, row(1, { id: '' })]],
  },
  'an id of a megabyte': {
    bytes: `${header}\n${row(1, { id: '1'.repeat(1024 * 1024) })}\n${row(2)}\n`,
    stored: [2],
    rejects: [['oversized-field', 1, row(1, { id: '1'.repeat(1024 * 1024) })]],
  },
  'a row twice': { bytes: `${header}\n${row(1)}\n${row(1)}\n`, stored: [1] },
};

describe('a file with', () => {
  test.for(Object.entries(cases))('%s is imported: each row is stored or rejected', async ([, expected]) => {
    const { bytes, stored, rejects = [] } = expected;
    const object = await importing.put(importing.key, bytes);
    const result = await importing.import(object);
    expect(result.manifest?.reason).toBeUndefined();
    const rows = importing.receipt.received;
    expect(result).toMatchObject({
      outcome: 'done',
      manifest: { state: 'done', rows, accepted: rows - rejects.length, rejected: rejects.length },
    });
    const { received, ...kinds } = importing.receipt;
    expect(kinds.stored + kinds.repeated + kinds.rejected).toBe(received);
    expect(await importing.recordIds()).toEqual(ids(...stored));
    const kept = await importing.rejects(object);
    expect(kept.map(({ code, position, body }) => [code, position, body])).toEqual(
      rejects.map(([code, number, body]) => [code, `${formatObjectName(object)}#${number}`, body]),
    );
  });

  const refused: Readonly<Record<string, { bytes: Uint8Array | string; code: string; reason: RegExp }>> = {
    'nothing in it': { bytes: '', code: 'empty', reason: /^The file is empty$/ },
    'blank lines only': { bytes: '\n\r\n  \n', code: 'empty', reason: /^The file is empty$/ },
    'no column of ids': {
      bytes: `${header.replace('"id"', '"number"')}\n${row(1)}\n`,
      code: 'no-id-column',
      reason: /^The header has no column id/,
    },
    'columns of neither usage nor events': {
      bytes: '"id","price"\n"1","2"\n',
      code: 'unknown-columns',
      reason: /^The header has the columns of neither usage nor events/,
    },
    'UTF-16 with its mark': {
      bytes: Buffer.from(`\uFEFF${header}\n${row(1)}\n`, 'utf16le'),
      code: 'not-utf8',
      reason: /^The file is UTF-16, not UTF-8: save it as UTF-8 and put it again$/,
    },
    'UTF-16 without a mark': {
      bytes: Buffer.from(`${header}\n${row(1)}\n`, 'utf16le'),
      code: 'not-utf8',
      reason: /^The file is not UTF-8 text, but UTF-16 or binary data: save it/,
    },
    'something else than text': {
      bytes: Buffer.from(Array.from({ length: 3000 }, (_, n) => (n * 7) % 256)),
      code: 'not-utf8',
      reason: /^The file is not UTF-8 text, but UTF-16 or binary data: save it/,
    },
    'another encoding': {
      bytes: Buffer.from(`${header},"Übertragung"\n${row(1)}\n`, 'latin1'),
      code: 'not-utf8',
      reason: /^The file is not UTF-8 text; save it as UTF-8 and put it again$/,
    },
    'a zip archive': {
      bytes: Buffer.from('504b030414000000080000000000', 'hex'),
      code: 'unknown-columns',
      reason: /^The file is a zip archive or an Excel workbook, not CSV: put the CSV file itself$/,
    },
    'gzip in gzip': {
      bytes: gzipSync(gzipSync(`${header}\n${row(1)}\n`)),
      code: 'unknown-columns',
      reason: /^The file is gzip inside gzip, not CSV: put the CSV file itself, as it is or packed by gzip$/,
    },
    'another compression': {
      bytes: deflateSync(`${header}\n${row(1)}\n`),
      code: 'unknown-columns',
      reason: /^The file is compressed with zlib \(deflate\), not CSV: put the CSV file itself/,
    },
    'an old workbook': {
      bytes: Buffer.from('d0cf11e0a1b11ae100000000', 'hex'),
      code: 'unknown-columns',
      reason: /^The file is an Office file, not CSV: put the CSV file itself/,
    },
    'an error page': {
      bytes: '<!DOCTYPE html>\n<html><body>Forbidden</body></html>\n',
      code: 'unknown-columns',
      reason: /^The file is HTML or XML, not CSV, perhaps an error page/,
    },
    'JSON lines': {
      bytes: '{"id":1}\n{"id":2}\n',
      code: 'unknown-columns',
      reason: /^The file is JSON, not CSV: put its records into the source's stream/,
    },
    'a header without an end': {
      bytes: `${header}${',"x"'.repeat(40_000)}`,
      code: 'unknown-columns',
      reason: /^The first row is longer than 65536 bytes$/,
    },
    'lines that end with a carriage return only': {
      bytes: `${header}\r${row(1)}\r`,
      code: 'unknown-columns',
      reason: /^The header contains a line break: a quote is not closed, or lines end with a carriage return/,
    },
    'lines without quotes that end with a carriage return only': {
      bytes: `${header}\r${row(1)}\r`.replaceAll('"', ''),
      code: 'unknown-columns',
      reason: /^The header contains a line break/,
    },
    'a quote in the header that swallows rows': {
      bytes: `${header},"note\n${row(1).replaceAll('"', '')}\n"\n${row(2)}\n`,
      code: 'unknown-columns',
      reason: /^The header contains a line break/,
    },
    'a header that is not CSV': {
      bytes: `"id,"event_start_timestamp"\n${row(1)}\n`,
      code: 'unknown-columns',
      reason: /^The header is not a CSV row$/,
    },
  };

  test.for(Object.entries(refused))('%s is kept whole, and fails', async ([, { bytes, code, reason }]) => {
    const object = await importing.put(importing.key, bytes);
    const result = await importing.import(object);
    const counts = { rows: 0, accepted: 0, rejected: 0, position: 0 };
    expect(result).toMatchObject({
      outcome: 'failed',
      manifest: { state: 'failed', size: Buffer.from(bytes).length, ...counts },
    });
    expect(result.manifest?.reason).toMatch(reason);
    expect(importing.receipt).toEqual({
      received: 1,
      stored: 0,
      repeated: 0,
      ignored: 0,
      rejected: 1,
      failed: 0,
    });
    const [line, ...more] = await importing.rejects(object);
    expect([line?.code, line?.position, line?.body, more]).toEqual([code, formatObjectName(object), '', []]);
    expect(await importing.s3.getObject('simledger-quarantine', line?.object ?? '')).toEqual(
      Buffer.from(bytes),
    );
    expect(await importing.import(object)).toMatchObject({ outcome: 'repeated' });
  });
});

test('a manifest says what a file is, and how much of it is imported', async () => {
  const bytes = `${header}\n${row(1)}\n"broken"\n${row(3)}\n`;
  const object = await importing.put('of a carrier/cdr 1.csv', bytes);
  await importing.import(object, { now: () => Date.parse('2026-11-02T18:00:00Z') });
  expect(await importing.tables.items('Files')).toEqual([
    {
      object: { S: `files/of a carrier/cdr 1.csv@${object.versionId}` },
      source: { S: 'main' },
      carrier: { S: '1nce' },
      state: { S: 'done' },
      rows: { N: '3' },
      accepted: { N: '2' },
      rejected: { N: '1' },
      position: { N: String(Buffer.byteLength(bytes)) },
      size: { N: String(Buffer.byteLength(bytes)) },
      delivered: { S: expect.stringMatching(/^20\d\d-.*Z$/) },
      noted: { S: '2026-11-02T18:00:00.000Z' },
    },
  ]);
});

test('a second notification of a file changes nothing', async () => {
  const object = await importing.put(importing.key, file(50));
  await importing.import(object);
  const before = await importing.tables.everything();
  expect(await importing.import(object)).toMatchObject({ outcome: 'repeated', manifest: { rows: 50 } });
  expect(await importing.tables.everything()).toEqual(before);
});

test('the same rows in another file change nothing but the manifests, and count as repeated', async () => {
  const bytes = Buffer.concat([file(50), Buffer.from('"broken"\n')]);
  await importing.import(await importing.put(importing.key, bytes));
  const { Files, ...before } = await importing.tables.everything();
  const { receipt } = importing;
  expect(await importing.import(await importing.put(importing.key, bytes))).toMatchObject({
    outcome: 'done',
  });
  const { Files: both, ...after } = await importing.tables.everything();
  expect(after).toEqual(before);
  expect(both?.length).toBe((Files?.length ?? 0) + 1);
  expect(receipt).toEqual({ received: 51, stored: 50, repeated: 0, ignored: 0, rejected: 1, failed: 0 });
  expect(importing.receipt).toEqual({
    received: 102,
    stored: 50,
    repeated: 50,
    ignored: 0,
    rejected: 2,
    failed: 0,
  });
});
