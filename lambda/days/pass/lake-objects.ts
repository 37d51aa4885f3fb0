import type { Day } from '../day.ts';
import type { BucketResult, Manifest } from '../manifest.ts';
import type { RowKind } from '../rows.ts';
import type { Lake } from './ports.ts';

/**
 * The objects of the lake. Keys have no versions: SQL engines list a prefix, and would count a row twice that stands in
 * two objects of a bucket.
 */

/** Where the rows of each kind are. Those that name no SIM are apart: they name people. */
const prefixes: Readonly<Record<RowKind, { readonly sims: string; readonly accounts: string }>> = {
  usage: { sims: 'usage', accounts: 'account-usage' },
  events: { sims: 'events', accounts: 'account-events' },
  sessions: { sims: 'sessions', accounts: 'account-sessions' },
  usageRenderings: { sims: 'usage-renderings', accounts: 'account-usage-renderings' },
  eventRenderings: { sims: 'event-renderings', accounts: 'account-event-renderings' },
};

/** The key of the rows of a kind and bucket. The bucket after the last one has what names no SIM. */
export function makeFileKey(kind: RowKind, day: Day, bucket: number, buckets: number): string {
  const prefix = prefixes[kind][bucket < buckets ? 'sims' : 'accounts'];
  return `${prefix}/day=${day}/bucket=${formatBucket(bucket)}.parquet`;
}

/** The key of what reading a bucket came to. */
export function makeResultKey(day: Day, bucket: number): string {
  return `days/day=${day}/bucket=${formatBucket(bucket)}.json`;
}

/** The key of a day's plan. */
export function makePlanKey(day: Day): string {
  return `days/day=${day}/plan.json`;
}

/** The key of a day's manifest. */
export function makeManifestKey(day: Day): string {
  return `days/day=${day}/manifest.json`;
}

/** What a day's buckets are, and which of them have to be read. */
export interface DayPlan {
  readonly day: Day;
  /** Buckets of SIMs: never changed. */
  readonly buckets: number;
  /** 1 for the first reading of the day, which reads all SIMs; one more each time that some are read again. */
  readonly round: number;
  /** SIMs of the round by bucket; undefined for the first round. */
  readonly sims: Readonly<Record<number, readonly string[]>> | undefined;
}

/** An object that was read, and the tag by which it is replaced. Both are undefined if it does not exist. */
export interface ReadObject<Content> {
  readonly content: Content | undefined;
  readonly tag: string | undefined;
}

/** Reads a JSON object that the pass has written. */
export async function readJson<Content extends DayPlan | BucketResult | Manifest>(
  lake: Lake,
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
  content: DayPlan | BucketResult | Manifest,
  before: string | undefined,
): Promise<string> {
  return lake.write(key, new TextEncoder().encode(JSON.stringify(content)), before);
}

function formatBucket(bucket: number): string {
  return String(bucket).padStart(4, '0');
}
