import { readFileSync } from 'node:fs';
import { App } from 'aws-cdk-lib';
import { describe, expect, it, test } from 'vitest';
import { type Rule, ruleKinds } from '../../lambda/alerts/rules.ts';
import { ConfigurationError, configurationKey, readConfiguration } from '../../lib/configuration.ts';
import { formatDuration, parseDuration } from '../../lib/configuration-schemas.ts';

const minute = 60_000;
const hour = 60 * minute;
const everywhere = { sources: [], fleets: [], names: [], countries: [] };

function readRules(
  rules: readonly unknown[] | undefined,
  sources?: readonly object[],
  retention?: object,
): readonly Rule[] {
  const simledger = {
    ...(rules && { alerts: { rules } }),
    ...(sources && { sources }),
    ...(retention && { retention }),
  };
  return readConfiguration(new App({ context: { [configurationKey]: simledger } }).node).alerts.rules;
}

/** What is said of a rule that is not accepted. */
function complaintAbout(rule: unknown, sources?: readonly object[], retention?: object): string {
  try {
    readRules([rule].flat(), sources, retention);
    return 'accepted';
  } catch (error) {
    if (error instanceof ConfigurationError) return error.message;
    throw error;
  }
}

const defaults: readonly Rule[] = [
  {
    name: 'silent',
    kind: 'silent',
    missing: 'everything',
    after: 24 * hour,
    severity: 'critical',
    match: everywhere,
    pending: 0,
    recovery: 0,
  },
  {
    name: 'attach-loop',
    kind: 'attach-loop',
    count: 30,
    within: hour,
    severity: 'warning',
    match: everywhere,
    pending: 0,
    recovery: hour,
  },
  {
    name: 'device-changed',
    kind: 'device-changed',
    change: 'device',
    severity: 'warning',
    match: everywhere,
    pending: 0,
    recovery: 24 * hour,
  },
  {
    name: 'session-failures',
    kind: 'session-failures',
    count: 10,
    within: hour,
    severity: 'warning',
    match: everywhere,
    pending: 0,
    recovery: hour,
  },
];

describe('rules', () => {
  it('are the defaults if none are given, and none if the list is empty', () => {
    expect([readRules(undefined), readRules([])]).toEqual([defaults, []]);
  });

  it('treat a source that delivers only files as silent after twice its lateness', () => {
    const sources = [
      { name: 'files', carrier: 'telekom', lateness: '26h' },
      { name: 'kore', carrier: 'kore' },
    ];
    const [silent, ...others] = defaults;
    expect(readRules(undefined, sources)).toEqual([
      { ...silent, match: { ...everywhere, sources: ['kore'] } },
      { ...silent, name: 'silent-files', after: 52 * hour, match: { ...everywhere, sources: ['files'] } },
      ...others,
    ]);
    const [onlyFiles] = readRules(undefined, sources.slice(0, 1));
    expect(onlyFiles?.name).toBe('silent-files');
  });

  it('are read with all their keys', () => {
    const match = { sources: ['default'], fleets: ['HF1'], names: ['van-*'], countries: ['DE'] };
    const common = { severity: 'info', match, pending: '5m', recovery: '2d' };
    const read = { severity: 'info', match, pending: 5 * minute, recovery: 48 * hour };
    const { pending: _, ...moment } = common;
    const given = [
      { name: 'a', kind: 'silent', after: '6h', missing: 'bytes', ...common },
      { name: 'b', kind: 'zero-byte-sessions', count: 5, within: '90m', ...common },
      { name: 'c', kind: 'device-changed', change: 'model', ...moment },
      { name: 'd', kind: 'country', allowed: ['DE', 'FR'], ...moment },
      { name: 'e', kind: 'usage', lessThan: 500, within: '7d', ...common },
      { name: 'f', kind: 'blocked', ...common },
      { name: 'h', kind: 'usage', moreThan: 500, per: 'month', firstDay: 5, ...common },
      { name: 'i', kind: 'usage', moreThan: 500, per: 'day', ...common },
      { name: 'g', kind: 'stale-session', after: '12h', ...common },
      { name: 'j', kind: 'finding', checks: ['chain', 'path'], bytes: 500, ...common },
      { name: 'k', kind: 'finding', ...common },
    ];
    expect(readRules(given)).toEqual([
      { name: 'a', kind: 'silent', after: 6 * hour, missing: 'bytes', ...read },
      { name: 'b', kind: 'zero-byte-sessions', count: 5, within: 90 * minute, ...read },
      { name: 'c', kind: 'device-changed', change: 'model', ...read, pending: 0 },
      { name: 'd', kind: 'country', allowed: ['DE', 'FR'], ...read, pending: 0 },
      { name: 'e', kind: 'usage', compare: 'less', bytes: 500, within: 168 * hour, ...read },
      { name: 'f', kind: 'blocked', ...read },
      { name: 'h', kind: 'usage', compare: 'more', bytes: 500, per: 'month', firstDay: 5, ...read },
      { name: 'i', kind: 'usage', compare: 'more', bytes: 500, per: 'day', firstDay: 1, ...read },
      { name: 'g', kind: 'stale-session', after: 12 * hour, ...read },
      { name: 'j', kind: 'finding', checks: ['chain', 'path'], count: 1, bytes: 500, ...read },
      { name: 'k', kind: 'finding', checks: [], count: 1, bytes: undefined, ...read },
    ]);
  });
});

describe('a wrong rule', () => {
  const kinds = `a rule whose kind is one of ${ruleKinds.join(', ')}`;
  const path = 'simledger.alerts.rules[0]';

  it.each([
    [{ name: 'a' }, `${path}.kind: nothing given; accepted is ${kinds}`],
    [{ name: 'a', kind: 'mute' }, `${path}.kind: "mute" given; accepted is ${kinds}`],
    [5, `${path}: 5 given; accepted is ${kinds}`],
    [
      { name: 'Eins', kind: 'blocked' },
      `${path}.name: "Eins" given; accepted is 1 to 64 lower-case letters, digits and hyphens, but not source: alerts about sources have this name`,
    ],
    [
      { name: 'a', kind: 'silent', after: 24 },
      `${path}.after: 24 given; accepted is a number of minutes, hours or days from 5m to 60d, such as 5m`,
    ],
    [
      { name: 'a', kind: 'silent', after: '61d' },
      `${path}.after: "61d" given; accepted is a number of minutes, hours or days from 5m to 60d, such as 5m`,
    ],
    [
      { name: 'a', kind: 'attach-loop', within: '1h', count: 0 },
      `${path}.count: 0 given; accepted is a whole number from 1 to 10000 (how often)`,
    ],
    [
      { name: 'a', kind: 'usage', within: '1d', moreThan: 5, lessThan: 6 },
      `${path}: {"name":"a","kind":"usage","within":"1d","moreThan":5,"lessThan":6} given; accepted is a rule with either moreThan or lessThan`,
    ],
    [
      { name: 'a', kind: 'usage', moreThan: 5, within: '1d', per: 'day' },
      `${path}: {"name":"a","kind":"usage","moreThan":5,"within":"1d","per":"day"} given; accepted is a rule with either within or per`,
    ],
    [
      { name: 'a', kind: 'usage', moreThan: 5, per: 'day', firstDay: 2 },
      `${path}.firstDay: 2 given; accepted is a number only with per "month"`,
    ],
    [
      { name: 'a', kind: 'country', pending: '1h' },
      `${path}.pending: "1h" given; accepted is an object with the keys kind, name, severity, match, allowed, recovery`,
    ],
    [
      { name: 'a', kind: 'country', allowed: [] },
      `${path}.allowed: [] given; accepted is a list of at least one, each entry 2 capital letters of a country, such as DE; without it, each change of country counts`,
    ],
    [
      { name: 'a', kind: 'country', allowed: ['Germany'] },
      `${path}.allowed[0]: "Germany" given; accepted is 2 capital letters of a country, such as DE`,
    ],
    [
      { name: 'a', kind: 'finding', checks: ['road'] },
      `${path}.checks[0]: "road" given; accepted is one of chain, close, orphan, duplicate, path`,
    ],
    [
      { name: 'a', kind: 'finding', count: 1, bytes: 1 },
      `${path}: {"name":"a","kind":"finding","count":1,"bytes":1} given; accepted is a rule with either count or bytes`,
    ],
    [
      { name: 'a', kind: 'blocked', severity: 'high' },
      `${path}.severity: "high" given; accepted is one of info, warning, critical`,
    ],
    [
      { name: 'a', kind: 'blocked', match: { sources: ['kore1'] } },
      `${path}.match.sources[0]: "kore1" given; accepted is one of default`,
    ],
    [
      [
        { name: 'a', kind: 'blocked' },
        { name: 'a', kind: 'stale-session', after: '1d' },
      ],
      'simledger.alerts.rules[1].name: "a" given; accepted is a name that no other rule has',
    ],
  ])('is answered with the key, the value and what is accepted: %j', (rule, complaint) => {
    expect(complaintAbout(rule)).toBe(complaint);
  });

  it.each([
    [{ name: 'a', kind: 'silent', after: '25h' }, 'after', '"25h"', '26h', 'files'],
    [{ name: 'a', kind: 'stale-session', after: '10m' }, 'after', '"10m"', '26h', 'files'],
    [{ name: 'a', kind: 'usage', lessThan: 1, within: '1h' }, 'within', '"1h"', '26h', 'files'],
    [
      { name: 'a', kind: 'silent', after: '29m', match: { sources: ['kore'] } },
      'after',
      '"29m"',
      '30m',
      'kore',
    ],
  ] as const)(
    'is refused because records may come later than its time: %j',
    (rule, key, given, time, source) => {
      const sources = [
        { name: 'files', carrier: 'telekom', lateness: '26h' },
        { name: 'kore', carrier: 'kore' },
      ];
      expect(complaintAbout(rule, sources)).toBe(
        `${path}.${key}: ${given} given; accepted is ${time} or more: records of the source ${source} may come ${time} late, so a shorter silence says nothing of a device. Set the source's lateness if they come sooner`,
      );
    },
  );

  it.each([
    [{ usageDays: 35 }, { kind: 'usage', moreThan: 5, within: '18d', recovery: '1d' }, '408h', '35d'],
    [{ usageDays: 35, eventDays: 14 }, { kind: 'usage', lessThan: 5, within: '7d' }, '167h', '14d'],
    [{ eventDays: 3 }, { kind: 'attach-loop', count: 5, within: '1d', pending: '1d' }, '23h', '3d'],
  ])('with %j is refused because records are not kept long enough: %j', (retention, about, longest, kept) => {
    const rule = { name: 'a', ...about };
    expect(complaintAbout(rule, undefined, retention)).toBe(
      `${path}.within: "${about.within}" given; accepted is ${longest} or less: two windows, pending and recovery must fit the ${kept} for which records are kept, or no alert can ever settle. Raise retention.usageDays or retention.eventDays for longer windows`,
    );
    expect(complaintAbout(rule, undefined, { usageDays: 0, eventDays: 0 })).toBe('accepted');
  });

  it('may be as short as the lateness of its sources', () => {
    const sources = [{ name: 'kore', carrier: 'kore', lateness: '5m' }];
    expect(complaintAbout({ name: 'a', kind: 'silent', after: '5m' }, sources)).toBe('accepted');
    expect(complaintAbout({ name: 'a', kind: 'usage', moreThan: 1, within: '1h' }, sources)).toBe('accepted');
  });
});

test.each([
  ['30m', 30 * minute],
  ['90m', 90 * minute],
  ['26h', 26 * hour],
  ['7d', 168 * hour],
])('a duration of %s is read and written', (text, milliseconds) => {
  expect([parseDuration(text), formatDuration(milliseconds)]).toEqual([milliseconds, text]);
});

test.each(['1.5h', '10s', '-5m', 'h', '12345m', '5 m', ''])('%j is not a duration', (text) => {
  expect(parseDuration(text)).toBeUndefined();
});

describe('docs/alerts.md', () => {
  const page = readFileSync(new URL('../../docs/alerts.md', import.meta.url), 'utf8');
  const examples = [...page.matchAll(/^```json\n(.*?)^```/gms)].map(([, json = '']) =>
    JSON.parse(`[${json}]`),
  );

  it('has a section with an example for each kind, which the configuration accepts', () => {
    const rules = examples.flat().filter((example) => 'kind' in example);
    expect(new Set(rules.map(({ kind }) => kind))).toEqual(new Set(ruleKinds));
    expect(readRules(rules.map((rule) => ({ ...rule, match: undefined }))).length).toBe(rules.length);
  });

  it('names each key of each kind', () => {
    const keys = new Set(
      ruleKinds.flatMap((kind) => {
        const [, listed = ''] =
          /the keys (.+)$/.exec(complaintAbout({ kind, name: 'a', unknown: 1 }).split('\n').at(-1) ?? '') ??
          [];
        return listed.split(', ');
      }),
    );
    expect(keys.size).toBeGreaterThan(10);
    expect([...keys].filter((key) => !page.includes(`\`${key}\``))).toEqual([]);
  });

  it('has at most 980 words', () => {
    expect(page.split(/\s+/).length).toBeLessThanOrEqual(980);
  });
});
