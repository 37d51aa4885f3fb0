import { formatTime } from '../../ledger/time.ts';
import type { Day } from '../day.ts';
import { type BucketResult, type Manifest, makeManifest } from '../manifest.ts';
import { retryConflicts } from './conflicts.ts';
import {
  type DayPlan,
  makeManifestKey,
  makePlanKey,
  makeResultKey,
  readJson,
  writeJson,
} from './lake-objects.ts';
import type { DayPorts } from './ports.ts';

/** Results that are read at the same time. */
const concurrentReads = 16;

/** Times that a seal is begun again when somebody else seals. */
const maxAttempts = 8;

/**
 * Writes a day's manifest if all buckets of its plan's round are read, and its rows are not those of the last one.
 *
 * @returns the manifest that holds now; undefined if buckets are missing.
 * @throws ConflictError if others keep sealing.
 */
export async function sealDay(
  day: Day,
  { lake }: Pick<DayPorts, 'lake'>,
  { now }: { readonly now: number },
): Promise<Manifest | undefined> {
  return retryConflicts(maxAttempts, async () => {
    const key = makeManifestKey(day);
    // Before the results: what changes them later is sealed by who does that.
    const previous = await readJson<Manifest>(lake, key);
    const plan = (await readJson<DayPlan>(lake, makePlanKey(day))).content;
    if (plan === undefined) return undefined;
    const results = await readResults(lake, day, plan.buckets);
    if (results === undefined) return undefined;
    const inRound = Object.keys(plan.lists).map(Number);
    if (inRound.some((bucket) => (results[bucket]?.round ?? 0) < plan.round)) return undefined;
    const manifest = makeManifest({
      day,
      buckets: plan.buckets,
      results,
      previous: previous.content,
      sealedAt: formatTime(now),
    });
    if (manifest === undefined) return previous.content;
    await writeJson(lake, key, manifest, previous.tag);
    return manifest;
  });
}

/** The results of all buckets, in their order; undefined if one is missing or not complete. */
async function readResults(
  lake: DayPorts['lake'],
  day: Day,
  buckets: number,
): Promise<BucketResult[] | undefined> {
  const results: BucketResult[] = [];
  for (let from = 0; from <= buckets; from += concurrentReads) {
    const numbers = Array.from(
      { length: Math.min(concurrentReads, buckets + 1 - from) },
      (_, index) => from + index,
    );
    const read = await Promise.all(
      numbers.map((bucket) => readJson<BucketResult>(lake, makeResultKey(day, bucket))),
    );
    for (const { content } of read) {
      if (content?.isComplete !== true) return undefined;
      results.push(content);
    }
  }
  return results;
}
