import type { Usage } from '../ledger/observation.ts';
import { findBucket } from './buckets.ts';
import type { Day } from './day.ts';
import type { Manifest } from './manifest.ts';
import { readRows } from './parquet.ts';
import { retryConflicts } from './pass/conflicts.ts';
import { type DayPlan, makeFileKey, makeManifestKey, makePlanKey, readJson } from './pass/lake-objects.ts';
import type { Lake } from './pass/ports.ts';

/** Days whose numbers of buckets are remembered. */
const maxRemembered = 1_000;

/** Times that a file is opened again that is written while it is read. */
const maxAttempts = 4;

/** Reads closed days in the lake. */
export class LakeReader {
  readonly #lake: Pick<Lake, 'open'>;
  /** They never change. */
  readonly #buckets = new Map<Day, number>();

  constructor(lake: Pick<Lake, 'open'>) {
    this.#lake = lake;
  }

  /** A day's manifest; undefined if the day is not sealed. */
  async readManifest(day: Day): Promise<Manifest | undefined> {
    return (await readJson<Manifest>(this.#lake, makeManifestKey(day))).content;
  }

  /** A SIM's usage rows of a day, and the renderings beside them. */
  async readUsage(sim: string, day: Day): Promise<Usage[]> {
    return (await this.readUsageIfThere(sim, day)) ?? [];
  }

  /** The same; undefined if the day was never read. */
  async readUsageIfThere(sim: string, day: Day): Promise<Usage[] | undefined> {
    const buckets = await this.#countBuckets(day);
    if (buckets === undefined) return undefined;
    const read = async (kind: 'usage' | 'usageRenderings'): Promise<Usage[]> =>
      this.#readFile(kind, makeFileKey(kind, day, findBucket(sim, buckets), buckets), sim);
    return (await Promise.all([read('usage'), read('usageRenderings')])).flat();
  }

  async #countBuckets(day: Day): Promise<number | undefined> {
    const known = this.#buckets.get(day);
    if (known !== undefined) return known;
    const { content } = await readJson<DayPlan>(this.#lake, makePlanKey(day));
    if (content === undefined) return undefined;
    if (this.#buckets.size >= maxRemembered) this.#buckets.clear();
    this.#buckets.set(day, content.buckets);
    return content.buckets;
  }

  #readFile(kind: 'usage' | 'usageRenderings', key: string, sim: string): Promise<Usage[]> {
    return retryConflicts(maxAttempts, async () => {
      const object = await this.#lake.open(key);
      const rows: Usage[] = [];
      if (object === undefined) return rows;
      for await (const some of readRows(kind, object, sim)) {
        rows.push(...some.filter((row) => row.sim === sim));
      }
      return rows;
    });
  }
}
