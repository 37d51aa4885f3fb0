import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import {
  createServer,
  type IncomingHttpHeaders,
  type RequestListener,
  type Server,
  type ServerResponse,
} from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import {
  type PostAnswer,
  type PostOptions,
  post,
  type Resolve,
  readRetryAfter,
} from '../../../../lambda/alerts/delivery/post.ts';

interface Arrived {
  readonly method: string | undefined;
  readonly path: string | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

let arrived: Arrived[];
let respond: (response: ServerResponse) => void;

const listener: RequestListener = async (request, response) => {
  const { method, url: path, headers } = request;
  arrived.push({ method, path, headers, body: await text(request) });
  respond(response);
};
const server = createServer(listener);
const certificate = new URL('../../../fixtures/tls/localhost.crt', import.meta.url);
const secureServer = createHttpsServer(
  {
    cert: readFileSync(certificate),
    key: readFileSync(new URL('../../../fixtures/tls/localhost.key', import.meta.url)),
  },
  listener,
);

function listen(one: Server | typeof secureServer): Promise<void> {
  return new Promise((resolve) => one.listen(0, '127.0.0.1', resolve));
}

function findPort(one: Server | typeof secureServer): number {
  return (one.address() as AddressInfo).port;
}

beforeAll(async () => {
  await listen(server);
  await listen(secureServer);
});

afterAll(() => {
  for (const one of [server, secureServer]) {
    one.closeAllConnections();
    one.close();
  }
});

beforeEach(() => {
  arrived = [];
  respond = (response) => response.end('ok');
});

/** Resolves each name to these addresses. */
function resolveTo(...addresses: readonly string[]): Resolve & { readonly names: string[] } {
  const names: string[] = [];
  const found = addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));
  return Object.assign<Resolve, { names: string[] }>(
    (name, done) => {
      names.push(name);
      process.nextTick(() => done(null, found));
    },
    { names },
  );
}

function send(address: string, options: Partial<PostOptions> = {}): Promise<PostAnswer> {
  return post(
    { url: new URL(address), headers: { 'webhook-id': 'ep1-1' }, body: '{"€":1}' },
    { allowPrivateAddresses: true, timeoutMilliseconds: 60_000, ...options },
  );
}

test('a post arrives unchanged, and its status is returned', async () => {
  respond = (response) => response.writeHead(202).end();
  expect(await send(`http://127.0.0.1:${findPort(server)}/hook?a=1`)).toEqual({ status: 202 });
  expect(arrived).toEqual([
    {
      method: 'POST',
      path: '/hook?a=1',
      headers: expect.objectContaining({ 'webhook-id': 'ep1-1', 'content-length': '9' }),
      body: '{"€":1}',
    },
  ]);
});

describe('an address', () => {
  const objection = (failure: string): PostAnswer => ({ failure, isUnusable: true });

  test.each([
    ['https://127.0.0.1/', 'its IP address is private'],
    ['https://[::1]/', 'its IP address is private'],
    ['https://10.1.2.3/', 'its IP address is private'],
    ['https://2130706433/', 'its IP address is private'],
    ['https://0x7f.1/', 'its IP address is private'],
    ['http://127.0.0.1/', 'its IP address is private'],
    ['https://169.254.169.254/latest/meta-data', 'its IP address is reserved'],
    ['https://[fd00:ec2::254]/', 'its IP address is reserved'],
    ['https://[::ffff:127.0.0.1]/', 'its IP address is reserved'],
    ['http://8.8.8.8/', 'only https is accepted'],
    ['ftp://8.8.8.8/', 'only https is accepted'],
  ])('%s is not posted to: %s', async (address, failure) => {
    expect(await send(address, { allowPrivateAddresses: false })).toEqual(objection(failure));
  });

  test.each([
    ['http://8.8.8.8/', 'only https is accepted'],
    ['http://169.254.169.254/', 'its IP address is reserved'],
    ['https://169.254.169.254/', 'its IP address is reserved'],
  ])('%s is not posted to even where private ones are allowed: %s', async (address, failure) => {
    expect(await send(address)).toEqual(objection(failure));
  });

  test.each([
    [['127.0.0.1'], 'its IP address is private'],
    [['8.8.8.8', '10.0.0.1'], 'its IP address is private'],
    [['2606:4700::1111', '169.254.169.254'], 'its IP address is reserved'],
    [['::ffff:127.0.0.1'], 'its IP address is reserved'],
    [[], 'it has no IP address'],
  ])('whose name resolves to %j is not posted to: %s', async (addresses, failure) => {
    const resolve = resolveTo(...addresses);
    const answer = await send(`https://hooks.example.com:${findPort(secureServer)}/`, {
      ...{ allowPrivateAddresses: false, resolve },
    });
    expect(answer).toEqual(objection(failure));
    expect([resolve.names, arrived]).toEqual([['hooks.example.com'], []]);
  });

  test('is resolved once, and the connection goes to the checked address', async () => {
    const resolve = resolveTo('127.0.0.1');
    expect(await send(`http://hooks.example.com:${findPort(server)}/`, { resolve })).toEqual({ status: 200 });
    expect([resolve.names, arrived.length]).toEqual([['hooks.example.com'], 1]);
  });

  test('with an unknown name may be known later', async () => {
    const resolve: Resolve = (_, done) =>
      done(Object.assign(new Error('getaddrinfo ENOTFOUND secret.example.com'), { code: 'ENOTFOUND' }), []);
    const answer = await send('https://secret.example.com/', { resolve });
    expect(answer).toEqual({ failure: 'ENOTFOUND', isUnusable: false });
  });
});

describe('an answer', () => {
  test('that redirects is not followed', async () => {
    respond = (response) => response.writeHead(307, { location: '/elsewhere' }).end();
    expect(await send(`http://127.0.0.1:${findPort(server)}/`)).toEqual({ status: 307 });
    expect(arrived.length).toBe(1);
  });

  test('without an end is not read completely', async () => {
    const ended = new Promise<void>((resolve) => {
      respond = (response) => {
        response.writeHead(200);
        const more = (): void => {
          while (!response.destroyed && response.write('x'.repeat(65_536)));
        };
        response.on('drain', more).on('close', resolve);
        more();
      };
    });
    expect(await send(`http://127.0.0.1:${findPort(server)}/`)).toEqual({ status: 200 });
    await ended;
  });

  test('that does not arrive is awaited until the timeout', async () => {
    respond = () => undefined;
    const answer = await send(`http://127.0.0.1:${findPort(server)}/`, { timeoutMilliseconds: 200 });
    expect(answer).toEqual({ failure: 'no answer within 0.2 s', isUnusable: false });
  });

  test('whose body does not arrive counts by its status', async () => {
    respond = (response) => void response.writeHead(200).write('and then');
    const answer = await send(`http://127.0.0.1:${findPort(server)}/`, { timeoutMilliseconds: 2_000 });
    expect(answer).toEqual({ status: 200 });
  });

  test('that is cut off before its status is not an answer', async () => {
    respond = (response) => response.destroy();
    const answer = await send(`http://127.0.0.1:${findPort(server)}/`);
    expect(answer).toEqual({ failure: 'ECONNRESET', isUnusable: false });
  });

  test('may say when to retry', async () => {
    respond = (response) => response.writeHead(429, { 'retry-after': '7' }).end();
    expect(await send(`http://127.0.0.1:${findPort(server)}/`)).toEqual({
      ...{ status: 429, retryAfterMilliseconds: 7_000 },
    });
  });
});

test.each([
  ['120', undefined, 120_000],
  ['Tue, 03 Nov 2026 14:10:30 GMT', 'Tue, 03 Nov 2026 14:10:00 GMT', 30_000],
  ['Tue, 03 Nov 2026 14:09:00 GMT', 'Tue, 03 Nov 2026 14:10:00 GMT', 0],
  ['Tue, 03 Nov 2026 14:10:30 GMT', undefined, undefined],
  ['soon', 'Tue, 03 Nov 2026 14:10:00 GMT', undefined],
  ['-1', undefined, undefined],
  [undefined, undefined, undefined],
])('Retry-After: %s, Date: %s is to wait %s ms', (retryAfter, date, wait) => {
  expect(readRetryAfter(retryAfter, date)).toBe(wait);
});

describe('by https', () => {
  const address = (): string => `https://localhost:${findPort(secureServer)}/hook`;

  test('a server with an untrusted certificate gets nothing', async () => {
    expect(await send(address())).toEqual({ failure: 'DEPTH_ZERO_SELF_SIGNED_CERT', isUnusable: false });
    expect(arrived).toEqual([]);
  });

  test('a server with a trusted certificate gets the post', async () => {
    const { stdout } = await promisify(execFile)(
      process.execPath,
      ['--import', 'tsx', fileURLToPath(new URL('post-once.ts', import.meta.url)), address()],
      { env: { ...process.env, NODE_EXTRA_CA_CERTS: fileURLToPath(certificate) } },
    );
    expect(JSON.parse(stdout)).toEqual({ status: 200 });
    expect(arrived.map(({ path, body }) => [path, body])).toEqual([['/hook', 'hello']]);
  });
});
