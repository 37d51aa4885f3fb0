import { parse } from 'csv-parse/sync';
import { describe, expect, it } from 'vitest';
import { type Carrier, carriers, carrierTraits } from '../../lambda/ledger/source.ts';
import {
  eventColumns,
  usageColumns,
  writeEventRow,
  writeRow,
  writeUsageRow,
} from '../../simulator/csv-dialect.ts';
import { writeEvent, writeMegabytes, writeUsage } from '../../simulator/datastreamer-dialect.ts';
import {
  computeLuhnDigit,
  findFirstSim,
  provideSim,
  type Sim,
  simulatedCarriers,
} from '../../simulator/identity.ts';
import { Random } from '../../simulator/random.ts';
import type { CarrierEvent, ConnectionEvent, UsageRecord } from '../../simulator/records.ts';
import { writeConnectionEvent, writeTestEvent } from '../../simulator/supersim-dialect.ts';

type Json = Record<string, unknown>;

const at = Date.parse('2026-10-01T10:12:00Z');
const plain = { numericIdentity: false, statesTunnelCreated: true, usageByFile: false };
const v2 = { typePrefix: 'com.twilio.iot.supersim.connection.', dataAsText: false, schema: 2 } as const;

/** The first SIM of each carrier, in the given dialect. */
function simOf(carrier: Sim['carrier'], dialect: Partial<Sim> = {}): Sim {
  const index = findFirstSim(carrier);
  return { ...provideSim(index, Random.derive(1, index)), ...dialect };
}

function usage(sim: Sim, about: Partial<UsageRecord> = {}): UsageRecord {
  const id = '9007199000001000001';
  const volume = { up: 1_176, down: 2_000_000 };
  return {
    kind: 'usage',
    sim,
    id,
    at,
    start: at - 900_000,
    end: at,
    volume,
    messages: 0,
    path: 'stream',
    ...about,
  };
}

const context = {
  id: 110753000,
  tunnelCreated: at - 3_600_000,
  uuid: '3f2b6c1e-0000-4000-a000-000000000001',
  ratType: 6,
};

function event(sim: Sim, typeId: number, about: Partial<CarrierEvent> = {}): CarrierEvent {
  return { kind: 'event', source: sim.carrier, sim, typeId, id: '4000000000', at, path: 'stream', ...about };
}

function connection(sim: Sim, about: Partial<ConnectionEvent> = {}): ConnectionEvent {
  return {
    kind: 'connection',
    sim,
    type: 'data-session.ended',
    eventSid: 'EZ00000000000000000000000000000001',
    at,
    session: { sid: 'PI00000000000000000000000000000001', start: at - 3_600_000 },
    window: { start: at - 60_000, up: 5, down: 7 },
    runningTotal: { up: 50, down: 70 },
    ...about,
  };
}

describe('identifiers', () => {
  it('ends with the Luhn digit that the carriers’ published numbers have', () => {
    expect([
      computeLuhnDigit('8988307000000538178'),
      computeLuhnDigit('35860084286767'),
      computeLuhnDigit('01493100012970'),
    ]).toEqual(['3', '8', '0']);
  });

  it('has ICCIDs of 19 digits and a check digit, IMEIs of 15, IMEISVs of 16 and IMSIs of 15', () => {
    for (const carrier of simulatedCarriers) {
      const { sim, iccidWithCheckDigit, imei, imeisv, imsi } = simOf(carrier);
      expect([sim.length, iccidWithCheckDigit.length, imei.length, imeisv.length, imsi.length]).toEqual([
        19, 20, 15, 16, 15,
      ]);
      expect(iccidWithCheckDigit).toBe(sim + computeLuhnDigit(sim));
      expect(imeisv.slice(0, 14)).toBe(imei.slice(0, 14));
    }
  });
});

it('has a simulated carrier of each format', () => {
  const formats = (names: readonly Carrier[]) => new Set(names.map((name) => carrierTraits[name].format));
  expect(formats(simulatedCarriers)).toEqual(formats(carriers));
});

describe('Super SIM dialects', () => {
  it('writes Twilio’s envelope around the members of schema 2', () => {
    const sim = simOf('twilio', { superSim: v2 });
    const { data, ...envelope } = JSON.parse(writeConnectionEvent(connection(sim))) as { data: Json };
    expect(envelope).toEqual({
      specversion: '1.0',
      type: 'com.twilio.iot.supersim.connection.data-session.ended',
      source: '/v1/SuperSim/ConnectionEvents/EZ00000000000000000000000000000001',
      id: 'EZ00000000000000000000000000000001',
      dataschema: 'https://events-schemas.twilio.com/SuperSim.ConnectionEvent/2',
      datacontenttype: 'application/json',
      time: '2026-10-01T10:12:00.000Z',
    });
    expect(data).toMatchObject({
      event_sid: 'EZ00000000000000000000000000000001',
      event_type: 'com.twilio.iot.supersim.connection.data-session.ended',
      timestamp: '2026-10-01T10:12:00Z',
      sim_iccid: sim.iccidWithCheckDigit,
      data_session_sid: 'PI00000000000000000000000000000001',
      data_session_start_time: '2026-10-01T09:12:00Z',
      data_session_end_time: '2026-10-01T10:12:00Z',
      data_session_update_start_time: '2026-10-01T10:11:00Z',
      data_session_update_end_time: '2026-10-01T10:12:00Z',
      data_upload: 5,
      data_download: 7,
      data_total: 12,
      data_session_data_upload: 50,
      data_session_data_download: 70,
      data_session_data_total: 120,
    });
  });

  it('writes the same data as a string if the dialect does so', () => {
    const sim = simOf('twilio', { superSim: v2 });
    const text = { ...sim, superSim: { ...v2, dataAsText: true } };
    const { data } = JSON.parse(writeConnectionEvent(connection(sim))) as Json;
    const { data: asText } = JSON.parse(writeConnectionEvent(connection(text))) as { data: string };
    expect(JSON.parse(asText)).toEqual(data);
  });

  it('writes KORE’s envelope with seven fraction digits and a useless id', () => {
    const sim = simOf('kore', { superSim: { ...v2, typePrefix: 'com.kore.supersim.connection.' } });
    const { data, ...envelope } = JSON.parse(
      writeConnectionEvent(connection(sim, { type: 'attachment.rejected' })),
    ) as Json;
    expect(envelope).toEqual({
      specversion: '1.0',
      type: 'com.kore.supersim.connection.attachment.rejected',
      source: 'kore-events',
      id: 'AC5f3b8c1d2e4a69708b9cadbecfd0e1f2',
      datacontenttype: 'application/json',
      time: '2026-10-01T10:12:00.0000000+00:00',
    });
    expect(data).toHaveProperty('error.message', 'DIAMETER_ERROR_ROAMING_NOT_ALLOWED');
  });

  it('writes each platform’s test event', () => {
    const types = (['twilio', 'kore'] as const).map(
      (carrier) => JSON.parse(writeTestEvent(carrier, at, 'cae2')) as Json,
    );
    expect(types).toEqual([
      {
        specversion: '1.0',
        type: 'com.twilio.eventstreams.test-event',
        source: 'Sink',
        id: 'ACe7ea554f7fc0fad65e689bb5899bb6c3',
        time: '2026-10-01T10:12:00.000Z',
        data: { test_id: 'cae2' },
      },
      {
        specversion: '1.0',
        type: 'com.kore.eventstreams.test.event',
        source: 'kore-events',
        id: 'cae2',
        time: '2026-10-01T10:12:00.0000842+00:00',
        data: { test_id: 'cae2' },
      },
    ]);
  });
});

describe('data-streamer dialects', () => {
  it.each([
    [0, '0.0'],
    [1, '0.000001'],
    [1_176, '0.001176'],
    [2_000_000, '2.0'],
    [123_456_789, '123.456789'],
  ])('writes %i bytes as %s MB', (bytes, decimal) => {
    expect(writeMegabytes(bytes)).toBe(decimal);
  });

  it('writes nested usage, with the session at emnify only', () => {
    const dataStreamer = { ...plain, generation: 'nested' } as const;
    const nce = JSON.parse(writeUsage(usage(simOf('1nce', { dataStreamer })))) as Json;
    const emnify = JSON.parse(
      writeUsage(usage(simOf('emnify', { dataStreamer }), { sessionId: 'a-b' })),
    ) as Json;
    expect(nce).toMatchObject({
      start_timestamp: '2026-10-01T09:57:00Z',
      end_timestamp: '2026-10-01T10:12:00Z',
      volume: { total: 2.001176, tx: 0.001176, rx: 2 },
      traffic_type: { description: 'Data', id: 5 },
    });
    expect([nce['session_id'], emnify['session_id']]).toEqual([undefined, 'a-b']);
  });

  it('writes old usage with spaces in times, names instead of descriptions, and sometimes identifiers as numbers', () => {
    const sim = simOf('telekom', { dataStreamer: { ...plain, generation: 'old', numericIdentity: true } });
    const text = writeUsage(usage(sim));
    expect(JSON.parse(text)).toMatchObject({
      start_timestamp: '2026-10-01 09:57:00',
      end_timestamp: '2026-10-01 10:12:00',
      traffic_type: { name: 'Data', id: 5 },
    });
    expect(text).toContain(`"iccid":${sim.sim},`);
  });

  it('writes flat usage with an id that is exact only as text, and the ICCID as the endpoint’s name', () => {
    const sim = simOf('1nce', { dataStreamer: { ...plain, generation: 'flat' } });
    const text = writeUsage(usage(sim, { sessionId: context.uuid }));
    expect(text.startsWith('{"id":9007199000001000001,')).toBe(true);
    expect(JSON.parse(text)).toMatchObject({
      volume_rx: 2,
      volume_tx: 0.001176,
      volume_total: 2.001176,
      traffic_type_id: 5,
      endpoint_name: sim.sim,
      ipcan_session_id: context.uuid,
    });
  });

  it('writes the number of short messages as the volume', () => {
    const sim = simOf('emnify');
    const record = usage(sim, { messages: 2, volume: { up: 0, down: 0 }, sessionId: 'a-b' });
    expect(JSON.parse(writeUsage(record))).toMatchObject({
      traffic_type: { description: 'SMS', id: 6 },
      volume: { total: 2, tx: 2, rx: 0 },
      session_id: 'a-b',
    });
  });

  it('names the session in each dialect’s member', () => {
    const volume = { up: 11_480, down: 12_671 };
    const written = (sim: Sim, typeId = 5) =>
      JSON.parse(writeEvent(event(sim, typeId, { context, volume }))) as Json;
    const old = simOf('telekom', { dataStreamer: { ...plain, generation: 'old' } });
    const untold = simOf('telekom', {
      dataStreamer: { ...plain, generation: 'old', statesTunnelCreated: false },
    });
    const flat = simOf('1nce', { dataStreamer: { ...plain, generation: 'flat' } });
    expect(written(old)).toMatchObject({
      timestamp: '2026-10-01T10:12:00.000+0000',
      alert: 0,
      detail: {
        pdp_context: { pdp_context_id: '110753000', tunnel_created: '2026-10-01T09:12:00', gtp_version: '1' },
        volume: { rx: 0.012671, tx: 0.01148, total: 0.024151 },
      },
    });
    expect(written(untold)).toHaveProperty('detail.pdp_context.tunnel_created', null);
    expect(written(simOf('emnify'))).toHaveProperty('detail.session_id', context.uuid);
    expect(written(flat)).toMatchObject({
      event_type_id: 5,
      detail_pdp_context_ipcan_session_id: context.uuid,
      detail_volume_total: 0.024151,
    });
    expect(written(flat, 4)).toHaveProperty('detail.pdp_context.ipcan_session_id', context.uuid);
  });

  it('writes a refused activation as event 3 without detail, and a quota event whose detail is not JSON', () => {
    const sim = simOf('emnify');
    const refused = JSON.parse(writeEvent(event(sim, 3))) as Json;
    const quota = JSON.parse(writeEvent(event(sim, 56))) as { detail: string };
    expect(refused).toMatchObject({ alert: true, event_severity: { id: 1 }, event_source: { id: 1 } });
    expect(refused).not.toHaveProperty('detail');
    expect(() => JSON.parse(quota.detail)).toThrow(SyntaxError);
  });

  it('writes rows for the 34 published columns that state the same as the stream', () => {
    const sim = simOf('1nce');
    const rows = parse(`${writeRow(usageColumns)}\n${writeRow(writeUsageRow(usage(sim)))}\n`, {
      columns: true,
    }) as Json[];
    expect(usageColumns).toHaveLength(34);
    expect(rows).toHaveLength(1);
    expect(rows[0]).toMatchObject({
      id: '9007199000001000001',
      event_start_timestamp: '2026-10-01 09:57:00',
      event_stop_timestamp: '2026-10-01 10:12:00',
      iccid: sim.sim,
      volume: '2.001176',
      volume_tx: '0.001176',
      volume_rx: '2.000000',
      cost: '2.0011760000',
      country_mcc: sim.network.mcc,
    });
  });

  it('writes event rows with as many fields as their header has', () => {
    const sim = simOf('telekom');
    expect(writeEventRow(event(sim, 99), sim)).toHaveLength(eventColumns.length);
  });
});
