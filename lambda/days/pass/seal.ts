import { formatTime } from '../../ledger/time.ts';
import type { Day } from '../day.ts';
import { type BucketResult, type Manifest, makeManifest } from '../manifest.ts';
import { joinTopLists, type TopLists } from '../top-sims.ts';
import { retryConflicts } from './conflicts.ts';
import {
  type DayPlan,
  makeManifestKey,
  makePlanKey,
  makeResultKey,
  makeTopKey,
  readJson,
  writeJson,
} from './lake-objects.ts';
import type { DayPorts } from './ports.ts';

/** How many results are read concurrently. */
export const concurrentReads = 16;

/** Options for sealing a day. */
export interface SealOptions {
  /** Now, in milliseconds since the epoch, by the caller's clock. */
  readonly now: number;
  /** The bucket that was just read. */
  readonly bucket?: number | undefined;
}

/** How often sealing is begun again when somebody else seals. */
const maxAttempts = 8;

/**
 * Writes a day's manifest if all buckets of its plan's round have been read, and its rows differ from those of the last
 * manifest.
 *
 * @returns the current manifest; undefined if buckets are missing.
 * @throws ConflictError if others keep sealing.
 */
export async function sealDay(
  day: Day,
  { lake }: Pick<DayPorts, 'lake'>,
  { now, bucket = 0 }: SealOptions,
): Promise<Manifest | undefined> {
  return retryConflicts(maxAttempts, async () => {
    const key = makeManifestKey(day);
    // Read before the results: a run that changes these later seals the change.
    const previous = await readJson<Manifest>(lake, key);
    const plan = (await readJson<DayPlan>(lake, makePlanKey(day))).content;
    if (plan === undefined) return undefined;
    const results = await readResults(lake, plan, bucket);
    if (results === undefined) return undefined;
    await writeTop(day, results, lake);
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

/** Writes the SIMs with the most bytes, before the seal through which they are found. */
async function writeTop(day: Day, results: readonly BucketResult[], lake: DayPorts['lake']): Promise<void> {
  const lists = results.flatMap(({ top }) => top ?? []);
  // An older version made none: a query then reads all SIMs.
  if (lists.length < results.length) return;
  const key = makeTopKey(day);
  const { content: before, tag } = await readJson<TopLists>(lake, key);
  const top = joinTopLists(lists);
  if (JSON.stringify(top) !== JSON.stringify(before)) await writeJson(lake, key, top, tag);
}

/**
 * The results of all buckets, in order; undefined if one is missing or incomplete, or has not read its part of the
 * round. Begins with the buckets after this one: in a large fleet, nearly all runs then see immediately that other
 * buckets are not done.
 */
async function readResults(
  lake: DayPorts['lake'],
  plan: DayPlan,
  bucket: number,
): Promise<BucketResult[] | undefined> {
  const { day, round, buckets, lists } = plan;
  const isInRound = (number: number): boolean => lists[number] !== undefined;
  const numbers = Array.from({ length: buckets + 1 }, (_, index) => (bucket + 1 + index) % (buckets + 1));
  const order = [...numbers.filter(isInRound), ...numbers.filter((number) => !isInRound(number))];
  const results: BucketResult[] = [];
  for (let from = 0; from < order.length; from += concurrentReads) {
    const some = order.slice(from, from + concurrentReads);
    const read = await Promise.all(
      some.map((number) => readJson<BucketResult>(lake, makeResultKey(day, number))),
    );
    for (const { content } of read) {
      if (content?.isComplete !== true) return undefined;
      if (isInRound(content.bucket) && content.round < round) return undefined;
      results.push(content);
    }
  }
  return results.sort((a, b) => a.bucket - b.bucket);
}
