import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { InvoiceComparison } from '../../../cli/bill/compare-invoice.ts';
import { openInvoice } from '../../../cli/bill/invoice-file.ts';
import { BillSum } from '../../../lambda/billing/bill.ts';
import { type Compared, Comparison } from '../../../lambda/billing/compare.ts';
import { Rater } from '../../../lambda/billing/rate.ts';
import type { SimRecords } from '../../../lambda/billing/sim-records.ts';
import { findBucket } from '../../../lambda/days/buckets.ts';
import { invoiceMap } from '../../../lib/invoice-maps.ts';
import { tariff as tariffSchema } from '../../../lib/tariffs.ts';
import { faultTrials, trials } from '../../property/trials.ts';
import { makeUsage, readLines } from './billed-usage.ts';
import { type BillingCode, loadMutant, type Mutant } from './mutants.ts';
import { makePlainBill } from './plain-bill.ts';
import { judgeInvoice, listAlternatives, type PlainRow, type Verdict } from './plain-check.ts';
import {
  type Fraction,
  formatFraction,
  minus,
  plus,
  readFraction,
  roundTo,
  sum,
  times,
} from './plain-fractions.ts';
import type { PlainTariff } from './plain-tariff.ts';

/** Random invoices with planted faults, written and read as files, beside a slow judge that shares no code with theirs. */

const month = '2026-10';
const parts = 3;

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'simledger-check-'));
});

afterAll(() => rm(folder, { recursive: true }));

/** What is wrong about a SIM's lines. The first ones are what a carrier bills by instead of the tariff. */
const faults = [
  ...([
    'none',
    'other-tariff',
    'other-tariff',
    'price',
    'rounding',
    'missing',
    'twice',
    'line-twice',
  ] as const),
  ...(['more', 'more-for-nothing', 'stranger', 'not-used', 'credit'] as const),
] as const;

interface World {
  readonly tariff: PlainTariff;
  readonly sims: readonly SimRecords[];
  readonly faults: readonly { readonly fault: (typeof faults)[number]; readonly choice: number }[];
  readonly states: 'rounded' | 'used' | 'billed' | 'nothing';
  readonly rebate: 'right' | 'of the invoice' | 'lost';
  readonly form: FileForm;
}

/** How the file is written. */
interface FileForm {
  readonly delimiter: ',' | ';' | '\t' | '|';
  readonly sign: '.' | ',';
  readonly hasGroups: boolean;
  readonly encoding: 'utf8' | 'utf8 with a mark' | 'utf16le' | 'latin1';
  readonly hasPreamble: boolean;
  readonly hasTotal: boolean;
}

const starts = [
  '2026-09-30T12:00:00.000Z',
  '2026-09-30T23:30:00.000Z',
  '2026-10-01T00:30:00.000Z',
  '2026-10-05T10:00:00.000Z',
  '2026-10-05T11:00:00.000Z',
  '2026-10-14T23:30:00.000Z',
  '2026-10-15T00:30:00.000Z',
  '2026-10-31T12:00:00.000Z',
  '2026-10-31T23:30:00.000Z',
  '2026-11-01T10:00:00.000Z',
] as const;

const usage = fc.record({
  start: fc.constantFrom(...starts),
  sessionId: fc.constantFrom(undefined, 's1', 's1', 's2'),
  dataTotal: fc.constantFrom(1, 200, 900, 1_000, 1_024, 5_000, 70_000, 3_000_000),
  country: fc.constantFrom('DE', 'DE', 'FR'),
});

const sim = fc.record({
  usage: fc.array(usage, { maxLength: 6 }),
  ends: fc.uniqueArray(fc.tuple(fc.constantFrom('s1', 's2'), fc.constantFrom(...starts.slice(2))), {
    selector: ([id]) => id,
  }),
});

const tariff: fc.Arbitrary<PlainTariff> = fc
  .record({
    step: fc.constantFrom('1', '10', '0.5'),
    per: fc.constantFrom('record', 'session', 'session', 'day', 'period'),
    prices: fc.tuple(...['0.01', '0.09'].map((other) => fc.constantFrom('0.02', '0.0125', '0.0003', other))),
    change: fc.option(fc.constantFrom('0.03', '0.02'), { nil: undefined }),
    included: fc.boolean(),
    attribution: fc.constantFrom('record', 'record', 'start', 'close'),
    timeZone: fc.constantFrom('UTC', 'UTC', 'Europe/Berlin'),
    kilobyte: fc.constantFrom(1000, 1024),
    decimals: fc.constantFrom(2, 4),
  } as const)
  .map(({ step, per, prices, change, included, decimals, ...others }) => ({
    ...{ name: 'tariff', currency: 'EUR', period: { kind: 'month', startDay: 1 }, lines: ['country'] },
    ...others,
    charges: ['home', 'abroad'].map((name, index) => ({
      ...{ name, traffic: 'data', direction: 'both', match: { countries: index === 0 ? ['DE'] : [] } },
      ...{ unit: 'KB', increment: { step, per, by: [] }, tiering: 'graduated', tierScope: 'sim' },
      prices: [
        { tiers: [{ price: prices[index] ?? '0' }] },
        ...(index === 0 && change !== undefined ? [{ from: '2026-10-15', tiers: [{ price: change }] }] : []),
      ],
    })),
    allowances: included
      ? [{ name: 'included', charges: ['home'], quantity: '6', unit: 'KB', of: 'sim', lasts: 'period' }]
      : [],
    rounding: { per: 'line', decimals, mode: 'half-up' },
    fees: [{ name: 'active SIM', per: 'sim', of: 'active', prices: [{ price: '0.25' }] }],
    discounts: [{ name: 'rebate', percent: '10', on: ['home'] }],
  }));

const world: fc.Arbitrary<World> = fc
  .record({
    tariff,
    sims: fc.array(sim, { minLength: 1, maxLength: 3 }),
    faults: fc.array(fc.record({ fault: fc.constantFrom(...faults), choice: fc.nat(1_000) }), {
      minLength: 3,
      maxLength: 3,
    }),
    states: fc.constantFrom('rounded', 'rounded', 'used', 'billed', 'nothing'),
    rebate: fc.constantFrom('right', 'of the invoice', 'lost'),
    form: fc.record({
      delimiter: fc.constantFrom(',', ';', '\t', '|'),
      sign: fc.constantFrom('.', ','),
      hasGroups: fc.boolean(),
      encoding: fc.constantFrom('utf8', 'utf8 with a mark', 'utf16le', 'latin1'),
      hasPreamble: fc.boolean(),
      hasTotal: fc.boolean(),
    }),
  } as const)
  .map(({ sims, ...others }) => ({
    ...others,
    sims: sims.map((one, index) => {
      const name = `898830300000010000${index + 1}`;
      return {
        sim: name,
        usage: one.usage.map((record) => makeUsage({ ...record, sim: name, end: record.start })),
        sessions: one.ends.map(([sessionId, end]) => {
          const begun = one.usage
            .filter((record) => record.sessionId === sessionId)
            .map(({ start }) => start);
          const [start = end] = [...begun, end].sort();
          return { source: 'emnify', sessionId, start, end };
        }),
      };
    }),
  }));

/** A row as it is made up: how its quantity is written follows from that. */
type Row = Omit<PlainRow, 'decimals'>;

const isAbout =
  (wanted: string) =>
  ({ sim: one }: { readonly sim: string | undefined }): boolean =>
    one === wanted;

/** What a carrier that bills by a tariff writes of a SIM. */
function writeSim({ sims, states }: World, by: PlainTariff, wanted: string): Row[] {
  return makePlainBill(by, sims, new Map(), month)
    .parts.filter(isAbout(wanted))
    .map(({ sim: of, name, usage: quantities, amount }) => ({
      ...{ sim: of, name, amount, country: quantities?.dimensions[0] },
      quantity: states === 'nothing' ? undefined : quantities?.[states],
    }));
}

/** How a number of a file ends: with two digits no decimal is taken for thousands. */
function writeDigits(value: Fraction): string {
  const digits = formatFraction(value).split('.')[1] ?? '';
  return digits === '' || digits.length > 3 ? digits : digits.padEnd(digits.length === 3 ? 4 : 2, '0');
}

function plant(given: World, rows: readonly Row[], index: number): Row[] {
  const { fault, choice } = given.faults[index] ?? { fault: 'none', choice: 0 };
  const { tariff: file, sims } = given;
  const at = choice % Math.max(1, rows.length);
  const change = (alter: (row: Row) => Row): Row[] =>
    rows.map((row, position) => (position === at ? alter(row) : row));
  const more = (row: Row, by: Fraction, money: Fraction): Row => ({
    ...row,
    quantity: row.quantity && plus(row.quantity, by),
    amount: plus(row.amount, money),
  });
  const [own] = sims.slice(index);
  switch (fault) {
    case 'other-tariff': {
      const alternatives = listAlternatives(file);
      const other = alternatives[choice % alternatives.length]?.tariff ?? file;
      return writeSim(given, other, own?.sim ?? '');
    }
    case 'price':
      return change((row) => ({ ...row, amount: plus(times(row.amount, [3n, 1n]), [7n, 100n]) }));
    case 'rounding':
      return change((row) =>
        more(row, [0n, 1n], [BigInt((choice % 9) - 4), 10n ** BigInt(file.rounding.decimals + 1)]),
      );
    case 'missing':
      return rows.filter((_, position) => position !== at);
    case 'line-twice':
      return [...rows, ...rows.slice(at, at + 1)];
    case 'twice': {
      const lines = makePlainBill(file, sims, new Map(), month).parts.filter(isAbout(own?.sim ?? ''));
      const quantities = lines[at]?.usage;
      const one = quantities?.increments[0];
      if (quantities === undefined || one === undefined) return [...rows];
      return change((row) =>
        more(row, one, roundTo(times(one, quantities.price), file.rounding.decimals, 'half-up')),
      );
    }
    case 'more': {
      const price = readFraction(file.charges[0]?.prices[0]?.tiers[0]?.price ?? '0');
      return change((row) => more(row, [100n, 1n], times(price, [100n, 1n])));
    }
    case 'more-for-nothing':
      return change((row) => more(row, [BigInt(choice % 4), 1n], [0n, 1n]));
    case 'stranger':
      return [
        ...rows,
        ...rows.slice(at, at + 1).map((row) => ({ ...row, sim: `898830300000020000${index}` })),
      ];
    case 'not-used': {
      const quantity: Fraction = [BigInt(choice % 2), 1n];
      const amount: Fraction = [BigInt(choice % 3), 100n];
      return [...rows, { sim: own?.sim, name: 'abroad', country: 'IT', quantity, amount }];
    }
    case 'credit':
      return [
        ...rows,
        ...rows.slice(at, at + 1).map((row) => ({ ...row, amount: minus([0n, 1n], row.amount) })),
      ];
    default:
      return [...rows];
  }
}

/** The lines of the invoice that a tariff should explain. */
function writeRows(given: World): Row[] {
  const rows = given.sims.flatMap(({ sim: of }, index) =>
    plant(given, writeSim(given, given.tariff, of), index),
  );
  const isHome = ({ name }: { readonly name: string }): boolean => name === 'home';
  const right = makePlainBill(given.tariff, given.sims, new Map(), month).parts;
  const base = given.rebate === 'right' ? right : rows;
  const tenth = times(sum(base.filter(isHome).map(({ amount }) => amount)), [-1n, 10n]);
  const amount = roundTo(tenth, given.tariff.rounding.decimals, 'half-up');
  if (given.rebate === 'lost' || amount[0] === 0n) return rows;
  return [...rows, { sim: undefined, name: 'rebate', country: undefined, quantity: undefined, amount }];
}

/** A number in the form of a file. */
function writeNumber(value: Fraction, { sign, hasGroups }: FileForm): string {
  const [whole = ''] = formatFraction(value).split('.');
  const digits = writeDigits(value);
  const group = sign === '.' ? ',' : '.';
  const grouped = hasGroups ? whole.replaceAll(/\B(?=(\d{3})+$)/g, group) : whole;
  return digits === '' ? grouped : `${grouped}${sign}${digits}`;
}

function writeFileText(rows: readonly Row[], form: FileForm): string {
  const { delimiter, hasPreamble, hasTotal } = form;
  const write = (...cells: readonly string[]): string =>
    cells.map((cell) => (cell.includes(delimiter) ? `"${cell}"` : cell)).join(delimiter);
  const number = (value: Fraction): string => writeNumber(value, form);
  const vat: Fraction = [-19n, 10n];
  const total = sum([...rows.map(({ amount }) => amount), vat]);
  return [
    ...(hasPreamble ? ['Träger GmbH', write('Invoice', '2026-10'), ''] : []),
    write('sim', 'name', 'country', 'quantity', 'amount', 'currency', 'Straße'),
    ...rows.map(({ sim: of = '', name, country = '', quantity, amount }) =>
      write(of, name, country, quantity === undefined ? '' : number(quantity), number(amount), 'EUR', 'Ä'),
    ),
    write('', 'VAT', '', '', number(vat), 'EUR', ''),
    write('', 'home', 'DE', number([1n, 1n]), number([5n, 1n]), 'USD', ''),
    ...(hasTotal ? [write('Total', '', '', '', number(total), 'EUR', '')] : []),
    '',
  ].join('\r\n');
}

function encode(text: string, encoding: FileForm['encoding']): Uint8Array {
  if (encoding === 'utf8 with a mark') return Buffer.from(`\ufeff${text}`);
  return encoding === 'utf16le' ? Buffer.from(`\ufeff${text}`, 'utf16le') : Buffer.from(text, encoding);
}

const names = ['home', 'abroad', 'active SIM', 'rebate'];

const map = invoiceMap.parse({
  columns: { sim: 'sim', amount: 'amount', quantity: ['quantity'], currency: 'currency', country: 'country' },
  unit: 'KB',
  rules: [
    ...names.map((name) => ({ when: { column: 'name', is: name }, name })),
    { when: { column: 'name', is: 'VAT' }, notRated: 'tax' },
  ],
});

/** What the code that is judged finds: in a file, and by the lines of it. */
async function check(
  code: Pick<BillingCode, 'Comparison'>,
  given: World,
  rows: readonly Row[],
): Promise<{ readonly verdicts: Verdict[]; readonly sums: readonly string[] }> {
  const file = join(folder, 'invoice.csv');
  await writeFile(file, encode(writeFileText(rows, given.form), given.form.encoding));
  const tariffs = [tariffSchema.parse(given.tariff)];
  const invoice = await openInvoice(file, map, tariffs);
  const rating = { tariffs, month, roster: new Map(), balances: new Map() };
  if (code.Comparison !== Comparison) {
    return { verdicts: describeAll(await compareByCode(code, given, rating, invoice)), sums: [] };
  }
  const inOrder = given.sims.toSorted(
    (a, b) => findBucket(a.sim, parts) - findBucket(b.sim, parts) || (a.sim < b.sim ? -1 : 1),
  );
  const comparison = new InvoiceComparison(invoice, {
    ...{ rating, records: { parts }, sims: walk(inOrder), signal: new AbortController().signal },
  });
  const compared: Compared[] = [];
  for await (const one of comparison.compare()) compared.push(one);
  const notRated: string[] = [];
  for await (const { notRated: kind, amount } of comparison.listNotRated())
    notRated.push(`${kind} ${amount.toFixed()}`);
  const { total, foreign, notRated: left, difference, causes } = comparison.finish();
  await comparison.close();
  const explained = causes.reduce((money, cause) => money.plus(cause.money), difference.minus(difference));
  expect(explained.toFixed()).toBe(difference.toFixed());
  return {
    verdicts: describeAll(compared),
    sums: [
      ...[total.toFixed(), left.toFixed(), ...notRated],
      ...foreign.map(({ currency, amount }) => `${currency} ${amount.toFixed()}`),
      invoice.total?.amount?.toFixed() ?? 'no total',
    ],
  };
}

async function* walk<One>(list: readonly One[]): AsyncGenerator<One> {
  for (const one of list) yield one;
}

/** The same in memory, with other code. */
async function compareByCode(
  code: Pick<BillingCode, 'Comparison'>,
  { sims }: World,
  rating: ConstructorParameters<typeof Comparison>[0],
  invoice: Awaited<ReturnType<typeof openInvoice>>,
): Promise<Compared[]> {
  const lines = (await readLines(invoice)).filter(({ notRated }) => notRated === undefined);
  const comparison = new code.Comparison(rating, invoice.by);
  const rater = new Rater(rating);
  const bill = new BillSum(rating, []);
  const strangers = lines.flatMap(({ sim: one }) =>
    one === undefined || sims.some((known) => known.sim === one) ? [] : [one],
  );
  const all = [...sims, ...[...new Set(strangers)].map((one) => ({ sim: one, usage: [], sessions: [] }))];
  const compared = all.flatMap((records) => {
    const own = rater.rate(records);
    bill.add(own);
    return comparison.compareSim(records, own, lines.filter(isAbout(records.sim)));
  });
  for (const line of lines) if (line.sim === undefined) comparison.addAccountLine(line);
  return [...compared, ...comparison.compareAccount(bill.finish().accountLines)];
}

function describeAll(compared: readonly Compared[]): Verdict[] {
  return compared
    .map(({ sim: of = 'account', name = '', dimensions, outcome, theirs, ours, causes }) => {
      const texts = causes.map(({ kind, money }) => `${kind} ${money.toFixed()}`);
      const where = `${of} ${name} ${dimensions.country ?? ''}`;
      return `${where}: ${outcome} ${theirs.toFixed()} ${ours.toFixed()} ${texts.join(', ')}`;
    })
    .sort();
}

async function expectJudgement(code: Pick<BillingCode, 'Comparison'>, given: World): Promise<void> {
  const rows = writeRows(given);
  const { verdicts, sums } = await check(code, given, rows);
  const written = rows.map((row) => ({ ...row, decimals: writeDigits(row.quantity ?? [0n, 1n]).length }));
  expect(verdicts).toEqual(judgeInvoice(given.tariff, given.sims, month, written).sort());
  if (sums.length === 0) return;
  const total = formatFraction(sum([...rows.map(({ amount }) => amount), [-19n, 10n]]));
  expect(sums).toEqual([total, '-1.9', 'tax -1.9', 'USD 5', given.form.hasTotal ? total : 'no total']);
}

test('each line of an invoice gets the outcome, the causes and the money that a slow oracle finds', async () => {
  await fc.assert(
    fc.asyncProperty(world, (given) => expectJudgement({ Comparison }, given)),
    trials(25),
  );
});

/** Faults that the property must find. */
const mutants: readonly Mutant[] = [
  // Copies of a line are lines of their own.
  { file: 'compare.ts', text: 'if (this.#seen.has(key))', by: 'if (this.#seen.size > 9)' },
  // An amount of a whole digit more is a rounding.
  { file: 'compare.ts', text: 'minus(exact).abs().lt(digit)', by: 'minus(exact).abs().lte(digit)' },
  // The same money is equal, whatever the quantity.
  { file: 'compare.ts', text: 'if (isSameQuantity(pair)) return [describePair', by: 'return [describePair' },
  // Only rounded quantities are known.
  { file: 'compare.ts', text: "['rounded', 'used', 'billed']", by: "['rounded']" },
  // What comes out as the tariff has it is a cause.
  { file: 'compare.ts', text: 'guessed.eq(ours) ||', by: '' },
  // Prices of another time are tried before units.
  { file: 'compare.ts', text: 'segments < 2', by: 'segments < 9' },
];

describe('a planted fault', () => {
  test.each(mutants)('is found: $text', async (mutant) => {
    const code = await loadMutant(mutant);
    const result = await fc.check(
      fc.asyncProperty(world, (given) => expectJudgement(code, given)),
      faultTrials(400),
    );
    expect(result.failed).toBe(true);
  });
});
