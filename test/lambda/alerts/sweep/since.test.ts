import { expect, test } from 'vitest';
import type { Episode, StoredEpisode } from '../../../../lambda/alerts/episode.ts';
import { type Rule, versionRule } from '../../../../lambda/alerts/rules.ts';
import { findSince } from '../../../../lambda/alerts/sweep/since.ts';
import { anyRule } from '../arbitraries.ts';

/** The time from which on a SIM is judged. */

const hour = 3_600_000;
const second = 1_000;
const watermark = Date.parse('2026-11-10T00:00:00Z');
const silent: Rule = { ...anyRule, name: 'silent', kind: 'silent', missing: 'everything', after: 6 * hour };
const loop: Rule = { ...anyRule, name: 'loop', kind: 'attach-loop', count: 5, within: hour };

/** The last record, and its mark, which is older. */
const lastRecord = watermark - 40 * hour;
const heardAt = lastRecord - 11 * hour;
const recently = { from: watermark, lateFrom: undefined, lateness: hour, isDeep: false, heardAt };

function storeEpisode(rule: Rule, more: Partial<Episode> = {}): StoredEpisode {
  const state = { state: 'open', from: lastRecord, to: undefined, revision: 1, ...more } as const;
  return {
    slot: 'live',
    episode: { id: 'ep1', rule: rule.name, ruleVersion: versionRule(rule), ...state } as Episode,
  };
}

function judge(rule: Rule, ...episodes: StoredEpisode[]) {
  return { rule, version: versionRule(rule), episodes };
}

test('a SIM that fell silent is judged from its mark on, because the last record is at the mark or after it', () => {
  expect(findSince([judge(silent)], recently)).toBe(heardAt - second);
});

test('a SIM that stays silent is judged from the record with which its episode began, however old the mark', () => {
  expect(findSince([judge(silent, storeEpisode(silent))], recently)).toBe(lastRecord - second);
});

test.each([
  ['of another version of the rule', storeEpisode(silent, { ruleVersion: 'before' })],
  ['that is over', storeEpisode(silent, { state: 'closed', to: lastRecord + hour })],
  ['that has left its slot', { ...storeEpisode(silent), hasLeft: true as const }],
])('an episode %s does not say where the silence begins', (_, episode) => {
  expect(findSince([judge(silent, episode)], recently)).toBe(heardAt - second);
});

test('after a late record, everything that it may change is judged again', () => {
  const lateFrom = lastRecord - 48 * hour;
  const since = findSince([judge(silent, storeEpisode(silent))], { ...recently, lateFrom });
  // The rule's six hours, the lateness, and a day.
  expect(since).toBe(lateFrom - (6 + 1 + 24) * hour);
});

test('other rules are judged by records since the last sweep, and before it by the possible lateness', () => {
  expect(findSince([judge(loop)], recently)).toBe(watermark - 2 * hour);
});
