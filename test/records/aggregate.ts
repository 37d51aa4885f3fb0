import { createHash } from 'node:crypto';

/** A record as the Kinesis Producer Library aggregates it: magic, a protocol buffers message, its MD5 digest. */
export function aggregateOf(...userRecords: readonly Uint8Array[]): Buffer {
  const message = Buffer.concat([
    lengthDelimited(1, Buffer.from('partition-key')),
    ...userRecords.map((data) =>
      lengthDelimited(3, Buffer.concat([wholeNumber(1, 0), lengthDelimited(3, data)])),
    ),
  ]);
  const digest = createHash('md5').update(message).digest();
  return Buffer.concat([Buffer.from([0xf3, 0x89, 0x9a, 0xc2]), message, digest]);
}

function lengthDelimited(field: number, contents: Uint8Array): Buffer {
  return Buffer.concat([varint(field * 8 + 2), varint(contents.length), contents]);
}

function wholeNumber(field: number, value: number): Buffer {
  return Buffer.concat([varint(field * 8), varint(value)]);
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 0x80; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 0x80);
  return Buffer.from([...bytes, rest]);
}
