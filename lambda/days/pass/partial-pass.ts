import { isAccount } from '../../ledger/accounts.ts';
import { formatTime, toMilliseconds } from '../../ledger/time.ts';
import { countBuckets, findBucket } from '../buckets.ts';
import { type Day, findReadSpan, shiftDay, startDay } from '../day.ts';
import { FleetFold } from '../fleet-days.ts';
import { listUnsealedBefore, makePartialSimDay, maxLiveSims, type PartialDay } from '../partial-days.ts';
import { compareTexts } from '../rows.ts';
import { findMonth, isActive, type SimPeriod, sumBytes } from '../sim-days.ts';
import { joinTopLists, TopFold, type TopLists } from '../top-sims.ts';
import { retryConflicts } from './conflicts.ts';
import {
  formatBucket,
  makePartialDayKey,
  makePartialFolder,
  type PartialPlan,
  type PartialResult,
  readJson,
  readList,
  writeJson,
  writeList,
} from './lake-objects.ts';
import type { PartialJob, PartialPorts } from './ports.ts';
import { prefetch, prefetchAll } from './prefetch.ts';

/**
 * The work of partial passes: a plan with the SIMs of each bucket, a result of each bucket, and finally the day as of
 * the pass. Each object has one key per day and states its pass; an older pass never replaces what a later one wrote.
 * So any part may stop anywhere, run twice at the same time, or come late, and the last pass that is done counts.
 */

/** How many SIMs are read concurrently. */
const concurrentSims = 16;

/** How many SIMs are stored together. */
const simsPerBatch = 100;

/** How many objects are read or written concurrently. */
const concurrentObjects = 16;

/** How often an object is written again when somebody else writes it. */
const maxAttempts = 8;

/** Identifies a pass of a day. */
export interface PartialPass {
  readonly day: Day;
  /** Milliseconds since the epoch. */
  readonly asOf: number;
}

/** Options for planning a partial pass. */
export interface PartialOptions {
  /** The last closed day; undefined if no day was ever closed. */
  readonly closedThrough: Day | undefined;
  readonly simsPerBucket?: number | undefined;
}

function makePlanKey(day: Day): string {
  return `${makePartialFolder(day)}plan.json`;
}

function makeResultKey(day: Day, bucket: number): string {
  return `${makePartialFolder(day)}bucket=${formatBucket(bucket)}.json`;
}

/**
 * Plans a partial pass, or continues it: sends the jobs of buckets that are not done. Does nothing if the day is
 * closed, if a later pass of it is planned, or if the fleet is so small that reports read its records.
 *
 * @returns the number of jobs.
 * @throws ConflictError if somebody else plans the same day: the message must be delivered again.
 */
export async function beginPartialPass(
  pass: PartialPass,
  ports: PartialPorts,
  options: PartialOptions,
): Promise<number> {
  const { day } = pass;
  const { closedThrough } = options;
  if (closedThrough !== undefined && day <= closedThrough) return 0;
  const asOf = formatTime(pass.asOf);
  const { content: known, tag } = await readJson<PartialPlan>(ports.lake, makePlanKey(day));
  if (known !== undefined && known.asOf > asOf) return 0;
  const plan = known?.asOf === asOf ? known : await makePlan(pass, ports, options);
  if (plan === undefined) return 0;
  if (plan !== known) await writeJson(ports.lake, makePlanKey(day), plan, tag);
  const open = await listOpenBuckets(plan, ports);
  // A run that died may have done the last bucket without adding up the day.
  if (open.length === 0) await finishPartialPass(plan, ports);
  await ports.jobs.send(open.map((bucket) => ({ ...pass, bucket })));
  return open.length;
}

async function makePlan(
  { day, asOf }: PartialPass,
  { tables, lake, maxLiveSims: maxLive = maxLiveSims }: PartialPorts,
  options: PartialOptions,
): Promise<PartialPlan | undefined> {
  const sims: string[] = [];
  for await (const some of tables.listSims()) sims.push(...some.filter((sim) => !isAccount(sim)));
  if (sims.length <= maxLive) return undefined;
  const buckets = countBuckets(sims.length, options.simsPerBucket);
  const lists: string[][] = Array.from({ length: buckets }, () => []);
  for (const sim of sims.sort(compareTexts)) lists[findBucket(sim, buckets)]?.push(sim);
  const keys = await prefetchAll(lists, concurrentObjects, (list) =>
    writeList(lake, makePartialFolder(day), { sims: list, markers: [] }),
  );
  return { day, asOf: formatTime(asOf), closedThrough: options.closedThrough, lists: keys };
}

async function listOpenBuckets({ day, asOf, lists }: PartialPlan, { lake }: PartialPorts): Promise<number[]> {
  const open = await prefetchAll(lists.keys(), concurrentObjects, async (bucket) => {
    const { content } = await readJson<PartialResult>(lake, makeResultKey(day, bucket));
    return content?.asOf === asOf ? [] : [bucket];
  });
  return open.flat();
}

/**
 * Reads a bucket for a partial pass, and adds the day up if that was the last bucket. A job of a past pass does
 * nothing, and a job that is done reads nothing again.
 *
 * @returns the day as of the pass, if this has completed it.
 * @throws ConflictError if others keep writing; the job must be delivered again.
 */
export async function runPartialBucket(
  job: PartialJob,
  ports: PartialPorts,
  closedThrough: Day | undefined,
): Promise<PartialDay | undefined> {
  const { day, bucket } = job;
  if (closedThrough !== undefined && day <= closedThrough) return undefined;
  const { lake } = ports;
  const { content: plan } = await readJson<PartialPlan>(lake, makePlanKey(day));
  const list = plan?.lists[bucket];
  if (plan === undefined || list === undefined || plan.asOf !== formatTime(job.asOf)) return undefined;
  const key = makeResultKey(day, bucket);
  const { content: done } = await readJson<PartialResult>(lake, key);
  if (done?.asOf !== plan.asOf) {
    const result = await readBucket(plan, list, ports);
    await writeNewer(key, result, ports);
  }
  return finishPartialPass(plan, ports);
}

async function readBucket(plan: PartialPlan, listKey: string, ports: PartialPorts): Promise<PartialResult> {
  const { day, asOf } = plan;
  const { sims } = await readList(ports.lake, plan, listKey);
  const fleet = new FleetFold(day);
  const top = { day: new TopFold(), month: new TopFold() };
  const unsealed = listUnsealedBefore(day, plan.closedThrough);
  for (let from = 0; from < sims.length; from += simsPerBatch) {
    const batch = sims.slice(from, from + simsPerBatch);
    const [simDays, before] = await Promise.all([
      readSimDays(day, batch, ports),
      ports.simDays.sumPartialMonth(batch, findMonth(day), unsealed),
    ]);
    await ports.simDays.putPartial(simDays.filter(isActive), asOf);
    for (const simDay of simDays) {
      fleet.addSim(simDay);
      const bytes = sumBytes(simDay);
      top.day.add(simDay.sim, bytes);
      top.month.add(simDay.sim, bytes + (before.get(simDay.sim) ?? 0n));
    }
  }
  return { day, asOf, fleet: fleet.result, top: { day: top.day.result, month: top.month.result } };
}

function readSimDays(day: Day, sims: readonly string[], { tables }: PartialPorts): Promise<SimPeriod[]> {
  const startedIn = { from: startDay(shiftDay(day, -1)), to: startDay(shiftDay(day, 1)) };
  return prefetchAll(sims, concurrentSims, async (sim) => {
    const records = await tables.readRecords(sim, findReadSpan(day));
    const named = [...records.usage, ...records.events].flatMap(({ sessionId }) => sessionId ?? []);
    const sessions = await tables.readSessions(sim, startedIn, [...new Set(named)]);
    return makePartialSimDay(sim, day, { ...records, sessions });
  });
}

/** Adds a day up if all buckets of a pass are done. */
async function finishPartialPass(plan: PartialPlan, ports: PartialPorts): Promise<PartialDay | undefined> {
  const { day, asOf } = plan;
  const fleet = new FleetFold(day);
  const top: TopLists[] = [];
  const readResult = async (bucket: number): Promise<PartialResult | undefined> => {
    const { content } = await readJson<PartialResult>(ports.lake, makeResultKey(day, bucket));
    return content?.asOf === asOf ? content : undefined;
  };
  // As long as some are missing, the last one usually is.
  if ((await readResult(plan.lists.length - 1)) === undefined) return undefined;
  for await (const result of prefetch(plan.lists.keys(), concurrentObjects, readResult)) {
    if (result === undefined) return undefined;
    fleet.addPart(result.fleet);
    top.push(result.top);
  }
  const whole = { day, asOf, fleet: fleet.result, top: joinTopLists(top) };
  const isWritten = await writeNewer(makePartialDayKey(day), whole, ports);
  return isWritten ? whole : undefined;
}

/**
 * Writes an object, unless the same pass or a later one has written it.
 *
 * @returns whether it was written.
 */
function writeNewer(
  key: string,
  object: PartialResult | PartialDay,
  { lake }: PartialPorts,
): Promise<boolean> {
  return retryConflicts(maxAttempts, async () => {
    const { content, tag } = await readJson<PartialResult | PartialDay>(lake, key);
    if (content !== undefined && content.asOf >= object.asOf) return false;
    await writeJson(lake, key, object, tag);
    return true;
  });
}

/** Whether a day needs a partial pass, because the one that is due is not done. */
export async function needsPartialPass(
  { day, asOf }: PartialPass,
  lake: Pick<PartialPorts['lake'], 'open'>,
): Promise<boolean> {
  const { content } = await readJson<PartialDay>(lake, makePartialDayKey(day));
  return content === undefined || toMilliseconds(content.asOf) < asOf;
}
