import { parseObject } from '../json/json.ts';
import type { Day } from './day.ts';
import type { ClosedDays } from './fence/close-days.ts';
import type { DayVisit } from './fence/markers.ts';
import type { PartialPass } from './pass/partial-pass.ts';
import type { BucketJob, PartialJob } from './pass/ports.ts';

/**
 * The messages of the day pass, which share one queue. Each is small, is delivered at least once, in any order, and may
 * be repeated at any time: what must be read is in the lake, next to the plan of the day.
 */

/** Closed days that wait until everything that began before the fence moved has landed, and are then planned. */
export interface ReadingMessage extends ClosedDays {
  readonly kind: 'reading';
}

/** A closed day to plan, or whose open round continues. */
export interface PlanMessage {
  readonly kind: 'plan';
  readonly day: Day;
}

/** A closed day with markers, of which a round must be planned. */
export interface RoundMessage {
  readonly kind: 'round';
  readonly day: Day;
}

/** A bucket of a day's round to read. */
export interface BucketMessage extends BucketJob {
  readonly kind: 'bucket';
}

/** A round of markers that waits until everything that began before they were noted has landed, and is then read. */
export interface VisitMessage extends DayVisit {
  readonly kind: 'visit';
}

/** A day that is not closed, for which a partial pass is due. */
export interface PartialMessage extends PartialPass {
  readonly kind: 'partial';
}

/** A bucket to read for a partial pass. */
export interface PartialBucketMessage extends PartialJob {
  readonly kind: 'partial-bucket';
}

/** A month of which to make a bill, for example `2026-10`, if its days are sealed. */
export interface BillMessage {
  readonly kind: 'bill';
  readonly month: string;
}

/** A part of the fleet to rate for a month's bill. */
export interface BillPartMessage {
  readonly kind: 'bill-part';
  readonly month: string;
  /** The plan of the bill that it belongs to: a SHA-256 in hexadecimal. */
  readonly plan: string;
  readonly part: number;
}

/** A message of the day pass. */
export type DayMessage =
  | ReadingMessage
  | PlanMessage
  | RoundMessage
  | BucketMessage
  | VisitMessage
  | PartialMessage
  | PartialBucketMessage
  | BillMessage
  | BillPartMessage;

/** Accepts messages of the day pass, and delivers each later. */
export interface MessageQueue {
  /**
   * @param delayMilliseconds how long to delay them. In the local run, they are delivered when no chunk is running.
   * @throws if one of them is not accepted; others may be.
   */
  send(messages: readonly DayMessage[], delayMilliseconds: number): Promise<void>;
}

type MemberType = 'day' | 'month' | 'hash' | 'whole';

/** The members of each kind of message, besides its kind. */
const members = {
  reading: { from: 'day', through: 'day', waitedMilliseconds: 'whole' },
  plan: { day: 'day' },
  round: { day: 'day' },
  bucket: { day: 'day', round: 'whole', bucket: 'whole' },
  visit: { day: 'day', round: 'whole', waitedMilliseconds: 'whole' },
  partial: { day: 'day', asOf: 'whole' },
  'partial-bucket': { day: 'day', asOf: 'whole', bucket: 'whole' },
  bill: { month: 'month' },
  'bill-part': { month: 'month', plan: 'hash', part: 'whole' },
} as const satisfies {
  readonly [Kind in DayMessage['kind']]: {
    readonly [Name in Exclude<keyof Extract<DayMessage, { kind: Kind }>, 'kind'>]: MemberType;
  };
};

const isValid: Readonly<Record<MemberType, (value: unknown) => boolean>> = {
  day: (value) => typeof value === 'string' && isDay(value),
  month: (value) => typeof value === 'string' && isDay(`${value}-01`),
  hash: (value) => typeof value === 'string' && /^[0-9a-f]{64}$/.test(value),
  whole: (value) => Number.isSafeInteger(value) && Number(value) >= 0,
};

const accepted = {
  day: 'a UTC day such as 2026-11-02',
  month: 'a month such as 2026-10',
  hash: 'a SHA-256 in 64 hexadecimal digits',
  whole: 'a whole number from 0',
} as const;

/** Whether a text is a UTC day that exists. */
export function isDay(text: string): boolean {
  return /^\d{4}-\d\d-\d\d$/.test(text) && isInCalendar(text);
}

function isInCalendar(day: string): boolean {
  const time = Date.parse(`${day}T00:00:00.000Z`);
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(day);
}

/** A message as the body of a queue's message. */
export function printMessage(message: DayMessage): string {
  return JSON.stringify(message);
}

/**
 * Reads the body of a queue's message.
 *
 * @throws DayMessageError if it is not a message of the day pass.
 */
export function parseMessage(body: string): DayMessage {
  const message = parseObject(body);
  if (message === undefined) throw new DayMessageError('It is not a JSON object');
  const { kind } = message;
  const kinds = Object.keys(members);
  if (typeof kind !== 'string' || !isKind(kind))
    throw new DayMessageError(`kind: ${JSON.stringify(kind)} given; accepted is one of ${kinds.join(', ')}`);
  const read: Record<string, unknown> = { kind };
  for (const [name, type] of Object.entries(members[kind])) {
    const value = message[name];
    if (!isValid[type](value))
      throw new DayMessageError(`${name}: ${JSON.stringify(value)} given; accepted is ${accepted[type]}`);
    read[name] = value;
  }
  // Each member of its kind was checked.
  return read as unknown as DayMessage;
}

function isKind(kind: string): kind is DayMessage['kind'] {
  return Object.hasOwn(members, kind);
}

/** A message that the day pass does not understand. */
export class DayMessageError extends Error {
  override readonly name = 'DayMessageError';

  constructor(cause: string) {
    super(`This is not a message of the day pass. ${cause}`);
  }
}
