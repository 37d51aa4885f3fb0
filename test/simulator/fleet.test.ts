import { createHash } from 'node:crypto';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { beforeAll, describe, expect, it } from 'vitest';
import type { FleetDelivery } from '../../simulator/delivery-path.ts';
import { type FleetOptions, simulateFleet } from '../../simulator/fleet.ts';
import { simulatedCarriers } from '../../simulator/identity.ts';
import { differencesFromTruth } from '../property/expectation.ts';
import { InMemoryLedger } from './in-memory-ledger.ts';

function delivered(options: FleetOptions): FleetDelivery[] {
  return [...simulateFleet(options).deliveries].flat();
}

function digestOf(deliveries: readonly FleetDelivery[]): string {
  const hash = createHash('sha256');
  for (const delivery of deliveries) {
    hash.update(`${delivery.source} ${delivery.kind === 'file' ? delivery.key : delivery.partitionKey}\n`);
    hash.update(delivery.kind === 'file' ? delivery.bytes : delivery.data);
  }
  return hash.digest('hex');
}

const collectGarbage = (() => {
  setFlagsFromString('--expose-gc');
  return runInNewContext('gc') as () => void;
})();

describe('the simulated fleet', () => {
  it('delivers the same bytes in the same order for the same seed', () => {
    const options = { sims: 30, hours: 12, seed: 7 };
    expect(digestOf(delivered(options))).toBe(digestOf(delivered(options)));
  });

  it('has other deliveries for another seed', () => {
    const options = { sims: 30, hours: 12 };
    expect(digestOf(delivered({ ...options, seed: 1 }))).not.toBe(
      digestOf(delivered({ ...options, seed: 2 })),
    );
  });

  it('refuses a start that is not a time', () => {
    expect(() => simulateFleet({ sims: 1, hours: 1, start: 'yesterday' })).toThrow(
      new RangeError("The fleet's start is not an ISO 8601 time: yesterday"),
    );
  });

  it.each([
    [1, 'update'],
    [2, 'hourly'],
  ] as const)(
    'has a truth that equals the ledger (seed %i, sessions refreshed by "%s")',
    async (seed, sessionRefresh) => {
      const fleet = simulateFleet({ sims: 40, hours: 24, seed, sessionRefresh });
      const ledger = new InMemoryLedger(sessionRefresh);
      for (const batch of fleet.deliveries) await ledger.take(batch);
      const { distinct, ...counts } = fleet.truth.counts;
      expect(await differencesFromTruth(fleet.truth, ledger.tables)).toEqual([]);
      expect(ledger.counts).toEqual(counts);
      expect(distinct).toBeGreaterThan(ledger.tables.Usage.length);
    },
  );

  it('has totals of SIMs that are the sums of their usage', () => {
    const fleet = simulateFleet({ sims: 40, hours: 24 });
    for (const _batch of fleet.deliveries);
    for (const partition of fleet.truth.partitions.values()) {
      const sum = { uploaded: 0, downloaded: 0, messages: 0 };
      for (const usage of partition.usage.values()) {
        sum.uploaded += usage.dataUploaded;
        sum.downloaded += usage.dataDownloaded;
        sum.messages += usage.messages ?? 0;
        expect(usage.dataTotal).toBe(usage.dataUploaded + usage.dataDownloaded);
      }
      expect(partition.total).toEqual(sum);
    }
  });

  it('begins at the given start and has no records after its hours', () => {
    const fleet = simulateFleet({ sims: 20, hours: 30, start: '2026-10-05T12:00:00Z' });
    for (const _batch of fleet.deliveries);
    const partitions = [...fleet.truth.partitions.values()];
    const times = partitions
      .flatMap((partition) => [...partition.events.keys()].map((key) => key.slice(0, 24)))
      .sort();
    expect(times.at(0)?.slice(0, 10)).toBe('2026-10-05');
    expect(times.at(-1)?.slice(0, 13)).toBe('2026-10-06T17');
  });
});

describe('a day of 300 SIMs', () => {
  const sims = 300;
  const fleet = simulateFleet({ sims, hours: 24 });
  const found = { streams: new Set<string>(), files: new Set<string>(), zipped: 0, bundled: 0 };
  const size = { largestBatch: 0, bytes: 0, held: 0 };

  beforeAll(() => {
    collectGarbage();
    const before = process.memoryUsage().heapUsed;
    let batches = 0;
    for (const batch of fleet.deliveries) {
      size.largestBatch = Math.max(size.largestBatch, batch.length);
      for (const delivery of batch) look(delivery);
      batches++;
      if (batches % 100 !== 0) continue;
      collectGarbage();
      size.held = Math.max(size.held, process.memoryUsage().heapUsed - before);
    }
  });

  function look(delivery: FleetDelivery): void {
    if (delivery.kind === 'file') {
      found.files.add(`${delivery.source} ${delivery.key.replace(/_.*/, '')}`);
      size.bytes += delivery.bytes.length;
      return;
    }
    found.streams.add(delivery.source);
    if (delivery.data[0] === 0x1f) found.zipped++;
    if (delivery.records > 1) found.bundled++;
    size.bytes += delivery.data.length;
  }

  it('covers all carriers, both paths, bodies with several records, gzip, sessions in every state and broken records', () => {
    const sessions = [...fleet.truth.partitions.values()].flatMap((partition) => [
      ...partition.sessions.values(),
    ]);
    const statuses = new Set(
      sessions.map((session) => `${session.status}${session.dataTotal === undefined ? '' : ' with total'}`),
    );
    expect([...found.streams].sort()).toEqual([...simulatedCarriers].sort());
    expect([...found.files].sort()).toEqual(['1nce cdr', 'emnify cdr', 'telekom cdr', 'telekom events']);
    expect([...statuses].sort()).toEqual([
      'ended',
      'ended with total',
      'failed',
      'failed with total',
      'open',
      'open with total',
    ]);
    expect(found.zipped).toBeGreaterThan(20);
    expect(found.bundled).toBeGreaterThan(100);
    expect(fleet.truth.counts.ignored).toBe(8);
    expect(fleet.truth.counts.rejected).toBeGreaterThan(20);
  });

  it('delivers about 170 records per SIM, and holds little more than the truth in memory', () => {
    const { delivered: records } = fleet.truth.counts;
    expect(records).toBeGreaterThan(170 * sims * 0.85);
    expect(records).toBeLessThan(170 * sims * 1.15);
    expect(size.largestBatch).toBeLessThan(2 * sims);
    // Some 190 KB a SIM are delivered: held, they would show.
    expect(size.bytes).toBeGreaterThan(150_000 * sims);
    expect(size.held).toBeLessThan(100_000 * sims);
  });
});
