import { NotFoundError, shorten } from '../../queries/errors.ts';
import { type Access, authenticate } from './access.ts';
import type { ApiAnswer } from './answer.ts';
import { type ConsoleFiles, serveConsole } from './console.ts';
import type { Documentation } from './documentation.ts';
import type { PageBody } from './listing.ts';
import { answerMute, requireOwnPage } from './mute.ts';
import {
  type ApiPorts,
  answerAlert,
  answerAlerts,
  answerBill,
  answerBillLines,
  answerBills,
  answerConnectionEvents,
  answerDataSessions,
  answerFile,
  answerFiles,
  answerFindings,
  answerFleet,
  answerFleetUsageRecords,
  answerRejects,
  answerSim,
  answerSims,
  answerUsageRecords,
} from './operations.ts';
import { readParameters } from './parameters.ts';
import { explainFailure, explainRefusal, Problem, problemCodes } from './problem.ts';
import type { HttpRequest } from './request.ts';
import { type ConsoleOperation, isConsoleRoute, type Operation, type Route } from './routes.ts';
import type { Attempt, ClientThrottle } from './throttle.ts';

/** What the whole API needs. */
export interface Api extends ApiPorts {
  readonly access: Access;
  readonly throttle: ClientThrottle;
  /** The console's files; undefined if it is not served. */
  readonly console: ConsoleFiles | undefined;
  readonly documentation: Documentation;
  /** Called with each internal error. */
  readonly onError: (error: unknown) => void;
}

type Handle = (request: HttpRequest, api: Api) => Promise<ApiAnswer> | ApiAnswer;

const handlers: Readonly<Record<Operation, Handle>> = {
  listSims: makeJsonAnswer(answerSims),
  fetchSim: makeJsonAnswer(answerSim),
  fetchFleet: makeJsonAnswer(answerFleet),
  listDataSessions: makeJsonAnswer(answerDataSessions),
  listUsageRecords: makeJsonAnswer(answerUsageRecords),
  listConnectionEvents: makeJsonAnswer(answerConnectionEvents),
  listFleetUsageRecords: makeJsonAnswer(answerFleetUsageRecords),
  listFiles: makeJsonAnswer(answerFiles),
  fetchFile: makeJsonAnswer(answerFile),
  listRejects: makeJsonAnswer(answerRejects),
  listAlerts: makeJsonAnswer(answerAlerts),
  fetchAlert: makeJsonAnswer(answerAlert),
  listFindings: makeJsonAnswer(answerFindings),
  listBills: makeJsonAnswer(answerBills),
  fetchBill: makeJsonAnswer(answerBill),
  listBillLines: makeJsonAnswer(answerBillLines),
  fetchContract: makeJsonAnswer(({ root }, { documentation }) => documentation.readContract(root)),
  fetchDocumentation: async ({ root }, { documentation }) => page(await documentation.readPage(root)),
  fetchHealth: makeJsonAnswer(() => ({ status: 'ok' })),
};

/** Answers a request. Never rejects: every error becomes a response. */
export async function respond(request: HttpRequest, api: Api): Promise<ApiAnswer> {
  try {
    return await handle(request, api);
  } catch (error) {
    const refusal = explainRefusal(error);
    if (refusal !== undefined) return answerProblem(request, refusal);
    api.onError(error);
    return answerProblem(request, explainFailure(error));
  }
}

async function handle(request: HttpRequest, api: Api): Promise<ApiAnswer> {
  const { route, method, path } = request;
  if (route === undefined && method !== 'GET') {
    throw new Problem(405, problemCodes.wrongMethod, `${method} is not accepted here; accepted is GET`, {
      allow: 'GET',
    });
  }
  if (route === undefined) throw new NotFoundError(`The path ${JSON.stringify(shorten(path))}`);
  if (isConsoleRoute(route)) return handleConsole(route, request, api);
  if (route.protected) await admit(request, api);
  else readParameters(route.operation, request.query);
  return handlers[route.operation](request, api);
}

async function handleConsole(
  { operation }: Route<ConsoleOperation>,
  request: HttpRequest,
  api: Api,
): Promise<ApiAnswer> {
  if (operation !== 'muteAlert') return serveConsole(operation, request, api.console);
  if (api.console === undefined) throw new NotFoundError(`The path ${JSON.stringify(shorten(request.path))}`);
  requireOwnPage(request);
  await admit(request, api);
  return makeJsonAnswer(answerMute)(request, api);
}

/** Admits a caller with correct credentials, within the client's limit. */
async function admit(request: HttpRequest, { access, throttle, now }: Api): Promise<void> {
  const attempt: Attempt = {
    address: request.sourceIp,
    credentials: request.principal ?? request.authorization ?? '',
  };
  // API Gateway has checked the signature, so credentials cannot be guessed here.
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

function makeJsonAnswer(read: (request: HttpRequest, api: Api) => object | Promise<object>): Handle {
  return async (request, api) => ({
    statusCode: 200,
    headers: makeHeaders('application/json'),
    body: await answerJson(read, request, api),
  });
}

/** The most bytes of a response that Lambda accepts, minus some room for headers. */
const maxAnswerBytes = 6_000_000;

/**
 * A response's JSON. A page that is too large for Lambda is read again with fewer items; the next page continues after
 * it.
 */
async function answerJson(
  read: (request: HttpRequest, api: Api) => object | Promise<object>,
  request: HttpRequest,
  api: Api,
): Promise<string> {
  const answer = await read(request, api);
  const body = JSON.stringify(answer);
  // Lambda writes the body as a string in its own JSON.
  const bytes = 'meta' in answer ? Buffer.byteLength(JSON.stringify(body)) : 0;
  const { page_size: size } = 'meta' in answer ? (answer as PageBody).meta : { page_size: 1 };
  if (bytes <= maxAnswerBytes || size === 1) return body;
  const query = new URLSearchParams(request.query);
  query.set('PageSize', String(Math.max(1, Math.floor((0.8 * size * maxAnswerBytes) / bytes))));
  return answerJson(read, { ...request, query }, api);
}

function page(html: string): ApiAnswer {
  return {
    statusCode: 200,
    headers: {
      ...makeHeaders('text/html; charset=utf-8'),
      // The page contains everything that it needs and must load nothing.
      'content-security-policy':
        "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'",
    },
    body: html,
  };
}

/** An error in the form that Twilio's clients convert to a `RestException`. */
function answerProblem(request: HttpRequest, { status, code, message, headers }: Problem): ApiAnswer {
  const body = { code, message, more_info: `${request.root}/docs#error-${code}`, status };
  return {
    statusCode: status,
    headers: { ...makeHeaders('application/json'), ...headers },
    body: JSON.stringify(body),
  };
}

/** Responses contain personal data and soon become outdated, so they must not be cached. */
function makeHeaders(contentType: string): Record<string, string> {
  return { 'content-type': contentType, 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' };
}
