import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeAwsChunked } from '../../../emulators/s3/chunked-body.ts';

async function* inPieces(body: Buffer, size: number): AsyncGenerator<Buffer, void> {
  for (let start = 0; start < body.length; start += size) yield body.subarray(start, start + size);
}

async function decode(body: Buffer | string, pieceSize: number) {
  const trailers = new Map<string, string>();
  const pieces: Buffer[] = [];
  for await (const piece of decodeAwsChunked(inPieces(Buffer.from(body), pieceSize), trailers))
    pieces.push(piece);
  return { bytes: Buffer.concat(pieces).toString('latin1'), trailers: Object.fromEntries(trailers) };
}

const signature = 'ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648';

describe.each([1, 2, 3, 7, 1000])('a body that arrives in pieces of %i bytes', (pieceSize) => {
  test('is decoded from unsigned chunks, with its trailer', async () => {
    const body = '5\r\nhello\r\n6\r\n\r\n0\r\n!\r\n0\r\nx-amz-checksum-crc32:AAAAAA==\r\n\r\n';
    expect(await decode(body, pieceSize)).toEqual({
      bytes: 'hello\r\n0\r\n!',
      trailers: { 'x-amz-checksum-crc32': 'AAAAAA==' },
    });
  });

  test('is decoded from signed chunks', async () => {
    const body = `a;chunk-signature=${signature}\r\n0123456789\r\n0;chunk-signature=${signature}\r\n\r\n`;
    expect(await decode(body, pieceSize)).toEqual({ bytes: '0123456789', trailers: {} });
  });

  test('has signed trailers, with the line endings that the documentation shows', async () => {
    const body = `1;chunk-signature=${signature}\r\nx\r\n0;chunk-signature=${signature}\r\nX-Amz-Checksum-Crc32c: sOO8/Q==\n\r\nx-amz-trailer-signature:${signature}\n\r\n\r\n`;
    expect(await decode(body, pieceSize)).toEqual({
      bytes: 'x',
      trailers: { 'x-amz-checksum-crc32c': 'sOO8/Q==', 'x-amz-trailer-signature': signature },
    });
  });

  test.each([
    ['in the middle of a chunk', '5\r\nhel', 'IncompleteBody'],
    ['between chunks', '5\r\nhello\r\n', 'IncompleteBody'],
    ['in the size of a chunk', '5\r\nhello\r\n5', 'IncompleteBody'],
    ['before it begins', '', 'IncompleteBody'],
    ['with bytes beyond a chunk', '5\r\nhello!\r\n0\r\n\r\n', 'InvalidRequest'],
    ['without framing', 'plain text\r\n', 'InvalidRequest'],
  ])('is refused when it ends %s', async (_, body, code) => {
    await expect(decode(body, pieceSize)).rejects.toMatchObject({ code });
  });
});

test('an endless line is refused before it fills the memory', async () => {
  await expect(decode('1'.repeat(100_000), 1000)).rejects.toMatchObject({ code: 'InvalidRequest' });
});

test('any bytes are decoded from any framing in any pieces', async () => {
  const chunks = fc.array(fc.uint8Array({ minLength: 1, maxLength: 40 }), { maxLength: 8 });
  await fc.assert(
    fc.asyncProperty(chunks, fc.integer({ min: 1, max: 50 }), async (given, pieceSize) => {
      const framed = given.flatMap((chunk) => [
        Buffer.from(`${chunk.length.toString(16)}\r\n`),
        Buffer.from(chunk),
        Buffer.from('\r\n'),
      ]);
      const { bytes } = await decode(Buffer.concat([...framed, Buffer.from('0\r\n\r\n')]), pieceSize);
      expect(bytes).toBe(Buffer.concat(given).toString('latin1'));
    }),
  );
});
