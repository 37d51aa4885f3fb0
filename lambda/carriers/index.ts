import { type JsonObject, jsonObject } from '../json/json.ts';
import type { Carrier } from '../ledger/source.ts';
import { interpretDataStreamer, isDataStreamerRecord } from './datastreamer/datastreamer.ts';
import { explainValue } from './near-misses.ts';
import type { Arrival, Reading } from './reading.ts';
import { interpretSuperSim, isSuperSimRecord } from './supersim/supersim.ts';

/** A way of writing records, which several carriers may share. */
interface WireFormat {
  readonly name: string;
  readonly carriers: readonly Carrier[];
  /** Whether a record is written in this format. */
  readonly recognises: (record: JsonObject) => boolean;
  readonly interpret: (record: JsonObject, arrival: Arrival) => Reading;
}

/** The formats. A record is read by its shape; whose it is, is the source's to say. */
const wireFormats: readonly WireFormat[] = [
  {
    name: 'supersim',
    carriers: ['twilio', 'kore'],
    recognises: isSuperSimRecord,
    interpret: interpretSuperSim,
  },
  {
    name: 'datastreamer',
    carriers: ['1nce', 'emnify', 'telekom'],
    recognises: isDataStreamerRecord,
    interpret: interpretDataStreamer,
  },
];

/** What a value of a carrier's JSON states. Never throws on anything that JSON can hold. */
export function interpret(value: unknown, arrival: Arrival): Reading {
  const record = jsonObject(value);
  if (record === undefined) return explainValue(value);
  for (const format of wireFormats) {
    if (format.recognises(record)) return format.interpret(record, arrival);
  }
  return explainValue(value);
}
