import { parseObject } from '../json/json.ts';
import { carrierTraits } from '../ledger/source.ts';
import type { StoredEvent } from '../store/records.ts';
import { type Disclosure, redactText } from './disclosure.ts';

/** Why something failed; members that the carrier does not state are null. */
export interface EventError {
  readonly code: string | null;
  readonly message: string | null;
}

const nothing: EventError = { code: null, message: null };

/**
 * The error that an event states. A Super SIM event's `detail` is the carrier's `error`: an object with `code` and
 * `message`, or a text. Data-streamer events have no error besides their description.
 */
export function readEventError({ carrier, detail, imsi }: StoredEvent, disclosure: Disclosure): EventError {
  if (detail === undefined || carrierTraits[carrier].format !== 'supersim') return nothing;
  const shown = (value: unknown): string | null =>
    typeof value === 'string' && value !== '' ? redactText(value, imsi, disclosure) : null;
  const error = parseObject(detail);
  if (error === undefined) return { code: null, message: shown(detail) };
  const { code, message } = error;
  return { code: typeof code === 'number' ? String(code) : shown(code), message: shown(message) };
}
