import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { respond } from '../../../../lambda/functions/query-api/api.ts';
import { encodeToken } from '../../../../lambda/functions/query-api/page-token.ts';
import { operationParameters } from '../../../../lambda/functions/query-api/parameters.ts';
import { readRequest } from '../../../../lambda/functions/query-api/request.ts';
import { type Operation, routes } from '../../../../lambda/functions/query-api/routes.ts';
import { FilesTable } from '../../../../lambda/store/files.ts';
import { codePoint } from '../../../records/code-points.ts';
import { runs } from '../../../records/runs.ts';
import { runningTables } from '../../store/running-tables.ts';
import { watch } from '../../store/watched-client.ts';
import { apiEvent, apiOver, basic, credentials, send, takeExamples } from './api-under-test.ts';

/** Every request gets an answer that the contract describes, and never a server error. */

const tables = runningTables();
const superSim = '8988307000000120011';
const lists = [
  ['/v1/Sims', 'Sims', 'listSims'],
  [`/v1/Sims/${superSim}/DataSessions`, `DataSessions ${superSim}`, 'listDataSessions'],
  [`/v1/Sims/${superSim}/UsageRecords?Granularity=raw`, `UsageRecords/raw ${superSim}`, 'listUsageRecords'],
  [`/v1/Sims/${superSim}/UsageRecords?Granularity=day`, `UsageRecords/day ${superSim}`, 'listUsageRecords'],
  [`/v1/Sims/${superSim}/UsageRecords`, `UsageRecords/all ${superSim}`, 'listUsageRecords'],
  [`/v1/Sims/${superSim}/ConnectionEvents`, `ConnectionEvents ${superSim}`, 'listConnectionEvents'],
  ['/v1/Files', 'Files', 'listFiles'],
] as const;

/** Names of the properties that every JavaScript object inherits. */
const inherited = [...Object.getOwnPropertyNames(Object.prototype), 'prototype', 'then', 'toJSON'];

beforeAll(async () => {
  await takeExamples(tables.client);
  const files = new FilesTable(tables.client, 'Files');
  for (const at of [1, 2, 3]) {
    await files.write({
      object: `files-emnify/cdr_${at}.csv@v${at}`,
      ...{ source: 'emnify', carrier: 'emnify', state: 'done', reason: undefined },
      ...{ rows: 1, accepted: 1, rejected: 0, position: 10, size: 10 },
      delivered: `2026-11-02T1${at}:00:00.000Z`,
    });
  }
});

const anyText = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(...inherited) },
  { weight: 2, arbitrary: fc.string({ unit: codePoint, maxLength: 40 }) },
  {
    weight: 1,
    arbitrary: fc.constantFrom('', ' ', '.', '..', '/', '%', '%zz', '%c3', '%ff%fe', '\0', '\ud800', '🛰'),
  },
  {
    weight: 1,
    arbitrary: fc
      .tuple(
        fc.constantFrom('9', 'a', 'é', '🛰', '\0', '%00'),
        fc.constantFrom(63, 129, 1_024, 1_025, 2_049, 7_900),
      )
      .map(([unit, times]) => unit.repeat(times)),
  },
  {
    weight: 3,
    arbitrary: fc.constantFrom(
      superSim,
      'cold-chain-17',
      'open',
      'raw',
      'day',
      'emnify',
      'imsi',
      'true',
      '1',
      '1000',
    ),
  },
  {
    weight: 2,
    arbitrary: fc.constantFrom(
      '2026-11-01',
      '2026-11-02T08:00:00Z',
      '0001-01-01',
      '9998-12-31T23:59:59.999Z',
      '9999-12-31T23:59:59.999Z',
      '999999d',
    ),
  },
);

const parameterNames = [
  ...new Set(Object.values(operationParameters).flatMap((kinds) => Object.keys(kinds))),
];
const query = fc.array(
  fc.tuple(fc.oneof(fc.constantFrom(...parameterNames), anyText), anyText, fc.boolean()),
  { maxLength: 4 },
);

/** A query string, encoded or not. */
function queryText(parameters: readonly (readonly [string, string, boolean])[]): string {
  return parameters
    .map(([name, value, isEncoded]) =>
      isEncoded ? new URLSearchParams([[name, value]]).toString() : `${name}=${value}`.replaceAll('#', ''),
    )
    .join('&');
}

const path = fc.oneof(
  fc
    .tuple(fc.constantFrom(...routes.map((route) => route.path)), anyText)
    .map(([route, text]) => route.replace(/\{\w+\}/, encodeURIComponent(text.toWellFormed()))),
  anyText.map((text) => `/${encodeURIComponent(text.toWellFormed())}`),
  fc.constantFrom('/v1/Sims/', '//v1/Sims', '/V1/sims', '/v1/Sims//DataSessions'),
);
const method = fc.oneof(
  { weight: 5, arbitrary: fc.constant('GET') },
  {
    weight: 1,
    arbitrary: fc.constantFrom('HEAD', 'OPTIONS', 'POST', 'PUT', 'DELETE', 'PATCH', 'TRACE', 'constructor'),
  },
);
const wrongCredentials = fc.oneof(
  fc.constant(undefined),
  anyText,
  anyText.map((text) => `Basic ${text}`),
  fc.tuple(anyText, anyText).map(([user, password]) => basic(user, password)),
  anyText.map((password) => basic(credentials.account, password)),
);

/** Sends an event with any headers in addition to those of API Gateway. */
async function answered(
  address: { path: string; query: string },
  sending: {
    method?: string;
    authorization?: string | undefined;
    headers?: Readonly<Record<string, string>>;
  },
  client = tables.client,
) {
  const { headers = {}, ...others } = sending;
  const event = apiEvent(address.path, others);
  const request = readRequest({
    ...event,
    rawQueryString: address.query,
    headers: { ...headers, ...event.headers },
  });
  return respond(request, apiOver(client));
}

const headers = fc.dictionary(anyText, anyText, { maxKeys: 3, noNullPrototype: true });

describe('any request', () => {
  it('with credentials never gets a server error', async () => {
    await fc.assert(
      fc.asyncProperty(method, path, query, headers, async (how, where, parameters, others) => {
        const address = { path: where, query: queryText(parameters) };
        const { statusCode } = await answered(address, { method: how, headers: others });
        expect([200, 400, 404, 405]).toContain(statusCode);
      }),
      runs(1_500),
    );
  });

  it('without valid credentials is refused before anything is read', async () => {
    const client = tables.newClient();
    const watched = watch(client);
    await fc.assert(
      fc.asyncProperty(
        method,
        path,
        query,
        wrongCredentials,
        async (how, where, parameters, authorization) => {
          const address = { path: where, query: queryText(parameters) };
          const { statusCode } = await answered(address, { method: how, authorization }, client);
          const isOpen = ['/docs', '/health', '/openapi.json'].includes(where);
          expect(isOpen ? [200, 400, 405] : [401, 404, 405]).toContain(statusCode);
        },
      ),
      runs(500),
    );
    expect(watched.operations).toEqual([]);
    client.destroy();
  });

  it.each(inherited)('with a parameter %s gets 400 and the name', async (name) => {
    for (const route of routes) {
      const where = route.path.replace(/\{\w+\}/, superSim);
      const { status, body } = await send(apiOver(tables.client), `${where}?${name}=1`);
      expect([route.operation, status, String(body['message']).split(';')[0]]).toEqual([
        route.operation,
        400,
        `${name}: "1" given`,
      ]);
    }
  });

  it('for a SIM or file with a name longer than any key gets 404', async () => {
    for (const where of ['', '/DataSessions', '/UsageRecords', '/ConnectionEvents']) {
      for (const unit of ['9', 'x', '%C3%A9']) {
        const { status } = await send(apiOver(tables.client), `/v1/Sims/${unit.repeat(7_900)}${where}`);
        expect(status).toBe(404);
      }
    }
    for (const bytes of [Buffer.alloc(2_049, 'x'), Buffer.alloc(1_000, 0xff)]) {
      expect((await send(apiOver(tables.client), `/v1/Files/${bytes.toString('base64url')}`)).status).toBe(
        404,
      );
    }
  });
});

describe('a page token', () => {
  /** Digest and content, combined as anyone can who has read the source. */
  function sealed(subject: string, content: Buffer): string {
    const digest = createHash('sha256').update(`${subject}\n`).update(content).digest().subarray(0, 8);
    return Buffer.concat([digest, content]).toString('base64url');
  }

  const filters = fc.dictionary(
    fc.oneof(fc.constantFrom(...parameterNames), fc.constantFrom(...inherited)),
    anyText,
    { maxKeys: 3, noNullPrototype: true },
  );
  const period = fc.constantFrom(
    {},
    { StartTime: '2026-11-01T00:00:00.000Z' },
    { StartTime: '2026-11-01T00:00:00.000Z', EndTime: '2026-11-03T00:00:00.000Z' },
  );
  const key = fc.oneof(anyText, fc.constantFrom('2026-11-02T08:00:00.000Z', '2026-11-02T08:00:00.000Z#1'));
  const position = fc.oneof(
    key,
    fc.constantFrom(null, undefined, 0, [], {}, true),
    fc.record({ sessionId: key, start: key }, { requiredKeys: [] }),
    fc.record({ object: key, source: key, delivered: key }, { requiredKeys: [] }),
    fc.jsonValue(),
  );
  const page = fc.oneof(fc.nat(), fc.constantFrom(1, 2, -1, 0.5, 1e300, '1', null, 999_999_999));
  const bytes = fc.oneof(
    fc.constant(new Uint8Array()),
    fc.uint8Array({ maxLength: 60 }),
    fc.constant(new Uint8Array(6_000)),
  );

  it('that someone else made gets 400, or data that the client may request', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...lists),
        page,
        period,
        filters,
        position,
        bytes,
        async (...token) => {
          const [[where, subject], number, times, others, place, state] = token;
          const header = JSON.stringify({
            v: 1,
            page: number,
            filters: { ...times, ...others },
            position: place,
          });
          const content = Buffer.concat([Buffer.from(header), Buffer.of(0), state]);
          const [route = '', given] = where.split('?');
          const address = {
            path: route,
            query: `${given === undefined ? '' : `${given}&`}PageToken=${sealed(subject, content)}`,
          };
          const { statusCode } = await answered(address, {});
          expect([200, 400]).toContain(statusCode);
        },
      ),
      runs(2_000),
    );
  });

  it('that was changed and signed again never gets a server error', async () => {
    const own = new Map<string, Buffer>();
    for (const [where] of lists) {
      const { body } = await send(
        apiOver(tables.client),
        `${where}${where.includes('?') ? '&' : '?'}PageSize=1`,
      );
      const { next_page_url: next } = body['meta'] as { next_page_url: string | null };
      const token = next === null ? null : new URL(next).searchParams.get('PageToken');
      if (token !== null) own.set(where, Buffer.from(token, 'base64url').subarray(8));
    }
    expect(own.size).toBeGreaterThan(4);
    const change = fc.record({
      at: fc.nat(),
      removed: fc.nat({ max: 30 }),
      put: fc.uint8Array({ maxLength: 20 }),
    });
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...lists), change, async ([where, subject], { at, removed, put }) => {
        const content = own.get(where);
        fc.pre(content !== undefined);
        const from = at % content.length;
        const changed = Buffer.concat([content.subarray(0, from), put, content.subarray(from + removed)]);
        const [route = '', given] = where.split('?');
        const address = {
          path: route,
          query: `${given === undefined ? '' : `${given}&`}PageToken=${sealed(subject, changed)}`,
        };
        expect([200, 400]).toContain((await answered(address, {})).statusCode);
      }),
      runs(1_000),
    );
  });

  const start = '2026-11-01T00:00:00.000Z';
  const end = '2026-11-03T00:00:00.000Z';
  const inside = '2026-11-02T08:00:00.000Z';
  it.each<[string, Operation, Readonly<Record<string, string>>, unknown, number]>([
    ['a filter that the list does not take', 'listSims', { StartTime: start }, 'a', 0],
    ['a filter’s value that is not accepted', 'listSims', { Online: 'maybe' }, 'a', 0],
    ['a filter that is too long', 'listSims', { Name: 'x'.repeat(129) }, 'a', 0],
    ['a position that is not a key', 'listSims', {}, 'x'.repeat(2_049), 0],
    ['an empty position', 'listSims', {}, '', 0],
    ['no position', 'listSims', {}, undefined, 0],
    ['half a character in the position', 'listSims', {}, '\ud800', 0],
    ['no beginning', 'listConnectionEvents', {}, inside, 0],
    ['a position before the beginning', 'listConnectionEvents', { StartTime: start }, '2026', 0],
    ['a position after the end', 'listConnectionEvents', { StartTime: start, EndTime: end }, '2027', 0],
    [
      'a position that is too long',
      'listConnectionEvents',
      { StartTime: start },
      `${inside}#${'x'.repeat(1_024)}`,
      0,
    ],
    ['a time that is written differently', 'listConnectionEvents', { StartTime: '2026-11-01' }, inside, 0],
    ['more sessions than are remembered', 'listDataSessions', { StartTime: start }, null, 6 * 901],
    ['half a hash', 'listDataSessions', { StartTime: start }, null, 3],
    [
      'a session before the beginning',
      'listDataSessions',
      { StartTime: start },
      { sessionId: 'a', start: '2025' },
      0,
    ],
    [
      'a session without an id',
      'listDataSessions',
      { StartTime: start },
      { sessionId: '', start: inside },
      0,
    ],
    ['a source that can’t be one', 'listFiles', { Source: 'x'.repeat(33) }, null, 0],
    ['a file without a name', 'listFiles', {}, { object: '', source: 'emnify', delivered: inside }, 0],
  ])('with %s is refused', async (_, operation, filters, position, size) => {
    const [where, subject] = lists.find(([, , name]) => name === operation) ?? ['', ''];
    const token = encodeToken(subject, { page: 1, filters, position, bytes: new Uint8Array(size) });
    const { status, body } = await send(apiOver(tables.client), `${where}?PageToken=${token}`);
    expect([status, String(body['message']).replace(/"[^"]*"/, '…')]).toEqual([
      400,
      'PageToken: … given; accepted is the PageToken of a meta.next_page_url of the same list',
    ]);
  });
});
