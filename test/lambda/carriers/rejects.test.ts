import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { makeRowInterpreter } from '../../../lambda/carriers/datastreamer/csv.ts';
import { interpret } from '../../../lambda/carriers/index.ts';
import { type Fault, formatReason, isFault, type RejectCode } from '../../../lambda/carriers/reading.ts';
import { arrivalFrom, arrivedAt, statedBy } from '../../records/arrival.ts';
import {
  carrierEvent,
  contextEvent,
  flatUsageRecord,
  pdpContext,
  readStreamer,
  usageRecord,
} from '../../records/datastreamer.ts';
import { fixtureValue } from '../../records/fixtures.ts';
import { readAll } from '../../records/read-all.ts';
import {
  connectionEvent,
  fullData,
  type Members,
  minimalData,
  readConnectionEvent,
  sessionSid,
  without,
} from '../../records/supersim.ts';

/** A rejected record: where the fault is, its code, and its sentence. */
interface Example {
  readonly what: string;
  readonly record: unknown;
  readonly code: RejectCode;
  readonly reason: string;
}

const superSim = (about: Members) => connectionEvent('data-session.updated', { ...fullData, ...about });
const inMilliseconds = (ahead: number) => new Date(arrivedAt + ahead).toISOString();
const day = 86_400_000;

const examples: readonly Example[] = [
  {
    what: 'a number instead of a record',
    record: 7,
    code: 'unknown-shape',
    reason: 'A record is an object, but this is a number',
  },
  {
    what: 'an array within an array',
    record: [[]],
    code: 'unknown-shape',
    reason: 'A record is an object, but this is an array in an array: send its elements',
  },
  {
    what: 'an object of no known kind',
    record: { hello: 'world' },
    code: 'unknown-shape',
    reason: 'This is neither a CloudEvent, nor an event, nor a usage record',
  },
  {
    what: 'a CloudEvent of another product',
    record: connectionEvent('x', {}, { type: 'com.twilio.messaging.message.sent' }),
    code: 'unknown-shape',
    reason: 'type is not the type of a Super SIM connection event: "com.twilio.messaging.message.sent"',
  },
  {
    what: 'a CloudEvent whose data is not an object',
    record: { ...connectionEvent('attachment.accepted'), data: 'not { json' },
    code: 'unknown-shape',
    reason: 'data of a Super SIM event must be an object, or the text of one',
  },
  {
    what: 'a usage record without a volume in its volume',
    record: { ...usageRecord, volume: {} },
    code: 'unknown-shape',
    reason: 'This is a usage record without a volume: volume or volume_total is missing',
  },
  {
    what: 'an event whose type has no id',
    record: carrierEvent(null),
    code: 'unknown-shape',
    reason: 'The event type has no id',
  },
  {
    what: 'a connection event without event_sid',
    record: connectionEvent('attachment.accepted', without(minimalData, 'event_sid')),
    code: 'missing-identity',
    reason: 'event_sid is missing',
  },
  {
    what: 'a connection event’s data without its envelope and event_sid',
    record: {
      ...without(minimalData, 'event_sid'),
      event_type: 'com.twilio.iot.supersim.connection.attachment.accepted',
    },
    code: 'missing-identity',
    reason: 'event_sid is missing',
  },
  {
    what: 'an event_sid in scientific notation',
    record: superSim({ event_sid: '1.2E+9' }),
    code: 'scientific-notation',
    reason: 'event_sid cannot be used: "1.2E+9"',
  },
  {
    what: 'a volume beside one other member of a usage record',
    record: { volume: { total: 1 }, organisation: { id: 1 } },
    code: 'unknown-shape',
    reason: 'This is neither a CloudEvent, nor an event, nor a usage record',
  },
  {
    what: 'a volume beside two other members of a usage record',
    record: { volume: { total: 1 }, organisation: { id: 1 }, cost: 1 },
    code: 'missing-identity',
    reason: 'id is missing, or not a whole number',
  },
  {
    what: 'a connection event of no SIM',
    record: connectionEvent('attachment.accepted', without(without(minimalData, 'sim_sid'), 'sim_iccid')),
    code: 'missing-identity',
    reason: 'Neither sim_iccid nor sim_sid names the SIM',
  },
  ...['started', 'updated', 'ended'].map((type) => ({
    what: `data-session.${type} without data_session_sid`,
    record: connectionEvent(`data-session.${type}`),
    code: 'missing-identity' as const,
    reason: 'data_session_sid is missing',
  })),
  {
    what: 'a connection event without time',
    record: without(connectionEvent('attachment.accepted', without(minimalData, 'timestamp')), 'time'),
    code: 'missing-identity',
    reason: 'timestamp is missing',
  },
  {
    what: 'an id of several lines',
    record: superSim({ data_session_sid: 'PI1\nPI2' }),
    code: 'missing-identity',
    reason: 'data_session_sid cannot be used: "PI1\\nPI2"',
  },
  {
    what: 'an id with a zero byte',
    record: { ...usageRecord, id: 'a\u0000b' },
    code: 'missing-identity',
    reason: 'id cannot be used: "a\\u0000b"',
  },
  {
    what: 'a usage record without id',
    record: without(usageRecord, 'id'),
    code: 'missing-identity',
    reason: 'id is missing, or not a whole number',
  },
  {
    what: 'a usage record whose id is a fraction',
    record: { ...usageRecord, id: 1.5 },
    code: 'missing-identity',
    reason: 'id is missing, or not a whole number',
  },
  {
    what: 'a usage record of no SIM',
    record: without(without(flatUsageRecord, 'sim_id'), 'endpoint_name'),
    code: 'missing-identity',
    reason: 'Neither an ICCID nor a SIM id names the SIM',
  },
  {
    what: 'an event without time',
    record: without(carrierEvent(1), 'timestamp'),
    code: 'missing-identity',
    reason: 'timestamp is missing',
  },
  {
    what: 'an event of no SIM and no organisation',
    record: without(without(carrierEvent(6), 'sim'), 'organisation'),
    code: 'missing-identity',
    reason: 'Neither a SIM nor an organisation is named',
  },
  ...['8.98828E+18', '8,98828E+18', '8.98828e18', '9E+18', '89.8828E+17'].map((iccid) => ({
    what: `the ICCID ${iccid}`,
    record: { ...usageRecord, sim: { id: 5, iccid } },
    code: 'scientific-notation' as const,
    reason: `iccid cannot be used: "${iccid}"`,
  })),
  {
    what: 'a record id in scientific notation',
    record: { ...usageRecord, id: '1.23457E+15' },
    code: 'scientific-notation',
    reason: 'id cannot be used: "1.23457E+15"',
  },
  {
    what: 'a Super SIM’s ICCID in scientific notation',
    record: superSim({ sim_iccid: '8.9883E+19' }),
    code: 'scientific-notation',
    reason: 'sim_iccid cannot be used: "8.9883E+19"',
  },
  {
    what: 'the id of a PDP context in scientific notation',
    record: contextEvent(3, { ...pdpContext, pdp_context_id: '1.1E+8' }),
    code: 'scientific-notation',
    reason: 'pdp_context_id cannot be used: "1.1E+8"',
  },
  {
    what: 'an id of a million characters',
    record: { ...usageRecord, id: 'x'.repeat(1_000_000) },
    code: 'oversized-field',
    reason: `id cannot be used: "${'x'.repeat(59)}…`,
  },
  {
    what: 'an event type of a million characters',
    record: carrierEvent('x'.repeat(1_000_000)),
    code: 'oversized-field',
    reason: `event_type.id is too long: "${'x'.repeat(59)}…`,
  },
  ...['2026-02-30T10:00:00Z', '2025-02-29T10:00:00Z', '2026-11-31 10:00:00', '2026-13-01T10:00:00Z'].map(
    (time) => ({
      what: `the date ${time}`,
      record: { ...usageRecord, start_timestamp: time },
      code: 'impossible-time' as const,
      reason: `start_timestamp is not a possible time: "${time}"`,
    }),
  ),
  ...[
    '2026-11-02T24:00:00Z',
    '2026-11-02T10:60:00Z',
    '2026-11-02T10:00:60Z',
    '1999-12-31T23:59:59Z',
    'now',
  ].map((time) => ({
    what: `the time ${time}`,
    record: carrierEvent(1, { timestamp: time }),
    code: 'impossible-time' as const,
    reason: `timestamp is not a possible time: "${time}"`,
  })),
  {
    what: 'a number for a time',
    record: carrierEvent(1, { timestamp: 1_762_077_600 }),
    code: 'impossible-time',
    reason: 'timestamp is not a possible time: 1762077600',
  },
  {
    what: 'a connection event 24 hours and a second ahead',
    record: superSim({ timestamp: inMilliseconds(day + 1000) }),
    code: 'future-time',
    reason: 'timestamp is more than 24 hours ahead of the arrival: 2026-11-03T12:00:01.000Z',
  },
  {
    what: 'a usage record 24 hours and a second ahead',
    record: { ...usageRecord, start_timestamp: inMilliseconds(day + 1000) },
    code: 'future-time',
    reason: 'start_timestamp is more than 24 hours ahead of the arrival: 2026-11-03T12:00:01.000Z',
  },
  {
    what: 'an object for a time',
    record: superSim({ timestamp: {} }),
    code: 'impossible-time',
    reason: 'timestamp is not a possible time: an object',
  },
  {
    what: 'an array for a time',
    record: superSim({ timestamp: [] }),
    code: 'impossible-time',
    reason: 'timestamp is not a possible time: an array',
  },
  {
    what: 'a type of a million characters',
    record: connectionEvent('x'.repeat(1_000_000)),
    code: 'oversized-field',
    reason: `type is too long: "com.twilio.iot.supersim.connection.${'x'.repeat(24)}…`,
  },
  {
    what: 'running totals that nothing has a place for',
    record: connectionEvent('data-session.updated', {
      ...minimalData,
      data_session_sid: sessionSid,
      data_session_data_total: 'many',
    }),
    code: 'impossible-number',
    reason: 'data_session_data_total is not an exact number of bytes: "many"',
  },
  {
    what: 'half a byte',
    record: superSim({ data_upload: 0.5 }),
    code: 'impossible-number',
    reason: 'data_upload is not an exact number of bytes: 0.5',
  },
  {
    what: 'a negative volume',
    record: { ...usageRecord, volume: { total: -0.1 } },
    code: 'impossible-number',
    reason: 'volume is negative: -0.1',
  },
  {
    what: 'a volume that is not a number',
    record: { ...usageRecord, volume: { total: 1, tx: 'NaN' } },
    code: 'impossible-number',
    reason: 'volume tx is not a decimal: "NaN"',
  },
  {
    what: 'a volume of more digits than a table can hold',
    record: { ...usageRecord, volume: { total: `0.${'1'.repeat(45)}` } },
    code: 'impossible-number',
    reason: `volume has more digits than can be kept exactly (36): "0.${'1'.repeat(45)}"`,
  },
  {
    what: 'a volume that is an object which can not be made a text',
    record: { ...usageRecord, volume: { total: { toString: 1, valueOf: 1 } } },
    code: 'impossible-number',
    reason: 'volume is not a decimal: an object',
  },
  {
    what: 'a volume with more digits than a table holds',
    record: { ...usageRecord, volume: { total: '1.2345678901234567890123456789012345678901' } },
    code: 'impossible-number',
    reason:
      'volume has more digits than can be kept exactly (36): "1.2345678901234567890123456789012345678901"',
  },
  ...[
    ['a volume', { ...usageRecord, volume: { total: `0.${'0'.repeat(300)}` } }, 'volume'],
    ['a time', { ...usageRecord, start_timestamp: '2'.repeat(257) }, 'start_timestamp'],
    ['a Super SIM’s volume', superSim({ data_upload: '0'.repeat(1_000) }), 'data_upload'],
  ].map(([what, record, member]) => ({
    what: `${what} of too many characters`,
    record,
    code: 'oversized-field' as const,
    reason: expect.stringMatching(new RegExp(`^${member} has more than 256 characters: "[ 0-9.]{59}…$`)),
  })),
  {
    what: 'a usage record whose only name is not an ICCID',
    record: { ...usageRecord, sim: { iccid: '898828066600100000151' } },
    code: 'missing-identity',
    reason:
      'iccid is not an ICCID, which has 18 to 20 digits, and the id of the SIM is missing: "898828066600100000151"',
  },
  {
    what: 'a connection event whose only name is not an ICCID',
    record: connectionEvent('attachment.accepted', {
      ...without(minimalData, 'sim_sid'),
      sim_iccid: '898830709999999910001',
    }),
    code: 'missing-identity',
    reason:
      'sim_iccid is not an ICCID, which has 18 to 20 digits, and sim_sid is missing: "898830709999999910001"',
  },
  {
    what: 'more megabytes than can be counted in bytes',
    record: { ...usageRecord, volume: { total: '99999999999999' } },
    code: 'impossible-number',
    reason: 'volume is more bytes than can be counted exactly: "99999999999999"',
  },
  ...[
    ['megabytes', { ...usageRecord, volume: { tx: 9_007_199_254, rx: 9_007_199_254 } }, 'volume'],
    [
      'bytes of a window',
      superSim({ data_total: null, data_upload: 2 ** 53 - 1, data_download: 1 }),
      'data_total',
    ],
    ['messages', { ...usageRecord, traffic_type: { id: 6 }, volume: { tx: 1, rx: 2 ** 53 - 1 } }, 'volume'],
  ].map(([what, record, member]) => ({
    what: `two directions that together are more ${what} than can be counted`,
    record,
    code: 'impossible-number' as const,
    reason: `${member} is missing, and both directions together are more bytes than can be counted exactly`,
  })),
  ...[
    ['a SIM id', { ...usageRecord, sim: { id: 'account:emnify:1234' } }, 'sim id', 'account:emnify:1234'],
    ['a SIM’s SID', superSim({ sim_iccid: null, sim_sid: 'files:emnify' }), 'sim_sid', 'files:emnify'],
  ].map(([what, record, member, id]) => ({
    what: `${what} that looks like a key of an account or of files`,
    record,
    code: 'missing-identity' as const,
    reason: `${member} begins like a key that names no SIM: "${id}"`,
  })),
  {
    what: 'a negative number of messages',
    record: { ...usageRecord, traffic_type: { id: 6 }, volume: { total: -1 } },
    code: 'impossible-number',
    reason: 'volume is negative: -1',
  },
  {
    what: 'half a message',
    record: { ...usageRecord, traffic_type: { id: 6 }, volume: { total: 1.5 } },
    code: 'impossible-number',
    reason: 'volume is not a number of messages: 1.5',
  },
];

/** Reads as the carrier's consumer would. */
function readAny(record: unknown) {
  return interpret(record, arrivalFrom('emnify'));
}

describe('a record is rejected, with its code and a sentence,', () => {
  it.each(examples)('for $what', ({ record, code, reason }) => {
    const reading = readAny(record);
    if (!isFault(reading)) expect.fail('It was read');
    expect({ code: reading.code, reason: formatReason(reading) }).toEqual({ code, reason });
  });

  it('and there is an example of every code', () => {
    const bodies = [
      Buffer.from('{'),
      gzipSync('{}').subarray(0, 12),
      Buffer.from([0xf3, 0x89, 0x9a, 0xc2]),
      Buffer.from([0xff]),
      Buffer.from('PK\x03\x04\xff', 'latin1'),
      Buffer.alloc(0),
      Buffer.from('{}'.repeat(2_000)),
    ];
    const tooLarge = gzipSync(Buffer.alloc(20_000_000));
    const ofBodies = [...bodies, tooLarge].flatMap((bytes) => readAll(bytes).broken.map(({ code }) => code));
    const usageRows = makeRowInterpreter(['id', 'start_timestamp', 'volume'], 'cdr_1.csv');
    const ofFiles: (Fault | undefined)[] = [
      makeRowInterpreter(['iccid'], 'cdr_1.csv'),
      makeRowInterpreter(['id'], 'cars.csv'),
      isFault(usageRows) ? usageRows : usageRows(['1'], arrivalFrom('1nce')),
    ].filter((value): value is Fault => isFault(value));
    const codes = new Set([...examples.map(({ code }) => code), ...ofBodies, ...ofFiles.map((f) => f?.code)]);
    const all: Record<Exclude<RejectCode, 'stops-consumer'>, true> = {
      'broken-json': true,
      'broken-gzip': true,
      'broken-aggregate': true,
      'not-utf8': true,
      'not-text': true,
      empty: true,
      'too-large': true,
      'too-many-values': true,
      'unknown-shape': true,
      'missing-identity': true,
      'scientific-notation': true,
      'oversized-field': true,
      'impossible-time': true,
      'future-time': true,
      'impossible-number': true,
      'broken-row': true,
      'no-id-column': true,
      'unknown-columns': true,
    };
    expect([...codes].sort()).toEqual(Object.keys(all).sort());
  });
});

it('the type of a connection event may have 160 characters', () => {
  const carrierType = `x.supersim.connection.${'y'.repeat(138)}`;
  const read = (type: string) => readAny(connectionEvent('', minimalData, { type }));
  expect([statedBy(read(carrierType), 'event').carrierType, read(`${carrierType}y`).kind]).toEqual([
    carrierType,
    'fault',
  ]);
});

describe('clocks', () => {
  it.each([23 * 3_600_000, day])('may be %i ms ahead', (ahead) => {
    const time = inMilliseconds(ahead);
    expect([
      statedBy(readConnectionEvent('attachment.accepted', { ...minimalData, timestamp: time }), 'event').time,
      statedBy(readStreamer({ ...usageRecord, start_timestamp: time }), 'usage').start,
    ]).toEqual([time, time]);
  });

  it('may be any number of years behind: history is not refused', () => {
    const times = ['2000-01-01T00:00:00Z', '2017-03-19 21:06:33'];
    expect(
      times.map((timestamp) => statedBy(readStreamer(carrierEvent(1, { timestamp })), 'event').time),
    ).toEqual(['2000-01-01T00:00:00.000Z', '2017-03-19T21:06:33.000Z']);
  });
});

describe('sentences', () => {
  it('never repeat an IMSI, IMEI, phone number, address or user name', () => {
    const personal = {
      imsi: '901405999999999',
      imei: '8635769999999901',
      msisdn: '882289999999999',
      ip: '198.51.100.99',
    };
    const identity = {
      imsi: personal.imsi,
      endpoint: { imei: personal.imei, ip_address: personal.ip },
      sim: { msisdn: personal.msisdn, iccid: '9E+18' },
      user: { name: 'John Do', username: 'user@company.com' },
    };
    const broken = [
      { ...usageRecord, ...identity },
      { ...usageRecord, ...identity, sim: { msisdn: personal.msisdn } },
      { ...usageRecord, ...identity, volume: { total: personal } },
      carrierEvent(6, { ...identity, timestamp: null }),
      carrierEvent(6, { ...identity, timestamp: personal }),
      superSim({ ...personal, data_session_sid: null, ip_address: personal.ip }),
      superSim({ ...personal, data_total: personal, data_session_sid: sessionSid }),
    ];
    const reasons = broken.map(readAny).map((reading) => (isFault(reading) ? formatReason(reading) : 'none'));
    expect(reasons).not.toContain('none');
    for (const value of [...Object.values(personal), 'John Do', 'user@company.com']) {
      expect(reasons.join('\n')).not.toContain(value);
    }
  });
});

describe('a published record with one member broken', () => {
  it.each([
    ['twilio/data-session-updated.json', 'data'],
    ['1nce/create-pdp-context.json', 'timestamp'],
    ['1nce/usage.json', 'start_timestamp'],
  ])('of %s is rejected without %s', (path, member) => {
    const record = fixtureValue(path) as Members;
    expect(readAny(record)).toMatchObject({ kind: 'observed' });
    expect(readAny(without(record, member))).toMatchObject({ kind: 'fault' });
  });
});
