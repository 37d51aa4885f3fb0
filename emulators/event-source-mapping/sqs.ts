import type { SQSRecord } from 'aws-lambda';
import type { InvocationError } from '../lambda-runtime/messages.ts';
import type { InvocationResult } from '../lambda-runtime/process.ts';
import type { ReceivedMessage } from '../sqs/queue.ts';
import { readBatchResponse } from './batch-response.ts';
import { type EventSourceMapping, type InvocationTarget, MappingStoppedError, pause } from './mapping.ts';

/** The part of a message that a mapping needs. */
export type QueueMessage = Omit<ReceivedMessage, 'deadLetterSourceArn'>;

/** The part of a queue that a mapping needs. */
export interface QueueReader {
  readonly arn: string;
  /** Receives up to `maximum` messages; none if the time is over or the signal is aborted. */
  receive(
    maximum: number,
    waitMilliseconds: number,
    options: { readonly signal: AbortSignal },
  ): Promise<readonly QueueMessage[]>;
  delete(receiptHandle: string): unknown;
  changeVisibility(receiptHandle: string, seconds: number): unknown;
  /** How many messages can be received, are in flight, and are delayed. */
  counts(): { readonly visible: number; readonly inFlight: number; readonly delayed: number };
}

/** How a mapping delivers a queue to a function, for example `fileMapping` of `lib/limits.ts`. */
export interface QueueMappingRules {
  /** The most messages of a batch. */
  readonly batchSize: number;
  /** The most batches that run concurrently. */
  readonly maximumConcurrency: number;
}

/** Describes one delivery. */
export interface QueueBatchReport {
  /** How many messages were delivered. */
  readonly messages: number;
  /** How many messages the function processed, and so were deleted. */
  readonly deleted: number;
  /** Why the whole batch failed, if it did. */
  readonly error?: InvocationError;
  readonly durationMilliseconds: number;
}

/** Options of an SQS mapping. */
export interface SqsMappingOptions {
  readonly queue: QueueReader;
  readonly target: InvocationTarget;
  readonly rules: QueueMappingRules;
  /** Called after each delivery. */
  readonly onBatch?: (report: QueueBatchReport) => void;
  /**
   * Seconds until a failed message can be received again. By default, as on AWS, the rest of the queue's visibility
   * timeout, which is longer than most people want to wait at a terminal.
   */
  readonly retryDelaySeconds?: number;
}

/** How long a request for messages waits for the first one. */
const waitMilliseconds = 20_000;

/** How often `idle()` checks whether the queue is empty. */
const pollMilliseconds = 20;

/**
 * Delivers a queue's messages to a function as Lambda does, several batches concurrently. Messages that the function
 * has processed are deleted; the others are received again, as often as the queue allows.
 *
 * `idle()` waits until the queue is empty, including messages that are sent after the call.
 */
export function createSqsMapping(options: SqsMappingOptions): EventSourceMapping {
  const { queue, rules } = options;
  const stopping = new AbortController();
  const inHand = new Set<Promise<void>>();
  let receiving = Promise.resolve();
  const receive = async () => {
    while (!stopping.signal.aborted) {
      const messages = await queue.receive(rules.batchSize, waitMilliseconds, { signal: stopping.signal });
      if (messages.length === 0) continue;
      const batch = deliver(messages, options).finally(() => inHand.delete(batch));
      inHand.add(batch);
      if (inHand.size >= rules.maximumConcurrency) await Promise.race(inHand);
    }
  };
  return {
    start: () => {
      receiving = receive();
    },
    stop: async () => {
      stopping.abort();
      await receiving;
      await Promise.all(inHand);
    },
    waitUntilIdle: async () => {
      while (inHand.size > 0 || !isEmpty(queue)) {
        if (stopping.signal.aborted) throw new MappingStoppedError();
        await pause(pollMilliseconds, stopping.signal);
      }
    },
  };
}

function isEmpty(queue: QueueReader): boolean {
  const { visible, inFlight, delayed } = queue.counts();
  return visible + inFlight + delayed === 0;
}

async function deliver(messages: readonly QueueMessage[], options: SqsMappingOptions): Promise<void> {
  const { queue, target, retryDelaySeconds, onBatch } = options;
  const started = performance.now();
  const result = await target.invoke({
    Records: messages.map((message) => createSqsRecord(message, queue.arn)),
  });
  const { failed, error } = readOutcome(result, messages);
  for (const { messageId, receiptHandle } of messages) {
    if (!failed.has(messageId)) queue.delete(receiptHandle);
    else if (retryDelaySeconds !== undefined) queue.changeVisibility(receiptHandle, retryDelaySeconds);
  }
  onBatch?.({
    messages: messages.length,
    deleted: messages.length - failed.size,
    ...(error === undefined ? {} : { error }),
    durationMilliseconds: performance.now() - started,
  });
}

/** The messages to deliver again. */
function readOutcome(
  result: InvocationResult,
  messages: readonly QueueMessage[],
): { readonly failed: ReadonlySet<string>; readonly error?: InvocationError } {
  const all = new Set(messages.map((message) => message.messageId));
  if (!result.ok) return { failed: all, error: result.error };
  const response = readBatchResponse(result.response);
  if (response.valid && response.failed.every((id) => all.has(id)))
    return { failed: new Set(response.failed) };
  const message = response.valid
    ? 'the response names a message that is not in the batch'
    : 'the response is not a partial batch response';
  return { failed: all, error: { name: 'InvalidBatchResponse', message } };
}

/**
 * A message in the function's event.
 *
 * @see https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html
 */
export function createSqsRecord(message: QueueMessage, eventSourceARN: string): SQSRecord {
  const [awsRegion = '', account = ''] = eventSourceARN.split(':').slice(3, 5);
  return {
    messageId: message.messageId,
    receiptHandle: message.receiptHandle,
    body: message.body,
    attributes: {
      ApproximateReceiveCount: String(message.receiveCount),
      SentTimestamp: String(message.sentMilliseconds),
      SenderId: account,
      ApproximateFirstReceiveTimestamp: String(message.firstReceivedMilliseconds),
    },
    messageAttributes: {},
    md5OfBody: message.md5OfBody,
    eventSource: 'aws:sqs',
    eventSourceARN,
    awsRegion,
  };
}
