import { hash, randomUUID } from 'node:crypto';
import { localAccount, localRegion } from '../aws-json-protocol.ts';

/** How a queue behaves; all of it can be changed while it runs. */
export interface QueueSettings {
  /** Seconds that a received message stays hidden unless the receiver says otherwise. */
  readonly visibilityTimeoutSeconds: number;
  /** Seconds that a sent message is held back unless the sender says otherwise. */
  readonly delaySeconds: number;
  /** Seconds that a receiver waits for a message unless it says otherwise. */
  readonly waitSeconds: number;
  /**
   * Where messages go that were received `maxReceives` times and not deleted; undefined delivers them again without
   * end.
   */
  readonly redrive: { readonly deadLetterQueue: Queue; readonly maxReceives: number } | undefined;
}

/** A message as its receiver gets it. */
export interface ReceivedMessage {
  readonly messageId: string;
  /** Names this receipt of the message; a later receipt takes its place. */
  readonly receiptHandle: string;
  readonly body: string;
  /** Lower-case hexadecimal MD5 of the body in UTF-8. */
  readonly md5OfBody: string;
  /** Epoch milliseconds. */
  readonly sentMilliseconds: number;
  /** Epoch milliseconds. */
  readonly firstReceivedMilliseconds: number;
  /** How often the message was received, this receipt included. */
  readonly receiveCount: number;
  /** The queue whose receivers gave up on the message, when this is its dead-letter queue. */
  readonly deadLetterSourceArn: string | undefined;
}

/**
 * The outcome of a receipt handle: `stale` when the message is gone or was received again, and, for a change of its
 * visibility, when it is visible already.
 */
export type ReceiptOutcome = 'done' | 'stale' | 'not a receipt';

/** Milliseconds after which a waiting receiver checks again in any case: timers have a maximum length. */
const longestNap = 60_000;

interface StoredMessage {
  readonly messageId: string;
  readonly body: string;
  readonly md5OfBody: string;
  readonly sentMilliseconds: number;
  readonly deadLetterSourceArn: string | undefined;
  firstReceivedMilliseconds: number | undefined;
  receiveCount: number;
  /** Epoch milliseconds from which it can be received. */
  visibleFrom: number;
}

/**
 * A standard queue in memory. Every message is delivered until it is deleted, oldest first; one that is received is
 * hidden for the visibility time-out. Made for thousands of messages, not for millions.
 */
export class Queue {
  readonly name: string;
  /** `arn:aws:sqs:us-east-1:000000000000:` and the name. */
  readonly arn: string;
  readonly createdMilliseconds = Date.now();
  settings: QueueSettings;
  readonly #origin: () => string;
  readonly #messages = new Map<string, StoredMessage>();
  /** Wakes those that wait for a message. */
  readonly #waiting = new Set<() => void>();

  /** @param origin where the queue's server is reached, such as `http://127.0.0.1:9324` */
  constructor(name: string, settings: QueueSettings, origin: () => string) {
    this.name = name;
    this.#origin = origin;
    this.arn = `arn:aws:sqs:${localRegion}:${localAccount}:${name}`;
    this.settings = settings;
  }

  /** The URL by which requests name the queue; valid once its server listens. */
  get url(): string {
    return `${this.#origin()}/${localAccount}/${this.name}`;
  }

  /** Adds a message; `delaySeconds` holds it back. */
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
   * Receives up to `maximum` messages, at once when there are any, otherwise when the first comes within
   * `waitMilliseconds`. None when the time is over or the signal fires.
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

  /** Removes the message of a receipt. */
  delete(receiptHandle: string): ReceiptOutcome {
    const message = this.#findReceipt(receiptHandle);
    if (typeof message === 'string') return message;
    this.#messages.delete(message.messageId);
    return 'done';
  }

  /** Hides the message of a receipt for so many seconds from now; 0 gives it back at once. */
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

  /** How many messages can be received now, are hidden after a receipt, and are held back since they were sent. */
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

  /** Waits until a message comes or becomes visible, at most until the deadline. */
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
