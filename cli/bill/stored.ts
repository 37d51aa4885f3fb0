import { BillReader } from '../../lambda/bills/bill-reader.ts';
import { fetchBill } from '../../lambda/queries/bills.ts';
import type { CommandContext } from '../command.ts';
import { openLake } from '../days/lake.ts';
import { describeDayList } from '../days/range.ts';
import { formatMinute } from '../terminal/figures.ts';
import { countNoun } from '../terminal/quantities.ts';
import { assumptionWords, describeNotRated, type ListedBill } from './listed-bill.ts';

/** The groups of a stored bill's rows. */
export const storedBy = ['country', 'network'] as const;

/**
 * A month's bill as the day pass stored it.
 *
 * @throws NotFoundError if the bill does not exist.
 */
export async function readStoredBill({ deployment }: CommandContext, month: string): Promise<ListedBill> {
  const bill = await fetchBill({ month }, { bills: new BillReader(openLake(deployment)) });
  const { version, made_at: madeAt, missing_days: missing, pending_days: pending } = bill;
  const none = { fleet: null, day: null, session: null };
  const notRated = bill.not_rated.map((row) => ({
    ...{ reason: row.reason, tariff: row.tariff ?? undefined, recordTariff: row.record_tariff ?? undefined },
    ...{ country: row.country ?? undefined, traffic: row.traffic_type, sims: row.sims, records: row.records },
    ...{ bytes: row.bytes, messages: row.messages },
  }));
  return {
    ...{ month, tariffs: bill.tariffs, sims: bill.sims, totals: bill.totals, not_rated: notRated },
    rows: bill.rows.map((row) => ({ ...row, ...none })),
    notes: [
      `Version ${version}, made at ${formatMinute(madeAt)}`,
      ...(missing.length === 0
        ? []
        : [`Not in the bill, since the ledger began later: ${describeDayList(missing)}`]),
      ...(pending.length === 0
        ? []
        : [
            `Not sealed yet, and sessions that began in a period may continue in them: ${describeDayList(pending)}`,
          ]),
      ...notRated.map(describeNotRated),
      ...bill.assumptions.map(
        ({ kind, tariff, sims }) => `${countNoun(sims, 'SIM')}, ${tariff}: ${assumptionWords[kind]}`,
      ),
    ],
  };
}
