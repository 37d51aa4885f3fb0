import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { listBilledMonths } from '../../../lambda/bills/make-bill.ts';
import { makeBillKey, type StoredBill } from '../../../lambda/bills/stored-bill.ts';
import { parseStored } from '../../../lambda/bills/stored-form.ts';
import { faultTrials, trials } from '../../property/trials.ts';
import { makeTariff } from '../billing/billed-usage.ts';
import { loadMutated, type Mutant } from '../billing/mutants.ts';
import { makeUsage } from '../days/records.ts';
import type * as BillWorld from './bill-world.ts';
import { days, month, runSteps, type Step, sims, World } from './bill-world.ts';

/** Bills that are stored while days are sealed, and sealed anew, beside the bill of all records. */

const step: fc.Arbitrary<Step> = fc.oneof(
  fc
    .record({
      sim: fc.constantFrom(...sims),
      day: fc.constantFrom(...days),
      hour: fc.integer({ min: 10, max: 22 }),
      country: fc.constantFrom('DE', 'FR'),
      dataTotal: fc.constantFrom(1, 700, 5_000),
    })
    .map(({ sim, day, hour, country, dataTotal }) => ({
      kind: 'record' as const,
      usage: makeUsage({
        ...{ sim, country, dataTotal, start: `${day}T${hour}:00:00.000Z` },
        recordId: `${sim} ${day} ${hour}`,
      }),
    })),
  fc.constantFrom(...days).map((day) => ({ kind: 'close' as const, day })),
  fc.record({ kind: fc.constant('put' as const), tariff: fc.nat(1), isListed: fc.boolean() }),
  fc.record({
    kind: fc.constant('work' as const),
    pick: fc.nat(20),
    isRepeated: fc.boolean(),
    diesAt: fc.option(fc.nat(30), { nil: undefined }),
  }),
  fc.record({
    kind: fc.constant('finish' as const),
    diesAfter: fc.constantFrom('bill.json', 'plan.json', 'part=0001.json', 'part=0001.jsonl', 'index.json'),
  }),
);

const steps = fc.array(step, { minLength: 8, maxLength: 40 });

describe('a stored bill', () => {
  test('includes all records, whatever arrived late, died, or ran twice', async () => {
    const property = fc.asyncProperty(steps, async (given) => {
      const { stored, expected } = await runSteps(given);
      expect(stored).toEqual(expected);
    });
    await fc.assert(property, trials(25));
  });

  test('keeps its version if nothing changes, and rates only the parts that changed', async () => {
    const world = new World();
    for (const sim of sims) world.ports.sims.add(sim);
    await world.take({ kind: 'put', tariff: 0, isListed: false });
    const record = (recordId: string, dataTotal: number): Step => ({
      kind: 'record',
      usage: makeUsage({ sim: sims[0], start: `${days[0]}T12:00:00.000Z`, recordId, dataTotal }),
    });
    await world.take(record('one', 9_000));
    await world.settle();
    const first = parseStored<StoredBill>(await world.read(makeBillKey(month)));
    await world.take(record('two', 0));
    await world.settle();
    const second = parseStored<StoredBill>(await world.read(makeBillKey(month)));
    expect(second.plan.days[0]).toMatchObject({ version: 2 });
    expect(second.plan.parts.filter((id, part) => id !== first.plan.parts[part])).toHaveLength(1);
    expect([first.version, second.version]).toEqual([1, 2]);
    expect(second.history).toMatchObject([{ version: 1 }]);
    await world.take({ kind: 'put', tariff: 0, isListed: false });
    await world.settle();
    expect(parseStored<StoredBill>(await world.read(makeBillKey(month))).version).toBe(2);
  });
});

/** Faults in what makes bills, each of which the property must find. */
const mutants: readonly Mutant[] = [
  // A bill is not listed where its process died before.
  {
    file: 'make-bill.ts',
    text: 'await listBill(lake, previous);\n    return previous;',
    by: 'return previous;',
  },
  // What one part of the fleet comes to is left out.
  { file: 'make-bill.ts', text: 'index <= parts.length', by: 'index < parts.length' },
  // A part that was rated is not rated again when its rows change.
  { file: 'make-bill.ts', text: 'parseStored<PartResult>(before.text).id !== partId', by: 'false' },
  // SIMs of the roster that did nothing are left out.
  {
    file: 'make-bill.ts',
    text: '[...context.roster.keys()].map',
    by: '[...context.roster.keys()].slice(1).map',
  },
  // Another plan of the month is not noticed.
  {
    file: 'make-bill.ts',
    text: 'before === undefined || parseStored<BillPlan>(before.text).id !== plan.id',
    by: 'before === undefined',
  },
];

describe('a planted fault', () => {
  test.each(mutants)('is found: $text', async (mutant) => {
    const { runSteps: run } = await loadMutated<typeof BillWorld>('lambda/bills', mutant, [
      "export * from './test/lambda/bills/bill-world.ts';",
    ]);
    const result = await fc.check(
      fc.asyncProperty(steps, async (given) => {
        const { stored, expected } = await run(given);
        expect(stored).toEqual(expected);
      }),
      faultTrials(200),
    );
    expect(result.failed).toBe(true);
  });
});

describe('the months whose bills depend on a day', () => {
  const list = (day: string, given: object, stored: readonly string[] = []) =>
    listBilledMonths(day, {
      tariffs: [makeTariff(given)],
      last: '2026-12',
      stored: stored.map((one) => ({ month: one })),
    });

  test.each<[string, object, readonly string[]]>([
    ['2026-10-15', {}, ['2026-10']],
    ['2026-11-01', { attribution: 'close', sessionDays: 2 }, ['2026-10', '2026-11']],
    ['2026-10-02', { attribution: 'start', sessionDays: 2 }, ['2026-09', '2026-10']],
    ['2026-10-25', { period: { kind: 'month', startDay: 24 } }, ['2026-11']],
    ['2026-10-23', { period: { kind: 'month', startDay: 24 } }, ['2026-10']],
    ['2026-12-31', { timeZone: 'Europe/Berlin' }, ['2026-12']],
  ])('are those whose periods contain it: %s %o', (day, given, months) => {
    expect(list(day, given)).toEqual(months);
  });

  test('include stored ones whose history contains it', () => {
    const lifetime = {
      charges: [{ name: 'data', prices: [{ price: 1 }] }],
      allowances: [{ name: 'life', charges: ['data'], quantity: 1, lasts: 'lifetime' }],
    };
    expect(list('2026-03-15', lifetime, ['2026-02', '2026-09'])).toEqual(['2026-03', '2026-09']);
  });
});
