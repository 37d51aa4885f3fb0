import type { StoredEpisode } from '../episode.ts';
import type { Rule } from '../rules.ts';
import { readHeardMark, type WatchedSim } from './watched-sim.ts';

/**
 * Silent SIMs without new records, which most SIMs are that a sweep would judge. Nothing needs to be read or sent for
 * them.
 */

/** What shows whether something may have arrived unnoticed. Milliseconds. */
export interface ArrivalTimes {
  /** Records that arrive later than this are noted as late: see LateRecordNotes. */
  readonly lateness: number;
  /** A mark is older than its record by less than this. */
  readonly granule: number;
}

/** The current rule. */
export interface RuleNow {
  readonly rule: Rule;
  readonly version: string;
}

/**
 * Whether an open episode of a rule is still as it was last judged.
 *
 * It was judged when the watermark had advanced to `after` its first record. What arrived since, and is not noted as
 * late, is younger than that minus the lateness. So a mark that it states, if it is a sign of life, is younger than the
 * first record.
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

/** Whether an episode of the current rule is open and was sent, and nothing waits for the next sweep. */
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
