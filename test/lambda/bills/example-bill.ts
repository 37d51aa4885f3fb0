import { BillReader } from '../../../lambda/bills/bill-reader.ts';
import { readBook, storeTariff, writeBook } from '../../../lambda/bills/book.ts';
import { type BillOrder, type BillPorts, takeBillOrder } from '../../../lambda/bills/make-bill.ts';
import { runBucket } from '../../../lambda/days/pass/bucket.ts';
import { beginRound, planDay } from '../../../lambda/days/pass/plan.ts';
import { noItems } from '../../../lambda/days/rows.ts';
import type { Usage } from '../../../lambda/ledger/observation.ts';
import { makeTariff } from '../billing/billed-usage.ts';
import { MemoryPorts } from '../days/pass/memory-ports.ts';
import { makeUsage } from '../days/records.ts';

/** The bill of October 2026 of a ledger that began on its last day, in memory. */

const day = '2026-10-31';
export const billedSim = '8988303000000100001';

/** Usage of the day, of a SIM of emnify in Germany. */
export function makeBilledUsage(about: Partial<Usage>): Usage {
  return makeUsage({
    ...{ sim: billedSim, source: 'emnify', carrier: 'emnify', country: 'DE', start: `${day}T10:00:00.000Z` },
    ...about,
  });
}

/**
 * Seals the day, and makes the bill.
 *
 * @param now milliseconds since the epoch.
 * @param simsPerBucket SIMs of a part of the fleet.
 */
export async function makeExampleBill(
  usage: readonly Usage[],
  now: number,
  simsPerBucket = 1_000,
): Promise<{ readonly bills: BillReader; readonly ports: MemoryPorts }> {
  const ports = new MemoryPorts();
  for (const record of usage) await ports.deliver(record.sim, { ...noItems, usage: [record] });
  const tariff = makeTariff({
    name: 'emnify',
    charges: [{ name: 'data', unit: 'MB', prices: [{ price: '0.5' }] }],
    fees: [{ name: 'active SIM', per: 'sim', prices: [{ price: '0.20' }] }],
  });
  const putAt = '2026-10-01T00:00:00.000Z';
  const stored = {
    tariffs: [await storeTariff(ports.lake, tariff, putAt)],
    roster: undefined,
    balances: undefined,
  };
  await writeBook(ports.lake, stored, await readBook(ports.lake));
  const planned = await planDay(day, ports, { closedThrough: day, now, simsPerBucket });
  await beginRound(day, planned?.round ?? 0, ports);
  for (const job of ports.queue.splice(0)) await runBucket(job, ports, { now });
  const orders: BillOrder[] = [{ kind: 'bill', month: '2026-10' }];
  const work: BillPorts = {
    lake: ports.lake,
    listDays: async () => [day],
    start: { read: async () => day },
    queue: { send: async (sent) => void orders.push(...sent) },
  };
  for (let order = orders.shift(); order !== undefined; order = orders.shift())
    await takeBillOrder(order, work, now);
  return { bills: new BillReader(ports.lake), ports };
}
