import type { StoredEpisode } from '../episode.ts';
import type { Rule } from '../rules.ts';
import { readHeardMark, type WatchedSim } from './watched-sim.ts';

/**
 * Silent SIMs without new records: most of those that a sweep would judge. Nothing needs to be read or sent for them.
 */

/** What says whether something may have arrived that nobody noted. Milliseconds. */
export interface ArrivalTimes {
  /** What comes later than this is noted as late: see LateRecordNotes. */
  readonly lateness: number;
  /** A mark is older than its record by less than this. */
  readonly granule: number;
}

/** A rule as it is now. */
export interface RuleNow {
  readonly rule: Rule;
  readonly version: string;
}

/**
 * Whether an open episode of a rule still stands as it was judged last.
 *
 * It was judged when the watermark had come to `after` behind its first record. What came since, and is not noted as late,
 * is younger than that, less the lateness. So the mark that it states, if it is a sign of life, is younger than the first
 * record.
 */
export function staysSilent(
  stored: StoredEpisode,
  ruleNow: RuleNow,
  sim: WatchedSim,
  { lateness, granule }: ArrivalTimes,
): boolean {
  const { rule } = ruleNow;
  if (rule.kind !== 'silent' || rule.missing !== 'everything') return false;
  if (rule.after <= lateness + granule) return false;
  const heardAt = readHeardMark(sim);
  return isSettled(stored, ruleNow, sim) && heardAt !== undefined && heardAt <= stored.episode.from;
}

/** Whether an episode is open and told, of the rule as it is now, and nothing waits for the next sweep. */
export function isSettled(
  { slot, hasLeft, episode }: StoredEpisode,
  { rule, version }: RuleNow,
  sim: WatchedSim,
): boolean {
  const { state, ruleVersion, severity, source, told, group, isHeld, messages } = episode;
  const isTold = messages.length === 0 && !isHeld && (told !== undefined || group !== undefined);
  const isSame = ruleVersion === version && severity === rule.severity && source === sim.source;
  return slot === 'live' && hasLeft !== true && state === 'open' && isTold && isSame;
}
