import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { DynamoDBClient, ListTablesCommand } from '@aws-sdk/client-dynamodb';
import { GetRoleCommand, IAMClient } from '@aws-sdk/client-iam';
import { GetFunctionCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { GetBucketVersioningCommand, S3Client } from '@aws-sdk/client-s3';
import { expect, onTestFinished, test } from 'vitest';
import { isLack, type RecordingProxy, startRecordingProxy } from './recording-proxy.ts';

/** What an endpoint answers. */
interface Answer {
  readonly status: number;
  readonly body: string;
}

/** A proxy before an endpoint that answers always the same, and the bodies that the endpoint got. */
async function proxyBefore({ status, body }: Answer): Promise<{ proxy: RecordingProxy; got: string[] }> {
  const got: string[] = [];
  const endpoint = createServer(async (request, response) => {
    got.push(`${request.method} ${request.url} ${await text(request)}`);
    response.writeHead(status, { 'content-type': 'application/x-amz-json-1.0' }).end(body);
  });
  await once(endpoint.listen(0, '127.0.0.1'), 'listening');
  onTestFinished(() => void endpoint.close());
  const proxy = await startRecordingProxy(`http://127.0.0.1:${(endpoint.address() as AddressInfo).port}`);
  onTestFinished(() => proxy.close());
  return { proxy, got };
}

function clientOptions({ url }: RecordingProxy) {
  return {
    ...{ endpoint: url, region: 'eu-central-1', maxAttempts: 1 },
    credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
  };
}

test('requests and answers pass as they are, and only failures are noted', async () => {
  const { proxy, got } = await proxyBefore({ status: 200, body: '{"TableNames":["one"]}' });
  const client = new DynamoDBClient(clientOptions(proxy));
  const { TableNames } = await client.send(new ListTablesCommand({ Limit: 1 }));
  expect({ TableNames, got, failed: proxy.failed }).toEqual({
    TableNames: ['one'],
    got: ['POST / {"Limit":1}'],
    failed: [],
  });
});

test('a failed call is noted by service and operation in each of AWS’s protocols', async () => {
  const json = { status: 400, body: '{"__type":"UnknownOperationException","message":"no  such\\nthing"}' };
  const { proxy } = await proxyBefore(json);
  const options = clientOptions(proxy);
  await expect(new DynamoDBClient(options).send(new ListTablesCommand({}))).rejects.toThrow();
  await expect(new IAMClient(options).send(new GetRoleCommand({ RoleName: 'r' }))).rejects.toThrow();
  await expect(
    new LambdaClient(options).send(new GetFunctionCommand({ FunctionName: 'f' })),
  ).rejects.toThrow();
  await expect(new S3Client(options).send(new GetBucketVersioningCommand({ Bucket: 'b' }))).rejects.toThrow();
  const noted = proxy.failed.map(({ service, operation }) => `${service} ${operation}`);
  expect(noted).toEqual([
    'dynamodb ListTables',
    'iam GetRole',
    'lambda GET /2015-03-31/functions/f',
    's3 GET /b/',
  ]);
  expect(proxy.failed[0]).toEqual({
    ...{ service: 'dynamodb', operation: 'ListTables', status: 400 },
    error: 'UnknownOperationException: no such thing',
  });
});

test('an endpoint lacks what it says that it does not know, and what it breaks at; other errors are answers', () => {
  const call = { service: 'iam', operation: 'GetRole' };
  const lacking = [
    { ...call, status: 501, error: 'the action is not there' },
    { ...call, status: 500, error: '<!doctype html> Internal Server Error' },
    { ...call, status: 400, error: 'UnknownOperationException: what is that' },
    { ...call, status: 400, error: 'InvalidAction: the action GetRole is not valid' },
    { ...call, status: 400, error: 'ValidationError: this has not been implemented' },
    { ...call, status: 404, error: '<!doctype html> <title>404 Not Found</title>' },
  ];
  const answered = [
    { ...call, status: 404, error: 'NoSuchEntity: there is no such role' },
    { ...call, status: 400, error: 'ConditionalCheckFailedException: The conditional request failed' },
    { ...call, status: 403, error: 'AccessDenied: you may not' },
  ];
  expect([lacking.map(isLack), answered.map(isLack)]).toEqual([
    lacking.map(() => true),
    answered.map(() => false),
  ]);
});
