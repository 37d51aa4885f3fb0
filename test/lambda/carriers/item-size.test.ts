import { describe, expect, it } from 'vitest';
import type { Reading } from '../../../lambda/carriers/reading.ts';
import { complete } from '../../../lambda/ledger/observation.ts';
import {
  encodeEventItem,
  encodeSessionItem,
  encodeSimItem,
  encodeUsageItem,
  measureItem,
} from '../../../lambda/store/items.ts';
import { observationsOf, statedBy } from '../../records/arrival.ts';
import {
  carrierEvent,
  contextEvent,
  pdpContext,
  readCsv,
  readStreamer,
  usageRecord,
  visitedOperator,
} from '../../records/datastreamer.ts';
import { ledgerOf } from '../../records/ledger-of.ts';
import { connectionTypes, fullData, readConnectionEvent, readHourly } from '../../records/supersim.ts';

/** Bytes of an item that costs one write unit. */
const oneWriteUnit = 1024;

const name64 = 'n'.repeat(64);
const uuid = 'b2c5a9de-0000-4000-a000-000000000001';
const iccid20 = '89882806660010000015';
const longestIp = '2001:0db8:85a3:0000:0000:8a2e:0370:7334';
const longestBytes = Number.MAX_SAFE_INTEGER;

const longestData = {
  ...fullData,
  sim_unique_name: name64,
  apn: 'ota.super',
  ip_address: '100.100.100.100',
  rat_type: 'LTE Cat-M',
  network: { friendly_name: name64, iso_country: 'US', mcc: '310', mnc: '260' },
  location: { cell_id: '4294967295', lac: '65535', lat: -89.1234567, lon: -179.1234567 },
  data_upload: longestBytes,
  data_download: longestBytes,
  data_total: longestBytes,
  data_session_data_upload: longestBytes,
  data_session_data_download: longestBytes,
  data_session_data_total: longestBytes,
  data_session_end_time: '2026-11-02T10:00:00Z',
  data_modifier: 'blocked',
  error: {
    code: '30049',
    message: 'DIAMETER_ERROR_UNKNOWN_EPS_SUBSCRIPTION (5420): the subscriber is unknown to the home network',
  },
};

const longestSim = { id: 9_223_372_036, iccid: iccid20, msisdn: '882285100000001' };
const longestEndpoint = { id: 9_223_372_036, name: name64, ip_address: longestIp, imei: '8635760478500001' };
const longestId = '9223372036854775807';
const longestDetail = {
  ...visitedOperator,
  name: name64,
  session_id: uuid,
  tapcode: [{ id: 2, tapcode: 'DEUD2' }],
  volume: { rx: '99999999.999999', tx: '99999999.999999', total: '199999999.999998' },
};
const longestContext = {
  ...pdpContext,
  apn: name64,
  ipcan_session_id: uuid,
  ggsn_control_plane_ip_address: longestIp,
  ggsn_data_plane_ip_address: longestIp,
  sgsn_control_plane_ip_address: longestIp,
  sgsn_data_plane_ip_address: longestIp,
  ue_ip_address: longestIp,
  breakout_ip: longestIp,
};
const longestAbout = {
  id: longestId,
  organisation: { id: 9_223_372_036, name: name64 },
  sim: longestSim,
  endpoint: longestEndpoint,
  event_severity: { id: 2, description: 'Critical' },
  description:
    "New location received from SGSN for IMSI='901405100000001', now attached to SGSN='491700160000', " +
    "RAT type='E_UTRAN', VLR='491700160000', from an address that is as long as the longest published text is.",
};
const longestUsage = {
  ...usageRecord,
  id: longestId,
  session_id: uuid,
  sim: longestSim,
  endpoint: longestEndpoint,
  operator: { ...usageRecord.operator, name: name64 },
  tariff: { name: name64, ratezone: { name: name64 } },
  cost: '9999.9999999999',
  volume: { rx: '999999.999999', tx: '999999.999999', total: '1999999.999998' },
};

/** An update that does not write its session: within the hour, and without an error that no later record repeats. */
const {
  error: _,
  data_modifier,
  ...untroubled
} = {
  ...longestData,
  data_session_update_start_time: '2026-11-02T10:00:00Z',
  data_session_update_end_time: '2026-11-02T10:06:00Z',
};
const superSimReadings: [string, Reading][] = [
  ...connectionTypes.map((type): [string, Reading] => [type, readConnectionEvent(type, longestData)]),
  ['data-session.updated, sessions refreshed hourly', readHourly(untroubled)],
];
const contextReadings: [string, Reading][] = ([3, 4, 5] as const).map((typeId) => [
  `event ${typeId}`,
  readStreamer(contextEvent(typeId, longestContext, longestDetail, longestAbout), 'telekom'),
]);
const flatReading = readStreamer(
  {
    ...longestAbout,
    timestamp: '2026-11-02T10:00:00Z',
    event_type_id: 5,
    organisation_id: 9_223_372_036,
    sim_id: 9_223_372_036,
    sim_iccid: iccid20,
    endpoint_name: name64,
    imsi_imsi: '901405100000001',
    endpoint_imei: '8635760478500001',
    ...Object.fromEntries(
      Object.entries(longestContext).map(([name, value]) => [`detail_pdp_context_${name}`, value]),
    ),
    detail_name: name64,
    detail_session_id: uuid,
  },
  'emnify',
);
const readings: [string, Reading][] = [
  ...superSimReadings,
  ...contextReadings,
  ['flat event 5', flatReading],
  ['usage', readStreamer(longestUsage, 'emnify')],
  ['quota event', readStreamer(carrierEvent(56, { ...longestAbout, detail: 'q'.repeat(2000) }), 'emnify')],
  [
    'wordy event',
    readStreamer(carrierEvent(0, { ...longestAbout, description: 'w'.repeat(2000) }), 'emnify'),
  ],
];

/** The items of a record, each with its size. */
function sizesOf(reading: Reading): Record<string, number> {
  const { session, usage, event, sim } = observationsOf(reading);
  const items = {
    session: session && encodeSessionItem(session),
    usage: usage && encodeUsageItem(usage, usage.completeness >= complete, 4_102_444_800),
    event: event && encodeEventItem(event, event.completeness >= complete, 30),
    sim: sim && encodeSimItem(sim),
  };
  const sizes = Object.entries(items).flatMap(([noun, item]) =>
    item === undefined ? [] : [[noun, measureItem(item)] as const],
  );
  return Object.fromEntries(sizes);
}

/** The sizes that cost more than one unit. */
function tooLarge(sizes: Record<string, number>): Record<string, number> {
  return Object.fromEntries(Object.entries(sizes).filter(([, bytes]) => bytes > oneWriteUnit));
}

describe('with the longest real values', () => {
  it.each(readings)('the items of %s cost one write unit each', (_, reading) => {
    expect(tooLarge(sizesOf(reading))).toEqual({});
  });

  it('a session and a SIM with every attribute cost one write unit each', () => {
    const { sessions, sims } = ledgerOf([
      [
        ...superSimReadings,
        ...contextReadings,
        ['usage', readStreamer(longestUsage, 'telekom')] as const,
      ].map(([, reading]) => observationsOf(reading)),
    ]);
    const sizes = [
      ...[...sessions].map(([key, session]) => [key, measureItem(encodeSessionItem(session))] as const),
      ...[...sims].map(([key, sim]) => [key, measureItem(encodeSimItem(sim))] as const),
    ];
    expect([sizes.length, tooLarge(Object.fromEntries(sizes))]).toEqual([4, {}]);
  });

  it('a SIM with all its marks costs one write unit, however long its name was written', () => {
    const name = '\u{1F4E1}'.repeat(128);
    const endpoint = { ...longestEndpoint, name };
    const { sims } = ledgerOf([
      [
        readConnectionEvent('data-session.started', { ...longestData, sim_unique_name: name }),
        readStreamer(
          contextEvent(3, longestContext, longestDetail, { ...longestAbout, endpoint }),
          'telekom',
        ),
        readStreamer({ ...longestUsage, endpoint }, 'telekom'),
      ].map((reading) => observationsOf(reading)),
    ]);
    const items = [...sims].map(([key, sim]) => [key, encodeSimItem(sim)] as const);
    const marks = items.map(([, item]) => [item['signalledAt'], item['bytesAt'], item['sessionAt']]);
    expect(marks.flat().filter((mark) => mark === undefined)).toEqual([]);
    const sizes = items.map(([key, item]) => [key, measureItem(item)] as const);
    expect([sizes.length, tooLarge(Object.fromEntries(sizes))]).toEqual([2, {}]);
  });

  it('a row of a file costs one write unit', () => {
    const header =
      'id,start_timestamp,end_timestamp,session_id,iccid,imsi,endpoint_imei,operator_name,country_mcc,operator_mncs,tariff_name,ratezone_name,currency_code,volume,volume_tx,volume_rx,cost';
    const row = `${longestId},2026-11-02 10:00:00,2026-11-02 10:15:00,${uuid},${iccid20},901405100000001,8635760478500001,${name64},262,01,${name64},${name64},EUR,1999999.999998,999999.999999,999999.999999,9999.9999999999`;
    const [reading] = readCsv(`${header}\n${row}\n`, 'cdr_1.csv', 'emnify');
    if (reading === undefined) throw new Error('The file has no row');
    expect(tooLarge(sizesOf(reading))).toEqual({});
  });
});

describe('with undocumented members', () => {
  const added = Object.fromEntries(Array.from({ length: 40 }, (_, index) => [`new_member_${index}`, name64]));

  it.each([
    ['usage', readStreamer({ ...longestUsage, ...added }, 'emnify')],
    ['data-session.updated', readConnectionEvent('data-session.updated', { ...longestData, ...added })],
    ['data-session.updated, sessions refreshed hourly', readHourly({ ...untroubled, ...added })],
    ['attachment.accepted', readConnectionEvent('attachment.accepted', { ...longestData, ...added })],
    ['event 3', readStreamer(contextEvent(3, longestContext, longestDetail, { ...longestAbout, ...added }))],
  ])('the items of %s still cost one write unit each', (_, reading) => {
    expect(tooLarge(sizesOf(reading))).toEqual({});
  });

  it('a short event keeps short ones whole', () => {
    const reading = readStreamer(carrierEvent(1, { trace: 'a7', detail: visitedOperator }));
    const { extra, detail } = statedBy(reading, 'event');
    expect([extra, detail]).toEqual(['{"trace":"a7"}', JSON.stringify(visitedOperator)]);
  });
});

it('the details of a PDP context keep its ids and times, and lose the core network’s addresses', () => {
  const { detail = '' } = statedBy(
    readStreamer(contextEvent(5, pdpContext, { volume: { rx: 1, tx: 2, total: 3 } }), 'telekom'),
    'event',
  );
  const { pdp_context: context, volume } = JSON.parse(detail) as Record<string, Record<string, unknown>>;
  expect([context?.['pdp_context_id'], context?.['tunnel_created'], volume]).toEqual([
    110753000,
    '2026-11-02T09:00:27',
    { rx: 1, tx: 2, total: 3 },
  ]);
  expect(detail).not.toMatch(/plane_ip_address|teid/);
});
