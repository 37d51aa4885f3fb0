import type { Device } from '../ledger/observation.ts';
import { withinBytes } from './detail.ts';
import { isNothing } from './nothing.ts';
import { type Fault, memberFault } from './reading.ts';

/**
 * Identifiers of SIMs, modems and records: always text, since record ids are 64-bit. None is ever shortened, unless the
 * part that is dropped is known to be redundant: a check digit, or the padding of a card.
 */

/** What a spreadsheet makes of a long number. The digits it has dropped can't be had back. */
const scientificNotation = /^[+-]?(?:\d|\d{1,3}[.,]\d+)[eE]\+?\d+$/;
const onlyDigits = /^\d+$/;

/** The longest key part that a table takes; real ones have at most 36 characters. */
const maxIdentifierLength = 128;

/** An identifier is one word on one line. */
const controlCharacter = /\p{Cc}/u;

/** Why an identifier can't be used. */
export type IdentifierFault = 'scientific-notation' | 'oversized-field' | 'missing-identity';

/** What nearly all identifiers are: digits, or a SID or UUID, which is longer than any word for nothing. */
const commonIdentifier = /^(?:\d{1,40}|[A-Za-z0-9][\w-]{15,63})$/;

/**
 * An identifier as text, without what a spreadsheet puts around it (`="…"`, `"…"`, a leading `'`) and without blanks and
 * invisible characters at its ends.
 *
 * @param value a string, or a number that is exact: longer ones have been made strings when the JSON was read.
 * @returns undefined if there is no identifier.
 */
export function identifier(value: unknown): string | undefined {
  if (typeof value === 'string') {
    if (value.length <= 64 && commonIdentifier.test(value)) return value;
    const text = unwrap(value.trim());
    return isNothing(text) ? undefined : text.toWellFormed();
  }
  return typeof value === 'number' && Number.isSafeInteger(value) ? String(value) : undefined;
}

const outerBlanks = /^[\s\p{Cf}]+|[\s\p{Cf}]+$/gu;
const spreadsheetText = /^(?:=?"(.*)"|'(.*?)'?)$/s;

/** A text without its outer disguise. A text longer than any identifier stays as it is. */
function unwrap(text: string): string {
  if (text.length > 2 * maxIdentifierLength) return text;
  const bare = text.replace(outerBlanks, '');
  const [, quoted, marked] = spreadsheetText.exec(bare) ?? [];
  const inner = (quoted ?? marked)?.replace(outerBlanks, '') ?? '';
  return inner === '' ? bare : unwrap(inner);
}

/** What nearly all identifiers consist of. */
const plainIdentifier = /^(?:[A-Za-z]\w*|\d+)$/;

/** What is wrong with an identifier, if anything. */
export function identifierFault(text: string): IdentifierFault | undefined {
  if (text.length > maxIdentifierLength) return 'oversized-field';
  if (plainIdentifier.test(text)) return undefined;
  if (controlCharacter.test(text)) return 'missing-identity';
  return scientificNotation.test(text) ? 'scientific-notation' : undefined;
}

/**
 * The fault of a member whose identifier can't be used; undefined where it can, or where none is stated.
 *
 * @param member the record's name of it.
 */
export function checkIdentifier(member: string, text: string | undefined): Fault | undefined {
  const wrong = text === undefined ? undefined : identifierFault(text);
  return wrong === undefined ? undefined : memberFault(wrong, member, 'cannot be used', text);
}

/** What people and spreadsheets put between the digits of a number: blanks, dashes, characters that are not seen. */
const betweenDigits = /[\s\p{Cf}\p{Pd}\u2212]+/gu;
const fullWidthDigit = /[\uff10-\uff19]/g;

/** A number's text without what stands between its digits; undefined where it is too long for any number of a SIM. */
function bareNumber(text: string): string | undefined {
  if (text.length > maxIdentifierLength) return undefined;
  return unwrap(text.replace(betweenDigits, '')).replace(fullWidthDigit, (digit) =>
    String.fromCharCode(digit.charCodeAt(0) - 0xff10 + 0x30),
  );
}

const plainIccid = /^\d{18,20}$/;
const paddedIccid = /^(\d{18,20})[fF]*$/;

/**
 * The ICCID that a text shows: 18 to 20 digits, whatever blanks, dashes and quotes stand in it and around it, and
 * without the `F` with which a card pads 19 digits.
 *
 * @returns undefined when the text is not a whole ICCID (masked, too short), or is longer than one.
 */
export function readIccid(text: string): string | undefined {
  if (text.length <= 20 && plainIccid.test(text)) return text;
  const bare = bareNumber(text);
  return bare === undefined ? undefined : paddedIccid.exec(bare)?.[1];
}

/**
 * The SIM's key from an ICCID: its first 19 digits. Carriers send 19 digits or 20 with the check digit; which of both
 * can't be told from the digits, so the check digit is not required, and cut off where it is a 20th. Of 18 digits all
 * are the key: whether a 19th would be a check digit can't be told either.
 *
 * @returns undefined if the text is not an ICCID: see {@link readIccid}.
 */
export function simOfIccid(iccid: string): string | undefined {
  return readIccid(iccid)?.slice(0, 19);
}

/** What stands where an ICCID belongs. */
export interface WrittenIccid {
  /** The key of the SIM; undefined where it is not an ICCID. */
  readonly sim: string | undefined;
  /** The ICCID; where it is not one, what was written. */
  readonly iccid: string;
  /** By what a SIM is found whose ICCID can't be read: what was written, without blanks and dashes. */
  readonly writtenIccid: string | undefined;
}

/** Reads what stands where an ICCID belongs; undefined where nothing does. */
export function readWrittenIccid(text: string | undefined): WrittenIccid | undefined {
  if (text === undefined) return undefined;
  const iccid = readIccid(text);
  return iccid === undefined
    ? { sim: undefined, iccid: text, writtenIccid: searchedIccid(text) }
    : { sim: iccid.slice(0, 19), iccid, writtenIccid: undefined };
}

/** The form under which a SIM is kept and found whose ICCID can't be read. */
export function searchedIccid(text: string): string | undefined {
  const bare = bareNumber(text);
  return bare === '' ? undefined : bare;
}

/** The ICCID that a name shows, as 1NCE's endpoint names usually do; undefined where it shows none. */
export function readIccidInName(name: string): string | undefined {
  const iccid = readIccid(name);
  return iccid !== undefined && iccid.length > 18 && iccid.startsWith('89') ? iccid : undefined;
}

/** Bytes that an item has room for of an IMSI or MSISDN: E.164 has 15 digits, and some carriers' numbers of things more. */
export const maxSubscriberNumberBytes = 32;

/** The digits of an IMSI or a phone number, whatever stands between them; what is not digits is kept as it came. */
export function readSubscriberNumber(value: unknown): string | undefined {
  const text = identifier(value);
  if (text === undefined) return undefined;
  if (text.length <= maxSubscriberNumberBytes && onlyDigits.test(text)) return text;
  const bare = bareNumber(text)?.replace(/^\+/, '') ?? '';
  return onlyDigits.test(bare) ? bare : text;
}

/**
 * The modem by its IMEI (14 digits and a check digit, which networks may leave 0) or its IMEISV (14 digits and a software
 * version of two), at times with a trailing `f`. What the carrier wrote is kept where it differs.
 *
 * @returns what was written where it is neither: masked, overlong. What does not fit is cut, and the cut is marked.
 */
export function readDevice(value: unknown): Device | undefined {
  const text = identifier(value);
  if (text === undefined) return undefined;
  const digits =
    text.length <= 16 && onlyDigits.test(text) ? text : (bareNumber(text)?.replace(/f$/i, '') ?? '');
  if ((digits.length !== 15 && digits.length !== 16) || !onlyDigits.test(digits)) {
    return { imei: withinBytes(text, 32), writtenImei: undefined };
  }
  const body = digits.slice(0, 14);
  const imei = body + luhnDigit(body);
  return { imei, writtenImei: text === imei ? undefined : withinBytes(text, 48) };
}

function luhnDigit(digits: string): number {
  let sum = 0;
  for (let index = 0; index < digits.length; index += 1) {
    const digit = digits.charCodeAt(digits.length - 1 - index) - 0x30;
    const doubled = index % 2 === 0 ? digit * 2 : digit;
    sum += doubled > 9 ? doubled - 9 : doubled;
  }
  return (10 - (sum % 10)) % 10;
}
