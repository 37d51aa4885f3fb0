import { once } from 'node:events';
import { type ClientRequest, createServer, request as requestHttp, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { guardServer } from '../emulators/loopback-guard.ts';
import type { ChunkFence, Passage } from '../lambda/days/fence/chunk-fence.ts';

/**
 * Detects whether other processes write to the local run's tables: commands that import, redrive or replay. Such a
 * process opens a connection before it reads which days are closed, and keeps it open until its batch is stored. If it
 * dies, its connection closes.
 */

/** The connections of processes that write. */
export interface Writers {
  /** Where they connect. */
  readonly url: string;
  /** Resolves when all that write now have stored their batch or ended. */
  waitUntilSettled(): Promise<void>;
  close(): Promise<void>;
}

/** Listens on loopback. */
export async function startWriters(): Promise<Writers> {
  const writing = new Set<ServerResponse>();
  const server = createServer((request, response) => {
    // A broken connection counts as closed.
    response.on('error', () => undefined);
    writing.add(response);
    response.once('close', () => writing.delete(response));
    request.resume();
    response.writeHead(200, { 'content-type': 'text/plain' });
    response.flushHeaders();
  });
  guardServer(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    waitUntilSettled: async () => {
      await Promise.all([...writing].map((response) => once(response, 'close')));
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/**
 * A fence that tells a local run about each chunk that is being written. Each chunk must read the inner fence anew.
 *
 * @param url the local run's {@link Writers}.
 */
export function announceChunks(fence: ChunkFence, url: string): ChunkFence {
  return {
    enter: async () => {
      const connection = await connect(url);
      const passage = await fence.enter();
      return leaveWith(passage, () => connection.destroy());
    },
  };
}

function leaveWith(passage: Passage, end: () => void): Passage {
  return {
    mark: (changes) => passage.mark(changes),
    markDays: (subjects) => passage.markDays(subjects),
    leave: () => {
      passage.leave();
      end();
    },
  };
}

/** Resolves when the local run knows the connection. */
async function connect(url: string): Promise<ClientRequest> {
  const connection = requestHttp(url, { agent: false });
  connection.end();
  await once(connection, 'response');
  // The local run closes the connection when it stops.
  connection.on('error', () => undefined);
  return connection;
}
