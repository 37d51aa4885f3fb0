import { expect, test } from 'vitest';
import { runLimits } from '../../../../lambda/alerts/delivery/deliver.ts';
import type { Receiver } from '../../../../lambda/alerts/delivery/receiver.ts';
import { deliverAll } from '../../../../lambda/functions/alert-delivery/deliver-all.ts';
import { transitionWith } from '../../alerts/delivery/transitions.ts';
import { UndeliveredInMemory } from '../../alerts/delivery/undelivered-in-memory.ts';

const run = {
  ...{
    now: Date.parse('2026-11-03T14:10:00.000Z'),
    token: 'run',
    measureElapsed: () => 0,
    limits: runLimits,
  },
  context: { deployment: 'simledger', apiUrl: undefined },
  onError: (error: Error) => {
    throw error;
  },
};

function receiverNamed(name: string, got: string[]): Receiver {
  return {
    ...{ name, takes: () => true },
    send: async ({ event }) => {
      got.push(`${name} ${event.id}`);
      return { kind: 'accepted' };
    },
  };
}

test('a store failure for one receiver fails the run, and the other receivers still get their messages', async () => {
  const got: string[] = [];
  const reported: string[] = [];
  const store = new UndeliveredInMemory();
  store.add(transitionWith());
  const listDue = store.listDue.bind(store);
  store.listDue = (receiver, now, limit) =>
    receiver === 'first' ? Promise.reject(new Error('no answer')) : listDue(receiver, now, limit);
  const lock = store.lock.bind(store);
  store.lock = async (receiver, lease) =>
    receiver === 'first' ? { unusableRuns: 0, pausedUntil: 0 } : lock(receiver, lease);
  const receivers = ['first', 'second'].map((name) => receiverNamed(name, got));
  const ports = {
    receivers,
    store,
    onReport: ({ receiver }: { receiver: string }) => void reported.push(receiver),
  };
  await expect(deliverAll(ports, run)).rejects.toThrow(
    new AggregateError([new Error('no answer')], 'The store failed for first'),
  );
  expect([got, reported]).toEqual([['second ep1-1'], ['second']]);
});
