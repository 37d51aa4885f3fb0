import { addMarks, type UnmarkedObservations } from '../ledger/heard.ts';
import type { Group, Observations, Stated } from '../ledger/observation.ts';
import type { Source } from '../ledger/source.ts';
import { formatTime, parseTime, toMilliseconds } from '../ledger/time.ts';
import { cutToBytes } from './detail.ts';
import { isNothing } from './nothing.ts';

/** Why something was rejected. */
export const rejectCodes = [
  'broken-json',
  'broken-gzip',
  'broken-aggregate',
  'not-utf8',
  'not-text',
  'empty',
  'too-large',
  'too-many-values',
  'unknown-shape',
  'missing-identity',
  'scientific-notation',
  'oversized-field',
  'impossible-time',
  'future-time',
  'impossible-number',
  'broken-row',
  'no-id-column',
  'unknown-columns',
  'stops-consumer',
] as const;
export type RejectCode = (typeof rejectCodes)[number];

/** What is wrong with a record. It is a value rather than an exception, because carriers' mistakes are expected. */
export interface Fault {
  readonly kind: 'fault';
  readonly code: RejectCode;
  /** What is wrong, as a plain sentence without the member's value. */
  readonly problem: string;
  /** The carrier's name of the wrong member; undefined if the fault is not about a single member. */
  readonly member?: string;
  /** The member's value, truncated by {@link showValue}. */
  readonly value?: string;
}

/** A platform's message about itself, which is not a record. */
export interface Ignored {
  readonly kind: 'ignored';
  readonly reason: string;
  /** The id of a test event, which the owner of a Twilio or KORE sink returns to validate the sink. */
  readonly testId?: string;
}

/** The result of reading a record. */
export type Reading = ({ readonly kind: 'observed' } & Observations) | Fault | Ignored;

/** What an interpreter knows in addition to the record. */
export interface Arrival {
  readonly source: Source;
  /** When the delivery arrived, in milliseconds since the epoch. AWS states it, so it is the same for a retry. */
  readonly arrivedAt: number;
}

/**
 * How far a carrier's clock may be ahead, in milliseconds; a time further in the future would win every register
 * forever.
 */
const clockErrorMilliseconds = 24 * 3_600_000;

/** Makes a {@link Fault} about a record, a body or a file as a whole. */
export function makeFault(code: RejectCode, problem: string): Fault {
  return { kind: 'fault', code, problem };
}

/**
 * Makes a {@link Fault} about one member.
 *
 * @param problem what is wrong with it: completes a sentence that begins with the member's name.
 * @param value the member's value; by default, the fault shows no value.
 */
export function makeMemberFault(code: RejectCode, member: string, problem: string, value?: unknown): Fault {
  const sentence = `${member} ${problem}`;
  if (value === undefined) return { kind: 'fault', code, problem: sentence, member };
  return { kind: 'fault', code, problem: sentence, member, value: showValue(value) };
}

/** A fault as one sentence, including the value. */
export function formatReason({ problem, value }: Pick<Fault, 'problem' | 'value'>): string {
  return value === undefined ? problem : `${problem}: ${value}`;
}

/** Distinguishes a fault from a value. */
export function isFault(value: unknown): value is Fault {
  return typeof value === 'object' && value !== null && 'kind' in value && value.kind === 'fault';
}

/** Makes a group with the time of its observation. */
export function makeStated<G extends Group>(at: string, group: G): Stated<G> {
  return { at, group };
}

/** Combines a record's statements, and adds when they say that the SIM was heard. */
export function makeReading(observations: UnmarkedObservations, { source }: Arrival): Reading {
  return { kind: 'observed', ...addMarks(observations, source) };
}

/**
 * Reads a required time.
 *
 * @param member the time's name in the record, for the fault's sentence.
 * @returns the time as `parseTime` returns it; a fault if it is missing or impossible.
 */
export function readRequiredTime(value: unknown, member: string, arrival: Arrival): string | Fault {
  if (isNothing(value)) return makeMemberFault('missing-identity', member, 'is missing');
  return checkTime(value, member, arrival);
}

/** Reads an optional time; undefined if it is absent, a fault if it is impossible. */
export function readOptionalTime(
  value: unknown,
  member: string,
  arrival: Arrival,
): string | undefined | Fault {
  return isNothing(value) ? undefined : checkTime(value, member, arrival);
}

function checkTime(value: unknown, member: string, arrival: Arrival): string | Fault {
  const tooLong = makeLengthFault(value, member);
  if (tooLong !== undefined) return tooLong;
  const time = typeof value === 'string' ? parseTime(value) : undefined;
  if (time === undefined) return makeMemberFault('impossible-time', member, 'is not a possible time', value);
  // Stryker disable next-line ConditionalExpression,EqualityOperator: a short cut, which what follows agrees with
  if (time > formatArrivalDay(arrival) && toMilliseconds(time) > arrival.arrivedAt + clockErrorMilliseconds) {
    return {
      ...makeMemberFault('future-time', member, 'is more than 24 hours ahead of the arrival'),
      value: time,
    };
  }
  return time;
}

/**
 * The fault of a record that names no SIM because its ICCID is not valid.
 *
 * @param member the record's name for the ICCID.
 * @param idMember the record's name for the carrier's own id of a SIM, which is missing.
 */
export function makeIccidFault(member: string, iccid: string, idMember: string): Fault {
  const problem = `is not an ICCID, which has 18 to 20 digits, and ${idMember} is missing`;
  return makeMemberFault('missing-identity', member, problem, iccid);
}

let lastDay = Number.NaN;
let lastDayText = '';

/** The beginning of the UTC day of an arrival, as text. An earlier time cannot be in the future. */
function formatArrivalDay({ arrivedAt }: Arrival): string {
  const day = Math.floor(arrivedAt / 86_400_000);
  // Stryker disable next-line ConditionalExpression,EqualityOperator,BlockStatement: it only spares what follows
  if (day !== lastDay) {
    lastDay = day;
    // Stryker disable next-line ArithmeticOperator: an earlier day only spares less of what follows
    lastDayText = formatTime(day * 86_400_000);
  }
  return lastDayText;
}

/** Maximum number of characters of a value in a sentence. */
const maxShown = 60;

/** A value as shown in a sentence: quoted and truncated, because a wrong value can have any size. */
export function showValue(value: unknown): string {
  if (typeof value === 'object' && value !== null) return Array.isArray(value) ? 'an array' : 'an object';
  // Stryker disable next-line MethodExpression,ArithmeticOperator: with its quotes, it is as long as what is shown
  const text = typeof value === 'string' ? JSON.stringify(value.slice(0, maxShown + 1)) : String(value);
  return text.length > maxShown ? `${text.slice(0, maxShown).toWellFormed()}…` : text;
}

/**
 * The sum of both directions, if a record states no total; undefined if it states neither direction, a fault if the
 * sum is not exact.
 *
 * @param member the record's name of the total.
 */
export function addDirections(
  up: number | undefined,
  down: number | undefined,
  member: string,
): number | undefined | Fault {
  if (up === undefined && down === undefined) return undefined;
  const total = (up ?? 0) + (down ?? 0);
  if (Number.isSafeInteger(total)) return total;
  const problem = 'is missing, and both directions together are more bytes than can be counted exactly';
  return makeMemberFault('impossible-number', member, problem);
}

/** Maximum length of a number or time as text: far longer than any that a carrier writes. */
export const maxValueLength = 256;

/** The fault of a number or time whose text is too long; undefined if it is not. */
export function makeLengthFault(value: unknown, member: string): Fault | undefined {
  if (typeof value !== 'string' || value.length <= maxValueLength) return undefined;
  const problem = `has more than ${maxValueLength} characters`;
  return makeMemberFault('oversized-field', member, problem, value);
}

/**
 * Free text: trimmed, undefined if empty, truncated to the bytes that an item can hold.
 *
 * @param maxBytes maximum bytes in UTF-8.
 */
export function readFreeText(value: unknown, maxBytes = 256): string | undefined {
  if (typeof value === 'number') return String(value);
  if (typeof value !== 'string') return undefined;
  const text = value.trim();
  if (text === '') return undefined;
  return cutToBytes(text, maxBytes);
}

/**
 * A code, an address or a country as text; undefined if it is absent or a word for an absent value.
 *
 * @param maxBytes maximum bytes in UTF-8.
 */
export function readCode(value: unknown, maxBytes: number): string | undefined {
  return isNothing(value) ? undefined : readFreeText(value, maxBytes);
}
