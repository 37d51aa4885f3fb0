import type { Day } from '../days/day.ts';
import type { Usage } from '../ledger/observation.ts';
import { type Carrier, carrierTraits } from '../ledger/source.ts';
import type { PeriodRule } from './calendar.ts';
import { type Decimal, makeDecimal, type RoundingMode } from './decimal.ts';

/**
 * Tariffs: what a carrier has published or agreed to. docs/bills.md describes each key of the file.
 *
 * Amounts of money are in the tariff's currency. Days are in its time zone.
 */

/** Units of quantities. `unit` is the carrier's own, for traffic that is neither data nor text messages. */
export const units = ['B', 'KB', 'MB', 'GB', 'message', 'unit'] as const;
export type Unit = (typeof units)[number];

/** Units of data, as powers of the kilobyte. */
export const unitPowers = { B: 0, KB: 1, MB: 2, GB: 3 } as const;

/** Whether a unit measures data. */
export function isDataUnit(unit: Unit): unit is keyof typeof unitPowers {
  return unit in unitPowers;
}

/** The members of a usage record that bills use. */
export type BilledUsage = Pick<
  Usage,
  | ('sim' | 'usageId' | 'source' | 'carrier' | 'start' | 'end' | 'sessionId' | 'trafficType')
  | ('dataTotal' | 'messages' | 'messagesTx' | 'messagesRx' | 'volume' | 'cost' | 'currency')
  | ('operatorName' | 'mcc' | 'mnc' | 'country' | 'tariff' | 'rateZone')
> & {
  /** How many records it stands for; 1 by default. */
  readonly records?: number;
};

/** Which records something applies to. A record must match each list that is not empty. */
export interface RecordMatch {
  readonly sources: readonly string[];
  readonly carriers: readonly Carrier[];
  /** Names of tariffs and zones, as stated in records. */
  readonly tariffs: readonly string[];
  readonly zones: readonly string[];
  /** ISO 3166-1 alpha-2. */
  readonly countries: readonly string[];
  /** A mobile country code, optionally with the network code: `262`, `262-01`. */
  readonly networks: readonly string[];
}

/** What is summed up before it is rounded up, within one SIM, charge and price. */
export const increments = ['record', 'session', 'day', 'period', 'year'] as const;
export type IncrementScope = (typeof increments)[number];

/** Further distinctions of an increment's scope, or of a line of the bill. */
export const lineDimensions = ['country', 'network', 'zone', 'day', 'session'] as const;
export type LineDimension = (typeof lineDimensions)[number];

/** How quantities are rounded up. */
export interface Increment {
  /** In the charge's unit; undefined for no rounding. */
  readonly step: Decimal | undefined;
  readonly per: IncrementScope;
  readonly by: readonly LineDimension[];
  /** The minimum quantity of a scope with usage. */
  readonly minimum: Decimal | undefined;
}

/** A tier ends at a quantity; the last one has no end. */
export interface Tier {
  readonly upTo: Decimal | undefined;
  readonly price: Decimal;
}

/** The price of a unit from a day until the next price. A price without tiers is a single tier without an end. */
export interface Price {
  /** Undefined for the first price. */
  readonly from: Day | undefined;
  readonly tiers: readonly Tier[];
}

/**
 * How tiers work.
 *
 * - `graduated`: each part of the quantity has the price of its own tier.
 * - `volume`: the whole quantity has the price of the tier that it reaches.
 */
export const tierings = ['graduated', 'volume'] as const;
export type Tiering = (typeof tierings)[number];

/** What a kind of traffic costs. A record belongs to the first charge that it matches. */
export interface Charge {
  readonly name: string;
  /** `data`, `sms`, or the carrier's word. */
  readonly traffic: string;
  /** Direction of text messages. */
  readonly direction: 'both' | 'from-device' | 'to-device';
  readonly match: RecordMatch;
  readonly unit: Unit;
  readonly increment: Increment;
  /** Oldest first. */
  readonly prices: readonly Price[];
  readonly tiering: Tiering;
  /** Whose quantities count towards the tiers: each SIM's own, or those of all SIMs together. */
  readonly tierScope: 'sim' | 'account';
}

/** An included volume. */
export interface Allowance {
  readonly name: string;
  /** Names of charges, which use it up in this order. All their units are of the same kind. */
  readonly charges: readonly string[];
  readonly quantity: Decimal;
  readonly unit: Unit;
  /**
   * - `sim`: each SIM has its own.
   * - `pool`: each SIM that is used adds it to a common pool.
   * - `account`: all SIMs share one.
   */
  readonly of: 'sim' | 'pool' | 'account';
  /** How long it lasts. */
  readonly lasts: 'period' | 'lifetime';
}

/**
 * The SIMs that something applies to: those that the roster lists, those with a usage record in the period, or those
 * with bytes.
 */
export const simSelections = ['listed', 'active', 'data'] as const;
export type SimSelection = (typeof simSelections)[number];

/** A fixed amount. */
export interface Fee {
  readonly name: string;
  /** Oldest first. */
  readonly prices: readonly { readonly from: Day | undefined; readonly price: Decimal }[];
  /** `activation`: once, in the period of the activation according to the roster. */
  readonly per: 'sim' | 'sim-and-network' | 'account' | 'activation';
  readonly of: SimSelection;
}

/** How money is rounded. */
export interface MoneyRounding {
  /** Rounds each line, the sum of a SIM's lines, or the total. */
  readonly per: 'line' | 'sim' | 'invoice';
  readonly decimals: number;
  readonly mode: RoundingMode;
}

/** A reduction of charges and fees. */
export interface Discount {
  readonly name: string;
  readonly percent: Decimal;
  /** Names of charges and fees; empty for all. */
  readonly on: readonly string[];
  readonly from: Day | undefined;
  /** The first day after it. */
  readonly to: Day | undefined;
}

/** A statement of a tariff, and its source. */
export interface TariffFact {
  readonly says: string;
  readonly basis: 'published' | 'assumed';
  readonly address: string | undefined;
}

/** How a carrier bills. docs/bills.md explains the file that it is read from. */
export interface Tariff {
  readonly name: string;
  /** ISO 4217. */
  readonly currency: string;
  readonly timeZone: string;
  readonly period: PeriodRule;
  /**
   * What determines a record's period and price: its own start, its session's start, or its session's end. With
   * `close`, the records of an open session belong to no period yet.
   */
  readonly attribution: 'record' | 'start' | 'close';
  /** Maximum days that a session lasts: records this far before and after a period are searched for its sessions. */
  readonly sessionDays: number;
  readonly kilobyte: 1_000 | 1_024;
  readonly match: RecordMatch;
  /** What gets lines of its own, in addition to SIM, charge and price. */
  readonly lines: readonly LineDimension[];
  readonly charges: readonly Charge[];
  readonly allowances: readonly Allowance[];
  readonly rounding: MoneyRounding;
  /** The minimum that a SIM pays for its usage in a period. */
  readonly minimum: { readonly amount: Decimal; readonly of: SimSelection } | undefined;
  readonly fees: readonly Fee[];
  readonly discounts: readonly Discount[];
  /** The minimum that the account pays in a period, before tax. */
  readonly commitment: Decimal | undefined;
  readonly tax: { readonly name: string; readonly percent: Decimal } | undefined;
  /** What the carrier bills but no record states. */
  readonly notComputable: readonly string[];
  readonly facts: readonly TariffFact[];
}

/** Whether something applies to a record. */
export function matchesRecord(match: RecordMatch, usage: BilledUsage): boolean {
  const { sources, carriers, tariffs, zones, countries, networks } = match;
  return (
    allows(sources, usage.source) &&
    allows(carriers, usage.carrier) &&
    allows(tariffs, usage.tariff) &&
    allows(zones, usage.rateZone) &&
    allows(countries, usage.country) &&
    (allows(networks, usage.mcc) || allows(networks, formatNetwork(usage)))
  );
}

/**
 * Whether two records of a SIM are equal in everything that tariffs and charges match by, so that they have the same
 * ones.
 */
export function isMatchedAlike(a: BilledUsage, b: BilledUsage): boolean {
  return (
    a.trafficType === b.trafficType &&
    a.source === b.source &&
    a.carrier === b.carrier &&
    a.country === b.country &&
    a.mcc === b.mcc &&
    a.mnc === b.mnc &&
    a.operatorName === b.operatorName &&
    a.tariff === b.tariff &&
    a.rateZone === b.rateZone
  );
}

function allows(list: readonly string[], value: string | undefined): boolean {
  return list.length === 0 || (value !== undefined && list.includes(value));
}

/** `262-01`; without codes, the operator's name or undefined. */
export function formatNetwork({
  mcc,
  mnc,
  operatorName,
}: Pick<BilledUsage, 'mcc' | 'mnc' | 'operatorName'>): string | undefined {
  if (mcc !== undefined && mnc !== undefined) return `${mcc}-${mnc}`;
  return operatorName ?? mcc;
}

/** The text messages that a charge counts. */
export type Direction = Charge['direction'];

/** A charge of a record, and the direction of its messages that it counts, which no earlier charge counts. */
export interface FoundCharge {
  readonly charge: Charge;
  readonly direction: Direction;
}

/** The charges of a record: the first that matches; for text messages, the first for each direction. */
export function findCharges(
  { charges }: Pick<Tariff, 'charges'>,
  usage: BilledUsage,
): readonly FoundCharge[] {
  const found: FoundCharge[] = [];
  for (const charge of charges) {
    if (charge.traffic !== usage.trafficType || !matchesRecord(charge.match, usage)) continue;
    if (charge.traffic !== 'sms') return [{ charge, direction: 'both' }];
    const taken = found.map(({ direction }) => direction);
    if (charge.direction === 'both') {
      const left = directions.filter((direction) => !taken.includes(direction));
      const [only = 'both'] = left;
      return left.length === 0 ? found : [...found, { charge, direction: left.length === 1 ? only : 'both' }];
    }
    if (!taken.includes(charge.direction)) found.push({ charge, direction: charge.direction });
  }
  return found;
}

const directions = ['from-device', 'to-device'] as const;

/** The contribution of a record to a quantity. */
export interface Measured {
  /** The carrier's own decimal, in its megabytes, messages or units. */
  readonly decimal: string | undefined;
  /** Whole bytes, if the carrier states no decimal. */
  readonly bytes: number | undefined;
}

/**
 * The contribution of a record to a charge's quantity: the carrier's own decimal if it states one.
 *
 * @returns undefined if the carrier does not state what the charge counts.
 */
export function measureRecord(
  { charge: { traffic }, direction }: FoundCharge,
  usage: BilledUsage,
): Measured | undefined {
  if (traffic === 'data') {
    return usage.volume === undefined
      ? { decimal: undefined, bytes: usage.dataTotal }
      : { decimal: usage.volume, bytes: undefined };
  }
  if (traffic !== 'sms')
    return usage.volume === undefined ? undefined : { decimal: usage.volume, bytes: undefined };
  const messages = direction === 'both' ? usage.messages : countMessages(usage, direction);
  return messages === undefined ? undefined : { decimal: String(messages), bytes: undefined };
}

function countMessages(
  { carrier, messagesTx, messagesRx }: BilledUsage,
  direction: 'from-device' | 'to-device',
): number | undefined {
  const fromDevice = carrierTraits[carrier].deviceMessages;
  if (fromDevice === null) return undefined;
  return (fromDevice === 'tx') === (direction === 'from-device') ? messagesTx : messagesRx;
}

/**
 * Converts a quantity between units of data. The result is finite, because 1,000 and 1,024 have no prime factors but
 * 2 and 5.
 */
export function convertUnit(quantity: Decimal, from: Unit, to: Unit, kilobyte: 1_000 | 1_024): Decimal {
  if (!isDataUnit(from) || !isDataUnit(to)) return quantity;
  const power = unitPowers[from] - unitPowers[to];
  return power >= 0
    ? quantity.times(countKilobytes(kilobyte, power))
    : quantity.times(listFractions(kilobyte, -power));
}

function countKilobytes(kilobyte: 1_000 | 1_024, power: number): Decimal {
  return makeDecimal(BigInt(kilobyte) ** BigInt(power));
}

/** `1 / kilobyte ^ power`: 0.001, or 0.0009765625. */
function listFractions(kilobyte: 1_000 | 1_024, power: number): Decimal {
  let fraction = makeDecimal('1');
  for (let index = 0; index < power; index += 1) fraction = fraction.times(thousandths[kilobyte]);
  return fraction;
}

const thousandths = { 1000: makeDecimal('0.001'), 1024: makeDecimal('0.0009765625') } as const;

/** The index of the price in force on a day: the latest that has started; before the first one, the first. */
export function findPriceIndex(prices: readonly { readonly from: Day | undefined }[], day: Day): number {
  const later = prices.findIndex(({ from }, index) => index > 0 && from !== undefined && from > day);
  return later === -1 ? prices.length - 1 : later - 1;
}
