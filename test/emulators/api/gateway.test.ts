import { connect } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type LocalGateway, startGateway } from '../../../emulators/api/gateway.ts';
import type { InvocationResult } from '../../../emulators/lambda-runtime/process.ts';
import { routes } from '../../../lambda/functions/query-api/routes.ts';

let gateway: LocalGateway;
let events: Record<string, unknown>[];

beforeEach(async () => {
  gateway = await startGateway(0);
  events = [];
});

afterEach(() => gateway.close());

/** A function that answers this, and keeps its requests. */
function answering(result: Partial<InvocationResult> & { readonly ok: boolean }): void {
  const target = {
    invoke: async (event: unknown) => {
      events.push(event as Record<string, unknown>);
      return { requestId: 'id', ...result } as InvocationResult;
    },
  };
  gateway.ready([
    { root: '/', routes, hasDefault: true, target },
    { root: '/v1/ingest/', routes: [{ method: 'POST', path: '/v1/ingest/a' }], hasDefault: false, target },
  ]);
}

function url(path: string): string {
  return `http://127.0.0.1:${gateway.port}${path}`;
}

describe('the local gateway', () => {
  it('answers 503 until everything is started', async () => {
    expect((await fetch(url('/health'))).status).toBe(503);
    expect((await fetch(url('/v1/Sims'))).status).toBe(503);
    answering({ ok: true, response: { statusCode: 200, body: 'up' } });
    expect((await fetch(url('/health'))).status).toBe(200);
  });

  it('sends the function API Gateway’s event, payload format 2.0', async () => {
    answering({ ok: true, response: { statusCode: 200, body: '{}' } });
    const authorization = 'Basic YTpi';
    await fetch(url('/v1/Sims/Vending%2012/DataSessions?PageSize=2&Status=a&Status=b%2Bc&constructor=d'), {
      headers: { authorization, 'user-agent': 'test' },
    });
    const host = `127.0.0.1:${gateway.port}`;
    expect(events).toEqual([
      {
        version: '2.0',
        routeKey: 'GET /v1/Sims/{sim}/DataSessions',
        rawPath: '/v1/Sims/Vending 12/DataSessions',
        rawQueryString: 'PageSize=2&Status=a&Status=b%2Bc&constructor=d',
        headers: expect.objectContaining({ authorization, host, 'x-forwarded-proto': 'http' }),
        queryStringParameters: { PageSize: '2', Status: 'a,b+c', constructor: 'd' },
        pathParameters: { sim: 'Vending 12' },
        requestContext: {
          accountId: '000000000000',
          apiId: 'local',
          domainName: host,
          domainPrefix: 'local',
          http: {
            method: 'GET',
            path: '/v1/Sims/Vending 12/DataSessions',
            protocol: 'HTTP/1.1',
            sourceIp: '127.0.0.1',
            userAgent: 'test',
          },
          requestId: expect.any(String),
          routeKey: 'GET /v1/Sims/{sim}/DataSessions',
          stage: '$default',
          time: expect.any(String),
          timeEpoch: expect.any(Number),
        },
        isBase64Encoded: false,
      },
    ]);
  });

  it('returns the function’s response: status, headers, and a body that may be base64', async () => {
    const headers = { 'Content-Type': 'text/plain', 'x-number': 1 };
    answering({
      ok: true,
      response: {
        statusCode: 418,
        headers,
        body: Buffer.from('ä').toString('base64'),
        isBase64Encoded: true,
      },
    });
    const answer = await fetch(url('/v1/Sims'));
    expect([answer.status, answer.headers.get('content-type'), answer.headers.get('x-number')]).toEqual([
      418,
      'text/plain',
      '1',
    ]);
    expect(await answer.text()).toBe('ä');
    const head = await fetch(url('/health'), { method: 'HEAD' });
    expect([head.status, await head.text()]).toEqual([418, '']);
  });

  it('answers for a function that fails, times out or returns an invalid answer', async () => {
    const statusFor = async (result: Partial<InvocationResult> & { readonly ok: boolean }) => {
      answering(result);
      return (await fetch(url('/v1/Sims'))).status;
    };
    expect(await statusFor({ ok: false, error: { name: 'Error', message: 'broken' } })).toBe(500);
    expect(await statusFor({ ok: false, error: { name: 'Sandbox.Timedout', message: 'late' } })).toBe(503);
    expect(await statusFor({ ok: true, response: null })).toBe(500);
    expect(await statusFor({ ok: true, response: 'text' })).toBe(500);
  });

  it('refuses a path with an invalid encoding, and routes unmatched requests to the function', async () => {
    answering({ ok: true, response: { statusCode: 404, body: '{}' } });
    expect((await fetch(url('/v1/Sims/%E0%A4%A'))).status).toBe(400);
    expect((await fetch(url('/v1/Sims'), { method: 'POST', body: 'x'.repeat(1_000_000) })).status).toBe(404);
    expect(events.map(({ routeKey }) => routeKey)).toEqual(['$default']);
  });

  it.each([
    ['application/json', '{"a":"ä"}', false],
    ['application/json; charset=utf-8', '{}', false],
    ['text/plain', 'a', false],
    ['application/cloudevents+json', '{}', true],
    ['application/octet-stream', 'a', true],
    ['application/json', Buffer.from([0x1f, 0x8b, 0xff]), true],
  ])('passes on a body of %s, in base64 if it is not text', async (contentType, body, isBase64Encoded) => {
    answering({ ok: true, response: { statusCode: 200, body: '{}' } });
    const headers = { 'content-type': contentType };
    expect((await fetch(url('/v1/ingest/a'), { method: 'POST', headers, body })).status).toBe(200);
    expect(events).toMatchObject([
      {
        routeKey: 'POST /v1/ingest/a',
        body: Buffer.from(body).toString(isBase64Encoded ? 'base64' : 'utf8'),
        isBase64Encoded,
        requestContext: { http: { method: 'POST' } },
      },
    ]);
  });

  it('calls the API whose prefix matches, and answers by itself if that has no route', async () => {
    answering({ ok: true, response: { statusCode: 200, body: '{}' } });
    const statusOf = async (path: string, method: string) => (await fetch(url(path), { method })).status;
    expect(await statusOf('/v1/ingest/b', 'POST')).toBe(404);
    expect(await statusOf('/v1/ingest/a', 'GET')).toBe(404);
    expect(await statusOf('/v1/ingest', 'POST')).toBe(200);
    expect(events.map(({ routeKey }) => routeKey)).toEqual(['$default']);
  });

  it('refuses bodies that are too large for API Gateway or Lambda', async () => {
    answering({ ok: true, response: { statusCode: 200, body: '{}' } });
    const headers = { 'content-type': 'application/json' };
    const statusOf = async (body: string) =>
      (await fetch(url('/v1/ingest/a'), { method: 'POST', headers, body })).status;
    expect(await statusOf('x'.repeat(10 * 1024 * 1024 + 1))).toBe(413);
    // What a body is written as counts: a quote takes two bytes.
    expect(await statusOf('"'.repeat(3.5 * 1024 * 1024))).toBe(413);
    expect(await statusOf('x'.repeat(6_000_000))).toBe(200);
    expect(events.length).toBe(1);
  });

  it('does not invoke a function for an incomplete body', async () => {
    answering({ ok: true, response: { statusCode: 200, body: '{}' } });
    const socket = connect(gateway.port, '127.0.0.1');
    socket.write('POST /v1/ingest/a HTTP/1.1\r\nhost: localhost\r\ncontent-length: 100\r\n\r\nhalf of it');
    await new Promise((resolve) => setTimeout(resolve, 50));
    socket.destroy();
    expect((await fetch(url('/v1/Sims'))).status).toBe(200);
    expect(events.map(({ routeKey }) => routeKey)).toEqual(['GET /v1/Sims']);
  });

  it('serves the local run’s description when everything is started', async () => {
    expect((await fetch(url('/local'))).status).toBe(503);
    gateway.ready([], [{ path: '/local', readContent: () => ({ up: 1 }) }]);
    const answer = await fetch(url('/local'));
    expect([answer.status, await answer.json()]).toEqual([200, { up: 1 }]);
  });

  it('fails if its port is in use', async () => {
    await expect(startGateway(gateway.port)).rejects.toMatchObject({ code: 'EADDRINUSE' });
  });
});
