import { describe, expect, test } from 'vitest';
import { LifeFacts } from '../../simulator/alert-truth.ts';
import {
  compareAlerts,
  compareIncidents,
  type FoundAlert,
  type ToldIncident,
} from '../../simulator/compare-alerts.ts';
import { formatIso, hour } from '../../simulator/records.ts';
import { type ExpectedPartition, type NetworkOutage, PartitionTruth } from '../../simulator/truth.ts';
import { anyRule } from '../lambda/alerts/arbitraries.ts';

const start = Date.parse('2026-10-01T00:00:00Z');
const end = start + 48 * hour;
const silent = {
  ...anyRule,
  name: 'silent',
  kind: 'silent',
  missing: 'everything',
  after: 24 * hour,
} as const;
const blocked = { ...anyRule, name: 'blocked', kind: 'blocked' } as const;

/** The truth of SIMs that were heard at hours from the start. */
function truthOf(lives: Readonly<Record<string, readonly number[]>>, outage?: NetworkOutage) {
  const partitions = Object.entries(lives).map(([sim, hours]): [string, ExpectedPartition] => {
    const facts = new LifeFacts('emnify');
    facts.heard.push(...hours.map((at) => start + at * hour));
    return [sim, new PartitionTruth('update', facts)];
  });
  return { partitions: new Map(partitions), outage };
}

function found(sim: string | null, from: number, to: number | null, state: string): FoundAlert {
  const end_time = to === null ? null : formatIso(start + to * hour);
  return { rule: 'silent', sim, state, start_time: formatIso(start + from * hour), end_time };
}

function told(sim: string, state = 'open'): ToldIncident {
  return { rule: 'silent', state, subject: { kind: 'sim', sim } };
}

describe('the comparison of alerts', () => {
  const truth = truthOf({ died: [0, 1, 2], back: [0, 30, 47], well: [0, 20, 40] });
  const died = found('died', 2, null, 'open');
  const right = [died, found('back', 0, 30, 'closed')];
  const compare = (alerts: readonly FoundAlert[]) => compareAlerts(truth, [silent, blocked], alerts, end);

  test('finds nothing if each alert has its cause, with any merged or withdrawn alerts', () => {
    expect(compare([...right, found('well', 0, 20, 'withdrawn'), found('back', 1, 30, 'merged')])).toEqual({
      checked: 2,
      byRule: new Map([['silent', 2]]),
      grouped: 0,
      corrected: 2,
      differences: [],
      differing: 0,
      unchecked: ['blocked'],
    });
  });

  test.each([
    [
      'an alert is missing',
      right.slice(1),
      ['Alert silent of SIM died since 2026-10-01T02:00:00.000Z: missing'],
    ],
    [
      'nothing caused an alert',
      [...right, found('well', 0, 20, 'closed')],
      ['Alert silent of SIM well since 2026-10-01T00:00:00.000Z (closed): nothing caused it'],
    ],
    [
      'an alert is there twice',
      [...right, found('died', 2, null, 'open')],
      ['Alert silent of SIM died since 2026-10-01T02:00:00.000Z (open): nothing caused it'],
    ],
    [
      'one that is over is open',
      [died, found('back', 0, 30, 'open')],
      ['Alert silent of SIM back since 2026-10-01T00:00:00.000Z: expected closed, found open'],
    ],
    [
      'one ends at another time',
      [died, found('back', 0, 31, 'closed')],
      [
        'Alert silent of SIM back since 2026-10-01T00:00:00.000Z: expected to end at 2026-10-02T06:00:00.000Z, found 2026-10-02T07:00:00.000Z',
      ],
    ],
  ] as const)('says that %s', (_, alerts, differences) => {
    expect(compare(alerts).differences).toEqual(differences);
  });

  test('names twenty differences, and counts all', () => {
    const many = Array.from({ length: 25 }, () => found('well', 0, 20, 'closed'));
    const { differences, differing } = compare([...right, ...many]);
    expect([differences.length, differing]).toEqual([20, 25]);
  });
});

describe('the comparison of incidents', () => {
  const names = Array.from({ length: 21 }, (_, index) => `out-${index}`);
  const lives = Object.fromEntries(names.map((name) => [name, [0, 30, 47]]));
  const network = '262-01';
  const outage = { network, sims: new Set(names), visitors: new Set([...names, 'died', 'well']) };
  const truth = truthOf({ ...lives, died: [0, 1, 2], alone: [0], well: [0, 20, 40] }, outage);
  const group = (value: string): ToldIncident => ({
    rule: 'silent',
    state: 'closed',
    subject: { kind: 'group', by: 'network', value, members: { total: 21 } },
  });
  const compare = (incidents: readonly ToldIncident[]) => compareIncidents(truth, [silent], incidents, end);

  test('expects one for a network’s outage, alone or together with a device that died on it', () => {
    expect(compare([group(network), told('alone')])).toEqual([]);
    expect(compare([group(network), told('alone'), told('died'), told('well', 'withdrawn')])).toEqual([]);
  });

  test('names an incident that is sent twice, outside of its group, or not at all', () => {
    expect(
      compare([group(network), group('262-02'), told('alone'), told('alone'), told('out-3'), told('well')]),
    ).toEqual([
      'Incidents silent of SIM out-3: expected 0, told 1',
      'Incidents silent of SIM alone: expected 1, told 2',
      'Incidents silent of SIM well: expected 0, told 1',
      'Groups of silent: expected network 262-01, told network 262-01, network 262-02',
    ]);
    expect(compare([])).toEqual([
      'Incidents silent of SIM alone: expected 1, told 0',
      'Groups of silent: expected network 262-01, told none',
    ]);
  });

  test('expects one for each device if fewer are affected', () => {
    const few = { ...outage, sims: new Set(names.slice(1)) };
    const incidents = [...names, 'died', 'alone'].map((sim) => told(sim));
    expect(compareIncidents({ ...truth, outage: few }, [silent], incidents, end)).toEqual([]);
  });

  test('names an alert about a source, because no simulated source is late', () => {
    const source: ToldIncident = {
      rule: 'source',
      state: 'open',
      subject: { kind: 'source', source: 'kore' },
    };
    expect(compare([group(network), told('alone'), source])).toEqual(['Sources: expected none, told kore']);
  });
});
