import { describe, expect, it } from 'vitest';
import { interpret } from '../../../lambda/carriers/index.ts';
import { findRowEnds, parseRows } from '../../../lambda/ingest/files/rows.ts';
import { arrivalFrom, observationsOf, statedBy } from '../../records/arrival.ts';
import {
  carrierEvent,
  contextEvent,
  csvOf,
  flatUsageRecord,
  pdpContext,
  readCsv,
  readStreamer,
  smallUsageColumns,
  streamerSim,
  usageRecord,
  visitedOperator,
} from '../../records/datastreamer.ts';
import { fixture, fixtureValue } from '../../records/fixtures.ts';
import { ledgerOf } from '../../records/ledger-of.ts';
import { interpretAll } from '../../records/read-all.ts';
import {
  connectionEvent,
  eventSid,
  fullData,
  type Members,
  minimalData,
  readConnectionEvent,
  sessionSid,
  simSid,
  superSim,
  without,
} from '../../records/supersim.ts';

describe('identity', () => {
  it('everything repeats; a Super SIM event is known by event_sid, not by the envelope’s id', () => {
    const byTwilio = readConnectionEvent('data-session.ended', fullData, { id: 'one' });
    const byKore = readConnectionEvent('data-session.ended', fullData, { id: 'another' });
    const { usage, events, sessions } = ledgerOf([[observationsOf(byTwilio)], [observationsOf(byKore)]]);
    expect([[...usage.keys()], [...events.keys()], [...sessions.keys()]]).toEqual([
      [`${superSim}/2026-11-02T09:54:00.000Z#${eventSid}`],
      [`${superSim}/2026-11-02T10:00:00.000Z#${eventSid}`],
      [`${superSim}/${sessionSid}`],
    ]);
  });

  it('an id is unique per kind only: usage and event of one id are two items', () => {
    const read = [{ ...usageRecord, id: 7 }, carrierEvent(1, { id: 7 })].map((record) =>
      observationsOf(readStreamer(record)),
    );
    const { usage, events } = ledgerOf([read]);
    expect([usage.size, events.size]).toEqual([1, 1]);
  });

  it('an account’s event is known by its source as well', () => {
    const record = without(carrierEvent(6), 'sim', 'imsi', 'endpoint');
    const keys = (['emnify', 'telekom'] as const).map(
      (carrier) => statedBy(readStreamer(record, carrier), 'event').sim,
    );
    expect(keys).toEqual(['account:my-emnify:12345', 'account:my-telekom:12345']);
  });

  it('a usage record with its id as a number from Kinesis and as text from CSV is one item', () => {
    const id = '9007199254740993';
    const [byFile] = readCsv(
      csvOf(
        [...smallUsageColumns, 'organisation_id', 'sim_id'],
        [id, '2026-11-02 10:00:00', streamerSim, '0.5000000', '1234', '123456'],
      ),
      'cdr_1.csv',
    );
    const record = {
      id: '@',
      start_timestamp: '2026-11-02T10:00:00Z',
      sim: { iccid: streamerSim, id: 123_456 },
      organisation: { id: 1234 },
      volume: { total: 0.5 },
    };
    const [byStream] = interpretAll(Buffer.from(JSON.stringify(record).replace('"@"', id)), '1nce');
    expect(byFile).toEqual(byStream);
    expect(byStream && statedBy(byStream, 'usage').usageId).toBe(`2026-11-02T10:00:00.000Z#${id}`);
  });

  it('64-bit ids that JavaScript would round to one number are two items', () => {
    const text = ['9007199254740992', '9007199254740993']
      .map((id) => JSON.stringify({ ...usageRecord, id: '@' }).replace('"@"', id))
      .join('\n');
    const { usage } = ledgerOf([interpretAll(Buffer.from(text), 'emnify').map(observationsOf)]);
    expect([...usage.values()].map(({ recordId }) => recordId)).toEqual([
      '9007199254740992',
      '9007199254740993',
    ]);
  });
});

describe('meaning', () => {
  it('event 3 may be a refusal, which starts no session', () => {
    const { session, event, sim } = observationsOf(readStreamer(carrierEvent(3, { alert: true }), 'emnify'));
    expect([session, event?.type, sim?.groups.connection]).toEqual([
      undefined,
      'pdp-context.refused',
      undefined,
    ]);
  });

  it('totals are in the session and deltas in usage, and nothing is both', () => {
    const volume = { rx: 0.25, tx: 0.5, total: 0.75 };
    const read = [
      readStreamer({ ...usageRecord, session_id: 's1', volume: { total: 0.75, tx: 0.5, rx: 0.25 } }),
      readStreamer(contextEvent(5, pdpContext, { session_id: 's1', volume })),
      readConnectionEvent('data-session.ended', fullData),
    ];
    const { sessions, usage } = ledgerOf([read.map(observationsOf)]);
    expect([
      [...sessions.values()].map(({ groups }) => groups.totals?.group.dataTotal),
      [...usage.values()].map(({ dataTotal }) => dataTotal),
    ]).toEqual([
      [750_000, 10_000],
      [750_000, 1000],
    ]);
  });

  it('a text message counts messages, adds no bytes, and makes no session of its session_id', () => {
    const record = {
      ...usageRecord,
      session_id: 's1',
      traffic_type: { id: 6 },
      volume: { total: 2, tx: 2, rx: 0 },
    };
    const { session, usage } = observationsOf(readStreamer(record, 'emnify'));
    expect([session, usage?.sessionId, usage?.messages, usage?.dataTotal, usage?.dataUploaded]).toEqual([
      undefined,
      's1',
      2,
      0,
      0,
    ]);
  });

  it('event 15 has two meanings, which its words distinguish', () => {
    const typeOf = (description: string) =>
      statedBy(readStreamer(carrierEvent(15, { event_type: { id: 15, description } })), 'event').type;
    expect([typeOf('Purge location'), typeOf('SMS API Callback')]).toEqual([
      'location.purged',
      'sms-api.callback',
    ]);
  });

  it('a start may follow its end, and a quota’s volume may be negative or text', () => {
    const { start, end } = statedBy(interpret(fixtureValue('1nce/usage.json'), arrivalFrom('1nce')), 'usage');
    const quota = { threshold_volume: 100, volume: -0.5, threshold_percentage: '20' };
    expect([
      start,
      end,
      statedBy(readStreamer(carrierEvent(18, { detail: { quota } })), 'event').detail,
    ]).toEqual(['2021-08-09T12:59:05.000Z', '2021-08-09T12:51:20.000Z', JSON.stringify({ quota })]);
  });

  it('a session whose record starts after its end was alive from the earlier to the later', () => {
    const record = {
      ...usageRecord,
      session_id: 's1',
      start_timestamp: usageRecord.end_timestamp,
      end_timestamp: usageRecord.start_timestamp,
    };
    const { start, origin } = statedBy(readStreamer(record), 'session');
    expect([start, origin.at]).toEqual(['2026-11-02T10:00:00.000Z', '2026-11-02T10:15:00.000Z']);
  });

  it('a cost that repeats the volume is not money, and adds no bytes', () => {
    const { cost, currency, costVolume, volume, dataTotal } = statedBy(
      readStreamer({ ...usageRecord, cost: 0.001176 }),
      'usage',
    );
    expect({ cost, currency, costVolume, volume, dataTotal }).toEqual({
      cost: undefined,
      currency: undefined,
      costVolume: '0.001176',
      volume: '0.001176',
      dataTotal: 1176,
    });
  });

  it('a type is determined by what follows .supersim.connection., whatever the prefix', () => {
    const prefixes = ['com.twilio.iot', 'com.kore.iot', 'com.korewireless', 'x'];
    const types = prefixes.map((prefix) => {
      const type = `${prefix}.supersim.connection.attachment.accepted`;
      return statedBy(interpret(connectionEvent('', minimalData, { type }), arrivalFrom('kore')), 'event')
        .type;
    });
    expect(types).toEqual(prefixes.map(() => 'attachment.accepted'));
  });

  it('a session without running totals has none, and keeps those that an earlier record stated', () => {
    const noTotals = without(
      { ...fullData, timestamp: '2026-11-02T10:06:00Z', event_sid: 'EZ2' },
      'data_session_data_upload',
      'data_session_data_download',
      'data_session_data_total',
      'data_session_update_start_time',
    );
    const alone = observationsOf(readConnectionEvent('data-session.ended', noTotals));
    const before = observationsOf(readConnectionEvent('data-session.updated', fullData));
    const [joined] = ledgerOf([[before, alone]]).sessions.values();
    expect([alone.session?.groups.totals, joined?.groups.totals?.group.dataTotal]).toEqual([
      undefined,
      10_000,
    ]);
  });

  it('the radio access type is a number or text, and is kept raw next to its name', () => {
    const ofStreamer = [6, '6', 1, 8, 9, 42].map((rat_type) =>
      statedBy(readStreamer(contextEvent(4, { ...pdpContext, rat_type })), 'session'),
    );
    const ofSuperSim = ['4G LTE', 'LTE Cat-M', 'NB-IoT'].map((rat_type) =>
      statedBy(readConnectionEvent('data-session.updated', { ...fullData, rat_type }), 'session'),
    );
    expect(
      [...ofStreamer, ...ofSuperSim].map(({ groups }) => [
        groups.network?.group.radio,
        groups.network?.group.ratType,
      ]),
    ).toEqual([
      ['4G', '6'],
      ['4G', '6'],
      ['3G', '1'],
      ['NB-IoT', '8'],
      ['LTE-M', '9'],
      ['42', '42'],
      ['4G', '4G LTE'],
      ['LTE-M', 'LTE Cat-M'],
      ['NB-IoT', 'NB-IoT'],
    ]);
  });
});

describe('shape', () => {
  it('one name has two types, which say the same', () => {
    const usageRenderings: Members[] = [
      { imsi: { imsi: '901405100000001', id: 5 } },
      { imsi: 901_405_100_000_001 },
      { traffic_type: { id: 5, name: 'Data' } },
      { traffic_type: { id: '5' } },
      { volume: { total: '0.001176', tx: '0.001', rx: '0.000176' } },
      { endpoint: { ...usageRecord.endpoint, tags: 'a,b' } },
    ];
    expect(usageRenderings.map((about) => readStreamer({ ...usageRecord, ...about }))).toEqual(
      usageRenderings.map(() => readStreamer(usageRecord)),
    );
    const numeric = JSON.stringify(usageRecord).replace(`"${streamerSim}"`, streamerSim);
    expect(interpretAll(Buffer.from(numeric), '1nce')).toEqual([readStreamer(usageRecord)]);
    const eventRenderings: Members[] = [
      { alert: 0 },
      { imsi: '901405100000001' },
      { imsi: 901_405_100_000_001 },
      { event_severity: { id: 0, description: 'Info' } },
      { event_source: { id: 0, name: 'Network' } },
      { event_type: { id: '4' } },
    ];
    const about = (rendering: Members) => contextEvent(4, pdpContext, {}, rendering);
    expect(eventRenderings.map((rendering) => readStreamer(about(rendering)))).toEqual(
      eventRenderings.map(() => readStreamer(about({}))),
    );
    const textual = { ...pdpContext, pdp_context_id: '110753000', gtp_version: '1', rat_type: '6' };
    expect(statedBy(readStreamer(contextEvent(4, textual)), 'session')).toEqual(
      statedBy(readStreamer(contextEvent(4)), 'session'),
    );
    const codes = ['01', 1, [{ id: 3, mnc: '01' }], ['01'], [{ mnc: '20' }, { mnc: '16' }], []];
    expect(
      codes.map(
        (mnc) =>
          statedBy(readStreamer(carrierEvent(1, { detail: { ...visitedOperator, mnc } })), 'event').network
            ?.mnc,
      ),
    ).toEqual(['01', '1', '01', '01', undefined, undefined]);
  });

  it('a field has three spellings: nested, flat, and the CSV’s', () => {
    const [byFile] = readCsv(
      csvOf(
        [
          'id',
          'event_start_timestamp',
          'event_stop_timestamp',
          'volume',
          'volume_tx',
          'volume_rx',
          'iccid',
          'imsi',
        ],
        [
          '1234567890',
          '2026-11-02 10:00:00',
          '2026-11-02 10:15:00',
          '0.001176',
          '0.001',
          '0.000176',
          streamerSim,
          '',
        ],
      ),
      'cdr_1.csv',
    );
    const read = [readStreamer(usageRecord), readStreamer(flatUsageRecord), byFile].map((reading) => {
      if (reading === undefined) throw new Error('The file has no row');
      const { sim, usageId, start, end, dataUploaded, dataDownloaded, dataTotal, volume } = statedBy(
        reading,
        'usage',
      );
      return { sim, usageId, start, end, dataUploaded, dataDownloaded, dataTotal, volume };
    });
    expect(read).toEqual([read[0], read[0], read[0]]);
  });

  it('undocumented members and columns are kept under the carrier’s names', () => {
    const [byFile] = readCsv(
      csvOf([...smallUsageColumns, 'satellite'], ['1', '2026-11-02 10:00:00', streamerSim, '0.5', 'yes']),
      'cdr_1.csv',
    );
    const kept = [
      readStreamer({ ...usageRecord, satellite: 'yes' }),
      readConnectionEvent('data-session.updated', { ...fullData, satellite: 'yes' }),
      byFile,
    ].map((reading) => reading && statedBy(reading, 'usage').extra);
    expect(kept).toEqual(kept.map(() => '{"satellite":"yes"}'));
  });

  it('a time has many spellings, all of them UTC wherever this runs', () => {
    const spellings = [
      '2026-11-02T10:00:00Z',
      '2026-11-02T10:00:00.000Z',
      '2026-11-02T10:00:00.0000000+00:00',
      '2026-11-02T10:00:00.000+0000',
      '2026-11-02 10:00:00',
      '2026-11-02T10:00:00',
    ];
    expect(
      spellings.map(
        (start_timestamp) => statedBy(readStreamer({ ...usageRecord, start_timestamp }), 'usage').start,
      ),
    ).toEqual(spellings.map(() => '2026-11-02T10:00:00.000Z'));
  });

  it('trailing blanks are removed; a masked or overlong ICCID is kept unchanged, but identifies no card', () => {
    const trailing = JSON.parse(
      JSON.stringify(usageRecord)
        .replace(streamerSim, `${streamerSim} `)
        .replace('"901405100000001"', '"901405100000001 "')
        .replace('"T-Mobile"', '" T-Mobile "'),
    ) as Members;
    expect(readStreamer(trailing)).toEqual(readStreamer(usageRecord));
    const masked = {
      ...usageRecord,
      sim: { id: 9, iccid: '8898822806670000XXXX' },
      endpoint: { imei: '86278903989916XXX' },
    };
    const { sim, iccid, imei } = statedBy(readStreamer(masked), 'usage');
    expect({ sim, iccid, imei }).toEqual({
      sim: '9',
      iccid: '8898822806670000XXXX',
      imei: '86278903989916XXX',
    });
  });
});

describe('privacy', () => {
  it.each([6, 13, 14, 41, 46, 67])('event %i names a user in no attribute of its own', (id) => {
    const user = { id: 84_993, username: 'user@company.com', name: 'John Do' };
    const record = without(carrierEvent(id, { user, description: 'Failed.' }), 'sim', 'imsi', 'endpoint');
    const { event, sim } = observationsOf(readStreamer(record));
    expect([sim, JSON.stringify(event).match(/company|John|84993/)]).toEqual([undefined, null]);
  });

  it('faults are described without the record’s IMSI, IMEI, phone number or user', () => {
    const personal = {
      imsi: '901405199999999',
      endpoint: { imei: '8635769999999901' },
      user: { name: 'John Do' },
    };
    const readings = [
      readStreamer({ ...usageRecord, ...personal, id: null }),
      readStreamer(carrierEvent(6, { ...personal, timestamp: 'John Do'.length })),
    ];
    expect(readings).toEqual([
      {
        kind: 'fault',
        code: 'missing-identity',
        member: 'id',
        problem: 'id is missing, or not a whole number',
      },
      {
        kind: 'fault',
        code: 'impossible-time',
        member: 'timestamp',
        problem: 'timestamp is not a possible time',
        value: '7',
      },
    ]);
  });
});

describe('rows', () => {
  it('a SIM with a masked ICCID is identified by its id, also from a file', () => {
    const bytes = fixture('1nce/cdr_20210511_112500.csv');
    expect(parseRows(bytes, findRowEnds(bytes, ','), ',').map(({ fields }) => fields?.length)).toEqual([
      34, 34, 34,
    ]);
    expect(
      readCsv(bytes.toString(), 'cdr_20210511_112500.csv').map((reading) => statedBy(reading, 'usage').sim),
    ).toEqual(['1500xxx', '1500xxx']);
    expect(
      statedBy(readConnectionEvent('attachment.accepted', { ...minimalData, sim_iccid: '8988xxxx' }), 'event')
        .sim,
    ).toBe(simSid);
  });
});
