import { describe, expect, it } from 'vitest';
import { routes } from '../../../../lambda/functions/query-api/routes.ts';
import { ClientThrottle } from '../../../../lambda/functions/query-api/throttle.ts';
import { apiOver, basic, credentials, now, type Sending, send } from './api-under-test.ts';
import { exampleApi, onceSim, superSim } from './example-api.ts';

const { tables, get, all, messageOf } = exampleApi();

describe('parameters', () => {
  const sim = `/v1/Sims/${superSim}`;

  it.each([
    [
      `${sim}/DataSessions?PageSize=0`,
      'PageSize: "0" given; accepted is a whole number from 1; more than 1000 counts as 1000',
    ],
    [
      `${sim}/DataSessions?PageSize=ten`,
      'PageSize: "ten" given; accepted is a whole number from 1; more than 1000 counts as 1000',
    ],
    [`${sim}/DataSessions?Page=-1`, 'Page: "-1" given; accepted is a whole number from 0'],
    [
      `${sim}/DataSessions?PageToken=`,
      'PageToken: "" given; accepted is the PageToken of a meta.next_page_url',
    ],
    [`${sim}/DataSessions?Status=closed`, 'Status: "closed" given; accepted is one of open, ended, failed'],
    [
      `${sim}/DataSessions?Status=open&Status=ended`,
      'Status: "open, ended" given; accepted is one value: one of open, ended, failed',
    ],
    [
      `${sim}/DataSessions?StartTime=yesterday`,
      'StartTime: "yesterday" given; accepted is a time in ISO 8601 such as 2026-01-31T00:00:00Z, or a date such as 2026-01-31, which begins at 00:00 UTC',
    ],
    [
      `${sim}/DataSessions?EndTime=2026-02-30`,
      'EndTime: "2026-02-30" given; accepted is a time in ISO 8601 such as 2026-01-31T00:00:00Z, or a date such as 2026-01-31, which begins at 00:00 UTC',
    ],
    [
      `${sim}/DataSessions?StartTime=2026-10-01&EndTime=2026-10-31T00:00:00.001Z`,
      'EndTime: "2026-10-31T00:00:00.001Z" given; accepted is a time up to 2026-10-31T00:00:00.000Z, 30 days after StartTime',
    ],
    [
      `${sim}/DataSessions?StartTime=2026-10-02&EndTime=2026-10-01`,
      'EndTime: "2026-10-01T00:00:00.000Z" given; accepted is a time at or after StartTime, which is 2026-10-02T00:00:00.000Z',
    ],
    [
      `${sim}/DataSessions?StartTime=2026-10-01`,
      'StartTime: "2026-10-01T00:00:00.000Z" given; accepted is a time from 2026-10-04T12:00:00.000Z on: without EndTime the list goes on until now, and it may cover at most 30 days',
    ],
    [
      `${sim}/ConnectionEvents?StartTime=2025-01-01`,
      'StartTime: "2025-01-01T00:00:00.000Z" given; accepted is a time from 2025-09-29T12:00:00.000Z on: without EndTime the list goes on until now, and it may cover at most 400 days',
    ],
    [
      `${sim}/UsageRecords?Granularity=hour&StartTime=2026-10-01`,
      'StartTime: "2026-10-01T00:00:00.000Z" given; accepted is a time from 2026-10-03T12:00:00.000Z on: without EndTime the list goes on until now, and it may cover at most 31 days',
    ],
    [
      `${sim}/UsageRecords?Granularity=raw&StartTime=2025-01-01`,
      'StartTime: "2025-01-01T00:00:00.000Z" given; accepted is a time from 2025-09-29T12:00:00.000Z on: without EndTime the list goes on until now, and it may cover at most 400 days',
    ],
    [
      `${sim}/UsageRecords?StartTime=2026-11-04`,
      'StartTime: "2026-11-04T00:00:00.000Z" given; accepted is a time before now, which is 2026-11-03T12:00:00.000Z, unless EndTime is given too',
    ],
    [
      `${sim}/UsageRecords?StartTime=2026-11-02&EndTime=2026-11-02`,
      'EndTime: "2026-11-02T00:00:00.000Z" given; accepted is a time after StartTime, which is 2026-11-02T00:00:00.000Z',
    ],
    [
      `${sim}/UsageRecords?StartTime=2026-11-02&EndTime=2026-11-01`,
      'EndTime: "2026-11-01T00:00:00.000Z" given; accepted is a time after StartTime, which is 2026-11-02T00:00:00.000Z',
    ],
    [
      `${sim}/UsageRecords?StartTime=2026-11-02T25:00:00Z`,
      'StartTime: "2026-11-02T25:00:00Z" given; accepted is a time in ISO 8601 such as 2026-01-31T00:00:00Z, or a date such as 2026-01-31, which begins at 00:00 UTC',
    ],
    [
      `${sim}/DataSessions?Startime=2026-10-02`,
      'Startime: "2026-10-02" given; accepted is one of the parameters PageSize, Page, PageToken, StartTime, EndTime, Status, Include',
    ],
    [
      `${sim}/DataSessions?Include=msisdn`,
      'Include: "msisdn" given; accepted is one or more of imsi, ip_address, detail, with commas between them',
    ],
    [
      `${sim}/UsageRecords?Granularity=week`,
      'Granularity: "week" given; accepted is one of hour, day, all, raw',
    ],
    [
      `${sim}/UsageRecords?Granularity=hour&StartTime=2026-10-01&EndTime=2026-11-02`,
      'EndTime: "2026-11-02T00:00:00.000Z" given; accepted is a time up to 2026-11-01T00:00:00.000Z, 31 days after StartTime',
    ],
    [
      `${sim}/UsageRecords?Granularity=day&StartTime=2025-01-01&EndTime=2026-11-02`,
      'EndTime: "2026-11-02T00:00:00.000Z" given; accepted is a time up to 2026-02-05T00:00:00.000Z, 400 days after StartTime',
    ],
    [
      `${sim}/ConnectionEvents?EventType=a%20b`,
      'EventType: "a b" given; accepted is the type of an event, such as data-session.started',
    ],
    ['/v1/Sims?Online=maybe', 'Online: "maybe" given; accepted is true or false'],
    [
      '/v1/Sims?Source=Emnify',
      'Source: "Emnify" given; accepted is the name of a source: 1 to 32 lower-case letters, digits and hyphens',
    ],
    ['/v1/Sims?Fleet=', 'Fleet: "" given; accepted is the SID of a fleet, of 1 to 64 characters'],
    ['/v1/Sims?Name=', 'Name: "" given; accepted is a part of a name, of 1 to 128 characters'],
    [
      '/v1/Sims?Status=',
      'Status: "" given; accepted is the status of a SIM as its carrier words it, such as active, of 1 to 64 characters',
    ],
    [`${sim}?PageSize=1`, 'PageSize: "1" given; accepted is one of the parameters Include'],
    ['/v1/Files?State=open', 'State: "open" given; accepted is one of importing, done, failed'],
    ['/health?deep=1', 'deep: "1" given; accepted is nothing: there is no such parameter here'],
  ])('that are wrong are named, with the value and what is accepted: %s', async (path, message) => {
    expect(await messageOf(path)).toBe(`400 20001 ${message}`);
  });

  it('accept the longest documented ranges', async () => {
    const usage = `${sim}/UsageRecords?StartTime=2025-10-01`;
    const statuses = await Promise.all(
      [
        `${sim}/DataSessions?StartTime=2026-10-01&EndTime=2026-10-31`,
        `${usage}&EndTime=2025-11-01&Granularity=hour`,
        `${usage}&EndTime=2026-11-05&Granularity=day`,
        `${usage}&EndTime=2026-11-05&Granularity=raw`,
        `${sim}/UsageRecords?StartTime=2000-01-01&EndTime=2030-01-01&Granularity=all`,
        `${sim}/DataSessions?StartTime=2026-10-04T12:00:00Z`,
        // The clock is a little behind.
        `${sim}/DataSessions?StartTime=2026-10-04T11:59:58Z`,
        `${sim}/UsageRecords?StartTime=2026-10-03T12:00:00Z&Granularity=hour`,
        `${sim}/UsageRecords?StartTime=2025-09-29T12:00:00Z&Granularity=day`,
        `${sim}/UsageRecords?StartTime=2000-01-01`,
        `${sim}/ConnectionEvents?StartTime=2025-09-29T12:00:00Z`,
      ].map(async (path) => (await get(path)).status),
    );
    expect(statuses).toEqual(statuses.map(() => 200));
  });
});

describe('a period', () => {
  const path = `/v1/Sims/${onceSim}`;
  const periodsOf = (records: readonly Record<string, unknown>[]): unknown[] =>
    records.map(({ period, data_total: bytes }) => [period, bytes]);
  const untilNow = '2026-11-03T12:00:00.000Z';

  it('without an end lasts until now, however long that is', async () => {
    const year = await all(`${path}/UsageRecords?StartTime=2000-01-01`, 'usage_records');
    const month = await all(`${path}/UsageRecords?StartTime=2026-10-05`, 'usage_records');
    const [, bytes] = periodsOf(month)[0] as [unknown, number];
    expect(bytes).toBeGreaterThan(0);
    expect(periodsOf(year)).toEqual([
      [{ start_time: '2000-01-01T00:00:00.000Z', end_time: untilNow }, bytes],
    ]);
    const days = await all(`${path}/UsageRecords?StartTime=2026-01-01&Granularity=day`, 'usage_records');
    expect(days.reduce((sum, { data_total: ofDay }) => sum + Number(ofDay), 0)).toBe(bytes);
    const raw = await all(`${path}/UsageRecords?StartTime=2026-01-01&Granularity=raw`, 'usage_records');
    expect(raw.reduce((sum, { data_total: ofRecord }) => sum + Number(ofRecord), 0)).toBe(bytes);

    const sessions = await all(`${path}/DataSessions`, 'data_sessions');
    expect(sessions.length).toBeGreaterThan(0);
    expect(await all(`${path}/DataSessions?StartTime=2026-10-05`, 'data_sessions')).toEqual(sessions);
    const events = await all(`${path}/ConnectionEvents`, 'connection_events');
    expect(events.length).toBeGreaterThan(0);
    expect(await all(`${path}/ConnectionEvents?StartTime=2026-01-01`, 'connection_events')).toEqual(events);
  });

  it('without a start begins 30 days before its end', async () => {
    expect(periodsOf(await all(`${path}/UsageRecords?EndTime=2026-10-28`, 'usage_records'))).toEqual([
      [{ start_time: '2026-09-28T00:00:00.000Z', end_time: '2026-10-28T00:00:00.000Z' }, 0],
    ]);
  });

  it('may have no length if the list includes its end', async () => {
    const [{ timestamp } = { timestamp: '' }] = await all(`${path}/ConnectionEvents`, 'connection_events');
    const moment = await all(
      `${path}/ConnectionEvents?StartTime=${timestamp}&EndTime=${timestamp}`,
      'connection_events',
    );
    expect(moment.map((event) => event['timestamp'])).toContain(timestamp);
  });

  it('of the maximum length without an end can be listed completely while time passes', async () => {
    let time = now;
    const api = apiOver(tables.client, { now: () => time });
    const pages: number[] = [];
    let next: string | null = `/v1/Sims/${superSim}/DataSessions?StartTime=2026-10-04T12:00:00Z&PageSize=1`;
    while (next !== null) {
      const { status, body } = await send(api, next);
      expect(status).toBe(200);
      pages.push((body['data_sessions'] as unknown[]).length);
      const { next_page_url: url } = body['meta'] as { next_page_url: string | null };
      next = url === null ? null : url.slice('https://api.example.com'.length);
      time += 86_400_000;
    }
    expect(pages.length).toBeGreaterThan(1);
  });

  it('whose usage takes too long to add up is refused, with advice', async () => {
    const api = apiOver(tables.client, { maxSumSeconds: 0 });
    const { status, body } = await send(api, `${path}/UsageRecords?StartTime=2026-10-01&EndTime=2026-11-03`);
    expect([status, body['message']]).toEqual([
      400,
      'StartTime: "2026-10-01T00:00:00.000Z" given; accepted is a later time, or an earlier EndTime: adding up all usage from then to 2026-11-03T00:00:00.000Z takes more than 0 seconds. Ask for shorter periods, and add up their answers',
    ]);
  });
});

describe('access', () => {
  it('needs the account and the current or previous token', async () => {
    const { account } = credentials;
    const status = async (authorization: string | undefined) =>
      (await get('/v1/Sims', { authorization })).status;
    expect(await status(basic(account, 'token'))).toBe(200);
    expect(await status(basic(account, 'previous'))).toBe(200);
    expect(await status(basic(account, 'token').replace('Basic', 'basic'))).toBe(200);
    for (const wrong of [
      undefined,
      '',
      'Basic',
      'Basic !!!',
      'Bearer token',
      basic(account, ''),
      basic(account, 'Token'),
      basic('AC00000000000000000000000000000002', 'token'),
      Buffer.from(`${account}:token`).toString('base64'),
    ]) {
      expect(await status(wrong)).toBe(401);
    }
  });

  it('is refused with 401 before anything else is checked', async () => {
    const answer = await get('/v1/Sims/nowhere?Nothing=1', { authorization: undefined });
    expect(answer).toMatchObject({
      status: 401,
      headers: { 'www-authenticate': 'Basic realm="simledger", charset="UTF-8"' },
      body: { code: 20003, status: 401, more_info: 'https://api.example.com/docs#error-20003' },
    });
  });

  it('needs an IAM principal if that is configured, and no token works then', async () => {
    const api = apiOver(tables.client, { access: { kind: 'iam' } });
    const principal = 'arn:aws:sts::123456789012:assumed-role/reader/me';
    expect((await send(api, '/v1/Sims', { principal, authorization: undefined })).status).toBe(200);
    expect((await send(api, '/v1/Sims')).status).toBe(401);
    expect((await send(api, '/health')).status).toBe(200);
  });

  it('has a limit per second for each client, by credentials and address', async () => {
    const api = apiOver(tables.client, { throttle: new ClientThrottle(1) });
    const status = async (sending: Sending) => (await send(api, '/v1/Files', sending)).status;
    expect([await status({}), await status({}), await status({})]).toEqual([200, 200, 429]);
    expect(await status({ sourceIp: '192.0.2.2' })).toBe(200);
    const refused = await send(api, '/v1/Files');
    expect(refused).toMatchObject({ headers: { 'retry-after': '1' }, body: { code: 20429, status: 429 } });
  });

  it('is refused to a client that tries many tokens, and still allowed with the right one', async () => {
    const api = apiOver(tables.client, { throttle: new ClientThrottle(1) });
    const statuses: number[] = [];
    for (const token of ['a', 'b', 'c', 'd', 'token']) {
      const authorization = basic(credentials.account, token);
      statuses.push((await send(api, '/v1/Files', { authorization })).status);
    }
    expect(statuses).toEqual([401, 401, 429, 429, 200]);
  });

  it('stays refused to a client that keeps guessing, while a client with the right token continues', async () => {
    const api = apiOver(tables.client, { throttle: new ClientThrottle(1) });
    const status = async (token: string, sourceIp: string) =>
      (await send(api, '/v1/Files', { authorization: basic(credentials.account, token), sourceIp })).status;
    expect(await status('token', '192.0.2.1')).toBe(200);
    for (let guess = 0; guess < 30; guess += 1) {
      for (const address of ['192.0.2.1', '192.0.2.2']) await status(`guess ${guess}`, address);
    }
    expect(await status('token', '192.0.2.1')).toBe(200);
    expect(await status('token', '192.0.2.2')).toBe(429);
    expect(await status('previous', '192.0.2.1')).toBe(429);
    expect(await status('previous', '192.0.2.3')).toBe(200);
  });
});

describe('usage of the fleet', () => {
  it('has each SIM’s current name, and no name in sums over several SIMs', async () => {
    const range = 'StartTime=2026-10-01&EndTime=2026-12-01';
    const { body } = await get(`/v1/UsageRecords?Group=sim&${range}&PageSize=1000`);
    const { body: fleet } = await get('/v1/Sims?PageSize=1000');
    const sims = fleet['sims'] as { sid: string; unique_name: string | null }[];
    const names = new Map(sims.map(({ sid, unique_name: name }) => [sid, name]));
    const records = body['usage_records'] as { sim_sid: string; sim_name: string | null }[];
    expect(records.length).toBeGreaterThan(3);
    expect(records.map(({ sim_name: name }) => name)).toEqual(
      records.map(({ sim_sid: sid }) => names.get(sid)),
    );
    const { body: whole } = await get(`/v1/UsageRecords?${range}`);
    expect(whole['usage_records']).toMatchObject([{ sim_sid: null, sim_name: null }]);
  });
});

describe('an unavailable resource', () => {
  it('is an error in the common format', async () => {
    expect(await messageOf('/v1/Nothing')).toBe('404 20404 The path "/v1/Nothing" was not found');
    expect(await messageOf('/v1/Sims/', { stage: 'prod' })).toBe(
      '404 20404 The path "/v1/Sims/" was not found',
    );
    const post = await get('/v1/Sims', { method: 'POST' });
    expect(post).toMatchObject({ status: 405, headers: { allow: 'GET' }, body: { code: 20004 } });
  });

  it('such as an unreachable ledger gets 503 or 500, without details in the message', async () => {
    const told: unknown[] = [];
    const failing = (name: string) => {
      const client = tables.newClient();
      client.middlewareStack.add(() => async () => {
        throw Object.assign(new Error('secret words'), { name });
      });
      return apiOver(client, { onError: (error) => told.push(error) });
    };
    const throttled = await send(failing('ThrottlingException'), `/v1/Sims/${superSim}`);
    const broken = await send(failing('ValidationException'), `/v1/Sims/${superSim}`);
    expect([throttled.body['code'], broken.body['code'], told.length]).toEqual([20503, 20500, 2]);
    expect(JSON.stringify([throttled, broken])).not.toContain('secret words');
  });

  it('such as a missing permission of the function is named in the message, without other details', async () => {
    const client = tables.newClient();
    client.middlewareStack.add(() => async () => {
      const message =
        'User: arn:aws:sts::123456789012:assumed-role/reader/one is not authorized to perform: dynamodb:GetItem on resource: Sims';
      throw Object.assign(new Error(message), { name: 'AccessDeniedException' });
    });
    const answer = await send(apiOver(client, { onError: () => undefined }), `/v1/Sims/${superSim}`);
    expect([answer.status, answer.body['message']]).toEqual([
      500,
      "The API's function lacks the right dynamodb:GetItem: deploy the stack of this version; see the function's log",
    ]);
    client.destroy();
  });

  it.each([
    ['is throttled', { name: 'ProvisionedThroughputExceededException' }],
    ['is throttled for the account', { name: 'RequestLimitExceeded' }],
    ['does not answer in time', { name: 'TimeoutError' }],
    ['fails', { name: 'InternalServerError', $metadata: { httpStatusCode: 500 } }],
    ['can not be connected to', { code: 'ECONNREFUSED' }],
    ['is not found in the network', { code: 'EAI_AGAIN' }],
  ])('is for a moment a ledger that %s, and says when to come back', async (_, members) => {
    const client = tables.newClient();
    client.middlewareStack.add(() => async () => {
      throw Object.assign(new Error('any'), members);
    });
    const answer = await send(apiOver(client, { onError: () => undefined }), `/v1/Sims/${superSim}`);
    expect(answer).toMatchObject({ status: 503, headers: { 'retry-after': '1' }, body: { code: 20503 } });
    client.destroy();
  });
});

describe('the documentation', () => {
  it('is a page that loads no other files, with every route and an anchor for each error', async () => {
    const { body, headers } = await get('/docs', { authorization: undefined, stage: 'prod' });
    const html = String(body['html']);
    expect(headers['content-type']).toBe('text/html; charset=utf-8');
    expect(headers['content-security-policy']).toContain("default-src 'none'");
    expect(html).not.toMatch(/<(script|link|img|iframe|object|embed)|src=|@import|url\(/i);
    const links = [...html.matchAll(/href="([^"]*)"/g)].map(([, href = '']) => href);
    expect(links.filter((href) => !href.startsWith('#'))).toEqual([
      'https://api.example.com/prod/openapi.json',
    ]);
    const anchors = new Set([...html.matchAll(/id="([^"]*)"/g)].map(([, id]) => `#${id}`));
    expect(links.filter((href) => href.startsWith('#') && !anchors.has(href))).toEqual([]);
    expect(html).toContain('GET /v1/Sims/{sim}/DataSessions');
    expect(html).toContain('id="error-20404"');
  });

  it('has a table of contents, and a command with the API’s address for each request', async () => {
    const { body } = await get('/docs', { authorization: undefined, stage: 'prod' });
    const html = String(body['html']);
    const [contents = ''] = /<nav.*?<\/nav>/s.exec(html) ?? [];
    const operations = routes.map(({ operation }) => operation);
    const linked = [...contents.matchAll(/href="#([^"]*)"/g)].map(([, id]) => id);
    expect(operations.filter((operation) => !linked.includes(operation))).toEqual([]);
    const commands = [...html.matchAll(/<code>curl ([^<]*)<\/code>/g)].map(([, command = '']) => command);
    const root = 'https://api.example.com/prod';
    expect(commands).toHaveLength(routes.length);
    expect(commands).toContain(
      `-s -u &quot;$ACCOUNT:$TOKEN&quot; '${root}/v1/Sims/8988307000000120011/DataSessions?StartTime=2026-11-02&amp;EndTime=2026-11-03'`,
    );
    expect(commands).toContain(`-s '${root}/health'`);
    expect(html).not.toContain('{{');
  });

  it('names the address that it was requested from as its server', async () => {
    const { body } = await get('/openapi.json', { authorization: undefined, stage: 'prod' });
    expect(body['servers']).toEqual([{ url: 'https://api.example.com/prod' }]);
  });
});
