import type { Day } from '../day.ts';
import type { Marker } from '../fence/markers.ts';
import type { FleetPeriod } from '../fleet-days.ts';
import type { BucketResult, Manifest } from '../manifest.ts';
import type { PartialDay } from '../partial-days.ts';
import type { RowKind } from '../rows.ts';
import { digest } from '../slots.ts';
import type { TopLists } from '../top-sims.ts';
import { ConflictError, type Lake } from './ports.ts';

/**
 * The objects of the lake. Keys have no versions: SQL engines list a prefix, and would count a row twice that stands in
 * two objects of a bucket.
 */

/** First parts of the keys of a kind of rows. Those that name no SIM are apart: they name people. */
export interface RowPrefixes {
  readonly sims: string;
  readonly accounts: string;
}

const prefixes: Readonly<Record<RowKind, RowPrefixes>> = {
  usage: { sims: 'usage', accounts: 'account-usage' },
  events: { sims: 'events', accounts: 'account-events' },
  sessions: { sims: 'sessions', accounts: 'account-sessions' },
  usageRenderings: { sims: 'usage-renderings', accounts: 'account-usage-renderings' },
  eventRenderings: { sims: 'event-renderings', accounts: 'account-event-renderings' },
  findings: { sims: 'findings', accounts: 'account-findings' },
};

/** Where the rows of a kind are. */
export function findPrefixes(kind: RowKind): RowPrefixes {
  return prefixes[kind];
}

/** The key of the rows of a kind and bucket. The bucket after the last one has what names no SIM. */
export function makeFileKey(kind: RowKind, day: Day, bucket: number, buckets: number): string {
  const prefix = prefixes[kind][bucket < buckets ? 'sims' : 'accounts'];
  return `${prefix}/day=${day}/bucket=${formatBucket(bucket)}.parquet`;
}

/** First part of the keys of plans, results and manifests, which hold no row. */
export const daysPrefix = 'days/';

/** First part of the keys of partial passes, which hold no row either. */
export const partialDaysPrefix = 'partial-days/';

/** What the objects of a day's partial passes begin with. */
export function makePartialFolder(day: Day): string {
  return `${partialDaysPrefix}day=${day}/`;
}

/** The key of a day as of its last partial pass. */
export function makePartialDayKey(day: Day): string {
  return `${makePartialFolder(day)}fleet.json`;
}

/** What the plans, results and manifest of a day begin with. */
export function makeDayFolder(day: Day): string {
  return `${daysPrefix}day=${day}/`;
}

/** The key of the result of reading a bucket. */
export function makeResultKey(day: Day, bucket: number): string {
  return `${daysPrefix}day=${day}/bucket=${formatBucket(bucket)}.json`;
}

/** The key of a day's plan. */
export function makePlanKey(day: Day): string {
  return `${daysPrefix}day=${day}/plan.json`;
}

/** The key of a day's manifest. */
export function makeManifestKey(day: Day): string {
  return `${daysPrefix}day=${day}/manifest.json`;
}

/** The key of a closed day's SIMs with the most bytes. */
export function makeTopKey(day: Day): string {
  return `${daysPrefix}day=${day}/top.json`;
}

/**
 * What a round reads.
 *
 * - `all`: all SIMs, for the first time.
 * - `marked`: what markers stand for.
 * - `nothing`: the day was never read, and nobody has requested it. Its markers are removed: when it is read for the
 *   first time, whatever they stand for is there. The sessions that they name stay in the list.
 */
export type RoundKind = 'all' | 'marked' | 'nothing';

/** What a day's buckets are, and which of them the last round reads. */
export interface DayPlan {
  readonly day: Day;
  /** One more each time that something is read. */
  readonly round: number;
  readonly reads: RoundKind;
  /** Buckets of SIMs: never changed. 0 as long as the day was never read. */
  readonly buckets: number;
  /** The last closed day when the day was first read. */
  readonly closedThrough: Day;
  /** Keys of the lists of the buckets that the round reads, by their numbers. */
  readonly lists: Readonly<Record<number, string>>;
}

/** What a round reads of a bucket. Of other SIMs, what is in the lake stays. */
export interface BucketList {
  /** SIMs, besides those of markers. */
  readonly sims: readonly string[];
  /** What was marked when the round was planned. */
  readonly markers: readonly Marker[];
}

/** What a partial pass of a day reads. */
export interface PartialPlan {
  readonly day: Day;
  /** Which pass it is. */
  readonly asOf: string;
  /** The last closed day when it was planned. */
  readonly closedThrough: Day | undefined;
  /** Keys of the lists of the buckets, in their order. */
  readonly lists: readonly string[];
}

/** The result of a bucket of a partial pass. */
export interface PartialResult {
  readonly day: Day;
  readonly asOf: string;
  readonly fleet: FleetPeriod;
  readonly top: TopLists;
}

/** The JSON objects of passes. */
type PassObject =
  | DayPlan
  | BucketList
  | BucketResult
  | Manifest
  | TopLists
  | PartialPlan
  | PartialResult
  | PartialDay;

/** An object that was read, and the tag by which it is replaced. Both are undefined if it does not exist. */
export interface ReadObject<Content> {
  readonly content: Content | undefined;
  readonly tag: string | undefined;
}

/**
 * Writes a list under a key made of its content, beside the plan that names it: lists that plans do not name decide
 * nothing.
 *
 * @param folder what the key begins with.
 * @returns the key.
 */
export async function writeList(lake: Lake, folder: string, list: BucketList): Promise<string> {
  const text = JSON.stringify(list);
  const key = `${folder}list=${digest(text)}.json`;
  try {
    await lake.write(key, new TextEncoder().encode(text), undefined);
  } catch (error) {
    // It is there already, and says the same.
    if (!(error instanceof ConflictError)) throw error;
  }
  return key;
}

/**
 * Reads the list of a bucket that a plan names.
 *
 * @throws Error if it is not there.
 */
export async function readList(
  lake: Pick<Lake, 'open'>,
  { day }: Pick<DayPlan, 'day'>,
  key: string,
): Promise<BucketList> {
  const { content: list } = await readJson<BucketList>(lake, key);
  if (list === undefined) throw new Error(`The lake has no ${key}, which the plan of ${day} names`);
  return list;
}

/** Reads a JSON object that the pass has written. */
export async function readJson<Content extends PassObject>(
  lake: Pick<Lake, 'open'>,
  key: string,
): Promise<ReadObject<Content>> {
  const object = await lake.open(key);
  if (object === undefined) return { content: undefined, tag: undefined };
  const bytes = await object.slice(0, object.byteLength);
  return { content: JSON.parse(new TextDecoder().decode(bytes)) as Content, tag: object.tag };
}

/** Writes a JSON object on condition that it is still as it was read. */
export function writeJson(
  lake: Lake,
  key: string,
  content: PassObject,
  before: string | undefined,
): Promise<string> {
  return lake.write(key, new TextEncoder().encode(JSON.stringify(content)), before);
}

/** The number of a bucket as keys have it. */
export function formatBucket(bucket: number): string {
  return String(bucket).padStart(4, '0');
}
