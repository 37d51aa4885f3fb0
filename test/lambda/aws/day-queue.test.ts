import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createSqsEmulator, type SqsEmulator } from '../../../emulators/sqs/emulator.ts';
import type { Queue } from '../../../emulators/sqs/queue.ts';
import { DayQueue } from '../../../lambda/aws/day-queue.ts';
import type { DayMessage } from '../../../lambda/days/work.ts';

const client = new DynamoDBClient({
  region: 'eu-central-1',
  credentials: { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret' },
});

let emulator: SqsEmulator;
let queue: Queue;

beforeEach(async () => {
  emulator = createSqsEmulator();
  await emulator.listen(0);
  queue = emulator.createQueue('days');
  return () => vi.restoreAllMocks();
});

afterEach(() => emulator.close());

function makeBuckets(count: number): DayMessage[] {
  return Array.from({ length: count }, (_, bucket) => ({
    kind: 'bucket',
    day: '2026-11-02',
    round: 1,
    bucket,
  }));
}

async function receiveAll(): Promise<DayMessage[]> {
  const found: DayMessage[] = [];
  for (;;) {
    const messages = await queue.receive(10, 0);
    if (messages.length === 0) return found;
    found.push(...messages.map(({ body }) => JSON.parse(body) as DayMessage));
  }
}

test('any number of messages is sent, each one once', async () => {
  await new DayQueue(client.config, queue.url).send(makeBuckets(23), 0);
  expect(await receiveAll()).toEqual(makeBuckets(23));
});

test('an empty list of messages sends no request', async () => {
  await new DayQueue(client.config, 'http://127.0.0.1:1/nothing-listens-here').send([], 0);
});

test('a message is delayed by at least the requested time', async () => {
  const send = vi.spyOn(queue, 'send');
  await new DayQueue(client.config, queue.url).send(makeBuckets(1), 899_001);
  expect(send.mock.calls.map(([, options]) => options)).toEqual([{ delaySeconds: 900 }]);
});

test('a refusal by the queue is an error with the reason', async () => {
  const { origin } = new URL(queue.url);
  await expect(
    new DayQueue(client.config, `${origin}/000000000000/other`).send(makeBuckets(1), 0),
  ).rejects.toThrow(/^The queue of the day pass answered 400: .*other/);
});

test('messages that the queue does not accept are an error', async () => {
  const answer = JSON.stringify({ Failed: [{ Id: '0', Code: 'InternalError' }], Successful: [] });
  vi.spyOn(globalThis, 'fetch').mockResolvedValue(new Response(answer));
  await expect(new DayQueue(client.config, queue.url).send(makeBuckets(2), 0)).rejects.toThrow(
    'The queue of the day pass answered that it does not take 1 of 2 messages: InternalError',
  );
});
