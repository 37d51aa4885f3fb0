import { randomBytes } from 'node:crypto';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';
import { LocalAlerts } from '../../local/alerts.ts';
import { HookReceiver } from '../lambda/alerts/delivery/hook-receiver.ts';
import { fleetStart, makeDevices, makeMemoryTables, SweptFleet } from '../lambda/alerts/sweep/swept-fleet.ts';
import { asClient, type Command } from '../property/memory-dynamodb.ts';

/** Alerts of a local run that is stopped while they are judged or sent, and of the run that goes on with its tables. */

const hour = 3_600_000;
const key = randomBytes(32);
let hook: HookReceiver;
let url: URL;

beforeAll(async () => {
  hook = new HookReceiver(`whsec_${key.toString('base64')}`);
  url = new URL(await hook.listen());
});

afterAll(() => hook.close());

afterEach(() => vi.useRealTimers());

/** An engine that does something at a request, and ends. */
class Engine {
  readonly client: DynamoDBClient;
  isEnded = false;
  #requests = 0;
  #planned: { readonly request: number; readonly act: () => void } | undefined;

  constructor(memory: DynamoDBClient) {
    this.client = asClient({
      send: async (command: Command) => {
        this.#requests += 1;
        if (this.#requests === this.#planned?.request) this.#planned.act();
        await nextTurn();
        if (this.isEnded) throw new Error('connect ECONNREFUSED 127.0.0.1:8000');
        return memory.send(command as never);
      },
    });
  }

  at(request: number, act: () => void): void {
    this.#planned = { request, act };
  }
}

/** A run whose records' clock stands still. */
const now = fleetStart + 140 * hour;

/** 15 devices that are silent for long, one after the other, and three that are not, all of other networks. */
async function makeLedger() {
  const tables = makeMemoryTables();
  const fleet = new SweptFleet(tables, 'emnify');
  for (let index = 0; index < 15; index += 1) {
    await fleet.use(makeDevices(1, String(index + 10)), () => [index * 8]);
  }
  await fleet.use(makeDevices(3, '01'), () => [140]);
  const troubles: string[] = [];
  const open = (client: DynamoDBClient): LocalAlerts =>
    new LocalAlerts({
      ...{ client, rules: [fleet.rule], notify: { url, keys: [key] } },
      onTrouble: (sentence) => troubles.push(sentence),
    });
  return { client: tables.client, troubles, open };
}

/** Runs a ledger's alerts, stopped at a request, and once more by a second run; what both have posted and said. */
async function play(stopsAt: number | undefined) {
  hook.taken.length = 0;
  const { client, troubles, open } = await makeLedger();
  let left = 0;
  if (stopsAt !== undefined) {
    const engine = new Engine(client);
    const alerts = open(engine.client);
    let stopped: Promise<void> | undefined;
    engine.at(stopsAt, () => {
      stopped = alerts.stop();
    });
    left = (await alerts.sweepPast(now))?.report.left ?? 0;
    await stopped;
    engine.isEnded = true;
    if (stopped !== undefined) await expect(alerts.sweepPast(now)).rejects.toThrow('The run is stopped');
  }
  const second = open(client);
  const swept = await second.sweepPast(now);
  return {
    left,
    found: {
      troubles,
      isUndelivered: swept?.isUndelivered,
      posted: hook.taken.map(({ from }) => from).toSorted(),
      alerts: (await second.list()).length,
    },
  };
}

test('alerts of a run that is stopped are judged and sent by the next one', async () => {
  const { found: whole } = await play(undefined);
  expect(whole).toMatchObject({ troubles: [], isUndelivered: false, alerts: 15 });
  expect(whole.posted).toHaveLength(15);
  const lefts: number[] = [];
  for (const stopsAt of [2, 20, 40, 60, 80, 120, 160, 200]) {
    const { left, found } = await play(stopsAt);
    lefts.push(left);
    expect(found, `stopped at request ${stopsAt}`).toEqual(whole);
  }
  expect(Math.max(...lefts)).toBeGreaterThan(0);
});

test.each([20, 60, 100, 140])(
  'a run that ends at request %d says nothing of requests that fail',
  async (request) => {
    const { client, troubles, open } = await makeLedger();
    const engine = new Engine(client);
    const alerts = open(engine.client);
    engine.at(request, () => {
      void alerts.stop();
      engine.isEnded = true;
    });
    await alerts.sweepPast(now).catch(() => undefined);
    expect(troubles).toEqual([]);
  },
);

test('messages that a receiver did not accept are sent again, even while no records arrive', async () => {
  vi.useFakeTimers({ toFake: ['performance'] });
  hook.taken.length = 0;
  hook.behaviours.push('fails', 'fails', 'fails');
  const { client, troubles, open } = await makeLedger();
  const alerts = open(client);
  expect(await alerts.sweepPast(now)).toMatchObject({ isUndelivered: true });
  expect(troubles).toEqual(['--notify: alerts could not be posted (status 503)']);
  vi.advanceTimersByTime(10 * 60_000);
  expect(await alerts.sweepPast(now)).toMatchObject({ isUndelivered: false });
  expect(hook.taken).toHaveLength(15);
});
