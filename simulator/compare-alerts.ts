import type { Rule } from '../lambda/alerts/rules.ts';
import { type ExpectedAlert, expectAlerts, knowsRule } from './alert-truth.ts';
import { iso, second } from './records.ts';
import type { FleetTruth } from './truth.ts';

/** An alert as the ledger lists it. Times are ISO 8601. */
export interface FoundAlert {
  readonly rule: string;
  readonly sim: string;
  readonly state: string;
  readonly start_time: string;
  readonly end_time: string | null;
}

/** What a comparison of alerts found. */
export interface AlertComparison {
  /** Alerts that the truth expects. */
  readonly checked: number;
  /** The same by their rules. */
  readonly byRule: ReadonlyMap<string, number>;
  /** Alerts that late records took back: no incident is left of them. */
  readonly corrected: number;
  /** One sentence each, at most twenty. */
  readonly differences: readonly string[];
  readonly differing: number;
  /** Names of rules of which the simulator does not know what they must find. */
  readonly unchecked: readonly string[];
}

/** Sentences that a comparison gives at most. */
const maxSentences = 20;

/** States of an alert that no incident is behind any more. */
const correctedStates: ReadonlySet<string> = new Set(['merged', 'withdrawn']);

/**
 * Compares the alerts of a ledger with those that the incidents of a fleet cause: none missing, none too many.
 *
 * @param truth of a fleet with incidents, all of which is delivered.
 * @param end when the simulation ends, in epoch milliseconds: all rules were judged up to it.
 */
export function compareAlerts(
  truth: Pick<FleetTruth, 'partitions'>,
  rules: readonly Rule[],
  found: readonly FoundAlert[],
  end: number,
): AlertComparison {
  const known = rules.filter(knowsRule);
  const names = new Set(known.map(({ name }) => name));
  const expected = known.flatMap((rule) =>
    [...truth.partitions].flatMap(([sim, { facts }]) =>
      facts === undefined ? [] : expectAlerts(rule, sim, facts, end),
    ),
  );
  const checked = found.filter(({ rule }) => names.has(rule));
  const left = checked.filter(({ state }) => !correctedStates.has(state));
  const differences: string[] = [];
  for (const alert of expected) {
    const at = left.findIndex((one) => isSame(alert, one));
    const [match] = at === -1 ? [] : left.splice(at, 1);
    if (match === undefined) differences.push(`${describeExpected(alert)}: missing`);
    else differences.push(...compareAlert(alert, match));
  }
  differences.push(...left.map((one) => `${describeFound(one)}: nothing caused it`));
  return {
    checked: expected.length,
    byRule: countByRule(expected),
    corrected: checked.length - checked.filter(({ state }) => !correctedStates.has(state)).length,
    differences: differences.slice(0, maxSentences),
    differing: differences.length,
    unchecked: rules.filter((rule) => !names.has(rule.name)).map(({ name }) => name),
  };
}

function isSame({ rule, sim, from: [first, last] }: ExpectedAlert, found: FoundAlert): boolean {
  const at = Date.parse(found.start_time);
  // Files and keys state whole seconds.
  return found.rule === rule && found.sim === sim && at > first - second && at < last + second;
}

function compareAlert(expected: ExpectedAlert, found: FoundAlert): string[] {
  const differences: string[] = [];
  if (expected.state !== found.state) {
    differences.push(`${describeExpected(expected)}: expected ${expected.state}, found ${found.state}`);
  }
  const isRange = expected.from[0] !== expected.from[1];
  if (!isRange && !isSameTime(expected.to, found.end_time)) {
    const end = expected.to === undefined ? 'no end' : iso(expected.to);
    differences.push(
      `${describeExpected(expected)}: expected to end at ${end}, found ${found.end_time ?? 'no end'}`,
    );
  }
  return differences;
}

function isSameTime(expected: number | undefined, found: string | null): boolean {
  if (expected === undefined || found === null) return expected === undefined && found === null;
  return Math.abs(expected - Date.parse(found)) < second;
}

function describeExpected({ rule, sim, from: [first] }: ExpectedAlert): string {
  return `Alert ${rule} of SIM ${sim} since ${iso(first)}`;
}

function describeFound({ rule, sim, start_time: start, state }: FoundAlert): string {
  return `Alert ${rule} of SIM ${sim} since ${start} (${state})`;
}

function countByRule(alerts: readonly ExpectedAlert[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { rule } of alerts) counts.set(rule, (counts.get(rule) ?? 0) + 1);
  return counts;
}
