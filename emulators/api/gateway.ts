import { isUtf8 } from 'node:buffer';
import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import { localAccount } from '../aws-json-protocol.ts';
import type { LocalFunction } from '../lambda-runtime/function.ts';
import { guardServer } from '../loopback-guard.ts';
import { decodePart, defaultRouteKey, findRoute, type GatewayRoute } from './route-table.ts';

/** An HTTP API and its function. */
export interface GatewayApi {
  /** The prefix of all its paths. If several APIs match a path, the one with the longest prefix answers. */
  readonly root: string;
  readonly routes: readonly GatewayRoute[];
  /** Whether it has a `$default` route for requests that match no other route. Without it, they get status 404. */
  readonly hasDefault: boolean;
  readonly target: Pick<LocalFunction, 'invoke'>;
}

/** The server on the API port. It serves the HTTP APIs as API Gateway does, in stage `$default`. */
export interface LocalGateway {
  readonly port: number;
  /**
   * Starts to serve the APIs. Before this call, every request gets status 503.
   *
   * @param pages further pages, which the gateway itself serves.
   */
  ready(apis: readonly GatewayApi[], pages?: readonly GatewayPage[]): void;
  close(): Promise<void>;
}

/** A page that the gateway itself serves: JSON, made for each request. */
export interface GatewayPage {
  readonly path: string;
  readonly readContent: () => object;
}

/** The most bytes of a body that API Gateway accepts, and of an event that Lambda accepts. */
const maxBytes = { body: 10 * 1024 * 1024, event: 6 * 1024 * 1024 };

/** A response to a client. */
interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Buffer;
  /** Whether to close the connection afterwards. */
  readonly close?: boolean;
}

/**
 * Starts to listen on loopback. Answers with status 503 until `ready` is called, and then with the functions'
 * responses.
 *
 * @throws the operating system's error, such as `EADDRINUSE`.
 */
export async function startGateway(port: number): Promise<LocalGateway> {
  let apis: readonly GatewayApi[] | undefined;
  let pages: readonly GatewayPage[] = [];
  const server = createServer((request, response) => {
    const page = pages.find(({ path }) => path === request.url);
    const answering = page === undefined ? makeAnswer(request, () => apis) : pageAnswer(request, page);
    answering.then(
      (answer) => {
        if (answer !== undefined) send(request, response, answer);
      },
      (error: unknown) => {
        console.error(error);
        send(request, response, answerFailure(500, 'Internal Server Error'));
      },
    );
  });
  guardServer(server);
  await waitUntilListening(server, port);
  return {
    port: (server.address() as AddressInfo).port,
    ready: (upAndRunning, ownPages = []) => {
      apis = upAndRunning;
      pages = ownPages;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

const starting = answerFailure(503, 'starting');
const tooLarge = { ...answerFailure(413, 'Request Entity Too Large'), close: true };

/** A response of API Gateway itself. */
function answerFailure(status: number, message: string): Answer {
  return answerJson(status, { message });
}

function answerJson(status: number, value: object): Answer {
  return { status, headers: { 'content-type': 'application/json' }, body: JSON.stringify(value) };
}

/** The gateway's own page. Ignores the request's body. */
async function pageAnswer(request: IncomingMessage, page: GatewayPage): Promise<Answer> {
  request.resume();
  return answerJson(200, page.readContent());
}

/** The response to a request; undefined if the client disconnected before it had sent the whole request. */
async function makeAnswer(
  request: IncomingMessage,
  running: () => readonly GatewayApi[] | undefined,
): Promise<Answer | undefined> {
  const body = await readBody(request);
  if (body === 'aborted') return undefined;
  if (body === 'too large') return tooLarge;
  const apis = running();
  return apis === undefined ? starting : invokeFunction(request, body, apis);
}

async function invokeFunction(
  request: IncomingMessage,
  body: Buffer,
  apis: readonly GatewayApi[],
): Promise<Answer> {
  const [path] = splitAt(request.url ?? '/', '?');
  const [api] = apis
    .filter(({ root }) => path.startsWith(root))
    .sort((a, b) => b.root.length - a.root.length);
  const event = api === undefined ? undefined : makeEvent(request, api.routes, body);
  if (api === undefined || event === undefined) return answerFailure(400, 'Bad Request');
  if (event.routeKey === defaultRouteKey && !api.hasDefault) return answerFailure(404, 'Not Found');
  if (Buffer.byteLength(JSON.stringify(event)) > maxBytes.event) return tooLarge;
  const result = await api.target.invoke(event);
  if (!result.ok)
    return answerFailure(result.error.name === 'Sandbox.Timedout' ? 503 : 500, 'Internal Server Error');
  return readIntegrationAnswer(result.response) ?? answerFailure(500, 'Internal Server Error');
}

/**
 * Reads a request's body, up to the size that API Gateway accepts. If the body is longer, the rest is not read and the
 * connection must be closed.
 */
async function readBody(request: IncomingMessage): Promise<Buffer | 'aborted' | 'too large'> {
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of request as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > maxBytes.body) return 'too large';
      chunks.push(chunk);
    }
  } catch (error) {
    if (request.errored !== null) return 'aborted';
    throw error;
  }
  return Buffer.concat(chunks, size);
}

/**
 * The event that API Gateway makes of a request, in payload format 2.0; undefined if the path is not encoded correctly.
 *
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
 */
function makeEvent(
  request: IncomingMessage,
  routes: readonly GatewayRoute[],
  body: Buffer,
): APIGatewayProxyEventV2 | undefined {
  const [path = '/', query = ''] = splitAt(request.url ?? '/', '?');
  const rawPath = decodePart(path);
  if (rawPath === undefined) return undefined;
  // Health checks often use HEAD, which API Gateway does not route.
  const method = request.method === 'HEAD' ? 'GET' : (request.method ?? 'GET');
  const { routeKey, pathParameters } = findRoute(routes, method, path);
  const headers = joinHeaders(request);
  return {
    version: '2.0',
    routeKey,
    rawPath,
    rawQueryString: query,
    headers,
    ...(query !== '' && { queryStringParameters: parseQuery(query) }),
    ...(Object.keys(pathParameters).length > 0 && { pathParameters: { ...pathParameters } }),
    requestContext: makeRequestContext(request, headers, { method, routeKey, path: rawPath }),
    ...makeBodyMembers(headers['content-type'], body),
  };
}

function makeRequestContext(
  request: IncomingMessage,
  headers: Readonly<Record<string, string>>,
  { method, routeKey, path }: { method: string; routeKey: string; path: string },
): APIGatewayProxyEventV2['requestContext'] {
  const now = Date.now();
  return {
    accountId: localAccount,
    apiId: 'local',
    domainName: headers['host'] ?? 'localhost',
    domainPrefix: 'local',
    http: {
      method,
      path,
      protocol: `HTTP/${request.httpVersion}`,
      sourceIp: request.socket.remoteAddress ?? '127.0.0.1',
      userAgent: headers['user-agent'] ?? '',
    },
    requestId: randomUUID(),
    routeKey,
    stage: '$default',
    time: new Date(now).toUTCString(),
    timeEpoch: now,
  };
}

/** Content types that API Gateway passes on as text. It encodes all other bodies, and invalid text, in base64. */
const textTypes = /^(text\/|application\/(json|javascript|xml)( *;|$))/i;

function makeBodyMembers(
  contentType: string | undefined,
  body: Buffer,
): Pick<APIGatewayProxyEventV2, 'body' | 'isBase64Encoded'> {
  if (body.length === 0) return { isBase64Encoded: false };
  const isText = textTypes.test(contentType ?? '') && isUtf8(body);
  return { body: body.toString(isText ? 'utf8' : 'base64'), isBase64Encoded: !isText };
}

function joinHeaders(request: IncomingMessage): Record<string, string> {
  const headers = Object.entries(request.headers).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, Array.isArray(value) ? value.join(',') : value] as const],
  );
  return { ...Object.fromEntries(headers), 'x-forwarded-proto': 'http' };
}

/** The parameters of a query string. Repeated values are joined by commas. */
function parseQuery(query: string): Record<string, string> {
  const parameters = new Map<string, string>();
  for (const [name, value] of new URLSearchParams(query)) {
    const before = parameters.get(name);
    parameters.set(name, before === undefined ? value : `${before},${value}`);
  }
  return Object.fromEntries(parameters);
}

/** Reads a function's response; undefined if it is not a valid one. */
function readIntegrationAnswer(response: unknown): Answer | undefined {
  if (typeof response !== 'object' || response === null) return undefined;
  const { statusCode, headers, body, isBase64Encoded } = response as Readonly<Record<string, unknown>>;
  if (typeof statusCode !== 'number') return undefined;
  const text = typeof body === 'string' ? body : '';
  return {
    status: statusCode,
    headers: Object.fromEntries(
      Object.entries(headers ?? {}).map(([name, value]) => [name.toLowerCase(), String(value)]),
    ),
    body: isBase64Encoded === true ? Buffer.from(text, 'base64') : text,
  };
}

function send(request: IncomingMessage, response: ServerResponse, answer: Answer): void {
  const { status, headers, body, close = false } = answer;
  const length = Buffer.byteLength(body);
  response.writeHead(status, { ...headers, 'content-length': length, ...(close && { connection: 'close' }) });
  response.end(request.method === 'HEAD' ? undefined : body);
}

function splitAt(text: string, separator: string): [string, string] {
  const at = text.indexOf(separator);
  return at === -1 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)];
}

function waitUntilListening(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      server.off('error', reject);
      resolve();
    });
  });
}
