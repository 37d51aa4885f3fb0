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
 * The objects of the lake. Keys contain no version: SQL engines list a prefix, and would count a row twice that is in
 * two objects of a bucket.
 */

/** What the keys of a kind of rows begin with. Rows that name no SIM have other keys, because they name people. */
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

/** What the keys of a kind of rows begin with. */
export function findPrefixes(kind: RowKind): RowPrefixes {
  return prefixes[kind];
}

/** The key of the rows of a kind and bucket. The bucket after the last one contains what names no SIM. */
export function makeFileKey(kind: RowKind, day: Day, bucket: number, buckets: number): string {
  const prefix = prefixes[kind][bucket < buckets ? 'sims' : 'accounts'];
  return `${prefix}/day=${day}/bucket=${formatBucket(bucket)}.parquet`;
}

/** What the keys of plans, results and manifests begin with, which contain no rows. */
export const daysPrefix = 'days/';

/** What the keys of partial passes begin with, which contain no rows either. */
export const partialDaysPrefix = 'partial-days/';

/** What the keys of a day's partial passes begin with. */
export function makePartialFolder(day: Day): string {
  return `${partialDaysPrefix}day=${day}/`;
}

/** The key of a day as of its last partial pass. */
export function makePartialDayKey(day: Day): string {
  return `${makePartialFolder(day)}fleet.json`;
}

/** What the keys of a day's plans, results and manifest begin with. */
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
 * - `marked`: what is marked.
 * - `nothing`: the day was never read, and nobody has ordered it. Its markers are removed: when the day is read for the
 *   first time, everything that they marked is stored. The sessions that they name stay in the list.
 */
export type RoundKind = 'all' | 'marked' | 'nothing';

/** A day's buckets, and which of them the last round reads. */
export interface DayPlan {
  readonly day: Day;
  /** Increases by one each time something is read. */
  readonly round: number;
  readonly reads: RoundKind;
  /** Buckets of SIMs; never changes after the day was read. 0 as long as it was never read. */
  readonly buckets: number;
  /** The last closed day when the day was first read. */
  readonly closedThrough: Day;
  /** Keys of the lists of the buckets that the round reads, by bucket. */
  readonly lists: Readonly<Record<number, string>>;
}

/** What a round reads of a bucket. The rows of other SIMs stay as they are in the lake. */
export interface BucketList {
  /** SIMs, in addition to those of markers. */
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
  /** Keys of the buckets' lists, in order. */
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

/** An object that was read, and the tag for replacing it. Both are undefined if it does not exist. */
export interface ReadObject<Content> {
  readonly content: Content | undefined;
  readonly tag: string | undefined;
}

/**
 * Writes a list under a key that is derived from its content, next to the plan that will name it. Lists that no plan
 * names have no effect.
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
    // It already exists, with the same content.
    if (!(error instanceof ConflictError)) throw error;
  }
  return key;
}

/**
 * Reads the list of a bucket that a plan names.
 *
 * @throws Error if it does not exist.
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

/** The number of a bucket in keys. */
export function formatBucket(bucket: number): string {
  return String(bucket).padStart(4, '0');
}
