import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { noDaysClosed } from '../../../../lambda/days/fence/chunk-fence.ts';
import type { OpenedFile } from '../../../../lambda/ingest/files/file-store.ts';
import { type ImportPorts, importFile } from '../../../../lambda/ingest/files/import-file.ts';
import type { FileObject } from '../../../../lambda/ingest/files/messages.ts';
import type { Source } from '../../../../lambda/ledger/source.ts';
import type { Manifest } from '../../../../lambda/store/manifest.ts';
import { Report } from '../../../../lambda/store/report.ts';
import { header, ids, row } from './cdr.ts';

const source: Source = { name: 'main', carrier: '1nce', bytesPerMegabyte: 1_000_000, lateness: 3_600_000 };
const object: FileObject = { bucket: 'files', key: 'cdr_1.csv', versionId: 'v1', eTag: undefined };

const delivered = Date.parse('2026-11-02T00:00:00Z');

/** A file whose import touches no bucket and no table: what was noted and stored of it. */
function begin(bytes: Uint8Array | string, key = object.key) {
  const file = Buffer.from(bytes);
  const noted: Manifest[] = [];
  const stored: string[] = [];
  const late: string[] = [];
  const kept: string[] = [];
  const seen = { opened: [] as number[], closed: 0, received: 0, entered: 0, left: 0 };
  async function* read(from: number): AsyncGenerator<Uint8Array> {
    for (let at = from; at < file.length; at += 5_000) yield file.subarray(at, at + 5_000);
  }
  const close = async (): Promise<void> => {
    seen.closed += 1;
  };
  const ports: ImportPorts = {
    writer: {
      write: async ({ usage }) => {
        const report = new Report();
        for (const change of usage) {
          if (stored.includes(change.state.recordId)) report.noteUnchanged(change);
          stored.push(change.state.recordId);
        }
        return report;
      },
    },
    quarantine: { keep: async (rejects) => void kept.push(...rejects.map(({ code }) => code)) },
    fence: {
      enter: async () => {
        seen.entered += 1;
        const passage = await noDaysClosed.enter();
        return {
          ...passage,
          leave: () => {
            seen.left += 1;
          },
        };
      },
    },
    files: { read: async () => noted.at(-1), write: async (manifest) => void noted.push(manifest) },
    open: async (_, from): Promise<OpenedFile> => {
      seen.opened.push(from);
      return { bytes: read(from), size: file.length, deliveredAt: delivered, close };
    },
    keepFile: async (_, { code }) => void kept.push(code),
    noteLate: async (notes) => void late.push(...notes.keys()),
    count: ({ received }) => {
      seen.received += received;
    },
    isTimeShort: () => false,
    askedAt: 0,
    now: () => 9,
    blockBytes: 100,
  };
  const run = (instead: Partial<ImportPorts> = {}) =>
    importFile({ ...object, key }, source, { ...ports, ...instead });
  return { run, noted, stored, late, kept, seen };
}

/** A file of this many rows, each of which is a block. */
function makeFile(rows: number): string {
  const lines = Array.from({ length: rows }, (_, number) =>
    row(number, { iccid: `8988280666001${100_000 + number}` }),
  );
  return `${[header, ...lines].join('\n')}\n`;
}

/** A store that has all usage already. */
const storeNothingNew: ImportPorts['writer'] = {
  write: async ({ usage }) => {
    const report = new Report();
    for (const change of usage) report.noteUnchanged(change);
    return report;
  },
};

describe('the progress of an import', () => {
  test('is noted when it begins, after every twentieth part, and when it ends', async () => {
    const { run, noted, seen } = begin(makeFile(45));
    expect((await run()).outcome).toBe('done');
    expect(noted.map(({ state, rows }) => [state, rows])).toEqual([
      ['importing', 0],
      ['importing', 20],
      ['importing', 40],
      ['done', 45],
    ]);
    expect(seen).toMatchObject({ opened: [0], closed: 1, received: 45 });
  });

  test('is noted only where reading can begin again, not inside of the lines behind an open quote', async () => {
    const { run, noted, kept } = begin(`${header}\n"oops\n${`${'x'.repeat(90)}\n`.repeat(50)}`);
    const outcomes = [await run({ isTimeShort: () => true }), await run()].map(({ outcome }) => outcome);
    expect(outcomes).toEqual(['continue', 'done']);
    expect(noted.map(({ state, rows }) => [state, rows])).toEqual([
      ['importing', 0],
      ['importing', 51],
      ['done', 51],
    ]);
    expect(kept.length).toBe(51);
  });

  test('is where the next invocation begins, when the time is short', async () => {
    const file = makeFile(7);
    const { run, noted, stored, seen } = begin(file);
    const outcomes: string[] = [];
    while (outcomes.at(-1) !== 'done' && outcomes.length < 9) {
      outcomes.push((await run({ isTimeShort: () => true })).outcome);
    }
    expect(outcomes).toEqual(['continue', 'continue', 'continue', 'done']);
    expect(stored).toEqual(ids(0, 1, 2, 3, 4, 5, 6));
    const positions = noted.map(({ position }) => position);
    expect(seen.opened).toEqual([0, ...positions.slice(1, -1)]);
    expect(seen).toMatchObject({ closed: 4, received: 7 });
    expect(noted.at(-1)).toEqual({
      ...{ object: 'files/cdr_1.csv@v1', source: 'main', carrier: '1nce', state: 'done' },
      ...{
        rows: 7,
        accepted: 7,
        rejected: 0,
        position: Buffer.byteLength(file),
        size: Buffer.byteLength(file),
      },
      ...{ delivered: '2026-11-02T00:00:00.000Z', noted: new Date(9).toISOString() },
    });
  });

  test('counts bytes of the CSV in a packed file, of which the manifest says that it is packed', async () => {
    const { run, noted, stored, seen } = begin(gzipSync(makeFile(5)));
    while ((await run({ isTimeShort: () => true })).outcome !== 'done' && seen.opened.length < 9);
    expect(stored).toEqual(ids(0, 1, 2, 3, 4));
    expect(seen.opened).toEqual([0, 0, 0, 0]);
    expect(noted.map(({ packed }) => packed)).toEqual([true, true, true, true]);
  });

  test('is kept where the file cannot be opened again', async () => {
    const { run, noted } = begin(makeFile(7));
    await run({ isTimeShort: () => true });
    const before = [...noted];
    await expect(run({ open: () => Promise.reject(new Error('AccessDenied')) })).rejects.toThrow(
      'AccessDenied',
    );
    expect(noted).toEqual(before);
  });

  test('tells which of the rows that are there already are noted as late: those that may not have been', async () => {
    const { run, late } = begin(makeFile(65));
    await run({ isTimeShort: () => true });
    const { length } = late;
    // As if a stream had brought all other rows meanwhile.
    expect((await run({ writer: storeNothingNew })).outcome).toBe('done');
    // Progress is noted after 20 parts; two are on their way by then.
    expect(late.length - length).toBeGreaterThanOrEqual(20);
    expect(late.length - length).toBeLessThanOrEqual(22);
  });

  test('tells of no late row on the first attempt that a stream has brought', async () => {
    const { run, late } = begin(makeFile(3));
    expect((await run({ writer: storeNothingNew })).outcome).toBe('done');
    expect(late).toEqual([]);
  });
});

describe('a file', () => {
  test('that is imported already is not opened', async () => {
    const { run, seen } = begin(makeFile(1));
    await run();
    expect(await run()).toMatchObject({ outcome: 'repeated', manifest: { rows: 1 } });
    expect(seen).toMatchObject({ opened: [0], closed: 1 });
  });

  test('is closed where its import fails', async () => {
    const { run, seen } = begin(makeFile(1));
    const writer = { write: () => Promise.reject(new Error('The process ended')) };
    await expect(run({ writer })).rejects.toThrow('The process ended');
    expect(seen.closed).toBe(1);
  });

  test('whose gzip is damaged is refused', async () => {
    const { run, kept, stored } = begin(gzipSync(makeFile(5)).subarray(0, -9));
    expect((await run()).outcome).toBe('failed');
    expect([kept, stored]).toEqual([['broken-gzip'], []]);
  });

  test('whose name tells when it was made is noted behind a marker, and the fence is left', async () => {
    const { run, seen } = begin(makeFile(1), 'cdr_20261102_000001.csv');
    const files: unknown[] = [];
    await run({ noteFile: async ({ name, rows }) => void files.push([name, rows]) });
    expect([files, seen.entered, seen.left]).toEqual([[['cdr_20261102_000001.csv', 1]], 2, 2]);
    await expect(
      begin(makeFile(1), 'cdr_20261102_000001.csv').run({
        noteFile: () => Promise.reject(new Error('throttled')),
      }),
    ).rejects.toThrow('throttled');
  });

  test.each([
    ['archive/', 'marker'],
    ['2026/_SUCCESS', 'marker'],
    ['export.csv/', 'marker'],
    ['export.csv.done', 'marker'],
    ['cdr_1.csv', 'failed'],
    ['CDR_1.CSV.GZ', 'failed'],
  ])('of nothing is, by its name %s: %s', async (key, outcome) => {
    const { run, noted, kept, seen } = begin('', key);
    expect((await run()).outcome).toBe(outcome);
    expect([noted.length, kept, seen.closed]).toEqual(outcome === 'marker' ? [0, [], 1] : [2, ['empty'], 1]);
  });

  test.each(['archive', 'cdr_1.txt'])('of rows is not a marker, whatever its name is: %s', async (key) => {
    expect(await begin(makeFile(2), key).run()).toMatchObject({ outcome: 'done', manifest: { rows: 2 } });
  });
});
