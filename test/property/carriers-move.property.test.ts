import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readSources } from '../../lambda/aws/sources.ts';
import type { SessionRefresh } from '../../lambda/ledger/source.ts';
import {
  type DeliveryPath,
  deliveryPlan,
  inSetting,
  layOut,
  movedSource,
  sourceIn,
} from './delivery-path.ts';
import { fleetOf, type Life, type ModelFleet } from './fleet.ts';
import { expectOneLedger, goesOn, interleaved, pauseOf } from './hostile-path.ts';
import { seed, timeLimit, trials } from './trials.ts';
import { withoutClock } from './without-clock.ts';

/** A fleet that moves from Twilio to KORE: each event may come from either, and from both, under one `event_sid`. */
const movingFleet = fleetOf({ carriers: ['kore'], maxSims: 2 }).map(
  ({ number, lives }): ModelFleet => ({ number, lives: [...lives, ...lives.map(asTwilioToldIt)] }),
);

function asTwilioToldIt({ records }: Life): Life {
  return {
    source: movedSource,
    records: records.map((record) => {
      if (record.kind !== 'connection') return record;
      return { ...record, sim: { ...record.sim, carrier: 'twilio' } };
    }),
  };
}

function pathIn(sessionRefresh: SessionRefresh): fc.Arbitrary<DeliveryPath> {
  return fc
    .record({ fleet: movingFleet, plan: deliveryPlan })
    .map(({ fleet, plan }) =>
      layOut(inSetting(fleet, sessionRefresh), { ...plan, testEvents: [], broken: [] }),
    );
}

describe(`a fleet that moves from Twilio to KORE (seed ${seed})`, () => {
  test.each(['update', 'hourly'] as const)(
    'ends as one ledger, KORE’s where both told of an event, sessions refreshed by "%s"',
    {
      timeout: timeLimit,
    },
    async (setting) => {
      const [former, successor] = [sourceIn(setting, movedSource), sourceIn(setting, 'kore')];
      let pause = goesOn;
      withoutClock(() => pause);
      await fc.assert(
        fc.asyncProperty(interleaved(pathIn(setting)), async (hostile) => {
          pause = pauseOf(hostile);
          const { tables } = await expectOneLedger(hostile, pause);
          const ofKore = new Set(
            hostile.path.delivered.flatMap(({ record, parcels }) =>
              record.kind === 'connection' && parcels.some(({ source }) => source === successor)
                ? [record.eventSid]
                : [],
            ),
          );
          for (const { source, recordId, eventId } of [...tables.Usage, ...tables.Events]) {
            const isOfKore = ofKore.has(recordId?.S ?? eventId?.S ?? '');
            expect(source?.S).toBe(isOfKore ? successor : former);
          }
        }),
        trials(250),
      );
    },
  );

  test('is known by its sources: Twilio’s is succeeded where KORE’s is configured as well', () => {
    const twilio = { name: 'old', carrier: 'twilio', bytesPerMegabyte: 1_000_000, streamArn: 'arn:old' };
    const kore = { name: 'new', carrier: 'kore', bytesPerMegabyte: 1_000_000, streamArn: 'arn:new' };
    const superseded = (sources: readonly object[], arn: string) =>
      readSources({ SIMLEDGER_SOURCES: JSON.stringify(sources) }).findByStream(arn).superseded;
    expect([
      superseded([twilio], 'arn:old'),
      superseded([kore], 'arn:new'),
      superseded([twilio, kore], 'arn:old'),
      superseded([twilio, kore], 'arn:new'),
    ]).toEqual([false, false, true, false]);
  });
});
