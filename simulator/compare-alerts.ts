import type { Rule } from '../lambda/alerts/rules.ts';
import { type ExpectedAlert, expectAlerts, knowsRule } from './alert-truth.ts';
import { maxSentences } from './compare.ts';
import { formatIso, second } from './records.ts';
import type { FleetTruth } from './truth.ts';

/** An alert as the ledger lists it. Times are ISO 8601. */
export interface FoundAlert {
  readonly rule: string;
  /** Null if the alert is about many SIMs. */
  readonly sim: string | null;
  readonly state: string;
  readonly start_time: string;
  readonly end_time: string | null;
}

/** The latest message of an incident. */
export interface ToldIncident {
  readonly rule: string;
  readonly state: string;
  readonly subject:
    | { readonly kind: 'sim'; readonly sim: string }
    | {
        readonly kind: 'group';
        readonly by: string;
        readonly value: string;
        readonly members: { readonly total: number };
      }
    | { readonly kind: 'source'; readonly source: string };
}

/** The result of comparing alerts. */
export interface AlertComparison {
  /** How many alerts the truth expects. */
  readonly checked: number;
  /** How many alerts the truth expects, by rule. */
  readonly byRule: ReadonlyMap<string, number>;
  /** How many SIMs one incident includes, because their network had an outage. */
  readonly grouped: number;
  /** How many alerts late records merged or withdrew. */
  readonly corrected: number;
  /** One sentence per difference, at most twenty. */
  readonly differences: readonly string[];
  readonly differing: number;
  /** Rules of which the simulator cannot tell what they must find. */
  readonly unchecked: readonly string[];
}

/** States of an alert that has no incident. */
const correctedStates: ReadonlySet<string> = new Set(['merged', 'withdrawn']);

/**
 * Compares a ledger's alerts with those that the fleet's incidents must cause: none may be missing or extra.
 *
 * @param truth of a fleet with incidents; everything must have been delivered.
 * @param end when the simulation ends, in milliseconds since the epoch. All rules were judged up to then.
 */
export function compareAlerts(
  truth: Pick<FleetTruth, 'partitions' | 'outage'>,
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
  const checked = found.filter(({ rule, sim }) => sim !== null && names.has(rule));
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
    grouped: findGrouped(truth)?.sims.size ?? 0,
    corrected: checked.length - checked.filter(({ state }) => !correctedStates.has(state)).length,
    differences: differences.slice(0, maxSentences),
    differing: differences.length,
    unchecked: rules.filter((rule) => !names.has(rule.name)).map(({ name }) => name),
  };
}

function isSame({ rule, sim, from: [first, last] }: ExpectedAlert, found: FoundAlert): boolean {
  const at = Date.parse(found.start_time);
  // Files and keys have whole seconds.
  return found.rule === rule && found.sim === sim && at > first - second && at < last + second;
}

function compareAlert(expected: ExpectedAlert, found: FoundAlert): string[] {
  const differences: string[] = [];
  if (expected.state !== found.state) {
    differences.push(`${describeExpected(expected)}: expected ${expected.state}, found ${found.state}`);
  }
  const isRange = expected.from[0] !== expected.from[1];
  if (!isRange && !isSameTime(expected.to, found.end_time)) {
    const end = expected.to === undefined ? 'no end' : formatIso(expected.to);
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
  return `Alert ${rule} of SIM ${sim} since ${formatIso(first)}`;
}

function describeFound({ rule, sim, start_time: start, state }: FoundAlert): string {
  return `Alert ${rule} of SIM ${sim} since ${start} (${state})`;
}

function countByRule(alerts: readonly ExpectedAlert[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { rule } of alerts) counts.set(rule, (counts.get(rule) ?? 0) + 1);
  return counts;
}

/** A group needs more SIMs than this, and more than a twentieth of those that visit the network. */
const maxUngrouped = 20;

/** The outage that one incident must include; undefined if there was none, or if it affected too few SIMs. */
function findGrouped({ outage }: Pick<FleetTruth, 'outage'>): FleetTruth['outage'] {
  if (outage === undefined || outage.sims.size <= maxUngrouped) return undefined;
  return outage.sims.size > outage.visitors.size / 20 ? outage : undefined;
}

/**
 * Compares the incidents in messages with those that the fleet's incidents must cause: one per SIM, except that SIMs
 * which a network outage silenced share one.
 *
 * @param told the latest message of each incident; incidents that late records merged or withdrew do not count.
 * @returns one sentence per difference.
 */
export function compareIncidents(
  truth: Pick<FleetTruth, 'partitions' | 'outage'>,
  rules: readonly Rule[],
  told: readonly ToldIncident[],
  end: number,
): string[] {
  const left = told.filter(({ state }) => !correctedStates.has(state));
  const outage = findGrouped(truth);
  const differences: string[] = [];
  for (const rule of rules.filter(knowsRule)) {
    const alone = left.flatMap(({ rule: name, subject }) =>
      name === rule.name && subject.kind === 'sim' ? [subject.sim] : [],
    );
    for (const [sim, { facts }] of truth.partitions) {
      if (facts === undefined) continue;
      const isSilence = rule.kind === 'silent';
      const expected = expectAlerts(rule, sim, facts, end).length;
      const found = alone.filter((one) => one === sim).length;
      // A device that died while on this network may be part of the shared incident.
      const min = isSilence && outage?.visitors.has(sim) === true ? 0 : expected;
      const max = isSilence && outage?.sims.has(sim) === true ? 0 : expected;
      if (found >= min && found <= max) continue;
      differences.push(`Incidents ${rule.name} of SIM ${sim}: expected ${max}, told ${found}`);
    }
    const groups = left.flatMap(({ rule: name, subject }) =>
      name === rule.name && subject.kind === 'group' ? [`${subject.by} ${subject.value}`] : [],
    );
    const expected = rule.kind === 'silent' && outage !== undefined ? [`network ${outage.network}`] : [];
    if (JSON.stringify(groups) !== JSON.stringify(expected)) {
      differences.push(`Groups of ${rule.name}: expected ${listNames(expected)}, told ${listNames(groups)}`);
    }
  }
  const sources = left.flatMap(({ subject }) => (subject.kind === 'source' ? [subject.source] : []));
  if (sources.length > 0) differences.push(`Sources: expected none, told ${listNames(sources)}`);
  return differences;
}

function listNames(names: readonly string[]): string {
  return names.length === 0 ? 'none' : names.join(', ');
}
