import * as z from 'zod';
import { Calendar, dependsOnActivation, type PeriodRule } from '../lambda/billing/calendar.ts';
import { type Decimal, makeDecimal, roundingModes } from '../lambda/billing/decimal.ts';
import {
  type Charge,
  increments,
  isDataUnit,
  lineDimensions,
  simSelections,
  type Tariff,
  tierings,
  units,
} from '../lambda/billing/tariff.ts';
import { parseDecimal } from '../lambda/json/decimal.ts';
import { carriers } from '../lambda/ledger/source.ts';
import { parseTime } from '../lambda/ledger/time.ts';
import { exactly, parseWord, text, wholeNumber } from './configuration-schemas.ts';

/** The file of a tariff: docs/bills.md describes each key. */

/** A decimal that is not negative, as text or as a number. */
function decimal(accepted: string) {
  return z.union([z.string(), z.number()], accepted).transform((given, context): Decimal => {
    const parsed = parseDecimal(given);
    if (parsed !== undefined && !parsed.startsWith('-')) return makeDecimal(parsed);
    context.issues.push({ code: 'custom', input: given, message: accepted });
    return z.NEVER;
  });
}

const money = decimal('an amount of money, such as "0.25": a decimal that is not negative');
const quantity = decimal('a quantity, such as "0.5": a decimal that is not negative');
const positive = quantity.refine((value) => value.gt(makeDecimal('0')), 'a quantity above 0, such as "0.5"');
const percent = decimal('a percentage from 0 to 100, such as "19"').refine(
  (value) => value.lte(makeDecimal('100')),
  'a percentage from 0 to 100, such as "19"',
);

const dayForm = 'a day such as 2026-10-15';
const day = text(/^\d{4}-\d{2}-\d{2}$/, dayForm).refine(
  (given) => parseTime(`${given}T00:00:00Z`) !== undefined,
  dayForm,
);

const name = text(
  /^[a-zA-Z0-9][\w .:+-]{0,63}$/,
  'a name: 1 to 64 letters, digits, blanks and characters of _.:+-',
);

function listTexts(form: RegExp, accepted: string) {
  return z.array(text(form, accepted), `a list, each entry ${accepted}`).default([]);
}

function listWords<const Words extends readonly string[]>(words: Words) {
  return z.array(parseWord(words), `a list of ${words.join(', ')}`);
}

const match = exactly({
  sources: listTexts(/^[a-z0-9-]{1,32}$/, 'the name of a source'),
  carriers: listWords(
    carriers as readonly [(typeof carriers)[number], ...(typeof carriers)[number][]],
  ).default([]),
  tariffs: listTexts(/^.{1,64}$/, 'the name of a tariff as records state it'),
  zones: listTexts(/^.{1,64}$/, 'the name of a rate zone as records state it'),
  countries: listTexts(/^[A-Z]{2}$/, '2 capital letters of a country, such as DE'),
  networks: listTexts(/^\d{3}(-\d{2,3})?$/, 'the code of a country or network, such as 262 or 262-01'),
});

const tier = exactly({ upTo: positive.optional(), price: money }).transform(({ upTo, price }) => ({
  upTo,
  price,
}));

/** A price or tiers, but not both. */
const price = exactly({
  from: day.optional(),
  price: money.optional(),
  tiers: z.array(tier, 'a list of tiers').min(1, 'a list of at least one tier').optional(),
}).transform(({ from, price: single, tiers }, context) => {
  const refuse = (path: string, accepted: string) => {
    context.issues.push({ code: 'custom', input: single ?? tiers, path: [path], message: accepted });
    return z.NEVER;
  };
  if (tiers === undefined) {
    return single === undefined
      ? refuse('price', 'an amount of money such as "0.25", or tiers')
      : { from, tiers: [{ upTo: undefined, price: single }] };
  }
  if (single !== undefined) return refuse('price', 'nothing together with tiers');
  for (const [index, { upTo }] of tiers.entries()) {
    const before = tiers[index - 1]?.upTo;
    if ((upTo === undefined) !== (index === tiers.length - 1) || (before !== undefined && upTo?.lte(before)))
      return refuse('tiers', 'tiers with increasing upTo, of which only the last has none');
  }
  return { from, tiers };
});

/** Whether all but the first have a start, and each starts later than the one before. */
function isInOrder(prices: readonly { readonly from: string | undefined }[]): boolean {
  return prices.every(({ from }, index) => index === 0 || (from ?? '') > (prices[index - 1]?.from ?? ''));
}

const orderAccepted = 'prices in order of time: all but the first have from, each later than the one before';

const increment = exactly({
  step: positive.optional(),
  per: parseWord(increments).default('record'),
  by: listWords(lineDimensions).default([]),
  minimum: positive.optional(),
}).transform(({ step, minimum, ...others }) => ({ ...others, step, minimum }));

const charge = exactly({
  name,
  traffic: text(/^\S{1,64}$/, 'data, sms, or the word of the carrier').default('data'),
  direction: parseWord(['both', 'from-device', 'to-device']).default('both'),
  match: match.prefault({}),
  unit: parseWord(units).default('MB'),
  increment: increment.prefault({}),
  prices: z
    .array(price, 'a list of prices')
    .min(1, 'a list of at least one price')
    .refine(isInOrder, orderAccepted),
  tiering: parseWord(tierings).default('graduated'),
  tierScope: parseWord(['sim', 'account']).default('sim'),
}).superRefine((given, context) => {
  const isData = isDataUnit(given.unit);
  if (isData === (given.traffic === 'data')) return;
  const message =
    given.traffic === 'data' ? 'B, KB, MB or GB for data' : `message or unit for ${given.traffic}`;
  context.issues.push({ code: 'custom', input: given, path: ['unit'], message });
});

const allowance = exactly({
  name,
  charges: z.array(name, 'a list of names of charges').min(1, 'a list of at least one charge'),
  quantity: positive,
  unit: parseWord(units).default('MB'),
  of: parseWord(['sim', 'pool', 'account']).default('sim'),
  lasts: parseWord(['period', 'lifetime']).default('period'),
});

const feePrice = exactly({ from: day.optional(), price: money }).transform(({ from, price: amount }) => ({
  from,
  price: amount,
}));

const fee = exactly({
  name,
  per: parseWord(['sim', 'sim-and-network', 'account', 'activation']),
  of: parseWord(simSelections).default('active'),
  prices: z
    .array(feePrice, 'a list of prices')
    .min(1, 'a list of at least one price')
    .refine(isInOrder, orderAccepted),
});

const periodKinds = ['month', 'activation-month', 'days'] as const;

const period = z
  .discriminatedUnion(
    'kind',
    [
      exactly({
        kind: z.literal('month'),
        startDay: wholeNumber(1, 28, 'day of the month with which a period begins').default(1),
      }),
      exactly({ kind: z.literal('activation-month') }),
      exactly({
        kind: z.literal('days'),
        days: wholeNumber(1, 366, 'days of a period'),
        from: z.union([z.literal('activation'), day], `activation, or ${dayForm}`),
      }),
    ],
    `an object whose kind is one of ${periodKinds.join(', ')}`,
  )
  .transform((given): PeriodRule => given);

const rounding = exactly({
  per: parseWord(['line', 'sim', 'invoice']).default('line'),
  decimals: wholeNumber(0, 20, 'digits after the point').default(2),
  mode: parseWord(roundingModes).default('half-up'),
});

const discount = exactly({
  name,
  percent,
  on: z.array(name, 'a list of names of charges and fees').default([]),
  from: day.optional(),
  to: day.optional(),
})
  .refine(({ from, to }) => from === undefined || to === undefined || to > from, {
    path: ['to'],
    error: 'the first day without it, later than from',
  })
  .transform(({ from, to, ...others }) => ({ ...others, from, to }));

/** A statement of a tariff or map, and its source. */
export const fact = exactly({
  says: text(/^.{1,400}$/s, 'a sentence'),
  basis: parseWord(['published', 'assumed']),
  address: text(/^\S{1,400}$/, 'an address').optional(),
}).transform(({ address, ...others }) => ({ ...others, address }));

const timeZoneAccepted = 'the name of a time zone, such as UTC or Europe/Berlin';

const timeZone = z.string(timeZoneAccepted).refine((given) => {
  try {
    return new Calendar(given).timeZone === given;
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
}, timeZoneAccepted);

const keys = {
  name,
  currency: text(/^[A-Z]{3}$/, '3 capital letters of a currency, such as EUR'),
  timeZone: timeZone.default('UTC'),
  period: period.prefault({ kind: 'month' }),
  attribution: parseWord(['record', 'start', 'close']).default('record'),
  sessionDays: wholeNumber(1, 62, 'days that a session lasts at most').default(7),
  kilobyte: z.literal([1_000, 1_024], '1000 or 1024 (bytes)').default(1_000),
  match: match.prefault({}),
  lines: listWords(lineDimensions).default(['country', 'network', 'zone']),
  charges: z.array(charge, 'a list of charges').default([]),
  allowances: z.array(allowance, 'a list of allowances').default([]),
  rounding: rounding.prefault({}),
  minimum: exactly({ amount: money, of: parseWord(simSelections).default('active') }).optional(),
  fees: z.array(fee, 'a list of fees').default([]),
  discounts: z.array(discount, 'a list of discounts').default([]),
  commitment: money.optional(),
  tax: exactly({ name, percent }).optional(),
  notComputable: listTexts(/^.{1,400}$/s, 'a sentence'),
  facts: z.array(fact, 'a list of facts').default([]),
} as const;

/** A tariff, validated, with every default filled in. */
export const tariff = exactly(keys)
  .transform(({ minimum, commitment, tax, ...others }): Tariff => ({ ...others, minimum, commitment, tax }))
  .superRefine((given, context) => {
    for (const { path, accepted } of findTariffObjections(given)) {
      context.issues.push({ code: 'custom', input: given, path: [...path], message: accepted });
    }
  });

/** What is wrong with a key that is valid by itself. */
interface Objection {
  readonly path: readonly (string | number)[];
  readonly accepted: string;
}

/** Finds contradictions within a tariff. */
function findTariffObjections(given: Tariff): Objection[] {
  const chargeNames = given.charges.map((one) => one.name);
  const feeNames = given.fees.map((one) => one.name);
  return [
    ...findRepeated('charges', chargeNames),
    ...findRepeated('fees', feeNames, chargeNames),
    ...findRepeated(
      'allowances',
      given.allowances.map((one) => one.name),
      chargeNames,
    ),
    ...given.allowances.flatMap((one, index) =>
      one.charges.flatMap((chargeName, at) => {
        const path = ['allowances', index, 'charges', at];
        const found = given.charges.find((other) => other.name === chargeName);
        if (found === undefined) return [{ path, accepted: `one of ${chargeNames.join(', ')}` }];
        return isDataUnit(found.unit) === isDataUnit(one.unit)
          ? []
          : [{ path, accepted: `a charge whose unit is of the same kind as ${one.unit}` }];
      }),
    ),
    ...given.discounts.flatMap(({ on }, index) =>
      on.flatMap((named, at) =>
        [...chargeNames, ...feeNames].includes(named)
          ? []
          : [
              {
                path: ['discounts', index, 'on', at],
                accepted: `one of ${[...chargeNames, ...feeNames].join(', ')}`,
              },
            ],
      ),
    ),
    ...findUnshareable(given),
    ...(given.minimum !== undefined && given.rounding.per === 'invoice'
      ? [{ path: ['rounding', 'per'], accepted: 'line or sim, because each SIM has a minimum' }]
      : []),
  ];
}

/** Finds names that are already in use. */
function findRepeated(key: string, names: readonly string[], others: readonly string[] = []): Objection[] {
  return names.flatMap((one, index) =>
    names.indexOf(one) < index || others.includes(one)
      ? [{ path: [key, index, 'name'], accepted: 'a name that no other charge, fee or allowance has' }]
      : [],
  );
}

/** Finds what SIMs cannot share, because each has its own periods, minimum or rounding. */
function findUnshareable(given: Tariff): Objection[] {
  const shared: (Objection['path'] & readonly unknown[])[] = [
    ...given.allowances.flatMap(({ of }, index) =>
      of === 'sim' ? [] : [['allowances', index, 'of'] as const],
    ),
    ...given.charges.flatMap(({ tierScope }: Charge, index) =>
      tierScope === 'sim' ? [] : [['charges', index, 'tierScope'] as const],
    ),
  ];
  const lasting = given.allowances.flatMap(({ of, lasts }, index) =>
    of !== 'sim' && lasts === 'lifetime'
      ? [{ path: ['allowances', index, 'lasts'], accepted: 'period, because several SIMs share it' }]
      : [],
  );
  if (shared.length === 0) return lasting;
  const refuse = (accepted: string): Objection[] => shared.map((path) => ({ path, accepted }));
  return [
    ...lasting,
    ...(dependsOnActivation(given.period) ? refuse('sim, because each SIM has its own periods') : []),
    ...(given.minimum === undefined ? [] : refuse('sim, because each SIM has its own minimum')),
    ...(given.rounding.per === 'sim' ? refuse('sim, because the sum of each SIM is rounded') : []),
  ];
}
