import { hash, randomUUID } from 'node:crypto';
import { localAccount, localRegion } from '../aws-json-protocol.ts';

/** How a queue behaves. Settings can be changed at any time. */
export interface QueueSettings {
  /** Seconds that a received message is hidden, unless the receiver says otherwise. */
  readonly visibilityTimeoutSeconds: number;
  /** Seconds that a sent message is delayed, unless the sender says otherwise. */
  readonly delaySeconds: number;
  /** Seconds that a receiver waits for a message, unless it says otherwise. */
  readonly waitSeconds: number;
  /**
   * Where messages go that were received `maxReceives` times without being deleted. If undefined, they are delivered
   * again without limit.
   */
  readonly redrive: { readonly deadLetterQueue: Queue; readonly maxReceives: number } | undefined;
}

/** A message, as its receiver gets it. */
export interface ReceivedMessage {
  readonly messageId: string;
  /** Identifies this receipt of the message. The next receipt makes it invalid. */
  readonly receiptHandle: string;
  readonly body: string;
  /** MD5 of the body in UTF-8, as lower-case hexadecimal digits. */
  readonly md5OfBody: string;
  /** Milliseconds since the epoch. */
  readonly sentMilliseconds: number;
  /** Milliseconds since the epoch. */
  readonly firstReceivedMilliseconds: number;
  /** How often the message was received, including this time. */
  readonly receiveCount: number;
  /** In a dead-letter queue: the queue that the message came from. */
  readonly deadLetterSourceArn: string | undefined;
}

/**
 * What a receipt handle was good for. `stale` if the message is deleted or was received again, and, for a change of its
 * visibility, if it is already visible.
 */
export type ReceiptOutcome = 'done' | 'stale' | 'not a receipt';

/** The longest time in milliseconds after which a waiting receiver checks again, because timers have a maximum. */
const longestNap = 60_000;

interface StoredMessage {
  readonly messageId: string;
  readonly body: string;
  readonly md5OfBody: string;
  readonly sentMilliseconds: number;
  readonly deadLetterSourceArn: string | undefined;
  firstReceivedMilliseconds: number | undefined;
  receiveCount: number;
  /** From when it can be received, in milliseconds since the epoch. */
  visibleFrom: number;
}

/**
 * A standard queue in memory. Messages are delivered until they are deleted, oldest first, and a received message is
 * hidden for the visibility timeout. Suitable for thousands of messages, not millions.
 */
export class Queue {
  readonly name: string;
  /** `arn:aws:sqs:us-east-1:000000000000:<name>` */
  readonly arn: string;
  readonly createdMilliseconds = Date.now();
  settings: QueueSettings;
  readonly #origin: () => string;
  readonly #messages = new Map<string, StoredMessage>();
  /** Wake the receivers that wait for a message. */
  readonly #waiting = new Set<() => void>();

  /** @param origin returns the address of the queue's server, for example `http://127.0.0.1:9324`. */
  constructor(name: string, settings: QueueSettings, origin: () => string) {
    this.name = name;
    this.#origin = origin;
    this.arn = `arn:aws:sqs:${localRegion}:${localAccount}:${name}`;
    this.settings = settings;
  }

  /** The queue's URL for requests. Valid after its server has started to listen. */
  get url(): string {
    return `${this.#origin()}/${localAccount}/${this.name}`;
  }

  /** Adds a message, delayed by `delaySeconds`. */
  send(body: string, options: { readonly delaySeconds?: number | undefined } = {}) {
    const now = Date.now();
    const message: StoredMessage = {
      messageId: randomUUID(),
      body,
      md5OfBody: hash('md5', body),
      sentMilliseconds: now,
      deadLetterSourceArn: undefined,
      firstReceivedMilliseconds: undefined,
      receiveCount: 0,
      visibleFrom: now + (options.delaySeconds ?? this.settings.delaySeconds) * 1000,
    };
    this.#add(message);
    return { messageId: message.messageId, md5OfBody: message.md5OfBody };
  }

  /**
   * Receives up to `maximum` messages: immediately if there are any, else when the first arrives within
   * `waitMilliseconds`. Returns none if the time is over or the signal is aborted.
   */
  async receive(
    maximum: number,
    waitMilliseconds: number = this.settings.waitSeconds * 1000,
    options: {
      readonly visibilityTimeoutSeconds?: number | undefined;
      readonly signal?: AbortSignal | undefined;
    } = {},
  ): Promise<readonly ReceivedMessage[]> {
    const { visibilityTimeoutSeconds = this.settings.visibilityTimeoutSeconds, signal } = options;
    const deadline = Date.now() + waitMilliseconds;
    while (signal?.aborted !== true) {
      const messages = this.#take(maximum, visibilityTimeoutSeconds);
      if (messages.length > 0 || Date.now() >= deadline) return messages;
      await this.#changeBefore(deadline, signal);
    }
    return [];
  }

  /** Deletes the message of a receipt. */
  delete(receiptHandle: string): ReceiptOutcome {
    const message = this.#findReceipt(receiptHandle);
    if (typeof message === 'string') return message;
    this.#messages.delete(message.messageId);
    return 'done';
  }

  /** Hides the message of a receipt for so many seconds from now; 0 makes it visible immediately. */
  changeVisibility(receiptHandle: string, seconds: number): ReceiptOutcome {
    const message = this.#findReceipt(receiptHandle);
    if (typeof message === 'string') return message;
    if (message.visibleFrom <= Date.now()) return 'stale';
    message.visibleFrom = Date.now() + seconds * 1000;
    this.#wake();
    return 'done';
  }

  /** Removes all messages. */
  purge(): void {
    this.#messages.clear();
  }

  /** How many messages can be received now, are hidden after a receipt, and are delayed since they were sent. */
  counts(): { readonly visible: number; readonly inFlight: number; readonly delayed: number } {
    const now = Date.now();
    const counts = { visible: 0, inFlight: 0, delayed: 0 };
    for (const message of this.#messages.values()) {
      if (message.visibleFrom <= now) counts.visible += 1;
      else if (message.receiveCount > 0) counts.inFlight += 1;
      else counts.delayed += 1;
    }
    return counts;
  }

  #add(message: StoredMessage): void {
    this.#messages.set(message.messageId, message);
    this.#wake();
  }

  #take(maximum: number, visibilityTimeoutSeconds: number): ReceivedMessage[] {
    const now = Date.now();
    const taken: ReceivedMessage[] = [];
    for (const message of this.#messages.values()) {
      if (taken.length >= maximum) break;
      if (message.visibleFrom > now || this.#moveToDeadLetters(message, now)) continue;
      message.receiveCount += 1;
      message.firstReceivedMilliseconds ??= now;
      message.visibleFrom = now + visibilityTimeoutSeconds * 1000;
      taken.push(toReceived(message, message.firstReceivedMilliseconds));
    }
    return taken;
  }

  #moveToDeadLetters(message: StoredMessage, now: number): boolean {
    const { redrive } = this.settings;
    if (redrive === undefined || message.receiveCount < redrive.maxReceives) return false;
    this.#messages.delete(message.messageId);
    redrive.deadLetterQueue.#add({
      ...message,
      deadLetterSourceArn: this.arn,
      receiveCount: 0,
      firstReceivedMilliseconds: undefined,
      visibleFrom: now,
    });
    return true;
  }

  #findReceipt(receiptHandle: string): StoredMessage | 'stale' | 'not a receipt' {
    const [messageId, receiveCount] = Buffer.from(receiptHandle, 'base64').toString().split('#');
    if (messageId === undefined || receiveCount === undefined) return 'not a receipt';
    const message = this.#messages.get(messageId);
    return message !== undefined && String(message.receiveCount) === receiveCount ? message : 'stale';
  }

  /** Waits until a message arrives or becomes visible, but not beyond the deadline. */
  #changeBefore(deadline: number, signal: AbortSignal | undefined): Promise<void> {
    let next = deadline;
    for (const { visibleFrom } of this.#messages.values()) next = Math.min(next, visibleFrom);
    return new Promise((resolve) => {
      const wake = (): void => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', wake);
        this.#waiting.delete(wake);
        resolve();
      };
      const timer = setTimeout(wake, Math.min(longestNap, Math.max(0, next - Date.now())));
      signal?.addEventListener('abort', wake);
      this.#waiting.add(wake);
    });
  }

  #wake(): void {
    for (const wake of [...this.#waiting]) wake();
  }
}

function toReceived(message: StoredMessage, firstReceivedMilliseconds: number): ReceivedMessage {
  const { messageId, body, md5OfBody, sentMilliseconds, receiveCount, deadLetterSourceArn } = message;
  return {
    messageId,
    receiptHandle: Buffer.from(`${messageId}#${receiveCount}`).toString('base64'),
    body,
    md5OfBody,
    sentMilliseconds,
    firstReceivedMilliseconds,
    receiveCount,
    deadLetterSourceArn,
  };
}
