import { cutToBytes, fitText } from './detail.ts';
import { isNothing } from './nothing.ts';
import { type Fault, isFault, readCode } from './reading.ts';

/** Maximum number of bytes of an item's `extra` for unread members. */
const maxBytes = 200;

/**
 * Unreadable members of a record that is stored all the same, since its identity, its time and its bytes can be read.
 * They are kept in `extra`, under the carrier's names, as they were written.
 */
export class Unread {
  #members: Record<string, unknown> | undefined;
  #fault: Fault | undefined;

  /** The fault of the first unread member: for a record that has nothing else to store. */
  get fault(): Fault | undefined {
    return this.#fault;
  }

  /** Keeps a member as it was written; one that says nothing is not kept. */
  note(member: string, written: unknown): void {
    if (isNothing(written)) return;
    this.#members ??= Object.create(null) as Record<string, unknown>;
    const isShort = typeof written === 'number' || typeof written === 'boolean';
    this.#members[member] = isShort ? written : fitText(written, maxBytes);
  }

  /** Returns what a member was read as; notes a member that could not be read, and returns undefined. */
  take<Value>(read: Value | Fault, member: string, written: unknown): Value | undefined {
    if (!isFault(read)) return read;
    this.#fault ??= read;
    this.note(member, written);
    return undefined;
  }

  /**
   * A code or an id as trimmed text; undefined for a word for nothing. It is never cut: a cut code is another code.
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

  /** The noted members as the text of a JSON object; undefined if no member was noted. */
  get text(): string | undefined {
    return fitText(this.#members, maxBytes);
  }

  /**
   * The noted members, followed by those that no document lists.
   *
   * @param extra the text of the members that no document lists, as `unknownMembers` made it.
   * @param room bytes for both.
   */
  readTextBeside(extra: string | undefined, room: number): string | undefined {
    const { text } = this;
    if (text === undefined) return extra;
    // Of a text that was cut, nothing shows where its object ends.
    if (extra === undefined || !text.endsWith('}')) return text;
    return cutToBytes(`${text.slice(0, -1)},${extra.slice(1)}`, room);
  }
}
