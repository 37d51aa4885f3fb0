import { type DynamoDBClient, QueryCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import type { LocalDynamoDb } from '../../../../emulators/dynamodb/start.ts';
import { deliver, runLimits } from '../../../../lambda/alerts/delivery/deliver.ts';
import { AlertOutbox } from '../../../../lambda/alerts/delivery/outbox.ts';
import type { Message, Outcome } from '../../../../lambda/alerts/delivery/receiver.ts';
import { makeDynamoDbClient } from '../../../../lambda/aws/dynamodb-client.ts';
import { alertOutboxTable } from '../../../../lambda/store/tables.ts';
import { startOutboxTable } from './outbox-table.ts';
import { transitionWith } from './transitions.ts';

/**
 * A process that crashes before or after each of its requests to DynamoDB, in turn, and another one that does
 * the same again: each added transition is delivered or kept, in order, and nothing is due any more.
 */

const start = Date.parse('2026-11-03T14:10:00.000Z');
let engine: LocalDynamoDb;
let client: DynamoDBClient;

beforeAll(async () => {
  engine = await startOutboxTable();
  client = newClient();
});

afterAll(async () => {
  client.destroy();
  await engine.stop();
});

function newClient(): DynamoDBClient {
  const credentials = { accessKeyId: 'any', secretAccessKey: 'any' };
  return makeDynamoDbClient({ endpoint: engine.endpoint, region: 'us-east-1', credentials });
}

/** The process crashes. */
class CrashError extends Error {
  override readonly name = 'CrashError';
}

/** An outbox whose process crashes at a request, and the number of its requests. */
function outboxThatDies(atRequest: number, when: 'before' | 'after') {
  const counter = { requests: 0 };
  const own = newClient();
  own.middlewareStack.add((next) => async (args) => {
    counter.requests += 1;
    const dies = counter.requests === atRequest;
    if (dies && when === 'before') throw new CrashError();
    const answer = await next(args);
    if (dies) throw new CrashError();
    return answer;
  });
  onTestFinished(() => own.destroy());
  return { outbox: new AlertOutbox(own, alertOutboxTable.name), counter };
}

/** Adds three transitions and delivers them. The receiver refuses the second. */
async function work(outbox: AlertOutbox, receiver: string, now: number, sent: number[]): Promise<void> {
  for (const sequence of [1, 2, 3]) await outbox.enqueue(receiver, transitionWith({ sequence }));
  const send = async ({ transition: { sequence } }: Message): Promise<Outcome> => {
    sent.push(sequence);
    return sequence === 2 ? { kind: 'refused', reason: 'status 400' } : { kind: 'accepted' };
  };
  await deliver({ name: receiver, takes: () => true, send }, outbox, {
    ...{ now, token: `run ${now}`, measureElapsed: () => 0, limits: runLimits },
    context: { deployment: 'simledger', apiUrl: undefined },
    onError: (error) => {
      throw error;
    },
  });
}

/** The table's items of a receiver's episode: its cursor, and the kept transitions. */
async function readEpisode(receiver: string) {
  const { Items: items = [] } = await client.send(
    new QueryCommand({
      TableName: alertOutboxTable.name,
      ConsistentRead: true,
      KeyConditionExpression: 'receiver = :receiver AND begins_with(entry, :episode)',
      ExpressionAttributeValues: { ':receiver': { S: receiver }, ':episode': { S: 'ep1' } },
    }),
  );
  const cursor = items.find(({ entry }) => entry?.S === 'ep1');
  const kept = items.filter(({ undeliverable }) => undeliverable !== undefined);
  return {
    cursor: [cursor?.['enqueued']?.N, cursor?.['done']?.N, cursor?.['dueAt']],
    kept: kept.map(({ entry, undeliverable }) => [entry?.S, undeliverable?.S]),
  };
}

test('a process may die at any of its requests', async () => {
  const whole = outboxThatDies(Number.POSITIVE_INFINITY, 'before');
  await work(whole.outbox, 'whole', start, []);
  expect(whole.counter.requests).toBeGreaterThan(25);
  const outcomes = new Map<string, string[]>();
  for (let request = 1; request <= whole.counter.requests; request += 1) {
    for (const when of ['before', 'after'] as const) {
      const name = `${when} ${request}`;
      const sent: number[] = [];
      const { outbox } = outboxThatDies(request, when);
      await expect(work(outbox, name, start, sent)).rejects.toThrow(CrashError);
      const again = outboxThatDies(Number.POSITIVE_INFINITY, 'before');
      await work(again.outbox, name, start + runLimits.leaseMilliseconds, sent);
      // At most the transition at the crash is repeated, and never an earlier one.
      const inOrder = sent.every((sequence, index) => sequence - (sent[index - 1] ?? 0) <= 1);
      const isSorted = sent.toSorted().join() === sent.join();
      const { cursor, kept } = await readEpisode(name);
      const said = JSON.stringify([new Set(sent).size, inOrder, isSorted, cursor, kept]);
      outcomes.set(said, [...(outcomes.get(said) ?? []), name]);
    }
  }
  const kept = [['ep1#0000000002', 'status 400']];
  expect([...outcomes.keys()]).toEqual([JSON.stringify([3, true, true, ['3', '3', undefined], kept])]);
});
