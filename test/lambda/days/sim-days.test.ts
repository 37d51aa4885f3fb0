import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { shiftDay } from '../../../lambda/days/day.ts';
import { FleetFold, type FleetPeriod } from '../../../lambda/days/fleet-days.ts';
import { listItems, makeRows, mergeItems, noItems, type SimItems } from '../../../lambda/days/rows.ts';
import { isActive, makeSimDay, type SimPeriod } from '../../../lambda/days/sim-days.ts';
import { encodeDimensions, type UsageDimensions } from '../../../lambda/days/sums.ts';
import type { Usage } from '../../../lambda/ledger/observation.ts';
import { runs } from '../../records/runs.ts';
import { makeEvent, makeSession, makeUsage, sim, statement } from './records.ts';

const day = '2026-11-02';

function makeDay(items: Partial<SimItems>): SimPeriod {
  return makeSimDay(sim, day, makeRows(day, { ...noItems, ...items }));
}

const noSums = {
  dataUploaded: undefined,
  dataDownloaded: undefined,
  messages: undefined,
  messagesTx: undefined,
  messagesRx: undefined,
  volume: undefined,
  cost: undefined,
  costVolume: undefined,
};
const noDimensions = {
  country: undefined,
  mcc: undefined,
  mnc: undefined,
  operatorName: undefined,
  tariff: undefined,
  rateZone: undefined,
  currency: undefined,
};

describe('a SIM-day', () => {
  it('has the exact sums of each combination of dimensions', () => {
    const german = {
      source: 'emnify',
      carrier: 'emnify',
      country: 'DE',
      tariff: 'IoT #1',
      currency: 'EUR',
    } as const;
    const usage = [
      makeUsage({ ...german, start: `${day}T01:00:00.000Z`, recordId: '1', volume: '0.1', cost: '0.1' }),
      makeUsage({
        ...german,
        start: `${day}T02:00:00.000Z`,
        recordId: '2',
        volume: '0.2',
        cost: '0.0000000002',
      }),
      makeUsage({
        ...german,
        start: `${day}T03:00:00.000Z`,
        recordId: '3',
        trafficType: 'sms',
        dataUploaded: 0,
        dataDownloaded: 0,
        dataTotal: 0,
        messages: 3,
        messagesTx: 1,
        messagesRx: 2,
        volume: '3',
      }),
      makeUsage({ start: `${day}T04:00:00.000Z`, dataUploaded: undefined, dataDownloaded: undefined }),
      makeUsage({ start: `${shiftDay(day, 1)}T04:00:00.000Z`, recordId: '4' }),
    ];
    expect(makeDay({ usage }).usage).toEqual([
      {
        ...noDimensions,
        ...german,
        trafficType: 'data',
        ...noSums,
        dataUploaded: '20',
        dataDownloaded: '40',
        dataTotal: '60',
        volume: '0.3',
        cost: '0.1000000002',
        records: 2,
      },
      {
        ...noDimensions,
        ...german,
        trafficType: 'sms',
        ...noSums,
        dataUploaded: '0',
        dataDownloaded: '0',
        dataTotal: '0',
        messages: '3',
        messagesTx: '1',
        messagesRx: '2',
        volume: '3',
        records: 1,
      },
      {
        source: 'twilio',
        carrier: 'twilio',
        trafficType: 'data',
        ...noDimensions,
        ...noSums,
        dataTotal: '30',
        records: 1,
      },
    ]);
  });

  it('has counts of sessions and attachments, and the times when the device was heard', () => {
    const at = (hour: string): string => `${day}T${hour}:00:00.000Z`;
    const totals = (dataTotal: number) => ({
      totals: { at: at('09'), group: { dataUploaded: 0, dataDownloaded: dataTotal, dataTotal } },
    });
    const types = [
      ...['attachment.accepted', 'attachment.rejected', 'attachment.failed', 'location.updated'],
      ...['data-session.started', 'data-session.ended', 'pdp-context.created', 'made-up'],
    ];
    const items = {
      events: types.map((type, index) => makeEvent({ time: at(`1${index}`), eventId: `${index}`, type })),
      usage: [
        makeUsage({ start: at('08'), end: at('09') }),
        makeUsage({ start: at('20'), dataUploaded: 0, dataDownloaded: 5, dataTotal: 5 }),
      ],
      sessions: [
        makeSession({ sessionId: '1', start: at('01'), end: at('02'), groups: totals(0) }),
        makeSession({ sessionId: '2', start: at('03'), end: at('04'), groups: totals(7) }),
        makeSession({ sessionId: '3', start: at('05'), end: at('06'), status: 'failed' }),
        makeSession({ sessionId: '4', start: at('07'), groups: totals(0) }),
      ],
    };
    expect({ ...makeDay(items), usage: [] }).toEqual({
      sim,
      period: day,
      usageRecords: 2,
      events: 8,
      sessionsStarted: 2,
      sessionsEnded: 2,
      sessionsFailed: 1,
      sessionsWithoutBytes: 1,
      attachments: 2,
      attachmentsRefused: 2,
      firstHeard: at('09'),
      lastHeard: at('16'),
      usage: [],
    });
  });

  it('of a day without rows says that nothing happened', () => {
    const idle = makeDay({ sessions: [makeSession({ sessionId: '1', start: `${day}T01:00:00.000Z` })] });
    expect([isActive(idle), idle.usage]).toEqual([false, []]);
    expect(isActive(makeDay({ events: [makeEvent({ time: `${day}T01:00:00.000Z` })] }))).toBe(true);
  });
});

const units = 10n ** 20n;

/** A sum of decimals in units of 10^-20, from the digits of their texts. */
function addUp(values: readonly (string | number | undefined)[]): bigint {
  return values.reduce<bigint>((sum, value) => {
    const [whole = '0', fraction = ''] = String(value ?? 0).split('.');
    return sum + BigInt(whole) * units + BigInt(fraction.padEnd(20, '0'));
  }, 0n);
}

const measures = ['dataUploaded', 'dataDownloaded', 'dataTotal', 'volume', 'cost'] as const;

function sumMeasures(
  usage: readonly Pick<Usage | SimPeriod['usage'][number], (typeof measures)[number]>[],
): bigint[] {
  return measures.map((name) => addUp(usage.map((one) => one[name])));
}

const fleetStatements = fc.array(
  fc.record({
    whose: fc.constantFrom('8988307000000000001', '8988307000000000002', '8988307000000000003'),
    statement,
  }),
  { maxLength: 20 },
);

test('sums of SIM-days, of fleet-days and of months equal those of the rows, to the byte and the last decimal', () => {
  const days = [-2, -1, 0, 1, 2, 3].map((offset) => shiftDay(day, offset));
  fc.assert(
    fc.property(fleetStatements, (statements) => {
      const bySim = new Map<string, SimItems>();
      for (const one of statements)
        bySim.set(one.whose, mergeItems(bySim.get(one.whose) ?? noItems, one.statement));
      const rows = [...bySim].map(([whose, items]) => ({
        whose,
        days: days.map((one) => makeRows(one, items)),
      }));
      const sealed = rows.flatMap((one) => one.days.flatMap(({ usage }) => usage));
      const simDays = rows.map((one) => ({
        whose: one.whose,
        parts: one.days.map((each, at) => makeSimDay(one.whose, days[at] ?? '', each)),
      }));
      const expected = sumMeasures(sealed);
      expect(sumMeasures(simDays.flatMap(({ parts }) => parts.flatMap((part) => part.usage)))).toEqual(
        expected,
      );

      const folds = days.map((one) => new FleetFold(one));
      for (const { parts } of simDays) for (const [at, part] of parts.entries()) folds[at]?.addSim(part);
      const fleet = folds.map(({ result }) => result);
      expect(sumMeasures(fleet.flatMap(({ usage }) => usage))).toEqual(expected);
      const sessions = rows.flatMap((one) => one.days.flatMap((each) => each.sessions));
      const count = (read: (day: FleetPeriod) => number) => fleet.reduce((sum, one) => sum + read(one), 0);
      expect([
        count(({ usageRecords }) => usageRecords),
        count(({ sessionsEnded, sessionsFailed }) => sessionsEnded + sessionsFailed),
        count(({ sims }) => sims),
      ]).toEqual([
        sealed.length,
        sessions.length,
        simDays.flatMap(({ parts }) => parts.filter(isActive)).length,
      ]);
    }),
    runs(500),
  );
});

test('a fleet-day is the same for any division of the fleet', () => {
  const parts = fc.array(fc.record({ whose: fc.uuid(), statement, part: fc.nat(2) }), { maxLength: 12 });
  fc.assert(
    fc.property(parts, (sims) => {
      const simDays = sims.map(({ whose, statement: items, part }) => ({
        made: makeSimDay(whose, day, makeRows(day, items)),
        part,
      }));
      const whole = new FleetFold(day);
      for (const { made } of simDays) whole.addSim(made);
      const joined = new FleetFold(day);
      for (const number of [2, 0, 1]) {
        const fold = new FleetFold(day);
        for (const { made, part } of simDays) if (part === number) fold.addSim(made);
        joined.addPart(fold.result);
      }
      expect(joined.result).toEqual<FleetPeriod>(whole.result);
    }),
    runs(300),
  );
});

test('expired items change no SIM-day', () => {
  const chances = fc.infiniteStream(fc.boolean());
  fc.assert(
    fc.property(fc.array(statement, { maxLength: 14 }), chances, (statements, isLeft) => {
      const all = statements.reduce(mergeItems, noItems);
      const keep = (): boolean => isLeft.next().value === true;
      const left = {
        usage: all.usage.filter(keep),
        events: all.events.filter(keep),
        sessions: all.sessions.filter(keep),
      };
      const again = makeRows(day, mergeItems(listItems(makeRows(day, all)), left));
      expect(makeSimDay(sim, day, again)).toEqual(makeDay(all));
    }),
    runs(300),
  );
});

test('different dimensions have different keys, whatever names contain', () => {
  const part = fc.option(fc.stringMatching(/^[#%a25]{0,3}$/), { nil: undefined });
  const text = fc.stringMatching(/^[#%a25]{0,3}$/);
  const dimensions: fc.Arbitrary<UsageDimensions> = fc.record({
    source: text,
    carrier: text,
    trafficType: text,
    country: part,
    mcc: part,
    mnc: part,
    operatorName: part,
    tariff: part,
    rateZone: part,
    currency: part,
  });
  fc.assert(
    fc.property(dimensions, dimensions, (a, b) => {
      expect(encodeDimensions(a) === encodeDimensions(b)).toBe(JSON.stringify(a) === JSON.stringify(b));
      const neighbour = { ...a, tariff: a.rateZone, rateZone: a.tariff };
      expect(encodeDimensions(a) === encodeDimensions(neighbour)).toBe(a.tariff === a.rateZone);
    }),
    runs(1_000),
  );
});
