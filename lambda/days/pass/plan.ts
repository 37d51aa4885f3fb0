import { isAccount, makeFilesKey } from '../../ledger/accounts.ts';
import { countBuckets, findBucket } from '../buckets.ts';
import type { Day } from '../day.ts';
import { joinSubjects } from '../fence/late-changes.ts';
import type { Marker } from '../fence/markers.ts';
import type { BucketResult, Manifest } from '../manifest.ts';
import {
  type DayPlan,
  makeDayFolder,
  makeManifestKey,
  makePlanKey,
  makeResultKey,
  type RoundKind,
  readJson,
  readList,
  writeJson,
  writeList,
} from './lake-objects.ts';
import type { BucketJob, DayPorts } from './ports.ts';
import { prefetchAll } from './prefetch.ts';
import { sealDay } from './seal.ts';

/**
 * Plans of closed days, round by round. What a round reads is in the lake, so that it can be sent again whatever was
 * lost. A round is planned after the previous one is done.
 */

/** Options for planning a day. */
export interface PlanOptions {
  /** The last closed day. */
  readonly closedThrough: Day;
  /** Now, in milliseconds since the epoch, by the caller's clock. */
  readonly now: number;
  /** How many SIMs a bucket of a new day has. */
  readonly simsPerBucket?: number | undefined;
}

/** A round that is not done. */
export interface PlannedRound {
  readonly round: number;
  /**
   * What it reads. `all` may begin immediately; `marked` and `nothing` only after the full wait, because their markers
   * have only just been noted.
   */
  readonly reads: RoundKind;
}

/**
 * Plans the first reading of a closed day, or finds the round that is not done. The number of buckets is stored with
 * the day and never changes.
 *
 * @returns undefined if the day was read and has no open round, and so is sealed.
 * @throws ConflictError if somebody else plans the same day.
 */
export async function planDay(
  day: Day,
  ports: DayPorts,
  options: PlanOptions,
): Promise<PlannedRound | undefined> {
  const { content: plan, tag } = await readJson<DayPlan>(ports.lake, makePlanKey(day));
  if (plan !== undefined && plan.reads !== 'nothing') return findOpenRound(plan, ports, options);
  return writePlan(await planAll(day, plan, ports, options), ports, tag);
}

/**
 * Plans another round of a closed day that has markers, or finds the one that is not done.
 *
 * @returns undefined if the day has no marker.
 * @throws ConflictError if somebody else plans the same day.
 */
export async function planRound(
  day: Day,
  ports: DayPorts,
  options: PlanOptions,
): Promise<PlannedRound | undefined> {
  const { lake, markers } = ports;
  const { content: plan, tag } = await readJson<DayPlan>(lake, makePlanKey(day));
  const open = plan && (await findOpenRound(plan, ports, options));
  if (open !== undefined) return open;
  const standing = await markers.list(day);
  if (standing.length === 0) return undefined;
  const round = (plan?.round ?? 0) + 1;
  const { closedThrough } = options;
  const buckets = plan?.buckets ?? 0;
  const lists = new BucketLists();
  const kept = plan === undefined ? [] : await listSessionMarkers(plan, ports);
  for (const marker of joinSubjects(kept, standing))
    lists.addMarker(buckets === 0 ? 0 : findBucket(marker.sim, buckets), marker);
  const reads = buckets === 0 ? 'nothing' : 'marked';
  const made = { day, round, reads, buckets, closedThrough, lists: await lists.write(lake, day) } as const;
  return writePlan(made, ports, tag);
}

/**
 * Begins a planned round, or continues it: sends the jobs of buckets that are not done. Does nothing if the day has
 * another round by now.
 *
 * @returns the number of jobs.
 */
export async function beginRound(day: Day, round: number, ports: DayPorts): Promise<number> {
  const { content: plan } = await readJson<DayPlan>(ports.lake, makePlanKey(day));
  if (plan?.round !== round) return 0;
  if (plan.reads === 'nothing') {
    await ports.markers.remove(await listMarkers(plan, ports));
    return 0;
  }
  const jobs = await listOpenJobs(plan, ports);
  await ports.jobs.send(jobs);
  return jobs.length;
}

async function writePlan(
  plan: DayPlan,
  { lake }: Pick<DayPorts, 'lake'>,
  before: string | undefined,
): Promise<PlannedRound> {
  await writeJson(lake, makePlanKey(plan.day), plan, before);
  return { round: plan.round, reads: plan.reads };
}

/** The first round that reads something: all SIMs. */
async function planAll(
  day: Day,
  before: DayPlan | undefined,
  ports: DayPorts,
  { closedThrough, simsPerBucket }: PlanOptions,
): Promise<DayPlan> {
  const { tables, markers, lake } = ports;
  const sims = new Set<string>();
  for await (const some of tables.listSims()) for (const sim of some) sims.add(sim);
  for (const { source } of await tables.readNamedFiles(day)) sims.add(makeFilesKey(source));
  // Markers name sessions of other days, and SIMs that are not listed yet.
  const kept = before === undefined ? [] : await listSessionMarkers(before, ports);
  const standing = joinSubjects(kept, await markers.list(day));
  const known = new Set([...sims, ...standing.map(({ sim }) => sim)]);
  const buckets = countBuckets([...known].filter((sim) => !isAccount(sim)).length, simsPerBucket);
  const lists = new BucketLists();
  for (let bucket = 0; bucket <= buckets; bucket += 1) lists.open(bucket);
  for (const sim of sims) lists.open(findBucket(sim, buckets)).sims.push(sim);
  for (const marker of standing) lists.addMarker(findBucket(marker.sim, buckets), marker);
  const round = (before?.round ?? 0) + 1;
  return { day, round, reads: 'all', buckets, closedThrough, lists: await lists.write(lake, day) };
}

/** The round of a plan, if it is not done. */
async function findOpenRound(
  plan: DayPlan,
  ports: DayPorts,
  options: PlanOptions,
): Promise<PlannedRound | undefined> {
  const { day, round, reads } = plan;
  if (reads === 'nothing') {
    const noted = new Set((await listMarkers(plan, ports)).map(({ token }) => token));
    const standing = await ports.markers.list(day);
    return standing.some(({ token }) => noted.has(token)) ? { round, reads } : undefined;
  }
  if ((await listOpenJobs(plan, ports)).length > 0) return { round, reads };
  // A run that died may have done the last bucket without sealing the day.
  const { content: manifest } = await readJson<Manifest>(ports.lake, makeManifestKey(day));
  if (manifest === undefined) await sealDay(day, ports, options);
  return undefined;
}

/**
 * Sessions named by markers that were removed although nothing was read. A day's first reading does not find those by
 * itself that began long before or, because of a wrong clock, after it.
 */
async function listSessionMarkers(plan: DayPlan, ports: Pick<DayPorts, 'lake'>): Promise<Marker[]> {
  if (plan.reads !== 'nothing') return [];
  return (await listMarkers(plan, ports)).filter(({ sessionId }) => sessionId !== undefined);
}

async function listMarkers(plan: DayPlan, { lake }: Pick<DayPorts, 'lake'>): Promise<Marker[]> {
  const lists = await forEachBucket(Object.values(plan.lists), (key) => readList(lake, plan, key));
  return lists.flatMap(({ markers }) => markers);
}

async function listOpenJobs(
  { day, round, lists }: DayPlan,
  { lake }: Pick<DayPorts, 'lake'>,
): Promise<BucketJob[]> {
  const jobs = await forEachBucket(Object.keys(lists).map(Number), async (bucket): Promise<BucketJob[]> => {
    const { content } = await readJson<BucketResult>(lake, makeResultKey(day, bucket));
    return content?.isComplete === true && content.round >= round ? [] : [{ day, round, bucket }];
  });
  return jobs.flat();
}

/** How many objects are read or written concurrently. */
const concurrentBuckets = 16;

/** Reads or writes something for each bucket; results are in the order of the buckets. */
function forEachBucket<Bucket, Result>(
  buckets: readonly Bucket[],
  take: (bucket: Bucket) => Promise<Result>,
): Promise<Result[]> {
  return prefetchAll(buckets, concurrentBuckets, take);
}

/** What a round reads, by bucket. */
class BucketLists {
  readonly #lists = new Map<number, { readonly sims: string[]; readonly markers: Marker[] }>();

  open(bucket: number): { readonly sims: string[]; readonly markers: Marker[] } {
    const list = this.#lists.get(bucket) ?? { sims: [], markers: [] };
    this.#lists.set(bucket, list);
    return list;
  }

  addMarker(bucket: number, marker: Marker): void {
    this.open(bucket).markers.push(marker);
  }

  /** Writes the lists, and returns their keys by bucket. */
  async write(lake: DayPorts['lake'], day: Day): Promise<Record<number, string>> {
    const keys = await forEachBucket([...this.#lists], async ([bucket, list]) => {
      return [bucket, await writeList(lake, makeDayFolder(day), list)] as const;
    });
    return Object.fromEntries(keys);
  }
}
