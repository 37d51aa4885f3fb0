import { describe, expect, it } from 'vitest';
import { isStalled } from '../../../lambda/store/files.ts';
import type { Manifest } from '../../../lambda/store/manifest.ts';

const now = Date.parse('2026-11-02T18:00:00Z');
const manifest: Manifest = {
  ...{ object: 'b/k@1', source: 'main', carrier: '1nce', state: 'importing' },
  ...{ rows: 1, accepted: 1, rejected: 0, position: 10, size: 20 },
  delivered: '2026-11-02T10:00:00.000Z',
  noted: '2026-11-02T17:50:00.000Z',
};

describe('an import', () => {
  it.each([
    ['goes on while its progress is noted', manifest, false],
    [
      'goes on until 15 minutes after its last note',
      { ...manifest, noted: '2026-11-02T17:45:00.000Z' },
      false,
    ],
    [
      'is stalled more than 15 minutes after its last note',
      { ...manifest, noted: '2026-11-02T17:44:59.999Z' },
      true,
    ],
    ['of an older version is told by its delivery', { ...manifest, noted: undefined }, true],
    ['that is done is not stalled', { ...manifest, state: 'done' as const, noted: undefined }, false],
    ['that failed is not stalled', { ...manifest, state: 'failed' as const, noted: undefined }, false],
  ])('%s', (_, one, expected) => {
    expect(isStalled(one, now)).toBe(expected);
  });
});
