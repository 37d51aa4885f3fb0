import { makeRowInterpreter } from '../../lambda/carriers/datastreamer/csv.ts';
import { interpret } from '../../lambda/carriers/index.ts';
import { isFault, type Reading } from '../../lambda/carriers/reading.ts';
import { detectDelimiter, findRowEnds, parseRows } from '../../lambda/ingest/files/rows.ts';
import type { Carrier } from '../../lambda/ledger/source.ts';
import { arrivalFrom } from './arrival.ts';
import { bodyOf } from './fixtures.ts';
import type { Members } from './supersim.ts';

/** 19 digits, as 1NCE and Telekom send them. */
export const streamerSim = '8988280666001000001';

/** A usage record of the new generation. */
export const usageRecord = {
  id: 1234567890,
  imsi: '901405100000001',
  imsi_id: 1234567,
  organisation: { id: 1234, name: '8100xxxx' },
  start_timestamp: '2026-11-02T10:00:00Z',
  end_timestamp: '2026-11-02T10:15:00Z',
  sim: {
    id: 123456,
    iccid: streamerSim,
    msisdn: '882285100000001',
    production_date: '2018-04-17T15:01:50Z',
  },
  currency: { id: 1, symbol: '€', code: 'EUR' },
  operator: {
    id: 2,
    name: 'T-Mobile',
    mnc: '01',
    country: { id: 74, mcc: '262', name: 'Germany' },
  },
  tariff: { id: 398, name: '1NCE Production 01', ratezone: { id: 2067, name: 'Rate Zone 2 (EU - DE)' } },
  traffic_type: { id: 5, description: 'Data' },
  endpoint: {
    id: 12345678,
    name: 'tracker-1',
    ip_address: '10.0.0.10',
    imei: '8635760478500001',
    tags: null,
    balance: null,
  },
  cost: 0.001176,
  volume: { total: 0.001176, tx: 0.001, rx: 0.000176 },
} as const;

/** The same usage record under flat 2.0 names. */
export const flatUsageRecord = {
  id: 1234567890,
  imsi_id: 1234567,
  sim_id: 123456,
  endpoint_id: 12345678,
  endpoint_name: streamerSim,
  endpoint_imei: '8635760478500001',
  endpoint_ip_address: '10.0.0.10',
  organisation_id: 1234,
  operator_id: 2,
  operator_country_id: 74,
  operator_mnc: '01',
  tariff_id: 398,
  tariff_ratezone_id: 2067,
  traffic_type_id: 5,
  start_timestamp: '2026-11-02T10:00:00Z',
  end_timestamp: '2026-11-02T10:15:00Z',
  ingestion_timestamp: '2026-11-02T10:16:00Z',
  volume_total: 0.001176,
  volume_tx: 0.001,
  volume_rx: 0.000176,
  cost: 0.001176,
  quota_id: 5,
  ipcan_session_id: 'b2c5a9de-0000-4000-a000-000000000001',
} as const;

/** The visited operator as an event's detail names it. */
export const visitedOperator = {
  id: 2,
  name: 'T-Mobile',
  country: { id: 74, name: 'Germany', country_code: '49', mcc: '262', iso_code: 'de' },
} as const;

/** A PDP context with all members of the carriers' documents. */
export const pdpContext = {
  pdp_context_id: 110753000,
  tunnel_created: '2026-11-02T09:00:27',
  gtp_version: 1,
  ggsn_control_plane_ip_address: '185.57.216.123',
  ggsn_data_plane_ip_address: '185.57.216.124',
  sgsn_control_plane_ip_address: '216.155.165.123',
  sgsn_data_plane_ip_address: '216.155.166.123',
  region: 'eu-west-1',
  breakout_ip: '203.0.113.123',
  apn: 'iot.1nce.net',
  nsapi: 6,
  ue_ip_address: '10.0.0.10',
  imsi: '901405100000001',
  imeisv: '8635760478500001',
  mcc: '262',
  mnc: '01',
  lac: 38701,
  sac: 61142,
  rac: 17,
  ci: 5559,
  rat_type: 6,
  tx_teid_control_plane: 2667756875,
  tx_teid_data_plane: 3095978,
  rx_teid: 2720724,
  ratezone_id: '2171',
  tariff_id: '442',
  operator_id: '2',
} as const;

/** An event of the new generation, without detail. */
export function carrierEvent(typeId: unknown, about: Members = {}): Members {
  return {
    id: 4427100004,
    timestamp: '2026-11-02T10:00:00Z',
    event_type: { id: typeId, description: 'Some event' },
    event_severity: { id: 0, description: 'INFO' },
    event_source: { id: 0, description: 'Network' },
    organisation: { id: 12345, name: '8100xxxx' },
    alert: false,
    description: 'Something happened.',
    user: null,
    sim: {
      id: 1234567,
      iccid: streamerSim,
      msisdn: '882285100000001',
      production_date: '2019-01-21T09:36:17Z',
    },
    imsi: { id: 1234567, imsi: '901405100000001', import_date: '2019-01-21T09:36:17Z' },
    endpoint: {
      id: 1234567,
      name: 'tracker-1',
      ip_address: '10.0.0.10',
      imei: '8635760478500001',
      tags: null,
    },
    ...about,
  };
}

/** An event 3, 4 or 5 about a PDP context. */
export function contextEvent(
  typeId: 3 | 4 | 5,
  context: Members = pdpContext,
  detail: Members = {},
  about: Members = {},
): Members {
  return carrierEvent(typeId, {
    detail: { ...visitedOperator, pdp_context: context, ...detail },
    ...about,
  });
}

/** Reads a record as it would come from a carrier's stream, by way of its JSON text. */
export function readStreamer(record: Members, carrier: Carrier = '1nce'): Reading {
  return readStreamerText(JSON.stringify(record), carrier);
}

/** Reads the text of a record: for numbers that JavaScript would round. */
export function readStreamerText(text: string, carrier: Carrier = '1nce'): Reading {
  return interpret(bodyOf(text).values[0], arrivalFrom(carrier));
}

/**
 * Reads a CSV file as the importer does, row by row.
 *
 * @throws Error when the header is refused.
 */
export function readCsv(
  text: string,
  fileName: string,
  carrier: Carrier = '1nce',
  about: { filesOnly?: boolean } = {},
): Reading[] {
  const bytes = Buffer.from(text);
  const delimiter = detectDelimiter(text.slice(0, text.indexOf('\n')));
  const [header, ...rows] = parseRows(bytes, [...findRowEnds(bytes, delimiter), bytes.length], delimiter);
  const interpretRow = makeRowInterpreter(header?.fields ?? [], fileName);
  if (isFault(interpretRow)) throw new Error(interpretRow.problem);
  return rows.map(({ fields = [] }) => interpretRow(fields, arrivalFrom(carrier, about)));
}

/** A CSV text with every value quoted, as the carriers write it; undefined is an empty unquoted field. */
export function csvOf(...rows: readonly (readonly (string | undefined)[])[]): string {
  const fieldOf = (value: string | undefined): string =>
    value === undefined ? '' : `"${value.replaceAll('"', '""')}"`;
  return rows.map((row) => `${row.map(fieldOf).join(',')}\n`).join('');
}

/** The columns without which no usage file is read. */
export const smallUsageColumns = ['id', 'event_start_timestamp', 'iccid', 'volume'];
