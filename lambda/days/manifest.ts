import { type ChangeKind, joinChanges, type RowChange } from './changes.ts';
import type { Day } from './day.ts';
import { computeRoot, type DayDigests, type DayRoot, joinDigests } from './digests.ts';
import type { LateSubject } from './fence/late-changes.ts';
import { FleetFold, type FleetPeriod } from './fleet-days.ts';
import type { RowKind } from './rows.ts';
import type { TopLists } from './top-sims.ts';

/** What the lake says about a day: the result of each bucket, and the manifest that seals the day. */

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
  /**
   * Increases each time the bucket is read. What it stores states the revision, so that an older one does not replace
   * it.
   */
  readonly revision: number;
  /** The last round of the plan that is done. */
  readonly round: number;
  /** Whether everything is stored. Until then, this describes what is about to be stored. */
  readonly isComplete: boolean;
  readonly digests: DayDigests;
  readonly files: readonly LakeFile[];
  readonly fleet: FleetPeriod;
  /** Undefined until everything is stored, and if an older version made none. */
  readonly top?: TopLists | undefined;
  /** What changed since the version of the day in which this bucket had the revision {@link changedSince}. */
  readonly changes: readonly RowChange[];
  /** The revision in the last seal. */
  readonly changedSince: number;
  /** SIMs' days that must be read again as a consequence, each for a session. */
  readonly redo: readonly LateSubject[];
}

/** One version in a day's history. */
export interface DayVersion extends DayRoot {
  /** From 1. */
  readonly version: number;
  /** When it was sealed, by the caller's clock (operational). */
  readonly sealedAt: string;
  /** How many rows differ from the previous version. */
  readonly changes: Readonly<Record<ChangeKind, number>>;
}

/** The seal of a day. */
export interface Manifest extends DayVersion {
  readonly day: Day;
  /** Buckets of SIMs; one more contains the events that name no SIM. */
  readonly buckets: number;
  readonly files: readonly LakeFile[];
  readonly fleet: FleetPeriod;
  /** The revision of each bucket. */
  readonly revisions: readonly number[];
  /** Rows that differ from the previous version, at most {@link maxListedChanges}. */
  readonly changed: readonly RowChange[];
  /** Previous versions, oldest first. */
  readonly history: readonly DayVersion[];
}

/** How many changed rows a manifest names; others are only counted. */
export const maxListedChanges = 1_000;

/** What is needed to seal a day. */
export interface Sealing {
  readonly day: Day;
  readonly buckets: number;
  /** One for each bucket, in order. */
  readonly results: readonly BucketResult[];
  readonly previous: Manifest | undefined;
  readonly sealedAt: string;
}

/**
 * The manifest of a day whose buckets have all been read.
 *
 * @returns undefined if the previous manifest has the same content. A day with the same rows gets no new version, but
 *   if another version of the writer made other files, these replace the old ones.
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
 * @param before its previous result.
 * @param sealedRevision its revision in the last seal; undefined if the day was never sealed, so that all rows are new.
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
