import fc from 'fast-check';
import { afterEach, describe, expect, test } from 'vitest';
import { interpret } from '../../lambda/carriers/index.ts';
import { parseTime } from '../../lambda/ledger/time.ts';
import { stampValue } from '../../lambda/store/items.ts';
import { writeRecord } from '../../simulator/corruption.ts';
import { readAll } from '../records/read-all.ts';
import { deliveryPlan, layOut, sourceOf } from './delivery-path.ts';
import { orderlyPass, tablesOf } from './expectation.ts';
import { fleetOf } from './fleet.ts';
import { seed, timeLimit, trials } from './trials.ts';

/** The zone of the machine, and the moments at which calendars turn, change nothing. */

/** Far ahead, behind, with half hours, without daylight saving, and with a day that never was. */
const zones = [
  'UTC',
  'America/New_York',
  'Asia/Kolkata',
  'Pacific/Chatham',
  'Pacific/Apia',
  'Australia/Lord_Howe',
] as const;
const zone = process.env['TZ'];

afterEach(() => {
  if (zone === undefined) delete process.env['TZ'];
  else process.env['TZ'] = zone;
});

const fleet = fleetOf({ maxSims: 2 });

describe(`the machine's zone (seed ${seed})`, () => {
  test('is known to the machine, so that these properties say something', () => {
    const hours = zones.map((name) => {
      process.env['TZ'] = name;
      return new Date('2026-07-01T12:00:00.000Z').getHours();
    });
    expect(hours).toEqual([12, 8, 17, 0, 1, 22]);
  });

  test('changes nothing in what a record states', { timeout: timeLimit }, () => {
    fc.assert(
      fc.property(fleet, fc.constantFrom(...zones), ({ lives }, elsewhere) => {
        for (const { source: name, records } of lives) {
          const arrival = { source: sourceOf(name), arrivedAt: Date.parse('2030-01-01T00:00:00.000Z') };
          for (const text of records.map(writeRecord)) {
            const [value] = readAll(Buffer.from(text)).values;
            process.env['TZ'] = 'UTC';
            const here = interpret(value, arrival);
            process.env['TZ'] = elsewhere;
            expect(interpret(value, arrival)).toEqual(here);
          }
        }
      }),
      trials(300),
    );
  });

  test('changes nothing in what the tables hold', { timeout: timeLimit }, async () => {
    const path = fc
      .record({ fleet, plan: deliveryPlan })
      .map(({ fleet: lived, plan }) => layOut(lived, plan));
    await fc.assert(
      fc.asyncProperty(path, fc.constantFrom(...zones), async (laid, elsewhere) => {
        process.env['TZ'] = 'UTC';
        const here = tablesOf(await orderlyPass(laid, 'all at once'));
        process.env['TZ'] = elsewhere;
        expect(JSON.stringify(tablesOf(await orderlyPass(laid, 'all at once')))).toBe(JSON.stringify(here));
      }),
      trials(150),
    );
  });

  test('changes no time that a carrier states, on whatever day', { timeout: timeLimit }, () => {
    const moment = fc.date({
      min: new Date('2000-01-01T00:00:00.000Z'),
      max: new Date('2199-12-31T23:59:59.999Z'),
      noInvalidDate: true,
    });
    fc.assert(
      fc.property(moment, fc.constantFrom(...zones), (at, elsewhere) => {
        process.env['TZ'] = elsewhere;
        const iso = at.toISOString();
        const spellings = [
          iso,
          iso.replace('T', ' ').slice(0, -1),
          `${iso.slice(0, -1)}0842+00:00`,
          `${iso.slice(0, -1)}+0000`,
        ];
        expect(spellings.map(parseTime)).toEqual([iso, iso, iso, iso]);
        expect(stampValue(iso)).toEqual({ N: String(at.getTime()) });
        // Whole seconds are the usual spelling, and read in another way.
        const second = `${iso.slice(0, 19)}.000Z`;
        expect(
          [`${iso.slice(0, 19)}Z`, iso.slice(0, 19), iso.slice(0, 19).replace('T', ' ')].map(parseTime),
        ).toEqual([second, second, second]);
      }),
      trials(2_000),
    );
  });
});
