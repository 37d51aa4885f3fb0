import { maxSentences } from './compare.ts';
import type { ExpectedLoss } from './truth.ts';

/** A finding as the ledger lists it. */
export interface FoundLoss {
  readonly sim: string;
  readonly check: string;
  readonly reason: string;
  readonly sessionId: string | undefined;
  /** Undefined if nothing proves how many. */
  readonly bytes: number | undefined;
  /** Ids of the records that prove it. */
  readonly records: readonly string[];
}

/** The result of comparing findings. */
export interface FindingComparison {
  /** How many findings the truth expects, by check and reason, for example `path not-by-file`. */
  readonly byReason: ReadonlyMap<string, number>;
  /** One sentence per difference, at most twenty. */
  readonly differences: readonly string[];
  readonly differing: number;
}

/** Compares findings with what carriers have lost or delivered twice: none may be missing or extra. */
export function compareFindings(
  expected: readonly ExpectedLoss[],
  found: readonly FoundLoss[],
): FindingComparison {
  const left = new Map<string, number>();
  const byReason = new Map<string, number>();
  for (const loss of expected) {
    addOne(left, describe(loss));
    addOne(byReason, `${loss.check} ${loss.reason}`);
  }
  const differences: string[] = [];
  for (const loss of found) {
    const line = describe(loss);
    const open = left.get(line) ?? 0;
    if (open === 0) differences.push(`${line}: nothing was lost`);
    else left.set(line, open - 1);
  }
  for (const [line, times] of left) differences.push(...Array<string>(times).fill(`${line}: not found`));
  return { byReason, differences: differences.slice(0, maxSentences), differing: differences.length };
}

function addOne(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}

function describe({ sim, check, reason, sessionId, bytes, records }: FoundLoss): string {
  // The records of a session's sum are its first and its last one, which the truth does not know.
  const shown = check === 'close' ? [] : records;
  const missing = bytes === undefined ? 'unknown bytes' : `${bytes} bytes`;
  return [sim, check, reason, sessionId ?? 'no session', missing, ...shown].join(' ');
}
