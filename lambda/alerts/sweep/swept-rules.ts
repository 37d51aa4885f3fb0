import { isAboutFindings, isAboutPeriods, matchesSim, type Rule, versionRule } from '../rules.ts';
import type { WatchedSim } from './watched-sim.ts';

/** The rules of a sweep, by name. */
export class SweptRules {
  readonly #byName: ReadonlyMap<string, { readonly rule: Rule; readonly version: string }>;

  constructor(rules: readonly Rule[]) {
    this.#byName = new Map(rules.map((rule) => [rule.name, { rule, version: versionRule(rule) }]));
  }

  /** A rule; undefined if it was removed. */
  find(name: string): Rule | undefined {
    return this.#byName.get(name)?.rule;
  }

  /** A rule, if it watches the SIM. */
  findFor(name: string, sim: WatchedSim): Rule | undefined {
    const rule = this.find(name);
    return rule !== undefined && matchesSim(rule.match, sim) ? rule : undefined;
  }

  /** The version of a rule; undefined if it was removed. */
  findVersion(name: string): string | undefined {
    return this.#byName.get(name)?.version;
  }

  /** Whether a rule is about usage of days or months. */
  isAboutPeriods(name: string): boolean {
    const rule = this.find(name);
    return rule !== undefined && isAboutPeriods(rule);
  }

  /** Whether a rule is about findings. */
  isAboutFindings(name: string): boolean {
    const rule = this.find(name);
    return rule !== undefined && isAboutFindings(rule);
  }
}
