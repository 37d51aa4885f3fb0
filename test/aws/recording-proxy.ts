import { once } from 'node:events';
import {
  createServer,
  request as httpRequest,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type ServerResponse,
} from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { parseObject } from '../../lambda/json/json.ts';

/** An operation that an endpoint refused, or could not do. */
export interface FailedCall {
  /** As requests are signed for it: `dynamodb`, `monitoring`. */
  readonly service: string;
  /** `PutItem`; where the protocol names none, the method and the path. */
  readonly operation: string;
  readonly status: number;
  /** The endpoint's own error: code and message, in a line. */
  readonly error: string;
}

/** An AWS-compatible endpoint, seen from a proxy that notes what it fails at. */
export interface RecordingProxy {
  /** Where clients find the endpoint. */
  readonly url: string;
  /** All calls so far that the endpoint answered with an error, in their order. */
  readonly failed: readonly FailedCall[];
  close(): Promise<void>;
}

/** Characters of an error that are kept. */
const maxErrorLength = 160;

/**
 * Starts a proxy on loopback. Requests and answers pass as they are, the host included; all in HTTP/1.1, whatever the
 * endpoint speaks.
 *
 * @param endpoint URL of the endpoint.
 */
export async function startRecordingProxy(endpoint: string): Promise<RecordingProxy> {
  const failed: FailedCall[] = [];
  const server = createServer((request, response) => {
    pass(request, response, new URL(endpoint)).then(
      (call) => {
        if (call !== undefined) failed.push(call);
      },
      (error: unknown) => {
        response.writeHead(502, { 'content-type': 'text/plain' });
        response.end(`The endpoint ${endpoint} did not answer: ${String(error)}`);
      },
    );
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    failed,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/**
 * Whether a call shows that the endpoint lacks the operation: it says so, or breaks at it. All other errors are answers,
 * such as a condition that does not hold.
 */
export function isLack({ status, error }: FailedCall): boolean {
  if (status >= 500) return true;
  return /not ?(yet )?(been )?(implemented|supported)|^(UnknownOperation|InvalidAction|Unsupported)|^<(!doctype|html)/i.test(
    error,
  );
}

/** Hands a request on, and its answer back; a failed one is returned. */
async function pass(
  request: IncomingMessage,
  response: ServerResponse,
  endpoint: URL,
): Promise<FailedCall | undefined> {
  const body = await buffer(request);
  const send = endpoint.protocol === 'https:' ? httpsRequest : httpRequest;
  const forwarded = send(new URL(request.url ?? '/', endpoint), {
    method: request.method,
    headers: { ...request.headers, 'content-length': String(body.length) },
    agent: false,
  });
  forwarded.end(body);
  const [answer] = (await once(forwarded, 'response')) as [IncomingMessage];
  const content = await buffer(answer);
  const status = answer.statusCode ?? 502;
  response.writeHead(status, headersOfMessage(answer.headers));
  response.end(content);
  if (status < 400) return undefined;
  return {
    service: readService(request.headers),
    operation: readOperation(request, body),
    status,
    error: readError(content.toString('utf8')),
  };
}

/** Headers without those of the one connection. */
function headersOfMessage(headers: IncomingHttpHeaders): IncomingHttpHeaders {
  const { connection, 'transfer-encoding': encoding, 'keep-alive': keepAlive, ...others } = headers;
  return others;
}

/** The service in the scope of the signature. */
function readService({ authorization = '' }: IncomingHttpHeaders): string {
  return /Credential=[^/]+\/\d+\/[^/]+\/([^/]+)\/aws4_request/.exec(authorization)?.[1] ?? 'unsigned';
}

/** What was asked for, as AWS's protocols say it: a header, a path, a form's member, or method and path alone. */
function readOperation({ method = '', url = '/', headers }: IncomingMessage, body: Buffer): string {
  const target = String(headers['x-amz-target'] ?? '')
    .split('.')
    .at(-1);
  const { pathname, searchParams } = new URL(url, 'http://endpoint');
  const inPath = /\/operation\/(\w+)$/.exec(pathname)?.[1];
  const isForm = String(headers['content-type'] ?? '').startsWith('application/x-www-form-urlencoded');
  const inForm = isForm ? new URLSearchParams(body.toString('utf8')).get('Action') : undefined;
  const named = target || inPath || inForm || searchParams.get('x-id');
  return named || `${method} ${pathname}`;
}

/** Code and message of an answer in JSON or XML, or the beginning of what else it is, in a line. */
function readError(text: string): string {
  const json = parseObject(text);
  const xml = (name: string): string | undefined => new RegExp(`<${name}>([^<]*)`).exec(text)?.[1];
  const code = json?.['__type'] ?? json?.['code'] ?? json?.['Type'] ?? xml('Code');
  const message = json?.['message'] ?? json?.['Message'] ?? xml('Message');
  const told = [code, message].filter((part) => typeof part === 'string' && part !== '').join(': ');
  return (told || text).replaceAll(/\s+/g, ' ').trim().slice(0, maxErrorLength);
}
