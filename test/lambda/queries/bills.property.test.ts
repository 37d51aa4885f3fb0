import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { BillReader } from '../../../lambda/bills/bill-reader.ts';
import { ConflictError } from '../../../lambda/days/pass/ports.ts';
import {
  type BillRowFields,
  fetchBill,
  listBillLines,
  listBills,
  readLinesPosition,
} from '../../../lambda/queries/bills.ts';
import { trials } from '../../property/trials.ts';
import { makeBilledUsage, makeExampleBill } from '../bills/example-bill.ts';

const now = Date.UTC(2026, 10, 3);
const sims = Array.from({ length: 9 }, (_, index) => `898830300000010000${index}`);
const countries = ['DE', 'FR', 'IT'];

/** The bill of SIMs that were each in several countries, in several parts of the fleet. */
function makeBill() {
  const usage = sims.flatMap((sim, index) =>
    countries
      .slice(0, 1 + (index % 3))
      .map((country) => makeBilledUsage({ sim, country, recordId: country, volume: '1' })),
  );
  return makeExampleBill(usage, now, 3);
}

async function listAll(bills: BillReader, size: number, sim?: string): Promise<BillRowFields[]> {
  const lines: BillRowFields[] = [];
  let after: ReturnType<typeof readLinesPosition>;
  do {
    const page = await listBillLines({ month: '2026-10', sim, size, after }, { bills });
    lines.push(...page.resources);
    // As in a token.
    after = page.next && readLinesPosition(JSON.parse(JSON.stringify(page.next)));
    expect(after === undefined).toBe(page.next === undefined);
  } while (after !== undefined);
  return lines;
}

describe('the lines of a bill', () => {
  test('are the same on pages of any size, and add up to the bill', async () => {
    const { bills } = await makeBill();
    const all = await listAll(bills, 1_000);
    expect(all).toHaveLength(9 + 3 + 6 + 9);
    expect(new Set(all.map(({ sim }) => sim))).toEqual(new Set(sims));
    const sum = all.reduce((total, { amount }) => total + Number(amount), 0);
    const bill = await fetchBill({ month: '2026-10' }, { bills });
    expect(bill.totals).toEqual([{ amount: sum.toFixed(1), currency: 'EUR' }]);
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 30 }), async (size) => {
        expect(await listAll(bills, size)).toEqual(all);
      }),
      trials(10),
    );
  });

  test('of a SIM are the lines that name it', async () => {
    const { bills } = await makeBill();
    const all = await listAll(bills, 1_000);
    for (const sim of sims)
      expect(await listAll(bills, 1, sim)).toEqual(all.filter((line) => line.sim === sim));
    expect(await listAll(bills, 1, '8988303000000199999')).toEqual([]);
  });

  test('continue after the last one if the bill is made again meanwhile', async () => {
    const { bills, ports } = await makeBill();
    const all = await listAll(bills, 1_000);
    const first = await listBillLines(
      { month: '2026-10', sim: undefined, size: 2, after: undefined },
      { bills },
    );
    // A new SIM that sorts first appears in each part.
    for (const [key, bytes] of ports.objects) {
      if (!key.endsWith('.jsonl') || bytes.length < 2) continue;
      const line = new TextDecoder().decode(bytes).split('\n')[0] ?? '';
      const added = line.replace(/"sim":"\d+"/, '"sim":"0000000000000000000"');
      ports.objects.set(key, new Uint8Array(Buffer.concat([Buffer.from(`${added}\n`), bytes])));
    }
    const rest = await listBillLines(
      { month: '2026-10', sim: undefined, size: 1_000, after: first.next },
      { bills },
    );
    const known = [...first.resources, ...rest.resources].filter(({ sim }) => !sim?.startsWith('0000'));
    expect(known).toEqual(all);
  });

  test('are read again if they are written while they are read', async () => {
    const { ports } = await makeBill();
    let conflicts = 1;
    const bills = new BillReader({
      open: async (key) => {
        const object = await ports.lake.open(key);
        if (object === undefined || !key.endsWith('.jsonl') || conflicts === 0) return object;
        conflicts -= 1;
        return {
          ...object,
          slice: () => Promise.reject(new ConflictError('It was written')),
        };
      },
    });
    expect(await listAll(bills, 1_000)).toHaveLength(27);
    expect(conflicts).toBe(0);
  });

  test.each([
    undefined,
    'text',
    {},
    { part: -1, offset: 0, tag: '', sim: '', given: 0 },
    { part: 0, offset: 0.5, tag: '', sim: '', given: 0 },
    { part: 0, offset: 0, tag: 1, sim: '', given: 0 },
    { part: 0, offset: 0, tag: '', sim: '\ud800', given: 0 },
  ])('do not go on at what is not a position: %o', (value) => {
    expect(readLinesPosition(value)).toBeUndefined();
  });
});

describe('bills', () => {
  test('are listed page by page, the newest first', async () => {
    const months = ['2026-10', '2026-09', '2026-07'];
    const bills = {
      listBills: async () =>
        months.map((month) => ({
          ...{ month, version: 1, madeAt: '2026-11-03T00:00:00.000Z', sims: 1 },
          ...{ totals: [{ amount: '1' }], tariffs: ['emnify'] },
        })),
      readBill: async () => undefined,
      readLines: () => Promise.reject(new Error('Nothing is read')),
    } as unknown as BillReader;
    const first = await listBills({ size: 2, after: undefined }, { bills });
    expect(first).toMatchObject({
      resources: [{ month: '2026-10', totals: [{ amount: '1', currency: null }] }, { month: '2026-09' }],
      next: '2026-09',
    });
    expect(await listBills({ size: 2, after: first.next }, { bills })).toMatchObject({
      resources: [{ month: '2026-07' }],
      next: undefined,
    });
    await expect(fetchBill({ month: '2026-08' }, { bills })).rejects.toThrow(
      'A bill of the month "2026-08" was not found',
    );
    expect(await listBills({ size: 2, after: undefined }, { bills: undefined })).toEqual({
      resources: [],
      next: undefined,
    });
  });
});
