import type { IncomingHttpHeaders, IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Http2Server } from 'node:http2';

/**
 * Keeps web pages away from the local run.
 *
 * Its ports listen on loopback only, but a browser on this machine reaches them too, and so does every page that it
 * shows: by a plain request to 127.0.0.1, or under a name of its own that it lets point to 127.0.0.1 (DNS rebinding). A
 * page can forge neither of the two values that are checked here: the host name that it requested, and its own origin.
 */

/** An error as the clients of a port read it. */
export interface RefusalFormat {
  readonly contentType: string;
  readonly makeBody: (sentence: string) => string;
}

/** As the AWS JSON protocols have it, and plain enough for everyone else. */
const json: RefusalFormat = {
  contentType: 'application/json',
  makeBody: (message) => JSON.stringify({ __type: 'AccessDeniedException', message }),
};

/** Loopback addresses and names. What ends in `.localhost` is loopback (RFC 6761), as S3's `bucket.localhost`. */
const loopbackAuthority = /^(?:127\.0\.0\.1|\[::1\]|(?:[a-z0-9._-]+\.)?localhost)(?::\d{1,5})?$/i;

/**
 * Why a request is refused; undefined if it is allowed.
 *
 * @param target the request's target as sent, a path or a whole URL.
 */
export function findRefusal(
  method: string,
  target: string,
  headers: IncomingHttpHeaders,
): string | undefined {
  const named = [headers[':authority'], headers.host, /^[a-z]+:\/\/([^/?#]*)/i.exec(target)?.[1]];
  const authorities = named.filter((name) => typeof name === 'string');
  if (authorities.length === 0) return 'The local run takes requests with a Host header only.';
  const foreign = authorities.find((authority) => !loopbackAuthority.test(authority));
  if (foreign !== undefined) {
    return `The local run answers to localhost, 127.0.0.1 and [::1], not to ${JSON.stringify(foreign)}: use one of them as the host.`;
  }
  const { origin } = headers;
  if (origin !== undefined && !authorities.some((authority) => isOrigin(origin, authority))) {
    return `The local run takes no requests from web pages of other origins, such as ${JSON.stringify(origin)}.`;
  }
  const site = headers['sec-fetch-site'];
  if (site !== undefined && site !== 'same-origin' && site !== 'none' && !opensPage(method, headers)) {
    return `The local run takes no requests from web pages of other origins (Sec-Fetch-Site: ${site}).`;
  }
  return undefined;
}

function isOrigin(origin: string, authority: string): boolean {
  return origin.toLowerCase() === `http://${authority.toLowerCase()}`;
}

/** Following a link from another site only shows the page to its user; in a frame it could be clickjacking. */
function opensPage(method: string, headers: IncomingHttpHeaders): boolean {
  return (
    method === 'GET' && headers['sec-fetch-mode'] === 'navigate' && headers['sec-fetch-dest'] === 'document'
  );
}

/**
 * Passes only allowed requests to a server's listeners; the others are answered with 403 and the reason. Every server
 * of the local run goes through here, after its own listeners are there.
 *
 * @param format how the port's clients expect an error.
 */
export function guardServer(server: Server | Http2Server, format = json): void {
  const listeners = server.listeners('request');
  server.removeAllListeners('request');
  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    const reason = findRefusal(request.method ?? '', request.url ?? '', request.headers);
    if (reason === undefined) for (const listener of listeners) listener.call(server, request, response);
    else refuse(request, response, reason, format);
  });
}

function refuse(
  request: IncomingMessage,
  response: ServerResponse,
  reason: string,
  { contentType, makeBody }: RefusalFormat,
): void {
  // A client that hangs up does no harm; without a listener its error would end the process.
  request.on('error', () => undefined);
  response.on('error', () => undefined);
  const bytes = Buffer.from(makeBody(reason));
  response.writeHead(403, { 'content-type': contentType, 'content-length': bytes.length });
  response.end(request.method === 'HEAD' ? undefined : bytes);
  // Unread, a large body would keep the client from reading the answer.
  request.resume();
}
