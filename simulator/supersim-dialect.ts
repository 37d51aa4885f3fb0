import { carrierIdentities } from './identity.ts';
import { type ConnectionEvent, formatIso } from './records.ts';

/**
 * Writes a connection event as the CloudEvent that Twilio or KORE puts on a stream (docs: Super SIM Connection Events,
 * schema versions 1 and 2).
 */
export function writeConnectionEvent(event: ConnectionEvent): string {
  const { sim, eventSid } = event;
  const { dataAsText, schema } = sim.superSim;
  const type = sim.superSim.typePrefix + event.type;
  const time = cutToSeconds(event.at);
  const data = writeData(event, type, time);
  const body = dataAsText ? JSON.stringify(data) : data;
  if (sim.carrier === 'kore') {
    // KORE does not send the event's SID here, but the same id on every record.
    const id = eventSid === null ? 'null' : `"${carrierIdentities.kore.account}"`;
    const fraction = `${time.slice(0, -1)}.0000000+00:00`;
    return `{"specversion":"1.0","type":"${type}","source":"kore-events","id":${id},"datacontenttype":"application/json","time":"${fraction}","data":${body}}`;
  }
  const sid = quoteText(eventSid);
  return `{"specversion":"1.0","type":"${type}","source":"/v1/SuperSim/ConnectionEvents/${eventSid ?? ''}","id":${sid},"dataschema":"https://events-schemas.twilio.com/SuperSim.ConnectionEvent/${schema}","datacontenttype":"application/json","time":"${formatIso(event.at)}","data":${body}}`;
}

function writeData(event: ConnectionEvent, type: string, time: string): string {
  const { sim } = event;
  const { network } = sim;
  return (
    `{"network":{"iso_country":"${network.isoCountry}","mnc":"${network.mnc}","mcc":"${network.mcc}","sid":"${network.sid}","friendly_name":"${network.name}"},` +
    `${writeSession(event, time)}"timestamp":"${time}","sim_unique_name":"${sim.name}","imei":"${sim.imei}","event_sid":${quoteText(event.eventSid)},` +
    `"fleet_sid":"${sim.fleetSid}","rat_type":"4G LTE","event_type":"${type}","sim_sid":"${sim.simSid}","account_sid":"${carrierIdentities[sim.carrier].account}",` +
    `"sim_iccid":"${sim.iccidWithCheckDigit}","imsi":"${sim.imsi}"${writeError(event)}}`
  );
}

function writeSession(event: ConnectionEvent, time: string): string {
  const { session, window, runningTotal, sim } = event;
  if (session === undefined) return '';
  let text =
    `"location":{"lon":${sim.network.lon},"cell_id":"${sim.cellId}","lat":${sim.network.lat},"lac":"${sim.locationAreaCode}"},` +
    `"data_session_sid":"${session.sid}","data_session_start_time":"${cutToSeconds(session.start)}","ip_address":"${sim.ipAddress}","apn":"super",`;
  if (window !== undefined) {
    text +=
      `"data_session_update_start_time":"${cutToSeconds(window.start)}","data_session_update_end_time":"${time}",` +
      `"data_upload":${window.up},"data_download":${window.down},"data_total":${window.up + window.down},`;
  }
  if (runningTotal !== undefined) {
    const { up, down } = runningTotal;
    text += `"data_session_data_upload":${up},"data_session_data_download":${down},"data_session_data_total":${up + down},`;
  }
  if (event.type === 'data-session.ended') text += `"data_session_end_time":"${time}",`;
  return text;
}

function writeError(event: ConnectionEvent): string {
  if (event.type.endsWith('.rejected')) {
    return ',"error":{"code":"31004","message":"DIAMETER_ERROR_ROAMING_NOT_ALLOWED"}';
  }
  return event.type.endsWith('.failed')
    ? ',"error":{"code":"31001","message":"DIAMETER_UNABLE_TO_COMPLY"}'
    : '';
}

/** The message that the platform sends to test a sink. It is not about a SIM. */
export function writeTestEvent(carrier: 'twilio' | 'kore', at: number, id: string): string {
  const time = formatIso(at);
  if (carrier === 'kore') {
    return `{"specversion":"1.0","type":"com.kore.eventstreams.test.event","source":"kore-events","id":"${id}","time":"${time.slice(0, -1)}0842+00:00","data":{"test_id":"${id}"}}`;
  }
  return `{"specversion":"1.0","type":"com.twilio.eventstreams.test-event","source":"Sink","id":"${carrierIdentities.twilio.account}","time":"${time}","data":{"test_id":"${id}"}}`;
}

function cutToSeconds(at: number): string {
  return `${formatIso(at).slice(0, 19)}Z`;
}

function quoteText(text: string | null): string {
  return text === null ? 'null' : `"${text}"`;
}
