/** Identifiers of SIMs, modems and records: always text, since record ids are 64-bit. */

/** What a spreadsheet makes of a long number. The digits it has dropped can't be had back. */
const scientificNotation = /^[+-]?(?:\d|\d{1,3}[.,]\d+)[eE]\+?\d+$/;
const iccidDigits = /^\d{18,24}$/;
const onlyDigits = /^\d+$/;

/** The longest key part that a table takes; real ones have at most 36 characters. */
const longestIdentifier = 128;

/** An identifier is one word on one line. */
const controlCharacter = /\p{Cc}/u;

/** Why an identifier can't be used. */
export type IdentifierFault = 'scientific-notation' | 'oversized-field' | 'missing-identity';

/**
 * An identifier as trimmed text.
 *
 * @param value a string, or a number that is exact: longer ones have been made strings when the JSON was read.
 * @returns undefined when there is none.
 */
export function identifier(value: unknown): string | undefined {
  if (typeof value === 'string') {
    const text = value.trim();
    return text === '' ? undefined : text.toWellFormed();
  }
  return typeof value === 'number' && Number.isSafeInteger(value) ? String(value) : undefined;
}

/** What nearly all identifiers are: a SID, or digits. */
const plainIdentifier = /^(?:[A-Za-z]\w*|\d+)$/;

/** What is wrong with an identifier, if anything. */
export function identifierFault(text: string): IdentifierFault | undefined {
  if (text.length <= longestIdentifier && plainIdentifier.test(text)) return undefined;
  if (text.length > longestIdentifier) return 'oversized-field';
  if (controlCharacter.test(text)) return 'missing-identity';
  return scientificNotation.test(text) ? 'scientific-notation' : undefined;
}

/**
 * The SIM's key from an ICCID: its first 19 digits. Carriers send 19 digits or 20 with the check digit; which of both
 * can't be told from the digits, so the check digit is not required, and cut off where it stands. A card pads 19 digits
 * with an `F`.
 *
 * @returns undefined when the text is no whole ICCID (masked, too short).
 */
export function simOfIccid(iccid: string): string | undefined {
  const digits = iccid.replace(/[fF]+$/, '');
  return iccidDigits.test(digits) ? digits.slice(0, 19) : undefined;
}

/** Whether a name is an ICCID, as 1NCE's endpoint names usually are. */
export function looksLikeIccid(text: string): boolean {
  return /^89\d{17,18}$/.test(text);
}

/**
 * The IMEI from an IMEI (14 digits and a check digit, which networks may leave 0) or an IMEISV (14 digits and a
 * software version of two), at times with a trailing `f`.
 *
 * @returns the trimmed text as it came where it is neither: masked, overlong.
 */
export function imeiOf(value: unknown): string | undefined {
  const text = identifier(value);
  if (text === undefined) return undefined;
  const digits = text.length === 16 || text.length === 17 ? text.replace(/f$/i, '') : text;
  if ((digits.length !== 15 && digits.length !== 16) || !onlyDigits.test(digits)) return text.slice(0, 32);
  const body = digits.slice(0, 14);
  return body + luhnDigit(body);
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
