import { createServer as createHttpServer } from 'node:http';
import { createServer as createHttp2Server, type Http2Session } from 'node:http2';
import { createServer, type Socket } from 'node:net';
import { guardServer } from './loopback-guard.ts';

/** The only addresses that an emulator may listen on. */
export type LoopbackHost = '127.0.0.1' | '::1' | 'localhost';

/** The part of a request that a handler needs, for HTTP/1.1 and HTTP/2. */
export interface LoopbackRequest extends AsyncIterable<Buffer> {
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** True if the client disconnected before it had sent everything. */
  readonly aborted: boolean;
}

/** The part of a response that a handler needs, for HTTP/1.1 and HTTP/2. */
export interface LoopbackResponse {
  writeHead(status: number, headers: Record<string, string | number>): unknown;
  end(body: Buffer): unknown;
  once(event: 'close', listener: () => void): unknown;
}

/** A server on one port, running or not. */
export interface LoopbackServer {
  /**
   * Starts to listen; port 0 means any free port. Rejects with the system's error, such as `EADDRINUSE` or `EACCES`.
   */
  listen(port: number, host?: LoopbackHost): Promise<{ readonly port: number }>;
  /** Stops listening and closes all connections. Resolves when the port is free again. */
  close(): Promise<void>;
}

/**
 * The first bytes of an HTTP/2 connection with prior knowledge (RFC 9113, section 3.4). No HTTP/1.1 method begins like
 * this.
 */
const http2Preface = Buffer.from('PRI');

/**
 * How many bytes a client may send on a stream or connection before it must wait: enough for a whole batch of records.
 */
const http2WindowBytes = 4 * 1024 * 1024;

/** Longer than AWS clients keep an idle connection, so that they do not write to one that is being closed. */
const keepAliveMilliseconds = 120_000;

/**
 * Serves HTTP/1.1 and cleartext HTTP/2 on the same port, as AWS clients expect: the Kinesis client of the JavaScript
 * SDK uses HTTP/2 without negotiation, the AWS CLI and boto3 use HTTP/1.1. Refuses requests of web pages.
 */
export function createLoopbackServer(
  handler: (request: LoopbackRequest, response: LoopbackResponse) => void,
): LoopbackServer {
  const http = createHttpServer({ keepAliveTimeout: keepAliveMilliseconds }, handler);
  const http2 = createHttp2Server({ settings: { initialWindowSize: http2WindowBytes } }, handler);
  guardServer(http);
  guardServer(http2);
  http2.on('session', (session: Http2Session) => session.setLocalWindowSize(http2WindowBytes));
  const sockets = new Set<Socket>();
  const tcp = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    // A connection that is reset does not affect others; the 'close' event follows and cleans up.
    socket.on('error', () => undefined);
    readPreface(socket, (isHttp2) => {
      (isHttp2 ? http2 : http).emit('connection', socket);
      // An HTTP/2 session reads the socket's handle directly; the HTTP/1.1 parser waits until the stream flows.
      if (!isHttp2) socket.resume();
    });
  });
  return {
    listen: (port, host = '127.0.0.1') =>
      new Promise((resolve, reject) => {
        tcp.once('error', reject);
        tcp.listen({ port, host }, () => {
          tcp.off('error', reject);
          const address = tcp.address();
          resolve({ port: typeof address === 'object' && address !== null ? address.port : port });
        });
      }),
    close: () =>
      new Promise((resolve) => {
        // close() fails only if the server is not listening, which is the desired state.
        tcp.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}

/** Reads a connection's first bytes, puts them back, and reports whether they begin HTTP/2. */
function readPreface(socket: Socket, found: (isHttp2: boolean) => void): void {
  let head = Buffer.alloc(0);
  const onData = (chunk: Buffer): void => {
    head = Buffer.concat([head, chunk]);
    if (head.length < http2Preface.length) return;
    socket.off('data', onData);
    socket.pause();
    socket.unshift(head);
    found(head.subarray(0, http2Preface.length).equals(http2Preface));
  };
  socket.on('data', onData);
}
