import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, openSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { simOf, usageOf } from './records.ts';
import { dropProgress, runningLedger } from './running-ledger.ts';

const script = fileURLToPath(new URL('../../cli/simledger.mjs', import.meta.url));
const ledger = runningLedger();

beforeAll(async () => {
  const broken = { ...usageOf(2), start_timestamp: 'never' };
  await ledger.put('1nce', JSON.stringify([usageOf(1), broken]));
});

/** Starts the command line as a separate process. */
function start(
  args: readonly string[],
  env: NodeJS.ProcessEnv = ledger.env,
): ChildProcessByStdio<null, Readable, Readable> {
  return spawn(process.execPath, [script, ...args], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

/** How a process ends if its output is not read, as with `| true`. */
async function endUnread(args: readonly string[]): Promise<{ code: number | null; errors: string }> {
  const child = start(args);
  child.stdout.destroy();
  const [[code], errors] = await Promise.all([once(child, 'exit'), text(child.stderr)]);
  return { code: code as number | null, errors: dropProgress(errors) };
}

describe('output that is not read', () => {
  const commands = [
    ['--help'],
    ['--version'],
    ['completion', 'bash'],
    ['--local', 'status'],
    ['--local', 'doctor'],
    ['--local', 'sims'],
    ['--local', 'sims', '--json'],
    ['--local', 'sims', '--csv'],
    ['--local', 'usage', simOf(1)],
    ['--local', 'quarantine', 'list'],
    ['--local', 'quarantine', 'list', '--json'],
    ['--local', 'quarantine', 'redrive', '--dry-run'],
    ['--local', 'failures', 'list'],
    ['--local', 'replay', '--dry-run'],
  ];
  test.each(commands.map((args) => [args.join(' '), args] as const))(
    'ends %s quietly, with 0',
    async (_, args) => {
      expect(await endUnread(args)).toEqual({ code: 0, errors: '' });
    },
  );

  test('ends an export with 0 once its files are complete', async () => {
    const out = await mkdtemp(join(tmpdir(), 'simledger-process-'));
    onTestFinished(() => rm(out, { recursive: true, force: true }));
    expect(await endUnread(['--local', 'export', '--out', out])).toEqual({ code: 0, errors: '' });
  });

  const full = '/dev/full';
  test.skipIf(!existsSync(full))('is an error if the disk is full', async () => {
    const disk = openSync(full, 'w');
    onTestFinished(() => closeSync(disk));
    const child = spawn(process.execPath, [script, '--local', 'sims', '--json'], {
      env: { ...process.env, ...ledger.env },
      stdio: ['ignore', disk, 'pipe'],
    });
    if (child.stderr === null) expect.fail('It has no standard error');
    const [[code], errors] = await Promise.all([once(child, 'exit'), text(child.stderr)]);
    expect([code, errors]).toEqual([
      1,
      'The results cannot be written: ENOSPC: no space left on device, write\n',
    ]);
  });

  test('does not change how a command ends if only its warnings are unread', async () => {
    const child = start(['--local', 'sims', '--frob']);
    child.stderr.destroy();
    child.stdout.resume();
    expect(await once(child, 'exit')).toEqual([2, null]);
  });
});

describe('Ctrl-C', () => {
  /** An API address that accepts requests and never answers. */
  async function silentServer(): Promise<{ port: number; asked: Promise<unknown> }> {
    const server = createServer();
    const asked = once(server, 'request');
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    onTestFinished(() => {
      server.closeAllConnections();
      server.close();
    });
    return { port: (server.address() as AddressInfo).port, asked };
  }

  test.skipIf(process.platform === 'win32').each([['status'], ['quarantine redrive']])(
    'ends %s immediately with 130 while nothing answers, and prints nothing',
    async (command) => {
      const { port, asked } = await silentServer();
      const child = start(['--local', ...command.split(' ')], { SIMLEDGER_API_PORT: String(port) });
      const ended = once(child, 'exit');
      const told = Promise.all([text(child.stdout), text(child.stderr)]);
      await asked;
      child.kill('SIGINT');
      expect(await ended).toEqual([130, null]);
      expect(await told).toEqual(['', '']);
    },
  );
});
