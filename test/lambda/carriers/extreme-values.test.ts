import { describe, expect, it } from 'vitest';
import { interpret } from '../../../lambda/carriers/index.ts';
import { arrivalFrom, statedBy } from '../../records/arrival.ts';
import {
  carrierEvent,
  readStreamer,
  readStreamerText,
  streamerSim,
  usageRecord,
} from '../../records/datastreamer.ts';
import { bodyOf } from '../../records/fixtures.ts';
import {
  connectionEvent,
  fullData,
  type Members,
  minimalData,
  readConnectionEvent,
} from '../../records/supersim.ts';

describe('numbers of any length', () => {
  it.each([
    ['an ICCID', '"8988280666001000001"', streamerSim],
    ['an ICCID of 20 digits', '"8988280666001000001"', `${streamerSim}9`],
  ])('are read digit by digit: %s', (_, written, digits) => {
    const text = JSON.stringify(usageRecord).replace(written, digits);
    const { sim, iccid } = statedBy(readStreamerText(text), 'usage');
    expect([sim, iccid]).toEqual([streamerSim, digits]);
  });

  it('are rejected if an exponent has lost their digits', () => {
    const text = JSON.stringify(usageRecord).replace('"8988280666001000001"', '8.98828E+18');
    expect(readStreamerText(text)).toEqual({
      kind: 'fault',
      code: 'scientific-notation',
      member: 'iccid',
      problem: 'iccid cannot be used',
      value: '"8.98828E+18"',
    });
    const superSimText = JSON.stringify(connectionEvent('attachment.accepted')).replace(
      '"89883070000005381783"',
      '8.9883E+19',
    );
    expect(interpret(bodyOf(superSimText).values[0], arrivalFrom('emnify'))).toEqual({
      kind: 'fault',
      code: 'scientific-notation',
      member: 'sim_iccid',
      problem: 'sim_iccid cannot be used',
      value: '"8.9883E+19"',
    });
  });
});

describe('names of every object', () => {
  const names = ['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'valueOf'];

  it.each(names)('are kept as members: %s', (name) => {
    const added = `{"${name}":{"polluted":true},`;
    const read = (text: string) =>
      interpret(bodyOf(text.replace('{', added)).values[0], arrivalFrom('emnify'));
    const extra = `{"${name}":{"polluted":true}}`;
    expect([
      statedBy(read(JSON.stringify(usageRecord)), 'usage').extra,
      statedBy(read(JSON.stringify(carrierEvent(1))), 'event').extra,
      ({} as Members)['polluted'],
    ]).toEqual([extra, extra, undefined]);
  });

  it.each(names)('are kept as ids and words: %s', (name) => {
    const usage = { ...usageRecord, id: name, sim: { id: name }, operator: { name }, traffic_type: { name } };
    expect(statedBy(readStreamer(usage), 'usage')).toMatchObject({
      sim: name,
      recordId: name,
      operatorName: name,
      trafficType: name,
    });
    const data = { ...minimalData, event_sid: name, rat_type: name, sim_unique_name: name };
    expect(statedBy(readConnectionEvent(name, data), 'event')).toMatchObject({
      eventId: name,
      type: name,
      network: { ratType: name, radio: name },
    });
  });

  it.each(names)('do not make an object with nothing else a record: %s', (name) => {
    const record = JSON.parse(`{"${name}":{"specversion":"1.0","type":"a","id":1}}`) as unknown;
    expect(interpret(record, arrivalFrom('emnify'))).toMatchObject({ kind: 'fault', code: 'unknown-shape' });
  });
});

describe('texts', () => {
  const long = 'x'.repeat(1_000_000);

  it('of a million characters are truncated to the room in an item', () => {
    const data = {
      ...fullData,
      sim_unique_name: long,
      apn: long,
      imsi: long,
      imei: long,
      ip_address: long,
      rat_type: long,
      network: { friendly_name: long, mcc: long, mnc: long, iso_country: long },
      location: { cell_id: long, lac: long },
      error: { code: long, message: long },
      data_modifier: long,
      added: long,
    };
    const reading = readConnectionEvent('data-session.failed', data);
    expect(reading.kind).toBe('observed');
    expect(JSON.stringify(reading).length).toBeLessThan(10_000);
    const about = {
      description: long,
      detail: { [long]: long },
      endpoint: { name: long, imei: long },
      imsi: long,
    };
    expect(JSON.stringify(readStreamer(carrierEvent(1, about))).length).toBeLessThan(5000);
  });

  it('are nested 100,000 levels and kept to a depth that no carrier reaches', () => {
    const nested = `${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}`;
    const withMember = (record: Members, member: string) =>
      JSON.stringify({ ...record, [member]: '@' }).replace('"@"', nested);
    const kept = `${'{"a":'.repeat(7)}"…"${'}'.repeat(7)}`;
    expect([
      statedBy(readStreamerText(withMember(carrierEvent(1), 'detail')), 'event').detail,
      statedBy(readStreamerText(withMember(usageRecord, 'added')), 'usage').extra,
    ]).toEqual([kept, `{"added":${`${'{"a":'.repeat(6)}"…"${'}'.repeat(6)}`}}`]);
  });

  it('may have zero bytes and lone surrogates, although tables cannot hold the latter', () => {
    const odd = 'a\u0000b\ud800c';
    const data = {
      ...fullData,
      sim_unique_name: odd,
      event_sid: 'EZ\udc00',
      network: { friendly_name: odd },
    };
    const { usage, session } = {
      usage: undefined,
      session: undefined,
      ...readConnectionEvent('data-session.updated', data),
    };
    expect([usage?.recordId, usage?.operatorName, session?.groups.label?.group]).toEqual([
      'EZ\ufffd',
      'a\u0000b\ufffdc',
      { simName: 'a\u0000b\ufffdc' },
    ]);
    const { detail, description } = statedBy(
      readStreamer(carrierEvent(1, { detail: odd, description: odd })),
      'event',
    );
    expect([detail, description]).toEqual(['a\u0000b\ufffdc', 'a\u0000b\ufffdc']);
  });
});
