import * as z from 'zod';
import { AwsError, defineOperation, type Operation } from '../aws-json-protocol.ts';
import type { Queue, ReceiptOutcome, ReceivedMessage } from './queue.ts';
import { describeQueue } from './queue-attributes.ts';
import type { QueueRegistry } from './queue-registry.ts';

/** The most bytes of a message. */
const maximumMessageBytes = 1024 * 1024;

/** The sender of every message. Any access key is accepted, so the real sender is unknown. */
const senderId = 'local';

const delaySeconds = z.int().min(0).max(900).optional();
const visibilityTimeout = z.int().min(0).max(43_200);
/** Identifies an entry of a batch request. */
const entryId = z.string().regex(/^[\w-]{1,80}$/);
const withQueueUrl = { QueueUrl: z.string() };

const sendInput = { MessageBody: z.string().min(1), DelaySeconds: delaySeconds };

const receiveInput = z.strictObject({
  ...withQueueUrl,
  MaxNumberOfMessages: z.int().min(1).max(10).default(1),
  WaitTimeSeconds: z.int().min(0).max(20).optional(),
  VisibilityTimeout: visibilityTimeout.optional(),
  /** The older name of MessageSystemAttributeNames. */
  AttributeNames: z.array(z.string()).default([]),
  MessageSystemAttributeNames: z.array(z.string()).default([]),
  /** Messages have no attributes here, so the names are ignored. */
  MessageAttributeNames: z.array(z.string()).optional(),
});

/**
 * The emulator's operations: those that functions and the command line call. Queues are created in this process only.
 * An input with an unsupported member is refused.
 */
export function createSqsOperations(queues: QueueRegistry): Record<string, Operation> {
  return {
    GetQueueAttributes: defineOperation(
      z.strictObject({ ...withQueueUrl, AttributeNames: z.array(z.string()).default([]) }),
      ({ QueueUrl, AttributeNames }) => ({
        Attributes: select(describeQueue(queues.findByUrl(QueueUrl)), AttributeNames),
      }),
    ),
    SendMessage: defineOperation(z.strictObject({ ...withQueueUrl, ...sendInput }), (input) => {
      checkLength(input.MessageBody);
      return send(queues.findByUrl(input.QueueUrl), input);
    }),
    SendMessageBatch: defineOperation(
      z.strictObject({
        ...withQueueUrl,
        Entries: z.array(z.strictObject({ Id: entryId, ...sendInput })),
      }),
      ({ QueueUrl, Entries }) => {
        checkEntries(Entries);
        checkLength(Entries.map(({ MessageBody }) => MessageBody).join(''));
        const queue = queues.findByUrl(QueueUrl);
        return { Successful: Entries.map((entry) => ({ Id: entry.Id, ...send(queue, entry) })), Failed: [] };
      },
    ),
    ReceiveMessage: defineOperation(receiveInput, async (input, signal) => {
      const wait = input.WaitTimeSeconds === undefined ? undefined : input.WaitTimeSeconds * 1000;
      const queue = queues.findByUrl(input.QueueUrl);
      const messages = await queue.receive(input.MaxNumberOfMessages, wait, {
        visibilityTimeoutSeconds: input.VisibilityTimeout,
        signal,
      });
      const names = [...input.AttributeNames, ...input.MessageSystemAttributeNames];
      return messages.length === 0
        ? {}
        : { Messages: messages.map((message) => toWireMessage(message, names)) };
    }),
    DeleteMessage: defineOperation(
      z.strictObject({ ...withQueueUrl, ReceiptHandle: z.string() }),
      ({ QueueUrl, ReceiptHandle }) => {
        refuse(deleteFault(queues.findByUrl(QueueUrl).delete(ReceiptHandle), ReceiptHandle));
      },
    ),
    DeleteMessageBatch: defineOperation(
      z.strictObject({
        ...withQueueUrl,
        Entries: z.array(z.strictObject({ Id: entryId, ReceiptHandle: z.string() })),
      }),
      ({ QueueUrl, Entries }) => {
        checkEntries(Entries);
        const queue = queues.findByUrl(QueueUrl);
        const outcomes = Entries.map(({ Id, ReceiptHandle }) => ({
          Id,
          fault: deleteFault(queue.delete(ReceiptHandle), ReceiptHandle),
        }));
        return {
          Successful: outcomes.flatMap(({ Id, fault }) => (fault === undefined ? [{ Id }] : [])),
          Failed: outcomes.flatMap(({ Id, fault }) =>
            fault === undefined
              ? []
              : [{ Id, SenderFault: true, Code: 'ReceiptHandleIsInvalid', Message: fault.message }],
          ),
        };
      },
    ),
    ChangeMessageVisibility: defineOperation(
      z.strictObject({ ...withQueueUrl, ReceiptHandle: z.string(), VisibilityTimeout: visibilityTimeout }),
      ({ QueueUrl, ReceiptHandle, VisibilityTimeout }) => {
        const outcome = queues.findByUrl(QueueUrl).changeVisibility(ReceiptHandle, VisibilityTimeout);
        refuse(
          outcome === 'stale'
            ? new AwsError(
                'MessageNotInflight',
                `The message of receipt ${ReceiptHandle} is not in flight.`,
                {
                  queryCode: 'AWS.SimpleQueueService.MessageNotInflight',
                },
              )
            : deleteFault(outcome, ReceiptHandle),
        );
      },
    ),
  };
}

function send(
  queue: Queue,
  input: { readonly MessageBody: string; readonly DelaySeconds?: number | undefined },
): { MessageId: string; MD5OfMessageBody: string } {
  const { messageId, md5OfBody } = queue.send(input.MessageBody, { delaySeconds: input.DelaySeconds });
  return { MessageId: messageId, MD5OfMessageBody: md5OfBody };
}

function toWireMessage(message: ReceivedMessage, attributeNames: readonly string[]): object {
  const attributes = {
    SenderId: senderId,
    SentTimestamp: String(message.sentMilliseconds),
    ApproximateReceiveCount: String(message.receiveCount),
    ApproximateFirstReceiveTimestamp: String(message.firstReceivedMilliseconds),
    ...(message.deadLetterSourceArn === undefined
      ? {}
      : { DeadLetterQueueSourceArn: message.deadLetterSourceArn }),
  };
  return {
    MessageId: message.messageId,
    ReceiptHandle: message.receiptHandle,
    MD5OfBody: message.md5OfBody,
    Body: message.body,
    Attributes: select(attributes, attributeNames),
  };
}

/** The attributes with the given names; undefined if none are requested, so that JSON omits the member. */
function select(
  attributes: Readonly<Record<string, string>>,
  names: readonly string[],
): Record<string, string> | undefined {
  const chosen = Object.entries(attributes).filter(([name]) => names.includes('All') || names.includes(name));
  return chosen.length === 0 ? undefined : Object.fromEntries(chosen);
}

function checkLength(body: string): void {
  const bytes = Buffer.byteLength(body);
  if (bytes <= maximumMessageBytes) return;
  const sentence = `The message has ${bytes} bytes; the maximum is ${maximumMessageBytes}.`;
  throw new AwsError('InvalidParameterValueException', sentence, { queryCode: 'InvalidParameterValue' });
}

/** The most messages to send or delete in one request. */
const maximumEntries = 10;

function checkEntries(entries: readonly { readonly Id: string }[]): void {
  const prefix = 'AWS.SimpleQueueService';
  if (entries.length === 0) {
    const sentence = 'The batch request does not contain any entries.';
    throw new AwsError('EmptyBatchRequest', sentence, { queryCode: `${prefix}.EmptyBatchRequest` });
  }
  if (entries.length > maximumEntries) {
    const sentence = `The batch request has ${entries.length} entries; the maximum is ${maximumEntries}.`;
    const queryCode = `${prefix}.TooManyEntriesInBatchRequest`;
    throw new AwsError('TooManyEntriesInBatchRequest', sentence, { queryCode });
  }
  if (new Set(entries.map(({ Id }) => Id)).size < entries.length) {
    const queryCode = `${prefix}.BatchEntryIdsNotDistinct`;
    throw new AwsError('BatchEntryIdsNotDistinct', 'Two or more entries have the same Id.', { queryCode });
  }
}

/** As on AWS, deleting succeeds if the message is already deleted, or if the receipt handle is outdated. */
function deleteFault(outcome: ReceiptOutcome, receiptHandle: string): AwsError | undefined {
  return outcome === 'not a receipt'
    ? new AwsError('ReceiptHandleIsInvalid', `The input receipt handle "${receiptHandle}" is invalid.`)
    : undefined;
}

function refuse(fault: AwsError | undefined): void {
  if (fault !== undefined) throw fault;
}
