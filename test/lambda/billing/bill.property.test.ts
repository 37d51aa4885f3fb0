import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Bill, BillSum } from '../../../lambda/billing/bill.ts';
import { makeDecimal } from '../../../lambda/billing/decimal.ts';
import type { BillLine } from '../../../lambda/billing/line.ts';
import { Rater } from '../../../lambda/billing/rate.ts';
import type { OpeningBalance, RosterEntry, SimRecords } from '../../../lambda/billing/sim-records.ts';
import type { BilledUsage, Tariff } from '../../../lambda/billing/tariff.ts';
import { tariff as tariffSchema } from '../../../lib/tariffs.ts';
import { faultTrials, trials } from '../../property/trials.ts';
import { makeUsage } from './billed-usage.ts';
import { type BillingCode, loadMutant, type Mutant } from './mutants.ts';
import { makePlainBill } from './plain-bill.ts';
import type { PlainTariff } from './plain-tariff.ts';

/** Bills of random tariffs, fleets and rosters beside those of a slow rater that shares no code with theirs. */

const month = '2026-10';

/** The code that rates. */
type RatingCode = Omit<BillingCode, 'Comparison'>;

/** A tariff as a file, the SIMs and the roster. */
interface World {
  readonly tariff: PlainTariff;
  readonly sims: readonly SimRecords[];
  readonly roster: readonly RosterEntry[];
  readonly balances: readonly OpeningBalance[];
}

const quantities = ['0.1', '0.5', '1', '2.5', '10', '100'] as const;
const prices = ['0', '0.005', '0.01', '0.125', '1', '0.333'] as const;
const countries = ['DE', 'FR'] as const;

const price = fc.constantFrom(...prices);
const amount = fc.constantFrom(...quantities);

const tiers = fc.oneof(
  price.map((one) => [{ price: one }]),
  fc.tuple(amount, price, price).map(([upTo, a, b]) => [{ upTo, price: a }, { price: b }]),
);

const charge = fc.record({
  match: fc.record({ countries: fc.constantFrom<readonly string[]>([], ['DE'], ['FR']) }),
  unit: fc.constantFrom('B', 'KB', 'MB'),
  increment: fc.record(
    {
      step: amount,
      per: fc.constantFrom('record', 'session', 'day', 'period', 'year'),
      by: fc.subarray(['country', 'network'] as const),
      minimum: amount,
    },
    { requiredKeys: ['per', 'by'] },
  ),
  prices: fc.oneof(
    tiers.map((first) => [{ tiers: first }]),
    fc
      .tuple(tiers, tiers, fc.constantFrom('2026-10-01', '2026-10-15', '2026-10-16'))
      .map(([a, b, from]) => [{ tiers: a }, { from, tiers: b }]),
  ),
  tiering: fc.constantFrom('graduated', 'volume'),
  tierScope: fc.constantFrom('sim', 'sim', 'account'),
} as const);

/** Charges of text messages. */
const smsCharge = fc.record({
  direction: fc.constantFrom('both', 'from-device', 'to-device'),
  match: fc.record({ countries: fc.constantFrom<readonly string[]>([], [], ['DE']) }),
  prices: tiers.map((first) => [{ tiers: first }]),
} as const);

const period = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.constantFrom(1, 1, 16).map((startDay) => ({ kind: 'month', startDay }) as const),
  },
  { weight: 1, arbitrary: fc.constant({ kind: 'activation-month' } as const) },
  {
    weight: 1,
    arbitrary: fc
      .tuple(fc.constantFrom(10, 30), fc.constantFrom('activation', '2026-09-05'))
      .map(([days, from]) => ({ kind: 'days', days, from }) as const),
  },
);

const allowance = fc.record({
  lasts: fc.constantFrom('period', 'period', 'lifetime'),
  quantity: amount,
  unit: fc.constantFrom('KB', 'MB'),
  of: fc.constantFrom('sim', 'sim', 'pool', 'account'),
  isOfAll: fc.boolean(),
} as const);

const fee = fc.record({
  per: fc.constantFrom('sim', 'sim-and-network', 'account', 'activation'),
  of: fc.constantFrom('active', 'data', 'listed'),
  prices: price.map((one) => [{ price: one }]),
} as const);

/** Tariffs that the schema takes: what SIMs share excludes minimums and rounding of single SIMs. */
const tariff: fc.Arbitrary<PlainTariff> = fc
  .record(
    {
      charges: fc.array(charge, { minLength: 1, maxLength: 3 }),
      allowances: fc.array(allowance, { maxLength: 2 }),
      fees: fc.array(fee, { maxLength: 2 }),
      timeZone: fc.constantFrom('UTC', 'Europe/Berlin', 'America/New_York'),
      period,
      smsCharges: fc.array(smsCharge, { maxLength: 2 }),
      attribution: fc.constantFrom('record', 'start', 'close'),
      kilobyte: fc.constantFrom(1000, 1024),
      lines: fc.subarray(['country', 'network', 'zone'] as const),
      rounding: fc.record({
        per: fc.constantFrom('line', 'sim', 'invoice'),
        decimals: fc.constantFrom(0, 2, 4),
        mode: fc.constantFrom('half-up', 'half-even', 'up', 'down'),
      } as const),
      minimum: fc.record({ amount: price, of: fc.constantFrom('active', 'data') } as const),
      percent: fc.constantFrom('10', '12.5'),
      commitment: fc.constantFrom('1', '25'),
      tax: fc.record({ name: fc.constant('VAT'), percent: fc.constantFrom('19', '7.7') }),
    } as const,
    {
      requiredKeys: [
        ...(['charges', 'allowances', 'fees', 'timeZone', 'period', 'attribution', 'kilobyte'] as const),
        ...(['lines', 'rounding', 'smsCharges'] as const),
      ],
    },
  )
  .map(({ charges, smsCharges, allowances, fees, percent, minimum, rounding, ...others }) => {
    const isOfSims =
      others.period.kind === 'activation-month' ||
      (others.period.kind === 'days' && others.period.from === 'activation');
    const named = charges.map((one, index) => ({
      ...({ ...one, name: `charge ${index}`, traffic: 'data', direction: 'both' } as const),
      tierScope: isOfSims ? ('sim' as const) : one.tierScope,
    }));
    const messages = smsCharges.map((one, index) => ({
      ...({ ...one, name: `sms ${index}`, traffic: 'sms', unit: 'message' } as const),
      ...({ increment: { per: 'record', by: [] }, tiering: 'graduated', tierScope: 'sim' } as const),
    }));
    const names = named.map(({ name }) => name);
    const hasYears = named.some(({ increment }) => increment.per === 'year');
    const sized = allowances.map(({ isOfAll, ...one }, index) => {
      const of = isOfSims ? ('sim' as const) : one.of;
      const lasts = of === 'sim' && !hasYears ? one.lasts : ('period' as const);
      const own = isOfAll ? names.toReversed() : names.slice(0, 1);
      return { ...one, of, lasts, name: `allowance ${index}`, charges: own };
    });
    const isShared =
      named.some(({ tierScope }) => tierScope === 'account') || sized.some(({ of }) => of !== 'sim');
    return {
      ...{ name: 'tariff', currency: 'EUR', charges: [...named, ...messages], ...others, allowances: sized },
      fees: fees.map((one, index) => ({ ...one, name: `fee ${index}` })),
      rounding: isShared && rounding.per === 'sim' ? { ...rounding, per: 'line' as const } : rounding,
      ...(minimum !== undefined && !isShared && rounding.per !== 'invoice' && { minimum }),
      discounts: percent === undefined ? [] : [{ name: 'discount', percent, on: names.slice(0, 1) }],
    } satisfies PlainTariff;
  });

const days = [
  '2026-07-20',
  '2026-08-15',
  '2026-09-15',
  '2026-09-30',
  '2026-10-01',
  '2026-10-14',
  '2026-10-15',
  '2026-10-31',
  '2026-11-01',
];
const times = ['00:30:00.000Z', '03:59:00.000Z', '12:00:00.000Z', '22:30:00.000Z', '23:59:59.000Z'];
const time = fc.tuple(fc.constantFrom(...days), fc.constantFrom(...times)).map((parts) => parts.join('T'));

const usage: fc.Arbitrary<Partial<BilledUsage>> = fc
  .record({
    start: time,
    sessionId: fc.constantFrom(undefined, 's1', 's2'),
    volume: fc.constantFrom(undefined, '0', '0.000001', '0.0102', '0.5', '1.234567', '12'),
    dataTotal: fc.constantFrom(0, 1, 1_023, 70_000),
    country: fc.constantFrom(undefined, ...countries),
    mnc: fc.constantFrom('01', '02'),
    rateZone: fc.constantFrom(undefined, 'zone 1'),
    messages: fc.option(fc.tuple(fc.nat({ max: 2 }), fc.nat({ max: 2 })), { freq: 4, nil: undefined }),
    isStated: fc.boolean(),
  })
  .map(({ messages, isStated, ...one }) => {
    if (messages === undefined) return { ...one, end: one.start };
    const [messagesTx, messagesRx] = isStated ? messages : [undefined, undefined];
    return {
      ...{ ...one, end: one.start, trafficType: 'sms', dataTotal: 0, volume: undefined },
      ...{ messages: messages[0] + messages[1], messagesTx, messagesRx },
    };
  });

const sim = fc.record({
  carrier: fc.constantFrom('emnify', '1nce' as const),
  balances: fc.array(fc.tuple(fc.nat({ max: 2 }), amount, fc.constantFrom('2026-08-01', '2026-08-20')), {
    maxLength: 2,
  }),
  usage: fc.array(usage, { maxLength: 6 }),
  sessions: fc.uniqueArray(fc.tuple(fc.constantFrom('s1', 's2'), time, time), { selector: ([id]) => id }),
  roster: fc.option(
    fc.record({
      from: fc.constantFrom(undefined, '2026-10-20', '2026-12-01'),
      to: fc.constantFrom(undefined, '2026-09-20'),
      activated: fc.constantFrom(undefined, '2025-08-31', '2026-09-20', '2026-10-15'),
    }),
    { nil: undefined },
  ),
});

const world: fc.Arbitrary<World> = fc
  .record({ tariff, sims: fc.array(sim, { minLength: 1, maxLength: 3 }) })
  .map(({ tariff: given, sims }) => ({
    tariff: given,
    sims: sims.map((one, index) => ({
      sim: `sim ${index}`,
      usage: one.usage.map((record) =>
        makeUsage({ ...record, sim: `sim ${index}`, carrier: one.carrier, source: one.carrier }),
      ),
      sessions: one.sessions.map(([sessionId, a, b]) => {
        const [start = a, end = b] = [a, b].sort();
        return { source: one.carrier, sessionId, start, end };
      }),
    })),
    roster: sims.flatMap(({ roster }, index) =>
      roster === undefined ? [] : [{ sim: `sim ${index}`, tariff: undefined, ...roster }],
    ),
    balances: sims.flatMap(({ balances }, index) => {
      const lasting = given.allowances.filter(({ lasts }) => lasts === 'lifetime');
      const yearly = given.charges.filter(({ increment }) => increment.per === 'year');
      const about = [
        ...lasting.map(({ name }) => ({ name, network: undefined })),
        ...yearly.map(({ name, increment: { by } }) => ({
          name,
          network: by.includes('network') ? '262-01' : undefined,
        })),
      ];
      return balances.flatMap(([choice, used, at]) => {
        const one = about[choice];
        return one === undefined ? [] : [{ ...one, sim: `sim ${index}`, used: makeDecimal(used), at }];
      });
    }),
  }));

/** The bill by the code that is judged, its lines with it. */
function makeBill(
  { Rater: SimRater, BillSum: Sum, tariff: schema }: RatingCode,
  { tariff: file, sims, roster, balances }: World,
): { readonly bill: Bill; readonly lines: readonly BillLine[]; readonly tariff: Tariff } {
  const checked = schema.parse(file);
  const entries = new Map(roster.map((entry) => [entry.sim, [entry]]));
  const opened = new Map(sims.map(({ sim: of }) => [of, balances.filter((one) => one.sim === of)]));
  const context = { tariffs: [checked], month, roster: entries, balances: opened };
  const rater = new SimRater(context);
  const sum = new Sum(context, []);
  const bills = sims.map((records) => rater.rate(records));
  for (const one of bills) sum.add(one);
  const bill = sum.finish();
  return { bill, lines: [...bills.flatMap(({ lines }) => lines), ...bill.accountLines], tariff: checked };
}

/** What the two raters are compared by. */
function describeBill(code: RatingCode, given: World): { total: string; lines: readonly string[] } {
  const { bill, lines, tariff: checked } = makeBill(code, given);
  const texts = lines.flatMap((line) => {
    const { kind, name, sim: of = 'account', segment, dimensions, amount: paid } = line;
    if (paid === undefined) return [];
    const about = kind === 'usage' ? ` ${segment}` : '';
    const values =
      kind === 'usage' && of !== 'account' ? checked.lines.map((one) => dimensions[one] ?? '') : [];
    const where = kind === 'usage' && of !== 'account' ? ` ${values.join('|')}` : '';
    return [`${of} ${name}${about}${where} ${paid.toFixed()}`];
  });
  return { total: bill.totals[0]?.amount.toFixed() ?? '0', lines: texts.sort() };
}

const ownCode: RatingCode = { Rater, BillSum, tariff: tariffSchema };

/** Whether both raters agree on a world. */
function compare(code: RatingCode, given: World): void {
  const roster = new Map(given.roster.map((entry) => [entry.sim, entry]));
  const plain = makePlainBill(given.tariff, given.sims, roster, month, given.balances);
  expect(describeBill(code, given)).toEqual({ total: plain.total, lines: plain.lines });
}

describe('a bill', () => {
  test('equals that of a slow rater, which shares no code with it', () => {
    fc.assert(
      fc.property(world, (given) => compare(ownCode, given)),
      trials(250),
    );
  });

  test('does not depend on the order of records', () => {
    fc.assert(
      fc.property(world, (given) => {
        const turned = given.sims.map((one) => ({ ...one, usage: one.usage.toReversed() }));
        expect(describeBill(ownCode, { ...given, sims: turned })).toEqual(describeBill(ownCode, given));
      }),
      trials(40),
    );
  });

  test('is the sum of its lines, and sums up the quantities of a pool', () => {
    fc.assert(
      fc.property(world, (given) => {
        const { bill, lines } = makeBill(ownCode, given);
        const sum = lines.reduce(
          (total, { amount: paid }) => (paid === undefined ? total : total.plus(paid)),
          zero(),
        );
        expect((bill.totals[0]?.amount ?? zero()).toFixed()).toBe(sum.toFixed());
        for (const line of bill.accountLines.filter(({ kind }) => kind === 'usage')) {
          const parts = lines.filter(
            ({ sim: of, name, segment }) =>
              of !== undefined && name === line.name && segment === line.segment,
          );
          const rounded = parts.reduce(
            (total, { quantity }) => total.plus(quantity?.rounded ?? zero()),
            zero(),
          );
          expect(rounded.toFixed()).toBe(line.quantity?.rounded.toFixed());
        }
      }),
      trials(40),
    );
  });

  test('does not decrease with more traffic, unless tiers or discounts depend on the volume', () => {
    fc.assert(
      fc.property(world, usage, (given, more) => {
        const isMonotonic =
          given.tariff.charges.every(
            ({ tiering, prices: all }) => tiering === 'graduated' || all[0]?.tiers.length === 1,
          ) &&
          // A further SIM that is used makes a pool greater.
          given.tariff.allowances.every(({ of }) => of !== 'pool') &&
          given.tariff.discounts.length === 0 &&
          given.tariff.attribution === 'record';
        const [first, ...others] = given.sims;
        fc.pre(isMonotonic && first !== undefined);
        const added = makeUsage({ ...more, sim: first.sim });
        const exact = { ...given.tariff, rounding: { per: 'line', decimals: 20, mode: 'half-up' } } as const;
        const total = (sims: World['sims']): number =>
          Number(
            (makeBill(ownCode, { ...given, tariff: exact, sims }).bill.totals[0]?.amount ?? zero()).toFixed(),
          );
        const grown = total([{ ...first, usage: [...first.usage, added] }, ...others]);
        expect(grown).toBeGreaterThanOrEqual(total(given.sims) - 1e-9);
      }),
      trials(30),
    );
  });

  test('of a session is the same however its usage is split into records', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 5_000 }), { minLength: 1, maxLength: 6 }), (parts) => {
        const given = {
          name: 'tariff',
          currency: 'EUR',
          charges: [
            { name: 'data', unit: 'KB', increment: { step: 1, per: 'session' }, prices: [{ price: '0.01' }] },
          ],
        };
        const checked = tariffSchema.parse(given);
        const context = { tariffs: [checked], month, roster: new Map(), balances: new Map() };
        const rate = (volumes: readonly number[]): string[] =>
          new Rater(context)
            .rate({
              sim: 'sim',
              sessions: [],
              usage: volumes.map((dataTotal) => makeUsage({ sim: 'sim', sessionId: 's', dataTotal })),
            })
            .lines.map(({ amount: paid }) => paid?.toFixed() ?? '');
        expect(rate(parts)).toEqual(rate([parts.reduce((sum, part) => sum + part, 0)]));
      }),
      trials(50),
    );
  });
});

function zero(): Tariff['charges'][number]['prices'][number]['tiers'][number]['price'] {
  return tariffSchema.parse({ name: 'zero', currency: 'EUR', commitment: '0' }).commitment ?? never();
}

function never(): never {
  throw new Error('A commitment of 0 is one');
}

/** Faults, each of which the comparison must find. */
const mutants: readonly Mutant[] = [
  // The quantity is cut to a step instead of rounded up.
  { file: 'decimal.ts', text: 'value.minus(rest).plus(step)', by: 'value.minus(rest)' },
  // Bytes are counted in units of 1,000 whatever the tariff says.
  {
    file: 'tariff.ts',
    text: 'makeDecimal(BigInt(kilobyte) ** BigInt(power))',
    by: 'makeDecimal(1000n ** BigInt(power))',
  },
  // An allowance is given to each line anew.
  {
    file: 'take-allowance.ts',
    text: 'left = left.minus(convertUnit(taken',
    by: 'left = left.plus(zero).minus(convertUnit(zero',
  },
  // The price of the last day of a period holds for all of it.
  {
    file: 'tariff.ts',
    text: 'return later === -1 ? prices.length - 1 : later - 1;',
    by: 'return prices.length - 1;',
  },
  // Sessions are rounded record by record.
  {
    file: 'quantities.ts',
    text: "return per === 'session' && isOfSession(usage)",
    by: "return per === 'day' && isOfSession(usage)",
  },
  // A step that was begun is not counted.
  { file: 'steps.ts', text: '(rest === 0 ? 0 : 1)', by: '0' },
  // Tiers begin anew with each line.
  { file: 'rate.ts', text: 'before.set(charge, position.before.plus(billed));', by: '' },
  // Days are those of UTC.
  {
    file: 'calendar.ts',
    text: "timeZone === 'UTC' ? undefined : format",
    by: 'format === undefined ? format : undefined',
  },
  // A year's step that was begun before is counted again.
  { file: 'quantities.ts', text: 'years.set(scope, after);', by: '' },
  // Nothing of a SIM's lifetime was used before.
  { file: 'rate.ts', text: 'this.#takeAllowances(own, lifetimes);', by: '' },
  // All periods before are rounded up as one.
  {
    file: 'rate.ts',
    text: 'historyFrom: startPeriod(tariff.period, day, this.#activated)',
    by: 'historyFrom: day.slice(0, 0)',
  },
  // Messages from the device are taken for those to it.
  {
    file: 'tariff.ts',
    text: "(fromDevice === 'tx') === (direction === 'from-device')",
    by: "(fromDevice === 'tx') !== (direction === 'from-device')",
  },
  // Periods begin before the activation.
  { file: 'calendar.ts', text: 'from >= anchor && shiftDay', by: 'shiftDay' },
  // A minimum is taken for the usage before rounding.
  { file: 'bill.ts', text: 'sum.plus(missing), tax.percent', by: 'sum, tax.percent' },
];

test('bills in several currencies are those of each tariff alone, and never added up', () => {
  fc.assert(
    fc.property(world, fc.boolean(), (given, isSecond) => {
      // A roster that names no tariff says of a silent SIM nothing where there are several.
      const file = { ...given.tariff, match: { carriers: ['emnify'] } };
      const other = { ...given.tariff, name: 'other', currency: 'USD', match: { carriers: ['1nce'] } };
      const tariffs = [file, other].map((one) => tariffSchema.parse(one));
      const context = { tariffs, month, roster: new Map(), balances: new Map() };
      const rater = new Rater(context);
      const sum = new BillSum(context, []);
      for (const records of isSecond ? given.sims.toReversed() : given.sims) sum.add(rater.rate(records));
      const totals = sum.finish().totals.map(({ currency, amount: paid }) => [currency, paid.toFixed()]);
      const expected = (['emnify', '1nce'] as const).map((carrier) => {
        const own = given.sims.filter(({ usage: records }) => records[0]?.carrier === carrier);
        return makePlainBill(given.tariff, own, new Map(), month).total;
      });
      const paid = [
        ['EUR', expected[0]],
        ['USD', expected[1]],
      ];
      expect(totals.filter(([, one]) => one !== '0')).toEqual(paid.filter(([, one]) => one !== '0'));
    }),
    trials(30),
  );
});

describe('a planted fault', () => {
  test.each(mutants)('is found: $by', async (mutant) => {
    const code = await loadMutant(mutant);
    const result = fc.check(
      fc.property(world, (given) => compare(code, given)),
      faultTrials(400),
    );
    expect(result.failed).toBe(true);
  });
});
