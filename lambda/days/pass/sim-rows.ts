import { findBucket } from '../buckets.ts';
import type { Row } from '../columns.ts';
import type { Day } from '../day.ts';
import { readRows } from '../parquet.ts';
import type { RowKind } from '../rows.ts';
import { type DayPlan, makeFileKey, makePlanKey, readJson } from './lake-objects.ts';
import type { Lake } from './ports.ts';

/** How many buckets of SIMs a day has, which never changes; undefined if its reading was not planned yet. */
export async function readBucketCount(lake: Pick<Lake, 'open'>, day: Day): Promise<number | undefined> {
  const { content: plan } = await readJson<DayPlan>(lake, makePlanKey(day));
  return plan === undefined || plan.reads === 'nothing' ? undefined : plan.buckets;
}

/**
 * A SIM's rows of a kind and day, from its bucket's file. Row groups without the SIM are not read.
 *
 * @throws ConflictError if the file is written meanwhile.
 */
export async function readSimRows<K extends RowKind>(
  lake: Pick<Lake, 'open'>,
  kind: K,
  { sim, day, buckets }: { readonly sim: string; readonly day: Day; readonly buckets: number },
): Promise<Row<K>[]> {
  const object = await lake.open(makeFileKey(kind, day, findBucket(sim, buckets), buckets));
  const rows: Row<K>[] = [];
  if (object === undefined) return rows;
  for await (const some of readRows(kind, object, sim)) rows.push(...some.filter((row) => row.sim === sim));
  return rows;
}
