import { afterEach, describe, expect, it, vi } from 'vitest';
import { Queue, type QueueSettings } from '../../../emulators/sqs/queue.ts';

function createQueue(name: string, settings: Partial<QueueSettings> = {}): Queue {
  return new Queue(
    name,
    { visibilityTimeoutSeconds: 30, delaySeconds: 0, waitSeconds: 0, redrive: undefined, ...settings },
    () => 'http://127.0.0.1:9324',
  );
}

afterEach(() => {
  vi.useRealTimers();
});

async function bodies(queue: Queue, waitMilliseconds = 0): Promise<string[]> {
  return (await queue.receive(10, waitMilliseconds)).map((message) => message.body);
}

describe('a queue', () => {
  it('has an ARN and a URL', () => {
    const { arn, url } = createQueue('files');
    expect({ arn, url }).toEqual({
      arn: 'arn:aws:sqs:us-east-1:000000000000:files',
      url: 'http://127.0.0.1:9324/000000000000/files',
    });
  });

  it('delivers a message to one receiver, with its times and count', async () => {
    const queue = createQueue('files');
    const before = Date.now();
    const sent = queue.send('message digest');
    const [message, ...more] = await queue.receive(10, 0);
    expect([message, more]).toEqual([
      {
        messageId: sent.messageId,
        receiptHandle: expect.any(String),
        body: 'message digest',
        // The example of RFC 1321, appendix A.5.
        md5OfBody: 'f96b697d7cb7938d525a2f31aaf161d0',
        sentMilliseconds: expect.any(Number),
        firstReceivedMilliseconds: expect.any(Number),
        receiveCount: 1,
        deadLetterSourceArn: undefined,
      },
      [],
    ]);
    expect(message?.sentMilliseconds).toBeGreaterThanOrEqual(before);
    expect(queue.counts()).toEqual({ visible: 0, inFlight: 1, delayed: 0 });
    expect(await bodies(queue)).toEqual([]);
    expect(queue.delete(message?.receiptHandle ?? '')).toBe('done');
    expect(queue.counts()).toEqual({ visible: 0, inFlight: 0, delayed: 0 });
  });

  it('delivers messages in the order in which they were sent, and no more than requested', async () => {
    const queue = createQueue('files');
    for (const body of ['a', 'b', 'c']) queue.send(body);
    expect((await queue.receive(2, 0)).map((message) => message.body)).toEqual(['a', 'b']);
    expect(await bodies(queue)).toEqual(['c']);
  });

  it('delivers a message again after the visibility timeout, with a new receipt', async () => {
    const queue = createQueue('files', { visibilityTimeoutSeconds: 0.02 });
    queue.send('a');
    const first = await queue.receive(1, 0);
    const second = await queue.receive(1, 1000);
    expect([first, second].flat().map((message) => [message.body, message.receiveCount])).toEqual([
      ['a', 1],
      ['a', 2],
    ]);
    expect(queue.delete(first[0]?.receiptHandle ?? '')).toBe('stale');
    expect(queue.delete(second[0]?.receiptHandle ?? '')).toBe('done');
    expect(queue.delete(second[0]?.receiptHandle ?? '')).toBe('stale');
    expect(queue.delete('rubbish')).toBe('not a receipt');
  });

  it('hides a received message longer, or makes it visible immediately', async () => {
    vi.useFakeTimers();
    const queue = createQueue('files', { visibilityTimeoutSeconds: 5 });
    queue.send('a');
    const [message] = await queue.receive(1, 0);
    expect(queue.changeVisibility(message?.receiptHandle ?? '', 60)).toBe('done');
    const inVain = bodies(queue, 10_000);
    await vi.advanceTimersByTimeAsync(10_000);
    expect(await inVain).toEqual([]);
    const waiting = bodies(queue, 1000);
    expect(queue.changeVisibility(message?.receiptHandle ?? '', 0)).toBe('done');
    expect(queue.changeVisibility(message?.receiptHandle ?? '', 0)).toBe('stale');
    expect(await waiting).toEqual(['a']);
  });

  it('does not deliver a delayed message before its time', async () => {
    vi.useFakeTimers();
    const queue = createQueue('files');
    queue.send('later', { delaySeconds: 5 });
    await vi.advanceTimersByTimeAsync(4_999);
    expect(queue.counts()).toEqual({ visible: 0, inFlight: 0, delayed: 1 });
    expect(await bodies(queue)).toEqual([]);
    const waiting = bodies(queue, 20_000);
    await vi.advanceTimersByTimeAsync(1);
    expect(await waiting).toEqual(['later']);
  });

  it('wakes one of its waiting receivers as soon as a message comes', async () => {
    const queue = createQueue('files');
    const waiting = [bodies(queue, 60), bodies(queue, 60)];
    queue.send('a');
    expect((await Promise.all(waiting)).toSorted()).toEqual([[], ['a']]);
  });

  it('delivers nothing to a receiver that has disconnected', async () => {
    const queue = createQueue('files');
    const gone = new AbortController();
    const waiting = queue.receive(1, Number.POSITIVE_INFINITY, { signal: gone.signal });
    gone.abort();
    queue.send('a');
    expect(await waiting).toEqual([]);
    expect(await bodies(queue)).toEqual(['a']);
  });

  it('moves a message that was received too often to its dead-letter queue', async () => {
    const deadLetterQueue = createQueue('dead');
    const queue = createQueue('files', {
      visibilityTimeoutSeconds: 0,
      redrive: { deadLetterQueue, maxReceives: 2 },
    });
    const { messageId } = queue.send('bad');
    const waiting = deadLetterQueue.receive(1, 1000);
    expect([await bodies(queue), await bodies(queue), await bodies(queue)]).toEqual([['bad'], ['bad'], []]);
    expect(
      (await waiting).map((message) => [
        message.messageId,
        message.body,
        message.receiveCount,
        message.deadLetterSourceArn,
      ]),
    ).toEqual([[messageId, 'bad', 1, queue.arn]]);
    expect(queue.counts()).toEqual({ visible: 0, inFlight: 0, delayed: 0 });
  });
});
