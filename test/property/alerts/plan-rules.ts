import type { Rule } from '../../../lambda/alerts/rules.ts';
import { minute } from '../../lambda/alerts/records.ts';
import { hour } from './plan.ts';

/** The rule about findings: two on a day. */
export const findingRule: Rule = {
  ...{ name: 'rule-finding', kind: 'finding', checks: [], count: 2, bytes: undefined },
  ...{ severity: 'warning', pending: 0, recovery: 0 },
  match: { sources: [], fleets: [], names: ['tracker*'], countries: [] },
};

/** A rule whose minutes are hours. */
export function slowRule(rule: Rule): Rule {
  const slow = (milliseconds: number): number => (milliseconds / minute) * hour;
  return {
    ...rule,
    pending: slow(rule.pending),
    recovery: slow(rule.recovery),
    ...('after' in rule && { after: slow(rule.after) }),
    ...('within' in rule && { within: slow(rule.within) }),
  } as Rule;
}
