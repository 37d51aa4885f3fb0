import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** The server on the API port: `GET /health`. */
export interface HealthServer {
  readonly port: number;
  /** From now on `/health` answers 200, with the endpoints. */
  ready(endpoints: Readonly<Record<string, string>>): void;
  close(): Promise<void>;
}

/**
 * Starts to answer: 503 until all is up, then 200.
 *
 * @throws Error of the operating system, such as `EADDRINUSE`.
 */
export async function startHealthServer(port: number): Promise<HealthServer> {
  let endpoints: Readonly<Record<string, string>> | undefined;
  const server = createServer((request, response) => {
    const path = request.url?.split('?')[0];
    if (request.method !== 'GET' && request.method !== 'HEAD') answer(response, 405, { message: 'Only GET' });
    else if (path !== '/health')
      answer(response, 404, { message: `There is nothing at ${path}, but at /health` });
    else if (endpoints === undefined) answer(response, 503, { status: 'starting' });
    else answer(response, 200, { status: 'ok', endpoints });
  });
  await listening(server, port);
  return {
    port: (server.address() as AddressInfo).port,
    ready: (all) => {
      endpoints = all;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function answer(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(`${JSON.stringify(body)}\n`);
}

function listening(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      server.off('error', reject);
      resolve();
    });
  });
}
