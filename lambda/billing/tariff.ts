import type { Day } from '../days/day.ts';
import type { Usage } from '../ledger/observation.ts';
import { type Carrier, carrierTraits } from '../ledger/source.ts';
import type { PeriodRule } from './calendar.ts';
import { type Decimal, makeDecimal, type RoundingMode } from './decimal.ts';

/**
 * Tariffs: what a carrier has published or agreed. docs/bills.md describes each key of the file.
 *
 * Amounts of money are in the tariff's currency. Days are those of its time zone.
 */

/** Units of quantities. `unit` is the carrier's own, of traffic that is neither data nor text messages. */
export const units = ['B', 'KB', 'MB', 'GB', 'message', 'unit'] as const;
export type Unit = (typeof units)[number];

/** Units of data: how often the kilobyte is multiplied with itself. */
export const unitPowers = { B: 0, KB: 1, MB: 2, GB: 3 } as const;

/** Whether a unit is one of data. */
export function isDataUnit(unit: Unit): unit is keyof typeof unitPowers {
  return unit in unitPowers;
}

/** What a usage record tells a bill. */
export type BilledUsage = Pick<
  Usage,
  | ('sim' | 'usageId' | 'source' | 'carrier' | 'start' | 'end' | 'sessionId' | 'trafficType')
  | ('dataTotal' | 'messages' | 'messagesTx' | 'messagesRx' | 'volume' | 'cost' | 'currency')
  | ('operatorName' | 'mcc' | 'mnc' | 'country' | 'tariff' | 'rateZone')
> & {
  /** How many records it stands for; 1 if it is left out. */
  readonly records?: number;
};

/** Which records something is about. A record must match each list that has an entry; an empty list matches all. */
export interface RecordMatch {
  readonly sources: readonly string[];
  readonly carriers: readonly Carrier[];
  /** Names of tariffs and zones, as records state them. */
  readonly tariffs: readonly string[];
  readonly zones: readonly string[];
  /** ISO 3166-1 alpha-2. */
  readonly countries: readonly string[];
  /** Mobile country code, or with the network code: `262`, `262-01`. */
  readonly networks: readonly string[];
}

/** What quantities are added up before they are rounded up: always of one SIM, one charge and one price. */
export const increments = ['record', 'session', 'day', 'period', 'year'] as const;
export type IncrementScope = (typeof increments)[number];

/** By what the scope of an increment, or a line of the bill, is told apart further. */
export const lineDimensions = ['country', 'network', 'zone', 'day', 'session'] as const;
export type LineDimension = (typeof lineDimensions)[number];

/** How quantities are rounded up. */
export interface Increment {
  /** In the charge's unit; undefined to take quantities as they are. */
  readonly step: Decimal | undefined;
  readonly per: IncrementScope;
  readonly by: readonly LineDimension[];
  /** The least quantity of a scope in which something was used. */
  readonly minimum: Decimal | undefined;
}

/** A tier ends where so much was used; the last one has no end. */
export interface Tier {
  readonly upTo: Decimal | undefined;
  readonly price: Decimal;
}

/** The price of a unit from a day on, until the next one. A price without tiers is one tier without an end. */
export interface Price {
  /** Undefined for the first one. */
  readonly from: Day | undefined;
  readonly tiers: readonly Tier[];
}

/**
 * How tiers work.
 *
 * - `graduated`: each part of the quantity has the price of the tier in which it is.
 * - `volume`: all of the quantity has the price of the tier that it reaches.
 */
export const tierings = ['graduated', 'volume'] as const;
export type Tiering = (typeof tierings)[number];

/** What a kind of traffic costs. The first charge of a tariff that a record matches has it. */
export interface Charge {
  readonly name: string;
  /** `data`, `sms`, or the carrier's word. */
  readonly traffic: string;
  /** Of text messages. */
  readonly direction: 'both' | 'from-device' | 'to-device';
  readonly match: RecordMatch;
  readonly unit: Unit;
  readonly increment: Increment;
  /** Oldest first. */
  readonly prices: readonly Price[];
  readonly tiering: Tiering;
  /** Whose quantities reach the tiers: each SIM's own, or those of all SIMs together. */
  readonly tierScope: 'sim' | 'account';
}

/** A volume that is included. */
export interface Allowance {
  readonly name: string;
  /** Names of charges, which use it up in this order. All have units of one kind. */
  readonly charges: readonly string[];
  readonly quantity: Decimal;
  readonly unit: Unit;
  /**
   * - `sim`: each SIM has its own.
   * - `pool`: each SIM that is used adds it to a pool of all.
   * - `account`: all SIMs share one.
   */
  readonly of: 'sim' | 'pool' | 'account';
  /** How long it lasts. */
  readonly lasts: 'period' | 'lifetime';
}

/**
 * The SIMs that something is about: those that the roster lists, those with a usage record in the period, or those with
 * bytes.
 */
export const simSelections = ['listed', 'active', 'data'] as const;
export type SimSelection = (typeof simSelections)[number];

/** A fixed amount. */
export interface Fee {
  readonly name: string;
  /** Oldest first. */
  readonly prices: readonly { readonly from: Day | undefined; readonly price: Decimal }[];
  /** `activation`: once, in the period in which the roster says that the SIM was activated. */
  readonly per: 'sim' | 'sim-and-network' | 'account' | 'activation';
  readonly of: SimSelection;
}

/** How money is rounded. */
export interface MoneyRounding {
  /** Each line, the sum of a SIM's lines, or the sum of all. */
  readonly per: 'line' | 'sim' | 'invoice';
  readonly decimals: number;
  readonly mode: RoundingMode;
}

/** A part of charges and fees that is not paid. */
export interface Discount {
  readonly name: string;
  readonly percent: Decimal;
  /** Names of charges and fees; empty for all. */
  readonly on: readonly string[];
  readonly from: Day | undefined;
  /** The first day without it. */
  readonly to: Day | undefined;
}

/** Something that a tariff says, and where that is from. */
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
   * To which period and price a record belongs: by its own start, by its session's start, or by the end of its session;
   * an open session then belongs to none yet.
   */
  readonly attribution: 'record' | 'start' | 'close';
  /** Days that a session may last at most: so far before and after a period its records are looked for. */
  readonly sessionDays: number;
  readonly kilobyte: 1_000 | 1_024;
  readonly match: RecordMatch;
  /** What has a line of its own: a line is always of one SIM, charge and price. */
  readonly lines: readonly LineDimension[];
  readonly charges: readonly Charge[];
  readonly allowances: readonly Allowance[];
  readonly rounding: MoneyRounding;
  /** What a SIM pays at least for its usage in a period. */
  readonly minimum: { readonly amount: Decimal; readonly of: SimSelection } | undefined;
  readonly fees: readonly Fee[];
  readonly discounts: readonly Discount[];
  /** What the account pays at least in a period, before tax. */
  readonly commitment: Decimal | undefined;
  readonly tax: { readonly name: string; readonly percent: Decimal } | undefined;
  /** What the carrier bills and no record tells. */
  readonly notComputable: readonly string[];
  readonly facts: readonly TariffFact[];
}

/** Whether something is about a record. */
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

/** Whether two records of a SIM are the same in all by which tariffs and charges match, so that they have the same ones. */
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

/** `262-01`; without codes the operator's name, or undefined. */
export function formatNetwork({
  mcc,
  mnc,
  operatorName,
}: Pick<BilledUsage, 'mcc' | 'mnc' | 'operatorName'>): string | undefined {
  if (mcc !== undefined && mnc !== undefined) return `${mcc}-${mnc}`;
  return operatorName ?? mcc;
}

/** Which text messages a charge counts. */
export type Direction = Charge['direction'];

/** A charge of a record, and which of its messages it counts: those that no charge before it counts. */
export interface FoundCharge {
  readonly charge: Charge;
  readonly direction: Direction;
}

/** The charges of a record: the first that matches; of text messages the first of each direction. */
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

/** What a record adds to a quantity. */
export interface Measured {
  /** The carrier's own decimal, in its megabytes, messages or units. */
  readonly decimal: string | undefined;
  /** Whole bytes, where the carrier states no decimal. */
  readonly bytes: number | undefined;
}

/**
 * What a record adds to a charge's quantity: the carrier's own decimal if it states one.
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

/** Quantities of one unit of data in another: a decimal of finitely many digits, since 1,000 and 1,024 have no factors but 2 and 5. */
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

/** The price in force on a day: the latest that began; before the first of all, the first. */
export function findPriceIndex(prices: readonly { readonly from: Day | undefined }[], day: Day): number {
  const later = prices.findIndex(({ from }, index) => index > 0 && from !== undefined && from > day);
  return later === -1 ? prices.length - 1 : later - 1;
}
