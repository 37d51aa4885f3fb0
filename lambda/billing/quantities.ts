import type { Day } from '../days/day.ts';
import { DecimalSum } from '../json/decimal-sum.ts';
import { type Decimal, makeDecimal, zero } from './decimal.ts';
import { type LineDimensions, several } from './line.ts';
import { roundUpQuantity, StepCounter } from './steps.ts';
import {
  type BilledUsage,
  type Charge,
  convertUnit,
  type FoundCharge,
  findPriceIndex,
  formatNetwork,
  type LineDimension,
  type Measured,
  type Tariff,
} from './tariff.ts';

/**
 * Sums up what one SIM used in one tariff, rounds it up as the tariff says, and drafts the lines of the bill.
 *
 * An always-on SIM has thousands of records a month, and most are like the one before: the group or line is then
 * reused without another lookup.
 */

/** Records whose quantity is rounded up together. */
export interface TracedIncrement {
  readonly records: readonly BilledUsage[];
  readonly used: Decimal;
  readonly rounded: Decimal;
}

/** A line before it is priced. */
export interface Draft {
  /** Index of the billing period, or {@link history}. */
  readonly period: number;
  /** In the history, the first day of its period; undefined before the first period. */
  readonly historyFrom: Day | undefined;
  readonly charge: Charge;
  /** Index of the price. */
  readonly segment: number;
  readonly dimensions: LineDimensions;
  /** What it consists of, if traced. */
  readonly trace: readonly TracedIncrement[];
  readonly records: number;
  readonly increments: number;
  readonly used: Decimal;
  readonly rounded: Decimal;
}

/** The period of usage before the first billed period. */
export const history = -1;

/** The period and price of a record. */
export interface Placement {
  /** Index of the billing period, or {@link history}. */
  readonly period: number;
  /** In the history, the first day of the period in which it was billed; undefined before the first period. */
  readonly historyFrom: Day | undefined;
  readonly day: Day;
}

/** What summing up quantities needs. */
export interface QuantityContext {
  readonly tariff: Tariff;
  readonly isTraced: boolean;
  /** The first day of the SIM's year that contains a day. */
  readonly startYear: (day: Day) => Day;
  /**
   * The quantity that an opening balance states for a year of a charge, and for a network if they are distinguished.
   */
  readonly openYear: (charge: Charge, year: Day | undefined, network: string | undefined) => Decimal;
}

/** Usage that is rounded up together. */
interface Group {
  readonly period: number;
  readonly historyFrom: Day | undefined;
  readonly charge: Charge;
  readonly segment: number;
  /** Identifies what is rounded up together, within each period and price. */
  readonly scope: string;
  /** The year, if the charge counts by year. */
  readonly year: Day | undefined;
  /** The network, if the increment is grouped by it. */
  readonly network: string | undefined;
  readonly sum: MeasuredSum;
  readonly records: BilledUsage[];
  count: number;
  dimensions: LineDimensions;
}

/** Where the last record was added, and what about it determines that. */
interface LastPlace {
  readonly found: FoundCharge;
  readonly placement: Placement;
  readonly sessionId: string | undefined;
  readonly group: Group | undefined;
  readonly draft: OpenDraft | undefined;
}

/** Sums up what one SIM used, by what a tariff distinguishes, in the tariff's steps. */
export class SimQuantities {
  readonly #context: QuantityContext;
  readonly #groups = new Map<string, Group>();
  readonly #drafts = new Map<string, OpenDraft>();
  #last: LastPlace | undefined;
  #hasYears = false;

  constructor(context: QuantityContext) {
    this.#context = context;
  }

  /** Whether nothing was added. */
  get isEmpty(): boolean {
    return this.#groups.size === 0 && this.#drafts.size === 0;
  }

  /** Whether something was added that counts by year. */
  get hasYears(): boolean {
    return this.#hasYears;
  }

  /**
   * Adds the quantity of a record that a charge counts.
   *
   * @param found must be the same object for the same charge and direction of records that differ only in times, ids
   *   and amounts.
   */
  add(found: FoundCharge, placement: Placement, usage: BilledUsage, measured: Measured): void {
    const { group, draft } = this.#findPlace(found, placement, usage);
    const count = usage.records ?? 1;
    draft?.addRecord(measured, count);
    if (group === undefined) return;
    group.sum.add(measured);
    group.count += count;
    if (this.#context.isTraced) group.records.push(usage);
  }

  /** The rounded quantities as lines, in the order of period, charge, price and dimensions. */
  finish(): Draft[] {
    const { tariff, isTraced } = this.#context;
    const years = new Map<string, Decimal>();
    const groups = [...this.#groups.values()];
    // The order in which increments are rounded up affects only years; if they are shown, it should always be the
    // same.
    for (const group of isTraced || this.#hasYears ? sortGroups(tariff, groups) : groups) {
      const { charge, sum, count, records } = group;
      const used = sum.read(charge.unit, tariff.kilobyte);
      const rounded =
        group.year === undefined ? roundUpQuantity(charge, used) : this.#roundUpYear(group, used, years);
      const draft = this.#openDraft(group);
      draft.addIncrement(used, rounded, count);
      if (isTraced) draft.trace.push({ records, used, rounded });
    }
    return sortByLine(
      tariff,
      [...this.#drafts.values()].map((draft) => draft.finish()),
    );
  }

  /** The group of a record, or its line if it is rounded up individually. */
  #findPlace(
    found: FoundCharge,
    placement: Placement,
    usage: BilledUsage,
  ): Pick<LastPlace, 'group' | 'draft'> {
    const last = this.#last;
    const { sessionId } = usage;
    const { charge } = found;
    const isAlone = isRoundedAlone(charge, usage);
    const isSingle = isAlone && !this.#context.isTraced;
    if (
      last?.found === found &&
      last.placement === placement &&
      last.sessionId === sessionId &&
      // A record with a group of its own does not share it with the next.
      isAlone === isSingle
    )
      return last;
    const { day, period, historyFrom } = placement;
    const segment = findPriceIndex(charge.prices, day);
    const dimensions = readDimensions(this.#context.tariff, usage, day);
    const place = isSingle
      ? { group: undefined, draft: this.#openDraft({ period, historyFrom, charge, segment, dimensions }) }
      : { group: this.#openGroup({ charge, segment, dimensions }, placement, usage), draft: undefined };
    this.#last = { found, placement, sessionId, ...place };
    return place;
  }

  #openGroup(
    { charge, segment, dimensions }: Pick<Group, 'charge' | 'segment' | 'dimensions'>,
    { period, historyFrom, day }: Placement,
    usage: BilledUsage,
  ): Group {
    const { tariff, startYear } = this.#context;
    const { increment } = charge;
    const isRounded = increment.step !== undefined || increment.minimum !== undefined;
    const parts = isRounded
      ? [this.#nameScope(charge, usage, day), ...increment.by.map((name) => readDimension(name, usage, day))]
      : Object.values(dimensions);
    const scope = JSON.stringify([tariff.charges.indexOf(charge), parts.map((part) => part ?? null)]);
    const key = `${period} ${historyFrom ?? ''} ${segment} ${scope}`;
    const known = this.#groups.get(key);
    if (known !== undefined) {
      known.dimensions = joinDimensions(known.dimensions, dimensions);
      return known;
    }
    const isByYear = increment.per === 'year';
    if (isByYear) this.#hasYears = true;
    const group: Group = {
      ...{ period, historyFrom, charge, segment, scope, dimensions, count: 0 },
      year: isByYear ? startYear(day) : undefined,
      network: increment.by.includes('network') ? formatNetwork(usage) : undefined,
      ...{ sum: new MeasuredSum(), records: [] },
    };
    this.#groups.set(key, group);
    return group;
  }

  #openDraft(about: DraftKey): OpenDraft {
    const { tariff } = this.#context;
    const { period, historyFrom, charge, segment, dimensions } = about;
    const key = JSON.stringify([
      ...[period, historyFrom ?? null, tariff.charges.indexOf(charge), segment, dimensions],
    ]);
    const known = this.#drafts.get(key);
    if (known !== undefined) return known;
    const draft = new OpenDraft(about, tariff.kilobyte);
    this.#drafts.set(key, draft);
    return draft;
  }

  /** Identifies what is rounded up together. */
  #nameScope({ increment: { per } }: Charge, usage: BilledUsage, day: Day): string {
    if (per === 'day') return day;
    if (per === 'period') return '';
    if (per === 'year') return this.#context.startYear(day);
    return per === 'session' && isOfSession(usage)
      ? `session ${usage.source} ${usage.sessionId}`
      : `record ${usage.source} ${usage.usageId}`;
  }

  /** How many steps a year's quantity grows by: a step that was already begun is not counted again. */
  #roundUpYear({ charge, scope, year, network }: Group, used: Decimal, years: Map<string, Decimal>): Decimal {
    const before = years.get(scope) ?? this.#context.openYear(charge, year, network);
    const after = before.plus(used);
    years.set(scope, after);
    return roundUpQuantity(charge, after).minus(roundUpQuantity(charge, before));
  }
}

/** What drafts are grouped by. */
type DraftKey = Pick<Draft, 'period' | 'historyFrom' | 'charge' | 'segment' | 'dimensions'>;

/** A line that is being summed up. */
class OpenDraft {
  readonly period: number;
  readonly historyFrom: Day | undefined;
  readonly charge: Charge;
  readonly segment: number;
  readonly dimensions: LineDimensions;
  readonly trace: TracedIncrement[] = [];
  readonly #kilobyte: Tariff['kilobyte'];
  readonly #counter: StepCounter;
  /** Records that are rounded up individually. */
  readonly #decimals = new DecimalSum();
  readonly #bytes = new DecimalSum();
  #records = 0;
  #increments = 0;
  #used = zero;
  #rounded = zero;

  constructor({ period, historyFrom, charge, segment, dimensions }: DraftKey, kilobyte: Tariff['kilobyte']) {
    this.period = period;
    this.historyFrom = historyFrom;
    this.charge = charge;
    this.segment = segment;
    this.dimensions = dimensions;
    this.#kilobyte = kilobyte;
    this.#counter = new StepCounter(charge, kilobyte);
  }

  /** Adds a record that is rounded up individually. */
  addRecord(measured: Measured, records: number): void {
    this.#records += records;
    this.#increments += 1;
    const { decimal, bytes } = measured;
    if (decimal !== undefined) this.#decimals.add(decimal);
    if (bytes !== undefined) this.#bytes.add(bytes);
    if (this.#counter.add(measured)) return;
    const used = convertMeasured(decimal ?? '0', String(bytes ?? 0), this.charge.unit, this.#kilobyte);
    this.#rounded = this.#rounded.plus(roundUpQuantity(this.charge, used));
  }

  /** Adds a quantity that was rounded up as a whole. */
  addIncrement(used: Decimal, rounded: Decimal, records: number): void {
    this.#records += records;
    this.#increments += 1;
    this.#used = this.#used.plus(used);
    this.#rounded = this.#rounded.plus(rounded);
  }

  finish(): Draft {
    const { period, historyFrom, charge, segment, dimensions, trace } = this;
    const [decimals, bytes] = [this.#decimals.toString(), this.#bytes.toString()];
    return {
      ...{ period, historyFrom, charge, segment, dimensions, trace },
      ...{ records: this.#records, increments: this.#increments },
      used: this.#used.plus(convertMeasured(decimals, bytes, charge.unit, this.#kilobyte)),
      rounded: this.#rounded.plus(this.#counter.rounded),
    };
  }
}

/** The sum of what records measure. */
class MeasuredSum {
  readonly #decimals = new DecimalSum();
  readonly #bytes = new DecimalSum();

  add({ decimal, bytes }: Measured): void {
    if (decimal !== undefined) this.#decimals.add(decimal);
    if (bytes !== undefined) this.#bytes.add(bytes);
  }

  /** The exact sum in a unit. */
  read(unit: Charge['unit'], kilobyte: Tariff['kilobyte']): Decimal {
    return convertMeasured(this.#decimals.toString(), this.#bytes.toString(), unit, kilobyte);
  }
}

/** Converts the carrier's decimals and whole bytes to a unit, exactly. */
function convertMeasured(
  decimal: string,
  bytes: string,
  unit: Charge['unit'],
  kilobyte: Tariff['kilobyte'],
): Decimal {
  const ofDecimal = decimal === '0' ? zero : convertUnit(makeDecimal(decimal), 'MB', unit, kilobyte);
  return bytes === '0' ? ofDecimal : ofDecimal.plus(convertUnit(makeDecimal(bytes), 'B', unit, kilobyte));
}

/** Whether a record of data belongs to a session; on other traffic, carriers write one that it does not belong to. */
function isOfSession({ trafficType, sessionId }: Pick<BilledUsage, 'trafficType' | 'sessionId'>): boolean {
  return trafficType === 'data' && sessionId !== undefined;
}

/** Whether a record is rounded up individually. */
function isRoundedAlone({ increment: { step, minimum, per } }: Charge, usage: BilledUsage): boolean {
  if ((step ?? minimum) === undefined) return false;
  return per === 'record' || (per === 'session' && !isOfSession(usage));
}

function readDimensions({ lines }: Pick<Tariff, 'lines'>, usage: BilledUsage, day: Day): LineDimensions {
  return Object.fromEntries(lines.map((name) => [name, readDimension(name, usage, day)]));
}

function readDimension(name: LineDimension, usage: BilledUsage, day: Day): string | undefined {
  if (name === 'country') return usage.country;
  if (name === 'network') return formatNetwork(usage);
  if (name === 'zone') return usage.rateZone;
  return name === 'day' ? day : usage.sessionId;
}

function joinDimensions(a: LineDimensions, b: LineDimensions): LineDimensions {
  const names = Object.keys(a) as LineDimension[];
  return names.every((name) => a[name] === b[name])
    ? a
    : Object.fromEntries(names.map((name) => [name, a[name] === b[name] ? a[name] : several]));
}

/** Sorts lines by period, charge and price, and then by their remaining distinctions as text. */
function sortByLine<One extends DraftKey>(
  { charges, lines }: Pick<Tariff, 'charges' | 'lines'>,
  items: readonly One[],
  readLast: (one: One) => string = () => '',
): One[] {
  return items
    .map((one) => ({
      one,
      numbers: [one.period, charges.indexOf(one.charge), one.segment],
      texts: [...lines.map((name) => one.dimensions[name] ?? ''), readLast(one)],
    }))
    .sort((a, b) => compareLists(a.numbers, b.numbers) || compareLists(a.texts, b.texts))
    .map(({ one }) => one);
}

function sortGroups(tariff: Tariff, groups: readonly Group[]): Group[] {
  return sortByLine(tariff, groups, ({ scope }) => scope);
}

/** Compares lists of the same length by their first differing member. */
function compareLists<Member extends string | number>(a: readonly Member[], b: readonly Member[]): number {
  for (const [index, member] of a.entries()) {
    const other = b[index];
    if (other !== undefined && member !== other) return member < other ? -1 : 1;
  }
  return 0;
}
