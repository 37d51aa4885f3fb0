import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { carriers } from '../../lambda/ledger/source.ts';
import { listDefaultRules } from '../../lib/alert-rules.ts';
import {
  compareAlerts,
  compareIncidents,
  type FoundAlert,
  type ToldIncident,
} from '../../simulator/compare-alerts.ts';
import { fleetStart, simulateFleet } from '../../simulator/fleet.ts';
import { hour } from '../../simulator/records.ts';
import { HookReceiver } from '../lambda/alerts/delivery/hook-receiver.ts';

/**
 * A simulated fleet of the local run, its alerts, and a receiver that verifies what is posted to it.
 *
 * `FLEET_SIMS` is the number of SIMs, if it is more than the default.
 */

const project = fileURLToPath(new URL('../../', import.meta.url));
const secret = `whsec_${randomBytes(32).toString('base64')}`;
const hook = new HookReceiver(secret);
let address: string;

beforeAll(async () => {
  address = await hook.listen();
});

afterAll(() => hook.close());

/** Runs `npm start -- ARGS`, without npm. */
async function start(args: readonly string[], variables: Readonly<Record<string, string>>) {
  const ports = ['KINESIS', 'S3', 'DYNAMODB', 'API'].map((name) => [`SIMLEDGER_${name}_PORT`, '0']);
  const child = spawn(process.execPath, ['local/start.mjs', ...args], {
    cwd: project,
    env: { ...process.env, ...Object.fromEntries(ports), ...variables },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const [output, errors, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'close'),
  ]);
  return { output, errors, code: code as number };
}

/** The incidents that the receiver knows, each as it was told last. */
function listIncidents(): (FoundAlert & ToldIncident)[] {
  const incidents = new Map<string, FoundAlert & ToldIncident>();
  for (const { episode, rule, subject, state, from, to } of hook.taken) {
    const sim = subject.kind === 'sim' ? subject.sim : null;
    const times = { start_time: from, end_time: to ?? null };
    incidents.set(episode, { rule: rule.name, sim, state, subject, ...times });
  }
  return [...incidents.values()];
}

describe(
  'the alerts of a simulated fleet',
  () => {
    // Enough for an incident of each kind. From 100 SIMs on, a network is out too.
    const fleet = { sims: Math.max(24, Number(process.env['FLEET_SIMS'] ?? '0')), hours: 30, seed: 1 };

    test('reach a receiver as one signed incident for each cause, although some of its responses fail', async () => {
      hook.behaviours.push('takes', 'fails', 'takes, then cuts the connection');
      const args = [
        '--simulate',
        `${fleet.sims}`,
        '--hours',
        `${fleet.hours}`,
        '--once',
        '--notify',
        address,
      ];
      const { output, errors, code } = await start(args, { SIMLEDGER_NOTIFY_SECRET: secret });
      const { deliveries, truth } = simulateFleet({ ...fleet, hasIncidents: true });
      for (const _batch of deliveries);
      const rules = listDefaultRules(carriers.map((name) => ({ name, lateness: hour / 2 })));
      const end = Date.parse(fleetStart) + fleet.hours * hour;
      const incidents = listIncidents();
      const { byRule, differences } = compareAlerts(truth, rules, incidents, end);
      expect({ differences, forged: hook.forged }).toEqual({ differences: [], forged: 0 });
      expect(compareIncidents(truth, rules, incidents, end)).toEqual([]);
      expect([...byRule.keys()].sort()).toEqual(rules.map(({ name }) => name).sort());
      const counts = [...byRule].map(([rule, count]) => `${count} ${rule}`).join(', ');
      expect(output).toContain(`The alerts are those that the simulator caused: ${counts}.`);
      expect(code, output).toBe(0);
      // Each attempt that failed was told.
      expect(errors).toMatch(/^! --notify: alerts could not be posted \(status 503\)$/m);
    });
  },
  300_000 * Math.max(1, Number(process.env['FLEET_SIMS'] ?? '0') / 100),
);

test('alerts that the receiver does not accept are reported, and the run ends with 1', async () => {
  // Nothing listens there.
  const { code, output, errors } = await start(['--once', '--notify', 'http://127.0.0.1:1/alerts'], {});
  expect(code, output).toBe(1);
  expect(errors).toMatch(/^! --notify: alerts could not be posted \(.+\)\n$/);
});
