import {
  BatchEntryIdsNotDistinct,
  ChangeMessageVisibilityCommand,
  CreateQueueCommand,
  DeleteMessageBatchCommand,
  DeleteMessageCommand,
  EmptyBatchRequest,
  GetQueueAttributesCommand,
  GetQueueUrlCommand,
  ListQueuesCommand,
  ListQueueTagsCommand,
  MessageNotInflight,
  PurgeQueueCommand,
  QueueDoesNotExist,
  QueueNameExists,
  ReceiptHandleIsInvalid,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  SendMessageCommand,
  SQSClient,
  TooManyEntriesInBatchRequest,
} from '@aws-sdk/client-sqs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Queue } from '../../../local/sqs/queue.ts';
import { createSqsStandIn, type SqsStandIn } from '../../../local/sqs/stand-in.ts';
import { aws, installed, python } from '../installed-clients.ts';

let standIn: SqsStandIn;
let endpoint: string;
let client: SQSClient;
let queue: Queue;

beforeEach(async () => {
  standIn = createSqsStandIn();
  endpoint = `http://127.0.0.1:${(await standIn.listen(0)).port}`;
  client = createClient();
  queue = standIn.createQueue('files');
});

afterEach(async () => {
  client.destroy();
  await standIn.close();
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

describe('the SQS stand-in', () => {
  it('makes queues, and finds them by name and URL', async () => {
    const { QueueUrl } = await client.send(
      new CreateQueueCommand({
        QueueName: 'imports',
        Attributes: {
          VisibilityTimeout: '5400',
          RedrivePolicy: JSON.stringify({ deadLetterTargetArn: queue.arn, maxReceiveCount: '5' }),
        },
      }),
    );
    expect(QueueUrl).toBe(`${endpoint}/000000000000/imports`);
    expect(await client.send(new GetQueueUrlCommand({ QueueName: 'imports' }))).toMatchObject({ QueueUrl });
    expect((await client.send(new ListQueuesCommand({}))).QueueUrls).toEqual([queue.url, QueueUrl]);
    expect((await client.send(new ListQueuesCommand({ QueueNamePrefix: 'im' }))).QueueUrls).toEqual([
      QueueUrl,
    ]);
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

  it('makes a queue again only with the same attributes', async () => {
    const create = (attributes: Record<string, string>) =>
      client.send(new CreateQueueCommand({ QueueName: 'files', Attributes: attributes }));
    expect((await create({ VisibilityTimeout: '30' })).QueueUrl).toBe(queue.url);
    await expect(create({ VisibilityTimeout: '31' })).rejects.toBeInstanceOf(QueueNameExists);
  });

  it('sends, receives, hides and deletes a message; the SDK finds its checksums right', async () => {
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

  it('sends and deletes in batches, each entry on its own', async () => {
    const sent = await client.send(
      new SendMessageBatchCommand({
        QueueUrl: queue.url,
        Entries: [
          { Id: '1', MessageBody: 'a' },
          { Id: '2', MessageBody: 'b', DelaySeconds: 60 },
        ],
      }),
    );
    expect(sent.Successful?.map((entry) => entry.Id)).toEqual(['1', '2']);
    expect(queue.counts()).toEqual({ visible: 1, inFlight: 0, delayed: 1 });
    const [message] = await receive();
    const deleted = await client.send(
      new DeleteMessageBatchCommand({
        QueueUrl: queue.url,
        Entries: [
          { Id: 'good', ReceiptHandle: message?.ReceiptHandle },
          { Id: 'bad', ReceiptHandle: 'rubbish' },
        ],
      }),
    );
    expect([deleted.Successful, deleted.Failed]).toEqual([
      [{ Id: 'good' }],
      [
        {
          Id: 'bad',
          SenderFault: true,
          Code: 'ReceiptHandleIsInvalid',
          Message: 'The input receipt handle "rubbish" is invalid.',
        },
      ],
    ]);
    await client.send(new PurgeQueueCommand({ QueueUrl: queue.url }));
    expect(queue.counts()).toEqual({ visible: 0, inFlight: 0, delayed: 0 });
  });

  it('answers a long poll as soon as a message comes, and keeps it for the next when the client is gone', async () => {
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

  it('hands messages to the dead-letter queue that was set in this process', async () => {
    const deadLetterQueue = standIn.createQueue('dead');
    queue = standIn.createQueue('fragile', { visibilityTimeoutSeconds: 0, maxReceives: 1, deadLetterQueue });
    queue.send('bad');
    expect([(await receive()).length, (await receive()).length, deadLetterQueue.counts().visible]).toEqual([
      1, 0, 1,
    ]);
    expect(standIn.queue('dead')).toBe(deadLetterQueue);
  });

  it.each<[string, object, () => Promise<unknown>]>([
    [
      'an unknown queue',
      QueueDoesNotExist,
      () =>
        client.send(new SendMessageCommand({ QueueUrl: `${endpoint}/000000000000/no`, MessageBody: 'a' })),
    ],
    [
      'a receipt handle that is none',
      ReceiptHandleIsInvalid,
      () => client.send(new DeleteMessageCommand({ QueueUrl: queue.url, ReceiptHandle: 'rubbish' })),
    ],
    [
      'an empty batch',
      EmptyBatchRequest,
      () => client.send(new SendMessageBatchCommand({ QueueUrl: queue.url, Entries: [] })),
    ],
    [
      'a batch of eleven',
      TooManyEntriesInBatchRequest,
      () =>
        client.send(
          new SendMessageBatchCommand({
            QueueUrl: queue.url,
            Entries: Array.from({ length: 11 }, (_, index) => ({ Id: `${index}`, MessageBody: 'a' })),
          }),
        ),
    ],
    [
      'a batch with an id twice',
      BatchEntryIdsNotDistinct,
      () =>
        client.send(
          new SendMessageBatchCommand({
            QueueUrl: queue.url,
            Entries: [
              { Id: '1', MessageBody: 'a' },
              { Id: '1', MessageBody: 'b' },
            ],
          }),
        ),
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
    [
      'an attribute of queues that it does not have',
      'FifoQueue',
      () => client.send(new CreateQueueCommand({ QueueName: 'q', Attributes: { FifoQueue: 'true' } })),
    ],
    [
      'a dead-letter queue that is not there',
      'Dead letter target does not exist',
      () =>
        client.send(
          new CreateQueueCommand({
            QueueName: 'q',
            Attributes: { RedrivePolicy: '{"deadLetterTargetArn":"arn","maxReceiveCount":3}' },
          }),
        ),
    ],
    [
      'a redrive policy that is not JSON',
      'RedrivePolicy',
      () => client.send(new CreateQueueCommand({ QueueName: 'q', Attributes: { RedrivePolicy: '{' } })),
    ],
  ])('refuses %s as an invalid parameter value', async (_, fault, request) => {
    await expect(request()).rejects.toMatchObject({
      Code: 'InvalidParameterValue',
      message: expect.stringContaining(fault),
    });
  });

  it('names the operation that it does not know', async () => {
    await expect(client.send(new ListQueueTagsCommand({ QueueUrl: queue.url }))).rejects.toMatchObject({
      name: 'UnknownOperationException',
      message: expect.stringContaining('does not know the operation ListQueueTags.'),
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
url = sqs.create_queue(QueueName='python', Attributes={'VisibilityTimeout': '60'})['QueueUrl']
sqs.send_message(QueueUrl=url, MessageBody='a')
message = sqs.receive_message(QueueUrl=url, WaitTimeSeconds=1)['Messages'][0]
sqs.delete_message(QueueUrl=url, ReceiptHandle=message['ReceiptHandle'])
result = {'body': message['Body'], 'attributes': sqs.get_queue_attributes(QueueUrl=url, AttributeNames=['ApproximateNumberOfMessagesNotVisible'])['Attributes']}
try:
    sqs.get_queue_url(QueueName='nowhere')
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
