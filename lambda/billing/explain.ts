import { formatDecimal } from './decimal.ts';
import type { BillLine, LineQuantity } from './line.ts';
import { several } from './line.ts';
import type { Charge, Tariff } from './tariff.ts';

/** Explains a line in the order in which it was computed. */

/** The steps of the computation, in order. */
export const steps = [
  'match',
  'quantity',
  'increment',
  'pool',
  'tier',
  'price',
  'round',
  'minimum',
  'fee',
  'discount',
  'commitment',
  'tax',
] as const;
export type Step = (typeof steps)[number];

/** What a step did. */
export interface Explanation {
  readonly step: Step;
  readonly says: string;
}

/** Explains each step of a line. Steps that did nothing are left out, except for usage. */
export function explainLine(line: BillLine, tariff: Tariff | undefined): readonly Explanation[] {
  if (line.kind === 'carrier') return [explainCarrier(line)];
  if (tariff === undefined) return [];
  const charge = tariff.charges.find(({ name }) => name === line.name);
  if (line.kind === 'usage' && charge !== undefined && line.quantity !== undefined) {
    return explainUsage(line, line.quantity, charge, tariff);
  }
  return [explainFixed(line, tariff)];
}

function explainCarrier({ quantity, exact, currency }: BillLine): Explanation {
  const says = `${quantity?.records ?? 0} records state a cost of ${formatDecimal(exact)} ${currency ?? 'without a currency'} together`;
  return { step: 'price', says };
}

function explainUsage(
  line: BillLine,
  quantity: LineQuantity,
  charge: Charge,
  tariff: Tariff,
): readonly Explanation[] {
  const { unit, records, increments, used, rounded, included, billed, parts } = quantity;
  const { step, per, by, minimum } = charge.increment;
  const isShared = line.amount === undefined;
  const scope = by.length === 0 ? per : `${per}, by ${by.join(' and ')}`;
  const steps: readonly (Explanation | false)[] = [
    {
      step: 'match',
      says: `${records} records of ${line.sim ?? 'all SIMs'}${describeDimensions(line)} from ${line.period.from} until before ${line.period.to} match the charge ${charge.name}`,
    },
    {
      step: 'quantity',
      says: `${formatDecimal(used)} ${unit}, by the carrier's own decimals; 1 KB is ${tariff.kilobyte} B`,
    },
    step !== undefined && {
      step: 'increment',
      says: `rounded up to steps of ${formatDecimal(step)} ${unit} per ${scope}${minimum === undefined ? '' : `, at least ${formatDecimal(minimum)} ${unit}`}: ${increments} times, ${formatDecimal(rounded)} ${unit}`,
    },
    step === undefined &&
      minimum !== undefined && {
        step: 'increment',
        says: `at least ${formatDecimal(minimum)} ${unit} per ${scope}: ${increments} times, ${formatDecimal(rounded)} ${unit}`,
      },
    isShared && {
      step: 'pool',
      says: 'the quantities of all SIMs are added up first; the amount is in the account’s line',
    },
    !isShared &&
      tariff.allowances.some(({ charges }) => charges.includes(charge.name)) && {
        step: 'pool',
        says: `${formatDecimal(included)} ${unit} are included, ${formatDecimal(billed)} ${unit} are billed`,
      },
    parts.length > 1 && {
      step: 'tier',
      says: `${charge.tiering}: ${parts.map((part) => `${formatDecimal(part.quantity)} ${unit} at ${formatDecimal(part.price)}`).join(', ')}`,
    },
    !isShared && {
      step: 'price',
      says: `${parts.map((part) => `${formatDecimal(part.quantity)} ${unit} x ${formatDecimal(part.price)} ${tariff.currency}`).join(' + ')} = ${formatDecimal(line.exact)} ${tariff.currency}`,
    },
    !isShared && { step: 'round', says: describeRounding(line, tariff) },
  ];
  return steps.filter((one) => one !== false);
}

function describeRounding({ amount, exact }: BillLine, { rounding, currency }: Tariff): string {
  const { per, decimals, mode } = rounding;
  const to = `${mode} to ${decimals} decimals`;
  if (per === 'line') return `${to}: ${formatDecimal(amount ?? exact)} ${currency}`;
  const sum = per === 'sim' ? 'the sum of the SIM' : 'the sum of all';
  return `the line stays exact; ${sum} is rounded ${to}`;
}

function describeDimensions({ dimensions }: BillLine): string {
  const named = Object.entries(dimensions).filter(([, value]) => value !== undefined);
  return named
    .map(([name, value]) => (value === several ? `, in more than one ${name}` : `, ${name} ${value}`))
    .join('');
}

/** Explains a line without a quantity. */
function explainFixed({ kind, name, sim, period, exact, dimensions }: BillLine, tariff: Tariff): Explanation {
  const whose = sim ?? 'the account';
  const amount = `${formatDecimal(exact)} ${tariff.currency}`;
  const during = `from ${period.from} until before ${period.to}`;
  switch (kind) {
    case 'rounding':
      return {
        step: 'round',
        says: `rounding the usage of ${whose} ${tariff.rounding.mode} to ${tariff.rounding.decimals} decimals adds ${amount}`,
      };
    case 'minimum':
      return {
        step: 'minimum',
        says: `${whose} pays at least ${formatDecimal(tariff.minimum?.amount ?? exact)} ${tariff.currency} ${during}: ${amount} are missing`,
      };
    case 'discount':
      return {
        step: 'discount',
        says: `${name} reduces the bill by ${formatDecimal(exact.abs())} ${tariff.currency} ${during}`,
      };
    case 'commitment':
      return {
        step: 'commitment',
        says: `the account pays at least ${formatDecimal(tariff.commitment ?? exact)} ${tariff.currency} ${during}: ${amount} are missing`,
      };
    case 'tax':
      return { step: 'tax', says: `${name} on all of ${tariff.name}: ${amount}` };
    default: {
      const network = dimensions.network === undefined ? '' : ` in network ${dimensions.network}`;
      return { step: 'fee', says: `${name} of ${whose}${network} ${during}: ${amount}` };
    }
  }
}
