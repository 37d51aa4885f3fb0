import { once } from 'node:events';
import { createWriteStream, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { countBuckets, findBucket } from '../lambda/days/buckets.ts';
import { listDays } from '../lambda/days/day.ts';
import { RowFile } from '../lambda/days/parquet.ts';
import { makeFileKey } from '../lambda/days/pass/lake-objects.ts';
import type { Usage } from '../lambda/ledger/observation.ts';
import { makeTemporaryFolder } from './bundles.ts';
import { readRecord } from './days.ts';
import { type BenchmarkOptions, type Figure, makeFigure } from './figures.ts';
import { makeUsage, nameSim } from './made-up-days.ts';
import { computeRatios, runInterleaved } from './pairs.ts';
import type { BillCost, BillTask } from './probes/bill.ts';
import { probe } from './processes.ts';

/** A month's bill of a fleet, and the check of an invoice with one row per SIM and day. */

const month = listDays('2026-11-01', '2026-11-30');
const windows = 4;
/** One row in so many is wrong. */
const wrongEvery = 100;
/** Per kilobyte, in ten-thousandths. */
const price = 20n;

/**
 * Writes a month's files and the invoice. The carrier's calculation uses whole numbers and shares no code with ours.
 */
async function writeMonth(sims: number, usage: Usage): Promise<BillTask> {
  const folder = makeTemporaryFolder();
  const buckets = countBuckets(sims);
  const names = Array.from({ length: sims }, (_, number) => nameSim(number));
  const invoice = join(folder, 'invoice.csv');
  const stream = createWriteStream(invoice);
  stream.write('sim,day,quantity,amount\n');
  let line = 0;
  for (const day of month) {
    for (let bucket = 0; bucket < buckets; bucket += 1) {
      const file = new RowFile('usage');
      for (const sim of names.filter((name) => findBucket(name, buckets) === bucket)) {
        const rows = makeUsage(sim, { sims, windows, day, usage });
        file.add(rows);
        line += 1;
        const kilobytes = rows.reduce((sum, { dataTotal }) => sum + BigInt(Math.ceil(dataTotal / 1_000)), 0n);
        const billed = line % wrongEvery === 0 ? kilobytes + 100n : kilobytes;
        const cents = String((billed * price + 50n) / 100n).padStart(3, '0');
        const amount = `${cents.slice(0, -2)}.${cents.slice(-2)}`;
        if (!stream.write(`${sim},${day},${billed},${amount}\n`)) await once(stream, 'drain');
      }
      const path = join(folder, makeFileKey('usage', day, bucket, buckets));
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, file.finish());
    }
  }
  stream.end();
  await once(stream, 'close');
  const tariff = {
    ...{ name: 'bench', currency: 'USD', lines: ['day'] },
    charges: [
      {
        ...{ name: 'data', unit: 'KB', increment: { step: 1, per: 'record' } },
        prices: [{ price: '0.0020' }],
      },
    ],
  };
  return { folder, invoice, buckets, days: month, tariff };
}

function measure(task: BillTask): Promise<BillCost> {
  return probe<BillCost>('probes/bill.ts', {
    arguments: [JSON.stringify(task)],
    env: { PATH: process.env['PATH'] ?? '' },
  });
}

export async function bill({ pairs, quick }: BenchmarkOptions): Promise<Figure[]> {
  const { usage } = readRecord();
  const [few, many] = quick ? [100, 1_000] : [1_000, 10_000];
  const tasks = { few: await writeMonth(few, usage), many: await writeMonth(many, usage) };
  const costs: { few: BillCost[]; many: BillCost[] } = { few: [], many: [] };
  const run = (name: 'few' | 'many') => async (): Promise<number> => {
    const cost = await measure(tasks[name]);
    const sims = name === 'few' ? few : many;
    if (cost.lines !== sims * month.length) throw new Error(`${cost.lines} lines were compared`);
    if (cost.differing !== Math.floor(cost.lines / wrongEvery))
      throw new Error(`${cost.differing} lines differ`);
    costs[name].push(cost);
    return cost.cpuSeconds / sims;
  };
  const results = await runInterleaved({ few: run('few'), many: run('many') }, pairs);
  const read = (pick: (cost: BillCost) => number): number[] => costs.many.map(pick);
  const title = `${many.toLocaleString('en-US')} SIMs, ${(many * month.length).toLocaleString('en-US')} lines`;
  return [
    makeFigure(
      'bill.rate.seconds',
      `${title}: rated`,
      read(({ rateSeconds }) => rateSeconds),
      's',
    ),
    makeFigure(
      'bill.check.seconds',
      '  rated and checked',
      read(({ seconds }) => seconds),
      's',
    ),
    makeFigure(
      'bill.check.cpu',
      '  CPU of that',
      read(({ cpuSeconds }) => cpuSeconds),
      's',
    ),
    makeFigure(
      'bill.check.megabytes',
      '  peak memory',
      read(({ megabytes }) => megabytes),
      'MB',
    ),
    makeFigure(
      'bill.growth.ratio',
      `  CPU per SIM relative to ${few.toLocaleString('en-US')} SIMs`,
      computeRatios(results.many, results.few),
      '×',
      {
        atMost: 1.2,
      },
    ),
  ];
}
