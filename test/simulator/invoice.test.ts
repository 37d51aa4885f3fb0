import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openInvoice } from '../../cli/bill/invoice-file.ts';
import { BillSum } from '../../lambda/billing/bill.ts';
import { type Compared, Comparison } from '../../lambda/billing/compare.ts';
import { Rater } from '../../lambda/billing/rate.ts';
import type { SimRecords } from '../../lambda/billing/sim-records.ts';
import { listDays } from '../../lambda/days/day.ts';
import { makeRows } from '../../lambda/days/rows.ts';
import { DayRecordReader } from '../../lambda/store/day-records.ts';
import { invoiceMap } from '../../lib/invoice-maps.ts';
import { tariff as tariffSchema } from '../../lib/tariffs.ts';
import { simulateFleet } from '../../simulator/fleet.ts';
import {
  type Contract,
  type InvoiceFault,
  invoiceFaults,
  type MeasuredUsage,
  type SimulatedInvoice,
  writeInvoice,
} from '../../simulator/invoice.ts';
import { readLines } from '../lambda/billing/billed-usage.ts';
import { InMemoryLedger } from './in-memory-ledger.ts';

/** Invoices of a simulated carrier, with planted faults, beside what the ledger made of its records. */

const contract: Contract = {
  ...{ carrier: 'emnify', month: '2026-10', home: ['DE'], priceChange: '2026-10-02' },
  prices: [
    [20n, 60n],
    [30n, 90n],
  ],
  ...{ feePerSim: 4_000n, rebate: 10n },
};

const map = invoiceMap.parse({
  columns: { sim: 'sim', amount: 'amount', quantity: ['quantity'], currency: 'currency', country: 'country' },
  unit: 'KB',
  rules: ['home', 'abroad', 'active SIM', 'rebate'].map((name) => ({
    when: { column: 'name', is: name },
    name,
  })),
});

/** By which cause each fault must be named. */
const causeKinds: Readonly<Record<InvoiceFault, string>> = {
  'session-twice': 'session-twice',
  'lost-discount': 'discount',
  'wrong-zone': 'price-of-other',
  'price-of-last-month': 'price-in-time',
  'rounding-per-record': 'increment',
  'somebody-else': 'unknown-sim',
};

let folder: string;
let measured: readonly MeasuredUsage[];
let sims: readonly SimRecords[];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'simledger-invoice-'));
  const fleet = simulateFleet({ sims: 40, hours: 18, hasInvoices: true, start: '2026-10-01T12:00:00Z' });
  const ledger = new InMemoryLedger();
  for (const deliveries of fleet.deliveries) {
    await ledger.take(deliveries.filter(({ source }) => source === contract.carrier));
  }
  measured = fleet.truth.measured ?? [];
  const tables = {
    sessions: 'Sessions',
    usage: 'Usage',
    events: 'Events',
    sims: 'Sims',
    dayState: 'DayState',
  };
  const reader = new DayRecordReader({ client: ledger.client, ...tables, usageDays: 400 });
  const found: SimRecords[] = [];
  for await (const some of reader.listSims()) {
    for (const sim of some) {
      const usage = await reader.readUsage(sim, { from: '2026-09-30', to: '2026-10-04' });
      const items = { usage, events: [], sessions: [] };
      const days = listDays('2026-10-01', '2026-10-03');
      found.push({ sim, sessions: [], usage: days.flatMap((day) => makeRows(day, items).usage) });
    }
  }
  sims = found;
});

afterAll(() => rm(folder, { recursive: true }));

async function check({ csv, tariff: file }: SimulatedInvoice): Promise<Compared[]> {
  const path = join(folder, 'invoice.csv');
  await writeFile(path, csv);
  const tariffs = [tariffSchema.parse(file)];
  const invoice = await openInvoice(path, map, tariffs);
  const lines = await readLines(invoice);
  const { by } = invoice;
  const context = {
    tariffs: tariffs.map((one) => ({ ...one, lines: by.dimensions })),
    ...{ month: contract.month, roster: new Map(), balances: new Map() },
  };
  const rater = new Rater(context);
  const sum = new BillSum(context, []);
  const comparison = new Comparison(context, by);
  const unknown = lines.filter(({ sim }) => sim !== undefined && sims.every((one) => one.sim !== sim));
  const all = [...sims, ...unknown.map(({ sim = '' }) => ({ sim, usage: [], sessions: [] }))];
  const compared = all.flatMap((records) => {
    const bill = rater.rate(records);
    sum.add(bill);
    const theirs = lines.filter(({ sim }) => sim === records.sim);
    return comparison.compareSim(records, bill, theirs);
  });
  for (const line of lines) if (line.sim === undefined) comparison.addAccountLine(line);
  return [...compared, ...comparison.compareAccount(sum.finish().accountLines)];
}

/** The SIMs, causes and sums of what differs, but for what follows from it. */
function describeDifferences(compared: readonly Compared[]): string[] {
  const sums = new Map<string, number>();
  for (const { sim = 'account', causes } of compared) {
    for (const { kind, money } of causes) {
      const key = `${sim} ${kind}`;
      if (kind !== 'follows') sums.set(key, (sums.get(key) ?? 0) + Math.round(Number(money.toFixed()) * 100));
    }
  }
  return [...sums].map(([key, cents]) => `${key} ${cents}`).sort();
}

function describePlanted({ planted }: SimulatedInvoice): string[] {
  return planted
    .map(({ fault, sim = 'account', money }) => {
      return `${sim} ${causeKinds[fault]} ${Math.round(Number(money) * 100)}`;
    })
    .sort();
}

describe('an invoice of a simulated carrier', () => {
  test('has no difference if it is correct', async () => {
    const compared = await check(writeInvoice(contract, measured, []));
    expect(compared.length).toBeGreaterThan(10);
    expect(compared.filter(({ outcome }) => outcome !== 'equal')).toEqual([]);
  });

  test.each(invoiceFaults.map((fault) => [fault]))(
    'shows a planted fault, named and priced: %s',
    async (fault) => {
      const invoice = writeInvoice(contract, measured, [fault]);
      expect(describeDifferences(await check(invoice))).toEqual(describePlanted(invoice));
    },
  );

  test('shows all faults at once', async () => {
    const invoice = writeInvoice(contract, measured, invoiceFaults);
    expect(describeDifferences(await check(invoice))).toEqual(describePlanted(invoice));
  });
});
