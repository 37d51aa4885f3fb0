import { expect, test } from 'vitest';
import { checksumAlgorithms, computeChecksum, startChecksum } from '../../../emulators/s3/checksums.ts';

// The check values of the CRC catalogue (https://reveng.sourceforge.io/crc-catalogue/), and of RFC 3174 and FIPS 180.
const ofCheckInput = {
  CRC32: 'cbf43926',
  CRC32C: 'e3069283',
  CRC64NVME: 'ae8b14860a799888',
  SHA1: 'f7c3bc1d808e04732adf679965ccc34ca7ae3441',
  SHA256: '15e2b0d3c33891ebb0f1ef609ec419420c20e320ce94c65fbc8c3312448eb225',
};

test.each(checksumAlgorithms)('%s of the digits 1 to 9 is the published check value', (algorithm) => {
  expect(computeChecksum(algorithm, Buffer.from('123456789')).toString('hex')).toBe(ofCheckInput[algorithm]);
});

test.each(checksumAlgorithms)('%s of pieces equals that of the whole', (algorithm) => {
  const running = startChecksum(algorithm);
  for (const piece of ['1234', '', '5', '6789']) running.update(Buffer.from(piece));
  expect(running.digest().toString('hex')).toBe(ofCheckInput[algorithm]);
});
