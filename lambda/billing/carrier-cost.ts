import { DecimalSum } from '../json/decimal-sum.ts';
import { carrierTraits } from '../ledger/source.ts';
import { type Month, shiftMonth } from './calendar.ts';
import { makeDecimal, zero } from './decimal.ts';
import { type BillLine, identifyLine } from './line.ts';
import type { NotRated, SimBill } from './sim-bill.ts';
import type { SimRecords } from './sim-records.ts';
import { type BilledUsage, formatNetwork } from './tariff.ts';

/** Bills without a tariff: what a carrier's own records say that usage costs. */

/** Usage whose records state a cost in one currency. */
interface CostSum {
  readonly sample: BilledUsage;
  readonly sum: DecimalSum;
  records: number;
}

/** Sums up the cost in a SIM's records of a month in UTC. Carriers whose `cost` repeats the volume state no money. */
export function addUpCarrierCost({ sim, usage }: SimRecords, month: Month): SimBill {
  const sums = new Map<string, CostSum>();
  const notRated: NotRated[] = [];
  for (const record of usage) {
    if (!record.start.startsWith(month)) continue;
    const { cost, carrier, currency, tariff, trafficType, country, rateZone } = record;
    if (cost === undefined || carrierTraits[carrier].cost !== 'money') {
      notRated.push({ reason: 'no-cost', tariff: undefined, usage: record });
      continue;
    }
    const parts = [carrier, currency, tariff, trafficType, country, formatNetwork(record), rateZone];
    const key = JSON.stringify(parts.map((part) => part ?? null));
    const known = sums.get(key) ?? { sample: record, sum: new DecimalSum(), records: 0 };
    sums.set(key, known);
    known.records += record.records ?? 1;
    known.sum.add(cost);
  }
  const lines = [...sums]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, { sample, sum, records }]) => makeLine(sim, month, sample, sum, records));
  return { sim, lines, notRated, assumptions: [], active: [], trace: new Map() };
}

function makeLine(
  sim: string,
  month: Month,
  sample: BilledUsage,
  sum: DecimalSum,
  records: number,
): BillLine {
  const { carrier, tariff, trafficType: name, country, rateZone: zone, currency } = sample;
  const amount = makeDecimal(sum.toString());
  const period = { from: `${month}-01`, to: `${shiftMonth(month, 1)}-01` };
  const dimensions = Object.fromEntries(
    Object.entries({ country, network: formatNetwork(sample), zone }).filter(
      ([, value]) => value !== undefined,
    ),
  );
  const about = { tariff: tariff ?? carrier, kind: 'carrier', name, period, sim, dimensions } as const;
  const none = { used: zero, rounded: zero, included: zero, billed: zero, parts: [] };
  return {
    ...{ id: identifyLine({ ...about, segment: undefined }), ...about, segment: undefined, currency },
    quantity: { unit: 'unit', records, increments: records, ...none },
    ...{ exact: amount, amount },
  };
}
