import { createHash, createHmac } from 'node:crypto';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { type AwsRequest, AwsRequestError, sendSigned } from '../../../lambda/aws/aws-request.ts';

const credentials = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret', sessionToken: 'token/+=' };
const client = new DynamoDBClient({ region: 'eu-central-1', credentials });

/** A request as it arrived. */
interface Arrived {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

let arrived: Arrived[];
let answers: { status: number; body: string }[];

const server = createServer(async (request, response) => {
  const { method = '', url: path = '', headers } = request;
  arrived.push({ method, path, headers, body: await buffer(request) });
  const { status, body } = answers.shift() ?? { status: 200, body: '' };
  response.writeHead(status).end(body);
});

beforeAll(() => new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve)));

afterAll(() => {
  client.destroy();
  server.close();
});

beforeEach(() => {
  arrived = [];
  answers = [];
  // No pauses between attempts.
  vi.spyOn(Math, 'random').mockReturnValue(0);
  return () => vi.restoreAllMocks();
});

function requestTo(path: string, more: Partial<AwsRequest> = {}): AwsRequest {
  const { port } = server.address() as AddressInfo;
  const url = new URL(path, `http://127.0.0.1:${port}`);
  return { service: 's3', method: 'PUT', url, headers: {}, body: '', ...more };
}

/**
 * The signature that AWS computes for a request.
 *
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 */
function signatureOf({ method, path, headers, body }: Arrived, service: string): string {
  const [, scope = '', names = ''] =
    /Credential=AKIDEXAMPLE\/([^,]+), SignedHeaders=([^,]+),/.exec(headers.authorization ?? '') ?? [];
  const [date = '', region = ''] = scope.split('/');
  expect(scope).toBe(`${date}/eu-central-1/${service}/aws4_request`);
  const [pathname, query = ''] = path.split('?');
  const canonical = [
    method,
    pathname,
    query,
    ...names.split(';').map((name) => `${name}:${String(headers[name]).trim()}`),
    '',
    names,
    createHash('sha256').update(body).digest('hex'),
  ].join('\n');
  const toSign = [
    'AWS4-HMAC-SHA256',
    headers['x-amz-date'],
    scope,
    createHash('sha256').update(canonical).digest('hex'),
  ].join('\n');
  const hmac = (key: Buffer | string, text: string): Buffer =>
    createHmac('sha256', key).update(text).digest();
  const key = hmac(hmac(hmac(hmac('AWS4secret', date), region), service), 'aws4_request');
  return hmac(key, toSign).toString('hex');
}

test.for([
  ['an object of text', requestTo.bind(undefined, '/bucket/rejects/a/b.jsonl'), 's3'],
  [
    'an object of bytes with headers',
    () =>
      requestTo('/bucket/rejects/a/b.jsonl', {
        headers: { 'content-type': 'application/x-ndjson', 'if-none-match': '*' },
        body: Buffer.from([0, 1, 254, 255]),
      }),
    's3',
  ],
  [
    'a copy',
    () => requestTo('/bucket/a.csv', { headers: { 'x-amz-copy-source': 'files/a%20b.csv?versionId=1' } }),
    's3',
  ],
  [
    'a message',
    () =>
      requestTo('/', {
        service: 'sqs',
        method: 'POST',
        headers: { 'x-amz-target': 'AmazonSQS.SendMessage' },
        body: '{"€":1}',
      }),
    'sqs',
  ],
] as const)('%s is signed as AWS checks it', async ([, make, service]) => {
  const request = make();
  answers = [{ status: 200, body: 'done' }];
  expect(await sendSigned(client.config, request)).toEqual({ status: 200, body: 'done' });
  const [one] = arrived;
  if (one === undefined) expect.fail('Nothing arrived');
  expect(one.body).toEqual(Buffer.from(request.body));
  expect(one.headers).toMatchObject(request.headers);
  expect(one.headers['x-amz-security-token']).toBe('token/+=');
  expect(one.headers['x-amz-content-sha256']).toBe(createHash('sha256').update(one.body).digest('hex'));
  expect(one.headers.authorization).toContain(`Signature=${signatureOf(one, service)}`);
});

test('a request is retried while the service fails, with a new signature each time', async () => {
  answers = [500, 503, 429, 502, 200].map((status) => ({ status, body: `${status}` }));
  expect(await sendSigned(client.config, requestTo('/bucket/a'))).toEqual({ status: 200, body: '200' });
  expect(arrived.length).toBe(5);
});

test('a refusal is returned as an answer', async () => {
  answers = [{ status: 412, body: '<Error/>' }];
  expect(await sendSigned(client.config, requestTo('/bucket/a'))).toEqual({ status: 412, body: '<Error/>' });
  expect(arrived.length).toBe(1);
});

test('requests to a service that keeps failing or is unreachable end with an error', async () => {
  answers = Array.from({ length: 5 }, () => ({ status: 500, body: 'x'.repeat(1000) }));
  await expect(sendSigned(client.config, requestTo('/bucket/a'))).rejects.toThrow(
    new AwsRequestError(requestTo('/'), `status 500: ${'x'.repeat(300)}`, 5),
  );
  const nowhere = { ...requestTo('/'), url: new URL('http://127.0.0.1:9/') };
  await expect(sendSigned(client.config, nowhere)).rejects.toThrow(
    /^PUT to s3 failed 5 times, last with TypeError/,
  );
});
