import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { BillSum } from '../../../lambda/billing/bill.ts';
import { extendRecords, type ForecastPlan, planForecast } from '../../../lambda/billing/forecast.ts';
import { Rater } from '../../../lambda/billing/rate.ts';
import type { SimRecords } from '../../../lambda/billing/sim-records.ts';
import { listDays } from '../../../lambda/days/day.ts';
import { trials } from '../../property/trials.ts';
import { makeTariff, makeUsage, simA } from './billed-usage.ts';

function describePlan(plan: ForecastPlan | undefined) {
  return plan?.scenarios.map(({ sources }) => [...sources].map((pair) => pair.join(' as ')).join(', '));
}

describe('the forecast of a period', () => {
  test('repeats for each remaining day the last known day of its weekday, and uses earlier weeks for the range', () => {
    const known = listDays('2026-10-10', '2026-10-29');
    const plan = planForecast(known, '2026-10-31');
    expect(plan).toMatchObject({ last: '2026-10-29', left: ['2026-10-30', '2026-10-31'], isShort: false });
    expect(describePlan(plan)).toEqual([
      '2026-10-30 as 2026-10-23, 2026-10-31 as 2026-10-24',
      '2026-10-30 as 2026-10-16, 2026-10-31 as 2026-10-17',
    ]);
  });

  test('repeats the last week for each remaining week', () => {
    const plan = planForecast(listDays('2026-10-01', '2026-10-08'), '2026-10-23');
    expect(plan?.scenarios[0]?.sources.get('2026-10-09')).toBe('2026-10-02');
    expect(plan?.scenarios[0]?.sources.get('2026-10-23')).toBe('2026-10-02');
    expect(plan?.scenarios).toHaveLength(1);
  });

  test('repeats the known days if there are fewer than seven', () => {
    const plan = planForecast(['2026-10-01', '2026-10-02'], '2026-10-05');
    expect(plan?.isShort).toBe(true);
    expect(describePlan(plan)).toEqual([
      '2026-10-03 as 2026-10-01, 2026-10-04 as 2026-10-02, 2026-10-05 as 2026-10-01',
    ]);
    expect(planForecast([], '2026-10-05')).toBeUndefined();
    expect(planForecast(['2026-10-05'], '2026-10-05')).toMatchObject({ left: [], isShort: false });
  });

  test('is exact for a SIM that does the same each week, whatever steps, allowances and tiers it has', () => {
    const tariff = makeTariff({
      ...{ attribution: 'close', sessionDays: 2 },
      charges: [
        {
          ...{ name: 'data', unit: 'KB', increment: { step: '10', per: 'session' } },
          prices: [{ tiers: [{ upTo: '200', price: '0.03' }, { price: '0.01' }] }],
        },
      ],
      allowances: [{ name: 'free', charges: ['data'], quantity: '50', unit: 'KB' }],
      fees: [{ name: 'active', per: 'sim-and-network', prices: [{ price: '1' }] }],
    });
    const context = { tariffs: [tariff], month: '2026-10', roster: new Map(), balances: new Map() };
    const rater = new Rater(context);
    const total = (records: SimRecords): string => {
      const sum = new BillSum(context, []);
      sum.add(rater.rate(records));
      return (sum.finish().totals[0]?.amount.toFixed() ?? '0') + JSON.stringify(sum.part.sims);
    };
    const week = fc.array(
      fc.record({ weekday: fc.nat(6), hour: fc.nat(23), lasts: fc.nat(20), bytes: fc.nat(90_000) }),
      { maxLength: 5 },
    );
    fc.assert(
      fc.property(week, fc.integer({ min: 10, max: 30 }), (pattern, lastDay) => {
        const all = listDays('2026-08-31', '2026-10-31').flatMap((day, index) =>
          pattern
            .filter(({ weekday }) => weekday === index % 7)
            .map(({ hour, lasts, bytes }, number) => {
              const start = Date.parse(`${day}T00:00:00.000Z`) + hour * 3_600_000;
              const times = [start, start + lasts * 3_600_000].map((time) => new Date(time).toISOString());
              const [begin = '', end = ''] = times;
              return {
                usage: makeUsage({ start: begin, end, dataTotal: bytes, sessionId: `${day} ${number}` }),
                session: { source: 'emnify', sessionId: `${day} ${number}`, start: begin, end },
              };
            }),
        );
        const records = (through: string): SimRecords => ({
          sim: simA,
          usage: all.map(({ usage }) => usage).filter(({ start }) => start < `${through}T24`),
          sessions: all.map(({ session }) => session).filter(({ end }) => end < `${through}T24`),
        });
        const last = `2026-10-${lastDay}`;
        const plan = planForecast(listDays('2026-08-31', last), '2026-11-01');
        expect(plan?.scenarios).toHaveLength(4);
        for (const scenario of plan?.scenarios ?? []) {
          const extended = extendRecords(records(last), { last }, scenario);
          expect(total(extended)).toBe(total(records('2026-11-01')));
        }
      }),
      trials(15),
    );
  });
});
