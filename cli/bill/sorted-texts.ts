import { createReadStream, rmSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compareTexts } from '../../lambda/days/rows.ts';

/**
 * Sorts more texts than fit in memory: it writes the excess, sorted, to files in a private temporary folder, and then
 * merges all files.
 */

/** A text and its sort key. */
export interface KeyedText {
  readonly key: string;
  /** A single line. */
  readonly text: string;
}

/** Characters that are kept in memory before they are written. */
const defaultMaxLength = 16 * 1024 * 1024;

/** Characters that an entry adds to its texts. */
const entryLength = 64;

/** Texts that are added in any order and read in key order. */
export class SortedTexts {
  readonly #maxLength: number;
  readonly #signal: AbortSignal;
  readonly #files: string[] = [];
  #folder: string | undefined;
  #held: KeyedText[] = [];
  #length = 0;

  /** @param signal removes the files immediately: nothing more will be read. */
  constructor(signal: AbortSignal, maxLength = defaultMaxLength) {
    this.#signal = signal;
    this.#maxLength = maxLength;
  }

  async add(one: KeyedText): Promise<void> {
    this.#held.push(one);
    this.#length += one.key.length + one.text.length + entryLength;
    if (this.#length > this.#maxLength) await this.#writeHeld();
  }

  async #writeHeld(): Promise<void> {
    this.#folder ??= await this.#makeFolder();
    const path = join(this.#folder, String(this.#files.length));
    this.#files.push(path);
    await writeFile(path, writeBlocks(this.#takeHeld()), { mode: 0o600 });
  }

  async #makeFolder(): Promise<string> {
    const folder = await mkdtemp(join(tmpdir(), 'simledger-sorted-'));
    this.#signal.addEventListener('abort', () => rmSync(folder, { recursive: true, force: true }));
    return folder;
  }

  #takeHeld(): KeyedText[] {
    const held = this.#held.sort((a, b) => compareTexts(a.key, b.key));
    this.#held = [];
    this.#length = 0;
    return held;
  }

  /**
   * All texts in key order; texts with the same key, in the order in which they were added. No text can be added
   * afterwards.
   */
  async *walk(): AsyncGenerator<KeyedText> {
    const last = this.#takeHeld();
    const sources = [...this.#files.map(readFileTexts), last.values()].map((texts) => new Head(texts));
    for (const source of sources) await source.advance();
    for (;;) {
      let first: Head | undefined;
      for (const source of sources) {
        const { next } = source;
        if (next === undefined) continue;
        if (first?.next === undefined || next.key < first.next.key) first = source;
      }
      if (first?.next === undefined) return;
      yield first.next;
      await first.advance();
    }
  }

  /** Removes the written files. */
  async remove(): Promise<void> {
    if (this.#folder !== undefined) await rm(this.#folder, { recursive: true, force: true });
  }
}

const blockLength = 65_536;

/** Lines of texts, many in one string. */
function* writeBlocks(texts: readonly KeyedText[]): Generator<string> {
  let waiting = '';
  for (const { key, text } of texts) {
    // JSON has no raw tab.
    waiting += `${JSON.stringify(key)}\t${text}\n`;
    if (waiting.length < blockLength) continue;
    yield waiting;
    waiting = '';
  }
  yield waiting;
}

/** The next text of each file. */
class Head {
  readonly #texts: AsyncIterator<KeyedText> | Iterator<KeyedText>;
  next: KeyedText | undefined;

  constructor(texts: AsyncIterator<KeyedText> | Iterator<KeyedText>) {
    this.#texts = texts;
  }

  async advance(): Promise<void> {
    const read = await this.#texts.next();
    this.next = read.done === true ? undefined : read.value;
  }
}

async function* readFileTexts(path: string): AsyncGenerator<KeyedText> {
  let rest = '';
  for await (const block of createReadStream(path, { encoding: 'utf8' })) {
    const lines = (rest + String(block)).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      const tab = line.indexOf('\t');
      yield { key: JSON.parse(line.slice(0, tab)) as string, text: line.slice(tab + 1) };
    }
  }
}
