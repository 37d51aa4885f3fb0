import { interpretEvent } from './datastreamer-event.ts';
import { eventFields } from './datastreamer-event-fields.ts';
import { interpretUsage, usageFields } from './datastreamer-usage.ts';
import type { JsonObject } from './json.ts';
import type { Arrival, Reading } from './reading.ts';

/** Whether a record is one of the data streamer's: an event or a usage record. */
export function isDataStreamerRecord(record: JsonObject): boolean {
  return isEvent(record) || isUsage(record);
}

/**
 * The data streamer (emnify's engine; 1NCE, Telekom Business Smart Connect): bare JSON, nested in two generations or
 * flat, megabytes, numeric ids. WIRE-FORMATS section 2. A stream may mix usage and events.
 */
export function interpretDataStreamer(record: JsonObject, arrival: Arrival): Reading {
  return isEvent(record)
    ? interpretEvent(eventFields(record), arrival)
    : interpretUsage(usageFields(record), arrival);
}

function isEvent(record: JsonObject): boolean {
  return record['event_type'] != null || record['event_type_id'] != null;
}

function isUsage(record: JsonObject): boolean {
  return record['start_timestamp'] != null && (record['volume'] != null || record['volume_total'] != null);
}
