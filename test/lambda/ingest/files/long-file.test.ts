import { beforeEach, describe, expect, test } from 'vitest';
import { formatObjectName } from '../../../../lambda/ingest/files/messages.ts';
import type { LedgerPorts } from '../../../../lambda/ingest/ingest.ts';
import { withoutWaiting } from '../../store/without-waiting.ts';
import { longFile } from './cdr.ts';
import { Importing } from './importing.ts';

const importing = new Importing();

beforeEach(() => importing.reset());

describe('a long file', () => {
  const { bytes, rows, rejected } = longFile();
  const done = { state: 'done', rows, accepted: rows - rejected, rejected, position: bytes.length };

  async function expectWhole(object: Awaited<ReturnType<Importing['put']>>): Promise<void> {
    expect((await importing.tables.items('Files')).length).toBe(1);
    expect(await importing.ports().files.read(formatObjectName(object))).toMatchObject(done);
    const stored = new Set(await importing.recordIds());
    expect(stored.size).toBe(rows - rejected);
    const kept = await importing.rejects(object);
    expect(kept.map(({ position }) => Number(position.split('#')[1]))).toEqual(
      Array.from({ length: rejected }, (_, n) => (n + 1) * 100),
    );
  }

  test('resumes where it stopped if time runs out, however often', async () => {
    const object = await importing.put(importing.key, bytes);
    const outcomes: (readonly [string, number | undefined])[] = [];
    for (let time = 0; time < 9 && outcomes.at(-1)?.[0] !== 'done'; time += 1) {
      const { outcome, manifest } = await importing.import(object, { isTimeShort: () => true });
      outcomes.push([outcome, manifest?.rows]);
      expect(manifest?.rows).toBe(importing.receipt.received);
    }
    expect(outcomes.map(([outcome]) => outcome)).toEqual(['continue', 'continue', 'done']);
    expect(importing.receipt).toMatchObject({ received: rows, stored: rows - rejected, rejected });
    await expectWhole(object);
  });

  test('whose download breaks off is delivered again, and ends with the same counts', async () => {
    withoutWaiting();
    const object = await importing.put(importing.key, bytes);
    await importing.import(object, { isTimeShort: () => true });
    const { writer } = importing.ports();
    let batches = 0;
    const breaking: LedgerPorts['writer'] = {
      write: async (changes, options) => {
        batches += 1;
        if (batches === 1) return writer.write(changes, options);
        // The process ends when a part of the block is stored.
        await writer.write({ ...changes, usage: changes.usage.slice(0, 100) }, options);
        throw new Error('The process ended');
      },
    };
    await expect(importing.import(object, { writer: breaking })).rejects.toThrow('The process ended');
    expect(await importing.ports().files.read(formatObjectName(object))).toMatchObject({
      state: 'importing',
    });
    expect(await importing.import(object)).toMatchObject({ outcome: 'done', manifest: done });
    await expectWhole(object);
  });

  test('is stored once by two concurrent imports', async () => {
    const object = await importing.put(importing.key, bytes);
    const results = await Promise.all([importing.import(object), importing.import(object)]);
    expect(results).toMatchObject([
      { outcome: 'done', manifest: done },
      { outcome: 'done', manifest: done },
    ]);
    await expectWhole(object);
  });

  test('is retried if the store does not accept all of a block, and given up after some attempts', async () => {
    withoutWaiting();
    const object = await importing.put(importing.key, bytes);
    const { writer } = importing.ports();
    let failing = 3;
    const attempts: number[] = [];
    const limping: LedgerPorts['writer'] = {
      write: async (changes, options) => {
        attempts.push(changes.usage.length);
        if (failing === 0) return writer.write(changes, options);
        failing -= 1;
        return { repeated: new Set(), failed: new Set([5]), errors: [new Error('throttled')], gains: [] };
      },
    };
    expect(await importing.import(object, { writer: limping })).toMatchObject({
      outcome: 'done',
      manifest: done,
    });
    expect(attempts.length).toBe(5 + 3);
    await expectWhole(object);

    failing = 100;
    const other = await importing.put(`other-${importing.key}`, bytes);
    await expect(importing.import(other, { writer: limping })).rejects.toThrow(
      `1 rows after row 0 of ${formatObjectName(other)} were not stored: Error: throttled`,
    );
    // Both parts that were being stored were tried four times.
    expect(failing).toBe(100 - 8);
  });
});
