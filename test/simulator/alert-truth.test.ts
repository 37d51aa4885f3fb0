import { describe, expect, test } from 'vitest';
import type { Rule } from '../../lambda/alerts/rules.ts';
import { addSigns } from '../../lambda/alerts/signs.ts';
import { joinSpans } from '../../lambda/alerts/span.ts';
import { findSpans } from '../../lambda/alerts/spans.ts';
import { formatTime } from '../../lambda/ledger/time.ts';
import { decodeSession, type Item } from '../../lambda/store/items.ts';
import { decodeEvent, decodeUsage } from '../../lambda/store/records.ts';
import { listDefaultRules } from '../../lib/alert-rules.ts';
import { compareAlerts, type FoundAlert } from '../../simulator/compare-alerts.ts';
import { fleetStart, simulateFleet } from '../../simulator/fleet.ts';
import { hour } from '../../simulator/records.ts';
import { anyRule } from '../lambda/alerts/arbitraries.ts';
import type { Tables } from '../property/expectation.ts';
import { InMemoryLedger } from './in-memory-ledger.ts';

/** What the simulator says that incidents cause, against what the rules find in the records that it delivers. */

const rules: Rule[] = [
  ...listDefaultRules([{ name: 'any', lateness: hour / 2 }]),
  { ...anyRule, name: 'spike', kind: 'usage', compare: 'more', bytes: 500_000_000, within: 24 * hour },
];

function groupBySim(items: readonly Item[]): Map<string, Item[]> {
  const groups = new Map<string, Item[]>();
  for (const item of items) {
    const sim = item['sim']?.S ?? '';
    const group = groups.get(sim);
    if (group === undefined) groups.set(sim, [item]);
    else group.push(item);
  }
  return groups;
}

function findAlerts(tables: Tables, end: number): FoundAlert[] {
  const sessions = groupBySim(tables.Sessions);
  const usage = groupBySim(tables.Usage);
  const events = groupBySim(tables.Events);
  return tables.Sims.flatMap(({ sim: key }): FoundAlert[] => {
    const sim = key?.S ?? '';
    const records = {
      sessions: (sessions.get(sim) ?? []).map(decodeSession),
      usage: (usage.get(sim) ?? []).map(decodeUsage),
      events: (events.get(sim) ?? []).map(decodeEvent),
    };
    const known = addSigns(records);
    return rules.flatMap((rule) =>
      joinSpans(findSpans(rule, known, end), rule, end).map(({ from, to, isOver }) => ({
        ...{ rule: rule.name, sim, state: isOver ? 'closed' : 'open' },
        ...{ start_time: formatTime(from), end_time: to === undefined ? null : formatTime(to) },
      })),
    );
  });
}

describe('the incidents of a simulated fleet', () => {
  // From 100 SIMs on, a network is out too.
  test.each([
    [110, 1],
    [30, 2],
  ])(
    'cause the alerts that rules find in its records, and no others (%i SIMs, seed %i)',
    async (sims, seed) => {
      const hours = 48;
      const fleet = simulateFleet({ sims, hours, seed, hasIncidents: true });
      const ledger = new InMemoryLedger();
      await ledger.take([...fleet.deliveries].flat());
      const end = Date.parse(fleetStart) + hours * hour;
      expect(fleet.now()).toBe(end);
      const found = findAlerts(ledger.tables, end);
      const { differences, byRule, unchecked } = compareAlerts(fleet.truth, rules, found, end);
      expect({ differences, unchecked }).toEqual({ differences: [], unchecked: [] });
      expect([...byRule.keys()].sort()).toEqual(rules.map(({ name }) => name).sort());
    },
  );
});
