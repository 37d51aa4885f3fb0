import { createHash, type Hash } from 'node:crypto';
import { appendFile, mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { findSlotBucket } from '../../../lambda/days/buckets.ts';
import { rowKinds } from '../../../lambda/days/columns.ts';
import type { Day } from '../../../lambda/days/day.ts';
import { computeRoot, type DayDigests, joinDigests, printRow } from '../../../lambda/days/digests.ts';
import type { BucketResult, Manifest } from '../../../lambda/days/manifest.ts';
import { readRows } from '../../../lambda/days/parquet.ts';
import {
  makeFileKey,
  makeManifestKey,
  makeResultKey,
  readJson,
} from '../../../lambda/days/pass/lake-objects.ts';
import type { Lake } from '../../../lambda/days/pass/ports.ts';
import { compareTexts } from '../../../lambda/days/rows.ts';
import { findSlot } from '../../../lambda/days/slots.ts';
import { AttentionError } from '../../../lambda/errors.ts';
import { mapConcurrently } from '../../../lambda/store/concurrency.ts';

/**
 * The seals of days, as files whose SHA-256 digests are those in the seal, so that `sha256sum` verifies them: `day.txt`
 * has the digest of the day's root, `usage.txt` that of the root of its usage records, and the rows of a slot that of
 * the slot.
 */

/** Bucket results that are read concurrently. */
const concurrentReads = 16;

/** A file and its expected SHA-256, in hexadecimal. */
export interface SealedFile {
  /** Relative to the folder, with `/`. */
  readonly path: string;
  readonly sha256: string;
}

/**
 * The latest moment by which a usage row had its present form: when the first version with that form was sealed. If a
 * later version does not list all its changes, when that version was sealed.
 *
 * @param id `usageId`.
 */
export function findHeldSince(manifest: Manifest, sim: string, id: string): string {
  const { sealedAt, version, changes, changed, history } = manifest;
  if (version === 1) return sealedAt;
  const isListed = changed.some((row) => row.kind === 'usage' && row.sim === sim && row.id === id);
  const total = changes.added + changes.changed + changes.moved;
  if (isListed || total > changed.length) return sealedAt;
  const unlisted = history.findLast((one) => one.version > 1 && one.changes.added + one.changes.changed > 0);
  return unlisted?.sealedAt ?? history[0]?.sealedAt ?? sealedAt;
}

/** Reads the seals of days, and caches them. */
export class SealReader {
  readonly #lake: Pick<Lake, 'open'>;
  readonly #manifests = new Map<Day, Manifest | undefined>();

  constructor(lake: Pick<Lake, 'open'>) {
    this.#lake = lake;
  }

  /** Requested days that have a seal, oldest first. */
  get sealed(): readonly Manifest[] {
    return [...this.#manifests.values()]
      .filter((manifest) => manifest !== undefined)
      .sort((a, b) => compareTexts(a.day, b.day));
  }

  /** Requested days without a seal, oldest first. */
  get open(): readonly Day[] {
    return [...this.#manifests].flatMap(([day, manifest]) => (manifest === undefined ? [day] : [])).sort();
  }

  /** The seal of a day; undefined if the day is not sealed. */
  async read(day: Day): Promise<Manifest | undefined> {
    if (!this.#manifests.has(day)) {
      const { content } = await readJson<Manifest>(this.#lake, makeManifestKey(day));
      this.#manifests.set(day, content);
    }
    return this.#manifests.get(day);
  }

  /**
   * Writes the content of a day's seal, and the rows of some slots.
   *
   * @param slots of usage rows, which name devices and subscriptions; empty for none.
   * @throws AttentionError if the day is being read again, or its rows do not match its seal.
   */
  async write(folder: string, manifest: Manifest, slots: ReadonlySet<string>): Promise<SealedFile[]> {
    const { day, kinds, root } = manifest;
    const digests = await this.#readDigests(manifest);
    const roots = rowKinds.map((kind) => `${kind} ${kinds[kind].rows} ${kinds[kind].root}\n`);
    const usage = Object.entries(digests.usage)
      .sort(([a], [b]) => compareTexts(a, b))
      .map(([slot, { rows, digest }]) => `${slot} ${rows} ${digest}\n`);
    const files = [
      { path: `seals/${day}/day.txt`, sha256: root, text: roots.join('') },
      { path: `seals/${day}/usage.txt`, sha256: kinds.usage.root, text: usage.join('') },
    ];
    await mkdir(join(folder, 'seals', day), { recursive: true });
    for (const { path, text } of files) await writeFile(join(folder, path), text);
    return [
      ...files.map(({ path, sha256 }) => ({ path, sha256 })),
      ...(await this.#writeRows(folder, manifest, digests, slots)),
    ];
  }

  /** The digests of all buckets, which must give the root. */
  async #readDigests({ day, buckets, root }: Manifest): Promise<DayDigests> {
    const numbers = Array.from({ length: buckets + 1 }, (_, bucket) => bucket);
    const results = await mapConcurrently(numbers, concurrentReads, async (bucket) => {
      const { content } = await readJson<BucketResult>(this.#lake, makeResultKey(day, bucket));
      return content === undefined ? [] : [content.digests];
    });
    const digests = joinDigests(results.flat());
    if (computeRoot(digests).root !== root) {
      throw new AttentionError(
        `${day} is being read again: run the command again once days list shows it as sealed`,
      );
    }
    return digests;
  }

  async #writeRows(
    folder: string,
    { day, buckets }: Manifest,
    digests: DayDigests,
    slots: ReadonlySet<string>,
  ): Promise<SealedFile[]> {
    const hashes = new Map<string, { readonly path: string; readonly hash: Hash }>();
    for (const bucket of new Set([...slots].map((slot) => findSlotBucket(slot, buckets)))) {
      const object = await this.#lake.open(makeFileKey('usage', day, bucket, buckets));
      if (object === undefined) continue;
      for await (const rows of readRows('usage', object)) {
        const texts = new Map<string, string>();
        for (const row of rows) {
          const slot = findSlot(row.sim);
          if (slots.has(slot)) texts.set(slot, `${texts.get(slot) ?? ''}${printRow('usage', row)}\n`);
        }
        for (const [slot, text] of texts) {
          const path = `rows/${day}/usage/${slot}.jsonl`;
          const known = hashes.get(slot) ?? { path, hash: createHash('sha256') };
          if (!hashes.has(slot)) await mkdir(join(folder, dirname(path)), { recursive: true });
          hashes.set(slot, known);
          known.hash.update(text);
          await appendFile(join(folder, path), text);
        }
      }
    }
    return [...hashes].map(([slot, { path, hash }]) => {
      const sha256 = digests.usage[slot]?.digest;
      if (sha256 === undefined || hash.digest('hex') !== sha256)
        throw new AttentionError(`The rows of ${day} do not match its seal: see days verify --day ${day}`);
      return { path, sha256 };
    });
  }
}
