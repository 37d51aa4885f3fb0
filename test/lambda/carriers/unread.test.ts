import { describe, expect, it } from 'vitest';
import { Unread } from '../../../lambda/carriers/unread.ts';
import { observationsOf } from '../../records/arrival.ts';
import {
  carrierEvent,
  contextEvent,
  pdpContext,
  readStreamer,
  streamerSim,
  usageRecord,
} from '../../records/datastreamer.ts';
import { fullData, type Members, readConnectionEvent } from '../../records/supersim.ts';

/** Members that a record does not need: if one can't be read, the rest is kept, and the member as it was written. */

const sessionId = 'b2c5a9de-0000-4000-a000-000000000001';
const at = '2026-11-02T10:00:00.000Z';
const later = '2026-11-09T10:00:00Z';
const long = 'x'.repeat(129);

type Changes = Readonly<Record<string, object | undefined>>;

/** What a record states, with what differs from another. */
function stated(record: Members, read: (record: Members) => ReturnType<typeof readStreamer>) {
  return observationsOf(read(record));
}

/** The observation with some of its attributes replaced; groups one by one. */
function changed(original: object, changes: Changes): unknown {
  const entries = Object.entries(original).map(([noun, observation]) => {
    const change = changes[noun];
    if (change === undefined || observation === undefined) return [noun, observation];
    const { groups, ...attributes } = change as { groups?: object };
    const inGroups = (observation as { groups?: object }).groups;
    return [
      noun,
      { ...(observation as object), ...attributes, ...(inGroups && { groups: { ...inGroups, ...groups } }) },
    ];
  });
  return Object.fromEntries(entries);
}

function updated(members: Members) {
  return readConnectionEvent('data-session.updated', { ...fullData, ...members });
}

/** Expects that a text of this length is stated, and a longer one only noted. */
function expectWhole(member: string, maxLength: number, read: (text: string) => unknown): void {
  const readings = [maxLength, maxLength + 1].map((length) => {
    const text = 'y'.repeat(length);
    return [text, JSON.stringify(read(text))] as const;
  });
  expect(readings.map(([text, reading]) => reading.includes(`:"${text}"`))).toEqual([true, false]);
  expect(readings.map(([text, reading]) => reading.includes(`{\\"${member}\\":\\"${text}\\"}`))).toEqual([
    false,
    true,
  ]);
}

describe('a Super SIM event', () => {
  it.each<[string, Members, string, Changes]>([
    ...['data_session_data_upload', 'data_session_data_download', 'data_session_data_total'].flatMap(
      (member) =>
        [-1, 1.5, 'many', true].map((value): [string, Members, string, Changes] => [
          member,
          { [member]: value },
          JSON.stringify({
            data_session_data_upload: 4000,
            data_session_data_download: 6000,
            data_session_data_total: 10_000,
            [member]: value,
          }),
          {
            session: { groups: { totals: undefined } },
            usage: { sessionUploaded: undefined, sessionDownloaded: undefined, sessionTotal: undefined },
          },
        ]),
    ),
    [
      'data_session_start_time',
      { data_session_start_time: 'noon' },
      '{"data_session_start_time":"noon"}',
      { session: { start: at, startStated: false } },
    ],
    [
      'data_session_start_time of next week',
      { data_session_start_time: later },
      `{"data_session_start_time":"${later}"}`,
      { session: { start: at, startStated: false } },
    ],
    [
      'data_session_update_start_time',
      { data_session_update_start_time: { a: 1 } },
      JSON.stringify({ data_session_update_start_time: '{"a":1}' }),
      { usage: { start: at, usageId: `${at}#${fullData.event_sid}` } },
    ],
    [
      'data_session_update_end_time',
      { data_session_update_end_time: '2026-02-30T10:00:00Z' },
      '{"data_session_update_end_time":"2026-02-30T10:00:00Z"}',
      {},
    ],
    [
      'location without a longitude',
      { location: { ...fullData.location, lon: null } },
      '{"location.lat":34.166991}',
      { session: { groups: { cell: { at, group: { cellId: '47322374', lac: '15170' } } } } },
    ],
    [
      'location beyond the range',
      { location: { ...fullData.location, lat: 91 } },
      '{"location.lat":91,"location.lon":-118.5720773}',
      { session: { groups: { cell: { at, group: { cellId: '47322374', lac: '15170' } } } } },
    ],
  ])('is kept without its %s: %j', (_, members, extra, changes) => {
    const { usage = {}, ...others } = changes;
    const expected = { ...others, usage: { ...usage, extra } };
    expect(observationsOf(updated(members))).toEqual(changed(observationsOf(updated({})), expected));
  });

  it.each<[string, number, (text: string) => Members]>([
    ...(
      [
        ['account_sid', 64],
        ['fleet_sid', 64],
        ['imsi', 32],
        ['apn', 100],
        ['ip_address', 45],
        ['data_modifier', 32],
      ] as const
    ).map(([member, max]): [string, number, (text: string) => Members] => [
      member,
      max,
      (text) => ({ [member]: text }),
    ]),
    ['network.mcc', 8, (mcc) => ({ network: { mcc } })],
    ['network.mnc', 8, (mnc) => ({ network: { mcc: '262', mnc } })],
    ['location.cell_id', 32, (cell_id) => ({ location: { cell_id } })],
    ['location.lac', 16, (lac) => ({ location: { lac } })],
  ])('never truncates its %s, which is kept whole or not at all', (member, maxLength, make) => {
    expectWhole(member, maxLength, (text) => observationsOf(updated(make(text))));
  });

  it('does not keep an empty coordinate', () => {
    const { usage } = observationsOf(updated({ location: { lat: 'N/A', lon: 5 } }));
    expect(usage?.extra).toBe('{"location.lon":5}');
  });

  it('ended at its own time if the time of the end is unreadable', () => {
    const ended = { ...fullData, data_session_end_time: 'noon' };
    const { session, event } = observationsOf(readConnectionEvent('data-session.ended', ended));
    expect([session?.terminal, event?.extra]).toEqual([
      { status: 'ended', end: at },
      '{"data_session_end_time":"noon"}',
    ]);
  });

  it('keeps the code of an error whole, and truncates its message', () => {
    const code = 'DIAMETER_ERROR_UNKNOWN_EPS_SUBSCRIPTION (5420)';
    const errors = [
      { code, message: 'm'.repeat(500) },
      { code: 'c'.repeat(190), message: 'not known' },
      { code, message: 'no EPS subscription' },
    ].map((error) => observationsOf(updated({ error })).session?.groups.trouble?.group.error);
    expect(errors).toEqual([`${code}: ${'m'.repeat(143)}…`, 'c'.repeat(190), `${code}: no EPS subscription`]);
  });
});

describe('a usage record', () => {
  it.each<[string, Members, string, Changes]>([
    ...['0,5', 'much', true, '1'.repeat(45)].map((cost): [string, Members, string, Changes] => [
      'cost',
      { cost },
      JSON.stringify({ cost }),
      { usage: { costVolume: undefined } },
    ]),
    ['cost', { cost: [] }, '{"cost":"[]"}', { usage: { costVolume: undefined } }],
    [
      'end',
      { end_timestamp: '2026-02-30 10:00:00' },
      '{"end_timestamp":"2026-02-30 10:00:00"}',
      { usage: { end: at } },
    ],
    ['end of next week', { end_timestamp: later }, `{"end_timestamp":"${later}"}`, { usage: { end: at } }],
    ['session id', { session_id: '1E+9' }, '{"session_id":"1E+9"}', {}],
    ['session id', { session_id: long }, `{"session_id":"${long}"}`, {}],
    [
      'organisation id',
      { organisation: { id: '1e5' } },
      '{"organisation.id":"1e5"}',
      { sim: { groups: { ids: { at: '2026-11-02T00:00:00.000Z', group: { simId: '123456' } } } } },
    ],
    [
      'SIM id beside an ICCID',
      { sim: { ...usageRecord.sim, id: '1e5' } },
      '{"sim.id":"1e5"}',
      { sim: { groups: { ids: { at: '2026-11-02T00:00:00.000Z', group: { accountId: '1234' } } } } },
    ],
    [
      'currency',
      { currency: { code: 'a currency of no bank' } },
      '{"currency":"a currency of no bank"}',
      { usage: { completeness: 7 } },
    ],
  ])('is kept without its %s: %j', (_, members, extra, changes) => {
    const { usage = {}, ...others } = changes;
    const expected = { ...others, usage: { ...usage, extra } };
    expect(stated({ ...usageRecord, ...members }, readStreamer)).toEqual(
      changed(stated(usageRecord, readStreamer), expected),
    );
  });

  it('has unreadable members before undocumented ones, in one object', () => {
    const { usage } = stated({ ...usageRecord, cost: 'much', added: 7, session_id: '1E+9' }, readStreamer);
    expect(usage?.extra).toBe('{"session_id":"1E+9","cost":"much","added":7}');
  });
});

describe('an event', () => {
  const context = (about: Members, detail: Members = { session_id: sessionId }) =>
    observationsOf(readStreamer(contextEvent(5, { ...pdpContext, ...about }, detail)));

  it.each(['2199-12-31T00:00:00', 'noon'])(
    'of a session with an id is kept without its tunnel’s time, %s',
    (time) => {
      const { session, event } = context({ tunnel_created: time });
      expect([session?.sessionId, session?.start, session?.startStated, event?.extra]).toEqual([
        sessionId,
        at,
        false,
        `{"tunnel_created":"${time}"}`,
      ]);
    },
  );

  it('of a session that only that time would name is an event and no session', () => {
    const { session, event } = context({ tunnel_created: 'noon' }, {});
    expect([session, event?.sessionId, event?.type, event?.extra]).toEqual([
      undefined,
      undefined,
      'pdp-context.deleted',
      '{"tunnel_created":"noon"}',
    ]);
  });

  it.each<[unknown, string]>([
    [{ total: -0.5 }, '{"detail.volume.total":-0.5}'],
    [{ total: 'much', rx: 1 }, '{"detail.volume.rx":1,"detail.volume.total":"much"}'],
    [{ total: 1, tx: [] }, '{"detail.volume.tx":"[]","detail.volume.total":1}'],
  ])('that ends a session is kept without the volume %j', (volume, extra) => {
    const { session, event } = context({}, { session_id: sessionId, volume });
    expect([session?.terminal, session?.groups.totals, event?.extra]).toEqual([
      { status: 'ended', end: at },
      undefined,
      extra,
    ]);
  });

  it.each<[string, number, (text: string) => Members]>([
    ['apn', 100, (apn) => contextEvent(3, { ...pdpContext, apn })],
    ['ue_ip_address', 45, (ue_ip_address) => contextEvent(3, { ...pdpContext, ue_ip_address })],
    [
      'ip_address',
      45,
      (ip_address) =>
        contextEvent(3, { ...pdpContext, ue_ip_address: null }, {}, { endpoint: { ip_address } }),
    ],
    ['mcc', 8, (mcc) => contextEvent(3, { ...pdpContext, mcc }, { country: null })],
    ['country.mcc', 8, (mcc) => contextEvent(3, { ...pdpContext, mcc: null }, { country: { mcc } })],
    ['ci', 32, (ci) => contextEvent(3, { ...pdpContext, ci })],
    ['lac', 16, (lac) => contextEvent(3, { ...pdpContext, lac })],
    ['imsi', 32, (imsi) => carrierEvent(1, { imsi: { imsi } })],
    ['msisdn', 32, (msisdn) => carrierEvent(1, { sim: { iccid: streamerSim, msisdn } })],
  ])('never truncates its %s, which is kept whole or not at all', (member, maxLength, make) => {
    expectWhole(member, maxLength, (text) => {
      // As text, the detail has every member.
      const { session, event, sim } = observationsOf(readStreamer(make(text)));
      return { session, event: { ...event, detail: undefined }, sim };
    });
  });

  it('keeps a description of 400 bytes whole', () => {
    const [whole, cut] = [400, 401].map((length) => {
      const { event } = observationsOf(readStreamer(carrierEvent(1, { description: 'd'.repeat(length) })));
      return event?.description;
    });
    expect([whole, cut]).toEqual(['d'.repeat(400), `${'d'.repeat(397)}…`]);
  });

  it('truncates its description and detail for them, but never them', () => {
    const record = carrierEvent(1, {
      organisation: { id: 'y'.repeat(129) },
      description: 'd'.repeat(1000),
      detail: 'e'.repeat(1000),
    });
    const { event } = observationsOf(readStreamer(record));
    const extra = JSON.stringify({ 'organisation.id': 'y'.repeat(129) });
    expect(event?.extra).toBe(extra);
    const bytes = [event?.description, event?.detail, event?.extra].map((text) =>
      Buffer.byteLength(text ?? ''),
    );
    expect(bytes).toEqual([400 - extra.length, 120 + 20, extra.length]);
  });
});

describe('members that cannot be read', () => {
  it('precede undocumented members in one object, truncated to the room', () => {
    const unread = new Unread();
    expect([unread.text, unread.readTextBeside('{"new":1}', 320)]).toEqual([undefined, '{"new":1}']);
    unread.note('a', 'x'.repeat(100));
    const text = `{"a":"${'x'.repeat(100)}"}`;
    expect([
      unread.readTextBeside(undefined, 320),
      unread.readTextBeside('{"new":1}', 320),
      unread.readTextBeside('{"new":1}', 115),
    ]).toEqual([text, `${text.slice(0, -1)},"new":1}`, `${text.slice(0, -1)},"new…`]);
  });

  it('are kept alone if they were truncated themselves', () => {
    const unread = new Unread();
    for (const member of ['a', 'b']) unread.note(member, 'x'.repeat(150));
    const text = `{"a":"${'x'.repeat(150)}","b":"${'x'.repeat(34)}…`;
    expect([unread.text, unread.readTextBeside('{"new":1}', 320)]).toEqual([text, text]);
  });

  it.each([null, undefined, '', ' ', 'N/A'])('are not noted if they are empty: %j', (written) => {
    const unread = new Unread();
    unread.note('a', written);
    expect(unread.text).toBeUndefined();
  });
});
