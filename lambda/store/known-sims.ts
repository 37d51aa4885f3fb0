import { hash } from 'node:crypto';
import { markNames } from '../ledger/heard.ts';
import type { Marks, Sim } from '../ledger/observation.ts';
import { toMilliseconds } from '../ledger/time.ts';
import { originCodec, simSchema } from './schema.ts';

/** Entries per bucket. With 100,000 SIMs, about one bucket in 6,000 is full and forgets its oldest entry. */
const bucketEntries = 16;
const bucketsInPage = 256;
const pages = 64;
/** How many 32-bit words of a digest are kept: enough to tell it from any other. */
const digestWords = 4;

/**
 * The content of some buckets in typed arrays: objects and strings would take five times the memory, and garbage
 * collection.
 */
interface Page {
  readonly digests: Uint32Array;
  /** The latest marks of each entry, in milliseconds since the epoch; 0 where there are none. */
  readonly marks: Float64Array;
  /** For each bucket, the entry to overwrite next. */
  readonly next: Uint8Array;
}

/**
 * Remembers what the items of 100,000 SIMs are known to contain, in at most 11 MB. What it remembers stays true,
 * because stored items only grow. When a bucket is full, a new entry overwrites its oldest one.
 */
export class KnownSims {
  readonly #pages: (Page | undefined)[] = new Array(pages).fill(undefined);
  readonly #words = new Uint32Array(digestWords);

  /** Whether the stored item is known to contain everything that a SIM's record states. */
  contains(sim: Sim): boolean {
    const { page, first } = this.#findBucket(sim);
    const entry = this.#findEntry(page, first);
    return (
      entry !== undefined &&
      markNames.every(
        (name, index) => readMark(sim, name) <= (page.marks[markNames.length * entry + index] ?? 0),
      )
    );
  }

  /** Remembers that the stored item contains everything that a SIM's record states. */
  remember(sim: Sim): void {
    const { page, first } = this.#findBucket(sim);
    const known = this.#findEntry(page, first);
    const entry = known ?? this.#takeEntry(page, first);
    for (const [index, name] of markNames.entries()) {
      const at = markNames.length * entry + index;
      page.marks[at] = Math.max(readMark(sim, name), known === undefined ? 0 : (page.marks[at] ?? 0));
    }
  }

  /** Computes the digest of a SIM's content, and finds the first entry of its bucket. */
  #findBucket(sim: Sim): { readonly page: Page; readonly first: number } {
    const digest = hash('sha256', formatContent(sim), 'binary');
    for (let word = 0; word < digestWords; word += 1) {
      const at = 4 * word;
      this.#words[word] =
        digest.charCodeAt(at) |
        (digest.charCodeAt(at + 1) << 8) |
        (digest.charCodeAt(at + 2) << 16) |
        (digest.charCodeAt(at + 3) << 24);
    }
    const bucket = (this.#words[0] ?? 0) % (pages * bucketsInPage);
    const index = Math.floor(bucket / bucketsInPage);
    const page = this.#pages[index] ?? makePage();
    this.#pages[index] = page;
    return { page, first: (bucket % bucketsInPage) * bucketEntries };
  }

  /** The entry of the latest digest; undefined if the bucket lacks it. */
  #findEntry({ digests }: Page, first: number): number | undefined {
    for (let entry = first; entry < first + bucketEntries; entry += 1) {
      let word = 0;
      while (word < digestWords && digests[digestWords * entry + word] === this.#words[word]) word += 1;
      if (word === digestWords) return entry;
    }
    return undefined;
  }

  /** Overwrites the bucket's oldest entry with the latest digest. */
  #takeEntry({ digests, next }: Page, first: number): number {
    const bucket = first / bucketEntries;
    const offset = next[bucket] ?? 0;
    next[bucket] = (offset + 1) % bucketEntries;
    const entry = first + offset;
    digests.set(this.#words, digestWords * entry);
    return entry;
  }
}

function makePage(): Page {
  const entries = bucketsInPage * bucketEntries;
  return {
    digests: new Uint32Array(digestWords * entries),
    marks: new Float64Array(markNames.length * entries),
    next: new Uint8Array(bucketsInPage),
  };
}

function readMark({ groups }: Sim, name: keyof Marks): number {
  const mark = groups[name];
  return mark === undefined ? 0 : toMilliseconds(mark.at);
}

const statedSchema = simSchema.filter(({ name }) => !markNames.some((mark) => mark === name));

/** Everything that a record states of a SIM except its marks. Most records state all of it at one time. */
function formatContent({ sim, origin, groups }: Sim): string {
  let content = `${sim}|${origin.at}|${originCodec.print(origin.group)}`;
  for (const { name, print } of statedSchema) {
    const stated = groups[name];
    if (stated === undefined) continue;
    content += `|${name}${stated.at === origin.at ? '' : stated.at}|${print(stated.group)}`;
  }
  return content;
}
