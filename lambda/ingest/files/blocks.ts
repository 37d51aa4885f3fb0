import { type Delimiter, findLineEnds, scanRows } from './rows.ts';

/** Whole rows of a file, up to about a block's size. */
export interface Block {
  readonly bytes: Buffer;
  /** Where its rows end. */
  readonly ends: readonly number[];
}

/**
 * Bytes of a block: about 400 rows. Larger blocks take more memory and save no CPU; smaller ones need more requests.
 */
export const blockBytes = 128 * 1024;

/**
 * Maximum rows, and lines, of a block: ten times as many as a block of a carrier's file has, so that tiny
 * rows cannot fill the memory.
 */
export const maxBlockRows = 4_096;

/** The maximum length of a row. A longer one has an unclosed quote. */
const maxRowBytes = 2 * 1024 * 1024;

/**
 * Cuts a stream of bytes into blocks of whole rows. Where a block ends depends only on the bytes since its beginning,
 * not on the chunks in which they arrive.
 */
export class BlockReader {
  readonly #chunks: AsyncIterator<Uint8Array>;
  readonly #size: number;
  #buffered: Buffer = Buffer.alloc(0);
  #ended = false;
  /** Bytes after an unclosed quote, where each line counts as a row. */
  #brokenBytes = 0;
  /** Whether the last block consisted of such lines. */
  // Stryker disable next-line BooleanLiteral: the first reading sets it
  #wasBroken = false;

  /**
   * @param chunks the file's bytes, beginning with a row.
   * @param size bytes of a block.
   */
  constructor(chunks: AsyncIterable<Uint8Array>, size = blockBytes) {
    this.#chunks = chunks[Symbol.asyncIterator]();
    this.#size = size;
  }

  /**
   * Whether reading can resume after the last block and find the same rows. That is not so among the lines after an
   * unclosed quote, which count as rows only because of it.
   */
  get isResumable(): boolean {
    return this.#brokenBytes === 0;
  }

  /** @returns the next block, or undefined at the end of the file. */
  async readNext(delimiter: Delimiter): Promise<Block | undefined> {
    if (this.#brokenBytes > 0) return this.#readLines();
    this.#wasBroken = false;
    for (let size = this.#size; ; size *= 2) {
      await this.#fill(size);
      const window = this.#buffered.subarray(0, size);
      if (window.length === 0) return undefined;
      const isLast = this.#ended && window.length === this.#buffered.length;
      const { ends, isOpen } = scanRows(window, delimiter, maxBlockRows);
      if (ends.length > 0) return this.#takeRows(ends);
      if (isLast) return isOpen ? this.#breakUp(window.length) : this.#takeRows([window.length]);
      if (size >= maxRowBytes) return this.#breakUp(endOfLines(window));
    }
  }

  /** Returns the end of the last block to the stream, to become part of the next block. */
  putBack(bytes: Buffer): void {
    this.#buffered = Buffer.concat([bytes, this.#buffered]);
    if (this.#wasBroken) this.#brokenBytes += bytes.length;
  }

  /**
   * Takes the next rows, with at most {@link maxBlockRows} lines in total: if a row is broken, each of its lines becomes a
   * row. A single row with more lines has an unclosed quote.
   */
  #takeRows(ends: readonly number[]): Block {
    const lines = findLineEnds(this.#buffered.subarray(0, ends.at(-1)), maxBlockRows);
    const limit = lines[maxBlockRows - 1] ?? Number.POSITIVE_INFINITY;
    const fitting = ends.filter((end) => end <= limit);
    return fitting.length === 0 ? this.#breakUp(ends[0] ?? 0) : this.#take(fitting);
  }

  #breakUp(bytes: number): Block {
    this.#brokenBytes = bytes;
    return this.#readLines();
  }

  /** The next lines after an unclosed quote. */
  #readLines(): Block {
    this.#wasBroken = true;
    const window = this.#buffered.subarray(0, Math.min(this.#brokenBytes, this.#size));
    const ends = findLineEnds(window, maxBlockRows);
    // A line that is longer than a block becomes a block of its own.
    if (ends.length === 0) {
      const broken = this.#buffered.subarray(0, this.#brokenBytes);
      ends.push(findLineEnds(broken, 1)[0] ?? broken.length);
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
    // Stryker disable next-line EqualityOperator,ConditionalExpression: with more of them, the same bytes are only copied
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

/** The position after the last line break, inside quotes or not; the end of the bytes if they have no line break. */
function endOfLines(window: Buffer): number {
  const last = window.lastIndexOf(0x0a);
  return last === -1 ? window.length : last + 1;
}
