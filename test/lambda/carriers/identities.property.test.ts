import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Reading } from '../../../lambda/carriers/reading.ts';
import { observationsOf } from '../../records/arrival.ts';
import {
  contextEvent,
  csvOf,
  pdpContext,
  readCsv,
  readStreamer,
  usageRecord,
} from '../../records/datastreamer.ts';
import { runs } from '../../records/runs.ts';
import { fullData, readConnectionEvent } from '../../records/supersim.ts';

/**
 * Different identities in, different keys out. Identities here differ by any digit or letter, at any place; a 20th digit of
 * an ICCID is the only part of one that tells nothing.
 */

interface Identity {
  readonly iccid: string;
  readonly simId: string;
  readonly recordId: string;
  readonly sessionId: string;
}

/** Texts that often differ only in an end, a beginning or a letter. */
function alike(text: fc.Arbitrary<string>): fc.Arbitrary<readonly [string, string]> {
  return fc.tuple(text, text, fc.constantFrom(0, 1, 18, 19, 20, 22)).map(([a, b, kept]) => {
    const mixed = a.slice(0, kept) + b.slice(kept);
    return [a, kept === 0 ? a : mixed] as const;
  });
}

const recordIds = alike(fc.bigInt({ min: 1n, max: 2n ** 63n }).map(String));
const sids = (prefix: string) => alike(fc.stringMatching(/^[0-9a-f]{32}$/).map((hex) => prefix + hex));
const iccids = alike(fc.stringMatching(/^89\d{16,22}$/));

function pairs(simIds: fc.Arbitrary<readonly [string, string]>, ids: typeof simIds, sessions: typeof simIds) {
  return fc
    .record({ iccid: iccids, simId: simIds, recordId: ids, sessionId: sessions })
    .map(({ iccid, simId, recordId, sessionId }) =>
      ([0, 1] as const).map(
        (at): Identity => ({
          iccid: iccid[at],
          simId: simId[at],
          recordId: recordId[at],
          sessionId: sessionId[at],
        }),
      ),
    );
}

/** The SIM that an identity means: the card if it names one, else the carrier's id. */
function simOf({ iccid, simId }: Identity): string {
  return iccid.length <= 20 ? iccid.slice(0, 19) : simId;
}

/** Whether two readings agree in each key exactly where the identities do. */
function expectKeysToDiffer(read: (identity: Identity) => Reading, [a, b]: readonly Identity[]): void {
  if (a === undefined || b === undefined) return;
  const [one, other] = [a, b].map((identity) => observationsOf(read(identity)));
  const sameSim = simOf(a) === simOf(b);
  const sameRecord = a.recordId === b.recordId;
  const sameSession = a.sessionId === b.sessionId;
  const keys = { sim: sameSim, usage: sameRecord, event: sameRecord, session: sameSession };
  expect({
    sim: one?.sim?.sim === other?.sim?.sim,
    usage: one?.usage == null ? sameRecord : one.usage.usageId === other?.usage?.usageId,
    event: one?.event == null ? sameRecord : one.event.eventKey === other?.event?.eventKey,
    session: one?.session == null ? sameSession : one.session.sessionId === other?.session?.sessionId,
  }).toEqual(keys);
}

const superSim = pairs(sids('HS'), sids('EZ'), sids('PI'));
const streamer = pairs(alike(fc.integer({ min: 1, max: 2 ** 31 }).map(String)), recordIds, alike(fc.uuid()));

it('two connection events have equal keys exactly if their ids are equal', () => {
  fc.assert(
    fc.property(superSim, (two) => {
      expectKeysToDiffer(
        ({ iccid, simId, recordId, sessionId }) =>
          readConnectionEvent('data-session.ended', {
            ...fullData,
            event_sid: recordId,
            sim_iccid: iccid,
            sim_sid: simId,
            data_session_sid: sessionId,
          }),
        two,
      );
    }),
    runs(1000),
  );
});

it('two usage records have equal keys exactly if their ids are equal', () => {
  fc.assert(
    fc.property(streamer, (two) => {
      expectKeysToDiffer(
        ({ iccid, simId, recordId, sessionId }) =>
          readStreamer({ ...usageRecord, id: recordId, sim: { id: simId, iccid }, session_id: sessionId }),
        two,
      );
    }),
    runs(1000),
  );
});

it('two events have equal keys exactly if their ids are equal', () => {
  fc.assert(
    fc.property(streamer, (two) => {
      expectKeysToDiffer(
        ({ iccid, simId, recordId, sessionId }) =>
          readStreamer(
            contextEvent(
              5,
              pdpContext,
              { session_id: sessionId },
              { id: recordId, sim: { id: simId, iccid } },
            ),
          ),
        two,
      );
    }),
    runs(1000),
  );
});

it('two rows have equal keys exactly if their ids are equal', () => {
  const columns = ['id', 'start_timestamp', 'sim_id', 'iccid', 'session_id', 'volume'];
  fc.assert(
    fc.property(streamer, (two) => {
      expectKeysToDiffer(({ iccid, simId, recordId, sessionId }) => {
        const row = [recordId, '2026-11-02 10:00:00', simId, iccid, sessionId, '1'];
        const [reading] = readCsv(csvOf(columns, row), 'any.csv');
        if (reading === undefined) throw new Error('The file has no row');
        return reading;
      }, two);
    }),
    runs(500),
  );
});
