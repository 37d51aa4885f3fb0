import { describe, expect, it } from 'vitest';
import { makeRowInterpreter } from '../../../../lambda/carriers/datastreamer/csv.ts';
import { nameEventType } from '../../../../lambda/carriers/datastreamer/event-types.ts';
import { interpret } from '../../../../lambda/carriers/index.ts';
import { formatReason, isFault } from '../../../../lambda/carriers/reading.ts';
import { arrivalFrom, observationsOf, statedBy } from '../../../records/arrival.ts';
import {
  carrierEvent,
  contextEvent,
  csvOf,
  flatUsageRecord,
  pdpContext,
  readCsv,
  readStreamer,
  streamerSim,
  usageRecord,
} from '../../../records/datastreamer.ts';
import type { Members } from '../../../records/supersim.ts';

/** What the data streamer's records may leave out or get wrong, member by member. */

const bareUsage = { id: 1, start_timestamp: '2026-11-02T10:00:00Z', sim_id: 7, volume: 0.5 };
const bareEvent = { id: 1, timestamp: '2026-11-02T10:00:00Z', event_type_id: 1, sim_id: 7 };

function statedIn(groups: object = {}): string[] {
  return Object.entries(groups).flatMap(([name, group]) => (group === undefined ? [] : [name]));
}

const noVolume = 'unknown-shape: This is a usage record without a volume: volume or volume_total is missing';

function reasonOf(record: Members): string {
  const reading = readStreamer(record);
  return isFault(reading) ? `${reading.code}: ${formatReason(reading)}` : reading.kind;
}

describe('a record with few members', () => {
  it('of usage states no empty group', () => {
    const { session, sim } = observationsOf(readStreamer({ ...bareUsage, session_id: 's' }));
    expect([statedIn(session?.groups), statedIn(sim?.groups)]).toEqual([
      ['ids'],
      ['ids', 'lifecycle', 'bytes', 'session'],
    ]);
  });

  it('of an event states no empty group', () => {
    const record = { ...bareEvent, event_type_id: 4, detail: { session_id: 's' } };
    const { session, sim } = observationsOf(readStreamer(record));
    expect([statedIn(session?.groups), statedIn(sim?.groups)]).toEqual([
      ['ids'],
      ['ids', 'connection', 'lifecycle', 'lastEvent', 'signalled', 'session'],
    ]);
  });

  it.each(['twilio', 'kore'] as const)('and arrives where %s’s should counts as emnify’s', (carrier) => {
    const records = [bareUsage, bareEvent].map((record) =>
      observationsOf(interpret(record, arrivalFrom(carrier))),
    );
    expect(records.map(({ sim }) => sim?.origin.group.carrier)).toEqual(['emnify', 'emnify']);
  });

  it('does not identify a card by an endpoint’s name that is not exactly an ICCID', () => {
    const names = [`x${streamerSim}`, `${streamerSim}x`, streamerSim.slice(0, 18), `${streamerSim}12`];
    const read = names.map((endpoint_name) =>
      statedBy(readStreamer({ ...bareUsage, endpoint_name }), 'usage'),
    );
    expect(read.map(({ sim, iccid }) => [sim, iccid])).toEqual(names.map(() => ['7', undefined]));
  });

  it('has no IMSI where there is an object without one', () => {
    const read = [bareUsage, bareEvent].map((record) =>
      observationsOf(readStreamer({ ...record, imsi: { id: 7 } })),
    );
    expect(read.map(({ usage, event }) => (usage ?? event)?.imsi)).toEqual([undefined, undefined]);
  });
});

describe('a record is rejected', () => {
  it.each<[Members, string]>([
    [{ ...bareUsage, id: '1e5' }, 'scientific-notation: id cannot be used: "1e5"'],
    [{ ...bareUsage, iccid: '8E+18' }, 'scientific-notation: iccid cannot be used: "8E+18"'],
    [{ ...bareUsage, sim_id: '1e5' }, 'scientific-notation: sim id cannot be used: "1e5"'],
    [
      { ...bareEvent, sim_id: null, organisation_id: '1e5' },
      'scientific-notation: organisation id cannot be used: "1e5"',
    ],
    [{ ...bareEvent, id: 'a\nb' }, 'missing-identity: id cannot be used: "a\\nb"'],
    [{ ...bareEvent, id: null }, 'missing-identity: id is missing, or not a whole number'],
    [{ ...bareEvent, id: 1.5 }, 'missing-identity: id is missing, or not a whole number'],
    ...[undefined, null, ''].map((timestamp): [Members, string] => [
      { ...bareEvent, timestamp },
      'missing-identity: timestamp is missing',
    ]),
    [{ ...bareUsage, volume: 'much' }, 'impossible-number: volume is not a decimal: "much"'],
    [{ ...bareUsage, volume_tx: 'much' }, 'impossible-number: volume tx is not a decimal: "much"'],
    [{ ...bareUsage, volume_rx: 'much' }, 'impossible-number: volume rx is not a decimal: "much"'],
    [{ ...bareUsage, volume: -0.5 }, 'impossible-number: volume is negative: -0.5'],
    [{ ...bareUsage, volume_rx: true }, 'impossible-number: volume rx is not a decimal: true'],
    [{ ...bareUsage, volume: {} }, noVolume],
    [{ ...bareUsage, volume: {}, traffic_type_id: 6 }, noVolume],
    [{ ...bareUsage, volume: {}, traffic_type_id: 9 }, noVolume],
    [
      { ...bareEvent, event_type_id: 'x'.repeat(65) },
      `oversized-field: event_type.id is too long: "${'x'.repeat(59)}…`,
    ],
    [{ id: 1, start_timestamp: '2026-11-02T10:00:00Z' }, noVolume],
    ...[undefined, null, ''].map((start_timestamp): [Members, string] => [
      { ...usageRecord, start_timestamp },
      'missing-identity: start_timestamp is missing',
    ]),
    [{ ...flatUsageRecord, start_timestamp: null }, 'missing-identity: start_timestamp is missing'],
    [{ id: 1, volume: 1 }, 'unknown-shape: This is neither a CloudEvent, nor an event, nor a usage record'],
  ])('as %j', (record, reason) => {
    expect(reasonOf(record)).toBe(reason);
  });

  it('but not for an event type of 64 signs, nor for traffic of which one way is stated', () => {
    expect(
      [
        { ...bareEvent, event_type_id: 'x'.repeat(64) },
        { ...bareUsage, volume: { tx: 1 }, traffic_type_id: 9 },
        { ...bareUsage, volume: { rx: 1 }, traffic_type_id: 9 },
      ].map(reasonOf),
    ).toEqual(['observed', 'observed', 'observed']);
  });
});

it.each<[string, Members, Members, object]>([
  ['both', { mcc: '310', mnc: '260' }, { mcc: '262', iso_code: 'us' }, { mcc: '310', mnc: '260' }],
  ['the country’s', { mcc: '262' }, { mcc: '262' }, { mcc: '262', mnc: '01' }],
  ['the country’s', {}, { mcc: '262' }, { mcc: '262', mnc: '01' }],
  ['its own and its operator’s', { mcc: '262' }, {}, { mcc: '262', mnc: '01' }],
  ['its operator’s', {}, {}, { mcc: undefined, mnc: '01' }],
  ['no', { mcc: '310' }, { mcc: '262', iso_code: 'us' }, { mcc: '310', mnc: undefined }],
])('a network has %s codes where its context is %j and its country %j', (_, codes, country, network) => {
  const detail = { name: 'T-Mobile', country, mnc: [{ id: 3, mnc: '01' }] };
  const { mcc, mnc } =
    statedBy(readStreamer(contextEvent(3, { pdp_context_id: 1, ...codes }, detail)), 'event').network ?? {};
  expect({ mcc, mnc }).toEqual(network);
});

it.each([[[]], [[null]], [[{ id: 3 }]], [[{ mnc: null }]], [['01', '02']], [{}], [null]])(
  'a network has no code of its operator where that has %j',
  (mnc) => {
    const detail = { name: 'T-Mobile', country: { mcc: '262' }, mnc };
    const { network } = statedBy(readStreamer(carrierEvent(1, { detail })), 'event');
    expect([network?.mcc, network?.mnc]).toEqual(['262', undefined]);
  },
);

it.each([[['01']], [[1]], [[{ mnc: '01' }]], [[{ id: 3, mnc: 1 }]], ['01'], [1]])(
  'a network has the one code that its operator has in %j',
  (mnc) => {
    const detail = { name: 'T-Mobile', country: { mcc: '262' }, mnc };
    const { network } = statedBy(readStreamer(carrierEvent(1, { detail })), 'event');
    expect(Number(network?.mnc)).toBe(1);
  },
);

it('of all events with an alert and without a PDP context, only the creation of one was refused', () => {
  const types = [1, 3, 4, 5].map(
    (typeId) => statedBy(readStreamer(carrierEvent(typeId, { alert: true })), 'event').type,
  );
  expect(types).toEqual([
    'location.updated',
    'pdp-context.refused',
    'pdp-context.updated',
    'pdp-context.deleted',
  ]);
});

it.each([true, false, undefined])(
  'an event 3 with a PDP context tells of its creation, with the alert %s',
  (alert) => {
    const { session, event } = observationsOf(readStreamer(contextEvent(3, pdpContext, {}, { alert })));
    expect([session?.sessionId, event?.type, event?.alert]).toEqual([
      '110753000#2026-11-02T09:00:27.000Z',
      'pdp-context.created',
      alert,
    ]);
  },
);

it('empty members are not kept among the unknown ones', () => {
  const added = { added_a: null, added_b: '', added_c: 0, added_d: false };
  expect(
    [bareUsage, bareEvent].map((record) => {
      const { usage, event } = observationsOf(readStreamer({ ...record, ...added }));
      return (usage ?? event)?.extra;
    }),
  ).toEqual(['{"added_c":0,"added_d":false}', '{"added_c":0,"added_d":false}']);
});

it('empty members of a flat detail are not kept', () => {
  const flat = { detail_name: 'O2', detail_id: null, detail_mnc: '' };
  expect(statedBy(readStreamer({ ...bareEvent, ...flat }), 'event').detail).toBe('{"name":"O2"}');
});

it.each<[string, string | undefined, boolean, string]>([
  ['3', undefined, true, 'pdp-context.refused'],
  ['3', 'Purge location', false, 'pdp-context.created'],
  ['4', undefined, true, 'pdp-context.updated'],
  ['15', 'PURGE location', false, 'location.purged'],
  ['15', 'sms callback', true, 'sms-api.callback'],
  ['15', undefined, false, 'event.15'],
  ['1', 'Purge location', false, 'location.updated'],
])('type %s, called %j, refused: %j, is %s', (id, words, refused, name) => {
  expect(nameEventType(id, words, refused)).toBe(name);
});

describe('a header', () => {
  it.each<[string, string, string]>([
    ['id,start_timestamp,volume', 'any.csv', 'usage'],
    ['id,start_timestamp,volume_tx', 'any.csv', 'usage'],
    ['id,start_timestamp,volume_rx', 'events_1.csv', 'usage'],
    ['id,event_type_id', 'any.csv', 'events'],
    ['id,event_type_description', 'cdr_1.csv', 'events'],
    ['id,timestamp', 'events_1.csv', 'events'],
    ['id,timestamp', 'cdr_1.csv', 'unknown-columns'],
    ['id,start_timestamp', 'cdr_1.csv', 'unknown-columns'],
    ['id,volume', 'cdr_1.csv', 'unknown-columns'],
    ['start_timestamp,volume', 'cdr_1.csv', 'no-id-column'],
    ['', 'events_1.csv', 'no-id-column'],
  ])('%j in %s is one of %s', (header, fileName, kind) => {
    const rows = makeRowInterpreter(header.split(','), fileName);
    const reading = isFault(rows)
      ? rows
      : rows(
          header.split(',').map((name) => (name === 'id' ? '1' : name.startsWith('volume') ? '1' : '')),
          arrivalFrom('1nce'),
        );
    // Without a SIM both are refused, each with its own reason.
    const told = isFault(reading) ? reading : undefined;
    const kinds: Readonly<Record<string, string>> = {
      'Neither an ICCID nor a SIM id names the SIM': 'usage',
      'timestamp is missing': 'events',
    };
    expect(kinds[told?.problem ?? ''] ?? told?.code).toBe(kind);
  });
});

describe('a row', () => {
  const header = ['id', 'start_timestamp', 'sim_id', 'volume'];
  const row = ['1', '2026-11-02 10:00:00', '7', '0.5'];
  const eventHeader = ['id', 'timestamp', 'sim_id', 'event_type_id'];
  const eventRow = ['1', '2026-11-02 10:00:00', '7', '1'];

  it.each<[string, readonly string[], string]>([
    ['as long as its header', [], 'observed'],
    ['longer by empty fields', ['', ''], 'observed'],
    ['longer by a field', ['x'], 'broken-row'],
    ['longer by fields of which one is not empty', ['', 'x', ''], 'broken-row'],
  ])('%s', (_, more, outcome) => {
    const read = [
      ...readCsv(csvOf(header, [...row, ...more]), 'cdr_1.csv'),
      ...readCsv(csvOf(eventHeader, [...eventRow, ...more]), 'events_1.csv'),
    ];
    expect(read.map((reading) => (isFault(reading) ? reading.code : reading.kind))).toEqual([
      outcome,
      outcome,
    ]);
  });

  it('that is shorter than its header is broken, and so says its fault', () => {
    const read = [
      ...readCsv(csvOf(header, row.slice(0, 3)), 'cdr_1.csv'),
      ...readCsv(csvOf(eventHeader, eventRow.slice(0, 3)), 'events_1.csv'),
    ];
    const problem = 'The row has 3 fields where the header has 4';
    expect(read).toEqual([
      { kind: 'fault', code: 'broken-row', problem },
      { kind: 'fault', code: 'broken-row', problem },
    ]);
  });

  it('has no value under a column without a name, and the first of two of one name', () => {
    const [reading] = readCsv(csvOf([...header, '', 'volume_total'], [...row, 'x', '9']), 'cdr_1.csv');
    const { volume, extra } = reading === undefined ? {} : statedBy(reading, 'usage');
    expect([volume, extra]).toEqual(['0.5', undefined]);
  });

  it('has the detail that columns spread, and no other column counts as one of it', () => {
    const columns = [...eventHeader, 'detail_name', 'my_detail_'];
    const [reading] = readCsv(csvOf(columns, [...eventRow, 'O2', 'x']), 'events_1.csv');
    const { detail, extra } = reading === undefined ? {} : statedBy(reading, 'event');
    expect([detail, extra]).toEqual(['{"name":"O2"}', '{"my_detail_":"x"}']);
  });
});
