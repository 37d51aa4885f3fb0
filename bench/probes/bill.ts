import { existsSync } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { InvoiceComparison } from '../../cli/bill/compare-invoice.ts';
import { openInvoice } from '../../cli/bill/invoice-file.ts';
import { readPeakMemory } from '../../emulators/lambda-runtime/peak-memory.ts';
import { BillSum } from '../../lambda/billing/bill.ts';
import { Rater } from '../../lambda/billing/rate.ts';
import type { StoredObject } from '../../lambda/days/pass/ports.ts';
import { countParts, walkLakeSims } from '../../lambda/store/lake-sims.ts';
import { invoiceMap } from '../../lib/invoice-maps.ts';
import { tariff as tariffSchema } from '../../lib/tariffs.ts';

/** Measures a month's bill, and the check of an invoice, from a lake in a folder. */

/** What to measure. */
export interface BillTask {
  /** The folder with the lake's files. */
  readonly folder: string;
  readonly invoice: string;
  readonly buckets: number;
  readonly days: readonly string[];
  /** The content of its file. */
  readonly tariff: object;
}

/** The cost. */
export interface BillCost {
  /** For rating alone. */
  readonly rateSeconds: number;
  /** For reading the invoice, rating and comparing. */
  readonly seconds: number;
  /** User and system time, for the same. */
  readonly cpuSeconds: number;
  /** Peak resident memory in megabytes (1,000,000 bytes). */
  readonly megabytes: number;
  readonly lines: number;
  readonly differing: number;
}

const task: BillTask = JSON.parse(process.argv[2] ?? '{}');
const tariffs = [tariffSchema.parse(task.tariff)];
const days = task.days.map((day) => ({ day, buckets: task.buckets }));
const rating = { tariffs, month: '2026-11', roster: new Map(), balances: new Map() };

async function openFile(key: string): Promise<StoredObject | undefined> {
  const path = join(task.folder, key);
  if (!existsSync(path)) return undefined;
  const { size } = await stat(path);
  return {
    ...{ tag: key, byteLength: size },
    slice: async (start, end = size) => {
      const file = await open(path);
      try {
        const bytes = new Uint8Array(end - start);
        await file.read(bytes, 0, bytes.length, start);
        return bytes.buffer;
      } finally {
        await file.close();
      }
    },
  };
}

function walk() {
  return walkLakeSims({ open: openFile }, { days, readsSessions: false, further: new Map() });
}

const started = performance.now();
const rater = new Rater(rating);
const sum = new BillSum(rating, []);
for await (const one of walk()) sum.add(rater.rate(one));
sum.finish();
const rateSeconds = (performance.now() - started) / 1_000;

const before = process.cpuUsage();
const begun = performance.now();
const map = invoiceMap.parse({
  ...{ columns: { sim: 'sim', day: 'day', quantity: ['quantity'], amount: 'amount' }, unit: 'KB' },
  rules: [{ name: 'data' }],
});
const invoice = await openInvoice(task.invoice, map, tariffs);
const comparison = new InvoiceComparison(invoice, {
  ...{ rating, records: { parts: countParts(days) }, sims: walk(), signal: new AbortController().signal },
});
let differing = 0;
for await (const { outcome } of comparison.compare()) if (outcome !== 'equal') differing += 1;
const { lines } = comparison.finish();
await comparison.close();
const { user, system } = process.cpuUsage(before);
process.send?.({
  ...{ rateSeconds, seconds: (performance.now() - begun) / 1_000, cpuSeconds: (user + system) / 1e6 },
  megabytes: readPeakMemory() / 1e6,
  ...{ lines, differing },
} satisfies BillCost);
