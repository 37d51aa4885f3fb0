import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { type DynamoDBClient, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { afterEach, beforeEach, expect, onTestFinished, test, vi } from 'vitest';
import { makeDynamoDbClient } from '../../../lambda/aws/dynamodb-client.ts';
import { makeProcessFence } from '../../../lambda/aws/process-fence.ts';
import { startTimer } from '../../../lambda/aws/timer.ts';
import type { ProcessFence } from '../../../lambda/days/fence/chunk-fence.ts';

/** The fence of a process, with the SDK's client and its retries. */

const elevenMinutes = 11 * 60_000;

let server: Server;
let client: DynamoDBClient;
let fence: ProcessFence;
/** The operations that were received. */
let received: string[] = [];
/** Called for each operation, for the answer. */
let answer: (operation: string) => { readonly status: number; readonly body: string };

beforeEach(async () => {
  received = [];
  answer = () => ({ status: 200, body: '{}' });
  server = createServer(async (request, response) => {
    await buffer(request);
    const operation = String(request.headers['x-amz-target']).split('.')[1] ?? '';
    received.push(operation);
    const { status, body } = answer(operation);
    response.writeHead(status, { 'content-type': 'application/x-amz-json-1.0' }).end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const credentials = { accessKeyId: 'any', secretAccessKey: 'any' };
  client = makeDynamoDbClient({ endpoint, region: 'us-east-1', credentials });
  fence = makeProcessFence(client, { dayState: 'DayState', dayMarkers: 'DayMarkers' });
});

afterEach(() => {
  client.destroy();
  server.close();
});

/** Sets the machine's clock ahead, as after a sleep. */
function sleep(milliseconds: number): void {
  const later = Date.now() + milliseconds;
  vi.spyOn(Date, 'now').mockReturnValue(later);
  onTestFinished(() => void vi.restoreAllMocks());
}

function put() {
  return client.send(
    new PutItemCommand({ TableName: 'Usage', Item: { sim: { S: 'a' }, usageId: { S: 'b' } } }),
  );
}

test('a failed request is not retried later than ten minutes after the fence was read', async () => {
  const passage = await fence.enter();
  answer = () => {
    sleep(elevenMinutes);
    return { status: 500, body: '{"__type":"com.amazonaws.dynamodb.v20120810#InternalServerError"}' };
  };
  await expect(put()).rejects.toThrow('More than 10 minutes have passed since a batch began.');
  expect(received).toEqual(['GetItem', 'PutItem']);
  passage.leave();
  answer = () => ({ status: 200, body: '{}' });
  await fence.enter();
  await put();
  expect(received).toEqual(['GetItem', 'PutItem', 'GetItem', 'PutItem']);
});

test('a failed request that its batch no longer waits for is not retried', async () => {
  const passage = await fence.enter();
  answer = () => {
    passage.leave();
    sleep(elevenMinutes);
    return { status: 500, body: '{"__type":"com.amazonaws.dynamodb.v20120810#InternalServerError"}' };
  };
  await expect(put()).rejects.toThrow('More than 10 minutes');
  expect(received).toEqual(['GetItem', 'PutItem']);
});

test('requests outside of batches are not limited', async () => {
  (await fence.enter()).leave();
  sleep(elevenMinutes);
  await put();
  expect(received).toEqual(['GetItem', 'PutItem']);
});

test('a timer follows the clock that is further ahead', () => {
  const elapsed = startTimer();
  sleep(elevenMinutes);
  expect(elapsed()).toBeGreaterThanOrEqual(elevenMinutes);
  vi.spyOn(Date, 'now').mockReturnValue(0);
  expect(elapsed()).toBeGreaterThanOrEqual(0);
});
