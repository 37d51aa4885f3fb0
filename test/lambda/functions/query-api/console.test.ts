import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildConsole, type ConsoleFileContents } from '../../../../console/build.ts';
import { identifyMute } from '../../../../lambda/alerts/mutes.ts';
import type { ApiAnswer } from '../../../../lambda/functions/query-api/answer.ts';
import { respond } from '../../../../lambda/functions/query-api/api.ts';
import { ConsoleFiles } from '../../../../lambda/functions/query-api/console.ts';
import { readRequest } from '../../../../lambda/functions/query-api/request.ts';
import { MutesTable } from '../../../../lambda/store/mutes.ts';
import { alertStateTable } from '../../../../lambda/store/tables.ts';
import manifest from '../../../../package.json' with { type: 'json' };
import { makeEpisode, storeEpisodes } from '../../queries/stored-alerts.ts';
import { runningTables } from '../../store/running-tables.ts';
import { apiEvent, apiOver, now, type Sending } from './api-under-test.ts';

const tables = runningTables();
const folder = mkdtempSync(join(tmpdir(), 'simledger-console-'));
let files: ConsoleFileContents;

beforeAll(async () => {
  ({ files } = await buildConsole(fileURLToPath(new URL('../../../../', import.meta.url))));
  for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content);
  writeFileSync(join(folder, '..', 'simledger-secret.js'), 'secret');
});

afterAll(() => {
  rmSync(folder, { recursive: true });
  rmSync(join(folder, '..', 'simledger-secret.js'));
});

interface Asking extends Sending {
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: object;
  /** Whether the API requires AWS signatures instead of account and token. */
  readonly isSigned?: boolean;
}

async function ask(
  path: string,
  { headers, body, isSigned = false, ...sending }: Asking = {},
): Promise<ApiAnswer> {
  const event: APIGatewayProxyEventV2 = apiEvent(path, { authorization: undefined, ...sending });
  const api = apiOver(tables.client, {
    console: isSigned ? undefined : new ConsoleFiles(folder),
    ...(isSigned && { access: { kind: 'iam' } }),
  });
  return respond(
    readRequest({
      ...event,
      headers: { ...event.headers, ...headers },
      ...(body && { body: JSON.stringify(body) }),
    }),
    api,
  );
}

const nameScript = (): string => Object.keys(files).find((name) => /^console-.*\.js$/.test(name)) ?? '';

describe('the console’s page', () => {
  test('names its files below the API’s path, may not load other files, and is not cached', async () => {
    for (const [sending, root] of [
      [{}, ''],
      [{ stage: 'prod' }, '/prod'],
      [{ basePath: '/ledger' }, '/ledger'],
    ] as const) {
      const { statusCode, headers, body } = await ask('/', sending);
      expect({ statusCode, body }).toEqual({
        statusCode: 200,
        body: expect.stringContaining(`src="${root}/console/${nameScript()}"`),
      });
      expect(headers).toMatchObject({
        'content-type': 'text/html; charset=utf-8',
        'cache-control': 'no-cache',
        'x-content-type-options': 'nosniff',
        'referrer-policy': 'no-referrer',
        'content-security-policy':
          "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; font-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
      });
      // The page has no inline scripts and styles.
      expect(body).not.toMatch(/<script(?![^>]* src=)|<style|\sstyle=|\son\w+=|\{\{/);
    }
  });

  test('is not sent again to a client that has it', async () => {
    const { headers } = await ask('/');
    const etag = headers['etag'] ?? '';
    expect(await ask('/', { headers: { 'if-none-match': etag } })).toMatchObject({
      statusCode: 304,
      body: '',
    });
    expect(await ask('/', { headers: { 'if-none-match': '"other"' } })).toMatchObject({ statusCode: 200 });
  });

  test('escapes the API’s stage', async () => {
    const { body } = await ask('/', { stage: '"><script>' });
    expect(body).not.toContain('"><script>');
  });

  test('does not exist if the API requires AWS signatures', async () => {
    for (const path of ['/', `/console/${nameScript()}`, '/console/session.json']) {
      expect(await ask(path, { isSigned: true }), path).toMatchObject({ statusCode: 404 });
    }
  });
});

describe('a file of the console', () => {
  test('has a compression that the client accepts, and is cached forever', async () => {
    const name = nameScript();
    const plain = Buffer.from(files[name] ?? []);
    const encodings: readonly (readonly [
      string | undefined,
      string | undefined,
      (bytes: Buffer) => Buffer,
    ])[] = [
      ['gzip, deflate, br', 'br', brotliDecompressSync],
      ['gzip;q=1, br;q=0', 'gzip', gunzipSync],
      ['identity', undefined, (bytes) => bytes],
      [undefined, undefined, (bytes) => bytes],
    ];
    for (const [accepted, encoding, decode] of encodings) {
      const answer = await ask(`/console/${name}`, {
        ...(accepted !== undefined && { headers: { 'accept-encoding': accepted } }),
      });
      expect([answer.statusCode, answer.isBase64Encoded, answer.headers['content-encoding']]).toEqual([
        200,
        true,
        encoding,
      ]);
      expect(answer.headers).toMatchObject({
        'cache-control': 'public, max-age=31536000, immutable',
        'content-type': 'text/javascript; charset=utf-8',
        vary: 'accept-encoding',
        'x-content-type-options': 'nosniff',
      });
      expect(decode(Buffer.from(answer.body, 'base64')).equals(plain)).toBe(true);
    }
  });

  test('has the licence of each bundled package, and is linked but not loaded', async () => {
    const html = Buffer.from(files['index.html'] ?? []).toString('utf8');
    const [, name = ''] =
      /<link rel="license" href="[^"]*\/console\/(licences-[A-Z0-9]{8}\.txt)"/.exec(html) ?? [];
    const { statusCode, headers, body } = await ask(`/console/${name}`);
    expect([statusCode, headers['content-type']]).toEqual([200, 'text/plain; charset=utf-8']);
    const text = Buffer.from(body, 'base64').toString('utf8');
    const { dependencies, devDependencies } = manifest;
    const versions: Readonly<Record<string, string>> = { ...dependencies, ...devDependencies };
    // The packages that the console's own modules import.
    for (const imported of [
      'preact',
      '@preact/signals',
      'uplot',
      'd3-geo',
      'd3-time',
      'topojson-client',
      'world-atlas',
    ])
      expect(text).toContain(`${imported} ${versions[imported]}, `);
    // The packages that those import, and the full text of a licence.
    expect(text).toMatch(/^d3-array [\d.]+, ISC$/m);
    expect(text).toContain('Permission to use, copy, modify, and/or distribute this software');
    expect(text).not.toMatch(/^(?:esbuild|typescript|playwright-core) /m);
  });

  test('has a hash in its name, and no other file of the function’s folder is served', async () => {
    const names = [
      'index.html',
      'index.js',
      '..%2Fsimledger-secret.js',
      '%2Fetc%2Fpasswd',
      'console-AAAAAAAA.js',
      `${nameScript()}.br`,
      '.js',
    ];
    for (const name of names) expect(await ask(`/console/${name}`), name).toMatchObject({ statusCode: 404 });
  });

  test('never has credentials in a deployed API', async () => {
    expect(await ask('/console/session.json')).toMatchObject({ statusCode: 200, body: '{}' });
  });

  test('is small, so that the first page needs at most 80 KB compressed', () => {
    const html = Buffer.from(files['index.html'] ?? []).toString('utf8');
    const first = new Set(
      [...html.matchAll(/\/console\/([\w-]+\.(?:js|css))"/g)].map(([, name = '']) => name),
    );
    // Static imports, and the first page.
    const text = (name: string): string => Buffer.from(files[name] ?? []).toString('utf8');
    for (const name of first) {
      for (const [, imported = ''] of text(name).matchAll(/(?:from|import)\s*"\.\/([\w.-]+)"/g))
        first.add(imported);
    }
    const pages = Object.keys(files).filter((name) => /^today-[A-Z0-9]+\.js$/.test(name));
    expect(pages).toHaveLength(1);
    for (const name of pages) {
      first.add(name);
      for (const [, imported = ''] of text(name).matchAll(/(?:from|import)\s*"\.\/([\w.-]+)"/g))
        first.add(imported);
    }
    const bytes = [...first].reduce((sum, name) => sum + (files[`${name}.br`]?.length ?? 0), 0);
    expect(bytes).toBeGreaterThan(5_000);
    expect(bytes).toBeLessThan(80_000);
  });
});

describe('muting an alert', () => {
  const episode = makeEpisode({ rule: 'silent', sim: '8988307000000120011' });
  const path = `/console/alerts/${episode.id}/mute`;
  const json = { 'content-type': 'application/json' };
  const own = { ...json, origin: 'https://api.example.com', 'sec-fetch-site': 'same-origin' };

  beforeAll(() => storeEpisodes(tables.client, [episode]));

  /** Sends it with the credentials of the signed-in user. */
  const mute = (changes: Asking): Promise<ApiAnswer> => {
    const { authorization } = apiEvent('/').headers;
    return ask(path, { method: 'POST', authorization, headers: own, body: { for: '8h' }, ...changes });
  };
  const listMutes = () => new MutesTable(tables.client, alertStateTable.name).list();

  test('is refused without credentials, from other sites, and as a form', async () => {
    const { origin: _, ...withoutOrigin } = own;
    const refused: readonly (readonly [number, Asking])[] = [
      [401, { authorization: undefined }],
      [401, { authorization: 'Basic AAAA' }],
      [400, { headers: { ...own, origin: 'https://evil.example' } }],
      [400, { headers: { ...own, origin: 'null' } }],
      [400, { headers: { ...withoutOrigin, 'sec-fetch-site': 'cross-site' } }],
      [400, { headers: { ...own, 'sec-fetch-site': 'same-site' } }],
      [400, { headers: { ...own, 'content-type': 'text/plain' } }],
      [400, { headers: {} }],
      [400, { body: { for: '31d' } }],
      [400, { body: { for: 8 } }],
      [400, { body: { for: '8h', reason: 'x'.repeat(501) } }],
      [405, { method: 'PUT' }],
    ];
    for (const [status, changes] of refused) {
      expect(await mute(changes), JSON.stringify(changes)).toMatchObject({ statusCode: status });
    }
    expect(await listMutes()).toEqual([]);
  });

  test('stores a mute for its rule and SIM', async () => {
    const answer = await mute({ body: { for: '8h', reason: 'workshop' } });
    expect(answer.statusCode, answer.body).toBe(200);
    const scope = { rule: 'silent', sim: episode.sim, source: undefined };
    const stored = {
      ...{ ...scope, id: identifyMute(scope), reason: 'workshop' },
      ...{ until: new Date(now + 8 * 3_600_000).toISOString(), createdAt: new Date(now).toISOString() },
    };
    expect(await listMutes()).toEqual([stored]);
    expect(JSON.parse(answer.body)).toMatchObject({ id: stored.id, until: stored.until, source: null });
  });

  test('returns 404 for an alert that does not exist', async () => {
    const { authorization } = apiEvent('/').headers;
    const answer = await ask('/console/alerts/0/mute', {
      method: 'POST',
      authorization,
      headers: own,
      body: { for: '8h' },
    });
    expect(answer).toMatchObject({ statusCode: 404 });
  });
});
