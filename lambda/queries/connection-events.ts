import { keyPosition, openListing, type PageBody, pageBody } from '../query-api/listing.ts';
import { readParameters } from '../query-api/parameters.ts';
import { completePeriod, type PeriodRule } from '../query-api/period.ts';
import type { ApiRequest } from '../query-api/request.ts';
import { isKeyWithin } from '../store/counted-items.ts';
import type { StoredEvent } from '../store/records.ts';
import { threeLetterCountry } from './country-code.ts';
import { type Disclosure, disclosed, disclosureOf } from './disclosure.ts';
import { eventError } from './event-error.ts';
import type { ApiPorts } from './ports.ts';
import { findSim, requireKnown } from './sim-lookup.ts';

/** How much may be asked for at once. */
export const eventPeriodRule: PeriodRule = { maxDays: 400, defaultDays: 30, includesEnd: true };

/** `GET /v1/Sims/{sim}/ConnectionEvents` */
export async function listConnectionEvents(request: ApiRequest, ports: ApiPorts): Promise<PageBody> {
  const { reader } = ports;
  const parameters = readParameters('listConnectionEvents', request.query);
  const disclosure = disclosureOf(ports.personalData, parameters.Include);
  const { StartTime, EndTime, EventType } = parameters;
  const named = await findSim(reader, request.pathParameters['sim'] ?? '');
  const { sim } = named;
  const listing = openListing(
    'listConnectionEvents',
    `ConnectionEvents ${sim}`,
    parameters,
    { StartTime, EndTime, EventType },
    (given, isBegun) => ({
      ...completePeriod(given, ports.now(), eventPeriodRule, isBegun),
      EventType: given['EventType'],
    }),
  );
  const { StartTime: from = '', EndTime: end = '9999', EventType: type } = listing.filters;
  const range = { from, to: `${end}$` };
  const before = keyPosition(listing, parameters, 'sort', (key) => isKeyWithin(key, range));
  const { events, next } = await reader.events({ sim, ...range }, listing.size, { type, before });
  if (events.length === 0) await requireKnown(reader, named);
  const resources = events.map((event) => connectionEvent(event, disclosure));
  return pageBody(
    request,
    listing,
    'connection_events',
    resources,
    next === undefined ? undefined : { position: next },
  );
}

/**
 * An event. Its description is the carrier's sentence without addresses; the carrier's `detail`, which names IMSI and
 * IP addresses, is null unless it is asked for.
 */
function connectionEvent(event: StoredEvent, disclosure: Disclosure): object {
  const { network, description, detail, imsi } = event;
  const error = eventError(event, disclosure);
  return {
    sid: event.eventId,
    sim_iccid: event.iccid ?? null,
    event_type: event.type,
    carrier_event_type: event.carrierType,
    timestamp: event.time,
    severity: event.severity ?? null,
    alert: event.alert ?? null,
    description: description === undefined ? null : disclosed(description, imsi, disclosure),
    error_code: error.code,
    error_message: error.message,
    data_session_sid: event.sessionId ?? null,
    radio_link: network?.radio ?? network?.ratType ?? null,
    operator_mcc: network?.mcc ?? null,
    operator_mnc: network?.mnc ?? null,
    operator_country: threeLetterCountry(network?.country, network?.mcc),
    operator_name: network?.operatorName ?? null,
    cell_id: event.cellId ?? null,
    imsi: disclosure.has('imsi') ? (imsi ?? null) : null,
    source: event.source,
    detail: disclosure.has('detail') ? (detail ?? event.extra ?? null) : null,
  };
}
