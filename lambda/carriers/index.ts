import { type JsonObject, toJsonObject } from '../json/json.ts';
import type { FormatName } from '../ledger/source.ts';
import { interpretDataStreamer, isDataStreamerRecord } from './datastreamer/datastreamer.ts';
import { explainValue } from './near-misses.ts';
import type { Arrival, Reading } from './reading.ts';
import { interpretSuperSim, isSuperSimRecord } from './supersim/supersim.ts';

/** A format of records, which several carriers may share. */
interface WireFormat {
  /** Whether a record is written in this format. */
  readonly recognises: (record: JsonObject) => boolean;
  /** Interprets a record of this format. */
  readonly interpret: (record: JsonObject, arrival: Arrival) => Reading;
}

/** The formats in the table `carrierTraits`. */
export const wireFormats: Readonly<Record<FormatName, WireFormat>> = {
  supersim: { recognises: isSuperSimRecord, interpret: interpretSuperSim },
  datastreamer: { recognises: isDataStreamerRecord, interpret: interpretDataStreamer },
};

const formats: readonly WireFormat[] = Object.values(wireFormats);

/**
 * Interprets a value of a carrier's JSON. The record's shape, not its source's carrier, decides how it is read: one
 * stream may carry several formats. Never throws, whatever the JSON contains.
 */
export function interpret(value: unknown, arrival: Arrival): Reading {
  const record = toJsonObject(value);
  if (record === undefined) return explainValue(value);
  for (const format of formats) {
    if (format.recognises(record)) return format.interpret(record, arrival);
  }
  return explainValue(value);
}
