import { parseObject } from '../json/json.ts';
import type { Day } from './day.ts';
import type { ClosedDays } from './fence/close-days.ts';
import type { DayVisit } from './fence/markers.ts';
import type { PartialPass } from './pass/partial-pass.ts';
import type { BucketJob, PartialJob } from './pass/ports.ts';

/**
 * The messages of the day pass. One queue has them all. Each is small, is delivered at least once, in any order, and may be
 * repeated at any time: what there is to read stands in the lake, beside the plan of the day.
 */

/** Closed days that wait until all has landed that was begun before the fence moved, and are then planned. */
export interface ReadingMessage extends ClosedDays {
  readonly kind: 'reading';
}

/** A closed day that is to be planned, or whose open round goes on. */
export interface PlanMessage {
  readonly kind: 'plan';
  readonly day: Day;
}

/** A closed day with markers, of which a round is to be planned. */
export interface RoundMessage {
  readonly kind: 'round';
  readonly day: Day;
}

/** A bucket of a day's round that is to be read. */
export interface BucketMessage extends BucketJob {
  readonly kind: 'bucket';
}

/** A round of markers that waits until all has landed that was begun before they were noted, and is then read. */
export interface VisitMessage extends DayVisit {
  readonly kind: 'visit';
}

/** A day that is not closed, of which a partial pass is due. */
export interface PartialMessage extends PartialPass {
  readonly kind: 'partial';
}

/** A bucket that is to be read for a partial pass. */
export interface PartialBucketMessage extends PartialJob {
  readonly kind: 'partial-bucket';
}

/** A month of which a bill is to be made, if its days are sealed: `2026-10`. */
export interface BillMessage {
  readonly kind: 'bill';
  readonly month: string;
}

/** A part of the fleet that is to be rated for a month's bill. */
export interface BillPartMessage {
  readonly kind: 'bill-part';
  readonly month: string;
  /** Which plan of the bill it belongs to: a SHA-256 in hexadecimal. */
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

/** Takes messages of the day pass, and brings each back later. */
export interface MessageQueue {
  /**
   * @param delayMilliseconds how long they stay away: by a queue that delays. Locally, once no chunk is on its way.
   * @throws if one of them is not taken; others may be.
   */
  send(messages: readonly DayMessage[], delayMilliseconds: number): Promise<void>;
}

type MemberType = 'day' | 'month' | 'hash' | 'whole';

/** What each kind of message has besides its kind. */
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

/** Whether a text is a UTC day that there is. */
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

/** A message that the day pass does not know. */
export class DayMessageError extends Error {
  override readonly name = 'DayMessageError';

  constructor(cause: string) {
    super(`This is not a message of the day pass. ${cause}`);
  }
}
