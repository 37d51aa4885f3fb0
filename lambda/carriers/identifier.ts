import { isReservedKey } from '../ledger/accounts.ts';
import type { Device } from '../ledger/observation.ts';
import { cutToBytes } from './detail.ts';
import { isNothing } from './nothing.ts';
import { type Fault, makeMemberFault } from './reading.ts';

/**
 * Identifiers of SIMs, modems and records: always text, because record ids have 64 bits. Only redundant parts are
 * removed: a check digit, or the padding of a card.
 */

/** How a spreadsheet shows a long number. The digits that it dropped are lost. */
const scientificNotation = /^[+-]?(?:\d|\d{1,3}[.,]\d+)[eE]\+?\d+$/;
const onlyDigits = /^\d+$/;

/** Maximum length of a part of a key; real ones have at most 36 characters. */
const maxIdentifierLength = 128;

/** An identifier is one word on one line. */
const controlCharacter = /\p{Cc}/u;

/** Why an identifier can't be used. */
export type IdentifierFault = 'scientific-notation' | 'oversized-field' | 'missing-identity';

/**
 * The form of nearly all identifiers: digits, or a SID or UUID, which is longer than any word for an absent value.
 */
const commonIdentifier = /^(?:\d{1,40}|[A-Za-z0-9][\w-]{15,63})$/;

/**
 * An identifier as text, without the marks that a spreadsheet puts around it (`="…"`, `"…"`, a leading `'`) and
 * without blanks and invisible characters at its ends.
 *
 * @param value a string or an exact number. The JSON reader turns longer numbers into strings.
 * @returns undefined if there is no identifier.
 */
export function readIdentifier(value: unknown): string | undefined {
  if (typeof value === 'string') {
    // Stryker disable next-line ConditionalExpression,EqualityOperator: what follows says the same, more slowly
    if (value.length <= 64 && commonIdentifier.test(value)) return value;
    const text = unwrap(value.trim());
    return isNothing(text) ? undefined : text.toWellFormed();
  }
  return typeof value === 'number' && Number.isSafeInteger(value) ? String(value) : undefined;
}

const outerBlanks = /^[\s\p{Cf}]+|[\s\p{Cf}]+$/gu;
const spreadsheetText = /^(?:=?"(.*)"|'(.*?)'?)$/s;

/** Removes blanks and marks around a text. A text that is longer than any identifier stays unchanged. */
function unwrap(text: string): string {
  if (text.length > 2 * maxIdentifierLength) return text;
  const bare = text.replace(outerBlanks, '');
  const [, quoted, marked] = spreadsheetText.exec(bare) ?? [];
  const inner = (quoted ?? marked)?.replace(outerBlanks, '') ?? '';
  return inner === '' ? bare : unwrap(inner);
}

/** The form of nearly all identifiers. */
const plainIdentifier = /^(?:[A-Za-z]\w*|\d+)$/;

/** What is wrong with an identifier; undefined if it can be used. */
export function findIdentifierFault(text: string): IdentifierFault | undefined {
  if (text.length > maxIdentifierLength) return 'oversized-field';
  // Stryker disable next-line ConditionalExpression: what follows says the same, more slowly
  if (plainIdentifier.test(text)) return undefined;
  if (controlCharacter.test(text)) return 'missing-identity';
  return scientificNotation.test(text) ? 'scientific-notation' : undefined;
}

/**
 * The fault of a member with an unusable identifier; undefined if it is usable or absent.
 *
 * @param member the member's name in the record.
 */
export function checkIdentifier(member: string, text: string | undefined): Fault | undefined {
  const code = text === undefined ? undefined : findIdentifierFault(text);
  return code === undefined ? undefined : makeMemberFault(code, member, 'cannot be used', text);
}

/** Like {@link checkIdentifier}, for an id that becomes the key of a SIM. */
export function checkSimId(member: string, text: string | undefined): Fault | undefined {
  const isReserved = text !== undefined && isReservedKey(text);
  return isReserved
    ? makeMemberFault('missing-identity', member, 'begins like a key that names no SIM', text)
    : checkIdentifier(member, text);
}

/**
 * Characters that people and spreadsheets put between the digits of a number: blanks, dashes, invisible characters.
 */
const betweenDigits = /[\s\p{Cf}\p{Pd}\u2212]+/gu;
const fullWidthDigit = /[\uff10-\uff19]/g;

/** A number's text without the characters between its digits; undefined if it is too long for a number of a SIM. */
function stripNumber(text: string): string | undefined {
  if (text.length > maxIdentifierLength) return undefined;
  return unwrap(text.replace(betweenDigits, '')).replace(fullWidthDigit, (digit) =>
    String.fromCharCode(digit.charCodeAt(0) - 0xff10 + 0x30),
  );
}

const plainIccid = /^\d{18,20}$/;
const paddedIccid = /^(\d{18,20})[fF]*$/;

/**
 * Reads an ICCID: 18 to 20 digits, without blanks, dashes and quotes in or around it, and without the `F` that pads
 * 19 digits on a card.
 *
 * @returns undefined if the text is not a complete ICCID (masked or too short), or is too long.
 */
export function readIccid(text: string): string | undefined {
  // Stryker disable next-line ConditionalExpression,EqualityOperator: what follows says the same, more slowly
  if (text.length <= 20 && plainIccid.test(text)) return text;
  const bare = stripNumber(text);
  return bare === undefined ? undefined : paddedIccid.exec(bare)?.[1];
}

/**
 * The SIM's key from an ICCID: its first 19 digits. Carriers send 19 or 20 digits, with or without a check digit, and
 * the digits do not show which. So a 20th digit is dropped, and a check digit is not required. An ICCID of 18 digits
 * is used as it is.
 *
 * @returns undefined if the text is not an ICCID: see {@link readIccid}.
 */
export function makeSimKey(iccid: string): string | undefined {
  return readIccid(iccid)?.slice(0, 19);
}

/** The content of a member that should contain an ICCID. */
export interface WrittenIccid {
  /** The key of the SIM; undefined if the content is not an ICCID. */
  readonly sim: string | undefined;
  /** The ICCID, or otherwise the original content. */
  readonly iccid: string;
  /** If the content is not an ICCID: the content without blanks and dashes, to find the SIM by. */
  readonly writtenIccid: string | undefined;
}

/** Reads a member that should contain an ICCID; undefined if it is absent. */
export function readWrittenIccid(text: string | undefined): WrittenIccid | undefined {
  if (text === undefined) return undefined;
  const iccid = readIccid(text);
  return iccid === undefined
    ? { sim: undefined, iccid: text, writtenIccid: parseSearchedIccid(text) }
    : { sim: iccid.slice(0, 19), iccid, writtenIccid: undefined };
}

/** The form in which an unreadable ICCID is stored and its SIM is found. */
export function parseSearchedIccid(text: string): string | undefined {
  const bare = stripNumber(text);
  return bare === '' ? undefined : bare;
}

/** The ICCID in a name, which 1NCE's endpoint names usually are; undefined if the name is not an ICCID. */
export function readIccidInName(name: string): string | undefined {
  const iccid = readIccid(name);
  return iccid !== undefined && iccid.length > 18 && iccid.startsWith('89') ? iccid : undefined;
}

/**
 * Maximum bytes of an IMSI or MSISDN in an item: E.164 has 15 digits, and some carriers' machine numbers have more.
 */
export const maxSubscriberNumberBytes = 32;

/** The digits of an IMSI or a phone number, without characters between them; other text stays unchanged. */
export function readSubscriberNumber(value: unknown): string | undefined {
  const text = readIdentifier(value);
  if (text === undefined) return undefined;
  // Stryker disable next-line ConditionalExpression,EqualityOperator: what follows says the same, more slowly
  if (text.length <= maxSubscriberNumberBytes && onlyDigits.test(text)) return text;
  const bare = stripNumber(text)?.replace(/^\+/, '') ?? '';
  return onlyDigits.test(bare) ? bare : text;
}

/**
 * Reads the modem's IMEI (14 digits and a check digit, which networks may leave 0) or IMEISV (14 digits and a
 * software version of two), sometimes with a trailing `f`. The carrier's text is kept if it differs.
 *
 * @returns other content (masked, overlong) as it was written, truncated to fit, with an ellipsis.
 */
export function readDevice(value: unknown): Device | undefined {
  const text = readIdentifier(value);
  if (text === undefined) return undefined;
  const digits =
    text.length <= 16 && onlyDigits.test(text) ? text : (stripNumber(text)?.replace(/f$/i, '') ?? '');
  if ((digits.length !== 15 && digits.length !== 16) || !onlyDigits.test(digits)) {
    return { imei: cutToBytes(text, 32), writtenImei: undefined };
  }
  const body = digits.slice(0, 14);
  const imei = body + computeLuhnDigit(body);
  return { imei, writtenImei: text === imei ? undefined : cutToBytes(text, 48) };
}

function computeLuhnDigit(digits: string): number {
  let sum = 0;
  for (let index = 0; index < digits.length; index += 1) {
    const digit = digits.charCodeAt(digits.length - 1 - index) - 0x30;
    const doubled = index % 2 === 0 ? digit * 2 : digit;
    sum += doubled > 9 ? doubled - 9 : doubled;
  }
  return (10 - (sum % 10)) % 10;
}
