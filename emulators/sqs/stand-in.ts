import { AwsError, createAwsJsonServer } from '../aws-json-protocol.ts';
import type { LoopbackServer } from '../loopback-server.ts';
import { createSqsOperations } from './operations.ts';
import type { Queue } from './queue.ts';
import { defaultSettings, QueueRegistry } from './queue-registry.ts';

/** How a queue made in this process behaves. */
export interface QueueOptions {
  /** Seconds that a received message stays hidden; fractions are fine. Default 30. */
  readonly visibilityTimeoutSeconds?: number;
  /** Receipts after which a message that is not deleted goes to `deadLetterQueue`. */
  readonly maxReceives?: number;
  /** Without it a message is delivered until it is deleted, and `maxReceives` has no effect. */
  readonly deadLetterQueue?: Queue;
}

/** SQS in this process: a server that AWS clients talk to, and its queues within reach. */
export interface SqsStandIn extends LoopbackServer {
  /** @throws AwsError `QueueNameExists` when there is a queue of that name. */
  createQueue(name: string, options?: QueueOptions): Queue;
  /** The queue of that name, or undefined. */
  findQueue(name: string): Queue | undefined;
}

/**
 * A stand-in for SQS that keeps standard queues in memory and speaks the wire protocol of the service (AWS JSON 1.0)
 * on loopback: sending, receiving with long polls, visibility, dead-letter queues. Queues are made and removed in this
 * process only. No FIFO queues, no message attributes, no retention; an operation that it lacks is answered
 * as unknown, by name.
 */
export function createSqsStandIn(): SqsStandIn {
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
