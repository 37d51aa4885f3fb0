import { redactText } from '../../lambda/queries/disclosure.ts';

/**
 * Masks personal values: phone numbers, IMSI, IMEI, ICCID, addresses and names in raw bytes, and the fields that hold
 * them in items and answers.
 */

const nothing = new Set<never>();
/** Numbers as long as an identifier, also in quotes or after a sign; dates and times are shorter. */
const longNumber = /\d{7,}/g;
/**
 * Members that name a person or a device. A value ends at its closing quote, or at the end of the text if that is
 * missing.
 */
const namingMember =
  /("(?:user_?name|user_name|name|endpoint_name|sim_unique_name|friendly_name)"\s*:\s*")((?:[^"\\]|\\.)*)/gi;
/** Digits of an identifier that stay visible, to tell identifiers apart. */
const shownDigits = 4;

/** A text of any kind, including broken JSON and CSV rows, without personal values. */
export function maskText(text: string): string {
  return redactText(text, undefined, nothing)
    .replace(namingMember, (_, member: string, value: string) => `${member}${value === '' ? '' : '…'}`)
    .replace(longNumber, (digits) => `…${digits.slice(-shownDigits)}`);
}

/** Fields of items and API answers that hold personal values. The SIM's own ICCID identifies it, and stays. */
const personalFields = new Set(['imsi', 'imei', 'writtenImei', 'msisdn', 'ip_address', 'ipAddress']);

/** A ledger record without personal values; `detail`, the carrier's own words, is masked as text. */
export function maskFields<Fields extends Readonly<Record<string, unknown>>>(fields: Fields): Fields {
  return mapValues(fields) as Fields;
}

function mapValues(value: unknown, name = ''): unknown {
  if (Array.isArray(value)) return value.map((one) => mapValues(one));
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, mapValues(member, key)]));
  }
  if (typeof value !== 'string') return value;
  if (personalFields.has(name)) return value.length <= shownDigits ? '…' : `…${value.slice(-shownDigits)}`;
  return name === 'detail' || name === 'description' || name === 'extra' ? maskText(value) : value;
}
