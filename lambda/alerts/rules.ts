import { digest, printCanonical } from './digest.ts';

/**
 * Alert rules: what is watched, for which SIMs, and how long it must hold. docs/alerts.md describes each kind.
 *
 * All durations are milliseconds of event time, which is the carrier's time.
 */

/** How urgent an alert is. */
export const severities = ['info', 'warning', 'critical'] as const;

export type Severity = (typeof severities)[number];

/** What a silent SIM lacks: every sign of life, sessions although it signals, or bytes although it has sessions. */
export const missingSigns = ['everything', 'session', 'bytes'] as const;

export type MissingSign = (typeof missingSigns)[number];

/**
 * What has changed about a device: its IMEI, its model (the IMEI's type allocation code), or only its software version.
 */
export const deviceChanges = ['device', 'model', 'software'] as const;

export type DeviceChange = (typeof deviceChanges)[number];

/** The SIMs that a rule watches. A SIM must match each list that is not empty. */
export interface Match {
  /** Names of sources. */
  readonly sources: readonly string[];
  /** The carrier's ids of fleets. */
  readonly fleets: readonly string[];
  /** Patterns of SIM names: `*` matches any characters, `?` matches one. Case matters. */
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
  /**
   * How long the condition must not hold before an episode closes; if it is met again within this time, the episode
   * continues.
   */
  readonly recovery: number;
}

/** The SIM was not heard for this long, or had no session or no bytes although there were other signs. */
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

/**
 * The SIM entered a country that is not allowed; without a list of allowed countries, any country other than the
 * previous one.
 */
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

/** More, or less, than this many bytes in a calendar period, in UTC. */
export interface PeriodUsageRule extends AnyUsageRule {
  readonly per: 'day' | 'month';
  /** The day on which a month begins, 1 to 28; 1 for days. */
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
  /** The checks that count; all if it is empty. */
  readonly checks: readonly string[];
  /** Findings of one check on one day; ignored if `bytes` is set. */
  readonly count: number;
  /** Bytes of the findings of one check on one day, missing or duplicated. */
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
 * Whether a name matches a pattern. After a mismatch only the last `*` takes one more character, so the work is at most
 * the product of both lengths, whatever the pattern.
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
 * The version of a rule: it changes with everything that decides whether an episode exists. Severity only changes how
 * an episode is sent, and a rule with another name is another rule.
 */
export function versionRule({ name: _, severity: __, ...judging }: Rule): string {
  return digest(printCanonical(judging)).slice(0, 16);
}

/**
 * The shortest time without records that a rule treats as a condition, in milliseconds: records of a source must not be
 * later than that. 0 if the condition depends on records that have arrived.
 */
export function findShortestSilence(rule: Rule): number {
  if (rule.kind === 'silent' || rule.kind === 'stale-session') return rule.after;
  return rule.kind === 'usage' && rule.compare === 'less' ? findWindow(rule) : 0;
}

const day = 24 * 3_600_000;

/** The longest time from the end of a day until it is sealed, within which its findings are looked at. */
const sealingTime = 7 * day;

/**
 * The longest time range that decides whether a condition holds, in milliseconds; 0 for conditions at a single time.
 */
export function findWindow(rule: Rule): number {
  if ('after' in rule) return rule.after;
  if ('within' in rule) return rule.within;
  if (rule.kind === 'finding') return sealingTime;
  return 'per' in rule ? (rule.per === 'day' ? day : 31 * day) : 0;
}

/**
 * The time whose records decide about an alert, including what is so close before or after that it would belong to the
 * same alert.
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

/** Whether a rule is about the usage of days or months. */
export function isAboutPeriods(rule: Rule): rule is PeriodUsageRule {
  return 'per' in rule;
}

/** Whether a rule is about findings. */
export function isAboutFindings(rule: Rule): rule is FindingRule {
  return rule.kind === 'finding';
}

/**
 * The granule of a source's marks, in milliseconds: half of the shortest silence of the source's rules, within limits;
 * the longest granule if there are no such rules.
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
