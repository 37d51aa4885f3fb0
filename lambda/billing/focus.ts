import { formatTime } from '../ledger/time.ts';
import { Calendar } from './calendar.ts';
import { formatDecimal } from './decimal.ts';
import type { BillLine, LineKind, LineQuantity } from './line.ts';
import { isDataUnit, type Tariff, type Unit } from './tariff.ts';

/**
 * Lines of a bill as rows of FOCUS 1.2, the FinOps Open Cost and Usage Specification
 * (github.com/FinOps-Open-Cost-and-Usage-Spec/FOCUS_Spec, tag v1.2). Columns that FOCUS does not define begin with
 * `x_`.
 */

/** All mandatory columns, and the other columns that a bill fills. */
export const focusColumns = [
  ...['BilledCost', 'BillingAccountId', 'BillingAccountName', 'BillingCurrency', 'BillingPeriodEnd'],
  ...['BillingPeriodStart', 'ChargeCategory', 'ChargeClass', 'ChargeDescription', 'ChargeFrequency'],
  ...['ChargePeriodEnd', 'ChargePeriodStart', 'ConsumedQuantity', 'ConsumedUnit', 'ContractedCost'],
  ...[
    'ContractedUnitPrice',
    'EffectiveCost',
    'InvoiceIssuerName',
    'ListCost',
    'PricingQuantity',
    'PricingUnit',
  ],
  ...['ProviderName', 'PublisherName', 'ResourceId', 'ResourceType', 'ServiceCategory', 'ServiceName'],
  ...['x_Charge', 'x_Country', 'x_Line', 'x_Network', 'x_Tariff', 'x_Zone'],
] as const;

/** Values by column; null where a row has no value. Decimals are text. */
export type FocusRow = Readonly<Record<(typeof focusColumns)[number], string | null>>;

const categories: Readonly<Record<LineKind, 'Usage' | 'Purchase' | 'Tax' | 'Credit' | 'Adjustment'>> = {
  usage: 'Usage',
  carrier: 'Usage',
  fee: 'Purchase',
  tax: 'Tax',
  discount: 'Credit',
  rounding: 'Adjustment',
  minimum: 'Adjustment',
  commitment: 'Adjustment',
};

/** Makes rows from lines of some tariffs. */
export class FocusRows {
  readonly #tariffs: ReadonlyMap<string, { readonly tariff: Tariff; readonly calendar: Calendar }>;
  readonly #account: string;
  readonly #utc = new Calendar('UTC');

  /** @param account the carrier's id of the account, which records do not state. */
  constructor(tariffs: readonly Tariff[], account: string) {
    this.#account = account;
    this.#tariffs = new Map(
      tariffs.map((tariff) => [tariff.name, { tariff, calendar: new Calendar(tariff.timeZone) }]),
    );
  }

  /** @returns undefined if the account's line holds the amount. */
  make(line: BillLine): FocusRow | undefined {
    const { amount, exact, kind, name, sim, period, dimensions, quantity, currency } = line;
    if (amount === undefined) return undefined;
    const { tariff, calendar = this.#utc } = this.#tariffs.get(line.tariff) ?? {};
    const cost = formatDecimal(amount);
    const [from, to] = [period.from, period.to].map((day) => formatDateTime(calendar.startDay(day)));
    const provider = tariff?.match.carriers.join(', ') || line.tariff;
    const price = kind === 'usage' && quantity?.parts.length === 1 ? quantity.parts[0]?.price : undefined;
    const ofFee = kind === 'fee' ? formatDecimal(exact) : null;
    const consumed = kind === 'usage' && quantity !== undefined ? formatDecimal(quantity.used) : null;
    return {
      ...{ BilledCost: cost, EffectiveCost: cost, ListCost: cost },
      // If a unit has a price, cost is exactly quantity times price; rounding affects only BilledCost.
      ContractedCost: price === undefined && ofFee === null ? cost : formatDecimal(exact),
      ContractedUnitPrice: price === undefined ? ofFee : formatDecimal(price),
      ...{ BillingAccountId: this.#account, BillingAccountName: null, BillingCurrency: currency ?? null },
      ...{ BillingPeriodStart: from ?? null, BillingPeriodEnd: to ?? null },
      ...{ ChargePeriodStart: from ?? null, ChargePeriodEnd: to ?? null },
      ...{ ChargeCategory: categories[kind], ChargeClass: null, ChargeDescription: describe(line) },
      ChargeFrequency: findFrequency(line, tariff),
      ...{ ConsumedQuantity: consumed ?? countRecords(line) },
      ConsumedUnit: consumed === null ? nameRecords(line) : nameUnit(quantity?.unit, tariff),
      ...findPricing(line, quantity, tariff),
      ...{ InvoiceIssuerName: provider, ProviderName: provider, PublisherName: provider },
      ...{ ResourceId: sim ?? null, ResourceType: sim === undefined ? null : 'SIM' },
      ...{ ServiceCategory: 'Internet of Things', ServiceName: 'Cellular connectivity' },
      ...{ x_Charge: name, x_Country: dimensions.country ?? null, x_Line: line.id },
      ...{ x_Network: dimensions.network ?? null, x_Tariff: line.tariff, x_Zone: dimensions.zone ?? null },
    };
  }
}

/** The number of records: the only known quantity of a cost that the carrier states. */
function countRecords({ kind, quantity }: BillLine): string | null {
  return kind === 'carrier' ? String(quantity?.records ?? 0) : null;
}

function nameRecords({ kind }: BillLine): string | null {
  return kind === 'carrier' ? 'Records' : null;
}

function findPricing(
  line: BillLine,
  quantity: LineQuantity | undefined,
  tariff: Tariff | undefined,
): Pick<FocusRow, 'PricingQuantity' | 'PricingUnit'> {
  if (line.kind === 'fee')
    return { PricingQuantity: '1', PricingUnit: line.sim === undefined ? 'Accounts' : 'SIMs' };
  if (line.kind === 'carrier') return { PricingQuantity: countRecords(line), PricingUnit: nameRecords(line) };
  if (line.kind !== 'usage' || quantity === undefined) return { PricingQuantity: null, PricingUnit: null };
  return { PricingQuantity: formatDecimal(quantity.billed), PricingUnit: nameUnit(quantity.unit, tariff) };
}

/** FOCUS's name of a unit: `KiB` if a kilobyte has 1,024 bytes. */
function nameUnit(unit: Unit | undefined, tariff: Tariff | undefined): string | null {
  if (unit === undefined) return null;
  if (!isDataUnit(unit)) return unit === 'message' ? 'Messages' : 'Units';
  return unit === 'B' || tariff?.kilobyte !== 1_024 ? unit : `${unit.slice(0, 1)}iB`;
}

function findFrequency({ kind, name }: BillLine, tariff: Tariff | undefined): string {
  if (kind === 'usage' || kind === 'carrier') return 'Usage-Based';
  const isOnce = tariff?.fees.some((fee) => fee.name === name && fee.per === 'activation') === true;
  return isOnce ? 'One-Time' : 'Recurring';
}

function describe({ name, tariff, sim, dimensions }: BillLine): string {
  const where = Object.values(dimensions).filter((value) => value !== undefined);
  return [`${name} of ${sim ?? 'the account'} by ${tariff}`, ...where].join(', ');
}

/** ISO 8601 in UTC, to the second. */
function formatDateTime(time: number): string {
  return formatTime(time).replace('.000Z', 'Z');
}
