import type { JsonObject } from '../../json/json.ts';
import type { Arrival, Reading } from '../reading.ts';
import { interpretEvent } from './event.ts';
import { readEventFields } from './event-fields.ts';
import { interpretUsage, readUsageFields } from './usage.ts';

/** Whether a record is the data streamer's: an event or a usage record. */
export function isDataStreamerRecord(record: JsonObject): boolean {
  return isEvent(record) || isUsage(record);
}

/**
 * The data streamer (emnify's engine; 1NCE, Telekom Business Smart Connect): plain JSON, nested in two generations or
 * flat, with megabytes and numeric ids. Described in docs/wire-formats.md. A stream may mix usage and events.
 */
export function interpretDataStreamer(record: JsonObject, arrival: Arrival): Reading {
  return isEvent(record)
    ? interpretEvent(readEventFields(record), arrival)
    : interpretUsage(readUsageFields(record), arrival);
}

function isEvent(record: JsonObject): boolean {
  // Super SIM data also has an event_type.
  return (record['event_type'] != null || record['event_type_id'] != null) && record['event_sid'] == null;
}

/** Usage has a volume and a start. If the start was lost, two other members identify it as usage. */
function isUsage(record: JsonObject): boolean {
  if (!volumeMembers.some((name) => record[name] != null)) return false;
  if (record['start_timestamp'] != null) return true;
  return usageMembers.filter((name) => record[name] != null).length > 1;
}

const volumeMembers = ['volume', 'volume_total', 'volume_tx', 'volume_rx'];
const usageMembers = [
  ...[
    'end_timestamp',
    'traffic_type',
    'traffic_type_id',
    'operator',
    'operator_id',
    'tariff',
    'tariff_id',
    'cost',
  ],
  ...[
    'sim',
    'sim_id',
    'iccid',
    'imsi',
    'endpoint',
    'endpoint_id',
    'organisation',
    'organisation_id',
    'session_id',
  ],
];
