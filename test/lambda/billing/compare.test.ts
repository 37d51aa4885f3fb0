import fc from 'fast-check';
import { afterEach, describe, expect, test } from 'vitest';
import { BillSum } from '../../../lambda/billing/bill.ts';
import { CauseSums, type Compared, Comparison } from '../../../lambda/billing/compare.ts';
import { add, makeDecimal } from '../../../lambda/billing/decimal.ts';
import type { InvoiceLine } from '../../../lambda/billing/invoice.ts';
import { Rater, type RatingContext } from '../../../lambda/billing/rate.ts';
import type { SimRecords } from '../../../lambda/billing/sim-records.ts';
import type { Tariff } from '../../../lambda/billing/tariff.ts';
import { trials } from '../../property/trials.ts';
import { makeTariff, makeUsage, simA, simB } from './billed-usage.ts';
import { type BillingCode, loadMutant, type Mutant } from './mutants.ts';

/** Invoices with planted faults beside our bill. */

/** What is judged, or a mutant of it. */
const ownCode: Pick<BillingCode, 'Comparison'> = { Comparison };
let code = ownCode;

const by = { hasNames: true, dimensions: ['country'] } as const;

const tariff = makeTariff({
  lines: ['country'],
  attribution: 'start',
  charges: [
    {
      name: 'data',
      unit: 'KB',
      match: { countries: ['DE'] },
      increment: { step: 1, per: 'session' },
      prices: [{ price: '0.01' }, { from: '2026-10-15', price: '0.02' }],
    },
    { name: 'abroad', unit: 'KB', increment: { step: 1, per: 'session' }, prices: [{ price: '0.09' }] },
  ],
  fees: [{ name: 'active SIM', per: 'sim', prices: [{ price: '0.2' }] }],
  discounts: [{ name: 'rebate', percent: 10, on: ['data'] }],
});

/** Five sessions of three records each, 1 KB and a bit in all, and one abroad. */
function makeSim(sim: string): SimRecords {
  const usage = ['03', '04', '18', '19', '20'].flatMap((day) =>
    [0, 1, 2].map((minute) =>
      makeUsage({
        ...{ sim, sessionId: `${sim}-${day}`, dataTotal: 450 + Number(day) },
        start: `2026-10-${day}T10:0${minute}:00.000Z`,
      }),
    ),
  );
  return {
    sim,
    sessions: [],
    usage: [...usage, makeUsage({ sim, sessionId: 'abroad', dataTotal: 999, country: 'FR' })],
  };
}

const sims = [makeSim(simA), makeSim(simB)];

function makeContext(one: Tariff): RatingContext {
  return { tariffs: [one], month: '2026-10', roster: new Map(), balances: new Map() };
}

/** What a carrier that bills by a tariff writes. */
function makeInvoice(one: Tariff, of: readonly SimRecords[] = sims): InvoiceLine[] {
  const context = makeContext(one);
  const rater = new Rater(context);
  const sum = new BillSum(context, []);
  const bills = of.map((records) => rater.rate(records));
  for (const bill of bills) sum.add(bill);
  const account = sum.finish().accountLines;
  return [...bills.flatMap(({ lines }) => lines), ...account].flatMap((line, index) => {
    const { sim, name, dimensions, quantity, amount } = line;
    if (amount === undefined) return [];
    return [
      {
        ...{ line: index + 2, sim, name, amount, notRated: undefined, day: undefined },
        ...{ dimensions: line.kind === 'usage' ? dimensions : {}, quantity: quantity?.rounded },
      },
    ];
  });
}

function compare(invoice: readonly InvoiceLine[], of: readonly SimRecords[] = sims): Compared[] {
  const context = makeContext(tariff);
  const rater = new Rater(context);
  const sum = new BillSum(context, []);
  const comparison = new code.Comparison(context, by);
  const compared = of.flatMap((records) => {
    const bill = rater.rate(records);
    sum.add(bill);
    return comparison.compareSim(
      records,
      bill,
      invoice.filter(({ sim }) => sim === records.sim),
    );
  });
  const known = of.map(({ sim }) => sim);
  const unknown = invoice.filter(({ sim }) => sim !== undefined && !known.includes(sim));
  const others = [...new Set(unknown.map(({ sim }) => sim ?? ''))].flatMap((sim) => {
    const records = { sim, usage: [], sessions: [] };
    return comparison.compareSim(
      records,
      rater.rate(records),
      unknown.filter((line) => line.sim === sim),
    );
  });
  for (const line of invoice) if (line.sim === undefined) comparison.addAccountLine(line);
  const account = comparison.compareAccount(sum.finish().accountLines);
  return [...compared, ...others, ...account];
}

function sumCauses(compared: readonly Compared[]): ReturnType<CauseSums['list']> {
  const sums = new CauseSums();
  for (const one of compared) sums.add(one);
  return sums.list();
}

/** Kinds of causes and what they come to: `increment 0.1`. */
function describeCauses(compared: readonly Compared[]): string[] {
  return sumCauses(compared).map(({ kind, money }) => `${kind} ${money.toFixed()}`);
}

/** The tariff with other charges. */
function change(alter: (charge: Tariff['charges'][number]) => Partial<Tariff['charges'][number]>): Tariff {
  return { ...tariff, charges: tariff.charges.map((charge) => ({ ...charge, ...alter(charge) })) };
}

/** What is expected of a comparison, each by its name. */
const expectations: Readonly<Record<string, () => void>> = {
  'that is right has no difference': () => {
    const compared = compare(makeInvoice(tariff));
    expect(new Set(compared.map(({ outcome }) => outcome))).toEqual(new Set(['equal']));
    expect(describeCauses(compared)).toEqual([]);
  },

  'that rounds up each record instead of each session': () => {
    const wrong = change(({ increment }) => ({ increment: { ...increment, per: 'record' } }));
    const compared = compare(makeInvoice(wrong).filter(({ name }) => name !== 'rebate'));
    // Of two SIMs, two sessions at 0.01 and three at 0.02 have 3 KB instead of 2. The rebate is missing besides.
    const [first] = sumCauses(compared);
    expect([first?.kind, first?.says]).toEqual(['increment', 'rounded up per record instead of per session']);
    expect(first?.money.toFixed()).toBe('0.16');
  },

  'with the price of last month for all of it': () => {
    const wrong = change(({ prices }) => ({ prices: prices.slice(0, 1) }));
    const compared = compare(makeInvoice(wrong)).filter(({ sim }) => sim !== undefined);
    expect(describeCauses(compared)).toEqual(['price-in-time -0.12']);
  },

  'with the price of another zone': () => {
    const wrong = change(({ name }) => (name === 'data' ? { prices: tariff.charges[1]?.prices ?? [] } : {}));
    const compared = compare(makeInvoice(wrong)).filter(({ sim }) => sim !== undefined);
    expect(describeCauses(compared)).toEqual(['price-of-other 1.48']);
  },

  'with units of 1,024': () => {
    const large = [{ ...makeSim(simA), usage: [makeUsage({ sessionId: 's', dataTotal: 4_096_000 })] }];
    const wrong = makeInvoice({ ...tariff, kilobyte: 1_024 }, large).filter(({ sim }) => sim !== undefined);
    const compared = compare(wrong, large).filter(({ sim }) => sim !== undefined);
    expect(describeCauses(compared)).toEqual(['unit -0.96']);
  },

  'with a session that is charged twice names the session': () => {
    const invoice = makeInvoice(tariff).map((line) =>
      line.sim === simA && line.name === 'data' && line.amount.eq(makeDecimal('0.04'))
        ? { ...line, amount: makeDecimal('0.06'), quantity: makeDecimal('6') }
        : line,
    );
    const twice = compare(invoice).flatMap(({ causes }) =>
      causes.filter(({ kind }) => kind === 'session-twice'),
    );
    expect(twice.map(({ says, money }) => [says, money.toFixed()])).toEqual([
      [`session ${simA}-03 is charged twice`, '0.02'],
    ]);
  },

  'with a line that appears twice': () => {
    const invoice = makeInvoice(tariff);
    const copy = invoice.filter(({ sim, name }) => sim === simA && name === 'active SIM');
    expect(describeCauses(compare([...invoice, ...copy]))).toEqual(['duplicate 0.2']);
  },

  'without the discount': () => {
    const invoice = makeInvoice(tariff).filter(({ name }) => name !== 'rebate');
    expect(describeCauses(compare(invoice))).toEqual(['discount 0.03']);
  },

  'with a SIM of somebody else, and without one of ours': () => {
    const invoice = makeInvoice(tariff);
    const stranger = { ...(invoice[0] as InvoiceLine), sim: '8988303000000199999' };
    expect(describeCauses(compare([...invoice, stranger]))).toEqual(['unknown-sim 0.04']);
    const less = invoice.filter(({ sim, name }) => sim !== simB || name !== 'active SIM');
    expect(describeCauses(compare(less))).toEqual(['not-billed -0.2']);
  },

  'that only rounds otherwise': () => {
    const invoice = makeInvoice(tariff).map((line) =>
      line.sim === simA && line.name === 'abroad' ? { ...line, amount: makeDecimal('0.095') } : line,
    );
    const compared = compare(invoice);
    expect(describeCauses(compared)).toEqual(['rounding 0.005']);
    expect(compared.filter(({ outcome }) => outcome === 'rounding')).toHaveLength(1);
  },

  'with a price that nobody knows says that the quantity is the same': () => {
    const invoice = makeInvoice(tariff).map((line) =>
      line.sim === simA && line.name === 'abroad' ? { ...line, amount: makeDecimal('7') } : line,
    );
    expect(describeCauses(compare(invoice))).toEqual(['price 6.91']);
  },

  'with another quantity for the same money names the quantity': () => {
    const invoice = makeInvoice(tariff).map((line) =>
      line.sim === simA && line.name === 'abroad' ? { ...line, quantity: makeDecimal('3') } : line,
    );
    const differing = compare(invoice).filter(({ outcome }) => outcome !== 'equal');
    expect(differing.map(({ outcome, causes }) => [outcome, causes[0]?.kind, causes[0]?.says])).toEqual([
      ['differs', 'quantity', '2 more than was recorded, for the same money'],
    ]);
  },

  'with a discount of what stands there says that it follows': () => {
    const invoice = makeInvoice(tariff).map((line) => {
      if (line.name === 'rebate') return { ...line, amount: makeDecimal('-0.72') };
      return line.sim === simA && line.name === 'data'
        ? { ...line, amount: line.amount.plus(makeDecimal('3.45')) }
        : line;
    });
    const follows = compare(invoice).flatMap(({ causes }) => causes.filter(({ kind }) => kind === 'follows'));
    expect(follows.map(({ money }) => money.toFixed())).toEqual(['-0.69']);
  },
};

/** The causes of differences add up to the difference, whatever the invoice says. */
function expectSums(): void {
  const own = makeInvoice(tariff);
  const line = fc.record({
    index: fc.nat({ max: own.length - 1 }),
    amount: fc.integer({ min: 0, max: 500 }).map((cents) => makeDecimal(`${cents}e-2`)),
    sim: fc.constantFrom(simA, simB, 'somebody', undefined),
    quantity: fc
      .constantFrom(undefined, '0', '2', '3')
      .map((text) => (text === undefined ? undefined : makeDecimal(text))),
  });
  fc.assert(
    fc.property(fc.array(line, { maxLength: 8 }), fc.subarray(own), (changed, kept) => {
      const invoice = [
        ...kept,
        ...changed.map(({ index, ...others }) => ({ ...(own[index] as InvoiceLine), ...others })),
      ];
      const compared = compare(invoice);
      const causes = add(compared.flatMap((one) => one.causes.map(({ money }) => money)));
      const theirs = add(invoice.map(({ amount }) => amount));
      const ours = add(compared.map((one) => one.ours));
      expect(causes.toFixed()).toBe(theirs.minus(ours).toFixed());
      // Ours is all of our bill, but for lines of nothing.
      expect(ours.toFixed()).toBe(add(own.map(({ amount }) => amount)).toFixed());
    }),
    trials(12),
  );
}

describe('an invoice', () => {
  test.each(Object.entries(expectations))('%s', (_, expectIt) => expectIt());
});

test('the causes of differences add up to the difference, whatever the invoice says', expectSums);

/** Faults, each of which the expectations must find. */
const mutants: readonly Mutant[] = [
  // A line that appears twice counts as two lines.
  { file: 'compare.ts', text: 'if (this.#seen.has(key))', by: 'if (this.#seen.has(key + line.line))' },
  // The money of a cause is what the invoice asks.
  { file: 'compare.ts', text: 'money: guessed.minus(ours) }', by: 'money: theirs }' },
  // A SIM of somebody else is taken for one without usage.
  {
    file: 'compare.ts',
    text: "isKnown ? 'no-usage' : 'unknown-sim'",
    by: "isKnown ? 'unknown-sim' : 'no-usage'",
  },
  // Any greater quantity is a session that is charged twice.
  { file: 'compare.ts', text: 'more.eq(rounded)', by: 'more.gt(rounded)' },
  // What rounding changes is left out of the causes.
  { file: 'compare.ts', text: 'if (!rest.eq(zero)) found', by: 'if (rest.gt(rest)) found' },
  // Whatever the quantity, an amount that fits is explained.
  { file: 'compare.ts', text: 'if (!isSameQuantity(guess)) continue;', by: '' },
  // A discount depends on the amounts that it reduces.
  { file: 'compare.ts', text: 'zero.minus(takePercent(base', by: 'zero.plus(takePercent(base' },
];

describe('a planted fault', () => {
  afterEach(() => {
    code = ownCode;
  });

  test.each(mutants)('is found: $text', async (mutant) => {
    code = await loadMutant(mutant);
    const failed = [...Object.values(expectations), expectSums].some((expectIt) => {
      try {
        expectIt();
        return false;
      } catch (error) {
        if (error instanceof Error) return true;
        throw error;
      }
    });
    expect(failed).toBe(true);
  });
});
