import { describe, expect, it } from 'vitest';
import { interpret } from '../../../../lambda/carriers/index.ts';
import { complete, superseded } from '../../../../lambda/ledger/observation.ts';
import { arrivalFrom, observationsOf, statedBy } from '../../../records/arrival.ts';
import {
  connectionEvent,
  fullData,
  type Members,
  minimalData,
  readConnectionEvent,
  readSuperSim,
  sessionSid,
} from '../../../records/supersim.ts';

/** Each member of a Super SIM event by itself: what it may hold, and what is stated of it. */

const at = '2026-11-02T10:00:00.000Z';

function sessionWith(members: Members, type = 'data-session.started') {
  return statedBy(
    readConnectionEvent(type, { ...minimalData, data_session_sid: sessionSid, ...members }),
    'session',
  );
}

function updateWith(members: Members) {
  return readConnectionEvent('data-session.updated', {
    ...minimalData,
    data_session_sid: sessionSid,
    data_total: 1,
    ...members,
  });
}

describe('a session', () => {
  it('has no empty group', () => {
    const { session, sim } = observationsOf(
      readConnectionEvent('data-session.started', { ...minimalData, data_session_sid: sessionSid }),
    );
    const statedIn = (groups: object = {}) =>
      Object.entries(groups).flatMap(([name, group]) => (group === undefined ? [] : [name]));
    expect([statedIn(session?.groups), statedIn(sim?.groups)]).toEqual([
      ['ids'],
      ['ids', 'connection', 'lastEvent', 'signalled', 'session'],
    ]);
  });

  it.each<[Members, object | undefined]>([
    [{ location: {} }, undefined],
    [{ location: { lon: 7 } }, undefined],
    [{ location: { lat: 7 } }, undefined],
    [{ location: { lat: 7, lon: 8 } }, { lat: 7, lon: 8 }],
    [{ location: { cell_id: '7', lat: 34.5, lon: null } }, { cellId: '7' }],
    [{ location: { cell_id: '7', lat: 'north', lon: 8 } }, { cellId: '7' }],
    [{ location: { cell_id: '7', lat: 90.1, lon: 8 } }, { cellId: '7' }],
    [{ location: { cell_id: '7', lat: 7, lon: -180.1 } }, { cellId: '7' }],
    [{ location: { lac: 7 } }, { lac: '7' }],
    [{ location: { cell_id: ' 7 ' } }, { cellId: '7' }],
  ])('in %j is in the cell %j', (members, cell) => {
    expect(sessionWith(members).groups.cell?.group).toEqual(cell);
  });

  it.each<[unknown, number | undefined]>([
    [-118.5720773, -118.5720773],
    ['-118.5720773', -118.5720773],
    ['-118.57207730000000', -118.5720773],
    [' 7 ', 7],
    ['7e-5', 0.00007],
    [180, 180],
    [-180, -180],
    [180.01, undefined],
    ['', undefined],
    [' ', undefined],
    ['east', undefined],
    ['0x10', undefined],
    ['1'.padEnd(41, '0'), undefined],
    ['7.'.padEnd(40, '0'), 7],
    ['7.'.padEnd(41, '0'), undefined],
    [true, undefined],
    [[7], undefined],
    [0, 0],
    [1e-12, 1e-12],
    [-9e-13, 0],
  ])('at %j degrees is at %j', (lon, degrees) => {
    expect(sessionWith({ location: { cell_id: '1', lat: 1, lon } }).groups.cell?.group).toEqual({
      cellId: '1',
      lac: undefined,
      lat: degrees === undefined ? undefined : 1,
      lon: degrees,
    });
  });

  it.each<[Members, object | undefined]>([
    [{ rat_type: '4G LTE' }, { radio: '4G', ratType: '4G LTE' }],
    [{ network: { mcc: '262', mnc: '01' } }, { mcc: '262', mnc: '01', country: 'DE' }],
    [{ network: { mcc: '310', iso_country: 'pr' } }, { mcc: '310', country: 'PR' }],
    [{ network: 'O2', rat_type: null }, undefined],
  ])('on %j is in the network %j', (members, network) => {
    expect(sessionWith(members).groups.network?.group).toEqual(network);
  });

  it.each<[Members, object | undefined]>([
    [{ apn: 'super' }, { apn: 'super' }],
    [{ ip_address: '100.64.0.1' }, { ipAddress: '100.64.0.1' }],
  ])('with %j is reached at %j', (members, address) => {
    expect(sessionWith(members).groups.address?.group).toEqual(address);
  });

  it.each<[unknown, string | undefined]>([
    ['refused', 'refused'],
    [{ code: 93000, message: 'refused' }, '93000: refused'],
    [{ code: '93000' }, '93000'],
    [{ message: 'refused' }, 'refused'],
    [{ code: 'c'.repeat(176), message: 'm'.repeat(16) }, `${'c'.repeat(176)}: ${'m'.repeat(16)}`],
    [{ code: 'c'.repeat(177), message: 'm'.repeat(15) }, 'c'.repeat(177)],
    [{}, undefined],
    [['refused'], undefined],
    [93000, undefined],
    ['', undefined],
  ])('with the error %j says %j', (error, text) => {
    expect(sessionWith({ error }).groups.trouble?.group.error).toBe(text);
  });

  it.each([
    ['data_session_data_upload', { dataUploaded: 7, dataTotal: 7 }],
    ['data_session_data_download', { dataDownloaded: 7, dataTotal: 7 }],
    ['data_session_data_total', { dataTotal: 7 }],
  ])('of which only %s is stated has these totals', (member, totals) => {
    expect(sessionWith({ [member]: '7' }).groups.totals?.group).toEqual(totals);
  });

  it('is not created by an attachment, whatever session it names', () => {
    const reading = readConnectionEvent('attachment.accepted', {
      ...minimalData,
      data_session_sid: sessionSid,
    });
    const { session, event } = observationsOf(reading);
    expect([session, event?.sessionId]).toEqual([undefined, sessionSid]);
  });

  it('that starts is kept if the time of its start is unreadable', () => {
    const { session, event } = observationsOf(
      readConnectionEvent('data-session.started', {
        ...minimalData,
        data_session_sid: sessionSid,
        data_session_start_time: 'noon',
      }),
    );
    expect([session?.start, session?.startStated, event?.extra]).toEqual([
      at,
      false,
      '{"data_session_start_time":"noon"}',
    ]);
  });

  it('has bytes of at most 256 digits, zeros before them included', () => {
    const [longest, tooLong] = [255, 256].map((zeros) => `${'0'.repeat(zeros)}7`);
    const totals = [longest, tooLong].map(
      (data_session_data_total) => sessionWith({ data_session_data_total }).groups.totals?.group,
    );
    expect(totals).toEqual([{ dataTotal: 7 }, undefined]);
  });

  it('that ended or failed without a time of its end ended at the event’s time', () => {
    expect(
      ['data-session.ended', 'data-session.failed', 'data-session.started'].map(
        (type) => sessionWith({ data_session_end_time: undefined }, type).terminal,
      ),
    ).toEqual([{ status: 'ended', end: at }, { status: 'failed', end: at }, undefined]);
  });
});

describe('a record is rejected', () => {
  it.each([...['data_upload', 'data_download', 'data_total']])(
    'for a %s that is not a number of bytes',
    (member) => {
      for (const [value, shown] of [
        [-1, '-1'],
        [1.5, '1.5'],
        ['many', '"many"'],
        [true, 'true'],
        [{}, 'an object'],
      ] as const) {
        expect(updateWith({ [member]: value })).toEqual({
          kind: 'fault',
          code: 'impossible-number',
          member,
          problem: `${member} is not an exact number of bytes`,
          value: shown,
        });
      }
    },
  );

  it('for an envelope without a version or without a type, and says which', () => {
    const { specversion, type, ...rest } = connectionEvent('attachment.accepted');
    const withoutType =
      'This is a CloudEvent without its type: send it with all members that the carrier sent';
    const sentences = [
      { ...rest, type },
      { ...rest, specversion },
      { ...rest, specversion, type: 7 },
    ].map((record) => readSuperSim(record));
    expect(sentences).toEqual(
      [
        'This is a CloudEvent without its specversion: send it with all members that the carrier sent',
        withoutType,
        withoutType,
      ].map((problem) => ({ kind: 'fault', code: 'unknown-shape', problem })),
    );
  });
});

describe('data without its envelope', () => {
  const envelope = connectionEvent('data-session.updated', { ...fullData, added: 7 });

  it.each(['twilio', 'kore', '1nce'] as const)(
    'says what it says with it, where it arrives as %s’s',
    (carrier) => {
      const [bare, whole] = [envelope['data'], envelope].map((record) =>
        observationsOf(interpret(record, arrivalFrom(carrier))),
      );
      expect(bare).toEqual(whole);
    },
  );

  it('is not a record if its type does not say which event it is', () => {
    const { event_type, ...data } = fullData as Members & { event_type?: unknown };
    const records = [data, { ...data, event_type: 'data-session.updated' }, { ...data, event_type: 7 }];
    expect(records.map((record) => readSuperSim(record))).toEqual(
      records.map(() => ({
        kind: 'fault',
        code: 'unknown-shape',
        problem:
          'This is Super SIM data without its envelope, and its event_type does not say which event it is: send the CloudEvent',
      })),
    );
  });
});

describe('whose a record is', () => {
  it.each<[Parameters<typeof arrivalFrom>[0], unknown, string]>([
    ['twilio', 'kore', 'twilio'],
    ['kore', 'twilio', 'kore'],
    ['emnify', 'kore/events', 'kore'],
    ['emnify', '/v1/kore', 'twilio'],
    ['emnify', 7, 'twilio'],
  ])('that arrives as %s’s with the source %j is %s’s', (arrival, source, carrier) => {
    const record = connectionEvent('attachment.accepted', minimalData, { source });
    expect(statedBy(interpret(record, arrivalFrom(arrival)), 'event').carrier).toBe(carrier);
  });

  it('that a successor may also state is less than complete', () => {
    const record = connectionEvent('attachment.accepted');
    const arrival = arrivalFrom('twilio');
    const readBeside = { ...arrival, source: { ...arrival.source, superseded: true } };
    expect(
      [arrival, readBeside].map((each) => statedBy(interpret(record, each), 'event').completeness),
    ).toEqual([complete, superseded]);
  });
});

it('a type with nothing after the marker is unknown', () => {
  expect(statedBy(readConnectionEvent(' '), 'event').type).toBe('unknown');
});

it.each<[unknown, object]>([
  [{ test_id: 'abc' }, { kind: 'ignored', reason: 'sink validation', testId: 'abc' }],
  [{}, { kind: 'ignored', reason: 'sink validation' }],
  [undefined, { kind: 'ignored', reason: 'sink validation' }],
])('a sink validation with the data %j is ignored', (data, reading) => {
  const record = { specversion: '1.0', type: 'com.kore.eventstreams.test.event', data };
  expect(readSuperSim(record)).toStrictEqual(reading);
});
