import type { Carrier } from '../lambda/ledger/source.ts';
import type { UsageRecord } from './records.ts';

/**
 * Invoices as a carrier writes them: by a contract, and with planted faults. The carrier's billing shares no code with
 * simledger. It uses whole numbers, and what it measured itself before that is written as records.
 */

/** What a carrier's billing measured. */
export interface MeasuredUsage {
  readonly carrier: Carrier;
  readonly sim: string;
  readonly id: string;
  /** The UTC day. */
  readonly day: string;
  readonly sessionId: string | undefined;
  readonly country: string;
  readonly bytes: number;
}

/** What a carrier measures of a data record; nothing for other traffic. */
export function measureUsage({ sim, id, start, sessionId, volume, messages }: UsageRecord): MeasuredUsage[] {
  if (messages > 0 || id === null) return [];
  const day = new Date(start).toISOString().slice(0, 10);
  const bytes = volume.up + volume.down;
  return [{ carrier: sim.carrier, sim: sim.sim, id, day, sessionId, country: sim.network.isoCountry, bytes }];
}

/** Faults that can be planted. */
export const invoiceFaults = [
  'session-twice',
  'lost-discount',
  'wrong-zone',
  'price-of-last-month',
  'rounding-per-record',
  'somebody-else',
] as const;
export type InvoiceFault = (typeof invoiceFaults)[number];

/** A fault in an invoice. */
export interface PlantedFault {
  readonly fault: InvoiceFault;
  /** Undefined for what the account is charged. */
  readonly sim: string | undefined;
  /** By how much the invoice is too high, as a decimal; negative if it is too low. */
  readonly money: string;
}

/** A contract. Money is in ten-thousandths of a euro. */
export interface Contract {
  readonly carrier: Carrier;
  readonly month: string;
  /** Countries of the first zone; all others are in the second. */
  readonly home: readonly string[];
  /** Prices per kilobyte, by zone: before the price changes, and from then on. */
  readonly prices: readonly [before: readonly bigint[], after: readonly bigint[]];
  readonly priceChange: string;
  readonly feePerSim: bigint;
  /** Percentage of the first zone's cost. */
  readonly rebate: bigint;
}

/** An invoice, and what its carrier provides with it. */
export interface SimulatedInvoice {
  /** CSV with the columns of docs/invoice-maps/generic.json. */
  readonly csv: string;
  /** The contract in the form of a tariff file. */
  readonly tariff: object;
  readonly planted: readonly PlantedFault[];
}

/** How a SIM is billed. */
interface Billing {
  /** What is added up before it is rounded up to whole kilobytes. */
  readonly per: 'session' | 'record';
  readonly isPriceChanged: boolean;
  readonly swapsZones: boolean;
}

const asAgreed: Billing = { per: 'session', isPriceChanged: true, swapsZones: false };

const zoneNames = ['home', 'abroad'] as const;

/** A row of an invoice. Money is in cents. */
interface Line {
  readonly sim: string | undefined;
  readonly name: string;
  readonly country: string;
  readonly kilobytes: bigint | undefined;
  readonly cents: bigint;
}

/** Rounds ten-thousandths to cents, half up. */
function roundCents(money: bigint): bigint {
  return (money + 50n) / 100n;
}

/** The rows of one SIM. */
function billSim(
  contract: Contract,
  usage: readonly MeasuredUsage[],
  { per, isPriceChanged, swapsZones }: Billing,
): Line[] {
  const bytes = new Map<
    string,
    { readonly zone: number; readonly price: number; readonly country: string; sum: bigint }
  >();
  for (const one of usage) {
    const zone = contract.home.includes(one.country) ? 0 : 1;
    const price = isPriceChanged && one.day >= contract.priceChange ? 1 : 0;
    const whole =
      per === 'session' && one.sessionId !== undefined ? `session ${one.sessionId}` : `record ${one.id}`;
    // Usage that is added up has a single zone, price and country, because simulated SIMs do not move.
    const key = `${zone} ${price} ${one.country} ${whole}`;
    const known = bytes.get(key) ?? { zone, price, country: one.country, sum: 0n };
    known.sum += BigInt(one.bytes);
    bytes.set(key, known);
  }
  const lines = new Map<
    string,
    { readonly zone: number; readonly price: number; readonly country: string; kilobytes: bigint }
  >();
  for (const { zone, price, country, sum } of bytes.values()) {
    const key = `${zone} ${price} ${country}`;
    const known = lines.get(key) ?? { zone, price, country, kilobytes: 0n };
    known.kilobytes += (sum + 999n) / 1_000n;
    lines.set(key, known);
  }
  const [sim] = usage.map((one) => one.sim);
  return [...lines.values()].map(({ zone, price, country, kilobytes }) => {
    const charged = swapsZones ? 1 - zone : zone;
    const cents = roundCents(kilobytes * (contract.prices[price === 0 ? 0 : 1][charged] ?? 0n));
    return { sim, name: zoneNames[zone === 0 ? 0 : 1], country, kilobytes, cents };
  });
}

function sumCents(lines: readonly Line[]): bigint {
  return lines.reduce((sum, { cents }) => sum + cents, 0n);
}

/**
 * Writes the invoice of a month.
 *
 * @param faults each is planted at a different SIM.
 * @throws Error if the fleet has no SIM for a fault.
 */
export function writeInvoice(
  contract: Contract,
  measured: readonly MeasuredUsage[],
  faults: readonly InvoiceFault[],
): SimulatedInvoice {
  const bySim = new Map<string, MeasuredUsage[]>();
  for (const one of measured) {
    if (one.carrier !== contract.carrier || !one.day.startsWith(contract.month)) continue;
    const known = bySim.get(one.sim);
    if (known === undefined) bySim.set(one.sim, [one]);
    else known.push(one);
  }
  const agreed = new Map([...bySim].map(([sim, usage]) => [sim, billSim(contract, usage, asAgreed)]));
  const billed = new Map(agreed);
  const planted: PlantedFault[] = [];
  const others: Line[] = [];
  for (const fault of faults) {
    if (fault === 'lost-discount') continue;
    if (fault === 'somebody-else') {
      const sim = '8988303000009999999';
      others.push({ sim, name: zoneNames[0], country: 'DE', kilobytes: 640n, cents: 512n });
      planted.push({ fault, sim, money: formatCents(512n) });
      continue;
    }
    const isFree = (sim: string): boolean => planted.every((one) => one.sim !== sim);
    const found = [...bySim].flatMap(([sim, usage]) => {
      const lines = isFree(sim) ? plant(contract, usage, fault) : undefined;
      const difference = sumCents(lines ?? []) - sumCents(agreed.get(sim) ?? []);
      return lines === undefined || difference === 0n ? [] : [{ sim, lines, difference }];
    })[0];
    if (found === undefined) throw new Error(`No SIM of the fleet can have the fault ${fault}`);
    billed.set(found.sim, found.lines);
    planted.push({ fault, sim: found.sim, money: formatCents(found.difference) });
  }
  const active = [...bySim].filter(([, usage]) => usage.some(({ bytes }) => bytes > 0));
  const fees = active.map(([sim]): Line => {
    return {
      sim,
      name: 'active SIM',
      country: '',
      kilobytes: undefined,
      cents: roundCents(contract.feePerSim),
    };
  });
  const usage = [...billed.values()].flat();
  const findRebate = (lines: readonly Line[]): bigint =>
    roundCents(sumCents(lines.filter(({ name }) => name === zoneNames[0])) * contract.rebate);
  const rebate: Line = {
    sim: undefined,
    name: 'rebate',
    country: '',
    kilobytes: undefined,
    cents: -findRebate([...usage, ...others]),
  };
  const isLost = faults.includes('lost-discount');
  if (isLost) {
    const money = formatCents(findRebate([...agreed.values()].flat()));
    planted.push({ fault: 'lost-discount', sim: undefined, money });
  }
  const lines = [...usage, ...others, ...fees, ...(isLost ? [] : [rebate])];
  const rows = lines.map(({ sim = '', name, country, kilobytes = '', cents }) =>
    [sim, name, country, kilobytes, formatCents(cents), 'EUR'].join(','),
  );
  return {
    csv: ['sim,name,country,quantity,amount,currency', ...rows, ''].join('\n'),
    tariff: writeTariff(contract),
    planted,
  };
}

/** A SIM's rows with a fault; undefined if its usage cannot have that fault. */
function plant(contract: Contract, usage: readonly MeasuredUsage[], fault: InvoiceFault): Line[] | undefined {
  if (fault === 'wrong-zone') return billSim(contract, usage, { ...asAgreed, swapsZones: true });
  if (fault === 'price-of-last-month')
    return billSim(contract, usage, { ...asAgreed, isPriceChanged: false });
  if (fault === 'rounding-per-record') return billSim(contract, usage, { ...asAgreed, per: 'record' });
  // Bills the longest session twice, provided that all of it has one price.
  const sessions = new Map<string, MeasuredUsage[]>();
  for (const one of usage) {
    if (one.sessionId !== undefined)
      sessions.set(one.sessionId, [...(sessions.get(one.sessionId) ?? []), one]);
  }
  const doubled = [...sessions.values()].find(
    (records) => new Set(records.map(({ day }) => day >= contract.priceChange)).size === 1,
  );
  if (doubled === undefined) return undefined;
  const again = doubled.map((one) => ({ ...one, sessionId: `${one.sessionId} again` }));
  return billSim(contract, [...usage, ...again], asAgreed);
}

/** Cents as a decimal: -105 becomes `-1.05`. */
function formatCents(cents: bigint): string {
  const digits = String(cents < 0n ? -cents : cents).padStart(3, '0');
  return `${cents < 0n ? '-' : ''}${digits.slice(0, -2)}.${digits.slice(-2)}`;
}

/** Ten-thousandths as a decimal. */
function formatPrice(price: bigint): string {
  return `0.${String(price).padStart(4, '0')}`;
}

/** The contract in the form of a tariff file. */
function writeTariff({ carrier, home, prices, priceChange, feePerSim, rebate }: Contract): object {
  const makeCharge = (zone: 0 | 1, match: object): object => ({
    ...{ name: zoneNames[zone], match, unit: 'KB', increment: { step: 1, per: 'session' } },
    prices: [
      { price: formatPrice(prices[0][zone] ?? 0n) },
      { from: priceChange, price: formatPrice(prices[1][zone] ?? 0n) },
    ],
  });
  return {
    ...{ name: 'contract', currency: 'EUR', match: { carriers: [carrier] }, lines: ['country'] },
    charges: [makeCharge(0, { countries: home }), makeCharge(1, {})],
    fees: [{ name: 'active SIM', per: 'sim', of: 'data', prices: [{ price: formatPrice(feePerSim) }] }],
    discounts: [{ name: 'rebate', percent: String(rebate), on: [zoneNames[0]] }],
  };
}
