import type { Episode } from './episode.ts';
import type { Known } from './known.ts';
import { findDecidingTime, type Rule, type Severity } from './rules.ts';
import { findJoinedSpans } from './spans.ts';

/**
 * Back-test: the alerts that rules would have sent in a period, according to all that is known now, and those that were
 * sent.
 */

/** The period in which to count alerts, both ends included. Milliseconds since the epoch. */
export interface BackTestPeriod {
  readonly from: number;
  readonly to: number;
}

/** An alert whose condition held. */
export interface TrueAlert {
  readonly from: number;
  /** Undefined while it lasts. */
  readonly to: number | undefined;
  /** Whether it has ended, and all days that it depends on are sealed. */
  readonly isFinal: boolean;
}

/** What a rule found for SIMs, and what was stored. */
export interface RuleResult {
  readonly rule: string;
  readonly kind: Rule['kind'];
  readonly severity: Severity;
  /** How many alerts were true; undefined for a rule that was not tested but sent messages. */
  readonly found: number | undefined;
  readonly foundPerWeek: number | undefined;
  /** How many of them only late records can change, because they have ended and their days are sealed. */
  readonly final: number | undefined;
  /** How many SIMs they are about. */
  readonly sims: number;
  /** The SIMs with the most alerts. */
  readonly noisiest: readonly { readonly sim: string; readonly found: number }[];
  /** The alert that lasted longest; undefined if none lasted. */
  readonly longest: { readonly sim: string; readonly milliseconds: number } | undefined;
  /** How many stored alerts were sent. */
  readonly sent: number;
  /** How many of these were withdrawn. */
  readonly withdrawn: number;
}

/** How many SIMs are named per rule. */
const maxNoisiest = 5;
const weekMilliseconds = 7 * 86_400_000;

/**
 * The alerts of a rule and a SIM whose condition held in a period: those that would have been sent if every record up
 * to its end had arrived in time. The same records give the same alerts.
 *
 * @param known as for `findSpans`, from the rule's window before the period on.
 * @param isSealed whether all days that overlap a time range are sealed.
 */
export function findTrueAlerts(
  rule: Rule,
  known: Known,
  { from, to }: BackTestPeriod,
  isSealed: (from: number, to: number) => boolean = () => false,
): TrueAlert[] {
  return findJoinedSpans(rule, known, to)
    .filter(({ metAt }) => isWithin(metAt + rule.pending, { from, to }))
    .map((span) => {
      const { from: begun, to: ended, isOver } = span;
      const deciding =
        ended === undefined || !isOver ? undefined : findDecidingTime(rule, { from: begun, to: ended });
      return {
        from: begun,
        to: ended,
        isFinal: deciding !== undefined && isSealed(deciding.from, deciding.to),
      };
    });
}

function isWithin(at: number, { from, to }: BackTestPeriod): boolean {
  return at >= from && at <= to;
}

/** Adds up, for each rule, the true alerts of SIMs and the alerts that were sent. */
export class BackTest {
  readonly #rules: readonly Rule[];
  readonly #period: BackTestPeriod;
  readonly #counts = new Map<string, Count>();

  constructor(rules: readonly Rule[], period: BackTestPeriod) {
    this.#rules = rules;
    this.#period = period;
    for (const { name, kind, severity } of rules) this.#counts.set(name, makeCount(kind, severity, true));
  }

  /** Counts the true alerts of a SIM by a rule. */
  addTrue(rule: string, sim: string, alerts: readonly TrueAlert[]): void {
    const count = this.#counts.get(rule);
    if (count === undefined || alerts.length === 0) return;
    count.bySim.set(sim, (count.bySim.get(sim) ?? 0) + alerts.length);
    count.final += alerts.filter(({ isFinal }) => isFinal).length;
    for (const { from, to } of alerts) {
      const milliseconds = (to ?? this.#period.to) - from;
      const { longest } = count;
      const isLonger =
        longest === undefined ||
        milliseconds > longest.milliseconds ||
        (milliseconds === longest.milliseconds && sim < longest.sim);
      if (milliseconds > 0 && isLonger) count.longest = { sim, milliseconds };
    }
  }

  /** Counts a stored episode, if it was sent and was due in the period. */
  addStored({ rule, kind, severity, metAt, sequence, state }: Episode): void {
    const pending = this.#rules.find(({ name }) => name === rule)?.pending ?? 0;
    if (sequence === 0 || !isWithin(metAt + pending, this.#period)) return;
    const count = this.#counts.get(rule) ?? makeCount(kind, severity, false);
    this.#counts.set(rule, count);
    count.sent += 1;
    if (state === 'withdrawn') count.withdrawn += 1;
  }

  /** The results: first the tested rules in their order, then other rules that sent messages, by name. */
  list(): RuleResult[] {
    const weeks = (this.#period.to - this.#period.from) / weekMilliseconds;
    const tested = this.#rules.map(({ name }) => name);
    const others = [...this.#counts.keys()].filter((name) => !tested.includes(name)).sort();
    return [...tested, ...others].flatMap((rule) => {
      const count = this.#counts.get(rule);
      return count === undefined ? [] : [describeCount(rule, count, weeks)];
    });
  }
}

interface Count {
  readonly kind: Rule['kind'];
  readonly severity: Severity;
  readonly isTested: boolean;
  readonly bySim: Map<string, number>;
  final: number;
  longest: RuleResult['longest'];
  sent: number;
  withdrawn: number;
}

function makeCount(kind: Rule['kind'], severity: Severity, isTested: boolean): Count {
  return { kind, severity, isTested, bySim: new Map(), final: 0, longest: undefined, sent: 0, withdrawn: 0 };
}

function describeCount(rule: string, count: Count, weeks: number): RuleResult {
  const { kind, severity, isTested, bySim, final, longest, sent, withdrawn } = count;
  const found = [...bySim.values()].reduce((sum, one) => sum + one, 0);
  const noisiest = [...bySim]
    .sort(([aSim, a], [bSim, b]) => b - a || (aSim < bSim ? -1 : 1))
    .slice(0, maxNoisiest)
    .map(([sim, alerts]) => ({ sim, found: alerts }));
  return {
    ...{ rule, kind, severity, sims: bySim.size, noisiest, longest, sent, withdrawn },
    found: isTested ? found : undefined,
    final: isTested ? final : undefined,
    foundPerWeek: isTested ? Math.round((100 * found) / weeks) / 100 : undefined,
  };
}
