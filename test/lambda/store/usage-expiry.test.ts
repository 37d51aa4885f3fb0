import { beforeEach, describe, expect, test } from 'vitest';
import type { Usage } from '../../../lambda/ledger/observation.ts';
import { findUsageExpiry } from '../../../lambda/store/items.ts';
import type { WriteMode } from '../../../lambda/store/ledger-tables.ts';
import { LedgerWriter } from '../../../lambda/store/writer.ts';
import { asClient, MemoryDynamoDb } from '../../property/memory-dynamodb.ts';
import { permutations } from '../../records/permutations.ts';
import { changesOf, minute, usageAt } from './observations.ts';
import { ledgerTablesOf, runningTables } from './running-tables.ts';
import { watch } from './watched-client.ts';

import { asTheyCome, nothingSpecial, outcome } from './write-outcomes.ts';

const tables = runningTables();

let sim = '';
let count = 0;

beforeEach(() => {
  sim = `sim-${++count}`;
});

describe('usage that expires', () => {
  const day = 86_400;
  const written = Date.parse('2026-11-10T00:00:00.000Z');

  /** Writes usage that is kept for some days. @returns what became of it, and the requests. */
  async function write(
    usage: Usage,
    { days = 35, writtenAt = written, writes = 'batched' as WriteMode, readBeforeWrite = false } = {},
  ) {
    const client = tables.newClient();
    const watched = watch(client);
    const writer = new LedgerWriter({ ...ledgerTablesOf(client), writes, usageRetentionDays: days });
    const report = await writer.write(changesOf({ usage: [usage] }), { readBeforeWrite, writtenAt });
    client.destroy();
    return { outcome: outcome(report), operations: watched.operations };
  }

  /** The expiry of what is stored, in days after the writing, and its tariff. */
  async function readStored(): Promise<unknown> {
    const [item, ...others] = await tables.items('Usage', sim);
    expect(others).toEqual([]);
    const expiry = item?.['expiresAt']?.N;
    return [expiry === undefined ? undefined : (Number(expiry) - written / 1_000) / day, item?.['tariff']?.S];
  }

  test('is kept so many days after it was written, or after its start where that is later', async () => {
    const old = usageAt('2026-01-01T00:00:00.000Z', sim, '1');
    expect([
      findUsageExpiry(old, written, 35),
      findUsageExpiry({ start: '2026-11-12T00:00:00.001Z' }, written, 35),
    ]).toEqual([written / 1_000 + 35 * day, written / 1_000 + 37 * day + 1]);
    await write(old);
    expect(await readStored()).toEqual([35, undefined]);
  });

  test.each(['batched', 'single'] as const)(
    'is inserted, and left alone by a repeat, whenever that comes: %s writes',
    async (writes) => {
      const usage = usageAt(minute(0), sim, '1', { tariff: 'a' });
      const insert = writes === 'batched' ? 'INSERT Usage' : 'PutItem Usage';
      expect(await write(usage, { writes })).toEqual({ outcome: nothingSpecial, operations: [insert] });
      for (const writtenAt of [written - 5 * day * 1_000, written + 5 * day * 1_000]) {
        const repeated = { ...nothingSpecial, repeated: [0] };
        expect((await write(usage, { writes, writtenAt })).outcome).toEqual(repeated);
        expect(await readStored()).toEqual([35, 'a']);
      }
    },
  );

  test.each(['batched', 'single'] as const)(
    'keeps the later expiry where a rendering replaces another: %s writes',
    async (writes) => {
      const least = usageAt(minute(0), sim, '1', { completeness: 3, tariff: 'a' });
      const more = usageAt(minute(0), sim, '1', { completeness: 5, tariff: 'b' });
      const whole = usageAt(minute(0), sim, '1', { tariff: 'c' });
      await write(least, { writes });
      await write(more, { writes, writtenAt: written - 5 * day * 1_000, readBeforeWrite: true });
      expect(await readStored()).toEqual([35, 'b']);
      await write(whole, { writes, writtenAt: written + 5 * day * 1_000 });
      expect(await readStored()).toEqual([40, 'c']);
      await write({ ...whole, tariff: 'd' }, { writes, writtenAt: written - 5 * day * 1_000 });
      expect(await readStored()).toEqual([40, 'd']);
      await write(least, { writes, writtenAt: written + 50 * day * 1_000 });
      expect(await readStored()).toEqual([40, 'd']);
    },
  );

  test('never expires where it was stored to be kept forever, nor once that is asked for', async () => {
    const less = usageAt(minute(0), sim, '1', { completeness: 3, tariff: 'a' });
    const whole = usageAt(minute(0), sim, '1', { tariff: 'b' });
    await write(less, { days: 0 });
    await write(whole);
    expect(await readStored()).toEqual([undefined, 'b']);
    await tables.clear();
    await write(less);
    await write(whole, { days: 0 });
    expect(await readStored()).toEqual([undefined, 'b']);
  });
});

test('of two complete renderings of usage that expires the last one stays, as of usage that is kept forever', async () => {
  for (const usageRetentionDays of [0, 35]) {
    for (const order of permutations(['a', 'b'])) {
      const engine = new MemoryDynamoDb();
      const writer = new LedgerWriter({ ...ledgerTablesOf(asClient(engine)), usageRetentionDays });
      for (const tariff of order) {
        const usage = usageAt(minute(0), 'sim', '1', { tariff });
        await writer.write(changesOf({ usage: [usage] }), asTheyCome);
      }
      expect(engine.items('Usage').map(({ tariff }) => tariff?.S)).toEqual(order.slice(1));
    }
  }
});
