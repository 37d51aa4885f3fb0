import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';

/** moto's server on a loopback port of its own. */
export interface Moto {
  readonly url: string;
  stop(): Promise<void>;
}

/** How long it may take to start. */
const startMilliseconds = 60_000;

/**
 * Starts `moto_server`, which must be on the PATH.
 *
 * @throws Error where it does not start.
 */
export async function startMoto(): Promise<Moto> {
  const url = `http://127.0.0.1:${await findPort()}`;
  const server = spawn('moto_server', ['-H', '127.0.0.1', '-p', new URL(url).port], { stdio: 'ignore' });
  let failure: Error | undefined;
  server.once('error', (error) => {
    failure = error;
  });
  const ended = once(server, 'close').catch(() => undefined);
  const stop = async (): Promise<void> => {
    server.kill();
    await ended;
  };
  for (const until = Date.now() + startMilliseconds; Date.now() < until; await wait(200)) {
    if (failure !== undefined || server.exitCode !== null) break;
    if (await answers(url)) return { url, stop };
  }
  await stop();
  throw new Error('moto_server does not start', { cause: failure });
}

async function findPort(): Promise<number> {
  const server = createServer();
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

async function answers(url: string): Promise<boolean> {
  try {
    return (await fetch(`${url}/moto-api/`)).ok;
  } catch (error) {
    // It does not listen yet.
    if (error instanceof TypeError) return false;
    throw error;
  }
}
