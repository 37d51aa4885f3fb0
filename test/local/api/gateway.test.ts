import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { routes } from '../../../lambda/query-api/routes.ts';
import { type LocalGateway, startGateway } from '../../../local/api/gateway.ts';
import type { InvocationResult } from '../../../local/lambda-runtime/process.ts';

let gateway: LocalGateway;
let events: Record<string, unknown>[];

beforeEach(async () => {
  gateway = await startGateway(0);
  events = [];
});

afterEach(() => gateway.close());

/** A function that answers so, and keeps what it was asked. */
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
  it('answers 503 until all is up', async () => {
    expect((await fetch(url('/health'))).status).toBe(503);
    expect((await fetch(url('/v1/Sims'))).status).toBe(503);
    answering({ ok: true, response: { statusCode: 200, body: 'up' } });
    expect((await fetch(url('/health'))).status).toBe(200);
  });

  it('hands the function API Gateway’s event, payload format 2.0', async () => {
    answering({ ok: true, response: { statusCode: 200, body: '{}' } });
    const authorization = 'Basic YTpi';
    await fetch(url('/v1/Sims/Vending%2012/DataSessions?PageSize=2&Status=a&Status=b%2Bc'), {
      headers: { authorization, 'user-agent': 'test' },
    });
    const host = `127.0.0.1:${gateway.port}`;
    expect(events).toEqual([
      {
        version: '2.0',
        routeKey: 'GET /v1/Sims/{sim}/DataSessions',
        rawPath: '/v1/Sims/Vending 12/DataSessions',
        rawQueryString: 'PageSize=2&Status=a&Status=b%2Bc',
        headers: expect.objectContaining({ authorization, host, 'x-forwarded-proto': 'http' }),
        queryStringParameters: { PageSize: '2', Status: 'a,b+c' },
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

  it('gives the function’s answer: status, headers, and a body that may be base64', async () => {
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

  it('answers for a function that fails, times out or answers nothing of sense', async () => {
    const statusFor = async (result: Partial<InvocationResult> & { readonly ok: boolean }) => {
      answering(result);
      return (await fetch(url('/v1/Sims'))).status;
    };
    expect(await statusFor({ ok: false, error: { name: 'Error', message: 'broken' } })).toBe(500);
    expect(await statusFor({ ok: false, error: { name: 'Sandbox.Timedout', message: 'late' } })).toBe(503);
    expect(await statusFor({ ok: true, response: null })).toBe(500);
    expect(await statusFor({ ok: true, response: 'text' })).toBe(500);
  });

  it('refuses a path that is no proper encoding, and routes what no route takes to the function', async () => {
    answering({ ok: true, response: { statusCode: 404, body: '{}' } });
    expect((await fetch(url('/v1/Sims/%E0%A4%A'))).status).toBe(400);
    expect((await fetch(url('/v1/Sims'), { method: 'POST', body: 'x'.repeat(1_000_000) })).status).toBe(404);
    expect(events.map(({ routeKey }) => routeKey)).toEqual(['$default']);
  });

  it('says that its port is taken', async () => {
    await expect(startGateway(gateway.port)).rejects.toMatchObject({ code: 'EADDRINUSE' });
  });
});
