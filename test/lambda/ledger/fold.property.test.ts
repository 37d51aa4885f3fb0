import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { interpret } from '../../../lambda/carriers/index.ts';
import type { Observations } from '../../../lambda/ledger/observation.ts';
import { connectionEventRecord, streamerRecord } from '../../records/arbitraries.ts';
import { arrivalFrom, observationsOf } from '../../records/arrival.ts';
import { foldOf, ledgerOf } from '../../records/ledger-of.ts';
import { runs } from '../../records/runs.ts';

const observation = fc
  .oneof(
    connectionEventRecord.map((record) => ({ record, carrier: 'twilio' as const })),
    streamerRecord.map((record) => ({ record, carrier: 'emnify' as const })),
  )
  .map(({ record, carrier }) =>
    observationsOf(interpret(JSON.parse(JSON.stringify(record)), arrivalFrom(carrier))),
  );

/** Records in the order in which they were sent, and the batches in which they arrive, some of them repeatedly. */
const deliveries = fc.array(observation, { minLength: 1, maxLength: 12 }).chain((sent) =>
  fc.record({
    sent: fc.constant(sent),
    batches: fc
      .tuple(fc.shuffledSubarray(sent, { minLength: sent.length }), fc.subarray(sent))
      .chain(([shuffled, repeated]) => {
        const all = [...shuffled, ...repeated];
        return fc.array(fc.nat(all.length), { maxLength: 4 }).map((cuts) => cutAt(all, cuts));
      }),
  }),
);

function cutAt(all: readonly Observations[], cuts: readonly number[]): Observations[][] {
  const bounds = [0, ...[...cuts].sort((a, b) => a - b), all.length];
  return bounds.slice(1).map((to, index) => all.slice(bounds[index] ?? 0, to));
}

describe('a ledger', () => {
  it('is a function of the set of records, not of their order, batches or number', () => {
    fc.assert(
      fc.property(deliveries, ({ sent, batches }) => {
        expect(ledgerOf(batches)).toEqual(ledgerOf([sent]));
      }),
      runs(400),
    );
  });

  it('does not change when all of it is delivered again', () => {
    fc.assert(
      fc.property(deliveries, ({ sent, batches }) => {
        expect(ledgerOf([...batches, ...batches, sent])).toEqual(ledgerOf(batches));
      }),
      runs(200),
    );
  });

  it('has a start and a last update for every session, whichever of its records arrived', () => {
    fc.assert(
      fc.property(deliveries, ({ sent }) => {
        for (const [key, { start, origin, startStated }] of ledgerOf([sent]).sessions) {
          const about = sent.flatMap(({ session }) =>
            session !== undefined && `${session.sim}/${session.sessionId}` === key ? [session] : [],
          );
          const stated = about.filter((session) => session.startStated).map((session) => session.start);
          const observed = about.map((session) => session.start);
          expect({ start, startStated, lastUpdated: origin.at }).toEqual({
            start: (stated.length > 0 ? stated : observed).sort()[0],
            startStated: stated.length > 0,
            lastUpdated: about
              .map((session) => session.origin.at)
              .sort()
              .at(-1),
          });
        }
      }),
      runs(200),
    );
  });
});

describe('a fold', () => {
  it('makes at most one change per item, and lists all records behind it', () => {
    fc.assert(
      fc.property(fc.array(observation, { maxLength: 12 }), (batch) => {
        const { sessions, usage, events, sims } = foldOf(batch);
        const keys = [
          ...sessions.map(({ state }) => `session ${state.sim} ${state.sessionId}`),
          ...usage.map(({ state }) => `usage ${state.sim} ${state.usageId}`),
          ...events.map(({ state }) => `event ${state.sim} ${state.eventKey}`),
          ...sims.map(({ state }) => `sim ${state.sim}`),
        ];
        const behind = [...sessions, ...usage, ...events, ...sims].flatMap(({ indexes }) => indexes);
        const stated = batch.flatMap((record, index) =>
          Object.values(record)
            .filter((value) => value !== undefined)
            .map(() => index),
        );
        expect(new Set(keys).size).toBe(keys.length);
        expect(behind.sort((a, b) => a - b)).toEqual(stated);
      }),
      runs(200),
    );
  });
});
