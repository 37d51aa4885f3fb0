import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { beforeEach, describe, expect, test } from 'vitest';
import { formatObjectName } from '../../../../lambda/ingest/files/messages.ts';
import { file, header, idOf, row } from './cdr.ts';
import { Importing } from './importing.ts';

const importing = new Importing();

beforeEach(() => importing.reset());

describe('a packed file', () => {
  test('is read as the CSV in it', async () => {
    const bytes = readFileSync(
      new URL('../../../fixtures/files/cdr_20261120_120000.csv.gz', import.meta.url),
    );
    const result = await importing.import(await importing.put('cdr_20261120_120000.csv.gz', bytes));
    expect(result).toMatchObject({ outcome: 'done', manifest: { rejected: 0, packed: true } });
    expect(result.manifest?.rows).toBeGreaterThan(0);
  });

  test.each([
    ['of one member', gzipSync(file(40))],
    ['of several members', Buffer.concat([gzipSync(file(20)), gzipSync(file(20, 20))])],
    ['that is named otherwise', gzipSync(file(40))],
  ])('%s is imported', async (name, bytes) => {
    const object = await importing.put(name.includes('named') ? 'export' : `${importing.key}.gz`, bytes);
    expect(await importing.import(object)).toMatchObject({
      outcome: 'done',
      manifest: { state: 'done', rows: 40, accepted: 40, rejected: 0, size: bytes.length },
    });
    expect((await importing.recordIds()).length).toBe(40);
  });

  test('resumes where it stopped if time runs out', async () => {
    const wide = { organisation_name: 'x'.repeat(1500) };
    const rows = Array.from({ length: 300 }, (_, number) => row(number, wide));
    const object = await importing.put(`${importing.key}.gz`, gzipSync([header, ...rows].join('\n')));
    const outcomes: string[] = [];
    while (outcomes.at(-1) !== 'done') {
      outcomes.push((await importing.import(object, { isTimeShort: () => true })).outcome);
    }
    expect(outcomes.length).toBeGreaterThan(3);
    expect(importing.receipt).toMatchObject({ received: 300, stored: 300, rejected: 0 });
    expect((await importing.recordIds()).length).toBe(300);
  });

  test.each([
    ['cut short', gzipSync(file(40)).subarray(0, -20), 'broken-gzip', /^The gzip is damaged or cut short/],
    [
      'with something behind it',
      Buffer.concat([gzipSync(file(40)), Buffer.from('\0more')]),
      'broken-gzip',
      /^5 bytes that are not gzip follow the gzip\. Send only the gzip$/,
    ],
    [
      'with text behind it',
      Buffer.concat([gzipSync(file(40)), Buffer.from('more')]),
      'broken-gzip',
      /^The gzip is damaged or cut short/,
    ],
  ])('%s is kept whole, and fails', async (_, bytes, code, reason) => {
    const object = await importing.put(`${importing.key}.gz`, bytes);
    const { outcome, manifest } = await importing.import(object);
    expect([outcome, manifest?.state]).toEqual(['failed', 'failed']);
    expect(manifest?.reason).toMatch(reason);
    expect([manifest?.rows, await importing.recordIds()]).toEqual([0, []]);
    const [line, ...more] = await importing.rejects(object);
    expect([line?.code, line?.position, more]).toEqual([code, formatObjectName(object), []]);
    expect(await importing.s3.getObject('simledger-quarantine', line?.object ?? '')).toEqual(bytes);
  });

  test('that contains something other than CSV is kept whole, with the reason', async () => {
    const object = await importing.put(`${importing.key}.gz`, gzipSync('{"id":1}\n'));
    expect((await importing.import(object)).manifest).toMatchObject({
      state: 'failed',
      reason: "The file is JSON, not CSV: put its records into the source's stream, as simledger import does",
    });
  });

  test('with rejected rows identifies them by number', async () => {
    const object = await importing.put(`${importing.key}.gz`, gzipSync(`${header}\n${row(1)}\n"broken"\n`));
    await importing.import(object);
    expect(await importing.recordIds()).toEqual([idOf(1)]);
    expect((await importing.rejects(object)).map(({ position }) => position)).toEqual([
      `${formatObjectName(object)}#2`,
    ]);
  });
});
