import { expect, test } from 'vitest';
import { compareFindings } from '../../simulator/compare-findings.ts';
import type { ExpectedLoss } from '../../simulator/truth.ts';

const sim = '8988307000000000001';
const lost = {
  sim,
  check: 'chain',
  reason: 'missing-windows',
  sessionId: 's1',
  records: ['a', 'b'],
} as const;
const expected: readonly ExpectedLoss[] = [{ ...lost, bytes: 7 }];

test('findings that match the losses do not differ, whichever records prove a sum', () => {
  const close = { ...lost, check: 'close', reason: 'total-differs', bytes: 7 } as const;
  const found = [
    { ...lost, bytes: 7 },
    { ...close, records: ['x'] },
  ];
  expect(compareFindings([...expected, { ...close, records: [] }], found)).toEqual({
    byReason: new Map([
      ['chain missing-windows', 1],
      ['close total-differs', 1],
    ]),
    differences: [],
    differing: 0,
  });
});

test.each([
  ['nothing is found', [], ['7 bytes a b: not found']],
  ['it is found twice', [7, 7], ['7 bytes a b: nothing was lost']],
  ['other bytes are found', [8], ['8 bytes a b: nothing was lost', '7 bytes a b: not found']],
  ['bytes are unknown', [undefined], ['unknown bytes a b: nothing was lost', '7 bytes a b: not found']],
])('findings differ where %s', (_, bytes, sentences) => {
  const found = bytes.map((one) => ({ ...lost, bytes: one }));
  const { differences, differing } = compareFindings(expected, found);
  expect(differences).toEqual(sentences.map((one) => `${sim} chain missing-windows s1 ${one}`));
  expect(differing).toBe(sentences.length);
});

test('findings with other records differ, and at most twenty sentences say so', () => {
  const found = Array.from({ length: 30 }, (_, index) => ({ ...lost, bytes: 7, records: [`${index}`] }));
  const { differences, differing } = compareFindings(expected, found);
  expect([differences.length, differing]).toEqual([20, 31]);
});
