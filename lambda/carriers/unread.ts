import { cutToBytes, fitText } from './detail.ts';
import { isNothing } from './nothing.ts';
import { type Fault, isFault, readCode } from './reading.ts';

/** Maximum bytes of unread members in an item's `extra`. */
const maxBytes = 200;

/**
 * Unreadable members of a record that is stored anyway, because its identity, time and bytes are readable. They are
 * kept in `extra`, under the carrier's names, as they were written.
 */
export class Unread {
  #members: Record<string, unknown> | undefined;
  #fault: Fault | undefined;

  /** The fault of the first unread member, for a record that has nothing else to store. */
  get fault(): Fault | undefined {
    return this.#fault;
  }

  /** Notes a member as it was written, unless it has no value. */
  note(member: string, written: unknown): void {
    if (isNothing(written)) return;
    this.#members ??= Object.create(null) as Record<string, unknown>;
    const isShort = typeof written === 'number' || typeof written === 'boolean';
    this.#members[member] = isShort ? written : fitText(written, maxBytes);
  }

  /** Returns what a member was read as. If that is a fault, notes the member and returns undefined. */
  take<Value>(read: Value | Fault, member: string, written: unknown): Value | undefined {
    if (!isFault(read)) return read;
    this.#fault ??= read;
    this.note(member, written);
    return undefined;
  }

  /**
   * A code or an id as trimmed text; undefined for a word for an absent value. It is never truncated, because a
   * truncated code is a different code.
   *
   * @param maxLength bytes that the item can hold.
   */
  readCode(value: unknown, maxLength: number, member: string): string | undefined {
    const text = readCode(value, Number.POSITIVE_INFINITY);
    // Each character takes at most three bytes.
    // Stryker disable next-line ConditionalExpression,EqualityOperator: what follows says the same, more slowly
    if (text === undefined || text.length * 3 <= maxLength || Buffer.byteLength(text) <= maxLength)
      return text;
    this.note(member, value);
    return undefined;
  }

  /** The noted members as the text of a JSON object; undefined if there are none. */
  get text(): string | undefined {
    return fitText(this.#members, maxBytes);
  }

  /**
   * The noted members, followed by undocumented ones.
   *
   * @param extra the text of undocumented members from `collectUnknownMembers`.
   * @param room bytes for both.
   */
  readTextBeside(extra: string | undefined, room: number): string | undefined {
    const { text } = this;
    if (text === undefined) return extra;
    // In a truncated text, the end of its object is unknown.
    if (extra === undefined || !text.endsWith('}')) return text;
    return cutToBytes(`${text.slice(0, -1)},${extra.slice(1)}`, room);
  }
}
