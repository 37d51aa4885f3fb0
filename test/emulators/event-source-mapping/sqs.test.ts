import { setTimeout as delay } from 'node:timers/promises';
import type { SQSEvent } from 'aws-lambda';
import { afterEach, describe, expect, test } from 'vitest';
import type { EventSourceMapping } from '../../../emulators/event-source-mapping/mapping.ts';
import {
  createSqsMapping,
  type QueueBatchReport,
  type QueueMessage,
  type QueueReader,
  type SqsMappingOptions,
} from '../../../emulators/event-source-mapping/sqs.ts';
import { inProcess } from './in-memory-sources.ts';

/** A minimal queue: received messages stay hidden until the test shows them again. */
class MemoryQueue implements QueueReader {
  readonly arn = 'arn:aws:sqs:us-east-1:000000000000:files';
  readonly visible: QueueMessage[] = [];
  readonly inFlight = new Map<string, QueueMessage>();
  readonly visibilityChanges: [string, number][] = [];
  #wake: () => void = () => undefined;

  send(...bodies: string[]): void {
    for (const body of bodies) {
      this.visible.push({
        ...{ messageId: `id-${body}`, receiptHandle: `receipt-${body}`, body, md5OfBody: `md5-${body}` },
        ...{ sentMilliseconds: 1_000, firstReceivedMilliseconds: 2_000, receiveCount: 1 },
      });
    }
    this.#wake();
  }

  async receive(maximum: number, _: number, { signal }: { readonly signal: AbortSignal }) {
    if (this.visible.length === 0 && !signal.aborted) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
        signal.addEventListener('abort', () => resolve());
      });
    }
    if (signal.aborted) return [];
    const messages = this.visible.splice(0, maximum);
    for (const message of messages) this.inFlight.set(message.receiptHandle, message);
    return messages;
  }

  delete(receiptHandle: string): void {
    this.inFlight.delete(receiptHandle);
  }

  changeVisibility(receiptHandle: string, seconds: number): void {
    this.visibilityChanges.push([receiptHandle, seconds]);
    const message = this.inFlight.get(receiptHandle);
    if (message !== undefined && this.inFlight.delete(receiptHandle)) this.visible.push(message);
    this.#wake();
  }

  counts() {
    return { visible: this.visible.length, inFlight: this.inFlight.size, delayed: 0 };
  }
}

let started: EventSourceMapping[] = [];

afterEach(async () => {
  await Promise.all(started.map((mapping) => mapping.stop()));
  started = [];
});

function map(
  queue: MemoryQueue,
  handler: (event: SQSEvent) => unknown,
  options: Partial<SqsMappingOptions> = {},
) {
  const reports: Omit<QueueBatchReport, 'durationMilliseconds'>[] = [];
  const mapping = createSqsMapping({
    queue,
    target: inProcess(handler),
    rules: { batchSize: 10, maximumConcurrency: 2 },
    onBatch: ({ durationMilliseconds: _, ...report }) => reports.push(report),
    ...options,
  });
  mapping.start();
  started.push(mapping);
  return { mapping, reports };
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await delay(1);
}

describe('messages of a queue', () => {
  test('have the same form as on Lambda, and are deleted when they are processed', async () => {
    const queue = new MemoryQueue();
    const events: SQSEvent[] = [];
    const { mapping, reports } = map(queue, (event) => void events.push(event));
    queue.send('a');
    await mapping.waitUntilIdle();
    expect(events).toEqual([
      {
        Records: [
          {
            messageId: 'id-a',
            receiptHandle: 'receipt-a',
            body: 'a',
            attributes: {
              ApproximateReceiveCount: '1',
              SentTimestamp: '1000',
              SenderId: '000000000000',
              ApproximateFirstReceiveTimestamp: '2000',
            },
            messageAttributes: {},
            md5OfBody: 'md5-a',
            eventSource: 'aws:sqs',
            eventSourceARN: 'arn:aws:sqs:us-east-1:000000000000:files',
            awsRegion: 'us-east-1',
          },
        ],
      },
    ]);
    expect(reports).toEqual([{ messages: 1, deleted: 1 }]);
    expect(queue.counts()).toEqual({ visible: 0, inFlight: 0, delayed: 0 });
  });

  test('that failed stay in the queue, and only those', async () => {
    const queue = new MemoryQueue();
    queue.send('a', 'b', 'c');
    const { reports } = map(queue, () => ({ batchItemFailures: [{ itemIdentifier: 'id-b' }] }));
    await until(() => reports.length === 1);
    expect(reports).toEqual([{ messages: 3, deleted: 2 }]);
    expect([...queue.inFlight.keys()]).toEqual(['receipt-b']);
    expect(queue.visibilityChanges).toEqual([]);
  });

  test.each([
    ['a function error', () => Promise.reject(new Error('failed')), 'Error'],
    [
      'an unknown message in the response',
      () => ({ batchItemFailures: [{ itemIdentifier: 'id-z' }] }),
      'InvalidBatchResponse',
    ],
    ['a malformed response', () => ['id-a'], 'InvalidBatchResponse'],
  ])('all stay in the queue after %s', async (_, handler, name) => {
    const queue = new MemoryQueue();
    queue.send('a', 'b');
    const { reports } = map(queue, handler);
    await until(() => reports.length === 1);
    expect(reports).toEqual([{ messages: 2, deleted: 0, error: { name, message: expect.any(String) } }]);
    expect([...queue.inFlight.keys()]).toEqual(['receipt-a', 'receipt-b']);
  });

  test('are delivered again after the delay; the mapping is not idle before', async () => {
    const queue = new MemoryQueue();
    queue.send('a');
    let failures = 0;
    const { mapping, reports } = map(
      queue,
      () => {
        if (failures < 2) throw new Error(`failure ${++failures}`);
      },
      { retryDelaySeconds: 3 },
    );
    await mapping.waitUntilIdle();
    expect(reports.map((report) => report.deleted)).toEqual([0, 0, 1]);
    expect(queue.visibilityChanges).toEqual([
      ['receipt-a', 3],
      ['receipt-a', 3],
    ]);
  });

  test('are processed in as many concurrent batches as allowed', async () => {
    const queue = new MemoryQueue();
    queue.send('a', 'b', 'c', 'd', 'e');
    let running = 0;
    let most = 0;
    const handler = async () => {
      most = Math.max(most, ++running);
      await until(() => most >= 3);
      await delay(10);
      running--;
    };
    const { mapping, reports } = map(queue, handler, { rules: { batchSize: 1, maximumConcurrency: 3 } });
    await mapping.waitUntilIdle();
    expect([most, reports.length]).toEqual([3, 5]);
  });

  test('that are being processed are finished when the mapping is stopped; others stay, and waiting calls are rejected', async () => {
    const queue = new MemoryQueue();
    queue.send('a', 'b', 'c');
    let release: () => void = () => undefined;
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    const { mapping, reports } = map(queue, () => held, {
      rules: { batchSize: 1, maximumConcurrency: 2 },
    });
    const waiting = mapping.waitUntilIdle().catch((error: unknown) => error);
    await until(() => queue.inFlight.size === 2);
    const stopped = mapping.stop();
    release();
    await stopped;
    expect(reports.map((report) => report.deleted)).toEqual([1, 1]);
    expect(queue.counts()).toEqual({ visible: 1, inFlight: 0, delayed: 0 });
    expect(await waiting).toMatchObject({ name: 'MappingStoppedError' });
  });
});
