import { createHash } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { isAccount } from '../../ledger/accounts.ts';
import { diffRows, type RowChange } from '../changes.ts';
import { rowKinds } from '../columns.ts';
import type { Day } from '../day.ts';
import { computeRoot, type DayDigests, joinDigests, RowDigests } from '../digests.ts';
import { FleetFold } from '../fleet-days.ts';
import { type BucketResult, type LakeFile, type Manifest, makeManifest } from '../manifest.ts';
import type { RowKind, SimRows } from '../rows.ts';
import { makeSimDay, sumBytes } from '../sim-days.ts';
import { TopFold, type TopLists } from '../top-sims.ts';
import type { TableComparison } from './compare-tables.ts';
import { makeManifestKey, makeResultKey, makeTopKey, readJson } from './lake-objects.ts';
import { ConflictError, type Lake, type StoredObject } from './ports.ts';
import { prefetch } from './prefetch.ts';
import { SealedRows, type WalkedSim } from './sealed-rows.ts';

/**
 * Verifies a sealed day: whether each file, its rows, the root and the fleet-day are as the seal says, and whether what
 * reports read in addition agrees. Everything is computed again from the files; nothing is written.
 */

/**
 * - `verified`: everything is as the seal says.
 * - `differs`: something is not.
 * - `unsealed`: the day has no seal.
 * - `changing`: the day is being read again, so that files and seal temporarily belong to different versions.
 */
export type VerifyOutcome = 'verified' | 'differs' | 'unsealed' | 'changing';

/** The result of verifying a day. */
export interface VerifiedDay {
  readonly day: Day;
  readonly outcome: VerifyOutcome;
  /** Undefined if there is no seal. */
  readonly manifest: Manifest | undefined;
  /** What is not as the seal says, one sentence each. */
  readonly faults: readonly string[];
  /** Rows that differ from the tables. */
  readonly changes: readonly RowChange[];
}

/** What verifying needs. */
export interface VerifyPorts {
  readonly lake: Pick<Lake, 'open'>;
  /** Undefined if only the lake is read. */
  readonly tables?: TableComparison | undefined;
  /** Called after each bucket. */
  readonly onBucket?: ((bucket: number, buckets: number) => void) | undefined;
}

/** How many SIMs are read concurrently. */
const concurrentSims = 16;

/** How often a day is begun again when it is sealed again meanwhile. */
const maxAttempts = 3;

/** Verifies a day. Keeps the files of one bucket in memory. */
export async function verifyDay(day: Day, ports: VerifyPorts): Promise<VerifiedDay> {
  const { lake } = ports;
  let before = await readJson<Manifest>(lake, makeManifestKey(day));
  for (let attempt = 1; ; attempt += 1) {
    const { content: manifest, tag } = before;
    if (manifest === undefined)
      return { day, outcome: 'unsealed', manifest: undefined, faults: [], changes: [] };
    const verified = await ignoreConflict(() => verifyManifest(manifest, ports));
    if (verified !== undefined && verified.faults.length === 0) {
      return { day, outcome: verified.changes.length === 0 ? 'verified' : 'differs', manifest, ...verified };
    }
    before = await readJson<Manifest>(lake, makeManifestKey(day));
    const isNew = before.tag !== tag;
    if (isNew && attempt < maxAttempts) continue;
    if (isNew || (await isReadAgain(manifest, lake))) {
      return { day, outcome: 'changing', manifest, faults: [], changes: [] };
    }
    const { faults, changes } = verified ?? { faults: [], changes: [] };
    return { day, outcome: faults.length === 0 ? 'changing' : 'differs', manifest, faults, changes };
  }
}

async function ignoreConflict<Result>(run: () => Promise<Result>): Promise<Result | undefined> {
  try {
    return await run();
  } catch (error) {
    if (error instanceof ConflictError) return undefined;
    throw error;
  }
}

/**
 * Whether a bucket is being read, or was read since the day was sealed without being sealed yet. A reading that changes
 * nothing makes no seal, so it does not count.
 */
async function isReadAgain(manifest: Manifest, lake: Pick<Lake, 'open'>): Promise<boolean> {
  const { day, buckets, revisions, sealedAt } = manifest;
  const results: BucketResult[] = [];
  for (let bucket = 0; bucket <= buckets; bucket += 1) {
    const { content } = await readJson<BucketResult>(lake, makeResultKey(day, bucket));
    if (content?.isComplete === false) return true;
    if (content !== undefined) results.push(content);
  }
  const isNewer = results.some(({ bucket, revision }) => revision !== revisions[bucket]);
  if (!isNewer || results.length <= buckets) return isNewer;
  return makeManifest({ day, buckets, results, previous: manifest, sealedAt }) !== undefined;
}

/** What is not as a manifest says. */
type Differences = Pick<VerifiedDay, 'faults' | 'changes'>;

async function verifyManifest(manifest: Manifest, ports: VerifyPorts): Promise<Differences> {
  const { day, buckets } = manifest;
  const covered = listCoveredKinds(manifest);
  const fileFaults: string[] = [];
  const rowFaults: string[] = [];
  const changes: RowChange[] = [];
  const digests: DayDigests[] = [];
  const fleet = new FleetFold(day);
  const top = new TopFold();
  const storedFaults = new FirstSentences();
  /** Keys of the existing files. */
  const found = new Set<string>();
  for (let bucket = 0; bucket <= buckets; bucket += 1) {
    const objects = new FetchedObjects(ports.lake);
    const sealed = await SealedRows.open(objects, day, bucket, buckets);
    fileFaults.push(...objects.compare(manifest.files));
    for (const key of objects.keys) found.add(key);
    const hashes = new RowDigests();
    try {
      for await (const { sim, rows, read, faults } of walkSims(sealed, ports.tables, bucket, buckets)) {
        hashRows(hashes, sim, rows);
        if (!isAccount(sim)) {
          const simDay = makeSimDay(sim, day, rows);
          fleet.addSim(simDay);
          top.add(sim, sumBytes(simDay));
        }
        storedFaults.add(faults);
        if (read !== undefined)
          changes.push(...diffRows(sim, rows, read).filter(({ kind }) => covered.includes(kind)));
      }
      digests.push(hashes.finish());
    } catch (error) {
      if (!(error instanceof UnreadableRowsError)) throw error;
      rowFaults.push(`The rows of bucket ${bucket} cannot be read: ${error.message}`);
    }
    ports.onBucket?.(bucket, buckets);
  }
  const missing = manifest.files.filter(({ key }) => !found.has(key)).map(({ key }) => `${key} is missing`);
  if (rowFaults.length === 0) {
    rowFaults.push(...compareContents(manifest, digests, fleet), ...(await compareTop(day, top, ports.lake)));
  }
  return { faults: [...fileFaults, ...missing, ...rowFaults, ...storedFaults.list()], changes };
}

/** How many sentences are listed. */
const maxSentences = 100;

/** The first of many sentences, and how many more there are. */
class FirstSentences {
  readonly #first: string[] = [];
  #more = 0;

  add(sentences: readonly string[]): void {
    const room = maxSentences - this.#first.length;
    this.#first.push(...sentences.slice(0, room));
    this.#more += Math.max(0, sentences.length - room);
  }

  list(): readonly string[] {
    return this.#more === 0 ? this.#first : [...this.#first, `and ${this.#more} more like these`];
  }
}

/** Compares the SIMs with the most bytes with the stored list of the day. An older version stored none. */
async function compareTop(day: Day, fold: TopFold, lake: Pick<Lake, 'open'>): Promise<string[]> {
  const { content: top } = await readJson<TopLists>(lake, makeTopKey(day));
  return top === undefined || isDeepStrictEqual(top.day, fold.result)
    ? []
    : ['The list of the SIMs with the most bytes is not that of the rows'];
}

/** The kinds of rows that a seal covers. An older version made no findings: its seals are verified without them. */
function listCoveredKinds({ kinds }: Pick<Manifest, 'kinds'>): RowKind[] {
  const stated: Partial<Manifest['kinds']> = kinds;
  return rowKinds.filter((kind) => stated[kind] !== undefined);
}

/** Compares what was computed from the rows with a manifest. */
function compareContents(manifest: Manifest, digests: readonly DayDigests[], fleet: FleetFold): string[] {
  const covered = listCoveredKinds(manifest);
  const found = computeRoot(joinDigests(digests), covered);
  const faults = covered.flatMap((kind) => {
    const [is, should] = [found.kinds[kind], manifest.kinds[kind]];
    if (is.root === should.root) return [];
    return [
      `The ${is.rows} rows of ${kind} have the root ${is.root}, not ${should.root} of ${should.rows} rows`,
    ];
  });
  if (faults.length === 0 && found.root !== manifest.root) {
    faults.push(`The root of the rows is ${found.root}, not ${manifest.root}`);
  }
  // Undefined members are not written.
  const made: unknown = JSON.parse(JSON.stringify(fleet.result));
  if (!isDeepStrictEqual(made, manifest.fleet)) faults.push('The fleet-day is not the sum of the rows');
  return faults;
}

/** The rows of a file cannot be read, or are in the wrong order. */
class UnreadableRowsError extends Error {
  override readonly name = 'UnreadableRowsError';

  constructor(cause: unknown) {
    super(cause instanceof Error ? cause.message : String(cause), { cause });
  }
}

function hashRows(digests: RowDigests, sim: string, rows: SimRows): void {
  try {
    digests.add(sim, rows);
  } catch (error) {
    throw new UnreadableRowsError(error);
  }
}

/** A SIM's rows in the lake, and what they would be if the tables were read now. */
interface ComparedSim {
  readonly sim: string;
  readonly rows: SimRows;
  readonly read: SimRows | undefined;
  /** What is stored for its day but does not follow from the rows. */
  readonly faults: readonly string[];
}

/** Yields the SIMs of a bucket in the order of their keys. */
async function* walkSims(
  sealed: SealedRows,
  tables: TableComparison | undefined,
  bucket: number,
  buckets: number,
): AsyncGenerator<ComparedSim> {
  async function* walk(): AsyncGenerator<WalkedSim> {
    try {
      yield* sealed.walk(tables?.listSims(bucket, buckets) ?? []);
    } catch (error) {
      // The objects were fetched, so this error comes from their content.
      throw new UnreadableRowsError(error);
    }
  }
  yield* prefetch(walk(), concurrentSims, async ({ sim, rows }) => ({
    ...{ sim, rows },
    read: await tables?.read(sim, rows),
    faults: (await tables?.compareStored(sim, rows)) ?? [],
  }));
}

/** The objects of a bucket, each fetched completely when it is opened. */
class FetchedObjects implements Pick<Lake, 'open'> {
  readonly #lake: Pick<Lake, 'open'>;
  readonly #fetched: { readonly key: string; readonly bytes: number; readonly sha256: string }[] = [];

  constructor(lake: Pick<Lake, 'open'>) {
    this.#lake = lake;
  }

  async open(key: string): Promise<StoredObject | undefined> {
    const object = await this.#lake.open(key);
    if (object === undefined) return undefined;
    const bytes = new Uint8Array(await object.slice(0, object.byteLength));
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    this.#fetched.push({ key, bytes: bytes.byteLength, sha256 });
    return {
      tag: object.tag,
      byteLength: bytes.byteLength,
      slice: (start, end) => bytes.slice(start, end).buffer,
    };
  }

  get keys(): readonly string[] {
    return this.#fetched.map(({ key }) => key);
  }

  /** How the files differ from a manifest. */
  compare(files: readonly LakeFile[]): string[] {
    return this.#fetched.flatMap(({ key, bytes, sha256 }) => {
      const file = files.find((one) => one.key === key);
      if (file === undefined) return [`${key} is not in the manifest`];
      if (file.sha256 === sha256) return [];
      return [`${key} has ${bytes} bytes with the SHA-256 ${sha256}, not ${file.bytes} with ${file.sha256}`];
    });
  }
}
