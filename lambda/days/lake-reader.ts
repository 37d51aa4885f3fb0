import type { Usage } from '../ledger/observation.ts';
import type { Day } from './day.ts';
import type { Manifest } from './manifest.ts';
import type { PartialDay } from './partial-days.ts';
import { retryConflicts } from './pass/conflicts.ts';
import { makeManifestKey, makePartialDayKey, makeTopKey, readJson } from './pass/lake-objects.ts';
import type { Lake } from './pass/ports.ts';
import { readBucketCount, readSimRows } from './pass/sim-rows.ts';
import type { TopLists } from './top-sims.ts';

/** How many days are remembered as sealed, and how many with their numbers of buckets. */
const maxRemembered = 1_000;

/** How often a file is opened again if it is written while it is read. */
const maxAttempts = 4;

/** Reads closed days in the lake. */
export class LakeReader {
  readonly #lake: Pick<Lake, 'open'>;
  /** Numbers of buckets, which never change. */
  readonly #buckets = new Map<Day, number>();
  /** Sealed days, which stay sealed. */
  readonly #sealed = new Set<Day>();

  constructor(lake: Pick<Lake, 'open'>) {
    this.#lake = lake;
  }

  /** A day's manifest; undefined if the day is not sealed. */
  async readManifest(day: Day): Promise<Manifest | undefined> {
    return (await readJson<Manifest>(this.#lake, makeManifestKey(day))).content;
  }

  /** Whether a day is sealed. */
  async isSealed(day: Day): Promise<boolean> {
    if (this.#sealed.has(day)) return true;
    if ((await this.#lake.open(makeManifestKey(day))) === undefined) return false;
    if (this.#sealed.size >= maxRemembered) this.#sealed.clear();
    this.#sealed.add(day);
    return true;
  }

  /** The SIMs with the most bytes on a closed day and in its month; undefined if the day is not sealed. */
  async readTop(day: Day): Promise<TopLists | undefined> {
    return (await readJson<TopLists>(this.#lake, makeTopKey(day))).content;
  }

  /** A day as of its last partial pass; undefined if no partial pass has read it. */
  async readPartialDay(day: Day): Promise<PartialDay | undefined> {
    return (await readJson<PartialDay>(this.#lake, makePartialDayKey(day))).content;
  }

  /** A SIM's usage rows of a day, including other renderings. */
  async readUsage(sim: string, day: Day): Promise<Usage[]> {
    return (await this.readUsageIfThere(sim, day)) ?? [];
  }

  /** The same; undefined if the day was never read. */
  async readUsageIfThere(sim: string, day: Day): Promise<Usage[] | undefined> {
    const buckets = await this.#countBuckets(day);
    if (buckets === undefined) return undefined;
    const kinds = ['usage', 'usageRenderings'] as const;
    const read = kinds.map((kind) =>
      retryConflicts(maxAttempts, () => readSimRows(this.#lake, kind, { sim, day, buckets })),
    );
    return (await Promise.all(read)).flat();
  }

  async #countBuckets(day: Day): Promise<number | undefined> {
    const known = this.#buckets.get(day);
    if (known !== undefined) return known;
    const buckets = await readBucketCount(this.#lake, day);
    if (buckets === undefined) return undefined;
    if (this.#buckets.size >= maxRemembered) this.#buckets.clear();
    this.#buckets.set(day, buckets);
    return buckets;
  }
}
