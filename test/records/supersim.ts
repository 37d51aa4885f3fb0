import { interpret } from '../../lambda/carriers/index.ts';
import type { Reading } from '../../lambda/carriers/reading.ts';
import type { SessionRefresh } from '../../lambda/ledger/source.ts';
import { arrivalFrom } from './arrival.ts';
import { bodyOf } from './fixtures.ts';

/** The seven types of Super SIM connection events. */
export const connectionTypes = [
  'attachment.accepted',
  'attachment.rejected',
  'attachment.failed',
  'data-session.started',
  'data-session.updated',
  'data-session.ended',
  'data-session.failed',
] as const;

export const eventSid = 'EZ00000000000000000000000000000001';
export const sessionSid = 'PI00000000000000000000000000000001';
export const simSid = 'HS00000000000000000000000000000001';
export const accountSid = 'AC00000000000000000000000000000001';
export const fleetSid = 'HF00000000000000000000000000000001';
/** 20 digits; the SIM is the first 19. */
export const superSimIccid = '89883070000005381783';
export const superSim = '8988307000000538178';

export type Members = Readonly<Record<string, unknown>>;

/** A record without these members. */
export function without(record: Members, ...members: readonly string[]): Members {
  return Object.fromEntries(Object.entries(record).filter(([name]) => !members.includes(name)));
}

/** `data` with the members that every event has. */
export const minimalData = {
  event_sid: eventSid,
  timestamp: '2026-11-02T10:00:00Z',
  account_sid: accountSid,
  sim_sid: simSid,
  sim_iccid: superSimIccid,
} as const;

/** `data` with all members of schema version 2, as on `data-session.updated`. */
export const fullData = {
  ...minimalData,
  sim_unique_name: 'pump 7',
  fleet_sid: fleetSid,
  apn: 'super',
  imsi: '732123200563187',
  imei: '358600842867678',
  ip_address: '100.68.56.159',
  rat_type: '4G LTE',
  network: {
    sid: 'HW00000000000000000000000000000001',
    friendly_name: 'T-Mobile',
    iso_country: 'US',
    mcc: '310',
    mnc: '260',
  },
  location: { cell_id: '47322374', lac: '15170', lat: 34.166991, lon: -118.5720773 },
  data_session_sid: sessionSid,
  data_session_start_time: '2026-11-02T09:00:00Z',
  data_session_update_start_time: '2026-11-02T09:54:00Z',
  data_session_update_end_time: '2026-11-02T10:00:00Z',
  data_upload: 400,
  data_download: 600,
  data_total: 1000,
  data_session_data_upload: 4000,
  data_session_data_download: 6000,
  data_session_data_total: 10_000,
} as const;

/** A CloudEvent of a connection event; members that are undefined are left out, as JSON leaves them out. */
export function connectionEvent(type: string, data: Members = minimalData, envelope: Members = {}): Members {
  const carrierType = `com.twilio.iot.supersim.connection.${type}`;
  return {
    specversion: '1.0',
    type: carrierType,
    source: `/v1/SuperSim/ConnectionEvents/${eventSid}`,
    id: eventSid,
    time: '2026-11-02T10:00:00.000Z',
    data: { event_type: carrierType, ...data },
    ...envelope,
  };
}

/** Reads a record as it would come from Twilio, by way of its JSON text. */
export function readSuperSim(record: Members, sessionRefresh?: SessionRefresh): Reading {
  const arrival = arrivalFrom('twilio', sessionRefresh && { sessionRefresh });
  return interpret(bodyOf(JSON.stringify(record)).values[0], arrival);
}

/** Reads an update where sessions are refreshed hourly. */
export function readHourly(data: Members, type = 'data-session.updated'): Reading {
  return readSuperSim(connectionEvent(type, data), 'hourly');
}

/** Reads a connection event from Twilio. */
export function readConnectionEvent(type: string, data?: Members, envelope?: Members): Reading {
  return readSuperSim(connectionEvent(type, data, envelope));
}
