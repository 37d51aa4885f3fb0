import { describe, expect, it } from 'vitest';
import { interpret } from '../../../../lambda/carriers/index.ts';
import { complete, completeWithSession } from '../../../../lambda/ledger/observation.ts';
import { arrivalFrom, observationsOf, statedBy } from '../../../records/arrival.ts';
import {
  flatUsageRecord,
  readStreamer,
  readStreamerText,
  streamerSim,
  usageRecord,
} from '../../../records/datastreamer.ts';
import { bodyOf, fixtureValue } from '../../../records/fixtures.ts';
import { marksAt } from '../../../records/marks.ts';

const start = '2026-11-02T10:00:00.000Z';
const end = '2026-11-02T10:15:00.000Z';
const day = '2026-11-02T00:00:00.000Z';
const origin = { source: 'my-1nce', carrier: '1nce', iccid: streamerSim };
const usage = {
  sim: streamerSim,
  usageId: `${start}#1234567890`,
  completeness: complete,
  source: 'my-1nce',
  carrier: '1nce',
  iccid: streamerSim,
  imsi: '901405100000001',
  start,
  end,
  recordId: '1234567890',
  trafficType: 'data',
  volume: '0.001176',
  dataUploaded: 1000,
  dataDownloaded: 176,
  dataTotal: 1176,
  costVolume: '0.001176',
  operatorName: 'T-Mobile',
  mcc: '262',
  mnc: '01',
  country: 'DE',
  imei: '863576047850008',
  writtenImei: '8635760478500001',
  tariff: '1NCE Production 01',
  rateZone: 'Rate Zone 2 (EU - DE)',
};
/** What the same record states from a carrier whose cost is money. */
const money = { cost: '0.001176', currency: 'EUR', costVolume: undefined };
const ids = { simId: '123456', accountId: '1234' };
const sim = {
  sim: streamerSim,
  origin: { at: day, group: origin },
  groups: {
    ids: { at: day, group: ids },
    label: { at: day, group: { simName: 'tracker-1' } },
    phone: { at: day, group: { msisdn: '882285100000001' } },
    subscriber: { at: day, group: { imsi: '901405100000001' } },
    device: { at: day, group: { imei: '863576047850008', writtenImei: '8635760478500001' } },
    lifecycle: { at: day, group: { status: 'active' } },
    ...marksAt(end, streamerSim, 'bytes', 'session'),
  },
};
/** The session that a usage record with a session id tells of. */
const sessionNamed = (sessionId: string, source = origin) => ({
  sim: streamerSim,
  sessionId,
  origin: { at: end, group: source },
  start,
  startStated: false,
  groups: {
    ids: { at: end, group: ids },
    label: { at: end, group: { simName: 'tracker-1' } },
    subscriber: { at: end, group: { imsi: '901405100000001' } },
    device: { at: end, group: { imei: '863576047850008', writtenImei: '8635760478500001' } },
  },
});

describe('nested usage', () => {
  it('reads a record of the new generation as a usage item and what it says about the SIM', () => {
    expect(observationsOf(readStreamer(usageRecord))).toEqual({
      session: undefined,
      usage,
      event: undefined,
      sim,
    });
  });

  it('reads emnify’s session id as activity of the session', () => {
    const sessionId = '3f2b6c1e-0000-4000-a000-000000000001';
    const emnify = { ...origin, source: 'my-emnify', carrier: 'emnify' };
    expect(observationsOf(readStreamer({ ...usageRecord, session_id: sessionId }, 'emnify'))).toEqual({
      session: sessionNamed(sessionId, emnify),
      usage: {
        ...usage,
        source: 'my-emnify',
        carrier: 'emnify',
        ...money,
        sessionId,
        completeness: completeWithSession,
      },
      event: undefined,
      sim: { ...sim, origin: { at: day, group: emnify } },
    });
  });

  it('reads the published record of 1NCE, whose start follows its end', () => {
    expect(statedBy(interpret(fixtureValue('1nce/usage.json'), arrivalFrom('1nce')), 'usage')).toEqual({
      ...usage,
      usageId: '2021-08-09T12:59:05.000Z#1234567890',
      start: '2021-08-09T12:59:05.000Z',
      end: '2021-08-09T12:51:20.000Z',
      dataUploaded: 1176,
      dataDownloaded: 0,
    });
  });

  it('reads the published record of the old generation', () => {
    const { imei, writtenImei, mcc, mnc, ...common } = usage;
    expect(statedBy(interpret(fixtureValue('telekom/usage.json'), arrivalFrom('telekom')), 'usage')).toEqual({
      ...common,
      sim: '8988303000000100001',
      iccid: '8988303000000100001',
      usageId: '2017-03-19T21:06:33.000Z#174321498',
      completeness: 6,
      source: 'my-telekom',
      carrier: 'telekom',
      imsi: '901430999910001',
      start: '2017-03-19T21:06:33.000Z',
      end: '2017-03-19T21:21:23.000Z',
      recordId: '174321498',
      volume: '0.022331',
      dataUploaded: 8531,
      dataDownloaded: 13_800,
      dataTotal: 22_331,
      costVolume: '0.00558275',
      operatorName: 'Telekom',
      tariff: 'Global Pro I',
      rateZone: 'Europe_I',
    });
  });

  it('reads whole seconds and milliseconds in one record', () => {
    const record = { ...usageRecord, start_timestamp: '2026-11-02T10:00:00.123Z' };
    const { start: from, end: to } = statedBy(readStreamer(record), 'usage');
    expect([from, to]).toEqual(['2026-11-02T10:00:00.123Z', end]);
  });

  it('uses the start as the end if no end is stated', () => {
    const { end_timestamp, ...record } = usageRecord;
    expect(statedBy(readStreamer(record), 'usage')).toEqual({ ...usage, end: start });
  });

  it('identifies the SIM by its SIM id if the ICCID is missing or masked', () => {
    const without = { ...usageRecord, sim: { id: 123456 } };
    const masked = { ...usageRecord, sim: { id: 123456, iccid: '89882806660010xxxxx' } };
    const read = [without, masked].map((record) => statedBy(readStreamer(record), 'usage'));
    expect(read.map((item) => [item.sim, item.iccid])).toEqual([
      ['123456', undefined],
      ['123456', '89882806660010xxxxx'],
    ]);
  });

  it('keeps members that were added since, as text', () => {
    expect(statedBy(readStreamer({ ...usageRecord, slice: { sst: 1 } }), 'usage').extra).toBe(
      '{"slice":{"sst":1}}',
    );
  });
});

describe('flat usage (2.0 names)', () => {
  it('reads the ids, and 1NCE’s endpoint name as the ICCID', () => {
    const { ipcan_session_id: sessionId } = flatUsageRecord;
    const { imsi, operatorName, mcc, country, tariff, rateZone, ...common } = usage;
    const device = { imei: '863576047850008', writtenImei: '8635760478500001' };
    const label = { simName: streamerSim };
    expect(observationsOf(readStreamer(flatUsageRecord))).toEqual({
      session: {
        sim: streamerSim,
        sessionId,
        origin: { at: end, group: origin },
        start,
        startStated: false,
        groups: {
          ids: { at: end, group: ids },
          label: { at: end, group: label },
          device: { at: end, group: device },
        },
      },
      // Flat records state a currency and so are more complete, although 1NCE’s cost is not money.
      usage: { ...common, sessionId, completeness: 3 },
      event: undefined,
      sim: {
        sim: streamerSim,
        origin: { at: day, group: origin },
        groups: {
          ids: { at: day, group: ids },
          label: { at: day, group: label },
          device: { at: day, group: device },
          lifecycle: { at: day, group: { status: 'active' } },
          ...marksAt(end, streamerSim, 'bytes', 'session'),
        },
      },
    });
  });

  it('makes the same item as the nested record, without what is not stated', () => {
    const nested = statedBy(readStreamer(usageRecord), 'usage');
    const flat = statedBy(readStreamer(flatUsageRecord), 'usage');
    expect([flat.sim, flat.usageId, flat.dataTotal]).toEqual([nested.sim, nested.usageId, nested.dataTotal]);
  });

  it('keeps a flat record that names its SIM only by the carrier’s id', () => {
    const reading = readStreamer({ ...flatUsageRecord, endpoint_name: 'tracker-1' });
    expect(statedBy(reading, 'usage').sim).toBe('123456');
  });
});

describe('text messages and other traffic', () => {
  const sms = { ...usageRecord, traffic_type: { id: 6, description: 'SMS' }, volume: { total: 1 } };

  it('counts messages and no bytes, and makes no session from its session id', () => {
    const record = { ...sms, session_id: 'b2c5', volume: { total: 1, tx: 0, rx: 1 } };
    const { session, usage: item } = observationsOf(readStreamer(record, 'emnify'));
    expect([session, item]).toEqual([
      undefined,
      {
        ...usage,
        source: 'my-emnify',
        carrier: 'emnify',
        ...money,
        sessionId: 'b2c5',
        completeness: completeWithSession,
        trafficType: 'sms',
        messages: 1,
        messagesTx: 0,
        messagesRx: 1,
        volume: '1',
        dataUploaded: 0,
        dataDownloaded: 0,
        dataTotal: 0,
      },
    ]);
  });

  it.each([
    ['by id alone', { id: 6 }],
    ['by the old generation’s name', { id: 6, name: 'SMS' }],
    ['by word alone', { description: 'SMS' }],
  ])('recognises a message %s', (_, trafficType) => {
    const reading = readStreamer({ ...sms, traffic_type: trafficType });
    expect(statedBy(reading, 'usage').trafficType).toBe('sms');
  });

  it.each<[object, (number | undefined)[], string]>([
    [{ total: 3, tx: 1, rx: 2 }, [3, 1, 2], 'complete'],
    [{ total: 3 }, [3, undefined, undefined], 'less'],
    [{ tx: 3 }, [3, 3, undefined], 'less'],
    [{ rx: 3 }, [3, undefined, 3], 'less'],
  ])('counts the messages of %j by direction, as the carrier names it', (volume, messages, completeness) => {
    const item = statedBy(readStreamer({ ...sms, volume }), 'usage');
    expect([item.messages, item.messagesTx, item.messagesRx]).toEqual(messages);
    // Another rendering may state the direction, so it must be able to replace this one.
    expect(item.completeness >= complete ? 'complete' : 'less').toBe(completeness);
  });

  it.each(['tx', 'rx'])('rejects half a message in its %s', (way) => {
    expect(readStreamer({ ...sms, volume: { total: 1, [way]: 0.5 } })).toEqual({
      kind: 'fault',
      code: 'impossible-number',
      member: `volume ${way}`,
      problem: `volume ${way} is not a number of messages`,
      value: '0.5',
    });
  });

  it('adds both directions of messages if there is no total', () => {
    expect(statedBy(readStreamer({ ...sms, volume: { tx: 2, rx: 1 } }), 'usage').messages).toBe(3);
  });

  it('keeps other traffic under the carrier’s word, its volume uncounted', () => {
    const reading = readStreamer({ ...usageRecord, traffic_type: { id: 9, description: 'Voice' } });
    expect(statedBy(reading, 'usage')).toEqual({
      ...usage,
      trafficType: 'Voice',
      dataUploaded: 0,
      dataDownloaded: 0,
      dataTotal: 0,
    });
  });

  it.each([
    ['of 64 bytes', 'ä'.repeat(32), 'ä'.repeat(32)],
    ['that is too long to be one', 'ä'.repeat(33), 'traffic-type.9'],
  ])('keeps a word %s', (_, description, trafficType) => {
    const reading = readStreamer({ ...usageRecord, traffic_type: { id: 9, description } });
    expect(statedBy(reading, 'usage').trafficType).toBe(trafficType);
  });

  it('is data where the word is the number of data', () => {
    const reading = readStreamer({ ...usageRecord, traffic_type: { description: '5' } });
    expect(statedBy(reading, 'usage').trafficType).toBe('data');
  });

  it('is rejected if its volume is not a number, though it is not counted', () => {
    const voice = { ...usageRecord, traffic_type: { id: 9, description: 'Voice' } };
    expect(readStreamer({ ...voice, volume: { total: 'many' } })).toMatchObject({
      ...{ kind: 'fault', code: 'impossible-number', member: 'volume' },
    });
  });

  it('keeps traffic of an unknown id without a word', () => {
    const { traffic_type, ...record } = usageRecord;
    expect(statedBy(readStreamer({ ...record, traffic_type_id: 77 }), 'usage').trafficType).toBe(
      'traffic-type.77',
    );
  });
});

describe('exactness', () => {
  const text = JSON.stringify({ ...usageRecord, id: '@' });

  it.each([
    '9007199254740991',
    '9007199254740992',
    '9007199254740993',
    '9223372036854775807',
    '18446744073709551615',
    '123456789012345678901234567890',
  ])('keeps the id %s, alone and in an array, as number and as text', (id) => {
    const idOf = (body: string) =>
      statedBy(interpret(bodyOf(body).values[0], arrivalFrom('1nce')), 'usage').recordId;
    const asNumber = text.replace('"@"', id);
    const asText = text.replace('@', id);
    expect([idOf(asNumber), idOf(`[${asNumber}]`), idOf(asText)]).toEqual([id, id, id]);
  });

  it.each([
    ['0.000001', '0.000001', 1],
    ['1.0E-6', '0.000001', 1],
    ['0.0007410000', '0.000741', 741],
    ['12345678.123456', '12345678.123456', 12_345_678_123_456],
    ['99999999.999999', '99999999.999999', 99_999_999_999_999],
    ['0.0000000000000000000000000000000001', '0.0000000000000000000000000000000001', 0],
    ['0', '0', 0],
    ['0.000000', '0', 0],
    ['007.50', '7.5', 7_500_000],
  ])('reads the volume %s as it is written, from JSON text and from a number', (written, volume, bytes) => {
    const record = { ...usageRecord, volume: { total: '@', tx: 0, rx: 0 } };
    const asText = JSON.stringify(record).replace('@', written);
    const read = statedBy(readStreamerText(asText), 'usage');
    expect([read.volume, read.dataTotal]).toEqual([volume, bytes]);
    if (written.startsWith('00')) return;
    const asNumber = statedBy(readStreamerText(JSON.stringify(record).replace('"@"', written)), 'usage');
    expect(asNumber).toEqual(read);
  });

  it('keeps the ten decimals of a cost', () => {
    const asNumber = JSON.stringify({ ...usageRecord, cost: '@' }).replace('"@"', '1234.1234567891');
    expect(statedBy(readStreamerText(asNumber, 'emnify'), 'usage').cost).toBe('1234.1234567891');
  });

  it('counts with the megabyte of its source', () => {
    const arrival = arrivalFrom('emnify', { bytesPerMegabyte: 1_048_576 });
    const { volume, dataUploaded, dataDownloaded, dataTotal } = statedBy(
      interpret(usageRecord, arrival),
      'usage',
    );
    expect({ volume, dataUploaded, dataDownloaded, dataTotal }).toEqual({
      volume: '0.001176',
      dataUploaded: 1049,
      dataDownloaded: 185,
      dataTotal: 1233,
    });
  });

  it.each([
    ['negative', { total: -0.5, tx: 0, rx: 0 }],
    ['a word', { total: 'much', tx: 0, rx: 0 }],
    ['an object', { total: {}, tx: 0, rx: 0 }],
    ['a boolean', { total: true, tx: 0, rx: 0 }],
    ['more bytes than can be counted', { total: '9007199255', tx: 0, rx: 0 }],
    ['of too many digits', { total: `0.${'1'.repeat(40)}`, tx: 0, rx: 0 }],
    ['of an endless exponent', { total: '1e999', tx: 0, rx: 0 }],
  ])('rejects a volume that is %s', (_, volume) => {
    expect(readStreamer({ ...usageRecord, volume })).toMatchObject({
      kind: 'fault',
      code: 'impossible-number',
    });
  });

  it.each([
    ['a fraction of a message less than none', -1],
    ['no number', 'one'],
  ])('rejects a message whose volume is %s', (_, total) => {
    const record = { ...usageRecord, traffic_type: { id: 6 }, volume: { total } };
    expect(readStreamer(record)).toMatchObject({ kind: 'fault', code: 'impossible-number' });
  });
});
