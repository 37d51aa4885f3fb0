import { brotliCompressSync, gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { unpackBody } from '../../../../lambda/functions/webhook-receiver/unpacking.ts';
import { requestWith } from './requests.ts';

const text = '[{"id":1}]';
const gzip = gzipSync(text);

describe('a body', () => {
  it.each([
    ['as it is', requestWith(text)],
    ['with its length', requestWith(text, { headers: { 'content-length': '10' } })],
    ['in no encoding', requestWith(text, { headers: { 'content-encoding': 'identity' } })],
    ['in gzip', requestWith(gzip, { headers: { 'content-encoding': 'gzip' } })],
    ['in gzip under its old name', requestWith(gzip, { headers: { 'content-encoding': ' X-GZIP ' } })],
    ['in gzip that nothing tells of', requestWith(gzip)],
  ])('is taken %s', (_, request) => {
    expect(unpackBody(request)).toEqual(Buffer.from(text));
  });

  it.each([
    ['is empty', requestWith(''), 400, 'The body is empty'],
    ['unpacks to nothing', requestWith(gzipSync('')), 400, 'The body is empty'],
    [
      'is half-sent',
      requestWith(text.slice(0, 5), { headers: { 'content-length': '10' } }),
      400,
      '5 of 10 bytes have arrived',
    ],
    [
      'is gzip that ends too early',
      requestWith(gzip.subarray(0, -9)),
      400,
      'The body begins like gzip but cannot be unpacked: it was cut short',
    ],
    [
      'is gzip with a wrong check sum',
      requestWith(Buffer.concat([gzip.subarray(0, -8), Buffer.alloc(8)])),
      400,
      'The body begins like gzip but cannot be unpacked: it was damaged, or only begins like it',
    ],
    [
      'is gzip with something behind it that would vanish',
      requestWith(Buffer.concat([gzip, Buffer.from('\0{}')])),
      400,
      'The body is gzip, but the 3 bytes after its end are not. Send the two apart',
    ],
    [
      'is said to be gzip, and was read as text on its way',
      requestWith(Buffer.from(gzip.toString('utf8')), { headers: { 'content-encoding': 'gzip' } }),
      400,
      'The header content-encoding says gzip, but the body is not gzip: it was changed on its way',
    ],
    [
      'is of another encoding',
      requestWith(brotliCompressSync(text), { headers: { 'content-encoding': 'br' } }),
      415,
      'content-encoding: "br" given; accepted is gzip, or no such header',
    ],
    [
      'is a bomb: 20 kB that unpack to 20 MB',
      requestWith(gzipSync(Buffer.alloc(20 * 1024 * 1024, 0x20))),
      413,
      'The body unpacks to more than 16777216 bytes',
    ],
  ])('is refused that %s', (_, request, status, message) => {
    expect(unpackBody(request)).toEqual({ status, message });
  });
});
