import {
  ChangeMessageVisibilityCommand,
  DeleteMessageBatchCommand,
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  ListQueueTagsCommand,
  MessageNotInflight,
  QueueDoesNotExist,
  ReceiptHandleIsInvalid,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  SendMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createSqsEmulator, type SqsEmulator } from '../../../emulators/sqs/emulator.ts';
import type { Queue } from '../../../emulators/sqs/queue.ts';
import { aws, installed, python } from '../installed-clients.ts';

let emulator: SqsEmulator;
let endpoint: string;
let client: SQSClient;
let queue: Queue;

beforeEach(async () => {
  emulator = createSqsEmulator();
  endpoint = `http://127.0.0.1:${(await emulator.listen(0)).port}`;
  client = createClient();
  queue = emulator.createQueue('files');
});

afterEach(async () => {
  client.destroy();
  await emulator.close();
});

function createClient(options: ConstructorParameters<typeof SQSClient>[0] = {}): SQSClient {
  return new SQSClient({
    endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: 'any', secretAccessKey: 'any' },
    ...options,
  });
}

async function receive(options: Partial<ConstructorParameters<typeof ReceiveMessageCommand>[0]> = {}) {
  const { Messages = [] } = await client.send(
    new ReceiveMessageCommand({ QueueUrl: queue.url, MaxNumberOfMessages: 10, ...options }),
  );
  return Messages;
}

describe('the SQS emulator', () => {
  it('describes a queue', async () => {
    const { url: QueueUrl } = emulator.createQueue('imports', {
      visibilityTimeoutSeconds: 5400,
      maxReceives: 5,
      deadLetterQueue: queue,
    });
    expect(QueueUrl).toBe(`${endpoint}/000000000000/imports`);
    await client.send(new SendMessageCommand({ QueueUrl, MessageBody: 'a', DelaySeconds: 900 }));
    const all = await client.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['All'] }));
    expect(all.Attributes).toEqual({
      QueueArn: 'arn:aws:sqs:us-east-1:000000000000:imports',
      ApproximateNumberOfMessages: '0',
      ApproximateNumberOfMessagesNotVisible: '0',
      ApproximateNumberOfMessagesDelayed: '1',
      CreatedTimestamp: expect.stringMatching(/^\d{10}$/),
      VisibilityTimeout: '5400',
      DelaySeconds: '0',
      ReceiveMessageWaitTimeSeconds: '0',
      RedrivePolicy: `{"deadLetterTargetArn":"${queue.arn}","maxReceiveCount":5}`,
    });
  });

  it('refuses a second queue with the same name', () => {
    expect(() => emulator.createQueue('files')).toThrow('A queue named files already exists.');
  });

  it('sends, receives, hides and deletes a message, with checksums that the SDK accepts', async () => {
    const MessageBody = '{"Records":[]} äöü 📡 \n';
    const { MessageId } = await client.send(new SendMessageCommand({ QueueUrl: queue.url, MessageBody }));
    const [message] = await receive({ MessageSystemAttributeNames: ['All'], VisibilityTimeout: 60 });
    expect(message).toEqual({
      MessageId,
      ReceiptHandle: expect.any(String),
      Body: MessageBody,
      MD5OfBody: expect.stringMatching(/^[0-9a-f]{32}$/),
      Attributes: {
        SenderId: 'local',
        SentTimestamp: expect.stringMatching(/^\d{13}$/),
        ApproximateReceiveCount: '1',
        ApproximateFirstReceiveTimestamp: expect.stringMatching(/^\d{13}$/),
      },
    });
    expect(await receive()).toEqual([]);
    const receipt = { QueueUrl: queue.url, ReceiptHandle: message?.ReceiptHandle };
    await client.send(new ChangeMessageVisibilityCommand({ ...receipt, VisibilityTimeout: 0 }));
    await expect(
      client.send(new ChangeMessageVisibilityCommand({ ...receipt, VisibilityTimeout: 0 })),
    ).rejects.toBeInstanceOf(MessageNotInflight);
    const [again] = await receive({ MessageSystemAttributeNames: ['ApproximateReceiveCount'] });
    expect(again?.Attributes).toEqual({ ApproximateReceiveCount: '2' });
    await client.send(new DeleteMessageCommand({ QueueUrl: queue.url, ReceiptHandle: again?.ReceiptHandle }));
    expect(queue.counts()).toEqual({ visible: 0, inFlight: 0, delayed: 0 });
  });

  it('sends up to ten messages in a request, with checksums that the SDK accepts', async () => {
    const QueueUrl = queue.url;
    const makeEntries = (count: number) =>
      Array.from({ length: count }, (_, index) => ({ Id: `id-${index}`, MessageBody: `message ${index}` }));
    const sent = await client.send(new SendMessageBatchCommand({ QueueUrl, Entries: makeEntries(10) }));
    expect(sent.Successful?.map(({ Id }) => Id)).toEqual(makeEntries(10).map(({ Id }) => Id));
    expect(sent.Failed).toEqual([]);
    const bodies = (await receive()).map(({ Body }) => Body);
    expect(bodies.sort()).toEqual(makeEntries(10).map(({ MessageBody }) => MessageBody));

    const refusals = [makeEntries(0), makeEntries(11), [...makeEntries(1), ...makeEntries(1)]].map(
      (Entries) =>
        client.send(new SendMessageBatchCommand({ QueueUrl, Entries })).catch(({ name }: Error) => name),
    );
    expect(await Promise.all(refusals)).toEqual([
      'EmptyBatchRequest',
      'TooManyEntriesInBatchRequest',
      'BatchEntryIdsNotDistinct',
    ]);
    expect(await receive()).toEqual([]);
  });

  it('deletes up to ten messages in a request, and says which receipts are unknown', async () => {
    const QueueUrl = queue.url;
    const Entries = ['a', 'b', 'c'].map((Id) => ({ Id, MessageBody: Id }));
    await client.send(new SendMessageBatchCommand({ QueueUrl, Entries }));
    const receipts = (await receive()).map(({ ReceiptHandle }, index) => ({ Id: `${index}`, ReceiptHandle }));
    const deleted = await client.send(
      new DeleteMessageBatchCommand({
        QueueUrl,
        Entries: [...receipts, { Id: 'none', ReceiptHandle: 'rubbish' }],
      }),
    );
    expect([deleted.Successful, deleted.Failed]).toEqual([
      receipts.map(({ Id }) => ({ Id })),
      [expect.objectContaining({ Id: 'none', SenderFault: true, Code: 'ReceiptHandleIsInvalid' })],
    ]);
    expect(queue.counts()).toEqual({ visible: 0, inFlight: 0, delayed: 0 });
  });

  it('answers a long poll as soon as a message comes, and keeps the message if the client has disconnected', async () => {
    const impatient = createClient({
      maxAttempts: 1,
      requestHandler: { requestTimeout: 50, throwOnRequestTimeout: true },
    });
    await expect(
      impatient.send(new ReceiveMessageCommand({ QueueUrl: queue.url, WaitTimeSeconds: 20 })),
    ).rejects.toThrow();
    impatient.destroy();
    const waiting = receive({ WaitTimeSeconds: 20 });
    setTimeout(() => queue.send('at last'), 50);
    expect((await waiting).map((message) => message.Body)).toEqual(['at last']);
  });

  it('moves messages to the dead-letter queue that was set in this process', async () => {
    const deadLetterQueue = emulator.createQueue('dead');
    queue = emulator.createQueue('fragile', { visibilityTimeoutSeconds: 0, maxReceives: 1, deadLetterQueue });
    queue.send('bad');
    expect([(await receive()).length, (await receive()).length, deadLetterQueue.counts().visible]).toEqual([
      1, 0, 1,
    ]);
    expect(emulator.findQueue('dead')).toBe(deadLetterQueue);
  });

  it.each<[string, object, () => Promise<unknown>]>([
    [
      'an unknown queue',
      QueueDoesNotExist,
      () =>
        client.send(new SendMessageCommand({ QueueUrl: `${endpoint}/000000000000/no`, MessageBody: 'a' })),
    ],
    [
      'a malformed receipt handle',
      ReceiptHandleIsInvalid,
      () => client.send(new DeleteMessageCommand({ QueueUrl: queue.url, ReceiptHandle: 'rubbish' })),
    ],
  ])('answers %s with the error that the SDK knows', async (_, error, request) => {
    await expect(request()).rejects.toBeInstanceOf(error);
    expect(queue.counts()).toEqual({ visible: 0, inFlight: 0, delayed: 0 });
  });

  it.each<[string, string, () => Promise<unknown>]>([
    ['eleven messages at once', "'maxNumberOfMessages'", () => receive({ MaxNumberOfMessages: 11 })],
    ['a wait of 21 seconds', "'waitTimeSeconds'", () => receive({ WaitTimeSeconds: 21 })],
    [
      'a message above 1 MiB',
      '1048577 bytes',
      () =>
        client.send(
          new SendMessageCommand({ QueueUrl: queue.url, MessageBody: 'a'.repeat(1024 * 1024 + 1) }),
        ),
    ],
    [
      'message attributes, which it does not have',
      'MessageAttributes',
      () =>
        client.send(
          new SendMessageCommand({
            QueueUrl: queue.url,
            MessageBody: 'a',
            MessageAttributes: { a: { DataType: 'String', StringValue: 'b' } },
          }),
        ),
    ],
  ])('refuses %s as an invalid parameter value', async (_, fault, request) => {
    await expect(request()).rejects.toMatchObject({
      Code: 'InvalidParameterValue',
      message: expect.stringContaining(fault),
    });
  });

  it('names an operation that it does not support', async () => {
    await expect(client.send(new ListQueueTagsCommand({ QueueUrl: queue.url }))).rejects.toMatchObject({
      name: 'UnknownOperationException',
      message: expect.stringContaining('does not support the operation ListQueueTags.'),
    });
  });

  it.skipIf(!installed.aws)('works with the AWS CLI', async () => {
    const url = ['--queue-url', queue.url];
    await aws(endpoint, 'sqs', 'send-message', ...url, '--message-body', 'from the command line');
    expect(
      await aws(endpoint, 'sqs', 'receive-message', ...url, '--attribute-names', 'ApproximateReceiveCount'),
    ).toMatchObject({
      Messages: [{ Body: 'from the command line', Attributes: { ApproximateReceiveCount: '1' } }],
    });
  });

  it.skipIf(!installed.boto3)('works with boto3', async () => {
    const script = `
import boto3, json, sys
sqs = boto3.client('sqs', endpoint_url=sys.argv[1])
url = sys.argv[1] + '/000000000000/files'
sqs.send_message(QueueUrl=url, MessageBody='a')
message = sqs.receive_message(QueueUrl=url, WaitTimeSeconds=1)['Messages'][0]
sqs.delete_message(QueueUrl=url, ReceiptHandle=message['ReceiptHandle'])
result = {'body': message['Body'], 'attributes': sqs.get_queue_attributes(QueueUrl=url, AttributeNames=['ApproximateNumberOfMessagesNotVisible'])['Attributes']}
try:
    sqs.send_message(QueueUrl=sys.argv[1] + '/000000000000/nowhere', MessageBody='a')
except sqs.exceptions.QueueDoesNotExist as error:
    result['error'] = error.response['Error']['Code']
print(json.dumps(result))
`;
    expect(await python(endpoint, script)).toEqual({
      body: 'a',
      attributes: { ApproximateNumberOfMessagesNotVisible: '0' },
      error: 'AWS.SimpleQueueService.NonExistentQueue',
    });
  });
});
