import type { StoredEpisode } from '../episode.ts';
import { listCurrent } from '../episodes.ts';
import type { Known } from '../known.ts';
import { findWindow, type Rule } from '../rules.ts';
import type { JoinedSpan } from '../span.ts';
import { findJoinedSpans } from '../spans.ts';
import { findLookback, rounding } from './watched-sim.ts';

/** From when on a SIM is judged. All times are milliseconds since the epoch. */

/** A rule, and the stored episodes that it is judged with. */
export interface JudgedRule {
  /** Undefined where the rule was removed, or does not watch the SIM any more. */
  readonly rule: Rule | undefined;
  /** The rule's version. */
  readonly version: string | undefined;
  readonly episodes: readonly StoredEpisode[];
}

/** What decides how far back a SIM is looked at. */
export interface JudgedTimes {
  /** Up to when it was judged before, or its watermark, if that is earlier. */
  readonly from: number;
  /** The earliest moment that a late record tells of; undefined where none came. */
  readonly lateFrom: number | undefined;
  /** How much later than their time its records may come. */
  readonly lateness: number;
  /** Whether all is looked at again, once a day, for what came later than it may. */
  readonly isDeep: boolean;
  /** The mark of when the device was heard. */
  readonly heardAt: number | undefined;
}

/** From when on a SIM's records are read: all that its rules may find, and all that its episodes rest on. */
export function findSince(judged: readonly JudgedRule[], times: JudgedTimes): number {
  const { from, lateFrom, lateness, isDeep, heardAt } = times;
  const isLate = lateFrom !== undefined && lateFrom < from;
  const isRecent = !isDeep && lateFrom === undefined;
  const all = judged.flatMap(({ rule, version, episodes }) => {
    const lastDay = rule && Math.min(from, lateFrom ?? from) - findLookback(rule, lateness);
    const since = isRecent ? rule && from - findLookback(rule, lateness, 'recent') : lastDay;
    const begun = listCurrent(episodes).flatMap(({ episode }) => {
      if (episode.state === 'open') return [episode.from];
      // One that may be judged again is judged whole. What late records change, they change from its beginning on.
      const mayChange = since !== undefined && (episode.to ?? since) >= since;
      const earliest = isLate ? episode.from : Math.max(episode.from, lastDay ?? episode.from);
      return mayChange ? [earliest] : [];
    });
    return [
      ...begun,
      ...listSilenceBegin({ rule, version, episodes }, heardAt),
      ...(since === undefined ? [] : [since]),
    ];
  });
  return Math.min(from, ...all);
}

/**
 * Where the silence begins that may last: with the record with which the open episode began, else with the last record,
 * which lies at the mark or after it. A mark may be half a day older, and a device that is always on has many records in it.
 */
function listSilenceBegin({ rule, version, episodes }: JudgedRule, heardAt: number | undefined): number[] {
  if (rule?.kind !== 'silent') return [];
  const open = listCurrent(episodes).find(({ episode }) => episode.state === 'open')?.episode;
  const begin = open !== undefined && open.ruleVersion === version ? open.from : heardAt;
  return begin === undefined ? [] : [begin - rounding];
}

/**
 * From when on no record has expired of those that decide whether a condition held, since when, and what it continued.
 *
 * @param keptSince from when on no record has expired.
 */
export function findSettledSince(rule: Rule, keptSince: number): number {
  const window = 'after' in rule ? 0 : 2 * findWindow(rule);
  return keptSince + window + rule.pending + rule.recovery;
}

/** What holds of a SIM by what is known, but for what was over when records may be missing that decide about it. */
export function listSettledSpans(
  rule: Rule,
  known: Known,
  watermark: number,
  keptSince: number,
): JoinedSpan[] {
  const since = findSettledSince(rule, keptSince);
  return findJoinedSpans(rule, known, watermark).filter(
    ({ metAt, to }) => to === undefined || metAt >= since,
  );
}
