import { digest, printCanonical } from './digest.ts';

/**
 * Alert rules: what is watched, of which SIMs, and how long it must hold. docs/alerts.md describes each kind.
 *
 * All durations are milliseconds of event time, the carrier's time.
 */

/** How urgent an alert is. */
export const severities = ['info', 'warning', 'critical'] as const;

export type Severity = (typeof severities)[number];

/** What a silent SIM lacks: every sign of life, its sessions although it signals, or bytes although it has sessions. */
export const missingSigns = ['everything', 'session', 'bytes'] as const;

export type MissingSign = (typeof missingSigns)[number];

/** What of a device has changed: its IMEI, its model (the IMEI's type allocation code), or its software version alone. */
export const deviceChanges = ['device', 'model', 'software'] as const;

export type DeviceChange = (typeof deviceChanges)[number];

/** The SIMs that a rule watches. A SIM must match each list that has an entry; an empty list matches all. */
export interface Match {
  /** Names of sources. */
  readonly sources: readonly string[];
  /** The carrier's ids of fleets. */
  readonly fleets: readonly string[];
  /** Patterns of SIM names: `*` stands for any characters, `?` for one. Upper and lower case differ. */
  readonly names: readonly string[];
  /** ISO 3166-1 alpha-2 codes of the country in which the SIM was last. */
  readonly countries: readonly string[];
}

/** What all rules state. */
interface AnyRule {
  /** The rule's id. */
  readonly name: string;
  readonly severity: Severity;
  readonly match: Match;
  /** How long the condition must hold before an episode opens. */
  readonly pending: number;
  /** How long the condition must be over before an episode closes; what is met again within it continues the episode. */
  readonly recovery: number;
}

/** Nothing was heard of the SIM for this long, or no session or no bytes although there were other signs. */
export interface SilentRule extends AnyRule {
  readonly kind: 'silent';
  readonly after: number;
  readonly missing: MissingSign;
}

/** At least this many events within a sliding window. */
export interface CountRule extends AnyRule {
  readonly kind: 'attach-loop' | 'session-failures' | 'zero-byte-sessions';
  readonly count: number;
  readonly within: number;
}

/** The SIM is in another device. */
export interface DeviceChangedRule extends AnyRule {
  readonly kind: 'device-changed';
  readonly change: DeviceChange;
}

/** The SIM entered a country that is not allowed; without a list of allowed ones, any other country than before. */
export interface CountryRule extends AnyRule {
  readonly kind: 'country';
  readonly allowed: readonly string[] | undefined;
}

/** What rules about usage state. */
interface AnyUsageRule extends AnyRule {
  readonly kind: 'usage';
  readonly compare: 'more' | 'less';
  readonly bytes: number;
}

/** More, or less, than this many bytes within a sliding window. */
export interface SlidingUsageRule extends AnyUsageRule {
  readonly within: number;
}

/** More, or less, than this many bytes in a period of the calendar, in UTC. */
export interface PeriodUsageRule extends AnyUsageRule {
  readonly per: 'day' | 'month';
  /** The day of the month with which a month begins, 1 to 28; 1 of days. */
  readonly firstDay: number;
}

/** The carrier blocks the SIM, or its data limit is reached. */
export interface BlockedRule extends AnyRule {
  readonly kind: 'blocked';
}

/** A session is open, and no record of it arrived for this long. */
export interface StaleSessionRule extends AnyRule {
  readonly kind: 'stale-session';
  readonly after: number;
}

/** Closed days of the SIM have at least this many findings of one check, or findings of this many bytes. */
export interface FindingRule extends AnyRule {
  readonly kind: 'finding';
  /** The checks that count; all where it is empty. */
  readonly checks: readonly string[];
  /** Findings of one check on one day; not looked at where bytes are requested. */
  readonly count: number;
  /** Bytes that findings of one check on one day state, missing or too many. */
  readonly bytes: number | undefined;
}

export type Rule =
  | SilentRule
  | CountRule
  | DeviceChangedRule
  | CountryRule
  | SlidingUsageRule
  | PeriodUsageRule
  | BlockedRule
  | StaleSessionRule
  | FindingRule;

/** The kinds of rules. */
export const ruleKinds = [
  'silent',
  'attach-loop',
  'session-failures',
  'zero-byte-sessions',
  'device-changed',
  'country',
  'usage',
  'blocked',
  'stale-session',
  'finding',
] as const satisfies readonly Rule['kind'][];

/** The parts of a SIM that decide whether a rule watches it. */
export interface MatchedSim {
  readonly source: string;
  readonly fleet: string | undefined;
  readonly name: string | undefined;
  readonly country: string | undefined;
}

/** Whether a rule watches SIMs of a source. */
export function watchesSource({ sources }: Pick<Match, 'sources'>, source: string): boolean {
  return sources.length === 0 || sources.includes(source);
}

/** Whether a rule watches a SIM. */
export function matchesSim({ sources, fleets, names, countries }: Match, sim: MatchedSim): boolean {
  return (
    watchesSource({ sources }, sim.source) &&
    (fleets.length === 0 || (sim.fleet !== undefined && fleets.includes(sim.fleet))) &&
    (countries.length === 0 || (sim.country !== undefined && countries.includes(sim.country))) &&
    (names.length === 0 ||
      names.some((pattern) => sim.name !== undefined && matchesPattern(pattern, sim.name)))
  );
}

/**
 * Whether a name fits a pattern. On a mismatch only the last `*` takes one more character, so the work is at most the
 * product of both lengths, whatever the pattern.
 */
export function matchesPattern(pattern: string, name: string): boolean {
  let at = 0;
  let next = 0;
  let star = -1;
  let starAt = 0;
  while (next < name.length) {
    if (pattern[at] === '*') {
      star = at;
      starAt = next;
      at += 1;
    } else if (pattern[at] === '?' || pattern[at] === name[next]) {
      at += 1;
      next += 1;
    } else if (star !== -1) {
      at = star + 1;
      starAt += 1;
      next = starAt;
    } else {
      return false;
    }
  }
  while (pattern[at] === '*') at += 1;
  return at === pattern.length;
}

/**
 * The version of a rule: it changes with all that decides whether an episode is there. Severity changes only how an
 * episode is told, and a rule under another name is another rule.
 */
export function versionRule({ name: _, severity: __, ...judging }: Rule): string {
  return digest(printCanonical(judging)).slice(0, 16);
}

/**
 * The shortest time without records that a rule takes for a condition, in milliseconds: records of a source must not
 * come later than that. 0 where what has arrived decides.
 */
export function findShortestSilence(rule: Rule): number {
  if (rule.kind === 'silent' || rule.kind === 'stale-session') return rule.after;
  return rule.kind === 'usage' && rule.compare === 'less' ? findWindow(rule) : 0;
}

const day = 24 * 3_600_000;

/** How long after a day is over it is sealed, at most, so that its findings are looked at in time. */
const sealingTime = 7 * day;

/** The longest time that decides together whether a condition holds, in milliseconds; 0 of what happens at a moment. */
export function findWindow(rule: Rule): number {
  if ('after' in rule) return rule.after;
  if ('within' in rule) return rule.within;
  if (rule.kind === 'finding') return sealingTime;
  return 'per' in rule ? (rule.per === 'day' ? day : 31 * day) : 0;
}

/**
 * The time whose records decide about an alert, with what lies so near before or after that it would be of the same one.
 *
 * @param span when the condition held; milliseconds since the epoch.
 */
export function findDecidingTime(
  rule: Pick<Rule, 'recovery'> & { readonly within?: number },
  { from, to }: { readonly from: number; readonly to: number },
): { readonly from: number; readonly to: number } {
  const before = (rule.within ?? 0) + rule.recovery;
  return { from: from - before, to: to + rule.recovery };
}

/** Whether a rule is about the usage of days, or of months. */
export function isAboutPeriods(rule: Rule): rule is PeriodUsageRule {
  return 'per' in rule;
}

/** Whether a rule is about findings. */
export function isAboutFindings(rule: Rule): rule is FindingRule {
  return rule.kind === 'finding';
}

/**
 * The granule of a source's marks, in milliseconds: half of the shortest silence that a rule of the source asks for,
 * within limits; the longest where none does.
 */
export function findGranule(
  rules: readonly Rule[],
  source: string,
  { min, max }: { readonly min: number; readonly max: number },
): number {
  const silences = rules
    .filter(({ match }) => watchesSource(match, source))
    .flatMap((rule) => ('after' in rule ? [rule.after / 2] : []));
  return Math.max(min, Math.min(max, ...silences));
}
