import { interpret } from '../../lambda/carriers/index.ts';
import type { Interpret } from '../../lambda/ingest/entries.ts';
import { toJsonObject } from '../../lambda/json/json.ts';

/** Records for the command line's tests. */

/** The SIM with a number, with 19 digits. */
export function simOf(number: number): string {
  return `8988280666${String(number).padStart(9, '0')}`;
}

/** A data-streamer usage record of the SIM with a number. */
export function usageOf(number: number, more: object = {}): object {
  return {
    id: 6_000_000_000 + number,
    imsi: '901405100000101',
    organisation: { id: 12345, name: '8100xxxx' },
    start_timestamp: '2026-11-02T12:00:27Z',
    end_timestamp: '2026-11-02T12:15:27Z',
    sim: { msisdn: '882285100000101', iccid: simOf(number), id: 1_600_000 + number },
    currency: { id: 1, symbol: '€', code: 'EUR' },
    operator: { id: 2, name: 'T-Mobile', mnc: '01', country: { id: 74, mcc: '262', name: 'Germany' } },
    tariff: { ratezone: { name: 'Rate Zone 1 (DE)', id: 2171 }, name: '1NCE Production 01', id: 442 },
    traffic_type: { description: 'Data', id: 5 },
    endpoint: { name: `tracker-${number}`, imei: '8635760478500101', ip_address: '10.0.0.10', id: number },
    cost: 0.001,
    volume: { total: 0.003, tx: 0.001, rx: 0.002 },
    ...more,
  };
}

/** The creation of a PDP context of the SIM with a number. */
export function contextCreatedOf(number: number): object {
  return {
    id: 7_000_000_000 + number,
    timestamp: '2026-11-02T12:00:00Z',
    event_type: { id: 3, description: 'Create PDP Context' },
    event_severity: { id: 0, description: 'INFO' },
    event_source: { id: 0, description: 'Network' },
    organisation: { id: 12345, name: '8100xxxx' },
    alert: false,
    description: 'New PDP Context successfully activated with SGSN CP=192.0.2.1, DP=192.0.2.2.',
    imsi: { imsi: '901405100000101', id: 1 },
    sim: { msisdn: '882285100000101', iccid: simOf(number), id: 1_600_000 + number },
    endpoint: { name: `tracker-${number}`, imei: '8635760478500101', id: number },
    detail: {
      ...{ id: 2, name: 'T-Mobile', country: { id: 74, name: 'Germany', mcc: '262', iso_code: 'de' } },
      pdp_context: {
        ...{ pdp_context_id: 110_000_000 + number, tunnel_created: '2026-11-02T12:00:00' },
        ...{ apn: 'iot.1nce.net', ue_ip_address: '10.0.0.10', imsi: '901405100000101' },
        ...{ imeisv: '8635760478500101', mcc: '262', mnc: '01', lac: 38701, ci: 5559, rat_type: 6 },
      },
    },
  };
}

/** The records of three days: a PDP context and usage of SIM 1, usage of SIM 2, and a record that is rejected. */
export const threeDays: readonly object[] = [
  contextCreatedOf(1),
  ...[0, 1, 2].map((day) =>
    usageOf(1, {
      ...{ id: 100 + day, start_timestamp: `2026-11-0${day + 1}T12:00:00Z` },
      ...{
        end_timestamp: `2026-11-0${day + 1}T12:15:00Z`,
        volume: { total: 0.001 * (day + 1), tx: 0, rx: 0 },
      },
    }),
  ),
  usageOf(2),
  { ...usageOf(2), start_timestamp: '2026-02-30T10:00:00Z', user: { username: 'Ada' } },
];

/** A Super SIM's data session that failed, with the error that Twilio states. */
export function failedSession(sim: string): object {
  return {
    ...{
      specversion: '1.0',
      type: 'com.twilio.iot.supersim.connection.data-session.failed',
      source: 'twilio',
    },
    ...{ id: 'EZ00000000000000000000000000000999', time: '2026-11-03T08:00:00.000Z' },
    datacontenttype: 'application/json',
    data: {
      event_sid: 'EZ00000000000000000000000000000999',
      event_type: 'com.twilio.iot.supersim.connection.data-session.failed',
      ...{ timestamp: '2026-11-03T08:00:00Z', account_sid: 'AC11111111111111111111111111111111' },
      ...{ sim_sid: 'HS00000000000000000000000000000999', sim_iccid: sim, sim_unique_name: 's-999' },
      ...{ fleet_sid: 'HF22222222222222222222222222222222', imei: '358600842867678' },
      ...{ imsi: '732123200000999', rat_type: '4G LTE', apn: 'super', ip_address: '100.64.0.1' },
      network: { mcc: '310', mnc: '260', iso_country: 'US', friendly_name: 'T-Mobile', sid: 'HW1' },
      ...{ data_session_sid: 'PI00000000000000000000000000000999' },
      data_session_start_time: '2026-11-03T08:00:00Z',
      error: {
        code: 'DIAMETER_ERROR_UNKNOWN_EPS_SUBSCRIPTION (5420)',
        message: 'no EPS subscription for 732123200000999',
      },
    },
  };
}

/** A shape that the current code does not know: the carrier has wrapped its records. */
export function wrapped(record: object): object {
  return { schema: 'data-streamer-3', content: record };
}

/** Code that knows the new shape as well. */
export const repairedInterpret: Interpret = (value, arrival) =>
  interpret(toJsonObject(value)?.['content'] ?? value, arrival);
