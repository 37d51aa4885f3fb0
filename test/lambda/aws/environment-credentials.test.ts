import { afterEach, expect, test, vi } from 'vitest';
import { defaultProvider, MissingCredentialsError } from '../../../lambda/aws/environment-credentials.ts';

afterEach(() => {
  vi.unstubAllEnvs();
});

test('credentials are read from the environment at each call', async () => {
  const credentials = defaultProvider();
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'key');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'secret');
  vi.stubEnv('AWS_SESSION_TOKEN', 'token');
  expect(await credentials()).toEqual({
    accessKeyId: 'key',
    secretAccessKey: 'secret',
    sessionToken: 'token',
  });
  vi.stubEnv('AWS_SESSION_TOKEN', '');
  expect(await credentials()).toEqual({ accessKeyId: 'key', secretAccessKey: 'secret' });
});

test.each(['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY'])(
  'credentials are absent without %s',
  async (missing) => {
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'key');
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'secret');
    vi.stubEnv(missing, undefined);
    await expect(defaultProvider()()).rejects.toThrow(MissingCredentialsError);
  },
);
