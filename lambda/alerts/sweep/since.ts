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
  /** Undefined if the rule was removed, or does not watch the SIM any more. */
  readonly rule: Rule | undefined;
  /** The rule's version. */
  readonly version: string | undefined;
  readonly episodes: readonly StoredEpisode[];
}

/** What decides how far back a SIM's records are read. */
export interface JudgedTimes {
  /** Up to when it was judged before, or its watermark, if that is earlier. */
  readonly from: number;
  /** The earliest time that a late record is about; undefined if there was none. */
  readonly lateFrom: number | undefined;
  /** How much later than their own time its records may arrive. */
  readonly lateness: number;
  /** Whether everything is read again, as once a day, to find what arrived too late. */
  readonly isDeep: boolean;
  /** The mark of when the device was heard. */
  readonly heardAt: number | undefined;
}

/** From when on a SIM's records are read: all that its rules may detect, and all that its episodes are based on. */
export function findSince(judged: readonly JudgedRule[], times: JudgedTimes): number {
  const { from, lateFrom, lateness, isDeep, heardAt } = times;
  const isLate = lateFrom !== undefined && lateFrom < from;
  const isRecent = !isDeep && lateFrom === undefined;
  const all = judged.flatMap(({ rule, version, episodes }) => {
    const lastDay = rule && Math.min(from, lateFrom ?? from) - findLookback(rule, lateness);
    const since = isRecent ? rule && from - findLookback(rule, lateness, 'recent') : lastDay;
    const begun = listCurrent(episodes).flatMap(({ episode }) => {
      if (episode.state === 'open') return [episode.from];
      // An episode that may be judged again is judged as a whole. Late records may change it from its beginning on.
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
 * Where a possible silence begins: with the record that began the open episode, or with the last record, which is at
 * the mark or after it. A mark may be half a day old, and an always-on device has many records since then.
 */
function listSilenceBegin({ rule, version, episodes }: JudgedRule, heardAt: number | undefined): number[] {
  if (rule?.kind !== 'silent') return [];
  const open = listCurrent(episodes).find(({ episode }) => episode.state === 'open')?.episode;
  const begin = open !== undefined && open.ruleVersion === version ? open.from : heardAt;
  return begin === undefined ? [] : [begin - rounding];
}

/**
 * From when on all records are kept that decide whether a condition held, since when, and what it continued.
 *
 * @param keptSince from when on no record has expired.
 */
export function findSettledSince(rule: Rule, keptSince: number): number {
  const window = 'after' in rule ? 0 : 2 * findWindow(rule);
  return keptSince + window + rule.pending + rule.recovery;
}

/**
 * The spans of a SIM according to what is known, without those that ended when records that decide about them may be
 * missing.
 */
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
