import { findBlocks, findCountryChanges, findDeviceChanges } from './changes.ts';
import { findFindingDays, findFindingsTime } from './finding-days.ts';
import type { Known } from './known.ts';
import { findPeriodUsage } from './periods.ts';
import { isAboutPeriods, type Rule } from './rules.ts';
import { findSilences, findStaleSessions } from './silences.ts';
import { type JoinedSpan, joinSpans, type Span } from './span.ts';
import { findCounted, findUsage } from './windows.ts';

/**
 * The spans of a rule and a SIM: when its condition held, in order, without overlaps.
 *
 * A function of the set of records, the rule and the watermark, up to which all records have arrived. A condition is
 * met only by what precedes the watermark. With the same records and a later watermark, spans are added at the end, and
 * the last one may get its end; nothing else changes.
 */
export function findSpans(rule: Rule, known: Known, watermark: number): Span[] {
  switch (rule.kind) {
    case 'silent':
      return findSilences(rule, known, watermark);
    case 'stale-session':
      return findStaleSessions(rule, known, watermark);
    case 'attach-loop':
    case 'session-failures':
    case 'zero-byte-sessions':
      return findCounted(rule, known, watermark);
    case 'usage':
      return isAboutPeriods(rule)
        ? findPeriodUsage(rule, known, watermark)
        : findUsage(rule, known, watermark);
    case 'device-changed':
      return findDeviceChanges(rule, known, watermark);
    case 'country':
      return findCountryChanges(rule, known, watermark);
    case 'blocked':
      return findBlocks(known, watermark);
    case 'finding':
      return findFindingDays(rule, known, watermark);
  }
}

/** The spans of a rule and a SIM that make one episode each: see {@link joinSpans}. */
export function findJoinedSpans(rule: Rule, known: Known, watermark: number): JoinedSpan[] {
  const at = rule.kind === 'finding' ? findFindingsTime(known, watermark) : watermark;
  return joinSpans(findSpans(rule, known, watermark), rule, at);
}
