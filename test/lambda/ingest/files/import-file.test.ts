import { deflateSync, gzipSync } from 'node:zlib';
import { DeleteObjectCommand } from '@aws-sdk/client-s3';
import { beforeEach, describe, expect, test } from 'vitest';
import { blockBytes } from '../../../../lambda/ingest/files/blocks.ts';
import { type ImportPorts, importFile } from '../../../../lambda/ingest/files/import-file.ts';
import { type FileObject, formatObjectName } from '../../../../lambda/ingest/files/messages.ts';
import type { LedgerPorts } from '../../../../lambda/ingest/ingest.ts';
import type { NoteLate } from '../../../../lambda/ingest/late.ts';
import type { Manifest } from '../../../../lambda/store/manifest.ts';
import { withoutWaiting } from '../../store/without-waiting.ts';
import { file, header, iccidOf, idOf, row } from './cdr.ts';
import { Importing } from './importing.ts';

const importing = new Importing();

let count = 0;
let key = '';

beforeEach(async () => {
  key = `cdr_20261102_${String(++count).padStart(6, '0')}.csv`;
  await importing.reset();
});

function ids(...numbers: number[]): string[] {
  return numbers.map(idOf);
}

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
  test.for(Object.entries(cases))(
    '%s is taken in: each row is accepted or rejected',
    async ([, expected]) => {
      const { bytes, stored, rejects = [] } = expected;
      const object = await importing.put(key, bytes);
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
    },
  );

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
    const object = await importing.put(key, bytes);
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

test('a file that is announced again changes nothing', async () => {
  const object = await importing.put(key, file(50));
  await importing.import(object);
  const before = await importing.tables.everything();
  expect(await importing.import(object)).toMatchObject({ outcome: 'repeated', manifest: { rows: 50 } });
  expect(await importing.tables.everything()).toEqual(before);
});

test('the same rows in another file change nothing but the manifests, and count as repeated', async () => {
  const bytes = Buffer.concat([file(50), Buffer.from('"broken"\n')]);
  await importing.import(await importing.put(key, bytes));
  const { Files, ...before } = await importing.tables.everything();
  const { receipt } = importing;
  expect(await importing.import(await importing.put(key, bytes))).toMatchObject({ outcome: 'done' });
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

/** A file of five blocks, every hundredth row broken. */
function longFile(): { bytes: Buffer; rows: number; rejected: number } {
  const rows: string[] = [];
  const wide = { organisation_name: 'x'.repeat(1500) };
  for (let number = 1; rows.length * row(0, wide).length < 4.5 * blockBytes; number += 1) {
    rows.push(number % 100 === 0 ? '"broken"' : row(number, wide));
  }
  const rejected = rows.filter((one) => one === '"broken"').length;
  return { bytes: Buffer.from(`${[header, ...rows].join('\n')}\n`), rows: rows.length, rejected };
}

describe('a long file', () => {
  const { bytes, rows, rejected } = longFile();
  const done = { state: 'done', rows, accepted: rows - rejected, rejected, position: bytes.length };

  async function expectWhole(object: Awaited<ReturnType<Importing['put']>>): Promise<void> {
    expect((await importing.tables.items('Files')).length).toBe(1);
    expect(await importing.ports().files.read(formatObjectName(object))).toMatchObject(done);
    const stored = new Set(await importing.recordIds());
    expect(stored.size).toBe(rows - rejected);
    const kept = await importing.rejects(object);
    expect(kept.map(({ position }) => Number(position.split('#')[1]))).toEqual(
      Array.from({ length: rejected }, (_, n) => (n + 1) * 100),
    );
  }

  test('goes on where it stopped when the time runs short, however often', async () => {
    const object = await importing.put(key, bytes);
    const outcomes: (readonly [string, number | undefined])[] = [];
    for (let time = 0; time < 9 && outcomes.at(-1)?.[0] !== 'done'; time += 1) {
      const { outcome, manifest } = await importing.import(object, { isTimeShort: () => true });
      outcomes.push([outcome, manifest?.rows]);
      expect(manifest?.rows).toBe(importing.receipt.received);
    }
    expect(outcomes.map(([outcome]) => outcome)).toEqual(['continue', 'continue', 'done']);
    expect(importing.receipt).toMatchObject({ received: rows, stored: rows - rejected, rejected });
    await expectWhole(object);
  });

  test('that breaks off in the middle is delivered again, and ends with the same counts', async () => {
    withoutWaiting();
    const object = await importing.put(key, bytes);
    await importing.import(object, { isTimeShort: () => true });
    const { writer } = importing.ports();
    let batches = 0;
    const breaking: LedgerPorts['writer'] = {
      write: async (changes, options) => {
        batches += 1;
        if (batches === 1) return writer.write(changes, options);
        // The process ends when a part of the block is stored.
        await writer.write({ ...changes, usage: changes.usage.slice(0, 100) }, options);
        throw new Error('The process ended');
      },
    };
    await expect(importing.import(object, { writer: breaking })).rejects.toThrow('The process ended');
    expect(await importing.ports().files.read(formatObjectName(object))).toMatchObject({
      state: 'importing',
    });
    expect(await importing.import(object)).toMatchObject({ outcome: 'done', manifest: done });
    await expectWhole(object);
  });

  test('is taken in once by two that import it at the same time', async () => {
    const object = await importing.put(key, bytes);
    const results = await Promise.all([importing.import(object), importing.import(object)]);
    expect(results).toMatchObject([
      { outcome: 'done', manifest: done },
      { outcome: 'done', manifest: done },
    ]);
    await expectWhole(object);
  });

  test('is tried again where the store does not take all of a block, and given up after a while', async () => {
    withoutWaiting();
    const object = await importing.put(key, bytes);
    const { writer } = importing.ports();
    let failing = 3;
    const attempts: number[] = [];
    const limping: LedgerPorts['writer'] = {
      write: async (changes, options) => {
        attempts.push(changes.usage.length);
        if (failing === 0) return writer.write(changes, options);
        failing -= 1;
        return { repeated: new Set(), failed: new Set([5]), errors: [new Error('throttled')], gains: [] };
      },
    };
    expect(await importing.import(object, { writer: limping })).toMatchObject({
      outcome: 'done',
      manifest: done,
    });
    expect(attempts.length).toBe(5 + 3);
    await expectWhole(object);

    failing = 100;
    const other = await importing.put(`other-${key}`, bytes);
    await expect(importing.import(other, { writer: limping })).rejects.toThrow(
      `1 rows after row 0 of ${formatObjectName(other)} were not stored: Error: throttled`,
    );
    // Both parts that were being stored were tried four times.
    expect(failing).toBe(100 - 8);
  });
});

describe('an object that is not what was announced any more', () => {
  test('is gone when it was deleted from a bucket without versions', async () => {
    const object = await importing.put(key, file(3), 'unversioned');
    await importing.client.send(new DeleteObjectCommand({ Bucket: 'unversioned', Key: key }));
    expect(await importing.import(object)).toEqual({ outcome: 'gone', manifest: undefined });
    expect(await importing.tables.everything()).toMatchObject({ Usage: [], Files: [] });
  });

  test('is still there where versions are kept', async () => {
    const object = await importing.put(key, file(3));
    await importing.client.send(new DeleteObjectCommand({ Bucket: 'files', Key: key }));
    expect(await importing.import(object)).toMatchObject({ outcome: 'done', manifest: { rows: 3 } });
  });

  test('is gone when its version was deleted', async () => {
    const object = await importing.put(key, file(3));
    const VersionId = object.versionId ?? '';
    await importing.client.send(new DeleteObjectCommand({ Bucket: 'files', Key: key, VersionId }));
    expect(await importing.import(object)).toEqual({ outcome: 'gone', manifest: undefined });
  });

  test('is gone when another took its place, which is imported by its own announcement', async () => {
    const first = await importing.put(key, file(3), 'unversioned');
    const second = await importing.put(key, file(2, 10), 'unversioned');
    expect(await importing.import(first)).toEqual({ outcome: 'gone', manifest: undefined });
    expect(await importing.import(second)).toMatchObject({ outcome: 'done', manifest: { rows: 2 } });
    expect(await importing.recordIds()).toEqual(ids(10, 11));
  });

  test('that was overwritten where versions are kept is imported, and so is the other', async () => {
    const first = await importing.put(key, file(2));
    const second = await importing.put(key, file(2, 10));
    await Promise.all([importing.import(first), importing.import(second)]);
    expect(await importing.recordIds()).toEqual(ids(0, 1, 10, 11));
    expect((await importing.tables.items('Files')).length).toBe(2);
  });

  test('in the middle of its import leaves a manifest that says so', async () => {
    const object = await importing.put(key, longFile().bytes, 'unversioned');
    const { manifest } = await importing.import(object, { isTimeShort: () => true });
    await importing.put(key, file(1), 'unversioned');
    const later = Date.parse('2026-11-02T18:00:00Z');
    const result = await importing.import(object, { now: () => later });
    const { header: _, ...failed }: Manifest = {
      ...manifest!,
      state: 'failed',
      noted: new Date(later).toISOString(),
      reason: 'The file was deleted or replaced before all of it was imported',
    };
    expect(result).toEqual({ outcome: 'gone', manifest: failed });
    expect(await importing.ports().files.read(formatObjectName(object))).toEqual(failed);
  });
});

describe('rows that came later than their source may deliver', () => {
  const first = Date.parse('2026-10-01T00:02:00Z');
  const bytes = `${header}\n${row(20)}\n${row(40)}\n`;
  const sim = iccidOf(20);

  /** Imports a file of a source whose records may come an hour late. @returns what is noted. */
  async function importLate(object: FileObject, instead: Partial<ImportPorts> = {}) {
    const noted: (readonly [string, number])[] = [];
    const noteLate: NoteLate = async (late) => void noted.push(...late);
    const source = { ...importing.source, lateness: 3_600_000 };
    await importFile(object, source, importing.ports({ noteLate, ...instead }));
    return noted;
  }

  test('are noted, with the earliest moment of each SIM; not those that have come by another path', async () => {
    expect(await importLate(await importing.put(key, bytes))).toEqual([[sim, first]]);
    expect(await importLate(await importing.put(`again-${key}`, bytes))).toEqual([]);
  });

  test('are noted by the next delivery where the importer dies between storing and noting', async () => {
    withoutWaiting();
    const object = await importing.put(key, bytes);
    const { writer } = importing.ports();
    const dying: LedgerPorts['writer'] = {
      write: async (changes, options) => {
        await writer.write(changes, options);
        throw new Error('The process ended');
      },
    };
    await expect(importLate(object, { writer: dying })).rejects.toThrow('The process ended');
    expect(await importLate(object)).toEqual([[sim, first]]);
  });

  test.each([20, 21, 22])('are all noted where the importer dies at row %i of many parts', async (last) => {
    withoutWaiting();
    const rows = Array.from({ length: 45 }, (_, number) =>
      row(number, { iccid: `8988280666001${100_000 + number}` }),
    );
    const object = await importing.put(key, `${header}\n${rows.join('\n')}\n`);
    const blockBytes = 100;
    const { writer, files, ...ports } = importing.ports({ blockBytes });
    let writes = 0;
    const whileAlive = (): void => {
      if (writes >= last) throw new Error('The process ended');
    };
    const mortal = {
      ...ports,
      writer: {
        write: async (...call: Parameters<typeof writer.write>) => {
          whileAlive();
          const report = await writer.write(...call);
          writes += 1;
          whileAlive();
          return report;
        },
      },
      files: {
        read: (name: string) => files.read(name),
        write: async (manifest: Manifest) => {
          whileAlive();
          await files.write(manifest);
        },
      },
    };
    const early: (readonly [string, number])[] = [];
    await expect(
      importLate(object, { ...mortal, noteLate: async (late) => void early.push(...late) }),
    ).rejects.toThrow('The process ended');
    const late = await importLate(object, { blockBytes });
    expect(new Set([...early, ...late].map(([sim]) => sim)).size).toBe(45);
  });

  test('are noted by the next attempt where they could not be noted', async () => {
    withoutWaiting();
    const noted: (readonly [string, number])[] = [];
    let failing = 1;
    const noteLate: NoteLate = async (late) => {
      failing -= 1;
      if (failing >= 0) throw new Error('throttled');
      noted.push(...late);
    };
    await importLate(await importing.put(key, bytes), { noteLate });
    expect(noted).toEqual([[sim, first]]);
  });
});

describe('what came in a file', () => {
  const time = '2026-11-02T00:00:01.000Z';

  /** Imports a file. @returns the ids of the records that are noted, and what is done in its order. */
  async function importNoted(
    object: FileObject,
    instead: Partial<ImportPorts> = {},
    source = importing.source,
  ) {
    const noted: string[] = [];
    const done: unknown[] = [];
    const fence: LedgerPorts['fence'] = {
      enter: async () => ({
        mark: async (writable) => ({ writable, refused: [] }),
        markDays: async (subjects) => void done.push(...subjects),
        leave: () => undefined,
      }),
    };
    const ports: Partial<ImportPorts> = {
      fence,
      noteFiled: async (records) => void noted.push(...records.map(({ id }) => id)),
      noteFile: async (named) => void done.push(named),
      ...instead,
    };
    await importFile(object, source, importing.ports(ports));
    return { noted, done };
  }

  const days = Array.from({ length: 14 }, (_, index) => ({
    sim: 'files:main',
    day: `2026-11-${String(2 + index).padStart(2, '0')}`,
  }));
  const named = { source: 'main', carrier: '1nce', name: 'cdr_20261102_000001.csv', time } as const;

  test('is noted whether or not it came by another path, and the name of the file behind its markers', async () => {
    const bytes = `${header}\n${row(20)}\n${row(40)}\n`;
    const first = await importNoted(await importing.put('cdr_20261102_000001.csv', bytes));
    expect(first).toEqual({ noted: ids(20, 40), done: [...days, { ...named, rows: 2 }] });
    expect((await importNoted(await importing.put('again.csv', bytes))).noted).toEqual(ids(20, 40));
  });

  test('is noted of no source without a stream, which has one path only; its file is', async () => {
    const object = await importing.put('cdr_20261102_000001.csv', `${header}\n${row(20)}\n`);
    const { noted, done } = await importNoted(object, {}, { ...importing.source, filesOnly: true });
    expect([noted, done]).toEqual([[], [...days, { ...named, rows: 1 }]]);
  });

  test('may be a file that is refused, which is not missing', async () => {
    const object = await importing.put('cdr_20261102_000001.csv', '"a","b"\n"1","2"\n');
    const { noted, done } = await importNoted(object);
    expect([noted, done]).toEqual([[], [...days, { ...named, rows: undefined }]]);
  });

  test('is noted by the next attempt where it could not be noted', async () => {
    withoutWaiting();
    const noted: string[] = [];
    let failing = 1;
    const noteFiled: ImportPorts['noteFiled'] = async (records) => {
      failing -= 1;
      if (failing >= 0) throw new Error('throttled');
      noted.push(...records.map(({ id }) => id));
    };
    await importNoted(await importing.put(key, `${header}\n${row(20)}\n`), { noteFiled });
    expect(noted).toEqual(ids(20));
  });
});
