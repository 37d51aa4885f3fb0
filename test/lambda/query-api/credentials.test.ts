import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { secretCredentials } from '../../../lambda/query-api/credentials.ts';
import { createSecretsStandIn } from '../../../local/secrets/stand-in.ts';

const configuration: Parameters<typeof secretCredentials>[0] = {
  region: async () => 'us-east-1',
  credentials: async () => ({ accessKeyId: 'any', secretAccessKey: 'any' }),
};

const secrets: Record<string, string> = {};
const standIn = createSecretsStandIn(secrets);
let reads = 0;
let proxy: Server;

/** Counts what goes to the stand-in. */
beforeEach(async () => {
  const { port } = await standIn.listen(0);
  proxy = createServer((request, response) => {
    reads += 1;
    const forward = async (): Promise<void> => {
      const body: Buffer[] = [];
      for await (const chunk of request) body.push(chunk as Buffer);
      const headers = {
        'x-amz-target': String(request.headers['x-amz-target']),
        'content-type': 'application/x-amz-json-1.1',
      };
      const answer = await fetch(`http://127.0.0.1:${port}/`, {
        method: 'POST',
        headers,
        body: Buffer.concat(body),
      });
      response.writeHead(answer.status).end(await answer.text());
    };
    void forward();
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  vi.stubEnv('AWS_ENDPOINT_URL_SECRETS_MANAGER', `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`);
  vi.useFakeTimers({ toFake: ['Date'] });
  reads = 0;
});

afterEach(async () => {
  vi.useRealTimers();
  vi.unstubAllEnvs();
  proxy.closeAllConnections();
  await new Promise((resolve) => proxy.close(resolve));
  await standIn.close();
});

describe('credentials', () => {
  it('are read once for five minutes, by however many ask', async () => {
    secrets['api'] = JSON.stringify({ account: 'AC1', token: 'one' });
    const source = secretCredentials(configuration, 'api');
    const [first, second] = await Promise.all([source.get(), source.get()]);
    expect([first, second]).toEqual([
      { account: 'AC1', tokens: ['one'] },
      { account: 'AC1', tokens: ['one'] },
    ]);
    vi.setSystemTime(Date.now() + 299_000);
    await source.get();
    expect(reads).toBe(1);
    vi.setSystemTime(Date.now() + 2_000);
    await source.get();
    expect(reads).toBe(2);
  });

  it('are read anew for a token that is not known, at most every ten seconds', async () => {
    secrets['api'] = JSON.stringify({ account: 'AC1', token: 'one' });
    const source = secretCredentials(configuration, 'api');
    await source.get();
    secrets['api'] = JSON.stringify({ account: 'AC1', token: 'two', previousToken: 'one' });
    await source.refresh();
    expect(reads).toBe(1);
    vi.setSystemTime(Date.now() + 10_001);
    expect(await source.refresh()).toEqual({ account: 'AC1', tokens: ['two', 'one'] });
    expect(await source.get()).toEqual({ account: 'AC1', tokens: ['two', 'one'] });
    expect(reads).toBe(2);
  });

  it.each([
    ['no secret of that name', undefined],
    ['no JSON', 'token'],
    ['no token', '{"account":"AC1"}'],
    ['an empty token', '{"account":"AC1","token":""}'],
  ])('are an error that does not show the secret: %s', async (_, secret) => {
    delete secrets['api'];
    if (secret !== undefined) secrets['api'] = secret;
    const error = await secretCredentials(configuration, 'api')
      .get()
      .catch((thrown: unknown) => thrown);
    expect(String(error)).toMatch(
      secret === undefined
        ? /^CredentialsError: Secrets Manager answered 400 to the reading of the secret of the query API$/
        : /^CredentialsError: The secret of the query API is no JSON object with the texts account and token$/,
    );
  });
});
