import { describe, expect, it } from 'vitest';
import { interpret } from '../../../../lambda/carriers/index.ts';
import type { MarkName } from '../../../../lambda/ledger/heard.ts';
import { complete } from '../../../../lambda/ledger/observation.ts';
import { arrivalFrom, arrivedAt, observationsOf, statedBy } from '../../../records/arrival.ts';
import { bodyOf, fixture, fixtureValue } from '../../../records/fixtures.ts';
import { marksAt } from '../../../records/marks.ts';
import {
  accountSid,
  connectionEvent,
  connectionTypes,
  eventSid,
  fleetSid,
  fullData,
  minimalData,
  readConnectionEvent,
  readSuperSim,
  sessionSid,
  simSid,
  superSim,
  superSimIccid,
} from '../../../records/supersim.ts';

const at = '2026-11-02T10:00:00.000Z';
const day = '2026-11-02T00:00:00.000Z';
const origin = { source: 'my-twilio', carrier: 'twilio', iccid: superSimIccid };
const ids = { simSid, accountId: accountSid, fleetSid };
const network = {
  radio: '4G',
  ratType: '4G LTE',
  mcc: '310',
  mnc: '260',
  operatorName: 'T-Mobile',
  country: 'US',
};
const cell = { cellId: '47322374', lac: '15170', lat: 34.166991, lon: -118.5720773 };
const session = {
  sim: superSim,
  sessionId: sessionSid,
  origin: { at, group: origin },
  start: '2026-11-02T09:00:00.000Z',
  startStated: true,
  groups: {
    totals: { at, group: { dataUploaded: 4000, dataDownloaded: 6000, dataTotal: 10_000 } },
    network: { at, group: network },
    cell: { at, group: cell },
    device: { at, group: { imei: '358600842867678' } },
    address: { at, group: { apn: 'super', ipAddress: '100.68.56.159' } },
    subscriber: { at, group: { imsi: '732123200563187' } },
    ids: { at, group: ids },
    label: { at, group: { simName: 'pump 7' } },
  },
};
const usage = {
  sim: superSim,
  usageId: `2026-11-02T09:54:00.000Z#${eventSid}`,
  completeness: complete,
  source: 'my-twilio',
  carrier: 'twilio',
  iccid: superSimIccid,
  imsi: '732123200563187',
  start: '2026-11-02T09:54:00.000Z',
  end: at,
  recordId: eventSid,
  sessionId: sessionSid,
  trafficType: 'data',
  dataUploaded: 400,
  dataDownloaded: 600,
  dataTotal: 1000,
  operatorName: 'T-Mobile',
  mcc: '310',
  mnc: '260',
  country: 'US',
  radio: '4G',
  apn: 'super',
  imei: '358600842867678',
  sessionUploaded: 4000,
  sessionDownloaded: 6000,
  sessionTotal: 10_000,
};
const simAt = (stamp: string, ...marks: readonly MarkName[]) => ({
  sim: superSim,
  origin: { at: stamp, group: origin },
  groups: {
    ids: { at: stamp, group: ids },
    label: { at: stamp, group: { simName: 'pump 7' } },
    device: { at: stamp, group: { imei: '358600842867678' } },
    subscriber: { at: stamp, group: { imsi: '732123200563187' } },
    ...marksAt(at, superSim, ...marks),
  },
});

function eventOf(type: string) {
  return {
    sim: superSim,
    eventKey: `${at}#${eventSid}`,
    completeness: complete,
    source: 'my-twilio',
    carrier: 'twilio',
    iccid: superSimIccid,
    imsi: '732123200563187',
    time: at,
    eventId: eventSid,
    type,
    carrierType: `com.twilio.iot.supersim.connection.${type}`,
    sessionId: sessionSid,
    network,
    cellId: '47322374',
    arrivedAt,
  };
}

function simAfter(
  type: string,
  marks: readonly MarkName[],
  connection?: { online: boolean; onlineChanged: string },
) {
  const sim = simAt(at, ...marks);
  return {
    ...sim,
    groups: {
      ...sim.groups,
      network: { at, group: network },
      cell: { at, group: cell },
      ...(connection === undefined ? {} : { connection: { at, group: connection } }),
      lastEvent: { at, group: { lastEvent: type, lastEventTime: at } },
    },
  };
}

const withoutVolumes = Object.fromEntries(
  Object.entries(fullData).filter(
    ([name]) => !/^data_(?:upload|download|total|session_data_.*|session_update_.*)$/.test(name),
  ),
);
const { totals, ...groupsWithoutTotals } = session.groups;

describe('the seven types', () => {
  it('reads data-session.updated as a session and a usage item, and not as an event', () => {
    expect(observationsOf(readConnectionEvent('data-session.updated', fullData))).toEqual({
      session,
      usage,
      event: undefined,
      sim: simAt(day, 'bytes', 'session'),
    });
  });

  it('reads data-session.started as an open session and an event', () => {
    expect(observationsOf(readConnectionEvent('data-session.started', withoutVolumes))).toEqual({
      session: { ...session, groups: groupsWithoutTotals },
      usage: undefined,
      event: eventOf('data-session.started'),
      sim: simAfter('data-session.started', ['signalled', 'session'], {
        online: true,
        onlineChanged: session.start,
      }),
    });
  });

  it('reads data-session.ended as an ended session, its last window and an event', () => {
    const data = { ...fullData, data_session_end_time: '2026-11-02T09:59:58Z' };
    expect(observationsOf(readConnectionEvent('data-session.ended', data))).toEqual({
      session: { ...session, terminal: { status: 'ended', end: '2026-11-02T09:59:58.000Z' } },
      usage,
      event: eventOf('data-session.ended'),
      sim: simAfter('data-session.ended', ['bytes'], {
        online: false,
        onlineChanged: '2026-11-02T09:59:58.000Z',
      }),
    });
  });

  it('reads data-session.failed as a failed session and an event with the error', () => {
    const error = { code: '30049', message: 'DIAMETER_ERROR_USER_UNKNOWN (5001)' };
    expect(observationsOf(readConnectionEvent('data-session.failed', { ...withoutVolumes, error }))).toEqual({
      session: {
        ...session,
        terminal: { status: 'failed', end: at },
        groups: {
          ...groupsWithoutTotals,
          trouble: { at, group: { error: '30049: DIAMETER_ERROR_USER_UNKNOWN (5001)' } },
        },
      },
      usage: undefined,
      event: { ...eventOf('data-session.failed'), detail: JSON.stringify(error) },
      sim: simAfter('data-session.failed', ['signalled'], { online: false, onlineChanged: at }),
    });
  });

  it.each(['attachment.accepted', 'attachment.rejected', 'attachment.failed'])(
    'takes %s for an event alone',
    (type) => {
      const { data_session_sid, data_session_start_time, ...data } = withoutVolumes;
      const { sessionId, ...event } = eventOf(type);
      expect(observationsOf(readConnectionEvent(type, data))).toEqual({
        session: undefined,
        usage: undefined,
        event,
        sim: simAfter(type, ['signalled']),
      });
    },
  );

  it.each(connectionTypes)('reads %s alike under the prefixes of Twilio and of KORE', (type) => {
    const byTwilio = observationsOf(readConnectionEvent(type, fullData));
    const byKore = observationsOf(
      readConnectionEvent(type, fullData, { type: `com.kore.iot.supersim.connection.${type}` }),
    );
    const carrierType = `com.kore.iot.supersim.connection.${type}`;
    expect(byKore).toEqual({ ...byTwilio, event: byTwilio.event && { ...byTwilio.event, carrierType } });
  });

  it.each(connectionTypes)('reads %s alike with data as an object and as a string', (type) => {
    const record = connectionEvent(type, fullData);
    expect(readSuperSim({ ...record, data: JSON.stringify(record['data']) })).toEqual(readSuperSim(record));
  });

  it.each(connectionTypes)('reads %s with nothing but what every event has', (type) => {
    const data = type.startsWith('data') ? { ...minimalData, data_session_sid: sessionSid } : minimalData;
    const { event, session: bare } = observationsOf(readConnectionEvent(type, data));
    expect([event?.type, bare?.start, bare?.startStated, bare?.terminal?.end]).toEqual([
      type === 'data-session.updated' ? undefined : type,
      type.startsWith('data') ? at : undefined,
      type.startsWith('data') ? false : undefined,
      type === 'data-session.ended' || type === 'data-session.failed' ? at : undefined,
    ]);
  });

  it('reads null like an absent member', () => {
    const nulls = Object.fromEntries(Object.keys(fullData).map((name) => [name, null]));
    const sparse = { ...nulls, ...minimalData, data_session_sid: sessionSid };
    expect(readConnectionEvent('data-session.ended', sparse)).toEqual(
      readConnectionEvent('data-session.ended', { ...minimalData, data_session_sid: sessionSid }),
    );
  });
});

describe('generations and gaps', () => {
  it('keeps a session of schema 1 without totals, and its window as usage', () => {
    const { data_session_data_upload, data_session_data_download, data_session_data_total, ...schema1 } =
      fullData;
    expect(observationsOf(readConnectionEvent('data-session.updated', schema1))).toEqual({
      session: { ...session, groups: groupsWithoutTotals },
      usage: {
        ...usage,
        sessionUploaded: undefined,
        sessionDownloaded: undefined,
        sessionTotal: undefined,
      },
      event: undefined,
      sim: simAt(day, 'bytes', 'session'),
    });
  });

  it('assigns the bytes of an ended without window start to the time of their report', () => {
    const { data_session_update_start_time, ...data } = fullData;
    expect(statedBy(readConnectionEvent('data-session.ended', data), 'usage')).toEqual({
      ...usage,
      usageId: `${at}#${eventSid}`,
      start: at,
    });
  });

  it('assigns the bytes of an ended without any window time to the event', () => {
    const { data_session_update_start_time, data_session_update_end_time, ...data } = fullData;
    expect(statedBy(readConnectionEvent('data-session.ended', data), 'usage')).toEqual({
      ...usage,
      usageId: `${at}#${eventSid}`,
      start: at,
    });
  });

  it('adds both directions if the total is not stated', () => {
    const { data_total, data_session_data_total, ...data } = fullData;
    expect(observationsOf(readConnectionEvent('data-session.updated', data))).toEqual({
      session,
      usage,
      event: undefined,
      sim: simAt(day, 'bytes', 'session'),
    });
  });

  it('keeps a session that failed before it had an id only as an event', () => {
    const { data_session_sid, data_session_start_time, ...data } = withoutVolumes;
    const { sessionId, ...event } = eventOf('data-session.failed');
    expect(observationsOf(readConnectionEvent('data-session.failed', data))).toEqual({
      session: undefined,
      usage: undefined,
      event,
      sim: simAfter('data-session.failed', ['signalled']),
    });
  });

  it('states that a SIM is blocked in its session and in its usage', () => {
    const reading = readConnectionEvent('data-session.updated', { ...fullData, data_modifier: 'blocked' });
    expect([
      statedBy(reading, 'session').origin.group.dataModifier,
      statedBy(reading, 'usage').dataModifier,
    ]).toEqual(['blocked', 'blocked']);
  });

  it('uses the envelope’s time if data has none', () => {
    const { timestamp, ...data } = minimalData;
    expect(statedBy(readConnectionEvent('attachment.accepted', data), 'event').time).toBe(at);
  });

  it('identifies the SIM by its SID if the ICCID is missing or masked', () => {
    const { sim_iccid, ...data } = minimalData;
    expect([
      statedBy(readConnectionEvent('attachment.accepted', data), 'event').sim,
      statedBy(
        readConnectionEvent('attachment.accepted', { ...data, sim_iccid: '8988307000000xxxxxxx' }),
        'event',
      ).sim,
    ]).toEqual([simSid, simSid]);
  });

  it('keeps members that were added since, as text', () => {
    const data = { ...fullData, signal: { rssi: -71 }, band: 'B12', cleared: null };
    expect(statedBy(readConnectionEvent('data-session.updated', data), 'usage').extra).toBe(
      '{"signal":{"rssi":-71},"band":"B12"}',
    );
    expect(statedBy(readConnectionEvent('attachment.accepted', data), 'event').extra).toBe(
      '{"signal":{"rssi":-71},"band":"B12"}',
    );
  });

  it('keeps an event of an unknown type under the carrier’s own words', () => {
    const { type, carrierType } = statedBy(readConnectionEvent('attachment.postponed'), 'event');
    expect({ type, carrierType }).toEqual({
      type: 'attachment.postponed',
      carrierType: 'com.twilio.iot.supersim.connection.attachment.postponed',
    });
  });

  it('keeps an unknown type about a session with its session, and without an id as an event', () => {
    const type = 'data-session.suspended';
    const named = readConnectionEvent(type, { ...minimalData, data_session_sid: sessionSid });
    expect([
      statedBy(named, 'session').sessionId,
      statedBy(named, 'session').terminal,
      statedBy(readConnectionEvent(type), 'event').type,
    ]).toEqual([sessionSid, undefined, type]);
  });
});

describe('a window', () => {
  it.each(['update', 'hourly'] as const)(
    'keeps its session’s running totals where sessions are refreshed by %s',
    (sessionRefresh) => {
      const record = connectionEvent('data-session.updated', fullData);
      const usage = statedBy(interpret(record, arrivalFrom('twilio', { sessionRefresh })), 'usage');
      expect([usage.sessionUploaded, usage.sessionDownloaded, usage.sessionTotal]).toEqual([
        4000, 6000, 10_000,
      ]);
    },
  );
});

describe('whose it is', () => {
  it('is decided by the source', () => {
    const record = connectionEvent('attachment.accepted', minimalData, { source: '/v1/SuperSim/EZ1' });
    expect(statedBy(interpret(record, arrivalFrom('kore')), 'event')).toMatchObject({
      source: 'my-kore',
      carrier: 'kore',
    });
  });

  it('is read from the envelope if the source has the other format', () => {
    const record = connectionEvent('attachment.accepted');
    expect([
      statedBy(interpret({ ...record, source: 'kore-events' }, arrivalFrom('1nce')), 'event').carrier,
      statedBy(interpret(record, arrivalFrom('1nce')), 'event').carrier,
    ]).toEqual(['kore', 'twilio']);
  });

  it('reads KORE’s specversion 2.0 and its times of seven digits', () => {
    const { timestamp, ...data } = minimalData;
    const envelope = {
      specversion: '2.0',
      source: 'kore-events',
      time: '2024-09-25T19:09:48.5842087+00:00',
    };
    const record = connectionEvent('attachment.accepted', data, envelope);
    expect(statedBy(interpret(record, arrivalFrom('kore')), 'event').time).toBe('2024-09-25T19:09:48.584Z');
  });
});

describe('published records', () => {
  it('reads the record of a real Kinesis stream', () => {
    const sim = '8988307000000538178';
    const stamp = '2022-12-14T13:40:52.000Z';
    const published = observationsOf(
      interpret(fixtureValue('twilio/data-session-updated.json'), arrivalFrom('twilio')),
    );
    expect([published.session, published.usage]).toEqual([
      {
        sim,
        sessionId: 'PIc64fc7780f12ab694aad316d7b06f7a3',
        origin: { at: stamp, group: origin },
        start: '2022-12-11T06:15:01.000Z',
        startStated: true,
        groups: {
          totals: { at: stamp, group: { dataUploaded: 0, dataDownloaded: 0, dataTotal: 0 } },
          network: { at: stamp, group: network },
          cell: { at: stamp, group: cell },
          device: { at: stamp, group: { imei: '358600842867678' } },
          address: { at: stamp, group: { apn: 'super', ipAddress: '100.68.56.159' } },
          subscriber: { at: stamp, group: { imsi: '732123200563187' } },
          ids: {
            at: stamp,
            group: {
              simSid: 'HS2f71995b834d803ff5376799ba59bd1d',
              accountId: 'ACe7ea554f7fc0fad65e689bb5899bb6c3',
              fleetSid: 'HF925ae5b4af6aeb7d5034d3f4b09c78ce',
            },
          },
          label: { at: stamp, group: { simName: 'Zeblaze Thor 6 Android Watch' } },
        },
      },
      {
        ...usage,
        sim,
        usageId: '2022-12-14T13:34:52.000Z#EZeb42ec296e094786c6dd34aab7b15fac',
        start: '2022-12-14T13:34:52.000Z',
        end: stamp,
        recordId: 'EZeb42ec296e094786c6dd34aab7b15fac',
        sessionId: 'PIc64fc7780f12ab694aad316d7b06f7a3',
        dataUploaded: 0,
        dataDownloaded: 0,
        dataTotal: 0,
        sessionUploaded: 0,
        sessionDownloaded: 0,
        sessionTotal: 0,
      },
    ]);
  });

  it.each(['twilio', 'kore'] as const)(
    'ignores the test event of %s, and hands out its test id',
    (carrier) => {
      expect(interpret(fixtureValue(`${carrier}/test-event.json`), arrivalFrom(carrier))).toEqual({
        kind: 'ignored',
        reason: 'sink validation',
        testId: 'cae2f9e2-c277-4612-8ad3-93c1a7a3ef88',
      });
    },
  );

  it('ignores a test event without a test id', () => {
    const record = { ...(fixtureValue('kore/test-event.json') as object), data: {} };
    expect(interpret(record, arrivalFrom('kore'))).toEqual({ kind: 'ignored', reason: 'sink validation' });
  });

  it('reads a published record alike alone, in an array, and among JSON lines', () => {
    const text = fixture('twilio/data-session-updated.json').toString().trim();
    const values = [text, `[${text}]`, `${text}\n{"other":1}\n`].map((body) => bodyOf(body).values[0]);
    const readings = values.map((value) => interpret(value, arrivalFrom('twilio')));
    expect(readings).toEqual([readings[0], readings[0], readings[0]]);
  });
});

describe('numbers', () => {
  it.each([
    ['a fraction of a byte', 1.5],
    ['a negative number', -1],
    ['a number beyond exactness', 9_007_199_254_740_993n],
    ['a word', 'many'],
    ['an object', {}],
    ['a boolean', true],
  ])('rejects %s of bytes', (_, value) => {
    const text = JSON.stringify(connectionEvent('data-session.updated', { ...fullData, data_total: '@' }));
    const number = typeof value === 'bigint' ? String(value) : JSON.stringify(value);
    const reading = interpret(bodyOf(text.replace('"@"', number)).values[0], arrivalFrom('twilio'));
    expect(reading).toMatchObject({ kind: 'fault', code: 'impossible-number' });
  });

  it('reads whole bytes however they are written', () => {
    const bytesOf = (written: string) => {
      const text = JSON.stringify(connectionEvent('data-session.updated', { ...fullData, data_total: '@' }));
      const values = [text.replace('"@"', written), `[${text.replace('"@"', written)}]`].map(
        (body) => bodyOf(body).values[0],
      );
      return values.map((value) => statedBy(interpret(value, arrivalFrom('twilio')), 'usage').dataTotal);
    };
    expect([
      bytesOf('0'),
      bytesOf('"0"'),
      bytesOf('1000'),
      bytesOf('"1000"'),
      bytesOf('1e3'),
      bytesOf('1000.0'),
      bytesOf('9007199254740991'),
    ]).toEqual([
      [0, 0],
      [0, 0],
      [1000, 1000],
      [1000, 1000],
      [1000, 1000],
      [1000, 1000],
      [9007199254740991, 9007199254740991],
    ]);
  });

  it('reads an ICCID that is sent as a number digit by digit', () => {
    const text = JSON.stringify(connectionEvent('attachment.accepted')).replace(
      `"${superSimIccid}"`,
      superSimIccid,
    );
    const asText = readConnectionEvent('attachment.accepted');
    expect([
      interpret(bodyOf(text).values[0], arrivalFrom('twilio')),
      interpret(bodyOf(`[${text}]`).values[0], arrivalFrom('twilio')),
    ]).toEqual([asText, asText]);
  });

  it('omits impossible coordinates', () => {
    const location = { cell_id: '1', lac: null, lat: 1000, lon: 'east' };
    const reading = readConnectionEvent('attachment.accepted', { ...minimalData, location });
    expect(statedBy(reading, 'sim').groups.cell).toEqual({ at, group: { cellId: '1' } });
  });
});
