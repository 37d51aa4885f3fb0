import { readFileSync } from 'node:fs';
import type { Invoice } from '../../../cli/bill/invoice-file.ts';
import { type Bill, BillSum } from '../../../lambda/billing/bill.ts';
import type { InvoiceLine } from '../../../lambda/billing/invoice.ts';
import { Rater } from '../../../lambda/billing/rate.ts';
import type { OpeningBalance, RosterEntry, SimRecords } from '../../../lambda/billing/sim-records.ts';
import type { BilledUsage, Tariff } from '../../../lambda/billing/tariff.ts';
import { tariff as tariffSchema } from '../../../lib/tariffs.ts';

/** Makes records and tariffs for tests of bills. */

export const simA = '8988303000000100001';
export const simB = '8988303000000100002';

let records = 0;

/** A usage record of emnify in Germany; what is given replaces it. */
export function makeUsage(given: Partial<BilledUsage> = {}): BilledUsage {
  records += 1;
  const start = given.start ?? '2026-10-05T10:00:00.000Z';
  return {
    ...{ sim: simA, source: 'emnify', carrier: 'emnify', usageId: `${start}#${records}`, start, end: start },
    ...{ sessionId: undefined, trafficType: 'data', dataTotal: 0, volume: undefined },
    ...{ messages: undefined, messagesTx: undefined, messagesRx: undefined },
    ...{ cost: undefined, currency: undefined, operatorName: 'EPlus', mcc: '262', mnc: '03', country: 'DE' },
    ...{ tariff: undefined, rateZone: undefined },
    ...given,
  };
}

/** A tariff as its file has it, checked. */
export function makeTariff(given: object): Tariff {
  return tariffSchema.parse({ name: 'tariff', currency: 'EUR', ...given });
}

/** The lines of an invoice. */
export async function readLines({ walk }: Pick<Invoice, 'walk'>): Promise<InvoiceLine[]> {
  const lines: InvoiceLine[] = [];
  for await (const line of walk()) lines.push(line);
  return lines;
}

/** A tariff of docs/tariffs. */
export function readExample(name: string): Tariff {
  const text = readFileSync(new URL(`../../../docs/tariffs/${name}.json`, import.meta.url), 'utf8');
  return tariffSchema.parse(JSON.parse(text));
}

/** With what a bill is made, besides the records. */
export interface BillGiven {
  readonly month?: string;
  readonly roster?: readonly Partial<RosterEntry>[];
  readonly balances?: readonly OpeningBalance[];
}

/** The bill of records, by SIM. */
export function makeBill(
  tariffs: readonly Tariff[],
  usage: readonly BilledUsage[],
  { month = '2026-10', roster = [], balances = [] }: BillGiven = {},
  sessions: ReadonlyMap<string, SimRecords['sessions']> = new Map(),
): Bill {
  const entries = roster.map((entry) => ({
    ...{ sim: simA, from: undefined, to: undefined, tariff: undefined, activated: undefined },
    ...entry,
  }));
  const context = {
    ...{ tariffs, month },
    roster: groupBySim(entries),
    balances: groupBySim(balances),
  };
  const rater = new Rater(context);
  const sum = new BillSum(context, ['sim']);
  const sims = new Set([...usage.map(({ sim }) => sim), ...entries.map(({ sim }) => sim)]);
  for (const sim of [...sims].sort()) {
    const own = usage.filter((record) => record.sim === sim);
    sum.add(rater.rate({ sim, usage: own, sessions: sessions.get(sim) ?? [] }));
  }
  return sum.finish();
}

/** Rows as texts: `usage data: 3 KB, 0.15`. */
export function describeRows({ rows }: Bill): string[] {
  return rows.map(({ kind, name, unit, billed, amount }) => {
    const quantity = kind === 'usage' && unit !== undefined ? `${billed.toFixed()} ${unit}, ` : '';
    return `${kind} ${name}: ${quantity}${amount?.toFixed() ?? 'in the line of the account'}`;
  });
}

/** Totals as texts. */
export function describeTotals({ totals }: Bill): string[] {
  return totals.map(({ currency, amount }) => `${amount.toFixed()} ${currency}`);
}

function groupBySim<One extends { readonly sim: string }>(list: readonly One[]): Map<string, One[]> {
  const groups = new Map<string, One[]>();
  for (const one of list) groups.set(one.sim, [...(groups.get(one.sim) ?? []), one]);
  return groups;
}
