import { AwsError, permanentMessage } from '../aws-json-protocol.ts';
import { Queue, type QueueSettings } from './queue.ts';

/** What a queue is like when nothing is said: as on AWS. */
export const defaultSettings: QueueSettings = {
  visibilityTimeoutSeconds: 30,
  delaySeconds: 0,
  waitSeconds: 0,
  redrive: undefined,
};

/** The queues of the one account, by name. */
export class QueueRegistry {
  /** Where the server is reached, without a trailing slash; queue URLs begin with it. */
  origin = '';
  readonly #queues = new Map<string, Queue>();
  /** Names of queues that clients can't delete. */
  readonly #permanent = new Set<string>();

  /** All queues, in the order of their names. */
  get all(): readonly Queue[] {
    return [...this.#queues.values()].sort((one, other) => (one.name < other.name ? -1 : 1));
  }

  get(name: string): Queue | undefined {
    return this.#queues.get(name);
  }

  /** @throws AwsError `QueueNameExists` when there is one of that name. */
  create(name: string, settings: QueueSettings, permanent = false): Queue {
    if (this.#queues.has(name)) {
      throw new AwsError('QueueNameExists', `A queue named ${name} already exists.`, {
        queryCode: 'QueueAlreadyExists',
      });
    }
    const queue = new Queue(name, settings, () => this.origin);
    this.#queues.set(name, queue);
    if (permanent) this.#permanent.add(name);
    return queue;
  }

  /** @throws AwsError `QueueDoesNotExist`; `InvalidParameterValueException` for a permanent one. */
  delete(url: string): void {
    const { name } = this.findByUrl(url);
    if (this.#permanent.has(name)) {
      throw new AwsError('InvalidParameterValueException', permanentMessage('queue', name), {
        queryCode: 'InvalidParameterValue',
      });
    }
    this.#queues.delete(name);
  }

  /** The queue that a URL names by its last part. @throws AwsError `QueueDoesNotExist` */
  findByUrl(url: string): Queue {
    return this.find(url.slice(url.lastIndexOf('/') + 1));
  }

  /** @throws AwsError `QueueDoesNotExist` */
  find(name: string): Queue {
    const queue = this.#queues.get(name);
    if (queue === undefined) {
      throw new AwsError('QueueDoesNotExist', `The specified queue does not exist: ${name}`, {
        queryCode: 'AWS.SimpleQueueService.NonExistentQueue',
      });
    }
    return queue;
  }
}
