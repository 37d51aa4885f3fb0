import type { Known, KnownFinding, RecordReference } from './known.ts';
import type { FindingRule } from './rules.ts';
import { type Span, uniteSpans } from './span.ts';

/**
 * Rules about findings: what the day pass found to be missing or duplicated on a closed day of a SIM.
 *
 * An alert begins with the day, is met when the day has ended, and lasts until the end of the next sealed day without
 * findings. If missing records arrive after all, there is no finding and so no alert.
 */

const dayMilliseconds = 86_400_000;

/** When closed days of a SIM have findings that match the rule. */
export function findFindingDays(rule: FindingRule, { findings }: Known, watermark: number): Span[] {
  if (findings === undefined) return [];
  const { closedUntil, unsealed, days } = findings;
  const until = Math.min(watermark, closedUntil);
  const counted = new Map(days.map(({ from, findings: found }) => [from, pickCounted(rule, found)]));
  const open = new Set(unsealed);
  // An unsealed day may still get findings.
  const isClean = (day: number): boolean => !open.has(day) && (counted.get(day)?.length ?? 0) === 0;
  const spans = [...counted].flatMap(([from, found]): Span[] => {
    const [first] = found;
    const last = found.at(-1);
    const metAt = from + dayMilliseconds;
    if (first === undefined || last === undefined || metAt > until) return [];
    let clean = metAt;
    while (clean < until && !isClean(clean)) clean += dayMilliseconds;
    const to = clean + dayMilliseconds <= until ? clean + dayMilliseconds : undefined;
    const evidence = {
      begin: referToFinding(first, from),
      before: undefined,
      last: referToFinding(last, from),
      end: undefined,
      count: found.length,
    };
    return [{ from, metAt, to, evidence }];
  });
  return uniteSpans(spans);
}

/** Up to when findings can tell whether a condition has held for long enough: no later than the last closed day. */
export function findFindingsTime({ findings }: Known, watermark: number): number {
  return Math.min(watermark, findings?.closedUntil ?? watermark);
}

/**
 * The findings of a day that a rule counts: those of each check that found enough. One lost record may cause findings
 * of several checks, so these are never added.
 */
function pickCounted({ checks, count, bytes }: FindingRule, found: readonly KnownFinding[]): KnownFinding[] {
  const watched = found.filter(({ check }) => checks.length === 0 || checks.includes(check));
  const isEnough = [...new Set(watched.map(({ check }) => check))].some((check) => {
    const own = watched.filter((one) => one.check === check);
    return bytes === undefined ? own.length >= count : sumBytes(own) >= BigInt(bytes);
  });
  return isEnough ? watched : [];
}

/** Missing and duplicated bytes do not compensate each other. */
function sumBytes(found: readonly KnownFinding[]): bigint {
  return found.reduce((sum, { bytes = 0 }) => sum + BigInt(Math.abs(bytes)), 0n);
}

function referToFinding({ findingId }: KnownFinding, day: number): RecordReference {
  return { table: 'Findings', key: findingId, at: day };
}
