import { type DynamoDBClient, QueryCommand } from '@aws-sdk/client-dynamodb';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { LocalDynamoDb } from '../../../../emulators/dynamodb/start.ts';
import { deliver, runLimits } from '../../../../lambda/alerts/delivery/deliver.ts';
import { AlertOutbox } from '../../../../lambda/alerts/delivery/outbox.ts';
import type { Disposal, Undelivered } from '../../../../lambda/alerts/delivery/undelivered.ts';
import { episodeStates } from '../../../../lambda/alerts/episode.ts';
import { makeDynamoDbClient } from '../../../../lambda/aws/dynamodb-client.ts';
import { alertOutboxTable } from '../../../../lambda/store/tables.ts';
import { runs } from '../../../records/runs.ts';
import { startOutboxTable } from './outbox-table.ts';
import { transitionWith } from './transitions.ts';
import { UndeliveredInMemory } from './undelivered-in-memory.ts';

/** Compares the outbox in DynamoDB with that in memory, which the tests of delivery use. Each operation does the same. */

const start = Date.parse('2026-11-03T14:10:00.000Z');
const tableName = alertOutboxTable.name;
let engine: LocalDynamoDb;
let client: DynamoDBClient;

beforeAll(async () => {
  engine = await startOutboxTable();
  const credentials = { accessKeyId: 'any', secretAccessKey: 'any' };
  client = makeDynamoDbClient({ endpoint: engine.endpoint, region: 'us-east-1', credentials });
});

afterAll(async () => {
  client.destroy();
  await engine.stop();
});

let receivers = 0;

/** A receiver that no other test has. */
function newReceiver(): string {
  receivers += 1;
  return `receiver-${receivers}`;
}

/** The items of a receiver, by sort key. */
async function readItems(receiver: string): Promise<[entry: string | undefined, attributes: string[]][]> {
  const { Items: items = [] } = await client.send(
    new QueryCommand({
      TableName: tableName,
      ConsistentRead: true,
      KeyConditionExpression: 'receiver = :receiver',
      ExpressionAttributeValues: { ':receiver': { S: receiver } },
    }),
  );
  return items.map(({ receiver: _, entry, ...others }) => [entry?.S, Object.keys(others).sort()]);
}

/** An operation on an outbox. Numbers choose among the existing items. */
type Step =
  | { readonly does: 'enqueue'; readonly episode: number; readonly repeats: number }
  | {
      readonly does: 'acknowledge' | 'reschedule';
      readonly episode: number;
      readonly isOld: boolean;
      readonly disposal: Disposal;
    }
  | { readonly does: 'lock' | 'unlock'; readonly run: number }
  | { readonly does: 'list'; readonly limit: number };

const episode = fc.integer({ min: 1, max: 3 });
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ does: fc.constant('enqueue' as const), episode, repeats: fc.nat(2) }),
  fc.record({
    does: fc.constantFrom('acknowledge' as const, 'acknowledge' as const, 'reschedule' as const),
    episode,
    isOld: fc.boolean(),
    disposal: fc.constantFrom('delivered' as const, 'passed-over' as const, 'undeliverable' as const),
  }),
  fc.record({ does: fc.constantFrom('lock' as const, 'unlock' as const), run: fc.nat(2) }),
  fc.record({ does: fc.constant('list' as const), limit: fc.integer({ min: 1, max: 3 }) }),
);

test('each operation of the outbox in DynamoDB returns the same as in memory', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
      const receiver = newReceiver();
      const stored = new AlertOutbox(client, tableName);
      const memory = new UndeliveredInMemory();
      const both = async <T>(ask: (store: AlertOutbox | UndeliveredInMemory) => Promise<T>): Promise<T> => {
        const expected = await ask(memory);
        expect(await ask(stored)).toEqual(expected);
        return expected;
      };
      const enqueued = new Map<string, number>();
      /** What was read for each episode, latest last. */
      const seen = new Map<string, Undelivered[]>();
      for (const [index, one] of steps.entries()) {
        const now = start + index * 60_000;
        if (one.does === 'enqueue') {
          const name = `ep${one.episode}`;
          const sequence = Math.max(1, (enqueued.get(name) ?? 0) + 2 - one.repeats);
          enqueued.set(name, Math.max(sequence, enqueued.get(name) ?? 0));
          // An episode's times depend only on its number and sequence, so a repetition is the same.
          const decidedAt = new Date(start + sequence * 7_000 + one.episode).toISOString();
          const state = episodeStates[sequence % episodeStates.length] ?? 'open';
          const transition = transitionWith({ episode: name, sequence, decidedAt, state });
          await both((store) => store.enqueue(receiver, transition));
        } else if (one.does === 'acknowledge' || one.does === 'reschedule') {
          const name = `ep${one.episode}`;
          const next = await both((store) => store.readNext(receiver, name));
          const known = seen.get(name) ?? [];
          if (next !== undefined) known.push(next);
          seen.set(name, known);
          const chosen = one.isOld ? known[0] : known.at(-1);
          if (chosen === undefined) continue;
          await both((store) =>
            one.does === 'acknowledge'
              ? store.acknowledge(receiver, chosen, one.disposal, 'why')
              : store.reschedule(receiver, chosen, now + 90_000 + one.episode),
          );
        } else if (one.does === 'lock') {
          const lease = { token: `run ${one.run}`, now, until: now + 90_000 };
          await both((store) => store.lock(receiver, lease));
        } else if (one.does === 'unlock') {
          const state = { unusableRuns: one.run, pausedUntil: now };
          await both((store) => store.unlock(receiver, `run ${one.run}`, state));
        } else if (one.does === 'list') await both((store) => store.listDue(receiver, now, one.limit));
      }
      for (const number of [1, 2, 3]) await both((store) => store.readNext(receiver, `ep${number}`));
      await both((store) => store.listDue(receiver, start + 86_400_000, 10));
    }),
    runs(40),
  );
});

test('a delivered transition leaves a cursor that is not due, and an undeliverable one is kept', async () => {
  const receiver = newReceiver();
  const outbox = new AlertOutbox(client, tableName);
  for (const sequence of [1, 2, 3]) await outbox.enqueue(receiver, transitionWith({ sequence }));
  const outcomes = [{ kind: 'refused', reason: 'status 400' } as const];
  const report = await deliver(
    {
      ...{ name: receiver, takes: () => true },
      send: async () => outcomes.shift() ?? { kind: 'accepted' },
    },
    outbox,
    {
      ...{ now: start, token: 'run', measureElapsed: () => 0, limits: runLimits },
      context: { deployment: 'simledger', apiUrl: undefined },
      onError: (error) => {
        throw error;
      },
    },
  );
  expect([report.delivered, report.undeliverable]).toEqual([2, 1]);
  expect(await readItems(receiver)).toEqual([
    ['!state', ['pausedUntil', 'unusableRuns']],
    ['ep1', ['attempts', 'done', 'enqueued', 'told']],
    ['ep1#0000000001', ['transition', 'undeliverable']],
  ]);
});

test('a transition that is added again after its delivery is not sent again', async () => {
  const receiver = newReceiver();
  const outbox = new AlertOutbox(client, tableName);
  const transition = transitionWith();
  await outbox.enqueue(receiver, transition);
  const next = await outbox.readNext(receiver, 'ep1');
  if (next === undefined) expect.fail('Nothing is next');
  expect(next).toEqual({
    transition,
    after: 0,
    told: undefined,
    attempts: 0,
    dueAt: Date.parse(transition.decidedAt),
  });
  expect(await outbox.acknowledge(receiver, next, 'delivered', '')).toBe(true);
  await outbox.enqueue(receiver, transition);
  expect(await outbox.readNext(receiver, 'ep1')).toBe(undefined);
  expect(await readItems(receiver)).toEqual([['ep1', ['attempts', 'done', 'enqueued', 'told']]]);
});

test('transitions that two writers add concurrently are stored once', async () => {
  const receiver = newReceiver();
  const outbox = new AlertOutbox(client, tableName);
  for (const sequence of [1, 2, 3]) {
    const transition = transitionWith({ sequence });
    await Promise.all([outbox.enqueue(receiver, transition), outbox.enqueue(receiver, transition)]);
  }
  const entries = (await readItems(receiver)).map(([entry]) => entry);
  expect(entries).toEqual(['ep1', 'ep1#0000000001', 'ep1#0000000002', 'ep1#0000000003']);
});

test('a transition that arrives after a later one is left out', async () => {
  const receiver = newReceiver();
  const outbox = new AlertOutbox(client, tableName);
  for (const sequence of [1, 4, 3]) await outbox.enqueue(receiver, transitionWith({ sequence }));
  expect((await readItems(receiver)).map(([entry]) => entry)).toEqual([
    ...['ep1', 'ep1#0000000001', 'ep1#0000000004'],
  ]);
});

test('a lease whose answer was lost is confirmed by the retry', async () => {
  const receiver = newReceiver();
  const outbox = new AlertOutbox(client, tableName);
  const lease = { token: 'run', now: start, until: start + 60_000 };
  const first = await outbox.lock(receiver, lease);
  expect([first, await outbox.lock(receiver, lease)]).toEqual([first, first]);
  expect(await outbox.lock(receiver, { ...lease, token: 'other' })).toBe(undefined);
});
