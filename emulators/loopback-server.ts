import { createServer as createHttpServer } from 'node:http';
import { createServer as createHttp2Server, type Http2Session } from 'node:http2';
import { createServer, type Socket } from 'node:net';
import { guardServer } from './loopback-guard.ts';

/** The only addresses that a stand-in may listen on. */
export type LoopbackHost = '127.0.0.1' | '::1' | 'localhost';

/** What a handler needs of a request, by HTTP/1.1 or HTTP/2. */
export interface LoopbackRequest extends AsyncIterable<Buffer> {
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** True once the client gave up before it had sent everything. */
  readonly aborted: boolean;
}

/** What a handler needs of a response, by HTTP/1.1 or HTTP/2. */
export interface LoopbackResponse {
  writeHead(status: number, headers: Record<string, string | number>): unknown;
  end(body: Buffer): unknown;
  once(event: 'close', listener: () => void): unknown;
}

/** A running or stopped server on one port. */
export interface LoopbackServer {
  /**
   * Starts to listen; port 0 takes a free one. Rejects with the system's error (`EADDRINUSE`, `EACCES`) if the port
   * cannot be used.
   */
  listen(port: number, host?: LoopbackHost): Promise<{ readonly port: number }>;
  /** Stops listening and cuts what is still connected. Resolves when the port is free again. */
  close(): Promise<void>;
}

/** How an HTTP/2 client that knows its server begins (RFC 9113, section 3.4); no HTTP/1.1 method starts like it. */
const http2Preface = Buffer.from('PRI');

/** Bytes that a client may send on a stream or connection before it waits: a whole batch of records at once. */
const http2WindowBytes = 4 * 1024 * 1024;

/** Longer than AWS clients keep an idle connection, so that they never write to one that is just being closed. */
const keepAliveMilliseconds = 120_000;

/**
 * Serves HTTP/1.1 and cleartext HTTP/2 on the same port, as the AWS clients expect: the Kinesis client of the
 * JavaScript SDK speaks HTTP/2 without asking, the AWS CLI and boto3 speak HTTP/1.1. Web pages are kept out.
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
    // A client that resets its connection affects no other; 'close' follows and cleans up.
    socket.on('error', () => undefined);
    readPreface(socket, (isHttp2) => {
      (isHttp2 ? http2 : http).emit('connection', socket);
      // An HTTP/2 session reads the socket's handle by itself; the HTTP/1.1 parser waits for the stream to flow.
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
        // The only error of close() is that nothing listens, which is the wanted state.
        tcp.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}

/** Looks at a connection's first bytes, puts them back, and tells whether they begin HTTP/2. */
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
