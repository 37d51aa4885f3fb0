import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { renderField, type Xml } from './xml.ts';

/** The checksum algorithms of S3, as in `x-amz-checksum-algorithm`. */
export const checksumAlgorithms = ['CRC32', 'CRC32C', 'CRC64NVME', 'SHA1', 'SHA256'] as const;
export type ChecksumAlgorithm = (typeof checksumAlgorithms)[number];

/** Whether a checksum covers the object's bytes, or the checksums of its parts. */
export type ChecksumType = 'FULL_OBJECT' | 'COMPOSITE';

/** A checksum that is stored with an object. */
export interface Checksum {
  readonly algorithm: ChecksumAlgorithm;
  readonly type: ChecksumType;
  /** Base64 of the big-endian digest; a composite one ends in `-` and the number of parts. */
  readonly value: string;
}

/** A checksum that is being computed. */
export interface RunningChecksum {
  update(bytes: Uint8Array): void;
  /** The big-endian digest of all bytes so far. Call it once. */
  digest(): Buffer;
}

/** The header and trailer field for checksums of an algorithm. */
export function makeChecksumHeader(algorithm: ChecksumAlgorithm): string {
  return `x-amz-checksum-${algorithm.toLowerCase()}`;
}

/** An algorithm by its name, in upper or lower case; undefined if it is unknown. */
export function findAlgorithm(name: string): ChecksumAlgorithm | undefined {
  return checksumAlgorithms.find((algorithm) => algorithm === name.toUpperCase());
}

/** Bytes of an algorithm's digest. */
export const digestLength: Readonly<Record<ChecksumAlgorithm, number>> = {
  CRC32: 4,
  CRC32C: 4,
  CRC64NVME: 8,
  SHA1: 20,
  SHA256: 32,
};

/** Starts a checksum. */
export function startChecksum(algorithm: ChecksumAlgorithm): RunningChecksum {
  switch (algorithm) {
    case 'CRC32':
      return new Crc32();
    case 'CRC32C':
      return new Crc32c();
    case 'CRC64NVME':
      return new Crc64Nvme();
    case 'SHA1':
    case 'SHA256':
      return createHash(algorithm.toLowerCase());
  }
}

/** The checksum of some bytes. */
export function computeChecksum(algorithm: ChecksumAlgorithm, bytes: Uint8Array): Buffer {
  const running = startChecksum(algorithm);
  running.update(bytes);
  return running.digest();
}

/** A checksum as response headers. */
export function makeChecksumHeaders(checksum: Checksum | undefined): Record<string, string> {
  if (checksum === undefined) return {};
  return { [makeChecksumHeader(checksum.algorithm)]: checksum.value, 'x-amz-checksum-type': checksum.type };
}

/** A checksum as XML elements. */
export function makeChecksumFields(checksum: Checksum | undefined): readonly Xml[] {
  if (checksum === undefined) return [];
  return [
    renderField(`Checksum${checksum.algorithm}`, checksum.value),
    renderField('ChecksumType', checksum.type),
  ];
}

class Crc32 implements RunningChecksum {
  #value = 0;

  update(bytes: Uint8Array): void {
    this.#value = crc32(bytes, this.#value);
  }

  digest(): Buffer {
    return toBigEndian(this.#value);
  }
}

/** Bit-reversed Castagnoli polynomial (RFC 3720, appendix B.4). */
const crc32cTable = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0x82f63b78 : value >>> 1;
  return value;
});

class Crc32c implements RunningChecksum {
  #value = 0xffffffff;

  update(bytes: Uint8Array): void {
    let value = this.#value;
    for (const byte of bytes) value = (value >>> 8) ^ crc32cTable[(value ^ byte) & 0xff]!;
    this.#value = value;
  }

  digest(): Buffer {
    return toBigEndian(~this.#value);
  }
}

/** Bit-reversed polynomial of the NVM Express specification (CRC-64/NVME), for a register of 64 bits. */
const crc64Polynomial = 0x9a6c9329ac4bc9b5n;
const crc64Table = BigUint64Array.from({ length: 256 }, (_, byte) => {
  let value = BigInt(byte);
  for (let bit = 0; bit < 8; bit++) value = value & 1n ? (value >> 1n) ^ crc64Polynomial : value >> 1n;
  return value;
});
// The register is kept in two halves, because arithmetic on big integers is a hundred times slower.
const crc64High = Uint32Array.from(crc64Table, (value) => Number(value >> 32n));
const crc64Low = Uint32Array.from(crc64Table, (value) => Number(value & 0xffffffffn));

class Crc64Nvme implements RunningChecksum {
  #high = 0xffffffff;
  #low = 0xffffffff;

  update(bytes: Uint8Array): void {
    let high = this.#high;
    let low = this.#low;
    for (const byte of bytes) {
      const index = (low ^ byte) & 0xff;
      low = ((low >>> 8) | (high << 24)) ^ crc64Low[index]!;
      high = (high >>> 8) ^ crc64High[index]!;
    }
    this.#high = high;
    this.#low = low;
  }

  digest(): Buffer {
    return Buffer.concat([toBigEndian(~this.#high), toBigEndian(~this.#low)]);
  }
}

function toBigEndian(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value >>> 0);
  return bytes;
}
