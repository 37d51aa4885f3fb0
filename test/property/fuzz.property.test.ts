import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readEntries } from '../../lambda/ingest/entries.ts';
import type { Entry } from '../../lambda/ingest/ingest.ts';
import { carriers } from '../../lambda/ledger/source.ts';
import { ingestAtOnce } from './delivery.ts';
import { kinesisRecord, sourceOf, sources } from './delivery-path.ts';
import { calm, comparedTables } from './expectation.ts';
import { fuzzedBody, mutatedRecord } from './fuzz-values.ts';
import { MemoryDynamoDb } from './memory-dynamodb.ts';
import { seed, timeLimit, trials } from './trials.ts';
import { bytesOf } from './write-units.ts';

const arrivedAt = Date.parse('2030-01-01T00:00:00.000Z');
/** Milliseconds of CPU after which reading a few records hangs: those of the clock depend on what else the machine does. */
const slow = 2_000;
const kilobyte = 1_024;

function cpuMilliseconds(since: NodeJS.CpuUsage): number {
  return process.cpuUsage(since).user / 1000;
}

/** Takes records in; every one must be stored, ignored or kept among the rejects, and the store must take all. */
async function takeIn(entries: readonly Entry[]): Promise<MemoryDynamoDb> {
  const engine = new MemoryDynamoDb();
  const context = calm(engine);
  const begin = process.cpuUsage();
  const { receipt, failedDeliveries, errors } = await ingestAtOnce(entries, context);
  const { received, stored, repeated, ignored, rejected, failed } = receipt;
  expect({ failed, errors, failedDeliveries: [...failedDeliveries] }).toEqual({
    failed: 0,
    errors: [],
    failedDeliveries: [],
  });
  expect(received).toBe(entries.length);
  expect(stored + repeated + ignored + rejected).toBe(received);
  expect(cpuMilliseconds(begin)).toBeLessThan(slow);
  const faults = entries.filter(({ reading }) => reading.kind === 'fault');
  expect(context.quarantine.contents).toEqual(keptOf(faults));
  return engine;
}

/** What the quarantine must hold of rejects: each one's bytes, once. */
function keptOf(faults: readonly Entry[]): string[] {
  const texts = faults.map(
    ({ source, readBytes }) => `${source.name} ${Buffer.from(readBytes()).toString('latin1')}`,
  );
  return [...new Set(texts)].sort();
}

describe(`bytes that no carrier means to send (seed ${seed})`, () => {
  test('are stored, ignored or rejected, and never lost', { timeout: timeLimit }, async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fuzzedBody, { minLength: 1, maxLength: 2 }),
        fc.constantFrom(...carriers),
        async (bodies, carrier) => {
          const records = bodies.map(({ bytes }, index) =>
            kinesisRecord(sourceOf(carrier), `${carrier}/0`, index, arrivedAt, bytes),
          );
          const begin = process.cpuUsage();
          const entries = [...readEntries(records, sources)];
          expect(cpuMilliseconds(begin)).toBeLessThan(slow);
          expect(bodies.map((_, index) => entries.every(({ delivery }) => delivery !== index))).toEqual(
            bodies.map(({ holdsNothing }) => holdsNothing),
          );
          await takeIn(entries);
        },
      ),
      trials(2_000),
    );
  });

  test('make items that the store takes, of a kilobyte at most', { timeout: timeLimit }, async () => {
    await fc.assert(
      fc.asyncProperty(mutatedRecord, fc.constantFrom(...carriers), async (record, carrier) => {
        const stream = kinesisRecord(sourceOf(carrier), `${carrier}/0`, 1, arrivedAt, Buffer.from(record));
        const engine = await takeIn([...readEntries([stream], sources)]);
        for (const table of comparedTables) {
          const tooLarge = engine.items(table).filter((item) => bytesOf(item) > kilobyte);
          expect(tooLarge).toEqual([]);
        }
      }),
      trials(2_500),
    );
  });
});
