import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  BatchExecuteStatementCommand,
  type BatchExecuteStatementCommandInput,
  BatchGetItemCommand,
  type BatchStatementRequest,
  BatchWriteItemCommand,
  ConditionalCheckFailedException,
  type DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { afterAll, afterEach, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { makeDynamoDbClient } from '../../../lambda/aws/dynamodb-client.ts';

interface Seen {
  readonly headers: IncomingHttpHeaders;
  readonly body: unknown;
}

/** How the server handles a request. */
type Answer = { readonly status: number; readonly body: string } | 'hang up half-way' | 'never';

let server: Server;
let client: DynamoDBClient;
let answers: Answer[] = [];
let seen: Seen[] = [];

beforeAll(async () => {
  server = createServer((request, response) => {
    let text = '';
    request.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
    });
    request.on('end', () => {
      seen.push({ headers: request.headers, body: JSON.parse(text) });
      const answer = answers.shift() ?? { status: 200, body: '{}' };
      if (answer === 'never') return;
      if (answer === 'hang up half-way') {
        response.writeHead(200, { 'content-length': 100 }).write('{"Item":');
        setTimeout(() => response.destroy(), 20);
        return;
      }
      response.writeHead(answer.status, { 'content-type': 'application/x-amz-json-1.0' }).end(answer.body);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  vi.stubEnv('AWS_ENDPOINT_URL_DYNAMODB', `http://127.0.0.1:${port}`);
  vi.stubEnv('AWS_REGION', 'eu-central-1');
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIDEXAMPLE');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'secret');
  client = makeDynamoDbClient();
});

afterEach(() => {
  answers = [];
  seen = [];
});

afterAll(() => {
  client.destroy();
  server.close();
  vi.unstubAllEnvs();
});

const key = { sim: { S: '8988307000000120011' } };

describe('the DynamoDB client', () => {
  it('sends a command’s input unchanged, under its operation, signed for its service and region', async () => {
    const input = {
      TableName: 'Sessions',
      Key: key,
      UpdateExpression: 'SET simName = :simName',
      ExpressionAttributeValues: {
        ':simName': { S: 'Zähler „7“ 🚲' },
        ':n': { N: '12.5' },
        ':b': { BOOL: false },
      },
    };
    await client.send(new UpdateItemCommand(input));
    const [request] = seen;
    expect(request?.body).toEqual(input);
    expect(request?.headers['x-amz-target']).toBe('DynamoDB_20120810.UpdateItem');
    expect(request?.headers['content-type']).toBe('application/x-amz-json-1.0');
    expect(request?.headers.authorization).toMatch(
      /^AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE\/\d{8}\/eu-central-1\/dynamodb\/aws4_request, SignedHeaders=[^,]*host[^,]*x-amz-target, Signature=[0-9a-f]{64}$/,
    );
  });

  it('sends statements unchanged, repeated texts included', async () => {
    const text = `UPDATE "Sims" SET "simName" = ? WHERE "sim" = ? AND ("lastUpdated" < ?) \\ Zähler „7“ 🚲`;
    const statements: BatchStatementRequest[] = [
      { Statement: text, Parameters: [{ S: '"quoted"' }, { N: '1' }, { BOOL: true }] },
      { Statement: text, ReturnValuesOnConditionCheckFailure: 'ALL_OLD', Parameters: [{ S: 'b' }] },
      { Statement: text },
      ...Array.from({ length: 100 }, (_, index) => ({
        Statement: `${text} ${index}`,
        Parameters: [key.sim],
      })),
    ];
    const inputs: BatchExecuteStatementCommandInput[] = [
      { Statements: statements },
      { Statements: statements, ReturnConsumedCapacity: 'TOTAL' },
      { Statements: [], ReturnConsumedCapacity: undefined },
      { Statements: undefined },
    ];
    for (const input of inputs) await client.send(new BatchExecuteStatementCommand(input));
    expect(seen.map(({ body }) => body)).toEqual(inputs.map((input) => JSON.parse(JSON.stringify(input))));
  });

  it('signs with the current credentials', async () => {
    let count = 0;
    const credentials = async () => {
      count += 1;
      return { accessKeyId: `AKID${count}`, secretAccessKey: 'secret', expiration: new Date(0) };
    };
    const rotating = makeDynamoDbClient({ credentials });
    for (let request = 0; request < 2; request += 1) {
      await rotating.send(new GetItemCommand({ TableName: 'Sims', Key: key }));
    }
    rotating.destroy();
    const keys = seen.map(({ headers }) => /Credential=(\w+)/.exec(headers.authorization ?? '')?.[1]);
    expect(new Set(keys).size).toBe(2);
  });

  it('leaves out undefined members', async () => {
    await client.send(new GetItemCommand({ TableName: 'Sims', Key: key, ConsistentRead: undefined }));
    expect(seen[0]?.body).toEqual({ TableName: 'Sims', Key: key });
  });

  it('returns answers unchanged', async () => {
    const item = { ...key, online: { BOOL: true }, dataTotal: { N: '9007199254740993' } };
    const responses = { Responses: { Sims: [item] }, UnprocessedKeys: { Usage: { Keys: [key] } } };
    const left = { UnprocessedItems: { Usage: [{ PutRequest: { Item: item } }] } };
    answers = [item, responses, left].map((answer, index) => ({
      status: 200,
      body: JSON.stringify(index === 0 ? { Item: answer } : answer),
    }));
    const got = await client.send(new GetItemCommand({ TableName: 'Sims', Key: key }));
    const many = await client.send(new BatchGetItemCommand({ RequestItems: { Sims: { Keys: [key] } } }));
    const put = [{ PutRequest: { Item: item } }];
    const written = await client.send(new BatchWriteItemCommand({ RequestItems: { Usage: put } }));
    expect(got.Item).toEqual(item);
    expect([many.Responses, many.UnprocessedKeys]).toEqual([responses.Responses, responses.UnprocessedKeys]);
    expect(written.UnprocessedItems).toEqual(left.UnprocessedItems);
    expect(got.$metadata).toMatchObject({ httpStatusCode: 200, attempts: 1 });
  });

  it('throws the SDK’s own error for a failed condition, with the stored item', async () => {
    const item = { ...key, simName: { S: 'stored' } };
    const type = 'com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException';
    answers = [
      { status: 400, body: JSON.stringify({ __type: type, message: 'The conditional…', Item: item }) },
    ];
    const sent = client.send(new PutItemCommand({ TableName: 'Sims', Item: item }));
    await expect(sent).rejects.toBeInstanceOf(ConditionalCheckFailedException);
    await expect(sent).rejects.toMatchObject({ Item: item, $metadata: { httpStatusCode: 400 } });
    expect(seen).toHaveLength(1);
  });

  it('retries requests that were throttled, failed or broke off', async () => {
    const throttled = '{"__type":"com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException"}';
    answers = [
      { status: 400, body: throttled },
      { status: 500, body: '{"__type":"com.amazon.coral.service#InternalServerError"}' },
      'hang up half-way',
      { status: 200, body: JSON.stringify({ Item: key }) },
    ];
    const got = await client.send(new GetItemCommand({ TableName: 'Sims', Key: key }));
    expect(got.Item).toEqual(key);
    expect(seen).toHaveLength(4);
  });
});

it('the DynamoDB client gives up a request without an answer after 10 seconds, and retries it', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  onTestFinished(() => void vi.useRealTimers());
  answers = ['never'];
  const got = client.send(new GetItemCommand({ TableName: 'Sims', Key: key }));
  while (seen.length < 2) {
    await vi.advanceTimersByTimeAsync(seen.length === 1 ? 10_000 : 0);
    await new Promise((resolve) => setImmediate(resolve));
  }
  expect((await got).$metadata.attempts).toBe(2);
});
