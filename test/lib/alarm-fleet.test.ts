import { beforeAll, describe, expect, it, vi } from 'vitest';
import { makeLogicalName } from '../../lib/source-ids.ts';
import { type SimulatedCarrier, simulatedCarriers } from '../../simulator/identity.ts';
import { Random } from '../../simulator/random.ts';
import type { AlarmRule } from './alarm-evaluator.ts';
import { type FleetSeries, runFleet } from './alarm-fleet.ts';
import { type Outcome, readAlarms, whatGoesOff } from './alarm-outcomes.ts';
import { describeSource, synthesise } from './synthesised.ts';

/**
 * The alarms over series that a simulated fleet makes: what its carriers deliver, in their dialects, through the consumer
 * and the importer. `alarm-series.test.ts` has the cases that no fleet brings about.
 */

const hour = 60;
const weekHours = 7 * 24;
/** When the trouble begins: on the second day, not at the beginning of a period. */
const from = 25 * hour + 7;

let alarms: Readonly<Record<string, AlarmRule>>;

beforeAll(() => {
  vi.stubEnv('POWERTOOLS_LOG_LEVEL', 'SILENT');
  alarms = readAlarms(synthesise({ simledger: { sources: simulatedCarriers.map(describeSource) } }));
  return () => void vi.unstubAllEnvs();
});

/** The alarms that go off if something is wrong for this many minutes. */
function during(minutes: number, { series, minutes: total }: FleetSeries): Record<string, Outcome[]> {
  return whatGoesOff(alarms, series, total, { from, until: from + minutes });
}

const within = (minutes: number) => (minute: number) => minute >= from && minute < from + minutes;

/** A metric of each source, summed up. */
function sums({ sum }: FleetSeries, metric: string): number[] {
  return simulatedCarriers.map((source) => sum(metric, source));
}

/** An alarm of each source, as it goes off. */
function ofEach(
  id: string,
  outcomes: Readonly<Record<SimulatedCarrier, Outcome>>,
): Record<string, Outcome[]> {
  return Object.fromEntries(
    simulatedCarriers.map((name) => [`${makeLogicalName({ name })}${id}`, [outcomes[name]]]),
  );
}

describe('a fleet of all carriers', () => {
  it('sets off nothing in a normal week: records twice, late, in arrays and in files, a few broken', async () => {
    const run = await runFleet({ sims: 6, hours: weekHours, seed: 1 });
    expect(whatGoesOff(alarms, run.series, run.minutes)).toEqual({});
    expect(Math.min(...sums(run, 'received'))).toBeGreaterThan(900);
    expect(sums(run, 'rejected').filter((rejected) => rejected > 0).length).toBeGreaterThan(3);
    expect(sums(run, 'failed')).toEqual(simulatedCarriers.map(() => 0));
  });

  it('sets off nothing in a noisy week: bursts of cut records, and tables that are unavailable for minutes', async () => {
    const random = Random.derive(7, 0);
    const run = await runFleet({
      ...{ sims: 6, hours: weekHours, seed: 2 },
      change: (body, _, minute) =>
        minute % (16 * hour) < 20 && random.decide(0.3) ? body.subarray(0, body.length / 2) : body,
      isStoreAway: (minute) => minute % 613 < 4,
    });
    expect(whatGoesOff(alarms, run.series, run.minutes)).toEqual({});
    expect(Math.min(...sums(run, 'rejected'))).toBeGreaterThan(5);
    expect(sums(run, 'failed').reduce((sum, failed) => sum + failed, 0)).toBeGreaterThan(50);
  });

  it('sets off each source’s alarm once: for another format, and for a disabled mapping', async () => {
    const isWrong = within(8 * hour);
    const run = await runFleet({
      ...{ sims: 10, hours: 44, seed: 3 },
      change: (body, source, minute) =>
        source === 'emnify' && isWrong(minute)
          ? Buffer.from(`{"schema":"data-streamer-3","content":[${body}]}`)
          : body,
      isMapped: (source, minute) => source !== 'kore' || !isWrong(minute),
      // A silent carrier is the subject of its source's alert.
      isSilent: (source, minute) => source === '1nce' && isWrong(minute),
    });
    expect(during(8 * hour, run)).toEqual({
      EmnifyRejected: [[53, 53]],
      KoreStuck: [[53, 23]],
    });
  });

  it('sets off each source’s alarms while the tables are unavailable for an hour', async () => {
    const run = await runFleet({ sims: 10, hours: 32, seed: 4, isStoreAway: within(hour) });
    expect(during(hour, run)).toEqual({
      ConsumerLate: [[33, 23]],
      ...ofEach('Stuck', {
        ...{ twilio: [53, 23], kore: [53, 23], emnify: [53, 23], telekom: [53, 23] },
        '1nce': [53, 23],
      }),
      // Also if the batch that is tried again is a single record, of which only the delivery is noted.
      ...ofEach('HandedBack', {
        ...{ twilio: [18, 33], kore: [13, 33], emnify: [18, 33], telekom: [13, 33] },
        '1nce': [18, 33],
      }),
    });
  });
});
