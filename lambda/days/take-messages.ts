import type { Manifest } from './manifest.ts';
import { takeMessage, type WorkPorts } from './take-message.ts';
import { parseMessage } from './work.ts';

/** A message as the queue delivers it, with the attributes of SQS. */
export interface ReceivedMessage {
  readonly messageId: string;
  readonly body: string;
}

/** How to process messages that were received together. */
export interface TakeOptions<Received extends ReceivedMessage> {
  /** Now, in milliseconds since the epoch, when a message is processed. */
  readonly findNow: (received: Received) => number;
  /** Whether there is time for another message. The first one is always processed. */
  readonly isTimeLeft: () => boolean;
  /**
   * Called with the manifest of the day that a message has sealed, or found to be sealed. If it fails, so does the
   * message.
   */
  readonly onSeal: (manifest: Manifest, now: number) => Promise<void>;
  /** Called with the error of a message. */
  readonly onFailure: (error: unknown, received: Received) => void;
}

/** The response to SQS, with the messages that must be delivered again. */
export interface TakenMessages {
  readonly batchItemFailures: { readonly itemIdentifier: string }[];
}

/**
 * Processes messages one after the other. A message that fails, or for which there is no time left, must be delivered
 * again.
 */
export async function takeMessages<Received extends ReceivedMessage>(
  messages: readonly Received[],
  ports: WorkPorts,
  { findNow, isTimeLeft, onSeal, onFailure }: TakeOptions<Received>,
): Promise<TakenMessages> {
  const taken: TakenMessages = { batchItemFailures: [] };
  for (const [index, received] of messages.entries()) {
    const isTaken = (index === 0 || isTimeLeft()) && (await take(received));
    if (!isTaken) taken.batchItemFailures.push({ itemIdentifier: received.messageId });
  }
  return taken;

  async function take(received: Received): Promise<boolean> {
    try {
      const now = findNow(received);
      const manifest = await takeMessage(parseMessage(received.body), ports, { now });
      if (manifest !== undefined) await onSeal(manifest, now);
      return true;
    } catch (error) {
      onFailure(error, received);
      return false;
    }
  }
}
