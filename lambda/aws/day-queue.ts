import { type DayMessage, type MessageQueue, printMessage } from '../days/work.ts';
import type { SigningConfiguration } from './aws-request.ts';
import { callQueue } from './json-operations.ts';

/** The most messages that SQS accepts in one request. */
const maxEntries = 10;

/** The queue of the day pass's messages. */
export class DayQueue implements MessageQueue {
  readonly #configuration: SigningConfiguration;
  readonly #url: string;

  constructor(configuration: SigningConfiguration, url: string) {
    this.#configuration = configuration;
    this.#url = url;
  }

  /**
   * Sends messages.
   *
   * @param delayMilliseconds time until they are delivered, up to 15 minutes.
   * @throws DayQueueError if one of them is not accepted; others may be. AwsRequestError if SQS keeps failing.
   */
  async send(messages: readonly DayMessage[], delayMilliseconds: number): Promise<void> {
    for (let from = 0; from < messages.length; from += maxEntries) {
      await this.#sendEntries(messages.slice(from, from + maxEntries), Math.ceil(delayMilliseconds / 1_000));
    }
  }

  async #sendEntries(messages: readonly DayMessage[], delaySeconds: number): Promise<void> {
    const { status, body } = await callQueue(this.#configuration, this.#url, 'SendMessageBatch', {
      Entries: messages.map((message, index) => ({
        Id: String(index),
        MessageBody: printMessage(message),
        DelaySeconds: delaySeconds,
      })),
    });
    if (status !== 200) throw new DayQueueError(`${status}: ${body.slice(0, 300)}`);
    const { Failed = [] } = JSON.parse(body) as { Failed?: readonly { readonly Code?: string }[] };
    if (Failed.length > 0)
      throw new DayQueueError(
        `that it does not take ${Failed.length} of ${messages.length} messages: ${Failed[0]?.Code}`,
      );
  }
}

/** The queue did not accept messages. */
export class DayQueueError extends Error {
  override readonly name = 'DayQueueError';

  constructor(answer: string) {
    super(`The queue of the day pass answered ${answer}`);
  }
}
