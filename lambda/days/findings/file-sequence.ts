import { makeFilesKey } from '../../ledger/accounts.ts';
import { epochMilliseconds, formatTime } from '../../ledger/time.ts';
import { type Day, dayMilliseconds, findDay } from '../day.ts';
import type { NamedFile } from '../named-files.ts';
import { compareTexts } from '../rows.ts';
import type { Finding } from './finding.ts';
import { makeFinding, sortFindings } from './make-finding.ts';

/** Files of two days from which on their interval is known. */
const minFiles = 12;

/** The share of the files of two days that may be missing: where more are, they do not come regularly. */
const maxMissingShare = 0.1;

/** Intervals without a file from which on it is a pause: of the carrier, or of a fleet that has nothing to say. */
const pauseIntervals = 5;

/** Rows in a file from which on the next one has some too. */
const minRows = 10;

/** Names that differ by less are of one time: several files of a carrier. In milliseconds. */
const sameTime = 60_000;

/** By which share of the interval a file may be late or early. */
const delayShare = 0.1;

/**
 * Files of usage that are missing from a sequence. No carrier states how often it puts a file, so only files that come at one
 * interval show that one is missing: by their names.
 *
 * - The files of the day and of the day before are apart by one interval, but for at most a tenth of them. What comes before
 *   and behind a pause is looked at by itself.
 * - A carrier that has nothing to say may put no file. So the files on both sides have 10 rows, or others came without a row.
 * - What is missing at the same time of both days is not lost.
 *
 * @param files of one source, by their names of the day and the day before.
 */
export function checkFileSequence(day: Day, files: readonly NamedFile[]): Finding[] {
  const sequence = joinSameTime(files.toSorted((a, b) => compareTexts(a.time, b.time)));
  const interval = findMedian(listGaps(sequence));
  const holes = divideAtPauses(sequence, interval).flatMap((run) => findHoles(run, interval));
  const missing = holes.flatMap((hole) => listMissing(hole, interval));
  const comesEmpty = files.some(({ rows }) => rows === 0);
  return sortFindings(
    holes
      .filter(({ after }) => findDay(after.time) === day)
      .filter(({ before, after }) => comesEmpty || (isFull(before) && isFull(after)))
      .filter((hole) => !listMissing(hole, interval).some((time) => isMissingDaily(time, missing, interval)))
      .map((hole) => describeHole(hole, interval)),
  );
}

interface Hole {
  readonly before: NamedFile;
  readonly after: NamedFile;
}

/** The files, of those of one time the one with the most rows. */
function joinSameTime(inOrder: readonly NamedFile[]): NamedFile[] {
  const joined: NamedFile[] = [];
  for (const file of inOrder) {
    const last = joined.at(-1);
    if (last === undefined || at(file) - at(last) >= sameTime) joined.push(file);
    else if ((file.rows ?? 0) > (last.rows ?? 0)) joined[joined.length - 1] = { ...file, time: last.time };
  }
  return joined;
}

function listGaps(sequence: readonly NamedFile[]): number[] {
  return sequence.slice(1).map((file, index) => at(file) - at(sequence[index] ?? file));
}

function findMedian(numbers: readonly number[]): number {
  return numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? 0;
}

/** A sequence without its pauses. */
function divideAtPauses(sequence: readonly NamedFile[], interval: number): NamedFile[][] {
  const runs: NamedFile[][] = [];
  for (const [index, file] of sequence.entries()) {
    const run = runs.at(-1);
    const isBehindPause = at(file) - at(sequence[index - 1] ?? file) > pauseIntervals * interval;
    if (run === undefined || isBehindPause) runs.push([file]);
    else run.push(file);
  }
  return runs;
}

/** Where files are more than an interval apart; none if they do not come regularly. */
function findHoles(run: readonly NamedFile[], interval: number): Hole[] {
  if (run.length < minFiles) return [];
  const holes: Hole[] = [];
  let missing = 0;
  for (const [index, after] of run.entries()) {
    const before = run[index - 1];
    if (before === undefined) continue;
    const gap = at(after) - at(before);
    const intervals = Math.round(gap / interval);
    if (intervals === 0 || Math.abs(gap - intervals * interval) > findTolerance(interval)) return [];
    missing += intervals - 1;
    if (intervals > 1) holes.push({ before, after });
  }
  return missing > maxMissingShare * (run.length + missing) ? [] : holes;
}

/** When the files of a hole would have been made. */
function listMissing({ before, after }: Hole, interval: number): number[] {
  const files = Math.round((at(after) - at(before)) / interval) - 1;
  return Array.from({ length: files }, (_, index) => at(before) + (index + 1) * interval);
}

function isFull({ rows = 0 }: NamedFile): boolean {
  return rows >= minRows;
}

function isMissingDaily(time: number, missing: readonly number[], interval: number): boolean {
  return missing.some(
    (other) => Math.abs(Math.abs(time - other) - dayMilliseconds) <= findTolerance(interval),
  );
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
    end: formatTime(at(after) - interval),
    subject: [before.name],
    bytes: undefined,
    records: [before.name, after.name],
  });
}

function at({ time }: NamedFile): number {
  return epochMilliseconds(time);
}
