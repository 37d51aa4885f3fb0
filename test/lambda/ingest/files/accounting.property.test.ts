import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isHeaderRow } from '../../../../lambda/carriers/datastreamer/csv.ts';
import { noDaysClosed } from '../../../../lambda/days/fence/chunk-fence.ts';
import { importFile } from '../../../../lambda/ingest/files/import-file.ts';
import { findRowEnds, parseRows } from '../../../../lambda/ingest/files/rows.ts';
import type { Manifest } from '../../../../lambda/store/manifest.ts';
import { runs } from '../../../records/runs.ts';
import { file, header, row } from './cdr.ts';

/** What becomes of each row of a file, without a store: its bytes in order, and the final manifest. */
async function importInMemory(bytes: Buffer) {
  const rejected: Buffer[] = [];
  let manifest: Manifest | undefined;
  let keptWhole = false;
  const stored: string[] = [];
  const result = await importFile(
    { bucket: 'files', key: 'cdr_1.csv', versionId: '1', eTag: undefined },
    { name: 'main', carrier: '1nce', bytesPerMegabyte: 1_000_000 },
    {
      writer: {
        write: async ({ usage }) => {
          stored.push(...usage.map(({ state }) => state.recordId));
          return { repeated: new Set<number>(), failed: new Set<number>(), errors: [], gains: [] };
        },
      },
      fence: noDaysClosed,
      quarantine: {
        keep: async (rejects) => void rejected.push(...rejects.map((one) => Buffer.from(one.bytes))),
      },
      files: {
        read: async () => manifest,
        write: async (noted) => {
          manifest = noted;
        },
      },
      open: async (_, from) => ({
        bytes: chunksOf(bytes.subarray(from)),
        size: bytes.length,
        deliveredAt: Date.parse('2026-11-20T00:00:00Z'),
        close: async () => undefined,
      }),
      keepFile: async () => {
        keptWhole = true;
      },
      count: () => undefined,
      askedAt: 0,
      isTimeShort: () => false,
      now: () => 0,
    },
  );
  return { result, rejected, stored, keptWhole };
}

async function* chunksOf(bytes: Buffer): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += 1_000) yield bytes.subarray(at, at + 1_000);
}

const ids = [1, 2, 3, 4, 5, 6];
const parts = [header, ...ids.map((number) => row(number)), header, row(7), '', ',,,', '\uFEFFsep=,'];

/** A change to a file's bytes. */
type Mutation = (bytes: Buffer) => Buffer;

const mutation: fc.Arbitrary<Mutation> = fc
  .record({
    kind: fc.constantFrom('flip', 'insert', 'delete', 'truncate', 'append', 'duplicate'),
    at: fc.double({ min: 0, max: 1, noNaN: true }),
    length: fc.integer({ min: 1, max: 300 }),
    piece: fc.oneof(
      fc.constantFrom('"', '""', ',', '\n', '\r\n', ';', '\0', 'é', '\uFEFF', `${header}\n`, '"\n'),
      fc.uint8Array({ minLength: 1, maxLength: 5 }).map((bytes) => Buffer.from(bytes).toString('latin1')),
    ),
  })
  .map(
    ({ kind, at, length, piece }): Mutation =>
      (bytes) => {
        const from = Math.floor(at * bytes.length);
        const [before, behind] = [bytes.subarray(0, from), bytes.subarray(from)];
        switch (kind) {
          case 'flip':
            return Buffer.concat([
              before,
              Buffer.from([(behind[0] ?? 0) ^ (1 << (length % 8))]),
              behind.subarray(1),
            ]);
          case 'insert':
            return Buffer.concat([before, Buffer.from(piece, 'latin1'), behind]);
          case 'delete':
            return Buffer.concat([before, behind.subarray(length)]);
          case 'truncate':
            return Buffer.from(before);
          case 'append':
            return Buffer.concat([bytes, Buffer.from(piece)]);
          default:
            return Buffer.concat([before, behind.subarray(0, length), behind]);
        }
      },
  );

const mutated = fc
  .tuple(fc.shuffledSubarray(parts.slice(1)), fc.array(mutation, { maxLength: 4 }))
  .map(([rest, mutations]) =>
    mutations.reduce<Buffer>(
      (bytes, mutate) => mutate(bytes),
      Buffer.from(`${[header, ...rest].join('\n')}\n`),
    ),
  );

/** Whether bytes outside the rows say nothing: blanks, empty cells, a stated separator, or headers. */
function isFraming(bytes: Buffer): boolean {
  return bytes
    .toString('utf8')
    .split('\n')
    .every((line) => {
      const text = line.replaceAll('\uFEFF', '').trim();
      const plain = text.replaceAll(/["\s]/g, '');
      if (/^[,;\t|]*$/.test(plain) || /^sep=[,;\t|]*$/i.test(plain)) return true;
      return [',', ';', '\t', '|'].some((separator) => isHeaderRow(plain.split(separator)));
    });
}

/** The index at which bytes stand as whole lines; -1 if they don't. */
function findLines(text: Buffer, lines: Buffer): number {
  const isBound = (byte: number | undefined): boolean => byte === undefined || byte === 0x0a || byte === 0x0d;
  let at = text.indexOf(lines);
  while (at !== -1 && !(isBound(text[at - 1]) && isBound(text[at + lines.length]))) {
    at = text.indexOf(lines, at + 1);
  }
  return at;
}

describe('every byte of a file', () => {
  it('is in a row that was stored or rejected, or carries no information', async () => {
    await fc.assert(
      fc.asyncProperty(mutated, async (bytes) => {
        const { result, rejected, stored, keptWhole } = await importInMemory(bytes);
        const { manifest } = result;
        expect(manifest?.rows).toBe((manifest?.accepted ?? 0) + (manifest?.rejected ?? 0));
        if (keptWhole) return;
        expect(manifest?.state).toBe('done');
        expect(rejected.length).toBe(manifest?.rejected);
        // What is in neither a reject nor a stored row must be framing. A row's bytes hold its id.
        let rest = bytes;
        for (const reject of [...rejected].sort((a, b) => b.length - a.length)) {
          const at = findLines(rest, reject);
          expect(at).toBeGreaterThanOrEqual(0);
          rest = Buffer.concat([rest.subarray(0, at), Buffer.from('\n'), rest.subarray(at + reject.length)]);
        }
        const rows = parseRows(rest, [...findRowEnds(rest, ','), rest.length], ',');
        // The first row is always the file's header.
        const unexplained = rows
          .slice(1)
          .filter(({ fields }) => fields === undefined || !isHeaderRow(fields))
          .map((one) => one.bytes.toString('utf8'))
          .filter((text) => !isFraming(Buffer.from(text)) && !stored.some((id) => text.includes(id)));
        expect(unexplained).toEqual([]);
      }),
      runs(1_500),
    );
  });

  it('is not accounted for by chance: a row that vanishes is found', async () => {
    const bytes = file(3);
    const { stored } = await importInMemory(bytes);
    expect(stored.length).toBe(3);
    expect(isFraming(Buffer.from(row(1)))).toBe(false);
    expect(isFraming(Buffer.from(`${header}\n,,\n`))).toBe(true);
  });
});
