import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createBundledFunction, type LocalFunction } from '../../../emulators/lambda-runtime/function.ts';
import { createDeployedFunction, type DeployedFunctionOptions } from '../../../local/deployed-function.ts';

const handlerPath = (name: string) => fileURLToPath(new URL(`./handlers/${name}.ts`, import.meta.url));

let created: LocalFunction[];
let lines: string[];

beforeEach(() => {
  created = [];
  lines = [];
});

afterEach(async () => {
  await Promise.all(created.map((one) => one.stop()));
});

async function create(options: Partial<DeployedFunctionOptions> = {}): Promise<LocalFunction> {
  const made = await createDeployedFunction({
    name: 'obedient',
    entry: handlerPath('obedient'),
    environment: { TABLE: 'Sessions' },
    memoryMegabytes: 128,
    timeoutSeconds: 10,
    onLog: (line) => lines.push(line),
    ...options,
  });
  created.push(made);
  return made;
}

const requestId = expect.stringMatching(/^[0-9a-f-]{36}$/);

describe('a local function', () => {
  test('answers with what its handler returns, and keeps its process for the next invocation', async () => {
    const obedient = await create();
    const value = { batchItemFailures: [{ itemIdentifier: '1' }], absent: undefined };
    expect(await obedient.invoke({ action: 'return', value })).toEqual({
      ok: true,
      requestId,
      response: { batchItemFailures: [{ itemIdentifier: '1' }] },
    });
    expect(await obedient.invoke({ action: 'return' })).toEqual({ ok: true, requestId, response: null });
    expect(await obedient.invoke({ action: 'count' })).toMatchObject({ response: { invocations: 3 } });
    expect(obedient.countInvocations()).toEqual({ succeeded: 3, failed: 0 });
  });

  test('gets the same context as on Lambda, with the remaining time', async () => {
    const obedient = await create({ timeoutSeconds: 900 });
    const result = await obedient.invoke({ action: 'context' });
    expect(result).toEqual({
      ok: true,
      requestId,
      response: {
        hasRequestId: true,
        functionName: 'obedient',
        functionVersion: '$LATEST',
        invokedFunctionArn: 'arn:aws:lambda:us-east-1:000000000000:function:obedient',
        memoryLimitInMB: '128',
        logGroupName: '/aws/lambda/obedient',
        logStreamName: 'local',
        callbackWaitsForEmptyEventLoop: true,
        remaining: expect.any(Number),
      },
    });
    const { remaining } = Object(result.ok ? result.response : {});
    expect(remaining).toBeGreaterThan(450_000);
    expect(remaining).toBeLessThanOrEqual(900_000);
  });

  test('sees its own configuration and nothing of the user’s environment', async () => {
    process.env['AWS_PROFILE'] = 'production';
    process.env['AWS_ENDPOINT_URL'] = 'https://production.example';
    const obedient = await create();
    const result = await obedient.invoke({ action: 'environment' });
    delete process.env['AWS_PROFILE'];
    delete process.env['AWS_ENDPOINT_URL'];
    expect(result).toMatchObject({
      response: {
        TABLE: 'Sessions',
        AWS_REGION: 'us-east-1',
        AWS_ACCESS_KEY_ID: 'local',
        AWS_SECRET_ACCESS_KEY: 'local',
        AWS_LAMBDA_FUNCTION_NAME: 'obedient',
        AWS_LAMBDA_FUNCTION_MEMORY_SIZE: '128',
      },
    });
    const names = Object.keys(
      result.ok && typeof result.response === 'object' ? (result.response ?? {}) : {},
    );
    expect(names.filter((name) => /AWS_PROFILE|AWS_ENDPOINT_URL|^HOME$|VITEST/.test(name))).toEqual([]);
  });

  test('passes on each line that was written, in order, before the result', async () => {
    const obedient = await create();
    await obedient.invoke({ action: 'log', value: '{"level":"INFO"}\nsecond line' });
    const seen = [...lines];
    expect(seen.filter((line) => line !== 'to standard error')).toEqual([
      '{"level":"INFO"}',
      'second line',
      'unfinished',
    ]);
    expect(seen).toContain('to standard error');
  });

  test('fails with the error that its handler throws, and keeps running', async () => {
    const obedient = await create();
    const error = {
      name: 'RangeError',
      message: 'out of range',
      stack: expect.stringContaining('RangeError: out of range'),
    };
    expect(await obedient.invoke({ action: 'throw' })).toEqual({ ok: false, requestId, error });
    expect(await obedient.invoke({ action: 'count' })).toMatchObject({ response: { invocations: 2 } });
    expect(obedient.countInvocations()).toEqual({ succeeded: 1, failed: 1 });
  });

  test('fails if its process exits, keeps its last lines, and starts again', async () => {
    const obedient = await create();
    expect(await obedient.invoke({ action: 'exit' })).toEqual({
      ok: false,
      requestId,
      error: { name: 'Runtime.ExitError', message: 'Runtime exited with error: exit status 3' },
    });
    expect(lines).toEqual(['last words']);
    expect(await obedient.invoke({ action: 'count' })).toMatchObject({ response: { invocations: 1 } });
  });

  test('fails if it exceeds its memory, and starts again', async () => {
    const obedient = await create({ memoryMegabytes: 64 });
    const result = await obedient.invoke({ action: 'exhaust' });
    expect(result).toMatchObject({ ok: false, error: { name: 'Runtime.ExitError' } });
    expect(lines.join('\n')).toContain('heap out of memory');
    expect(await obedient.invoke({ action: 'count' })).toMatchObject({ response: { invocations: 1 } });
  });

  test.each(['sleep', 'spin'])('is ended by its timeout even if it only does %s', async (action) => {
    const obedient = await create({ timeoutSeconds: 2 });
    expect(await obedient.invoke({ action, value: 60_000 })).toEqual({
      ok: false,
      requestId,
      error: {
        name: 'Sandbox.Timedout',
        message: expect.stringMatching(/^\S{36} Task timed out after 2.00 seconds$/),
      },
    });
    expect(await obedient.invoke({ action: 'count' })).toMatchObject({ response: { invocations: 1 } });
  });

  test('accepts an event of six megabytes', async () => {
    const obedient = await create();
    const value = 'x'.repeat(6 * 1024 * 1024);
    expect(await obedient.invoke({ action: 'measure', value })).toEqual({
      ok: true,
      requestId,
      response: value.length + 2,
    });
    expect(obedient.peakMemoryBytes()).toBeGreaterThan(20e6);
    expect(obedient.peakMemoryBytes()).toBeLessThan(500e6);
  });

  test('runs as many concurrent invocations as allowed, and lets the others wait', async () => {
    const obedient = await create({ concurrency: 2 });
    const results = await Promise.all(
      Array.from({ length: 6 }, () => obedient.invoke({ action: 'sleep', value: 20 })),
    );
    expect(results.map((result) => result.ok)).toEqual([true, true, true, true, true, true]);
    const counts = await Promise.all([
      obedient.invoke({ action: 'count' }),
      obedient.invoke({ action: 'count' }),
    ]);
    const responses = counts.map((result) => (result.ok ? result.response : undefined));
    expect(responses).toEqual([
      { invocations: expect.any(Number), process: expect.any(Number) },
      { invocations: expect.any(Number), process: expect.any(Number) },
    ]);
    const invocations = responses.map((response) => Object(response).invocations);
    expect(invocations[0] + invocations[1]).toBe(8);
  });

  test('reports when all running and waiting invocations have ended, regardless of later ones', async () => {
    const obedient = await create();
    const ended: string[] = [];
    const invoke = async (name: string, event: object): Promise<void> => {
      await obedient.invoke(event);
      ended.push(name);
    };
    const running = [
      invoke('running', { action: 'sleep', value: 50 }),
      invoke('waiting', { action: 'exit' }),
    ];
    const settled = obedient.waitUntilSettled().then(() => ended.push('settled'));
    const later = invoke('later', { action: 'sleep', value: 1 });
    await Promise.all([...running, settled, later]);
    await obedient.waitUntilSettled();
    expect(ended).toEqual(['running', 'waiting', 'settled', 'later']);
  });

  test('fails each invocation with the reason why its module does not load', async () => {
    const unloadable = await create({ entry: handlerPath('unloadable') });
    const failure = {
      ok: false,
      requestId,
      error: expect.objectContaining({ name: 'Error', message: 'cannot be loaded' }),
    };
    expect([await unloadable.invoke({}), await unloadable.invoke({})]).toEqual([failure, failure]);
  });

  test('is not created if its entry does not compile', async () => {
    await expect(create({ entry: handlerPath('missing') })).rejects.toThrow('Could not resolve');
  });

  test('runs code that was bundled before, unchanged', async () => {
    const code = 'exports.handler = async (event) => ({ told: event.value, table: process.env.TABLE });';
    const bundled = await createBundledFunction(
      { name: 'bundled', environment: { TABLE: 'Usage' }, memoryMegabytes: 128, timeoutSeconds: 10 },
      Buffer.from(code),
    );
    created.push(bundled);
    expect(await bundled.invoke({ value: 1 })).toEqual({
      ok: true,
      requestId,
      response: { told: 1, table: 'Usage' },
    });
  });

  test('fails running, waiting and new invocations when it is stopped, and removes its bundle', async () => {
    const obedient = await create();
    const { response } = await obedient
      .invoke({ action: 'environment' })
      .then((result) => (result.ok ? result : { response: {} }));
    const taskRoot = String(Object(response).LAMBDA_TASK_ROOT);
    expect(existsSync(`${taskRoot}/index.cjs`)).toBe(true);
    const results = Promise.all([
      obedient.invoke({ action: 'sleep', value: 60_000 }),
      obedient.invoke({ action: 'count' }),
    ]);
    await obedient.stop();
    const stopped = {
      ok: false,
      requestId,
      error: { name: 'Runtime.ExitError', message: 'the function was stopped' },
    };
    expect([...(await results), await obedient.invoke({ action: 'count' })]).toEqual([
      stopped,
      stopped,
      stopped,
    ]);
    expect([existsSync(tmpdir()), existsSync(taskRoot)]).toEqual([true, false]);
  });
});
