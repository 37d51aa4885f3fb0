import { readdir, readFile, readlink } from 'node:fs/promises';
import { request as httpRequest, type IncomingHttpHeaders } from 'node:http';
import { connect } from 'node:http2';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { findRefusal } from '../../emulators/loopback-guard.ts';
import { localDescription } from '../../local/description.ts';
import type { LocalLedger } from '../../local/ledger-interface.ts';
import { startLocalLedger } from '../../local/local-ledger.ts';
import { optionsForTests } from '../local/running-ledger.ts';

let ledger: LocalLedger;
/** Ports by what listens there. */
let ports: Record<string, number>;

beforeAll(async () => {
  ledger = await startLocalLedger({
    ...optionsForTests(),
    onLog: () => undefined,
    onTrouble: () => undefined,
  });
  const answer = await fetch(`${ledger.endpoints.api}/local`);
  const { endpoints } = localDescription.parse(await answer.json());
  const addresses = { ...endpoints, api: ledger.endpoints.api };
  ports = Object.fromEntries(
    Object.entries(addresses).map(([name, address]) => [name, Number(new URL(address).port)]),
  );
});

afterAll(() => ledger.stop());

interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** A request with exactly these headers, `$port` in them replaced by the port. */
function send(
  port: number,
  { method = 'GET', path = '/', headers }: Ask,
  body = method === 'POST' ? '{}' : '',
): Promise<Answer> {
  const filled = Object.entries(headers).map(([name, value]) => [name, value.replace('$port', String(port))]);
  return new Promise((resolve, reject) => {
    const asking = httpRequest({
      ...{ host: '127.0.0.1', port, method, path, agent: false },
      headers: Object.fromEntries(filled),
    });
    asking.on('error', reject);
    asking.on('response', (response) => {
      // Those who write keep their connection, whose answer has no end.
      if (port === ports['writers'] && response.statusCode === 200) {
        resolve({ status: response.statusCode, headers: response.headers, body: '' });
        asking.destroy();
        return;
      }
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk;
      });
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: text }),
      );
    });
    asking.end(body);
  });
}

interface Ask {
  readonly method?: string;
  readonly path?: string;
  readonly headers: Record<string, string>;
}

const own = { host: '127.0.0.1:$port' };
const refused: readonly (readonly [string, Ask])[] = [
  ['a name that points here (DNS rebinding)', { headers: { host: 'evil.example:$port' } }],
  ['a name that begins like a loopback address', { headers: { host: '127.0.0.1.evil.example' } }],
  ['a name that ends like localhost', { headers: { host: 'notlocalhost' } }],
  ['a whole URL under another name', { path: 'http://evil.example/', headers: own }],
  ['a page elsewhere', { headers: { ...own, origin: 'https://evil.example' } }],
  ['a page of no origin', { headers: { ...own, origin: 'null' } }],
  ['a page of another local port', { headers: { ...own, origin: 'http://127.0.0.1:1' } }],
  [
    'a form of a page elsewhere',
    {
      method: 'POST',
      headers: { ...own, origin: 'https://evil.example', 'content-type': 'text/plain' },
    },
  ],
  [
    'a preflight of a page elsewhere',
    {
      method: 'OPTIONS',
      headers: { ...own, origin: 'https://evil.example', 'access-control-request-method': 'DELETE' },
    },
  ],
  ['an image of a page elsewhere', { headers: { ...own, 'sec-fetch-site': 'cross-site' } }],
  ['a page of the same machine', { headers: { ...own, 'sec-fetch-site': 'same-site' } }],
  [
    'a frame in a page elsewhere',
    {
      headers: {
        ...own,
        'sec-fetch-site': 'cross-site',
        'sec-fetch-mode': 'navigate',
        'sec-fetch-dest': 'iframe',
      },
    },
  ],
  [
    'a web socket of a page elsewhere',
    {
      headers: {
        ...own,
        origin: 'https://evil.example',
        connection: 'Upgrade',
        upgrade: 'websocket',
        'sec-websocket-version': '13',
        'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
      },
    },
  ],
];

const taken: readonly (readonly [string, Ask])[] = [
  ['127.0.0.1', { headers: own }],
  ['localhost', { headers: { host: 'localhost:$port' } }],
  ['localhost without a port', { headers: { host: 'LOCALHOST' } }],
  ['[::1]', { headers: { host: '[::1]:$port' } }],
  ['a bucket below localhost', { headers: { host: 'simledger-files.localhost:$port' } }],
  ['a page of its own', { headers: { ...own, origin: 'http://127.0.0.1:$port' } }],
  [
    'a fetch of a page of its own',
    {
      method: 'POST',
      headers: { ...own, origin: 'http://127.0.0.1:$port', 'sec-fetch-site': 'same-origin' },
    },
  ],
  ['an address that was typed', { headers: { ...own, 'sec-fetch-site': 'none' } }],
  [
    'a link that was followed',
    {
      headers: {
        ...own,
        'sec-fetch-site': 'cross-site',
        'sec-fetch-mode': 'navigate',
        'sec-fetch-dest': 'document',
      },
    },
  ],
];

describe('each port of the local run', () => {
  test.each(refused)('refuses %s', async (_, ask) => {
    for (const [name, port] of Object.entries(await listeningPorts())) {
      const { status, headers, body } = await send(port, ask);
      expect([name, status]).toEqual([name, 403]);
      expect(body).toMatch(/The local run (does not answer to|refuses requests from web pages)/);
      expect(corsHeaders(headers)).toEqual([]);
    }
  });

  test.each(taken)('accepts %s, and never allows other origins', async (_, ask) => {
    for (const [name, port] of Object.entries(await listeningPorts())) {
      const { status, headers } = await send(port, ask);
      expect([name, status]).not.toEqual([name, 403]);
      expect(corsHeaders(headers)).toEqual([]);
    }
  });

  test('refuses and accepts the same requests by HTTP/2', async () => {
    // A server that has no HTTP/2 answers the preface of a connection with 400, or ends it.
    for (const name of ['kinesis', 'sqs']) {
      const port = ports[name] ?? expect.fail(`No port ${name}`);
      const own = { ':authority': `localhost:${port}` };
      expect(await statusByHttp2(port, own)).not.toBe(403);
      expect(await statusByHttp2(port, { ':authority': `evil.example:${port}` })).toBe(403);
      expect(await statusByHttp2(port, { ...own, host: 'evil.example' })).toBe(403);
      expect(await statusByHttp2(port, { ...own, origin: 'https://evil.example' })).toBe(403);
      expect(await statusByHttp2(port, { ...own, 'sec-fetch-site': 'cross-site' })).toBe(403);
    }
  });

  test('refuses in the form that its clients expect', async () => {
    const headers = { host: 'evil.example' };
    const reason =
      'The local run does not answer to "evil.example". Use localhost, 127.0.0.1 or [::1] as the host.';
    const answers = Object.entries(ports).map(
      async ([name, port]) => [name, (await send(port, { headers })).body] as const,
    );
    const json = JSON.stringify({ __type: 'AccessDeniedException', message: reason });
    const xml = `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>AccessDenied</Code><Message>${reason.replaceAll('"', '&quot;')}</Message></Error>`;
    expect(Object.fromEntries(await Promise.all(answers))).toEqual({
      ...{ kinesis: json, sqs: json, dynamoDb: json, api: json, writers: json },
      s3: xml,
    });
  });

  test('does nothing for a refused request: a page cannot empty the quarantine', async () => {
    const headers = { host: '127.0.0.1:$port', origin: 'https://evil.example', 'content-type': 'text/plain' };
    await send(ports['s3'] ?? 0, { method: 'PUT', path: '/simledger-quarantine/a', headers: own }, 'kept');
    const { status } = await send(ports['s3'] ?? 0, {
      method: 'DELETE',
      path: '/simledger-quarantine/a',
      headers,
    });
    expect(status).toBe(403);
    const { body } = await send(ports['s3'] ?? 0, { path: '/simledger-quarantine/a', headers: own });
    expect(body).toBe('kept');
  });
});

test('a request without any host is refused', () => {
  expect(findRefusal('GET', '/', {})).toBe('The local run requires a Host header.');
});

function corsHeaders(headers: IncomingHttpHeaders): string[] {
  return Object.keys(headers).filter((name) => name.startsWith('access-control-'));
}

/** The status of a GET by HTTP/2. */
async function statusByHttp2(port: number, headers: Record<string, string>): Promise<number> {
  const session = connect(`http://127.0.0.1:${port}`);
  try {
    return await new Promise((resolve, reject) => {
      session.on('error', reject);
      const stream = session.request({ ':path': '/', ...headers });
      stream.on('error', reject);
      stream.on('response', (answer) => resolve(answer[':status'] ?? 0));
      stream.end();
    });
  } finally {
    session.destroy();
  }
}

/** Every port of loopback that this process and those below it listen on; where the system can't say, those known. */
async function listeningPorts(): Promise<Record<string, number>> {
  if (process.platform !== 'linux') return ports;
  const inodes = new Set((await Promise.all((await processTree()).map(socketsOfProcess))).flat());
  const lines = (await readFile('/proc/net/tcp', 'utf8')).split('\n').slice(1);
  const listening = lines
    .map((line) => line.trim().split(/\s+/))
    .filter(([, , , state, , , , , , inode]) => state === '0A' && inodes.has(inode ?? ''))
    .map(([, address = '']) => Number.parseInt(address.split(':')[1] ?? '', 16));
  expect(listening).toEqual(expect.arrayContaining(Object.values(ports)));
  return { ...ports, ...Object.fromEntries(listening.map((port) => [String(port), port])) };
}

/** The ids of this process and of all below it. */
async function processTree(): Promise<string[]> {
  const ids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const parents = await Promise.all(
    ids.map(async (id) => {
      // A process may end meanwhile.
      const stat = await readFile(`/proc/${id}/stat`, 'utf8').catch(() => '');
      return [id, /\) \S (\d+)/.exec(stat)?.[1]] as const;
    }),
  );
  const found = [String(process.pid)];
  for (const id of found)
    found.push(...parents.filter(([, parent]) => parent === id).map(([child]) => child));
  return found;
}

async function socketsOfProcess(id: string): Promise<string[]> {
  const names = await readdir(`/proc/${id}/fd`).catch(() => []);
  const targets = await Promise.all(names.map((name) => readlink(`/proc/${id}/fd/${name}`).catch(() => '')));
  return targets.flatMap((target) => /^socket:\[(\d+)\]$/.exec(target)?.[1] ?? []);
}
