import { randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { guardServer } from '../loopback-guard.ts';
import type { Account } from './account.ts';
import { S3Error } from './errors.ts';
import { readRequest, type S3Response } from './requests.ts';
import { answer } from './router.ts';
import { renderError } from './xml.ts';

/** Milliseconds that an idle connection stays open: longer than clients keep theirs, so that clients close first. */
const idleTime = 75_000;

/** The HTTP server: reads requests, sends responses and errors, and tolerates clients that disconnect. */
export class S3Server {
  readonly #account: Account;
  readonly #onError: (error: unknown) => void;
  readonly #running = new Set<Promise<void>>();
  // No limit for the time of a request, because uploads may take long.
  readonly #http = createServer({ requestTimeout: 0, keepAliveTimeout: idleTime }, (incoming, outgoing) => {
    const exchange = this.#exchange(incoming, outgoing).finally(() => this.#running.delete(exchange));
    this.#running.add(exchange);
  });

  /** @param onError called for failures, except S3's refusals and clients that disconnect. */
  constructor(account: Account, onError: (error: unknown) => void) {
    this.#account = account;
    this.#onError = onError;
    guardServer(this.#http, {
      contentType: 'application/xml',
      makeBody: (message) => renderError({ Code: 'AccessDenied', Message: message }),
    });
  }

  /** @throws the operating system's error, such as `EADDRINUSE`. */
  async listen(port: number, host: string): Promise<{ port: number }> {
    await new Promise<void>((resolve, reject) => {
      this.#http.once('error', reject);
      this.#http.listen(port, host, () => {
        this.#http.off('error', reject);
        resolve();
      });
    });
    const address = this.#http.address();
    if (address === null || typeof address === 'string') throw new Error('The local S3 has no port');
    return { port: address.port };
  }

  /** Closes all connections, and waits for the running requests. */
  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => void this.#http.close(() => resolve()));
    this.#http.closeAllConnections();
    await Promise.all([closed, ...this.#running]);
  }

  async #exchange(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    // Without a listener, the error of a response to a client that has disconnected would end the process.
    outgoing.on('error', () => {});
    const requestId = randomBytes(8).toString('hex').toUpperCase();
    try {
      const response = await this.#respond(incoming, requestId);
      await this.#send(incoming, outgoing, requestId, response);
    } catch (error) {
      // The bytes of an object ended too early, and the headers are sent: closing the connection tells the client.
      outgoing.destroy();
      if (!isGone(incoming)) this.#onError(error);
    } finally {
      // Reads the rest of a refused upload, because the client may read the response only after that.
      incoming.resume();
    }
  }

  async #respond(incoming: IncomingMessage, requestId: string): Promise<S3Response> {
    try {
      return await answer(this.#account, readRequest(incoming));
    } catch (error) {
      if (error instanceof S3Error) return makeRefusal(error, incoming, requestId);
      if (!isGone(incoming)) this.#onError(error);
      const message = 'We encountered an internal error. Please try again.';
      return makeRefusal(new S3Error('InternalError', message), incoming, requestId);
    }
  }

  async #send(
    incoming: IncomingMessage,
    outgoing: ServerResponse,
    requestId: string,
    { status, headers, document, content, onSent }: S3Response,
  ): Promise<void> {
    try {
      const type = document === undefined ? {} : { 'content-type': 'application/xml' };
      const length = readBodyLength(status, document, headers);
      const identity = { server: 'AmazonS3', 'x-amz-request-id': requestId, 'x-amz-id-2': requestId };
      outgoing.writeHead(status, { ...identity, ...type, ...length, ...headers });
      if (content === undefined || incoming.method === 'HEAD') outgoing.end(document);
      else await pipeline(watchBody(this.#account.contents.read(content), onSent), outgoing);
    } finally {
      if (content !== undefined) this.#account.contents.release(content);
    }
  }
}

/** Yields the same pieces, and calls the callback with each when the client is ready for the next. */
async function* watchBody(
  pieces: AsyncIterable<Buffer>,
  onSent: (piece: Buffer) => void = () => undefined,
): AsyncGenerator<Buffer> {
  for await (const piece of pieces) {
    yield piece;
    onSent(piece);
  }
}

/** Whether the client has closed its connection. */
function isGone(incoming: IncomingMessage): boolean {
  return incoming.socket.destroyed;
}

/** The `content-length` header, unless the response states it or cannot have a body. */
function readBodyLength(
  status: number,
  document: string | undefined,
  headers: S3Response['headers'],
): Readonly<Record<string, string>> {
  if (status === 204 || status === 304 || headers?.['content-length'] !== undefined) return {};
  return { 'content-length': String(Buffer.byteLength(document ?? '')) };
}

function makeRefusal(error: S3Error, incoming: IncomingMessage, requestId: string): S3Response {
  const [resource = '/'] = (incoming.url ?? '/').split('?');
  const { code, message, fields, headers, status } = error;
  const document = renderError({
    Code: code,
    Message: message,
    ...fields,
    Resource: resource,
    RequestId: requestId,
    HostId: requestId,
  });
  return { status, headers, document };
}
