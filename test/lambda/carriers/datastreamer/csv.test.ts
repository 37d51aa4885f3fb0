import { describe, expect, it } from 'vitest';
import { makeRowInterpreter } from '../../../../lambda/carriers/datastreamer/csv.ts';
import { complete } from '../../../../lambda/ledger/observation.ts';
import { arrivalFrom, arrivedAt, observationsOf, statedBy } from '../../../records/arrival.ts';
import { csvOf, readCsv, readStreamer, streamerSim, usageRecord } from '../../../records/datastreamer.ts';
import { fixture } from '../../../records/fixtures.ts';

/** A usage row under the 34 columns of the carriers' files, saying the same as {@link usageRecord}. */
const usageRow: Readonly<Record<string, string | undefined>> = {
  id: '1234567890',
  event_start_timestamp: '2026-11-02 10:00:00',
  event_stop_timestamp: '2026-11-02 10:15:00',
  organisation_id: '1234',
  organisation_name: '8100xxxx',
  endpoint_id: '12345678',
  sim_id: '123456',
  iccid: streamerSim,
  imsi: '901405100000001',
  operator_id: '2',
  operator_name: 'T-Mobile',
  country_id: '74',
  operator_country_name: 'Germany',
  traffic_type_id: '5',
  traffic_type_description: 'Data',
  volume: '0.001176',
  volume_tx: '0.001000',
  volume_rx: '0.000176',
  cost: '0.0011760000',
  currency_id: '1',
  currency_code: 'EUR',
  currency_symbol: '€',
  ratezone_tariff_id: '398',
  ratezone_tariff_name: '1NCE Production 01',
  ratezone_id: '2067',
  ratezone_name: 'Rate Zone 2 (EU - DE)',
  endpoint_name: 'tracker-1',
  endpoint_ip_address: '10.0.0.10',
  endpoint_tags: undefined,
  endpoint_imei: '8635760478500001',
  msisdn_msisdn: '882285100000001',
  sim_production_date: '2018-04-17 15:01:50',
  operator_mncs: '01',
  country_mcc: '262',
};

function readUsageRow(
  row: Readonly<Record<string, string | undefined>>,
  about: { filesOnly: boolean } = { filesOnly: true },
) {
  const text = csvOf(Object.keys(row), Object.values(row));
  const [reading] = readCsv(text, 'cdr_20261102_101600.csv', '1nce', about);
  if (reading === undefined) throw new Error('The file has no row');
  return reading;
}

const eventRow: Readonly<Record<string, string | undefined>> = {
  id: '201370720',
  event_timestamp: '2026-11-02 10:00:00',
  event_type_description: 'SIM activation',
  event_severity_id: '0',
  event_source_id: '2',
  event_source_name: 'API',
  organisation_id: '80025',
  description: 'SIM activated',
  alert: '0',
  endpoint_id: '1234567',
  endpoint_name: 'Vending 12',
  endpoint_imei: '862789039890020',
  endpoint_ip_address: '100.122.44.250',
  endpoint_tags: undefined,
  sim_id: '274888',
  sim_iccid: streamerSim,
  msisdn_msisdn: '882285400000002',
  sim_production_date: '2019-06-17 11:11:11',
  imsi_id: '5',
  imsi_imsi: '901405300000002',
  user_id: undefined,
  user_username: undefined,
  user_name: undefined,
};

function readEventRow(
  row: Readonly<Record<string, string | undefined>>,
  fileName = 'events_20261102_101600.csv',
) {
  const [reading] = readCsv(csvOf(Object.keys(row), Object.values(row)), fileName, 'telekom');
  if (reading === undefined) throw new Error('The file has no row');
  return reading;
}

describe('usage files', () => {
  it('have 34 columns, and none is mistaken for an unknown one', () => {
    expect([Object.keys(usageRow).length, statedBy(readUsageRow(usageRow), 'usage').extra]).toEqual([
      34,
      undefined,
    ]);
  });

  it('state the same about a record as the stream', () => {
    expect(readUsageRow(usageRow)).toEqual(readStreamer(usageRecord));
  });

  it('state it in any order of columns, whatever the case of their names', () => {
    const reversed = Object.fromEntries(
      Object.entries(usageRow)
        .reverse()
        .map(([name, value]) => [` ${name.toUpperCase()} `, value]),
    );
    expect(readUsageRow(reversed)).toEqual(readStreamer(usageRecord));
  });

  it('state it also under the names of flat 2.0', () => {
    const { event_start_timestamp, event_stop_timestamp, volume, ...row } = usageRow;
    const renamed = {
      ...row,
      start_timestamp: event_start_timestamp,
      end_timestamp: event_stop_timestamp,
      volume_total: volume,
    };
    expect(readUsageRow(renamed)).toEqual(readStreamer(usageRecord));
  });

  it('keep the first of two columns with the same meaning', () => {
    const row = { ...usageRow, sim_iccid: '8900000000000000000' };
    expect(statedBy(readUsageRow(row), 'usage').sim).toBe(streamerSim);
  });

  it('keep unknown columns verbatim', () => {
    const row = { ...usageRow, slice_name: 'iot-basic', __proto___x: ' 007 ', empty: undefined };
    expect(statedBy(readUsageRow(row), 'usage').extra).toBe(
      '{"slice_name":"iot-basic","__proto___x":" 007 "}',
    );
  });

  it('keep columns named after members of every object', () => {
    const text = csvOf(
      [...Object.keys(usageRow), '__proto__', 'constructor'],
      [...Object.values(usageRow), 'a', 'b'],
    );
    const [reading] = readCsv(text, 'cdr_1.csv');
    expect(reading?.kind === 'observed' && reading.usage?.extra).toBe('{"__proto__":"a","constructor":"b"}');
  });

  it('do not identify the network if they list an operator’s codes', () => {
    const read = ['01,06', '01;06', '01 06', '01|06'].map((operator_mncs) =>
      statedBy(readUsageRow({ ...usageRow, operator_mncs }), 'usage'),
    );
    expect(read.map(({ mnc, completeness }) => [mnc, completeness])).toEqual([
      [undefined, 7],
      [undefined, 7],
      [undefined, 7],
      [undefined, 7],
    ]);
  });

  it('say less than a stream, whose records may name the session', () => {
    const besideStream = { filesOnly: false };
    expect([
      statedBy(readUsageRow(usageRow, besideStream), 'usage').completeness,
      statedBy(readUsageRow({ ...usageRow, session_id: 'b2c5' }, besideStream), 'usage').completeness >=
        complete,
      statedBy(readUsageRow(usageRow), 'usage').completeness,
    ]).toEqual([8, true, complete]);
  });

  it('may state volumes up and down without a total', () => {
    const { volume, ...row } = usageRow;
    expect(statedBy(readUsageRow(row), 'usage').dataTotal).toBe(1176);
  });

  it('are read as published, masks and all', () => {
    const text = fixture('1nce/cdr_20210511_112500.csv').toString();
    const readings = readCsv(text, 'cdr_20210511_112500.csv', '1nce', { filesOnly: true });
    const published = {
      sim: '1500xxx',
      completeness: complete,
      source: 'my-1nce',
      carrier: '1nce',
      iccid: '89882806660010xxxxx',
      imsi: '9014051010xxxxx',
      trafficType: 'data',
      operatorName: 'EPlus',
      mcc: '2xx',
      mnc: '0x',
      country: 'DE',
      imei: '35933907591xxxxx',
      tariff: '1NCE Production 01 - 1Mbps',
      rateZone: 'Rate Zone 1 (DE)',
    };
    expect(readings.map((reading) => statedBy(reading, 'usage'))).toEqual([
      {
        ...published,
        usageId: '2021-05-11T11:17:25.000Z#4427264xxx',
        start: '2021-05-11T11:17:25.000Z',
        end: '2021-05-11T11:19:51.000Z',
        recordId: '4427264xxx',
        volume: '0.000741',
        dataUploaded: 395,
        dataDownloaded: 346,
        dataTotal: 741,
        costVolume: '0.000741',
      },
      {
        ...published,
        usageId: '2021-05-11T11:17:29.000Z#4427320xxx',
        start: '2021-05-11T11:17:29.000Z',
        end: '2021-05-11T11:24:56.000Z',
        recordId: '4427320xxx',
        volume: '0.00321',
        dataUploaded: 1803,
        dataDownloaded: 1407,
        dataTotal: 3210,
        costVolume: '0.00321',
      },
    ]);
  });
});

describe('events files', () => {
  it('are read by aliases of their columns', () => {
    const at = '2026-11-02T10:00:00.000Z';
    expect(observationsOf(readEventRow(eventRow))).toEqual({
      session: undefined,
      usage: undefined,
      event: {
        sim: streamerSim,
        eventKey: `${at}#201370720`,
        completeness: 0,
        source: 'my-telekom',
        carrier: 'telekom',
        iccid: streamerSim,
        imsi: '901405300000002',
        time: at,
        eventId: '201370720',
        type: 'sim.activated',
        carrierType: '8',
        severity: 'info',
        alert: false,
        description: 'SIM activated',
        arrivedAt,
      },
      sim: {
        sim: streamerSim,
        origin: { at, group: { source: 'my-telekom', carrier: 'telekom', iccid: streamerSim } },
        groups: {
          ids: { at, group: { simId: '274888', accountId: '80025' } },
          label: { at, group: { simName: 'Vending 12' } },
          phone: { at, group: { msisdn: '882285400000002' } },
          subscriber: { at, group: { imsi: '901405300000002' } },
          device: { at, group: { imei: '862789039890020' } },
          lifecycle: { at, group: { status: 'active' } },
          lastEvent: { at, group: { lastEvent: 'sim.activated', lastEventTime: at } },
        },
      },
    });
  });

  it.each([
    [{ event_timestamp: undefined, timestamp: '2026-11-02 10:00:00' }],
    [{ sim_iccid: undefined, iccid: streamerSim }],
    [{ imsi_imsi: undefined, imsi: '901405300000002' }],
    [{ msisdn_msisdn: undefined, msisdn: '882285400000002' }],
    [{ event_type_description: undefined, event_type_id: '8' }],
    [{ event_source_name: undefined, event_source_description: 'API' }],
  ])('read the same by another of their names: %j', (renamed) => {
    const renamedRow = Object.fromEntries(
      Object.entries({ ...eventRow, ...renamed }).filter(
        ([name, value]) => value !== undefined || !(name in renamed),
      ),
    );
    expect(readEventRow(renamedRow)).toEqual(readEventRow(eventRow));
  });

  it('keep an event type with an unknown description under the carrier’s words', () => {
    const { type, carrierType } = statedBy(
      readEventRow({ ...eventRow, event_type_description: 'SIM Teleported' }),
      'event',
    );
    expect([type, carrierType]).toEqual(['event.SIM Teleported', 'SIM Teleported']);
  });

  it('keep unknown columns verbatim', () => {
    expect(statedBy(readEventRow({ ...eventRow, slice_name: ' iot ' }), 'event').extra).toBe(
      '{"slice_name":" iot "}',
    );
  });

  it('read a detail that is JSON, its ids exact, and make it a session', () => {
    const detail =
      '{"id":2,"name":"T-Mobile","pdp_context":{"pdp_context_id":9007199254740993,"tunnel_created":"2026-11-02T09:00:27"}}';
    const row = { ...eventRow, event_type_description: 'Create PDP Context', detail };
    expect(statedBy(readEventRow(row), 'session').sessionId).toBe(
      '9007199254740993#2026-11-02T09:00:27.000Z',
    );
  });

  it('keep a detail that is not JSON as sent', () => {
    const detail = '{"volume": 500.000000, "expiry_date": 2022-03-31T00:00:00Z}';
    const row = { ...eventRow, event_type_id: '56', event_type_description: undefined, detail };
    expect(statedBy(readEventRow(row), 'event').detail).toBe(detail);
  });

  it('treat a PDP context as refused only if the row says so', () => {
    const created = { ...eventRow, event_type_description: 'Create PDP Context' };
    expect([
      statedBy(readEventRow(created), 'event').type,
      statedBy(readEventRow({ ...created, alert: 'true' }), 'event').type,
    ]).toEqual(['pdp-context.created', 'pdp-context.refused']);
  });

  it('keep a user’s event under the account', () => {
    const row = {
      ...eventRow,
      event_type_description: 'User authentication failed',
      sim_id: undefined,
      sim_iccid: undefined,
      imsi_imsi: undefined,
      user_id: '84993',
      user_username: 'user@company.com',
      user_name: 'John Do',
    };
    const { event, sim } = observationsOf(readEventRow(row));
    expect([event?.sim, event?.extra, event?.detail, sim]).toEqual([
      'account:my-telekom:80025',
      undefined,
      undefined,
      undefined,
    ]);
  });

  it('are recognised by name if no column states the type, and then each row is rejected', () => {
    const { event_type_description, ...row } = eventRow;
    expect(readEventRow(row)).toEqual({
      kind: 'fault',
      code: 'unknown-shape',
      problem: 'The event type has no id',
    });
  });
});

describe('unreadable headers and rows', () => {
  it('are refused without an id column', () => {
    expect(makeRowInterpreter(['iccid', 'volume'], 'cdr_1.csv')).toEqual({
      kind: 'fault',
      code: 'no-id-column',
      member: 'The header',
      problem: 'The header has no column id',
      value: '"iccid,volume"',
    });
  });

  it('are refused if they are neither of usage nor of events', () => {
    expect(makeRowInterpreter(['id', 'colour'], 'cars.csv')).toEqual({
      kind: 'fault',
      code: 'unknown-columns',
      member: 'The header',
      problem: 'The header has the columns of neither usage nor events',
      value: '"id,colour"',
    });
  });

  it.each([
    ['too few', -1, 'The row has 33 fields where the header has 34'],
    ['too many', 1, 'The row has 35 fields where the header has 34'],
  ])('are rejected one by one for %s fields', (_, difference, problem) => {
    const interpretRow = makeRowInterpreter(Object.keys(usageRow), 'cdr_1.csv');
    const fields = Object.values(usageRow).map((value) => value ?? '');
    const row = difference < 0 ? fields.slice(0, difference) : [...fields, 'more'];
    expect(typeof interpretRow === 'function' && interpretRow(row, arrivalFrom('1nce'))).toEqual({
      kind: 'fault',
      code: 'broken-row',
      problem,
    });
  });

  it('are kept if the extra fields are empty', () => {
    const interpretRow = makeRowInterpreter(Object.keys(usageRow), 'cdr_1.csv');
    const fields = Object.values(usageRow).map((value) => value ?? '');
    expect(
      typeof interpretRow === 'function' &&
        interpretRow([...fields, '', ''], arrivalFrom('1nce', { filesOnly: true })),
    ).toEqual(readStreamer(usageRecord));
  });
});
