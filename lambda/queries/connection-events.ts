import { isKeyWithin, type TimeRange } from '../store/counted-items.ts';
import { isKey } from '../store/keys.ts';
import type { StoredEvent } from '../store/records.ts';
import { convertCountry } from './country-code.ts';
import { type Disclosure, redactText } from './disclosure.ts';
import { readEventError } from './event-error.ts';
import type { Page, PageRequest } from './page.ts';
import type { Period } from './period.ts';
import type { QueryPorts } from './ports.ts';
import { type FoundSim, requireKnown } from './sim-lookup.ts';

/** Which of a SIM's events to list. */
export interface EventsQuery extends PageRequest<string> {
  readonly sim: FoundSim;
  /** Both ends included. */
  readonly period: Period;
  /** Only events of this type. */
  readonly type: string | undefined;
}

/** An event as a resource. */
export type ConnectionEvent = ReturnType<typeof renderEvent>;

/**
 * Lists a SIM's events, newest first.
 *
 * @throws NotFoundError if no record of the SIM has arrived.
 */
export async function listConnectionEvents(
  query: EventsQuery,
  { reader }: Pick<QueryPorts, 'reader'>,
): Promise<Page<ConnectionEvent, string>> {
  const { sim, period, type, size, after: before, include } = query;
  const { events, next } = await reader.readEvents({ sim: sim.sim, ...toRange(period) }, size, {
    type,
    before,
  });
  if (events.length === 0) await requireKnown(reader, sim);
  return { resources: events.map((event) => renderEvent(event, include)), next };
}

/** A position in a list of events; undefined if the value is not one. */
export function readEventsPosition(value: unknown, period: Period): string | undefined {
  return isKey(value, 'sort') && isKeyWithin(value, toRange(period)) ? value : undefined;
}

function toRange({ from, to = '9999' }: Period): TimeRange {
  return { from, to: `${to}$` };
}

/**
 * Makes the resource of an event. Its description is the carrier's sentence without addresses; the carrier's `detail`,
 * which contains IMSI and IP addresses, is null unless it is requested.
 */
function renderEvent(event: StoredEvent, disclosure: Disclosure) {
  const { network, description, detail, imsi } = event;
  const error = readEventError(event, disclosure);
  return {
    sid: event.eventId,
    sim_iccid: event.iccid ?? null,
    event_type: event.type,
    carrier_event_type: event.carrierType,
    timestamp: event.time,
    severity: event.severity ?? null,
    alert: event.alert ?? null,
    description: description === undefined ? null : redactText(description, imsi, disclosure),
    error_code: error.code,
    error_message: error.message,
    data_session_sid: event.sessionId ?? null,
    radio_link: network?.radio ?? network?.ratType ?? null,
    operator_mcc: network?.mcc ?? null,
    operator_mnc: network?.mnc ?? null,
    operator_country: convertCountry(network?.country, network?.mcc),
    operator_name: network?.operatorName ?? null,
    cell_id: event.cellId ?? null,
    imsi: disclosure.has('imsi') ? (imsi ?? null) : null,
    source: event.source,
    detail: disclosure.has('detail') ? (detail ?? event.extra ?? null) : null,
  };
}
