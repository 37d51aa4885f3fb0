import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ListShardsCommand } from '@aws-sdk/client-kinesis';
import { GetQueueAttributesCommand } from '@aws-sdk/client-sqs';
import { expect, onTestFinished, test, vi } from 'vitest';
import { Clients } from '../../../cli/deployment/clients.ts';

/** Clients with the AWS_ENDPOINT_URL of a server that speaks only HTTP/1.1, and the operations that it received. */
async function clientsOfAnEndpoint(answer: string): Promise<{ clients: Clients; asked: string[] }> {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(`${request.headers['x-amz-target']}`);
    response.setHeader('content-type', `${request.headers['content-type']}`).end(answer);
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
  return { clients, asked };
}

test('queues are reached at AWS_ENDPOINT_URL, whatever their URL', async () => {
  const { clients, asked } = await clientsOfAnEndpoint('{"Attributes":{}}');
  await clients.sqs.send(
    new GetQueueAttributesCommand({ QueueUrl: 'https://sqs.eu-central-1.amazonaws.com/123456789012/queue' }),
  );
  expect(asked).toEqual(['AmazonSQS.GetQueueAttributes']);
});

test('streams are read by HTTP/1.1, which every endpoint supports', async () => {
  const { clients, asked } = await clientsOfAnEndpoint('{"Shards":[{"ShardId":"shardId-000000000000"}]}');
  const { Shards } = await clients.kinesis.send(new ListShardsCommand({ StreamName: 'stream' }));
  expect(Shards).toEqual([{ ShardId: 'shardId-000000000000' }]);
  expect(asked).toEqual(['Kinesis_20131202.ListShards']);
});
