import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import type { OpenedFile } from '../../../../lambda/ingest/files/file-store.ts';
import { openUnpacked } from '../../../../lambda/ingest/files/unpacking.ts';

/** A stored object: from which bytes it was opened, and how often it was closed. */
function store(object: Buffer, { chunk = 100, size = object.length } = {}) {
  const seen = { opened: [] as number[], closed: 0 };
  async function* read(from: number): AsyncGenerator<Uint8Array> {
    for (let at = from; at < object.length; at += chunk) yield object.subarray(at, at + chunk);
  }
  const close = async (): Promise<void> => {
    seen.closed += 1;
  };
  const open = async (from: number): Promise<OpenedFile> => {
    seen.opened.push(from);
    return { bytes: read(from), size, deliveredAt: 7, close };
  };
  return { open, seen };
}

/** What is read of a file; no chunk of it is empty. */
async function readAll(bytes: AsyncIterable<Uint8Array> | undefined): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of bytes ?? []) chunks.push(chunk);
  expect(chunks.filter(({ length }) => length === 0)).toEqual([]);
  return Buffer.concat(chunks);
}

const csv = Buffer.from(`id,volume\n${'1,2\n'.repeat(10_000)}`);

describe('a file that is not packed', () => {
  test.each([
    ['', 'nothing'],
    ['i', 'one byte'],
    ['id', 'two bytes'],
    ['id,volume\n1,2\n', 'CSV'],
    ['\x1fid\n', 'the first byte of gzip and another'],
    ['i\x8b\n', 'the second byte of gzip only'],
    ['\x1f', 'the first byte of gzip alone'],
  ])('is read as it is: %j, %s', async (text) => {
    for (const chunk of [1, 3, 100]) {
      const object = Buffer.from(text, 'latin1');
      const { open, seen } = store(object, { chunk });
      const file = await openUnpacked(open, 0, false);
      expect(file).toMatchObject({ isPacked: false, size: object.length, deliveredAt: 7 });
      expect(file).not.toHaveProperty('damage');
      expect(await readAll(file?.bytes)).toEqual(object);
      expect(seen).toEqual({ opened: [0], closed: 0 });
    }
  });

  test('is read from where its import goes on, even if these bytes look like gzip', async () => {
    const object = Buffer.concat([Buffer.from('id\n12\n'), gzipSync(csv)]);
    const { open, seen } = store(object);
    const file = await openUnpacked(open, 6, false);
    expect(file?.isPacked).toBe(false);
    expect(await readAll(file?.bytes)).toEqual(object.subarray(6));
    expect(seen).toEqual({ opened: [6], closed: 0 });
  });
});

describe('a packed file', () => {
  test.each([1, 1_000])('is checked to its end before any of it is read, in chunks of %i', async (chunk) => {
    const { open, seen } = store(gzipSync(csv), { chunk });
    const file = await openUnpacked(open, 0, false);
    expect(file).toMatchObject({ isPacked: true });
    expect(file).not.toHaveProperty('damage');
    expect(seen).toEqual({ opened: [0, 0], closed: 1 });
    expect(await readAll(file?.bytes)).toEqual(csv);
  });

  test.each([1, 16_384, csv.length - 1, csv.length])(
    'that was checked is read from byte %i of the CSV in it, where its import goes on',
    async (from) => {
      const { open, seen } = store(gzipSync(csv));
      const file = await openUnpacked(open, from, true);
      expect(file?.isPacked).toBe(true);
      expect(await readAll(file?.bytes)).toEqual(csv.subarray(from));
      expect(seen).toEqual({ opened: [0], closed: 0 });
    },
  );

  test.each([
    ['is cut short', gzipSync(csv).subarray(0, -20), 'broken-gzip', /^The gzip is damaged or cut short/],
    [
      'has bytes of no gzip behind it',
      Buffer.concat([gzipSync(csv), Buffer.from('\0more')]),
      'broken-gzip',
      /^5 bytes that are not gzip follow the gzip/,
    ],
  ])('that %s is damaged, and nothing of it is read', async (_, object, code, problem) => {
    const { open, seen } = store(object);
    const file = await openUnpacked(open, 0, false);
    expect(file).toMatchObject({
      isPacked: true,
      damage: { kind: 'fault', code, problem: expect.stringMatching(problem) },
    });
    expect(seen).toEqual({ opened: [0], closed: 0 });
  });

  test('is damaged if it unpacks to more than 64 MiB and 200 times its size', async () => {
    const large = gzipSync(Buffer.alloc(64 * 1024 * 1024), { level: 1 });
    const [just, over] = [20_000, 20_001].map((more) => Buffer.concat([large, gzipSync(Buffer.alloc(more))]));
    const options = { chunk: 100_000, size: 100 };
    expect(await openUnpacked(store(just!, options).open, 0, false)).not.toHaveProperty('damage');
    expect(await openUnpacked(store(over!, options).open, 0, false)).toMatchObject({
      damage: {
        code: 'too-large',
        problem: 'The gzip unpacks to more than 200 times its size, which CSV does not',
      },
    });
  });

  test.each([new Error('no code'), Object.assign(new Error('reset'), { code: 'ECONNRESET' })])(
    'is not damaged where it could not be read to its end: %s',
    async (error) => {
      async function* broken(): AsyncGenerator<Uint8Array> {
        yield gzipSync(csv).subarray(0, 50);
        throw error;
      }
      const open = async () => ({ ...(await store(csv).open(0)), bytes: broken() });
      await expect(openUnpacked(open, 0, false)).rejects.toBe(error);
    },
  );
});

describe('a file that does not exist any more', () => {
  test('cannot be opened', async () => {
    expect(await openUnpacked(async () => undefined, 0, false)).toBeUndefined();
    expect(await openUnpacked(async () => undefined, 5, false)).toBeUndefined();
  });

  test('cannot be read, though it was there when it was checked', async () => {
    const { open } = store(gzipSync(csv));
    const answers = [open, async () => undefined];
    expect(await openUnpacked(async (from) => answers.shift()?.(from), 0, false)).toBeUndefined();
  });
});
