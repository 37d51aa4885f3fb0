import { createHash } from 'node:crypto';
import { isAccount, readFilesKey } from '../../ledger/accounts.ts';
import { diffRows, type RowChange } from '../changes.ts';
import { rowKinds } from '../columns.ts';
import type { Day } from '../day.ts';
import { RowDigests } from '../digests.ts';
import { joinSubjects, type LateSubject } from '../fence/late-changes.ts';
import { FiledRecords } from '../filed-records.ts';
import { FleetFold } from '../fleet-days.ts';
import { type BucketResult, collectChanges, type LakeFile, type Manifest } from '../manifest.ts';
import { RowFile } from '../parquet.ts';
import type { RowKind, SimRows } from '../rows.ts';
import { findMonth, isActive, makeSimDay, type SimPeriod, sumBytes } from '../sim-days.ts';
import { TopFold, type TopLists } from '../top-sims.ts';
import { retryConflicts } from './conflicts.ts';
import {
  type BucketList,
  type DayPlan,
  makeFileKey,
  makeManifestKey,
  makePlanKey,
  makeResultKey,
  readJson,
  readList,
  writeJson,
} from './lake-objects.ts';
import { type BucketJob, ConflictError, type DayPorts, type SimFindings } from './ports.ts';
import { prefetch, prefetchAll } from './prefetch.ts';
import { listFindingsRedo } from './read-findings.ts';
import { type NoteChange, type ReadSim, readSim } from './read-sim.ts';
import { sealDay } from './seal.ts';
import { SealedRows } from './sealed-rows.ts';

/** Options of the pass. */
export interface PassOptions {
  /** Now, in milliseconds since the epoch, by the caller's clock. */
  readonly now: number;
}

/** How many SIMs are read concurrently. */
const concurrentSims = 16;

/** How often a bucket is begun again when another run changes it. */
const maxAttempts = 8;

/**
 * Reads a bucket of a day, and seals the day if that was the last bucket.
 *
 * It may stop anywhere, run twice at the same time, or be suspended between any two calls:
 *
 * 1. The result first says what is about to be stored, with a revision of its own. If two runs begin at the same
 *   revision, one fails.
 * 2. Then the files are written, each on condition that it is still the one that was merged: rows are never lost.
 * 3. Then the notes of sessions, markers of other days, SIM-days and findings are written; of these the greatest
 *   revision stays. When all SIM-days are stored, the months of these SIMs are added up.
 * 4. Finally the result says that everything is stored, on condition that no other run has begun since.
 * 5. After the day is sealed, if that was the last bucket, the markers of the round are removed: a day whose sealing
 *   was interrupted is found by its remaining markers.
 *
 * A job of a past round does nothing, and a job that is done reads nothing again.
 *
 * @returns the current manifest, if the day is sealed and its round is read completely.
 * @throws ConflictError if others keep changing it; the job must be delivered again.
 */
export async function runBucket(
  job: BucketJob,
  ports: DayPorts,
  options: PassOptions,
): Promise<Manifest | undefined> {
  const work = await retryConflicts(maxAttempts, async () => {
    const found = await findWork(job, ports);
    if (found !== undefined) await attemptBucket(found, ports);
    return found;
  });
  if (work === undefined) return undefined;
  const manifest = await sealDay(job.day, ports, { ...options, bucket: job.bucket });
  // In the first round, there was no wait after the markers were listed.
  if (work.plan.reads === 'marked') await ports.markers.remove(work.list.markers);
  return manifest;
}

/** A job, and the contents of its plan. */
interface BucketWork {
  readonly plan: DayPlan;
  readonly bucket: number;
  readonly list: BucketList;
}

async function findWork(
  { day, round, bucket }: BucketJob,
  { lake }: Pick<DayPorts, 'lake'>,
): Promise<BucketWork | undefined> {
  const { content: plan } = await readJson<DayPlan>(lake, makePlanKey(day));
  const key = plan?.round === round ? plan.lists[bucket] : undefined;
  if (plan === undefined || key === undefined) return undefined;
  return { plan, bucket, list: await readList(lake, plan, key) };
}

async function attemptBucket(work: BucketWork, ports: DayPorts): Promise<void> {
  const { lake, simDays, findings, markers } = ports;
  const { plan, bucket } = work;
  const { day } = plan;
  const resultKey = makeResultKey(day, bucket);
  const [before, manifest] = await Promise.all([
    readJson<BucketResult>(lake, resultKey),
    readJson<Manifest>(lake, makeManifestKey(day)),
  ]);
  if (before.content?.isComplete === true && before.content.round >= plan.round) return;
  const sealed = await SealedRows.open(lake, day, bucket, plan.buckets);
  const bucketRows = new BucketRows(day, {
    isSealed: manifest.content !== undefined,
    isBegun: before.content !== undefined,
  });
  for await (const { sim, rows, read } of walkSims(work, ports, sealed)) bucketRows.add(sim, rows, read);

  const files = bucketRows.finishFiles(work, sealed);
  const stored = new Set(
    before.content?.isComplete === true ? before.content.files.map(({ sha256 }) => sha256) : [],
  );
  const unfinished = before.content?.isComplete === false ? before.content.redo : [];
  const result: BucketResult = {
    day,
    bucket,
    revision: (before.content?.revision ?? 0) + 1,
    round: before.content?.round ?? 0,
    isComplete: false,
    digests: bucketRows.digests.finish(),
    files: files.map(({ file }) => file),
    fleet: bucketRows.fleet.result,
    top: before.content?.top,
    ...collectChanges(before.content, bucketRows.changes, manifest.content?.revisions[bucket]),
    redo: joinSubjects(unfinished, bucketRows.redo),
  };
  const claim = await writeJson(lake, resultKey, result, before.tag);
  for (const { file, bytes, tag } of files) {
    if (tag === undefined || !stored.has(file.sha256)) await lake.write(file.key, bytes, tag);
  }
  await writeNotes(bucketRows.notes, ports);
  await markers.put(result.redo);
  await simDays.put(bucketRows.simDays, result.revision);
  await findings.put(bucketRows.findings, result.revision);
  const top = await listTop(bucketRows, plan, before.content?.top, ports);
  const done = { ...result, top, isComplete: true, round: Math.max(result.round, plan.round) };
  await writeJson(lake, resultKey, done, claim);
}

/**
 * The SIMs of a bucket in the order of their keys. Those of the round are read; the rows of others stay as they are in
 * the lake.
 */
async function* walkSims(
  { plan: { day, reads, closedThrough, buckets }, bucket, list }: BucketWork,
  ports: DayPorts,
  sealed: SealedRows,
): AsyncGenerator<{ sim: string; rows: SimRows; read: { before: SimRows; found: ReadSim } | undefined }> {
  const sessions = new Map<string, string[]>(list.sims.map((sim) => [sim, []]));
  const marked = new Set<string>();
  for (const { sim, sessionId } of list.markers) {
    const named = sessions.get(sim) ?? [];
    sessions.set(sim, named);
    if (sessionId !== undefined) named.push(sessionId);
    else marked.add(sim);
  }
  const walked = sealed.walk(sessions.keys());
  const filed = new FiledRecords(ports.tables, day, bucket, buckets);
  yield* prefetch(walked, concurrentSims, async ({ sim, rows: before, isListed }) => {
    if (!isListed) return { sim, rows: before, read: undefined };
    const sessionIds = sessions.get(sim) ?? [];
    const found = await readSim(ports, {
      ...{ sim, day, isFirst: reads === 'all', closedThrough, sessionIds, before, filed },
    });
    const { sessions: seen } = found;
    const reading = { sim, day, closedThrough, sessions: seen, isMarked: marked.has(sim) };
    const redo = [...found.redo, ...(await listFindingsRedo(ports, reading))];
    return { sim, rows: found.rows, read: { before, found: { ...found, redo } } };
  });
}

/** The results for a bucket. Keeps its files, and a SIM-day of each SIM that is read. */
class BucketRows {
  readonly #day: Day;
  readonly #isSealed: boolean;
  readonly #isBegun: boolean;
  readonly #files = new Map<RowKind, RowFile<RowKind>>();
  readonly digests = new RowDigests();
  readonly fleet: FleetFold;
  readonly topOfDay = new TopFold();
  readonly simDays: SimPeriod[] = [];
  readonly findings: SimFindings[] = [];
  readonly changes: RowChange[] = [];
  readonly notes: { readonly sim: string; readonly changes: readonly NoteChange[] }[] = [];
  readonly redo: LateSubject[] = [];

  /** @param state whether the day is sealed, and whether the bucket was ever begun. */
  constructor(day: Day, { isSealed, isBegun }: { readonly isSealed: boolean; readonly isBegun: boolean }) {
    this.#day = day;
    this.#isSealed = isSealed;
    this.#isBegun = isBegun;
    this.fleet = new FleetFold(day);
  }

  /** Adds a SIM, in the order of keys. `read` is undefined if its rows stay as they are. */
  add(sim: string, rows: SimRows, read: { before: SimRows; found: ReadSim } | undefined): void {
    for (const kind of rowKinds) if (rows[kind].length > 0) this.#openFile(kind).add(rows[kind]);
    this.digests.add(sim, rows);
    if (!isAccount(sim)) {
      const simDay = makeSimDay(sim, this.#day, rows);
      this.fleet.addSim(simDay);
      this.topOfDay.add(sim, sumBytes(simDay));
      // A run that died may have stored something for a SIM that now has no rows.
      const mayHaveSimDay = readFilesKey(sim) === undefined;
      if (read !== undefined && mayHaveSimDay && (isActive(simDay) || this.#isBegun))
        this.simDays.push(simDay);
      const { findings } = rows;
      if (read !== undefined && (findings.length > 0 || this.#isBegun))
        this.findings.push({ sim, day: this.#day, findings });
    }
    if (read === undefined) return;
    if (this.#isSealed) this.changes.push(...diffRows(sim, read.before, rows));
    if (read.found.notes.length > 0) this.notes.push({ sim, changes: read.found.notes });
    this.redo.push(...read.found.redo);
  }

  #openFile(kind: RowKind): RowFile<RowKind> {
    const file = this.#files.get(kind) ?? new RowFile(kind);
    this.#files.set(kind, file);
    return file;
  }

  /**
   * The files, and the tag of the object that each one replaces. A kind without rows has a file only if it had one
   * before.
   */
  finishFiles(
    { plan: { day, buckets }, bucket }: BucketWork,
    sealed: SealedRows,
  ): { file: LakeFile; bytes: Uint8Array; tag: string | undefined }[] {
    return rowKinds.flatMap((kind) => {
      const tag = sealed.findTag(kind);
      if (!this.#files.has(kind) && tag === undefined) return [];
      const rowFile = this.#openFile(kind);
      const bytes = rowFile.finish();
      const sha256 = createHash('sha256').update(bytes).digest('hex');
      const key = makeFileKey(kind, day, bucket, buckets);
      return [{ file: { kind, key, rows: rowFile.rows, bytes: bytes.byteLength, sha256 }, bytes, tag }];
    });
  }
}

/**
 * The SIMs of a bucket with the most bytes. The entries of SIMs that are not read again stay as they are.
 *
 * @returns undefined if there are no lists of the bucket to continue from.
 */
async function listTop(
  { topOfDay, simDays: stored }: BucketRows,
  { day, reads }: DayPlan,
  before: TopLists | undefined,
  { simDays }: Pick<DayPorts, 'simDays'>,
): Promise<TopLists | undefined> {
  if (reads !== 'all' && before === undefined) return undefined;
  const read = new Set(stored.map(({ sim }) => sim));
  const topOfMonth = new TopFold();
  if (before !== undefined) topOfMonth.addList(before.month, read);
  for (const [sim, bytes] of await simDays.sumMonth([...read], findMonth(day))) topOfMonth.add(sim, bytes);
  return { day: topOfDay.result, month: topOfMonth.result };
}

/** How many notes are written concurrently. */
const concurrentNotes = 16;

async function writeNotes(notes: BucketRows['notes'], { notes: store }: DayPorts): Promise<void> {
  const all = notes.flatMap(({ sim, changes }) => changes.map((change) => ({ sim, ...change })));
  const written = await prefetchAll(all, concurrentNotes, ({ sim, sessionId, note, before }) =>
    store.write(sim, sessionId, note, before),
  );
  if (written.includes(false))
    throw new ConflictError('The note of a session was changed by another process');
}
