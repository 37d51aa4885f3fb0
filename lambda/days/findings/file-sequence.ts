import { makeFilesKey } from '../../ledger/accounts.ts';
import { formatTime, toMilliseconds } from '../../ledger/time.ts';
import { type Day, dayMilliseconds, findDay, listDays, shiftDay } from '../day.ts';
import { comparedDays, type NamedFile, readFileKind } from '../named-files.ts';
import { compareTexts } from '../rows.ts';
import type { Finding } from './finding.ts';
import { makeFinding, sortFindings } from './make-finding.ts';

/** Which files are compared. */
interface Comparison {
  /** How many days, including the one that is judged. */
  readonly days: number;
  /**
   * A file that is missing at the same time so many days apart is not lost, because a carrier has hours or days without
   * files.
   */
  readonly repeatDays: number;
}

/** Two days are enough for files that arrive several times a day. */
const dense: Comparison = { days: 2, repeatDays: 1 };

/** Less frequent files need two weeks, because a fleet may be inactive on Sundays. */
const sparse: Comparison = { days: comparedDays, repeatDays: 7 };

/** The fewest files from which their interval can be determined. */
const minFiles = 12;

/** The shortest interval of sparse files, of which two days have too few. In milliseconds. */
const sparseInterval = (dense.days * dayMilliseconds) / minFiles;

/** The share of the compared files that may be missing. If more are missing, files do not come regularly. */
const maxMissingShare = 0.1;

/** A gap of more than this many intervals is a pause of the carrier, or of a fleet without traffic. */
const pauseIntervals = 5;

/** The fewest rows of a file after which the next one must have some, too. */
const minRows = 10;

/** Files whose names are closer than this have the same time: a carrier may put several. In milliseconds. */
const sameTime = 60_000;

/** By what share of the interval a file may be late or early. */
const delayShare = 0.1;

/**
 * Finds files that are missing from a sequence. Carriers do not state how often they put files, so only files that come
 * regularly show, by their names, that one is missing.
 *
 * - At most a tenth of the files of the day and the day before may be more or less than one interval apart. If there
 *   are fewer than 12, those of two weeks are compared, if they are at least 4 hours apart. What precedes a pause and
 *   what follows it are compared separately.
 * - A carrier that has nothing to report may not put a file. So the files on both sides must have 10 rows, or other
 *   files must exist without rows.
 * - A file that is missing at the same time of both days is not lost; nor is a sparse file that is missing at the same
 *   time of both weeks.
 *
 * @param files of one source, by their names of {@link listNearDays}, and also of {@link listEarlierDays} if they
 *   {@link needEarlierFiles}. Usage files and event files are separate sequences.
 */
export function checkFileSequence(day: Day, files: readonly NamedFile[]): Finding[] {
  return sortFindings(divideByKind(files).flatMap((ofKind) => checkKind(day, ofKind)));
}

/** The days whose files are compared first. */
export function listNearDays(day: Day): Day[] {
  return listDays(shiftDay(day, 1 - dense.days), day);
}

/** The days before these, whose files are also compared if there are few. */
export function listEarlierDays(day: Day): Day[] {
  return listDays(shiftDay(day, 1 - sparse.days), shiftDay(day, -dense.days));
}

/** Whether there are too few files of {@link listNearDays} to compare only these. */
export function needEarlierFiles(near: readonly NamedFile[]): boolean {
  return divideByKind(near).some(({ length }) => length < minFiles);
}

function divideByKind(files: readonly NamedFile[]): NamedFile[][] {
  const byKind = new Map<string, NamedFile[]>();
  for (const file of files) {
    const kind = readFileKind(file);
    const ofKind = byKind.get(kind) ?? [];
    byKind.set(kind, ofKind);
    ofKind.push(file);
  }
  return [...byKind.values()];
}

function checkKind(day: Day, files: readonly NamedFile[]): Finding[] {
  const near = new Set(listNearDays(day));
  const ofNear = files.filter(({ time }) => near.has(findDay(time)));
  const isDense = ofNear.length >= minFiles;
  const compared = isDense ? ofNear : files;
  const sequence = joinSameTime(compared.toSorted((a, b) => compareTexts(a.time, b.time)));
  const interval = findMedian(listGaps(sequence));
  if (!isDense && interval < sparseInterval) return [];
  const holes = divideAtPauses(sequence, interval).flatMap((run) => findHoles(run, interval));
  const missing = holes.flatMap((hole) => listMissing(hole, interval));
  const comesEmpty = compared.some(({ rows }) => rows === 0);
  const repeat = (isDense ? dense : sparse).repeatDays * dayMilliseconds;
  const [first] = sequence;
  const isJudged = (time: number): boolean =>
    (isDense || (first !== undefined && readTime(first) <= time - repeat)) &&
    !isMissingAgain(time, { missing, interval, repeat });
  return holes
    .filter(({ after }) => findDay(after.time) === day)
    .filter(({ before, after }) => comesEmpty || (isFull(before) && isFull(after)))
    .filter((hole) => listMissing(hole, interval).every(isJudged))
    .map((hole) => describeHole(hole, interval));
}

interface Hole {
  readonly before: NamedFile;
  readonly after: NamedFile;
}

/** The files; of several with the same time, the one with the most rows. */
function joinSameTime(inOrder: readonly NamedFile[]): NamedFile[] {
  const joined: NamedFile[] = [];
  for (const file of inOrder) {
    const last = joined.at(-1);
    if (last === undefined || readTime(file) - readTime(last) >= sameTime) joined.push(file);
    else if ((file.rows ?? 0) > (last.rows ?? 0)) joined[joined.length - 1] = { ...file, time: last.time };
  }
  return joined;
}

function listGaps(sequence: readonly NamedFile[]): number[] {
  return sequence.slice(1).map((file, index) => readTime(file) - readTime(sequence[index] ?? file));
}

function findMedian(numbers: readonly number[]): number {
  return numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? 0;
}

/** Divides a sequence at its pauses. */
function divideAtPauses(sequence: readonly NamedFile[], interval: number): NamedFile[][] {
  const runs: NamedFile[][] = [];
  for (const [index, file] of sequence.entries()) {
    const run = runs.at(-1);
    const isBehindPause = readTime(file) - readTime(sequence[index - 1] ?? file) > pauseIntervals * interval;
    if (run === undefined || isBehindPause) runs.push([file]);
    else run.push(file);
  }
  return runs;
}

/** Where files are more than an interval apart; empty if they do not come regularly. */
function findHoles(run: readonly NamedFile[], interval: number): Hole[] {
  if (run.length < minFiles) return [];
  const holes: Hole[] = [];
  let missing = 0;
  for (const [index, after] of run.entries()) {
    const before = run[index - 1];
    if (before === undefined) continue;
    const gap = readTime(after) - readTime(before);
    const intervals = Math.round(gap / interval);
    if (intervals === 0 || Math.abs(gap - intervals * interval) > findTolerance(interval)) return [];
    missing += intervals - 1;
    if (intervals > 1) holes.push({ before, after });
  }
  return missing > maxMissingShare * (run.length + missing) ? [] : holes;
}

/** When the missing files of a hole would have been made. */
function listMissing({ before, after }: Hole, interval: number): number[] {
  const files = Math.round((readTime(after) - readTime(before)) / interval) - 1;
  return Array.from({ length: files }, (_, index) => readTime(before) + (index + 1) * interval);
}

function isFull({ rows = 0 }: NamedFile): boolean {
  return rows >= minRows;
}

/** Whether another file is missing at the same time of another day or week. */
function isMissingAgain(
  time: number,
  {
    missing,
    interval,
    repeat,
  }: { readonly missing: readonly number[]; readonly interval: number; readonly repeat: number },
): boolean {
  return missing.some((other) => Math.abs(Math.abs(time - other) - repeat) <= findTolerance(interval));
}

function findTolerance(interval: number): number {
  return Math.max(sameTime, delayShare * interval);
}

function describeHole(hole: Hole, interval: number): Finding {
  const { before, after } = hole;
  const { source, carrier } = after;
  return makeFinding({
    sim: makeFilesKey(source),
    check: 'path',
    reason: 'file-missing',
    ...{ source, carrier },
    sessionId: undefined,
    start: before.time,
    end: formatTime(readTime(after) - interval),
    subject: [before.name],
    bytes: undefined,
    records: [before.name, after.name],
  });
}

function readTime({ time }: NamedFile): number {
  return toMilliseconds(time);
}
