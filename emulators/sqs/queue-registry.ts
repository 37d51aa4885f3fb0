import { AwsError } from '../aws-json-protocol.ts';
import { Queue, type QueueSettings } from './queue.ts';

/** The default settings of a queue, as on AWS. */
export const defaultSettings: QueueSettings = {
  visibilityTimeoutSeconds: 30,
  delaySeconds: 0,
  waitSeconds: 0,
  redrive: undefined,
};

/** The account's queues, by name. */
export class QueueRegistry {
  /** The server's address without a trailing slash; queue URLs begin with it. */
  origin = '';
  readonly #queues = new Map<string, Queue>();

  get(name: string): Queue | undefined {
    return this.#queues.get(name);
  }

  /** @throws AwsError `QueueNameExists` if a queue with this name exists. */
  create(name: string, settings: QueueSettings): Queue {
    if (this.#queues.has(name)) {
      throw new AwsError('QueueNameExists', `A queue named ${name} already exists.`, {
        queryCode: 'QueueAlreadyExists',
      });
    }
    const queue = new Queue(name, settings, () => this.origin);
    this.#queues.set(name, queue);
    return queue;
  }

  /**
   * The queue whose name is the last part of a URL.
   *
   * @throws AwsError `QueueDoesNotExist`
   */
  findByUrl(url: string): Queue {
    const name = url.slice(url.lastIndexOf('/') + 1);
    const queue = this.#queues.get(name);
    if (queue === undefined) {
      throw new AwsError('QueueDoesNotExist', `The specified queue does not exist: ${name}`, {
        queryCode: 'AWS.SimpleQueueService.NonExistentQueue',
      });
    }
    return queue;
  }
}
