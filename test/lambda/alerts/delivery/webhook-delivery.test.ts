import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { createSecretsEmulator } from '../../../../emulators/secrets/emulator.ts';
import { deliver, runLimits } from '../../../../lambda/alerts/delivery/deliver.ts';
import { makeReceiver } from '../../../../lambda/alerts/delivery/receivers.ts';
import type { AlertTransition } from '../../../../lambda/alerts/delivery/transition.ts';
import { transitionKinds } from '../../../../lambda/alerts/episode.ts';
import { HookReceiver } from './hook-receiver.ts';
import { transitionWith } from './transitions.ts';
import { UndeliveredInMemory } from './undelivered-in-memory.ts';

/** The whole path to a webhook over HTTP: secret, request, signature, retries, and a receiver that verifies and drops. */

const secret = `whsec_${randomBytes(32).toString('base64')}`;
const hook = new HookReceiver(secret);
const secrets: Record<string, string> = {};
const secretsServer = createSecretsEmulator(secrets);
const start = Date.parse('2026-11-03T14:10:00.000Z');

beforeAll(async () => {
  const url = await hook.listen();
  secrets['hook'] = JSON.stringify({ url, secret });
  secrets['forger'] = JSON.stringify({ url, secret: `whsec_${randomBytes(32).toString('base64')}` });
  const { port } = await secretsServer.listen(0);
  vi.stubEnv('AWS_ENDPOINT_URL_SECRETS_MANAGER', `http://127.0.0.1:${port}`);
});

afterAll(async () => {
  vi.unstubAllEnvs();
  hook.close();
  await secretsServer.close();
});

function makeHook(secretName: string, timeoutMilliseconds: number) {
  return makeReceiver(
    {
      ...{ kind: 'webhook', name: 'hook', secret: secretName, allowPrivateAddresses: true },
      ...{ minimumSeverity: 'info', rules: undefined },
    },
    {
      configuration: {
        region: async () => 'eu-central-1',
        credentials: async () => ({ accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret' }),
      },
      readSigningTime: () => new Date(),
      onUnreadable: ({ error }) => {
        throw error;
      },
      timeoutMilliseconds,
    },
  );
}

/** Runs every ten minutes until nothing is left. Returns the failed attempts. */
async function deliverAll(
  store: UndeliveredInMemory,
  receiver: ReturnType<typeof makeHook>,
): Promise<number> {
  let failed = 0;
  for (let number = 0; number < 100 && !store.isEmpty; number += 1) {
    const began = performance.now();
    const report = await deliver(receiver, store, {
      ...{ now: start + number * 600_000, token: `run ${number}`, limits: runLimits },
      measureElapsed: () => performance.now() - began,
      context: { deployment: 'simledger', apiUrl: undefined },
      onError: (error) => {
        throw error;
      },
    });
    failed += report.failed;
  }
  return failed;
}

test('a receiver that fails, hangs and drops connections gets each transition once, in order', async () => {
  const store = new UndeliveredInMemory();
  const transitions: AlertTransition[] = ['ep1', 'ep2', 'ep3'].flatMap((episode) =>
    transitionKinds.map((kind, index) => transitionWith({ episode, sequence: index + 1, kind })),
  );
  for (const transition of transitions) store.add(transition);
  hook.behaviours.push(
    ...(['takes', 'fails', 'takes, then cuts the connection', 'takes', 'takes, then hangs'] as const),
    ...(['fails', 'takes', 'fails', 'takes', 'takes, then cuts the connection'] as const),
  );
  const planned = hook.behaviours.filter((behaviour) => behaviour !== 'takes').length;
  expect(await deliverAll(store, makeHook('hook', 3_000))).toBeGreaterThanOrEqual(planned);
  const episodes = ['ep1', 'ep2', 'ep3'];
  const taken = episodes.map((name) =>
    hook.taken
      .filter(({ episode }) => episode === name)
      .map(({ sequence, transition }) => [sequence, transition]),
  );
  const once = transitionKinds.map((kind, index) => [index + 1, kind]);
  expect(taken).toEqual(episodes.map(() => once));
  expect([hook.forged, hook.dropped >= 3, store.isEmpty]).toEqual([0, true, true]);
});

test('a request that is signed with another key is refused, and kept', async () => {
  const store = new UndeliveredInMemory();
  store.add(transitionWith());
  const taken = hook.taken.length;
  const began = performance.now();
  const report = await deliver(makeHook('forger', 60_000), store, {
    ...{ now: start, token: 'forger', limits: runLimits, measureElapsed: () => performance.now() - began },
    context: { deployment: 'simledger', apiUrl: undefined },
    onError: (error) => {
      throw error;
    },
  });
  expect([report.unusable, report.delivered, store.isEmpty]).toEqual(['status 401', 0, false]);
  expect([hook.forged, hook.taken.length]).toEqual([1, taken]);
});
