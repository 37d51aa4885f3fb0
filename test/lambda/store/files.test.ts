import { expect, test } from 'vitest';
import { FilesTable } from '../../../lambda/store/files.ts';
import type { Manifest } from '../../../lambda/store/manifest.ts';
import { permutations } from '../../records/permutations.ts';
import { runningTables } from './running-tables.ts';

const tables = runningTables();

let count = 0;

function started(more: Partial<Manifest> = {}): Manifest {
  return {
    object: `bucket/cdr.csv@${count}`,
    source: 'main',
    carrier: '1nce',
    state: 'importing',
    rows: 10,
    accepted: 9,
    rejected: 1,
    position: 1000,
    size: 4000,
    delivered: '2026-11-02T13:00:00.000Z',
    header: 'id,volume',
    reason: undefined,
    ...more,
  };
}

function finished(more: Partial<Manifest> = {}): Manifest {
  return started({
    state: 'done',
    rows: 40,
    accepted: 36,
    rejected: 4,
    position: 4000,
    header: undefined,
    ...more,
  });
}

function newFiles(): FilesTable {
  count += 1;
  return new FilesTable(tables.client, 'Files');
}

test('a manifest is read as it was written, and an unknown one is undefined', async () => {
  const files = newFiles();
  expect(await files.read('bucket/unknown@1')).toBeUndefined();
  await files.write(started());
  expect(await files.read(started().object)).toEqual(started());
});

test('a manifest that is done has counts, and neither header nor reason', async () => {
  const files = newFiles();
  await files.write(started());
  await files.write(finished());
  expect((await tables.items('Files')).filter(({ object }) => object?.S === started().object)).toEqual([
    {
      object: { S: started().object },
      source: { S: 'main' },
      carrier: { S: '1nce' },
      state: { S: 'done' },
      rows: { N: '40' },
      accepted: { N: '36' },
      rejected: { N: '4' },
      position: { N: '4000' },
      size: { N: '4000' },
      delivered: { S: '2026-11-02T13:00:00.000Z' },
    },
  ]);
});

test('a manifest of a failed file says why', async () => {
  const files = newFiles();
  const failed = started({
    state: 'failed',
    rows: 0,
    position: 0,
    header: undefined,
    reason: 'The file is empty',
  });
  await files.write(failed);
  expect(await files.read(failed.object)).toEqual(failed);
});

test('progress only grows, in whatever order two imports of one file note it', async () => {
  const notes = (): Manifest[] => [
    started(),
    started({ rows: 20, accepted: 18, rejected: 2, position: 2000 }),
    started({ rows: 30, accepted: 27, rejected: 3, position: 3000 }),
  ];
  for (const order of permutations([0, 1, 2])) {
    const files = newFiles();
    for (const index of order) await files.write(notes()[index]!);
    expect(await files.read(started().object)).toEqual(notes()[2]);
  }
});

test('a file that is done can neither begin again nor fail', async () => {
  const files = newFiles();
  await files.write(finished());
  await files.write(started({ position: 9999 }));
  await files.write(started({ state: 'failed', reason: 'late', header: undefined }));
  expect(await files.read(finished().object)).toEqual(finished());
});

test('of concurrent imports of one file, the note of the furthest one stays', async () => {
  const files = newFiles();
  const positions = Array.from({ length: 30 }, (_, n) => (n * 7) % 30);
  await Promise.all(positions.map((position) => files.write(started({ position, rows: position }))));
  expect(await files.read(started().object)).toEqual(started({ position: 29, rows: 29 }));
});

test('only a failed file can be reopened', async () => {
  const files = newFiles();
  const failed = finished({ state: 'failed', reason: 'The file is empty', rows: 3 });
  await files.write(failed);
  await files.reopen(failed.object);
  expect(await files.read(failed.object)).toEqual({
    ...failed,
    ...{ state: 'importing', rows: 0, accepted: 0, rejected: 0, position: 0, reason: undefined },
  });
  await files.write(finished());
  await files.reopen(failed.object);
  expect(await files.read(failed.object)).toEqual(finished());
});

test('DynamoDB’s errors are thrown', async () => {
  count += 1;
  const missing = new FilesTable(tables.client, 'NoSuchTable');
  await expect(missing.write(started())).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
  await expect(missing.read('bucket/a@1')).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
});
