import { textWithin, withinBytes } from './detail.ts';
import { isNothing } from './nothing.ts';
import { type Fault, isFault, readCode } from './reading.ts';

/** Bytes that unread members take of an item's `extra`. */
const maxBytes = 200;

/**
 * Members of a record that can't be taken, though the record can: its identity, its time and the bytes that it counts are
 * there, and something else is not. They are kept in `extra`, under the carrier's names, as they were written.
 */
export class Unread {
  #members: Record<string, unknown> | undefined;
  #fault: Fault | undefined;

  /** What is wrong with the first member that says nothing else: for a record of which nothing else is left. */
  get fault(): Fault | undefined {
    return this.#fault;
  }

  /** Keeps a member as it was written; one that says nothing needs no keeping. */
  note(member: string, written: unknown): void {
    if (isNothing(written)) return;
    this.#members ??= Object.create(null) as Record<string, unknown>;
    const isShort = typeof written === 'number' || typeof written === 'boolean';
    this.#members[member] = isShort ? written : textWithin(written, maxBytes);
  }

  /** What a member was read as; where it could not be read, it is noted, and undefined. */
  take<Value>(read: Value | Fault, member: string, written: unknown): Value | undefined {
    if (!isFault(read)) return read;
    this.#fault ??= read;
    this.note(member, written);
    return undefined;
  }

  /**
   * A code or an id as trimmed text; a word for nothing is none. It is taken whole or not at all: cut short it would be another one.
   *
   * @param maxLength bytes that an item has room for.
   */
  code(value: unknown, maxLength: number, member: string): string | undefined {
    const text = readCode(value, Number.POSITIVE_INFINITY);
    // No character of a string takes more than three bytes.
    if (text === undefined || text.length * 3 <= maxLength || Buffer.byteLength(text) <= maxLength)
      return text;
    this.note(member, value);
    return undefined;
  }

  /** The noted members as the text of an object; undefined if none was noted. */
  get text(): string | undefined {
    return this.#members === undefined ? undefined : textWithin(this.#members, maxBytes);
  }

  /**
   * The noted members, followed by those that no document lists.
   *
   * @param extra the text of the latter, as `unknownMembers` made it.
   * @param room bytes for both.
   */
  textBeside(extra: string | undefined, room: number): string | undefined {
    const { text } = this;
    if (text === undefined) return extra;
    const joins = extra?.startsWith('{') === true && text.endsWith('}');
    return joins ? withinBytes(`${text.slice(0, -1)},${extra.slice(1)}`, room) : text;
  }
}
