import {
  ChangeMessageVisibilityCommand,
  DeleteMessageCommand,
  type Message,
  ReceiveMessageCommand,
} from '@aws-sdk/client-sqs';
import type { FileObject } from '../../lambda/ingest/files/messages.ts';
import { readMessage } from '../../lambda/ingest/files/messages.ts';
import type { Deployment } from '../deployment/deployment.ts';

/** Announcements of files that were given up. */

/** An announcement, held for as long as it is worked on. */
export interface DeadLetter {
  readonly id: string;
  /** What deletes it or gives it back: that of its latest receipt. */
  receipt: string;
  /** When it was sent, milliseconds since the epoch. */
  readonly sentAt: number;
  /** What it announces; undefined where it is no announcement. */
  readonly objects: readonly FileObject[] | undefined;
}

/** Seconds for which a message is hidden from others; prolonged while it is worked on. */
const heldSeconds = 120;
const maxMessages = 10;
/** Answers with nothing but what was seen before, after which there is nothing else. */
const maxRepeats = 3;

/** Takes what is in the dead-letter queue, each message once. Whoever takes one deletes it, or gives it back. */
export async function* deadLetters({ sqs, places }: Deployment): AsyncGenerator<DeadLetter> {
  if (places.queues === undefined) return;
  const seen = new Map<string, DeadLetter>();
  for (let repeats = 0; repeats < maxRepeats; ) {
    const { Messages: messages = [] } = await sqs.send(
      new ReceiveMessageCommand({
        QueueUrl: places.queues.deadLetters,
        MaxNumberOfMessages: maxMessages,
        VisibilityTimeout: heldSeconds,
        // With a wait, SQS asks all of its servers: an empty answer means that there is nothing.
        WaitTimeSeconds: 1,
        MessageSystemAttributeNames: ['SentTimestamp'],
      }),
    );
    if (messages.length === 0) return;
    repeats += 1;
    for (const message of messages.map(readDeadLetter)) {
      const known = seen.get(message.id);
      if (known !== undefined) {
        known.receipt = message.receipt;
        continue;
      }
      seen.set(message.id, message);
      repeats = 0;
      yield message;
    }
  }
}

/** Works on a message, and keeps it hidden from others meanwhile. */
export async function holding<Result>(
  deployment: Deployment,
  message: DeadLetter,
  work: () => Promise<Result>,
): Promise<Result> {
  const timer = setInterval(
    () => {
      // Whatever becomes of it, the work goes on: doing it twice does no harm.
      hide(deployment, message, heldSeconds).catch(() => undefined);
    },
    (heldSeconds * 1000) / 2,
  );
  try {
    return await work();
  } finally {
    clearInterval(timer);
  }
}

/** Lets others have a message. */
export function giveBack(deployment: Deployment, message: DeadLetter): Promise<void> {
  return hide(deployment, message, 0);
}

/** Deletes a message. */
export async function remove({ sqs, places }: Deployment, { receipt }: DeadLetter): Promise<void> {
  const QueueUrl = places.queues?.deadLetters;
  await sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle: receipt }));
}

async function hide(
  { sqs, places }: Deployment,
  { receipt }: DeadLetter,
  VisibilityTimeout: number,
): Promise<void> {
  const QueueUrl = places.queues?.deadLetters;
  await sqs.send(new ChangeMessageVisibilityCommand({ QueueUrl, ReceiptHandle: receipt, VisibilityTimeout }));
}

function readDeadLetter({ MessageId, ReceiptHandle, Attributes, Body = '' }: Message): DeadLetter {
  return {
    id: MessageId ?? '',
    receipt: ReceiptHandle ?? '',
    sentAt: Number(Attributes?.SentTimestamp ?? 0),
    objects: readMessage(Body)?.objects,
  };
}
