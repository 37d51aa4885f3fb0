import { type Access, authenticate } from './access.ts';
import { listConnectionEvents } from './connection-events.ts';
import { listDataSessions } from './data-sessions.ts';
import { contractAt, documentationPage } from './documentation.ts';
import { fetchFile, listFiles } from './files.ts';
import { readParameters } from './parameters.ts';
import type { ApiPorts } from './ports.ts';
import { notFound, Problem, problemCodes, shortened } from './problem.ts';
import type { HttpRequest } from './request.ts';
import type { Operation } from './routes.ts';
import { fetchSim, listSims } from './sims.ts';
import type { Attempt, ClientThrottle } from './throttle.ts';
import { listUsageRecords } from './usage-records.ts';

/** An answer as API Gateway takes it. */
export interface ApiAnswer {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** What the whole API works with. */
export interface Api extends ApiPorts {
  readonly access: Access;
  readonly throttle: ClientThrottle;
  /** Told of what went wrong inside. */
  readonly onError: (error: unknown) => void;
}

type Handle = (request: HttpRequest, api: Api) => Promise<ApiAnswer> | ApiAnswer;

const handlers: Readonly<Record<Operation, Handle>> = {
  listSims: json(listSims),
  fetchSim: json(fetchSim),
  listDataSessions: json(listDataSessions),
  listUsageRecords: json(listUsageRecords),
  listConnectionEvents: json(listConnectionEvents),
  listFiles: json(listFiles),
  fetchFile: json(fetchFile),
  fetchContract: json((request) => contractAt(request.root)),
  fetchDocumentation: (request) => page(documentationPage(request.root)),
  fetchHealth: json(() => ({ status: 'ok' })),
};

/** Answers a request. Never rejects: whatever goes wrong is an answer too. */
export async function respond(request: HttpRequest, api: Api): Promise<ApiAnswer> {
  try {
    return await handle(request, api);
  } catch (error) {
    if (error instanceof Problem) return problemAnswer(request, error);
    api.onError(error);
    return problemAnswer(request, internalProblem(error));
  }
}

async function handle(request: HttpRequest, api: Api): Promise<ApiAnswer> {
  const { route, method, path } = request;
  if (route === undefined && method !== 'GET') {
    throw new Problem(405, problemCodes.wrongMethod, `${method} is not taken here; accepted is GET`, {
      allow: 'GET',
    });
  }
  if (route === undefined) throw notFound(`The path ${JSON.stringify(shortened(path))}`);
  if (route.protected) await admit(request, api);
  else readParameters(route.operation, request.query);
  return handlers[route.operation](request, api);
}

/** Lets a caller in whose credentials are right, as often as a client may ask. */
async function admit(request: HttpRequest, { access, throttle, now }: Api): Promise<void> {
  const attempt: Attempt = {
    address: request.sourceIp,
    credentials: request.principal ?? request.authorization ?? '',
  };
  // API Gateway has checked what a principal signed, so there is nothing to guess.
  if (access.kind === 'basic') throttle.requireAttempt(attempt, now());
  let caller: string;
  try {
    caller = await authenticate(request, access);
  } catch (error) {
    if (error instanceof Problem) throttle.refuse(attempt, now());
    throw error;
  }
  throttle.admit(attempt);
  throttle.take(`${caller} ${request.sourceIp}`, now());
}

function json(read: (request: HttpRequest, api: Api) => object | Promise<object>): Handle {
  return async (request, api) => ({
    statusCode: 200,
    headers: headersOf('application/json'),
    body: JSON.stringify(await read(request, api)),
  });
}

function page(html: string): ApiAnswer {
  return {
    statusCode: 200,
    headers: {
      ...headersOf('text/html; charset=utf-8'),
      // The page brings all that it needs; nothing is to be loaded, from anywhere.
      'content-security-policy':
        "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'",
    },
    body: html,
  };
}

/** Errors in the form that Twilio's clients make a `RestException` of. */
function problemAnswer(request: HttpRequest, { status, code, message, headers }: Problem): ApiAnswer {
  const body = { code, message, more_info: `${request.root}/docs#error-${code}`, status };
  return {
    statusCode: status,
    headers: { ...headersOf('application/json'), ...headers },
    body: JSON.stringify(body),
  };
}

/** Answers hold personal data, and are out of date in a moment: nobody is to keep them. */
function headersOf(contentType: string): Record<string, string> {
  return { 'content-type': contentType, 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' };
}

/** Names of errors that pass by themselves: DynamoDB or Secrets Manager throttles, or is not reached. */
const passing = new Set([
  'AwsRequestError',
  'ProvisionedThroughputExceededException',
  'RequestLimitExceeded',
  'ThrottlingException',
  'TimeoutError',
  'UnreadKeysError',
]);

function internalProblem(error: unknown): Problem {
  if (error instanceof Error && passing.has(error.name)) {
    const message = 'The ledger can not be read at the moment; try again in a moment';
    return new Problem(503, problemCodes.unavailable, message, { 'retry-after': '1' });
  }
  return new Problem(500, problemCodes.internal, "Something went wrong; the function's log says what");
}
