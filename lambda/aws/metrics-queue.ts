import type { QueuedMessage, VolumeQueue } from '../metrics/export.ts';
import { type MetricsMessage, maxMessageGroups, printMessage } from '../metrics/messages.ts';
import { NamedSeries, type VolumeGroup } from '../metrics/volumes.ts';
import type { AwsAnswer, RetryPolicy, SigningConfiguration } from './aws-request.ts';
import { callQueue } from './json-operations.ts';
import { startTimer } from './timer.ts';

/** The queue of volumes, between the functions that write the ledger and the exporter of metrics. */

/** The most messages that SQS returns, or deletes, in one request. */
const maxEntries = 10;

/** For messages with gains: a second attempt could send them twice, and a batch must not wait for the queue. */
const gainPolicy: RetryPolicy = { attempts: 1, timeoutMilliseconds: 1_000 };

/** Sends volumes to the queue. */
export class MetricsSender {
  readonly #configuration: SigningConfiguration;
  readonly #url: string;

  constructor(configuration: SigningConfiguration, url: string) {
    this.#configuration = configuration;
    this.#url = url;
  }

  /**
   * Sends a message, but never sends gains twice. Groups beyond the limit are added up as `other`.
   *
   * @throws MetricsQueueError or AwsRequestError if it is unknown whether the message was accepted; for gains within a
   *   second.
   */
  async send(message: MetricsMessage): Promise<void> {
    const groups = new NamedSeries(maxMessageGroups).name(message.groups);
    if (groups.length === 0) return;
    const body = { MessageBody: printMessage({ ...message, groups }) };
    const retryPolicy = message.kind === 'gain' ? gainPolicy : undefined;
    refuseFailure(await callQueue(this.#configuration, this.#url, 'SendMessage', body, retryPolicy));
  }
}

/** Milliseconds without sending after a failure, so that not every batch waits for a queue that hangs. */
const pauseMilliseconds = 30_000;

/**
 * Makes the function that sends usage gains to the metrics exporter. Live metrics miss a message that fails: sent
 * later, it could count twice.
 *
 * @param onLost called for the failure that begins a pause.
 */
export function makeVolumeSender(
  sender: Pick<MetricsSender, 'send'>,
  onLost: (error: unknown) => void,
): (groups: readonly VolumeGroup[]) => Promise<void> {
  let sinceFailure: (() => number) | undefined;
  return async (groups) => {
    if (sinceFailure !== undefined && sinceFailure() < pauseMilliseconds) return;
    try {
      await sender.send({ kind: 'gain', groups });
      sinceFailure = undefined;
    } catch (error) {
      sinceFailure = startTimer();
      onLost(error);
    }
  };
}

/** Receives volumes from the queue. */
export class MetricsQueue implements VolumeQueue {
  readonly #configuration: SigningConfiguration;
  readonly #url: string;

  constructor(configuration: SigningConfiguration, url: string) {
    this.#configuration = configuration;
    this.#url = url;
  }

  /** @throws MetricsQueueError or AwsRequestError if SQS keeps failing. */
  async receive(): Promise<readonly QueuedMessage[]> {
    const answer = await callQueue(this.#configuration, this.#url, 'ReceiveMessage', {
      MaxNumberOfMessages: maxEntries,
      // Without waiting, SQS reads only some of its servers.
      WaitTimeSeconds: 1,
    });
    refuseFailure(answer);
    const { Messages = [] } = JSON.parse(answer.body) as {
      Messages?: readonly { MessageId: string; ReceiptHandle: string; Body: string }[];
    };
    return Messages.map(({ MessageId, ReceiptHandle, Body }) => ({
      id: MessageId,
      receipt: ReceiptHandle,
      body: Body,
    }));
  }

  /** @throws MetricsQueueError or AwsRequestError if SQS keeps failing. */
  async delete(messages: readonly QueuedMessage[]): Promise<void> {
    for (let from = 0; from < messages.length; from += maxEntries) {
      const entries = messages
        .slice(from, from + maxEntries)
        .map(({ receipt }, index) => ({ Id: String(index), ReceiptHandle: receipt }));
      // An outdated receipt deletes nothing: the message is received again, and is then known.
      refuseFailure(
        await callQueue(this.#configuration, this.#url, 'DeleteMessageBatch', { Entries: entries }),
      );
    }
  }
}

function refuseFailure({ status, body }: AwsAnswer): void {
  if (status !== 200) throw new MetricsQueueError(`${status}: ${body.slice(0, 300)}`);
}

/** The queue refused a request. */
export class MetricsQueueError extends Error {
  override readonly name = 'MetricsQueueError';

  constructor(answer: string) {
    super(`The queue of metrics answered ${answer}`);
  }
}
