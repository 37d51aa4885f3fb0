import * as z from 'zod';
import {
  deviceChanges,
  findShortestSilence,
  missingSigns,
  type Rule,
  ruleKinds,
  severities,
} from '../lambda/alerts/rules.ts';
import { sourceRule } from '../lambda/alerts/shared-episodes.ts';
import { checks } from '../lambda/days/findings/finding.ts';
import { duration, exactly, formatDuration, parseWord, text, wholeNumber } from './configuration-schemas.ts';
import { groupWait } from './limits.ts';

/** The rules of the configuration: docs/alerts.md describes them. */

/** The key `alerts`, checked and with every default filled in. Durations are milliseconds. */
export interface AlertSettings {
  readonly rules: readonly Rule[];
  /** How long a silent SIM waits to join a group before it pages alone. */
  readonly groupWait: number;
  /** Minutes between two sweeps. */
  readonly sweepMinutes: number;
}

function listTexts(form: RegExp, accepted: string) {
  return z.array(text(form, accepted), `a list, each entry ${accepted}`).default([]);
}

const country = '2 capital letters of a country, such as DE';
const countryList = `a list of at least one, each entry ${country}; without it, each change of country counts`;

const match = exactly({
  sources: listTexts(/^[a-z0-9-]{1,32}$/, 'the name of a source'),
  fleets: listTexts(/^\S{1,64}$/, 'the carrier’s id of a fleet'),
  names: listTexts(/^.{1,128}$/, 'a name of SIMs, in which * stands for any characters and ? for one'),
  countries: listTexts(/^[A-Z]{2}$/, country),
});

const anyRule = {
  name: text(
    new RegExp(`^(?!${sourceRule}$)[a-z0-9-]{1,64}$`),
    `1 to 64 lower-case letters, digits and hyphens, but not ${sourceRule}: alerts about sources have this name`,
  ),
  severity: parseWord(severities).default('warning'),
  match: match.prefault({}),
};

const pending = duration('0m', '7d').prefault('0m');
const recovery = (standard: string) => duration('0m', '30d').prefault(standard);
const after = duration('5m', '60d');

/** A rule that counts occurrences within a window. */
function countRule<Kind extends 'attach-loop' | 'session-failures' | 'zero-byte-sessions'>(kind: Kind) {
  return exactly({
    kind: z.literal(kind),
    ...anyRule,
    count: wholeNumber(1, 10_000, 'how often'),
    within: duration('1m', '7d'),
    pending,
    recovery: recovery('1h'),
  });
}

const bytes = wholeNumber(1, Number.MAX_SAFE_INTEGER, 'bytes');

const usageRule = exactly({
  kind: z.literal('usage'),
  ...anyRule,
  moreThan: bytes.optional(),
  lessThan: bytes.optional(),
  within: duration('1h', '31d').optional(),
  per: parseWord(['day', 'month']).optional(),
  firstDay: wholeNumber(1, 28, 'the day with which a month begins').optional(),
  pending,
  recovery: recovery('1h'),
}).transform(({ moreThan, lessThan, within, per, firstDay, ...rule }, context) => {
  const refuse = (path: PropertyKey[], message: string): never => {
    context.issues.push({ code: 'custom', input: rule, path, message });
    return z.NEVER;
  };
  const limit = moreThan ?? lessThan;
  if (limit === undefined || (moreThan !== undefined && lessThan !== undefined)) {
    return refuse([], 'a rule with either moreThan or lessThan');
  }
  const about = {
    ...rule,
    compare: moreThan === undefined ? ('less' as const) : ('more' as const),
    bytes: limit,
  };
  if (firstDay !== undefined && per !== 'month')
    return refuse(['firstDay'], 'a number only with per "month"');
  if (within !== undefined && per === undefined) return { ...about, within };
  if (within === undefined && per !== undefined) return { ...about, per, firstDay: firstDay ?? 1 };
  return refuse([], 'a rule with either within or per');
});

const findingRule = exactly({
  kind: z.literal('finding'),
  ...anyRule,
  checks: z.array(parseWord(checks), `a list, each entry one of ${checks.join(', ')}`).default([]),
  count: wholeNumber(1, 10_000, 'findings').optional(),
  bytes: bytes.optional(),
  pending,
  recovery: recovery('0m'),
}).transform(({ count, bytes: limit, ...given }, context) => {
  if (count === undefined || limit === undefined) return { ...given, count: count ?? 1, bytes: limit };
  context.issues.push({
    code: 'custom',
    input: given,
    path: [],
    message: 'a rule with either count or bytes',
  });
  return z.NEVER;
});

const rule = z.discriminatedUnion(
  'kind',
  [
    exactly({
      kind: z.literal('silent'),
      ...anyRule,
      after,
      missing: parseWord(missingSigns).default('everything'),
      pending,
      recovery: recovery('0m'),
    }),
    countRule('attach-loop'),
    countRule('session-failures'),
    countRule('zero-byte-sessions'),
    exactly({
      kind: z.literal('device-changed'),
      ...anyRule,
      change: parseWord(deviceChanges).default('device'),
      recovery: recovery('1d'),
    }).transform((given) => ({ ...given, pending: 0 })),
    exactly({
      kind: z.literal('country'),
      ...anyRule,
      allowed: z
        .array(text(/^[A-Z]{2}$/, country), countryList)
        .min(1, countryList)
        .optional(),
      recovery: recovery('1d'),
    }).transform(({ allowed, ...given }) => ({ ...given, allowed, pending: 0 })),
    usageRule,
    exactly({ kind: z.literal('blocked'), ...anyRule, pending, recovery: recovery('10m') }),
    exactly({ kind: z.literal('stale-session'), ...anyRule, after, pending, recovery: recovery('0m') }),
    findingRule,
  ],
  `a rule whose kind is one of ${ruleKinds.join(', ')}`,
);

/** The key `alerts`. Without rules, the defaults apply. */
export const alerts = exactly({
  rules: z.array(rule, 'a list of rules').optional(),
  groupWait: duration('0m', '1h').default(groupWait),
  sweepMinutes: wholeNumber(1, 60, 'minutes between two sweeps').default(5),
});

/** What rules need to know about a source. */
interface RuleSource {
  readonly name: string;
  /** Milliseconds. */
  readonly lateness: number;
}

const hour = 3_600_000;
const defaultSilence = 24 * hour;

/**
 * The default rules: silent for 24 hours, 30 attachments within an hour, a changed device, 10 failed sessions within
 * an hour. If a source's records may arrive more than 24 hours late, its SIMs count as silent after twice its lateness.
 */
export function listDefaultRules(sources: readonly RuleSource[]): Rule[] {
  const all = { sources: [], fleets: [], names: [], countries: [] } as const;
  const common = { severity: 'warning', match: all, pending: 0, recovery: hour } as const;
  const slow = sources.filter(({ lateness }) => lateness > defaultSilence);
  const others = sources.filter((source) => !slow.includes(source)).map(({ name }) => name);
  const silent = {
    ...common,
    kind: 'silent',
    missing: 'everything',
    severity: 'critical',
    recovery: 0,
  } as const;
  const rules: Rule[] = slow.map(({ name, lateness }) => {
    return { ...silent, name: `silent-${name}`, after: 2 * lateness, match: { ...all, sources: [name] } };
  });
  if (others.length > 0) {
    const matched = slow.length === 0 ? [] : others;
    rules.unshift({ ...silent, name: 'silent', after: defaultSilence, match: { ...all, sources: matched } });
  }
  return [
    ...rules,
    { ...common, name: 'attach-loop', kind: 'attach-loop', count: 30, within: hour },
    { ...common, name: 'device-changed', kind: 'device-changed', change: 'device', recovery: 24 * hour },
    { ...common, name: 'session-failures', kind: 'session-failures', count: 10, within: hour },
  ];
}

/** Days that records are kept; 0 forever. */
export interface RecordRetention {
  readonly eventDays: number;
  readonly usageDays: number;
}

/** How long every record of a SIM is kept, in milliseconds; infinity if forever. */
export function findKeptTime({ eventDays, usageDays }: RecordRetention): number {
  return Math.min(...[eventDays, usageDays].filter((days) => days > 0)) * 24 * hour;
}

/** What is wrong with a rule, in the context of the other rules and the sources. */
export interface RuleObjection {
  /** Path within the list of rules. */
  readonly path: readonly PropertyKey[];
  readonly accepted: string;
}

/** Finds contradictions between rules that are each valid by themselves. */
export function findRuleObjections(
  rules: readonly Rule[],
  { sources, retention }: { readonly sources: readonly RuleSource[]; readonly retention: RecordRetention },
): RuleObjection[] {
  const kept = findKeptTime(retention);
  const known = sources.map(({ name }) => name);
  return rules.flatMap((one, index) => {
    const objections: RuleObjection[] = [];
    if (rules.findIndex(({ name }) => name === one.name) !== index) {
      objections.push({ path: [index, 'name'], accepted: 'a name that no other rule has' });
    }
    for (const [at, name] of one.match.sources.entries()) {
      if (known.includes(name)) continue;
      objections.push({ path: [index, 'match', 'sources', at], accepted: `one of ${known.join(', ')}` });
    }
    const late = findLateSource(one, sources);
    if (late !== undefined) {
      const key = 'after' in one ? 'after' : 'within' in one ? 'within' : 'per';
      objections.push({ path: [index, key], accepted: explainLateness(late) });
    }
    const longest = (kept - one.pending - one.recovery) / 2;
    if ('within' in one && one.within > longest) {
      objections.push({ path: [index, 'within'], accepted: explainLongest(longest, kept) });
    }
    return objections;
  });
}

/**
 * The matched source with the largest lateness beyond what the rule allows; undefined if the rule fits all its
 * sources.
 */
function findLateSource(one: Rule, sources: readonly RuleSource[]): RuleSource | undefined {
  const shortest = findShortestSilence(one);
  const matched = sources.filter(({ name }) => {
    return one.match.sources.length === 0 || one.match.sources.includes(name);
  });
  if (shortest === 0) return undefined;
  return matched
    .filter(({ lateness }) => shortest < lateness)
    .sort((a, b) => b.lateness - a.lateness)
    .at(0);
}

/** Judging a window needs its records and those of the window before: see `findSettledSince` of the sweep. */
function explainLongest(longest: number, kept: number): string {
  const time = `${Math.floor(longest / hour)}h`;
  return `${time} or less: two windows, pending and recovery must fit the ${formatDuration(kept)} for which records are kept, or no alert can ever settle. Raise retention.usageDays or retention.eventDays for longer windows`;
}

function explainLateness({ name, lateness }: RuleSource): string {
  const time = formatDuration(lateness);
  return `${time} or more: records of the source ${name} may come ${time} late, so a shorter silence says nothing of a device. Set the source's lateness if they come sooner`;
}
