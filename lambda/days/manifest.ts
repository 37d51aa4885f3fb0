import { type ChangeKind, joinChanges, type RowChange } from './changes.ts';
import type { Day } from './day.ts';
import { computeRoot, type DayDigests, type DayRoot, joinDigests } from './digests.ts';
import type { LateSubject } from './fence/late-changes.ts';
import { FleetFold, type FleetPeriod } from './fleet-days.ts';
import type { RowKind } from './rows.ts';
import type { TopLists } from './top-sims.ts';

/** The content of the lake about a day: the result of each bucket, and the manifest that seals the day. */

/** A file of a bucket. */
export interface LakeFile {
  readonly kind: RowKind;
  readonly key: string;
  readonly rows: number;
  readonly bytes: number;
  /** Of its bytes, in hexadecimal. */
  readonly sha256: string;
}

/** The result of reading a bucket. */
export interface BucketResult {
  readonly day: Day;
  readonly bucket: number;
  /** Goes up each time that the bucket is read. What it stores says by which it was stored, so that no older one replaces it. */
  readonly revision: number;
  /** The last round of the plan that is done. */
  readonly round: number;
  /** Whether all is stored. Until then this tells what is about to be. */
  readonly isComplete: boolean;
  readonly digests: DayDigests;
  readonly files: readonly LakeFile[];
  readonly fleet: FleetPeriod;
  /** Undefined until all is stored, and where an older version made none. */
  readonly top?: TopLists | undefined;
  /** What changed since the version of the day that has {@link changedSince} as this bucket's revision. */
  readonly changes: readonly RowChange[];
  /** The revision of the last seal. */
  readonly changedSince: number;
  /** SIMs' days that must be read again because of it, each for a session. */
  readonly redo: readonly LateSubject[];
}

/** One version in a day's history. */
export interface DayVersion extends DayRoot {
  /** From 1. */
  readonly version: number;
  /** When it was sealed, by the caller's clock. A fact of operation. */
  readonly sealedAt: string;
  /** How many rows differ from the version before. */
  readonly changes: Readonly<Record<ChangeKind, number>>;
}

/** The seal of a day. */
export interface Manifest extends DayVersion {
  readonly day: Day;
  /** Buckets of SIMs; one more has the events that name no SIM. */
  readonly buckets: number;
  readonly files: readonly LakeFile[];
  readonly fleet: FleetPeriod;
  /** The revision of each bucket. */
  readonly revisions: readonly number[];
  /** Rows that differ from the version before, at most {@link maxListedChanges}. */
  readonly changed: readonly RowChange[];
  /** Previous versions, oldest first. */
  readonly history: readonly DayVersion[];
}

/** Rows that a manifest names as changed: more of them are only counted. */
export const maxListedChanges = 1_000;

/** What is sealed. */
export interface Sealing {
  readonly day: Day;
  readonly buckets: number;
  /** Of each bucket, in their order. */
  readonly results: readonly BucketResult[];
  readonly previous: Manifest | undefined;
  readonly sealedAt: string;
}

/**
 * The manifest of a day whose buckets are all read.
 *
 * @returns undefined if the previous one says the same. A day whose rows are the same gets no new version, but where
 *   another version of the writer wrote other files, these take the place of the old ones.
 */
export function makeManifest({ day, buckets, results, previous, sealedAt }: Sealing): Manifest | undefined {
  const root = computeRoot(joinDigests(results.map(({ digests }) => digests)));
  const files = results.flatMap((result) => result.files);
  const revisions = results.map(({ revision }) => revision);
  if (previous !== undefined && previous.root === root.root) {
    if (JSON.stringify(previous.files) === JSON.stringify(files)) return undefined;
    return { ...previous, files, revisions };
  }
  const changed = previous === undefined ? [] : results.flatMap(({ changes }) => changes);
  const fold = new FleetFold(day);
  for (const { fleet } of results) fold.addPart(fleet);
  return {
    day,
    version: (previous?.version ?? 0) + 1,
    sealedAt,
    ...root,
    changes: countChanges(changed),
    buckets,
    files,
    fleet: fold.result,
    revisions,
    changed: changed.slice(0, maxListedChanges),
    history: previous === undefined ? [] : [...previous.history, pickVersion(previous)],
  };
}

/**
 * The changes of a bucket since the last seal, when it is read again.
 *
 * @param before its result before.
 * @param sealedRevision its revision in the last seal; undefined if the day was never sealed: all rows are new.
 */
export function collectChanges(
  before: BucketResult | undefined,
  changes: readonly RowChange[],
  sealedRevision: number | undefined,
): Pick<BucketResult, 'changes' | 'changedSince'> {
  if (sealedRevision === undefined) return { changes: [], changedSince: 0 };
  const isUnsealed = before !== undefined && before.revision > sealedRevision;
  return {
    changes: joinChanges(isUnsealed ? before.changes : [], changes),
    changedSince: sealedRevision,
  };
}

function countChanges(changed: readonly RowChange[]): Record<ChangeKind, number> {
  const counts = { added: 0, changed: 0, moved: 0 };
  for (const { change } of changed) counts[change] += 1;
  return counts;
}

function pickVersion({ version, sealedAt, root, kinds, changes }: Manifest): DayVersion {
  return { version, sealedAt, root, kinds, changes };
}
