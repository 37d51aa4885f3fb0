import { DecimalSum } from '../json/decimal-sum.ts';
import { type BillingPeriod, listPeriods, shiftMonth } from './calendar.ts';
import { add, type Decimal, findMax, makeDecimal, round, takePercent, zero } from './decimal.ts';
import { type BillLine, identifyLine, type LineKind } from './line.ts';
import { multiplyParts, priceQuantity } from './price.ts';
import { isShared, type RatingContext, roundLine } from './rate.ts';
import type { Assumption, NotRatedReason, SimBill } from './sim-bill.ts';
import { takeAllowance } from './take-allowance.ts';
import { type Charge, findPriceIndex, type LineDimension, type Tariff, type Unit } from './tariff.ts';

/**
 * Sums up the bills of SIMs, and then computes what all SIMs share: pools, tiers of the account, its fees, discounts,
 * commitment and tax. It holds one sum per row, so memory grows with the number of groups.
 */

/** What the rows of a bill are grouped by, in addition to tariff and name. */
export type BillGroup = 'sim' | 'fleet' | 'tariff' | LineDimension;

/** A row: the sum of all lines with the same tariff, name and groups. */
export interface BillRow {
  readonly groups: Readonly<Partial<Record<BillGroup, string>>>;
  readonly tariff: string;
  readonly kind: LineKind;
  readonly name: string;
  readonly currency: string | undefined;
  /** The id of its line, if it has only one. */
  readonly line: string | undefined;
  readonly lines: number;
  readonly records: number;
  /** Undefined if it has no quantity. */
  readonly unit: Unit | undefined;
  readonly used: Decimal;
  readonly rounded: Decimal;
  readonly included: Decimal;
  readonly billed: Decimal;
  readonly exact: Decimal;
  /** Undefined if the account's line holds the amount. */
  readonly amount: Decimal | undefined;
}

/** Usage without a price. */
export interface NotRatedRow {
  readonly reason: NotRatedReason;
  readonly tariff: string | undefined;
  /** The tariff that the records state. */
  readonly recordTariff: string | undefined;
  readonly country: string | undefined;
  readonly traffic: string;
  readonly sims: number;
  readonly records: number;
  /** Whole bytes. */
  readonly bytes: string;
  readonly messages: string;
}

/** An assumption, and the number of SIMs that it applies to. */
export interface AssumptionRow extends Assumption {
  readonly sims: number;
}

/** A month's bill. */
export interface Bill {
  readonly rows: readonly BillRow[];
  /** The account's lines. */
  readonly accountLines: readonly BillLine[];
  /** By currency; amounts in different currencies are never added. */
  readonly totals: readonly { readonly currency: string | undefined; readonly amount: Decimal }[];
  /** Number of SIMs with a line. */
  readonly sims: number;
  readonly notRated: readonly NotRatedRow[];
  readonly assumptions: readonly AssumptionRow[];
}

/** What all SIMs used of a shared charge at one price. */
interface SharedQuantity {
  readonly charge: Charge;
  readonly segment: number;
  records: number;
  increments: number;
  used: Decimal;
  rounded: Decimal;
  /** What allowances of individual SIMs cover. */
  included: Decimal;
}

/** The running sums of a tariff's period. */
interface PeriodSum {
  readonly tariff: Tariff;
  readonly period: BillingPeriod;
  readonly shared: Map<string, SharedQuantity>;
  /** Number of SIMs that were used. */
  active: number;
  /** The sum of exact amounts of usage. */
  usage: Decimal;
  /** Amounts by name of charge or fee. */
  readonly amounts: Map<string, Decimal>;
}

/** The contribution of some SIMs to a bill, before shared amounts are computed. */
export interface BillPart {
  readonly rows: readonly BillRow[];
  readonly periods: readonly PartPeriod[];
  readonly sims: number;
  readonly notRated: readonly NotRatedRow[];
  readonly assumptions: readonly AssumptionRow[];
}

/** The contribution of some SIMs to a tariff's period. */
export interface PartPeriod {
  /** Name of the tariff. */
  readonly tariff: string;
  readonly period: BillingPeriod;
  readonly active: number;
  readonly usage: Decimal;
  readonly amounts: readonly { readonly name: string; readonly amount: Decimal }[];
  /** One for each shared charge and price. */
  readonly shared: readonly (Omit<SharedQuantity, 'charge'> & { readonly charge: string })[];
}

type WritableRow = { -readonly [Name in keyof BillRow]: BillRow[Name] };
type WritableNotRated = { -readonly [Name in keyof NotRatedRow]: NotRatedRow[Name] } & {
  lastSim: string;
  readonly byteSum: DecimalSum;
  readonly messageSum: DecimalSum;
};

/** Sums up the bills of SIMs, one at a time. It holds a sum for each group, but no SIM. */
export class BillSum {
  readonly #context: Pick<RatingContext, 'tariffs' | 'month'>;
  readonly #by: readonly BillGroup[];
  readonly #findFleet: (sim: string) => string | undefined;
  readonly #rows = new Map<string, WritableRow>();
  readonly #periods = new Map<string, PeriodSum>();
  readonly #notRated = new Map<string, WritableNotRated>();
  readonly #assumptions = new Map<string, AssumptionRow>();
  #sims = 0;

  /** @param findFleet returns the fleet that a SIM currently belongs to. */
  constructor(
    context: Pick<RatingContext, 'tariffs' | 'month'>,
    by: readonly BillGroup[],
    findFleet: (sim: string) => string | undefined = () => undefined,
  ) {
    this.#context = context;
    this.#by = by;
    this.#findFleet = findFleet;
  }

  /** Adds a SIM. Each SIM must be added at most once. */
  add(bill: SimBill): void {
    if (bill.lines.length > 0) this.#sims += 1;
    for (const line of bill.lines) {
      this.#addRow(line);
      this.#addToPeriod(line);
    }
    for (const { tariff, period } of bill.active) this.#openPeriod(tariff, period).active += 1;
    for (const one of bill.notRated) this.#addNotRated(bill.sim, one);
    for (const assumption of bill.assumptions) this.#joinAssumption({ ...assumption, sims: 1 });
  }

  /** The contribution so far: combined with other SIMs' parts it makes the same bill. */
  get part(): BillPart {
    return {
      rows: [...this.#rows.values()],
      periods: [...this.#periods.values()].map(({ tariff, period, shared, active, usage, amounts }) => ({
        ...{ tariff: tariff.name, period, active, usage },
        amounts: [...amounts].map(([name, amount]) => ({ name, amount })),
        shared: [...shared.values()].map(({ charge, ...sums }) => ({ ...sums, charge: charge.name })),
      })),
      sims: this.#sims,
      ...{ notRated: this.#listNotRated(), assumptions: [...this.#assumptions.values()] },
    };
  }

  /** Adds the part of other SIMs, which must be made with the same tariffs, month and grouping. */
  addPart({ rows, periods, sims, notRated, assumptions }: BillPart): void {
    this.#sims += sims;
    for (const row of rows) this.#joinRow(row);
    for (const { tariff: name, period, active, usage, amounts, shared } of periods) {
      const tariff = this.#findTariff(name);
      if (tariff === undefined) continue;
      const sum = this.#openPeriod(tariff, period);
      sum.active += active;
      sum.usage = sum.usage.plus(usage);
      for (const one of amounts)
        sum.amounts.set(one.name, (sum.amounts.get(one.name) ?? zero).plus(one.amount));
      for (const { charge: chargeName, ...sums } of shared) {
        const charge = tariff.charges.find((one) => one.name === chargeName);
        if (charge !== undefined) addShared(sum, charge, sums);
      }
    }
    for (const row of notRated) this.#joinNotRated(row);
    for (const row of assumptions) this.#joinAssumption(row);
  }

  /** Returns the finished bill. Nothing can be added afterwards. */
  finish(): Bill {
    const accountLines = this.#context.tariffs.flatMap((tariff) => this.#closeTariff(tariff));
    for (const line of accountLines) this.#addRow(line);
    const rows = [...this.#rows].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, row]) => row);
    return {
      rows,
      accountLines,
      totals: addUp(rows),
      sims: this.#sims,
      notRated: this.#listNotRated(),
      assumptions: [...this.#assumptions].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, row]) => row),
    };
  }

  #listNotRated(): NotRatedRow[] {
    return [...this.#notRated]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([, { lastSim: _, byteSum, messageSum, ...row }]) => ({
        ...row,
        bytes: byteSum.toString(),
        messages: messageSum.toString(),
      }));
  }

  #findTariff(wanted: string): Tariff | undefined {
    return this.#context.tariffs.find(({ name }) => name === wanted);
  }

  #openPeriod(tariff: Tariff, period: BillingPeriod): PeriodSum {
    const key = `${tariff.name} ${period.from} ${period.to}`;
    const known = this.#periods.get(key);
    if (known !== undefined) return known;
    const sum = { tariff, period, shared: new Map(), active: 0, usage: zero, amounts: new Map() };
    this.#periods.set(key, sum);
    return sum;
  }

  #addToPeriod(line: BillLine): void {
    const tariff = this.#findTariff(line.tariff);
    if (tariff === undefined) return;
    const sum = this.#openPeriod(tariff, line.period);
    addAmount(sum, line);
    const charge = line.kind === 'usage' ? tariff.charges.find(({ name }) => name === line.name) : undefined;
    if (charge === undefined || line.quantity === undefined || !isShared(tariff, charge)) return;
    const { records, increments, used, rounded, included } = line.quantity;
    addShared(sum, charge, { segment: line.segment ?? 0, records, increments, used, rounded, included });
  }

  /** The account's lines in a tariff's periods. */
  #closeTariff(tariff: Tariff): BillLine[] {
    // If periods depend on each SIM's activation, the account has no such period and uses the month.
    const own = listPeriods(tariff.period, this.#context.month, undefined) ?? [
      { from: `${this.#context.month}-01`, to: `${shiftMonth(this.#context.month, 1)}-01` },
    ];
    for (const period of own) this.#openPeriod(tariff, period);
    const sums = [...this.#periods.values()].filter((sum) => sum.tariff === tariff);
    const isOwn = ({ period }: PeriodSum): boolean =>
      own.some(({ from, to }) => from === period.from && to === period.to);
    const lines = sums
      .sort((a, b) => (`${a.period.from}${a.period.to}` < `${b.period.from}${b.period.to}` ? -1 : 1))
      .flatMap((sum) => [
        ...this.#closeShared(sum),
        ...this.#closeRounding(sum),
        ...(isOwn(sum) ? addAccountFees(sum) : []),
        ...addDiscounts(sum),
      ]);
    const [first] = own;
    if (first === undefined) return lines;
    return [...lines, ...closeAccount(tariff, first, add(sums.map(addAmounts)))];
  }

  /** The account's lines for pools and tiers that all SIMs share. */
  #closeShared(sum: PeriodSum): BillLine[] {
    const { tariff, period } = sum;
    // Tiers and pools are used up in the order of charges, and of prices by time.
    const rank = (charge: Charge): number => tariff.charges.indexOf(charge);
    const shared = [...sum.shared.values()].sort(
      (a, b) => rank(a.charge) - rank(b.charge) || a.segment - b.segment,
    );
    const included = new Map(shared.map((one) => [one, one.included] as const));
    for (const allowance of tariff.allowances.filter(({ of }) => of !== 'sim')) {
      const size =
        allowance.of === 'pool'
          ? allowance.quantity.times(makeDecimal(String(sum.active)))
          : allowance.quantity;
      takeAllowance(tariff, allowance, size, shared, included);
    }
    const before = new Map<Charge, Decimal>();
    const totals = new Map<Charge, Decimal>();
    const readBilled = (one: SharedQuantity): Decimal => one.rounded.minus(included.get(one) ?? zero);
    for (const one of shared) totals.set(one.charge, (totals.get(one.charge) ?? zero).plus(readBilled(one)));
    return shared.flatMap((one) => {
      const { charge, segment, records, increments, used, rounded } = one;
      const price = charge.prices[segment];
      if (price === undefined) return [];
      const billed = readBilled(one);
      const position = { before: before.get(charge) ?? zero, total: totals.get(charge) ?? zero };
      before.set(charge, position.before.plus(billed));
      const parts = priceQuantity(charge, price, billed, position);
      const exact = multiplyParts(parts);
      const about = { ...makeAccountLine(tariff, period, 'usage', charge.name, exact), segment };
      const quantity = {
        unit: charge.unit,
        ...{ records, increments, used, rounded, included: included.get(one) ?? zero, billed, parts },
      };
      const line = { ...about, id: identifyLine(about), quantity, amount: roundLine(tariff, exact) };
      addAmount(sum, line);
      return [line];
    });
  }

  /** The amount that rounding all usage together adds. */
  #closeRounding(sum: PeriodSum): BillLine[] {
    const { tariff, period } = sum;
    const { rounding } = tariff;
    if (rounding.per !== 'invoice') return [];
    const rounded = round(sum.usage, rounding.decimals, rounding.mode);
    return collect(sum, [makeAccountLine(tariff, period, 'rounding', 'rounding', rounded.minus(sum.usage))]);
  }

  #addRow(line: BillLine): void {
    const groups = Object.fromEntries(
      this.#by.map((group) => [group, this.#readGroup(line, group)]),
    ) as BillRow['groups'];
    this.#joinRow({ ...makeRow(line), groups });
  }

  /** Adds a row to the one with the same groups. */
  #joinRow(row: BillRow): void {
    const key = this.#makeRowKey(row);
    const known = this.#rows.get(key);
    if (known === undefined) {
      this.#rows.set(key, { ...row });
      return;
    }
    known.lines += row.lines;
    known.line = undefined;
    known.exact = known.exact.plus(row.exact);
    if (row.amount !== undefined) known.amount = (known.amount ?? zero).plus(row.amount);
    known.records += row.records;
    known.used = known.used.plus(row.used);
    known.rounded = known.rounded.plus(row.rounded);
    known.included = known.included.plus(row.included);
    known.billed = known.billed.plus(row.billed);
  }

  #makeRowKey({ groups, tariff, kind, name, currency, unit, amount }: BillRow): string {
    return JSON.stringify([
      this.#by.map((group) => groups[group] ?? ''),
      tariff,
      kindOrder[kind],
      name,
      currency ?? '',
      unit ?? '',
      amount === undefined,
    ]);
  }

  #readGroup({ sim, tariff, dimensions }: BillLine, group: BillGroup): string | undefined {
    if (group === 'sim') return sim;
    if (group === 'tariff') return tariff;
    if (group === 'fleet') return sim === undefined ? undefined : this.#findFleet(sim);
    return dimensions[group];
  }

  #addNotRated(sim: string, { reason, tariff, usage }: SimBill['notRated'][number]): void {
    const { tariff: recordTariff, country, trafficType: traffic } = usage;
    const known = this.#openNotRated({ reason, tariff, recordTariff, country, traffic });
    if (known.lastSim !== sim) known.sims += 1;
    known.lastSim = sim;
    known.records += usage.records ?? 1;
    known.byteSum.add(usage.dataTotal);
    known.messageSum.add(usage.messages ?? 0);
  }

  #joinNotRated({ sims, records, bytes, messages, ...about }: NotRatedRow): void {
    const known = this.#openNotRated(about);
    known.sims += sims;
    known.records += records;
    known.byteSum.add(bytes);
    known.messageSum.add(messages);
  }

  #openNotRated({
    reason,
    tariff,
    recordTariff,
    country,
    traffic,
  }: Pick<NotRatedRow, 'reason' | 'tariff' | 'recordTariff' | 'country' | 'traffic'>): WritableNotRated {
    const key = JSON.stringify([reason, tariff ?? null, recordTariff ?? null, country ?? null, traffic]);
    const known = this.#notRated.get(key) ?? {
      ...{ reason, tariff, recordTariff, country, traffic, sims: 0, records: 0, bytes: '', messages: '' },
      ...{ lastSim: '', byteSum: new DecimalSum(), messageSum: new DecimalSum() },
    };
    this.#notRated.set(key, known);
    return known;
  }

  #joinAssumption({ kind, tariff, sims }: AssumptionRow): void {
    const key = `${kind} ${tariff}`;
    const known = this.#assumptions.get(key);
    this.#assumptions.set(key, { kind, tariff, sims: sims + (known?.sims ?? 0) });
  }
}

/** Makes a row of a single line. */
export function makeRow({ tariff, kind, name, currency, quantity, exact, amount, id }: BillLine): BillRow {
  return {
    ...{ groups: {}, tariff, kind, name, currency, line: id, lines: 1, exact, amount },
    ...{ records: quantity?.records ?? 0, unit: quantity?.unit },
    ...{ used: quantity?.used ?? zero, rounded: quantity?.rounded ?? zero },
    ...{ included: quantity?.included ?? zero, billed: quantity?.billed ?? zero },
  };
}

/** Adds to what SIMs used of a shared charge at one price. */
function addShared(
  { tariff, shared }: Pick<PeriodSum, 'tariff' | 'shared'>,
  charge: Charge,
  { segment, records, increments, used, rounded, included }: Omit<SharedQuantity, 'charge'>,
): void {
  const key = `${tariff.charges.indexOf(charge)} ${segment}`;
  const known = shared.get(key) ?? {
    ...{ charge, segment, records: 0, increments: 0 },
    ...{ used: zero, rounded: zero, included: zero },
  };
  shared.set(key, known);
  known.records += records;
  known.increments += increments;
  known.used = known.used.plus(used);
  known.rounded = known.rounded.plus(rounded);
  known.included = known.included.plus(included);
}

/** The order of a tariff's rows. */
const kindOrder: Readonly<Record<LineKind, number>> = {
  carrier: 0,
  usage: 1,
  rounding: 2,
  minimum: 3,
  fee: 4,
  discount: 5,
  commitment: 6,
  tax: 7,
};

function addAmount(sum: PeriodSum, { kind, name, amount }: BillLine): void {
  if (amount === undefined) return;
  if (kind === 'usage') sum.usage = sum.usage.plus(amount);
  const key = kind === 'usage' || kind === 'fee' ? name : `(${kind})`;
  sum.amounts.set(key, (sum.amounts.get(key) ?? zero).plus(amount));
}

function addAmounts({ amounts }: PeriodSum): Decimal {
  return add([...amounts.values()]);
}

function makeAccountLine(
  tariff: Tariff,
  period: BillingPeriod,
  kind: LineKind,
  name: string,
  amount: Decimal,
): BillLine {
  const about = { tariff: tariff.name, kind, name, period, sim: undefined, dimensions: {} };
  return {
    ...{ id: identifyLine(about), ...about, currency: tariff.currency, segment: undefined },
    ...{ quantity: undefined, exact: amount, amount },
  };
}

/** Adds lines to a sum; lines of 0 are left out. */
function collect(sum: PeriodSum, lines: readonly BillLine[]): BillLine[] {
  const kept = lines.filter(({ exact }) => !exact.eq(zero));
  for (const line of kept) addAmount(sum, line);
  return kept;
}

function addAccountFees(sum: PeriodSum): BillLine[] {
  const { tariff, period } = sum;
  const fees = tariff.fees.filter(({ per }) => per === 'account');
  return collect(
    sum,
    fees.map(({ name, prices }) =>
      makeAccountLine(
        tariff,
        period,
        'fee',
        name,
        prices[findPriceIndex(prices, period.from)]?.price ?? zero,
      ),
    ),
  );
}

function addDiscounts(sum: PeriodSum): BillLine[] {
  const { tariff, period, amounts } = sum;
  const { decimals, mode } = tariff.rounding;
  // Each discount applies to the amounts before discounts, so their order does not matter.
  const before = new Map(amounts);
  const lines = tariff.discounts
    .filter(({ from, to }) => (from ?? '') <= period.from && (to === undefined || period.from < to))
    .map(({ name, percent, on }) => {
      const named = [...before].filter(([key]) => on.length === 0 || on.includes(key));
      const base = add(named.map(([, amount]) => amount));
      const amount = round(takePercent(base, percent), decimals, mode);
      return makeAccountLine(tariff, period, 'discount', name, zero.minus(amount));
    });
  return collect(sum, lines);
}

/** The amount missing to reach the commitment, and the tax on everything. */
function closeAccount(tariff: Tariff, period: BillingPeriod, sum: Decimal): BillLine[] {
  const { commitment, tax, rounding } = tariff;
  const missing = commitment === undefined ? zero : findMax(zero, commitment.minus(sum));
  const lines = [makeAccountLine(tariff, period, 'commitment', 'commitment', missing)];
  if (tax !== undefined) {
    const amount = round(takePercent(sum.plus(missing), tax.percent), rounding.decimals, rounding.mode);
    lines.push(makeAccountLine(tariff, period, 'tax', tax.name, amount));
  }
  return lines.filter(({ exact }) => !exact.eq(zero));
}

function addUp(rows: readonly BillRow[]): Bill['totals'] {
  const totals = new Map<string | undefined, Decimal>();
  for (const { currency, amount } of rows) {
    if (amount !== undefined) totals.set(currency, (totals.get(currency) ?? zero).plus(amount));
  }
  return [...totals]
    .sort(([a], [b]) => ((a ?? '') < (b ?? '') ? -1 : 1))
    .map(([currency, amount]) => ({ currency, amount }));
}
