import type { Day } from '../days/day.ts';
import { toMilliseconds } from '../ledger/time.ts';
import { type BillingPeriod, Calendar, listPeriods, type Month, startPeriod, startYear } from './calendar.ts';
import { add, type Decimal, findMax, round, zero } from './decimal.ts';
import { type BillLine, identifyLine, type LineQuantity } from './line.ts';
import { multiplyParts, priceQuantity } from './price.ts';
import { type Draft, history, type Placement, SimQuantities, type TracedIncrement } from './quantities.ts';
import type { Assumption, NotRated, NotRatedReason, SimBill } from './sim-bill.ts';
import type { OpeningBalance, RosterEntry, SimRecords } from './sim-records.ts';
import { takeAllowance } from './take-allowance.ts';
import {
  type Allowance,
  type BilledUsage,
  type Charge,
  type FoundCharge,
  findCharges,
  findPriceIndex,
  formatNetwork,
  isMatchedAlike,
  matchesRecord,
  measureRecord,
  type SimSelection,
  type Tariff,
} from './tariff.ts';

/**
 * Rates the usage of one SIM, in a fixed order: match, quantity, increment, pool, tier, price, round, minimum, fee.
 * What all SIMs share is computed after all of them: see bill.ts.
 *
 * The result is a function of records, tariffs, roster and balances; the order of records does not matter.
 */

/** What rating needs. */
export interface RatingContext {
  /** In the order in which they are matched. */
  readonly tariffs: readonly Tariff[];
  readonly month: Month;
  readonly roster: ReadonlyMap<string, readonly RosterEntry[]>;
  readonly balances: ReadonlyMap<string, readonly OpeningBalance[]>;
}

/** Whether a tariff's bill depends on usage before its period. */
function needsHistory({ charges, allowances }: Tariff): boolean {
  return (
    charges.some(({ increment }) => increment.per === 'year') ||
    allowances.some(({ lasts }) => lasts === 'lifetime')
  );
}

/** Whether the period of usage depends on session times. */
export function readsSessions(tariffs: readonly Pick<Tariff, 'attribution'>[]): boolean {
  return tariffs.some(({ attribution }) => attribution !== 'record');
}

/** Whether the amount of a charge is known only after all SIMs are summed up. */
export function isShared(tariff: Tariff, charge: Charge): boolean {
  return (
    charge.tierScope === 'account' ||
    tariff.allowances.some(({ of, charges }) => of !== 'sim' && charges.includes(charge.name))
  );
}

/** The activity of a SIM in a period that decides about fees. */
interface Activity {
  records: number;
  hasData: boolean;
  readonly networks: Set<string>;
}

/** Rates SIMs one by one. */
export class Rater {
  readonly #context: RatingContext;
  readonly #calendars: ReadonlyMap<string, Calendar>;

  constructor(context: RatingContext) {
    this.#context = context;
    this.#calendars = new Map(
      context.tariffs.map(({ timeZone }) => [timeZone, new Calendar(timeZone)] as const),
    );
  }

  /** @param isTraced whether the result includes the records of each line. */
  rate(records: SimRecords, isTraced = false): SimBill {
    const byTariff = new Map<Tariff, BilledUsage[]>();
    const notRated: NotRated[] = [];
    const roster = this.#context.roster.get(records.sim) ?? [];
    let last: { readonly usage: BilledUsage; readonly tariff: Tariff | undefined } | undefined;
    for (const usage of records.usage) {
      // The roster decides for each day separately.
      const isSame = last !== undefined && roster.length === 0 && isMatchedAlike(last.usage, usage);
      const tariff = isSame ? last?.tariff : this.#findTariff(usage, roster);
      last = { usage, tariff };
      if (tariff === undefined) {
        if (usage.start.startsWith(this.#context.month))
          notRated.push({ reason: 'no-tariff', tariff: undefined, usage });
        continue;
      }
      const known = byTariff.get(tariff);
      if (known === undefined) byTariff.set(tariff, [usage]);
      else known.push(usage);
    }
    // A SIM without usage may still have fees.
    for (const tariff of this.#listRosterTariffs(roster)) {
      if (!byTariff.has(tariff)) byTariff.set(tariff, []);
    }
    const sessions = readsSessions(this.#context.tariffs) ? mapSessions(records) : new Map();
    const rated = this.#context.tariffs.flatMap((tariff) => {
      const usage = byTariff.get(tariff);
      if (usage === undefined) return [];
      const calendar = this.#calendars.get(tariff.timeZone) ?? new Calendar(tariff.timeZone);
      return [
        new SimRating({
          ...{ sim: records.sim, tariff, calendar, roster, sessions, isTraced },
          month: this.#context.month,
          balances: this.#context.balances.get(records.sim) ?? [],
        }).rate(usage),
      ];
    });
    return {
      sim: records.sim,
      lines: rated.flatMap(({ lines }) => lines),
      notRated: [...notRated, ...rated.flatMap((one) => one.notRated)],
      assumptions: rated.flatMap(({ assumptions }) => assumptions),
      active: rated.flatMap(({ active }) => active),
      trace: new Map(rated.flatMap(({ trace }) => [...trace])),
    };
  }

  /** The SIM with only those records that a tariff matches. */
  pickMatched({ sim, usage, sessions }: SimRecords): SimRecords {
    const roster = this.#context.roster.get(sim) ?? [];
    return { sim, sessions, usage: usage.filter((one) => this.#findTariff(one, roster) !== undefined) };
  }

  /** The tariff that the roster states for a record's day, otherwise the first that matches the record. */
  #findTariff(usage: BilledUsage, roster: readonly RosterEntry[]): Tariff | undefined {
    for (const { tariff: name, from, to } of roster) {
      const tariff = name === undefined ? undefined : this.#context.tariffs.find((one) => one.name === name);
      if (tariff === undefined) continue;
      const day = this.#calendars.get(tariff.timeZone)?.findDay(toMilliseconds(usage.start)) ?? '';
      if ((from === undefined || day >= from) && (to === undefined || day < to)) return tariff;
    }
    return this.#context.tariffs.find(({ match }) => matchesRecord(match, usage));
  }

  /** The tariffs of a listed SIM: those that the roster names, or the only existing one. */
  #listRosterTariffs(roster: readonly RosterEntry[]): Tariff[] {
    const { tariffs } = this.#context;
    const named = roster.flatMap(({ tariff }) => tariffs.filter(({ name }) => name === tariff));
    return named.length > 0 || roster.length === 0 || tariffs.length > 1 ? named : [...tariffs];
  }
}

/** Beginning and end of a session; the end is undefined if it is open. */
interface SessionSpan {
  readonly start: string;
  readonly end: string | undefined;
}

function identifySession(source: string, sessionId: string): string {
  return `${source}\n${sessionId}`;
}

/** Sessions by source and id. If the row of a session is not known, its records say when it began. */
function mapSessions({ usage, sessions }: SimRecords): ReadonlyMap<string, SessionSpan> {
  const spans = new Map<string, SessionSpan>();
  let last: BilledUsage | undefined;
  for (const one of usage) {
    const { source, sessionId, start } = one;
    if (sessionId === undefined) continue;
    const isLater = last?.sessionId === sessionId && last.source === source && last.start <= start;
    last = one;
    if (isLater) continue;
    const key = identifySession(source, sessionId);
    const known = spans.get(key);
    if (known === undefined || start < known.start) spans.set(key, { start, end: undefined });
  }
  for (const { source, sessionId, start, end } of sessions) {
    spans.set(identifySession(source, sessionId), { start, end });
  }
  return spans;
}

/** What rating one SIM in one tariff needs. */
interface SimRatingContext {
  readonly sim: string;
  readonly tariff: Tariff;
  readonly calendar: Calendar;
  readonly month: Month;
  readonly roster: readonly RosterEntry[];
  readonly balances: readonly OpeningBalance[];
  readonly sessions: ReadonlyMap<string, SessionSpan>;
  readonly isTraced: boolean;
}

/** The matches of a record, which also apply to similar records. */
interface FoundRecord {
  readonly usage: BilledUsage;
  readonly charges: readonly FoundCharge[];
  /** Empty if not known. */
  readonly network: string;
}

/** One SIM's usage in one tariff. */
class SimRating {
  readonly #context: SimRatingContext;
  readonly #activated: Day | undefined;
  readonly #periods: readonly BillingPeriod[] | undefined;
  readonly #quantities: SimQuantities;
  readonly #placements = new Map<Day, Placement | undefined>();
  readonly #activities: Activity[];
  readonly #notRated: NotRated[] = [];
  /** The previous record and its charges: most records are like the one before. */
  #last: FoundRecord | undefined;
  #lastSession: { readonly usage: BilledUsage; readonly span: SessionSpan | undefined } | undefined;

  constructor(context: SimRatingContext) {
    this.#context = context;
    const { tariff, roster, month, isTraced } = context;
    this.#quantities = new SimQuantities({
      ...{ tariff, isTraced },
      startYear: (day) => this.#startYear(day),
      openYear: (charge, year, network) => this.#openYear(charge, year, network),
    });
    this.#activated = roster.find(
      ({ tariff: name, activated }) => activated !== undefined && (name ?? tariff.name) === tariff.name,
    )?.activated;
    this.#periods = listPeriods(tariff.period, month, this.#activated);
    this.#activities = (this.#periods ?? []).map(() => ({ records: 0, hasData: false, networks: new Set() }));
  }

  rate(usage: readonly BilledUsage[]): SimBill {
    const { sim, tariff } = this.#context;
    for (const record of usage) this.#add(record);
    const drafts = this.#quantities.finish();
    const lifetimes = this.#openLifetimes(drafts);
    const trace = new Map<string, readonly TracedIncrement[]>();
    const lines = (this.#periods ?? []).flatMap((period, index) => {
      const own = drafts.filter((draft) => draft.period === index);
      const usageLines = this.#priceDrafts(period, own, lifetimes, trace);
      return [
        ...usageLines,
        ...this.#addRounding(period, usageLines),
        ...this.#addFixed(period, index, usageLines),
      ];
    });
    const active = (this.#periods ?? []).filter((_, index) => (this.#activities[index]?.records ?? 0) > 0);
    return {
      ...{ sim, lines, trace, notRated: this.#notRated, assumptions: this.#listAssumptions() },
      active: active.map((period) => ({ tariff, period })),
    };
  }

  #listAssumptions(): Assumption[] {
    const { tariff, balances } = this.#context;
    const assumptions: Assumption[] = [];
    if (this.#quantities.hasYears && this.#activated === undefined)
      assumptions.push({ kind: 'calendar-year', tariff: tariff.name });
    const isOpen = tariff.allowances.some(
      ({ lasts, name }) => lasts === 'lifetime' && !balances.some((balance) => balance.name === name),
    );
    if (isOpen && !this.#quantities.isEmpty)
      assumptions.push({ kind: 'nothing-before', tariff: tariff.name });
    return assumptions;
  }

  /** Matches a record and adds its quantity to its group. */
  #add(usage: BilledUsage): void {
    const { calendar, month } = this.#context;
    const time = this.#findTime(usage);
    if (time === undefined) {
      if (usage.start.slice(0, 7) <= month) this.#leaveOut('open-session', usage);
      return;
    }
    const day = calendar.findDay(toMilliseconds(time));
    if (this.#periods === undefined) {
      if (day.startsWith(month)) this.#leaveOut('no-activation', usage);
      return;
    }
    const placement = this.#place(day);
    if (placement === undefined) return;
    const found = this.#findRecord(usage);
    if (found.charges.length === 0 && placement.period !== history) this.#leaveOut('no-charge', usage);
    for (const charge of found.charges) this.#addCharge(charge, placement, usage);
    this.#noteActivity(placement.period, usage, found.network);
  }

  #findRecord(usage: BilledUsage): FoundRecord {
    const last = this.#last;
    if (last !== undefined && isMatchedAlike(last.usage, usage)) return last;
    const charges = findCharges(this.#context.tariff, usage);
    this.#last = { usage, charges, network: formatNetwork(usage) ?? '' };
    return this.#last;
  }

  /** Adds the quantity of a record that one charge counts. */
  #addCharge(found: FoundCharge, placement: Placement, usage: BilledUsage): void {
    const measured = measureRecord(found, usage);
    if (measured === undefined) {
      if (placement.period !== history) this.#leaveOut('not-stated', usage);
      return;
    }
    if (placement.period === history && this.#isInBalance(found.charge, usage, placement.day)) return;
    // A record without messages in this direction has no part in it.
    if (found.direction !== 'both' && measured.decimal === '0') return;
    this.#quantities.add(found, placement, usage, measured);
  }

  /** The time that decides about a record's period; undefined while its session is open. */
  #findTime(usage: BilledUsage): string | undefined {
    const { attribution } = this.#context.tariff;
    if (attribution === 'record') return usage.start;
    const session = this.#findSession(usage);
    if (attribution === 'start') return session?.start ?? usage.start;
    if (session !== undefined) return session.end;
    // In real records, the start may be after the end.
    if (usage.end > usage.start) return usage.end;
    return usage.start;
  }

  /** The session of a record of data; other traffic belongs to none, although carriers write a session on it. */
  #findSession(usage: BilledUsage): SessionSpan | undefined {
    const { trafficType, source, sessionId } = usage;
    if (trafficType !== 'data' || sessionId === undefined) return undefined;
    const last = this.#lastSession;
    if (last?.usage.sessionId === sessionId && last.usage.source === source) return last.span;
    const span = this.#context.sessions.get(identifySession(source, sessionId));
    this.#lastSession = { usage, span };
    return span;
  }

  /** The placement of a day; undefined if it is in no period, and not in the history that some tariffs need. */
  #place(day: Day): Placement | undefined {
    const known = this.#placements.get(day);
    if (known !== undefined || this.#placements.has(day)) return known;
    const found = this.#findPlacement(day);
    this.#placements.set(day, found);
    return found;
  }

  #findPlacement(day: Day): Placement | undefined {
    const { tariff } = this.#context;
    const periods = this.#periods ?? [];
    const period = periods.findIndex(({ from, to }) => day >= from && day < to);
    if (period !== -1) return { period, historyFrom: undefined, day };
    const [first] = periods;
    if (first === undefined || day >= first.from || !needsHistory(tariff)) return undefined;
    return { period: history, historyFrom: startPeriod(tariff.period, day, this.#activated), day };
  }

  #leaveOut(reason: NotRatedReason, usage: BilledUsage): void {
    this.#notRated.push({ reason, tariff: this.#context.tariff.name, usage });
  }

  #noteActivity(period: number, usage: BilledUsage, network: string): void {
    const activity = this.#activities[period];
    if (activity === undefined) return;
    activity.records += usage.records ?? 1;
    if (usage.trafficType !== 'data' || (usage.dataTotal === 0 && (usage.volume ?? '0') === '0')) return;
    activity.hasData = true;
    activity.networks.add(network);
  }

  /** The SIM's year that contains a day; calendar years if its activation is not known. */
  #startYear(day: Day): Day {
    return startYear(this.#activated ?? '2000-01-01', day);
  }

  /** The quantity that an opening balance states for a year of a charge. */
  #openYear(charge: Charge, year: Day | undefined, network: string | undefined): Decimal {
    const balances = this.#context.balances.filter(
      (balance) =>
        balance.name === charge.name && balance.network === network && this.#startYear(balance.at) === year,
    );
    return add(balances.map(({ used }) => used));
  }

  /** Whether an opening balance already includes a record. */
  #isInBalance(charge: Charge, usage: BilledUsage, day: Day): boolean {
    const { tariff, balances } = this.#context;
    const names = [
      charge.name,
      ...tariff.allowances.filter(({ charges }) => charges.includes(charge.name)).map(({ name }) => name),
    ];
    return balances.some(
      ({ name, network, at }) =>
        day < at && names.includes(name) && (network === undefined || network === formatNetwork(usage)),
    );
  }

  /** What remains of each lasting allowance when the first period begins, after the periods before it. */
  #openLifetimes(drafts: readonly Draft[]): Map<Allowance, Decimal> {
    const { tariff, balances } = this.#context;
    const lifetimes = new Map(
      tariff.allowances
        .filter(({ lasts }) => lasts === 'lifetime')
        .map((allowance) => {
          const opened = balances.filter(({ name }) => name === allowance.name);
          return [
            allowance,
            findMax(zero, allowance.quantity.minus(add(opened.map(({ used }) => used)))),
          ] as const;
        }),
    );
    if (lifetimes.size === 0) return lifetimes;
    const before = drafts.filter(({ period }) => period === history);
    for (const from of [...new Set(before.map(({ historyFrom }) => historyFrom ?? ''))].sort()) {
      const own = before.filter(({ historyFrom }) => (historyFrom ?? '') === from);
      this.#takeAllowances(own, lifetimes);
    }
    return lifetimes;
  }

  /** Subtracts the SIM's allowances from the quantities of a period. @returns what is subtracted from each. */
  #takeAllowances(drafts: readonly Draft[], lifetimes: Map<Allowance, Decimal>): ReadonlyMap<Draft, Decimal> {
    const { tariff } = this.#context;
    const included = new Map<Draft, Decimal>();
    for (const allowance of tariff.allowances.filter(({ of }) => of === 'sim')) {
      const left = lifetimes.get(allowance) ?? allowance.quantity;
      const rest = takeAllowance(tariff, allowance, left, drafts, included);
      if (allowance.lasts === 'lifetime') lifetimes.set(allowance, rest);
    }
    return included;
  }

  /** Subtracts allowances from the quantities of a period, and prices the rest. */
  #priceDrafts(
    period: BillingPeriod,
    drafts: readonly Draft[],
    lifetimes: Map<Allowance, Decimal>,
    trace: Map<string, readonly TracedIncrement[]>,
  ): BillLine[] {
    const { sim, tariff } = this.#context;
    const included = this.#takeAllowances(drafts, lifetimes);
    const before = new Map<Charge, Decimal>();
    const totals = new Map<Charge, Decimal>();
    const readBilled = (draft: Draft): Decimal => draft.rounded.minus(included.get(draft) ?? zero);
    for (const draft of drafts) {
      totals.set(draft.charge, (totals.get(draft.charge) ?? zero).plus(readBilled(draft)));
    }
    return drafts.map((draft) => {
      const { charge, segment, dimensions } = draft;
      const price = charge.prices[segment];
      const billed = readBilled(draft);
      const position = { before: before.get(charge) ?? zero, total: totals.get(charge) ?? zero };
      const isLater = isShared(tariff, charge);
      const parts = isLater || price === undefined ? [] : priceQuantity(charge, price, billed, position);
      before.set(charge, position.before.plus(billed));
      const about = {
        tariff: tariff.name,
        kind: 'usage',
        name: charge.name,
        period,
        sim,
        dimensions,
        segment,
      } as const;
      const exact = multiplyParts(parts);
      const id = identifyLine(about);
      if (this.#context.isTraced) trace.set(id, draft.trace);
      const quantity: LineQuantity = {
        unit: charge.unit,
        ...{ records: draft.records, increments: draft.increments, used: draft.used, rounded: draft.rounded },
        ...{ included: included.get(draft) ?? zero, billed, parts },
      };
      return {
        ...{ id, ...about, currency: tariff.currency, quantity, exact },
        amount: isLater ? undefined : roundLine(tariff, exact),
      };
    });
  }

  /** The amount that rounding the SIM's sum adds. */
  #addRounding(period: BillingPeriod, lines: readonly BillLine[]): BillLine[] {
    const { rounding } = this.#context.tariff;
    if (rounding.per !== 'sim') return [];
    const sum = add(lines.map(({ amount }) => amount ?? zero));
    return this.#addLine(
      period,
      'rounding',
      'rounding',
      round(sum, rounding.decimals, rounding.mode).minus(sum),
    );
  }

  /** Adds the minimum and the fees of a SIM. */
  #addFixed(period: BillingPeriod, index: number, lines: readonly BillLine[]): BillLine[] {
    const { tariff } = this.#context;
    const { minimum, rounding } = tariff;
    const selects = (of: SimSelection): boolean => this.#isSelected(of, period, index);
    const fixed: BillLine[] = [];
    if (minimum !== undefined && selects(minimum.of)) {
      const exact = add(lines.map(({ amount }) => amount ?? zero));
      const sum = rounding.per === 'sim' ? round(exact, rounding.decimals, rounding.mode) : exact;
      fixed.push(...this.#addLine(period, 'minimum', 'minimum', findMax(zero, minimum.amount.minus(sum))));
    }
    for (const fee of tariff.fees) {
      if (fee.per === 'account') continue;
      const amount = fee.prices[findPriceIndex(fee.prices, period.from)]?.price ?? zero;
      if (fee.per === 'sim-and-network') {
        for (const network of [...(this.#activities[index]?.networks ?? [])].sort()) {
          fixed.push(...this.#addLine(period, 'fee', fee.name, amount, network === '' ? {} : { network }));
        }
        continue;
      }
      const isDue = fee.per === 'activation' ? this.#isActivatedIn(period) : selects(fee.of);
      if (isDue) fixed.push(...this.#addLine(period, 'fee', fee.name, amount));
    }
    return fixed;
  }

  #isActivatedIn({ from, to }: BillingPeriod): boolean {
    return this.#activated !== undefined && this.#activated >= from && this.#activated < to;
  }

  #isSelected(of: SimSelection, period: BillingPeriod, index: number): boolean {
    const activity = this.#activities[index];
    if (of === 'active') return (activity?.records ?? 0) > 0;
    if (of === 'data') return activity?.hasData === true;
    const { roster, tariff } = this.#context;
    return roster.some(
      ({ from, to, tariff: name }) =>
        (name ?? tariff.name) === tariff.name &&
        (from === undefined || from < period.to) &&
        (to === undefined || to > period.from),
    );
  }

  /** Adds a line without a quantity, unless it is 0. */
  #addLine(
    period: BillingPeriod,
    kind: BillLine['kind'],
    name: string,
    amount: Decimal,
    dimensions: BillLine['dimensions'] = {},
  ): BillLine[] {
    if (amount.eq(zero)) return [];
    const { sim, tariff } = this.#context;
    const about = { tariff: tariff.name, kind, name, period, sim, dimensions, segment: undefined };
    return [
      {
        id: identifyLine(about),
        ...about,
        currency: tariff.currency,
        quantity: undefined,
        exact: amount,
        amount,
      },
    ];
  }
}

/** A line's amount: rounded if the tariff rounds lines. */
export function roundLine({ rounding }: Pick<Tariff, 'rounding'>, exact: Decimal): Decimal {
  return rounding.per === 'line' ? round(exact, rounding.decimals, rounding.mode) : exact;
}
