import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createSecretsEmulator } from '../../../../emulators/secrets/emulator.ts';
import { AwsRequestError } from '../../../../lambda/aws/aws-request.ts';
import {
  CredentialsError,
  type FailedReading,
  type OnUnreadable,
} from '../../../../lambda/aws/cached-secret.ts';
import { openCredentials } from '../../../../lambda/functions/query-api/credentials.ts';

const configuration: Parameters<typeof openCredentials>[0] = {
  region: async () => 'us-east-1',
  credentials: async () => ({ accessKeyId: 'any', secretAccessKey: 'any' }),
};

const secrets: Record<string, string> = {};
const emulator = createSecretsEmulator(secrets);
let reads = 0;
/** The answer of a failing Secrets Manager; undefined if it works. */
let trouble: number | undefined;
const failures: FailedReading[] = [];
const noteFailure: OnUnreadable = (failure) => void failures.push(failure);
let proxy: Server;

/** Counts the requests to the emulator. */
beforeEach(async () => {
  const { port } = await emulator.listen(0);
  proxy = createServer((request, response) => {
    reads += 1;
    if (trouble !== undefined) {
      response.writeHead(trouble).end('{"SecretString":"one"}');
      return;
    }
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
  trouble = undefined;
  failures.length = 0;
});

afterEach(async () => {
  vi.useRealTimers();
  vi.unstubAllEnvs();
  proxy.closeAllConnections();
  await new Promise((resolve) => proxy.close(resolve));
  await emulator.close();
});

describe('credentials', () => {
  it('are read once in five minutes for any number of requests', async () => {
    secrets['api'] = JSON.stringify({ account: 'AC1', token: 'one' });
    const source = openCredentials(configuration, 'api', noteFailure);
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

  it('are read again for an unknown token, at most every ten seconds', async () => {
    secrets['api'] = JSON.stringify({ account: 'AC1', token: 'one' });
    const source = openCredentials(configuration, 'api', noteFailure);
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
    const error = await openCredentials(configuration, 'api', noteFailure)
      .get()
      .catch((thrown: unknown) => thrown);
    expect(String(error)).toMatch(
      secret === undefined
        ? /^CredentialsError: Secrets Manager answered 400 when the secret of the query API was read$/
        : /^CredentialsError: The secret of the query API must be a JSON object with the string fields account and token$/,
    );
  });

  it.each([400, 503])('that cannot be read again stay valid for an hour: %i', async (status) => {
    secrets['api'] = JSON.stringify({ account: 'AC1', token: 'one' });
    const source = openCredentials(configuration, 'api', noteFailure);
    const known = await source.get();
    const started = Date.now();
    trouble = status;
    for (let seconds = 300; seconds < 3_600; seconds += 300) {
      vi.setSystemTime(started + seconds * 1_000);
      expect(await source.get()).toBe(known);
    }
    expect(failures).toEqual(
      Array(11).fill({ owner: 'the query API', error: expect.any(Error), isKept: true }),
    );
    vi.setSystemTime(started + 3_600_000);
    await expect(source.get()).rejects.toThrow(status === 400 ? CredentialsError : AwsRequestError);
    expect(failures.at(-1)).toMatchObject({ isKept: false });
    expect(JSON.stringify(failures.map(({ error }) => String(error)))).not.toContain('one');
    trouble = undefined;
    expect(await source.get()).toEqual(known);
  });

  it('that cannot be read are retried every ten seconds, for any number of callers and credentials', async () => {
    secrets['api'] = JSON.stringify({ account: 'AC1', token: 'one' });
    const source = openCredentials(configuration, 'api', noteFailure);
    const known = await source.get();
    vi.setSystemTime(Date.now() + 300_000);
    trouble = 400;
    const asked = await Promise.all([source.get(), source.get(), source.refresh()]);
    expect([...asked, await source.refresh(), await source.get()]).toEqual(Array(5).fill(known));
    expect([reads, failures.length]).toEqual([2, 1]);
    vi.setSystemTime(Date.now() + 10_001);
    await source.get();
    expect([reads, failures.length]).toEqual([3, 2]);
  });

  it('that were replaced by an invalid secret stay valid until it is corrected', async () => {
    secrets['api'] = JSON.stringify({ account: 'AC1', token: 'one' });
    const source = openCredentials(configuration, 'api', noteFailure);
    const known = await source.get();
    secrets['api'] = '{"account":"AC1","token":';
    vi.setSystemTime(Date.now() + 300_000);
    expect(await source.get()).toBe(known);
    expect(failures.map(({ error }) => String(error))).toEqual([
      'CredentialsError: The secret of the query API must be a JSON object with the string fields account and token',
    ]);
    secrets['api'] = JSON.stringify({ account: 'AC1', token: 'two' });
    vi.setSystemTime(Date.now() + 10_001);
    expect(await source.get()).toEqual({ account: 'AC1', tokens: ['two'] });
  });
});
