import { beforeEach, describe, expect, test } from 'vitest';
import { type ImportPorts, importFile } from '../../../../lambda/ingest/files/import-file.ts';
import type { FileObject } from '../../../../lambda/ingest/files/messages.ts';
import type { LedgerPorts } from '../../../../lambda/ingest/ingest.ts';
import type { NoteLate } from '../../../../lambda/ingest/late.ts';
import type { Manifest } from '../../../../lambda/store/manifest.ts';
import { withoutWaiting } from '../../store/without-waiting.ts';
import { header, iccidOf, ids, row } from './cdr.ts';
import { Importing } from './importing.ts';

const importing = new Importing();

beforeEach(() => importing.reset());

describe('rows that arrived later than their source’s lateness', () => {
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

  test('are noted, with the earliest time of each SIM, unless they arrived by another path', async () => {
    expect(await importLate(await importing.put(importing.key, bytes))).toEqual([[sim, first]]);
    expect(await importLate(await importing.put(`again-${importing.key}`, bytes))).toEqual([]);
  });

  test('are noted by the next delivery if the importer dies between storing and noting', async () => {
    withoutWaiting();
    const object = await importing.put(importing.key, bytes);
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

  test.each([20, 21, 22])('are all noted if the importer dies at row %i of many parts', async (last) => {
    withoutWaiting();
    const rows = Array.from({ length: 45 }, (_, number) =>
      row(number, { iccid: `8988280666001${100_000 + number}` }),
    );
    const object = await importing.put(importing.key, `${header}\n${rows.join('\n')}\n`);
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

  test('are noted by the next attempt if noting them failed', async () => {
    withoutWaiting();
    const noted: (readonly [string, number])[] = [];
    let failing = 1;
    const noteLate: NoteLate = async (late) => {
      failing -= 1;
      if (failing >= 0) throw new Error('throttled');
      noted.push(...late);
    };
    await importLate(await importing.put(importing.key, bytes), { noteLate });
    expect(noted).toEqual([[sim, first]]);
  });
});

describe('what arrived in a file', () => {
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

  test('is noted whether or not it arrived by another path, and the file’s name after its markers', async () => {
    const bytes = `${header}\n${row(20)}\n${row(40)}\n`;
    const first = await importNoted(await importing.put('cdr_20261102_000001.csv', bytes));
    expect(first).toEqual({ noted: ids(20, 40), done: [...days, { ...named, rows: 2 }] });
    expect((await importNoted(await importing.put('again.csv', bytes))).noted).toEqual(ids(20, 40));
  });

  test('is not noted for a source without a stream, which has only one path; its file is', async () => {
    const object = await importing.put('cdr_20261102_000001.csv', `${header}\n${row(20)}\n`);
    const { noted, done } = await importNoted(object, {}, { ...importing.source, filesOnly: true });
    expect([noted, done]).toEqual([[], [...days, { ...named, rows: 1 }]]);
  });

  test('may be a refused file, which is not missing', async () => {
    const object = await importing.put('cdr_20261102_000001.csv', '"a","b"\n"1","2"\n');
    const { noted, done } = await importNoted(object);
    expect([noted, done]).toEqual([[], [...days, { ...named, rows: undefined }]]);
  });

  test('is noted by the next attempt if noting it failed', async () => {
    withoutWaiting();
    const noted: string[] = [];
    let failing = 1;
    const noteFiled: ImportPorts['noteFiled'] = async (records) => {
      failing -= 1;
      if (failing >= 0) throw new Error('throttled');
      noted.push(...records.map(({ id }) => id));
    };
    await importNoted(await importing.put(importing.key, `${header}\n${row(20)}\n`), { noteFiled });
    expect(noted).toEqual(ids(20));
  });
});
