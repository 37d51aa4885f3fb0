import { describe, expect, test } from 'vitest';
import { BatchAccount } from '../../../lambda/ingest/batch-account.ts';
import { PendingRejects } from '../../../lambda/ingest/pending-rejects.ts';
import type { Reject } from '../../../lambda/store/quarantine.ts';

const mebibyte = 1024 * 1024;

/** Rejects that wait, and the objects in which they were kept, each by its group and the positions in it. */
function begin(group?: string) {
  const kept: { group: string | undefined; positions: string }[] = [];
  const keep = async (rejects: readonly Reject[], name: string | undefined): Promise<void> => {
    kept.push({ group: name, positions: rejects.map(({ position }) => position).join(' ') });
  };
  const account = new BatchAccount();
  const rejects = new PendingRejects({ keep }, group, account);
  let index = 0;
  const add = (delivery: number, bytes: Uint8Array | string, code: Reject['code'] = 'broken-json'): void => {
    const position = String(index);
    const reject: Reject = {
      code,
      reason: '',
      position,
      source: 'main',
      arrivedAt: 0,
      bytes: Buffer.from(bytes),
    };
    rejects.add(index, delivery, reject);
    index += 1;
  };
  return { rejects, kept, add };
}

describe('rejects of a group', () => {
  test('are kept in one object a code, of whatever deliveries and however large', async () => {
    const { rejects, kept, add } = begin('file#0');
    const large = Buffer.alloc(3 * mebibyte);
    for (const delivery of [0, 1, 2]) add(delivery, large);
    add(3, 'a', 'empty');
    await rejects.keepClosed();
    expect(kept).toEqual([]);
    await rejects.keepAll();
    expect(kept).toEqual([
      { group: 'file#0/broken-json', positions: '0 1 2' },
      { group: 'file#0/empty', positions: '3' },
    ]);
  });
});

describe('rejects of deliveries', () => {
  test('are kept in one object a delivery and code, each of them once', async () => {
    const { rejects, kept, add } = begin();
    add(0, 'a');
    add(0, 'b', 'empty');
    add(0, 'a');
    add(1, 'c');
    await rejects.keepAll();
    expect(kept).toEqual([
      { group: undefined, positions: '0' },
      { group: undefined, positions: '1' },
      { group: undefined, positions: '3' },
    ]);
    await rejects.keepAll();
    expect(kept.length).toBe(3);
  });

  test('are not kept in an object if a larger one holds all of them, though it comes later', async () => {
    const { rejects, kept, add } = begin();
    add(0, 'a');
    for (const bytes of ['a', 'b']) add(1, bytes);
    for (const bytes of ['b', 'c', 'd']) add(2, bytes);
    add(3, 'd');
    await rejects.keepAll();
    expect(kept.map(({ positions }) => positions)).toEqual(['3 4 5', '1 2']);
  });

  test('end an object where it has four mebibytes, of which each reject takes 400 bytes more than its own', async () => {
    const { rejects, kept, add } = begin();
    add(0, Buffer.alloc(4 * mebibyte - 401, 1));
    await rejects.keepClosed();
    expect(kept).toEqual([]);
    add(0, Buffer.alloc(4 * mebibyte - 400, 2), 'empty');
    await rejects.keepClosed();
    expect(kept).toEqual([{ group: undefined, positions: '1' }]);
    await rejects.keepAll();
    expect(kept.length).toBe(2);
  });

  test('are to be kept where more than eight mebibytes of them wait, and then wait no more', async () => {
    const { rejects, add } = begin();
    add(0, Buffer.alloc(8 * mebibyte - 400, 1));
    expect(rejects.areFull).toBe(false);
    add(1, '');
    expect(rejects.areFull).toBe(true);
    await rejects.keepClosed();
    expect(rejects.areFull).toBe(false);
  });
});
