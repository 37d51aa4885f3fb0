import { type Delimiter, lineEnds, scanRows } from './rows.ts';

/** Whole rows of a file, at most about a block's size of them. */
export interface Block {
  readonly bytes: Buffer;
  /** Where its rows end. */
  readonly ends: readonly number[];
}

/** Bytes of a block: some four hundred rows. Larger ones take more memory and no less CPU. */
export const blockBytes = 128 * 1024;

/** Rows of a block: some ten times those of a carrier's file. Rows of two bytes would otherwise fill the memory. */
export const maxBlockRows = 4_096;

/** The maximum length of a row. Beyond it, an unclosed quote has swallowed what follows. */
const maxRowBytes = 2 * 1024 * 1024;

/**
 * Cuts a stream of bytes into blocks of whole rows. Where a block ends depends on the bytes from its beginning alone,
 * not on how they arrive.
 */
export class BlockReader {
  readonly #chunks: AsyncIterator<Uint8Array>;
  #buffered: Buffer = Buffer.alloc(0);
  #ended = false;
  /** Bytes that follow an unclosed quote, in which each line is a row. */
  #brokenBytes = 0;
  /** Whether the last block was of such lines. */
  #wasBroken = false;

  /**
   * @param chunks the file's bytes from the beginning of a row.
   */
  constructor(chunks: AsyncIterable<Uint8Array>) {
    this.#chunks = chunks[Symbol.asyncIterator]();
  }

  /**
   * Whether reading can begin again behind the last block and find the same rows: not amid the lines behind an unclosed
   * quote, which are rows only because of it.
   */
  get isResumable(): boolean {
    return this.#brokenBytes === 0;
  }

  /** @returns the next block, or undefined at the end of the file. */
  async next(delimiter: Delimiter): Promise<Block | undefined> {
    if (this.#brokenBytes > 0) return this.#nextLines();
    this.#wasBroken = false;
    for (let size = blockBytes; ; size *= 2) {
      await this.#fill(size);
      const window = this.#buffered.subarray(0, size);
      if (window.length === 0) return undefined;
      const isLast = this.#ended && window.length === this.#buffered.length;
      const { ends, isOpen } = scanRows(window, delimiter, maxBlockRows);
      if (isLast && ends.length === 0) {
        return isOpen ? this.#breakUp(window.length) : this.#take([window.length]);
      }
      if (ends.length > 0) return this.#take(ends);
      if (size >= maxRowBytes) return this.#breakUp(endOfLines(window));
    }
  }

  /** Gives back the end of the last block, which is then a part of the next. */
  putBack(bytes: Buffer): void {
    this.#buffered = Buffer.concat([bytes, this.#buffered]);
    if (this.#wasBroken) this.#brokenBytes += bytes.length;
  }

  /** Lets go of the stream. */
  async close(): Promise<void> {
    await this.#chunks.return?.();
  }

  #breakUp(bytes: number): Block {
    this.#brokenBytes = bytes;
    return this.#nextLines();
  }

  /** The next lines of what an unclosed quote has swallowed. */
  #nextLines(): Block {
    this.#wasBroken = true;
    const window = this.#buffered.subarray(0, Math.min(this.#brokenBytes, blockBytes));
    const ends = lineEnds(window, maxBlockRows);
    // A line longer than a block is taken whole.
    if (ends.length === 0) {
      const broken = this.#buffered.subarray(0, this.#brokenBytes);
      ends.push(lineEnds(broken, 1)[0] ?? broken.length);
    }
    if (window.length === this.#brokenBytes && ends.length < maxBlockRows && ends.at(-1) !== window.length) {
      ends.push(window.length);
    }
    this.#brokenBytes -= ends.at(-1) ?? 0;
    return this.#take(ends);
  }

  #take(ends: readonly number[]): Block {
    const end = ends.at(-1) ?? 0;
    const bytes = this.#buffered.subarray(0, end);
    this.#buffered = this.#buffered.subarray(end);
    return { bytes, ends };
  }

  async #fill(size: number): Promise<void> {
    if (this.#ended || this.#buffered.length >= size) return;
    const parts: Uint8Array[] = [this.#buffered];
    let length = this.#buffered.length;
    while (length < size) {
      const chunk = await this.#chunks.next();
      if (chunk.done === true) {
        this.#ended = true;
        break;
      }
      parts.push(chunk.value);
      length += chunk.value.length;
    }
    this.#buffered = Buffer.concat(parts, length);
  }
}

/** Behind the last line break, quotes or not; all of it if there is no line break. */
function endOfLines(window: Buffer): number {
  const last = window.lastIndexOf(0x0a);
  return last === -1 ? window.length : last + 1;
}
