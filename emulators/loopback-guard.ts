import type { IncomingHttpHeaders, IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Http2Server } from 'node:http2';

/**
 * Keeps web pages away from the local run.
 *
 * Its ports listen on loopback only, but a browser on this machine can reach them, and so can every page that it shows:
 * by a simple request to 127.0.0.1, or through a host name of its own that resolves to 127.0.0.1 (DNS rebinding). A
 * page cannot forge the two values that are checked here: the host name that it requested, and its own origin.
 */

/** How the clients of a port expect an error. */
export interface RefusalFormat {
  readonly contentType: string;
  readonly makeBody: (sentence: string) => string;
}

/** The error format of the AWS JSON protocols, which other clients can read as well. */
const json: RefusalFormat = {
  contentType: 'application/json',
  makeBody: (message) => JSON.stringify({ __type: 'AccessDeniedException', message }),
};

/**
 * Loopback addresses and names. All names that end in `.localhost` are loopback (RFC 6761), for example S3's
 * `bucket.localhost`.
 */
const loopbackAuthority = /^(?:127\.0\.0\.1|\[::1\]|(?:[a-z0-9._-]+\.)?localhost)(?::\d{1,5})?$/i;

/**
 * Why a request is refused; undefined if it is allowed.
 *
 * @param target the request's target as it was sent: a path or a URL.
 */
export function findRefusal(
  method: string,
  target: string,
  headers: IncomingHttpHeaders,
): string | undefined {
  const named = [headers[':authority'], headers.host, /^[a-z]+:\/\/([^/?#]*)/i.exec(target)?.[1]];
  const authorities = named.filter((name) => typeof name === 'string');
  if (authorities.length === 0) return 'The local run requires a Host header.';
  const foreign = authorities.find((authority) => !loopbackAuthority.test(authority));
  if (foreign !== undefined) {
    return `The local run does not answer to ${JSON.stringify(foreign)}. Use localhost, 127.0.0.1 or [::1] as the host.`;
  }
  const { origin } = headers;
  if (origin !== undefined && !authorities.some((authority) => isOrigin(origin, authority))) {
    return `The local run refuses requests from web pages of other origins, such as ${JSON.stringify(origin)}.`;
  }
  const site = headers['sec-fetch-site'];
  if (site !== undefined && site !== 'same-origin' && site !== 'none' && !opensPage(method, headers)) {
    return `The local run refuses requests from web pages of other origins (Sec-Fetch-Site: ${site}).`;
  }
  return undefined;
}

function isOrigin(origin: string, authority: string): boolean {
  return origin.toLowerCase() === `http://${authority.toLowerCase()}`;
}

/** A link from another site only opens the page for its user. In a frame, it could be clickjacking. */
function opensPage(method: string, headers: IncomingHttpHeaders): boolean {
  return (
    method === 'GET' && headers['sec-fetch-mode'] === 'navigate' && headers['sec-fetch-dest'] === 'document'
  );
}

/**
 * Passes only allowed requests to a server's listeners, and answers the others with status 403 and the reason. Every
 * server of the local run uses it, after it has added its own listeners.
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
  // A client that disconnects does no harm, but without a listener its error would end the process.
  request.on('error', () => undefined);
  response.on('error', () => undefined);
  const bytes = Buffer.from(makeBody(reason));
  response.writeHead(403, { 'content-type': contentType, 'content-length': bytes.length });
  response.end(request.method === 'HEAD' ? undefined : bytes);
  // The client may read the response only after its whole body was read.
  request.resume();
}
