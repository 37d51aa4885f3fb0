import { once } from 'node:events';
import { type ClientRequest, createServer, request as requestHttp, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { guardServer } from '../emulators/loopback-guard.ts';
import type { ChunkFence, Passage } from '../lambda/days/fence/chunk-fence.ts';

/**
 * Tells whether processes other than the local run's own are writing to its tables: commands that import, redrive or
 * replay. Such a process keeps a connection open from before it reads how far days are closed until its batch is stored.
 * A process that dies closes its connection.
 */

/** The connections of those that write. */
export interface Writers {
  /** Where they connect. */
  readonly url: string;
  /** Resolves once all that write now have stored what they have, or are gone. */
  waitUntilSettled(): Promise<void>;
  close(): Promise<void>;
}

/** Listens on loopback. */
export async function startWriters(): Promise<Writers> {
  const writing = new Set<ServerResponse>();
  const server = createServer((request, response) => {
    // A connection that breaks is one that closes.
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
 * A fence whose chunks tell a local run that they write. The fence inside must be read anew by each chunk.
 *
 * @param url of the local run's {@link Writers}.
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

/** Resolves once the local run knows of the connection. */
async function connect(url: string): Promise<ClientRequest> {
  const connection = requestHttp(url, { agent: false });
  connection.end();
  await once(connection, 'response');
  // A local run that stops ends it.
  connection.on('error', () => undefined);
  return connection;
}
