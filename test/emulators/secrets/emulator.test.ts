import { afterAll, beforeAll, expect, it } from 'vitest';
import { createSecretsEmulator } from '../../../emulators/secrets/emulator.ts';

const emulator = createSecretsEmulator({ api: '{"token":"one"}' });
let endpoint = '';

beforeAll(async () => {
  endpoint = `http://127.0.0.1:${(await emulator.listen(0)).port}`;
});

afterAll(() => emulator.close());

async function ask(
  operation: string,
  input: object,
): Promise<{ status: number; body: Record<string, unknown> }> {
  const headers = {
    'x-amz-target': `secretsmanager.${operation}`,
    'content-type': 'application/x-amz-json-1.1',
  };
  const answer = await fetch(endpoint, { method: 'POST', headers, body: JSON.stringify(input) });
  return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
}

it('the Secrets Manager emulator returns a secret by its name, as AWS does', async () => {
  expect(await ask('GetSecretValue', { SecretId: 'api' })).toEqual({
    status: 200,
    body: {
      ARN: 'arn:aws:secretsmanager:us-east-1:000000000000:secret:api-AbCdEf',
      Name: 'api',
      SecretString: '{"token":"one"}',
      VersionId: '00000000-0000-4000-8000-000000000000',
      VersionStages: ['AWSCURRENT'],
      CreatedDate: 0,
    },
  });
});

it('the Secrets Manager emulator answers as AWS does for an unknown secret, also by names of inherited members', async () => {
  for (const name of ['other', 'constructor', '__proto__']) {
    const { status, body } = await ask('GetSecretValue', { SecretId: name });
    expect([status, body['__type']]).toEqual([400, expect.stringContaining('ResourceNotFoundException')]);
  }
});

it('the Secrets Manager emulator names an operation that it lacks, and says what is wrong with an input', async () => {
  expect((await ask('PutSecretValue', {})).status).toBe(400);
  expect((await ask('GetSecretValue', {})).status).toBe(400);
  const previous = await ask('GetSecretValue', { SecretId: 'api', VersionStage: 'AWSPREVIOUS' });
  const version = await ask('GetSecretValue', { SecretId: 'api', VersionId: 'any' });
  expect([previous.status, version.status]).toEqual([400, 400]);
});
