import { describe, expect, it } from 'vitest';
import { interpret } from '../../../lambda/carriers/index.ts';
import type { Observations } from '../../../lambda/ledger/observation.ts';
import { encodeEventItem } from '../../../lambda/store/items.ts';
import { arrivalFrom, arrivedAt, observationsOf, statedBy } from '../../records/arrival.ts';
import {
  carrierEvent,
  contextEvent,
  pdpContext,
  readCsv,
  readStreamer,
  usageRecord,
} from '../../records/datastreamer.ts';
import { fixture, fixtureValue } from '../../records/fixtures.ts';
import { ledgerOf } from '../../records/ledger-of.ts';
import { permutations } from '../../records/permutations.ts';
import { fullData, readConnectionEvent, sessionSid, without } from '../../records/supersim.ts';

describe('order', () => {
  const about = (minute: number, event_sid: string) => ({
    ...fullData,
    event_sid,
    timestamp: `2026-11-02T10:0${minute}:00Z`,
    data_session_data_total: minute * 1000,
  });
  const life: Observations[] = [
    readConnectionEvent(
      'data-session.started',
      without(about(0, 'EZ1'), 'data_session_data_total', 'data_total'),
    ),
    readConnectionEvent('data-session.updated', { ...about(3, 'EZ2'), ip_address: '100.68.56.1' }),
    readConnectionEvent('data-session.updated', { ...about(6, 'EZ3'), location: null }),
    readConnectionEvent('data-session.ended', {
      ...about(9, 'EZ4'),
      data_session_end_time: '2026-11-02T10:08:59Z',
    }),
  ].map(observationsOf);

  it('a session is the same in every order: ended before started, updated after ended', () => {
    const ledgers = permutations(life).map((order) => ledgerOf(order.map((record) => [record])));
    expect(ledgers).toEqual(ledgers.map(() => ledgerOf([life])));
    const [session] = ledgerOf([life]).sessions.values();
    expect([
      session?.start,
      session?.terminal,
      session?.origin.at,
      session?.groups.totals?.group.dataTotal,
      ledgerOf([life]).usage.size,
    ]).toEqual([
      '2026-11-02T09:00:00.000Z',
      { status: 'ended', end: '2026-11-02T10:08:59.000Z' },
      '2026-11-02T10:09:00.000Z',
      9000,
      4,
    ]);
  });

  it('a PDP context is the same in every order, and its deletion ends it', () => {
    const context = (typeId: 3 | 4 | 5, minute: number) =>
      observationsOf(
        readStreamer(
          contextEvent(
            typeId,
            pdpContext,
            { volume: { total: minute } },
            { id: minute, timestamp: `2026-11-02T10:0${minute}:00Z` },
          ),
        ),
      );
    const records = [context(3, 1), context(4, 2), context(5, 3), context(4, 4)];
    const ledgers = permutations(records).map((order) => ledgerOf(order.map((record) => [record])));
    expect(ledgers).toEqual(ledgers.map(() => ledgerOf([records])));
    const [session] = ledgerOf([records]).sessions.values();
    expect([session?.start, session?.terminal, session?.groups.totals?.group.dataTotal]).toEqual([
      '2026-11-02T09:00:27.000Z',
      { status: 'ended', end: '2026-11-02T10:03:00.000Z' },
      3_000_000,
    ]);
  });

  it('history is stored however old it is, and its retention begins at its arrival', () => {
    const event = statedBy(
      readStreamer(carrierEvent(1, { timestamp: '2017-10-26T07:28:00.000+0000' })),
      'event',
    );
    expect([event.time, encodeEventItem(event, true, 30)['expiresAt']]).toEqual([
      '2017-10-26T07:28:00.000Z',
      { N: String(arrivedAt / 1000 + 30 * 86_400) },
    ]);
  });
});

describe('session', () => {
  it('a session’s key is that of its generation', () => {
    const own = { session_id: 'uuid-1' };
    const ipcan = { ...pdpContext, ipcan_session_id: 'ipcan-1' };
    const { tunnel_created, ...timeless } = pdpContext;
    const read = [
      readConnectionEvent('data-session.updated', fullData),
      readStreamer({ ...usageRecord, session_id: 'uuid-1' }),
      readStreamer({ ...usageRecord, ipcan_session_id: 'ipcan-1' }),
      readStreamer(contextEvent(4, ipcan, own)),
      readStreamer(contextEvent(4, ipcan)),
      readStreamer(contextEvent(4)),
      readStreamer(contextEvent(4, timeless)),
    ];
    expect(read.map((reading) => statedBy(reading, 'session').sessionId)).toEqual([
      sessionSid,
      'uuid-1',
      'ipcan-1',
      'uuid-1',
      'ipcan-1',
      '110753000#2026-11-02T09:00:27.000Z',
      '110753000',
    ]);
  });

  it('an id that is reused for another tunnel is another session', () => {
    const later = { ...pdpContext, tunnel_created: '2026-11-02T09:30:00' };
    const records = [contextEvent(3), contextEvent(3, later, {}, { id: 2 })].map((record) =>
      observationsOf(readStreamer(record)),
    );
    expect(ledgerOf([records]).sessions.size).toBe(2);
  });

  it('usage that names no session has none', () => {
    expect([
      observationsOf(interpret(fixtureValue('telekom/usage.json'), arrivalFrom('telekom'))).session,
      ...readCsv(fixture('1nce/cdr_20210511_112500.csv').toString(), 'cdr_20210511_112500.csv').map(
        (reading) => observationsOf(reading).session,
      ),
    ]).toEqual([undefined, undefined, undefined]);
  });
});
