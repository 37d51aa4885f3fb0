import { AwsError, createAwsJsonServer } from '../aws-json-protocol.ts';
import type { LoopbackServer } from '../loopback-server.ts';
import { createSqsOperations } from './operations.ts';
import type { Queue } from './queue.ts';
import { defaultSettings, QueueRegistry } from './queue-registry.ts';

/** Options of a queue that this process creates. */
export interface QueueOptions {
  /** Seconds that a received message is hidden, possibly a fraction; 30 by default. */
  readonly visibilityTimeoutSeconds?: number;
  /** How often a message is received without being deleted before it goes to `deadLetterQueue`. */
  readonly maxReceives?: number;
  /** Without it, a message is delivered until it is deleted, and `maxReceives` has no effect. */
  readonly deadLetterQueue?: Queue;
}

/** SQS in this process: a server for AWS clients, and direct access to its queues. */
export interface SqsEmulator extends LoopbackServer {
  /** @throws AwsError `QueueNameExists` if a queue with this name exists. */
  createQueue(name: string, options?: QueueOptions): Queue;
  /** The queue with a name; undefined if it does not exist. */
  findQueue(name: string): Queue | undefined;
}

/**
 * An emulator for SQS that keeps standard queues in memory and speaks the service's wire protocol (AWS JSON 1.0) on
 * loopback: sending, receiving with long polling, visibility, dead-letter queues. Only this process creates and deletes
 * queues. It has no FIFO queues, message attributes or retention period. It answers other operations with an error that
 * names them.
 */
export function createSqsEmulator(): SqsEmulator {
  const queues = new QueueRegistry();
  const server = createAwsJsonServer({
    targetPrefix: 'AmazonSQS',
    jsonVersion: '1.0',
    operations: createSqsOperations(queues),
    makeInvalidInput: (message) =>
      new AwsError('InvalidParameterValueException', message, { queryCode: 'InvalidParameterValue' }),
  });
  return {
    listen: async (port, host = '127.0.0.1') => {
      const listening = await server.listen(port, host);
      queues.origin = `http://${host === '::1' ? '[::1]' : host}:${listening.port}`;
      return listening;
    },
    close: () => server.close(),
    createQueue: (name, { visibilityTimeoutSeconds, maxReceives, deadLetterQueue } = {}) => {
      const settings = {
        ...defaultSettings,
        visibilityTimeoutSeconds: visibilityTimeoutSeconds ?? defaultSettings.visibilityTimeoutSeconds,
        redrive:
          deadLetterQueue === undefined || maxReceives === undefined
            ? undefined
            : { deadLetterQueue, maxReceives },
      };
      return queues.create(name, settings);
    },
    findQueue: (name) => queues.get(name),
  };
}
