import { countBuckets, findBucket } from '../buckets.ts';
import type { Day } from '../day.ts';
import { isAccount } from '../digests.ts';
import type { BucketResult, Manifest } from '../manifest.ts';
import {
  type DayPlan,
  makeManifestKey,
  makePlanKey,
  makeResultKey,
  readJson,
  writeJson,
} from './lake-objects.ts';
import type { BucketJob, DayPorts } from './ports.ts';

/**
 * Begins, goes on with, or repeats the work on a closed day: sends the jobs of its buckets.
 *
 * - A day that was never planned: all SIMs are divided into buckets, whose number is recorded and never changes.
 * - A day that is not sealed: the jobs of buckets that are not read are sent again.
 * - A sealed day: SIMs with a marker, and those of jobs that are not done, are read again.
 *
 * @param simsPerBucket how many SIMs a bucket of a new day has.
 * @returns the number of jobs that were sent.
 * @throws ConflictError if somebody else plans the same day.
 */
export async function planDay(day: Day, ports: DayPorts, simsPerBucket?: number): Promise<number> {
  const { lake, jobs } = ports;
  const key = makePlanKey(day);
  const [plan, manifest] = await Promise.all([
    readJson<DayPlan>(lake, key),
    readJson<Manifest>(lake, makeManifestKey(day)),
  ]);
  const made =
    plan.content === undefined || manifest.content === undefined
      ? await planAll(day, ports, plan.content, simsPerBucket)
      : await planAgain(day, ports, plan.content);
  if (made === undefined) return 0;
  if (made.plan !== plan.content) await writeJson(lake, key, made.plan, plan.tag);
  await jobs.send(made.jobs);
  return made.jobs.length;
}

interface Planned {
  readonly plan: DayPlan;
  readonly jobs: readonly BucketJob[];
}

/** The first round: all SIMs, but for buckets that are read. */
async function planAll(
  day: Day,
  ports: DayPorts,
  known: DayPlan | undefined,
  simsPerBucket: number | undefined,
): Promise<Planned> {
  const sims = new Set<string>();
  for await (const some of ports.tables.listSims()) for (const sim of some) sims.add(sim);
  // Records of a SIM that is not listed yet have put a marker.
  for (const { sim } of await ports.markers.list(day)) sims.add(sim);
  const count = [...sims].filter((sim) => !isAccount(sim)).length;
  const buckets = known?.buckets ?? countBuckets(count, simsPerBucket);
  const plan: DayPlan = known ?? { day, buckets, round: 1, sims: undefined };
  const lists = Array.from({ length: buckets + 1 }, (): string[] => []);
  for (const sim of sims) lists[findBucket(sim, buckets)]?.push(sim);
  const jobs: BucketJob[] = [];
  for (const [bucket, list] of lists.entries()) {
    if (known === undefined || !(await isDone(ports, plan, bucket)))
      jobs.push({ day, round: plan.round, bucket, buckets, sims: list });
  }
  return { plan, jobs };
}

/** A further round: SIMs with markers, and those of jobs that are not done. */
async function planAgain(day: Day, ports: DayPorts, known: DayPlan): Promise<Planned | undefined> {
  const { buckets } = known;
  const lists = new Map<number, Set<string>>();
  const add = (bucket: number, sims: readonly string[]): void => {
    lists.set(bucket, new Set([...(lists.get(bucket) ?? []), ...sims]));
  };
  for (const [bucket, sims] of Object.entries(known.sims ?? {})) {
    if (!(await isDone(ports, known, Number(bucket)))) add(Number(bucket), sims);
  }
  for (const { sim } of await ports.markers.list(day)) add(findBucket(sim, buckets), [sim]);
  if (lists.size === 0) return undefined;
  const round = known.round + 1;
  const sims = Object.fromEntries([...lists].map(([bucket, list]) => [bucket, [...list]]));
  const jobs = [...lists].map(([bucket, list]) => ({ day, round, bucket, buckets, sims: [...list] }));
  return { plan: { day, buckets, round, sims }, jobs };
}

/** Whether a bucket's job of the plan's round is done. */
async function isDone({ lake }: DayPorts, { day, round }: DayPlan, bucket: number): Promise<boolean> {
  const { content } = await readJson<BucketResult>(lake, makeResultKey(day, bucket));
  return content?.isComplete === true && content.round >= round;
}
