import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { GetQueueAttributesCommand } from '@aws-sdk/client-sqs';
import { expect, onTestFinished, test, vi } from 'vitest';
import { Clients } from '../../../cli/deployment/clients.ts';

test('queues are asked where AWS_ENDPOINT_URL says, whatever their URL', async () => {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(`${request.headers['x-amz-target']}`);
    response.setHeader('content-type', 'application/x-amz-json-1.0').end('{"Attributes":{}}');
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  vi.stubEnv('AWS_ENDPOINT_URL', `http://127.0.0.1:${port}`);
  onTestFinished(() => void vi.unstubAllEnvs());
  const clients = new Clients({
    region: 'eu-central-1',
    credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
  });
  onTestFinished(() => clients.close());
  await clients.sqs.send(
    new GetQueueAttributesCommand({ QueueUrl: 'https://sqs.eu-central-1.amazonaws.com/123456789012/queue' }),
  );
  expect(asked).toEqual(['AmazonSQS.GetQueueAttributes']);
});
