import { type Delimiter, rowEnds } from './rows.ts';

/** Whole rows of a file, at most about a block's size of them. */
export interface Block {
  readonly bytes: Buffer;
  /** Where its rows end. */
  readonly ends: readonly number[];
}

/** Bytes of a block: some four hundred rows. Larger ones take more memory and no less CPU. */
export const blockBytes = 128 * 1024;

/** A row longer than this is none: an unclosed quote has swallowed what follows. */
const longestRow = 2 * 1024 * 1024;

/**
 * Cuts a stream of bytes into blocks of whole rows. Where a block ends depends on the bytes from its beginning alone,
 * not on how they arrive.
 */
export class BlockReader {
  readonly #chunks: AsyncIterator<Uint8Array>;
  readonly #delimiter: Delimiter;
  #buffered: Buffer = Buffer.alloc(0);
  #ended = false;

  /**
   * @param chunks the file's bytes from the beginning of a row.
   */
  constructor(chunks: AsyncIterable<Uint8Array>, delimiter: Delimiter) {
    this.#chunks = chunks[Symbol.asyncIterator]();
    this.#delimiter = delimiter;
  }

  /** @returns the next block, or undefined at the end of the file. */
  async next(): Promise<Block | undefined> {
    for (let size = blockBytes; ; size *= 2) {
      await this.#fill(size);
      const window = this.#buffered.subarray(0, size);
      if (window.length === 0) return undefined;
      const isLast = this.#ended && window.length === this.#buffered.length;
      const ends = rowEnds(window, this.#delimiter);
      if (isLast && ends.at(-1) !== window.length) ends.push(window.length);
      if (ends.length === 0 && size >= longestRow) ends.push(endOfLines(window));
      const end = ends.at(-1);
      if (end === undefined) continue;
      this.#buffered = this.#buffered.subarray(end);
      return { bytes: window.subarray(0, end), ends };
    }
  }

  /** Lets go of the stream. */
  async close(): Promise<void> {
    await this.#chunks.return?.();
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

/** Behind the last line break, quotes or not; all of it where there is none. */
function endOfLines(window: Buffer): number {
  const last = window.lastIndexOf(0x0a);
  return last === -1 ? window.length : last + 1;
}
