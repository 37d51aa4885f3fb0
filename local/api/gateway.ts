import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import { routes } from '../../lambda/query-api/routes.ts';
import { localAccount } from '../aws-json-protocol.ts';
import type { LocalFunction } from '../lambda-runtime/function.ts';
import { decoded, routed } from './route-table.ts';

/** The server on the API port: the query API as API Gateway serves it, stage `$default`. */
export interface LocalGateway {
  readonly port: number;
  /** Until then every request is answered with 503. */
  ready(target: Pick<LocalFunction, 'invoke'>): void;
  close(): Promise<void>;
}

/** An answer as it goes to the client. */
interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Buffer;
}

/**
 * Starts to listen on loopback; answers 503 until it is told that all is up, and then what the function answers.
 *
 * @throws Error of the operating system, such as `EADDRINUSE`.
 */
export async function startGateway(port: number): Promise<LocalGateway> {
  let target: Pick<LocalFunction, 'invoke'> | undefined;
  const server = createServer((request, response) => {
    // Every operation is a GET: what a client sends beside it is read to its end and left.
    request.resume();
    const answering = target === undefined ? Promise.resolve(starting) : answerOf(request, target);
    answering.then(
      (answer) => send(request, response, answer),
      (error: unknown) => {
        console.error(error);
        send(request, response, failed(500, 'Internal Server Error'));
      },
    );
  });
  await listening(server, port);
  return {
    port: (server.address() as AddressInfo).port,
    ready: (upAndRunning) => {
      target = upAndRunning;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

const starting = failed(503, 'starting');

/** An answer of API Gateway itself. */
function failed(status: number, message: string): Answer {
  return { status, headers: { 'content-type': 'application/json' }, body: JSON.stringify({ message }) };
}

async function answerOf(request: IncomingMessage, target: Pick<LocalFunction, 'invoke'>): Promise<Answer> {
  const event = eventOf(request);
  if (event === undefined) return failed(400, 'Bad Request');
  const result = await target.invoke(event);
  if (!result.ok)
    return failed(result.error.name === 'Sandbox.Timedout' ? 503 : 500, 'Internal Server Error');
  return integrationAnswer(result.response) ?? failed(500, 'Internal Server Error');
}

/**
 * API Gateway's event, payload format 2.0; undefined for a path that is no proper encoding.
 *
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
 */
export function eventOf(request: IncomingMessage): APIGatewayProxyEventV2 | undefined {
  const [path = '/', query = ''] = splitAt(request.url ?? '/', '?');
  const rawPath = decoded(path);
  if (rawPath === undefined) return undefined;
  // Checks of a server's health often ask by HEAD, which API Gateway does not route.
  const method = request.method === 'HEAD' ? 'GET' : (request.method ?? 'GET');
  const { routeKey, pathParameters } = routed(routes, method, path);
  const headers = headersOf(request);
  const now = Date.now();
  return {
    version: '2.0',
    routeKey,
    rawPath,
    rawQueryString: query,
    headers,
    ...(query !== '' && { queryStringParameters: queryOf(query) }),
    ...(Object.keys(pathParameters).length > 0 && { pathParameters: { ...pathParameters } }),
    requestContext: {
      accountId: localAccount,
      apiId: 'local',
      domainName: headers['host'] ?? 'localhost',
      domainPrefix: 'local',
      http: {
        method,
        path: rawPath,
        protocol: `HTTP/${request.httpVersion}`,
        sourceIp: request.socket.remoteAddress ?? '127.0.0.1',
        userAgent: headers['user-agent'] ?? '',
      },
      requestId: randomUUID(),
      routeKey,
      stage: '$default',
      time: new Date(now).toUTCString(),
      timeEpoch: now,
    },
    isBase64Encoded: false,
  };
}

function headersOf(request: IncomingMessage): Record<string, string> {
  const headers = Object.entries(request.headers).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, Array.isArray(value) ? value.join(',') : value] as const],
  );
  return { ...Object.fromEntries(headers), 'x-forwarded-proto': 'http' };
}

/** Repeated parameters are joined by commas. */
function queryOf(query: string): Record<string, string> {
  const parameters: Record<string, string> = {};
  for (const [name, value] of new URLSearchParams(query)) {
    const before = parameters[name];
    parameters[name] = before === undefined ? value : `${before},${value}`;
  }
  return parameters;
}

/** What a function answered, if it is an answer. */
function integrationAnswer(response: unknown): Answer | undefined {
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

function send(request: IncomingMessage, response: ServerResponse, { status, headers, body }: Answer): void {
  response.writeHead(status, { ...headers, 'content-length': Buffer.byteLength(body) });
  response.end(request.method === 'HEAD' ? undefined : body);
}

function splitAt(text: string, separator: string): [string, string] {
  const at = text.indexOf(separator);
  return at === -1 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)];
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
